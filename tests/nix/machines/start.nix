# SPDX-License-Identifier: MIT OR Apache-2.0
# The service starts, says so, comes again when it is killed, and stops within its time.
{ self }:
{
  name = "blufio-start";
  nodes.machine = {
    imports = [ (import ./simulated/node.nix { inherit self; }) ];
    # The driver would have the whole machine end with what outgrows its memory.
    boot.kernel.sysctl."vm.panic_on_oom" = 0;
  };
  testScript = import ./scripts [ "world" ] "start";
}

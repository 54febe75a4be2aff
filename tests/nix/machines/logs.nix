# SPDX-License-Identifier: MIT OR Apache-2.0
# A log file that is rotated: what is said afterwards stands in the new one.
{ self }:
{
  name = "blufio-logs";
  nodes.machine = {
    imports = [ (import ./simulated/node.nix { inherit self; }) ];
    services.blufio.logs.file = "/var/log/blufio/blufio.log";
    # Also what is neither old nor large.
    services.logrotate.extraArgs = [ "--force" ];
  };
  testScript = import ./scripts [ "world" ] "logs";
}

# SPDX-License-Identifier: MIT OR Apache-2.0
# A log file that is rotated: what is said afterwards stands in the new one.
{ self }:
{
  name = "blufio-logs";
  nodes.machine = {
    imports = [ (import ./simulated/node.nix { inherit self; }) ];
    services.blufio.logs.file = "/var/log/blufio/blufio.log";
  };
  testScript = builtins.readFile ./simulated/world.py + ''
    LOG = "/var/log/blufio/blufio.log"
    meet()
    machine.wait_for_unit("blufio.service")
    machine.succeed(f"test -s {LOG}")

    config = machine.succeed("systemctl cat logrotate.service | grep -o '/nix/store/[^ ]*logrotate.conf'").split()[0]
    machine.succeed(f"logrotate --force {config}")
    machine.wait_until_succeeds(f"grep 'log was reopened' {LOG}")
    machine.succeed(f"test -s {LOG}.1")
    for secret in SECRETS:
        machine.fail(f"grep --fixed-strings --quiet -- {shlex.quote(secret)} {LOG} {LOG}.1")
  '';
}

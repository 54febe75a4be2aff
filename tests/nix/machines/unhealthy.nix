# SPDX-License-Identifier: MIT OR Apache-2.0
# An update whose agent never gets healthy gives way, by itself, to the system that ran before; nothing that was written
# meanwhile is lost.
{ self }:
let
  appliance = version: next: import ./simulated/released.nix { inherit self version next; };
in
{
  name = "blufio-unhealthy";
  nodes = {
    machine = appliance "1.0.0" "bad";
    bad = { lib, pkgs, ... }: {
      imports = [ (appliance "2.0.0" "bad") ];
      services.blufio.package = lib.mkForce (import ./simulated/unhealthy.nix {
        inherit pkgs;
        inherit (self.packages.${pkgs.stdenv.hostPlatform.system}) blufio;
      });
    };
    server = { lib, nodes, pkgs, ... }: (import ./simulated/releases.nix { inherit lib pkgs; }).server {
      bad = nodes.bad.system.build.update;
    };
  };
  testScript = { nodes, ... }: builtins.readFile ./simulated/disk.py + builtins.readFile ./simulated/world.py + ''
    server.start()
    server.wait_for_unit("nginx.service")
    server.succeed("mkdir -p /srv/releases && cp --recursive --dereference /etc/releases/bad /srv/releases/")
    kept = disk(
        "${nodes.machine.virtualisation.qemu.package}/bin/qemu-img",
        "${nodes.machine.system.build.image}/${nodes.machine.image.filePath}",
    )
    meet()
    machine.wait_for_unit("blufio.service")
    say("Good morning")
    assert "Good morning" in answer(1), answer(1)
    spent = machine.succeed("blufio --json cost")
    machine.wait_until_succeeds("curl --fail --silent --output /dev/null http://server/bad/SHA256SUMS")
    machine.succeed("blufio-update --install")

    with subtest("it is tried, found wanting, and marked"):
        machine.shutdown()
        machine.start()
        machine.wait_until_succeeds("test -e /run/blufio-slot/trial")
        # A reboot ends the machine of the test: after ten minutes without a healthy agent.
        machine.wait_for_shutdown()

    with subtest("the system from before is back, and knows everything"):
        machine.start()
        meet()
        machine.wait_for_unit("blufio.service")
        machine.succeed("grep --line-regexp --fixed-strings IMAGE_VERSION=1.0.0 /etc/os-release")
        machine.succeed("test ! -e /run/blufio-slot/trial && ls /efi/EFI/Linux/blufio_2.0.0+0-*.efi")
        assert machine.succeed("blufio --json cost") == spent
        say("Back again?")
        assert "Back again?" in answer(1), answer(1)
  '';
}

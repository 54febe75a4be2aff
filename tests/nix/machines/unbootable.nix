# SPDX-License-Identifier: MIT OR Apache-2.0
# An update that cannot be read uses up its three tries, and then the system from before comes again; what was said is known.
{ self }:
let
  appliance = version: import ./simulated/released.nix { inherit self version; next = "good"; };
in
{
  name = "blufio-unbootable";
  nodes = {
    machine = appliance "1.0.0";
    good = appliance "2.0.0";
    server = { lib, nodes, pkgs, ... }: (import ./simulated/releases.nix { inherit lib pkgs; }).server {
      good = nodes.good.system.build.update;
    };
  };
  testScript = { nodes, ... }: builtins.readFile ./simulated/disk.py + builtins.readFile ./simulated/world.py + ''
    server.start()
    server.wait_for_unit("nginx.service")
    server.succeed("mkdir -p /srv/releases && cp --recursive --dereference /etc/releases/good /srv/releases/")
    kept = disk(
        "${nodes.machine.virtualisation.qemu.package}/bin/qemu-img",
        "${nodes.machine.system.build.image}/${nodes.machine.image.filePath}",
    )
    meet()
    machine.wait_for_unit("blufio.service")
    say("Good morning")
    assert "Good morning" in answer(1), answer(1)
    spent = machine.succeed("blufio --json cost")
    machine.wait_until_succeeds("curl --fail --silent --output /dev/null http://server/good/SHA256SUMS")
    machine.succeed("blufio-update --install")
    slot = begins("usr_2.0.0")
    machine.shutdown()
    spoil("${nodes.machine.virtualisation.qemu.package}/bin/qemu-io", slot, 1 << 20)

    with subtest("it is tried three times"):
        for _ in range(3):
            machine.start()
            # Each start fails and is tried again; a reboot ends the machine of the test.
            machine.wait_for_shutdown()

    with subtest("the system from before is back"):
        machine.start()
        meet()
        machine.wait_for_unit("blufio.service")
        machine.succeed("grep --line-regexp --fixed-strings IMAGE_VERSION=1.0.0 /etc/os-release")
        assert "blufio_2.0.0+0-3.efi" in machine.succeed("ls /efi/EFI/Linux")
        assert machine.succeed("blufio --json cost") == spent
        say("Back again?")
        assert "Back again?" in answer(1), answer(1)
  '';
}

# SPDX-License-Identifier: MIT OR Apache-2.0
"""A machine without UEFI: the same disk, here as qcow2, boots through GRUB."""

from driver.world import ADA

TIERS = (3,)
FIRMWARE = "bios"
DISK = "qcow2"
# What has to be downloaded for a machine, bytes.
MOST = 150_000_000


def run(world) -> None:
    size = world.installed.file(".qcow2").stat().st_size
    world.step(f"the disk as a compressed file: {size / 1e6:.0f} MB")
    assert size <= MOST, size
    machine = world.machine
    world.start()
    assert "blufio.loader=bios" in machine.run("cat /proc/cmdline").split()
    assert machine.answer("test -e /sys/firmware/efi")[0] == 1
    assert machine.run("findmnt -no FSTYPE,SOURCE /").split() == ["erofs", "/dev/mapper/root"]
    assert "verity" in machine.run("dmsetup table root")
    assert machine.kernel == f"blufio_{world.installed.version}.efi"
    assert world.say(ADA, "Hello") == "You said: “Hello”"
    assert not machine.run("systemctl --failed --no-legend --plain").strip()

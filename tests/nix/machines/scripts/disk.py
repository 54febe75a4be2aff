# SPDX-License-Identifier: MIT OR Apache-2.0
# Put before the scripts of tests on the appliance: its disk, as large as one that somebody would rent, and what somebody
# does to it while the machine is off.
import os
import subprocess
import tempfile


# Gone with the script.
kept = tempfile.TemporaryDirectory()


def disk() -> None:
    """The image as the disk of the machine, before it starts."""
    path = f"{kept.name}/disk.qcow2"
    subprocess.run([QEMU_IMG, "create", "-q", "-f", "qcow2", "-b", IMAGE, "-F", "raw", path, "8G"], check=True)
    os.environ["NIX_DISK_IMAGE"] = path


def begins(label: str) -> int:
    """Where a partition begins on the disk, in bytes, as the machine itself knows."""
    part = f"$(basename $(realpath /dev/disk/by-partlabel/{label}))"
    return int(machine.succeed(f"cat /sys/class/block/{part}/start")) * 512


def spoil(at: int, size: int) -> None:
    """Other bytes in a place of the disk of a machine that is off."""
    subprocess.run([QEMU_IO, "-f", "qcow2", "-c", f"write -q -P 90 {at} {size}", os.environ["NIX_DISK_IMAGE"]], check=True)

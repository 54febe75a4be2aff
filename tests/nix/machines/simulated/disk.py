# SPDX-License-Identifier: MIT OR Apache-2.0
# Put before the scripts of tests on the appliance: its disk, as large as one that somebody would rent, and what somebody
# does to it while the machine is off.
import os
import subprocess
import tempfile


def disk(qemu_img: str, image: str) -> tempfile.TemporaryDirectory:
    """An image as the disk of the next machine that starts; it is kept as long as what is returned."""
    folder = tempfile.TemporaryDirectory()
    path = f"{folder.name}/disk.qcow2"
    subprocess.run([qemu_img, "create", "-q", "-f", "qcow2", "-b", image, "-F", "raw", path, "8G"], check=True)
    os.environ["NIX_DISK_IMAGE"] = path
    return folder


def begins(label: str) -> int:
    """Where a partition begins on the disk, in bytes, as the machine itself knows."""
    part = f"$(basename $(realpath /dev/disk/by-partlabel/{label}))"
    return int(machine.succeed(f"cat /sys/class/block/{part}/start")) * 512


def spoil(qemu_io: str, at: int, size: int) -> None:
    """Other bytes in a place of the disk of a machine that is off."""
    subprocess.run([qemu_io, "-f", "qcow2", "-c", f"write -q -P 90 {at} {size}", os.environ["NIX_DISK_IMAGE"]], check=True)

# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the boot loader would do. User-Mode Linux has no firmware: the driver picks the kernel by the loader's own rules."""

import re
import struct
from pathlib import Path

from bench import tools

# The boot partition begins behind the one for a loader without UEFI; image/repart.d.
OFFSET = "2M"
NAME = re.compile(r"blufio_(?P<version>.+?)(\+(?P<left>\d+)(-\d+)?)?\.efi", re.IGNORECASE)


def section(kernel: bytes, name: str) -> bytes:
    """A part of a unified kernel image, which is a program for firmware (PE)."""
    (header,) = struct.unpack_from("<I", kernel, 0x3C)
    count, optional = struct.unpack_from("<2xH12xH", kernel, header + 4)
    for at in range(count):
        entry = header + 24 + optional + 40 * at
        title, size, _, raw, start = struct.unpack_from("<8sIIII", kernel, entry)
        if title.rstrip(b"\0").decode() == name:
            return kernel[start : start + min(size, raw)]
    raise AssertionError(f"the kernel has no part {name}")


def kernels(disk: Path) -> list[str]:
    """What lies in the folder for kernels on a disk."""
    listed = tools.ask([(disk, "/disk")], ["mdir", "-b", "-i", f"/disk@@{OFFSET}", "::/EFI/Linux"])
    return [line.rsplit("/", 1)[1] for line in listed.split() if line.lower().endswith(".efi")]


def read(disk: Path, name: str, to: Path) -> bytes:
    """A kernel from a disk."""
    to.write_bytes(b"")
    tools.ask([(disk, "/disk"), (to, "/kernel")], ["mcopy", "-o", "-i", f"/disk@@{OFFSET}", f"::/EFI/Linux/{name}", "/kernel"])
    return to.read_bytes()


def chosen(names: list[str]) -> str:
    """The newest version that has tries left, or has never counted them; with none of these, the newest."""

    def order(name: str) -> tuple[bool, list[int]]:
        found = NAME.fullmatch(name)
        assert found, f"a kernel with an unknown name: {name}"
        return found["left"] != "0", [int(number) for number in re.findall(r"\d+", found["version"])]

    assert names, "no kernel lies on the boot partition"
    return max(names, key=order)

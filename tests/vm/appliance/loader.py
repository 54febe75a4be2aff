# SPDX-License-Identifier: MIT OR Apache-2.0
"""Firmware and boot loader, where there are none: the rules by which systemd-boot chooses a kernel and counts its tries,
applied to the disk's own boot partition, and what the firmware then tells the system about it."""

import re
import struct
from dataclasses import dataclass
from pathlib import Path

from appliance import tools

# The boot partition begins behind the one for a loader without UEFI; image/repart.d.
OFFSET = "2M"
FOLDER = "EFI/Linux"
NAME = re.compile(r"blufio_(?P<version>.+?)(\+(?P<left>\d+)(-(?P<done>\d+))?)?\.efi", re.IGNORECASE)
# Whose variables these are, and that they hold for one boot only, as systemd-boot makes them.
VENDOR = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
FOR_THIS_BOOT = 0x2 | 0x4


@dataclass(frozen=True)
class Boot:
    """A kernel that was chosen: its name on the disk by now, its content, what the firmware tells."""

    name: str
    kernel: bytes
    variables: dict[str, bytes]


def boot(disk: Path, scratch: Path) -> Boot:
    """Chooses a kernel, counts the try, and reads it; `scratch` is a file for that."""
    names = kernels(disk)
    name = chosen(names)
    # Like the real one, it does not see what is no kernel.
    while not (kernel := _read(disk, name, scratch)).startswith(b"MZ"):
        names.remove(name)
        name = chosen(names)
    counted = after_try(name)
    texts = {"LoaderInfo": "systemd-boot 257"}
    if counted != name:
        tools.ask([(disk, "/disk")], ["mren", "-i", f"/disk@@{OFFSET}", f"::/{FOLDER}/{name}", counted])
        texts["LoaderBootCountPath"] = f"\\{FOLDER}\\{counted}".replace("/", "\\")
    head = struct.pack("<I", FOR_THIS_BOOT)
    variables = {f"{title}-{VENDOR}": head + f"{text}\0".encode("utf-16-le") for title, text in texts.items()}
    return Boot(counted, kernel, variables)


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
    listed = tools.ask([(disk, "/disk")], ["mdir", "-b", "-i", f"/disk@@{OFFSET}", f"::/{FOLDER}"])
    names = (line.rsplit("/", 1)[1] for line in listed.split() if line.lower().endswith(".efi"))
    return [name for name in names if not name.startswith(".")]


def _read(disk: Path, name: str, to: Path) -> bytes:
    to.write_bytes(b"")
    tools.ask([(disk, "/disk"), (to, "/kernel")], ["mcopy", "-o", "-i", f"/disk@@{OFFSET}", f"::/{FOLDER}/{name}", "/kernel"])
    return to.read_bytes()


def chosen(names: list[str]) -> str:
    """The newest version that has tries left, or has never counted them; with none of these, the newest."""

    def order(name: str) -> tuple[bool, list[int]]:
        found = NAME.fullmatch(name)
        assert found, f"a kernel with an unknown name: {name}"
        return found["left"] is None or int(found["left"]) > 0, [int(number) for number in re.findall(r"\d+", found["version"])]

    assert names, "no kernel lies on the boot partition"
    return max(names, key=order)


def after_try(name: str) -> str:
    """How a kernel is called once it has been tried: one less left, one more done; where they are counted."""
    found = NAME.fullmatch(name)
    assert found, f"a kernel with an unknown name: {name}"
    if found["left"] is None:
        return name
    return f"blufio_{found['version']}+{max(int(found['left']) - 1, 0)}-{int(found['done'] or 0) + 1}.efi"

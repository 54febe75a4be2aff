# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is handed to the machine in its initrd, where firmware and hypervisor would do it."""

from dataclasses import dataclass, field
from pathlib import Path

FOLDER = "usr/share/handed-over"
UNITS = "usr/lib/systemd/system"
# The first systemd puts them where the second one looks: for credentials that it was handed over, and for units.
TMPFILES = f"""d /run/credentials 0755 root root -
C /run/credentials/@initrd 0700 root root - /{FOLDER}/credentials
C /run/systemd/system 0755 root root - /{FOLDER}/units
d /run/systemd/system/multi-user.target.wants 0755 root root -
"""
# Outside of /usr, which is read-only in an initrd, too.
VARIABLES = "handed-over/efivars"
# Where the kernel would show the firmware's variables, had it any.
FIRMWARE = f"""[Unit]
DefaultDependencies=no
Before=sysinit.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=mount -t tmpfs -o mode=755 firmware /sys/firmware
ExecStart=mkdir /sys/firmware/efi
ExecStart=mv /{VARIABLES} /sys/firmware/efi/efivars
"""


@dataclass
class HandedOver:
    """Credentials, units of which some are started, and what changes the initrd's own units."""

    credentials: dict[str, bytes] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    wanted: list[str] = field(default_factory=list)
    # By name, in the folder of the initrd's own units.
    early: dict[str, str] = field(default_factory=dict)

    def packed(self, variables: dict[str, bytes]) -> bytes:
        """An archive for the kernel that follows others."""
        files = {f"{FOLDER}/credentials/{name}": value for name, value in self.credentials.items()}
        files |= {f"{FOLDER}/units/{name}": text.encode() for name, text in self.units.items()}
        files |= {f"{VARIABLES}/{name}": value for name, value in variables.items()}
        links = (f"L /run/systemd/system/multi-user.target.wants/{name} - - - - ../{name}\n" for name in self.wanted)
        files["usr/lib/tmpfiles.d/handed-over.conf"] = (TMPFILES + "".join(links)).encode()
        early = self.early | {"firmware.service": FIRMWARE}
        files |= {f"{UNITS}/{name}": text.encode() for name, text in early.items()}
        link = f"{UNITS}/sysinit.target.wants/firmware.service"
        folders = sorted({str(parent) for name in [*files, link] for parent in Path(name).parents if str(parent) != "."})
        entries = [(folder, 0o040755, b"") for folder in folders]
        entries += [(name, 0o100600, content) for name, content in sorted(files.items())]
        entries.append((link, 0o120777, b"../firmware.service"))
        packed = b"".join(_entry(number + 1, *entry) for number, entry in enumerate(entries))
        return packed + _entry(0, "TRAILER!!!", 0, b"")


def _entry(number: int, name: str, mode: int, content: bytes) -> bytes:
    fields = [number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0]
    head = b"070701" + "".join(f"{field:08x}" for field in fields).encode() + name.encode() + b"\0"
    return _padded(head) + _padded(content)


def _padded(piece: bytes) -> bytes:
    return piece + bytes(-len(piece) % 4)

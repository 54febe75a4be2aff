# SPDX-License-Identifier: MIT OR Apache-2.0
"""One machine of tier 2: the appliance's own disk, in a Linux that runs as a program.

What is real: the partitions, the verified system, the initrd, the data, systemd, control groups, updates, and everything
on the disk byte by byte. What is not: firmware, boot loader, the kernel for real machines and its drivers.
"""

import os
import socket
import subprocess
from pathlib import Path

from appliance import loader, machine, tools
from appliance.images import Image
from appliance.machine import OUTSIDE
from driver.pod import WORK

MACHINE = "10.0.2.15"
MEMORY = "640M"
# A machine that reboots ends with this, so that the loader is asked what comes next.
REBOOTED = 133

NETWORK = f"[Match]\nType=ether\n[Network]\nAddress={MACHINE}/24\nIPv6AcceptRA=no\nLinkLocalAddressing=no\n"


class Machine(machine.Machine):
    """A machine that needs neither emulator nor hardware support."""

    listens = OUTSIDE

    def __init__(self, image: Image) -> None:
        super().__init__(image, "ttyS1")
        self.handed_over.credentials["network.network.50-test"] = NETWORK.encode()
        # On a busy host devices are slow to come; a real machine waits for a minute and a half.
        # Five hundred terminals of an old kind, which nobody uses, would be half of what udev has to look at.
        self.arguments = ["systemd.default_device_timeout_sec=900", "pty.legacy_count=0"]
        # It has no screen, only the first serial port.
        self.handed_over.units["blufio-console@tty1.service.d/no-screen.conf"] = "[Unit]\nConditionPathExists=!/dev/tty1\n"
        # Disks beside its own, in the same folder.
        self.more_disks: list[Path] = []
        subprocess.run(["ip", "tuntap", "add", "tap0", "mode", "tap"], check=True)
        subprocess.run(["ip", "address", "add", f"{OUTSIDE}/24", "dev", "tap0"], check=True)
        subprocess.run(["ip", "link", "set", "tap0", "up"], check=True)

    def power(self) -> None:
        """Switches it on and waits for nothing."""
        assert not self.is_on, "it is on already"
        boot = loader.boot(self.disk, WORK / "kernel.efi")
        self.kernel = boot.name
        arguments = loader.section(boot.kernel, ".cmdline").decode().rstrip("\0").split()
        pieces = (loader.section(boot.kernel, ".initrd"), tools.modules().read_bytes(), self.handed_over.packed(boot.variables))
        (WORK / "initrd").write_bytes(b"".join(piece + bytes(-len(piece) % 4) for piece in pieces))
        # Where this kernel looks for itself in order to begin anew: a reboot then ends it instead.
        rebooted = WORK / "rebooted"
        rebooted.write_text(f"#!/bin/sh\nexit {REBOOTED}\n")
        rebooted.chmod(0o755)
        ours, theirs = socket.socketpair()
        # Besides the image's own arguments: where this kernel finds its devices, and the driver's ear.
        command = ["/bin/bash", "-c", 'exec -a /vm/rebooted /usr/bin/linux.uml "$@"', "linux"]
        command += [f"mem={MEMORY}", "ubd0=/vm/disk.raw", "initrd=/vm/initrd", "con=null", "ssl=null", "ssl0=null,fd:1"]
        command += [f"ubd{number}=/vm/{disk.name}" for number, disk in enumerate(self.more_disks, start=1)]
        command += [f"ssl1=fd:{theirs.fileno()}", "vec0:transport=tap,ifname=tap0,depth=128,gro=1", "root=/dev/mapper/root"]
        # Its watchdog is a program on the host, and not there.
        command += [*arguments, "systemd.watchdog_sec=0", *self.arguments]
        # Its memory is a file there, in memory: /dev/shm is small where the host is a container.
        environment = {"PATH": os.environ["PATH"], "TMPDIR": "/run", "HOME": "/", "TERM": "dumb"}
        with open(self.console, "ab") as console:
            self._process = subprocess.Popen(
                tools.inside([(WORK, "/vm")], command), stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                pass_fds=[theirs.fileno()], env=environment, start_new_session=True,
            )
        theirs.close()
        self._channel, self._heard = ours, b""

    def _rebooted(self, status: int) -> bool:
        return status == REBOOTED

# SPDX-License-Identifier: MIT OR Apache-2.0
"""What machines of all kinds that boot the appliance's disk have in common: disk, console, power, and somebody inside who
does what the driver says."""

import base64
import os
import select
import signal
import socket
import subprocess
import time

from appliance import loader, tools
from appliance.archive import HandedOver
from appliance.images import Image
from driver.nspawn import Failed
from driver.pod import WORK

# The host, as the machine sees it.
OUTSIDE = "10.0.2.2"
DISK = "4G"
COMMAND_TIME = 300.0
OFF_TIME = 240.0

# The driver's ear and mouth: reads a command a line, says what came of it. Not in the image: the machine is handed it over.
# Each program that it starts takes time from a slow machine, so that it does by itself what it can.
PROBE = """[Unit]
DefaultDependencies=no
After=sysinit.target
Conflicts=shutdown.target
Before=shutdown.target
[Service]
Type=exec
StandardInput=tty-force
StandardOutput=tty
StandardError=null
TTYPath=/dev/TERMINAL
IgnoreSIGPIPE=no
ExecStart=/bin/bash -c 'stty -F /dev/TERMINAL raw -echo; echo; echo "@ready"; while read -r name command input; do \
printf -v command %%b "$$command"; printf %%b "$$input" >/run/probe.in; \
(eval "$$command") </run/probe.in >/run/probe.out 2>/run/probe.err; printf "@$$name $$? "; \
for said in out err; do [ -s /run/probe.$$said ] && base64 -w0 /run/probe.$$said; echo -n "- "; done; echo; done'
"""


class Machine:
    """A machine that can be switched on and off. Its disk lasts as long as the scenario."""

    # Where the simulator listens, so that the machine finds it at OUTSIDE.
    listens: str
    # The kernel that was started last, by its name on the boot partition: with the tries that are left.
    kernel: str
    # How much more patience it needs than is said.
    slowness = 1.0
    # Seconds until it can be spoken to, at most.
    boot_time = 900.0

    def __init__(self, image: Image, terminal: str, form: str = "raw") -> None:
        self.image, self.form = image, form
        self.disk = WORK / f"disk.{form}"
        self.console = WORK / "console.log"
        self.console.touch()
        # The units are the driver's own: the image has no such unit.
        self.handed_over = HandedOver(units={"probe.service": PROBE.replace("TERMINAL", terminal)}, wanted=["probe.service"])
        # What is added to the kernel's command line.
        self.arguments: list[str] = []
        self._process: subprocess.Popen | None = None
        self._channel: socket.socket | None = None
        self._heard = b""
        self._number = 0
        image.copy_disk(form, self.disk)
        # As on a real machine, the disk is larger than the image.
        tools.ask([(self.disk, "/disk")], ["qemu-img", "resize", "-q", "-f", form, "/disk", DISK])

    def credential(self, name: str, value: str | None) -> None:
        """What the machine is handed over from the next boot on, as a hypervisor would."""
        if value is None:
            self.handed_over.credentials.pop(name, None)
        else:
            self.handed_over.credentials[name] = value.encode()

    def boot_partition(self, path: str, content: bytes) -> None:
        """Puts a file onto the boot partition while the machine is off, as any computer can."""
        assert not self.is_on and self.form == "raw", "it is on, or its disk no plain one"
        (WORK / "given").write_bytes(content)
        disk = ["-i", f"/disk@@{loader.OFFSET}"]
        tools.ask([(self.disk, "/disk"), (WORK / "given", "/given")], ["mcopy", "-o", *disk, "/given", f"::/{path}"])

    def on(self) -> float:
        """Switches it on, with the kernel that the loader chooses, and waits until it can be spoken to; seconds."""
        self.power()
        return self.wait()

    def power(self) -> None:
        """Switches it on and waits for nothing."""
        raise NotImplementedError

    def wait(self, patience: float | None = None) -> float:
        """Waits until it can be spoken to; seconds."""
        began = time.monotonic()
        self._hear(b"@ready", self.boot_time if patience is None else patience)
        return time.monotonic() - began

    def _hear(self, wanted: bytes, patience: float) -> bytes:
        """The next line that begins so."""
        assert self._channel is not None and self._process is not None, "it is off"
        until = time.monotonic() + patience * self.slowness
        while True:
            *lines, self._heard = self._heard.split(b"\n")
            for at, line in enumerate(lines):
                if line.strip().startswith(wanted):
                    self._heard = b"\n".join([*lines[at + 1 :], self._heard])
                    return line.strip()
            if time.monotonic() > until:
                raise Failed(f"waited {patience * self.slowness:.0f} s for {wanted.decode()!r} of the machine")
            if self._process.poll() is not None:
                raise Failed(f"the machine ended by itself: {self._process.returncode}")
            if select.select([self._channel], [], [], 0.2)[0]:
                self._heard += self._channel.recv(65536)

    def send(self, command: str, stdin: str = "") -> bytes:
        """Has it run a command as root, and waits for nothing; the mark of its answer."""
        assert self._channel is not None, "it is off"
        self._number += 1
        encoded = (_in_a_word(text) for text in (command, stdin))
        self._channel.sendall(f"{self._number} {' '.join(encoded)}\n".encode())
        return f"@{self._number} ".encode()

    def answer(self, command: str, stdin: str = "", patience: float = COMMAND_TIME) -> tuple[int, str, str]:
        """Runs a command as root; its status, standard output and standard error."""
        _, status, out, err = self._hear(self.send(command, stdin), patience).decode().split()
        decoded = (base64.b64decode(text.rstrip("-")).decode(errors="replace") for text in (out, err))
        return int(status), *decoded

    def run(self, command: str, stdin: str = "", patience: float = COMMAND_TIME) -> str:
        """Runs a command as root that has to succeed; its standard output."""
        status, out, err = self.answer(command, stdin, patience)
        if status != 0:
            raise Failed(f"{command}: status {status}\n{out}{err}")
        return out

    def reboot(self) -> float:
        """`systemctl reboot`, and on again with the kernel that the loader chooses then; seconds."""
        began = time.monotonic()
        self.send("systemctl reboot")
        self.wait_reboot(OFF_TIME)
        self.on()
        return time.monotonic() - began

    def wait_reboot(self, patience: float) -> float:
        """Waits until it reboots by itself; it is off then, as if the loader had not chosen yet. Seconds."""
        began = time.monotonic()
        status = self._wait(patience)
        assert self._rebooted(status), f"it did not reboot but ended with {status}"
        return time.monotonic() - began

    def times(self) -> str:
        """How long the last boot has taken until the agent was ready, by the machine's own clock, and with what."""
        shown = "systemctl show --property=InitRDTimestampMonotonic --property=UserspaceTimestampMonotonic"
        ready = "systemctl show blufio.service --property=ActiveEnterTimestampMonotonic"
        stamps = dict(line.split("=") for line in self.run(f"{shown}; {ready}").split())
        initrd, system, agent = (int(stamps[f"{name}TimestampMonotonic"]) / 1e6 for name in ("InitRD", "Userspace", "ActiveEnter"))
        return f"kernel {initrd:.1f} s, initrd {system - initrd:.1f} s, system until the agent is ready {agent - system:.1f} s"

    def off(self) -> None:
        """An orderly shutdown."""
        self.send("systemctl poweroff")
        status = self._wait(OFF_TIME)
        assert status == 0 and not self._rebooted(status), f"it was not switched off but ended with {status}"

    def _rebooted(self, status: int) -> bool:
        """Whether it ended because it reboots."""
        raise NotImplementedError

    def cut_power(self) -> None:
        """Everything in it is gone at once."""
        assert self._process is not None, "it is off"
        os.killpg(self._process.pid, signal.SIGKILL)
        self._wait(30)

    def _wait(self, patience: float) -> int:
        """Waits until it is off; the status it ended with."""
        assert self._process is not None and self._channel is not None, "it is off"
        until = time.monotonic() + patience * self.slowness
        while (status := self._process.poll()) is None:
            if time.monotonic() > until:
                raise Failed(f"waited {patience * self.slowness:.0f} s for the machine to end")
            # What it still says, so that it does not wait for somebody who reads.
            if select.select([self._channel], [], [], 0.1)[0] and not self._channel.recv(65536):
                time.sleep(0.1)
        self._channel.close()
        self._process = self._channel = None
        return status

    @property
    def is_on(self) -> bool:
        return self._process is not None and self._process.poll() is None


def _in_a_word(text: str) -> str:
    """A text without white space, in the way of the shell's `printf %b`."""
    return text.replace("\\", "\\\\").replace(" ", "\\x20").replace("\t", "\\t").replace("\n", "\\n")

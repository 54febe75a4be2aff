# SPDX-License-Identifier: MIT OR Apache-2.0
"""One machine of tier 1: a real systemd as first process, with the kernel of the host.

What is real: the unit with its sandbox, credentials, watchdog, journal, reboots. What is not: power cuts, which leave what
was written in the host's memory; memory limits on hosts whose controllers are elsewhere, the kernel, the boot loader, disks.
"""

import os
import signal
import subprocess
import time
from pathlib import Path

from driver import terminal
from driver.pod import WORK, leader, overlay
from driver.terminal import Failed as Failed

# Enough that the rules about addresses and sockets are really loaded into the kernel.
CAPABILITIES = "CAP_BPF,CAP_PERFMON,CAP_NET_ADMIN,CAP_SYSLOG"
# What nspawn refuses to all of the machine, so that a rule of the unit would not be seen to do it.
SYSTEM_CALLS = "bpf @keyring @memlock adjtimex clock_adjtime"
MACHINE_ID = "b1f10000b1f10000b1f10000b1f10000"
REBOOTED = 133
BOOT_TIME = 90.0
COMMAND_TIME = 120.0


class Machine:
    """A machine that can be switched on and off. Its disk lasts as long as the scenario."""

    def __init__(self, tree: Path) -> None:
        self.root = overlay(tree)
        self.console = WORK / "console.log"
        self._credentials = WORK / "credentials"
        self._credentials.mkdir(mode=0o700)
        self._process: subprocess.Popen | None = None
        self._leader = 0
        # It knows who it is: nothing of a first boot is done or asked.
        self.place("/etc/machine-id", f"{MACHINE_ID}\n")

    def place(self, path: str, content: str | bytes, mode: int = 0o644) -> None:
        """Puts a file onto the disk, also while the machine is off."""
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        target.chmod(mode)

    def credential(self, name: str, value: str | None) -> None:
        """What the machine is handed over from the next boot on, as a hypervisor would."""
        path = self._credentials / name
        if value is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(value)

    def on(self) -> float:
        """Switches it on and waits until it can be spoken to; seconds."""
        assert self._process is None, "it is on already"
        command = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--boot", "--console=pipe"]
        command += [f"--directory={self.root}", "--machine=blufio", f"--uuid={MACHINE_ID}", "--link-journal=no", "--resolv-conf=off", "--timezone=off"]
        command += [f"--capability={CAPABILITIES}", f"--system-call-filter={SYSTEM_CALLS}"]
        command += [f"--load-credential={path.name}:{path}" for path in sorted(self._credentials.iterdir())]
        began = time.monotonic()
        with open(self.console, "ab") as console:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        while time.monotonic() < began + BOOT_TIME:
            assert self._process.poll() is None, f"the machine ended while it booted: {self._process.returncode}"
            self._leader = leader(self._process.pid) or 0
            if self._leader and self.answer("systemctl is-active --quiet basic.target")[0] == 0:
                return time.monotonic() - began
            time.sleep(0.05)
        raise Failed(f"the machine did not boot within {BOOT_TIME:.0f} s")

    def answer(self, command: str, stdin: str = "", patience: float = COMMAND_TIME) -> tuple[int, str, str]:
        """Runs a command as root; its status, standard output and standard error."""
        done = subprocess.run(
            self._inside(command), input=stdin, capture_output=True, text=True, errors="replace", timeout=patience, check=False
        )
        return done.returncode, done.stdout, done.stderr

    def run(self, command: str, stdin: str = "") -> str:
        """Runs a command as root that has to succeed; its standard output."""
        status, out, err = self.answer(command, stdin)
        if status != 0:
            raise Failed(f"{command}: status {status}\n{out}{err}")
        return out

    def type(self, command: str, answers: list[tuple[str, str]], patience: float = COMMAND_TIME) -> str:
        """Runs a command on a terminal, as a person would: waits for each question and types its answer."""
        return terminal.typed(self._inside(command), answers, patience)

    def _inside(self, command: str) -> list[str]:
        namespaces = ["--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup"]
        environment = ["/usr/bin/env", "--chdir=/", "-i", "HOME=/root", "TERM=dumb", "LANG=C.UTF-8"]
        environment += ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        return ["nsenter", "--target", str(self._leader), *namespaces, "--", *environment, "/bin/bash", "-c", command]

    def reboot(self) -> float:
        """`systemctl reboot`, and on again; seconds."""
        began = time.monotonic()
        self.answer("systemctl reboot")
        status = self._ended()
        assert status == REBOOTED, f"it did not reboot but ended with {status}"
        self.on()
        return time.monotonic() - began

    def cut_power(self) -> None:
        """Every process in it is gone at once. What was written and not yet synced stays, unlike on a real machine."""
        assert self._process is not None, "it is off"
        os.kill(self._leader, signal.SIGKILL)
        self._ended()

    def off(self) -> None:
        """An orderly shutdown."""
        self.answer("systemctl poweroff")
        self._ended()

    def _ended(self) -> int:
        assert self._process is not None, "it is off"
        status = self._process.wait(90)
        self._process, self._leader = None, 0
        return status

    @property
    def is_on(self) -> bool:
        return self._process is not None and self._process.poll() is None

# SPDX-License-Identifier: MIT OR Apache-2.0
"""One machine of tier 3: the image as it is published, in an emulated computer with firmware, loader, TPM and disk.

What is not real: the hardware is software, and slow; Secure Boot is off.
"""

import base64
import json
import os
import select
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from appliance import emulator, machine
from appliance.images import Image
from appliance.monitor import Monitor
from driver.nspawn import Failed
from driver.pod import WORK

# Of what the emulator can do, what costs it least.
PROCESSOR = "max,-la57,-avx2,-avx"
MEMORY = "768M"
# Its clocks count instructions, four nanoseconds each: on a busy host it is slow, but nothing in it takes too long. But
# whoever waits by looking at the clock again and again waits for very long.
PACE = ["-icount", "shift=2"]
# The credential that is handed over as a file, not as a text.
FILE = "blufio.telegram-bot-token"
VENDOR = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

# The TPM is a program beside the machine; it keeps what it holds in its folder, and ends with the machine.
START = """
cd /vm && mkdir -p tpm
if [ "$1" = uefi ]; then
  [ -e variables ] || cp /usr/share/OVMF/OVMF_VARS_4M.fd variables
  rm -f tpm.socket
  swtpm socket --tpm2 --tpmstate dir=tpm --ctrl type=unixio,path=tpm.socket --flags startup-clear --terminate &
  for ((tries = 0; tries < 600; tries++)); do
    [ ! -e tpm.socket ] || break
    sleep 0.05
  done
  [ -e tpm.socket ] || { echo "the TPM has made no socket within 30 s" && exit 1; }
fi
exec qemu-system-x86_64 "${@:2}"
"""
UEFI = [
    "-drive", "if=pflash,format=raw,unit=0,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd",
    "-drive", "if=pflash,format=raw,unit=1,file=variables",
    "-chardev", "socket,id=tpm,path=tpm.socket", "-tpmdev", "emulator,id=tpm0,chardev=tpm", "-device", "tpm-crb,tpmdev=tpm0",
]  # fmt: skip


class Machine(machine.Machine):
    """A machine with firmware: "uefi" with a TPM, or "bios" without one."""

    # Whom the machine calls 10.0.2.2: the emulator passes on what is meant for the host.
    listens = "127.0.0.1"
    slowness = 6.0
    # Half an hour, with that.
    boot_time = 300.0

    def __init__(self, image: Image, firmware: str, form: str, devices: Sequence[str], real_time: bool) -> None:
        super().__init__(image, "hvc0", form)
        self.firmware, self._devices, self._real_time = firmware, devices, real_time
        self.kernel = ""
        self._monitor: Monitor | None = None
        # When, by its own clock; how long its firmware took; how much was on the console before.
        self._switched_on, self._firmware_took, self._spoken = 0, 0, 0

    def power(self) -> None:
        assert not self.is_on, "it is on already"
        ours, theirs = socket.socketpair()
        self._monitor, self._spoken = Monitor(), self.console.stat().st_size
        self._switched_on = int(time.time())
        begin = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(self._switched_on))
        command = [
            "-M", "q35", "-accel", "tcg", *([] if self._real_time else PACE), "-rtc", f"base={begin},clock=vm", "-cpu", PROCESSOR, "-m", MEMORY, "-nodefaults", "-no-user-config", "-display", "none",
            "-chardev", "file,id=console,path=console.log,append=on", "-serial", "chardev:console", "-no-reboot", "-drive", f"if=virtio,format={self.form},cache=unsafe,file={self.disk.name}",
            "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci",
            "-chardev", f"socket,id=probe,fd={theirs.fileno()}", "-device", "virtio-serial-pci", "-device", "virtconsole,chardev=probe",
            "-chardev", f"socket,id=monitor,fd={self._monitor.theirs.fileno()}", "-mon", "chardev=monitor,mode=control",
            *(UEFI if self.firmware == "uefi" else []), *self._handed_over(), *(word for device in self._devices for word in ("-device", device)),
        ]  # fmt: skip
        self._process = subprocess.Popen(
            emulator.inside(WORK, "/vm", ["/bin/bash", "-euc", START, "start", self.firmware, *command]),
            stdin=subprocess.DEVNULL, stdout=open(WORK / "emulator.log", "ab"), stderr=subprocess.STDOUT,
            pass_fds=[theirs.fileno(), self._monitor.theirs.fileno()], env={"PATH": os.environ["PATH"]}, start_new_session=True,
        )  # fmt: skip
        theirs.close()
        self._monitor.theirs.close()
        self._channel, self._heard = ours, b""

    def _handed_over(self) -> list[str]:
        """Credentials as the vendor's texts of the machine (SMBIOS); one of them, and the driver's units, in files of the
        hypervisor (fw_cfg)."""
        texts = {f"io.systemd.credential.binary:{name}": base64.b64encode(value).decode() for name, value in self.handed_over.credentials.items() if name != FILE}
        if self.arguments:
            if self.firmware != "uefi":
                raise Failed("nobody adds to the kernel's command line on a machine without UEFI")
            texts["io.systemd.stub.kernel-cmdline-extra"] = " ".join(self.arguments)
        files = {"tmpfiles.extra": self._units().encode()}
        if FILE in self.handed_over.credentials:
            files[FILE] = self.handed_over.credentials[FILE]
        words = []
        for name, value in files.items():
            (WORK / f"file.{name}").write_bytes(value)
            words += ["-fw_cfg", f"name=opt/io.systemd.credentials/{name},file=file.{name}"]
        for number, (name, value) in enumerate(texts.items()):
            (WORK / f"handed-over.{number}").write_text(f"{name}={value}")
            words += ["-smbios", f"type=11,path=handed-over.{number}"]
        return words

    def _units(self) -> str:
        """The driver's units: the first systemd makes them, where the second one looks for units."""
        units = "/run/systemd/system"
        folders = sorted({str(Path(name).parent) for name in self.handed_over.units if "/" in name} | {"multi-user.target.wants"})
        lines = [f"d {units}/{folder} 0755 root root -" for folder in folders]
        lines += [f"f+~ {units}/{name} 0644 root root - {base64.b64encode(text.encode()).decode()}" for name, text in self.handed_over.units.items()]
        lines += [f"L {units}/multi-user.target.wants/{name} - - - - ../{name}" for name in self.handed_over.wanted]
        return "\n".join(lines) + "\n"

    def forget_tpm(self) -> None:
        """Another TPM in its place, as if the disk were in another machine."""
        assert not self.is_on, "switch it off first"
        shutil.rmtree(WORK / "tpm")

    def wait(self, patience: float | None = None) -> float:
        began, patience = time.monotonic(), patience or self.boot_time
        if self.firmware == "uefi":
            self._wait_loader(patience)
        super().wait(patience - (time.monotonic() - began) / self.slowness)
        self.kernel = self._chosen()
        return time.monotonic() - began

    def _wait_loader(self, patience: float) -> None:
        """Waits until the loader says on the console that it is there, and asks for the machine's time."""
        assert self._channel is not None and self._process is not None and self._monitor is not None, "it is off"
        until = time.monotonic() + patience * self.slowness
        while b"Boot in" not in self.console.read_bytes()[self._spoken :]:
            # The firmware speaks there, too. Whoever can be spoken to, or has ended, has no loader any more.
            if select.select([self._channel], [], [], 0.2)[0]:
                self._heard += self._channel.recv(65536)
            if b"@ready" in self._heard or self._process.poll() is not None:
                return
            if time.monotonic() > until:
                raise Failed(f"waited {patience * self.slowness:.0f} s for the loader")
        self._firmware_took = self._monitor.clock() - self._switched_on

    def times(self) -> str:
        split = super().times()
        # The kernel says what the clock says, which began when the machine was switched on.
        said = self.run("journalctl --boot --dmesg --no-pager --quiet --output=json --grep='setting system clock' || true")
        if not said:
            return f"{split}; the kernel did not say what the clock said"
        line = json.loads(said.splitlines()[0])
        clock = int(line["MESSAGE"].rsplit("(", 1)[1].rstrip(")"))
        before = clock - self._switched_on - int(line["_SOURCE_MONOTONIC_TIMESTAMP"]) / 1e6
        if self.firmware != "uefi":
            return f"firmware and loader {before:.0f} s, {split}"
        return f"firmware {self._firmware_took} s, loader {before - self._firmware_took:.0f} s, {split}"

    def _chosen(self) -> str:
        """What the loader has chosen, as it says itself."""
        if self.firmware == "uefi":
            folder = "/sys/firmware/efi/efivars"
            counted, selected = (f"{folder}/{name}-{VENDOR}" for name in ("LoaderBootCountPath", "LoaderEntrySelected"))
            text = self.run(f"cat $([ -e {counted} ] && echo {counted} || echo {selected}) | tail -c +5 | tr -d '\\0'")
            return text.rsplit("\\", 1)[-1].strip()
        version = self.run("sed -n s/^IMAGE_VERSION=//p /etc/os-release").strip()
        memory = dict(line.split("=", 1) for line in self.run("cat /efi/bios/memory").splitlines() if "=" in line)
        counted = memory.get("trying") == version
        return f"blufio_{version}+{memory['left']}-{3 - int(memory['left'])}.efi" if counted else f"blufio_{version}.efi"

    def _rebooted(self, status: int) -> bool:
        """What the emulator said at its end: whether the machine was to be switched off, or to begin anew."""
        assert self._monitor is not None
        return status == 0 and self._monitor.shutdown() == "guest-reset"

# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a scenario is given: the appliance, the APIs beside it, and people who write."""

import json
import subprocess
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from appliance import updates
from appliance.images import INSTALLED, Images
from appliance.machine import OUTSIDE, Machine
from driver.needs import REPOSITORY
from driver.pod import WORK
from driver.simulator import Simulator
from driver.world import World

# This machine is slower than the others, and the host may have much else to do.
PATIENCE = 300.0
PORTS = {"anthropic": 9101, "telegram": 9102}
UPDATES = 9103


class Beside(Simulator):
    """The stand-ins, where the machine can reach them."""

    def __init__(self, program: Path, address: str) -> None:
        places = [word for api, port in PORTS.items() for word in (f"--{api}", f"{address}:{port}")]
        with open(WORK / "simulator.log", "wb") as log:
            self._process = subprocess.Popen([program, *places], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        line = self._process.stdout.readline() if self._process.stdout else b""
        assert line, f"the simulator did not start: {(WORK / 'simulator.log').read_text()}"
        self.urls: dict[str, str] = json.loads(line)


class Appliance(World):
    """A world whose machine is the appliance. What World places into a tree, the appliance is handed over."""

    machine: Machine
    # To look takes time of the machine's only processor, which it needs for what is waited for.
    interval = 1.0

    def __init__(self, machine: Machine, simulator: Beside, binary: Path, images: Images, step: Callable[[str], None]) -> None:
        super().__init__(machine, simulator, binary, step)
        self.images, self.installed = images, images[INSTALLED]
        self.cuts = 0
        self._serves = False
        self._forward()

    def _forward(self) -> None:
        """The daemon speaks plain HTTP to nobody but its own machine: there, somebody passes on what it says."""
        for api, port in PORTS.items():
            socket = f"[Socket]\nListenStream=127.0.0.1:{port}\n"
            service = f"[Service]\nExecStart=/usr/lib/systemd/systemd-socket-proxyd {OUTSIDE}:{port}\n"
            self.machine.handed_over.units |= {f"forward-{api}.socket": socket, f"forward-{api}.service": service}
            self.machine.handed_over.wanted.append(f"forward-{api}.socket")

    def surroundings(self) -> dict[str, Any]:
        urls = {f"{api}.base_url": f"http://127.0.0.1:{port}" for api, port in PORTS.items()}
        return super().surroundings() | urls

    def install(self, settings: dict[str, Any] | None = None, start_at_boot: bool = True) -> None:
        """Nothing is installed on the appliance; its configuration is what it is handed over."""
        assert start_at_boot
        self.configure(settings)

    def configure(self, settings: dict[str, Any] | None = None) -> None:
        shipped = tomllib.loads((REPOSITORY / "image/blufio.toml").read_text())
        keys = {f"{section}.{key}": value for section, values in shipped.items() for key, value in values.items()}
        keys |= self.surroundings() | (settings or {})
        self.machine.credential("blufio.toml", "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items()))

    def start(self, settings: dict[str, Any] | None = None) -> None:
        super().start(settings)
        self.step(f"ready: {self.machine.times()}")

    def drop_in_for(self, unit: str, name: str, text: str | None) -> None:
        """A drop-in of any unit, from the next boot on; `None` takes it away."""
        path = f"{unit}.d/{name}.conf"
        if text is None:
            del self.machine.handed_over.units[path]
        else:
            self.machine.handed_over.units[path] = text

    def schema(self) -> int:
        """The version of the state's schema, as it stands in the head of its file."""
        head = self.machine.run("od --address-radix=n --format=u1 --skip-bytes=60 --read-bytes=4 /var/lib/blufio/blufio.db")
        return int.from_bytes(map(int, head.split()))

    def cut_power(self) -> None:
        """Everything in the machine is gone at once; nobody tells those whom it spoke to."""
        self.cuts += 1
        self.machine.cut_power()

    def complaints(self, kind: str) -> list[dict[str, Any]]:
        found = super().complaints(kind)
        if kind == "rejections":
            # A machine that vanished still seems to listen: the API tells the next one so, once, and that one tries again.
            stale = [one for one in found if (one["code"], one["method"]) == (409, "getUpdates")]
            for one in stale[: self.cuts]:
                found.remove(one)
        return found

    def until(self, wanted: str, holds: Callable[[], bool], patience: float = PATIENCE) -> float:
        return super().until(wanted, holds, patience * self.machine.slowness)

    def wait_answers(self, chat: int, count: int, patience: float = PATIENCE) -> list[str]:
        return super().wait_answers(chat, count, patience * self.machine.slowness)

    def get(self, path: str) -> tuple[int, str]:
        """`GET` from the daemon, which answers to its own machine only; status 0: nobody listens."""
        ask = "exec 3<>/dev/tcp/127.0.0.1/8787 || exit 7; printf 'GET %s HTTP/1.1\\r\\nHost: 127.0.0.1:8787\\r\\nConnection: close\\r\\n\\r\\n' " + path
        status, out, _ = self.machine.answer(f"{ask} >&3; cat <&3")
        head, _, body = out.partition("\r\n\r\n")
        return (int(head.split()[1]), body) if status == 0 and head else (0, "")

    # Updates

    def look_here_for_updates(self) -> None:
        """Another place of updates until the next boot, and nothing else: neither signatures nor versions are left out."""
        self.machine.run(
            "mkdir -p /run/sysupdate.d && cd /usr/lib/sysupdate.d && for file in *; do "
            f"sed 's,^Path=https://.*,Path=http://{OUTSIDE}:{UPDATES}/,' $file >/run/sysupdate.d/$file; done"
        )

    def update(self) -> tuple[int, str]:
        """Takes the newest version that is offered; the status, and what was said."""
        status, out, err = self.machine.answer("blufio-update --install 2>&1", patience=300)
        return status, out + err

    def offer(self, kind: str) -> None:
        """Offers an image as an update, in the place where the machine looks for them from now until its next boot."""
        if not self._serves:
            updates.serve(self.machine.listens, UPDATES)
            self._serves = True
        updates.publish(self.images[kind])
        self.look_here_for_updates()

    def install_update(self) -> None:
        """Takes what is offered; what runs stays until the next boot."""
        began = time.monotonic()
        status, said = self.update()
        assert status == 0, said
        self.step(f"installed beside the running system in {time.monotonic() - began:.1f} s: {', '.join(self.kernels())}")

    def hold_trial(self) -> None:
        """From the next boot on, nobody looks whether a system on trial is healthy, until `end_trial`."""
        wait = "[Service]\nExecStartPre=/bin/sh -c 'until [ -e /run/go-on ]; do sleep 1; done'\n"
        self.drop_in_for("blufio-healthcheck.service", "hold", wait)

    def end_trial(self) -> None:
        self.machine.run("touch /run/go-on")

    def wait_blessed(self) -> None:
        """Waits until the system that runs has proved itself, and the agent works."""
        good = f"blufio_{self.version()}.efi"
        self.until("a system that is marked as good", lambda: good in self.kernels())
        self.wait_ready()

    def kernels(self) -> list[str]:
        """What lies on the boot partition, as the machine sees it."""
        return sorted(self.machine.run("ls /efi/EFI/Linux").split())

    def version(self) -> str:
        """The version of the system that runs."""
        return self.machine.run("sed -n s/^IMAGE_VERSION=//p /etc/os-release").strip()

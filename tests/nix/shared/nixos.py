# SPDX-License-Identifier: MIT OR Apache-2.0
"""The scenarios of `tests/vm` on machines of NixOS' test driver: what they ask of a machine, in its words."""

import base64
import importlib
import json
import time
import urllib.parse
from typing import Any

from driver.nspawn import Failed
from driver.simulator import Simulator
from driver.world import UNIT, World

# Where the machine finds the stand-ins, which are on one beside it: somebody on it passes on what it says.
PORTS = {"anthropic": 9101, "telegram": 9102}
API_KEY = "sk-ant-the-key-of-the-tests"


class Machine:
    """A machine of the test driver, which gives names and types to its own machines at run time."""

    def __init__(self, node: Any) -> None:
        self.node, self.is_on = node, False
        self.waiting: list[tuple[str, str | bytes, int]] = []

    def on(self) -> float:
        began = time.monotonic()
        self.node.start()
        self.node.wait_for_unit("basic.target")
        self.is_on = True
        for file in self.waiting:
            self.place(*file)
        self.waiting.clear()
        return time.monotonic() - began

    def answer(self, command: str, stdin: str = "", patience: float = 120.0) -> tuple[int, str, str]:
        given = base64.b64encode(stdin.encode()).decode()
        status, out = self.node.execute(
            f"printf %s '{given}' | base64 --decode | ( {command}\n) 2>/run/scenario-said", timeout=int(patience)
        )
        return status, out, self.node.execute("cat /run/scenario-said")[1]

    def run(self, command: str, stdin: str = "") -> str:
        status, out, err = self.answer(command, stdin)
        if status != 0:
            raise Failed(f"{command}: status {status}\n{out}{err}")
        return out

    def place(self, path: str, content: str | bytes, mode: int = 0o644) -> None:
        if not self.is_on:
            self.waiting.append((path, content, mode))
            return
        data = base64.b64encode(content.encode() if isinstance(content, str) else content).decode()
        self.run(f"mkdir -p $(dirname {path}) && base64 --decode >{path} && chmod {mode:o} {path}", data)

    def reboot(self) -> float:
        began = time.monotonic()
        self.node.shutdown()
        self.on()
        return time.monotonic() - began

    def cut_power(self) -> None:
        self.node.crash()
        self.is_on = False


class Beside(Simulator):
    """The stand-ins on the machine beside. They outlive what happens to the other one."""

    def __init__(self, node: Any) -> None:
        self.machine = Machine(node)
        self.machine.on()
        node.wait_for_unit("simulator.service")
        for port in PORTS.values():
            node.wait_for_open_port(port)
        self.urls = {api: f"http://127.0.0.1:{port}" for api, port in PORTS.items()}

    def ask(self, api: str, path: str, body: Any = None, patience: float = 20, **query: Any) -> Any:
        url = f"{self.urls[api]}/_sim/{api}/{path}?{urllib.parse.urlencode(query)}"
        sent = "" if body is None else "--header 'content-type: application/json' --data @-"
        text = "" if body is None else json.dumps(body)
        return json.loads(self.machine.run(f"curl --fail-with-body --silent --max-time {patience} {sent} '{url}'", text))


class OnNixOS(World):
    """A world whose machine was installed by the module. What World writes into files of the machine, drop-ins say."""

    # As on the appliance, a disk of its own; see `disk_full.nix`.
    data = "/var/lib/private"

    def __init__(self, machine: Machine, beside: Beside) -> None:
        super().__init__(machine, beside, None, lambda text: print(f"  {text}", flush=True))  # type: ignore[arg-type]
        self.api_key = API_KEY
        self.waiting: dict[str, str] = {}

    def install(self, settings: dict[str, Any] | None = None, start_at_boot: bool = True) -> None:
        if settings:
            values = {key: value if isinstance(value, str) else json.dumps(value) for key, value in settings.items()}
            words = (f"Environment='BLUFIO_{key.replace('.', '__').upper()}={value}'" for key, value in values.items())
            self.drop_in("settings", "\n".join(["[Service]", *words, ""]))

    def hand_over(self) -> None:
        """The module does."""

    def drop_in(self, name: str, text: str) -> None:
        if not self.machine.is_on:
            self.waiting[name] = text
            return
        self.machine.place(f"/run/systemd/system/{UNIT}.d/{name}.conf", text)
        self.machine.run("systemctl daemon-reload")

    def start(self, settings: dict[str, Any] | None = None) -> None:
        self.install(settings)
        self.step(f"booted in {self.machine.on():.1f} s")
        for name, text in self.waiting.items():
            self.drop_in(name, text)
        if self.waiting:
            self.machine.run(f"systemctl restart {UNIT}")
        self.wait_ready()

    def get(self, path: str) -> tuple[int, str]:
        if not self.machine.is_on:
            return 0, ""
        _, out, _ = self.machine.answer(f"curl --silent --max-time 10 --write-out '\\n%{{http_code}}' http://127.0.0.1:8787{path}")
        body, _, status = out.rpartition("\n")
        return int(status or 0), body


def run(name: str, machine: Any, beside: Any) -> None:
    """Runs one of the scenarios, by its name."""
    world = OnNixOS(Machine(machine), Beside(beside))
    importlib.import_module(f"scenarios.{name}").run(world)
    world.assert_clean()

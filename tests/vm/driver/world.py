# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a scenario is given: a machine with the program installed, the APIs beside it, and people who write."""

import base64
import json
import secrets
import time
import tomllib
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import Any

from driver.needs import REPOSITORY
from driver.nspawn import Failed, Machine
from driver.simulator import DIRECT, TOKEN, Simulator

ADA = 42
UNIT = "blufio.service"
DAEMON = "http://127.0.0.1:8787"
# Machines share their processors with whatever else the host does.
PATIENCE = 60.0


class World:
    """One machine and what it speaks to."""

    # Where the disk is mounted that holds the state.
    data = "/var"
    # Seconds between two looks at something that is waited for.
    interval = 0.1

    def __init__(self, machine: Machine, simulator: Simulator, binary: Path, step: Callable[[str], None]) -> None:
        self.machine, self.simulator, self.binary, self.step = machine, simulator, binary, step
        # New ones for each scenario: what is found anywhere comes from here.
        self.api_key = f"sk-ant-api03-{secrets.token_hex(24)}"
        self.passphrase = f"correct horse {secrets.token_hex(12)}"
        simulator.telegram("user", {"id": ADA, "name": "Ada"})

    # Furnishing the machine

    def install(self, settings: dict[str, Any] | None = None, start_at_boot: bool = True) -> None:
        """Puts program, unit and configuration onto the disk. Settings are by key: {"routing.mode": "deep"}."""
        image = REPOSITORY / "image"
        self.machine.place("/usr/local/bin/blufio", self.binary.read_bytes(), 0o755)
        self.machine.place(f"/etc/systemd/system/{UNIT}", (image / "systemd/blufio.service").read_bytes())
        self.machine.place("/etc/logrotate.d/blufio", (image / "blufio.logrotate").read_bytes())
        self.configure(settings)
        if start_at_boot:
            wants = self.machine.root / "etc/systemd/system/multi-user.target.wants"
            wants.mkdir(exist_ok=True)
            (wants / UNIT).symlink_to(f"/etc/systemd/system/{UNIT}")

    def configure(self, settings: dict[str, Any] | None = None) -> None:
        """Writes the configuration: the shipped one, the way to the stand-ins, and what the scenario wants."""
        shipped = tomllib.loads((REPOSITORY / "image/blufio.toml").read_text())
        keys = {f"{section}.{key}": value for section, values in shipped.items() for key, value in values.items()}
        keys |= self.surroundings() | (settings or {})
        # What TOML and JSON write alike: texts, numbers, truth, lists of them.
        text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
        self.machine.place("/etc/blufio/blufio.toml", text)

    def surroundings(self) -> dict[str, Any]:
        """The settings by which a daemon finds the stand-ins, and Ada may talk to it."""
        return {
            "anthropic.base_url": self.simulator.urls["anthropic"],
            "telegram.base_url": self.simulator.urls["telegram"],
            "telegram.allowed_users": [ADA],
            "net.allow_loopback_http": True,
            "agent.time_zone": "UTC",
        }

    def hand_over(self) -> None:
        """Both secrets as credentials of the machine."""
        self.machine.credential("blufio.anthropic-api-key", self.api_key)
        self.machine.credential("blufio.telegram-bot-token", TOKEN)

    def drop_in(self, name: str, text: str) -> None:
        """A drop-in of the unit; while the machine runs, it holds from the next start on."""
        self.machine.place(f"/etc/systemd/system/{UNIT}.d/{name}.conf", text)
        if self.machine.is_on:
            self.machine.run("systemctl daemon-reload")

    def start(self, settings: dict[str, Any] | None = None) -> None:
        """The usual machine: installed, both secrets handed over, on, and answering."""
        self.install(settings)
        self.hand_over()
        took = self.machine.on()
        self.step(f"booted in {took:.1f} s")
        self.wait_ready()

    # Speaking with the agent

    def say(self, chat: int, text: str) -> str:
        """A person writes in their private chat; the answer that comes next."""
        before = self.answers(chat)
        self.write(chat, text)
        return self.wait_answers(chat, len(before) + 1)[len(before)]

    def write(self, chat: int, text: str) -> None:
        """A person writes, and nobody waits for the answer."""
        self.simulator.telegram("text", {"chat": chat, "text": text})

    def answers(self, chat: int) -> list[str]:
        """What the bot has sent into a chat so far."""
        return [message["text"] for message in self.simulator.telegram("messages", chat=chat)]

    def wait_answers(self, chat: int, count: int, patience: float = PATIENCE) -> list[str]:
        """Waits until the bot has sent so many messages into a chat; all of them."""
        try:
            found = self.simulator.ask(
                "telegram", "wait", chat=chat, messages=count, timeout=patience, patience=patience + 10
            )
        except urllib.error.HTTPError as error:
            raise Failed(f"waited for {count} answers: {error.read().decode()}") from error
        return [message["text"] for message in found]

    def wait_turn(self, chat: int) -> None:
        """Waits until the agent is at work on something from this chat."""
        self.until("a turn that runs", lambda: bool(self.simulator.telegram("actions", chat=chat)))

    def prompts(self) -> list[dict[str, Any]]:
        """Every request to the model, oldest first."""
        return self.simulator.anthropic("requests")

    # Looking at the daemon

    def show(self, field: str) -> str:
        """A property of the unit, as systemd has it."""
        return self.machine.run(f"systemctl show {UNIT} --property={field} --value").strip()

    def pid(self) -> int:
        """The daemon's process id, in the machine."""
        return int(self.show("MainPID"))

    def program(self, name: str) -> str:
        """Where a program of the machine lies: systems differ in that."""
        return self.machine.run(f"readlink -f $(command -v {name})").strip()

    def uid(self) -> str:
        """The user that the daemon runs as, by number: it has a name only where libnss-systemd gives it one."""
        return self.machine.run(f"awk '/^Uid:/ {{ print $2 }}' /proc/{self.pid()}/status").strip()

    def get(self, path: str) -> tuple[int, str]:
        """`GET` from the daemon: status and body. Status 0: nobody listens."""
        try:
            with DIRECT.open(f"{DAEMON}{path}", timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return 0, ""

    def health(self) -> dict[str, Any]:
        """What `/health` says; empty while nobody listens."""
        _, body = self.get("/health")
        return json.loads(body) if body else {}

    def metric(self, name: str) -> float | None:
        """A metric, summed over its labels; `None` where it is absent."""
        _, body = self.get("/metrics")
        found = [line.rsplit(" ", 1)[1] for line in body.splitlines() if line.split("{")[0].split(" ")[0] == name]
        return sum(map(float, found)) if found else None

    def blufio(self, arguments: str, stdin: str = "") -> str:
        """Runs a command of the program in the machine, as root."""
        return self.machine.run(f"blufio {arguments}", stdin)

    def journal(self, options: str = f"--unit={UNIT}") -> str:
        """The journal since the machine exists."""
        return self.machine.run(f"journalctl --no-pager --quiet {options}")

    def wait_ready(self) -> None:
        """Waits until messages are accepted and answered, and systemd knows it."""

        def is_ready() -> bool:
            state = self.show("ActiveState")
            if state == "failed":
                raise Failed(f"the daemon has given up, with status {self.show('ExecMainStatus')}; its last words stand in the journal")
            return state == "active" and self.get("/health")[0] == 200

        self.until("a daemon that is ready", is_ready)

    def until(self, wanted: str, holds: Callable[[], bool], patience: float = PATIENCE) -> float:
        """Waits until something holds; seconds."""
        began = time.monotonic()
        while not holds():
            if time.monotonic() > began + patience:
                raise Failed(f"waited {patience:.0f} s for {wanted}")
            time.sleep(self.interval)
        return time.monotonic() - began

    # What holds at the end

    def assert_no_secret(self, where: str, text: str) -> None:
        """None of the scenario's secrets stands in a text, neither plain nor encoded."""
        for secret in (self.api_key, self.passphrase, TOKEN):
            plain = secret.encode()
            for form in (secret, base64.b64encode(plain).decode().rstrip("="), plain.hex()):
                assert form not in text, f"a secret stands in {where}"

    def assert_secrets_are_kept(self) -> None:
        """No secret in the journal, in the environment of a process, or on a command line."""
        self.assert_no_secret("the journal", self.journal("--output=export"))
        for file in ("environ", "cmdline"):
            self.assert_no_secret(f"/proc/*/{file}", self.machine.run(f"cat /proc/[0-9]*/{file} 2>/dev/null | tr '\\0' '\\n' || true"))

    def complaints(self, kind: str) -> list[dict[str, Any]]:
        """What Telegram has to complain about."""
        return self.simulator.telegram(kind)

    def assert_clean(self) -> None:
        """Neither API has anything to complain about, and nothing was said twice."""
        for kind in ("rejections", "warnings", "duplicates"):
            found = self.complaints(kind)
            assert not found, f"Telegram has seen {kind}: {found}"
        refused = [call for call in self.prompts() if 400 <= call["status"] < 500]
        assert not refused, f"the model refused: {refused[0].get('error')}"

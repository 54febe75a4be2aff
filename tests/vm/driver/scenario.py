# SPDX-License-Identifier: MIT OR Apache-2.0
"""Scenarios: one topic each, a file each. A scenario is a module with a docstring, `TIERS` and `run(world)`."""

import importlib
import signal
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from driver import pod
from driver.needs import Missing
from driver.tier import Tier
from driver.world import World

FOLDER = Path(__file__).resolve().parents[1] / "scenarios"
LINES = 80
# What those beside the machine have said, where they are.
LOGS = ("simulator.log", "emulator.log")


class Overdue(Exception):
    """Whoever started it does not wait any longer."""


@dataclass(frozen=True)
class Scenario:
    """A scenario, by its file."""

    name: str
    module: ModuleType

    @property
    def about(self) -> str:
        """What it is about, in a line."""
        return (self.module.__doc__ or "").strip().splitlines()[0]

    @property
    def tiers(self) -> tuple[int, ...]:
        """Where it can run."""
        return self.module.TIERS


def find() -> list[Scenario]:
    """All of them, by name."""
    return [Scenario(path.stem, importlib.import_module(f"scenarios.{path.stem}")) for path in sorted(FOLDER.glob("*.py"))]


def run(tier: Tier, name: str, binary: Path, simulator: Path, keep: bool) -> int:
    """Runs one, as the first process of its pod; the exit status."""
    module = importlib.import_module(f"scenarios.{name}")
    began = time.monotonic()

    def step(text: str) -> None:
        print(f"  {time.monotonic() - began:6.1f} s  {text}", flush=True)

    def hurry(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Overdue(f"not done in {tier.longest:.0f} s")

    world = None
    signal.signal(signal.SIGTERM, hurry)
    try:
        pod.enter()
        world = tier.world(binary, simulator, module, step)
        module.run(world)
        world.assert_clean()
        status = 0
    except Missing as missing:
        print(missing)
        return 2
    except Exception:
        step("FAILED")
        traceback.print_exc()
        if world is not None:
            _last_words(world)
        status = 1
    if keep and world is not None and world.machine.is_on:
        print("the machine is kept until Ctrl-C", flush=True)
        signal.pause()
    return status


def _last_words(world: World) -> None:
    machine = world.machine
    console = machine.console.read_text(errors="replace").splitlines() if machine.console.exists() else []
    print("--- the end of the console", *console[-LINES:], sep="\n")
    for name in LOGS:
        log = pod.WORK / name
        if log.exists() and (said := log.read_text(errors="replace").splitlines()):
            print(f"--- the end of {name}", *said[-LINES:], sep="\n")
    sys.stdout.flush()
    if machine.is_on:
        try:
            _, journal, _ = machine.answer(f"journalctl --no-pager --quiet -n {LINES} --output=short-monotonic", patience=15)
        except Exception as error:
            journal = f"the journal cannot be read: {error}"
        print(f"--- the end of the journal\n{journal}---", flush=True)

# SPDX-License-Identifier: MIT OR Apache-2.0
"""Scenarios: one topic each, a file each. A scenario is a module with a docstring, `TIERS` and `run(world)`."""

import importlib
import signal
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from driver import pod, tree
from driver.needs import Missing
from driver.nspawn import Machine
from driver.simulator import Simulator
from driver.world import World

FOLDER = Path(__file__).resolve().parents[1] / "scenarios"
LINES = 60


@dataclass(frozen=True)
class Scenario:
    """A scenario, by its file."""

    name: str
    about: str
    tiers: tuple[int, ...]


def find() -> list[Scenario]:
    """All of them, by name."""
    found = []
    for path in sorted(FOLDER.glob("*.py")):
        module = importlib.import_module(f"scenarios.{path.stem}")
        about = (module.__doc__ or "").strip().splitlines()[0]
        found.append(Scenario(path.stem, about, module.TIERS))
    return found


def run(name: str, binary: Path, simulator: Path, keep: bool) -> int:
    """Runs one, as the first process of its pod; the exit status."""
    module = importlib.import_module(f"scenarios.{name}")
    began = time.monotonic()

    def step(text: str) -> None:
        print(f"  {time.monotonic() - began:5.1f} s  {text}", flush=True)

    machine = None
    try:
        pod.enter()
        machine = Machine(tree.path())
        world = World(machine, Simulator(simulator), binary, step)
        module.run(world)
        world.assert_clean()
        status = 0
    except Missing as missing:
        print(missing)
        return 2
    except Exception:
        step("FAILED")
        traceback.print_exc()
        if machine is not None:
            _last_words(machine)
        status = 1
    if keep and machine is not None and machine.is_on:
        print("the machine is kept until Ctrl-C", flush=True)
        signal.pause()
    return status


def _last_words(machine: Machine) -> None:
    console = machine.console.read_text(errors="replace").splitlines() if machine.console.exists() else []
    print("--- the end of the console", *console[-LINES:], sep="\n")
    if machine.is_on:
        try:
            _, journal, _ = machine.answer(f"journalctl --no-pager --quiet -n {LINES} --output=short-monotonic", patience=10)
        except Exception as error:
            journal = f"the journal cannot be read: {error}"
        print(f"--- the end of the journal\n{journal}---", flush=True)

# SPDX-License-Identifier: MIT OR Apache-2.0
"""The command line: what is run, how many at once, how it is reported."""

import argparse
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from driver import needs, pod
from driver.needs import Missing

HERE = Path(__file__).resolve().parents[1]
# No scenario takes longer on a machine that has something else to do; one that does hangs.
LONGEST = 3600.0
LINES = 80


@dataclass
class Running:
    """A scenario at work in its pod."""

    name: str
    pod: pod.Pod
    output: IO[bytes]
    began: float = field(default_factory=time.monotonic)


def main(arguments: list[str]) -> int:
    """The exit status: 0 all passed, 1 some failed, 2 something is missing or wrongly asked for."""
    options = _parser().parse_args(arguments)
    known = {path.stem: _about(path.stem) for path in sorted((HERE / "scenarios").glob("*.py"))}
    if options.list:
        for name, about in known.items():
            print(f"{name:12} {about}")
        return 0
    try:
        if options.inside:
            return _inside(options.inside, Path(options.binary), Path(options.simulator))
        unknown = set(options.scenario) - set(known)
        if unknown:
            raise Missing(f"there is no scenario {', '.join(sorted(unknown))}; --list says what there is")
        needs.programs()
        if not shutil.which("ip"):
            raise Missing("apt-get install -y --no-install-recommends iproute2")
        if not Path("/dev/net/tun").exists():
            raise Missing("the host has no /dev/net/tun: modprobe tun")
        binary, simulator = needs.binary(options.binary), needs.simulator(options.simulator)
        from bench import images, tools

        wanted = options.scenario or list(known)
        updated = any(getattr(importlib.import_module(f"scenarios.{name}"), "UPDATES", False) for name in wanted)
        images.built(binary, images.INSTALLED, *([images.NEXT] if updated else []))
        tools.modules()
        pod.sweep()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        return _all(wanted, ["--binary", str(binary), "--simulator", str(simulator)], options.jobs)
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests/vm/uml/run", description="Boots the appliance image in User-Mode Linux and tests it.")
    parser.add_argument("scenario", nargs="*", help="names from --list; all if left out")
    parser.add_argument("--list", action="store_true", help="say what there is, and end")
    parser.add_argument("--binary", help="the static program that goes into the image; built with cargo where it is missing")
    parser.add_argument("--simulator", help="the stand-ins for the two APIs; built with cargo where they are missing")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="machines at once (%(default)s)")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    return parser


def _about(name: str) -> str:
    return (importlib.import_module(f"scenarios.{name}").__doc__ or "").strip().splitlines()[0]


def _inside(name: str, binary: Path, simulator: Path) -> int:
    """Runs one, as the first process of its pod."""
    from bench.appliance import Appliance, Beside
    from bench.images import INSTALLED, NEXT, image
    from bench.machine import Machine

    began = time.monotonic()

    def step(text: str) -> None:
        print(f"  {time.monotonic() - began:6.1f} s  {text}", flush=True)

    machine = None
    try:
        pod.enter()
        both = image(INSTALLED), image(NEXT)
        machine = Machine(both[0])
        world = Appliance(machine, Beside(simulator), binary, both, step)
        importlib.import_module(f"scenarios.{name}").run(world)
        world.assert_clean()
        return 0
    except Exception:
        step("FAILED")
        traceback.print_exc()
        if machine is not None:
            print("--- the end of the console", *machine.console.read_text(errors="replace").splitlines()[-LINES:], sep="\n")
            if machine.is_on:
                try:
                    print("--- the end of the journal", machine.answer(f"journalctl --no-pager --quiet -n {LINES}", patience=15)[1], sep="\n")
                except Exception as error:
                    print(f"the journal cannot be read: {error}")
        return 1


def _all(names: list[str], inside: list[str], jobs: int) -> int:
    waiting, running, failed = list(names), [], []
    began = time.monotonic()
    try:
        while waiting or running:
            while waiting and len(running) < max(jobs, 1):
                name, output = waiting.pop(0), tempfile.TemporaryFile()
                command = [sys.executable, str(HERE / "run"), "--inside", name, *inside]
                running.append(Running(name, pod.Pod(command, output), output))
            for one in list(running):
                took = time.monotonic() - one.began
                status = one.pod.poll()
                if status is None and took < LONGEST:
                    continue
                one.pod.close()
                running.remove(one)
                print(f"{one.name:12} {'passed' if status == 0 else 'FAILED'} in {took:.1f} s")
                one.output.seek(0)
                print(one.output.read().decode(errors="replace"), end="", flush=True)
                if status != 0:
                    failed.append(one.name)
            time.sleep(0.1)
    finally:
        for one in running:
            one.pod.close()
    print(f"{len(names) - len(failed)} of {len(names)} scenarios passed in {time.monotonic() - began:.0f} s")
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0

# SPDX-License-Identifier: MIT OR Apache-2.0
"""The command line: what is run, how many at once, how it is reported."""

import argparse
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from driver import needs, pod, scenario, tree
from driver.needs import Missing

RUN = Path(__file__).resolve().parents[1] / "run"
# No scenario takes longer; one that does hangs.
LONGEST = 300.0


@dataclass
class Running:
    """A scenario at work in its pod."""

    wanted: scenario.Scenario
    pod: pod.Pod
    output: IO[bytes]
    began: float = field(default_factory=time.monotonic)


def main(arguments: list[str]) -> int:
    """The exit status: 0 all passed, 1 some failed, 2 something is missing or wrongly asked for."""
    options = _parser().parse_args(arguments)
    if options.inside:
        return scenario.run(options.inside, Path(options.binary), Path(options.simulator), options.keep)
    try:
        wanted = _wanted(scenario.find(), options.tier, options.scenario)
        if options.list:
            for one in wanted:
                print(f"{','.join(map(str, one.tiers))}  {one.name:14} {one.about}")
            return 0
        # Before anything is built: that takes minutes.
        if options.keep and len(wanted) != 1:
            raise Missing("--keep takes one scenario; name it")
        needs.programs()
        binary, simulator = needs.binary(options.binary), needs.simulator(options.simulator)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        inside = ["--binary", str(binary), "--simulator", str(simulator)]
        with tree.held():
            pod.sweep()
            return _watched(wanted, inside) if options.keep else _all(wanted, inside, options.jobs)
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests/vm/run", description="Boots real machines and tests the real program in them.")
    parser.add_argument("tier", nargs="?", help="1: systemd-nspawn. All tiers if left out")
    parser.add_argument("scenario", nargs="*", help="names from --list; all if left out")
    parser.add_argument("--list", action="store_true", help="say what there is, and end")
    parser.add_argument("--binary", help="the static program under test; built with cargo where it is missing")
    parser.add_argument("--simulator", help="the stand-ins for the two APIs; built with cargo where they are missing")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="machines at once (%(default)s)")
    parser.add_argument("--keep", action="store_true", help="one scenario: show it while it runs, and keep its machine until Ctrl-C")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    return parser


def _wanted(found: list[scenario.Scenario], tier: str | None, names: list[str]) -> list[scenario.Scenario]:
    # A scenario may be named without its tier.
    if tier is not None and not tier.isdecimal():
        tier, names = None, [tier, *names]
    unknown = set(names) - {one.name for one in found}
    if unknown:
        raise Missing(f"there is no scenario {', '.join(sorted(unknown))}; --list says what there is")
    wanted = [one for one in found if (not names or one.name in names) and (tier is None or int(tier) in one.tiers)]
    if not wanted:
        raise Missing("nothing to run; --list says what there is")
    return wanted


def _launch(one: scenario.Scenario, inside: list[str], output: IO[bytes]) -> Running:
    return Running(one, pod.Pod([sys.executable, str(RUN), "--inside", one.name, *inside], output), output)


def _watched(wanted: list[scenario.Scenario], inside: list[str]) -> int:
    running = _launch(wanted[0], [*inside, "--keep"], sys.stdout.buffer)
    told = False
    try:
        while running.pod.poll() is None:
            machine = pod.leader(running.pod.pid)
            if machine and not told:
                print(f"  to look into it: {pod.shell_of(machine)}", flush=True)
                told = True
            time.sleep(0.2)
        return running.pod.poll() or 0
    finally:
        running.pod.close()


def _all(wanted: list[scenario.Scenario], inside: list[str], jobs: int) -> int:
    waiting, running, failed = list(wanted), [], []
    began = time.monotonic()
    try:
        while waiting or running:
            while waiting and len(running) < max(jobs, 1):
                running.append(_launch(waiting.pop(0), inside, tempfile.TemporaryFile()))
            for one in list(running):
                took = time.monotonic() - one.began
                status = one.pod.poll()
                if status is None and took < LONGEST:
                    continue
                one.pod.close()
                running.remove(one)
                _report(one, status, took)
                if status != 0:
                    failed.append(one.wanted.name)
            time.sleep(0.05)
    finally:
        for one in running:
            one.pod.close()
    print(f"{len(wanted) - len(failed)} of {len(wanted)} scenarios passed in {time.monotonic() - began:.0f} s")
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def _report(one: Running, status: int | None, took: float) -> None:
    verdict = "passed" if status == 0 else "FAILED" if status is not None else f"FAILED: not done in {LONGEST:.0f} s"
    print(f"{one.wanted.name:14} {verdict} in {took:.1f} s", flush=True)
    one.output.seek(0)
    text = one.output.read().decode(errors="replace")
    one.output.close()
    print(text, end="", flush=True)

# SPDX-License-Identifier: MIT OR Apache-2.0
"""The command line: what is run, how many at once, how it is reported."""

import argparse
import contextlib
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from driver import needs, pod, scenario
from driver.needs import Missing
from driver.tier import Tier, tiers

RUN = Path(__file__).resolve().parents[1] / "run"
# Seconds that a scenario has to show where it stood when it took too long.
LAST_WORDS = 120.0
HELP = """\
Runs as root. Debian packages: mmdebstrap systemd-container (tier 1), iproute2 openssh-client curl gpgv xz-utils (tier 2);
what is missing is named. A machine takes 0.2 GB of memory and some seconds in tier 1, 1 GB (disk_full 2 GB) and one to five
minutes in tier 2, up to 4 GB and two to fifteen minutes in tier 3; --jobs are as many at once. What machines are made of is built
first, once, in minutes.

exit codes: 0 all passed; 1 some failed: the console, the journal and the place are shown; 2 something is missing or wrongly
asked for, and the remedy is named; 130 it was interrupted"""


@dataclass(frozen=True)
class Wanted:
    """A scenario on one kind of machines."""

    tier: Tier
    scenario: scenario.Scenario

    @property
    def label(self) -> str:
        """How it is called here."""
        return f"{self.tier.number} {self.scenario.name}"


@dataclass
class Running:
    """A scenario at work in its pod."""

    wanted: Wanted
    pod: pod.Pod
    # What it prints; `None` where that is shown while it does.
    output: IO[bytes] | None
    began: float = field(default_factory=time.monotonic)
    # When it was told that it takes too long.
    told: float | None = None

    def is_over(self) -> bool:
        """Whether it has ended, or nobody waits for it any more."""
        now = time.monotonic()
        if self.pod.poll() is not None:
            return True
        if self.told is None and now > self.began + self.wanted.tier.longest:
            self.told = now
            self.pod.hurry()
        return self.told is not None and now > self.told + LAST_WORDS


def main(arguments: list[str]) -> int:
    """The exit status: 0 all passed, 1 some failed, 2 something is missing or wrongly asked for."""
    options = _parser().parse_intermixed_args(arguments)
    known = tiers()
    if options.inside:
        return scenario.run(known[int(options.tier)], options.inside, Path(options.binary), Path(options.simulator), options.keep)
    try:
        wanted = _wanted(known, scenario.find(), options.tier, options.scenario)
        if options.list:
            for one in {one.scenario.name: one.scenario for one in wanted}.values():
                print(f"{','.join(map(str, one.tiers)):4} {one.name:14} {one.about}")
            return 0
        # Before anything is built: that takes minutes.
        if options.keep and len(wanted) != 1:
            raise Missing("--keep takes one scenario of one tier; name both")
        if options.keep and not wanted[0].tier.lets_in:
            raise Missing(f"--keep is for tier 1: no shell leads into machines of tier {wanted[0].tier.number}. Named alone, a scenario is shown while it runs")
        if options.image and options.binary:
            raise Missing("--image has the program in it: leave --binary away")
        image = _fitting(Path(options.image).resolve(), wanted) if options.image else None
        used = [tier for tier in known.values() if any(one.tier is tier for one in wanted)]
        needs.programs({program: package for tier in used for program, package in tier.programs.items()})
        # Whoever names an image has the program in it.
        binary = needs.binary(options.binary) if image is None else image
        simulator = needs.simulator(options.simulator)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        inside = ["--binary", str(binary), "--simulator", str(simulator)]
        with contextlib.ExitStack() as held:
            for tier in used:
                held.enter_context(tier.held(binary, [one.scenario.module for one in wanted if one.tier is tier], image))
            pod.sweep()
            return _watched(wanted, inside) if options.keep else _all(wanted, inside, options.jobs)
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tests/vm/run", description="Boots real machines and tests the real program in them.", epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("tier", nargs="?", help="; ".join(f"{number}: {tier.about}" for number, tier in tiers().items()) + ". All tiers if left out")
    parser.add_argument("scenario", nargs="*", help="names from --list; all if left out")
    parser.add_argument("--list", action="store_true", help="say what there is, and end")
    parser.add_argument("--binary", help="the static program under test; built with cargo where it is missing")
    parser.add_argument("--image", metavar="DIR", help="boot the finished image that `image/debian/build --out DIR` has made, in its place; for scenarios of tiers 2 and 3 that need no other")
    parser.add_argument("--simulator", help="the stand-ins for the two APIs; built with cargo where they are missing")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="machines at once (%(default)s)")
    parser.add_argument("--keep", action="store_true", help="one scenario of tier 1: keep its machine until Ctrl-C, and say how to get into it")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    return parser


def _wanted(known: dict[int, Tier], found: list[scenario.Scenario], tier: str | None, names: list[str]) -> list[Wanted]:
    # A scenario may be named without its tier.
    if tier is not None and not tier.isdecimal():
        tier, names = None, [tier, *names]
    unknown = set(names) - {one.name for one in found}
    if unknown:
        raise Missing(f"there is no scenario {', '.join(sorted(unknown))}; --list says what there is")
    where = list(known) if tier is None else [int(tier)]
    elsewhere = [one for one in found if one.name in names and not set(one.tiers) & set(where)]
    if elsewhere:
        raise Missing("; ".join(f"{one.name} runs in tier {', '.join(map(str, one.tiers))}" for one in elsewhere))
    wanted = [Wanted(known[at], one) for at in where if at in known for one in found if at in one.tiers and (not names or one.name in names)]
    if not wanted:
        raise Missing("nothing to run; --list says what there is")
    return wanted


def _fitting(image: Path, wanted: list[Wanted]) -> Path:
    """A finished image, which all that is wanted can do with."""
    from appliance.images import finished

    finished(image)
    others = [one.label for one in wanted if not one.tier.boots_images or getattr(one.scenario.module, "IMAGES", ())]
    if others:
        fitting = " ".join(one.scenario.name for one in wanted if one.label not in others)
        also = f"; the others of these can be named: {fitting}" if fitting else ""
        raise Missing(f"--image: an image and nothing else is not enough for {', '.join(others)}{also}")
    return image


def _launch(one: Wanted, inside: list[str], output: IO[bytes] | None) -> Running:
    """Begins with it. Without an output, what it prints is shown at once."""
    command = [sys.executable, str(RUN), str(one.tier.number), "--inside", one.scenario.name, *inside]
    print(f"{one.label:16} …", flush=True)
    return Running(one, pod.Pod(command, output or sys.stdout.buffer), output)


def _watched(wanted: list[Wanted], inside: list[str]) -> int:
    running = _launch(wanted[0], [*inside, "--keep"], None)
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
                running.append(_launch(waiting.pop(0), inside, None if len(wanted) == 1 else tempfile.TemporaryFile()))
            for one in [one for one in running if one.is_over()]:
                took, used = time.monotonic() - one.began, one.pod.used()
                status = one.pod.poll() if one.told is None else None
                one.pod.close()
                running.remove(one)
                _report(one, status, took, used)
                if status != 0:
                    failed.append(one.wanted.label)
            time.sleep(0.05)
    finally:
        for one in running:
            one.pod.close()
    print(f"{len(wanted) - len(failed)} of {len(wanted)} scenarios passed in {time.monotonic() - began:.0f} s")
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def _report(one: Running, status: int | None, took: float, used: float) -> None:
    verdict = "passed" if status == 0 else "FAILED" if status is not None else f"FAILED: not done in {one.wanted.tier.longest:.0f} s"
    print(f"{one.wanted.label:16} {verdict} in {took:.1f} s, {used:.1f} s of a processor", flush=True)
    if one.output is None:
        return
    one.output.seek(0)
    text = one.output.read().decode(errors="replace")
    one.output.close()
    print(text, end="", flush=True)

# SPDX-License-Identifier: MIT OR Apache-2.0
"""The tiers: kinds of machines, each with what it needs and how a scenario's world is made of it."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import ClassVar

from driver import needs, tree
from driver.world import World


class Tier:
    """One kind of machines."""

    number: ClassVar[int]
    about: ClassVar[str]
    # Seconds: no scenario takes longer; one that does hangs.
    longest: ClassVar[float]
    # Program → Debian package that brings it.
    programs: ClassVar[dict[str, str]]
    # Whether its machines boot an image, and so can boot a finished one.
    boots_images: ClassVar[bool] = False
    # Whether a shell on the host leads into its machines.
    lets_in: ClassVar[bool] = False

    @contextlib.contextmanager
    def held(self, binary: Path, scenarios: list[ModuleType], image: Path | None) -> Iterator[None]:
        """What machines are made of, built where it is missing, and kept for as long as this lasts."""
        raise NotImplementedError

    def world(self, binary: Path, simulator: Path, scenario: ModuleType, step: Callable[[str], None]) -> World:
        """A machine that is off, and what is beside it. Called in a pod."""
        raise NotImplementedError


class Containers(Tier):
    """A real systemd on the host's kernel."""

    number = 1
    about = "systemd-nspawn"
    lets_in = True
    longest = 300.0
    programs = needs.USUAL | {"systemd-nspawn": "systemd-container"}

    @contextlib.contextmanager
    def held(self, binary: Path, scenarios: list[ModuleType], image: Path | None) -> Iterator[None]:
        with tree.held():
            yield

    def world(self, binary: Path, simulator: Path, scenario: ModuleType, step: Callable[[str], None]) -> World:
        from driver.nspawn import Machine
        from driver.simulator import Simulator

        return World(Machine(tree.path()), Simulator(simulator), binary, step)


def tiers() -> dict[int, Tier]:
    """All of them, by number."""
    from appliance.tiers import Emulated, UserMode

    return {tier.number: tier for tier in (Containers(), UserMode(), Emulated())}

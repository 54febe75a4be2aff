# SPDX-License-Identifier: MIT OR Apache-2.0
"""The tiers that boot the appliance's own disk."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from appliance import emulator, images, tools
from driver import needs
from driver.needs import Missing
from driver.tier import Tier
from driver.world import World


class UserMode(Tier):
    """The appliance in a Linux that runs as a program."""

    number = 2
    about = "the appliance in User-Mode Linux"
    boots_images = True
    longest = 1800.0
    programs = needs.USUAL | {"ip": "iproute2", "ssh": "openssh-client", "curl": "curl", "gpgv": "gpgv", "xz": "xz-utils"}

    @contextlib.contextmanager
    def held(self, binary: Path, scenarios: list[ModuleType], image: Path | None) -> Iterator[None]:
        if not Path("/dev/net/tun").exists():
            raise Missing("the host has no /dev/net/tun, which these machines' network needs: modprobe tun")
        with images.held(binary, images.wanted(scenarios), image), tools.held():
            tools.modules()
            yield

    def world(self, binary: Path, simulator: Path, scenario: ModuleType, step: Callable[[str], None]) -> World:
        from appliance.uml import Machine
        from appliance.world import Appliance, Beside

        found = images.held_ones()
        return Appliance(Machine(found[images.INSTALLED]), Beside(simulator, Machine.listens), binary, found, step)


class Emulated(Tier):
    """The appliance in a machine with firmware, made by software."""

    number = 3
    about = "the appliance in QEMU, with firmware"
    boots_images = True
    longest = 7200.0
    programs = needs.USUAL

    @contextlib.contextmanager
    def held(self, binary: Path, scenarios: list[ModuleType], image: Path | None) -> Iterator[None]:
        with images.held(binary, images.wanted(scenarios), image):
            emulator.built()
            with tools.held():
                yield

    def world(self, binary: Path, simulator: Path, scenario: ModuleType, step: Callable[[str], None]) -> World:
        from appliance.qemu import Machine
        from appliance.world import Appliance, Beside

        found = images.held_ones()
        asked = {"FIRMWARE": "uefi", "DISK": "raw", "DEVICES": (), "REAL_TIME": False}
        hardware = [getattr(scenario, name, usual) for name, usual in asked.items()]
        machine = Machine(found[images.INSTALLED], *hardware)
        return Appliance(machine, Beside(simulator, Machine.listens), binary, found, step)

# SPDX-License-Identifier: MIT OR Apache-2.0
"""BIOS: GRUB, too, tries an update that stops in the initrd three times, and then takes the old version again."""

from scenarios import fallback

from appliance.images import NEXT

TIERS = (3,)
IMAGES = (NEXT,)
FIRMWARE = "bios"


def run(world) -> None:
    fallback.run(world)

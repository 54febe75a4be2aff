# SPDX-License-Identifier: MIT OR Apache-2.0
"""The power is cut while an update is installed, early and late: the old version runs, and the next try installs the update."""

from appliance.images import NEXT
from driver.world import ADA

TIERS = (2,)
IMAGES = (NEXT,)
# What is being fetched when the power goes, as the command line of the program that fetches shows it, and for how long.
MOMENTS = {"the system": ("root[.]raw", 2), "the kernel": ("1[.]1[.]0[.]efi", 0.3)}
UNFINISHED = "find /efi/EFI/Linux /efi/bios -name '.#*'"


def run(world) -> None:
    machine, latest = world.machine, world.images[NEXT]
    world.start()
    assert world.say(ADA, "Hello") == "You said: “Hello”"
    for number, (part, (sign, seconds)) in enumerate(MOMENTS.items(), start=1):
        world.offer(NEXT)
        machine.run("systemd-run --quiet --unit=update blufio-update --install")
        machine.run(f"until grep -qs '{sign}' /proc/[0-9]*/cmdline; do systemctl --quiet is-active update || exit 1; done; sleep {seconds}")
        world.cut_power()
        world.step(f"power cut while {part} is written")
        machine.on()
        assert (world.version(), machine.kernel) == (world.installed.version, f"blufio_{world.installed.version}.efi")
        world.wait_ready()
        assert world.say(ADA, f"Again {number}") == f"You said: “Again {number}”"
        assert not machine.run("systemctl --failed --no-legend --plain").strip()
        world.step(f"left on the boot partition: {' '.join(machine.run(UNFINISHED).split()) or 'nothing'}")
    world.offer(NEXT)
    world.install_update()
    assert not machine.run(UNFINISHED), "what was not whole is still there"
    machine.reboot()
    assert world.version() == latest.version
    world.wait_blessed()
    assert world.say(ADA, "At last") == "You said: “At last”"

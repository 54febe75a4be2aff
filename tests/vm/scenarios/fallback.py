# SPDX-License-Identifier: MIT OR Apache-2.0
"""UEFI: systemd-boot tries an update that stops in the initrd three times, and then takes the old version again."""

from appliance import updates
from appliance.images import NEXT
from driver.world import ADA

TIERS = (3,)
IMAGES = (NEXT,)
TRY_TIME = 600.0


def run(world) -> None:
    machine, latest = world.machine, world.images[NEXT]
    world.start()
    assert world.say(ADA, "Hello") == "You said: “Hello”"
    world.offer(NEXT)
    updates.spoil()
    world.install_update()
    machine.send("systemctl reboot")
    machine.wait_reboot(TRY_TIME)
    world.write(ADA, "Are you there?")
    for number in (1, 2, 3):
        machine.power()
        took = machine.wait_reboot(TRY_TIME)
        console = machine.console.read_text(errors="replace")
        assert console.count("The start has failed") == number, "it did not say that it has failed"
        world.step(f"try {number} ends by itself after {took:.0f} s")
    machine.on()
    world.step(f"then {machine.kernel} comes")
    assert world.version() == world.installed.version
    world.wait_ready()
    assert world.wait_answers(ADA, 2)[1] == "You said: “Are you there?”"
    assert world.kernels() == [f"blufio_{world.installed.version}.efi", f"blufio_{latest.version}+0-3.efi"]
    assert not machine.run("systemctl --failed --no-legend --plain").strip()

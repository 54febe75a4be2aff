# SPDX-License-Identifier: MIT OR Apache-2.0
"""The operator goes back to a version that does not start any more: each start uses up a try, and then the newer one comes again."""

from appliance.images import NEXT
from driver.world import ADA

TIERS = (2,)
IMAGES = (NEXT,)
REBOOT_TIME = 300.0


def run(world) -> None:
    machine, latest, old = world.machine, world.images[NEXT], world.installed
    world.start()
    world.offer(NEXT)
    world.install_update()
    machine.reboot()
    assert world.version() == latest.version
    world.wait_blessed()
    assert world.say(ADA, "Hello") == "You said: “Hello”"

    machine.send("blufio-rollback --now")
    machine.wait_reboot(REBOOT_TIME)
    for number in (1, 2, 3):
        machine.power()
        assert machine.kernel == f"blufio_{old.version}+{3 - number}-{number}.efi"
        world.cut_power()
    world.step("the old one loses its power in each of its three tries")
    machine.on()
    world.step(f"then {machine.kernel} comes, of {', '.join(world.kernels())}")
    assert world.version() == latest.version
    world.wait_blessed()
    assert world.say(ADA, "Again") == "You said: “Again”"
    assert world.kernels() == [f"blufio_{old.version}+0-3.efi", f"blufio_{latest.version}.efi"]

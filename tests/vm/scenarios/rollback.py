# SPDX-License-Identifier: MIT OR Apache-2.0
"""The operator goes back to the version before, and forward again; the conversation goes with them."""

from appliance.images import NEXT
from driver.world import ADA

TIERS = (2, 3)
IMAGES = (NEXT,)
UPDATE, LOOK, BACK = "blufio-update --now", "blufio-rollback", "blufio-rollback --now"
COMMANDS = {"appliance.md": (UPDATE, LOOK, BACK)}
REBOOT_TIME = 300.0
UPDATE_TIME = 600.0


def run(world) -> None:
    machine, latest = world.machine, world.images[NEXT]
    world.start()
    assert world.say(ADA, "Hello") == "You said: “Hello”"
    status, _, said = machine.answer(LOOK)
    world.step(f"with one version: {said.strip()}")
    assert status == 1 and "no update" in said
    world.offer(NEXT)
    machine.send(UPDATE)
    machine.wait_reboot(UPDATE_TIME)
    machine.on()
    assert world.version() == latest.version
    world.wait_blessed()

    said = machine.run(LOOK)
    world.step(said.strip().splitlines()[0])
    assert f"into version {world.installed.version}" in said
    assert f"No copy of the state from before schema {world.schema()} lies here" in said
    machine.send(BACK)
    machine.wait_reboot(REBOOT_TIME)
    machine.on()
    # On trial, as after an update: were it not to start any more, the newer one would come again.
    assert (world.version(), machine.kernel) == (world.installed.version, f"blufio_{world.installed.version}+2-1.efi")
    world.wait_blessed()
    assert world.say(ADA, "Again") == "You said: “Again”"
    assert any("Hello" in str(message["content"]) for message in world.prompts()[-1]["body"]["messages"]), "the conversation is forgotten"
    world.step(f"back: {machine.kernel} of {', '.join(world.kernels())}")

    machine.send(BACK)
    machine.wait_reboot(REBOOT_TIME)
    machine.on()
    assert world.version() == latest.version
    world.wait_blessed()
    assert world.say(ADA, "Once more") == "You said: “Once more”"
    world.step(f"and forward: {machine.kernel} of {', '.join(world.kernels())}")

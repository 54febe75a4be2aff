# SPDX-License-Identifier: MIT OR Apache-2.0
"""The disk for data is full: the daemon waits, also after a reboot; with room again, what was sent meanwhile is answered."""

from driver.world import ADA

TIERS = (2,)
NIXOS = True


def run(world) -> None:
    machine, place = world.machine, world.data
    world.start()
    assert world.say(ADA, "Hello") == "You said: “Hello”"
    machine.run(f"fallocate -l $(df --output=avail --block-size=1 {place} | tail -n 1) {place}/filler; cat /dev/zero >{place}/rest || true")
    world.step(f"full: {' '.join(machine.run(f'df --output=avail,pcent {place} | tail -n 1').split())}")
    world.write(ADA, "Are you there?")
    machine.run("sleep 20")
    assert len(world.answers(ADA)) == 1, "something was answered that could not be noted down"
    machine.reboot()
    world.until("a daemon that runs", lambda: world.show("ActiveState") == "active")
    machine.run("sleep 20")
    assert world.show("ActiveState") == "active", "it runs no longer"
    assert len(world.answers(ADA)) == 1, "something was answered that could not be noted down"
    world.step(f"the same after a reboot; the daemon is {world.show('ActiveState')}")
    machine.run(f"rm {place}/filler {place}/rest")
    world.wait_ready()
    assert world.wait_answers(ADA, 2)[1] == "You said: “Are you there?”"
    world.step("there is room again, and what was sent meanwhile is answered")
    assert not machine.run("systemctl --failed --no-legend --plain").strip()

# SPDX-License-Identifier: MIT OR Apache-2.0
"""`systemctl stop` in the middle of an answer lets it finish, also where that takes longer than the unit allows."""

from driver.world import ADA

TIERS = (1,)
NIXOS = True


def run(world) -> None:
    # The daemon asks for the time that agent.drain_timeout gives it; the unit alone would not wait.
    world.drop_in("short", "[Service]\nTimeoutStopSec=1s\n")
    world.start()
    world.write(ADA, "[sim:say Just in time.] [sim:sleep 4]")
    world.wait_turn(ADA)
    world.machine.run("systemctl stop blufio")
    assert world.answers(ADA) == ["Just in time."], world.answers(ADA)
    assert world.show("Result") == "success", world.show("Result")
    assert world.show("ExecMainStatus") == "0"
    world.write(ADA, "[sim:say Next time.]")
    world.machine.run("systemctl start blufio")
    assert world.wait_answers(ADA, 2) == ["Just in time.", "Next time."]
    world.step("the running answer was finished, the next one came after the start")

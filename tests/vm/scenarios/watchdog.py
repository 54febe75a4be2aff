# SPDX-License-Identifier: MIT OR Apache-2.0
"""A daemon that hangs is ended by the watchdog and started again, and nothing is lost."""

from driver.world import ADA

TIERS = (1,)
NIXOS = True
# The unit's own minute is too long to wait for here.
LIMIT = 5


def run(world) -> None:
    world.drop_in("watchdog", f"[Service]\nWatchdogSec={LIMIT}s\n")
    world.start()
    assert world.say(ADA, "[sim:say Before.]") == "Before."
    first = world.pid()
    # It is fed: several limits pass and nothing happens.
    world.machine.run(f"sleep {2 * LIMIT}")
    assert (world.pid(), world.show("NRestarts")) == (first, "0"), "a healthy daemon was ended"

    world.machine.run(f"kill -STOP {first}")
    world.write(ADA, "[sim:say After.]")
    took = world.until("a new process", lambda: world.show("NRestarts") == "1" and world.pid() not in (0, first))
    assert "Watchdog timeout" in world.journal(), world.journal()
    assert world.wait_answers(ADA, 2) == ["Before.", "After."]
    world.wait_ready()
    world.step(f"stopped, ended and started again within {took:.1f} s, at a limit of {LIMIT} s")

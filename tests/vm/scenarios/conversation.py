# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ada talks with the agent over Telegram; it remembers what was said, uses a tool, and knows what it cost."""

from driver.world import ADA

TIERS = (1,)
NIXOS = True


def run(world) -> None:
    world.start()
    assert world.say(ADA, "Hello") == "You said: “Hello”"
    said = world.say(ADA, '[sim:tool current_time {"time_zone":"UTC"}]')
    world.step(f"with a tool: {said!r}")
    assert world.say(ADA, "[sim:say The end.]") == "The end."
    last = world.prompts()[-1]["body"]
    assert any("Hello" in str(message["content"]) for message in last["messages"]), "the history is not told to the model"
    # Counted once Telegram has confirmed it, a moment after it arrived.
    world.until("three messages that are counted as sent", lambda: world.metric("blufio_messages_sent_total") == 3)
    assert "$" in world.blufio("cost")
    assert world.metric("blufio_cost_usd_total") > 0

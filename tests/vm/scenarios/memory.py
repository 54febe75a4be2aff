# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is told in one conversation is there in another after a restart, by its meaning, in the hardened unit and without any network
but the two services; ten unrelated questions bring nothing back; what is forgotten is gone."""

import json

from driver.world import ADA

TIERS = (1,)
NIXOS = True

# What the daemon may hold with its sentence model and after giving it back, MiB: 55 and 30 MB. In each of the two forms that
# a processor may choose by itself: in `int8` it was seen to hold 47 to 48 and 26, in `nibbles` 45 and 25.
WITH_MODEL, WITHOUT_MODEL = 52.4, 28.6
REMEMBERED = "[Remembered from earlier"
UNRELATED = (
    "What is the capital of Australia?",
    "Write a haiku about rain.",
    "How do I reverse a list in Python?",
    "17 * 23?",
    "Translate 'good morning' into Finnish.",
    "Who wrote Moby Dick?",
    "Explain TCP slow start in two sentences.",
    "What is the boiling point of water at 2,000 metres?",
    "Wie viele Beine hat eine Spinne?",
    "Thanks!",
)


def run(world) -> None:
    world.start({"memory.patience": "10s", "memory.idle": "10s"})
    before = resident(world)
    world.say(ADA, "My dog's name is Max.")
    took = world.until("a vector of what was said", lambda: (world.metric("blufio_embedded_sentences_total") or 0) >= 1, 60)
    world.step(f"the sentence model works inside the unit: a vector after {took:.1f} s")
    world.until("it is found by its meaning", lambda: "meaning" in world.blufio("memory search puppy"))
    world.say(ADA, "/new")
    world.machine.run("systemctl restart blufio.service")
    world.wait_ready()
    answer = world.say(ADA, "What is my dog's name?")
    assert "Max" in answer, answer
    assert REMEMBERED in prompt(world, "What is my dog's name?")
    world.say(ADA, "/new")
    world.say(ADA, "How is the puppy called that I own?")
    # As it was said, or as it has been noted down meanwhile.
    found = prompt(world, "How is the puppy called that I own?")
    assert REMEMBERED in found and "Max" in found, f"it is not found by its meaning: {found}"
    for question in UNRELATED:
        world.say(ADA, "/new")
        world.say(ADA, question)
        assert REMEMBERED not in prompt(world, question), question
    world.step("ten unrelated questions bring nothing back")
    assert "Remembered" in world.blufio("memory add The heating is serviced by Mr Okonkwo.")
    assert "Okonkwo" in world.blufio("memory search heating")
    listed = json.loads(world.blufio("memory list --json"))["memories"]
    world.blufio(f"memory forget {listed[0]['id']} --yes")
    assert "Okonkwo" not in world.blufio("memory search heating")
    # What was needed for a moment goes back within seconds; the model only after ten.
    world.until("the daemon to hold the sentence model and little else", lambda: resident(world) < WITH_MODEL, 8)
    held = resident(world)
    took = world.until("the model's memory is given back", lambda: resident(world) < WITHOUT_MODEL, 60)
    world.step(f"resident memory: {before:.1f} MiB before, {held:.1f} with the model, {resident(world):.1f} after {took:.0f} s without it")


def prompt(world, question: str) -> str:
    """What the model was asked with a question. What it is asked in the background (what is worth remembering?) may come before or after."""
    asked = [request["body"]["messages"][-1]["content"] for request in world.prompts() if "tools" in request["body"]]
    fitting = [text for text in (json.dumps(content, ensure_ascii=False) for content in asked) if json.dumps(question, ensure_ascii=False).strip('"') in text]
    assert fitting, f"the model was never asked {question!r}"
    return fitting[-1]


def resident(world) -> float:
    """What the daemon has in memory, MiB."""
    return (world.metric("blufio_resident_memory_bytes") or 0) / 2**20

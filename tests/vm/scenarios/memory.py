# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is told in one conversation is there in another after a restart, by its meaning, in the hardened unit and without any network
but the two services; ten unrelated questions bring nothing back; what is forgotten is gone."""

import json

from driver.world import ADA

TIERS = (1,)
NIXOS = True

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
    assert REMEMBERED in json.dumps(world.prompts()[-1]["body"], ensure_ascii=False)
    world.say(ADA, "/new")
    world.say(ADA, "How is the puppy called that I own?")
    # As it was said, or as it has been noted down meanwhile.
    prompt = json.dumps(world.prompts()[-1]["body"])
    assert REMEMBERED in prompt and "Max" in prompt, "it is not found by its meaning"
    for question in UNRELATED:
        world.say(ADA, "/new")
        world.say(ADA, question)
        assert REMEMBERED not in json.dumps(world.prompts()[-1]["body"]), question
    world.step("ten unrelated questions bring nothing back")
    assert "Remembered" in world.blufio("memory add The heating is serviced by Mr Okonkwo.")
    assert "Okonkwo" in world.blufio("memory search heating")
    listed = json.loads(world.blufio("memory list --json"))["memories"]
    world.blufio(f"memory forget {listed[0]['id']} --yes")
    assert "Okonkwo" not in world.blufio("memory search heating")
    held = resident(world)
    took = world.until("the model's memory is given back", lambda: resident(world) < held - 15, 60)
    world.step(f"resident memory: {before:.1f} MiB before, {held:.1f} with the model, {resident(world):.1f} after {took:.0f} s without it")


def resident(world) -> float:
    """What the daemon has in memory, MiB."""
    return (world.metric("blufio_resident_memory_bytes") or 0) / 2**20

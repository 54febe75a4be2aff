# SPDX-License-Identifier: MIT OR Apache-2.0
"""Easy words go to the small model and hard ones to the strong one, decided within the unit; a person may order another one."""

import json

from driver.world import ADA

TIERS = (1,)
FAST, STANDARD, DEEP = ("fast", "haiku"), ("standard", "sonnet"), ("deep", "opus")
LETTER = "Écris un mail à mon propriétaire pour lui demander de réparer le chauffage."
PROOF = "Prove that there are infinitely many primes of the form 4k+3."


def run(world) -> None:
    world.start({"routing.mode": "auto", "routing.fallback": ["standard", "fast"], "anthropic.max_retries": 0})
    for said, (route, model) in (("hi!", FAST), (LETTER, STANDARD), (PROOF, DEEP), (f"!fast {PROOF}", FAST), ("!deep hi!", DEEP)):
        world.say(ADA, "/new")
        world.say(ADA, said)
        assert decided(world)["route"] == route, f"{said}: {decided(world)}"
        assert model in asked(world), f"{said}: {asked(world)}"
    world.step("each by the model that it needs, or that was ordered with the message")

    world.say(ADA, "/new")
    world.say(ADA, "/model deep")
    world.say(ADA, "thanks!")
    assert decided(world)["route"] == "deep" and "opus" in asked(world)
    assert asked(world) in world.say(ADA, "/why")
    world.say(ADA, "/model auto")
    world.step("pinned for a conversation, and the person is told why")

    # The one that was chosen cannot be had: the next one answers, and the answer says so.
    world.say(ADA, "/new")
    world.simulator.anthropic("faults", {"fault": {"kind": "status", "status": 529}})
    said = world.say(ADA, PROOF)
    assert "sonnet" in said.lower() and "sonnet" in asked(world), f"{asked(world)}: {said}"
    assert "sonnet" in decided(world)["answered_by"], decided(world)
    world.step("where the strong one is overloaded, the next one answers, and says so")

    counted = world.get("/metrics")[1].splitlines()
    for route, _ in (FAST, STANDARD, DEEP):
        assert any(line.startswith(f'blufio_routes_total{{downgraded="false",route="{route}"}} ') and not line.endswith(" 0") for line in counted), route


def decided(world) -> dict:
    """How the last answer came about, as the daemon tells its operator."""
    return json.loads(world.blufio("--json why"))[0]["decision"]


def asked(world) -> str:
    """The model that was asked last for an answer; what is asked in the background brings no tools."""
    return [request["body"]["model"] for request in world.prompts() if "tools" in request["body"]][-1]

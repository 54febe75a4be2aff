# SPDX-License-Identifier: MIT OR Apache-2.0
"""SIGKILL in the middle of an answer: systemd starts the daemon again, the answer comes once, the history is kept."""

from driver.world import ADA

TIERS = (1,)
NIXOS = True


def run(world) -> None:
    world.start()
    assert world.say(ADA, "[sim:say My cat is called Schnurz.]") == "My cat is called Schnurz."
    delays = [delay(world)]
    for kill in range(1, 3):
        first = world.pid()
        before = len(world.prompts())
        world.write(ADA, f"[sim:say Answer {kill}.] [sim:sleep 1]")
        world.until("a call to the model", lambda: len(world.prompts()) > before)
        world.machine.run(f"kill -KILL {first}")
        world.until("a new process", lambda: world.pid() not in (0, first))
        assert world.wait_answers(ADA, kill + 1)[kill] == f"Answer {kill}."
        assert world.show("NRestarts") == str(kill)
        delays.append(delay(world))
    world.wait_ready()
    said = world.answers(ADA)
    assert len(said) == 3, f"something was said twice: {said}"
    assert "Schnurz" in str(world.prompts()[-1]["body"]["messages"][:-1]), "the history is gone"
    assert 1 == delays[0] < delays[1] < delays[2] < 30, delays
    world.step(f"killed twice in the middle of an answer; each came once; the third time it would wait {delays[2]} s")


def delay(world) -> float:
    """How long systemd will wait before it starts it again."""
    said = world.show("RestartUSecNext")
    assert said.endswith("s") and not said.endswith("ms") and " " not in said, said
    return float(said.removesuffix("s"))

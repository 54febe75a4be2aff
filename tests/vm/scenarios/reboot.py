# SPDX-License-Identifier: MIT OR Apache-2.0
"""A reboot, and then a power cut in the middle of an answer: state, money and what was asked are kept."""

from driver.world import ADA

TIERS = (1,)
NIXOS = True


def run(world) -> None:
    world.start()
    assert world.say(ADA, "[sim:say Before the reboot.]") == "Before the reboot."
    spent = world.blufio("--json cost")
    took = world.machine.reboot()
    world.wait_ready()
    world.step(f"rebooted in {took:.1f} s")
    assert world.blufio("--json cost") == spent, "the ledger has changed"
    assert world.say(ADA, "[sim:say After it.]") == "After it."
    assert "Before the reboot." in str(world.prompts()[-1]["body"]["messages"]), "the history is gone"

    before = len(world.prompts())
    world.write(ADA, "[sim:say After the power cut.] [sim:sleep 2]")
    world.until("a call to the model", lambda: len(world.prompts()) > before)
    world.machine.cut_power()
    assert world.get("/health")[0] == 0, "it is still there"
    world.machine.on()
    said = world.wait_answers(ADA, 3)
    world.wait_ready()
    assert said == ["Before the reboot.", "After it.", "After the power cut."], said
    world.step("the power was cut in the middle of an answer, which came once")
    owners = set(world.machine.run("find /var/lib/private/blufio -printf '%U\\n'").split())
    # Whoever that is on the disk: newer systemd maps the service's user to another one there.
    owner = world.machine.run("stat --format=%u /var/lib/private/blufio").strip()
    assert owners == {owner} != {"0"}, f"the state belongs to {owners}, its folder to {owner}"

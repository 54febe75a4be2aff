# SPDX-License-Identifier: MIT OR Apache-2.0
"""Reboots, and power cuts in the middle of writing: what was said is kept, and the machine is the same afterwards."""

import json
import subprocess

from driver.world import ADA

TIERS = (2,)
# MB.
GROWN = 1024


def run(world) -> None:
    machine = world.machine
    world.start()
    assert world.say(ADA, "Hello") == "You said: “Hello”"
    identity = machine.run("cat /etc/machine-id")
    machine.run("touch /run/gone /tmp/gone")
    before = room(machine)

    world.step(f"rebooted in {machine.reboot():.1f} s")
    world.wait_ready()
    assert machine.run("cat /etc/machine-id") == identity
    assert machine.answer("ls /run/gone /tmp/gone")[0] == 2, "something else than the data was kept"
    boots = json.loads(machine.run("journalctl --list-boots --no-pager --output=json"))
    assert len(boots) == 2, f"the journal of the first boot is gone: {boots}"
    assert world.say(ADA, "Again") == "You said: “Again”"
    assert any("Hello" in str(message["content"]) for message in world.prompts()[-1]["body"]["messages"]), "the conversation is forgotten"

    # Somebody writes without end, the agent is asked something, and the plug is pulled.
    machine.send("while :; do head -c 4M /dev/urandom >/var/tmp/x; mv /var/tmp/x /var/tmp/y; done")
    said, asked = len(world.answers(ADA)), len(world.prompts())
    for number in range(3):
        world.write(ADA, f"[sim:say Answer {number}.] [sim:sleep 2]")
    world.until("a call to the model", lambda: len(world.prompts()) > asked)
    world.cut_power()
    world.step("power cut")
    # Meanwhile the provider gives it a larger disk.
    subprocess.run(["truncate", f"--size=+{GROWN}M", machine.disk], check=True)
    world.step(f"on again in {machine.on():.1f} s")
    world.wait_ready()
    answers = world.wait_answers(ADA, said + 3)[said:]
    assert answers == [f"Answer {number}." for number in range(3)], f"not each answer came once: {answers}"
    assert machine.run("cat /etc/machine-id") == identity
    now = room(machine)
    assert now > before + GROWN * 0.9, f"the data have {now} MB, and had {before}"
    world.step(f"the data have grown with the disk, from {before} to {now} MB")
    assert not machine.run("systemctl --failed --no-legend --plain").strip()
    world.step("each message is answered once")


def room(machine) -> int:
    """The size of the data, in MB."""
    return int(machine.run("df --output=size --block-size=1M /var | tail -n 1"))

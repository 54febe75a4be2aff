# SPDX-License-Identifier: MIT OR Apache-2.0
"""Backups: of the running service, by the service itself, and the drill: wrecked, restored, the conversation goes on."""

import json

from driver.world import ADA

TIERS = (1,)
STATE = "/var/lib/private/blufio"


def run(world) -> None:
    machine = world.machine
    world.start({"backup.every": "10s", "backup.keep": 2})
    assert world.say(ADA, "[sim:say Schnurz.]") == "Schnurz."
    world.until("two backups that it made itself", lambda: (world.metric("blufio_backups_total") or 0) >= 3)
    assert len(json.loads(world.blufio("--json backup list"))["backups"]) == 2
    age = world.metric("blufio_backup_age_seconds")
    assert age is not None and age < 60, age
    world.step("the service makes backups inside its sandbox, and keeps two")

    machine.run("mkdir /srv/safe")
    world.blufio("backup create --to /srv/safe")
    (copy,) = machine.run("ls /srv/safe/*").split()
    assert machine.run(f"stat -c '%U %a' {copy}").split() == ["root", "600"]
    world.blufio(f"backup verify {copy}")
    status, _, refused = machine.answer(f"blufio backup restore {copy}")
    assert status == 1 and "in use" in refused, refused
    assert world.say(ADA, "[sim:say Mau.]") == "Mau."
    # The drill as the documentation has it: what is shown is the copy's, and not the running service's.
    world.blufio("memory add 'The cat is called Schnurz.'")
    drill = "BLUFIO_STORE__PATH=/tmp/drill/blufio.db blufio"
    machine.run(f"{drill} backup restore {copy}")
    assert "Schnurz" in world.blufio("memory list")
    assert "Schnurz" not in machine.run(f"{drill} memory list"), "the running service was asked"
    machine.run(f"{drill} cost && {drill} backup verify /tmp/drill/blufio.db && rm -r /tmp/drill")
    world.step("root has made one and taken it along; it is not restored below a running service")

    machine.run("systemctl kill --signal=KILL blufio; systemctl stop blufio")
    machine.run(f"echo wrecked > {STATE}/blufio.db; rm -r {STATE}/backups")
    said = world.blufio(f"backup restore {copy}")
    assert "is now the state" in said, said
    machine.run("systemctl start blufio")
    world.wait_ready()
    assert world.say(ADA, "[sim:say And on.]") == "And on."
    prompt = str(world.prompts()[-1]["body"]["messages"])
    assert "Schnurz." in prompt and "Mau." not in prompt, prompt
    assert world.answers(ADA) == ["Schnurz.", "Mau.", "And on."]
    owners = set(machine.run(f"find {STATE} -printf '%u\\n'").split())
    assert owners == {world.uid()}, f"the state belongs to {owners}"
    world.until("a backup of the restored state", lambda: len(json.loads(world.blufio("--json backup list"))["backups"]) > 0)
    world.assert_secrets_are_kept()
    world.step("wrecked and restored: the conversation goes on, nothing was said twice")

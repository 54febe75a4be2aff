# SPDX-License-Identifier: MIT OR Apache-2.0
"""A cloud gives the machine a small disk with user-data (NoCloud), and nothing else: it answers, and lets its owner in over SSH."""

import subprocess

from scenarios.provision import toml, user_data
from scenarios.provisioned import KEY, STORE, ssh

from appliance import tools
from driver.pod import WORK
from driver.simulator import TOKEN
from driver.world import ADA

TIERS = (2,)
SEED = WORK / "seed.img"


def run(world) -> None:
    machine = world.machine
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", KEY], check=True)
    public = KEY.with_suffix(".pub").read_text().strip()
    text = user_data(public, toml(world.surroundings()), {"anthropic-api-key": world.api_key, "telegram-bot-token": TOKEN})
    (WORK / "user-data").write_text(text)
    script = "mformat -C -f 1440 -v cidata -i /seed/seed.img :: && mcopy -i /seed/seed.img /seed/user-data ::"
    tools.ask([(WORK, "/seed")], ["/bin/sh", "-c", script])
    machine.more_disks.append(SEED)
    machine.on()
    world.wait_ready()
    assert world.say(ADA, "Hello") == "You said: “Hello”"
    assert machine.run("cat /run/blufio-provision/problems") == ""
    assert machine.run(f"ls {STORE}").split() == ["blufio.anthropic-api-key", "blufio.telegram-bot-token"]
    assert ssh(world, KEY, "id -u").strip() == "0"
    assert not machine.run("systemctl --failed --no-legend --plain").strip()
    world.assert_secrets_are_kept()
    world.step("settings, secrets and key from a disk with the label cidata")

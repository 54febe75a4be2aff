# SPDX-License-Identifier: MIT OR Apache-2.0
"""A machine is lost: a new one gets settings and state from the copies at home, opens the vault, and knows its people."""

import subprocess

from scenarios.provisioned import KEY, on_his_computer, ssh_is_there

from appliance.machine import DISK
from driver import pages
from driver.pod import WORK
from driver.simulator import TOKEN
from driver.world import ADA

TIERS = (2,)
PAGE, CHANGE, FETCH, REPLACE, FULL = "appliance.md", "## Changing something", "### Copies at home", "### A new machine", "### A full disk"
SECTIONS = [pages.commands(PAGE, section) for section in (CHANGE, FETCH, REPLACE, FULL)]
COMMANDS = {PAGE: [line for lines in SECTIONS for line in lines]}
SECRETS = ("anthropic-api-key", "telegram-bot-token")
STATE = "/var/lib/blufio"


def run(world) -> None:
    machine = world.machine
    change, fetch, replace, full = SECTIONS
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", KEY], check=True)
    handed_over = {"authorized_keys": KEY.with_suffix(".pub").read_text()}
    for name, text in (handed_over | {"secrets/anthropic-api-key": "sk-ant-old", "secrets/telegram-bot-token": TOKEN}).items():
        machine.boot_partition(f"blufio/{name}", text.encode())
    world.install()
    machine.on()
    world.wait_ready()

    *lines, last = change
    for line in lines:
        said = on_his_computer(line, stdin=f"{world.api_key}\n")
        assert "journalctl" not in line or "ready" in said, said
    assert last == "ssh root@ADDRESS systemctl reboot"
    machine.reboot()
    world.wait_ready()
    assert world.blufio("config get backup.keep").startswith("3"), world.blufio("config get backup.keep")
    machine.run(f"systemd-creds decrypt /etc/credstore.encrypted/blufio.{SECRETS[0]} - | grep -qxF '{world.api_key}'")
    assert world.say(ADA, "[sim:say My cat is called Schnurz.]") == "My cat is called Schnurz."
    world.step("another setting and another key, over SSH")

    machine.run("blufio vault init --passphrase-fd 0", world.passphrase)
    for name, value in zip(SECRETS, (world.api_key, TOKEN), strict=True):
        machine.run(f"blufio vault set {name}", value)
    world.wait_ready()
    for line in fetch:
        on_his_computer(line)
    assert (WORK / "blufio-backup.db").read_bytes().startswith(b"SQLite format 3")
    machine.run(f"cd {STATE} && touch blufio.db.before-v2 blufio.db.newer-v4 blufio.db.replaced-20260101T000000Z backups/blufio-20260101T000000Z.db")
    for line in full:
        on_his_computer(line)
    assert len(machine.run(f"ls {STATE}/backups").split()) == 1
    left = machine.run(f"ls {STATE}").split()
    assert "blufio.db" in left and not [name for name in left if name.startswith("blufio.db.") and "-" in name], left
    assert world.say(ADA, "[sim:say Room again.]") == "Room again."
    machine.off()
    world.step("copies lie at home; what takes room is gone, and the agent answers")

    # Another machine with the same address: its disk knows nothing of the old one.
    subprocess.run(["cp", "--sparse=always", world.installed.file(".raw"), machine.disk], check=True)
    subprocess.run(["truncate", f"--size={DISK}", machine.disk], check=True)
    machine.credential("blufio.toml", None)
    for name, text in (handed_over | {"blufio.toml": (WORK / "blufio.toml").read_text()}).items():
        machine.boot_partition(f"blufio/{name}", text.encode())
    machine.on()
    ssh_is_there()
    world.write(ADA, "Are you there?")
    *lines, unseal = replace
    for line in lines:
        on_his_computer(line)
    world.until("a daemon that says it is sealed", lambda: bool(world.health().get("sealed")))
    on_his_computer(unseal, [("Passphrase:", world.passphrase)])
    world.wait_ready()
    assert machine.run("cat /run/blufio-provision/problems") == ""
    assert world.wait_answers(ADA, 3)[-1] == "You said: “Are you there?”"
    heard = str(world.prompts()[-1]["body"]["messages"])
    assert "Schnurz" in heard and "Room again" not in heard, heard
    assert not machine.run("systemctl --failed --no-legend --plain").strip()
    world.assert_secrets_are_kept()
    world.step("a new machine with the copies of the old one: it goes on where they were made")

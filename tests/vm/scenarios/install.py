# SPDX-License-Identifier: MIT OR Apache-2.0
"""The commands of docs/install.md, as they stand there: a bare machine becomes one that answers."""

import re

from driver import pages
from driver.needs import REPOSITORY
from driver.simulator import TOKEN
from driver.world import ADA, UNIT

TIERS = (1,)
PAGE, SECTION, REMOVING = "install.md", "## Plain binary with systemd", "### Removing it"
# Without the passphrase at hand; and a drop-in, by whatever editor.
START, UNSEAL, STATUS, EDIT = "systemctl start --no-block blufio", "blufio vault unseal", "systemctl status blufio", "systemctl edit blufio"
COMMANDS = {PAGE: [*pages.commands(PAGE, SECTION), START, UNSEAL, STATUS, EDIT]}
FOLDER = "/opt/blufio-release"


def run(world) -> None:
    machine = world.machine
    image = REPOSITORY / "image"
    for path in (file for file in image.rglob("*") if file.is_file()):
        machine.place(f"{FOLDER}/image/{path.relative_to(image)}", path.read_bytes())
    machine.place(f"{FOLDER}/blufio", world.binary.read_bytes(), 0o755)
    # The stand-ins instead of the world, and nobody who is known beforehand.
    keys = world.surroundings() | {"telegram.allowed_users": []}
    machine.place(f"/etc/systemd/system/{UNIT}.d/test.conf", "[Service]\n" + "".join(map(variable, keys.items())))
    machine.on()

    answers = {
        "blufio vault init": [("New passphrase:", world.passphrase), ("Once more:", world.passphrase)],
        "blufio vault set anthropic-api-key": [("Value of", world.api_key), ("Passphrase:", world.passphrase)],
        "blufio vault set telegram-bot-token": [("Value of", TOKEN), ("Passphrase:", world.passphrase)],
        "systemd-ask-password": [("Passphrase of the vault:", world.passphrase)],
    }
    removing = pages.commands(PAGE, REMOVING)
    commands = [command for command in pages.commands(PAGE, SECTION) if command not in removing]
    assert len(commands) > 10, commands
    for command in commands:
        if "CODE" in command:
            (said,) = world.wait_answers(ADA, 1) if world.answers(ADA) else [world.say(ADA, "Hello")]
            found = re.search(r"\b[A-Z0-9]{4}-?[A-Z0-9]{2,}\b", said)
            assert found, f"no pairing code: {said}"
            command = command.replace("CODE", found.group())
        asked = next((answers.pop(start) for start in list(answers) if command.startswith(start)), [])
        said = machine.type(f"cd {FOLDER} && set -o pipefail && {command}", asked)
        if command.startswith("journalctl"):
            assert "ready" in said, said
    assert not answers, f"the page asks for no {list(answers)}"
    world.wait_ready()
    assert world.say(ADA, "[sim:say Installed.]") == "Installed."
    world.assert_secrets_are_kept()
    world.step(f"{len(commands)} commands of the page; it answers")

    machine.reboot()
    world.wait_ready()
    assert world.say(ADA, "[sim:say Still there.]") == "Still there."
    world.step("it opens its vault and answers after a reboot")
    drop_ins(world)
    by_hand(world)
    for command in removing:
        machine.run(command)
    left = machine.run("find / -xdev -name '*blufio*' -not -path '/opt/*' -not -path '/var/l*' -not -path '/tmp/*'").split()
    assert not left and "not-found" in machine.run("systemctl show --property=LoadState blufio"), left
    machine.run("test -s /var/lib/private/blufio/blufio.db")
    world.step(f"{len(removing)} commands of the page: removed, and the state is left")


def variable(setting: tuple[str, object]) -> str:
    """A setting as the environment of the daemon."""
    name = setting[0].upper().replace(".", "__")
    text = {True: "true", False: "false"}.get(setting[1], str(setting[1])) if not isinstance(setting[1], list) else "[]"
    return f"Environment=BLUFIO_{name}={text}\n"


def drop_ins(world) -> None:
    """Each drop-in of the page is understood, and does what the page says of it."""
    machine, found = world.machine, pages.blocks(PAGE, "ini", SECTION)
    # An editor is given the line to begin at, and the file.
    machine.place("/opt/editor", "#!/bin/sh\nfor file; do :; done\ncat /opt/page >\"$file\"\n", 0o755)
    machine.place("/opt/page", "\n".join(found))
    machine.type(f"SYSTEMD_EDITOR=/opt/editor {EDIT}", [])
    # What the unit finds by itself is no proof: everything is found as the page says, or not at all.
    world.drop_in("alone", "[Service]\nImportCredential=\n")
    machine.place("/etc/credstore/blufio.speech-token", "a token", 0o600)
    machine.place("/home/ada/notes/today", "notes")
    machine.place("/home/ada/diary", "dear diary")
    world.drop_in("port", "[Service]\nEnvironment=BLUFIO_GATEWAY__LISTEN=127.0.0.1:9000\n")
    status, out, err = machine.answer(f"systemd-analyze verify --man=no {UNIT}")
    assert (status, out, err) == (0, "", ""), f"verify: status {status}\n{out}{err}"
    machine.run("systemctl restart blufio")
    assert world.show("MemoryMax") == str(2 << 30)
    machine.run("python3 -c 'import urllib.request as u; u.urlopen(\"http://127.0.0.1:9000/health\")'")
    seen = machine.run(f"nsenter --target {world.pid()} --mount ls /home/ada /run/credentials/{UNIT}").split()
    assert "notes" in seen and "diary" not in seen, seen
    assert {name for name in seen if name.endswith(("token", "passphrase"))} == {"speech-token", "blufio.vault-passphrase"}, seen
    world.step(f"{len(found)} drop-ins of the page do what it says")


def by_hand(world) -> None:
    """Nobody but the operator has the passphrase."""
    machine = world.machine
    machine.run("systemctl stop blufio; rm /etc/credstore.encrypted/blufio.vault-passphrase")
    machine.run("rm /etc/systemd/system/blufio.service.d/{override,alone,port}.conf; systemctl daemon-reload")
    machine.run(START)
    world.until("a daemon that says it is sealed", lambda: bool(world.health().get("sealed")))
    assert UNSEAL in machine.answer(f"{STATUS} --no-pager")[1], machine.answer(f"{STATUS} --no-pager")
    machine.type(UNSEAL, [("Passphrase:", world.passphrase)])
    world.wait_ready()
    world.step("started without a passphrase, it says what it waits for, and is opened by hand")

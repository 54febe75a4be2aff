# SPDX-License-Identifier: MIT OR Apache-2.0
"""The commands of docs/install.md, as they stand there: a bare machine becomes one that answers."""

import re

from driver import pages
from driver.needs import REPOSITORY
from driver.simulator import TOKEN
from driver.world import ADA, UNIT

TIERS = (1,)
PAGE, SECTION = "install.md", "## Plain binary with systemd"
COMMANDS = {PAGE: pages.commands(PAGE, SECTION)}
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
    commands = pages.commands(PAGE, SECTION)
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


def variable(setting: tuple[str, object]) -> str:
    """A setting as the environment of the daemon."""
    name = setting[0].upper().replace(".", "__")
    text = {True: "true", False: "false"}.get(setting[1], str(setting[1])) if not isinstance(setting[1], list) else "[]"
    return f"Environment=BLUFIO_{name}={text}\n"


def drop_ins(world) -> None:
    """Each drop-in of the page is understood, and does what the page says of it."""
    machine, found = world.machine, pages.blocks(PAGE, "ini", SECTION)
    for number, text in enumerate(found):
        world.drop_in(f"page{number}", text)
    machine.place("/etc/credstore/blufio.speech-token", "a token", 0o600)
    machine.place("/home/ada/notes/today", "notes")
    machine.place("/home/ada/diary", "dear diary")
    world.drop_in("port", "[Service]\nEnvironment=BLUFIO_GATEWAY__LISTEN=127.0.0.1:9000\n")
    status, out, err = machine.answer(f"systemd-analyze verify --man=no {UNIT}")
    assert (status, out, err) == (0, "", ""), f"verify: status {status}\n{out}{err}"
    machine.run("systemctl restart blufio")
    assert world.show("MemoryMax") == str(2 << 30)
    machine.run("python3 -c 'import urllib.request as u; u.urlopen(\"http://127.0.0.1:9000/health\")'")
    seen = machine.run(f"nsenter --target {world.pid()} --mount ls /home/ada /run/credentials/{UNIT}")
    assert "notes" in seen and "diary" not in seen, seen
    assert "speech-token" in seen and "vault-passphrase" in seen, seen
    world.step(f"{len(found)} drop-ins of the page do what it says")

# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a machine is handed over is taken, sealed and wiped; what is wrong stops nothing; a passphrase is kept and forgotten."""

import json

from driver import pages
from driver.needs import REPOSITORY
from driver.pod import WORK
from driver.simulator import TOKEN
from driver.world import ADA

TIERS = (1,)
KEEP, FORGET = "blufio-keep-passphrase host", "blufio-keep-passphrase forget"
LOCK, UNLOCK = "touch /etc/blufio/locked", "rm /etc/blufio/locked"
COMMANDS = {"appliance.md": (KEEP, FORGET, LOCK, UNLOCK)}
FOLDER = "/efi/blufio"
STORE = "/etc/credstore.encrypted"
PROBLEMS = "/run/blufio-provision/problems"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGVx0nQ0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ada@home"
SCRIPTS = {
    "provision/blufio-provision": "/usr/lib/blufio/blufio-provision",
    "console/blufio-console": "/usr/lib/blufio/blufio-console",
    "vault/blufio-keep-passphrase": "/usr/sbin/blufio-keep-passphrase",
}


def run(world) -> None:
    machine = world.machine
    furnish(world)
    machine.place(f"{FOLDER}/blufio.toml", toml(world.surroundings()))
    machine.place(f"{FOLDER}/secrets/anthropic-key.txt", f"{world.api_key}\r\n")
    machine.place(f"{FOLDER}/secrets/telegram-bot-token", f"{TOKEN}\n")
    machine.place(f"{FOLDER}/authorized_keys", f"{KEY}\n")
    machine.on()
    world.until("a daemon that waits for the key", lambda: "no anthropic-api-key" in world.health().get("reason", ""))
    world.until("what was wrong with it", lambda: "secrets/anthropic-key.txt: no secret" in json.dumps(world.health()["notices"]))
    assert world.show("NRestarts") == "0"
    world.step("at the first boot a secret has a wrong name: the daemon waits, and /health says why")

    machine.run(f"mv {FOLDER}/secrets/anthropic-key.txt {FOLDER}/secrets/anthropic-api-key.txt")
    machine.reboot()
    world.wait_ready()
    assert world.say(ADA, "[sim:say From a folder.]") == "From a folder."
    left = machine.run(f"find {FOLDER} -type f | sort").split()
    assert left == [f"{FOLDER}/authorized_keys", f"{FOLDER}/blufio.toml"], left
    assert machine.run(f"stat -c %a {STORE}/*").split() == ["600", "600"]
    assert machine.run("cat /var/config/ssh/authorized_keys") == f"{KEY}\n"
    assert machine.run(f"stat -c '%a %s' {PROBLEMS}") == "644 0\n"
    assert "/run/blufio/blufio.sock" in machine.run("cat /etc/blufio/blufio.toml"), "what is shipped was not added"
    world.assert_secrets_are_kept()
    files = [path for path in (WORK / "upper").rglob("*") if path.is_file() and path.name != "blufio"]
    for secret in (world.api_key, TOKEN):
        found = [path for path in files if secret.encode() in path.read_bytes()]
        assert not found, f"a secret lies on the disk: {found}"
    world.step("settings, keys and secrets from the folder; the secrets are sealed and wiped, and the agent answers")

    wrong(world)
    others(world)
    locked(world)
    kept(world)


def furnish(world) -> None:
    """What the image has for this, on a machine that has no configuration yet."""
    machine, image = world.machine, REPOSITORY / "image"
    world.install()
    (machine.root / "etc/blufio/blufio.toml").unlink()
    machine.place("/usr/share/blufio/blufio.toml", (image / "blufio.toml").read_bytes())
    for script, to in SCRIPTS.items():
        machine.place(to, (image / script).read_bytes(), 0o755)
    machine.place("/usr/lib/tmpfiles.d/blufio-appliance.conf", (image / "tmpfiles.d/blufio-appliance.conf").read_bytes())
    unit = "blufio-provision.service"
    machine.place(f"/etc/systemd/system/{unit}", (image / "provision" / unit).read_bytes())
    (machine.root / f"etc/systemd/system/multi-user.target.wants/{unit}").symlink_to(f"/etc/systemd/system/{unit}")
    world.drop_in("notices", f"[Service]\nExecStart=\nExecStart=blufio serve --notices {PROBLEMS}\n")


def toml(settings: dict) -> str:
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())


def user_data(key: str, settings: str, secrets: dict[str, str]) -> str:
    """The example of the page, with other values."""
    (text,) = pages.blocks("appliance.md", "toml", "## Handing things over")
    here = {"ssh-ed25519 AAAA… you@home": key, "telegram.allowed_users = [123456789]\n": settings}
    here |= {"sk-ant-…": secrets["anthropic-api-key"], "123456:…": secrets["telegram-bot-token"]}
    for example, instead in here.items():
        assert example in text, f"the page has no {example}"
        text = text.replace(example, instead)
    return text


def wrong(world) -> None:
    """Wrong files: the boot goes on, with what was right before, and everybody is told."""
    machine = world.machine
    machine.place(f"{FOLDER}/blufio.toml", toml(world.surroundings()) + "agent.nmae = 'Ada'\n")
    machine.place(f"{FOLDER}/secrets/telegram-token", "what is this?")
    machine.reboot()
    world.wait_ready()
    assert world.say(ADA, "[sim:say All the same.]") == "All the same."
    said = machine.run(f"cat {PROBLEMS}")
    assert "blufio.toml:6:7: there is no key `agent.nmae`; did you mean `agent.name`?" in said, said
    assert "secrets/telegram-token: no secret has this name" in said, said
    assert "what is this?" not in world.journal(""), "a secret with a wrong name is shown"
    assert "blufio-provision" in world.journal("--grep=agent.nmae"), "the journal says nothing of it"
    # Whoever sits before the machine sees it, too.
    shown = machine.run("exec 3< <(exec /usr/lib/blufio/blufio-console </dev/null); grep --max-count=1 agent.nmae <&3; kill $!")
    assert "blufio.toml:6:7: there is no key" in shown, shown
    notices = json.dumps(world.health().get("notices"))
    assert "agent.nmae" in notices and "telegram-token" in notices, notices
    assert machine.run("systemctl --failed --no-legend --plain") == "", "a wrong file is no failure of the machine"
    machine.run(f"rm {FOLDER}/secrets/telegram-token {FOLDER}/blufio.toml")
    world.step("wrong files are said in the journal, in /health, on the console and in the file; the boot goes on")


def others(world) -> None:
    """A seed and a metadata service, for a machine in a folder."""
    machine = world.machine
    text = user_data(KEY, toml(world.surroundings()), {"anthropic-api-key": world.api_key, "telegram-bot-token": TOKEN})
    machine.run("mkdir -p /run/seed && cat >/run/seed/user-data", text)
    shipped = "--shipped /usr/share/blufio/blufio.toml"
    machine.run(f"blufio provision --seed /run/seed --root /run/other {shipped}")
    machine.run("blufio --isolated --config /run/other/etc/blufio/blufio.toml config validate")
    for name, value in (("anthropic-api-key", world.api_key), ("telegram-bot-token", TOKEN)):
        machine.run(f"systemd-creds decrypt --name=blufio.{name} /run/other{STORE}/blufio.{name} - | grep -qxF '{value}'")

    machine.run("mkdir -p /run/cloud/hetzner/v1 /run/third/sys/class/dmi/id && cp /run/seed/user-data /run/cloud/hetzner/v1/userdata")
    machine.run("echo Hetzner >/run/third/sys/class/dmi/id/sys_vendor")
    machine.run("systemd-run --quiet --unit=metadata python3 -m http.server --bind 127.0.0.1 --directory /run/cloud 8099")
    world.until("a metadata service", lambda: machine.answer("exec 3<>/dev/tcp/127.0.0.1/8099")[0] == 0)
    machine.run(f"blufio provision --metadata --metadata-service 127.0.0.1:8099 --root /run/third {shipped}")
    machine.run("systemctl stop metadata")
    assert machine.run("cat /run/third/var/config/ssh/authorized_keys") == f"{KEY}\n"
    status, _, said = machine.answer("blufio provision --metadata --metadata-service 10.0.0.1:80 --root /run/third")
    assert "only 169.254.169.254:80 is spoken to" in said, f"{status} {said}"
    machine.run("rm -r /run/seed /run/cloud /run/other /run/third")
    world.step("a seed and a metadata service hand over the same")


def locked(world) -> None:
    """Nothing of the folder is taken, and nothing of it is wiped, until the operator unlocks the machine."""
    machine, secret = world.machine, f"{FOLDER}/secrets/vault-passphrase"
    machine.run(LOCK)
    machine.place(secret, "somebody else's")
    machine.run("systemctl restart blufio-provision")
    assert not machine.run(f"ls {STORE} | grep vault || true") and machine.run(f"cat {secret}") == "somebody else's"
    assert f"/etc/blufio/locked is there, so that this is not taken: {FOLDER}/authorized_keys, {secret}" in world.journal("")
    machine.run(UNLOCK)
    machine.run("systemctl restart blufio-provision")
    assert machine.run(f"ls {STORE} | grep vault") and machine.run(f"find {FOLDER}/secrets -type f") == ""
    machine.run(f"rm {STORE}/blufio.vault-passphrase")
    world.step("locked, it takes nothing, says so, and leaves it where it is; unlocked, it does again")


def kept(world) -> None:
    """The passphrase of the vault: kept with the key of the host, unreadable on another host, given on the console, forgotten."""
    machine = world.machine
    machine.run("umask 077; cat >/run/passphrase", world.passphrase)
    world.blufio("vault init --passphrase-fd 3 3</run/passphrase")
    for name, value in (("anthropic-api-key", world.api_key), ("telegram-bot-token", TOKEN)):
        world.blufio(f"vault set {name} --passphrase-fd 3 3</run/passphrase", value)
    machine.run(f"rm /run/passphrase {STORE}/*")
    status, _, said = machine.answer(KEEP, "not the passphrase")
    assert status == 1 and "nothing is kept" in said and machine.run(f"ls {STORE}") == "", said
    machine.type(KEEP, [("Passphrase of Blufio's vault:", world.passphrase)])
    machine.reboot()
    world.wait_ready()
    assert world.say(ADA, "[sim:say Opened.]") == "Opened."
    world.assert_secrets_are_kept()
    world.step("a passphrase that is kept opens the vault at the next boot; a wrong one is not kept")

    # The disk in another machine, whose key is another.
    machine.run("rm /var/lib/systemd/credential.secret")
    machine.reboot()
    world.until("a daemon that says it is sealed", lambda: bool(world.health().get("sealed")))
    assert "cannot read it any more" in machine.run(f"cat {PROBLEMS}")
    world.write(ADA, "[sim:say From the console.]")
    console = "timeout --foreground 40 /usr/lib/blufio/blufio-console || true"
    said = machine.type(console, [("Passphrase:", "not the passphrase"), ("Passphrase:", world.passphrase), ("state    ok", "id\n")])
    assert "sealed" in said and "uid=" not in said and world.passphrase not in said, said
    world.wait_ready()
    assert world.wait_answers(ADA, 4)[-1] == "From the console."
    world.step("what another machine has kept is set aside, and the console opens the vault, and nothing else")

    machine.run(FORGET)
    machine.run("mkdir /run/seed; cat >/run/seed/user-data", f"#blufio\n[secrets]\nvault-passphrase = '{world.passphrase}'\n")
    machine.run("blufio provision --seed /run/seed; rm -r /run/seed")
    assert machine.run(f"ls {STORE}") == "", "user-data has brought it back"
    machine.reboot()
    world.until("a daemon that says it is sealed", lambda: bool(world.health().get("sealed")))
    machine.run(KEEP, world.passphrase)
    world.wait_ready()
    world.assert_secrets_are_kept()
    assert world.show("NRestarts") == "0"
    world.step("forgotten, it is asked for; keeping it opens the vault as well")

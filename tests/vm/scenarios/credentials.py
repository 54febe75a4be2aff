# SPDX-License-Identifier: MIT OR Apache-2.0
"""The vault is opened at boot by a credential: in plain from the machine, encrypted with its key from a store or a file."""

from driver.pod import WORK
from driver.simulator import TOKEN
from driver.world import ADA, UNIT

TIERS = (1,)
STORE = "/etc/credstore.encrypted/blufio.vault-passphrase"
FOLDER = f"/run/credentials/{UNIT}"


def run(world) -> None:
    machine = world.machine
    world.install(start_at_boot=True)
    machine.place("/etc/systemd/system/blufio.service.d/not-yet.conf", "[Unit]\nConditionPathExists=/etc/blufio/begun\n")
    machine.credential("blufio.vault-passphrase", world.passphrase)
    machine.on()
    # In a folder in memory, as whoever sets a machine up may do it.
    machine.run("umask 077; cat > /run/passphrase", world.passphrase)
    world.blufio("vault init --passphrase-fd 3 3</run/passphrase")
    world.blufio("vault set anthropic-api-key --passphrase-fd 3 3</run/passphrase", world.api_key)
    world.blufio("vault set telegram-bot-token --passphrase-fd 3 3</run/passphrase", TOKEN)
    machine.run("rm /run/passphrase; mkdir -p /etc/blufio; touch /etc/blufio/begun; systemctl start blufio")
    world.wait_ready()
    assert world.say(ADA, "[sim:say From the machine.]") == "From the machine."
    assert machine.run(f"ls {FOLDER}").split() == ["blufio.vault-passphrase"], "nothing else is handed over"
    assert machine.run(f"stat -c %a {FOLDER}/blufio.vault-passphrase").strip() in ("400", "440"), "others may read it"
    world.assert_secrets_are_kept()
    world.step("a credential of the machine opens the vault")

    machine.run("mkdir -p /etc/credstore.encrypted")
    machine.run(f"systemd-creds encrypt --with-key=host --name=blufio.vault-passphrase - {STORE}", world.passphrase)
    machine.off()
    machine.credential("blufio.vault-passphrase", None)
    machine.on()
    world.wait_ready()
    assert world.say(ADA, "[sim:say From the store.]") == "From the store."
    world.assert_secrets_are_kept()
    world.step("an encrypted one in /etc/credstore.encrypted does, at boot")

    # As on systems that do not know ImportCredential=.
    machine.run(f"mkdir /etc/sealed; mv {STORE} /etc/sealed/passphrase")
    world.drop_in("encrypted", "[Service]\nLoadCredentialEncrypted=blufio.vault-passphrase:/etc/sealed/passphrase\n")
    machine.run("systemctl restart blufio")
    world.wait_ready()
    assert world.say(ADA, "[sim:say From the file.]") == "From the file."
    world.assert_secrets_are_kept()
    world.step("one that LoadCredentialEncrypted= names does")

    machine.run("systemctl stop blufio")
    # The program itself knows the token that the stand-in for Telegram takes: `blufio demo` needs it.
    files = [path for path in (WORK / "upper").rglob("*") if path.is_file() and path.name != "blufio"]
    found = [path for path in files if holds(content(path), world)]
    assert not found, f"a secret lies on the disk: {found}"
    world.step("no secret lies on the disk")


def content(path) -> bytes:
    """What stands in a file of a machine that runs: it may be gone since it was listed."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def holds(content: bytes, world) -> bool:
    return any(secret.encode() in content for secret in (world.passphrase, world.api_key, TOKEN))

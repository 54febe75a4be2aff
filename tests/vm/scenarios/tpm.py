# SPDX-License-Identifier: MIT OR Apache-2.0
"""A machine with UEFI and a TPM: the data are encrypted, and secrets sealed to the TPM are there after a reboot."""

from driver.simulator import TOKEN
from driver.world import ADA

TIERS = (3,)
KEEP = "blufio-keep-passphrase tpm2"
COMMANDS = {"appliance.md": (KEEP,)}


def run(world) -> None:
    machine = world.machine
    world.start()
    assert world.say(ADA, "Hello") == "You said: “Hello”"
    assert "secureboot" not in machine.run("cat /proc/cmdline")
    assert machine.run("findmnt -no SOURCE,FSTYPE /var").split() == ["/dev/mapper/blufio-data", "ext4"]
    part = "/dev/disk/by-partlabel/blufio-data"
    assert machine.run(f"blkid --probe --match-tag TYPE --output value {part}").strip() == "crypto_LUKS"
    identity = machine.run("cat /etc/machine-id")

    # For the unit, under the name by which the daemon asks for it.
    sealed = "/var/lib/credstore.encrypted/anthropic-api-key"
    machine.run(f"mkdir -p -m 700 /var/lib/credstore.encrypted && systemd-creds encrypt --with-key=tpm2 --name=anthropic-api-key - {sealed}", stdin=world.api_key)
    machine.credential("blufio.anthropic-api-key", None)
    # On the boot partition, from where systemd-stub hands it over.
    token = "blufio.telegram-bot-token"
    file = f"/efi/loader/credentials/{token}.cred"
    machine.run(f"mkdir -p /efi/loader/credentials && systemd-creds encrypt --with-key=tpm2 --name={token} - {file} && sync --file-system /efi", stdin=TOKEN)
    machine.credential(token, None)
    drop_in = f"[Service]\nLoadCredentialEncrypted=anthropic-api-key:{sealed}\n"
    machine.handed_over.units["blufio.service.d/50-sealed.conf"] = drop_in
    # A vault, which nobody but this TPM opens at the next boot.
    machine.run("blufio vault init --passphrase-fd 0", stdin=world.passphrase)
    machine.run(KEEP, stdin=world.passphrase)
    world.step(f"sealed, and rebooted in {machine.reboot():.1f} s")
    assert machine.run("cat /etc/machine-id") == identity
    world.wait_ready()
    assert world.say(ADA, "Again") == "You said: “Again”"
    world.step(f"ready: {machine.times()}")
    assert machine.run("ls /run/credentials/@system").split() == ["blufio.toml", "tmpfiles.extra"], "a secret is handed over readably"
    assert machine.run("ls /run/credentials/@encrypted").split() == [token]
    machine.off()

    # Somebody takes the disk to another machine, whose TPM is another one.
    machine.forget_tpm()
    machine.power()
    took = machine.wait_reboot(600)
    assert "the data cannot be decrypted" in machine.console.read_text(errors="replace")
    world.step(f"another TPM: refused after {took:.0f} s")

# SPDX-License-Identifier: MIT OR Apache-2.0
"""The VPS of docs/install.md: flashed, handed over what it needs, sealed and wiped; with SSH, and without a key none; with a vault."""

import ipaddress
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import time

from appliance import rescue, tools, updates
from appliance.machine import DISK
from appliance.uml import MACHINE, NETWORK
from appliance.world import PORTS
from driver import pages, terminal
from driver.nspawn import Failed
from driver.pod import WORK
from driver.simulator import TOKEN
from driver.world import ADA

TIERS = (2,)
PAGE, SECTION, WRITING = "install.md", "## A VPS in ten minutes", "## Writing it to a disk"
APPLIANCE, VAULT = "appliance.md", "## A vault"
DISK_OF_THE_PAGE = "sda"
# What the machine is handed over with `mount` and so on is done in a rescue system; `reboot` is the driver switching it on.
KEEP, UNSEAL = "blufio-keep-passphrase host", "blufio vault unseal"
# Where the way into the rescue system was a password.
WITHOUT_KEYS = "cat >/mnt/blufio/authorized_keys"
# What a release has on GitHub: there is none, and nobody to ask.
ATTESTED = pages.said(PAGE, "gh attestation verify blufio_V.raw.xz --repo blufio/blufio")
COMMANDS = {
    PAGE: [*(line for line in pages.commands(PAGE, SECTION) if line != ATTESTED), "lsblk", WITHOUT_KEYS],
    APPLIANCE: [*pages.commands(APPLIANCE, WRITING), *pages.commands(APPLIANCE, VAULT), KEEP, UNSEAL],
}
# Of the operator, who got into the rescue system with it; and the machines that his computer knows.
KEY, KNOWN = WORK / "id", WORK / "known"
STORE = "/var/config/credstore.encrypted"
# Where somebody listens: kind, address, port.
AGENT = ("tcp", "127.0.0.1", 8787)
SSH = {("tcp", "0.0.0.0", 22), ("tcp", "::", 22)}
BESIDE = {(kind, address, 53) for kind in ("tcp", "udp") for address in ("127.0.0.53", "127.0.0.54")} | {("tcp", "127.0.0.1", port) for port in PORTS.values()}


def run(world) -> None:
    machine = world.machine
    forget, pair = flash(world)
    # What a hypervisor would hand over is in the folder instead: where the stand-ins are, and this network.
    machine.credential("network.network.50-test", None)
    settings = world.surroundings() | {"telegram.allowed_users": []}
    machine.boot_partition("blufio/blufio.toml", "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()).encode())
    machine.boot_partition("blufio/network.network", NETWORK.encode())
    assert holds(machine.disk, world.api_key), "the driver did not write it"
    machine.on()
    world.wait_ready()
    world.step(f"ready: {machine.times()}")
    assert machine.run("cat /run/blufio-provision/problems") == ""
    said = world.say(ADA, "Hello")
    code = re.search(r"\b[A-Z0-9]{4}-?[A-Z0-9]{2,}\b", said)
    assert code, f"no pairing code: {said}"
    # By the same address the rescue system was known, with another key.
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", WORK / "foreign"], check=True)
    foreign = (WORK / "foreign.pub").read_text()
    KNOWN.write_text(f"{MACHINE} {foreign}")
    pair = pair.replace("CODE", code.group())
    changed = subprocess.run(here(pair), shell=True, capture_output=True, text=True, check=False)
    assert changed.returncode == 255 and "REMOTE HOST IDENTIFICATION HAS CHANGED" in changed.stderr, changed
    on_his_computer(forget)
    on_his_computer(pair)
    (known,) = subprocess.run(["ssh-keygen", "-l", "-f", KNOWN], capture_output=True, text=True, check=True).stdout.splitlines()
    shown = f"key of this machine: {known.split()[1]}"
    world.until(f"a console that says: {shown}", lambda: shown in machine.console.read_text(errors="replace"))
    assert world.say(ADA, "Hello") == "You said: “Hello”"
    world.step("paired over SSH, it answers; the console shows by which key it is known")

    assert machine.run("find /efi/blufio/secrets -type f") == "", "the secrets lie on the boot partition"
    assert machine.run(f"ls {STORE}").split() == ["blufio.anthropic-api-key", "blufio.telegram-bot-token"]
    assert not machine.run("systemctl --failed --no-legend --plain").strip(), machine.run("systemctl --failed")
    assert listeners(machine) == {AGENT, *SSH}, listeners(machine)
    assert ssh(world, KEY, "id -u; cat /etc/hostname").split() == ["0", "blufio"]
    other = WORK / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True)
    refused = subprocess.run(command(other, "id"), capture_output=True, text=True, check=False)
    assert refused.returncode == 255 and "Permission denied (publickey)" in refused.stderr, refused
    before = known_key(machine)
    world.assert_secrets_are_kept()
    machine.off()
    assert not holds(machine.disk, world.api_key, TOKEN), "a secret lies readable on the disk"
    machine.on()
    world.wait_ready()
    world.step("the secrets are sealed, and nowhere readable on the disk; SSH lets in who has the key, and nobody else")

    typed = {
        "vault init": [("New passphrase:", world.passphrase), ("Once more:", world.passphrase)],
        "vault set anthropic-api-key": [("Value of", world.api_key)],
        "vault set telegram-bot-token": [("Value of", TOKEN)],
    }
    for line in pages.commands(APPLIANCE, VAULT):
        on_his_computer(line, next((answers for words, answers in typed.items() if line.endswith(words)), None))
    assert machine.run(f"ls -A {STORE}") == "", "a sealed secret is left beside the vault"
    world.until("both secrets in the vault", lambda: world.health().get("ready", False))
    world.step(f"{len(pages.commands(APPLIANCE, VAULT))} commands of the page: the secrets lie in the vault alone")
    machine.reboot()
    world.until("a daemon that says it is sealed", lambda: bool(world.health().get("sealed")))
    assert known_key(machine) == before, "after a reboot it seems to be another machine"
    world.until("the console to ask for it", lambda: "Passphrase:" in machine.console.read_text(errors="replace").rsplit("sealed", 1)[-1])
    on_his_computer(f"ssh -t root@ADDRESS {UNSEAL}", [("Passphrase:", world.passphrase)])
    world.wait_ready()
    assert world.say(ADA, "And now?") == "You said: “And now?”"
    world.step("sealed after a reboot; the console asks; opened over SSH")

    on_his_computer(f"ssh -t root@ADDRESS {KEEP}", [("Passphrase of Blufio's vault:", world.passphrase)])
    machine.run("rm /var/config/ssh/authorized_keys")
    machine.reboot()
    world.wait_ready()
    world.assert_secrets_are_kept()
    assert listeners(machine) == {AGENT}, listeners(machine)
    machine.off()
    assert not holds(machine.disk, world.passphrase, world.api_key, TOKEN), "a secret lies readable on the disk"
    world.step("kept, it opens by itself; with the keys taken away nothing but the agent listens")


def flash(world) -> list[str]:
    """Does what the page says, in a rescue system; what is typed at home afterwards is left."""
    image, disk, rescue_folder = world.installed, world.machine.disk, WORK / "rescue"
    for folder in (updates.FOLDER, rescue_folder / "home/.ssh"):
        folder.mkdir(parents=True, exist_ok=True)
    packed = updates.FOLDER / f"blufio_{image.version}.raw.xz"
    if image.file(".raw.xz").exists():
        shutil.copy(image.file(".raw.xz"), packed)
    else:
        with packed.open("wb") as to:
            # As it is published, but quickly.
            quickly = "--lzma2=preset=0,dict=4KiB,mf=hc3,nice=3,depth=1"
            subprocess.run(["xz", "--threads=0", quickly, "--stdout", image.file(".raw")], stdout=to, check=True)
    (updates.FOLDER / "update.pub.gpg").write_bytes(updates.KEY.with_name("update.pub.gpg").read_bytes())
    updates.sign()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", KEY], check=True)
    (rescue_folder / "home/.ssh/authorized_keys").write_bytes(KEY.with_suffix(".pub").read_bytes())

    fetch, check, write, hand_over, afterwards = (block.splitlines() for block in pages.blocks(PAGE, section=SECTION))
    assert check.pop() == ATTESTED
    assert f"dd of=/dev/{DISK_OF_THE_PAGE}" in write[0] and hand_over[-1] == "reboot", (write, hand_over)
    # The other page says the same of a disk that is called differently.
    renamed = [line.replace("/dev/vda", f"/dev/{DISK_OF_THE_PAGE}") for line in pages.commands("appliance.md", WRITING)]
    assert renamed == [check[-1], *write], renamed
    disk.unlink()
    places = {"https://github.com/blufio/blufio/releases/latest/download": f"file://{updates.FOLDER}", "blufio_V": f"blufio_{image.version}"}
    for line in (*fetch, *check, *write):
        for name, instead in (places | {f"/dev/{DISK_OF_THE_PAGE}": str(disk)}).items():
            line = line.replace(name, instead)
        if line.startswith("gpg "):
            said = tools.ask([(rescue_folder, "/rescue")], ["/bin/bash", "-euc", f"mkdir -m 700 /run/gnupg; export GNUPGHOME=/run/gnupg; cd /rescue; {line}"])
            assert re.search(r"^ +([0-9A-F]{4} +){9}[0-9A-F]{4}$", said, re.MULTILINE), f"no fingerprint: {said}"
            continue
        done = subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=rescue_folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
    # As on a real machine, the disk is larger than the image.
    subprocess.run(["truncate", f"--size={DISK}", str(disk)], check=True)
    # Where FAT is known, whatever the kernel of the host knows.
    typed = {"anthropic-api-key": world.api_key, "telegram-bot-token": TOKEN, "authorized_keys": KEY.with_suffix(".pub").read_text().strip()}
    lines = [line.replace(f"/dev/{DISK_OF_THE_PAGE}", rescue.DISK) for line in hand_over[:-1]]
    at = next(at for at, line in enumerate(lines) if "authorized_keys" in line)
    lines[at:at] = ["lsblk", WITHOUT_KEYS, "cmp /mnt/blufio/authorized_keys ~/.ssh/authorized_keys", "rm /mnt/blufio/authorized_keys"]
    rescue.run(disk, rescue_folder, lines, {line: f"{text}\n" for line in lines for name, text in typed.items() if line.endswith(name)})
    for folder in (updates.FOLDER, rescue_folder):
        shutil.rmtree(folder)
    world.step(f"{len(fetch) + len(check) + len(write) + len(hand_over)} commands of the page")
    return afterwards


def holds(disk, *secrets: str) -> bool:
    """Whether one of them stands somewhere on a disk."""
    wanted = [f"--regexp={secret}" for secret in secrets]
    return subprocess.run(["grep", "--quiet", "--text", "--fixed-strings", *wanted, disk], env={"LC_ALL": "C", "PATH": os.environ["PATH"]}, check=False).returncode == 0


def options(key) -> list[str]:
    words = ["BatchMode=yes", "StrictHostKeyChecking=accept-new", f"UserKnownHostsFile={KNOWN}", "ConnectTimeout=60", "IdentitiesOnly=yes"]
    return ["-F", "none", "-i", str(key), *(word for option in words for word in ("-o", option))]


def command(key, text: str) -> list[str]:
    return ["ssh", *options(key), f"root@{MACHINE}", text]


def here(line: str) -> str:
    """A line that a page tells the operator to type at home, for this machine."""
    program, rest = line.split(" ", 1)
    ours = {"ssh": options(KEY), "ssh-keygen": ["-f", str(KNOWN)]}
    return f"{program} {shlex.join(ours[program])} {rest}".replace("ADDRESS", MACHINE)


def on_his_computer(line: str, answers: list[tuple[str, str]] | None = None, stdin: str = "") -> str:
    """Types a line of a page there, which has to succeed; what was seen, or said on standard output."""
    if answers is not None:
        return terminal.typed(["bash", "-c", here(line)], answers, 300)
    done = subprocess.run(here(line), shell=True, cwd=WORK, input=stdin, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
    return done.stdout


def ssh(world, key, text: str, stdin: str = "") -> str:
    """Runs a command over SSH, as soon as somebody listens."""
    ssh_is_there()
    done = subprocess.run(command(key, text), input=stdin, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{text}: {done}"
    return done.stdout


def ssh_is_there() -> None:
    """Waits until somebody listens."""
    until = time.monotonic() + 120
    while True:
        try:
            socket.create_connection((MACHINE, 22), 10).close()
            return
        except OSError as error:
            if time.monotonic() > until:
                raise Failed(f"nobody listens at port 22: {error}") from error
            time.sleep(1)


def known_key(machine) -> str:
    return machine.run("cat /var/config/ssh/ssh_host_ed25519_key.pub")


def listeners(machine) -> set[tuple[str, str, int]]:
    """Where somebody listens, but for what the driver has put there, and the resolver of the machine itself. With UDP, who has
    a port and nobody at the other end."""
    found = set()
    for kind, state in (("tcp", "0A"), ("udp", "07")):
        lines = machine.run(f"cat /proc/net/{kind} /proc/net/{kind}6")
        for address, port in re.findall(rf"^\s*\d+: ([0-9A-F]+):([0-9A-F]{{4}}) [0-9A-F]+:[0-9A-F]{{4}} {state}", lines, re.MULTILINE):
            # Each word of an address is in the order of the processor.
            words = (bytes.fromhex(address[at : at + 8])[::-1] for at in range(0, len(address), 8))
            found.add((kind, str(ipaddress.ip_address(b"".join(words))), int(port, 16)))
    return found - BESIDE

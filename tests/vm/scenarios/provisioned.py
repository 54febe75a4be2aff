# SPDX-License-Identifier: MIT OR Apache-2.0
"""The VPS of docs/install.md: flashed, handed over what it needs, sealed and wiped; with SSH, and without a key none."""

import ipaddress
import json
import os
import re
import shutil
import socket
import subprocess
import time

from appliance import rescue, updates
from appliance.machine import DISK
from appliance.uml import MACHINE, NETWORK
from appliance.world import PORTS
from driver import pages
from driver.nspawn import Failed
from driver.pod import WORK
from driver.simulator import TOKEN
from driver.world import ADA

TIERS = (2,)
PAGE, SECTION, WRITING = "install.md", "## A VPS in ten minutes", "## Writing it to a disk"
DISK_OF_THE_PAGE = "sda"
# What the machine is handed over with `mount` and so on is done in a rescue system; `reboot` is the driver switching it on.
KEEP = "blufio-keep-passphrase host"
COMMANDS = {PAGE: pages.commands(PAGE, SECTION), "appliance.md": (*pages.commands("appliance.md", WRITING), KEEP)}
# Of the operator, who got into the rescue system with it.
KEY = WORK / "id"
STORE = "/var/config/credstore.encrypted"
# Where somebody listens: kind, address, port.
AGENT = ("tcp", "127.0.0.1", 8787)
SSH = {("tcp", "0.0.0.0", 22), ("tcp", "::", 22)}
BESIDE = {(kind, address, 53) for kind in ("tcp", "udp") for address in ("127.0.0.53", "127.0.0.54")} | {("tcp", "127.0.0.1", port) for port in PORTS.values()}


def run(world) -> None:
    machine = world.machine
    last = flash(world)
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
    assert last.startswith("ssh root@ADDRESS "), last
    ssh(world, KEY, last.removeprefix("ssh root@ADDRESS ").replace("CODE", code.group()))
    assert world.say(ADA, "Hello") == "You said: “Hello”"
    world.step("paired over SSH, it answers")

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

    ssh(world, KEY, "blufio vault init --passphrase-fd 0", world.passphrase)
    for name, value in (("anthropic-api-key", world.api_key), ("telegram-bot-token", TOKEN)):
        ssh(world, KEY, f"blufio vault set {name}", value)
    machine.run(f"rm {STORE}/*")
    machine.reboot()
    world.until("a daemon that says it is sealed", lambda: bool(world.health().get("sealed")))
    assert known_key(machine) == before, "after a reboot it seems to be another machine"
    world.until("the console to ask for it", lambda: "Passphrase:" in machine.console.read_text(errors="replace").rsplit("sealed", 1)[-1])
    ssh(world, KEY, "blufio vault unseal --passphrase-fd 0", world.passphrase)
    world.wait_ready()
    assert world.say(ADA, "And now?") == "You said: “And now?”"
    world.step("sealed after a reboot; the console asks; opened over SSH")

    ssh(world, KEY, KEEP, world.passphrase)
    machine.run("rm /var/config/ssh/authorized_keys")
    machine.reboot()
    world.wait_ready()
    world.assert_secrets_are_kept()
    assert listeners(machine) == {AGENT}, listeners(machine)
    machine.off()
    assert not holds(machine.disk, world.passphrase, world.api_key, TOKEN), "a secret lies readable on the disk"
    world.step("kept, it opens by itself; with the keys taken away nothing but the agent listens")


def flash(world) -> str:
    """Does what the page says, in a rescue system; its last command is left."""
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

    fetch, write, hand_over, (last,) = (block.splitlines() for block in pages.blocks(PAGE, section=SECTION))
    assert f"dd of=/dev/{DISK_OF_THE_PAGE}" in write[0] and hand_over[-1] == "reboot", (write, hand_over)
    # The other page says the same of a disk that is called differently.
    renamed = [line.replace("/dev/vda", f"/dev/{DISK_OF_THE_PAGE}") for line in pages.commands("appliance.md", WRITING)]
    assert renamed == [fetch[-1], *write], renamed
    disk.unlink()
    here = {"https://github.com/blufio/blufio/releases/latest/download": f"file://{updates.FOLDER}", "blufio_V": f"blufio_{image.version}"}
    for line in (*fetch, *write):
        for name, instead in (here | {f"/dev/{DISK_OF_THE_PAGE}": str(disk)}).items():
            line = line.replace(name, instead)
        done = subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=rescue_folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
    # As on a real machine, the disk is larger than the image.
    subprocess.run(["truncate", f"--size={DISK}", str(disk)], check=True)
    # Where FAT is known, whatever the kernel of the host knows.
    typed = {"anthropic-api-key": world.api_key, "telegram-bot-token": TOKEN}
    lines = [line.replace(f"/dev/{DISK_OF_THE_PAGE}", rescue.DISK) for line in hand_over[:-1]]
    rescue.run(disk, rescue_folder, lines, {line: f"{text}\n" for line in lines for name, text in typed.items() if line.endswith(name)})
    for folder in (updates.FOLDER, rescue_folder):
        shutil.rmtree(folder)
    world.step(f"{len(fetch) + len(write) + len(lines)} commands of the page")
    return last


def holds(disk, *secrets: str) -> bool:
    """Whether one of them stands somewhere on a disk."""
    wanted = [f"--regexp={secret}" for secret in secrets]
    return subprocess.run(["grep", "--quiet", "--text", "--fixed-strings", *wanted, disk], env={"LC_ALL": "C", "PATH": os.environ["PATH"]}, check=False).returncode == 0


def command(key, text: str) -> list[str]:
    options = ["BatchMode=yes", "StrictHostKeyChecking=accept-new", f"UserKnownHostsFile={WORK}/known", "ConnectTimeout=60", "IdentitiesOnly=yes"]
    return ["ssh", "-F", "none", "-i", str(key), *(word for option in options for word in ("-o", option)), f"root@{MACHINE}", text]


def ssh(world, key, text: str, stdin: str = "") -> str:
    """Runs a command over SSH, as soon as somebody listens."""
    until = time.monotonic() + 120
    while True:
        try:
            socket.create_connection((MACHINE, 22), 10).close()
            break
        except OSError as error:
            if time.monotonic() > until:
                raise Failed(f"nobody listens at port 22: {error}") from error
            time.sleep(1)
    done = subprocess.run(command(key, text), input=stdin, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{text}: {done}"
    return done.stdout


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

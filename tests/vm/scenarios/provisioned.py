# SPDX-License-Identifier: MIT OR Apache-2.0
"""The VPS of docs/install.md: flashed, handed over what it needs, sealed and wiped; with SSH, and without a key none."""

import json
import re
import socket
import subprocess
import time

from appliance import loader, updates
from appliance.machine import DISK
from appliance.uml import MACHINE, NETWORK
from driver.needs import REPOSITORY
from driver.nspawn import Failed
from driver.pod import WORK
from driver.simulator import TOKEN
from driver.world import ADA

TIERS = (2,)
STORE = "/var/config/credstore.encrypted"


def run(world) -> None:
    machine = world.machine
    key, last = WORK / "home/.ssh/id", flash(world)
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
    ssh(world, key, last.removeprefix("ssh root@ADDRESS ").replace("CODE", code.group()))
    assert world.say(ADA, "Hello") == "You said: “Hello”"
    world.step("paired over SSH, it answers")

    assert machine.run("find /efi/blufio/secrets -type f") == "", "the secrets lie on the boot partition"
    assert machine.run(f"ls {STORE}").split() == ["blufio.anthropic-api-key", "blufio.telegram-bot-token"]
    assert not machine.run("systemctl --failed --no-legend --plain").strip(), machine.run("systemctl --failed")
    assert listeners(machine) == {"8787", "22"}, listeners(machine)
    assert ssh(world, key, "id -u; cat /etc/hostname").split() == ["0", "blufio"]
    other = WORK / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True)
    refused = subprocess.run(command(other, "id"), capture_output=True, text=True, check=False)
    assert refused.returncode == 255 and "Permission denied (publickey)" in refused.stderr, refused
    before = known_key(machine)
    world.assert_secrets_are_kept()
    machine.off()
    assert not holds(machine.disk, world.api_key) and not holds(machine.disk, TOKEN), "a secret lies readable on the disk"
    machine.on()
    world.wait_ready()
    world.step("the secrets are sealed, and nowhere readable on the disk; SSH lets in who has the key, and nobody else")

    ssh(world, key, "blufio vault init --passphrase-fd 0", world.passphrase)
    for name, value in (("anthropic-api-key", world.api_key), ("telegram-bot-token", TOKEN)):
        ssh(world, key, f"blufio vault set {name}", value)
    machine.run(f"rm {STORE}/*")
    machine.reboot()
    world.until("a daemon that says it is sealed", lambda: bool(world.health().get("sealed")))
    assert known_key(machine) == before, "after a reboot it seems to be another machine"
    world.until("the console to ask for it", lambda: "Passphrase:" in machine.console.read_text(errors="replace").rsplit("sealed", 1)[-1])
    ssh(world, key, "blufio vault unseal --passphrase-fd 0", world.passphrase)
    world.wait_ready()
    assert world.say(ADA, "And now?") == "You said: “And now?”"
    world.step("sealed after a reboot; the console asks; opened over SSH")

    ssh(world, key, "blufio-keep-passphrase host", world.passphrase)
    machine.run("rm /var/config/ssh/authorized_keys")
    machine.reboot()
    world.wait_ready()
    world.assert_secrets_are_kept()
    assert listeners(machine) == {"8787"}, listeners(machine)
    world.step("kept, it opens by itself; with the keys taken away nothing but the agent listens")


def flash(world) -> str:
    """Does what the page says, in place of a rescue system; its last command is left."""
    page = (REPOSITORY / "docs/install.md").read_text().split("\n## A VPS in ten minutes\n")[1].split("\n## ")[0]
    commands = [line for block in re.findall(r"^```sh\n(.*?)^```$", page, re.DOTALL | re.MULTILINE) for line in block.splitlines()]
    *commands, reboot, last = commands
    assert reboot == "reboot" and len(commands) == 9, commands
    image, disk, mnt, home = world.installed, world.machine.disk, WORK / "mnt", WORK / "home"
    for folder in (updates.FOLDER, mnt, home / ".ssh"):
        folder.mkdir(parents=True, exist_ok=True)
    packed = updates.FOLDER / f"blufio_{image.version}.raw.xz"
    with packed.open("wb") as to:
        # As it is published, but quickly.
        quickly = "--lzma2=preset=0,dict=4KiB,mf=hc3,nice=3,depth=1"
        subprocess.run(["xz", "--threads=0", quickly, "--stdout", image.file(".raw")], stdout=to, check=True)
    (updates.FOLDER / "update.pub.gpg").write_bytes(updates.KEY.with_name("update.pub.gpg").read_bytes())
    updates.sign()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / ".ssh/id"], check=True)
    (home / ".ssh/authorized_keys").write_bytes((home / ".ssh/id.pub").read_bytes())

    disk.unlink()
    typed = {"anthropic-api-key": f"{world.api_key}\n", "telegram-bot-token": f"{TOKEN}\n"}
    here = {
        "https://github.com/blufio/blufio/releases/latest/download": f"file://{updates.FOLDER}",
        "blufio_V": f"blufio_{image.version}", "/dev/sda": str(disk), "/mnt": str(mnt), "~": str(home),
    }
    for line in commands:
        # The kernel of the host may know no FAT: what was written is carried over afterwards.
        if line == "mount -o loop,offset=2MiB /dev/sda /mnt":
            assert loader.OFFSET == "2M"
            (mnt / "blufio/secrets").mkdir(parents=True)
            continue
        if line == "umount /mnt":
            for path in (path for path in mnt.rglob("*") if path.is_file()):
                world.machine.boot_partition(str(path.relative_to(mnt)), path.read_bytes())
            continue
        stdin = next((text for name, text in typed.items() if line.endswith(name)), "")
        for name, instead in here.items():
            line = line.replace(name, instead)
        (WORK / "rescue").mkdir(exist_ok=True)
        done = subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=WORK / "rescue", input=stdin, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
    # As on a real machine, the disk is larger than the image.
    subprocess.run(["truncate", f"--size={DISK}", str(disk)], check=True)
    for path in (*updates.FOLDER.iterdir(), *(WORK / "rescue").iterdir()):
        path.unlink()
    world.step(f"{len(commands)} commands of the page")
    return last


def holds(disk, secret: str) -> bool:
    """Whether it stands somewhere on a disk, empty stretches of which are left out."""
    return subprocess.run(["grep", "--quiet", "--text", "--fixed-strings", "--regexp", secret, disk], check=False).returncode == 0


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


def listeners(machine) -> set[str]:
    """Ports on which somebody listens, but for what the driver has put there, and the resolver of the machine itself."""
    lines = machine.run("cat /proc/net/tcp /proc/net/tcp6").splitlines()
    found = re.findall(r"^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A", "\n".join(lines), re.MULTILINE)
    ports = {str(int(port, 16)) for _, port in found}
    return ports - {"9101", "9102", "53"}

# SPDX-License-Identifier: MIT OR Apache-2.0
"""An update from another machine: only one that is signed and whole is taken; then slot B runs, with everything kept."""

import shutil

from driver.pod import WORK
from driver.world import ADA

UPDATES = True


def run(world) -> None:
    machine, offered = world.machine, WORK / "offered"
    world.start()
    assert world.say(ADA, "Hello") == "You said: “Hello”"
    world.offer(offered)
    world.look_here_for_updates()

    def publish() -> None:
        shutil.rmtree(offered, ignore_errors=True)
        offered.mkdir()
        for file in [*world.next.payloads, world.next.folder / "SHA256SUMS", world.next.folder / "SHA256SUMS.gpg"]:
            shutil.copy(file, offered)

    def refused(why: str) -> None:
        status, said = world.update()
        world.step(f"{why}: status {status}: {said.strip().splitlines()[-1] if said.strip() else ''}")
        assert status != 0, f"{why}, and it was taken"
        assert machine.run("ls /efi/EFI/Linux").split() == [f"blufio_{world.installed.version}.efi"], "a kernel was installed"
        labels = machine.run("ls /dev/disk/by-partlabel")
        assert f"root_{world.next.version}" not in labels, "a system was installed"

    publish()
    (offered / "SHA256SUMS.gpg").unlink()
    refused("without a signature")
    publish()
    sums = offered / "SHA256SUMS"
    sums.write_text(sums.read_text().replace("0", "1", 1))
    refused("another list than was signed")
    publish()
    system = next(offered.glob("*.root.raw.xz"))
    content = bytearray(system.read_bytes())
    content[len(content) // 2] ^= 1
    system.write_bytes(content)
    refused("another system than was signed")

    publish()
    status, said = world.update()
    assert status == 0, said
    names = sorted(machine.run("ls /efi/EFI/Linux").split())
    world.step(f"installed: {names}")
    assert names == [f"blufio_{world.installed.version}.efi", f"blufio_{world.next.version}+3-0.efi"], names
    assert machine.run("grep ^IMAGE_VERSION= /etc/os-release").strip().endswith(world.installed.version)

    world.step(f"rebooted in {machine.reboot():.1f} s, {machine.kernel}")
    assert machine.run("grep ^IMAGE_VERSION= /etc/os-release").strip().endswith(world.next.version)
    assert f"root_{world.next.version}" in machine.run("lsblk -no PARTLABEL $(realpath /dev/disk/by-partlabel/root_*) 2>/dev/null || ls /dev/disk/by-partlabel")
    world.wait_ready()
    assert world.say(ADA, "Again") == "You said: “Again”"
    assert any("Hello" in str(message["content"]) for message in world.prompts()[-1]["body"]["messages"]), "the conversation is forgotten"
    assert not machine.run("systemctl --failed --no-legend --plain").strip()

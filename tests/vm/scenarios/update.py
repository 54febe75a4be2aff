# SPDX-License-Identifier: MIT OR Apache-2.0
"""An update is taken only when it is signed and whole; then slot B runs, and is marked as good."""

from appliance import updates
from appliance.images import NEXT
from driver.world import ADA

TIERS = (2, 3)
IMAGES = (NEXT,)


def run(world) -> None:
    machine, latest = world.machine, world.images[NEXT]
    world.start()
    assert world.say(ADA, "Hello") == "You said: “Hello”"

    def refused(why: str) -> None:
        status, said = world.update()
        world.step(f"{why}: status {status}: {said.strip().splitlines()[-1] if said.strip() else ''}")
        assert status != 0, f"{why}, and it was taken"
        assert world.kernels() == [f"blufio_{world.installed.version}.efi"], "a kernel was installed"
        assert f"root_{latest.version}" not in machine.run("ls /dev/disk/by-partlabel"), "a system was installed"

    world.offer(NEXT)
    (updates.FOLDER / "SHA256SUMS.gpg").unlink()
    refused("without a signature")
    world.offer(NEXT)
    sums = updates.FOLDER / "SHA256SUMS"
    sums.write_text(sums.read_text().replace("0", "1", 1))
    refused("another list than was signed")
    world.offer(NEXT)
    system = next(updates.FOLDER.glob("*.root.raw.xz"))
    content = bytearray(system.read_bytes())
    content[len(content) // 2] ^= 1
    system.write_bytes(content)
    refused("another system than was signed")

    world.offer(NEXT)
    world.install_update()
    assert world.kernels() == [f"blufio_{world.installed.version}.efi", f"blufio_{latest.version}+3-0.efi"]
    assert world.version() == world.installed.version, "it does not run yet"

    world.step(f"rebooted in {machine.reboot():.1f} s, {machine.kernel}")
    assert world.version() == latest.version
    assert machine.kernel == f"blufio_{latest.version}+2-1.efi"
    world.wait_ready()
    assert world.say(ADA, "Again") == "You said: “Again”"
    assert any("Hello" in str(message["content"]) for message in world.prompts()[-1]["body"]["messages"]), "the conversation is forgotten"
    world.until("the slot to be marked as good", lambda: world.kernels()[1] == f"blufio_{latest.version}.efi")
    world.step("marked as good")
    assert not machine.run("systemctl --failed --no-legend --plain").strip()

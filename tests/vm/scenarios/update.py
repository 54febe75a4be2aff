# SPDX-License-Identifier: MIT OR Apache-2.0
"""An update is taken only when it is signed and whole; then slot B runs, on trial until the agent is seen to be healthy."""

from appliance import updates
from appliance.images import NEXT, UPDATES_FROM
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

    places = set(machine.run("sed -n s/^Path=http/http/p /usr/lib/sysupdate.d/*").split())
    assert places == {UPDATES_FROM}, f"it looks for updates in {places}"
    world.offer(NEXT)
    (updates.FOLDER / "SHA256SUMS.gpg").unlink()
    refused("without a signature")
    world.offer(NEXT)
    sums = updates.FOLDER / "SHA256SUMS"
    assert {latest.file(end).name for end in (".packages", ".tools")} <= set(sums.read_text().split()), "what it is made of and with is not listed"
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

    # What is sent from here on waits for a system that has proved itself.
    world.hold_trial()
    world.step(f"rebooted in {machine.reboot():.1f} s, {machine.kernel}")
    assert world.version() == latest.version
    assert machine.kernel == f"blufio_{latest.version}+2-1.efi"
    world.write(ADA, "Again")
    world.until("a daemon on trial", lambda: "on trial" in world.get("/health")[1])
    machine.run("test -e /run/blufio-slot/trial")
    before = len(world.answers(ADA))
    assert machine.run("sleep 3; systemctl is-active blufio.service").strip() == "active"
    assert len(world.answers(ADA)) == before, "a daemon on trial has answered"
    world.step("on trial: nothing is received or answered")
    world.end_trial()
    world.until("the slot to be marked as good", lambda: world.kernels()[1] == f"blufio_{latest.version}.efi")
    assert machine.answer("test -e /run/blufio-slot/trial")[0] == 1
    assert world.wait_answers(ADA, before + 1)[-1] == "You said: “Again”"
    world.step("marked as good; what was sent meanwhile is answered")
    assert any("Hello" in str(message["content"]) for message in world.prompts()[-1]["body"]["messages"]), "the conversation is forgotten"
    assert not machine.run("systemctl --failed --no-legend --plain").strip()

    world.step(f"rebooted in {machine.reboot():.1f} s, {machine.kernel}")
    world.wait_ready()
    assert machine.kernel == f"blufio_{latest.version}.efi"
    assert machine.answer("test -e /run/blufio-slot/trial")[0] == 1, "a slot that has proved itself is on trial"
    assert world.say(ADA, "Once more") == "You said: “Once more”"

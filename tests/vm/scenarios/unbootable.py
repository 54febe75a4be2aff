# SPDX-License-Identifier: MIT OR Apache-2.0
"""An update that stops before the system begins: each start uses up a try, however it ends, and then the old one comes again."""

from appliance import updates
from appliance.images import NEXT
from driver.world import ADA

TIERS = (2,)
IMAGES = (NEXT,)
BOOT_TIME = 300.0


def run(world) -> None:
    machine, latest = world.machine, world.images[NEXT]
    world.start()
    assert world.say(ADA, "Hello") == "You said: “Hello”"
    world.offer(NEXT)
    updates.spoil()
    world.install_update()
    machine.send("systemctl reboot")
    machine.wait_reboot(BOOT_TIME)

    def starts() -> int:
        return machine.console.read_text(errors="replace").count("mmapper_init")

    def power(number: int) -> None:
        machine.power()
        assert machine.kernel == f"blufio_{latest.version}+{3 - number}-{number}.efi"

    # A system that cannot be read is waited for in vain; less long than a busy host needs for a good one.
    machine.arguments.append("systemd.default_device_timeout_sec=30")
    power(1)
    took = machine.wait_reboot(BOOT_TIME)
    assert "The start has failed" in machine.console.read_text(errors="replace")
    world.step(f"first try: it fails, and reboots after {took:.0f} s")
    machine.arguments.pop()

    before = starts()
    power(2)
    world.until("a kernel that begins", lambda: starts() > before)
    world.cut_power()
    world.step("second try: the power is cut")

    machine.handed_over.early["initrd.target.d/test.conf"] = "[Unit]\nJobTimeoutSec=30\n"
    power(3)
    took = machine.wait_reboot(BOOT_TIME)
    world.step(f"third try: it hangs (fifteen minutes are made half of one), and reboots after {took:.0f} s")
    machine.handed_over.early.clear()

    world.write(ADA, "Are you there?")
    machine.on()
    world.step(f"then {machine.kernel} comes")
    assert world.version() == world.installed.version
    world.wait_ready()
    assert world.wait_answers(ADA, 2)[1] == "You said: “Are you there?”"
    assert world.kernels() == [f"blufio_{world.installed.version}.efi", f"blufio_{latest.version}+0-3.efi"]
    assert not machine.run("systemctl --failed --no-legend --plain").strip()

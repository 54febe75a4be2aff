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
    patience = list(machine.arguments)
    # What cannot be read is waited for in vain; not for as long as on a busy host.
    machine.arguments[:] = ["systemd.default_device_timeout_sec=30"]
    machine.send("systemctl reboot")
    machine.wait_reboot(BOOT_TIME)

    def starts() -> int:
        return machine.console.read_text(errors="replace").count("mmapper_init")

    for number in (1, 2, 3):
        before = starts()
        machine.power()
        assert machine.kernel == f"blufio_{latest.version}+{3 - number}-{number}.efi"
        if number == 2:
            world.until("a kernel that begins", lambda: starts() > before)
            world.cut_power()
            world.step("the power is cut during the second try")
            continue
        took = machine.wait_reboot(BOOT_TIME)
        world.step(f"try {number} ends by itself after {took:.0f} s")
    machine.arguments[:] = patience
    world.write(ADA, "Are you there?")
    machine.on()
    world.step(f"then {machine.kernel} comes")
    assert world.version() == world.installed.version
    world.wait_ready()
    assert world.wait_answers(ADA, 2)[1] == "You said: “Are you there?”"
    assert world.kernels() == [f"blufio_{world.installed.version}.efi", f"blufio_{latest.version}+0-3.efi"]
    assert not machine.run("systemctl --failed --no-legend --plain").strip()

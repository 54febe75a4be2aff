# SPDX-License-Identifier: MIT OR Apache-2.0
"""Updates by themselves: nothing without the operator's word; with it, installed at once, and rebooted into in the hours he gave."""

from appliance import loader
from appliance.images import NEXT

TIERS = (2,)
IMAGES = (NEXT,)
REBOOT_TIME = 300.0
UNITS = ("blufio-update", "blufio-update-reboot")


def run(world) -> None:
    machine, latest = world.machine, world.images[NEXT]
    world.start()
    world.offer(NEXT)
    timers = machine.run("systemctl list-timers --no-legend --plain 'blufio-*'")
    for unit in UNITS:
        assert f"{unit}.timer" in timers, f"{unit} is never started"

    def ran(unit: str) -> str:
        machine.run(f"systemctl start {unit}.service")
        return machine.run(f"systemctl show {unit}.service --property=ConditionResult,Result --value").replace("\n", " ").strip()

    for unit in UNITS:
        assert ran(unit) == "success no", f"{unit} works for somebody who has not asked for it"
    assert world.kernels() == [f"blufio_{world.installed.version}.efi"]
    world.step("nobody has asked for updates: nothing is fetched")

    hour = int(machine.run("date --utc +%-H"))
    machine.run(f"echo {(hour + 2) % 24}-{(hour + 3) % 24} >/etc/blufio/update")
    assert ran("blufio-update") == "success yes"
    assert world.kernels() == [f"blufio_{world.installed.version}.efi", f"blufio_{latest.version}+3-0.efi"]
    assert machine.run("blufio-update").splitlines()[1] == "a newer version is installed, and comes at the next boot"
    ran("blufio-update-reboot")
    machine.run("sleep 3")
    assert machine.run("systemctl show --property=SystemState --value").strip() != "stopping", "it reboots outside of the hours"
    world.step("fetched and installed; not rebooted, since it is not the time for that")

    machine.run("echo 0-24 >/etc/blufio/update")
    machine.send("systemctl start blufio-update-reboot.service")
    machine.wait_reboot(REBOOT_TIME)
    assert loader.chosen(loader.kernels(machine.disk)) == f"blufio_{latest.version}+3-0.efi"
    world.step("rebooted within the hours")

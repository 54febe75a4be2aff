# SPDX-License-Identifier: MIT OR Apache-2.0
"""Updates by themselves: nothing without the operator's word; with it, installed at once, and rebooted into in the hours he gave."""

from appliance import loader
from appliance.images import NEXT

TIERS = (2,)
IMAGES = (NEXT,)
LOOK, WANTED = "blufio-update", "echo 3-5 >/etc/blufio/update"
COMMANDS = {"appliance.md": (LOOK, WANTED)}
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

    assert machine.run(LOOK).splitlines()[1].startswith(f"version {latest.version} is offered: blufio-update --now takes it")
    machine.run(WANTED)
    assert ran("blufio-update") == "success yes"
    assert world.kernels() == [f"blufio_{world.installed.version}.efi", f"blufio_{latest.version}+3-0.efi"]
    assert machine.run(LOOK).splitlines()[1] == "a newer version is installed, and comes at the next boot"
    # The hour may just be changing.
    before, due, hour = machine.run("date --utc +%-H; blufio-update --due; echo $?; date --utc +%-H").split()
    assert (due == "0") in {3 <= int(one) < 5 for one in (before, hour)}, f"status {due} at {hour} o'clock"

    machine.run(f"echo {(int(hour) + 2) % 24}-{(int(hour) + 3) % 24} >/etc/blufio/update")
    ran("blufio-update-reboot")
    machine.run("sleep 3")
    assert machine.run("systemctl show --property=SystemState --value").strip() != "stopping", "it reboots outside of the hours"
    world.step("fetched and installed; not rebooted, since it is not the time for that")

    machine.run("echo 0-24 >/etc/blufio/update")
    machine.send("systemctl start blufio-update-reboot.service")
    machine.wait_reboot(REBOOT_TIME)
    assert loader.chosen(loader.kernels(machine.disk)) == f"blufio_{latest.version}+3-0.efi"
    world.step("rebooted within the hours")

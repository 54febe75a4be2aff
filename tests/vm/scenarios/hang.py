# SPDX-License-Identifier: MIT OR Apache-2.0
"""A kernel that hangs: nothing in it can help any more, and the hypervisor's watchdog begins anew."""

TIERS = (3,)
FIRMWARE = "bios"
DEVICES = ("i6300esb",)
# A kernel that has stopped looks at the clock until the end of days.
REAL_TIME = True
# Seconds: what the watchdog waits for, on the machine's clock.
PATIENCE = 120.0


def run(world) -> None:
    machine = world.machine
    world.start()
    watchdog = machine.run("cat /sys/class/watchdog/watchdog0/{identity,timeout,state}").splitlines()
    assert watchdog == ["i6300ESB timer", f"{PATIENCE:.0f}", "active"], watchdog
    # Not even the kernel's own reboot after a panic.
    machine.send("echo 0 >/proc/sys/kernel/panic; echo c >/proc/sysrq-trigger")
    took = machine.wait_reboot(PATIENCE)
    assert "end Kernel panic" in machine.console.read_text(errors="replace")
    world.step(f"the kernel stopped for good, and the machine began anew after {took:.0f} s")
    machine.on()
    world.wait_ready()
    assert not machine.run("systemctl --failed --no-legend --plain").strip()

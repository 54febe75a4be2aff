# SPDX-License-Identifier: MIT OR Apache-2.0
"""Somebody changes the disk behind the system's back: what was changed is not read, and a changed beginning does not boot."""

import re

TIERS = (2, 3)

MIB = 1 << 20
# Seconds: with the patience for devices below.
BOOT_TIME = 300.0


def run(world) -> None:
    machine = world.machine
    world.start()
    # Where the blocks of the program lie on the disk, as the machine itself knows.
    start = int(machine.run("cat /sys/class/block/$(basename $(realpath /dev/disk/by-partlabel/root_1.0.0))/start")) * 512
    world.step(f"slot A begins at {start // MIB} MiB")
    machine.off()

    with open(machine.disk, "r+b") as disk:
        disk.seek(start)
        system = disk.read(384 * MIB)
        # The middle of what is written: some file's content, compressed or not.
        used = len(system.rstrip(b"\0"))
        at = used // 2 // 4096 * 4096
        disk.seek(start + at)
        disk.write(bytes(byte ^ 0xFF for byte in system[at : at + 4096]))
    machine.on()
    status, _, said = machine.answer("find / -xdev -type f -print0 | xargs -0 cat >/dev/null", patience=120)
    world.step(f"one block changed: reading everything ends with {status}: {said.strip().splitlines()[:1]}")
    assert status != 0 and "Input/output error" in said, "a changed block was read"
    log = machine.run("journalctl --dmesg --no-pager --quiet --grep=verity || true")
    assert re.search(r"verity.*corrupted", log), "the kernel did not notice"
    machine.off()

    with open(machine.disk, "r+b") as disk:
        disk.seek(start)
        disk.write(system[: MIB // 2][::-1])
    # The system that cannot be read is waited for in vain; not for as long as on a busy host.
    machine.arguments.append("systemd.default_device_timeout_sec=30")
    for number in (1, 2):
        machine.power()
        took = machine.wait_reboot(BOOT_TIME)
        said = machine.console.read_text(errors="replace")
        assert said.count("The start has failed") == number, "it did not say that it has failed"
        world.step(f"the first blocks changed: refused, and tried again after {took:.0f} s")
    assert "login:" not in said

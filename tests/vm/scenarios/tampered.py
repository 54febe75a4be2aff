# SPDX-License-Identifier: MIT OR Apache-2.0
"""Somebody changes the disk behind the system's back: what was changed is not read, and a changed beginning does not boot."""

import re

from appliance import tools

TIERS = (2, 3)

# Every image has it, and nobody reads it at boot: it is asked about the signatures of updates.
FILE = "/usr/bin/gpg"
MIB = 1 << 20
# Seconds: with the patience for devices below.
BOOT_TIME = 300.0


def run(world) -> None:
    machine = world.machine
    world.start()
    # Where the blocks of the program lie on the disk, as the machine itself knows.
    start = int(machine.run(f"cat /sys/class/block/$(basename $(realpath /dev/disk/by-partlabel/root_{world.installed.version}))/start")) * 512
    world.step(f"slot A begins at {start // MIB} MiB")
    machine.off()

    with open(machine.disk, "r+b") as disk:
        at = start + place(machine.disk, start)
        disk.seek(at)
        block = disk.read(4096)
        disk.seek(at)
        disk.write(bytes(byte ^ 0xFF for byte in block))
    machine.on()
    world.wait_ready()
    status, _, said = machine.answer("find / -xdev -type f -print0 | xargs -0 cat >/dev/null", patience=120)
    world.step(f"one block changed: reading everything ends with {status}: {said.strip()}")
    unread = re.findall(r"^cat: (.+): Input/output error$", said, re.MULTILINE)
    assert status != 0 and unread == [FILE], f"what could not be read: {unread}"
    log = machine.run("journalctl --dmesg --no-pager --quiet --grep=verity || true")
    assert re.search(r"verity.*corrupted", log), "the kernel did not notice"
    machine.off()

    with open(machine.disk, "r+b") as disk:
        disk.seek(start)
        beginning = disk.read(MIB // 2)
        disk.seek(start)
        disk.write(beginning[::-1])
    # The system that cannot be read is waited for in vain; not for as long as on a busy host.
    machine.arguments.append("systemd.default_device_timeout_sec=30")
    for number in (1, 2):
        machine.power()
        took = machine.wait_reboot(BOOT_TIME)
        said = machine.console.read_text(errors="replace")
        assert said.count("The start has failed") == number, "it did not say that it has failed"
        world.step(f"the first blocks changed: refused, and tried again after {took:.0f} s")
    assert "login:" not in said


def place(disk, start: int) -> int:
    """Where the middle of the file's content lies in the system that begins there."""
    said = tools.ask([(disk, "/disk")], ["dump.erofs", f"--offset={start}", "-e", f"--path={FILE}", "/disk"])
    # What it shares with other files has no length here.
    own = re.findall(r"^ +\d+: .*: +(\d+)\.\. *\d+ \| +[1-9]\d*$", said, re.MULTILINE)
    assert own, said
    return int(own[len(own) // 2])

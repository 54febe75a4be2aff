# SPDX-License-Identifier: MIT OR Apache-2.0
"""Both file systems that are written to are damaged while the machine is off: they are mended at the boot, and nothing stops."""

from appliance import tools
from driver.world import ADA

TIERS = (2,)
SECTOR = 512
# Within a table of clusters.
MIDDLE = 1 << 18


def run(world) -> None:
    machine = world.machine
    world.start()
    assert world.say(ADA, "Hello") == "You said: “Hello”"
    # A folder within a folder that will be gone: not a thing that is mended for nobody who says so.
    machine.run("mkdir -p /var/lib/outer/inner && echo here >/var/lib/outer/inner/file")
    start = {name: int(machine.run(f"cat /sys/class/block/$(basename $(realpath /dev/disk/by-partlabel/{name}))/start")) * SECTOR for name in ("blufio-data", "blufio-esp")}
    machine.off()

    data = f"/disk?offset={start['blufio-data']}"
    for change in ("clri /lib/outer", "set_super_value state 2"):
        tools.ask([(machine.disk, "/disk")], ["debugfs", "-w", "-R", change, data])
    with open(machine.disk, "r+b") as disk:
        disk.seek(start["blufio-esp"])
        head = disk.read(SECTOR)
        size, reserved, copies, length = (int.from_bytes(head[at:end], "little") for at, end in ((11, 13), (14, 16), (16, 17), (36, 40)))
        assert copies == 2, "the boot partition has one table of clusters"
        # In the second table, clusters that belong to no file.
        disk.seek(start["blufio-esp"] + (reserved + length) * size + MIDDLE)
        disk.write(b"\x05\x00\x00\x00" * 16)
    before = len(machine.console.read_text(errors="replace"))
    machine.on()
    said = machine.console.read_text(errors="replace")[before:]
    assert "the file system of the data is damaged, and is mended" in said
    world.wait_ready()
    assert world.say(ADA, "Again") == "You said: “Again”"
    assert "Hello" in str(world.prompts()[-1]["body"]["messages"]), "the conversation is forgotten"
    assert machine.run("cat /var/lost+found/*/file").strip() == "here"
    world.step("the data are mended; what has lost its name is in lost+found")

    machine.run("touch /efi/EFI/Linux/test && rm /efi/EFI/Linux/test")
    checked = machine.run("systemctl status --no-pager --lines=30 'systemd-fsck@dev-disk-by\\x2dpartlabel-blufio\\x2desp.service'")
    assert "FATs differ" in checked, checked
    world.step("the boot partition is mended")
    assert not machine.run("systemctl --failed --no-legend --plain").strip()

    machine.off()
    before = len(machine.console.read_text(errors="replace"))
    machine.on()
    said = machine.console.read_text(errors="replace")[before:]
    assert "is damaged" not in said, "it is damaged still"
    machine.run("ls /efi/EFI/Linux")
    world.wait_ready()

# SPDX-License-Identifier: MIT OR Apache-2.0
"""A flashed disk boots: data made from the rest of it, the agent ready, the system unchangeable, its memory limited."""

from driver.world import ADA

TIERS = (2, 3)
# Seconds, on the machine's clock.
WATCHDOG = 120.0


def run(world) -> None:
    world.start()
    machine = world.machine
    assert machine.run("grep ^IMAGE_VERSION= /etc/os-release").strip() == f"IMAGE_VERSION={world.installed.version}"
    assert world.say(ADA, "Hello") == "You said: “Hello”"
    world.step("the agent answers")

    size = int(machine.run("df --output=size --block-size=1M /var | tail -n 1"))
    assert size > 2000, f"the data did not take the rest of the disk: {size} MB"
    assert machine.run("findmnt -no FSTYPE,OPTIONS /var").split()[0] == "ext4"
    for option in ("nosuid", "nodev", "noexec"):
        assert option in machine.run("findmnt -no OPTIONS /var"), option
    for file in ("blufio/blufio.db", "../config/blufio/blufio.toml", "blufio-machine-id"):
        machine.run(f"test -s /var/lib/{file}")
    assert machine.run("cat /etc/machine-id") == machine.run("cat /var/lib/blufio-machine-id")

    assert machine.run("findmnt -no FSTYPE,SOURCE /").split() == ["erofs", "/dev/mapper/root"]
    assert "verity" in machine.run("dmsetup table root")
    for command in ("touch /usr/bin/x", "touch /etc/x", "mount -o remount,rw /", "rm /usr/bin/blufio"):
        status, _, said = machine.answer(command)
        assert status != 0, f"{command} was not refused"
        world.step(f"refused: {command}: {said.strip()}")
    # Settings of the kernel, as the daemon sees them; /proc/sys it does not see at all.
    for place, within in (("/sys/kernel", 1), ("/sys/fs/cgroup", 1), ("/var/lib/blufio", 0)):
        machine.run(f"test -w {place}")
        assert machine.answer(f"nsenter --target {world.pid()} --mount test -w {place}")[0] == within, place
    for program in ("apt", "apt-get", "dpkg", "perl", "python3", "gcc", "cc", "ld", "su", "login", "passwd", "agetty"):
        assert machine.answer(f"command -v {program}")[0] != 0, f"{program} is in the image"
    assert not machine.run("find / -xdev -perm /6000 -type f").strip(), "somebody can become somebody else"
    assert not machine.run("grep -vE '^[^:]*:(!|\\*|!\\*):' /etc/shadow || true").strip(), "somebody can log in"
    logins = machine.run("systemctl list-units --type=service --no-legend --plain --state=active '*getty*' 'ssh*' '*login*'").strip()
    assert not logins, f"somebody can log in: {logins}"
    world.step(f"failed units: {machine.run('systemctl --failed --no-legend --plain').strip() or 'none'}")
    assert not machine.run("systemctl --failed --no-legend --plain").strip()

    # Whoever hangs is rebooted: the first process feeds a watchdog where this kernel has one.
    watched = machine.answer("test -e /sys/class/watchdog/watchdog0")[0] == 0
    if watched:
        watchdog = machine.run("cat /sys/class/watchdog/watchdog0/{identity,timeout,state}").splitlines()
        world.step(f"watchdog: {', '.join(watchdog)}")
        assert watchdog[1:] == [f"{WATCHDOG:.0f}", "active"], watchdog

    # The limit, from inside the daemon's own group: what grows too large ends, and the daemon goes on.
    group = "/sys/fs/cgroup/system.slice/blufio.service"
    limits = machine.run(f"cat {group}/memory.max {group}/memory.high {group}/memory.swap.max").split()
    assert limits == [str(384 << 20), str(256 << 20), "0"], limits
    pid = world.pid()
    # Without the lower limit, which slows down what comes near the upper one.
    hog = "awk 'BEGIN { held = \"x\"; while (length(held) < 500000000) held = held held }'"
    status, _, _ = machine.answer(f"echo max >{group}/memory.high; echo $BASHPID >{group}/cgroup.procs; {hog}", patience=180)
    killed = machine.run(f"grep oom_kill {group}/memory.events")
    world.step(f"500 MB in the daemon's group: status {status}, {' '.join(killed.split())}")
    assert status != 0
    assert int(killed.split()[1]) >= 1
    # What multiplies is held, too; the daemon is one of them.
    many = f"echo $BASHPID >{group}/cgroup.procs; mkfifo /run/never; exec 9<>/run/never; for n in {{1..300}}; do (read -r -u 9) & done"
    stopped = f"until grep -q 'max [1-9]' {group}/pids.events; do sleep 0.2; done"
    ended = f"for one in $(cat {group}/cgroup.procs); do [ $one = {pid} ] || kill -KILL $one; done"
    machine.run(f"({many}) & {stopped}; {ended}")
    held = machine.run(f"cat {group}/pids.max {group}/pids.events").split()
    world.step(f"300 processes more in the daemon's group: at most {' '.join(held)}")
    assert held[0] == "256" and int(held[2]) >= 1, held
    assert world.pid() == pid
    world.wait_ready()
    world.assert_secrets_are_kept()

    if watched:
        machine.send("echo 1 >/sys/fs/cgroup/init.scope/cgroup.freeze")
        took = machine.wait_reboot(WATCHDOG)
        assert "softdog: Initiating system reboot" in machine.console.read_text(errors="replace")
        world.step(f"the first process hangs: the watchdog reboots after {took:.0f} s")

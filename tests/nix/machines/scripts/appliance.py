# SPDX-License-Identifier: MIT OR Apache-2.0
disk()
meet()
machine.wait_for_unit("blufio.service")

with subtest("it answers"):
    say("Good morning")
    assert "Good morning" in answer(1), answer(1)

with subtest("the system is verified, the rest is memory"):
    machine.succeed("systemctl is-active systemd-veritysetup@usr.service")
    machine.succeed("findmnt --kernel --type tmpfs --mountpoint /")
    machine.succeed("findmnt --kernel --source /dev/mapper/usr --options ro")

with subtest("nothing of it can be changed"):
    for place in ["/etc", "/usr", "/nix/store", "/run/current-system"]:
        machine.fail(f"touch {place}/of-the-test")
    machine.fail("mount -o remount,rw /usr && touch /usr/of-the-test")
    machine.fail("type nix || type gcc || type perl || type python3 || type sudo")

with subtest("the data has the rest of the disk, and nobody runs what lies there"):
    size = int(machine.succeed("df --output=size --block-size=1M /var | tail --lines=1"))
    assert size > 4000, size
    machine.succeed("findmnt --kernel --mountpoint /var --options nosuid,nodev,noexec")

with subtest("the slot is good"):
    machine.wait_for_unit("boot-complete.target")
    for secret in SECRETS:
        nowhere(secret)

with subtest("everything is there after a reboot"):
    who = machine.succeed("cat /etc/machine-id")
    machine.shutdown()
    machine.start()
    meet()
    machine.wait_for_unit("blufio.service")
    assert machine.succeed("cat /etc/machine-id") == who
    assert "total" in machine.succeed("blufio cost").lower()
    machine.succeed("journalctl --boot=-1 --unit=blufio.service --quiet | grep .")

with subtest("a changed beginning is not started"):
    slot = begins("usr_*")
    machine.shutdown()
    spoil(slot, 1 << 20)
    machine.start()
    # It tries again, and a reboot ends the machine of the test.
    machine.wait_for_shutdown()

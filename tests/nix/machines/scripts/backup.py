# SPDX-License-Identifier: MIT OR Apache-2.0
STATE = "/var/lib/private/blufio"
meet()
machine.wait_for_unit("blufio.service")
say("Good morning")
assert "Good morning" in answer(1), answer(1)

with subtest("they are made by themselves, and not more are kept than were asked for"):
    machine.wait_until_succeeds(f"ls {STATE}/backups/blufio-*.db")
    for _ in range(3):
        machine.succeed("blufio backup create")
    assert len(machine.succeed(f"ls {STATE}/backups").split()) == 2

with subtest("they are copied to another disk, for root alone"):
    for _ in range(3):
        machine.succeed("systemctl start blufio-backup-copy.service")
    copies = machine.succeed("ls /mnt/backup/blufio").split()
    assert len(copies) == 2, copies
    machine.fail(f"runuser --user nobody -- cat /mnt/backup/blufio/{copies[-1]}")
    machine.succeed(f"blufio backup verify /mnt/backup/blufio/{copies[-1]}")

with subtest("the last one takes the place of a state that is lost"):
    spent = machine.succeed("blufio --json cost")
    machine.fail(f"blufio backup restore /mnt/backup/blufio/{copies[-1]}")
    machine.succeed("systemctl stop blufio.service")
    machine.succeed(f"echo damaged > {STATE}/blufio.db && rm -f {STATE}/blufio.db-*")
    machine.succeed(f"blufio backup restore /mnt/backup/blufio/{copies[-1]}")
    machine.succeed("systemctl start blufio.service")
    machine.wait_for_unit("blufio.service")
    assert machine.succeed("blufio --json cost") == spent
    say("Are you there?")
    assert "Are you there?" in answer(2), answer(2)
    assert simulator("GET", "duplicates") == []

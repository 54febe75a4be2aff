# SPDX-License-Identifier: MIT OR Apache-2.0
meet()
machine.wait_for_unit("blufio.service")

with subtest("it is ready, and says so everywhere"):
    assert health()["ready"], health()
    machine.succeed("blufio status")
    assert "Type=notify" in machine.succeed("systemctl show --property=Type blufio.service")

with subtest("it runs in its sandbox"):
    machine.succeed("systemd-analyze security --threshold=10 blufio.service")
    pid = machine.succeed("systemctl show --property=MainPID --value blufio.service").strip()
    assert machine.succeed(f"grep CapEff /proc/{pid}/status").split()[1] == "0000000000000000"
    assert machine.succeed(f"stat --format=%u /proc/{pid}").strip() != "0"

with subtest("what outgrows its memory is ended, and it goes on"):
    group = "/sys/fs/cgroup/system.slice/blufio.service"
    assert int(machine.succeed(f"cat {group}/memory.max")) == 384 << 20
    # Without the lower limit, which slows down what comes near the upper one.
    hog = "awk 'BEGIN { held = \"x\"; while (length(held) < 500000000) held = held held }'"
    machine.fail(f"(echo max >{group}/memory.high; echo $BASHPID >{group}/cgroup.procs; {hog})")
    assert int(machine.succeed(f"grep -w oom_kill {group}/memory.events").split()[1]) >= 1
    assert machine.succeed("systemctl show --property=MainPID --value blufio.service").strip() == pid
    assert health()["ready"], health()

with subtest("killed, it comes again"):
    machine.succeed(f"kill -9 {pid}")
    machine.wait_until_fails(f"test -d /proc/{pid}")
    machine.wait_until_succeeds("curl --fail --silent http://127.0.0.1:8787/health")

with subtest("it stops when it is told to"):
    machine.succeed("timeout 30 systemctl stop blufio.service")
    machine.fail("curl --silent http://127.0.0.1:8787/health")

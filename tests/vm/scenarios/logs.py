# SPDX-License-Identifier: MIT OR Apache-2.0
"""With a log file, logrotate takes it away and the daemon goes on in a new one."""

from driver.world import ADA

TIERS = (1,)
LOG = "/var/log/blufio/blufio.log"


def run(world) -> None:
    machine = world.machine
    world.start({"log.file": LOG})
    assert "ready" in machine.run(f"cat {LOG}")
    pid = world.pid()
    assert machine.run(f"stat -c '%a %u' {LOG}").split() == ["600", world.uid()]
    machine.run("logrotate --force /etc/logrotate.d/blufio")
    world.until("a new log", lambda: machine.answer(f"grep -q reopened {LOG}")[0] == 0)
    assert "ready" in machine.run(f"cat {LOG}.1"), "the old one is kept"
    assert "the doors are open" not in machine.run(f"cat {LOG}")
    assert world.pid() == pid, "it was not restarted for that"
    assert world.say(ADA, "[sim:say Still here.]") == "Still here."
    world.assert_no_secret("the log", machine.run(f"cat {LOG} {LOG}.1"))

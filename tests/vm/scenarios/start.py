# SPDX-License-Identifier: MIT OR Apache-2.0
"""A machine boots with two credentials, and the agent is ready, healthy and silent about its secrets."""

TIERS = (1,)


def run(world) -> None:
    world.start()
    world.step(f"ready: {world.show('StatusText')}")
    assert world.show("StatusText") == "Answering on local, telegram"
    assert world.show("NRestarts") == "0"
    assert world.machine.run("systemctl is-system-running --wait").strip() == "running", world.machine.run("systemctl --failed")
    health = world.health()
    assert (health["live"], health["ready"], health["sealed"], health["draining"]) == (True, True, False, False), health
    world.blufio("status")
    assert "process" in world.blufio("status"), "the command line finds the daemon"

    journal = world.journal("")
    complaints = [line for line in journal.splitlines() if "blufio.service" in line and ("ignoring" in line or "Unknown" in line)]
    assert not complaints, f"systemd does not understand all of the unit: {complaints}"
    assert "the doors are open" in journal, "the daemon's log is in the journal"
    assert len(world.journal("--unit=blufio.service --priority=warning").splitlines()) == 0, world.journal()
    world.assert_secrets_are_kept()

    assert world.show("StartLimitIntervalUSec") == "0", "systemd would give up some day"
    for _ in range(6):
        world.machine.run("systemctl restart blufio")
    world.wait_ready()
    world.step("six starts in a row are not too many")
    # What is wrong with a configuration is said, and not tried again and again.
    world.configure({"agent.nmae": "Ada"})
    assert world.machine.answer("systemctl restart blufio")[0] != 0
    world.until("a daemon that has given up", lambda: world.show("ActiveState") == "failed")
    assert (world.show("ExecMainStatus"), world.show("NRestarts")) == ("2", "0")
    assert "agent.nmae" in world.journal("--unit=blufio.service --lines=20")
    world.step("with a wrong configuration it ends, and says what is wrong")

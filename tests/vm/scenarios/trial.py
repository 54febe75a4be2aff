# SPDX-License-Identifier: MIT OR Apache-2.0
"""On trial the daemon is ready and silent; when it may stay, it answers what waited. The health check tells both."""

import json

from driver.world import ADA

TIERS = (1,)
TRIAL = "/run/blufio-slot/trial"
PROBLEMS = "/run/blufio-provision/problems"


def run(world) -> None:
    machine = world.machine
    world.install()
    world.hand_over()
    # As on the appliance: the file is there at boot, before the daemon.
    machine.place("/etc/tmpfiles.d/trial.conf", f"d {TRIAL.rsplit('/', 1)[0]} 0755\nf {TRIAL} 0644\n")
    machine.place("/etc/tmpfiles.d/problems.conf", f"d {PROBLEMS.rsplit('/', 1)[0]} 0755\nf {PROBLEMS} 0644 - - - no network\n")
    world.drop_in(
        "trial",
        "[Service]\nExecStartPre=blufio backup restore --before-update\n"
        f"ExecStart=\nExecStart=blufio serve --trial {TRIAL} --notices {PROBLEMS}\n",
    )
    machine.on()
    world.until("a daemon on trial", lambda: bool(world.health().get("trial")))
    world.until("systemd knows it", lambda: world.show("ActiveState") == "active")
    world.until("the notice", lambda: world.health().get("notices") == ["no network"])
    check = json.loads(world.blufio("--json healthcheck --wait 60s"))
    assert check["healthy"] and check["checkup"]["standing"] == "trial", check
    world.write(ADA, "[sim:say At last.]")
    assert not world.simulator.telegram("calls"), "Telegram was asked for something"
    first = world.pid()
    world.step("on trial: ready, healthy, silent")

    machine.run(f"rm {TRIAL}")
    world.wait_ready()
    assert world.wait_answers(ADA, 1) == ["At last."]
    assert world.pid() == first, "it was started again"
    assert json.loads(world.blufio("--json healthcheck"))["checkup"]["standing"] == "running"
    world.step("it may stay: what waited is answered, without a restart")

    # A newer program has moved the schema, and was gone back from: the version stands in the header of the file.
    machine.run("systemctl stop blufio")
    machine.run(
        "cd /var/lib/private/blufio && n=$(( $(od -An -tu1 -j63 -N1 blufio.db) + 1 )) && cp -p blufio.db blufio.db.before-v$n"
        " && printf \"\\\\$(printf %o $n)\" | dd of=blufio.db bs=1 seek=63 conv=notrunc status=none"
    )
    machine.run("systemctl start blufio")
    world.wait_ready()
    assert world.say(ADA, "[sim:say Back.]") == "Back."
    assert "At last." in str(world.prompts()[-1]["body"]["messages"]), "the history is gone"
    assert machine.run("ls /var/lib/private/blufio").count(".newer-v") == 1
    world.step("gone back: the state from before the update is in place")
    world.assert_secrets_are_kept()

# SPDX-License-Identifier: MIT OR Apache-2.0
"""A provider's metadata service that is there later than the agent: it is asked again, and the agent gets what it hands over."""

from scenarios.provision import KEY, PROBLEMS, furnish, toml, user_data

from driver.needs import REPOSITORY
from driver.simulator import TOKEN
from driver.world import ADA

TIERS = (1,)
UNIT = "blufio-provision-cloud.service"
# A stand-in for the service, and for the firmware that says whose machine this is; and less patience.
HERE = """[Service]
ExecStart=
ExecStart=blufio provision --metadata --metadata-service 127.0.0.1:8099 --shipped /usr/share/blufio/blufio.toml
IPAddressAllow=localhost
TemporaryFileSystem=/sys/class
BindReadOnlyPaths=/etc/dmi:/sys/class/dmi/id
RestartSec=1s
RestartSteps=0
"""


def run(world) -> None:
    machine = world.machine
    furnish(world)
    machine.place(f"/etc/systemd/system/{UNIT}", (REPOSITORY / "image/provision" / UNIT).read_bytes())
    machine.place(f"/etc/systemd/system/{UNIT}.d/here.conf", HERE)
    (machine.root / f"etc/systemd/system/multi-user.target.wants/{UNIT}").symlink_to(f"/etc/systemd/system/{UNIT}")
    machine.place("/etc/dmi/sys_vendor", "Hetzner\n")
    machine.on()
    world.until("a daemon that waits for its key", lambda: "anthropic-api-key" in str(world.health().get("reason")))
    assert world.show("ActiveState") == "activating"
    world.until("a third try", lambda: int(machine.run(f"systemctl show {UNIT} --property=NRestarts --value")) > 1)
    assert "user-data of Hetzner: " in machine.run(f"cat {PROBLEMS}")
    world.step("nobody answers: the agent waits for its key, and the service is asked again")

    text = user_data(KEY, toml(world.surroundings()), {"anthropic-api-key": world.api_key, "telegram-bot-token": TOKEN})
    machine.run("mkdir -p /run/cloud/hetzner/v1; cat >/run/cloud/hetzner/v1/userdata", text)
    machine.run("systemd-run --quiet --unit=metadata python3 -m http.server --bind 127.0.0.1 --directory /run/cloud 8099")
    world.until("a daemon that is begun anew", lambda: world.show("ActiveState") == "active")
    world.wait_ready()
    assert world.say(ADA, "[sim:say Late.]") == "Late."
    assert machine.run(f"systemctl is-active {UNIT}; cat {PROBLEMS}") == "active\n"
    assert machine.run("ls /var/config/provisioned/cloud")
    machine.run("systemctl stop metadata; rm -r /run/cloud")
    world.assert_secrets_are_kept()
    world.step("what comes late reaches the agent, which answers")

    machine.reboot()
    world.wait_ready()
    assert machine.run(f"systemctl is-active {UNIT} || true") == "inactive\n", "it is asked again"
    world.step("once there was an answer, nobody is asked any more")

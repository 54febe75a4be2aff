# SPDX-License-Identifier: MIT OR Apache-2.0
"""An update that boots, moves the state to its own schema and is not healthy: back with the state; then a good one takes its slot."""

from appliance.images import NEXT, UNHEALTHY
from driver.world import ADA

TIERS = (2, 3)
IMAGES = (UNHEALTHY, NEXT)
REBOOT_TIME = 300.0
# Seconds that the update has to prove itself in; ten minutes otherwise.
PATIENCE = 20


def run(world) -> None:
    machine, bad = world.machine, world.images[UNHEALTHY]
    world.drop_in_for("blufio-healthcheck.service", "patience", f"[Service]\nEnvironment=PATIENCE={PATIENCE}\n")
    world.start()
    assert world.say(ADA, "[sim:say My cat is called Schnurz.]") == "My cat is called Schnurz."
    schema = world.schema()
    world.offer(UNHEALTHY)
    world.install_update()

    machine.reboot()
    assert (world.version(), machine.kernel) == (bad.version, f"blufio_{bad.version}+2-1.efi")
    world.write(ADA, "Are you there?")
    world.until("a state that was moved", lambda: world.schema() == schema + 1)
    world.step(f"the update runs, and has moved the state from schema {schema} to {schema + 1}")
    machine.wait_reboot(PATIENCE + REBOOT_TIME)
    machine.on()
    world.step(f"it was not healthy, and went back by itself to {machine.kernel}")
    assert world.version() == world.installed.version
    assert world.kernels() == [f"blufio_{world.installed.version}.efi", f"blufio_{bad.version}+0-1.efi"]
    world.wait_ready()
    assert world.schema() == schema, "the state did not come back"
    assert world.wait_answers(ADA, 2)[1] == "You said: “Are you there?”"
    assert "Schnurz" in str(world.prompts()[-1]["body"]["messages"]), "the conversation is forgotten"
    machine.run(f"test -s /var/lib/blufio/blufio.db.newer-v{schema + 1}-*")
    world.step("the state is the one from before; what was sent meanwhile is answered")

    # It stays so: the newest version that is not known to be bad comes, and the bad one is not fetched once more.
    machine.reboot()
    assert world.version() == world.installed.version
    machine.run("systemctl start network-online.target")
    world.look_here_for_updates()
    status, said = world.update()
    assert status == 0, said
    assert world.kernels() == [f"blufio_{world.installed.version}.efi", f"blufio_{bad.version}+0-1.efi"], "the bad one is offered tries again"
    assert not machine.run("systemctl --failed --no-legend --plain").strip()

    # The next version takes the bad one's place, and what was kept for the way back stands in nobody's way.
    # It has all the time to prove itself.
    world.drop_in_for("blufio-healthcheck.service", "patience", None)
    good = world.images[NEXT]
    world.offer(NEXT)
    world.install_update()
    assert world.kernels() == [f"blufio_{world.installed.version}.efi", f"blufio_{good.version}+3-0.efi"]
    machine.reboot()
    assert world.version() == good.version
    assert machine.run("systemctl show blufio-healthcheck.service --property=Environment --value").strip() == "PATIENCE=600"
    labels = set(machine.run("ls /dev/disk/by-partlabel").split())
    slots = {f"{part}_{version}" for part in ("root", "verity") for version in (world.installed.version, good.version)}
    assert {label for label in labels if label.startswith(("root_", "verity_"))} == slots, labels
    world.wait_blessed()
    assert world.schema() == schema
    assert world.say(ADA, "And now?") == "You said: “And now?”"
    assert "Schnurz" in str(world.prompts()[-1]["body"]["messages"]), "the conversation is forgotten"
    assert not machine.run("systemctl --failed --no-legend --plain").strip()
    world.step(f"{good.version} has taken the bad one's slot, is marked as good, and goes on with the conversation")

# SPDX-License-Identifier: MIT OR Apache-2.0
"""An update on a machine whose vault nobody has opened: on trial it waits for the passphrase, then it stays, and nothing is lost."""

from appliance.images import NEXT
from driver.simulator import TOKEN
from driver.world import ADA

TIERS = (2,)
IMAGES = (NEXT,)
# Seconds that a system on trial has to be healthy in; ten minutes otherwise. Somebody who is waited for takes longer.
PATIENCE, ABSENCE = 1, 20


def run(world) -> None:
    machine, latest = world.machine, world.images[NEXT]
    world.start()
    assert world.say(ADA, "[sim:say My cat is called Schnurz.]") == "My cat is called Schnurz."
    machine.run("blufio vault init --passphrase-fd 0", world.passphrase)
    for name, value in (("anthropic-api-key", world.api_key), ("telegram-bot-token", TOKEN)):
        machine.run(f"blufio vault set {name}", value)
        machine.credential(f"blufio.{name}", None)
    world.wait_ready()
    # Nobody looks before the daemon is there; from then on, with no patience at all.
    world.drop_in_for("blufio-healthcheck.service", "patience", f"[Service]\nEnvironment=PATIENCE={PATIENCE}\n")
    world.hold_trial()
    world.offer(NEXT)
    world.install_update()
    world.step("the secrets lie in the vault, whose passphrase is kept nowhere; an update is installed")

    machine.reboot()
    counted = f"blufio_{latest.version}+2-1.efi"
    assert (world.version(), machine.kernel) == (latest.version, counted)
    world.until("a daemon that says it is sealed", lambda: bool(world.health().get("sealed")))
    world.write(ADA, "Are you there?")
    world.end_trial()
    machine.run(f"sleep {ABSENCE}")
    assert world.health()["sealed"], world.health()
    machine.run("test -e /run/blufio-slot/trial")
    assert machine.run("systemctl show --property=ActiveState --value blufio-healthcheck.service").strip() == "activating"
    assert counted in world.kernels(), f"it was decided without the vault: {world.kernels()}"
    assert len(world.answers(ADA)) == 1, "something was answered"
    world.step(f"on trial and sealed: {ABSENCE} s later, with {PATIENCE} s of patience, nothing is decided")

    machine.run("blufio vault unseal --passphrase-fd 0", world.passphrase)
    world.wait_blessed()
    assert machine.answer("test -e /run/blufio-slot/trial")[0] == 1
    assert world.wait_answers(ADA, 2)[1] == "You said: “Are you there?”"
    assert "Schnurz" in str(world.prompts()[-1]["body"]["messages"]), "the conversation is forgotten"
    assert not machine.run("systemctl --failed --no-legend --plain").strip()
    world.assert_secrets_are_kept()
    world.step("opened: marked as good, and what was sent meanwhile is answered")

    machine.reboot()
    assert machine.kernel == f"blufio_{latest.version}.efi"
    world.until("a daemon that says it is sealed", lambda: bool(world.health().get("sealed")))
    assert machine.answer("test -e /run/blufio-slot/trial")[0] == 1
    world.step("it stays, sealed as before")

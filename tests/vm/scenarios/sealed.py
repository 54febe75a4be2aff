# SPDX-License-Identifier: MIT OR Apache-2.0
"""Without a passphrase the machine boots sealed, loses nothing, and goes on after `blufio vault unseal` on a terminal."""

from driver.simulator import TOKEN
from driver.world import ADA

TIERS = (1,)
LIMIT = 20


def run(world) -> None:
    machine = world.machine
    world.install(start_at_boot=False)
    machine.on()
    twice = [("New passphrase:", world.passphrase), ("Once more:", world.passphrase)]
    machine.type("blufio vault init", twice)
    for name, value in (("anthropic-api-key", world.api_key), ("telegram-bot-token", TOKEN)):
        said = machine.type(f"blufio vault set {name}", [("Value of", value), ("Passphrase:", world.passphrase)])
        assert value not in said and world.passphrase not in said, "what is typed is shown"
    machine.run("systemctl enable blufio")
    # To start may take so long; the daemon asks for more while it waits for somebody.
    world.drop_in("short", f"[Service]\nTimeoutStartSec={LIMIT}s\n")
    machine.reboot()

    world.until("a daemon that says it is sealed", lambda: bool(world.health().get("sealed")))
    status, body = world.get("/health")
    assert status == 503 and "sealed" in body, body
    assert world.show("ActiveState") == "activating", "a sealed daemon is not ready"
    world.until("a status that says what to do", lambda: "blufio vault unseal" in world.show("StatusText"))
    assert machine.answer("blufio status")[0] == 4
    world.write(ADA, "[sim:say At last.]")
    machine.run(f"sleep {LIMIT + 5}")
    assert world.show("ActiveState") == "activating" and world.show("NRestarts") == "0", "it was not waited for"
    world.step("booted sealed, and says so; systemd waits as well")

    status, _, wrong = machine.answer("blufio vault unseal --passphrase-fd 0", "not the passphrase")
    assert status != 0 and wrong, "a wrong passphrase is refused"
    assert world.health()["sealed"] and not world.answers(ADA)
    machine.type("blufio vault unseal", [("Passphrase:", world.passphrase)])
    world.wait_ready()
    assert world.wait_answers(ADA, 1) == ["At last."]
    assert world.show("NRestarts") == "0", "it went on by itself"
    world.assert_secrets_are_kept()
    world.step("opened on a terminal; what was sent meanwhile is answered")

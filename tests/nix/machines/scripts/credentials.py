# SPDX-License-Identifier: MIT OR Apache-2.0
SECRETS.append("correct-horse-battery-staple")
meet()
machine.wait_for_unit("blufio.service")

with subtest("they work"):
    say("Good morning")
    assert "Good morning" in answer(1), answer(1)

with subtest("they are nowhere else"):
    for secret in SECRETS:
        nowhere(secret)

with subtest("others cannot read them"):
    machine.fail("runuser --user nobody -- cat /run/credentials/blufio.service/anthropic-api-key")

with subtest("the vault is made with the passphrase, and is open after the next boot"):
    machine.succeed("blufio vault init --passphrase-fd 3 3</run/secrets/vault-passphrase")
    machine.shutdown()
    machine.start()
    meet()
    machine.wait_for_unit("blufio.service")
    assert not health()["sealed"], health()
    nowhere(SECRETS[-1])

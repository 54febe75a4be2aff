# SPDX-License-Identifier: MIT OR Apache-2.0
PASSPHRASE = "correct horse battery staple"
GIVEN = f"printf %s {shlex.quote(PASSPHRASE)} |"
meet()

with subtest("without secrets it ends, and says what is missing"):
    machine.wait_until_succeeds("systemctl is-failed blufio.service")
    machine.succeed("journalctl --unit=blufio.service --quiet | grep 'there is no anthropic-api-key'")

with subtest("secrets go into the vault"):
    machine.succeed(f"{GIVEN} blufio vault init --passphrase-fd 0")
    for name in ["anthropic-api-key", "telegram-bot-token"]:
        machine.succeed(f"blufio vault set {name} --passphrase-fd 3 3< <(printf %s {shlex.quote(PASSPHRASE)}) </run/secrets/{name}")

with subtest("it starts sealed, and waits"):
    machine.succeed("systemctl start --no-block blufio.service")
    machine.wait_until_succeeds("curl --silent http://127.0.0.1:8787/health | grep '\"sealed\":true'")
    say("Good morning")
    machine.succeed('test "$(systemctl show --property=ActiveState --value blufio.service)" = activating')

with subtest("opened by hand, it goes on"):
    machine.succeed(f"{GIVEN} blufio vault unseal --passphrase-fd 0")
    machine.wait_for_unit("blufio.service")
    assert "Good morning" in answer(1), answer(1)

with subtest("kept with the key of the machine, it opens by itself"):
    machine.succeed(f"{GIVEN} blufio-keep-passphrase host")
    machine.succeed("timeout 60 systemctl restart blufio.service")
    assert not health()["sealed"], health()
    nowhere(PASSPHRASE)
    machine.fail(f"grep --fixed-strings --quiet {shlex.quote(PASSPHRASE)} /etc/credstore.encrypted/*")

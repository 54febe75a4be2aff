# SPDX-License-Identifier: MIT OR Apache-2.0
SETTINGS = """
[agent]
time_zone = "UTC"
[anthropic]
base_url = "http://127.0.0.1:9101"
[telegram]
base_url = "http://127.0.0.1:9102"
allowed_users = [1815]
[net]
allow_loopback_http = true
"""
FOLDER = "/efi/blufio"


def put(path: str, text: str) -> None:
    machine.succeed(f"mkdir -p $(dirname {FOLDER}/{path}) && printf %s {shlex.quote(text)} > {FOLDER}/{path}")


def again() -> None:
    machine.shutdown()
    machine.start()
    meet()


disk()
meet()
machine.wait_for_unit("blufio-provision.service")
machine.fail("systemctl is-active blufio-ssh.service")
machine.fail("ls /var/config/ssh/ssh_host_ed25519_key")

with subtest("what lies on the boot partition is taken, and secrets are wiped from it"):
    put("blufio.toml", SETTINGS)
    put("secrets/anthropic-api-key", SECRETS[0])
    put("secrets/telegram-bot-token", f"7000000001:{SECRETS[1]}\n")
    machine.succeed('ssh-keygen -q -t ed25519 -N "" -f /tmp/key')
    machine.succeed(f"cp /tmp/key.pub {FOLDER}/authorized_keys && cp /tmp/key /var/config/key-of-the-test")
    again()
    machine.wait_for_unit("blufio.service")
    say("Good morning")
    assert "Good morning" in answer(1), answer(1)
    machine.fail(f"grep --recursive --quiet --fixed-strings {SECRETS[0]} {FOLDER}")
    machine.succeed("ls /etc/credstore.encrypted/blufio.anthropic-api-key")
    for secret in SECRETS:
        nowhere(secret)

with subtest("whoever was named logs in, and nobody else"):
    machine.wait_for_unit("blufio-ssh.service")
    machine.succeed("install -m 600 /var/config/key-of-the-test /tmp/key")
    ssh = "ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes"
    machine.succeed(f"{ssh} -i /tmp/key root@127.0.0.1 blufio status")
    machine.succeed('ssh-keygen -q -t ed25519 -N "" -f /tmp/other')
    machine.fail(f"{ssh} -i /tmp/other root@127.0.0.1 true")

with subtest("a wrong file is said, and stops nothing"):
    put("blufio.toml", "[telegram]\nallowed_users = nobody\n")
    again()
    machine.wait_for_unit("blufio.service")
    assert "blufio.toml" in str(health()["notices"]), health()
    say("Are you there?")
    assert "Are you there?" in answer(1), answer(1)

# SPDX-License-Identifier: MIT OR Apache-2.0
# Put before every test's script: a person who writes, and what comes back.
import base64
import json
import shlex

ADA = 1815
SECRETS = ["sk-ant-the-key-of-the-tests", "AAsimulated-bot-token-not-a-secret-"]


def simulator(method: str, path: str, body: dict | None = None):
    data = "" if body is None else f"--data {shlex.quote(json.dumps(body))}"
    said = machine.succeed(
        f"curl --fail --silent --show-error --request {method} --header 'content-type: application/json' {data} "
        f"'http://127.0.0.1:9102/_sim/telegram/{path}'"
    )
    return json.loads(said)


def meet() -> None:
    machine.wait_for_unit("simulator.service")
    machine.wait_for_open_port(9102)
    simulator("POST", "user", {"id": ADA, "name": "Ada"})


def say(text: str) -> None:
    simulator("POST", "text", {"chat": ADA, "text": text})


def answer(number: int) -> str:
    """The words of the bot's answer with this number, from 1."""
    messages = simulator("GET", f"wait?chat={ADA}&messages={number}&timeout=60")
    return messages[number - 1]["text"]


def health() -> dict:
    return json.loads(machine.succeed("curl --silent --show-error http://127.0.0.1:8787/health"))


def nowhere(secret: str) -> None:
    """A secret is in no environment, on no command line, not in the journal and not in the state."""
    # What looks for it has it in a file: on its own command line it would be found.
    machine.succeed(f"printf %s {base64.b64encode(secret.encode()).decode()} | base64 --decode > /run/wanted")
    found = "grep --text --fixed-strings --file=/run/wanted"
    # Processes end meanwhile, and so do files: what is not there holds nothing.
    machine.succeed("(cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null || true) > /run/seen; test -s /run/seen")
    machine.fail(f"{found} /run/seen")
    machine.succeed("journalctl --boot --output=export --unit=blufio.service > /run/seen && test -s /run/seen")
    machine.fail(f"{found} /run/seen")
    machine.succeed("test -s /var/lib/blufio/blufio.db")
    machine.fail(f"{found} --recursive /var/lib/blufio/")

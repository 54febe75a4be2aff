# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the unit's rules refuse is tried from inside: open without them, refused with them, and by each rule alone that is named for it."""

import json
import platform
import struct
from pathlib import Path

from driver import rules
from driver.world import ADA, UNIT

TIERS = (1,)
NIXOS = True
PROBE = Path(__file__).resolve().parents[1] / "inside/sandbox_probe.py"
PLACE = "/usr/local/libexec/sandbox_probe.py"


def legacy() -> bytes:
    """A program of 32 bits that ends with 42, in the way of an i386."""
    code = bytes.fromhex("b801000000bb2a000000cd80f4")
    base, start = 0x08048000, 52 + 32
    header = b"\x7fELF\x01\x01\x01".ljust(16, b"\0")
    header += struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, base + start, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    header += struct.pack("<IIIIIIII", 1, 0, base, base, start + len(code), start + len(code), 5, 0x1000)
    return header + code


def run(world) -> None:
    machine = world.machine
    # Where there is no older one.
    closed = {"speak an older abi"} if platform.machine() != "x86_64" else set()
    machine.place("/usr/local/libexec/legacy", legacy(), 0o755)
    machine.place(PLACE, PROBE.read_bytes())
    for home in ("/home/ada", "/root"):
        machine.place(f"{home}/diary", "dear diary")
    machine.place("/usr/lib/modules/of-some-kernel", "x")
    machine.place("/etc/credstore.encrypted/of-somebody-else", "x", 0o600)
    world.start()
    machine.run("chmod 700 /etc/credstore.encrypted")
    probe = f"{world.program('python3')} {PLACE}"

    daemon = machine.run(f"cat /proc/{world.pid()}/status")
    fields = dict(line.split(":\t", 1) for line in daemon.splitlines())
    assert {fields[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}, daemon
    assert (fields["NoNewPrivs"], fields["Seccomp"]) == ("1", "2") and fields["Uid"].split()[0] != "0", daemon
    assert machine.run("stat -c %a /run/blufio").strip() == "700"
    assert world.say(ADA, "[sim:say Still here.]") == "Still here."
    text = machine.run(f"systemctl cat {UNIT}")
    world.step("the daemon itself: no capability, no new privileges, filtered system calls, not root")

    machine.run("touch /tmp/of-somebody-else /dev/of-somebody-else")
    machine.run(f"systemd-run --quiet --wait --property=StateDirectory=probe --unit=bare {probe}")
    bare = found(world, "/var/lib/probe")
    refused = {name: said for name, said in bare["attempts"].items() if said != "open" and name not in closed}
    assert not refused, f"cannot be tried here even without the rules: {refused}"

    alone(world, probe, text, closed)

    left = "/dev/shm/left-behind"
    machine.run(f"rm {left} && systemctl stop {UNIT}")
    # The same unit, rule for rule; only what it runs is another program.
    lines = ["[Service]", "Type=oneshot", "Restart=no", "WatchdogSec=0", "ExecStart=", f"ExecStart={probe}"]
    world.drop_in("probe", "\n".join(lines) + "\n")
    machine.run(f"systemctl start {UNIT}")
    held = found(world, "/var/lib/blufio")
    opened = [name for name, said in held["attempts"].items() if said == "open" and name not in closed]
    assert not opened, f"the sandbox lets it: {opened}"
    missing = {name: said for name, said in held["needed"].items() if said != "open"}
    assert not missing, f"the sandbox refuses what is needed: {missing}"
    for name in ("mnt", "ipc", "user"):
        assert held["namespaces"][name] != bare["namespaces"][name], f"the {name} namespace is shared"
    assert "[Errno 1]" in held["attempts"]["add a key"], "what is filtered ends the daemon instead of being refused"
    assert held["folder"] == "/", held["folder"]
    assert machine.answer(f"test -e {left}")[0] == 1, "shared memory has outlived the service"
    assert machine.run("stat -L -c %a /var/lib/blufio /var/log/blufio").split() == ["700", "700"]
    world.step(f"{len(held['attempts']) - len(closed)} attempts: all open without the rules, all refused with them")


def alone(world, probe: str, text: str, closed: set[str]) -> None:
    """Each rule by itself, with the values of the unit, in a service that has no other."""
    values: dict[str, list[str]] = {}
    for line in text.splitlines():
        values.setdefault(line.split("=", 1)[0], []).append(line)
    # What has to be open in the services of other rules.
    control: dict[str, list[str]] = {}
    for rule, beside in rules.BESIDE.items():
        control.setdefault(beside, []).extend(rules.ATTEMPTS[rule])
    script, services = ["cd /run/systemd/system"], []
    for rule, attempts in rules.ATTEMPTS.items():
        name = f"alone-{rule}"
        own = [line.replace("/blufio", f"/{name}") for one in (rules.BESIDE.get(rule), rule) if one for line in values[one]]
        places = [f"{place}Directory={name}" for place in ("State", "Logs", "Runtime")]
        words = " ".join(f'"{one}"' for one in (*attempts, *control.get(rule, ())))
        lines = ["[Service]", "Type=oneshot", f"ExecStart={probe} {words}", *places, *own]
        script += [f"cat >{name}.service <<'.'", *lines, "."]
        services.append(name)
    script += ["systemctl daemon-reload", f"systemctl start {' '.join(services)}"]
    world.machine.run("sh -eu", "\n".join(script))
    for rule, attempts in rules.ATTEMPTS.items():
        said = found(world, f"/var/lib/alone-{rule}")["attempts"]
        opened = [one for one in attempts if said[one] == "open" and one not in closed]
        assert not opened, f"{rule} alone lets it: {opened}"
        refused = {one: said[one] for one in control.get(rule, ()) if said[one] != "open"}
        assert not refused, f"{rule} refuses what another rule is said to: {refused}"
    world.step(f"{len(services)} rules, each alone: each refuses what is named for it")


def found(world, folder: str) -> dict:
    """What the probe has found."""
    return json.loads(world.machine.run(f"cat {folder}/probe.json"))

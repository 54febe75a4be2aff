# SPDX-License-Identifier: MIT OR Apache-2.0
"""systemd-analyze finds nothing wrong with the unit, and an exposure of at most 1.0."""

import json

from driver.world import UNIT

TIERS = (1,)
NIXOS = True
# In tenths.
MOST = 10


def run(world) -> None:
    world.install(start_at_boot=False)
    machine = world.machine
    machine.on()
    status, out, err = machine.answer(f"systemd-analyze verify --man=no /etc/systemd/system/{UNIT}")
    # What it has to say of other units is for whoever made those.
    words = [line for line in (out + err).splitlines() if "blufio" in line]
    assert status == 0 and not words, f"verify: status {status}\n{out}{err}"

    found = json.loads(machine.run(f"systemd-analyze security --json=short {UNIT} | cat"))
    open_ends = [f"{one['name']} {one['exposure']}" for one in found if one["exposure"]]
    world.step(f"what is open: {', '.join(open_ends)}")
    status, out, err = machine.answer(f"systemd-analyze security --no-pager --threshold={MOST} {UNIT}")
    said = [line for line in out.splitlines() if "Overall exposure level" in line]
    assert status == 0 and said, f"more than {MOST / 10}: {said} {err}"
    world.step(said[0].strip("→ "))

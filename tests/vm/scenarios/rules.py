# SPDX-License-Identifier: MIT OR Apache-2.0
"""No machine: each rule of the unit is tried by the probe in its sandbox, or by the scenario that is named for it."""

import importlib.util
from pathlib import Path

from driver import rules, scenario

TIERS = (1,)
PROBE = Path(__file__).resolve().parents[1] / "inside/sandbox_probe.py"


def run(world) -> None:
    spec = importlib.util.spec_from_file_location("sandbox_probe", PROBE)
    assert spec and spec.loader
    probe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(probe)
    tried = {rule for told in (rules.ATTEMPTS, rules.NEEDED, rules.SCENARIOS) for rule in told}
    unit = rules.of_the_unit()
    assert tried == unit, f"tried by nobody: {unit - tried}; tried, and not in the unit (any more): {tried - unit}"
    for told, known in ((rules.ATTEMPTS, probe.ATTEMPTS), (rules.NEEDED, probe.NEEDED)):
        for rule, attempts in told.items():
            assert set(attempts) <= set(known), f"{rule}: the probe does not try {set(attempts) - set(known)} (any more)"
    gone = set(rules.SCENARIOS.values()) - {one.name for one in scenario.find()}
    assert not gone, f"no scenario is called {gone} (any more)"
    world.step(f"{len(unit)} rules: {len(rules.ATTEMPTS)} by what they refuse, {len(rules.NEEDED)} by what they allow, {len(rules.SCENARIOS)} by scenarios")

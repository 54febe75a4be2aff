# SPDX-License-Identifier: MIT OR Apache-2.0
"""No machine: every command of docs/install.md and docs/appliance.md is run by a scenario, or where it is told here."""

from driver import pages, scenario
from driver.needs import REPOSITORY

TIERS = (1,)
PAGES = ("install.md", "appliance.md")
# Commands that no scenario types: the file that runs them, and the words by which it is seen there.
ELSEWHERE = {
    "apt-get install -y --no-install-recommends mmdebstrap": (".ci/run", "apt-get install -y -qq --no-install-recommends"),
    "image/debian/keys /root-of-trust": ("tests/vm/appliance/images.py", "image/debian/keys"),
    "image/debian/build --keys /root-of-trust --out release": ("tests/vm/appliance/images.py", '"--keys", str(KEYS), "--out"'),
}


def run(world) -> None:
    run_by: dict[tuple[str, str], list[str]] = {}
    for one in scenario.find():
        for page, commands in getattr(one.module, "COMMANDS", {}).items():
            for command in commands:
                run_by.setdefault((page, command), []).append(one.name)
    said = {(page, command) for page in PAGES for command in pages.commands(page)}
    gone = {f"docs/{page}: {command} ({', '.join(names)})" for (page, command), names in run_by.items() if (page, command) not in said}
    assert not gone, f"run by scenarios, and not on the page (any more): {gone}"
    missing = {f"docs/{page}: {command}" for page, command in said if (page, command) not in run_by and command not in ELSEWHERE}
    assert not missing, f"on the page, and run by nobody: {missing}"
    for command, (file, words) in ELSEWHERE.items():
        assert words in (REPOSITORY / file).read_text(), f"{file} does not run {command} (any more)"
        assert any(command == other for _, other in said), f"told here, and on no page (any more): {command}"
    world.step(f"{len(said)} commands: {len(run_by)} run by scenarios, {len(ELSEWHERE)} elsewhere")

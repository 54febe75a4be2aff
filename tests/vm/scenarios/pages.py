# SPDX-License-Identifier: MIT OR Apache-2.0
"""No machine: every command of docs/install.md and docs/appliance.md is run by a scenario, or where it is told here."""

import ast
import re

from driver import pages, scenario
from driver.needs import REPOSITORY

TIERS = (1,)
PAGES = ("install.md", "appliance.md")
# Commands that no scenario types: the file that runs them, and the words by which it is seen there.
ELSEWHERE = {
    "apt-get install -y --no-install-recommends mmdebstrap": (".ci/run", "apt-get install -y -qq --no-install-recommends"),
    "image/debian/keys /root-of-trust": ("tests/vm/appliance/images.py", "REPOSITORY / 'image/debian/keys'"),
    "image/debian/build --keys /root-of-trust --out release": ("tests/vm/appliance/images.py", "[str(BUILD), '--keys', str(KEYS), '--out'"),
    "blufio demo": (".ci/run", 'dist/blufio" demo'),
    "blufio healthcheck": ("image/health/blufio-healthcheck", "blufio healthcheck"),
    "blufio backup restore --before-update": ("image/units/blufio.service.d/appliance.conf", "ExecStartPre=-blufio backup restore --before-update"),
    "blufio backup restore /var/lib/blufio/blufio.db.newer-vN-TIME": ("tests/vm/scenarios/backup.py", "backup restore {copy}"),
    "systemd-analyze security": ("tests/vm/scenarios/exposure.py", "systemd-analyze security"),
    "systemd-creds encrypt --name=NAME": ("tests/vm/scenarios/tpm.py", "systemd-creds encrypt"),
    "tests/vm/run 2": (".ci/run", "machines 2"),
    "image/debian/reproduce": (".github/workflows/image.yml", "image/debian/reproduce"),
    "nix build .#image": (".github/workflows/nix.yml", ".#image"),
    "image/nix/build": (".github/workflows/nix.yml", "image/nix/build"),
}
# Commands that no test of this repository runs, and why.
BY_NOBODY = {
    "gh attestation verify blufio_V.raw.xz --repo blufio/blufio": "asks GitHub about a release, and there is none yet",
    "nix run github:blufio/blufio": "fetches what is not published yet",
    "systemctl edit": "the page says that it cannot work there",
    "sudo tests/vm/run 3": "takes most of an hour; by hand, before a release. At every change, the shortest of it",
}
# What has to be noticed: each of them is overlooked where somebody writes it so.
OTHER_CODE = ("```bash\nrm x\n```\n", "- as here:\n  ```sh\n  rm x\n  ```\n", "```sh \nrm x\n```\n", "~~~\nrm x\n~~~\n", "Then:\n\n    rm x\n", "1. ```sh\n", "```sh\nrm x\n")


def run(world) -> None:
    for text in OTHER_CODE:
        assert pages.overlooked(text), f"not noticed: {text!r}"
    assert pages.in_sentences("Say `blufio\nvault unseal` to `blufio`; `lsblk`, `blufio.toml`") == ["blufio vault unseal", "lsblk"]
    overlooked = [f"docs/{page}:{place}" for page in PAGES for place in pages.overlooked(pages.read(page))]
    assert not overlooked, f"code that is not looked at; known are ``` at the beginning of a line, and {', '.join(pages.KINDS)}: {overlooked}"

    run_by: dict[tuple[str, str], list[str]] = {}
    for one in scenario.find():
        for page, commands in getattr(one.module, "COMMANDS", {}).items():
            for command in commands:
                run_by.setdefault((page, command), []).append(one.name)
    in_blocks = {(page, command) for page in PAGES for command in pages.commands(page)}
    in_sentences = {(page, command) for page in PAGES for command in pages.in_sentences(pages.read(page))}
    said = in_blocks | in_sentences
    gone = {f"docs/{page}: {command} ({', '.join(names)})" for (page, command), names in run_by.items() if (page, command) not in said}
    assert not gone, f"run by scenarios, and not on the page (any more): {gone}"
    told = ELSEWHERE.keys() | BY_NOBODY.keys()
    # In a sentence, a part of a command that is run is enough.
    whole = [f" {command} " for command in {command for _, command in run_by} | told]
    missing = {f"docs/{page}: {command}" for page, command in in_blocks if (page, command) not in run_by and command not in told}
    missing |= {f"docs/{page}: {command}" for page, command in in_sentences if not any(f" {command} " in other for other in whole)}
    assert not missing, f"on the page, and run by nobody: {missing}"
    for command, (file, words) in ELSEWHERE.items():
        assert words in code(file), f"{file} does not run {command} (any more)"
    idle = [command for command in told if not any(command == other for _, other in said)]
    assert not idle, f"told here, and on no page (any more): {idle}"
    world.step(f"{len(said)} commands: {len(run_by)} run by scenarios, {len(ELSEWHERE)} elsewhere, {len(BY_NOBODY)} by nobody")


def code(file: str) -> str:
    """What a file does, without what it says about it."""
    text = (REPOSITORY / file).read_text()
    if not file.endswith(".py"):
        return re.sub(r"(^|\s)#.*", "", text, flags=re.MULTILINE)
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body[0] = ast.Pass()
    return ast.unparse(tree)

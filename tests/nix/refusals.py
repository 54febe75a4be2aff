# SPDX-License-Identifier: MIT OR Apache-2.0
"""Each refusal of the module has a case in `refused/`: its words, with whatever stands in the place of what is filled in."""

import re

import workbench
from workbench import ROOT, Failure

MESSAGE = re.compile(r"\bmessage = ''(.*?)'';", re.DOTALL)
# Once within another.
FILLED = re.compile(r"\$\{(?:[^{}]|\{[^}]*\})*\}")


def check(flake: workbench.Flake) -> str:
    said = flake.refusals()
    found = 0
    for path in workbench.files(["nixos-module"]):
        if path.suffix != ".nix":
            continue
        for message in MESSAGE.findall(path.read_text()):
            words = [" ".join(part.split()) for part in FILLED.split(message)]
            pattern = r"\s*.*\s*".join(map(re.escape, words))
            found += 1
            if not any(re.fullmatch(pattern, one) for one in said):
                raise Failure(f"{path.relative_to(ROOT)}: no case in tests/nix/refused is refused with: {' '.join(message.split())}")
    return f"{len(said)} cases of {found} refusals"

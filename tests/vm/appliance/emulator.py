# SPDX-License-Identifier: MIT OR Apache-2.0
"""The tree with the emulator, its firmware and its TPM. Only tier 3 needs it."""

import os
import subprocess
from pathlib import Path

from driver.needs import CACHE, REPOSITORY, Missing

TREE = CACHE / "vm" / "image-emulator"
ENTER = REPOSITORY / "image/debian/enter"


def built() -> None:
    """Builds it where it is missing."""
    command = [str(REPOSITORY / "image/debian/trees"), "emulator"]
    if subprocess.run(command, env=os.environ | {"BLUFIO_CACHE": str(TREE.parent)}, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        raise Missing(f"the tree with the emulator could not be built; the words of {command[0]} stand above")


def inside(folder: Path, place: str, command: list[str]) -> list[str]:
    """The command line that runs a command in it, with a folder of ours, which it may write to."""
    return [str(ENTER), str(TREE), "--write", str(folder), place, "--", *command]

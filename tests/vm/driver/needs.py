# SPDX-License-Identifier: MIT OR Apache-2.0
"""What has to be there before a machine can be booted; what is missing is told with its remedy."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "blufio"

# Program → Debian package that brings it: what machines of every kind need.
USUAL = {"mmdebstrap": "mmdebstrap", "unshare": "util-linux", "nsenter": "util-linux"}


class Missing(Exception):
    """Something is not there. The text names the remedy."""


def programs(wanted: dict[str, str]) -> None:
    """Refuses unless every program is there and we are root."""
    if os.geteuid() != 0:
        raise Missing("machines are booted by root: run it again with sudo")
    missing = sorted({package for program, package in wanted.items() if not shutil.which(program)})
    if missing:
        names = ", ".join(program for program, package in wanted.items() if package in missing)
        raise Missing(f"missing: {names}. apt-get install -y --no-install-recommends {' '.join(missing)}")


def target_folder() -> Path:
    """Where cargo builds to."""
    return Path(os.environ.get("CARGO_TARGET_DIR") or REPOSITORY / "target")


def binary(given: str | None) -> Path:
    """The program under test: static, so that it runs in any machine. Built where it is missing."""
    triple = f"{platform.machine()}-unknown-linux-musl"
    return _built(given, target_folder() / triple / "dist/blufio", ["--profile", "dist", "--target", triple, "-p", "blufio"])


def simulator(given: str | None) -> Path:
    """The stand-ins for the two APIs. Built where they are missing."""
    return _built(given, target_folder() / "debug/blufio-simulator", ["-p", "blufio-simulator"])


def _built(given: str | None, usual: Path, arguments: list[str]) -> Path:
    if given is not None:
        path = Path(given).resolve()
        if not os.access(path, os.X_OK):
            raise Missing(f"{path} is not a program; leave the option away to have it built")
        return path
    if not usual.exists():
        command = ["cargo", "build", "--locked", *arguments]
        if not shutil.which("cargo"):
            raise Missing(f"{usual} is missing, and no cargo is here. Who has one builds it: {' '.join(command)}; then name both: --binary FILE --simulator FILE")
        print(f"{usual} is missing: {' '.join(command)}", flush=True)
        environment = os.environ | {"CARGO_TARGET_DIR": str(target_folder())}
        if subprocess.run(command, cwd=REPOSITORY, env=environment, check=False).returncode != 0:
            raise Missing(f"the build failed; run it yourself: {' '.join(command)}")
    return usual

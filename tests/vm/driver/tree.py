# SPDX-License-Identifier: MIT OR Apache-2.0
"""The root tree of the machines: a small Debian, built once and kept. Scenarios write to a layer above it."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from driver.needs import CACHE, Missing

SUITE = "trixie"
# libbpf1 is what systemd loads SocketBindDeny= with, python3 for what is tried from inside a sandbox, prometheus for
# promtool and a real scrape.
PACKAGES = ["systemd", "systemd-sysv", "libbpf1", "dbus", "logrotate", "python3", "prometheus"]
# What Debian starts by itself and no scenario needs.
MASKED = [
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "console-getty.service",
    "prometheus.service",
    "systemd-firstboot.service",
]
UNWANTED = ["man", "doc", "locale", "info", "javascript", "nodejs"]
# What packages bring along and no machine here uses: they are installed by now.
REMOVED = ["var/lib/apt", "var/lib/dpkg/info", "var/cache/debconf", "usr/lib/apt", "usr/lib/x86_64-linux-gnu/gconv"]
# What is mounted while it is built is seen by nobody else, and all of it ends when we do.
APART = ["unshare", "--mount", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc", "--propagation", "private", "--", "nice", "-n", "5"]
LARGEST = 400 * 1000 * 1000


def command(target: str) -> list[str]:
    """What builds it."""
    within = f"cd \"$1\" && rm -rf {' '.join(REMOVED)} && find usr/lib -name __pycache__ -prune -exec rm -rf {{}} +"
    return [
        "mmdebstrap",
        "--quiet",
        "--variant=minbase",
        "--mode=root",
        "--aptopt=Acquire::Languages \"none\"",
        "--aptopt=APT::Install-Recommends \"false\"",
        *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in UNWANTED),
        f"--include={','.join(PACKAGES)}",
        f"--customize-hook=systemctl --quiet --root=\"$1\" mask {' '.join(MASKED)}",
        "--customize-hook=echo blufio > \"$1/etc/hostname\"",
        f"--customize-hook={within}",
        SUITE,
        target,
    ]


def key() -> str:
    """Changes whenever another tree is wanted."""
    return hashlib.sha256(repr(command("")).encode()).hexdigest()[:16]


def path() -> Path:
    """The folder of the tree, whether it is there or not."""
    return CACHE / "vm" / f"tree-{key()}"


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Builds the tree where it is missing, and keeps others from replacing it for as long as it is used."""
    wanted = path()
    folder = wanted.parent
    folder.mkdir(parents=True, exist_ok=True)
    # It holds programs with the set-user-id bit that nobody updates.
    folder.chmod(0o700)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        if not wanted.exists():
            # Alone: two runs at once build it once, and nobody uses an old one.
            fcntl.flock(lock, fcntl.LOCK_EX)
            for other in folder.glob("tree-*"):
                if other != wanted:
                    shutil.rmtree(other)
            if not wanted.exists():
                _build(wanted)
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def _build(wanted: Path) -> None:
    partial = wanted.with_name(f"{wanted.name}.partial")
    print(f"building the root tree ({SUITE}, {' '.join(PACKAGES)}) …", flush=True)
    began = time.monotonic()
    try:
        if subprocess.run([*APART, *command(str(partial))], check=False).returncode != 0:
            raise Missing("the root tree could not be built; the words of mmdebstrap stand above")
        size = sum(os.lstat(Path(place, name)).st_blocks for place, _, names in os.walk(partial) for name in names) * 512
        if size > LARGEST:
            raise Missing(f"the root tree has {size // 1_000_000} MB, more than {LARGEST // 1_000_000}")
        partial.rename(wanted)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    print(f"built: {size // 1_000_000} MB in {time.monotonic() - began:.0f} s, {wanted}", flush=True)

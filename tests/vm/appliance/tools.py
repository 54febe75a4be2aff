# SPDX-License-Identifier: MIT OR Apache-2.0
"""The tree of tools that images are built with. It also has the kernel that runs as a program."""

import contextlib
import fcntl
import hashlib
import os
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

from driver.needs import CACHE, REPOSITORY, Missing
from driver.nspawn import Failed

TREE = CACHE / "vm" / "image-tools"
ENTER = REPOSITORY / "image/debian/enter"
# What a kernel for real machines loads when a device or a mount calls for it, and this one's modules are not in the image.
MODULES = ["ipv6", "fuse", "autofs4", "vfat", "nls_cp437", "nls_ascii", "nls_utf8", "nls_iso8859-1"]
# States of the repository whose modules are kept.
KEPT = 4


def built() -> None:
    """Builds it where it is missing."""
    command = [str(REPOSITORY / "image/debian/trees"), "tools"]
    TREE.parent.mkdir(parents=True, exist_ok=True)
    if subprocess.run(command, env=os.environ | {"BLUFIO_CACHE": str(TREE.parent)}, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        raise Missing(f"the tree of tools could not be built; the words of {command[0]} stand above")


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Keeps others from replacing the tree for as long as it is used."""
    with open(CACHE / "vm/image-lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def inside(bound: list[tuple[Path, str]], command: list[str]) -> list[str]:
    """The command line that runs a command in the tree, with folders and files of ours in it, which it may write to."""
    binds = [word for here, there in bound for word in ("--write", str(here), there)]
    return [str(ENTER), str(TREE), *binds, "--", *command]


def ask(bound: list[tuple[Path, str]], command: list[str]) -> str:
    """Runs a command in the tree that has to succeed; its output."""
    done = subprocess.run(inside(bound, command), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


def modules() -> Path:
    """The modules of this kernel, packed for an initrd. Made where they are missing."""
    lists = (REPOSITORY / "image/initrd/modules").read_bytes() + repr(MODULES).encode()
    (version,) = (place.name for place in (TREE / "usr/lib/uml/modules").iterdir())
    key = hashlib.sha256(lists + version.encode()).hexdigest()[:16]
    wanted = CACHE / "vm" / f"image-uml-{key}.initrd"
    if not wanted.exists():
        # Those of other states of the repository may be in use; the latest are kept.
        for old in sorted(wanted.parent.glob("image-uml-*"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            old.unlink()
        partial = wanted.with_name(f"{wanted.name}.{secrets.token_hex(4)}.partial")
        partial.touch()
        script = f"""
            mkdir -p /run/tree/usr/lib/modules && ln -s usr/lib /run/tree/lib
            cp -a /usr/lib/uml/modules/{version} /run/tree/usr/lib/modules/ && depmod -b /run/tree {version}
            export IMAGE=/blufio/image SOURCE_DATE_EPOCH=1700000000
            /blufio/image/debian/inside/modules /run/tree {version} /run/modules {' '.join(MODULES)}
            /blufio/image/debian/inside/archive /run/modules /run/packed && cat /run/packed >/blufio/out"""
        try:
            ask([(REPOSITORY / "image", "/blufio/image"), (partial, "/blufio/out")], ["/bin/bash", "-euc", script])
        except Failed as failed:
            partial.unlink()
            raise Missing(f"the modules for these machines could not be packed: {failed}") from failed
        partial.rename(wanted)
    return wanted

# SPDX-License-Identifier: MIT OR Apache-2.0
"""No machine: what the builds of both images refuse, and what the list of a NixOS image's updates holds and is signed with."""

import os
import subprocess

from driver.needs import REPOSITORY
from driver.pod import WORK

TIERS = (1,)
# In Nix's place: what is built lies there already.
NIX = """#!/bin/bash
until [[ "$1" == --out-link ]]; do shift; done
ln -sfn "$MADE/$(basename "$2")" "$2"
"""
# In gpg's place: says in the signature what it was told.
GPG = """#!/bin/bash
told="$*"
until (($# == 0)) || [[ "$1" == --output ]]; do shift; done
(($# == 0)) || echo "$told" >"$2"
"""


NOWHERE = ("http://a.example/", "https://a.example", "https://a.example/b", "https://a.example/b c/", "https://a.example/%b/", "https://a.example/b?/", "https:///")
SOMEWHERE = ("https://a.example/", "https://a.example:8443/b/c-1.0/")


def run(world) -> None:
    def refusal(*options: str) -> str:
        done = subprocess.run([REPOSITORY / "image/debian/build", *options], capture_output=True, text=True, check=False)
        assert done.returncode == 2, f"{options}: {done.returncode}"
        return done.stderr

    for place in NOWHERE:
        assert "--updates-from is a folder on the web" in (said := refusal("--updates-from", place)), said
    for place in SOMEWHERE:
        # What comes next is refused, so that nothing is built.
        assert "is not a program" in (said := refusal("--updates-from", place, "--binary", "/nowhere")), said
    world.step("updates come from a folder by https, or nothing is built")

    machine = os.uname().machine
    programs, made, keys, out = (WORK / name for name in ("programs", "made", "keys", "out"))
    for folder in (programs, made / "image", made / "update", keys, out):
        folder.mkdir(parents=True)
    for name, text in (("nix", NIX), ("gpg", GPG), ("gpgconf", "#!/bin/sh\n")):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    for name in ("update.asc", "update.pub.gpg"):
        (keys / name).touch()
    (made / f"image/blufio-nixos-{machine}_2.0.raw").write_text("disk")
    (made / f"update/blufio-nixos-{machine}_2.0.efi").write_text("kernel")
    # Of an earlier version, and of another machine's, which a release holds beside it.
    for name in (f"{machine}_1.0.efi", f"{machine}_1.0.raw.xz", "other_2.0.efi"):
        (out / f"blufio-nixos-{name}").touch()
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "MADE": str(made), "SOURCE_DATE_EPOCH": "1700000001"}
    subprocess.run([REPOSITORY / "image/nix/build", keys, out], env=environment, stdout=subprocess.DEVNULL, check=True)
    listed = sorted(line.split()[1] for line in (out / "SHA256SUMS").read_text().splitlines())
    assert listed == sorted([f"blufio-nixos-{machine}_2.0.efi", f"blufio-nixos-{machine}_2.0.raw.xz", "blufio-nixos-other_2.0.efi"]), listed
    assert not list(out.glob(f"blufio-nixos-{machine}_1.0*")), "what an earlier build has left is still there"
    assert "--faked-system-time 1700000001!" in (signed := (out / "SHA256SUMS.gpg").read_text()), signed
    world.step(f"listed: {', '.join(listed)}")

# SPDX-License-Identifier: MIT OR Apache-2.0
"""The partitions of the NixOS appliance, made by systemd-repart: the disk of the image, with a small file where the system
goes, and what the first boot would make of it on a larger disk."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import workbench
from workbench import ROOT, Failure

TREE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "blufio/vm/image-tools"
NEEDED = ["systemd-repart", "mkfs.erofs", "mkfs.vfat", "mcopy"]
# What the image is written to: 4 GB.
DISK = 4 << 30
SLOT = {"root": 1 << 30, "root-verity": 32 << 20}


def entrance(place: Path) -> list[str] | None:
    """How a command comes to the programs that make disks: those of this machine, or of the tree that builds images."""
    if all(shutil.which(name) for name in NEEDED):
        said = subprocess.run(["systemd-repart", "--version"], capture_output=True, text=True, check=True).stdout
        if int(said.split()[1]) >= 257:
            return []
    if os.geteuid() == 0 and shutil.which("unshare") and (TREE / "usr/bin/systemd-repart").exists():
        return [str(ROOT / "image/debian/enter"), str(TREE), "--write", str(place), str(place), "--"]
    return None


def told(flake: workbench.Flake) -> dict[str, dict[str, dict[str, object]]]:
    """What is in the image, and what belongs onto a disk, as Nix says."""
    return flake.json(  # type: ignore[return-value]
        "nixosConfigurations.appliance.config",
        "c: { image = builtins.mapAttrs (_: one: one.repartConfig) c.image.repart.partitions;"
        " machine = c.services.blufio.appliance.partitions; }",
    )


def written(folder: Path, partitions: dict[str, dict[str, object]], more: dict[str, list[str]]) -> None:
    folder.mkdir()
    for name, settings in partitions.items():
        lines = [f"{key}={one}" for key, value in settings.items() for one in (value if isinstance(value, list) else [value])]
        (folder / f"{name}.conf").write_text("\n".join(["[Partition]", *lines, *more.get(name, [])]) + "\n")


def repart(enter: list[str], place: Path, *flags: str) -> list[dict]:
    command = [
        *enter, "systemd-repart", "--json=short", "--no-pager", "--sector-size=512", "--architecture=x86-64",
        "--offline=yes", "--seed=3f0d6c0e-52cf-4b0f-b6c2-5b1ab1f10003", *flags, str(place / "disk.raw"),
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    # It goes on past a key that it does not know, and says so.
    unknown = [line for line in said.stderr.splitlines() if "nknown" in line or "ignoring" in line]
    if said.returncode or unknown:
        raise Failure("systemd-repart: " + ("\n".join(unknown) or said.stderr))
    return json.loads(said.stdout)


def check(flake: workbench.Flake) -> str:
    with tempfile.TemporaryDirectory(prefix="blufio-disk-") as folder:
        place = Path(folder)
        enter = entrance(place)
        if enter is None:
            return f"skipped: needs {', '.join(NEEDED)} (systemd 257), or root and the tree that image/debian/build makes"
        definitions = told(flake)
        (place / "system").mkdir()
        (place / "system/store").write_text("the store would be here\n" * 4096)
        copied = f"CopyFiles={place}/system:/"
        written(place / "image", definitions["image"], {"10-esp": [copied], "20-root-a": [copied]})
        written(place / "machine", definitions["machine"], {})
        made = repart(enter, place, "--empty=create", "--size=auto", "--dry-run=no", f"--definitions={place}/image")
        hashes = {one["roothash"] for one in made if one.get("roothash")}
        if len(hashes) != 1 or len(made) != len(definitions["image"]):
            raise Failure(f"the image has other partitions, or not one root hash: {made}")
        size = (place / "disk.raw").stat().st_size
        disk = repart(enter, place, "--dry-run=yes", f"--size={DISK}", f"--definitions={place}/machine")
        grown = {Path(one["file"]).stem: one for one in disk if one.get("file")}
        slots = [(grown[name]["label"], grown[name]["raw_size"]) for name in ("30-root-b", "31-verity-b")]
        if slots != [("_empty", SLOT["root"]), ("_empty", SLOT["root-verity"])]:
            raise Failure(f"slot B would be {slots}")
        if any(grown[name]["activity"] != "unchanged" for name in ("20-root-a", "21-verity-a")):
            raise Failure(f"the first boot would touch slot A: {disk}")
        data = grown["50-data"]["raw_size"]
        if data < DISK // 4:
            raise Failure(f"the data would get {data} bytes of a disk of {DISK}")
        return f"an image of {size >> 20} MB; on a disk of {DISK >> 20} MB the data gets {data >> 20} MB"

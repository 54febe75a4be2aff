# SPDX-License-Identifier: MIT OR Apache-2.0
"""The images under test: one that is installed, and one that it is updated to. Built where they are missing."""

import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from driver.needs import CACHE, REPOSITORY, Missing

BUILD = REPOSITORY / "image/debian/build"
INSTALLED, NEXT = "1.0.0", "1.1.0"


@dataclass(frozen=True)
class Image:
    """What a build has left in its folder."""

    folder: Path
    version: str

    def file(self, end: str) -> Path:
        """One of its files, such as `.efi`."""
        return self.folder / f"blufio_{self.version}{end}"

    @property
    def payloads(self) -> list[Path]:
        """What an update fetches: system, hashes, kernel."""
        return [*sorted(self.folder.glob(f"blufio_{self.version}_*.xz")), self.file(".efi")]


def built(binary: Path, *versions: str) -> None:
    """Builds those that are missing, of this state of the repository and of this program."""
    key = _key(binary)
    for version in versions:
        place = image(version).folder
        stamp = place / "key"
        if stamp.exists() and stamp.read_text() == key:
            continue
        print(f"building the image {version}: one to two minutes; the first time trees of packages, too", flush=True)
        place.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
        command = [str(BUILD), "--version", version, "--out", str(place), "--binary", str(binary), "--fast"]
        # The date of the last commit would give every commit an image of its own.
        environment = os.environ | {"SOURCE_DATE_EPOCH": "1700000000"}
        if subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode != 0:
            raise Missing(f"the image could not be built; its words stand above. Yourself: {' '.join(command)}")
        stamp.write_text(key)


def image(version: str) -> Image:
    """One of them, whether it is there or not."""
    return Image(CACHE / "vm" / "image-tests" / version, version)


def _key(binary: Path) -> str:
    """Changes with everything that goes into an image."""
    digest = hashlib.sha256(binary.read_bytes())
    for path in sorted((REPOSITORY / "image").rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(REPOSITORY)}\0".encode() + path.read_bytes())
    return digest.hexdigest()

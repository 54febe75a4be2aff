# SPDX-License-Identifier: MIT OR Apache-2.0
"""The images under test: what is installed, and what it is updated to. Built where they are missing, and kept; or a finished
one that somebody names."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from appliance import tools
from driver.needs import CACHE, REPOSITORY, Missing

BUILD = REPOSITORY / "image/debian/build"
MAKE_KEYS = REPOSITORY / "image/debian/keys"
KEYS = CACHE / "vm/image-keys"
PROGRAMS = Path(__file__).resolve().parent / "programs"
# Where they look for updates until a scenario says otherwise: a name that nobody has.
UPDATES_FROM = "https://updates.example.org/blufio/"
INSTALLED, NEXT, UNHEALTHY = "installed", "next", "unhealthy"
# The one that is good is newer than the one that is not, and can take its place.
VERSIONS = {INSTALLED: "1.0.0", UNHEALTHY: "1.0.1", NEXT: "1.1.0"}
# In these, something else stands in the program's place.
INSTEAD = {UNHEALTHY: PROGRAMS / "unhealthy"}
# States of the repository whose images are kept: they take up to 800 MB each.
KEPT = 3
# How the side in the pod learns which of them is meant: the repository may have changed meanwhile.
PLACE = "BLUFIO_VM_IMAGES"
FINISHED = "BLUFIO_VM_IMAGE"


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
        """What an update fetches: system, hashes, kernel, and where its parts begin."""
        return [*sorted(self.folder.glob(f"blufio_{self.version}_*.xz")), self.file(".efi"), self.file(".bios")]

    def copy_disk(self, form: str, to: Path) -> None:
        """Copies its disk. Where it lies there packed alone, as it is published, that is unpacked."""
        plain, packed = self.file(f".{form}"), self.file(f".{form}.xz")
        if plain.exists():
            subprocess.run(["cp", "--sparse=always", plain, to], check=True)
        else:
            with to.open("wb") as disk:
                subprocess.run(["xz", "--decompress", "--stdout", packed], stdout=disk, check=True)


class Images:
    """All images of one state of the repository, whether they are there or not."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __getitem__(self, kind: str) -> Image:
        return Image(self.place / f"{kind}-{VERSIONS[kind]}", VERSIONS[kind])


class Finished(Images):
    """One that somebody has built, with a version and keys of its own: what is installed, and nothing to update it to."""

    def __getitem__(self, kind: str) -> Image:
        assert kind == INSTALLED, f"{kind}: a finished image has none beside it"
        return finished(self.place)


def finished(folder: Path) -> Image:
    """The image in the folder that a build has written to."""
    kernels = sorted(folder.glob("blufio_*.efi"))
    if len(kernels) != 1:
        raise Missing(f"{folder} holds {len(kernels) or 'no'} images, not one; `image/debian/build --out {folder}` makes it")
    image = Image(folder, kernels[0].stem.removeprefix("blufio_"))
    if not image.file(".raw").exists() and not (image.file(".raw.xz").exists() and shutil.which("xz")):
        raise Missing(f"{folder} holds neither {image.file('.raw').name} nor that as .xz and a program `xz` to unpack it with (xz-utils)")
    if not image.file(".qcow2").exists():
        raise Missing(f"{folder} holds no {image.file('.qcow2').name}; `image/debian/build` without --fast makes it")
    return image


def held_ones() -> Images:
    """Those that are held by whoever started this."""
    return Finished(Path(os.environ[FINISHED])) if FINISHED in os.environ else Images(Path(os.environ[PLACE]))


def wanted(scenarios: list[ModuleType]) -> list[str]:
    """What scenarios ask for, beside what is installed."""
    return [INSTALLED, *sorted({kind for one in scenarios for kind in getattr(one, "IMAGES", ())})]


@contextlib.contextmanager
def held(binary: Path, kinds: list[str], image: Path | None) -> Iterator[None]:
    """Images of this state of the repository and of this program, kept for as long as they are used; or a finished one."""
    if image is not None:
        tools.built()
        os.environ[FINISHED] = str(image)
        yield
        return
    place = CACHE / "vm/image-tests" / _key(binary)
    place.mkdir(parents=True, exist_ok=True)
    with open(place / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        # Two runs at once build them once, and neither waits for what the other one does with those that are there.
        with open(place / "building", "w") as building:
            fcntl.flock(building, fcntl.LOCK_EX)
            _make_keys()
            for kind in kinds:
                _build(Images(place)[kind], INSTEAD.get(kind, binary), disk=kind == INSTALLED)
        os.utime(place)
        _prune(place.parent)
        os.environ[PLACE] = str(place)
        yield


def _is_built(image: Image) -> bool:
    return (image.folder / "built").exists()


def _make_keys() -> None:
    """Keys for tests, which anybody may have; once."""
    if not (KEYS / "update.asc").exists() and subprocess.run([MAKE_KEYS, KEYS, "Blufio tests: anybody may have this key"], check=False).returncode != 0:
        raise Missing(f"the keys for tests could not be made; the words of {MAKE_KEYS} stand above")


def _build(image: Image, program: Path, disk: bool) -> None:
    if _is_built(image):
        return
    print(f"building the image {image.folder.name}: half a minute to two; the first time trees of packages, too", flush=True)
    image.folder.mkdir(exist_ok=True)
    command = [str(BUILD), "--keys", str(KEYS), "--out", str(image.folder), "--version", image.version, "--binary", str(program)]
    command += ["--updates-from", UPDATES_FROM, "--disk" if disk else "--fast"]
    # The date of the last commit would give every commit an image of its own.
    environment = os.environ | {"SOURCE_DATE_EPOCH": "1700000000"}
    if subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        raise Missing(f"the image could not be built; its words stand above. Yourself: {' '.join(command)}")
    (image.folder / "built").touch()


def _prune(folder: Path) -> None:
    """Removes what nobody uses and has not been used lately."""
    places = sorted((place for place in folder.iterdir() if place.is_dir()), key=lambda place: place.stat().st_mtime)
    for place in places[:-KEPT]:
        with open(place / "lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(place)


def _key(binary: Path) -> str:
    """Changes with everything that goes into an image."""
    digest = hashlib.sha256(binary.read_bytes())
    for folder in (REPOSITORY / "image", PROGRAMS):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                digest.update(f"{path.relative_to(REPOSITORY)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]

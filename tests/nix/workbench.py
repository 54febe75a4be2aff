# SPDX-License-Identifier: MIT OR Apache-2.0
"""What `check`, `evaluate` and `reference` work with: the tools, a copy of the flake, and questions to Nix."""

import difflib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAMP = ROOT / "tests/nix/stamp.json"
STAND_IN = ROOT / "tests/nix/stand-in"
UNIT = ROOT / "image/systemd/blufio.service"
PAGE = ROOT / "docs/nixos.md"
BEGIN, END = "<!-- options: made by tests/nix/reference -->", "<!-- end of options -->"

# What a judgement of the real nixpkgs is about.
CODE = ["flake.nix", "flake.lock", "nixos-module", "tests/nix/default.nix", "tests/nix/judge.nix"] + [
    f"tests/nix/{folder}" for folder in ("accepted", "refused", "machines", "shared")
]
SYSTEMS = ["x86_64-linux", "aarch64-linux"]
KINDS = ["apps", "checks", "devShells", "packages"]
# What else has to be there for the flake to be evaluated. The sources are not: nothing is built.
BESIDE = [".cargo/config.toml", "Cargo.toml", "Cargo.lock", "tests/vm/driver", "tests/vm/scenarios"] + [
    f"image/{one.name}" for one in sorted((ROOT / "image").iterdir()) if one.name != "debian"
]
FOLDERS = ["src", "bench", "tests/e2e", "tests/house", "tests/turn"]


class Failure(Exception):
    """Says to a person what is wrong and what to do."""


def environment() -> dict[str, str]:
    """The environment with Nix and systemd's analyser in its path: those of this machine where it has both."""
    if os.environ.get("BLUFIO_OWN_NIX") or not shutil.which("apt-get"):
        return dict(os.environ)
    told = subprocess.run([ROOT / "tests/nix/tools"], stdout=subprocess.PIPE, text=True, check=False)
    if told.returncode:
        raise Failure("tests/nix/tools could not bring the tools; see above")
    return {**os.environ, "PATH": f"{told.stdout.strip()}:{os.environ['PATH']}"}


ENVIRONMENT = environment()


def on_disk(path: str) -> Path:
    """Where a path of the store lies, which may be in the store of the tools."""
    nix = shutil.which("nix", path=ENVIRONMENT["PATH"])
    kept = Path(nix or "/").parents[1] / "store" / path.lstrip("/")
    return kept if kept.exists() else Path(path)


def run(*command: str | Path, place: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], cwd=place, env={**ENVIRONMENT, **more}, capture_output=True, text=True, check=False
    )


def files(places: list[str]) -> list[Path]:
    found = []
    for place in places:
        path = ROOT / place
        found += sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    return [one for one in found if "__pycache__" not in one.parts]


def code() -> str:
    """The fingerprint of the Nix code."""
    digest = hashlib.sha256()
    for path in sorted(files(CODE)):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def parts(names: list[str], size: int) -> list[list[str]]:
    return [names[at : at + size] for at in range(0, len(names), size)]


class Flake:
    """A copy of the flake, evaluated with one nixpkgs."""

    def __init__(self, folder: Path, nixpkgs: str) -> None:
        self.folder, self.nixpkgs = folder, nixpkgs

    def nix(self, *command: str) -> str:
        given = ["--override-input", "nixpkgs", f"path:{self.nixpkgs}", "--no-write-lock-file"]
        said = run("nix", *command, *given)
        if said.returncode:
            raise Failure(said.stderr.strip())
        return said.stdout

    def check(self) -> None:
        """Everything at once: quick with the stand-in, and more than a usual machine's memory with a real nixpkgs."""
        self.nix("flake", "check", "--no-build", "--all-systems", f"path:{self.folder}")

    def check_piecemeal(self) -> int:
        """The same, a few at a time, each time in a process of its own; how many. What is the same for both machines is
        asked for once, and one scenario stands for all that differ in their names alone."""
        batches = []
        for kind in (f"{kind}.{system}" for system in SYSTEMS for kind in KINDS):
            names = [name for name in self.names(kind) if kind != f"checks.{SYSTEMS[1]}"]
            scenarios = [name for name in names if name.startswith("scenario-")]
            own = [name for name in scenarios if (ROOT / f"tests/nix/shared/{name.removeprefix('scenario-')}.nix").exists()]
            alike = [name for name in scenarios if name not in own]
            machines = [name for name in names if name.startswith("machines-")] + own + alike[:1]
            small = [name for name in names if name not in machines + scenarios]
            # Cases are small; a machine takes half a gigabyte, and more with a disk of its own.
            batches += [(kind, part) for part in parts(small, 6) + parts(machines, 1)]
        with ThreadPoolExecutor(os.cpu_count()) as workers:
            list(workers.map(lambda batch: self.evaluate(*batch), batches))
        return sum(len(names) for _, names in batches)

    def evaluate(self, kind: str, names: list[str]) -> None:
        wanted = " ".join(f'(drv set."{name}")' for name in names)
        self.json(kind, f"set: let drv = one: one.drvPath or one.program; in [ {wanted} ]")
        print(f"  {kind}: {', '.join(names)}", flush=True)

    def names(self, attribute: str) -> list[str]:
        return list(self.json(attribute, "builtins.attrNames"))  # type: ignore[call-overload]

    def raw(self, attribute: str) -> str:
        return self.nix("eval", "--raw", f"path:{self.folder}#{attribute}")

    def json(self, attribute: str, apply: str, *more: str) -> object:
        return json.loads(self.nix("eval", "--json", f"path:{self.folder}#{attribute}", "--apply", apply, *more))

    def unit(self, case: str, name: str = "blufio.service") -> str:
        """What the module says in a unit, with the hashes of the store masked. For the service, a drop-in of the package's."""
        text = str(self.json(f"checks.x86_64-linux.accepted-{case}.units", f'units: units."{name}"'))
        return re.sub(r"/nix/store/[0-9a-z]{32}-", "/nix/store/…-", text)

    def refusals(self) -> list[str]:
        """The messages with which the refused cases are refused."""
        of = '(name: builtins.substring 0 8 name == "refused-")'
        return list(self.json("checks.x86_64-linux", f"set: map (name: set.${{name}}.message) (builtins.filter {of} (builtins.attrNames set))"))  # type: ignore[call-overload]

    def options(self) -> str:
        return self.raw("packages.x86_64-linux.options.text")

    def cases(self) -> list[str]:
        return self.names("checks.x86_64-linux")


@contextmanager
def flake(nixpkgs: str) -> Iterator[Flake]:
    with tempfile.TemporaryDirectory(prefix="blufio-nix-") as place:
        folder = Path(place) / "flake"
        for path in files([*CODE, *BESIDE]):
            target = folder / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        for name in FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        yield Flake(folder, nixpkgs)


def noted() -> dict:
    """What the last evaluation with a real nixpkgs said."""
    if not STAMP.exists():
        raise Failure("there is no tests/nix/stamp.json; tests/nix/README.md says how it is made")
    return json.loads(STAMP.read_text())


def page(options: str) -> str:
    """The documentation with these options in it."""
    text = PAGE.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise Failure(f"{PAGE.relative_to(ROOT)}: the lines `{BEGIN}` and `{END}` must stand there once")
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n\n{options.strip()}\n\n{END}{rest.split(END)[1]}"


def compare_page(options: str) -> None:
    """Fails where the documentation and the options differ, and shows where."""
    written, wanted = PAGE.read_text().splitlines(), page(options).splitlines()
    difference = list(difflib.unified_diff(written, wanted, "docs/nixos.md", "the options", lineterm="", n=1))
    if difference:
        raise Failure("\n".join(["run tests/nix/reference; docs/nixos.md does not say what the options say:", *difference]))


def main(work) -> None:  # type: ignore[no-untyped-def]
    try:
        work()
    except Failure as failure:
        sys.exit(f"{Path(sys.argv[0]).name}: {failure}")

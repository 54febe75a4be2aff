# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is offered as an update: as it was built, or spoiled in a way that no signature shows."""

import hashlib
import http.server
import lzma
import shutil
import threading
from pathlib import Path
from typing import Any

from appliance import tools
from appliance.images import Image
from driver.needs import CACHE
from driver.pod import WORK

FOLDER = WORK / "offered"
# Of the tests: what images are signed with where nobody says otherwise.
KEY = CACHE / "vm/image-keys/update.asc"
BLOCK = 4096


def serve(address: str, port: int) -> None:
    """Serves what is published, until the pod ends."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(FOLDER))

        def log_message(self, *_: Any) -> None:
            pass

    class Patient(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """Whoever finds something wrong hangs up, and so does a machine whose power is cut."""

    FOLDER.mkdir(exist_ok=True)
    server = Patient((address, port), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def publish(image: Image) -> None:
    """Offers an image as it was built, and nothing else."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    for file in [*image.payloads, image.folder / "SHA256SUMS", image.folder / "SHA256SUMS.gpg"]:
        shutil.copy(file, FOLDER)


def spoil() -> None:
    """Makes what is published a system that cannot be read: each hash of its blocks is wrong. Rightly signed all the same."""
    (file,) = FOLDER.glob("*.root-verity.raw.xz")
    hashes = lzma.decompress(file.read_bytes())
    # What stands before the first block of hashes says how they are made, and stays.
    file.write_bytes(lzma.compress(hashes[:BLOCK] + bytes(byte ^ 0xFF for byte in hashes[BLOCK:]), preset=0))
    sign()


def sign() -> None:
    """Makes list and signature anew, as whoever has the key can."""
    files = sorted(path for path in FOLDER.iterdir() if not path.name.startswith("SHA256SUMS"))
    lines = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    (FOLDER / "SHA256SUMS").write_text("".join(lines))
    (FOLDER / "SHA256SUMS.gpg").unlink(missing_ok=True)
    script = """
        mkdir -m 700 /run/gnupg; export GNUPGHOME=/run/gnupg
        gpg --batch --quiet --import /key
        gpg --batch --quiet --detach-sign --output /offered/SHA256SUMS.gpg /offered/SHA256SUMS
        gpgconf --kill all"""
    tools.ask([(FOLDER, "/offered"), (KEY, "/key")], ["/bin/bash", "-euc", script])

# SPDX-License-Identifier: MIT OR Apache-2.0
"""A voice note is transcribed by a program that the daemon starts within its sandbox."""

import base64

from driver.world import ADA

TIERS = (1,)
PLACE = "/usr/local/bin/transcribe"
# It sees the recording and nothing of the daemon's secrets.
PROGRAM = """
import os, sys
recording = sys.stdin.buffer.read()
assert "CREDENTIALS_DIRECTORY" not in os.environ
try:
    os.listdir("/home")
    seen = "a home"
except PermissionError:
    seen = "no home"
print(f"{len(recording)} bytes and {seen}")
"""


def run(world) -> None:
    world.start({"transcription.command": [PLACE]})
    world.machine.place(PLACE, f"#!{world.program('python3')}{PROGRAM}", 0o755)
    data = base64.b64encode(b"OggS" + bytes(996)).decode()
    world.simulator.telegram("file", {"chat": ADA, "kind": "voice", "data": data, "media_type": "audio/ogg"})
    said = world.wait_answers(ADA, 1)[0]
    assert "1000 bytes and no home" in said, said
    world.step(f"transcribed: {said!r}")

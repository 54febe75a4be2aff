# SPDX-License-Identifier: MIT OR Apache-2.0
"""A voice note is transcribed by a program that the daemon starts within its sandbox."""

import base64

from driver.world import ADA

TIERS = (1,)
NIXOS = True
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
    program = f"#!{world.program('python3')}{PROGRAM}"
    world.machine.place(PLACE, program, 0o755)
    data = base64.b64encode(b"OggS" + bytes(996)).decode()
    world.simulator.telegram("file", {"chat": ADA, "kind": "voice", "data": data, "media_type": "audio/ogg"})
    said = world.wait_answers(ADA, 1)[0]
    assert "1000 bytes and no home" in said, said
    world.step(f"transcribed: {said!r}")

    # The daemon may finish what it is at when it is stopped, and so may the program that it has started for that.
    world.machine.place(PLACE, program.replace("recording = ", "import time; time.sleep(4); recording = "), 0o755)
    world.simulator.telegram("file", {"chat": ADA, "kind": "voice", "data": data, "media_type": "audio/ogg"})
    world.until("the program at work", lambda: world.machine.answer("grep -qs 'bin/transcrib[e]' /proc/[0-9]*/cmdline")[0] == 0)
    world.machine.run("systemctl stop blufio")
    said = world.answers(ADA)
    assert len(said) == 2 and "1000 bytes" in said[1], said
    world.step("stopped while a recording is transcribed: that is finished first")

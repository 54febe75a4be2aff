# SPDX-License-Identifier: MIT OR Apache-2.0
"""A person at a terminal."""

import os
import pty
import select
import signal
import time

TIME = 120.0


class Failed(AssertionError):
    """A command did not end as it should."""


def typed(arguments: list[str], answers: list[tuple[str, str]], patience: float = TIME) -> str:
    """Runs a program on a terminal that has to succeed: waits for each question and types its answer; what was seen."""
    process, terminal = pty.fork()
    if process == 0:
        os.execvp(arguments[0], arguments)
    seen, from_here, waiting = "", 0, list(answers)
    until = time.monotonic() + patience
    try:
        while True:
            if time.monotonic() > until:
                raise Failed(f"{arguments[-1]}: waited for {waiting[:1] or 'its end'}; it said:\n{seen}")
            if not select.select([terminal], [], [], 0.1)[0]:
                continue
            try:
                read = os.read(terminal, 4096)
            except OSError:
                # This is how a terminal says that nobody is left at its other end.
                break
            if not read:
                break
            seen += read.decode(errors="replace")
            if waiting and waiting[0][0] in seen[from_here:]:
                from_here = len(seen)
                # A program that asks for a secret empties its line first.
                time.sleep(0.1)
                os.write(terminal, (waiting.pop(0)[1] + "\n").encode())
    finally:
        os.close(terminal)
        ended = _ended(process, max(until, time.monotonic() + 10))
    status = os.waitstatus_to_exitcode(ended)
    if status != 0 or waiting:
        raise Failed(f"{arguments[-1]}: status {status}, not asked for: {waiting}; it said:\n{seen}")
    return seen


def _ended(process: int, until: float) -> int:
    """The status of a process that has lost its terminal. One that does not end by itself is ended."""
    while not (found := os.waitpid(process, os.WNOHANG))[0]:
        if time.monotonic() > until:
            os.kill(process, signal.SIGKILL)
            return os.waitpid(process, 0)[1]
        time.sleep(0.05)
    return found[1]

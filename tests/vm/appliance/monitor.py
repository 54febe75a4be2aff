# SPDX-License-Identifier: MIT OR Apache-2.0
"""The emulator's own line (QMP): what it tells about the machine, and what it is asked."""

import calendar
import json
import queue
import socket
import threading
from typing import Any

PATIENCE = 60.0


class Monitor:
    """The line to one emulator, from before its start until after its end."""

    def __init__(self) -> None:
        self._ours, self.theirs = socket.socketpair()
        self._events: list[dict[str, Any]] = []
        self._answers: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._send("qmp_capabilities")

    def _listen(self) -> None:
        with self._ours.makefile("rb") as lines:
            for line in lines:
                said = json.loads(line)
                if "event" in said:
                    self._events.append(said)
                elif "return" in said or "error" in said:
                    self._answers.put(said)

    def _send(self, command: str, **arguments: Any) -> None:
        self._ours.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")

    def ask(self, command: str, **arguments: Any) -> Any:
        """What it answers."""
        while not self._answers.empty():
            self._answers.get()
        self._send(command, **arguments)
        return self._answers.get(timeout=PATIENCE)["return"]

    def clock(self) -> int:
        """What the machine's own clock says, in seconds since 1970."""
        now = self.ask("qom-get", path="/machine", property="rtc-time")
        return calendar.timegm((now["tm_year"] + 1900, now["tm_mon"] + 1, now["tm_mday"], now["tm_hour"], now["tm_min"], now["tm_sec"]))

    def shutdown(self) -> str | None:
        """Why it has ended, once it has."""
        self._listener.join(PATIENCE)
        self._ours.close()
        reasons = [event["data"]["reason"] for event in self._events if event["event"] == "SHUTDOWN"]
        return reasons[-1] if reasons else None

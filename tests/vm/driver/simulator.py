# SPDX-License-Identifier: MIT OR Apache-2.0
"""The two APIs beside the machine: starting them, and their control over HTTP."""

import json
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from driver.pod import WORK

# The only token that the stand-in takes unless told otherwise. It opens nothing anywhere.
TOKEN = "7000000001:AAsimulated-bot-token-not-a-secret-"
# Whatever the host's environment says about proxies, nothing leaves this machine.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Simulator:
    """The stand-ins for Anthropic and Telegram."""

    def __init__(self, program: Path) -> None:
        with open(WORK / "simulator.log", "wb") as log:
            self._process = subprocess.Popen([program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        line = self._process.stdout.readline() if self._process.stdout else b""
        assert line, f"the simulator did not start: {(WORK / 'simulator.log').read_text()}"
        self.urls: dict[str, str] = json.loads(line)

    def ask(self, api: str, path: str, body: Any = None, patience: float = 20, **query: Any) -> Any:
        """`GET`, or `POST` where there is a body, of `/_sim/<api>/<path>`; its JSON."""
        url = f"{self.urls[api]}/_sim/{api}/{path}?{urllib.parse.urlencode(query)}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, headers={"content-type": "application/json"})
        with DIRECT.open(request, timeout=patience) as response:
            return json.load(response)

    def telegram(self, path: str, body: Any = None, **query: Any) -> Any:
        return self.ask("telegram", path, body, **query)

    def anthropic(self, path: str, body: Any = None, **query: Any) -> Any:
        return self.ask("anthropic", path, body, **query)

# SPDX-License-Identifier: MIT OR Apache-2.0
"""The control side of the simulator that `run` has started."""

import json
import os
import urllib.request
from typing import Any

URLS: dict[str, str] = json.loads(os.environ["SIMULATOR_URLS"])


def control(api: str, method: str, path: str, body: Any = None) -> Any:
    """Calls `/_sim/<api>/<path>` and returns its JSON."""
    request = urllib.request.Request(
        f"{URLS[api]}/_sim/{api}/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)

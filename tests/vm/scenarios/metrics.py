# SPDX-License-Identifier: MIT OR Apache-2.0
"""promtool finds nothing wrong with the metrics, and a real Prometheus scrapes them."""

import json
import urllib.parse

from driver.simulator import DIRECT
from driver.world import ADA

TIERS = (1,)
PROMETHEUS = "http://127.0.0.1:9090"
CONFIGURATION = """
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: blufio
    static_configs:
      - targets: ["127.0.0.1:8787"]
"""


def run(world) -> None:
    machine = world.machine
    machine.place("/etc/prometheus/blufio.yml", CONFIGURATION)
    world.start()
    assert world.say(ADA, "[sim:say Counted.]") == "Counted."
    status, metrics = world.get("/metrics")
    assert status == 200
    status, out, err = machine.answer("promtool check metrics", metrics)
    assert (status, out, err) == (0, "", ""), f"promtool: status {status}\n{out}{err}"
    world.step(f"promtool has read {len(metrics.splitlines())} lines")

    machine.run(
        "systemd-run --quiet --unit=monitor --property=DynamicUser=yes --property=StateDirectory=monitor "
        "prometheus --config.file=/etc/prometheus/blufio.yml --storage.tsdb.path=/var/lib/monitor "
        "--web.listen-address=127.0.0.1:9090"
    )
    took = world.until("a scrape", lambda: asked("up{job='blufio'}") == 1)
    assert asked("blufio_messages_sent_total{channel='telegram'}") == 1
    assert asked("blufio_ready") == 1
    world.step(f"scraped {took:.1f} s after Prometheus was started")
    machine.run("systemctl stop blufio")
    world.until("Prometheus to notice", lambda: asked("up{job='blufio'}") == 0)
    machine.run("systemctl stop monitor")


def asked(query: str) -> float | None:
    """What Prometheus answers; `None` where it knows nothing yet."""
    url = f"{PROMETHEUS}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    try:
        with DIRECT.open(url, timeout=5) as response:
            found = json.load(response)["data"]["result"]
    except OSError:
        return None
    return float(found[0]["value"][1]) if found else None

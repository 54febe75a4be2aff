# SPDX-License-Identifier: MIT OR Apache-2.0
meet()
machine.wait_for_unit("blufio.service")
machine.wait_for_unit("prometheus.service")
say("Good morning")
answer(1)

with subtest("Prometheus knows what happened"):
    machine.wait_until_succeeds(
        "curl --fail --silent 'http://127.0.0.1:9090/api/v1/query?query=blufio_turns_total' | grep answered"
    )

with subtest("Grafana has the dashboard, and what it shows"):
    grafana = "curl --fail --silent http://admin:admin@127.0.0.1:3000/api"
    machine.wait_for_open_port(3000)
    machine.wait_until_succeeds(f"{grafana}/dashboards/uid/blufio")
    source = json.loads(machine.succeed(f"{grafana}/datasources/name/Blufio"))["uid"]
    machine.succeed(f"{grafana}/datasources/proxy/uid/{source}/api/v1/query?query=blufio_turns_total | grep answered")

# SPDX-License-Identifier: MIT OR Apache-2.0
# Prometheus scrapes, and Grafana has the dashboard.
{ self }:
{
  name = "blufio-observed";
  nodes.machine = {
    imports = [ (import ./simulated/node.nix { inherit self; }) ];
    virtualisation.memorySize = 2048;
    services.blufio.metrics = { scrape = true; interval = "1s"; dashboard = true; };
    services.prometheus.enable = true;
    services.grafana = {
      enable = true;
      settings.security = { admin_user = "admin"; admin_password = "admin"; secret_key = "of the test"; };
    };
  };
  testScript = builtins.readFile ./simulated/world.py + ''
    meet()
    machine.wait_for_unit("blufio.service")
    machine.wait_for_unit("prometheus.service")
    say("Good morning")
    answer(1)

    with subtest("Prometheus knows what happened"):
        machine.wait_until_succeeds(
            "curl --fail --silent 'http://127.0.0.1:9090/api/v1/query?query=blufio_turns_total' | grep answered"
        )

    with subtest("Grafana has the dashboard"):
        machine.wait_for_open_port(3000)
        machine.wait_until_succeeds("curl --fail --silent http://admin:admin@127.0.0.1:3000/api/dashboards/uid/blufio")
  '';
}

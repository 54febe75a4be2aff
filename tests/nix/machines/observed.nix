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
  testScript = import ./scripts [ "world" ] "observed";
}

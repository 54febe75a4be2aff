# SPDX-License-Identifier: MIT OR Apache-2.0
{
  module.services.blufio = {
    enable = true;
    metrics.dashboard = true;
  };
  refused = "services.blufio.metrics.dashboard is set, and there is no Grafana on this machine to show it.";
}

# SPDX-License-Identifier: MIT OR Apache-2.0
{
  module.services = {
    prometheus.enable = true;
    blufio = {
      enable = true;
      metrics.scrape = true;
      settings.gateway.listen = "127.0.0.1:0";
    };
  };
  refused = "services.blufio.settings.gateway.listen takes any free port, which nobody can know beforehand.";
}

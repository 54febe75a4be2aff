# SPDX-License-Identifier: MIT OR Apache-2.0
{
  module.services.blufio = {
    enable = true;
    metrics.scrape = true;
  };
  refused = "services.blufio.metrics.scrape is set, and there is no Prometheus on this machine to do it.";
}

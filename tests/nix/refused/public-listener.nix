# SPDX-License-Identifier: MIT OR Apache-2.0
{
  module.services.blufio = {
    enable = true;
    settings.gateway.listen = "0.0.0.0:8787";
  };
  refused = "services.blufio.settings.gateway.listen is \"0.0.0.0:8787\", which others could reach without encryption.";
}

# SPDX-License-Identifier: MIT OR Apache-2.0
# A machine that has the module and does not use it.
{
  module = { };
  holds = config: {
    "there is no service" = !(config.systemd.services ? blufio);
    "there is no configuration" = !(config.environment ? etc && config.environment.etc ? "blufio/blufio.toml");
  };
}

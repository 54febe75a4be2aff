# SPDX-License-Identifier: MIT OR Apache-2.0
# Secrets that are named by files on an appliance, which has none of them.
{
  appliance = true;
  module.services.blufio.credentials.anthropic-api-key.file = "/run/secrets/anthropic-api-key";
  holds = config: {
    "somebody is warned" = builtins.any (text: builtins.match "services.blufio.credentials names files that are not on an appliance.*" text != null) config.warnings;
  };
}

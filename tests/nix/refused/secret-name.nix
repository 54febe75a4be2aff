# SPDX-License-Identifier: MIT OR Apache-2.0
# A key that is called like a secret, whatever its value looks like.
{
  module.services.blufio = {
    enable = true;
    settings.anthropic.api_key = "hunter2";
  };
  refused = "services.blufio.settings.anthropic.api_key looks like a secret.";
}

# SPDX-License-Identifier: MIT OR Apache-2.0
# A value that has the shape of a bot's token, inside a URL.
{
  module.services.blufio = {
    enable = true;
    settings.heartbeat.watch = [ "https://api.telegram.org/bot7000000001:AAsimulated-bot-token-not-a-secret-/getMe" ];
  };
  refused = "services.blufio.settings.heartbeat.watch looks like a secret.";
}

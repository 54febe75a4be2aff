# SPDX-License-Identifier: MIT OR Apache-2.0
# A name that nothing asks for, most likely a slip of the pen.
{
  module.services.blufio = {
    enable = true;
    credentials.anthropic-key.file = "/run/secrets/anthropic-key";
  };
  refused = "services.blufio.credentials.anthropic-key: nothing asks for a secret of this name. There are anthropic-api-key, telegram-bot-token, vault-passphrase.";
}

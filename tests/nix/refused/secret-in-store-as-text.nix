# SPDX-License-Identifier: MIT OR Apache-2.0
# The same by its name in the store.
{
  module.services.blufio = {
    enable = true;
    credentials.telegram-bot-token.file = "${builtins.storeDir}/00000000000000000000000000000000-token";
  };
  refused = "services.blufio.credentials.telegram-bot-token.file is in the Nix store";
}

# SPDX-License-Identifier: MIT OR Apache-2.0
# A path without quotes, which Nix copies into the store.
{
  module.services.blufio = {
    enable = true;
    credentials.anthropic-api-key.file = ./secret-in-store.nix;
  };
  refused = "services.blufio.credentials.anthropic-api-key.file is in the Nix store, which everyone on this machine can read.";
}

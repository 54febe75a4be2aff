# SPDX-License-Identifier: MIT OR Apache-2.0
{
  module.services.blufio = {
    enable = true;
    vault.unseal = "credential";
  };
  refused = "services.blufio.vault.unseal is \"credential\", and there is no services.blufio.credentials.vault-passphrase.";
}

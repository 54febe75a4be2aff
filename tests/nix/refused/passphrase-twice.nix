# SPDX-License-Identifier: MIT OR Apache-2.0
{
  module.services.blufio = {
    enable = true;
    vault.unseal = "tpm2";
    credentials.vault-passphrase.file = "/run/secrets/vault-passphrase";
  };
  refused = "services.blufio.vault.unseal is \"tpm2\", and services.blufio.credentials.vault-passphrase hands the passphrase over all the same.";
}

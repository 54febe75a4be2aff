# SPDX-License-Identifier: MIT OR Apache-2.0
# The passphrase is kept by this machine's TPM, with a command that does so.
{
  module.services.blufio = {
    enable = true;
    vault.unseal = "tpm2";
  };
  holds = config: {
    "there is a command to keep it" =
      builtins.any (package: package.name == "blufio-keep-passphrase") config.environment.systemPackages;
  };
}

# SPDX-License-Identifier: MIT OR Apache-2.0
# Secrets come as credentials, and are nowhere else; a passphrase that is handed over opens the vault at every boot.
{ self }:
{
  name = "blufio-credentials";
  nodes.machine = {
    imports = [ (import ./simulated/node.nix { inherit self; }) ];
    services.blufio.credentials.vault-passphrase.file = "/run/secrets/vault-passphrase";
    systemd.tmpfiles.settings.secrets."/run/secrets/vault-passphrase".f = {
      user = "root";
      mode = "0400";
      argument = "correct-horse-battery-staple";
    };
  };
  testScript = import ./scripts [ "world" ] "credentials";
}

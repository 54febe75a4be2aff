# SPDX-License-Identifier: MIT OR Apache-2.0
# Nothing but `enable`. The whole system is evaluated.
{
  whole = true;
  module.services.blufio.enable = true;
  holds = config: {
    "the service starts with the machine" = config.systemd.services.blufio.wantedBy == [ "multi-user.target" ];
    "the unit of the package is used, with a drop-in" = config.systemd.services.blufio.overrideStrategy == "asDropin";
    "nothing is handed over" = config.systemd.services.blufio.serviceConfig.LoadCredential == [ ];
    "the vault asks" = config.services.blufio.vault.unseal == "ask";
    "the command finds the state" = config.services.blufio.settings.store.path == "/var/lib/blufio/blufio.db";
    "backups stay beside the state" = !(config.systemd.services ? blufio-backup-copy);
    "nobody is warned" = !builtins.any (text: builtins.match ".*blufio.*" (builtins.replaceStrings [ "\n" ] [ " " ] text) != null) config.warnings;
  };
}

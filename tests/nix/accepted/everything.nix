# SPDX-License-Identifier: MIT OR Apache-2.0
# Every option at once. The whole system is evaluated.
{
  whole = true;
  module.services = {
    prometheus.enable = true;
    grafana = {
      enable = true;
      settings.security.secret_key = "of the test";
    };
    blufio = {
      enable = true;
      backup = { every = "6h"; keep = 30; copies = { folder = "/mnt/backup/blufio"; at = "Sun 03:00"; }; };
      credentials = {
        anthropic-api-key.file = "/run/secrets/anthropic-api-key";
        speech = { file = ./everything.nix; encrypted = true; };
        vault-passphrase.file = "/run/agenix/vault-passphrase";
      };
      logs = { file = "/var/log/blufio/blufio.log"; frequency = "daily"; keep = 30; };
      metrics = { scrape = true; interval = "15s"; dashboard = true; };
      settings = {
        agent.time_zone = "Europe/Lisbon";
        budget.daily_usd = 2.5;
        gateway.listen = "[::1]:9000";
        telegram.allowed_users = [ 123456789 ];
        transcription = { url = "https://speech.example.org/v1/audio/transcriptions"; secret = "speech"; };
      };
    };
  };
  holds = config:
    let
      inherit (config.systemd.services.blufio) serviceConfig;
      inherit (config.services) blufio prometheus grafana logrotate;
    in
    {
      "readable secrets are loaded by their paths" =
        serviceConfig.LoadCredential == [ "anthropic-api-key:/run/secrets/anthropic-api-key" "vault-passphrase:/run/agenix/vault-passphrase" ];
      "encrypted ones may be in the store" = builtins.length serviceConfig.LoadCredentialEncrypted == 1;
      "a passphrase that is handed over opens the vault" = blufio.vault.unseal == "credential";
      "another port may be listened on" = serviceConfig.SocketBindAllow == [ "" "tcp:9000" "udp" ];
      "backups are made" = blufio.settings.backup == { every = "6h"; keep = 30; };
      "and copied to another disk" = config.systemd.timers.blufio-backup-copy.timerConfig.OnCalendar == "Sun 03:00";
      "the log goes into the file" = blufio.settings.log.file == "/var/log/blufio/blufio.log";
      "the log is rotated" = logrotate.settings.blufio.frequency == "daily" && logrotate.settings.blufio.rotate == 30;
      "Prometheus scrapes" =
        builtins.any (job: (builtins.head job.static_configs).targets == [ "[::1]:9000" ]) prometheus.scrapeConfigs;
      "Grafana has it all" = (builtins.head grafana.provision.datasources.settings.datasources).url == "http://127.0.0.1:9090";
      "Grafana has the dashboard" = builtins.length grafana.provision.dashboards.settings.providers == 1;
    };
}

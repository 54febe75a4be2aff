# SPDX-License-Identifier: MIT OR Apache-2.0
# Logs go to the journal, or to a file that is rotated.
{ config, lib, ... }:
let
  cfg = config.services.blufio;
  logs = cfg.logs;
in
{
  options.services.blufio.logs = {
    file = lib.mkOption {
      type = lib.types.nullOr lib.types.str;
      default = null;
      example = "/var/log/blufio/blufio.log";
      description = "A file below `/var/log/blufio` to log to, instead of the journal. It is rotated.";
    };
    frequency = lib.mkOption {
      type = lib.types.enum [ "daily" "weekly" "monthly" ];
      default = "weekly";
      example = "daily";
      description = "How often the file begins anew. Past 20 MB it does so before that.";
    };
    keep = lib.mkOption {
      type = lib.types.ints.positive;
      default = 8;
      example = 30;
      description = "How many earlier files are kept.";
    };
  };

  config = lib.mkIf (cfg.enable && logs.file != null) {
    services.blufio.settings.log.file = logs.file;
    services.logrotate.enable = true;
    services.logrotate.settings.blufio = {
      files = [ logs.file ];
      frequency = logs.frequency;
      maxsize = "20M";
      rotate = logs.keep;
      compress = true;
      delaycompress = true;
      missingok = true;
      notifempty = true;
      # The service makes the new file itself, when it is told below.
      create = false;
      postrotate = "systemctl kill --signal=HUP --kill-whom=main blufio.service || true";
    };
  };
}

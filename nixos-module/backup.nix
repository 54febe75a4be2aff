# SPDX-License-Identifier: MIT OR Apache-2.0
# Backups: the daemon makes them beside its state by itself; copies of them, on another disk, are made by a timer.
{ config, lib, pkgs, ... }:
let
  cfg = config.services.blufio;
  inherit (cfg) backup;
  # The names bear the time, in UTC, so that they sort by it. Nothing else in the folder is touched.
  forget = pkgs.writeShellScript "blufio-forget-copies" ''
    set -euo pipefail
    cd "$1"
    shopt -s nullglob
    LC_ALL=C
    past=() ahead=()
    for copy in blufio-????????T??????.???Z.db; do
      if [[ $copy > blufio-$(date --utc +%Y%m%dT%H%M%S).999Z.db ]]; then ahead+=("$copy"); else past+=("$copy"); fi
    done
    # What a clock that was ahead has left goes first: it would seem to be the newest for ever.
    copies=("''${ahead[@]}" "''${past[@]}")
    for ((old = 0; old < ''${#copies[@]} - ${toString backup.keep}; old++)); do
      rm -- "''${copies[old]}"
    done
  '';
  # As systemd reads a path in its own settings.
  quoted = path: "\"${lib.replaceStrings [ "\\" "\"" "%" ] [ "\\\\" "\\\"" "%%" ] path}\"";
in
{
  options.services.blufio.backup = {
    every = lib.mkOption {
      type = lib.types.strMatching "none|[1-9][0-9]*(s|m|h|d)";
      default = "24h";
      example = "6h";
      description = ''
        How often the service makes a backup of its state, in `/var/lib/blufio/backups`. With `"none"` only
        `blufio backup create` makes one.
      '';
    };
    keep = lib.mkOption {
      type = lib.types.ints.positive;
      default = 7;
      example = 30;
      description = "How many backups are kept, there and in `copies.folder`.";
    };
    copies = {
      folder = lib.mkOption {
        type = lib.types.nullOr lib.types.str;
        default = null;
        example = "/mnt/backup/blufio";
        description = ''
          A folder on another disk, which a backup is copied to, too: what lies beside the state is lost with it. A backup
          holds everything but the passphrase of the vault; for root alone, or encrypted, is where it belongs.
        '';
      };
      at = lib.mkOption {
        type = lib.types.str;
        default = "daily";
        example = "Sun 03:00";
        description = "When that is done, as systemd writes it (`systemd-analyze calendar`).";
      };
    };
  };

  config = lib.mkIf cfg.enable (lib.mkMerge [
    { services.blufio.settings.backup = { inherit (backup) every keep; }; }
    (lib.mkIf (backup.copies.folder != null) {
      assertions = [
        {
          # /var/lib/blufio leads to the second of them.
          assertion = lib.hasPrefix "/" backup.copies.folder
            && !lib.any (state: lib.hasPrefix "${state}/" "${backup.copies.folder}/") [ "/var/lib/blufio" "/var/lib/private/blufio" ];
          message = ''
            services.blufio.backup.copies.folder is "${backup.copies.folder}". Write the path of a folder on another disk: what
            lies beside the state is lost with it.
          '';
        }
      ];
      systemd.services.blufio-backup-copy = {
        description = "Copy a backup of Blufio to another disk";
        after = [ "blufio.service" ];
        unitConfig.RequiresMountsFor = quoted backup.copies.folder;
        serviceConfig = {
          Type = "oneshot";
          UMask = "0077";
          ExecStart = [
            "${lib.getExe cfg.package} backup create --to ${lib.escapeShellArg backup.copies.folder}"
            "${forget} ${lib.escapeShellArg backup.copies.folder}"
          ];
          # Before the rules below hold, which make everything else read-only.
          ExecStartPre = "+${pkgs.coreutils}/bin/mkdir -p ${lib.escapeShellArg backup.copies.folder}";
          ProtectSystem = "strict";
          ReadWritePaths = [ "-/var/lib/private/blufio" (quoted "-${backup.copies.folder}") ];
          PrivateNetwork = true;
          PrivateDevices = true;
          NoNewPrivileges = true;
        };
      };
      systemd.timers.blufio-backup-copy = {
        wantedBy = [ "timers.target" ];
        timerConfig = { OnCalendar = backup.copies.at; Persistent = true; RandomizedDelaySec = "10min"; };
      };
    })
  ]);
}

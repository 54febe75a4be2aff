# SPDX-License-Identifier: MIT OR Apache-2.0
# Updates: `image/sysupdate.d` with the names of this build, and the command and the timers of both images.
{ config, lib, pkgs, ... }:
let
  plain = import ./plain.nix { inherit lib pkgs; };
  cfg = config.services.blufio.update;
  systemd = config.systemd.package;
  ini = pkgs.formats.ini { };
  # What is published is told from what the other build publishes by its name. The slots hold the store, mounted as /usr.
  published = lib.replaceStrings [ "blufio_@v" ".root" ] [ "${config.image.repart.name}_@v" ".usr" ];
  slot = lib.replaceStrings [ "root" ] [ "usr" ];
  # For machines with UEFI; there is no other loader in this build.
  names = [ "10-root" "11-verity" "20-kernel" ];
  transfers = lib.genAttrs names (name:
    let file = plain.sections "sysupdate.d/${name}.transfer"; in
    {
      inherit (file) Transfer;
      Source = lib.mapAttrs (_: published) file.Source // lib.optionalAttrs (cfg.url != null) { Path = cfg.url; };
      Target = file.Target // lib.optionalAttrs (file.Target.Type == "partition") {
        MatchPattern = slot file.Target.MatchPattern;
        MatchPartitionType = slot file.Target.MatchPartitionType;
      };
    });

  # What fetches also checks the signature, with gpg.
  update = plain.script "update/blufio-update" [ pkgs.coreutils pkgs.gnupgMinimal pkgs.gnused systemd ] {
    "/usr/lib/systemd/systemd-sysupdate" = "${systemd}/lib/systemd/systemd-sysupdate";
    "/usr/lib/blufio/blufio-slot" = "${config.services.blufio.appliance.slot}";
  };
in
{
  options.services.blufio.appliance.transfers = lib.mkOption {
    type = lib.types.attrsOf lib.types.anything;
    internal = true;
    readOnly = true;
    description = "What an update consists of, as systemd-sysupdate is told.";
  };
  options.services.blufio.update = {
    keyring = lib.mkOption {
      type = lib.types.nullOr lib.types.path;
      default = null;
      example = lib.literalExpression "./update.pub.gpg";
      description = ''
        On an appliance: the public half of the key that lists of updates are signed with, as `gpg --export` writes it.
        Without one it takes no updates.
      '';
    };
    url = lib.mkOption {
      type = lib.types.nullOr (lib.types.strMatching "https?://.*/");
      default = null;
      example = "https://updates.example.org/blufio/";
      description = "On an appliance: the folder that updates come from, instead of the newest release of the project.";
    };
    automatic = lib.mkOption {
      type = lib.types.bool;
      default = false;
      example = true;
      description = ''
        On an appliance: whether it looks for a newer version once a day, installs it, and reboots into it. Otherwise
        `blufio-update` does that when somebody asks, or `/etc/blufio/update` asks on the machine.
      '';
    };
    hours = lib.mkOption {
      type = lib.types.strMatching "[0-9]{1,2}-[0-9]{1,2}";
      default = "3-5";
      example = "22-4";
      description = "On an appliance: the hours (UTC) in which it may reboot into a newer version by itself.";
    };
  };

  config = {
    assertions = [
      {
        assertion = cfg.automatic -> cfg.keyring != null;
        message = ''
          services.blufio.update.automatic is set, and services.blufio.update.keyring is not: nobody could say which updates
          are good. Name the file with the public half of the key that yours are signed with.
        '';
      }
    ];

    environment.systemPackages = lib.mkIf (cfg.keyring != null) [ (pkgs.writeShellScriptBin "blufio-update" "exec ${update} \"$@\"") ];
    environment.etc = lib.mkIf (cfg.keyring != null) ({
      "systemd/import-pubring.gpg".source = cfg.keyring;
    } // lib.mapAttrs' (name: one: lib.nameValuePair "sysupdate.d/${name}.transfer" { source = ini.generate name one; }) transfers);

    systemd.units = lib.mkIf (cfg.keyring != null) {
      "blufio-update.service" = plain.unit "update/blufio-update.service" { "/usr/sbin/blufio-update" = "${update}"; };
      "blufio-update.timer" = plain.unit "update/blufio-update.timer" { };
      "blufio-update-reboot.service" = plain.unit "update/blufio-update-reboot.service" {
        "/usr/sbin/blufio-update" = "${update}";
        "ExecStart=systemctl " = "ExecStart=${systemd}/bin/systemctl ";
      };
      "blufio-update-reboot.timer" = plain.unit "update/blufio-update-reboot.timer" { };
    };
    # Whoever wants updates without being asked makes this file.
    systemd.tmpfiles.rules = lib.optional cfg.automatic "f+ /var/config/blufio/update 0644 root root - ${cfg.hours}";

    services.blufio.appliance = { inherit transfers; };
    system.build.update = import ./payload.nix { inherit config pkgs; };
  };
}

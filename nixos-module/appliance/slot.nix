# SPDX-License-Identifier: MIT OR Apache-2.0
# Which of the two systems runs, whether it stays, and which one comes next: the scripts of both images.
{ config, lib, pkgs, ... }:
let
  plain = import ./plain.nix { inherit lib pkgs; };
  systemd = config.systemd.package;
  inherit (config.services.blufio.appliance) slot;
  rollback = plain.script "health/blufio-rollback" [ pkgs.coreutils pkgs.gnused systemd ] {
    "/usr/lib/blufio/blufio-slot" = "${slot}";
  };
in
{
  options.services.blufio.appliance.slot = lib.mkOption {
    type = lib.types.package;
    internal = true;
    readOnly = true;
    description = "The script that knows the slots.";
  };

  config = {
    services.blufio.appliance.slot = plain.script "health/blufio-slot" [ pkgs.coreutils pkgs.gnused systemd ] {
      "/usr/lib/systemd/systemd-bless-boot" = "${systemd}/lib/systemd/systemd-bless-boot";
    };
    environment.systemPackages = [ (pkgs.writeShellScriptBin "blufio-rollback" "exec ${rollback} \"$@\"") ];

    systemd.units = {
      "blufio-slot.service" = plain.unit "health/blufio-slot.service" { "/usr/lib/blufio/blufio-slot" = "${slot}"; };
      "blufio-slot-good.service" = plain.unit "health/blufio-slot-good.service" { "/usr/lib/blufio/blufio-slot" = "${slot}"; };
      # What has to hold before; and it is marked in one way, whoever loads it.
      "boot-complete.target" = plain.unit "units/boot-complete.target.d/blufio.conf" { } // { overrideStrategy = "asDropin"; };
      "systemd-bless-boot.service".enable = false;
    };
  };
}

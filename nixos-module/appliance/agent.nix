# SPDX-License-Identifier: MIT OR Apache-2.0
# The agent on the appliance: its configuration lies with the data, and is the operator's.
{ config, lib, pkgs, ... }:
let
  plain = import ./plain.nix { inherit lib; };
  inherit (config.services.blufio) package;
  first = pkgs.writeShellScript "blufio-first-boot" ''
    export PATH=${lib.makeBinPath [ pkgs.coreutils package ]}
    ${plain.text "first-boot/blufio-first-boot" { "/usr/share/blufio/blufio.toml" = "${plain.folder + "/blufio.toml"}"; }}
  '';
in
{
  services.blufio.enable = true;

  environment.etc."blufio/blufio.toml".enable = lib.mkForce false;
  environment.etc."blufio".source = "/var/config/blufio";

  systemd.units."blufio-first-boot.service" = plain.unit "first-boot/blufio-first-boot.service" {
    "/usr/lib/blufio/blufio-first-boot" = "${first}";
  };

  # A slot is good when the daemon has said that it is ready.
  systemd.units."boot-complete.target" = plain.unit "units/boot-complete.target.d/blufio.conf" { } // { overrideStrategy = "asDropin"; };
}

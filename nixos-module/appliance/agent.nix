# SPDX-License-Identifier: MIT OR Apache-2.0
# The agent on the appliance: its configuration lies with the data, and is the operator's.
{ config, lib, pkgs, ... }:
let
  plain = import ./plain.nix { inherit lib; };
  inherit (config.services.blufio) package;
  shipped = { "/usr/share/blufio/blufio.toml" = "${plain.folder + "/blufio.toml"}"; };
  provision = pkgs.writeShellScript "blufio-provision" ''
    export PATH=${lib.makeBinPath [ pkgs.coreutils pkgs.util-linux config.systemd.package package ]}
    ${plain.text "provision/blufio-provision" shipped}
  '';
in
{
  services.blufio.enable = true;

  environment.etc."blufio/blufio.toml".enable = lib.mkForce false;
  environment.etc."blufio".source = "/var/config/blufio";
  environment.etc."credstore.encrypted".source = "/var/config/credstore.encrypted";

  systemd.units."blufio-provision.service" = plain.unit "provision/blufio-provision.service" {
    "/usr/lib/blufio/blufio-provision" = "${provision}";
  };
  systemd.units."blufio-provision-cloud.service" = plain.unit "provision/blufio-provision-cloud.service"
    ({ "ExecStart=blufio " = "ExecStart=${lib.getExe package} "; } // shipped);

  # A slot is good when the daemon has said that it is ready.
  systemd.units."boot-complete.target" = plain.unit "units/boot-complete.target.d/blufio.conf" { } // { overrideStrategy = "asDropin"; };
}

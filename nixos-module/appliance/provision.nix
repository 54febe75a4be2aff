# SPDX-License-Identifier: MIT OR Apache-2.0
# What a machine is handed over, before the agent begins: by its hypervisor, its boot partition or its provider.
{ config, lib, pkgs, ... }:
let
  plain = import ./plain.nix { inherit lib pkgs; };
  inherit (config.services.blufio) package;
  shipped = { "/usr/share/blufio/blufio.toml" = "${plain.folder + "/blufio.toml"}"; };
  # What seals secrets is a program of systemd.
  tools = [ pkgs.coreutils pkgs.util-linux config.systemd.package package ];
  provision = plain.script "provision/blufio-provision" tools shipped;
  cloud = pkgs.writeShellScript "blufio-provision-cloud" ''
    export PATH=${lib.makeBinPath tools}
    exec blufio "$@"
  '';
in
{
  systemd.units = {
    "blufio-provision.service" = plain.unit "provision/blufio-provision.service" {
      "/usr/lib/blufio/blufio-provision" = "${provision}";
    };
    "blufio-provision-cloud.service" = plain.unit "provision/blufio-provision-cloud.service"
      ({ "ExecStart=blufio " = "ExecStart=${cloud} "; } // shipped);
  };
}

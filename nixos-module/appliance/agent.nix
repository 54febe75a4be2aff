# SPDX-License-Identifier: MIT OR Apache-2.0
# The agent on the appliance: what it is told and what it keeps lies with the data, and is the operator's.
{ config, lib, pkgs, ... }:
let
  plain = import ./plain.nix { inherit lib pkgs; };
  keep = plain.script "vault/blufio-keep-passphrase" [ pkgs.coreutils config.systemd.package config.services.blufio.package ] { };
in
{
  services.blufio.enable = true;

  environment.etc."blufio/blufio.toml".enable = lib.mkForce false;
  environment.etc."blufio".source = "/var/config/blufio";
  environment.etc."credstore.encrypted".source = "/var/config/credstore.encrypted";
  environment.systemPackages = [ (pkgs.writeShellScriptBin "blufio-keep-passphrase" "exec ${keep} \"$@\"") ];
}

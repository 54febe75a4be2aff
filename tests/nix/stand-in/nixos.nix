# SPDX-License-Identifier: MIT OR Apache-2.0
# NixOS: what this project declares is checked; what is below the names here is taken as it is.
{ lib, pkgsFor }:
{ modules, system ? null, specialArgs ? { } }:
let
  pkgs = pkgsFor (if system != null then system else config.nixpkgs.hostPlatform or "x86_64-linux");
  free = lib.mkOption { type = lib.types.anything; default = { }; };
  texts = lib.mkOption { type = lib.types.listOf lib.types.anything; default = [ ]; };
  off = lib.mkOption { type = lib.types.bool; default = false; };
  base = {
    options = lib.genAttrs [ "boot" "console" "documentation" "environment" "fileSystems" "fonts" "i18n" "networking" "nixpkgs" "programs" "security" "system" "systemd" "time" "users" "virtualisation" ] (_: free) // {
      assertions = texts;
      warnings = texts;
      services.prometheus = { enable = off; port = lib.mkOption { type = lib.types.anything; default = 9090; }; scrapeConfigs = texts; };
      services.grafana = { enable = off; provision = free; settings = free; };
      services.logrotate = { enable = off; extraArgs = texts; settings = free; };
      services.journald = { storage = free; extraConfig = free; };
      services.fstrim.enable = off;
      services.nginx = free;
      services.nscd.enable = off;
      services.openssh.enable = off;
      services.resolved.enable = off;
      services.timesyncd.enable = off;
    };
    config = {
      systemd = { services = { }; units = { }; package = pkgs.systemd; };
      boot.initrd.systemd.package = pkgs.systemd;
    };
  };
  evaluated = lib.evalModules { modules = [ base ] ++ modules; specialArgs = { inherit pkgs; modulesPath = toString ./.; } // specialArgs; };
  inherit (evaluated) config;
  failed = lib.filter (one: !one.assertion) config.assertions;

  # A unit's text, with what NixOS writes for it.
  value = one: if lib.isBool one then (if one then "true" else "false") else toString one;
  lines = section: lib.concatMapStringsSep "" (name: lib.concatMapStringsSep "" (one: "${name}=${value one}\n") (lib.toList section.${name})) (lib.attrNames section);
  text = service: lib.concatStringsSep "\n" [
    "[Unit]\n${lines (service.unitConfig or { })}"
    "[Service]\n${lines (service.serviceConfig or { })}"
  ];
  toplevel =
    if failed != [ ] then throw "Failed assertions:\n${lib.concatMapStringsSep "\n" (one: "- ${one.message}") failed}"
    else builtins.deepSeq (removeAttrs config [ "nixpkgs" ]) (pkgs.fake "nixos-system" { });
in
{
  inherit pkgs;
  inherit (evaluated) options;
  config = config // {
    systemd = config.systemd // {
      units = config.systemd.units // lib.mapAttrs' (name: service: lib.nameValuePair "${name}.service" { text = text service; }) config.systemd.services;
    };
    system = config.system // {
      build = config.system.build or { } // { inherit toplevel; };
    };
  };
}

# SPDX-License-Identifier: MIT OR Apache-2.0
# The system around the agent: nobody logs in, nothing is installed, what is not /var is memory or read-only.
{ config, lib, ... }:
let
  plain = import ./plain.nix { inherit lib; };
  journal = (plain.sections "journald.conf").Journal;
in
{
  system.image.id = "blufio";
  system.image.version = (lib.importTOML ../../Cargo.toml).workspace.package.version;
  system.stateVersion = "26.05";
  networking.hostName = "blufio";

  # Everything below /etc is an image of its own, made when the system is built.
  system.etc.overlay.mutable = false;
  # It would write into /usr.
  system.activationScripts.usrbinenv = lib.mkForce "";

  # No password opens anything, no program lets one user become another, no prompt asks.
  users.allowNoPasswordLogin = true;
  security.enableWrappers = false;
  security.sudo.enable = false;
  security.polkit.enable = false;
  console.enable = false;
  systemd.targets.getty.wants = lib.mkForce [ ];
  systemd.services = lib.genAttrs [ "getty@" "serial-getty@" "console-getty" "container-getty@" ] (_: { enable = lib.mkForce false; });
  environment.corePackages = lib.mkForce [ ];
  environment.defaultPackages = lib.mkForce [ ];
  programs.nano.enable = false;
  fonts.fontconfig.enable = false;
  i18n.defaultLocale = "C.UTF-8";
  boot.kexec.enable = false;
  boot.bcache.enable = false;
  boot.enableContainers = false;
  systemd.coredump.enable = false;
  # Names of users and hosts come from files and from resolved.
  services.nscd.enable = false;
  system.nssModules = lib.mkForce [ ];

  networking.useDHCP = false;
  networking.firewall.enable = false;
  services.resolved.enable = lib.mkDefault true;
  services.timesyncd.enable = lib.mkDefault true;
  systemd.network = {
    enable = true;
    networks = lib.mapAttrs
      (_: one: {
        matchConfig = one.Match;
        networkConfig = one.Network;
        dhcpV4Config = one.DHCPv4;
        linkConfig = one.Link;
      })
      (plain.definitions "network" ".network");
    # A machine without a network starts, too; the daemon tries again.
    wait-online = { anyInterface = true; timeout = 30; };
  };

  services.journald.storage = journal.Storage;
  services.journald.extraConfig = lib.concatStringsSep "\n"
    (lib.mapAttrsToList (key: value: "${key}=${value}") (removeAttrs journal [ "Storage" ]));
  services.logrotate.enable = true;
  services.fstrim.enable = true;

  systemd.tmpfiles.rules = lib.concatMap (file: plain.lines "tmpfiles.d/${file}") (plain.files "tmpfiles.d");

  warnings = lib.optional (config.services.blufio.credentials != { })
    "services.blufio.credentials names files that are not on an appliance; it takes secrets from its machine and its boot partition.";
}

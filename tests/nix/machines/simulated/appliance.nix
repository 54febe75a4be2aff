# SPDX-License-Identifier: MIT OR Apache-2.0
# The appliance on a disk of its own, started by its firmware, with stand-ins for the two APIs in it. What it is to do, and
# its secrets, come from its hypervisor.
{ self }:
{ lib, pkgs, ... }:
{
  imports = [ self.nixosModules.appliance (import ./simulator.nix { inherit self; }) ];

  # What the driver's own commands are made of; the appliance has none of it.
  environment.corePackages = lib.mkForce [ pkgs.coreutils pkgs.curl pkgs.gnugrep pkgs.netcat pkgs.util-linux ];
  # Its words go over that line, too.
  systemd.units."blufio-console@ttyS0.service".enable = false;
  # Where a start fails, the appliance itself is to act.
  boot.initrd.systemd.services.panic-on-fail.enable = false;

  fileSystems."/" = lib.mkForce { fsType = "tmpfs"; options = [ "mode=0755" ]; };
  virtualisation = {
    directBoot.enable = false;
    fileSystems = lib.mkVMOverride { };
    mountHostNixStore = false;
    useEFIBoot = true;
    credentials = {
      "blufio.toml".text = ''
        [store]
        path = "/var/lib/blufio/blufio.db"
        [gateway]
        socket = "/run/blufio/blufio.sock"
        [agent]
        time_zone = "UTC"
        [anthropic]
        base_url = "http://127.0.0.1:9101"
        [telegram]
        base_url = "http://127.0.0.1:9102"
        allowed_users = [1815]
        [net]
        allow_loopback_http = true
      '';
      "blufio.anthropic-api-key".text = "sk-ant-the-key-of-the-tests";
      "blufio.telegram-bot-token".text = "7000000001:AAsimulated-bot-token-not-a-secret-";
    };
  };
}

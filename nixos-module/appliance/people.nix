# SPDX-License-Identifier: MIT OR Apache-2.0
# How people get near the machine: a console that is no shell, and SSH for whom it was handed keys.
{ config, lib, pkgs, ... }:
let
  plain = import ./plain.nix { inherit lib pkgs; };
  inherit (config.services.blufio) package;
  systemd = config.systemd.package;
  console = plain.script "console/blufio-console"
    [ pkgs.coreutils pkgs.gnused pkgs.hostname-debian pkgs.openssh systemd package ]
    { };
  host_key = plain.script "ssh/blufio-host-key" [ pkgs.coreutils pkgs.openssh ] { };
in
{
  systemd.units = {
    "blufio-console@.service" = plain.unit "console/blufio-console@.service"
      {
        "/usr/lib/blufio/blufio-console" = "${console}";
        "/bin/sh -c \"exec stty " = "${pkgs.runtimeShell} -c \"exec ${pkgs.coreutils}/bin/stty ";
      } // { wantedBy = [ ]; };
    "blufio-ssh.service" = plain.unit "ssh/blufio-ssh.service" {
      "/usr/lib/blufio/blufio-host-key" = "${host_key}";
      "/usr/lib/blufio/sshd_config" = "${plain.folder + "/ssh/sshd_config"}";
      "/usr/sbin/sshd " = "${pkgs.openssh}/bin/sshd ";
    };
  };
  systemd.targets.multi-user.wants = [ "blufio-console@tty1.service" "blufio-console@ttyS0.service" ];

  # Locked for passwords, and not for keys.
  users.users.root.hashedPassword = lib.mkDefault "*";
  users.users.sshd = { isSystemUser = true; group = "sshd"; };
  users.groups.sshd = { };
}

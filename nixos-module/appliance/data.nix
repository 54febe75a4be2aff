# SPDX-License-Identifier: MIT OR Apache-2.0
# /var: made, grown, opened and mounted in the initrd, by the script of both images.
{ config, lib, pkgs, ... }:
let
  plain = import ./plain.nix { inherit lib; };
  systemd = config.boot.initrd.systemd.package;
  encrypted = pkgs.linkFarm "blufio-repart-encrypted.d" {
    "50-data.conf.d/encrypted.conf" = plain.folder + "/repart-encrypted.d/50-data.conf.d/encrypted.conf";
  };
  ini = pkgs.formats.ini { listsAsDuplicateKeys = true; };
  definitions = pkgs.linkFarm "blufio-repart.d" (lib.mapAttrs'
    (name: one: lib.nameValuePair "${name}.conf" (ini.generate "${name}.conf" { Partition = one; }))
    config.services.blufio.appliance.partitions);
  script = pkgs.writeShellScript "blufio-data" (plain.text "initrd/blufio-data" {
    "\"$system/usr/lib/repart.d\"" = "${definitions}";
    "\"$system/usr/lib/blufio/repart-encrypted.d\"" = "${encrypted}";
    "/usr/lib/systemd/systemd-growfs " = "${systemd}/lib/systemd/systemd-growfs ";
    # The root is memory, and empty.
    "\nmount -t ext4 " = "\nmkdir -p \"$system/var\"\nmount -t ext4 ";
  });
in
{
  boot.initrd = {
    supportedFilesystems.ext4 = true;
    luks.forceLuksSupportInInitrd = true;
    systemd = {
      storePaths = [ script definitions encrypted "${systemd}/lib/systemd/systemd-growfs" ];
      extraBin = {
        blkid = "${pkgs.util-linux}/bin/blkid";
        "mkfs.ext4" = "${pkgs.e2fsprogs}/bin/mkfs.ext4";
      };
      units."blufio-data.service" = {
        text = plain.text "initrd/blufio-data.service" { "/usr/lib/blufio/blufio-data" = "${script}"; } + ''
          [Unit]
          # The disk is found by what is mounted from it, and the machine's identity is laid over /etc.
          After=initrd-usr-fs.target sysroot-etc.mount
          Requires=sysroot-etc.mount
        '';
        requiredBy = [ "initrd-fs.target" ];
      };
    };
  };
}

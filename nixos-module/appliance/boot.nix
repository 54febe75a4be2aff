# SPDX-License-Identifier: MIT OR Apache-2.0
# From the firmware to the system: systemd-boot, one signed file a slot, and no prompt where a start fails.
{ config, lib, pkgs, ... }:
let
  plain = import ./plain.nix { inherit lib; };
  # The root of NixOS is memory, and what is verified is mounted by its own rules.
  ours = argument: !lib.elem argument [ "ro" "rootfstype=erofs" ];
  retry = tools: {
    text = lib.replaceStrings [ "[Service]\n" ] [ "[Service]\nExecStartPre=\nExecStart=\nStandardInput=null\n" ]
      (plain.text "units/emergency.service" {
        "/bin/sh " = "${tools.shell} ";
        "/bin/sleep " = "${tools.sleep} ";
        "ExecStart=systemctl " = "ExecStart=${tools.systemctl} ";
      });
  };
in
{
  boot = {
    loader.grub.enable = false;
    kernelParams = lib.filter ours (lib.concatMap (lib.splitString " ") (plain.lines "cmdline"))
      ++ lib.optional pkgs.stdenv.hostPlatform.isAarch64 "console=ttyAMA0";
    initrd = {
      # These and nothing else: one that a kernel has built in, or not at all, is skipped.
      includeDefaultModules = false;
      allowMissingModules = true;
      availableKernelModules = plain.lines "initrd/modules";
      # These have no device that would call for them. But for one: systemd takes the first watchdog, so that the hypervisor's
      # comes before the kernel's.
      kernelModules = [ "dm_mod" "dm_verity" "erofs" "loop" "i6300esb" "softdog" ];
      systemd.emergencyAccess = false;
      # As drop-ins of the units of the same name, in which nothing else is left to run.
      systemd.units."emergency.service" = retry { shell = "/bin/sh"; sleep = "/bin/sleep"; systemctl = "/bin/systemctl"; };
    };
  };

  systemd.units."emergency.service" = retry {
    shell = pkgs.runtimeShell;
    sleep = "${pkgs.coreutils}/bin/sleep";
    systemctl = "${config.systemd.package}/bin/systemctl";
  };

  # The kernels of both slots, and what looks after their file system.
  boot.supportedFilesystems.vfat = true;
  systemd.units."efi.mount" = plain.unit "units/efi.mount" { };
  systemd.units."efi.automount" = plain.unit "units/efi.automount" { };
}

# SPDX-License-Identifier: MIT OR Apache-2.0
# The disk: `image/repart.d`, with the store of NixOS in the slots. It is mounted as /usr, so that the types and the labels
# of the slots say so.
{ config, lib, pkgs, ... }:
let
  plain = import ./plain.nix { inherit lib; };
  inherit (pkgs.stdenv.hostPlatform) efiArch;
  inherit (config.image.repart.verityStore) partitionIds;
  # The store is larger than a tree of Debian packages.
  sizes = { root = "1G"; root-verity = "32M"; };
  here = one: one // lib.optionalAttrs (sizes ? ${one.Type}) {
    Type = lib.replaceStrings [ "root" ] [ "usr" ] one.Type;
    SizeMinBytes = sizes.${one.Type};
    SizeMaxBytes = sizes.${one.Type};
  };
  definitions = lib.mapAttrs (_: file: here file.Partition) (plain.definitions "repart.d" ".conf");
  # The type of a slot is set by the module of NixOS, with the machine's architecture.
  slot = name: content: {
    repartConfig = removeAttrs definitions.${name} [ "Type" ] // content;
  };
in
{
  options.services.blufio.appliance.partitions = lib.mkOption {
    type = lib.types.attrsOf lib.types.anything;
    internal = true;
    readOnly = true;
    description = "All partitions that a machine has after its first boot, by the names of their definitions.";
  };

  config = {
    # What is missing on a disk, slot B and the data, is made at the first boot.
    services.blufio.appliance.partitions = definitions;

    fileSystems."/" = {
      fsType = "tmpfs";
      options = [ "mode=0755" "size=25%" "nosuid" "nodev" ];
    };

    image.repart = {
      # Told from the other build's, and from those of other machines: a release holds them all.
      name = "blufio-nixos-${lib.removeSuffix "-linux" pkgs.stdenv.hostPlatform.system}";
      verityStore = {
        enable = true;
        partitionIds = { esp = "10-esp"; store = "20-root-a"; store-verity = "21-verity-a"; };
      };
      # Parts of it are what updates are made of.
      split = true;
      seed = "3f0d6c0e-52cf-4b0f-b6c2-5b1ab1f10003";
      partitions = {
        "05-bios".repartConfig = definitions."05-bios" // { SplitName = "-"; };
        ${partitionIds.esp} = {
          repartConfig = definitions."10-esp" // { SplitName = "-"; };
          contents = {
            "/EFI/BOOT/BOOT${lib.toUpper efiArch}.EFI".source = "${pkgs.systemd}/lib/systemd/boot/efi/systemd-boot${efiArch}.efi";
            "/EFI/systemd/systemd-boot${efiArch}.efi".source = "${pkgs.systemd}/lib/systemd/boot/efi/systemd-boot${efiArch}.efi";
            # Whoever sits before the machine can choose a slot, and nothing else.
            "/loader/loader.conf".source = pkgs.writeText "loader.conf" "timeout 2\neditor no\n";
            "/loader/entries.srel".source = pkgs.writeText "entries.srel" "type1\n";
          };
        };
        ${partitionIds.store} = slot "20-root-a" { Label = "usr_${config.system.image.version}"; SplitName = "usr"; };
        ${partitionIds.store-verity} = slot "21-verity-a" { Label = "verity_${config.system.image.version}"; SplitName = "usr-verity"; };
      };
    };
  };
}

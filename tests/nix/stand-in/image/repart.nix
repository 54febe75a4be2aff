# SPDX-License-Identifier: MIT OR Apache-2.0
# Images: their names, and what the module for a verified store adds to its two partitions.
{ config, lib, pkgs, ... }:
let
  inherit (config.image.repart.verityStore) partitionIds;
  free = lib.mkOption { type = lib.types.anything; default = { }; };
  arch = if pkgs.stdenv.hostPlatform.isAarch64 then "arm64" else "x86-64";
in
{
  options.image = {
    baseName = free;
    filePath = free;
    repart = lib.genAttrs [ "name" "partitions" "seed" "split" "verityStore" ] (_: free);
  };
  config = {
    image.baseName = "${config.image.repart.name}_${config.system.image.version}";
    image.filePath = "${config.image.baseName}.raw";
    image.repart.partitions = {
      ${partitionIds.store}.repartConfig = { Type = "usr-${arch}"; Format = "erofs"; Minimize = "best"; Verity = "data"; VerityMatchKey = "store"; };
      ${partitionIds.store-verity}.repartConfig = { Type = "usr-${arch}-verity"; Minimize = "best"; Verity = "hash"; VerityMatchKey = "store"; };
    };
    system.boot.loader.ukiFile = "${config.system.image.id}_${config.system.image.version}.efi";
    system.build = builtins.listToAttrs (map (name: { inherit name; value = pkgs.fake name { }; }) [ "image" "intermediateImage" "uki" ]);
  };
}

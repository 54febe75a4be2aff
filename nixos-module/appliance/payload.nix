# SPDX-License-Identifier: MIT OR Apache-2.0
# What a release gives out for updates: both parts of a slot, the kernel, and the list of their sums, which is signed where
# the key is, and not here.
{ config, pkgs }:
let
  inherit (config.system) build image;
in
pkgs.runCommand "${config.image.repart.name}-update-${image.version}"
{ nativeBuildInputs = [ pkgs.buildPackages.jq pkgs.buildPackages.xz ]; }
  ''
    mkdir $out
    name=${config.image.baseName}
    declare -A label=([usr]=usr_${image.version} [usr-verity]=verity_${image.version})
    for part in usr usr-verity; do
      # The disk of the new version finds its parts by what stands in the name.
      uuid=$(jq --raw-output --exit-status --arg label "''${label[$part]}" '.[] | select(.label == $label) | .uuid' ${build.intermediateImage}/repart-output.json)
      xz --threads=1 --stdout ${build.intermediateImage}/$name.$part.raw > $out/''${name}_$uuid.$part.raw.xz
    done
    cp ${build.uki}/${config.system.boot.loader.ukiFile} $out/$name.efi
    cd $out
    sha256sum -- *.xz *.efi > SHA256SUMS
  ''

# SPDX-License-Identifier: MIT OR Apache-2.0
# Updates: `image/sysupdate.d`, with the names of this build; and what a release gives out for them.
{ config, lib, pkgs, ... }:
let
  plain = import ./plain.nix { inherit lib; };
  inherit (config.system) build image;
  cfg = config.services.blufio.update;
  # Slots hold the store, which is mounted as /usr; files are told from those of the other build by their name.
  here = lib.replaceStrings [ "blufio_@v" "root" ] [ "${image.id}_@v" "usr" ];
  transfers = lib.mapAttrs (_: lib.mapAttrs (_: lib.mapAttrs (_: here))) (plain.definitions "sysupdate.d" ".transfer");
in
{
  options.services.blufio.update.keyring = lib.mkOption {
    type = lib.types.nullOr lib.types.path;
    default = null;
    example = lib.literalExpression "./update.pub.gpg";
    description = ''
      The public half of the key that lists of updates are signed with, as `gpg --export` writes it. Without one the
      appliance takes no updates.
    '';
  };

  config = {
    systemd.sysupdate = lib.mkIf (cfg.keyring != null) { enable = true; inherit transfers; };
    # What fetches also checks the signature, with this.
    systemd.services.systemd-sysupdate.path = lib.mkIf (cfg.keyring != null) [ pkgs.gnupgMinimal ];
    environment.etc."systemd/import-pubring.gpg" = lib.mkIf (cfg.keyring != null) { source = cfg.keyring; };

    system.build.update = pkgs.runCommand "${image.id}-update-${image.version}"
      { nativeBuildInputs = [ pkgs.buildPackages.jq pkgs.buildPackages.xz ]; }
      ''
        mkdir $out
        name=${image.id}_${image.version}
        declare -A label=([usr]=usr_${image.version} [usr-verity]=verity_${image.version})
        for part in usr usr-verity; do
          uuid=$(jq --raw-output --exit-status --arg label "''${label[$part]}" '.[] | select(.label == $label) | .uuid' ${build.intermediateImage}/repart-output.json)
          xz --threads=1 --stdout ${build.intermediateImage}/${config.image.baseName}.$part.raw > $out/''${name}_$uuid.$part.raw.xz
        done
        cp ${build.uki}/${config.system.boot.loader.ukiFile} $out/$name.efi
        # Signed where the key is, which is not here.
        cd $out
        sha256sum -- *.xz *.efi > SHA256SUMS
      '';
  };
}

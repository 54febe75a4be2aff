# SPDX-License-Identifier: MIT OR Apache-2.0
# How the vault is opened at start.
{ config, lib, pkgs, ... }:
let
  cfg = config.services.blufio;
  unseal = cfg.vault.unseal;
  given = cfg.credentials ? vault-passphrase;
  keys = { tpm2 = "tpm2"; host-key = "host"; };
  # Where the unit looks; what is not there is no failure.
  kept = "/etc/credstore.encrypted/blufio.vault-passphrase";
  keep = pkgs.writeShellScriptBin "blufio-keep-passphrase" (builtins.readFile ../image/vault/blufio-keep-passphrase);
in
{
  options.services.blufio.vault.unseal = lib.mkOption {
    type = lib.types.enum [ "ask" "credential" "tpm2" "host-key" ];
    default = if given then "credential" else "ask";
    defaultText = lib.literalExpression ''if credentials ? vault-passphrase then "credential" else "ask"'';
    example = "tpm2";
    description = ''
      Who opens the vault when the service starts.

      - `"ask"`: you. The service starts sealed and answers nobody until `blufio vault unseal`.
      - `"credential"`: the passphrase that `credentials.vault-passphrase` names.
      - `"tpm2"`: the passphrase, kept encrypted so that only this machine's TPM can read it.
      - `"host-key"`: the passphrase, kept encrypted with a key that lies on this machine's disk. It protects backups of
        single files, and not against someone who has the whole disk.

      For the last two, run `blufio-keep-passphrase tpm2` or `blufio-keep-passphrase host` once as root, while the service
      runs: it asks for the passphrase, opens the vault with it, and keeps it in `${kept}`. Until then the service starts
      sealed. The file is this machine's own, so that a new machine asks again.
    '';
  };

  config = lib.mkIf cfg.enable (lib.mkMerge [
    {
      assertions = [
        {
          assertion = unseal != "credential" || given;
          message = ''
            services.blufio.vault.unseal is "credential", and there is no services.blufio.credentials.vault-passphrase.
            Name the file that holds the passphrase there, or choose "ask", "tpm2" or "host-key".
          '';
        }
        {
          assertion = unseal == "credential" || !given;
          message = ''
            services.blufio.vault.unseal is "${unseal}", and services.blufio.credentials.vault-passphrase hands the
            passphrase over all the same. Take one of the two out.
          '';
        }
      ];
    }
    (lib.mkIf (keys ? ${unseal}) {
      environment.systemPackages = [ keep ];
    })
  ]);
}

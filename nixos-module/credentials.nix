# SPDX-License-Identifier: MIT OR Apache-2.0
# Secrets, handed over by systemd: they are in no environment, on no command line and not in the store.
{ config, lib, ... }:
let
  cfg = config.services.blufio;
  transcription = cfg.settings.transcription.secret or "";
  known = [ "anthropic-api-key" "telegram-bot-token" "vault-passphrase" ]
    ++ lib.optional (transcription != "") transcription;
  inStore = file: builtins.isPath file || lib.hasPrefix "${builtins.storeDir}/" file;
  load = encrypted:
    lib.mapAttrsToList (name: credential: "${name}:${credential.file}")
      (lib.filterAttrs (_: credential: credential.encrypted == encrypted) cfg.credentials);
in
{
  options.services.blufio.credentials = lib.mkOption {
    type = lib.types.attrsOf (lib.types.submodule {
      options = {
        file = lib.mkOption {
          type = lib.types.path;
          example = lib.literalExpression "config.sops.secrets.anthropic-api-key.path";
          description = ''
            Where the secret lies when the service starts: a file that root can read, such as those that sops-nix and
            agenix make. It must not be in the Nix store, unless it is encrypted.
          '';
        };
        encrypted = lib.mkOption {
          type = lib.types.bool;
          default = false;
          example = true;
          description = ''
            Whether the file was made by `systemd-creds encrypt --name=NAME`. Such a file can be read by this machine
            alone and may lie anywhere, the Nix store included.
          '';
        };
      };
    });
    default = { };
    example = lib.literalExpression ''
      {
        anthropic-api-key.file = config.sops.secrets.anthropic-api-key.path;
        telegram-bot-token = {
          file = ./telegram-bot-token.cred;
          encrypted = true;
        };
      }
    '';
    description = ''
      Secrets of the service, by name: `anthropic-api-key`, `telegram-bot-token`, `vault-passphrase`, and the one that
      `settings.transcription.secret` names. What is in the vault goes before what is handed over here.
    '';
  };

  config = lib.mkIf cfg.enable {
    systemd.services.blufio.serviceConfig = {
      # Beside the imports of the unit, which find what lies in the machine's credential stores as blufio.NAME.
      LoadCredential = load false;
      LoadCredentialEncrypted = load true;
    };

    assertions = lib.concatLists (lib.mapAttrsToList
      (name: credential: [
        {
          assertion = credential.encrypted || !inStore credential.file;
          message = ''
            services.blufio.credentials.${name}.file is in the Nix store, which everyone on this machine can read. Write
            the path of a file outside of it as a text in quotes, such as "/run/secrets/${name}", or encrypt the file
            with `systemd-creds encrypt --name=${name}` and set `encrypted = true`.
          '';
        }
        {
          assertion = lib.elem name known;
          message = ''
            services.blufio.credentials.${name}: nothing asks for a secret of this name. There are
            ${lib.concatStringsSep ", " known}.
          '';
        }
      ])
      cfg.credentials);
  };
}

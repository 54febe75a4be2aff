# SPDX-License-Identifier: MIT OR Apache-2.0
# The configuration file: free-form, checked by the program itself while the system is built.
{ config, lib, pkgs, ... }:
let
  cfg = config.services.blufio;
  format = pkgs.formats.toml { };
  secrets = import ./secrets.nix { inherit lib; };
  loopback = listen: builtins.match "(127(\\.[0-9]{1,3}){3}|\\[::1]):[0-9]+" listen != null;

  written = format.generate "blufio.toml" cfg.settings;
  checked = pkgs.runCommand "blufio.toml" { } ''
    if ! ${lib.getExe cfg.package} --isolated --config ${written} config validate; then
      echo "services.blufio.settings: the configuration is refused by the program, for the reasons above" >&2
      exit 1
    fi
    cp ${written} $out
  '';
  # A program for another machine cannot be asked here; it says the same when it starts.
  runs = pkgs.stdenv.buildPlatform.canExecute pkgs.stdenv.hostPlatform;
in
{
  options.services.blufio.settings = lib.mkOption {
    type = lib.types.submodule {
      freeformType = format.type;
      options = {
        store.path = lib.mkOption {
          type = lib.types.str;
          default = "/var/lib/blufio/blufio.db";
          example = "/var/lib/blufio/agent.db";
          description = "The file that holds all state, below the service's state directory `/var/lib/blufio`.";
        };
        gateway.socket = lib.mkOption {
          type = lib.types.str;
          default = "/run/blufio/blufio.sock";
          example = "/run/blufio/agent.sock";
          description = "The socket that the `blufio` command talks to, below the service's runtime directory `/run/blufio`.";
        };
        gateway.listen = lib.mkOption {
          type = lib.types.str;
          default = "127.0.0.1:8787";
          example = "[::1]:8787";
          description = "Address and port of `/health` and `/metrics`. Nothing but loopback is accepted.";
        };
      };
    };
    default = { };
    example = lib.literalExpression ''
      {
        agent.time_zone = "Europe/Lisbon";
        budget.daily_usd = 2.5;
        telegram.allowed_users = [ 123456789 ];
        heartbeat = {
          enabled = true;
          watch = [ "https://example.org/news" ];
        };
      }
    '';
    description = ''
      The configuration, as it stands in `/etc/blufio/blufio.toml`. `blufio config defaults` prints every key with its
      default and what it is for. The program checks it while the system is built: an unknown key or a value that is out
      of bounds stops the build and says what would be right. Secrets do not belong here, since everyone on this machine
      can read it; see `services.blufio.credentials`.
    '';
  };

  config = lib.mkIf cfg.enable {
    environment.etc."blufio/blufio.toml".source = if runs then checked else written;

    assertions = [
      {
        assertion = loopback cfg.settings.gateway.listen;
        message = ''
          services.blufio.settings.gateway.listen is "${cfg.settings.gateway.listen}", which others could reach without
          encryption. Write a loopback address with a port, such as "127.0.0.1:8787", and reach it from elsewhere
          through an SSH tunnel or a reverse proxy that speaks TLS and asks who is there.
        '';
      }
    ] ++ map
      (key: {
        assertion = false;
        message = ''
          services.blufio.settings.${key} looks like a secret. The Nix store can be read by everyone on this machine, and
          keeps it when you take it out here. Renew it where it was issued, put it into a file that only root can read,
          and name that file in services.blufio.credentials; sops-nix and agenix make such files.
        '';
      })
      (secrets.find cfg.settings);

    warnings = map
      (path: ''
        services.blufio.settings names ${path}, which the service cannot see: home directories are hidden from it. Keep
        the file elsewhere, for example below /srv.
      '')
      (lib.filter (path: builtins.match "/(home|root|run/user)/.*" path != null)
        (cfg.settings.heartbeat.watch or [ ] ++ map toString (cfg.settings.agent.persona_files or [ ])));
  };
}

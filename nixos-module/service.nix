# SPDX-License-Identifier: MIT OR Apache-2.0
# The service. Its unit is the one of every distribution, `image/systemd/blufio.service`, which the package brings along;
# what this machine wants otherwise is a drop-in beside it.
{ config, lib, ... }:
let
  cfg = config.services.blufio;
  port = lib.last (lib.splitString ":" cfg.settings.gateway.listen);
in
{
  options.services.blufio = {
    enable = lib.mkOption {
      type = lib.types.bool;
      default = false;
      example = true;
      description = "Whether to run Blufio, a personal AI agent, as a service of this machine.";
    };

    package = lib.mkOption {
      type = lib.types.package;
      defaultText = lib.literalExpression "blufio.packages.\${system}.blufio";
      example = lib.literalExpression "pkgs.blufio";
      description = "The package with the program and its unit.";
    };
  };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];
    systemd.packages = [ cfg.package ];
    systemd.services.blufio = {
      overrideStrategy = "asDropin";
      wantedBy = [ "multi-user.target" ];
      restartTriggers = [ config.environment.etc."blufio/blufio.toml".source ];
      # The unit lets the service listen on the port that it has by default, and on no other.
      serviceConfig.SocketBindAllow = lib.mkIf (port != "8787") [ "" (if port == "0" then "tcp" else "tcp:${port}") "udp" ];
    };
  };
}

# SPDX-License-Identifier: MIT OR Apache-2.0
# The service writes into directories of its own, and nobody else writes there.
{ config, lib, ... }:
let
  cfg = config.services.blufio;
  own = {
    StateDirectory = "/var/lib/blufio";
    RuntimeDirectory = "/run/blufio";
    LogsDirectory = "/var/log/blufio";
  };
  log = cfg.settings.log.file or "";
  written = {
    "settings.store.path" = { path = cfg.settings.store.path; below = own.StateDirectory; private = "/var/lib/private/blufio"; };
    "settings.gateway.socket" = { path = cfg.settings.gateway.socket; below = own.RuntimeDirectory; };
  } // lib.optionalAttrs (log != "") {
    "settings.log.file" = { path = log; below = own.LogsDirectory; private = "/var/log/private/blufio"; };
  };

  # The names in a setting of another service that may hold several, with or without what follows a colon.
  names = value: map (name: lib.head (lib.splitString ":" name))
    (lib.concatMap (lib.splitString " ") (map toString (lib.toList value)));
  others = lib.filterAttrs (name: _: name != "blufio") config.systemd.services;
  shared = lib.concatLists (lib.mapAttrsToList
    (service: definition: lib.filter (claim: claim != null) (map
      (kind:
        if lib.elem "blufio" (names (definition.serviceConfig.${kind} or [ ]))
        then { inherit service kind; }
        else null)
      (lib.attrNames own)))
    others);
in
{
  config = lib.mkIf cfg.enable {
    assertions = lib.mapAttrsToList
      (option: place: {
        assertion = lib.hasPrefix "${place.below}/" place.path && !lib.hasInfix "/../" place.path;
        message = ''
          services.blufio.${option} is "${place.path}", where the service may not write. Choose a path below
          ${place.below}${lib.optionalString (place ? private) ", or mount another disk at ${place.private}, which it leads to"}.
        '';
      })
      written
    ++ map
      (claim: {
        assertion = false;
        message = ''
          systemd.services.${claim.service}.serviceConfig.${claim.kind} claims ${own.${claim.kind}}, which is that of
          services.blufio: two services in one directory take each other's files. Give that service a directory of its own.
        '';
      })
      shared;
  };
}

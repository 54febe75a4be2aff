# SPDX-License-Identifier: MIT OR Apache-2.0
# After an update the agent is on trial until it is healthy; then the slot stays, otherwise the other one comes.
{ config, lib, pkgs, ... }:
let
  plain = import ./plain.nix { inherit lib pkgs; };
  inherit (config.services.blufio) package;
  healthcheck = plain.script "health/blufio-healthcheck" [ pkgs.coreutils package ] {
    "/usr/lib/blufio/blufio-slot" = "${config.services.blufio.appliance.slot}";
  };
  # What the plain drop-in adds to the unit, with the program where it is here.
  agent = plain.sections "units/blufio.service.d/appliance.conf";
  # A program has no path of its own that systemd would look in; what stands before it says how it is run.
  command = line:
    let parts = builtins.match "([-+!:@|]*)blufio (.*)" line; in
    if parts == null then line else "${lib.head parts}${lib.getExe package} ${lib.last parts}";
  # A start that hangs is tried again.
  patience = (plain.sections "units/basic.target.d/patience.conf").Unit;
in
{
  systemd.services.blufio = {
    unitConfig = agent.Unit;
    serviceConfig = lib.mapAttrs (_: value: map command (lib.toList value)) agent.Service;
  };
  systemd.units."blufio-healthcheck.service" = plain.unit "health/blufio-healthcheck.service" {
    "/usr/lib/blufio/blufio-healthcheck" = "${healthcheck}";
  };
  systemd.targets.basic.unitConfig = patience;
  boot.initrd.systemd.targets.initrd.unitConfig = patience;
}

# SPDX-License-Identifier: MIT OR Apache-2.0
# Stand-ins for the two APIs, for the machine itself or for others.
{ self, address ? "127.0.0.1" }:
{ pkgs, ... }:
let
  inherit (self.packages.${pkgs.stdenv.hostPlatform.system}) simulator;
in
{
  systemd.services.simulator = {
    wantedBy = [ "multi-user.target" ];
    before = [ "blufio.service" ];
    serviceConfig.ExecStart = "${simulator}/bin/blufio-simulator --anthropic ${address}:9101 --telegram ${address}:9102";
  };
}

# SPDX-License-Identifier: MIT OR Apache-2.0
# An update whose agent never gets healthy gives way, by itself, to the system that ran before; nothing that was written
# meanwhile is lost.
{ self }:
let
  appliance = version: next: import ./simulated/released.nix { inherit self version next; };
in
{
  name = "blufio-unhealthy";
  nodes = {
    machine = appliance "1.0.0" "bad";
    bad = { lib, pkgs, ... }: {
      imports = [ (appliance "2.0.0" "bad") ];
      services.blufio.package = lib.mkForce (import ./simulated/unhealthy.nix {
        inherit pkgs;
        inherit (self.packages.${pkgs.stdenv.hostPlatform.system}) blufio;
      });
    };
    server = { lib, nodes, pkgs, ... }: (import ./simulated/releases.nix { inherit lib pkgs; }).server {
      bad = nodes.bad.system.build.update;
    };
  };
  testScript = import ./scripts [ "world" "disk" "updates" ] "unhealthy";
}

# SPDX-License-Identifier: MIT OR Apache-2.0
# Updates of the appliance: one that is signed, and is what was signed, is installed into the other slot, and stays when its
# agent is healthy. Any other is refused, and one that is cut off is none. The operator goes back, and forward again.
{ self }:
let
  appliance = version: import ./simulated/released.nix { inherit self version; next = "good"; };
in
{
  name = "blufio-update";
  nodes = {
    machine = appliance "1.0.0";
    good = appliance "2.0.0";
    server = { lib, nodes, pkgs, ... }: (import ./simulated/releases.nix { inherit lib pkgs; }).server {
      good = nodes.good.system.build.update;
    };
  };
  testScript = import ./scripts [ "world" "disk" "updates" ] "update";
}

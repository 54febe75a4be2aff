# SPDX-License-Identifier: MIT OR Apache-2.0
# An update that cannot be read uses up its three tries, and then the system from before comes again; what was said is known.
{ self }:
let
  appliance = version: import ./simulated/released.nix { inherit self version; next = "good"; };
in
{
  name = "blufio-unbootable";
  nodes = {
    machine = appliance "1.0.0";
    good = appliance "2.0.0";
    server = { lib, nodes, pkgs, ... }: (import ./simulated/releases.nix { inherit lib pkgs; }).server {
      good = nodes.good.system.build.update;
    };
  };
  testScript = import ./scripts [ "world" "disk" "updates" ] "unbootable";
}

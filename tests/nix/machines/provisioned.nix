# SPDX-License-Identifier: MIT OR Apache-2.0
# An appliance that nobody has handed anything waits, and nothing listens on it; what then lies on its boot partition is
# taken, secrets are sealed and wiped from it, and what is wrong there is said and stops nothing.
{ self }:
{
  name = "blufio-provisioned";
  nodes.machine = { lib, pkgs, ... }: {
    imports = [ (import ./simulated/appliance.nix { inherit self; }) ];
    virtualisation.credentials = lib.mkForce { };
    environment.systemPackages = [ pkgs.openssh ];
  };
  testScript = import ./scripts [ "world" "disk" ] "provisioned";
}

# SPDX-License-Identifier: MIT OR Apache-2.0
# An appliance of some version that takes updates, and where the release after it is.
{ self, version, next }:
{ lib, pkgs, ... }:
{
  imports = [ (import ./appliance.nix { inherit self; }) ];
  system.image.version = lib.mkForce version;
  services.blufio.update = {
    inherit (import ./releases.nix { inherit lib pkgs; }) keyring;
    url = "http://server/${next}/";
  };
}

# SPDX-License-Identifier: MIT OR Apache-2.0
# The appliance as a NixOS system: the plain files of `image/`, put where NixOS wants them. Read-only, verified, replaced as
# a whole; nothing on it can change it.
{ modulesPath, ... }:
{
  imports = [
    "${modulesPath}/image/repart.nix"
    "${modulesPath}/profiles/image-based-appliance.nix"
    "${modulesPath}/profiles/perlless.nix"
    ../.
    ./system.nix
    ./boot.nix
    ./partitions.nix
    ./data.nix
    ./agent.nix
    ./slot.nix
    ./health.nix
    ./provision.nix
    ./people.nix
    ./updates.nix
  ];
}

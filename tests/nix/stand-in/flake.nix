# SPDX-License-Identifier: MIT OR Apache-2.0
{
  description = "A stand-in for nixpkgs: as much of lib, packages and NixOS as it takes to evaluate the Nix code of this project";

  outputs = _:
    let
      pkgsFor = system: import ./pkgs.nix { inherit lib system; };
      lib = import ./lib // { nixosSystem = import ./nixos.nix { inherit lib pkgsFor; }; };
    in
    {
      inherit lib;
      legacyPackages = lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] pkgsFor;
    };
}

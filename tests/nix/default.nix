# SPDX-License-Identifier: MIT OR Apache-2.0
# The checks of the flake: what is accepted and what is refused, by evaluation; and whole machines, by booting them, where
# hosted runners can. Each file in the folders is one, and each scenario of tests/vm that can run on NixOS.
{ self, nixpkgs, pkgs }:
let
  inherit (nixpkgs) lib;
  named = folder: f: lib.mapAttrs'
    (file: _: let name = lib.removeSuffix ".nix" file; in lib.nameValuePair "${baseNameOf folder}-${name}" (f name (folder + "/${file}")))
    (lib.filterAttrs (file: _: lib.hasSuffix ".nix" file) (builtins.readDir folder));
  # Scenarios of tests/vm that say of themselves that a machine of NixOS will do.
  scenarios = map (lib.removeSuffix ".py") (lib.filter
    (file: lib.hasSuffix ".py" file && lib.hasInfix "\nNIXOS = True\n" (builtins.readFile (../vm/scenarios + "/${file}")))
    (lib.attrNames (builtins.readDir ../vm/scenarios)));
  tests = named ./machines (_: file: import file { inherit self; })
    // lib.listToAttrs (map (name: lib.nameValuePair "scenario-${name}" (import ./shared { inherit self name; })) scenarios);
  judge = import ./judge.nix { inherit self nixpkgs pkgs; };
in
named ./accepted judge.accepted
// named ./refused judge.refused
// lib.optionalAttrs (!pkgs.stdenv.hostPlatform.isAarch64) (lib.mapAttrs (_: pkgs.testers.runNixOSTest) tests)
  // { package = self.packages.${pkgs.stdenv.hostPlatform.system}.blufio; }

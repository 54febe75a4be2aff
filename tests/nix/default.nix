# SPDX-License-Identifier: MIT OR Apache-2.0
# The checks of the flake: what is accepted and what is refused, by evaluation; and whole machines, by booting them, where
# hosted runners can. Each file in the folders is one.
{ self, nixpkgs, pkgs }:
let
  inherit (nixpkgs) lib;
  named = folder: f: lib.mapAttrs'
    (file: _: let name = lib.removeSuffix ".nix" file; in lib.nameValuePair "${baseNameOf folder}-${name}" (f name (folder + "/${file}")))
    (lib.filterAttrs (file: _: lib.hasSuffix ".nix" file) (builtins.readDir folder));
  judge = import ./judge.nix { inherit self nixpkgs pkgs; };
in
named ./accepted judge.accepted
// named ./refused judge.refused
// lib.optionalAttrs (!pkgs.stdenv.hostPlatform.isAarch64) (named ./machines (_: file: pkgs.testers.runNixOSTest (import file { inherit self; })))
  // { package = self.packages.${pkgs.stdenv.hostPlatform.system}.blufio; }

# SPDX-License-Identifier: MIT OR Apache-2.0
# What cargo needs, and nothing else: a change of a document or of Nix code builds no Rust.
{ lib }:
let
  root = ../..;
in
{
  version = (lib.importTOML (root + "/Cargo.toml")).workspace.package.version;
  src = lib.fileset.toSource {
    inherit root;
    fileset = lib.fileset.unions [
      (root + "/Cargo.toml")
      (root + "/Cargo.lock")
      (root + "/src")
      # Named by the manifests as targets.
      (root + "/bench")
      (root + "/tests/e2e")
      (root + "/tests/house")
      (root + "/tests/turn")
    ];
  };
  cargoLock.lockFile = root + "/Cargo.lock";
}

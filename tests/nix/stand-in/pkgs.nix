# SPDX-License-Identifier: MIT OR Apache-2.0
# Packages that are never built: their names, and what the project's code asks of them.
{ lib, system }:
let
  fake = name: extra: derivation { inherit name system; builder = "/bin/sh"; } // { inherit name; meta.mainProgram = name; } // extra;
  named = [ "cargo" "clippy" "coreutils" "curl" "deadnix" "e2fsprogs" "findutils" "gnugrep" "gnupg" "gnupgMinimal" "gnused" "hostname-debian" "jq" "netcat" "nixpkgs-fmt" "openssh" "python3" "qemu" "runtimeShell" "rustc" "rustfmt" "systemd" "util-linux" "xz" ];
  platform = rec { inherit system; isAarch64 = system == "aarch64-linux"; efiArch = if isAarch64 then "aa64" else "x64"; };
  pkgs = lib.genAttrs named (name: fake name { }) // {
    inherit lib pkgs fake;
    OVMF.override = given: { fd = fake "OVMF" given; };
    stdenv = { hostPlatform = platform; buildPlatform = platform // { canExecute = other: other.system == system; }; };
    callPackage = function: given:
      let called = if builtins.isPath function then import function else function; in
      called (lib.mapAttrs (name: _: given.${name} or pkgs.${name} or (throw "the stand-in has no package `${name}'")) (builtins.functionArgs called));
    pkgsStatic = pkgs;
    buildPackages = pkgs;
    rustPlatform.buildRustPackage = package:
      assert builtins.pathExists package.src;
      assert (lib.importTOML package.cargoLock.lockFile).version >= 3;
      builtins.deepSeq (removeAttrs package [ "meta" ]) (fake "${package.pname}-${package.version}" { inherit (package) meta; });
    formats.toml = _: {
      type = lib.types.toml;
      generate = name: value: fake name { text = builtins.toJSON value; };
    };
    formats.ini = _: {
      type = lib.types.anything;
      generate = name: value: fake name { text = builtins.toJSON value; };
    };
    linkFarm = name: files: fake name { text = lib.concatMapStringsSep "\n" (file: "${file} ${files.${file}}") (lib.attrNames files); };
    runCommand = name: _: text: fake name { inherit text; };
    writeText = name: text: fake name { inherit text; };
    writeTextDir = name: text: fake name { inherit text; };
    writeShellScript = name: text: fake name { inherit text; };
    writeShellScriptBin = name: text: fake name { inherit text; };
    mkShell = shell: builtins.seq (lib.all (one: one ? outPath) shell.packages) (fake "shell" { });
    testers.runNixOSTest = test:
      let
        under = { virtualisation.qemu.package = pkgs.qemu; };
        nodes = lib.mapAttrs (_: machine: (lib.nixosSystem { inherit system; modules = [ machine under ]; specialArgs = { inherit nodes; }; }).config) test.nodes;
        machines = lib.mapAttrs (_: config: config.system.build.toplevel.drvPath) nodes;
        script = if lib.isFunction test.testScript then test.testScript { inherit nodes; } else test.testScript;
      in
      assert lib.isString script;
      builtins.deepSeq machines (fake "vm-test-run-${test.name}" { config = { inherit nodes; testScriptString = script; }; });
  };
in
pkgs

# SPDX-License-Identifier: MIT OR Apache-2.0
# Evaluates a machine with the module, and says whether it is what a case expects. A case that does not hold does not
# evaluate; nothing is built.
{ self, nixpkgs, pkgs }:
let
  inherit (nixpkgs) lib;
  inherit (pkgs.stdenv.hostPlatform) system;
  # What any machine says of itself; the appliance says it.
  ordinary = {
    imports = [ self.nixosModules.default ];
    system.stateVersion = "26.05";
    boot.loader.grub.enable = false;
    fileSystems."/" = { device = "/dev/disk/by-label/root"; fsType = "ext4"; };
    documentation.enable = false;
  };
  machine = case: nixpkgs.lib.nixosSystem {
    modules = [
      (if case.appliance or false then self.nixosModules.appliance else ordinary)
      case.module
      { nixpkgs.hostPlatform = system; }
    ];
  };
  failed = config: map (one: one.message) (lib.filter (one: !one.assertion) config.assertions);
  list = lib.concatMapStringsSep "\n" (text: "- ${text}");
  passed = name: pkgs.runCommand "case-${name}" { } "touch $out";
in
{
  # A file with a `module`, for a machine or for an `appliance`, and what `holds` of the machine's configuration: sentences, and whether they are true.
  accepted = name: file:
    let
      case = import file;
      inherit (machine case) config;
      # The texts alone, at once: a check that keeps its whole machine would keep it in memory until all are done.
      units = lib.mapAttrs (_: unit: unit.text) (lib.filterAttrs (name: _: lib.hasPrefix "blufio" name) config.systemd.units);
      broken = lib.attrNames (lib.filterAttrs (_: holds: !holds) (case.holds config));
    in
    if failed config != [ ] then throw "${name}: refused:\n${list (failed config)}"
    else if broken != [ ] then throw "${name}: does not hold:\n${list broken}"
    else builtins.seq (lib.optionalString (case.whole or false) config.system.build.toplevel.drvPath) (builtins.deepSeq units (passed name // { inherit units; }));

  # A file with a `module`, and the words that the one message holds with which it is `refused`.
  refused = name: file:
    let
      case = import file;
      messages = failed (machine case).config;
      words = text: lib.concatStringsSep " " (lib.filter (word: word != "") (lib.splitString " " (lib.replaceStrings [ "\n" ] [ " " ] text)));
      message = words (lib.head messages);
    in
    if lib.length messages != 1 then throw "${name}: expected one refusal, and there are ${toString (lib.length messages)}:\n${list messages}"
    else if !lib.hasInfix case.refused message then throw "${name}: refused with other words:\n${list messages}"
    else passed name // { inherit message; };
}

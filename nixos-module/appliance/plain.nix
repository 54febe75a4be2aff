# SPDX-License-Identifier: MIT OR Apache-2.0
# The plain files of `image/` as Nix values. They are the one source of both images; what differs here is said where it is
# used, and a file that no longer holds what is replaced in it stops the evaluation.
{ lib, pkgs ? null }:
let
  significant = line: line != "" && !lib.hasPrefix "#" line;
  header = builtins.match "\\[([A-Za-z0-9]+)]";
  setting = builtins.match "([A-Za-z0-9]+)=(.*)";
  # A key that stands there several times becomes a list, as NixOS writes it.
  add = section: key: value: section // {
    ${key} = if section ? ${key} then lib.toList section.${key} ++ [ value ] else value;
  };
in
rec {
  folder = ../../image;

  # The files of a folder, by their names.
  files = place: lib.attrNames (lib.filterAttrs (_: kind: kind == "regular") (builtins.readDir (folder + "/${place}")));

  lines = place: lib.filter significant (lib.splitString "\n" (builtins.readFile (folder + "/${place}")));

  # A unit, a partition, a transfer: { Section = { Key = value; }; }
  sections = place: (lib.foldl'
    (read: line:
      let name = header line; pair = setting line; in
      if name != null then read // { current = lib.head name; all = { ${lib.head name} = { }; } // read.all; }
      else if pair == null || read.current == null then throw "image/${place}: `${line}' is no section and no setting"
      else read // { all = read.all // { ${read.current} = add read.all.${read.current} (lib.head pair) (lib.last pair); }; })
    { current = null; all = { }; }
    (lines place)).all;

  # All of a folder, by their names without the ending.
  definitions = place: ending: lib.listToAttrs (map
    (file: lib.nameValuePair (lib.removeSuffix ending file) (sections "${place}/${file}"))
    (lib.filter (lib.hasSuffix ending) (files place)));

  # A text with every name on the left replaced by what it is here.
  text = place: here: lib.foldl'
    (text: name:
      if lib.hasInfix name text then lib.replaceStrings [ name ] [ here.${name} ] text
      else throw "image/${place} no longer holds `${name}', which nixos-module/appliance replaces by `${here.${name}}'")
    (builtins.readFile (folder + "/${place}"))
    (lib.attrNames here);

  # A script that finds these packages.
  script = place: packages: here: pkgs.writeShellScript (baseNameOf place) ''
    export PATH=${lib.makeBinPath packages}
    ${text place here}
  '';

  # A unit whose text is that of a file, wanted by whom it says.
  unit = place: here: {
    text = text place here;
    wantedBy = lib.concatMap (lib.splitString " ") (lib.toList ((sections place).Install.WantedBy or [ ]));
  };
}

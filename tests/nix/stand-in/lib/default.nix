# SPDX-License-Identifier: MIT OR Apache-2.0
# The functions that this project uses, by their names in nixpkgs. What is missing here is missed by its name.
let
  lib = {
    inherit (builtins) all any attrNames attrValues concatLists concatMap concatStringsSep elem elemAt filter foldl' genList
      hasAttr head isAttrs isBool isFloat isFunction isInt isList isString length listToAttrs mapAttrs replaceStrings tail;

    # Lists.
    imap0 = f: list: builtins.genList (at: f at (builtins.elemAt list at)) (builtins.length list);
    imap1 = f: lib.imap0 (at: f (at + 1));
    last = list: builtins.elemAt list (builtins.length list - 1);
    optional = holds: value: if holds then [ value ] else [ ];
    optionals = holds: values: if holds then values else [ ];
    toList = value: if builtins.isList value then value else [ value ];
    unique = lib.foldl' (seen: value: if builtins.elem value seen then seen else seen ++ [ value ]) [ ];

    # Texts.
    concatMapStringsSep = separator: f: list: builtins.concatStringsSep separator (map f list);
    hasInfix = infix: text: lib.length (lib.splitString infix text) > 1;
    hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
    hasSuffix = suffix: text:
      let
        cut = builtins.stringLength text - builtins.stringLength suffix;
      in
      cut >= 0 && builtins.substring cut (-1) text == suffix;
    escapeShellArg = text: "'${text}'";
    makeBinPath = lib.concatMapStringsSep ":" (package: "${package}/bin");
    optionalString = holds: text: if holds then text else "";
    removePrefix = prefix: text: if lib.hasPrefix prefix text then builtins.substring (builtins.stringLength prefix) (-1) text else text;
    removeSuffix = suffix: text:
      if lib.hasSuffix suffix text
      then builtins.substring 0 (builtins.stringLength text - builtins.stringLength suffix) text
      else text;
    splitString = separator: text: builtins.filter builtins.isString (builtins.split (lib.escapeRegex separator) text);
    escapeRegex = lib.replaceStrings (lib.stringToCharacters "\\[{()^$?*+|.") (map (char: "\\" + char) (lib.stringToCharacters "\\[{()^$?*+|."));
    stringToCharacters = text: builtins.genList (at: builtins.substring at 1 text) (builtins.stringLength text);
    toLower = lib.replaceStrings lib.upper lib.lower;
    toUpper = lib.replaceStrings lib.lower lib.upper;
    upper = lib.stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    lower = lib.stringToCharacters "abcdefghijklmnopqrstuvwxyz";

    # Sets.
    filterAttrs = keep: set: lib.listToAttrs (builtins.filter (entry: keep entry.name entry.value) (lib.attrsToList set));
    attrsToList = set: map (name: { inherit name; value = set.${name}; }) (builtins.attrNames set);
    genAttrs = names: f: lib.listToAttrs (map (name: { inherit name; value = f name; }) names);
    mapAttrs' = f: set: lib.listToAttrs (map (name: f name set.${name}) (builtins.attrNames set));
    mapAttrsToList = f: set: map (name: f name set.${name}) (builtins.attrNames set);
    nameValuePair = name: value: { inherit name value; };
    optionalAttrs = holds: set: if holds then set else { };

    # Packages and files.
    getExe = package: "${package}/bin/${package.meta.mainProgram}";
    importTOML = path: builtins.fromTOML (builtins.readFile path);
    licenses = lib.genAttrs [ "mit" "asl20" ] (name: { shortName = name; });
    platforms.linux = [ "x86_64-linux" "aarch64-linux" ];
    fileset = {
      unions = paths: map (path: if builtins.pathExists path then path else throw "${toString path} does not exist") paths;
      toSource = { root, fileset }: builtins.deepSeq (map toString fileset) root;
    };
  } // import ./modules.nix { inherit lib; } // import ./options.nix { inherit lib; } // {
    types = import ./types.nix { inherit lib; };
  };
in
lib

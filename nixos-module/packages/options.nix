# SPDX-License-Identifier: MIT OR Apache-2.0
# The reference of the module's options, as Markdown: made from what they say of themselves.
{ lib, pkgs, writeText }:
let
  # Options tell about themselves without a machine; their values are not looked at.
  inherit (lib.evalModules {
    modules = [ ../. ../appliance/updates.nix { config._module.check = false; } ];
    specialArgs = { inherit pkgs; };
  }) options;
  listed = lib.filter (option: !(option.internal or false)) (lib.optionAttrSetToDocList options.services.blufio);

  code = { text, ... }:
    if lib.hasInfix "\n" text then "\n\n```nix\n${lib.removeSuffix "\n" text}\n```\n" else " `${text}`\n";
  entry = option: ''
    ### `${option.name}`

    ${lib.removeSuffix "\n" option.description}

    - type: ${option.type}
  ''
  + lib.optionalString (option ? default) "- default:${code option.default}"
  + "- example:${code option.example}";
in
writeText "blufio-options.md" (lib.concatMapStringsSep "\n" entry listed)

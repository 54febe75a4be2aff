# SPDX-License-Identifier: MIT OR Apache-2.0
# Options, and what is told about them.
{ lib }:
let
  indent = text: lib.replaceStrings [ "\n" ] [ "\n  " ] text;
  # A value as Nix code, as nixpkgs writes it.
  pretty = value:
    if value == null then "null"
    else if lib.isBool value then (if value then "true" else "false")
    else if lib.isString value then "\"${lib.replaceStrings [ "\\" "\"" "\${" ] [ "\\\\" "\\\"" "\\\${" ] value}\""
    else if lib.isList value then (if value == [ ] then "[ ]" else "[\n  ${indent (lib.concatMapStringsSep "\n" pretty value)}\n]")
    else if lib.isAttrs value then
      (if value == { } then "{ }" else "{\n  ${indent (lib.concatStringsSep "\n" (lib.mapAttrsToList (name: one: "${name} = ${pretty one};") value))}\n}")
    else toString value;
  rendered = value: if lib.isAttrs value && value ? _type && value ? text then value else lib.literalExpression (pretty value);
  leaves = tree: lib.concatMap (value: if value ? _type then [ value ] else leaves value) (lib.attrValues tree);
in
rec {
  mkOption = option: option // { _type = "option"; };
  literalExpression = text: { _type = "literalExpression"; inherit text; };
  showOption = lib.concatStringsSep ".";
  optionAttrSetToDocList = options: lib.concatMap
    (option: [
      ({
        name = showOption option.loc;
        inherit (option) loc description;
        type = option.type.description;
        internal = option.internal or false;
      } // lib.optionalAttrs (option ? example) { example = rendered option.example; }
      // lib.optionalAttrs (option ? defaultText || option ? default) { default = rendered (option.defaultText or option.default); })
    ] ++ optionAttrSetToDocList (option.type.sub option.loc))
    (leaves options);
}

# SPDX-License-Identifier: MIT OR Apache-2.0
# Types of options. Their descriptions are those of nixpkgs, since they stand in the documentation.
{ lib }:
let
  shown = builtins.toJSON;

  # One value, or several that say the same.
  equal = place: values:
    if lib.all (value: value == lib.head values) values then lib.head values
    else throw "the option `${lib.showOption place}' has conflicting definitions: ${shown values}";
  plain = description: check: { inherit description check; merge = equal; sub = _: { }; };
  in_words = type: if type.composed or false then "(${type.description})" else type.description;

  # Whatever can stand in a TOML file.
  is_toml = value:
    if lib.isAttrs value then lib.all is_toml (lib.attrValues value)
    else if lib.isList value then lib.all is_toml value
    else lib.isString value || lib.isBool value || lib.isInt value || lib.isFloat value || builtins.isPath value;

  # Sets are merged by their names, lists are joined, of all else there may be one value.
  free = place: values:
    if lib.length values > 1 && lib.all (value: lib.isAttrs value && !(value ? outPath)) values || lib.length values == 1 && lib.isAttrs (lib.head values) && !(lib.head values ? outPath) then
      lib.mapAttrs (name: lib.definitions (place ++ [ name ]) (plain "anything" (_: true) // { merge = free; }))
        (lib.filterAttrs (_: found: lib.concatMap lib.discharged found != [ ]) (builtins.zipAttrsWith (_: found: found) values))
    else if lib.all lib.isList values then lib.concatLists values
    else equal place values;
in
{
  bool = plain "boolean" lib.isBool;
  str = plain "string" lib.isString;
  path = plain "absolute path" (value: builtins.isPath value || lib.isString value && lib.hasPrefix "/" value);
  package = plain "package" (value: lib.isAttrs value && value ? outPath);
  anything = plain "anything" (_: true) // { merge = free; };
  toml = plain "TOML value" is_toml // { composed = true; merge = free; };
  ints.positive = plain "positive integer, meaning >0" (value: lib.isInt value && value > 0);
  enum = values: plain "one of ${lib.concatMapStringsSep ", " shown values}" (value: lib.elem value values) // { composed = true; };
  strMatching = pattern: plain "string matching the pattern ${pattern}" (value: lib.isString value && builtins.match pattern value != null);

  nullOr = type: plain "null or ${in_words type}" (value: value == null || type.check value) // {
    composed = true;
    inherit (type) sub;
    merge = place: values: if lib.all (value: value == null) values then null else type.merge place values;
  };
  listOf = type: plain "list of ${in_words type}" lib.isList // {
    composed = true;
    merge = place: values: map (value: lib.definitions place type [ value ]) (lib.concatLists values);
  };
  attrsOf = type: plain "attribute set of ${in_words type}" lib.isAttrs // {
    composed = true;
    sub = place: type.sub (place ++ [ "<name>" ]);
    merge = place: values: lib.mapAttrs (name: lib.definitions (place ++ [ name ]) type)
      (lib.filterAttrs (_: found: lib.concatMap lib.discharged found != [ ])
        (builtins.zipAttrsWith (_: found: found) (lib.concatMap lib.pushed values)));
  };
  submodule = module: plain (if module ? freeformType then "open submodule of ${in_words module.freeformType}" else "submodule")
    (value: lib.isAttrs value || lib.isFunction value) // {
    composed = true;
    sub = place: (lib.evalModules { modules = [ module ]; prefix = place; }).options;
    merge = place: values: (lib.evalModules {
      modules = [ (removeAttrs module [ "freeformType" ]) ] ++ map (value: { config = value; }) values;
      freeform = module.freeformType or null;
      prefix = place;
    }).config;
  };
}

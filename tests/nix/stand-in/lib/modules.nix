# SPDX-License-Identifier: MIT OR Apache-2.0
# A small module system: options are declared and checked, what nobody has declared is refused, `mkIf`, `mkMerge`,
# `mkDefault`, `mkForce` and `mkVMOverride` hold.
{ lib }:
rec {
  mkIf = holds: content: { _type = "if"; inherit holds content; };
  mkMerge = contents: { _type = "merge"; inherit contents; };
  mkOverride = priority: content: { _type = "override"; inherit priority content; };
  mkDefault = mkOverride 1000;
  mkForce = mkOverride 50;
  mkVMOverride = mkOverride 10;
  mkOptionDefault = mkOverride 1500;

  # A definition without its conditions: values with their priorities.
  discharged = definition:
    if lib.isAttrs definition && definition ? _type then
      if definition._type == "if" then lib.optionals definition.holds (discharged definition.content)
      else if definition._type == "merge" then lib.concatMap discharged definition.contents
      else if definition._type == "override" then map (found: found // { inherit (definition) priority; }) (discharged definition.content)
      else [{ priority = 100; value = definition; }]
    else [{ priority = 100; value = definition; }];

  # A definition of a set as sets, with the conditions at their values.
  pushed = definition:
    if lib.isAttrs definition && definition ? _type then
      if definition._type == "if" then map (lib.mapAttrs (_: mkIf definition.holds)) (pushed definition.content)
      else if definition._type == "merge" then lib.concatMap pushed definition.contents
      else if definition._type == "override" then map (lib.mapAttrs (_: mkOverride definition.priority)) (pushed definition.content)
      else [ definition ]
    else [ definition ];

  # The value that the definitions of an option amount to.
  definitions = place: type: found:
    let
      all = lib.concatMap discharged found;
      strongest = lib.foldl' (least: one: if one.priority < least then one.priority else least) 9999 all;
      values = map (one: one.value) (lib.filter (one: one.priority == strongest) all);
      wrong = lib.filter (value: !type.check value) values;
    in
    if values == [ ] then throw "the option `${lib.showOption place}' is used, and has no value"
    else if wrong != [ ] then throw "a value of the option `${lib.showOption place}' is not of the type `${type.description}'"
    else type.merge place values;

  evalModules = { modules, specialArgs ? { }, prefix ? [ ], freeform ? null }:
    let
      own = [ "imports" "options" "config" "freeformType" "_file" ];
      load = module:
        let
          read = if builtins.isPath module || lib.isString module then import module else module;
          asked = builtins.functionArgs read;
          given = { inherit lib config options; } // specialArgs;
          called = if lib.isFunction read then read (given // lib.mapAttrs (name: _: given.${name} or (throw "no module argument `${name}'")) asked) else read;
          short = !(called ? options || called ? config);
          stray = lib.filter (name: !lib.elem name own) (lib.attrNames called);
        in
        if !short && stray != [ ] then throw "a module has, beside its options and config, ${toString stray}"
        else lib.concatMap load (called.imports or [ ]) ++ [
          {
            options = called.options or { };
            config = if short then removeAttrs called own else called.config or { };
          }
        ];
      loaded = lib.concatMap load modules;

      joined = left: right: left // lib.mapAttrs
        (name: value: if left ? ${name} && !(left.${name} ? _type) then joined left.${name} value else value)
        right;
      placed = place: lib.mapAttrs (name: value:
        if value ? _type then value // { loc = place ++ [ name ]; } else placed (place ++ [ name ]) value);
      options = placed prefix (lib.foldl' joined { } (map (module: module.options) loaded));

      level = place: declared: found:
        let
          named = builtins.zipAttrsWith (_: values: values) (lib.concatMap pushed found);
          undeclared = lib.filterAttrs (_: values: lib.concatMap discharged values != [ ]) (removeAttrs named (lib.attrNames declared));
        in
        lib.mapAttrs
          (name: option:
            let here = place ++ [ name ]; values = named.${name} or [ ]; in
            if option ? _type
            then definitions here option.type (values ++ lib.optional (option ? default) (mkOptionDefault option.default))
            else level here option values)
          declared
        // lib.mapAttrs
          (name: values:
            let here = place ++ [ name ]; in
            if freeform == null then throw "The option `${lib.showOption here}' does not exist" else definitions here freeform values)
          undeclared;
      config = level prefix options (map (module: module.config) loaded);
    in
    { inherit config options; };
}

# SPDX-License-Identifier: MIT OR Apache-2.0
# How secrets look, by the name of their key and by their shape: before they get into the store, where the program could
# only find them too late.
{ lib }:
let
  endings = [ "token" "secret" "password" "passphrase" "apikey" "api_key" "api-key" "private_key" "secret_key" ];
  shapes = [
    ".*sk-ant-[A-Za-z0-9_-]{8,}.*"
    "(.*[^A-Za-z0-9_-])?(sk-|gsk_)[A-Za-z0-9_-]{20,}.*"
    "(.*[^0-9])?[0-9]{6,12}:[A-Za-z0-9_-]{30,64}([^A-Za-z0-9_-].*)?"
  ];
  # `transcription.secret` holds the name of a secret, not one.
  named = path: path != [ "transcription" "secret" ]
    && (lib.last path == "key" || lib.any (ending: lib.hasSuffix ending (lib.toLower (lib.last path))) endings);
  shaped = text: lib.any (shape: builtins.match shape (lib.replaceStrings [ "\n" ] [ " " ] text) != null) shapes;

  walk = path: value:
    if lib.isAttrs value then lib.concatMap (name: walk (path ++ [ name ]) value.${name}) (lib.attrNames value)
    else if lib.isList value then lib.concatMap (walk path) value
    else lib.optional (lib.isString value && value != "" && (named path || shaped value)) (lib.concatStringsSep "." path);
in
{
  # The keys, dotted, of the values in a configuration that look like secrets.
  find = settings: lib.unique (walk [ ] settings);
}

# SPDX-License-Identifier: MIT OR Apache-2.0
# What `nix run` starts: the demo and how to go on. With arguments, the program itself.
{ lib, writeShellScript, blufio }:
writeShellScript "blufio-trial" ''
  set -eu
  if [ "$#" -gt 0 ]; then
    exec ${lib.getExe blufio} "$@"
  fi
  ${lib.getExe blufio} demo
  cat <<'END'

  That was the real daemon against stand-ins on this machine. To go on, with `nix run . --` as the program's name:

    vault init                     asks for a passphrase
    vault set anthropic-api-key    asks for the key, from https://platform.claude.com/
    vault set telegram-bot-token   asks for the token, from https://t.me/BotFather
    serve                          runs the agent
    vault unseal                   in another terminal: opens the vault

  On NixOS, a service instead: docs/nixos.md.
  END
''

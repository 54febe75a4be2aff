# SPDX-License-Identifier: MIT OR Apache-2.0
# A program that starts and never gets healthy.
{ pkgs, blufio }:
let
  program = pkgs.writeShellScript "blufio" ''
    case "$1" in
    --isolated | backup | provision) exec ${pkgs.lib.getExe blufio} "$@" ;;
    serve) exec ${pkgs.coreutils}/bin/sleep infinity ;;
    *) echo "this version is not healthy" >&2; exit 1 ;;
    esac
  '';
in
pkgs.runCommand "blufio-unhealthy" { meta.mainProgram = "blufio"; } ''
  install -D ${program} $out/bin/blufio
  install -D --mode=444 ${blufio}/lib/systemd/system/blufio.service $out/lib/systemd/system/blufio.service
  substituteInPlace $out/lib/systemd/system/blufio.service --replace-fail ${pkgs.lib.getExe blufio} $out/bin/blufio
''

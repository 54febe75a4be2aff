# SPDX-License-Identifier: MIT OR Apache-2.0
# The program, its unit, and what shells complete.
{ lib, stdenv, rustPlatform }:
let
  source = import ./source.nix { inherit lib; };
  runs = stdenv.buildPlatform.canExecute stdenv.hostPlatform;
in
rustPlatform.buildRustPackage {
  pname = "blufio";
  inherit (source) version src cargoLock;
  cargoBuildFlags = [ "--package" "blufio" ];

  # As the program is published, and measured: its profile, and how jemalloc gives memory back. cargo's own file cannot come
  # along: nixpkgs writes one that says of the same targets what else they need.
  buildType = "dist";
  env = { inherit ((lib.importTOML ../../.cargo/config.toml).env) JEMALLOC_SYS_WITH_MALLOC_CONF; }
    # jemalloc is built for one size of pages and refuses larger ones; kernels for aarch64 use 4, 16 or 64 KiB.
    // lib.optionalAttrs stdenv.hostPlatform.isAarch64 { JEMALLOC_SYS_WITH_LG_PAGE = "16"; };

  # The tests read the whole repository, and are run by `.ci/run`. What is installed is asked to show itself: the demo
  # runs the daemon against stand-ins on loopback, kills it on the way, and fails when one expectation did not hold.
  doCheck = false;
  doInstallCheck = runs;
  installCheckPhase = ''
    runHook preInstallCheck
    HOME=$TMPDIR $out/bin/blufio demo
    runHook postInstallCheck
  '';

  postInstall = ''
    install -Dm444 ${../../image/systemd/blufio.service} $out/lib/systemd/system/blufio.service
    substituteInPlace $out/lib/systemd/system/blufio.service --replace-fail ExecStart=blufio ExecStart=$out/bin/blufio
  '' + lib.optionalString runs ''
    for shell in bash fish zsh; do
      $out/bin/blufio completions $shell > blufio.$shell
    done
    install -Dm444 blufio.bash $out/share/bash-completion/completions/blufio
    install -Dm444 blufio.fish $out/share/fish/vendor_completions.d/blufio.fish
    install -Dm444 blufio.zsh $out/share/zsh/site-functions/_blufio
  '';

  meta = {
    description = "An always-on personal AI agent that you own";
    homepage = "https://github.com/blufio/blufio";
    license = [ lib.licenses.mit lib.licenses.asl20 ];
    mainProgram = "blufio";
    platforms = lib.platforms.linux;
  };
}

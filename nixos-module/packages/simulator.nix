# SPDX-License-Identifier: MIT OR Apache-2.0
# Stand-ins for the two APIs, for tests on machines.
{ lib, rustPlatform }:
let
  source = import ./source.nix { inherit lib; };
in
rustPlatform.buildRustPackage {
  pname = "blufio-simulator";
  inherit (source) version src cargoLock;
  cargoBuildFlags = [ "--package" "blufio-simulator" ];
  doCheck = false;
  meta = {
    description = "Stand-ins for the Anthropic and Telegram APIs on loopback";
    homepage = "https://github.com/blufio/blufio";
    license = [ lib.licenses.mit lib.licenses.asl20 ];
    mainProgram = "blufio-simulator";
    platforms = lib.platforms.linux;
  };
}

# SPDX-License-Identifier: MIT OR Apache-2.0
# What of it is asked for here.
{ lib, ... }:
{
  options.nix.enable = lib.mkOption { type = lib.types.bool; default = true; };
  config.nix.enable = false;
}

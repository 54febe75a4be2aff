# SPDX-License-Identifier: MIT OR Apache-2.0
# The NixOS module of Blufio, one file a concern.
{
  imports = [
    ./service.nix
    ./settings.nix
    ./credentials.nix
    ./vault.nix
    ./directories.nix
    ./backup.nix
    ./logs.nix
    ./metrics.nix
  ];
}

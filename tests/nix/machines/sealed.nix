# SPDX-License-Identifier: MIT OR Apache-2.0
# Without its passphrase the service waits, loses nothing, and goes on when the vault is opened: by hand, and at the
# next start by what was kept with the key of the machine.
{ self }:
{
  name = "blufio-sealed";
  nodes.machine = { lib, ... }: {
    imports = [ (import ./simulated/node.nix { inherit self; }) ];
    services.blufio.credentials = lib.mkForce { };
    services.blufio.vault.unseal = "host-key";
  };
  testScript = import ./scripts [ "world" ] "sealed";
}

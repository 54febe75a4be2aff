# SPDX-License-Identifier: MIT OR Apache-2.0
# Backups are made by themselves and copied to another disk; after the state was lost, the last one takes its place, and
# what was said is known again.
{ self }:
{
  name = "blufio-backup";
  nodes.machine = {
    imports = [ (import ./simulated/node.nix { inherit self; }) ];
    services.blufio.backup = { every = "30s"; keep = 2; copies.folder = "/mnt/backup/blufio"; };
  };
  testScript = import ./scripts [ "world" ] "backup";
}

# SPDX-License-Identifier: MIT OR Apache-2.0
# The appliance boots from its image by its firmware; nothing of it can be changed, and what was said is kept. A system that
# somebody has changed on the disk is not started.
{ self }:
{
  name = "blufio-appliance";
  nodes.machine = import ./simulated/appliance.nix { inherit self; };
  testScript = import ./scripts [ "world" "disk" ] "appliance";
}

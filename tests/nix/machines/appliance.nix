# SPDX-License-Identifier: MIT OR Apache-2.0
# The appliance boots from its image by its firmware; nothing of it can be changed, and what was said is kept. What somebody
# changes on its disk is not read.
{ self }:
{
  name = "blufio-appliance";
  nodes.machine = import ./simulated/appliance.nix { inherit self; };
  testScript = import ./scripts [ "world" "disk" ] "appliance";
}

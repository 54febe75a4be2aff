# SPDX-License-Identifier: MIT OR Apache-2.0
# A small disk for the state alone: what is full then is that disk, and not the machine.
{
  virtualisation = {
    emptyDiskImages = [ 256 ];
    fileSystems."/var/lib/private" = { device = "/dev/vdb"; fsType = "ext4"; autoFormat = true; };
  };
}

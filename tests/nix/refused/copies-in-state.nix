# SPDX-License-Identifier: MIT OR Apache-2.0
# The state by its other path.
{
  module.services.blufio = {
    enable = true;
    backup.copies.folder = "/var/lib/private/blufio";
  };
  refused = "services.blufio.backup.copies.folder is \"/var/lib/private/blufio\". Write the path of a folder on another disk";
}

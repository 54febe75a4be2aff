# SPDX-License-Identifier: MIT OR Apache-2.0
# A path that begins nowhere.
{
  module.services.blufio = {
    enable = true;
    backup.copies.folder = "backup/blufio";
  };
  refused = "services.blufio.backup.copies.folder is \"backup/blufio\". Write the path of a folder on another disk";
}

# SPDX-License-Identifier: MIT OR Apache-2.0
{
  module.services.blufio = {
    enable = true;
    backup.copies.folder = "/var/lib/blufio/copies";
  };
  refused = "services.blufio.backup.copies.folder is \"/var/lib/blufio/copies\". Write the path of a folder on another disk";
}

# SPDX-License-Identifier: MIT OR Apache-2.0
{
  module.services.blufio = {
    enable = true;
    settings.store.path = "/srv/blufio/blufio.db";
  };
  refused = "services.blufio.settings.store.path is \"/srv/blufio/blufio.db\", where the service may not write. Choose a path below /var/lib/blufio";
}

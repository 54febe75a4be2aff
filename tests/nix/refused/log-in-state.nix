# SPDX-License-Identifier: MIT OR Apache-2.0
# The log among the state: one directory for two purposes.
{
  module.services.blufio = {
    enable = true;
    logs.file = "/var/lib/blufio/blufio.log";
  };
  refused = "services.blufio.settings.log.file is \"/var/lib/blufio/blufio.log\", where the service may not write. Choose a path below /var/log/blufio";
}

# SPDX-License-Identifier: MIT OR Apache-2.0
{
  appliance = true;
  module.services.blufio.update.automatic = true;
  refused = "services.blufio.update.automatic is set, and services.blufio.update.keyring is not";
}

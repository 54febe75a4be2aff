# SPDX-License-Identifier: MIT OR Apache-2.0
{
  module.services.blufio = {
    enable = true;
    settings.gateway.socket = "/run/blufio/../dbus/system_bus_socket";
  };
  refused = "services.blufio.settings.gateway.socket is \"/run/blufio/../dbus/system_bus_socket\"";
}

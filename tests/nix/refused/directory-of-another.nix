# SPDX-License-Identifier: MIT OR Apache-2.0
# Another service that lives in the same directory.
{
  module = {
    services.blufio.enable = true;
    systemd.services.other = {
      script = "true";
      serviceConfig.StateDirectory = [ "other" "blufio" ];
    };
  };
  refused = "systemd.services.other.serviceConfig.StateDirectory claims /var/lib/blufio, which is that of services.blufio";
}

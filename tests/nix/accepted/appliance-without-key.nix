# SPDX-License-Identifier: MIT OR Apache-2.0
# Without a key nobody can say which updates are good, and none are taken.
{
  appliance = true;
  module = { };
  holds = config: {
    "there are no transfers" = !(config.environment.etc ? "sysupdate.d/10-root.transfer");
    "nothing looks for updates" = !(config.systemd.units ? "blufio-update.timer");
    "there is no key" = !(config.environment.etc ? "systemd/import-pubring.gpg");
  };
}

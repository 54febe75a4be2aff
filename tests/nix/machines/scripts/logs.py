# SPDX-License-Identifier: MIT OR Apache-2.0
LOG = "/var/log/blufio/blufio.log"
meet()
machine.wait_for_unit("blufio.service")
machine.succeed(f"test -s {LOG}")

machine.succeed("systemctl start logrotate.service")
machine.wait_until_succeeds(f"grep 'log was reopened' {LOG}")
machine.succeed(f"test -s {LOG}.1")
for secret in SECRETS:
    machine.fail(f"grep --fixed-strings --quiet -- {shlex.quote(secret)} {LOG} {LOG}.1")

# SPDX-License-Identifier: MIT OR Apache-2.0
"""Credentials that a machine is handed encrypted: what it can read is taken; what it cannot stops neither the boot nor the agent."""

from scenarios.provision import KEY, PROBLEMS, furnish, toml

from driver.world import ADA, UNIT

TIERS = (1,)
HANDED, FOLDER = "/etc/handed", "/run/credentials/@encrypted"
# What systemd does with those from the boot partition, on machines with UEFI.
AS_SYSTEMD = f"""[Unit]
DefaultDependencies=no
Before=sysinit.target
[Service]
Type=oneshot
ExecStart=/bin/mkdir -m 700 {FOLDER}
ExecStart=/bin/cp -r {HANDED}/. {FOLDER}
ExecStart=/bin/mount --bind {FOLDER} {FOLDER}
ExecStart=/bin/mount -o remount,bind,ro,nosuid,nodev,noexec {FOLDER}
[Install]
WantedBy=sysinit.target
"""


def run(world) -> None:
    machine = world.machine
    furnish(world)
    world.hand_over()
    machine.place("/etc/systemd/system.conf.d/handed.conf", f"[Manager]\nManagerEnvironment=ENCRYPTED_CREDENTIALS_DIRECTORY={FOLDER}\n")
    machine.place("/etc/systemd/system/handed.service", AS_SYSTEMD)
    machine.place(f"{HANDED}/blufio.vault-passphrase", "bm90aGluZyBvZiB0aGlzIG1hY2hpbmU=\n")
    machine.place(f"{HANDED}/blufio.authorized-keys", "bm90aGluZyBvZiB0aGlzIG1hY2hpbmU=\n")
    machine.on()
    machine.run("systemctl enable handed.service")
    encrypt = "systemd-creds encrypt --with-key=host --name=blufio.toml"
    machine.run(f"{encrypt} - {HANDED}/blufio.toml", toml(world.surroundings()))
    machine.reboot()
    world.wait_ready()
    assert world.say(ADA, "[sim:say All the same.]") == "All the same."
    assert machine.run("systemctl is-active blufio-provision.service") == "active\n"
    said = machine.run(f"cat {PROBLEMS}")
    for name in ("blufio.authorized-keys", "blufio.vault-passphrase"):
        assert f"credential {name}: this machine cannot read it" in said, said
    assert machine.run(f"ls /run/credentials/{UNIT}").split() == ["blufio.anthropic-api-key", "blufio.telegram-bot-token", "blufio.toml"]
    assert machine.run("systemctl --failed --no-legend --plain") == ""
    world.assert_secrets_are_kept()
    world.step("a configuration that this machine can read is taken; what it cannot is named, and the agent answers")

    machine.run(f"systemd-creds encrypt --with-key=host --name=blufio.authorized-keys - {HANDED}/blufio.authorized-keys", f"{KEY}\n")
    machine.run(f"rm {HANDED}/blufio.vault-passphrase")
    machine.reboot()
    world.wait_ready()
    assert machine.run(f"cat {PROBLEMS}") == ""
    assert machine.run("cat /var/config/ssh/authorized_keys") == f"{KEY}\n"
    world.step("made on this machine, it is taken at the next boot")

    machine.credential("ssh.authorized_keys.root", KEY.replace("ada@home", "hypervisor"))
    machine.reboot()
    world.wait_ready()
    assert machine.run("cat /var/config/ssh/authorized_keys").endswith(" hypervisor\n")
    world.step("so is what the hypervisor hands over as it is, and it has the last word")

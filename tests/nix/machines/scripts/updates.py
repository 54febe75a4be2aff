# SPDX-License-Identifier: MIT OR Apache-2.0
# Put before the scripts of tests about updates: a machine beside, which gives out releases, and which version runs.


def begin() -> None:
    """The machine beside, then the appliance: one that has answered somebody."""
    server.start()
    server.wait_for_unit("nginx.service")
    disk()
    meet()
    runs("1.0.0")
    say("Good morning")
    assert "Good morning" in answer(1), answer(1)


def offer(release: str) -> None:
    server.succeed(f"rm -rf /srv/releases/{release} && mkdir -p /srv/releases/{release}")
    server.succeed(f"cp --dereference /etc/releases/{release}/* /srv/releases/{release}/")
    machine.wait_until_succeeds(f"curl --fail --silent --output /dev/null http://server/{release}/SHA256SUMS")


def runs(version: str) -> None:
    """Waits for the agent; this version is the one that runs."""
    machine.wait_for_unit("blufio.service")
    found = machine.succeed("grep ^IMAGE_VERSION= /etc/os-release").strip().replace('"', "")
    assert found == f"IMAGE_VERSION={version}", found


def kernels() -> list[str]:
    """The systems on the disk, with the tries that they have left."""
    return sorted(machine.succeed("ls /efi/EFI/Linux").split())


def is_back(spent: str) -> None:
    """The system from before runs again, and knows what it knew."""
    machine.start()
    meet()
    runs("1.0.0")
    assert machine.succeed("blufio --json cost") == spent
    say("Back again?")
    assert "Back again?" in answer(1), answer(1)

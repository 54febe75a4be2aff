# SPDX-License-Identifier: MIT OR Apache-2.0
"""No machine: the scripts that both images share, in a made-up root: the version in quotes, few programs, a boot partition."""

import subprocess

from driver.needs import REPOSITORY

TIERS = (1,)
SCRIPTS = {"update/blufio-update": "usr/sbin", "health/blufio-rollback": "usr/sbin", "health/blufio-slot": "usr/lib/blufio", "console/blufio-console": "usr/lib/blufio"}
# The smallest PATH that one of them has: that of the system out of Nix packages, where systemd, gpg and these are.
PROGRAMS = ("cat", "cut", "date", "dd", "head", "mkdir", "mv", "rm", "sleep", "stat", "sync", "systemd-analyze", "tr", "sed")
RUNNING, OTHER = "1.1.0", "1.0.0"
KERNELS = "efi/EFI/Linux"


def run(world) -> None:
    root = world.machine.root
    for script, folder in SCRIPTS.items():
        world.machine.place(f"/{folder}/{script.split('/')[1]}", (REPOSITORY / "image" / script).read_bytes(), 0o755)
    for program in PROGRAMS:
        (root / "few").mkdir(exist_ok=True)
        (root / "few" / program).symlink_to(f"/usr/bin/{program}")
    # Nobody offers anything, and nobody reboots.
    world.machine.place("/usr/lib/systemd/systemd-sysupdate", "#!/bin/sh\necho '{\"available\":null}'\n", 0o755)
    world.machine.place("/few/systemctl", "#!/bin/sh\necho systemctl \"$@\"\n", 0o755)
    # Started by UEFI, as far as anybody can see.
    (root / "sys/firmware/efi").mkdir(parents=True)

    def call(*command: str) -> tuple[int, str]:
        said = subprocess.run(["chroot", root, "/usr/bin/env", "-i", "PATH=/few", *command], capture_output=True, text=True, timeout=60, check=False)
        return said.returncode, said.stdout + said.stderr

    def kernels(*names: str) -> None:
        for old in (root / KERNELS).glob("*"):
            old.unlink()
        for name in names:
            world.machine.place(f"/{KERNELS}/{name}", "MZ")

    for quote in ("", '"', "'"):
        world.machine.place("/etc/os-release", f"IMAGE_ID={quote}blufio{quote}\nIMAGE_VERSION={quote}{RUNNING}{quote}\n")
        kernels(f"blufio_{OTHER}.efi", f"blufio_{RUNNING}.efi")
        assert (said := call("/usr/lib/blufio/blufio-slot", "other")) == (0, f"{OTHER}\n"), said
        assert (said := call("/usr/sbin/blufio-update")) == (0, f"version {RUNNING} runs\nnothing newer is offered\n"), said
        shown = 'eval "$(sed "/^shown=/,\\$d" /usr/lib/blufio/blufio-console)"; show here well'
        assert f"\nBlufio, image {RUNNING}\n" in (said := call("/bin/bash", "-c", shown)[1]), said
    world.step("the version is the same in quotes and without")

    # What a power cut has left goes before an update; no folder for another loader is there, as on machines with UEFI alone.
    kernels(f"blufio_{OTHER}.efi", f"blufio_{RUNNING}.efi")
    world.machine.place(f"/{KERNELS}/blufio_1.2.0+3-0.efi", "")
    status, said = call("/usr/sbin/blufio-update", "--install")
    assert (status, said) == (0, f"nothing newer than version {RUNNING} is offered\n"), said
    assert sorted(path.name for path in (root / KERNELS).iterdir()) == [f"blufio_{OTHER}.efi", f"blufio_{RUNNING}.efi"]
    world.step("an empty kernel is removed before an update, by few programs")

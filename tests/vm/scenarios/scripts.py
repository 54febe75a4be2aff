# SPDX-License-Identifier: MIT OR Apache-2.0
"""No machine: the scripts that both images share, in a made-up root: the version in quotes, few programs, a boot partition."""

import subprocess

from appliance import loader
from driver.needs import REPOSITORY

TIERS = (1,)
SCRIPTS = {"update/blufio-update": "usr/sbin", "health/blufio-rollback": "usr/sbin", "health/blufio-slot": "usr/lib/blufio", "console/blufio-console": "usr/lib/blufio"}
# The smallest PATH that one of them has: that of the system out of Nix packages, where systemd, gpg and these are.
PROGRAMS = ("cat", "cut", "date", "dd", "head", "mkdir", "mv", "od", "rm", "sleep", "stat", "sync", "systemd-analyze", "tr", "sed")
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
        status, said = call("/usr/sbin/blufio-rollback")
        assert status == 0 and said.startswith(f"version {RUNNING} runs; blufio-rollback --now reboots into version {OTHER}\n"), said
        shown = 'eval "$(sed "/^shown=/,\\$d" /usr/lib/blufio/blufio-console)"; show here well'
        assert f"\nBlufio, image {RUNNING}\n" in (said := call("/bin/bash", "-c", shown)[1]), said
    world.step("the version is the same in quotes and without")

    # What a power cut has left goes before an update; no folder for another loader is there, as on machines with UEFI alone.
    kernels(f"blufio_{OTHER}.efi", f"blufio_{RUNNING}.efi")
    world.machine.place(f"/{KERNELS}/blufio_1.2.0+3-0.efi", "")
    world.machine.place(f"/{KERNELS}/.#sysupdateblufio_1.2.0+3-0.efi0123456789abcdef", "MZ")
    status, said = call("/usr/sbin/blufio-update", "--install")
    assert (status, said) == (0, f"nothing newer than version {RUNNING} is offered\n"), said
    assert sorted(path.name for path in (root / KERNELS).iterdir()) == [f"blufio_{OTHER}.efi", f"blufio_{RUNNING}.efi"]
    world.step("an empty kernel, and half of one, are removed before an update, by few programs")

    # Back: both are tried, and where the old one does not prove itself, the loader takes the newer one again.
    def lying() -> list[str]:
        return sorted(path.name for path in (root / KERNELS).iterdir())

    status, said = call("/usr/sbin/blufio-rollback", "--now")
    assert (status, said) == (0, f"version {OTHER} comes now\nsystemctl reboot\n"), said
    assert lying() == [f"blufio_{OTHER}+3-0.efi", f"blufio_{RUNNING}+0-1.efi"], lying()
    names = lying()
    for left in (2, 1, 0):
        assert (name := loader.chosen(names)).startswith(f"blufio_{OTHER}+"), name
        names = [loader.after_try(one) if one == name else one for one in names]
        assert f"blufio_{OTHER}+{left}-{3 - left}.efi" in names, names
    assert loader.chosen(names) == f"blufio_{RUNNING}+0-1.efi", names
    kernels(*names)
    status, said = call("/usr/sbin/blufio-rollback", "--now")
    assert status == 1 and "is known to be bad" in said, said
    world.step("back: the old one has three tries, then the newer one comes again")

    # What going back means for the state, which has schema 7.
    kernels(f"blufio_{OTHER}.efi", f"blufio_{RUNNING}.efi")
    state = "/var/lib/blufio/blufio.db"
    world.machine.place(state, bytes(60) + (7).to_bytes(4, "big") + bytes(36))
    assert "No copy of the state from before schema 7" in (said := call("/usr/sbin/blufio-rollback")[1]), said
    world.machine.place(f"{state}.before-v6", "older")
    assert "No copy of the state from before schema 7" in (said := call("/usr/sbin/blufio-rollback")[1]), said
    world.machine.place(f"{state}.before-v7", "old")
    assert (said := call("/usr/sbin/blufio-rollback")[1]).endswith(f"{state}.before-v7\n") and "No copy" not in said, said
    world.machine.place("/etc/os-release", f"IMAGE_VERSION={OTHER}\n")
    assert len(call("/usr/sbin/blufio-rollback")[1].splitlines()) == 1, "a newer version knows each schema"
    world.step("whether a copy of the state lies there that the old version can read is said before")

    # Where GRUB counts: what it would not take is made anew, and what it has counted is left alone.
    (root / "sys/firmware/efi").rmdir()
    world.machine.place("/proc/cmdline", "quiet blufio.loader=bios\n")
    memory = root / "efi/bios/memory"
    memory.parent.mkdir()
    kernels(f"blufio_{OTHER}.efi", f"blufio_{RUNNING}.efi")
    empty = b"# GRUB Environment Block\n".ljust(1024, b"#")
    counted = b"# GRUB Environment Block\ntrying=1.0.0\nleft=2\n".ljust(1024, b"#")
    spoiled = (b"", b"\0" * 1024, b"X" + counted[1:], counted[:-1], counted + b"#", counted[:1] + b"\0" + counted[1:-1])
    for before, after in ((None, empty), (counted, counted), *((one, empty) for one in spoiled)):
        memory.write_bytes(before) if before is not None else memory.unlink(missing_ok=True)
        assert call("/usr/lib/blufio/blufio-slot", "begin") == (0, ""), before
        assert memory.read_bytes() == after, before
    world.step("a file in which GRUB could not count is made anew")

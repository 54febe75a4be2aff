# SPDX-License-Identifier: MIT OR Apache-2.0
"""The rescue system of a provider: a Linux that was started from somewhere else, with the machine's disk in it."""

import os
import subprocess
from pathlib import Path

from appliance import tools
from driver.nspawn import Failed
from driver.pod import WORK

# What the disk is called in it.
DISK = "/dev/ubda"
TIME = 180.0
# Its root is the tree of tools, which it does not change. What a real one loads by itself is loaded here.
BEGIN = """
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
mkdir -p /run/kernel/lib/modules /mnt
ln -s /usr/lib/uml/modules/* /run/kernel/lib/modules/
modprobe --dirname=/run/kernel --all loop vfat nls_cp437 nls_ascii nls_utf8 nls_iso8859-1
cd /rescue; export HOME=/rescue/home
"""
END = "sync; systemctl poweroff --force --force"


def run(disk: Path, folder: Path, commands: list[str], typed: dict[str, str]) -> None:
    """Runs commands one after another, each of which has to succeed; some of them are typed something into. The folder is
    where they begin."""
    script = [BEGIN]
    for number, command in enumerate(commands):
        (folder / f"typed.{number}").write_text(typed.get(command, ""))
        script.append(f"{{\n{command}\n}} </rescue/typed.{number} || {{ echo {number} >/rescue/failed; {END}; }}")
    (folder / "script").write_text("\n".join(["#!/bin/bash", *script, "touch /rescue/done", END, ""]))
    (folder / "script").chmod(0o755)
    linux = ["/usr/bin/linux.uml", "mem=192M", f"ubd0=/vm/{disk.name}", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "rw", "init=/rescue/script"]
    linux += ["con=null", "con0=null,fd:1", "ssl=null", "quiet", "panic=-1"]
    environment = {"PATH": os.environ["PATH"], "TMPDIR": "/run", "HOME": "/", "TERM": "dumb"}
    binds = [(disk.parent, "/vm"), (folder, "/rescue")]
    done = subprocess.run(tools.inside(binds, linux), stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=TIME, env=environment, check=False)
    failed = folder / "failed"
    if failed.exists() or not (folder / "done").exists():
        said = commands[int(failed.read_text())] if failed.exists() else "the rescue system"
        raise Failed(f"{said}: {done.stdout}{done.stderr}")
    for path in (*folder.glob("typed.*"), folder / "script", folder / "done"):
        path.unlink()

# SPDX-License-Identifier: MIT OR Apache-2.0
"""The private namespaces of one scenario: network (loopback alone), mounts, processes, control groups.

Everything of a scenario lives in them, and ends with the first process in them. Only a folder of the control groups is
left, which the outer side removes.
"""

import ctypes
import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

from driver.needs import Missing

# Inside, the folder of everything that a scenario makes. In memory.
WORK = Path("/run/blufio-vm")
GROUPS = Path("/sys/fs/cgroup")
PR_SET_PDEATHSIG = 1
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1


class Pod:
    """The outer side."""

    def __init__(self, arguments: list[str], output) -> None:
        self._group = _hierarchy() / f"blufio-vm-{os.getpid()}-{time.monotonic_ns()}"
        self._group.mkdir()
        libc = ctypes.CDLL(None)
        own = os.getpid()

        def before() -> None:
            # Whoever kills us hard ends it, too.
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != own:
                os._exit(1)
            (self._group / "cgroup.procs").write_text(str(os.getpid()))

        command = ["unshare", "--net", "--mount", "--pid", "--cgroup", "--ipc", "--uts", "--fork"]
        command += ["--kill-child=SIGKILL", "--mount-proc", "--propagation", "private", "--", *arguments]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, preexec_fn=before, start_new_session=True
            )
        except BaseException:
            self._group.rmdir()
            raise

    @property
    def pid(self) -> int:
        """The process that holds the pod, as the host numbers it."""
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.poll()

    def used(self) -> float:
        """Seconds of a processor that everything in it has used: unlike the time it took, not a matter of what else runs."""
        try:
            counted = dict(line.split() for line in (self._group / "cpu.stat").read_text().splitlines())
        except FileNotFoundError:
            return 0.0
        return int(counted["usage_usec"]) / 1e6

    def hurry(self) -> None:
        """Tells its first process to come to an end."""
        try:
            first = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
            for process in first:
                os.kill(int(process), signal.SIGTERM)
        except (FileNotFoundError, ProcessLookupError):
            # It has ended by itself.
            pass

    def close(self) -> None:
        """Ends whatever is left of it. May be called twice."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        until = time.monotonic() + 10
        while self._group.exists():
            _remove(self._group)
            if time.monotonic() > until:
                print(f"{self._group} could not be removed: something in it still runs", file=sys.stderr)
                return
            time.sleep(0.02)


def enter() -> None:
    """Furnishes the pod from inside. Called once, by its first process."""
    if os.getpid() != 1:
        raise Missing("this is no pod")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = struct.pack("16sh14x", b"lo", 0)
        (flags,) = struct.unpack_from("h", fcntl.ioctl(handle, SIOCGIFFLAGS, request), 16)
        fcntl.ioctl(handle, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))
    # nspawn wants the new hierarchy alone, whatever the host has.
    _mount("umount", "--recursive", str(GROUPS))
    _mount("mount", "-t", "cgroup2", "cgroup2", str(GROUPS))
    (GROUPS / "payload").mkdir()
    # Of the host's running services nothing is seen.
    _mount("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    Path("/run/systemd").mkdir()
    WORK.mkdir(mode=0o700)


def overlay(tree: Path) -> Path:
    """A root that can be written to: the tree below, memory above."""
    places = [WORK / name for name in ("upper", "work", "root")]
    for place in places:
        place.mkdir()
        place.chmod(0o755)
    upper, work, root = places
    _mount("mount", "-t", "overlay", "-o", f"lowerdir={tree},upperdir={upper},workdir={work}", "overlay", str(root))
    return root


def _mount(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Missing(f"{' '.join(command)}: {done.stderr.strip()}")


def _hierarchy() -> Path:
    """Where the host has the new hierarchy of control groups."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, rest = line.partition(" - ")
        if rest.split()[0] == "cgroup2":
            return Path(fields.split()[4])
    raise Missing("mount the control groups: mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified")


def _remove(group: Path) -> None:
    for place, folders, _ in os.walk(group, topdown=False):
        for folder in folders:
            _try_rmdir(Path(place, folder))
    _try_rmdir(group)


def _try_rmdir(group: Path) -> None:
    try:
        group.rmdir()
    except FileNotFoundError:
        pass
    except OSError:
        # Its last process has not quite gone; the caller tries again.
        pass


def sweep() -> None:
    """Removes the groups of runs that were killed."""
    for group in _hierarchy().glob("blufio-vm-*"):
        owner = group.name.split("-")[2]
        if not Path("/proc", owner).exists():
            _remove(group)


def leader(holder: int) -> int | None:
    """The first process of the machine in a pod, as the host numbers it."""
    waiting = [holder]
    while waiting:
        process = waiting.pop()
        try:
            if Path(f"/proc/{process}/comm").read_text().strip() == "systemd":
                return process
            waiting += map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return None


def shell_of(process: int) -> str:
    """The command that opens a shell in a machine."""
    nsenter = shutil.which("nsenter") or "nsenter"
    return f"{nsenter} --target {process} --all -- /bin/bash"

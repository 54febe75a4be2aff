# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tries from inside a service what its sandbox should refuse, and writes what was open into $STATE_DIRECTORY/probe.json.

Each attempt is a function; it is *open* when it returns, and *refused* when it raises. It runs within the real unit, where
all has to be refused; as a service without any rules, where all has to be open: an attempt that fails for another reason
would otherwise prove nothing; and with one rule at a time, for the attempts that are named to it.
"""

import ctypes
import json
import mmap
import os
import platform
import resource
import shutil
import socket
import subprocess
import sys
import traceback
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
STATE = Path(os.environ.get("STATE_DIRECTORY", "/var/lib/probe"))
EXECUTABLE, PRIVATE_ANONYMOUS = 4, 0x22
NAMESPACES = {
    "mount": 0x00020000,
    "cgroup": 0x02000000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
ADD_KEY = {"x86_64": 248, "aarch64": 217}
# Systems differ in where it lies, and units in where they look.
TRUE = shutil.which("true", path="/usr/bin:/run/current-system/sw/bin")
LEGACY = Path("/usr/local/libexec/legacy")
ATTEMPTS = {}


def attempt(function):
    """Registers an attempt under its name."""
    ATTEMPTS[function.__name__.replace("_", " ")] = function
    return function


def called(result: int) -> int:
    """The result of a call into the C library, or its error."""
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def refuse_unless(truth: bool, why: str = "not there") -> None:
    if not truth:
        raise PermissionError(why)


def writable(path: str) -> None:
    refuse_unless(not os.statvfs(path).f_flag & os.ST_RDONLY, "read-only")


def in_child(function) -> None:
    """For what would change this process for good."""
    child = os.fork()
    if child == 0:
        try:
            function()
        except BaseException:
            os._exit(1)
        os._exit(0)
    refuse_unless(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "refused in the child")


# Files


@attempt
def write_to_usr():
    writable("/usr")


@attempt
def write_to_etc():
    writable("/etc")


@attempt
def write_to_var_outside_of_its_own():
    writable("/var/lib")


@attempt
def write_to_logs_of_others():
    writable("/var/log")


@attempt
def write_to_the_runtime_of_others():
    writable("/run")


@attempt
def write_to_control_groups():
    writable("/sys/fs/cgroup")


@attempt
def read_a_home():
    os.stat("/home/ada/diary")


@attempt
def read_the_home_of_root():
    os.stat(Path("/root", "diary"))


@attempt
def see_the_tmp_of_others():
    os.stat("/tmp/of-somebody-else")


@attempt
def see_the_devices_of_the_machine():
    os.stat("/dev/of-somebody-else")


@attempt
def read_another_services_credential_store():
    os.listdir("/etc/credstore.encrypted")


def run_copy(folder: Path) -> None:
    # Under its name: it may be one program that goes by many.
    copy = folder / "true"
    shutil.copy(TRUE, copy)
    copy.chmod(0o700)
    try:
        subprocess.run([copy], check=True)
    finally:
        copy.unlink()


WRITABLE = {
    "its state": STATE,
    "its logs": Path(os.environ.get("LOGS_DIRECTORY", "/var/log")),
    "its runtime folder": Path(os.environ.get("RUNTIME_DIRECTORY", "/run")),
    "tmp": Path("/tmp"),
    "var tmp": Path("/var/tmp"),
    "shared memory": Path("/dev/shm"),
}
for name, folder in WRITABLE.items():
    ATTEMPTS[f"run what it wrote to {name}"] = lambda folder=folder: run_copy(folder)


@attempt
def make_a_program_that_runs_as_its_owner():
    path = STATE / "suid"
    path.touch()
    try:
        path.chmod(0o4700)
    finally:
        path.unlink()


# Processes


@attempt
def see_other_processes():
    os.stat("/proc/1")


@attempt
def read_kernel_settings():
    Path("/proc/sys/kernel/ostype").read_text()


@attempt
def be_traced():
    in_child(lambda: called(LIBC.ptrace(0, 0, None, None)))


@attempt
def raise_its_priority_to_realtime():
    in_child(lambda: os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1)))


@attempt
def set_its_priority():
    os.setpriority(os.PRIO_PROCESS, 0, 0)


@attempt
def become_somebody_else():
    in_child(lambda: os.setuid(1))


@attempt
def gain_privileges_by_a_program():
    status = Path("/proc/self/status").read_text()
    refuse_unless("NoNewPrivs:\t0" in status, "NoNewPrivs")


@attempt
def hold_a_capability():
    fields = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines())
    held = {name: int(fields[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
    refuse_unless(any(held.values()), "none")


@attempt
def be_root():
    refuse_unless(os.getuid() == 0, "not root")


@attempt
def know_all_users():
    refuse_unless(Path("/proc/self/uid_map").read_text().split()[2] == "4294967295", "a user namespace of its own")


@attempt
def speak_an_older_abi():
    done = subprocess.run([LEGACY], check=False)
    refuse_unless(done.returncode == 42, f"ended with {done.returncode}")


# Memory


@attempt
def map_memory_to_write_and_run():
    mmap.mmap(-1, 4096, flags=PRIVATE_ANONYMOUS, prot=mmap.PROT_READ | mmap.PROT_WRITE | EXECUTABLE).close()


@attempt
def make_written_memory_run():
    LIBC.mmap.restype = ctypes.c_void_p
    LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    place = LIBC.mmap(None, 4096, 3, PRIVATE_ANONYMOUS, -1, 0)
    LIBC.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    called(LIBC.mprotect(place, 4096, 5))


@attempt
def lock_memory():
    place = ctypes.create_string_buffer(4096)
    called(LIBC.mlock(place, 4096))


@attempt
def open_thousands_of_files():
    def exhaust():
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        null = os.open("/dev/null", os.O_RDONLY)
        for _ in range(5000):
            os.dup(null)

    in_child(exhaust)


@attempt
def leave_a_core_dump():
    refuse_unless(resource.getrlimit(resource.RLIMIT_CORE)[1] != 0, "no core dumps")


# The kernel


def unshare(flag: int):
    return lambda: in_child(lambda: called(LIBC.unshare(flag)))


for kind, flag in NAMESPACES.items():
    ATTEMPTS[f"make a {kind} namespace"] = unshare(flag)


@attempt
def mount_something():
    in_child(lambda: called(LIBC.mount(b"tmpfs", b"/mnt", b"tmpfs", 0, None)) or LIBC.umount(b"/mnt"))


@attempt
def change_its_root():
    in_child(lambda: os.chroot("/"))


@attempt
def name_the_machine():
    socket.sethostname(socket.gethostname())


@attempt
def ask_for_the_log_of_the_kernel():
    # Its size: what stands in it may be kept from a container by the host.
    called(LIBC.klogctl(10, None, 0))


@attempt
def see_the_modules_of_the_kernel():
    os.stat("/usr/lib/modules/of-some-kernel")


@attempt
def ask_the_clock_for_its_rate():
    called(LIBC.adjtimex(ctypes.create_string_buffer(512)))


@attempt
def change_the_personality():
    in_child(lambda: called(LIBC.personality(0x0008)))


@attempt
def give_a_file_away():
    os.chown(STATE, -1, -1)


@attempt
def add_a_key():
    LIBC.syscall.restype = ctypes.c_long
    called(LIBC.syscall(ADD_KEY[platform.machine()], b"user", b"probe", b"x", 1, -2))


# The network


def made(family: int, kind: int):
    return lambda: socket.socket(family, kind).close()


for name, family, kind in (
    ("netlink", socket.AF_NETLINK, socket.SOCK_RAW),
    ("packet", socket.AF_PACKET, socket.SOCK_RAW),
):
    ATTEMPTS[f"open a {name} socket"] = made(family, kind)


@attempt
def listen_on_another_port():
    listen(8788)


@attempt
def send_to_many():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        handle.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        handle.sendto(b"probe", ("239.1.2.3", 9))


# What has to be open, whatever else is not


def listen(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as handle:
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        handle.bind(("127.0.0.1", port))


def ask_a_name_server() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        handle.bind(("0.0.0.0", 0))
        handle.sendto(b"probe", ("127.0.0.1", 53))


def speak_to_the_world() -> None:
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family, socket.SOCK_STREAM) as handle:
            # Nobody listens there; that this is heard means that the packets go both ways.
            refuse_unless(handle.connect_ex((address, 1)) == 111, f"{address} is out of reach")


def write_to(variable: str):
    def write() -> None:
        path = Path(os.environ[variable], "probe")
        path.write_text("x")
        refuse_unless(path.stat().st_mode & 0o077 == 0, "others may read it")
        path.unlink()

    return write


NEEDED = {
    "listen on its own port": lambda: listen(8787),
    "ask a name server": ask_a_name_server,
    "speak to the world": speak_to_the_world,
    "write to its state": write_to("STATE_DIRECTORY"),
    "write to its logs": write_to("LOGS_DIRECTORY"),
    "write to its runtime folder": write_to("RUNTIME_DIRECTORY"),
    "start a program": lambda: subprocess.run([TRUE], check=True),
    "read the time zone": lambda: Path(os.environ.get("TZDIR", "/usr/share/zoneinfo"), "UTC").read_bytes(),
}


def outcome(function) -> str:
    try:
        function()
    except Exception as error:
        return "refused: " + traceback.format_exception_only(error)[-1].strip()
    return "open"


def main(named: list[str]) -> None:
    needed = NEEDED if "LOGS_DIRECTORY" in os.environ and not named else {}
    if not named:
        # Memory that is shared by a name, and shall not outlive the service.
        Path("/dev/shm/left-behind").write_text("x")
    found = {
        "attempts": {name: outcome(function) for name, function in ATTEMPTS.items() if name in (named or ATTEMPTS)},
        "needed": {name: outcome(function) for name, function in needed.items()},
        "folder": os.getcwd(),
        "namespaces": {name: os.readlink(f"/proc/self/ns/{name}") for name in ("mnt", "ipc", "user", "net", "pid")},
    }
    (STATE / "probe.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
    sys.exit(0)

# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where each rule of the unit is seen to bite: attempts of the probe (`inside/sandbox_probe.py`), or scenarios."""

from driver.needs import REPOSITORY

UNIT = REPOSITORY / "image/systemd/blufio.service"

# By the attempts that have to be refused with it alone, and are possible without it.
ATTEMPTS: dict[str, tuple[str, ...]] = {
    "DynamicUser": ("be root", "become somebody else"),
    "LimitCORE": ("leave a core dump",),
    "LimitMEMLOCK": ("lock memory",),
    "LimitNOFILE": ("open thousands of files",),
    "ProtectSystem": ("write to usr", "write to etc", "write to var outside of its own", "write to logs of others"),
    "ReadOnlyPaths": ("write to the runtime of others",),
    "ProtectHome": ("read a home", "read the home of root"),
    "PrivateTmp": ("see the tmp of others",),
    "PrivateDevices": ("see the devices of the machine",),
    "PrivateUsers": ("know all users",),
    "ProtectProc": ("see other processes",),
    "ProcSubset": ("read kernel settings",),
    "ProtectClock": ("ask the clock for its rate",),
    "ProtectControlGroups": ("write to control groups",),
    "ProtectHostname": ("name the machine",),
    "ProtectKernelLogs": ("ask for the log of the kernel",),
    "ProtectKernelModules": ("see the modules of the kernel",),
    "NoExecPaths": tuple(f"run what it wrote to {place}" for place in ("its state", "its logs", "its runtime folder", "tmp", "var tmp", "shared memory")),
    "NoNewPrivileges": ("gain privileges by a program",),
    "CapabilityBoundingSet": ("hold a capability", "mount something", "change its root"),
    "RestrictSUIDSGID": ("make a program that runs as its owner",),
    "RestrictNamespaces": tuple(f"make a {kind} namespace" for kind in ("mount", "cgroup", "uts", "ipc", "user", "pid", "net")),
    "LockPersonality": ("change the personality",),
    "MemoryDenyWriteExecute": ("map memory to write and run", "make written memory run"),
    "RestrictRealtime": ("raise its priority to realtime",),
    "SystemCallArchitectures": ("speak an older abi",),
    "SystemCallFilter": ("be traced", "set its priority", "give a file away", "add a key"),
    "RestrictAddressFamilies": ("open a netlink socket", "open a packet socket"),
    "IPAddressDeny": ("send to many",),
    "SocketBindDeny": ("listen on another port",),
}

# Which show nothing to root, or end the program instead of refusing: what each of them is tried beside.
BESIDE: dict[str, str] = {
    "LimitMEMLOCK": "DynamicUser",
    "ProtectProc": "DynamicUser",
    "SystemCallFilter": "SystemCallErrorNumber",
}

# By what has to be possible with it.
NEEDED: dict[str, tuple[str, ...]] = {
    "IPAddressAllow": ("speak to the world", "ask a name server"),
    "SocketBindAllow": ("listen on its own port", "ask a name server"),
    "UMask": ("write to its state",),
    "StateDirectory": ("write to its state",),
    "LogsDirectory": ("write to its logs",),
    "RuntimeDirectory": ("write to its runtime folder",),
}

# By a scenario.
SCENARIOS: dict[str, str] = {
    "Description": "exposure",
    "Documentation": "exposure",
    "Wants": "exposure",
    "After": "exposure",
    "StartLimitIntervalSec": "start",
    "Type": "sealed",
    "ExecStart": "start",
    "Restart": "kill",
    "RestartPreventExitStatus": "start",
    "RestartSec": "kill",
    "RestartSteps": "kill",
    "RestartMaxDelaySec": "kill",
    "TimeoutStartSec": "sealed",
    "TimeoutStopSec": "drain",
    "WatchdogSec": "watchdog",
    "KillMode": "voice",
    "OOMPolicy": "first_boot",
    "ImportCredential": "credentials",
    "User": "sandbox",
    "StateDirectoryMode": "sandbox",
    "LogsDirectoryMode": "sandbox",
    "RuntimeDirectoryMode": "sandbox",
    "WorkingDirectory": "sandbox",
    "MemoryHigh": "first_boot",
    "MemoryMax": "first_boot",
    "MemorySwapMax": "first_boot",
    "TasksMax": "first_boot",
    # Both are what services have anyway: by themselves they refuse nothing.
    "AmbientCapabilities": "sandbox",
    "KeyringMode": "exposure",
    "PrivateIPC": "sandbox",
    "PrivateMounts": "sandbox",
    "ProtectKernelTunables": "first_boot",
    "BindReadOnlyPaths": "first_boot",
    "RemoveIPC": "sandbox",
    "SystemCallErrorNumber": "sandbox",
    "WantedBy": "install",
}


def of_the_unit() -> set[str]:
    """The names of all rules that the unit has."""
    lines = (line.strip() for line in UNIT.read_text().splitlines())
    return {line.split("=", 1)[0] for line in lines if line and line[0] not in "#["}

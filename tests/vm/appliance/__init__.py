# SPDX-License-Identifier: MIT OR Apache-2.0
"""Machines that boot the appliance's own disk.

| room | holds |
|---|---|
| `tiers` | the tiers of this kind: what they need, and how a scenario's world is made |
| `images` | the images under test, built where they are missing |
| `updates` | what is offered as an update: as it was built, or spoiled |
| `tools` | the tree of tools that images are built with: what runs in it, and the kernel that runs as a program |
| `loader` | firmware and boot loader, where there are none: the rules by which systemd-boot chooses and counts |
| `archive` | what is handed to the machine in its initrd: credentials, variables of the firmware, the driver's own units |
| `machine` | what machines of these kinds have in common: disk, console, power, and somebody inside who does what he is told |
| `uml` | one machine of tier 2: its disk, its consoles, its power |
| `qemu` | one machine of tier 3: its firmware, its TPM, its hardware |
| `monitor` | what the emulator tells about it, and is asked |
| `rescue` | the rescue system of a provider, for what is done to a disk before it boots |
| `emulator` | the tree of tools with which it is made |
| `world` | what a scenario is given: the machine, the APIs beside it, people who write |
"""

# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tier 2: the appliance image in User-Mode Linux.

| room | holds |
|---|---|
| `command` | the command line: what is run, how many at once, how it is reported |
| `images` | the images under test, built where they are missing |
| `tools` | the tree of tools that they were built with: its kernel, and how a command runs in it |
| `loader` | what the boot loader would do: which kernel on the boot partition comes next |
| `archive` | what is handed to the machine in its initrd: credentials, the driver's own units |
| `machine` | one machine: its disk, its consoles, its power |
| `appliance` | what a scenario is given: the machine, the APIs beside it, people who write |
"""

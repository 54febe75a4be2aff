# SPDX-License-Identifier: MIT OR Apache-2.0
"""The driver of the machine tests.

| room | holds |
|---|---|
| `command` | the command line: what is run, how many at once, how it is reported |
| `tier` | the tiers: kinds of machines, and what each of them needs |
| `scenario` | finding scenarios, and running one of them |
| `needs` | what has to be there first, and how to come by it |
| `tree` | the root tree of the machines: built once, kept in the user's cache |
| `pod` | the private namespaces of one scenario: nothing in it outlives it or reaches the host |
| `nspawn` | one machine of tier 1 |
| `simulator` | the two APIs beside the machine |
| `pages` | what the pages for people tell them to type |
| `rules` | where each rule of the unit is seen to bite |
| `world` | what a scenario is given: a machine, the APIs, people who write |

Machines that boot the appliance have a house of their own: `appliance`.
"""

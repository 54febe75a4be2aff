# SPDX-License-Identifier: MIT OR Apache-2.0
# What NixOS sets here is not looked at.
{ }

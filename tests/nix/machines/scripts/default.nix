# SPDX-License-Identifier: MIT OR Apache-2.0
# What a test does: the file of its name, with those before it that it makes use of. Python by itself, so that it can be
# looked through, and played on machines of another kind.
parts: name:
let
  text = builtins.concatStringsSep "\n\n" (map (part: builtins.readFile (./. + "/${part}.py")) (parts ++ [ name ]));
in
if !builtins.elem "disk" parts then text
else
  { nodes, ... }:
  let inherit (nodes.machine) image system virtualisation; in
  ''
    QEMU_IMG = "${virtualisation.qemu.package}/bin/qemu-img"
    QEMU_IO = "${virtualisation.qemu.package}/bin/qemu-io"
    IMAGE = "${system.build.image}/${image.filePath}"
  '' + text

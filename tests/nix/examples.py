# SPDX-License-Identifier: MIT OR Apache-2.0
"""The Nix code in the documentation is what it says: whole flakes, outputs of one, and pieces of a configuration."""

import re
import tempfile
from pathlib import Path

import workbench
from workbench import BEGIN, ROOT, Failure

PAGES = ["docs/install.md", "docs/nixos.md"]
BLOCK = re.compile(r"^```nix\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# What the examples find in the place where they stand: other people's modules, and files of the person.
SURROUNDINGS = """
{ lib, ... }:
let free = lib.mkOption { type = lib.types.anything; default = { }; }; in
{
  options = { age = free; sops = free; };
  config = {
    age.secrets.telegram-bot-token.path = "/run/agenix/telegram-bot-token";
    services.blufio.enable = true;
    sops.secrets.anthropic-api-key.path = "/run/secrets/anthropic-api-key";
  };
}
"""
FILES = {"around.nix": SURROUNDINGS, "configuration.nix": "{ }", "anthropic-api-key.cred": "sealed", "update.pub.gpg": "a key"}
CONFIGURATION = "nixpkgs.lib.nixosSystem { modules = [ blufio.nixosModules.default ./around.nix ({ config, ... }: {\n%s}) ]; }"
EVERY = "set: map (name: set.${name}.config.system.build.toplevel.drvPath) (builtins.attrNames set)"


def check(own: workbench.Flake) -> str:
    blocks = [(page, block) for page in PAGES for block in BLOCK.findall((ROOT / page).read_text().split(BEGIN)[0])]
    for page, block in blocks:
        if "outputs = " in block:
            text = block
        else:
            output = block if block.startswith("nixosConfigurations.") else f"nixosConfigurations.home = {CONFIGURATION % block};"
            text = f"{{ inputs.blufio.url = \"github:blufio/blufio\"; outputs = {{ nixpkgs, blufio, ... }}: {{\n{output}}}; }}"
        with tempfile.TemporaryDirectory(prefix="blufio-nix-") as folder:
            for name, content in {**FILES, "flake.nix": text}.items():
                (Path(folder) / name).write_text(content)
            given = ["--override-input", "blufio", f"path:{own.folder}", "--override-input", "blufio/nixpkgs", f"path:{own.nixpkgs}"]
            try:
                workbench.Flake(Path(folder), own.nixpkgs).json("nixosConfigurations", EVERY, *given)
            except Failure as failure:
                raise Failure(f"{page}: this does not evaluate:\n{block}{failure}") from failure
    return f"{len(blocks)} evaluated"

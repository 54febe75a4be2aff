# SPDX-License-Identifier: MIT OR Apache-2.0
"""The dashboard asks for what `/metrics` really tells: metrics by their names in the program, labels by the documentation
of each (which a test of the program keeps complete)."""

import json
import re

import workbench
from workbench import ROOT, Failure

METRIC = re.compile(r"\bblufio_[a-z0-9_]+")
# What Prometheus makes of a histogram.
SUFFIX = re.compile(r"_(bucket|count|sum)$")
SELECTED = re.compile(r"([a-z_]+)=~?\"")
GROUPED = re.compile(r"\bby \(([^)]*)\)")
LEGEND = re.compile(r"\{\{([a-z_]+)\}\}")
EVALUATED = "import ./nixos-module/dashboard.nix { lib = import ./tests/nix/stand-in/lib; }"


def names() -> set[str]:
    """What the program calls its metrics."""
    sources = [path for path in (ROOT / "src/metrics").glob("*.rs") if path.name != "tests.rs"]
    return {name for path in sources for name in re.findall(r'"(blufio_[a-z0-9_]+)"', path.read_text())}


def labels() -> dict[str, set[str]]:
    """The labels of each metric, from the table in the documentation."""
    told: dict[str, set[str]] = {}
    for row in re.findall(r"^\| (`blufio_.*)$", (ROOT / "docs/operating.md").read_text(), re.MULTILINE):
        metrics, given = row.split("|")[:2]
        for metric in METRIC.findall(metrics):
            told[metric] = set(re.findall(r"[a-z_]+", given))
    return told


def panels() -> list[dict]:
    said = workbench.run("nix-instantiate", "--eval", "--strict", "--json", "--expr", f"({EVALUATED}).panels", place=ROOT)
    if said.returncode:
        raise Failure(said.stderr)
    return json.loads(said.stdout)


def check() -> str:
    known, of, asked = names(), labels(), set()
    for panel in panels():
        for target in panel.get("targets", []):
            query, legend = target["expr"], target["legendFormat"]
            where = f"nixos-module/dashboard.nix, “{panel['title']}”"
            metrics = {metric if metric in known else SUFFIX.sub("", metric) for metric in METRIC.findall(query)}
            if not metrics or metrics - known:
                raise Failure(f"{where} asks for what src/metrics does not tell: {query}")
            asked |= metrics
            there = set.intersection(*(of[metric] for metric in metrics))
            grouped = {label.strip() for found in GROUPED.findall(query) for label in found.split(",")} - {"le"}
            wrong = (grouped | set(SELECTED.findall(query))) - there
            # After a sum only what it was grouped by is left.
            wrong |= set(LEGEND.findall(legend)) - (grouped if "sum" in query else there)
            if wrong:
                raise Failure(f"{where} names labels that are not there: {', '.join(sorted(wrong))}")
    return f"{len(asked)} of {len(known)} metrics are shown"

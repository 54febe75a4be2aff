#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where the lists of /forget and /memory are cut off: what would be lost, and what would be listed for nothing.

    cutoff.py words tune-1.json > words-1.json     the questions as people look things up: their own words alone
    blufio memory eval words-1.json --unrelated unrelated-1.txt --clues words-1.jsonl
    cutoff.py table words-1.jsonl …                what each cut-off keeps

Only for the tuning sets: held-* is for measuring.
"""
import json
import math
import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LISTED = 20
CUTS = (0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.08, 0.12, 0.2)


def words(path):
    stop = set(re.findall(r"\w+", (ROOT / "src/recall/stop.txt").read_text().lower()))
    samples = json.loads(Path(path).read_text())
    for sample in samples:
        for asked in sample["qa"]:
            own = [word for word in re.findall(r"\w+", asked["question"]) if word.lower() not in stop]
            asked["question"] = " ".join(own) or asked["question"]
    json.dump(samples, sys.stdout, ensure_ascii=False)


def weights(purpose):
    found = re.findall(rf"^{purpose}: (.+) (\S+)$", (ROOT / "src/recall/weights.txt").read_text(), re.M)
    return {name: float(weight) for name, weight in found}


def fits(candidate, by):
    values = candidate["clues"]
    total = by.get("bias", 0) + sum(weight * values.get(name, 0) for name, weight in by.items() if name != "bias")
    return 1 / (1 + math.exp(-total))


def table(paths):
    by = weights("fit")
    answers, other, listed = [], [], defaultdict(list)
    for path in paths:
        for line in Path(path).read_text().splitlines():
            question = json.loads(line)
            scored = [(fits(one, by), one["answers"]) for one in question["candidates"][:LISTED]]
            kind = "unrelated" if question["kind"] == "unrelated" else "answered" if question["answerable"] else "none"
            listed[kind].append([score for score, _ in scored])
            if question["answerable"] and any(right for _, right in scored):
                answers.append(max(score for score, right in scored if right))
            other += [score for score, right in scored if not right and question["answerable"]]
    count = {kind: len(lists) for kind, lists in listed.items()}
    print(f"{len(answers)} of {count.get('answered', 0)} questions have an answer among the first {LISTED}")
    print(f"{'cut-off':>8}{'kept':>8}{'others':>8}{'answered':>10}{'none':>8}{'unrelated':>11}  lines a list, and empty ones")
    for cut in CUTS:
        kept = sum(score >= cut for score in answers) / max(len(answers), 1)
        near = sum(score >= cut for score in other) / max(len(other), 1)
        lines = {kind: sum(sum(s >= cut for s in one) for one in lists) / len(lists) for kind, lists in listed.items()}
        empty = {kind: sum(all(s < cut for s in one) for one in lists) / len(lists) for kind, lists in listed.items()}
        shown = [f"{lines.get(kind, 0):.1f}" for kind in ("answered", "none", "unrelated")]
        print(f"{cut:>8}{kept:>8.3f}{near:>8.2f}{shown[0]:>10}{shown[1]:>8}{shown[2]:>11}  {empty.get('unrelated', 0):.2f} of unrelated")


if __name__ == "__main__":
    if len(sys.argv) < 3 or any("held" in path for path in sys.argv[2:]):
        sys.exit(__doc__)
    words(sys.argv[2]) if sys.argv[1] == "words" else table(sys.argv[2:])

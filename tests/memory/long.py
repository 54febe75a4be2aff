#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Long conversations of two people out of the tuning sets: each of eight, told side by side, with all their questions.

    long.py > long.json
    blufio memory eval long.json

Only of the tuning sets: held-* is for measuring.
"""
import json
import random
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
NAMES = ("Nell", "Tariq")
EACH = 8
# A conversation counts as English where nearly all of it is in ASCII.
ENGLISH = 0.985


def english(sample):
    text = json.dumps(sample["conversation"], ensure_ascii=False)
    return sum(letter < "\x7f" for letter in text) / len(text) > ENGLISH


def sessions(conversation):
    numbers = sorted(int(key.split("_")[1]) for key in conversation if re.fullmatch(r"session_\d+", key))
    return [(conversation[f"session_{number}"], conversation[f"session_{number}_date_time"]) for number in numbers]


def renamed(sample, question):
    """The question about people of other names."""
    for speaker, name in zip(("speaker_b", "speaker_a"), reversed(NAMES)):
        question = re.sub(rf"\b{re.escape(sample['conversation'][speaker])}\b", name, question)
    return question


def together(name, samples):
    conversation = {"speaker_a": NAMES[0], "speaker_b": NAMES[1]}
    places, number = {}, 0
    for first in range(0, len(samples), 2):
        # Two of them share their sessions.
        pair = [(at, sessions(samples[at]["conversation"])) for at in (first, first + 1)]
        for session in range(max(len(of) for _, of in pair)):
            number += 1
            turns, date = [], None
            for at, of in (one for one in pair if session < len(one[1])):
                said, when = of[session]
                date = date or when
                for turn in said:
                    places[at, turn["dia_id"]] = f"D{number}:{len(turns) + 1}"
                    mine = turn["speaker"] == samples[at]["conversation"]["speaker_a"]
                    speaker = NAMES[0] if mine else NAMES[1]
                    turns.append({"speaker": speaker, "dia_id": places[at, turn["dia_id"]], "text": turn["text"]})
            conversation[f"session_{number}"], conversation[f"session_{number}_date_time"] = turns, date
    questions = [
        {
            **asked,
            "question": renamed(sample, asked["question"]),
            "evidence": [places[at, turn] for turn in asked["evidence"] if (at, turn) in places],
        }
        for at, sample in enumerate(samples)
        for asked in sample["qa"]
    ]
    return {"sample_id": name, "conversation": conversation, "qa": questions}


if len(sys.argv) > 1:
    sys.exit(__doc__)
found = [sample for part in (1, 2) for sample in json.loads((HERE / f"tune-{part}.json").read_text()) if english(sample)]
random.seed(5)
random.shuffle(found)
groups = [found[at : at + EACH] for at in range(0, len(found) - EACH + 1, EACH)]
json.dump([together(f"long-{at}", group) for at, group in enumerate(groups, 1)], sys.stdout, ensure_ascii=False)

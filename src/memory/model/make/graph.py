# SPDX-License-Identifier: MIT OR Apache-2.0
"""The graph of the encoder as ONNX: one sentence in (`embeddings`, a row for each token), one vector of length one out.

The tables of words and places stay outside: their rows are added before. There is no mask, because there is no padding.
The weights stay outside as well, in files beside the graph, so that they never pass through the parser.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from weights import HEADS, INNER, WIDTH

BLOCK = 32


class Graph:
    """Nodes and tensors as they come about."""

    def __init__(self):
        self.nodes, self.tensors, self.names = [], [], set()

    def op(self, kind, inputs, output=None, **attributes):
        output = output or f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output] if isinstance(output, str) else output, **attributes))
        return output

    def constant(self, name, value):
        """A small tensor that the graph itself holds."""
        if name not in self.names:
            self.names.add(name)
            self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def outside(self, name, kind, shape, file, offset):
        """A tensor that lies in a file beside the graph."""
        size = {TensorProto.FLOAT: 4, TensorProto.INT8: 1, TensorProto.UINT8: 1}[kind]
        tensor = TensorProto(name=name, data_type=kind, dims=shape, data_location=TensorProto.EXTERNAL)
        for key, value in (("location", file), ("offset", offset), ("length", int(np.prod(shape)) * size)):
            tensor.external_data.add(key=key, value=str(value))
        self.tensors.append(tensor)
        return name


def scalar(value):
    return np.array(value, np.float32)


class Int8:
    """Whole numbers times whole numbers: each token's row is rounded to eight bits as it comes along."""

    domains = []

    def __init__(self, graph, placed):
        self.graph, self.placed, self.rounded = graph, placed, {}

    def round(self, x):
        g = self.graph
        if x not in self.rounded:
            largest = g.op("ReduceMax", [g.op("Abs", [x])], axes=[-1], keepdims=1)
            largest = g.op("Max", [largest, g.constant("tiny", scalar(1e-9))])
            by = g.op("Div", [g.constant("127", scalar(127)), largest])
            whole = g.op("Cast", [g.op("Round", [g.op("Mul", [x, by])])], to=TensorProto.INT8)
            self.rounded[x] = whole, g.op("Mul", [largest, g.constant("1/127", scalar(1 / 127))])
        return self.rounded[x]

    def product(self, x, matrix):
        g = self.graph
        whole, by = self.round(x)
        product = g.op("MatMulInteger", [whole, self.placed.whole(g, matrix)])
        product = g.op("Mul", [g.op("Cast", [product], to=TensorProto.FLOAT), by])
        product = g.op("Mul", [product, self.placed.scale(g, matrix)])
        return g.op("Add", [product, self.placed.bias(g, matrix)])


class Nibbles:
    """Each weight as two numbers of four bits, for processors without instructions for whole numbers of eight."""

    domains = [helper.make_opsetid("com.microsoft", 1)]

    def __init__(self, graph, placed):
        self.graph, self.placed = graph, placed

    def product(self, x, matrix):
        g = self.graph
        inputs, outputs = matrix.weights.shape
        halves = []
        for half in ("high", "low"):
            packed, scales = self.placed.half(g, matrix, half)
            halves.append(
                g.op("MatMulNBits", [x, packed, scales], domain="com.microsoft", K=inputs, N=outputs, bits=4, block_size=BLOCK)
            )
        return g.op("Add", [g.op("Add", halves), self.placed.bias(g, matrix)])


class Float:
    """The same weights written out in full."""

    domains = []

    def __init__(self, graph, placed):
        self.graph, self.placed = graph, placed

    def product(self, x, matrix):
        g = self.graph
        return g.op("Add", [g.op("MatMul", [x, self.placed.full(g, matrix)]), self.placed.bias(g, matrix)])


class Placed:
    """Where each tensor lies. `weights.bin` is shipped; the other files are derived from it when the model is loaded:
    `nibbles.bin` holds for each matrix its high halves, its low halves, the scales of both; `floats.bin` its weights."""

    def __init__(self, matrices, norms):
        self.at, self.length = {}, 0
        self.nibbles, self.floats = {}, {}
        nibbles = floats = 0
        for matrix in matrices:
            inputs, outputs = matrix.weights.shape
            self._place((matrix.name, "weights"), matrix.weights)
            self._place((matrix.name, "scale"), matrix.scale)
            packed, scales = inputs * outputs // 2, inputs // BLOCK * outputs * 4
            self.nibbles[matrix.name] = {
                "high": (nibbles, nibbles + 2 * packed),
                "low": (nibbles + packed, nibbles + 2 * packed + scales),
            }
            nibbles += 2 * (packed + scales)
            self.floats[matrix.name] = floats
            floats += inputs * outputs * 4
        for matrix in matrices:
            self._place((matrix.name, "bias"), matrix.bias)
            # Before the matrix behind the attention it was taken from the values already.
            if not matrix.name.endswith(".attention_out"):
                self._place((matrix.name, "ease"), 1 / matrix.ease)
        for index, norm in enumerate(norms):
            self._place((index, "gain"), norm.gain.astype(np.float32))
            self._place((index, "shift"), norm.shift.astype(np.float32))

    def _place(self, key, array):
        self.at[key] = (self.length, array)
        self.length += array.nbytes

    def file(self):
        return b"".join(array.tobytes() for _, array in self.at.values())

    def _shipped(self, g, key, kind):
        offset, array = self.at[key]
        name = f"{key[0]}.{key[1]}"
        if array.nbytes < 16:
            raise ValueError(f"{name} is too small to stand outside")
        return g.outside(name, kind, array.shape, "weights.bin", offset)

    def whole(self, g, matrix):
        return self._shipped(g, (matrix.name, "weights"), TensorProto.INT8)

    def scale(self, g, matrix):
        return self._shipped(g, (matrix.name, "scale"), TensorProto.FLOAT)

    def bias(self, g, matrix):
        return self._shipped(g, (matrix.name, "bias"), TensorProto.FLOAT)

    def ease(self, g, matrix):
        return self._shipped(g, (matrix.name, "ease"), TensorProto.FLOAT)

    def norm(self, g, index):
        return [self._shipped(g, (index, part), TensorProto.FLOAT) for part in ("gain", "shift")]

    def half(self, g, matrix, half):
        inputs, outputs = matrix.weights.shape
        packed, scales = self.nibbles[matrix.name][half]
        blocks = inputs // BLOCK
        return (
            g.outside(f"{matrix.name}.{half}", TensorProto.UINT8, (outputs, blocks, BLOCK // 2), "nibbles.bin", packed),
            g.outside(f"{matrix.name}.{half}_scale", TensorProto.FLOAT, (outputs * blocks,), "nibbles.bin", scales),
        )

    def full(self, g, matrix):
        return g.outside(
            f"{matrix.name}.full", TensorProto.FLOAT, matrix.weights.shape, "floats.bin", self.floats[matrix.name]
        )


def build(form, placed, layers):
    """The whole encoder, its products in the given form."""
    g = Graph()
    products = form(g, placed)
    index = [-1]

    def norm(x):
        index[0] += 1
        return g.op("LayerNormalization", [x] + placed.norm(g, index[0]), axis=-1, epsilon=1e-12)

    def eased(x, matrix):
        return products.product(g.op("Mul", [x, placed.ease(g, matrix)]), matrix)

    # The backend knows this pattern, and has one step for it. The half must stay a single number: of a table the backend looks
    # at the first number alone, and would drop the others.
    def gelu(x):
        spread = g.op("Erf", [g.op("Mul", [x, g.constant("1/sqrt2", scalar(2**-0.5))])])
        grown = g.op("Add", [spread, g.constant("1", scalar(1))])
        return g.op("Mul", [g.op("Mul", [x, grown]), g.constant("1/2", scalar(0.5))])

    split = g.constant("split", np.array([WIDTH] * 3, np.int64))
    by_head = g.constant("by_head", np.array([0, HEADS, WIDTH // HEADS], np.int64))
    by_token = g.constant("by_token", np.array([0, WIDTH], np.int64))
    x = norm("embeddings")
    for at, layer in enumerate(layers):
        parts = [f"{part}{at}" for part in ("query", "key", "value")]
        g.op("Split", [eased(x, layer.attention_in), split], parts, axis=-1)
        query, key, value = (g.op("Reshape", [part, by_head]) for part in parts)
        query = g.op("Transpose", [query], perm=[1, 0, 2])
        key = g.op("Transpose", [key], perm=[1, 2, 0])
        value = g.op("Transpose", [value], perm=[1, 0, 2])
        scores = g.op("Softmax", [g.op("MatMul", [query, key])], axis=-1)
        mixed = g.op("Transpose", [g.op("MatMul", [scores, value])], perm=[1, 0, 2])
        mixed = g.op("Reshape", [mixed, by_token])
        x = norm(g.op("Add", [products.product(mixed, layer.attention_out), x]))
        x = norm(g.op("Add", [eased(gelu(eased(x, layer.inner)), layer.outer), x]))
    pooled = g.op("ReduceMean", [x], axes=[0], keepdims=0)
    length = g.op("ReduceSum", [g.op("Mul", [pooled, pooled]), g.constant("axis", np.array([0], np.int64))], keepdims=1)
    g.op("Div", [pooled, g.op("Sqrt", [length])], output="sentence")

    inputs = [helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["tokens", WIDTH])]
    outputs = [helper.make_tensor_value_info("sentence", TensorProto.FLOAT, [WIDTH])]
    graph = helper.make_graph(g.nodes, "all-MiniLM-L6-v2", inputs, outputs, g.tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)] + form.domains)
    model.ir_version = 8
    model.producer_name = "blufio"
    return model

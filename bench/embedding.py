# SPDX-License-Identifier: MIT OR Apache-2.0
"""The graphs of the sentence model in ONNX Runtime on one thread, for `bench/embedding.rs` to compare with."""

import json
import pathlib
import shutil
import statistics
import tempfile
import time

import numpy as np
import onnxruntime

MODEL = pathlib.Path(__file__).parent.parent / "src/memory/model"
WIDTH, INNER, LAYERS = 384, 1536, 6
SHAPES = [(WIDTH, 3 * WIDTH), (WIDTH, WIDTH), (WIDTH, INNER), (INNER, WIDTH)] * LAYERS


def memory(field):
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return round(int(next(line for line in lines if line.startswith(field)).split()[1]) / 1024, 1)


def floats(folder):
    """The weights written out in full."""
    data = (MODEL / "weights.bin").read_bytes()
    place = 0
    with open(folder / "floats.bin", "wb") as file:
        for inputs, outputs in SHAPES:
            weights = np.frombuffer(data, np.int8, inputs * outputs, place).reshape(inputs, outputs)
            place += inputs * outputs
            scale = np.frombuffer(data, np.float32, outputs, place)
            place += outputs * 4
            file.write((weights * scale).astype(np.float32).tobytes())


def times(session, tokens, count):
    rows = np.random.default_rng(1).normal(0, 0.05, (tokens, WIDTH)).astype(np.float32)
    walls, cpus = [], []
    for _ in range(count):
        wall, cpu = time.perf_counter(), time.thread_time()
        session.run(None, {"embeddings": rows})
        walls.append(time.perf_counter() - wall)
        cpus.append(time.thread_time() - cpu)
    middle = lambda times: round(statistics.median(times) * 1e3, 1)
    return {"wall_ms": middle(walls), "cpu_ms": middle(cpus)}


def measure(form, folder):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    shutil.copy(MODEL / f"{form}.onnx", folder)
    before, began = memory("VmRSS:"), time.perf_counter()
    session = onnxruntime.InferenceSession(folder / f"{form}.onnx", options, providers=["CPUExecutionProvider"])
    load = time.perf_counter() - began
    return {
        "form": f"{form}, onnxruntime {onnxruntime.__version__}",
        "load_ms": round(load * 1e3, 1),
        "short": times(session, 12, 60),
        "tokens_128": times(session, 128, 20),
        "tokens_256": times(session, 256, 12),
        "before_mib": before,
        "with_mib": memory("VmRSS:"),
    }


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        shutil.copy(MODEL / "weights.bin", folder)
        floats(folder)
        print(json.dumps([measure(form, folder) for form in ("int8", "float")]))


if __name__ == "__main__":
    main()

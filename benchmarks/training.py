"""Batch norm, forward and backward, against PyTorch and against its composed form.

    python benchmarks/training.py [ROUNDS]

Ratios of processor time, float32, one thread, runs alternating; below 1 ours is
faster. Bars: 2.5 against PyTorch, which has one pass where NumPy has several, 0.5
against the composed form. The last line is the smoothed cross-entropy; its bar is 1.
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from solutions.autograd import Tensor
from solutions.training import batch_norm, batch_norm_composed, label_smoothing

SHAPES = ((128, 256), (4096, 64), (128 * 28 * 28, 8), (128 * 14 * 14, 32))
REPEATS = 8_000_000  # numbers in a timed run


def seconds_of(work, times):
    began = time.process_time()
    for _ in range(times):
        work()
    return time.process_time() - began


def normalising(n, C):
    """Return three ways to normalise and to go back."""
    rng = np.random.default_rng(0)
    arrays = [rng.normal(1, 2, size=s).astype(np.float32) for s in ((n, C), C, C)]
    grad = rng.normal(size=(n, C)).astype(np.float32)
    twin = torch.tensor(grad)

    def ours(form):
        leaves = [Tensor(a, requires_grad=True) for a in arrays]
        form(*leaves).backward(grad)
        return [leaf.grad for leaf in leaves]

    def theirs():
        x, gain, bias = (torch.from_numpy(a).requires_grad_() for a in arrays)
        functional.batch_norm(x, None, None, gain, bias, training=True).backward(twin)
        return [t.grad.numpy() for t in (x, gain, bias)]

    return [
        lambda: ours(lambda *t: batch_norm(*t)[0]),
        theirs,
        lambda: ours(batch_norm_composed),
    ]


def smoothing(n, k):
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(n, k)).astype(np.float32), rng.integers(k, size=n)
    target = torch.tensor(y)

    def ours():
        leaf = Tensor(z, requires_grad=True)
        label_smoothing(leaf, y).backward()
        return [leaf.grad]

    def theirs():
        leaf = torch.from_numpy(z).requires_grad_()
        functional.cross_entropy(leaf, target, label_smoothing=0.1).backward()
        return [leaf.grad.numpy()]

    return [ours, theirs]


def main():
    torch.set_num_threads(1)
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    cases = [(f"batch norm {n:7,} x {C:3}", normalising(n, C), n * C) for n, C in SHAPES]
    cases.append(("smoothing      128 x  10", smoothing(128, 10), 20_000))
    for name, ways, size in cases:
        found = [way() for way in ways]
        apart = max(np.abs(a - b).max() / np.abs(b).max() for a, b in zip(*found[:2], strict=True))
        times = max(1, REPEATS // size)
        rows = [[seconds_of(way, times) for way in ways] for _ in range(rounds)]
        ratios = [median(row[0] / row[i] for row in rows) for i in range(1, len(ways))]
        labels = ("PyTorch", "composed")
        text = "   ".join(f"/ {label} {r:.2f}" for label, r in zip(labels, ratios, strict=False))
        print(f"{name}   ours {text}   gradients apart by {apart:.0e}")


if __name__ == "__main__":
    main()

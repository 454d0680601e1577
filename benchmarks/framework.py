"""The framework's training step and AdamW against PyTorch's, on the same numbers.

    python benchmarks/framework.py [ROUNDS]

Ratios of processor time, float32, one thread, runs alternating; below 1 ours
is faster. Bars: 1.0 for the training step of an MLP on digits, and 1.0 for
AdamW alone against PyTorch's foreach=True; its fused=True, one compiled loop,
and its default, one parameter after the other, stand beside it.
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import bookdata
from solutions.autograd import Tensor
from solutions.framework import (
    AdamW,
    DataLoader,
    LayerNorm,
    Linear,
    Parameter,
    Sequential,
    Trainer,
    cross_entropy,
    gelu,
)

SIZES = ((64, 256), (256, 256), (256, 10))
MODES = {"foreach": {"foreach": True}, "fused": {"fused": True}, "default": {}}


def digits():
    """Return images (1797, 64) from 0 to 1 and their classes."""
    X, y = bookdata.digits()[:2]
    X = np.reshape(X, (len(X), -1)).astype(np.float32)
    return X / X.max(), np.asarray(y, np.int64)


def copied(ours, theirs):
    """Give a torch model the weights of ours."""
    with torch.no_grad():
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            q.copy_(torch.tensor(p.data.T if p.ndim == 2 else p.data))
    return theirs


def training_steps(smooth):
    """Return our step and theirs, on the same batches of digits."""
    X, y = digits()
    rng = np.random.default_rng(0)
    (a, b, c) = (Linear(*size, rng) for size in SIZES)
    act, act_t = (gelu, lambda: nn.GELU(approximate="tanh")) if smooth else (Tensor.relu, nn.ReLU)
    norm = [LayerNorm(256)] if smooth else []
    model = Sequential(a, *norm, act, b, act, c)
    loader = DataLoader(X, y, batch_size=128, rng=rng)
    batches = [loader.batch(loader.order(), i) for i in range(len(loader) - 1)]
    trainer = Trainer(model, AdamW(model.parameters(), 1e-3), cross_entropy, loader)
    tensors = [(torch.tensor(x), torch.tensor(y)) for x, y in batches]

    def ours():
        for batch in batches:
            trainer.step(*batch)
        return trainer.losses[-1]

    def theirs(mode):
        layers = [nn.Linear(*size) for size in SIZES]
        norm = [nn.LayerNorm(256)] if smooth else []
        peer = nn.Sequential(layers[0], *norm, act_t(), layers[1], act_t(), layers[2])
        copied(model, peer)
        optimiser = torch.optim.AdamW(peer.parameters(), 1e-3, **mode)

        def step():
            for x, y in tensors:
                optimiser.zero_grad()
                loss = nn.functional.cross_entropy(peer(x), y)
                loss.backward()
                optimiser.step()
                last = loss.item()
            return last

        return step

    steps = {"ours": ours} | {name: theirs(mode) for name, mode in MODES.items()}
    return steps, len(batches)


def adamw_steps(total, parts):
    """Return our AdamW.step and torch's, on vectors of the same size."""
    rng = np.random.default_rng(0)
    n = total // parts
    ours = [Parameter(rng.normal(size=n).astype(np.float32)) for _ in range(parts)]
    for p in ours:
        p.grad = rng.normal(size=n).astype(np.float32)
    steps = {"ours": AdamW(ours, 1e-3).step}
    for name, mode in MODES.items():
        theirs = [torch.tensor(p.data, requires_grad=True) for p in ours]
        for p, q in zip(theirs, ours, strict=True):
            p.grad = torch.tensor(q.grad)
        steps[name] = torch.optim.AdamW(theirs, 1e-3, **mode).step
    return steps


def timed(steps, rounds, times):
    """Return the median seconds of each of some functions, run in turn."""
    seconds, results = {name: [] for name in steps}, {}
    for i in range(1 + rounds):
        for name, step in steps.items():
            began = time.process_time()
            for _ in range(times):
                results[name] = step()
            if i:
                seconds[name].append((time.process_time() - began) / times)
    pairs = zip(*seconds.values(), strict=True)
    ratios = [[ours / other for other in rest] for ours, *rest in pairs]
    ratio = dict(zip(list(steps)[1:], map(median, zip(*ratios, strict=True)), strict=True))
    return {name: median(s) for name, s in seconds.items()}, ratio, results


def main():
    torch.set_num_threads(1)
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    for name, smooth in (("relu", False), ("layer norm, gelu", True)):
        steps, batches = training_steps(smooth)
        seconds, ratio, losses = timed(steps, rounds, 3)
        others = ", ".join(f"{name} {ratio[name]:.2f}" for name in MODES)
        print(
            f"MLP 64-256-256-10, {name}, batch 128: ours / torch with AdamW {others}   "
            f"({seconds['ours'] / batches * 1e3:.3f} ms)   "
            f"loss {losses['ours']:.6f} and {losses['foreach']:.6f}"
        )
    for total in (85_000, 1_000_000, 10_000_000):
        for parts in (6, 150):
            times = max(1, 2_000_000 // total)
            seconds, ratio, _ = timed(adamw_steps(total, parts), rounds, times)
            others = ", ".join(f"{name} {ratio[name]:.2f}" for name in MODES)
            print(
                f"AdamW.step of {total:>10,} in {parts:3} tensors: ours / torch's {others}   "
                f"({seconds['ours'] * 1e3:.3f} ms)"
            )


if __name__ == "__main__":
    main()

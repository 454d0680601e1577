"""Convolution forward and backward, and a training step of LeNet, against PyTorch eager.

    python benchmarks/convolution.py [ROUNDS]

Ratios of processor time, float32, one thread, runs alternating; below 1 ours
is faster. Ours keeps the channels last and PyTorch has them first, as each
prefers; weights, images and losses are the same. Bar: 3.0, but for the way
that is not chosen.
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
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import bookdata
from solutions.autograd import Tensor
from solutions.convolution import LeNet, convolve, convolve_im2col, convolve_taps
from solutions.framework import AdamW, cross_entropy

SHAPES = [  # B, H, C, m, K, padding, and whether the images need a gradient
    (32, 28, 16, 32, 3, 1, True),
    (32, 16, 64, 64, 3, 1, True),
    (64, 28, 1, 6, 5, 2, False),
    (64, 14, 6, 16, 5, 0, True),
]


def channels_first(array):
    return np.ascontiguousarray(np.moveaxis(array, 3, 1))


def convolutions(rng, B, H, C, m, K, padding, needs):
    """Return functions that go forward and backward once and return an entry of the gradient."""
    x = rng.normal(size=(B, H, H, C)).astype(np.float32)
    kernel = (rng.normal(size=(K, K, C, m)) * (2 / (K * K * C)) ** 0.5).astype(np.float32)
    bias = np.zeros(m, np.float32)
    side = H + 2 * padding - K + 1
    grad = rng.normal(size=(B, side, side, m)).astype(np.float32)

    def ours(way):
        def step():
            parts = [Tensor(x, needs), Tensor(kernel, True), Tensor(bias, True)]
            way(*parts, padding=padding).backward(grad)
            return parts[1].grad[0, 0, 0, 0]

        return step

    twins = torch.tensor(channels_first(x), requires_grad=needs), torch.tensor(channels_first(grad))
    k = torch.tensor(np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)), requires_grad=True)
    b = torch.tensor(bias, requires_grad=True)

    def theirs():
        twins[0].grad = k.grad = b.grad = None
        functional.conv2d(twins[0], k, b, padding=padding).backward(twins[1])
        return k.grad[0, 0, 0, 0].item()

    return [ours(convolve), ours(convolve_im2col), ours(convolve_taps), theirs]


def twin_of(model):
    """Return the same network in PyTorch, with the same weights."""
    few, more, k = (p.shape[-1] for p in (model.conv1.bias, model.conv2.bias, model.dense3.bias))
    twin = nn.Sequential(
        *(nn.Conv2d(1, few, 5, padding=2), nn.MaxPool2d(2), nn.BatchNorm2d(few), nn.ReLU()),
        *(nn.Conv2d(few, more, 5), nn.MaxPool2d(2), nn.BatchNorm2d(more), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(25 * more, 120), nn.ReLU()),
        *(nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, k)),
    )
    names = "conv1 norm1 conv2 norm2 dense1 dense2 dense3".split()
    for name, layer in zip(names, (p for p in twin if hasattr(p, "weight")), strict=True):
        weight = getattr(model, name).weight.data
        if weight.ndim == 4:
            weight = weight.transpose(3, 2, 0, 1)
        if name == "dense1":
            weight = weight.reshape(5, 5, more, -1).transpose(2, 0, 1, 3).reshape(weight.shape)
        weight = weight.T if weight.ndim == 2 else weight
        layer.weight.data = torch.tensor(np.ascontiguousarray(weight))
    return twin


def lenets(batch=64):
    """Return functions that take one training step on digits and return its loss."""
    data = bookdata.mnist()
    X = np.float32(data.X_train[..., None]) / 255
    model = LeNet(10, np.random.default_rng(0))
    twin = twin_of(model)
    settings = {"betas": (0.9, 0.999), "weight_decay": 0.01}
    mine = AdamW(model.parameters(), 1e-3, **settings)
    other = torch.optim.AdamW(twin.parameters(), 1e-3, **settings)
    seen = {"ours": 0, "theirs": 0}

    def rows(who):
        seen[who] += batch
        return (seen[who] - batch) % (len(X) - batch) + np.arange(batch)

    def ours():
        at = rows("ours")
        mine.zero_grad()
        loss = cross_entropy(model(X[at]), data.y_train[at])
        loss.backward()
        mine.step()
        return loss.item()

    def theirs():
        at = rows("theirs")
        other.zero_grad()
        x = torch.from_numpy(X[at]).permute(0, 3, 1, 2)  # one channel: no copy
        loss = functional.cross_entropy(twin(x), torch.from_numpy(data.y_train[at]))
        loss.backward()
        other.step()
        return loss.item()

    return [ours, theirs]


def seconds_of(step, times=5):
    began = time.process_time()
    for _ in range(times):
        answer = step()
    return time.process_time() - began, answer


def ratios(steps, rounds):
    """Return the median ratio of each step to the last, and what each answers in the end."""
    runs = [[seconds_of(step) for step in steps] for _ in range(1 + rounds)][1:]
    medians = [median(run[i][0] / run[-1][0] for run in runs) for i in range(len(steps) - 1)]
    return medians, [answer for _, answer in runs[-1]]


def main():
    torch.set_num_threads(1)
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    for shape in SHAPES:
        B, H, C, m, K, *_ = shape
        found, slopes = ratios(convolutions(np.random.default_rng(0), *shape), rounds)
        assert np.allclose(slopes, slopes[-1], rtol=1e-3), slopes
        print(
            f"{f'{K}x{K}, {B}x{H}x{H}x{C} to {m}':28} ours / torch: {found[0]:.2f}   "
            f"(by im2col {found[1]:.2f}, by taps {found[2]:.2f})"
        )
    found, losses = ratios(lenets(), rounds)
    print(
        f"{'LeNet, 64 digits, AdamW':28} ours / torch: {found[0]:.2f}   "
        f"loss after {5 * (rounds + 1)} steps {losses[0]:.4f} {losses[1]:.4f}"
    )


if __name__ == "__main__":
    main()

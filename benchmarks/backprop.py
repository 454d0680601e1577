"""A training step by hand against PyTorch eager and against scalars that differentiate.

    python benchmarks/backprop.py [ROUNDS]

Ratios of processor time, float32, one thread, runs alternating, from the same
weights on the same batches of digits; below 1 ours is faster. Bar: 1.0 for the
step of a 64-256-256-10 network of relus on batches of 128, with plain SGD.

The scalars are Python objects, one for each number, that know their parents,
in the way of micrograd; written here. They take their step on one digit, once
against ours on one digit as well, once against ours on 128, for each digit of
them. Bar: 5,000 times as fast for each digit.
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import math
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import bookdata
from solutions.backprop import first_weights, loss_and_slopes, softmax_cross_entropy

SIZES, BATCH, RATE, STEPS = (64, 256, 256, 10), 128, 0.05, 10


def ours(weights, batches):
    """Return a function that takes the next step and returns the loss before it."""
    weights = [w.copy() for w in weights]

    def step():
        x, y = next(batches)
        loss, slopes = loss_and_slopes(weights, x, y)
        for w, slope in zip(weights, slopes, strict=True):
            w -= RATE * slope
        return float(loss)

    return step


def theirs(weights, batches):
    weights = [torch.tensor(w, requires_grad=True) for w in weights]
    optimiser = torch.optim.SGD(weights, lr=RATE)

    def step():
        x, y = next(batches)
        for i in range(0, len(weights) - 2, 2):
            x = functional.relu(torch.addmm(weights[i + 1], x, weights[i]))
        loss = functional.cross_entropy(torch.addmm(weights[-1], x, weights[-2]), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return loss.item()

    return step


class Scalar:
    """A number that knows how it was made."""

    __slots__ = ("back", "grad", "parents", "value")

    def __init__(self, value, parents=(), back=None):
        self.value, self.parents, self.back, self.grad = value, parents, back, 0.0

    def __add__(self, other):
        out = Scalar(self.value + other.value, (self, other))

        def back():
            self.grad += out.grad
            other.grad += out.grad

        out.back = back
        return out

    def __mul__(self, other):
        out = Scalar(self.value * other.value, (self, other))

        def back():
            self.grad += other.value * out.grad
            other.grad += self.value * out.grad

        out.back = back
        return out

    def through(self, value, slope):
        """Return a function of this number, from its value and its slope."""
        out = Scalar(value, (self,))

        def back():
            self.grad += slope * out.grad

        out.back = back
        return out

    def relu(self):
        return self.through(max(self.value, 0.0), float(self.value > 0))

    def exp(self):
        return self.through(math.exp(self.value), math.exp(self.value))

    def log(self):
        return self.through(math.log(self.value), 1 / self.value)

    def backward(self):
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((parent, False) for parent in node.parents)
        self.grad = 1.0
        for node in reversed(order):
            if node.back:
                node.back()


def by_scalars(weights, digits):
    """Return a function that takes a step on one digit."""
    layers = [
        ([[Scalar(float(v)) for v in row] for row in W], [Scalar(float(v)) for v in b])
        for W, b in zip(weights[::2], weights[1::2], strict=True)
    ]
    every = [v for W, b in layers for row in [*W, b] for v in row]

    def step():
        x, y = next(digits)
        for v in every:
            v.grad = 0.0
        h = [Scalar(float(v)) for v in x[0]]
        for i, (W, b) in enumerate(layers):
            out = list(b)
            for value, row in zip(h, W, strict=True):
                out = [total + value * w for total, w in zip(out, row, strict=True)]
            h = out if i + 1 == len(layers) else [v.relu() for v in out]
        total = sum((v.exp() for v in h), Scalar(0.0))
        loss = total.log() + h[y[0]] * Scalar(-1.0)
        loss.backward()
        for v in every:
            v.value -= RATE * v.grad
        return loss.value

    return step


def endless(X, y, size):
    """Yield batches in one order for ever, the same to whoever asks."""
    rng = np.random.default_rng(1)
    while True:
        rows = rng.choice(len(y), size, replace=False)
        yield X[rows], y[rows]


def in_torch(batches):
    return ((torch.from_numpy(x), torch.from_numpy(y)) for x, y in batches)


def seconds_of(step, steps=STEPS):
    began = time.process_time()
    for _ in range(steps):
        loss = step()
    return (time.process_time() - began) / steps, loss


def heads(rng, n=2048, k=50257):
    """Return the two functions that turn scores (n, k) into the loss and its slope."""
    z, y = rng.normal(size=(n, k)).astype(np.float32), rng.integers(k, size=n)
    tensor, classes = torch.tensor(z, requires_grad=True), torch.tensor(y)

    def peer():
        tensor.grad = None
        loss = functional.cross_entropy(tensor, classes)
        loss.backward()
        return loss.item()

    return (lambda: float(softmax_cross_entropy(z, y)[0])), peer


def main():
    torch.set_num_threads(1)
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 31
    digits = bookdata.digits()
    X, y = digits.X_train.astype(np.float32), digits.y_train
    weights = first_weights(SIZES, np.random.default_rng(0), np.float32)
    steps = [
        ours(weights, endless(X, y, BATCH)),
        theirs(weights, in_torch(endless(X, y, BATCH))),
    ]
    runs = [[seconds_of(step) for step in steps] for _ in range(3 + rounds)][3:]
    ratio = median(a[0] / b[0] for a, b in runs)
    losses = [f"{loss:.6f}" for _, loss in runs[-1]]
    count = STEPS * (3 + rounds)
    print(f"step of {'-'.join(map(str, SIZES))}, batch {BATCH}: ours / torch {ratio:.2f}")
    print(f"    loss after {count} steps: ours {losses[0]}, torch {losses[1]}")

    ours_seconds = median(run[0][0] for run in runs) / BATCH
    step = by_scalars(weights, endless(X, y, 1))
    scalars = median(seconds_of(step, 1)[0] for _ in range(5))
    alone = ours(weights, endless(X, y, 1))
    one = median(seconds_of(alone)[0] for _ in range(rounds))
    print(f"scalars / ours, both on one digit: {scalars / one:,.0f}")
    print(f"scalars on one digit / ours on {BATCH}, a digit: {scalars / ours_seconds:,.0f}")

    pair = heads(np.random.default_rng(2))
    runs = [[seconds_of(step, 1) for step in pair] for _ in range(6)][1:]
    ratio = median(a[0] / b[0] for a, b in runs)
    print(f"softmax_cross_entropy of (2048, 50257): ours / torch {ratio:.2f}")
    print(f"    loss: ours {runs[-1][0][1]:.6f}, torch {runs[-1][1][1]:.6f}")


if __name__ == "__main__":
    main()

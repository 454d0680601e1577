"""A training step on this autograd against PyTorch eager, from the same weights.

    python benchmarks/autograd.py [ROUNDS]

Ratios of processor time, float32, one thread, runs alternating; below 1 ours
is faster. Twice each: composed of small operations only, and with the fused
ones below, which reach the engine by `operation` alone. Bar: 1.2 for the
fused Transformer block.
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

from solutions.autograd import Tensor, operation

RATE = 0.01


class Composed:
    """Every layer written with the operators of Tensor."""

    @staticmethod
    def linear(x, w, b):
        return x @ w + b

    @staticmethod
    def layer_norm(x, gain, bias):
        x = x - x.mean(-1, keepdims=True)
        return x * ((x * x).mean(-1, keepdims=True) + 1e-5) ** -0.5 * gain + bias

    @staticmethod
    def gelu(x):
        return 0.5 * x * (1 + (0.7978845608 * (x + 0.044715 * (x * x * x))).tanh())

    @staticmethod
    def attention(qkv, heads, mask):
        B, T, C = qkv.shape
        q, k, v = (
            qkv[..., i * C // 3 : (i + 1) * C // 3].reshape(B, T, heads, -1).swapaxes(1, 2)
            for i in range(3)
        )  # (B, heads, T, D) each
        scores = q @ k.swapaxes(-1, -2) * q.shape[-1] ** -0.5 + mask  # (B, heads, T, T)
        e = (scores - scores.data.max(-1, keepdims=True)).exp()
        return (e / e.sum(-1, keepdims=True) @ v).swapaxes(1, 2).reshape(B, T, C // 3)

    @staticmethod
    def cross_entropy(z, y):
        z = z - z.data.max(-1, keepdims=True)
        return (z.exp().sum(-1).log() - z[np.arange(len(y)), y]).mean()


class Fused:
    """The same layers, each one operation with its own way back."""

    @staticmethod
    def linear(x, w, b):
        rows = x.data.reshape(-1, x.shape[-1])
        out = rows @ w.data
        out += b.data

        def backward(grad):
            grad = grad.reshape(out.shape)
            to_x = (grad @ w.data.T).reshape(x.shape) if x.requires_grad else None
            return to_x, rows.T @ grad, np.ones(len(grad), grad.dtype) @ grad

        return operation(out.reshape(*x.shape[:-1], -1), (x, w, b), backward)

    @staticmethod
    def layer_norm(x, gain, bias):
        d = x.shape[-1]
        h = x.data - x.data.mean(-1, keepdims=True)
        r = 1 / np.sqrt(np.einsum("...i,...i->...", h, h) / d + np.float32(1e-5))[..., None]
        h *= r
        out = h * gain.data
        out += bias.data

        def backward(grad):
            to_x = grad * gain.data
            along = np.einsum("...i,...i->...", to_x, h)[..., None]
            along /= d
            to_x -= to_x.mean(-1, keepdims=True)
            to_x -= h * along
            to_x *= r
            to_gain = np.einsum("ij,ij->j", grad.reshape(-1, d), h.reshape(-1, d))
            return to_x, to_gain, grad

        return operation(out, (x, gain, bias), backward)

    @staticmethod
    def gelu(x, c=0.7978845608, a=0.044715):
        squares = x.data * x.data
        t = a * squares
        t += 1
        t *= x.data
        t *= c
        np.tanh(t, out=t)
        out = t + 1
        out *= x.data
        out *= 0.5

        def backward(grad):
            slope = squares  # becomes c (1 + 3 a x^2), then the whole slope
            slope *= 3 * a * c
            slope += c
            slope *= x.data
            slope *= 1 - t * t
            slope += t
            slope += 1
            slope *= 0.5
            slope *= grad
            return (slope,)

        return operation(out, (x,), backward)

    @staticmethod
    def attention(qkv, heads, mask):
        B, T, C = qkv.shape
        q, k, v = qkv.data.reshape(B, T, 3, heads, -1).transpose(2, 0, 3, 1, 4)
        D = q.shape[-1]
        weights = (q * D**-0.5) @ k.swapaxes(-1, -2)  # (B, heads, T, T)
        weights += mask
        weights -= weights.max(-1, keepdims=True)
        np.exp(weights, out=weights)
        weights /= weights.sum(-1, keepdims=True)
        out = np.empty((B, T, heads, D), qkv.dtype)
        np.matmul(weights, v, out=out.swapaxes(1, 2))

        def backward(grad):
            grad = grad.reshape(B, T, heads, D)
            whole = np.empty((B, T, 3, heads, D), grad.dtype)
            to_q, to_k, to_v = whole.transpose(2, 0, 3, 1, 4)  # views
            along = np.einsum("bthd,bthd->bht", grad, out)[..., None]
            grad = grad.swapaxes(1, 2)  # (B, heads, T, D)
            np.matmul(weights.swapaxes(-1, -2), grad, out=to_v)
            scores = grad @ v.swapaxes(-1, -2)
            scores -= along
            scores *= weights
            scores *= D**-0.5
            np.matmul(scores, k, out=to_q)
            np.matmul(scores.swapaxes(-1, -2), q, out=to_k)
            return (whole.reshape(B, T, C),)

        return operation(out.reshape(B, T, -1), (qkv,), backward)

    @staticmethod
    def cross_entropy(z, y):
        rows = np.arange(len(y))
        p = z.data - z.data.max(-1, keepdims=True)
        right = p[rows, y].mean()
        total = np.exp(p, out=p).sum(-1, keepdims=True)

        def backward(grad):
            np.divide(p, total, out=p)
            p[rows, y] -= 1
            return (np.multiply(p, grad / len(y), out=p),)

        return operation(np.log(total).mean() - right, (z,), backward)


class Peer:
    """PyTorch's own layers; its weights are stored as ours, (in, out)."""

    @staticmethod
    def linear(x, w, b):
        return functional.linear(x, w.T, b)

    @staticmethod
    def layer_norm(x, gain, bias):
        return functional.layer_norm(x, gain.shape, gain, bias)

    @staticmethod
    def gelu(x):
        return functional.gelu(x, approximate="tanh")

    @staticmethod
    def attention(qkv, heads, mask):
        B, T, C = qkv.shape
        q, k, v = (t.view(B, T, heads, -1).transpose(1, 2) for t in qkv.split(C // 3, dim=2))
        out = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return out.transpose(1, 2).reshape(B, T, C // 3)

    @staticmethod
    def cross_entropy(z, y):
        return functional.cross_entropy(z, y)


def mlp(layer, weights, x, y):
    for w, b in (weights[:2], weights[2:4]):
        x = layer.linear(x, w, b).relu()
    return layer.cross_entropy(layer.linear(x, *weights[4:]), y)


def mlp_problem(rng):
    """Return arrays: weights of 784-256-128-10, a batch of 128, its classes."""
    weights = []
    for d, k in ((784, 256), (256, 128), (128, 10)):
        weights += [rng.normal(size=(d, k)) * (2 / d) ** 0.5, np.zeros(k)]
    return weights, rng.random((128, 784)), rng.integers(10, size=128)


def block(layer, weights, x, target, heads=4):
    g1, b1, w_qkv, b_qkv, w_out, b_out, g2, b2, w_up, b_up, w_down, b_down = weights
    T = x.shape[1]
    mask = np.triu(np.full((T, T), -1e9, np.float32), 1)
    h = layer.attention(layer.linear(layer.layer_norm(x, g1, b1), w_qkv, b_qkv), heads, mask)
    x = x + layer.linear(h, w_out, b_out)
    h = layer.gelu(layer.linear(layer.layer_norm(x, g2, b2), w_up, b_up))
    apart = x + layer.linear(h, w_down, b_down) - target
    return (apart * apart).mean()


def block_problem(rng, B=16, T=128, d=128):
    """Return arrays: weights of one Transformer block, its input and a target."""

    def linear(n, m):
        return [rng.normal(size=(n, m)) * n**-0.5, np.zeros(m)]

    norm = [np.ones(d), np.zeros(d)]
    weights = [*norm, *linear(d, 3 * d), *linear(d, d)]
    weights += [*norm, *linear(d, 4 * d), *linear(4 * d, d)]
    return weights, rng.normal(size=(B, T, d)), rng.normal(size=(B, T, d))


def ours(model, layer, weights, x, y):
    """Return a function that takes one step and returns the loss before it."""
    weights = [Tensor(w.astype(np.float32), True) for w in weights]
    x = Tensor(x.astype(np.float32))
    y = y if y.dtype.kind == "i" else Tensor(y.astype(np.float32))

    def step():
        loss = model(layer, weights, x, y)
        loss.backward()
        for w in weights:
            w.data -= RATE * w.grad
            w.grad = None
        return loss.item()

    return step


def theirs(model, weights, x, y):
    weights = [torch.tensor(w, dtype=torch.float32, requires_grad=True) for w in weights]
    x = torch.tensor(x, dtype=torch.float32)
    y = torch.tensor(y) if y.dtype.kind == "i" else torch.tensor(y, dtype=torch.float32)

    def step():
        loss = model(Peer, weights, x, y)
        loss.backward()
        with torch.no_grad():
            for w in weights:
                w -= RATE * w.grad
                w.grad = None
        return loss.item()

    return step


def seconds_of(step):
    began = time.process_time()
    for _ in range(5):
        loss = step()
    return time.process_time() - began, loss


def main():
    torch.set_num_threads(1)
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    for name, model, problem in (
        ("MLP 784-256-128-10, batch 128", mlp, mlp_problem(np.random.default_rng(0))),
        ("block d 128, 4 heads, T 128, B 16", block, block_problem(np.random.default_rng(0))),
    ):
        steps = [
            ours(model, Composed, *problem),
            ours(model, Fused, *problem),
            theirs(model, *problem),
        ]
        runs = [[seconds_of(step) for step in steps] for _ in range(1 + rounds)][1:]
        composed, fused = (median(run[i][0] / run[2][0] for run in runs) for i in (0, 1))
        losses = [loss for _, loss in runs[-1]]
        print(
            f"{name:34} ours / torch: composed {composed:.2f}, fused {fused:.2f}   "
            f"loss after {5 * len(runs) + 5} steps {losses[0]:.6f} {losses[1]:.6f} {losses[2]:.6f}"
        )


if __name__ == "__main__":
    main()

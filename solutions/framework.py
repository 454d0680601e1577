"""Framework: layers, optimisers and a trainer, on the engine of autograd.

Throughout: B samples in a batch, d inputs, m outputs, k classes.
    x (..., d), out (..., m)  what goes into a layer, what comes out
    W (d, m), b (m,)          its weights and bias: out = x @ W + b
    flat (P,)                 all P parameters of a model, end to end

Sources: Paszke et al., PyTorch (2019), 4; Loshchilov and Hutter, Decoupled
Weight Decay Regularization (2019), algorithm 2.
"""

import json
import os
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from solutions.arrays import batches
from solutions.autograd import Tensor, operation
from solutions.backprop import (
    dense_backward,
    dense_forward,
    he_init,
    softmax_cross_entropy,
)
from solutions.inputs import as_rng, in_range, whole


class Parameter(Tensor):
    """A tensor that is learned."""

    def __init__(self, data):
        super().__init__(data, requires_grad=True)


def inside(name, value):
    """Yield (name, thing) for a thing, or for each in a list of things."""
    if isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from inside(f"{name}.{i}", item)
    else:
        yield name, value


class Module:
    """A part of a model: what it learns it finds among its attributes."""

    training = True

    def __call__(self, *args):
        return self.forward(*args)

    def named(self, kind, seen=None):
        """List what of a kind this and its parts hold, each once.

        The name of a part is its way from here: "body.0.weight".
        """
        seen, found = set() if seen is None else seen, []
        for attribute, value in vars(self).items():
            for name, item in inside(attribute, value):
                if id(item) in seen:
                    continue
                if isinstance(item, kind):
                    seen.add(id(item))
                    found.append((name, item))
                if isinstance(item, Module):
                    seen.add(id(item))
                    below = item.named(kind, seen)
                    found += [(f"{name}.{n}", thing) for n, thing in below]
        return found

    def parameters(self):
        return [parameter for _, parameter in self.named(Parameter)]

    def train(self, training=True):
        """Set this and all its parts to learning, or to eval()."""
        self.training = training
        for _, part in self.named(Module):
            part.training = training
        return self

    def eval(self):
        return self.train(False)

    def state(self):
        """Return, by name, the arrays themselves, learned or only kept."""
        found = self.named(Parameter | np.ndarray)
        return {n: getattr(t, "data", t) if isinstance(t, Tensor) else t
                for n, t in found}

    def state_dict(self):
        return {name: array.copy() for name, array in self.state().items()}

    def load_state_dict(self, state):
        """Copy the arrays of a state_dict into this model, or raise."""
        copy_into(self.state(), state)
        return self


def copy_into(own, state):
    """Copy each array of a state over its namesake: all of them or none."""
    missing = [name for name in own if name not in state]
    unexpected = [name for name in state if name not in own]
    if missing or unexpected:
        raise ValueError(f"missing: {missing}; unexpected: {unexpected}")
    for name, array in own.items():
        if array.shape != np.shape(state[name]):
            raise ValueError(
                f"{name} has shape {array.shape} here, "
                f"and {np.shape(state[name])} in the state"
            )
    for name, array in own.items():
        array[...] = state[name]


def linear(x, W, b):
    """Return x @ W + b as one operation."""
    x = W.beside(x)
    out = dense_forward(x.data, W.data, b.data)

    def backward(grad):
        return dense_backward(grad, x.data, W.data)

    return operation(out, (x, W, b), backward)


def linear_composed(x, W, b):
    return x @ W + b


class Linear(Module):
    """out = x @ weight + bias."""

    def __init__(self, d, m, rng):
        self.weight = Parameter(he_init(d, m, rng).astype(np.float32))
        self.bias = Parameter(np.zeros(m, np.float32))

    def forward(self, x):
        return linear(x, self.weight, self.bias)


def embedding(table, ids):
    """Return the rows of table (V, C) that ids (...) name, (..., C)."""

    def backward(grad):
        out = np.zeros_like(table.data)
        rows = ids.reshape(-1)
        order = np.argsort(rows, kind="stable")
        rows = rows[order]
        first = np.flatnonzero(np.diff(rows, prepend=-1))
        grad = grad.reshape(-1, table.shape[-1])[order]
        out[rows[first]] = np.add.reduceat(grad, first)
        return (out,)

    return operation(table.data[ids], (table,), backward)


class Embedding(Module):
    def __init__(self, V, C, rng, std=1.0):
        table = as_rng(rng).normal(0, std, (V, C))
        self.weight = Parameter(table.astype(np.float32))

    def forward(self, ids):
        return embedding(self.weight, ids)


def layer_norm(x, gain, bias, epsilon=1e-5):
    d = x.shape[-1]
    h = x.data - x.data.mean(-1, keepdims=True)
    variance = np.einsum("...i,...i->...", h, h) / d
    r = (1 / np.sqrt(variance + epsilon))[..., None]
    h *= r
    out = h * gain.data
    out += bias.data

    def backward(grad):
        to_x = grad * gain.data
        along = np.einsum("...i,...i->...", to_x, h)[..., None] / d
        to_x -= to_x.mean(-1, keepdims=True)
        to_x -= h * along
        to_x *= r
        rows, kept = grad.reshape(-1, d), h.reshape(-1, d)
        return to_x, np.einsum("ij,ij->j", rows, kept), rows.sum(0)

    return operation(out, (x, gain, bias), backward)


def layer_norm_composed(x, gain, bias, epsilon=1e-5):
    x = x - x.mean(-1, keepdims=True)
    variance = (x * x).mean(-1, keepdims=True)
    return x * (variance + epsilon) ** -0.5 * gain + bias


class LayerNorm(Module):
    def __init__(self, d, epsilon=1e-5):
        self.epsilon = epsilon
        self.weight = Parameter(np.ones(d, np.float32))
        self.bias = Parameter(np.zeros(d, np.float32))

    def forward(self, x):
        return layer_norm(x, self.weight, self.bias, self.epsilon)


def gelu(x, c=0.7978845608028654, a=0.044715):
    """Fused: the tanh is kept for the way back."""
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


def dropout(x, p, rng):
    """Set entries to zero by chance p, and scale up those that stay."""
    keep = (rng.random(x.shape, np.float32) >= p).astype(x.dtype)
    keep /= 1 - p
    return x * keep


class Dropout(Module):
    """dropout while training; nothing in eval."""

    def __init__(self, p, rng):
        self.p, self.rng = in_range("p", p, low=0, high=1), as_rng(rng)

    def forward(self, x):
        return dropout(x, self.p, self.rng) if self.training else x


class Sequential(Module):
    """One part after the other; a part may be a function such as gelu."""

    def __init__(self, *parts):
        self.parts = list(parts)

    def forward(self, x):
        for part in self.parts:
            x = part(x)
        return x


def cross_entropy(z, y):
    """Mean of -log p(right class), z (..., k), y (...) integers."""
    rows = z.data.reshape(-1, z.shape[-1])
    loss, to_z = softmax_cross_entropy(rows, np.reshape(y, -1))
    to_z = to_z.reshape(z.shape)
    return operation(loss, (z,), lambda grad: (grad * to_z,))


class Optimiser:
    """Lays all parameters end to end in one vector, their home from now.

    A dozen operations on the vector then serve all of them at once.
    """

    def __init__(self, parameters, learning_rate, weight_decay, no_decay):
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        free = {id(p) for p in no_decay}
        # those with decay first: then it is a slice that decays
        self.parameters = sorted(parameters, key=lambda p: id(p) in free)
        decayed = sum(p.data.size for p in parameters if id(p) not in free)
        self.flat = np.concatenate(
            [p.data.reshape(-1) for p in self.parameters]
        )
        self.decayed = self.flat[:decayed]  # a view
        self.steps, at = np.zeros((), int), 0
        for p in self.parameters:
            p.data = self.flat[at : at + p.data.size].reshape(p.shape)
            at += p.data.size

    def state(self):
        """Return, by name, the arrays it keeps from step to step."""
        kept = {n: a for n, a in vars(self).items() if isinstance(a, np.ndarray)}
        return {n: a for n, a in kept.items() if n not in ("flat", "decayed")}

    def load_state_dict(self, state):
        copy_into(self.state(), state)

    def zero_grad(self):
        for p in self.parameters:
            p.grad = None

    def gradient(self):
        """Return the gradients of all parameters, end to end."""
        return np.concatenate([p.grad.reshape(-1) for p in self.parameters])


class SGD(Optimiser):
    def __init__(
        self, parameters, learning_rate, momentum=0.0, nesterov=False,
        weight_decay=0.0, no_decay=(),
    ):
        super().__init__(parameters, learning_rate, weight_decay, no_decay)
        self.momentum, self.nesterov = momentum, nesterov
        self.velocity = np.zeros_like(self.flat)

    def step(self):
        self.steps += 1  # in place
        g = self.gradient()
        g[: len(self.decayed)] += self.weight_decay * self.decayed
        self.velocity *= self.momentum
        self.velocity += g
        if self.nesterov:
            g += self.momentum * self.velocity
        else:
            g = self.velocity
        self.flat -= self.learning_rate * g


class AdamW(Optimiser):
    def __init__(
        self, parameters, learning_rate=1e-3, betas=(0.9, 0.999),
        epsilon=1e-8, weight_decay=0.01, no_decay=(),
    ):
        super().__init__(parameters, learning_rate, weight_decay, no_decay)
        self.betas, self.epsilon = betas, epsilon
        self.mean = np.zeros_like(self.flat)
        self.square = np.zeros_like(self.flat)

    def step(self):
        self.steps += 1  # in place
        (beta1, beta2), g = self.betas, self.gradient()
        self.decayed *= 1 - self.learning_rate * self.weight_decay
        self.mean *= beta1
        self.mean += (1 - beta1) * g
        g *= g
        g *= 1 - beta2
        self.square *= beta2
        self.square += g
        np.sqrt(self.square, out=g)
        g *= (1 - beta2**self.steps) ** -0.5
        g += self.epsilon
        np.divide(self.mean, g, out=g)
        g *= self.learning_rate / (1 - beta1**self.steps)
        self.flat -= g


class DataLoader:
    """Deals samples out in batches, in a new order each epoch.

    arrays: whatever has a length and answers to [rows].
    """

    def __init__(self, *arrays, batch_size, rng=None, transform=None):
        self.arrays, self.batch_size = arrays, whole("batch_size", batch_size, low=1)
        self.rng, self.transform = rng, transform

    def __len__(self):
        return -(-len(self.arrays[0]) // self.batch_size)

    def order(self):
        """Return the positions of all samples, in this epoch's order."""
        n = len(self.arrays[0])
        if self.rng is None:
            return np.arange(n)
        return np.concatenate(batches(n, self.batch_size, self.rng))

    def batch(self, order, i):
        """Return batch i of an order."""
        rows = order[i * self.batch_size : (i + 1) * self.batch_size]
        parts = tuple(array[rows] for array in self.arrays)
        return parts if self.transform is None else self.transform(*parts)

    def __iter__(self):
        order = self.order()
        return (self.batch(order, i) for i in range(len(self)))


def save(path, arrays):
    """Write named arrays as .npz, the whole file or none of it."""
    path = Path(path)
    beside = path.with_name(path.name + ".part")
    with open(beside, "wb") as file:
        np.savez(file, **arrays)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def load(path):
    """Return the named arrays of an .npz file, or raise."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (BadZipFile, ValueError, EOFError, KeyError) as error:
        raise ValueError(f"{path} is no whole .npz file: {error}") from None


class Trainer:
    """Takes steps, keeps what it has reached, and goes on from there."""

    def __init__(
        self, model, optimiser, loss, loader,
        before_step=(), after_step=(), after_epoch=(),
        checkpoint=None, every=100,
    ):
        self.model, self.optimiser = model, optimiser
        self.loss, self.loader = loss, loader
        self.before_step, self.after_step = before_step, after_step
        self.after_epoch = after_epoch
        self.checkpoint, self.every = checkpoint, every
        self.losses, self.order, self.stop = [], None, False

    steps = property(lambda self: len(self.losses))

    def fit(self, epochs):
        """Train until so many epochs are done, counted from the first."""
        self.model.train()
        n = len(self.loader)
        while self.steps < epochs * n and not self.stop:
            if self.steps % n == 0:
                self.order = self.loader.order()
            *inputs, y = self.loader.batch(self.order, self.steps % n)
            self.step(inputs, y)
        return self

    def step(self, inputs, y):
        self.optimiser.zero_grad()
        loss = self.loss(self.model(*inputs), y)
        loss.backward()
        for hook in self.before_step:
            hook(self)
        self.optimiser.step()
        self.losses.append(loss.item())
        for hook in self.after_step:
            hook(self)
        if self.steps % len(self.loader) == 0:
            for hook in self.after_epoch:
                hook(self)
        if self.checkpoint and self.steps % self.every == 0:
            save(self.checkpoint, self.state())

    def generators(self):
        found = [g for _, g in self.model.named(np.random.Generator)]
        found += [self.loader.rng] if self.loader.rng else []
        return list({id(g): g for g in found}.values())

    def state(self):
        """Return all that a run needs to go on, as named arrays."""
        parts = {"model": self.model.state(), "optimiser": self.optimiser.state()}
        found = {f"{part}.{name}": array for part, arrays in parts.items()
                 for name, array in arrays.items()}
        for i, g in enumerate(self.generators()):
            found[f"rng.{i}"] = np.array(json.dumps(g.bit_generator.state))
        return found | {"losses": np.array(self.losses), "order": self.order}

    def resume(self):
        """Go on from the checkpoint, where there is one; else begin."""
        if self.checkpoint is None or not Path(self.checkpoint).exists():
            return self
        state = load(self.checkpoint)
        self.losses, self.order = state["losses"].tolist(), state["order"]
        for part in (self.model, self.optimiser):
            name = "model." if part is self.model else "optimiser."
            part.load_state_dict({k.removeprefix(name): v for k, v in state.items() if k.startswith(name)})
        for i, g in enumerate(self.generators()):
            g.bit_generator.state = json.loads(state[f"rng.{i}"].item())
        return self

"""Training solved another way: by deep copies, by the engine, by loops, by one long vector.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

import copy
import itertools
import math

import numpy as np

from solutions.autograd import no_grad, operation
from solutions.inputs import in_range, whole
from solutions.training import finite_loss


def overfit_one_batch(model, optimiser, loss, batch, steps=100):
    """With the loss computed behind each step for the next one."""
    *inputs, y = batch
    model.train()
    losses = np.empty(whole("steps", steps, low=1))

    def look(step):
        value = loss(model(*inputs), y)
        losses[step] = finite_loss(value.item(), f"step {step}")
        return value

    value = look(0)
    for step in range(1, len(losses) + 1):
        for p in model.parameters():
            p.grad = None
        value.backward()
        optimiser.step()
        if step < len(losses):
            value = look(step)
    return losses


def activation_statistics(model, x, saturated=0.97):
    """On a deep copy, unit by unit."""
    model, table = copy.deepcopy(model), []
    with no_grad():
        for part in model.parts:
            x = part(x)
            units = np.moveaxis(x.data, -1, 0)
            dead = [not np.count_nonzero(unit) for unit in units]
            m = math.fsum(units.ravel()) / units.size
            spread = math.sqrt(math.fsum((units.ravel() - m) ** 2) / units.size)
            far = np.count_nonzero((units > saturated) | (units < -saturated)) / units.size
            table.append((m, spread, sum(dead) / len(dead), far))
    return np.stack([np.array(row) for row in table])


def lr_range_test(model, optimiser, loss, loader, low=1e-6, high=10.0, steps=100, explode=4.0):
    """With a factor from rate to rate, and all put back by hand."""
    if not len(loader):
        raise ValueError("the loader has no batches")
    before = model.state_dict()
    kept = {name: array.copy() for name, array in optimiser.state().items()}
    rate_before, modes = optimiser.learning_rate, [model.training]
    factor, rate, least = (high / low) ** (1 / (steps - 1)), low, math.inf
    rates, losses = [], []
    model.train()
    for batch in itertools.islice(itertools.cycle(loader), steps):
        value = loss(model(*batch[:-1]), batch[-1])
        rates.append(rate)
        losses.append(value.item())
        if math.isnan(losses[-1]):
            break
        least = min(least, losses[-1])
        if losses[-1] > explode * least:
            break
        optimiser.learning_rate = rate
        for p in model.parameters():
            p.grad = None
        value.backward()
        optimiser.step()
        rate *= factor
    model.load_state_dict(before)
    for name, array in optimiser.state().items():
        array[...] = kept[name]
    optimiser.learning_rate = rate_before
    model.train(modes[0])
    return np.array(rates), np.array(losses)


def cosine_with_warmup(step, total, warmup, peak, floor=0.0):
    """By the square of a sine, and a minimum of the two parts."""
    step, total = whole("step", step, low=0), whole("total", total, low=1)
    warmup = whole("warmup", warmup, low=0, high=total)
    in_range("peak", peak, above=0)
    in_range("floor", floor, low=0, high=peak)
    left = (total - min(max(step, warmup), total)) / max(total - warmup, 1)
    down = floor + (peak - floor) * math.sin(math.pi / 2 * left) ** 2
    up = np.interp(step + 1, [0, warmup], [0.0, peak]) if step < warmup else peak
    return up if step < warmup else down


def clip_gradients(parameters, max_norm):
    """As one long vector, and in place."""
    in_range("max_norm", max_norm, above=0)
    grads = [p.grad for p in parameters if p.grad is not None]
    if not grads:
        raise ValueError("no gradient is there")
    flat = np.concatenate([grad.reshape(-1) for grad in grads])
    norm = float(np.sqrt(np.sum(np.square(flat, dtype=float))))
    factor = min(1.0, max_norm / norm) if norm else 1.0
    for grad in grads:
        grad *= factor
    return norm


def batch_norm(x, gain, bias, epsilon=1e-5):
    """Feature by feature, and back by the matrix of all slopes."""
    rows = x.data.reshape(-1, x.shape[-1])
    n = len(rows)
    mean, variance = np.mean(rows, axis=0), np.var(rows, axis=0)
    deviation = np.sqrt(variance + epsilon)
    normal = np.stack([(v - m) / s for v, m, s in zip(rows.T, mean, deviation, strict=True)], 1)
    out = normal * gain.data + bias.data

    def backward(grad):
        grad, to_x = grad.reshape(rows.shape), np.empty_like(rows)
        for c in range(rows.shape[1]):
            h = normal[:, c]
            slopes = (np.eye(n) - 1 / n - np.outer(h, h) / n) / deviation[c]
            to_x[:, c] = slopes @ (grad[:, c] * gain.data[c])
        return to_x.reshape(x.shape), (grad * normal).sum(axis=0), grad.sum(axis=0)

    return operation(out.reshape(x.shape), (x, gain, bias), backward), mean, variance


class BatchNorm1d:
    """Only what differs from the exercise."""

    def forward(self, x):
        """With new arrays, and eval by the gradient's own operations."""
        x = self.weight.beside(x)
        n = self.count(x)
        if self.training:
            moments = batch_norm(x, self.weight, self.bias, self.epsilon)
            share, wide = self.momentum, n / (n - 1)
            dtype = self.running_mean.dtype
            self.running_mean = ((1 - share) * self.running_mean + share * moments[1]).astype(dtype)
            self.running_variance = (
                (1 - share) * self.running_variance + share * wide * moments[2]
            ).astype(dtype)
            return moments[0]
        deviation = np.sqrt(self.running_variance + self.epsilon)
        return (x - self.running_mean) / deviation * self.weight + self.bias


def label_smoothing(z, y, smoothing=0.1):
    """As a mixture of the plain loss and of the mean over all classes."""
    in_range("smoothing", smoothing, low=0, high=1 - 1e-12)
    k = z.shape[-1]
    scores, y = z.reshape(-1, k), np.asarray(y).reshape(-1)
    scores = scores - scores.max(1, keepdims=True).detach()
    log_p = scores - scores.exp().sum(1, keepdims=True).log()
    right = log_p[np.arange(len(y)), y].mean()
    return right * -(1 - smoothing) - log_p.mean() * smoothing


class EarlyStopping:
    """Only what differs from the exercise."""

    def update(self, loss, model):
        """With a count that is set back by an improvement, from all losses."""
        self.losses.append(finite_loss(float(loss), f"epoch {len(self.losses)}"))
        best = waited = 0
        for epoch, value in enumerate(self.losses):
            waited += 1
            if not epoch or self.losses[best] - value > self.min_delta:
                best, waited = epoch, 0
        if not waited:
            self.best_state = copy.deepcopy(model.state())
        self.best_epoch, self.best_loss = best, self.losses[best]
        return waited >= self.patience

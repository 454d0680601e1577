"""Training: how a run is begun, watched, kept in bounds and ended in time.

Throughout: B rows in a batch, C features, k classes, L parts of a model.
    x (..., C), out (..., C)  what goes into batch norm, what comes out
    mean (C,), variance (C,)  over all axes of x but the last
    z (..., k), y (...)       scores of k classes, and the right ones
    batch (*inputs, y)        what a loader deals out
    step ()                   counts from 0

Sources: Smith (2017); Loshchilov and Hutter (2017); Pascanu et al. (2013);
Szegedy et al. (2016); Prechelt (1998); Ioffe and Szegedy (2015).
"""

import math
from contextlib import contextmanager
from itertools import cycle

import numpy as np

from solutions.autograd import no_grad, operation
from solutions.backprop import refuse_classes
from solutions.framework import Module, Parameter, Sequential, copy_into
from solutions.inputs import NotFittedError, as_finite, in_range, whole
from solutions.plumbing import as_tensors


def number(name, value, **bounds):
    """Return a finite number within bounds as a float, else raise."""
    return float(in_range(name, as_finite(value, name), **bounds))


def as_batch(batch):
    """Return a batch (*inputs, y) as it is, or raise if it is none."""
    if not isinstance(batch, tuple | list) or len(batch) < 2:
        raise TypeError("a batch must be a tuple, (*inputs, y)")
    return batch


def finite_loss(loss, when):
    """Return a loss as it is, or raise if it is NaN or infinite."""
    if not math.isfinite(loss):
        raise RuntimeError(f"the loss of {when} is {loss}: it has diverged")
    return loss


@contextmanager
def restored(model, optimiser=None):
    """Undo what happens inside: to arrays, modes, generators, the rate."""
    owners = [model] if optimiser is None else [model, optimiser]
    states = [{n: a.copy() for n, a in o.state().items()} for o in owners]
    parts = [model, *(part for _, part in model.named(Module))]
    drawn = [g.bit_generator for _, g in model.named(np.random.Generator)]
    kept = [(p, "grad", p.grad) for p in model.parameters()]
    kept += [(part, "training", part.training) for part in parts]
    kept += [(bits, "state", bits.state) for bits in drawn]
    kept += [(o, "learning_rate", o.learning_rate) for o in owners[1:]]
    try:
        yield
    finally:
        for owner, state in zip(owners, states, strict=True):
            copy_into(owner.state(), state)
        for thing, attribute, value in kept:
            setattr(thing, attribute, value)


def overfit_one_batch(model, optimiser, loss, batch, steps=100):
    """Take every step on the same batch: a model must be able to learn it.

    Parameters
    ----------
    model : Module
    optimiser : SGD, AdamW or what works as they do
    loss : function
        From the model's answer and y to a Tensor that holds one number.
    batch : tuple
    steps : int

    Returns
    -------
    losses : array, shape (steps,)
        Each before its step; a RuntimeError if one is NaN or infinite.

    References
    ----------
    Goodfellow, Bengio and Courville, Deep Learning (2016), section 11.5.
    """
    losses, steps = [], whole("steps", steps, low=1)
    *inputs, y = as_batch(batch)
    model.train()
    # your turn (warm-up)
    # hint: A step: zero_grad, the loss of model(*inputs), backward, step.
    # hint: Note finite_loss(value.item(), f"step {step}") in losses.
    for step in range(steps):
        optimiser.zero_grad()
        value = loss(model(*inputs), y)
        losses.append(finite_loss(value.item(), f"step {step}"))
        value.backward()
        optimiser.step()
    return np.array(losses)


def activation_statistics(model, x, saturated=0.97):
    """Send x through the parts of a model, and describe what each gives.

    Parameters
    ----------
    model : Sequential
        In the mode that it is in; it is left as it was.
    x : Tensor or array, shape (B, ...)
    saturated : float

    Returns
    -------
    statistics : array, shape (L, 4)
        Of what each part gives: the mean, the standard deviation, the
        share of units (places of the last axis) that are 0 all through
        the batch, and the share of entries with |a| > saturated.

    References
    ----------
    Glorot and Bengio (2010), section 3.
    """
    if not isinstance(model, Sequential):
        raise TypeError(f"model must be a Sequential, not {model!r}")
    if 0 in np.shape(x):
        raise ValueError(f"x has shape {np.shape(x)}: there are no rows")
    rows, saturated = [], number("saturated", saturated, above=0)
    # your turn (core)
    # hint: `with restored(model), no_grad():` changes and records nothing.
    # hint: Inside it, for part in model.parts: x = part(x).
    # hint: a = x.data.reshape(-1, x.shape[-1]) has one column for a unit.
    # hint: (a == 0).all(axis=0) are the dead; a mean of truths is a share.
    with restored(model), no_grad():
        for part in model.parts:
            x = part(x)
            a = x.data.reshape(-1, x.shape[-1])
            dead = (a == 0).all(axis=0).mean()
            flat = (np.abs(a) > saturated).mean()
            rows.append([a.mean(), a.std(), dead, flat])
    return np.array(rows)


def gradient_statistics(model):
    """List (name, |gradient|, |weight|, their ratio) of each parameter."""
    found = []
    for name, p in model.named(Parameter):
        if p.grad is None:
            raise ValueError(f"{name} has no gradient: call backward first")
        grad, size = (float(np.linalg.norm(a)) for a in (p.grad, p.data))
        found.append((name, grad, size, grad / size if size else math.inf))
    return found


def lr_range_test(model, optimiser, loss, loader,
        low=1e-6, high=10.0, steps=100, explode=4.0):  # fmt: skip
    """Train with a rate that grows at each step, until the loss explodes.

    Parameters
    ----------
    model, optimiser, loss : as for overfit_one_batch
        Model, optimiser and rate are put back; no loss is below 0.
    loader : DataLoader, or a list of batches
    low, high : float
        The first rate and the last, with equal ratios between neighbours.
    steps : int
    explode : float
        It ends with a loss that is NaN, or above explode times the least.

    Returns
    -------
    rates, losses : array, shape (T,)
        Each loss before the step with its rate; the exploded one is last.

    References
    ----------
    Smith (2017), section 3.3.
    """
    low, steps = number("low", low, above=0), whole("steps", steps, low=2)
    rates = np.geomspace(low, number("high", high, above=low), steps)
    explode = number("explode", explode, above=1)
    if not hasattr(loader, "__len__") or not len(loader):
        raise ValueError("loader must have a length, and a batch at least")
    batches, losses = cycle(map(as_batch, loader)), []  # without an end
    # your turn (core)
    # hint: In `with restored(model, optimiser):` zip rates and batches.
    # hint: Note the loss, and break if it has exploded: NaN is <= nothing.
    # Else set optimiser.learning_rate and do the rest of a step.
    # hint: Return only as many rates as there are losses.
    with restored(model, optimiser):
        model.train()
        for rate, (*inputs, y) in zip(rates, batches, strict=False):
            optimiser.zero_grad()
            value = loss(model(*inputs), y)
            losses.append(value.item())
            if not losses[-1] <= explode * min(losses):
                break
            optimiser.learning_rate = rate
            value.backward()
            optimiser.step()
    return rates[: len(losses)], np.array(losses)


def cosine_with_warmup(step, total, warmup, peak, floor=0.0):
    """Return the learning rate of a step: up in a line, down in a wave.

    Parameters
    ----------
    step, total, warmup : int
        The last of `warmup` steps is the first with the peak; from step
        `total` on the rate is the floor.
    peak, floor : float

    Returns
    -------
    rate : float

    References
    ----------
    Eq. 24.3 of the chapter; Loshchilov and Hutter (2017), eq. 5.
    """
    step = whole("step", step, low=0)
    total = whole("total", total, low=1)
    warmup = whole("warmup", warmup, low=0, high=total)
    peak = number("peak", peak, above=0)
    floor = number("floor", floor, low=0, high=peak)
    # your turn (warm-up)
    # hint: Three cases: within the warm-up, after the run, and between.
    # hint: Step 0 takes the first of `warmup` equal strides, not none.
    # hint: Between, progress goes from 0 at step `warmup` to 1 at `total`,
    # and (1 + cos(pi progress)) / 2 from 1 to 0.
    if step >= total:
        return floor
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = (step - warmup) / (total - warmup)
    wave = (1 + math.cos(math.pi * progress)) / 2
    return floor + (peak - floor) * wave


def scheduled(schedule):
    """Return a before_step hook that sets the rate to schedule(step)."""

    def hook(trainer):
        trainer.optimiser.learning_rate = schedule(trainer.steps)

    return hook


def clip_gradients(parameters, max_norm):
    """Shorten all gradients by one factor, if together they are too long.

    Parameters
    ----------
    parameters : list of Parameter
        Those whose grad is None are passed over.
    max_norm : float

    Returns
    -------
    norm : float
        The length of all gradients as one long vector, before.

    References
    ----------
    Eq. 24.4 of the chapter; Pascanu et al. (2013), algorithm 1.
    """
    max_norm = number("max_norm", max_norm, above=0)
    parameters = [p for p in parameters if p.grad is not None]
    wide = [as_finite(p.grad, "grad").astype(float) for p in parameters]
    if not wide:
        raise ValueError("no gradient is there: call backward first")
    # your turn (core)
    # hint: For the norm, the squares of all entries of `wide` are one sum.
    # hint: If its root, the norm, is too long: p.grad * (max_norm / norm).
    norms = [np.linalg.norm(g) for g in wide]
    norm = math.hypot(*norms)
    if norm > max_norm:
        for p in parameters:
            p.grad = p.grad * (max_norm / norm)
    return norm


def batch_norm(x, gain, bias, epsilon=1e-5):
    """Normalise each feature by the batch's own moments, as one operation.

    Parameters
    ----------
    x : tensor, shape (..., C)
    gain, bias : tensor, shape (C,)
    epsilon : float

    Returns
    -------
    out : tensor, shape (..., C)
    mean : array, shape (C,)
    variance : array, shape (C,)
        Divided by n, not n - 1.

    References
    ----------
    Eq. 24.7 and 24.9 of the chapter; Ioffe and Szegedy (2015), section 3.
    """
    x, gain, bias = as_tensors((x, gain, bias), "x, gain and bias")
    own = gain.shape, bias.shape
    if not gain.ndim * x.data.size or len({x.shape[-1:], *own}) > 1:
        raise ValueError(f"x {x.shape} is empty or does not fit {own}")
    epsilon = number("epsilon", epsilon, low=0)
    rows = x.data.reshape(-1, x.shape[-1])
    n = len(rows)
    # your turn (stretch)
    # hint: Forward: h is rows without their mean, times 1 / sqrt(variance
    # + epsilon); out is h * gain + bias, in the shape of x.
    # hint: Backward: gain gets the sum of grad * h over the rows, bias the
    # sum of grad, and h gets g = grad * gain.
    # hint: The moments depend on x as well: subtract from g its own mean,
    # and h times the mean of g * h; then divide by sqrt(...).
    # hint: out = operation(out, (x, gain, bias), backward) is the tensor.
    ones = np.ones(n, rows.dtype)  # ones @ rows: the sum, and fast
    mean = ones @ rows / n
    h = rows - mean
    variance = ones @ (h * h) / n
    scale = 1 / np.sqrt(variance + epsilon)
    h *= scale
    out = (h * gain.data + bias.data).reshape(x.shape)

    def backward(grad):
        grad = grad.reshape(h.shape)
        to_gain, to_bias = ones @ (grad * h), ones @ grad
        to_x = grad - h * (to_gain / n) - to_bias / n
        to_x *= scale * gain.data
        return to_x.reshape(x.shape), to_gain, to_bias

    return operation(out, (x, gain, bias), backward), mean, variance


def batch_norm_composed(x, gain, bias, epsilon=1e-5):
    """The same out, of small operations; the engine finds the way back."""
    rows = tuple(range(x.ndim - 1))
    h = x - x.mean(rows, keepdims=True)
    variance = (h * h).mean(rows, keepdims=True)
    return h * (variance + epsilon) ** -0.5 * gain + bias


class BatchNorm1d(Module):
    """Batch norm that remembers: eval() has no batch to go by."""

    def __init__(self, features, momentum=0.1, epsilon=1e-5):
        C = whole("features", features, low=1)
        self.momentum = number("momentum", momentum, above=0, high=1)
        self.epsilon = number("epsilon", epsilon, above=0)
        self.weight = Parameter(np.ones(C, np.float32))
        self.bias = Parameter(np.zeros(C, np.float32))
        self.running_mean = np.zeros(C, np.float32)
        self.running_variance = np.ones(C, np.float32)

    def forward(self, x):
        """Normalise by the batch in training, by what was seen in eval.

        Parameters
        ----------
        x : Tensor or array, shape (..., C)

        Returns
        -------
        out : tensor, shape (..., C)

        References
        ----------
        Eq. 24.8 of the chapter; Ioffe and Szegedy (2015), section 3.1.
        """
        x = self.weight.beside(x)
        n = self.count(x)
        # your turn (core)
        # hint: In eval return self.by_running(x), else batch_norm's out.
        # hint: Each running moment goes the share `momentum` of the way to
        # the batch's; of the variance, to the unbiased: * n / (n - 1).
        # hint: Change the two arrays in place, or store what you computed.
        if not self.training:
            return self.by_running(x)
        own = self.weight, self.bias, self.epsilon
        out, mean, variance = batch_norm(x, *own)
        kept = self.running_mean, self.running_variance
        seen = mean, variance * (n / (n - 1))
        for running, moment in zip(kept, seen, strict=True):
            running += self.momentum * (moment - running)
        return out

    def count(self, x):
        """Return how many values each feature has in x, or raise."""
        C = len(self.running_mean)
        if x.ndim < 2 or x.shape[-1] != C:
            raise ValueError(f"x must be (..., {C}), but it is {x.shape}")
        n = x.data.size // C
        if n < 1 + self.training:
            raise ValueError(f"a batch of shape {x.shape} has no variance")
        return n

    def by_running(self, x):
        """Normalise by the running moments, which are constants."""
        scale = 1 / np.sqrt(self.running_variance + self.epsilon)
        return (x - self.running_mean) * (self.weight * scale) + self.bias


def label_smoothing(z, y, smoothing=0.1):
    """Cross-entropy where the right class is not asked for all the mass.

    Parameters
    ----------
    z : tensor, shape (..., k)
    y : array of int, shape (...)
    smoothing : float
        Below 1; shared out evenly among all classes, the right one too.

    Returns
    -------
    loss : tensor, shape ()

    References
    ----------
    Eq. 24.5 and 24.6 of the chapter; Szegedy et al. (2016), section 7.
    """
    smoothing = number("smoothing", smoothing, low=0, high=1 - 1e-12)
    (z,) = as_tensors([z], "z")
    if not z.ndim * z.data.size or np.shape(y) != z.shape[:-1]:
        raise ValueError(f"y has shape {np.shape(y)}, and z {z.shape}")
    rows, y = z.data.reshape(-1, z.shape[-1]), np.reshape(y, -1)
    refuse_classes(rows, y)
    n, k = rows.shape
    # your turn (core)
    # hint: target (n, k) is smoothing / k, and 1 - smoothing more at y.
    # hint: The loss is the mean over rows of -sum(target * log p), with
    # log p = z - log(sum(exp(z))); subtract each row's largest z first.
    # hint: dloss/dz is (p - target) / n: operation(loss, (z,), backward).
    log_p = rows - rows.max(axis=1, keepdims=True)
    log_p -= np.log(np.exp(log_p).sum(axis=1, keepdims=True))
    target = np.full((n, k), smoothing / k, rows.dtype)
    target[np.arange(n), y] += 1 - smoothing
    loss = -(target * log_p).sum() / n
    to_z = ((np.exp(log_p) - target) / n).reshape(z.shape)
    return operation(loss, (z,), lambda grad: (grad * to_z,))


class EarlyStopping:
    """Ends a run that gets no better, and keeps the best of it.

    best_loss is the last improvement among the losses that update was told,
    best_epoch its place there, best_state the model's arrays then.
    """

    def __init__(self, patience=5, min_delta=0.0):
        self.patience = whole("patience", patience, low=1)
        self.min_delta = number("min_delta", min_delta, low=0)
        self.losses, self.best_loss = [], math.inf
        self.best_epoch, self.best_state = 0, None

    def update(self, loss, model):
        """Note a held-out loss and say whether it is time to stop.

        Parameters
        ----------
        loss : float
            An improvement is more than min_delta below best_loss.
        model : Module

        Returns
        -------
        stop : bool
            Whether the last `patience` losses were no improvements.

        References
        ----------
        Prechelt, Early Stopping - But When? (1998), section 1.
        """
        epoch = len(self.losses)
        loss = finite_loss(float(loss), f"epoch {epoch}")
        self.losses.append(loss)
        # your turn (core)
        # hint: If loss is an improvement, set best_loss, best_epoch and
        # best_state. model.state_dict() holds copies of all arrays.
        # hint: Then compare epoch - self.best_epoch with the patience.
        if loss < self.best_loss - self.min_delta:
            self.best_loss, self.best_epoch = loss, epoch
            self.best_state = model.state_dict()
        return epoch - self.best_epoch >= self.patience

    def restore(self, model):
        """Put the best state back into the model, and return it."""
        if self.best_state is None:
            raise NotFittedError("update has not been called yet")
        return model.load_state_dict(self.best_state)

    def watch(self, measure):
        """Return an after_epoch hook; measure(model) is a loss in eval."""

        def hook(trainer):
            loss = measure(trainer.model.eval())
            trainer.stop = self.update(loss, trainer.model)
            trainer.model.train()

        return hook

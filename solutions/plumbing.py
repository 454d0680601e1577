"""What a training run stands on: one vector, whole files, whole steps.

All this is given to the learner; no exercise asks for it.
"""

import json
import math
import os
import signal
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZipFile

import numpy as np

from solutions.inputs import as_rng, in_range, whole

BLOCK = 1 << 16  # numbers worked on at a time, so that they stay in cache


def in_blocks(f, *arrays):
    """Return f(*arrays), which goes entry by entry, a BLOCK at a time."""
    out = np.empty(arrays[0].shape, arrays[0].dtype)
    flat = [array.reshape(-1) for array in (out, *arrays)]
    for i in range(0, out.size, BLOCK):
        to, *parts = (array[i : i + BLOCK] for array in flat)
        to[...] = f(*parts)
    return out


def spread(name, value):
    """Yield (name, thing) for a thing, or for each in a list or a dict."""
    if isinstance(value, list | tuple | dict):
        pairs = (
            value.items() if isinstance(value, dict) else enumerate(value)
        )
        for key, item in pairs:
            yield from spread(f"{name}.{key}", item)
    else:
        yield name, value


def misfit(name, own, new):
    """Say why an array cannot take another's numbers; "" where it can."""
    if own.shape != np.shape(new):
        return f"{name} has shape {own.shape} here, {np.shape(new)} there"
    new = np.asarray(new).dtype
    fits = np.can_cast(new, own.dtype, "same_kind")
    return "" if fits else f"{name} is {own.dtype} here, {new} there"


def save(path, arrays):
    """Write named arrays as .npz: all of them, or the old file stays.

    They are numbers or texts, never code. What was half written when the
    power went is left beside it, as .part.
    """
    beside = Path(f"{path}.part")
    with open(beside, "wb") as file:
        with ZipFile(file, "w") as archive:
            for name, array in arrays.items():
                entry = archive.open(f"{name}.npy", "w", force_zip64=True)
                with entry:
                    np.lib.format.write_array(
                        entry, np.asarray(array), allow_pickle=False
                    )
        file.flush()
        os.fsync(file.fileno())  # first the bytes are safe, then the name
    os.replace(beside, path)


def load(path):
    """Return the named arrays of an .npz file; raise if it is damaged."""
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as arrays:
                return dict(arrays)
        except (
            Exception
        ) as error:  # one flipped bit can lead to any of them
            raise ValueError(
                f"{path} is damaged, or no .npz file: {error}"
            ) from error


@contextmanager
def to_the_end():
    """Let Ctrl-C wait for the end of a block; a second one does not."""
    pressed, default = [], signal.default_int_handler

    def wait(*received):
        if pressed:
            default(*received)
        pressed.append(received)

    here = threading.current_thread() is threading.main_thread()
    ours = here and signal.getsignal(signal.SIGINT) is default
    if ours:
        signal.signal(signal.SIGINT, wait)
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGINT, default)
    if pressed:
        raise KeyboardInterrupt


def as_tensors(values, name):
    """Return a list of what has data and a grad, or raise."""
    values = list(values)
    for value in values:
        if not hasattr(value, "grad"):
            raise TypeError(f"{name} must hold tensors, not {value!r}")
    return values


def as_betas(betas):
    """Return the two numbers by which AdamW's averages shrink, or raise."""
    first, second = (float(beta) for beta in betas)
    for beta in (first, second):
        if not 0 <= beta < 1:
            raise ValueError(f"betas must be in [0, 1), not {beta}")
    return first, second


class FlatVector:
    """Parameters end to end in one vector, which they are views of.

    What moves them is update(w, g, decay, *kept) of a subclass: w is a
    stretch of the vector, g its gradient, and kept are the same stretch of
    the arrays that are named in keeps. Those in no_decay have decay 0.
    """

    keeps = ()

    def __init__(
        self, parameters, learning_rate, weight_decay=0.0, no_decay=()
    ):
        free = {id(p) for p in as_tensors(no_decay, "no_decay")}
        each = {id(p): p for p in as_tensors(parameters, "parameters")}
        each = each.values()
        if len({p.dtype for p in each}) != 1:
            raise ValueError("give one parameter or more, all of one dtype")
        self.learning_rate = in_range("learning_rate", learning_rate, low=0)
        decay = float(in_range("weight_decay", weight_decay, low=0))
        self.parameters = list(each)
        ordered = sorted(each, key=lambda p: id(p) in free)
        self.flat = np.concatenate([p.data.reshape(-1) for p in ordered])
        for name in self.keeps:
            setattr(self, name, np.zeros_like(self.flat))
        self.count, self.groups, end = np.zeros((), int), {}, 0
        for p in ordered:  # small neighbours form a group, for one BLOCK
            start, end = end, end + p.data.size
            p.data = self.flat[start:end].reshape(p.shape)
            key = 0.0 if id(p) in free else decay, start // BLOCK
            self.groups.setdefault(key, []).append(p)

    steps = property(lambda self: int(self.count))  # 1 in the first update

    def state(self):
        """Return, by name, the arrays that go from step to step."""
        return {
            name: getattr(self, name) for name in ("count", *self.keeps)
        }

    def zero_grad(self):
        for p in self.parameters:
            p.grad = None

    def step(self):
        """Move all parameters, a BLOCK that fits the cache at a time."""
        for i, p in enumerate(self.parameters):
            self.refuse(p, f"parameter {i}, of shape {p.shape},")
        self.learning_rate = float(self.learning_rate)  # float64 widens
        self.count += 1
        end, kept = 0, [getattr(self, name) for name in self.keeps]
        for (decay, _), group in self.groups.items():
            grads = [p.grad.reshape(-1) for p in group]
            g = grads[0] if len(grads) == 1 else np.concatenate(grads)
            size = -(-len(g) // max(1, round(len(g) / BLOCK)))  # even parts
            for i in range(0, len(g), size):
                part = g[i : i + size]
                start, end = end, end + len(part)
                w, *views = (a[start:end] for a in (self.flat, *kept))
                self.update(w, part, decay, *views)

    def refuse(self, p, which):
        """Raise where a parameter cannot take a step."""
        if p.data.base is not self.flat:
            raise RuntimeError(
                f"{which} is no longer this optimiser's: a second one has "
                "taken it, or its data was replaced"
            )
        if p.grad is None or p.grad.shape != p.shape:
            raise RuntimeError(
                f"{which} has no gradient: the loss does not depend on it, "
                "or backward was not called"
            )


class DataLoader:
    """Deals samples out in batches, with an rng in a new order each epoch.

    transform(*parts) may change a batch; let it draw from the same rng.
    """

    def __init__(self, *arrays, batch_size, rng=None, transform=None):
        if len({len(array) for array in arrays}) != 1:
            raise ValueError("arrays must have one length, all of them")
        self.arrays, self.transform = arrays, transform
        self.rng = rng if rng is None else as_rng(rng)
        self.n = whole("the number of samples", len(arrays[0]), low=1)
        self.batch_size = whole("batch_size", batch_size, low=1)

    def __len__(self):
        return -(-self.n // self.batch_size)

    def order(self):
        """Return the positions of all samples, in a new epoch's order."""
        if self.rng is None:
            return np.arange(self.n)
        return self.rng.permutation(self.n)

    def batch(self, order, i):
        """Return batch i of an epoch: a tuple, a part of each array."""
        rows = order[i * self.batch_size : (i + 1) * self.batch_size]
        parts = tuple(array[rows] for array in self.arrays)
        return self.transform(*parts) if self.transform else parts

    def __iter__(self):
        order = self.order()
        return (self.batch(order, i) for i in range(len(self)))


class Run:
    """What a Trainer keeps, so that a run can go on as if never stopped."""

    def __init__(
        self,
        model,
        optimiser,
        loss,
        loader,
        before_step=(),
        after_step=(),
        after_epoch=(),
        checkpoint=None,
        every=100,
    ):
        if not hasattr(model, "named"):
            raise TypeError(f"model must be a Module, not {model!r}")
        folder = Path(checkpoint or ".").parent
        if not folder.is_dir():
            raise ValueError(f"there is no folder {folder} for checkpoints")
        self.model, self.optimiser = model, optimiser
        self.loss, self.loader = loss, loader
        self.before_step, self.after_step = (
            list(before_step),
            list(after_step),
        )
        self.after_epoch, self.checkpoint = list(after_epoch), checkpoint
        self.every = whole("every", every, low=1)
        self.losses, self.stop, self.order = [], False, np.arange(loader.n)

    steps = property(lambda self: len(self.losses))

    def generators(self):
        """Return what chance is drawn from, by name, each once."""
        found = [g for _, g in self.model.named(np.random.Generator)]
        found += [self.loader.rng] if self.loader.rng else []
        each = dict.fromkeys(g.bit_generator for g in found)
        return {f"rng.{i}": g for i, g in enumerate(each)}

    def arrays(self):
        """Return, by name, the arrays that a step or a hook changes."""
        parts = {"model": self.model, "optimiser": self.optimiser}
        for when in ("before_step", "after_step", "after_epoch"):
            parts |= dict(spread(when, getattr(self, when)))
        return {"order": self.order} | {
            f"{part}.{name}": array
            for part, holder in parts.items()
            if hasattr(holder, "state")
            for name, array in holder.state().items()
        }

    def settings(self):
        """Return, by name, all else that a step or a hook changes."""
        return {
            "losses": np.array(self.losses, float),
            "stop": np.array(self.stop),
            "learning_rate": np.array(self.optimiser.learning_rate),
        } | {
            name: np.array(json.dumps(g.state, default=np.ndarray.tolist))
            for name, g in self.generators().items()
        }

    def state(self):
        """Return all that a run needs to go on, as named arrays."""
        return self.arrays() | self.settings()

    def restore(self, state, copy_into):
        """Take over what state() returned, of this run or another."""
        names = self.settings().keys()
        if names - state.keys():
            raise ValueError(f"missing: {sorted(names - state.keys())}")
        rest = {name: state[name] for name in names}
        arrays = {n: array for n, array in state.items() if n not in rest}
        copy_into(self.arrays(), arrays)
        for name, g in self.generators().items():
            g.state = json.loads(rest[name].item())
        self.losses, self.stop = (
            rest["losses"].tolist(),
            rest["stop"].item(),
        )
        self.optimiser.learning_rate = rest["learning_rate"].item()

    def call(self, hooks):
        """Call each hook with this trainer."""
        for hook in hooks:
            hook(self)

    def refuse(self, loss):
        """Raise where the loss is no number any more."""
        if not math.isfinite(loss):
            raise RuntimeError(
                f"the loss of step {self.steps + 1} is {loss}, and nothing "
                "was changed: is the learning rate too high?"
            )

    def save(self):
        """Write a checkpoint, if there is a path for it."""
        if self.checkpoint:
            save(self.checkpoint, self.state())

    def resume(self):
        """Go on from the checkpoint, where there is one; else begin."""
        if self.checkpoint and os.path.exists(self.checkpoint):
            self.restore(load(self.checkpoint), self.copy_into)
        return self


class ProgressBar:
    """A hook for after_step: one line, written anew at each percent."""

    def __init__(self, epochs, write=None):
        self.epochs, self.shown = whole("epochs", epochs, low=1), None
        self.write = write or sys.stderr.write

    def __call__(self, trainer):
        steps = self.epochs * len(trainer.loader)
        done = 100 * trainer.steps // steps
        if done != self.shown:
            bar = "#" * (done // 4) + "." * (25 - done // 4)
            loss = np.mean(trainer.losses[-len(trainer.loader) :])
            end = "\n" if trainer.steps == steps else ""
            self.write(f"\r[{bar}] {done:3}%  loss {loss:.4f}{end}")
            self.shown = done

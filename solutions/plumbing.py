"""What a training run stands on: one vector, whole files, named states.

All this is given to the learner; no exercise asks for it.
"""

import json
import math
import os
import sys
from copy import deepcopy
from itertools import zip_longest
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
        is_dict = isinstance(value, dict)
        for key, item in value.items() if is_dict else enumerate(value):
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
    beside = f"{path}.part"
    try:
        with open(beside, "wb") as file:
            write_npz(file, arrays)
            file.flush()
            os.fsync(file.fileno())  # first the bytes are safe,
        os.replace(beside, path)  # then the name
    except OSError as error:  # a full disk does not say which file
        raise OSError(error.errno, error.strerror, beside) from error


def write_npz(file, arrays):
    """Write named arrays into an open file, as np.load reads them."""
    with ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            entry = archive.open(f"{name}.npy", "w", force_zip64=True)
            with entry:
                np.lib.format.write_array(
                    entry, np.asarray(array), allow_pickle=False
                )


def load(path):
    """Return the named arrays of an .npz file; raise if it is damaged."""
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as arrays:
                return dict(arrays)
        except Exception as error:  # a flipped bit can lead to any of them
            raise ValueError(
                f"{path} is damaged, or no .npz file of plain arrays: "
                f"{type(error).__name__}"
            ) from None


def as_tensors(values, name):
    """Return a list of what has data and a grad, or raise."""
    values = list(values)
    for value in values:
        if not hasattr(value, "grad"):
            raise TypeError(f"{name} must hold tensors, not {value!r}")
    return values


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
        no_decay = list(no_decay)
        free = {id(p) for p in no_decay}
        each = {id(p): p for p in as_tensors(parameters, "parameters")}
        each = each.values()
        for p in as_tensors(no_decay, "no_decay"):
            if p.requires_grad and not any(p is q for q in each):
                raise ValueError(
                    f"no_decay holds a tensor of shape {p.shape} that is "
                    "not among the parameters"
                )
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
                "or it is frozen, or backward was not called"
            )


class DataLoader:
    """Deals samples out in batches, with an rng in a new order each epoch.

    transform(*parts) may change a batch; let it draw from the same rng.
    """

    def __init__(self, *arrays, batch_size, rng=None, transform=None):
        self.arrays = tuple(np.asarray(array) for array in arrays)
        if len({array.shape[:1] for array in self.arrays} - {()}) != 1:
            raise ValueError("arrays must have one length, all of them")
        self.transform = transform
        self.rng = rng if rng is None else as_rng(rng)
        self.n = whole("the number of samples", len(self.arrays[0]), low=1)
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
    """What a Trainer keeps, so that a run can go on as if never stopped.

    Only as a whole: after an exception, Ctrl-C too, something may have
    been drawn or moved for a step that was not taken. Then make everything
    anew, and resume.
    """

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
        must_have("model", model, "named", "a Module")
        must_have("optimiser", optimiser, "groups", "an AdamW or SGD")
        must_have("loader", loader, "batch_size", "a DataLoader")
        if checkpoint and not Path(checkpoint).parent.is_dir():
            raise ValueError(f"there is no folder for {checkpoint}")
        if checkpoint and Path(checkpoint).is_dir():
            raise ValueError(f"{checkpoint} is a folder; a file is wanted")
        self.model, self.optimiser = model, optimiser
        self.loss, self.loader = loss, loader
        self.before_step = as_hooks(before_step, "before_step")
        self.after_step = as_hooks(after_step, "after_step")
        self.after_epoch = as_hooks(after_epoch, "after_epoch")
        self.checkpoint = checkpoint
        self.every = whole("every", every, low=1)
        self.losses, self.stop, self.order = [], False, np.arange(loader.n)
        self.layout()

    steps = property(lambda self: len(self.losses))

    def layout(self):
        """Return what lies end to end in the optimiser, or raise."""
        names = {id(x): name for name, x in self.model.named(object)}
        groups = self.optimiser.groups.values()
        held = {id(p): p.shape for group in groups for p in group}
        for p in self.model.parameters():
            if id(p) not in held:
                raise ValueError(
                    f"the optimiser does not have {names[id(p)]}: make it "
                    "when the model is whole; what it should not move, "
                    "freeze: requires_grad = False"
                )
        lie = [f"{names.get(i)} {shape}" for i, shape in held.items()]
        return np.array(lie, str)

    def generators(self):
        """Return what chance is drawn from, by name, each once."""
        found = [g for _, g in self.model.named(np.random.Generator)]
        found += [self.loader.rng] if self.loader.rng else []
        each = dict.fromkeys(g.bit_generator for g in found)
        return {f"rng.{i}": g for i, g in enumerate(each)}

    def arrays(self):
        """Return, by name, the arrays that are changed in place."""
        parts = {"model": self.model, "optimiser": self.optimiser}
        for when in ("before_step", "after_step", "after_epoch"):
            for name, hook in spread(when, getattr(self, when)):
                owner = getattr(hook, "__self__", hook)  # of a method
                if not any(owner is old for old in (self, *parts.values())):
                    parts[name] = owner
        return {
            f"{part}.{name}": array
            for part, owner in parts.items()
            if hasattr(owner, "state")
            for name, array in owner.state().items()
        }

    def state(self):
        """Return all that a run needs to go on, as named arrays."""
        return {
            "order": self.order,
            "batch_size": np.array(self.loader.batch_size),
            "layout": self.layout(),
            "losses": np.array(self.losses, float),
            "stop": np.array(self.stop),
            "learning_rate": np.array(float(self.optimiser.learning_rate)),
            **self.arrays(),
        } | {
            name: np.array(json.dumps(g.state, default=np.ndarray.tolist))
            for name, g in self.generators().items()
        }

    def restore(self, state, copy_into):
        """Take over what state() returned, all of it or nothing."""
        own, arrays = self.state(), self.arrays()
        rest = {
            name: state.get(name) for name in own.keys() - arrays.keys()
        }
        missing = sorted(name for name in rest if rest[name] is None)
        if missing:
            raise ValueError(f"missing: {missing}")
        wrong = [
            differ(n, a, state[n]) for n, a in own.items() if n in state
        ]
        wrong += [
            unlike(g, n, state[n]) for n, g in self.generators().items()
        ]
        if any(wrong):
            raise ValueError("; ".join(filter(None, wrong)))
        copy_into(arrays, {n: state[n] for n in state if n not in rest})
        for name, g in self.generators().items():
            g.state = json.loads(rest[name].item())
        self.order, self.losses = rest["order"], rest["losses"].tolist()
        self.stop = rest["stop"].item()
        self.optimiser.learning_rate = rest["learning_rate"].item()

    def refuse(self, loss):
        """Raise where the loss is no number any more."""
        if not math.isfinite(loss):
            raise RuntimeError(
                f"the loss of step {self.steps + 1} is {loss}: is the "
                "learning rate too high, or is there a NaN in the data?"
            )

    def save(self):
        """Write a checkpoint, if there is a path for it.

        It is not written over by what is not finite any more.
        """
        if not self.checkpoint:
            return
        moved = {n: p.data for n, p in enumerate(self.model.parameters())}
        for array in (moved | self.optimiser.state()).values():
            if not np.isfinite(array).all():
                raise RuntimeError(
                    f"{self.checkpoint} stays as it was: in step "
                    f"{self.steps} weights or what the optimiser keeps "
                    "became infinite or NaN"
                )
        save(self.checkpoint, self.state())

    def resume(self):
        """Go on from the checkpoint, where there is one; else begin.

        What a hook may change comes from there, too: the learning rate,
        and stop. To go on with others, set them afterwards.
        """
        if self.checkpoint and os.path.exists(self.checkpoint):
            self.restore(load(self.checkpoint), self.copy_into)
        return self


def must_have(name, value, attribute, kind):
    """Raise where an argument is not what it should be."""
    if not hasattr(value, attribute):
        raise TypeError(f"{name} must be {kind}, not {value!r}")


def as_hooks(hooks, name):
    """Return a list of functions, or raise."""
    if not isinstance(hooks, list | tuple) or not all(map(callable, hooks)):
        raise TypeError(
            f"{name} must be a list of functions, not {hooks!r}"
        )
    return list(hooks)


def differ(name, own, new):
    """Say why an array of a checkpoint is none of this run; "" if it is."""
    if name == "losses":
        numbers = new.ndim == 1 and new.dtype == float
        fits = numbers and np.isfinite(new).all()
        return "" if fits else "losses must be finite numbers"
    if name == "layout":
        for here, there in zip_longest(own.tolist(), np.ravel(new)):
            if here != there:
                return (
                    f"the optimiser has {here} here where it has {there} "
                    "there: give it the same parameters in the same order, "
                    "and the same no_decay"
                )
        return ""
    text = own.dtype.kind == new.dtype.kind == "U"
    if own.dtype != new.dtype and not text:
        return f"{name} is {own.dtype} here, {new.dtype} there"
    wrong = misfit(name, own, new)
    if name == "batch_size" and not wrong and own != new:
        return f"batch_size is {own} here, {new} there"
    if name == "order" and ((new < 0) | (new >= len(own))).any():
        return "order names samples that are not there"
    return wrong


def unlike(g, name, new):
    """Say why a text is no state of such a generator; "" where it is."""
    try:
        deepcopy(g).state = json.loads(new.item())
    except (ValueError, TypeError, KeyError, AttributeError):
        return f"{name} is no state of {type(g).__name__}"
    return ""


class ProgressBar:
    """A hook for after_step: one line, written anew at each percent."""

    def __init__(self, epochs, write=None):
        self.epochs, self.shown = whole("epochs", epochs, low=1), None
        self.write = write or sys.stderr.write

    def __call__(self, trainer):
        steps = self.epochs * len(trainer.loader)
        done = min(100, 100 * trainer.steps // steps)
        if done != self.shown:
            bar = "#" * (done // 4) + "." * (25 - done // 4)
            loss = np.mean(trainer.losses[-len(trainer.loader) :])
            end = "\n" if trainer.steps == steps else ""
            self.write(f"\r[{bar}] {done:3}%  loss {loss:.4f}{end}")
            self.shown = done

"""Autograd: numbers and arrays that remember how they were made.

Throughout: L () is the number at the end, whose slopes are wanted.
    x, out    what goes into an operation, what comes out; of any shape
    slope     of numbers: how fast out changes with one parent
    grad      of arrays: dL/dout, in the shape of out
    A (m, d), B (d, k) matrices, A @ B (m, k)

Sources: Griewank and Walther, Evaluating Derivatives (2nd ed., 2008), 3.2;
Baydin et al., Automatic Differentiation in Machine Learning (2018), 3.2.
"""

from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from solutions.inputs import as_floats

recording = ContextVar("recording", default=True)  # each thread has its own
USED_UP = "backward has been through a part of this: compute the loss anew"


class Value:
    """A number that knows its parents, and its slope in each of them."""

    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad = data, 0.0
        self.parents, self.slopes = parents, slopes

    def __add__(self, other):
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        """Multiply two numbers, and remember the slope in each.

        Parameters
        ----------
        other : Value

        Returns
        -------
        out : Value

        References
        ----------
        Eq. 22.3 of the chapter; Baydin et al. (2018), table 3.
        """
        # your turn (warm-up)
        # hint: See __add__. If a grows by a little h, by how much does a b?
        # hint: The slope in self is other.data. And the one in other?
        out = self.data * other.data
        return Value(out, (self, other), (other.data, self.data))

    def backward(self):
        """Set grad, of this and of all it was made from, to dL/d it."""
        order = topological_order(self)
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            for parent, slope in zip(
                node.parents, node.slopes, strict=True
            ):
                parent.grad += slope * node.grad


def topological_order(root):
    """List a node and all it was made from, each after its parents.

    Parameters
    ----------
    root : Value or Tensor, or whatever has `parents`

    Returns
    -------
    order : list
        Each node once, the root last.

    References
    ----------
    Cormen et al., Introduction to Algorithms (3rd ed., 2009), 22.4.
    """
    # your turn (core)
    # hint: First all that a node was made from, then the node. A function
    # that calls itself can do it, until the chain is too long.
    # hint: Use a list as a stack of pairs (node, are its parents listed).
    # hint: Take a pair. If its parents are listed, list the node; if not,
    # and it is new, push it again with True, and on top all its parents.
    order, seen, stack = [], set(), [(root, False)]
    while stack:
        node, parents_are_listed = stack.pop()
        if parents_are_listed:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((parent, False) for parent in node.parents)
    return order


@contextmanager
def no_grad():
    """Record nothing inside `with no_grad():`.

    Returns
    -------
    block : context manager
        Inside, recording.get() is False; after it, what it was before.

    References
    ----------
    The name is PyTorch's: Paszke et al. (2019).
    """
    # your turn (warm-up)
    # hint: Keep recording.get(), set(False), yield, set what you kept.
    # hint: What stands under `finally:` also runs after an error.
    before = recording.get()
    recording.set(False)
    try:
        yield
    finally:
        recording.set(before)


def unbroadcast(grad, shape):
    """Sum a gradient over the axes along which its tensor was repeated.

    Parameters
    ----------
    grad : array, shape (...)
        In the shape that the tensor was broadcast to.
    shape : tuple of int

    Returns
    -------
    part : array, shape (...)

    References
    ----------
    Eq. 22.5 of the chapter: a copy's gradient is a sum.
    """
    grad = np.asarray(grad)
    if grad.shape == shape:
        return grad
    if np.broadcast_shapes(grad.shape, shape) != grad.shape:
        raise ValueError(f"{grad.shape} is no gradient for shape {shape}")
    # your turn (core)
    # hint: Broadcasting makes new axes in front, and repeats along axes of
    # length 1. Sum over both kinds, then reshape(shape).
    # hint: The first new = grad.ndim - len(shape) axes of grad are new;
    # axis i of the tensor is its axis new + i.
    new = grad.ndim - len(shape)
    repeated = [new + i for i, n in enumerate(shape) if n == 1]
    return grad.sum(axis=(*range(new), *repeated)).reshape(shape)


def operation(data, parents, backward):
    """Return a tensor that was made from others and knows the way back.

    Parameters
    ----------
    data : array, shape (...)
    parents : sequence of Tensor
    backward : function
        From grad to one gradient for each parent, in the shape that it was
        broadcast to, or None for one that requires none. It leaves grad as
        it is. It is called once: what it has kept it may use up.

    Returns
    -------
    out : tensor, shape (...)
    """
    out = Tensor(data)
    if recording.get() and any(parent.requires_grad for parent in parents):
        out.requires_grad = True
        out.parents, out.grad_fn = tuple(parents), backward
    return out


def elementwise(f, slope):
    """Return f for tensors, from f for arrays and slope(x, out) of it."""

    def apply(x):
        out = f(x.data)
        return operation(out, (x,), lambda g: (g * slope(x.data, out),))

    return apply


def flipped(name):
    """Return an operator for what stands left of a tensor and is none."""
    return lambda self, other: getattr(self.beside(other), name)(self)


class Tensor:
    """An array, kept without a copy, that remembers how it was made.

    Numbers and arrays beside a tensor take on its dtype. A leaf, made by
    hand with requires_grad, adds up in `grad` what backward brings.
    """

    __array_ufunc__ = None  # so that array + tensor asks __radd__

    def __init__(self, data, requires_grad=False):
        self.data = as_floats(data, "data")
        self.requires_grad, self.grad = requires_grad, None
        self.parents, self.grad_fn = (), None

    shape = property(lambda self: self.data.shape)
    ndim = property(lambda self: self.data.ndim)
    dtype = property(lambda self: self.data.dtype)

    def __repr__(self):
        return f"Tensor({self.data!r}, requires_grad={self.requires_grad})"

    def __array__(self, dtype=None, copy=None):
        raise TypeError("a Tensor is no array: take its .data")

    def item(self):
        return self.data.item()

    def detach(self):
        return Tensor(self.data)

    def beside(self, other):
        """Return other as a tensor; what is none takes on this dtype."""
        if isinstance(other, Tensor):
            return other
        return Tensor(np.asarray(as_floats(other, "other"), self.dtype))

    def __add__(self, other):
        other = self.beside(other)
        out = self.data + other.data
        return operation(out, (self, other), lambda grad: (grad, grad))

    def __mul__(self, other):
        """Multiply entry by entry, with broadcasting.

        Parameters
        ----------
        other : Tensor, array or float

        Returns
        -------
        out : Tensor

        References
        ----------
        Eq. 22.4 of the chapter.
        """
        other = self.beside(other)

        # your turn (core)
        # hint: Write a function backward(grad) in here; it sees self and
        # other. Return operation(product, (self, other), backward).
        # hint: backward returns two gradients, grad times the slope each,
        # or None for what requires no grad. Tensor.backward unbroadcasts.
        def backward(grad):
            left = grad * other.data if self.requires_grad else None
            return left, grad * self.data if other.requires_grad else None

        return operation(self.data * other.data, (self, other), backward)

    def __matmul__(self, other):
        """Multiply matrices, or stacks of them that broadcast.

        Parameters
        ----------
        other : Tensor or array

        Returns
        -------
        out : Tensor

        References
        ----------
        Giles (2008), 2.2.2; eq. 22.7 of the chapter.
        """
        other = self.beside(other)
        if not self.ndim or self.shape[-1:] != other.shape[-2:][:1]:
            raise ValueError(f"{self.shape} @ {other.shape} does not fit")
        if self.ndim == 1 or other.ndim == 1 or self.ndim > other.ndim == 2:
            return by_rows(self, other)

        # your turn (core)
        # hint: Two axes or more; the last two are a matrix's. grad is
        # (m, k), dL/dA (m, d), B (d, k): which product fits?
        # hint: grad @ B.T and A.T @ grad; in a stack, swapaxes(-1, -2)
        # transposes every matrix. The rest is as in __mul__.
        def backward(grad):
            A, B = self.data.swapaxes(-1, -2), other.data.swapaxes(-1, -2)
            left = grad @ B if self.requires_grad else None
            return left, A @ grad if other.requires_grad else None

        return operation(self.data @ other.data, (self, other), backward)

    def __pow__(self, n):
        n = float(n)  # a float64 of NumPy's would widen float32
        return elementwise(
            lambda x: x * x * x if n == 3 else x**n,  # x**3 is slow
            lambda x, _: n * x ** (n - 1 if n else 1),
        )(self)

    def __sub__(self, other):
        return self + -self.beside(other)

    def __truediv__(self, other):
        return self * self.beside(other).inverse()

    __radd__, __rsub__ = flipped("__add__"), flipped("__sub__")
    __rmul__, __rmatmul__ = flipped("__mul__"), flipped("__matmul__")
    __rtruediv__ = flipped("__truediv__")

    __neg__ = elementwise(np.negative, lambda x, out: -1)
    inverse = elementwise(np.reciprocal, lambda x, out: -out * out)
    exp = elementwise(np.exp, lambda x, out: out)
    log = elementwise(np.log, lambda x, out: 1 / x)
    sqrt = elementwise(np.sqrt, lambda x, out: 0.5 / out)
    tanh = elementwise(np.tanh, lambda x, out: 1 - out * out)
    relu = elementwise(lambda x: np.maximum(x, 0), lambda x, out: out > 0)

    def sum(self, axis=None, keepdims=False):
        """Add up the entries, all of them or those along an axis.

        Parameters
        ----------
        axis : int, tuple of int or None
        keepdims : bool
            Whether an axis that was summed stays, with length 1.

        Returns
        -------
        out : Tensor

        References
        ----------
        Eq. 22.6 of the chapter: a sum's gradient is a copy.
        """

        # your turn (core)
        # hint: An entry enters its sum with slope 1, so it gets the
        # gradient of its sum: np.broadcast_to(grad, self.shape).
        # hint: An axis that is gone must come back first:
        # np.expand_dims(grad, axis).
        def backward(grad):
            if axis is not None and not keepdims:
                grad = np.expand_dims(grad, axis)
            return (np.broadcast_to(grad, self.shape),)

        out = self.data.sum(axis=axis, keepdims=keepdims)
        return operation(out, (self,), backward)

    def mean(self, axis=None, keepdims=False):
        total = self.sum(axis, keepdims)
        return total * (total.data.size / self.data.size)

    def max(self, axis=None, keepdims=False):
        """Return the largest entry; those that tie share its gradient."""
        out = self.data.max(axis=axis, keepdims=True)
        share = (self.data == out).astype(self.dtype)
        share /= share.sum(axis=axis, keepdims=True)
        out = operation(out, (self,), lambda g: (g * share,))
        return out if keepdims else out.reshape(self.data.max(axis).shape)

    def where(self, condition, other):
        """Take these entries where the condition is true, else other's."""
        other, yes = self.beside(other), np.asarray(condition, bool)
        out = np.where(yes, self.data, other.data)
        return operation(out, (self, other), lambda g: (g * yes, g * ~yes))

    def maximum(self, other):
        """Take the larger of two entries, this tensor's if they tie."""
        other = self.beside(other)
        return self.where(self.data >= other.data, other)

    def reshape(self, *shape):
        out = self.data.reshape(*shape)
        return operation(out, (self,), lambda g: (g.reshape(self.shape),))

    def swapaxes(self, i, j):
        out = self.data.swapaxes(i, j)
        return operation(out, (self,), lambda g: (g.swapaxes(i, j),))

    def __getitem__(self, key):
        """Pick entries, by numbers, slices or arrays of indices.

        Parameters
        ----------
        key : int, slice, array or tuple of these
            An entry may be picked more than once.

        Returns
        -------
        out : Tensor

        References
        ----------
        Eq. 22.5 of the chapter: a copy's gradient is a sum.
        """

        # your turn (core)
        # hint: What was not picked gets the gradient zero: start from
        # np.zeros_like(self.data), put grad where the entries came from.
        # hint: full[key] += grad counts an entry that key names twice only
        # once; add_at(full, key, grad), which is given, counts it twice.
        def backward(grad):
            full = np.zeros_like(self.data)
            add_at(full, key, grad)
            return (full,)

        return operation(self.data[key], (self,), backward)

    def backward(self, gradient=None):
        """Add dL/d leaf to the grad of every leaf this was made from.

        Parameters
        ----------
        gradient : array or None
            dL/d this, in its shape; for one number it may be left out.

        Returns
        -------
        None
            But every operation on the way is used up: its parents become
            (), its grad_fn USED_UP. Only leaves get a grad.

        References
        ----------
        Griewank and Walther (2008), 3.2; eq. 22.2 of the chapter.
        """
        order, gradient = start(self, gradient)
        # your turn (stretch)
        # hint: Keep what is known so far in a dict, {self: gradient} at
        # first. Take tensors from the end of order: when its turn comes, a
        # tensor's gradient is complete.
        # hint: A leaf (grad_fn is None) adds it to .grad, in a new array:
        # others may hold this one, or the .grad from before.
        # hint: Else grad_fn(gradient) has a part for each of .parents. If a
        # parent requires grad, unbroadcast its part and add it in the dict.
        # Then set .parents to () and .grad_fn to USED_UP.
        grads = {self: gradient}
        while order:
            node = order.pop()
            grad = np.asarray(grads.pop(node), node.dtype)
            if node.grad_fn is None:
                old = 0 if node.grad is None else node.grad
                node.grad = np.asarray(grad + old)
                continue
            parts = node.grad_fn(grad)
            for parent, part in zip(node.parents, parts, strict=True):
                if parent.requires_grad:
                    part = unbroadcast(part, parent.shape)
                    known = grads.get(parent)
                    grads[parent] = part if known is None else known + part
            node.parents, node.grad_fn = (), USED_UP


def start(tensor, gradient):
    """Return what backward goes through, and where it begins, or raise."""
    if not tensor.requires_grad:
        raise RuntimeError("nothing it was made from has requires_grad")
    if gradient is None:
        gradient = np.ones((1,) * tensor.ndim)
    if np.shape(gradient) != tensor.shape:
        raise ValueError(f"backward wants a gradient of {tensor.shape}")
    order = [t for t in topological_order(tensor) if t.requires_grad]
    if any(t.grad_fn is USED_UP for t in order):
        raise RuntimeError(USED_UP)
    return order, gradient


def by_rows(a, b):
    """Multiply the rows of a, which may have any axes, by one matrix b."""
    if b.ndim > 2:  # and a is a vector
        return (a.reshape(1, -1) @ b).reshape(b.shape[:-2] + b.shape[-1:])
    out = a.reshape(-1, b.shape[0]) @ b.reshape(b.shape[0], -1)
    return out.reshape(a.shape[:-1] + b.shape[1:])


def add_at(full, key, grad):
    """Add grad to full[key] in place, twice where key names it twice."""
    keys = key if isinstance(key, tuple) else (key,)
    if any(isinstance(k, list | np.ndarray) for k in keys):
        np.add.at(full, key, grad)
    else:
        full[key] += grad  # faster, and nothing is named twice


def concatenate(tensors, axis=0):
    """Join tensors end to end along an axis."""
    out = np.concatenate([t.data for t in tensors], axis)
    ends = np.cumsum([t.shape[axis] for t in tensors])[:-1]
    return operation(out, tensors, lambda g: np.split(g, ends, axis))

"""What every chapter refuses, and the sentence it refuses with.

The references call these first, so that the code below them can be read as
mathematics. They are given to the learner; no exercise asks for them.
"""

import operator

import numpy as np


class NotFittedError(ValueError):
    """A model was asked for an answer before it had seen any data."""


def as_floats(values, name):
    """Return `values` as a float array; float32 is kept, integers widen."""
    values = np.asarray(values)
    if values.dtype.kind not in "fiub":
        raise TypeError(
            f"{name} must hold numbers, but its dtype is {values.dtype}"
        )
    return values if values.dtype.kind == "f" else values.astype(float)


def as_finite(values, name):
    """Return `values`, of any shape, as floats without NaN or infinity."""
    values = as_floats(values, name)
    if not np.isfinite(values).all():
        place = tuple(np.argwhere(~np.isfinite(values))[0].tolist())
        where = f"{name}[{str(place).strip('(,)')}]" if place else name
        raise ValueError(
            f"{name} must be finite, but {where} is {values[place]}"
        )
    return values


def as_vector(values, name, least=1, exactly=None):
    """Return finite floats (length,), at least or exactly so many."""
    values = as_floats(values, name)
    short = values.ndim != 1 or len(values) < least
    if short or exactly not in (None, len(values)):
        want = f"({least} or more,)" if exactly is None else f"({exactly},)"
        raise ValueError(
            f"{name} must have shape {want}, "
            f"but its shape is {values.shape}"
        )
    return as_finite(values, name)


def as_matrix(X, name="X"):
    """Return X as finite floats of shape (n, d), n and d at least 1."""
    X = as_floats(X, name)
    if X.ndim != 2:
        raise ValueError(
            f"{name} must have shape (n, d), one row a sample, "
            f"but its shape is {X.shape}"
        )
    if X.size == 0:
        raise ValueError(f"{name} is empty: its shape is {X.shape}")
    return as_finite(X, name)


def as_square(A, name="A"):
    """Return A as finite floats of shape (n, n), n at least 1."""
    A = as_floats(A, name)
    if A.ndim != 2 or A.shape[0] != A.shape[1] or A.size == 0:
        raise ValueError(
            f"{name} must be square, of shape (n, n), "
            f"but its shape is {A.shape}"
        )
    return as_finite(A, name)


def as_symmetric(A, name="A"):
    """Return a copy of A (n, n), made exactly symmetric, or raise."""
    A = as_square(A, name)
    apart = np.abs(A - A.T)
    if apart.max() > np.sqrt(np.finfo(A.dtype).eps) * np.abs(A).max():
        i, j = np.unravel_index(apart.argmax(), A.shape)
        raise ValueError(
            f"{name} must be symmetric, but {name}[{i}, {j}] is "
            f"{A[i, j]:g} and {name}[{j}, {i}] is {A[j, i]:g}"
        )
    return A / 2 + A.T / 2


def same_shape(a, b, a_name, b_name):
    """Raise where two arrays that belong together differ in shape."""
    if np.shape(a) != np.shape(b):
        raise ValueError(
            f"{a_name} and {b_name} must have the same shape, "
            f"but {np.shape(a)} and {np.shape(b)} differ"
        )


def same_length(X, y):
    """Return y as an array (n,) with one entry for each row of X."""
    y = np.asarray(y)
    if y.shape != X.shape[:1]:
        raise ValueError(
            f"X has shape {X.shape}, so y must have shape {X.shape[:1]}, "
            f"but its shape is {y.shape}"
        )
    return y


def as_labels(X, y):
    """Return the sorted classes (k,) and each label's position (n,)."""
    y = same_length(X, y)
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError(
            "y must not hold NaN or infinity: a label is missing"
        )
    classes, positions = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(
            "y holds one class only, so there is nothing to tell apart: "
            f"{classes[0]!r}"
        )
    return classes, positions


def in_range(name, value, low=None, high=None, above=None):
    """Return `value` if it is in [low, high] and > above, else raise."""
    if above is not None and not value > above:
        raise ValueError(
            f"{name} must be greater than {above}, not {value}"
        )
    if low is not None and not value >= low:
        raise ValueError(f"{name} must be at least {low}, not {value}")
    if high is not None and not value <= high:
        raise ValueError(f"{name} must be at most {high}, not {value}")
    return value


def whole(name, value, low=None, high=None):
    """Return `value` as an int if it is one, in [low, high], else raise."""
    try:
        value = operator.index(value)
    except TypeError:
        raise TypeError(
            f"{name} must be a whole number, not {value!r}"
        ) from None
    return in_range(name, value, low, high)


def as_rng(rng):
    """Return `rng` if numbers can be drawn from it, else raise."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            "rng must be a numpy.random.Generator, such as "
            f"np.random.default_rng(0), not {rng!r}"
        )
    return rng


def fitted(model, name, X, axis=0):
    """Return X as a matrix that fits what was learned under `name`.

    `axis` is the one that runs over the features, in what was learned.
    """
    if not hasattr(model, name):
        kind = type(model).__name__
        raise NotFittedError(f"this {kind} has no {name}: call fit first")
    X, d = as_matrix(X), np.shape(getattr(model, name))[axis]
    if X.shape[1] != d:
        raise ValueError(f"fit saw {d} features, but X has shape {X.shape}")
    return X

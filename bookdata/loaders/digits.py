"""Handwritten digits of 8 by 8 pixels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bookdata import reading
from bookdata.splits import held_out


class Digits(NamedTuple):
    """Handwritten digits, split once and for all."""

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def digits() -> Digits:
    """Return 1,797 handwritten digits of 8 by 8 pixels.

    Returns
    -------
    X_train : array, shape (1348, 64)
        Ink in each pixel, from 0 to 1, in steps of a sixteenth; row by row.
        Floats, so that they can go into a model as they are.
    y_train : array, shape (1348,)
        The digit, 0 to 9.
    X_test : array, shape (449, 64)
    y_test : array, shape (449,)

    References
    ----------
    Alpaydin and Kaynak, Optical Recognition of Handwritten Digits (1998),
    UCI Machine Learning Repository; CC BY 4.0.
    """
    file = reading.arrays("digits.npz")
    X, y = file["ink"] / 16, file["digit"].astype(int)
    train = held_out(len(y))
    return Digits(X[train], y[train], X[~train], y[~train])

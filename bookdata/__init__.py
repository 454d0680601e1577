"""Real data for the chapters: one function per data set, NumPy out, no network.

Where each comes from and under which licence: bookdata/SOURCES.md.
"""

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np

FILES = Path(__file__).parent / "files"


class Digits(NamedTuple):
    """Handwritten digits, split once and for all."""

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


class Titanic(NamedTuple):
    """Passengers of the Titanic, one entry each in every column."""

    survived: np.ndarray
    sex: np.ndarray
    age: np.ndarray
    passenger_class: np.ndarray
    train: np.ndarray


def held_out(n: int, share: float = 0.25) -> np.ndarray:
    """Return which of n samples are for training, (n,) bool, always the same."""
    order = np.random.default_rng(0).permutation(n)
    train = np.ones(n, dtype=bool)
    train[order[: round(n * share)]] = False
    return train


def digits() -> Digits:
    """Return 1,797 handwritten digits of 8 by 8 pixels.

    Returns
    -------
    X_train : array, shape (1348, 64)
        Ink in each pixel, from 0 to 1, in steps of a sixteenth; row by row.
    y_train : array, shape (1348,)
        The digit, 0 to 9.
    X_test : array, shape (449, 64)
    y_test : array, shape (449,)

    References
    ----------
    Alpaydin and Kaynak, Optical Recognition of Handwritten Digits (1998),
    UCI Machine Learning Repository; CC BY 4.0.
    """
    with np.load(FILES / "digits.npz") as file:
        X, y = file["ink"] / 16, file["digit"].astype(int)
    train = held_out(len(y))
    return Digits(X[train], y[train], X[~train], y[~train])


def titanic() -> Titanic:
    """Return who of 1,309 passengers of the Titanic survived.

    Returns
    -------
    survived : array, shape (1309,)
        1 or 0.
    sex : array, shape (1309,)
        "female" or "male".
    age : array, shape (1309,)
        In years; NaN for the 263 whose age is not known.
    passenger_class : array, shape (1309,)
        1, 2 or 3.
    train : array, shape (1309,)
        True for the rows to fit on, False for the ones held out.

    References
    ----------
    Findlay (ed.), Encyclopedia Titanica (1999), as compiled by Harrell in
    the R package carData, TitanicSurvival; facts.
    """
    with (FILES / "titanic.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return Titanic(
        survived=np.array([int(row["survived"]) for row in rows]),
        sex=np.array([row["sex"] for row in rows]),
        age=np.array([float(row["age"] or "nan") for row in rows]),
        passenger_class=np.array([int(row["class"]) for row in rows]),
        train=held_out(len(rows)),
    )

"""Passengers of the Titanic."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bookdata import reading
from bookdata.splits import held_out


class Titanic(NamedTuple):
    """Passengers of the Titanic, one entry each in every column."""

    survived: np.ndarray
    sex: np.ndarray
    age: np.ndarray
    passenger_class: np.ndarray
    train: np.ndarray


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
    rows = reading.rows("titanic.csv")
    return Titanic(
        survived=np.array([int(row["survived"]) for row in rows]),
        sex=np.array([row["sex"] for row in rows]),
        age=reading.numbers([row["age"] for row in rows]),
        passenger_class=np.array([int(row["class"]) for row in rows]),
        train=held_out(len(rows)),
    )

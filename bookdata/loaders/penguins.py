"""Penguins near Palmer Station, Antarctica."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bookdata import reading
from bookdata.splits import held_out


class Penguins(NamedTuple):
    """Penguins, one entry each in every column."""

    species: np.ndarray
    island: np.ndarray
    bill_length: np.ndarray
    bill_depth: np.ndarray
    flipper_length: np.ndarray
    body_mass: np.ndarray
    sex: np.ndarray
    year: np.ndarray
    train: np.ndarray


def penguins() -> Penguins:
    """Return the measurements of 344 penguins of three species.

    Two were not measured: all four of their numbers are NaN.

    Returns
    -------
    species : array, shape (344,)
        "Adelie", "Chinstrap" or "Gentoo".
    island : array, shape (344,)
        "Biscoe", "Dream" or "Torgersen".
    bill_length : array, shape (344,)
        In millimetres.
    bill_depth : array, shape (344,)
        In millimetres.
    flipper_length : array, shape (344,)
        In millimetres; whole numbers, as floats so that NaN can stand there.
    body_mass : array, shape (344,)
        In grams; whole numbers, as floats so that NaN can stand there.
    sex : array, shape (344,)
        "female", "male", or "" for the 11 whose sex is not known.
    year : array, shape (344,)
        2007, 2008 or 2009.
    train : array, shape (344,)
        True for the rows to fit on, False for the ones held out.

    References
    ----------
    Gorman, Williams and Fraser, Ecological sexual dimorphism and
    environmental variability within a community of Antarctic penguins
    (genus Pygoscelis), PLoS ONE 9(3), 2014; Horst, Hill and Gorman,
    palmerpenguins (2020), CC0.
    """
    rows = reading.rows("penguins.csv")

    def words(name: str) -> np.ndarray:
        return np.array([row[name] for row in rows])

    def numbers(name: str) -> np.ndarray:
        return reading.numbers([row[name] for row in rows])

    return Penguins(
        species=words("species"),
        island=words("island"),
        bill_length=numbers("bill_length_mm"),
        bill_depth=numbers("bill_depth_mm"),
        flipper_length=numbers("flipper_length_mm"),
        body_mass=numbers("body_mass_g"),
        sex=words("sex"),
        year=numbers("year").astype(int),
        train=held_out(len(rows)),
    )

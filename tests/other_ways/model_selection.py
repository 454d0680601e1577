"""Model selection solved another way: lists, plain loops, inverses.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

import math
import types

import numpy as np

from solutions.inputs import as_matrix, as_vector, fitted, same_length
from solutions.model_selection import as_folds, as_strata, settings_at


def k_fold(n, k, rng):
    """Draw an order and cut it into pieces of almost equal length."""
    folds = np.zeros(n, dtype=np.int32)
    for f, piece in enumerate(np.array_split(rng.permutation(n), k)):
        folds[piece] = f
    return folds


def stratified_k_fold(y, k, rng):
    """Hand each class round, beginning where the last one stopped."""
    labels = as_strata(y, k)
    folds, turn = [None] * len(labels), int(rng.integers(k))
    for c in set(labels.tolist()):
        members = [i for i, label in enumerate(labels) if label == c]
        rng.shuffle(members)
        for i in members:
            folds[i] = turn
            turn = (turn + 1) % k
    return np.array(folds)


def cross_val_score(make, X, y, folds, score):
    """Choose the rows by their positions; fit need not return the model."""
    X, y, folds, k = as_folds(X, y, folds)
    scores = np.zeros(k)
    for i in range(k):
        rows, rest = np.flatnonzero(folds == i), np.flatnonzero(folds != i)
        model = make()
        model.fit(np.take(X, rest, axis=0), np.take(y, rest))
        scores[i] = score(model, np.take(X, rows, axis=0), np.take(y, rows))
    return scores


def random_search(evaluate, space, budget, rng):
    """One trial after the other, a number at a time."""
    tried, scores = [], []
    for _ in range(budget):
        tried.append(settings_at(space, np.array([rng.uniform() for _ in space])))
        scores.append(evaluate(tried[-1]))
    return tried, np.asarray(scores)


def successive_halving(evaluate, tried, least, rungs, eta=3):
    """Strike the worst off a list until few enough are left."""
    alive, amount, table = list(range(len(tried))), least, []
    while len(table) < rungs:
        scores = {}
        for i in alive:
            scores[i] = evaluate(tried[i], amount)
        table.append((amount, np.array(alive), np.array([scores[i] for i in alive])))
        room = max(1, len(alive) // eta)
        while len(alive) > room:
            alive.remove(min(reversed(alive), key=lambda i: rank(scores[i])))
        amount = amount * eta
    return table


def rank(score):
    """Return a number that can be compared: NaN is less than any other."""
    return -math.inf if math.isnan(score) else score


class GaussianProcess:
    """Only what differs from the exercise."""

    def fit(self, X, y):
        """Rows of the root one by one, the determinant from the eigenvalues."""
        self.X_ = as_matrix(X).astype(float)
        y = as_vector(same_length(self.X_, y), "y").astype(float)
        self.mean_ = y.mean()
        self.scale_ = 1.0 if np.ptp(y) < 1e-9 * np.abs(y).max() else y.std()
        z, n = (y - self.mean_) / self.scale_, len(y)
        A = similar(self.X_, self.X_, self.length)
        A[np.diag_indices(n)] += self.noise**2
        self.L_ = np.zeros((n, n))
        for i in range(n):
            for j in range(i + 1):
                left = A[i, j] - self.L_[i, :j] @ self.L_[j, :j]
                self.L_[i, j] = math.sqrt(left) if i == j else left / self.L_[j, j]
        values, vectors = np.linalg.eigh(A)
        self.alpha_ = vectors @ ((vectors.T @ z) / values)
        self.log_likelihood_ = -0.5 * (
            z @ self.alpha_ + np.log(values).sum() + n * np.log(2 * np.pi)
        )
        return self

    def predict(self, X):
        """By the inverse of the root, and in the units of y from the start."""
        X = fitted(self, "X_", X, axis=1)
        k = similar(X, self.X_, self.length)
        A = np.linalg.inv(self.L_ @ self.L_.T)
        covariance = similar(X, X, self.length) - k @ A @ k.T
        return self.mean_ + k @ (self.scale_ * self.alpha_), self.scale_**2 * covariance


def similar(A, B, length):
    """Return the squared exponential from the differences themselves."""
    return np.exp(-0.5 * np.sum(((A[:, None, :] - B[None, :, :]) / length) ** 2, axis=2))


def expected_improvement(mean, sd, best):
    """One candidate after the other."""
    hopes = []
    for m, s in zip(mean, sd, strict=True):
        if s == 0:
            hopes.append(max(0.0, m - best))
            continue
        z = (m - best) / s
        below = math.erfc(-z / math.sqrt(2)) / 2
        hopes.append(s * (z * below + math.exp(-z * z / 2) / math.sqrt(2 * math.pi)))
    return np.array(hopes)


def nested_cross_validation(search, X, y, folds, score):
    """Cross-validation of a model whose fit is the whole search."""
    promised = []

    def search_and_fit(X, y):
        make, promise = search(X, y)
        promised.append(promise)
        model.fitted = make()
        model.fitted.fit(X, y)
        return model

    model = types.SimpleNamespace(fit=search_and_fit)
    kept = cross_val_score(
        lambda: model, X, y, folds, lambda model, X, y: score(model.fitted, X, y)
    )
    return np.array(promised), kept

"""Linear regression solved another way: a column of ones, mirrors, plain loops.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

import math

import numpy as np

import solutions.linear_algebra
from solutions.inputs import as_floats, as_matrix


def fit_normal_equations(X, y):
    """Columns minus their middles, brought to one length first, and LAPACK for the system."""
    X = as_matrix(X)
    y = np.asarray(y, X.dtype)
    middle = (X.min(axis=0) + X.max(axis=0)) / 2
    near = X - middle
    near, middle = near - near.mean(axis=0), middle + near.mean(axis=0)
    size = np.sqrt(np.square(near).sum(axis=0))
    A = near / np.where(size > 0, size, 1)
    if size.min() <= 1e-14 * np.abs(X).max() or np.linalg.cond(A.T @ A, 1) > 1e13:
        raise ValueError("no one answer")
    w = np.linalg.solve(A.T @ A, A.T @ (y - y.mean())) / size
    return w, y.mean() - sum(float(m) * weight for m, weight in zip(middle, w, strict=True))


def fit_qr(X, y):
    """A column of ones, mirrors, Q kept, a triangle solved from the last row up."""
    X = as_matrix(X)
    A = np.column_stack([np.ones(len(X), X.dtype), X])
    Q, R = solutions.linear_algebra.qr_householder(A)
    if np.any(np.abs(np.diag(R)) <= 1e-13 * np.sqrt(np.square(A).sum(axis=0))):
        raise ValueError("no one answer")
    right = Q.T @ np.asarray(y, X.dtype)
    theta = np.zeros_like(right)
    for i in range(len(right) - 1, -1, -1):
        known = sum(R[i, j] * theta[j] for j in range(i + 1, len(right)))
        theta[i] = (right[i] - known) / R[i, i]
    return theta[1:], float(theta[0])


def fit_gradient_descent(X, y, learning_rate=0.1, steps=1000):
    """Weights and bias in one vector, the products of all samples made once."""
    X = as_matrix(X)
    A = np.column_stack([X, np.ones(len(X), X.dtype)])
    G, c = A.T @ A / len(X), A.T @ np.asarray(y, X.dtype) / len(X)
    theta = np.zeros_like(c)
    for _ in range(steps):
        theta = theta + learning_rate * (c - G @ theta)
    if not np.all(np.isfinite(theta)):
        raise RuntimeError("diverged")
    return theta[:-1], theta[-1]


def polynomial_features(X, degree):
    """Each degree from the one below: multiply by no feature before the last one used."""
    X = as_floats(X, "X")
    level = [(j, X[:, j]) for j in range(X.shape[1])]
    columns = [column for _, column in level]
    for _ in range(degree - 1):
        longer = [(j, column * X[:, j]) for last, column in level for j in range(last, X.shape[1])]
        level = longer
        columns += [column for _, column in level]
    return np.stack(columns, axis=-1)


def standard_errors(X, y, w, b):
    """From the triangle of all columns, the ones included, and its inverse by LAPACK."""
    X = as_matrix(X)
    n, d = X.shape
    A = np.column_stack([X, np.ones(n, X.dtype)])
    left = np.asarray(y, X.dtype) - (X @ np.asarray(w, X.dtype) + b)
    variance = sum(float(value) ** 2 for value in left) / (n - d - 1)
    undone = np.linalg.inv(np.linalg.qr(A, mode="r"))
    errors = np.sqrt(variance * np.square(undone).sum(axis=1)).astype(X.dtype)
    return errors[:d], float(errors[d])


class Ridge:
    """Only what differs from the exercise."""

    def fit(self, X, y):
        """Least squares with d invented samples, of which each wants one weight to be zero."""
        X = as_matrix(X)
        n, d = X.shape
        y = np.asarray(y, X.dtype)
        wishes = math.sqrt(n * self.l2) * np.eye(d, dtype=X.dtype)
        rows = np.vstack([X - X.mean(axis=0), wishes])
        right = np.concatenate([y - y.mean(), np.zeros(d, X.dtype)])
        self.w_ = np.linalg.lstsq(rows, right, rcond=None)[0]
        self.b_ = np.mean(y - X @ self.w_)
        return self


class Lasso:
    """Only what differs from the exercise."""

    def fit(self, X, y, start=None):
        """Keep what is left of y, sample by sample, instead of products of columns."""
        X = as_matrix(X)
        n, d = X.shape
        y = np.asarray(y, X.dtype)
        columns = (X - X.mean(axis=0)).T
        w = np.zeros(d, X.dtype) if start is None else np.array(start, X.dtype)
        left = y - y.mean() - w @ columns
        size = [float(column @ column) / n for column in columns]
        limit = max(self.tolerance, 4 * float(np.finfo(X.dtype).eps)) * y.std()
        for _ in range(self.max_sweeps):
            furthest = 0.0
            for j, column in enumerate(columns):
                if X[:, j].max() == X[:, j].min():
                    continue
                pull = column @ left / n + size[j] * w[j]
                new = math.copysign(max(abs(pull) - self.l1, 0.0), pull) / size[j]
                furthest = max(furthest, abs(new - w[j]) * math.sqrt(size[j]))
                left = left - column * X.dtype.type(new - w[j])
                w[j] = new
            if furthest <= limit:
                self.w_, self.b_ = w, np.mean(y - X @ w)
                return self
        raise RuntimeError("the weights did not settle")


def lasso_path(X, y, count=50, ratio=1e-3):
    """A table filled row by row, and the strengths by multiplication."""
    X = as_matrix(X)
    y = np.asarray(y, X.dtype)
    pulls = (X - X.mean(axis=0)).T @ (y - y.mean()) / len(y)
    l1 = np.max(np.abs(pulls)) * ratio ** (np.arange(count) / (count - 1))
    W = np.zeros((count, X.shape[1]), X.dtype)
    for i in range(1, count):
        W[i] = Lasso(float(l1[i])).fit(X, y, W[i - 1]).w_
    return l1.astype(X.dtype), W

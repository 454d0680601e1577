"""Logistic regression solved another way: sample by sample, in plain loops.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

import math

import numpy as np

from solutions.inputs import as_floats, as_labels, as_matrix, fitted, in_range
from solutions.logistic_regression import two_classes


def one_sigmoid(z):
    """Return the sigmoid of one number."""
    return 0.5 * (1 + math.tanh(z / 2))


def sigmoid(z):
    """The sigmoid as half a tanh, one number at a time."""
    z = as_floats(z, "z")
    p = np.array([one_sigmoid(float(value)) for value in z.ravel()])
    return p.reshape(z.shape).astype(z.dtype)


def log_loss_gradient(X, y, w, b, l2=0.0):
    """Add up what each sample pulls, then divide."""
    dw, db = [l2 * value for value in w], 0.0
    for row, label in zip(X, y, strict=True):
        error = one_sigmoid(b + sum(map(math.prod, zip(row, w, strict=True)))) - label
        for j, value in enumerate(row):
            dw[j] += error * value / len(y)
        db += error / len(y)
    return np.array(dw), db


class LogisticRegression:
    """Only what differs from the exercise."""

    def fit(self, X, y):
        """Hold weights and bias in one vector, the bias first."""
        X = as_matrix(X)
        self.classes_, y = two_classes(X, y)
        self.check_settings()
        theta = np.zeros(1 + X.shape[1])
        for _ in range(int(self.steps)):
            p = np.array([one_sigmoid(theta[0] + row @ theta[1:]) for row in X])
            slope = np.concatenate([[np.mean(p - y)], np.mean((p - y) * X.T, axis=1)])
            theta -= self.learning_rate * (slope + self.l2 * np.append(0, theta[1:]))
        self.b_, self.w_ = theta[0], theta[1:]
        return self

    def predict_proba(self, X):
        """Both columns from the sigmoid itself."""
        X = fitted(self, "w_", X)
        p = np.empty((len(X), 2))
        for i, row in enumerate(X):
            z = float(row @ self.w_ + self.b_)
            p[i] = one_sigmoid(-z), one_sigmoid(z)
        return p


def fit_irls(X, y, l2=0.0, max_steps=25, tolerance=1e-8):
    """Solve the weighted least squares problem itself: one regression a step."""
    X = as_matrix(X)
    y = two_classes(X, y)[1]
    n, d = X.shape
    in_range("l2", l2, low=0)
    A = np.hstack([X, np.ones((n, 1))])
    ridge = math.sqrt(n * l2) * np.eye(d, d + 1)  # rows that pull the weights to zero
    theta = np.zeros(d + 1)
    for _ in range(max_steps):
        z = A @ theta
        p = np.array([one_sigmoid(value) for value in z])
        s = p * (1 - p)
        root = np.sqrt(s)
        targets = root * z + (y - p) / np.where(root > 0, root, 1)
        rows, right = np.vstack([root[:, None] * A, ridge]), np.append(targets, np.zeros(d))
        moved = np.linalg.lstsq(rows, right, rcond=None)[0]
        done = np.max(np.abs(moved - theta)) < tolerance
        theta = moved
        if done:
            return theta[:d], theta[d], np.linalg.pinv(rows.T @ rows)
    raise RuntimeError("the weights did not settle")


def softmax(z):
    """Through the logarithm: p is exp(z - log of the sum of exp)."""
    z = as_floats(z, "z")
    log_sum = np.logaddexp.reduce(z, axis=-1)
    return np.exp(z - log_sum[..., None])


def cross_entropy_gradient(X, Y, W, b, l2=0.0):
    """One sample at a time, by the outer product of its input and its error."""
    dW, db = np.zeros_like(W), np.zeros_like(b)
    for x, target in zip(X, Y, strict=True):
        scores = np.exp(x @ W + b - np.max(x @ W + b))
        error = scores / np.sum(scores) - target
        dW += np.outer(x, error)
        db += error
    return dW / len(X) + l2 * W, db / len(X)


class SoftmaxRegression:
    """Only what differs from the exercise."""

    def fit(self, X, y):
        """Compare each label with each class instead of picking rows of np.eye."""
        X = as_matrix(X)
        self.classes_, positions = as_labels(X, y)
        self.check_settings()
        k = len(self.classes_)
        Y = (np.arange(k) == np.reshape(positions, (-1, 1))).astype(X.dtype)
        self.W_, self.b_ = (np.zeros(shape, X.dtype) for shape in ((X.shape[1], k), k))
        for _ in range(self.steps):
            dW, db = cross_entropy_gradient(X, Y, self.W_, self.b_, self.l2)
            self.W_ = self.W_ - self.learning_rate * dW
            self.b_ = self.b_ - self.learning_rate * db
        return self

"""Support vectors another way: sample by sample, and by the letters of the books.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

import math

import numpy as np

from solutions.inputs import as_labels, as_matrix, as_vector, fitted, in_range
from solutions.support_vectors import TINY, bias, not_converged, two_signs


def hinge_subgradient(X, y, w, b, l2):
    """Add up what each sample pulls."""
    dw, db = [l2 * value for value in w], 0.0
    for x, label in zip(X, y, strict=True):
        score = float(sum(map(math.prod, zip(x, w, strict=True)))) + b
        if label * score >= 1:
            continue
        for j, value in enumerate(x):
            dw[j] -= label * value / len(y)
        db -= label / len(y)
    return np.array(dw, X.dtype), db


class Pegasos:
    """Only what differs from the exercise."""

    def fit(self, X, y):
        """Keep sums: of the pulls, and of t times each place."""
        X = as_matrix(X)
        self.classes_, y = two_signs(X, y)
        n = len(X)
        order = np.random.default_rng(self.seed).integers(n, size=self.steps)
        pulls = np.zeros(X.shape[1] + 1, X.dtype)  # theta is pulls / (l2 * t)
        total = np.zeros_like(pulls)
        for t in range(1, self.steps + 1):
            i = order[t - 1]
            a = np.append(X[i], X.dtype.type(1))
            score = a @ pulls / (self.l2 * (t - 1)) if t > 1 else 0
            if y[i] * score < 1:
                pulls += y[i] * a
            total += pulls / self.l2  # t times theta
        total /= self.steps * (self.steps + 1) / 2
        *w, self.b_ = total
        self.w_ = np.array(w)
        return self


def rbf_kernel(A, B, gamma):
    """The squared distance as a sum of squared differences."""
    A, B = as_matrix(A, "A"), as_matrix(B, "B")
    gamma = float(in_range("gamma", gamma, above=0))
    K = np.empty((len(A), len(B)), A.dtype)
    for i, a in enumerate(A):
        for j, b in enumerate(B):
            K[i, j] = math.exp(-gamma * float(np.sum((a - b) ** 2)))
    return K


def violating_pair(K, r, beta, lower, upper):
    """Look at the candidates one after the other."""
    n = len(r)
    i = max((k for k in range(n) if beta[k] < upper[k]), key=lambda k: r[k])
    down = [k for k in range(n) if beta[k] > lower[k]]
    best, j = 0.0, i
    for k in down:
        fall = r[i] - r[k]
        if fall > 0:
            gain = fall * fall / max(K[i, i] - K[i, k] + K[k, k] - K[k, i], TINY)
            if gain > best:
                best, j = gain, k
    return i, j, r[i] - min(r[k] for k in down)


def pair_step(K, r, beta, lower, upper, i, j):
    """The room first: then the top, if it lies within."""
    room = upper[i] - beta[i]
    if beta[j] - lower[j] < room:
        room = beta[j] - lower[j]
    e = np.zeros(len(r))
    e[i], e[j] = 1, -1
    curvature, slope = e @ K @ e, r @ e
    if slope < room * curvature:
        return slope / curvature
    return room


def smo(K, y, C, tolerance=1e-3, max_steps=100_000):
    """Compute every r anew in each round."""
    K = as_matrix(K, "K")
    y = as_vector(y, "y", exactly=len(K)).astype(K.dtype)
    lower, upper = np.where(y > 0, 0, -C), np.where(y > 0, C, 0)
    beta = np.zeros(len(K), K.dtype)
    looks = 0
    while looks < max_steps:
        r = y - beta @ K
        i, j, gap = violating_pair(K, r, beta, lower, upper)
        looks += 1
        if gap <= tolerance:
            return beta, bias(r, beta, lower, upper)
        delta = pair_step(K, r, beta, lower, upper, i, j)
        beta[i], beta[j] = beta[i] + delta, beta[j] - delta
    raise not_converged(gap)


class SVC:
    """Only what differs from the exercise."""

    def decision_function(self, X):
        """One vector after the other."""
        X = fitted(self, "vectors_", X, axis=1)
        z = np.full(len(X), self.b_, X.dtype)
        for vector, pull in zip(self.vectors_, self.beta_, strict=True):
            z += pull * self.gram(vector[None], X)[0]
        return z


def one_vs_rest(make, X, y):
    """Labels of -1 and 1, from a table of positions."""
    X = as_matrix(X)
    classes, place = as_labels(X, y)
    models = []
    for c in range(len(classes)):
        model = make()
        model.fit(X, np.where(place == c, 1, -1))
        models.append(model)
    return classes, models


def platt_scaling(z, y, tolerance=1e-7, max_steps=100):
    """Newton's method in two letters, with halving, as in the note of 2007."""
    z = as_vector(z, "z").astype(float)
    ones = two_signs(z[:, None], y)[1] > 0
    scale, middle = 1.0, float(np.mean(z))
    if np.ptp(z):
        scale = math.sqrt(sum((z - middle) ** 2) / len(z))  # what the tolerance speaks of
    u = (z - middle) / scale if np.ptp(z) else np.zeros(len(z))
    many, few = int(np.sum(ones)), int(np.sum(~ones))
    t = np.full(len(z), 1 / (few + 2))
    t[ones] = (many + 1) / (many + 2)

    def loss(a, c):
        return sum(np.logaddexp(0, a * u + c) - t * (a * u + c))

    a, c = 0.0, math.log((many + 1) / (few + 1))
    for _ in range(max_steps):
        p = 0.5 * (1 + np.tanh((a * u + c) / 2))
        g_a, g_c, s = float(u @ (p - t)), float(np.sum(p - t)), p * (1 - p)
        if max(abs(g_a), abs(g_c)) <= tolerance * len(z):
            return a / scale, c - a * middle / scale
        h_aa, h_ac, h_cc = float(s @ u**2) + 1e-12, float(s @ u), float(np.sum(s)) + 1e-12
        det = h_aa * h_cc - h_ac**2
        d_a, d_c = -(h_cc * g_a - h_ac * g_c) / det, -(h_aa * g_c - h_ac * g_a) / det
        rate, now = 1.0, loss(a, c)
        while rate > 1e-9 and loss(a + rate * d_a, c + rate * d_c) > now + 1e-12:
            rate /= 2
        a, c = a + rate * d_a, c + rate * d_c
    raise not_converged(max(abs(g_a), abs(g_c)))

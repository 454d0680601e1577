"""Probability solved another way: number by number, or by another method altogether.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

import fractions
import math

import numpy as np

from solutions.inputs import as_matrix, as_rng, as_vector, whole
from solutions.probability import (
    as_hypotheses,
    as_log_weights,
    as_probabilities,
    as_weights,
    cholesky_root,
)


def log_sum_exp(a, axis=None, keepdims=False):
    """One sum at a time: the largest, and log1p of the rest beside it."""
    a = as_log_weights(a, "a")
    rows = a.reshape(1, -1) if axis is None else np.moveaxis(a, axis, -1)
    sums = np.empty(rows.shape[:-1], a.dtype)
    for place in np.ndindex(sums.shape):
        *rest, top = sorted(rows[place].tolist())
        if top > -math.inf:
            top += math.log1p(math.fsum(math.exp(v - top) for v in rest))
        sums[place] = top
    if axis is None:
        return sums.reshape((1,) * a.ndim) if keepdims else sums[0]
    return np.expand_dims(sums, axis) if keepdims else sums


def bayes_update(log_prior, log_likelihood):
    """One observation after the other, divided by its sum each time."""
    log_prior, log_likelihood = as_hypotheses(log_prior, log_likelihood)
    belief, evidence = log_prior - log_sum_exp(log_prior), 0.0
    for row in log_likelihood:
        belief = belief + row
        total = belief.max()
        if math.isinf(total):
            raise ValueError("nothing is left")
        total += math.log(sum(math.exp(b - total) for b in belief))
        belief, evidence = belief - total, evidence + total
    return belief, evidence


def entropy(p):
    """Loops over what can happen, and the surprise as the logarithm of 1 / p."""
    p = as_probabilities(p, "p")
    h = np.zeros(p.shape[:-1], p.dtype)
    for place in np.ndindex(h.shape):
        h[place] = math.fsum(v * math.log(1 / v) for v in p[place].tolist() if v > 0)
    return h


def kl_divergence(p, q):
    """Loops over what can happen."""
    p, q = as_probabilities(p, "p"), as_probabilities(q, "q")
    kl = np.zeros(p.shape[:-1], p.dtype)
    for place in np.ndindex(kl.shape):
        for one, other in zip(p[place].tolist(), q[place].tolist(), strict=True):
            if one > 0:
                kl[place] += one * (math.log(one) - math.log(other)) if other else math.inf
    return kl


def sample_categorical(weights, n, rng):
    """Walker's alias method: a fair column, and then a coin of its own."""
    weights, n, rng = as_weights(weights), whole("n", n, low=0), as_rng(rng)
    k, exact = len(weights), [fractions.Fraction(w) for w in weights.tolist()]
    share = [w * k / sum(exact) for w in exact]
    alias = list(range(k))
    small = [i for i in range(k) if share[i] < 1]
    large = [i for i in range(k) if share[i] > 1]
    while small:
        poor, rich = small.pop(), large[-1]
        alias[poor] = rich
        share[rich] -= 1 - share[poor]
        if share[rich] <= 1:
            large.pop()
            if share[rich] < 1:
                small.append(rich)
    column = np.floor(k * rng.random(n)).astype(int)
    stays = rng.random(n) < np.array(share, dtype=float)[column]
    return np.where(stays, column, np.array(alias)[column])


def sample_normal(n, rng):
    """Marsaglia's polar method: throw darts at the square until they hit the disc."""
    n, rng = whole("n", n, low=0), as_rng(rng)
    found = [np.empty(0)]
    while sum(map(len, found)) < n:
        x, y = rng.uniform(-1, 1, size=(2, n + 8))
        s = x * x + y * y
        hit = (s > 0) & (s < 1)
        factor = np.sqrt(-2 * np.log(s[hit]) / s[hit])
        found += [np.column_stack([x[hit] * factor, y[hit] * factor]).ravel()]
    return np.concatenate(found)[:n]


def monte_carlo(f, draw, n, rng, level=0.95):
    """Sums of exact fractions, rounded once."""
    n, rng = whole("n", n, low=2), as_rng(rng)
    values = [
        fractions.Fraction(v) for v in as_vector(f(draw(n, rng)), "f(samples)", exactly=n).tolist()
    ]
    mean = sum(values) / n
    squares = sum((v - mean) ** 2 for v in values)
    error = float(squares / (n * (n - 1))) ** 0.5
    low, high = 0.0, 40.0  # halve until z has as much of the bell curve between -z and z
    for _ in range(70):
        z = (low + high) / 2
        low, high = (z, high) if math.erf(z / math.sqrt(2)) < level else (low, z)
    return float(mean), error, float(mean) - z * error, float(mean) + z * error


def gaussian_log_density(X, mean, covariance):
    """Feature by feature: each given those before it, by substitution."""
    X = as_matrix(X)
    d = X.shape[1]
    mean = as_vector(mean, "mean", exactly=d)
    L = cholesky_root(covariance, d)
    z, density = np.zeros_like(X), np.zeros(len(X), X.dtype)
    for j in range(d):
        z[:, j] = (X[:, j] - mean[j] - z[:, :j] @ L[j, :j]) / L[j, j]
        density -= z[:, j] ** 2 / 2 + math.log(L[j, j]) + math.log(2 * math.pi) / 2
    return density

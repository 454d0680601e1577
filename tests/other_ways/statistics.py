"""Statistics solved another way: plain loops, sums by hand, searches in place of formulas.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

import itertools
import math

import numpy as np

from solutions.inputs import as_finite, as_vector, same_shape
from solutions.statistics import chi2_tail, digamma, student_t_tail


class RunningMoments:
    """Only what differs from the exercise."""

    def update(self, x):
        """Merge with a stream of one."""
        x = as_finite(x, "x").astype(float)
        n = self.count
        if n == 0:
            self.mean, self.squares = np.array(x), np.zeros_like(x)
        else:
            same_shape(x, self.mean, "x", "the mean so far")
            gap = np.subtract(x, self.mean)
            self.squares = np.add(self.squares, gap**2 * (n / (n + 1)))
            self.mean = np.add(self.mean, gap * (1 / (n + 1)))
        self.count = n + 1
        return self


def quantile(x, q):
    """One share at a time, weighing both neighbours."""
    x, q = as_vector(x, "x"), as_finite(q, "q")
    if q.size and (q.min() < 0 or q.max() > 1):
        raise ValueError("q must lie in [0, 1]")
    entries = sorted(x.tolist())
    found = []
    for share in q.ravel().tolist():
        part, low = math.modf(share * (len(entries) - 1))
        above = entries[min(int(low) + 1, len(entries) - 1)]
        found.append((1 - part) * entries[int(low)] + part * above)
    return np.array(found, x.dtype).reshape(q.shape)


def bootstrap_interval(x, statistic, rng, resamples=2000, level=0.95):
    """One resample at a time, chosen by the generator's own choice."""
    x = as_vector(x, "x", least=2)
    values = [float(statistic(rng.choice(x, len(x)))) for _ in range(resamples)]
    outside = 1 - level
    return quantile(values, outside / 2), quantile(values, 1 - outside / 2)


def permutation_test(x, y, rng, shuffles=9999):
    """Move the labels and not the values, and compare the means themselves."""
    n, m = len(x), len(y)
    pooled = [float(value) for value in (*x, *y)]
    centre = math.fsum(pooled) / (n + m)
    pooled = [value - centre for value in pooled]
    wide = max(map(abs, pooled))

    def gap(first):
        inside = math.fsum(pooled[i] for i in first)
        outside = math.fsum(pooled) - inside
        return abs(inside / n - outside / m)

    ours, places = gap(range(n)) - 1e-10 * wide, range(n + m)
    ways = math.comb(n + m, m)
    if ways > shuffles:
        count = 1
        for _ in range(shuffles):
            count += gap(rng.choice(n + m, n, replace=False)) >= ours
        return count / (shuffles + 1)
    return sum(gap(first) >= ours for first in itertools.combinations(places, n)) / ways


def welch_t_test(x, y):
    """With sums of squares, and the degrees as Welch wrote them."""

    def of_mean(sample):
        n = len(sample)
        centre = math.fsum(sample) / n
        return centre, math.fsum((value - centre) ** 2 for value in sample) / (n - 1) / n

    (one, a), (two, b) = of_mean(x.astype(float)), of_mean(y.astype(float))
    t = (one - two) / (a + b) ** 0.5
    df = (a + b) ** 2 / (a**2 / (len(x) - 1) + b**2 / (len(y) - 1))
    both_tails = 2 * min(student_t_tail(t, df), student_t_tail(-t, df))
    return t, df, both_tails


def chi2_independence(table):
    """Cell by cell, by Pearson's other formula: the sum of seen^2 / expected, less the total."""
    table = np.asarray(table, float)
    r, c = table.shape
    total, over = table.sum(), 0.0
    for i in range(r):
        for j in range(c):
            expected = table[i].sum() * table[:, j].sum() / total
            over += (table[i, j] - expected) * table[i, j] / expected
    over = max(over, 0.0)
    return over, r * c - r - c + 1, chi2_tail(over, r * c - r - c + 1)


def benjamini_hochberg(p):
    """Each by itself: the least of k q / (how many are at most q), over all q from p on."""
    p = as_vector(p, "p")
    k = len(p)
    adjusted = [
        min(k * float(q) / np.count_nonzero(p <= q) for q in p if q >= value) for value in p
    ]
    return np.array(adjusted, p.dtype)


def maximum_likelihood_gamma(x):
    """By halving: the slope of the likelihood falls as the shape grows."""
    x = as_vector(x, "x", least=2).astype(float)
    gap = math.log(x.mean()) - np.log(x).mean()
    low, high = 1e-9, 1e9
    for _ in range(200):
        middle = math.sqrt(low * high)
        if math.log(middle) - digamma(middle)[0] > gap:
            low = middle
        else:
            high = middle
    return low, x.mean() / low

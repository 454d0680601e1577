"""Statistics: what chance alone can do, and what it cannot.

Throughout: n, m samples; r rows and c columns of a table; k questions.
    x (n,), y (m,) samples      mean (), variance () of one of them
    q (...) shares in [0, 1]    level () of an interval: 0.95, say
    t (), df () a distance in standard errors, degrees of freedom
    table (r, c) counts         p () or (k,) p-values
    shape, scale () of a gamma distribution; its mean is their product
A p-value is the chance of a gap as large as the one seen, or larger, where
there is nothing to find. All tests here are two-sided.

Sources: Efron and Tibshirani, An Introduction to the Bootstrap (1993);
Wasserman, All of Statistics (2004); Abramowitz and Stegun, Handbook of
Mathematical Functions (1964), 6.3 to 6.5 and 26.5.
"""

import itertools
import math

import numpy as np

from solutions.inputs import (
    as_finite,
    as_rng,
    as_vector,
    in_range,
    same_shape,
    whole,
)


class RunningMoments:
    """Mean and variance of a stream of which nothing else is kept.

    Only its count, its mean, and `squares`, the sum of the squared
    distances from the mean, in double precision.
    """

    def __init__(self):
        self.count, self.mean, self.squares = 0, 0.0, 0.0

    @classmethod
    def of(cls, X):
        """Return the moments of a chunk X (n, ...), in two passes."""
        X, made = as_finite(X, "X").astype(float), cls()
        if np.size(X):
            made.count, made.mean = len(X), X.mean(axis=0)
            made.squares = ((X - made.mean) ** 2).sum(axis=0)
        return made

    def update(self, x):
        """Take one observation in: a number, or an array of several.

        Parameters
        ----------
        x : array, shape (...)
            The same shape every time; each entry has moments of its own.

        Returns
        -------
        self : RunningMoments

        References
        ----------
        Welford, Technometrics 4 (1962), 419-420.
        """
        x = as_finite(x, "x").astype(float)
        if self.count:
            same_shape(x, self.mean, "x", "the mean so far")
        # your turn (core)
        # hint: How far is x from the old mean? The new mean lies one
        # count-th of the way towards x.
        # hint: The squares grow by (x - old mean) times (x - new mean).
        # hint: self.mean = self.mean + ... is a new array; += would write
        # into one that somebody else may hold. Return self.
        self.count += 1
        delta = x - self.mean  # (...), from the old mean
        self.mean = self.mean + delta / self.count
        self.squares = self.squares + delta * (x - self.mean)
        return self

    def merge(self, other):
        """Return the moments of two streams together (Chan and others)."""
        if self.count and other.count:
            same_shape(self.mean, other.mean, "one mean", "the other")
        both = RunningMoments()
        both.count = self.count + other.count
        part = other.count / max(both.count, 1)
        delta = other.mean - self.mean
        both.mean = self.mean + delta * part
        between = delta**2 * (self.count * part)
        both.squares = self.squares + other.squares + between
        return both

    def variance(self):
        """Return the squares over count - 1."""
        if self.count < 2:
            raise ValueError(
                f"a variance takes two observations, not {self.count}"
            )
        return self.squares / (self.count - 1)


def quantile(x, q):
    """Return the numbers below which the shares q of a sample lie.

    Parameters
    ----------
    x : array, shape (n,)
        In any order, without NaN.
    q : array, shape (...)
        0 is the smallest, 0.5 the median, 1 the largest.

    Returns
    -------
    cut : array, shape (...)
        On the straight line between two entries of x; float32 for float32.

    References
    ----------
    Hyndman and Fan, The American Statistician 50 (1996), definition 7.
    """
    x, q = as_vector(x, "x"), as_finite(q, "q")
    if ((q < 0) | (q > 1)).any():
        raise ValueError(f"q must lie in [0, 1], but it is {q}")
    # your turn (warm-up)
    # hint: In sorted order the entries stand at 0, 1, ..., n - 1. The share
    # q stands at position q * (n - 1), seldom a whole number.
    # hint: position.astype(int) is the entry below, since it cuts off what
    # is behind the point; the one above must not be past the end.
    # hint: Go from the lower to the upper entry by (position - low), and
    # give that the dtype of x.
    ordered, position = np.sort(x), q * (len(x) - 1)
    low = position.astype(int)  # (...), rounded down
    high = np.minimum(low + 1, len(x) - 1)  # (...)
    part = (position - low).astype(x.dtype)  # (...) in [0, 1)
    return ordered[low] + part * (ordered[high] - ordered[low])


def bootstrap_interval(x, statistic, rng, resamples=2000, level=0.95):
    """Return the percentile interval of a statistic.

    Parameters
    ----------
    x : array, shape (n,)
    statistic : function
        Takes samples (..., n) and returns a number for each, (...).
    rng : numpy.random.Generator
    resamples : int
    level : float
        What the interval holds; as much is cut off above as below.

    Returns
    -------
    low : float
    high : float

    References
    ----------
    Efron and Tibshirani (1993), chapter 13.
    """
    x, rng = as_vector(x, "x", least=2), as_rng(rng)
    resamples = whole("resamples", resamples, low=1)
    in_range("level", level, above=0, high=1 - 1e-12)
    made = np.shape(statistic(np.stack([x, x])))
    if made != (2,):
        raise ValueError(f"statistic made {made} of two rows, not (2,)")
    # your turn (core)
    # hint: A resample has n entries, drawn from x with replacement: n
    # positions by rng.integers(n, ...), for each resample anew.
    # hint: x[positions] has shape (resamples, n), and the statistic makes
    # (resamples,) of it. (1 - level) / 2 is cut off at each end.
    n, tail = len(x), (1 - level) / 2
    positions = rng.integers(n, size=(resamples, n))
    values = statistic(x[positions])  # (resamples,)
    low, high = quantile(values, [tail, 1 - tail])
    return low, high


def permutation_test(x, y, rng, shuffles=9999):
    """Return how often shuffled labels part two means as far as ours.

    Parameters
    ----------
    x : array, shape (n,)
    y : array, shape (m,)
    rng : numpy.random.Generator
    shuffles : int
        If there are no more ways than this to choose n of the n + m, each
        is tried, and p is the share of those with the means at least as
        far apart. Otherwise so many random ones are; if b of them reach
        our gap, p is (b + 1) / (shuffles + 1): ours is a way too.

    Returns
    -------
    p : float

    References
    ----------
    Phipson and Smyth, Statistical Applications in Genetics and Molecular
    Biology 9 (2010), article 39.
    """
    x, y, rng = as_vector(x, "x"), as_vector(y, "y"), as_rng(rng)
    shuffles = whole("shuffles", shuffles, low=1)
    n, pooled = len(x), np.concatenate([x, y]).astype(float)  # (n + m,)
    pooled = pooled - pooled.mean()  # so that |sum of x| measures the gap
    slack = 1e-15 * len(pooled) * np.abs(pooled).max()  # rounding's part
    # your turn (stretch)
    # hint: pooled sums to zero, so the means are the further apart the
    # larger abs(sum of the first n) is: that is all you need of each way.
    # hint: math.comb(n + m, n) counts the ways; choices(n + m, n) lists
    # them, a row of positions each. Too many? rng.permutation(pooled)[:n].
    # hint: Ties count: >= abs(pooled[:n].sum()) - slack.
    few = math.comb(len(pooled), n) <= shuffles
    if few:
        sums = pooled[choices(len(pooled), n)].sum(axis=1)  # (ways,)
    else:
        shuffled = (rng.permutation(pooled) for _ in range(shuffles))
        sums = [way[:n].sum() for way in shuffled]
    reached = np.abs(sums) >= abs(pooled[:n].sum()) - slack
    if few:
        return reached.mean()
    return (reached.sum() + 1) / (shuffles + 1)


def choices(total, size):
    """Return each way to choose `size` of `total` positions, a row each."""
    return np.array(list(itertools.combinations(range(total), size)))


def stirling_rest(a):
    """Return log Gamma(a) minus (a - 1/2) log a - a + log(2 pi) / 2."""
    if a < 10:
        formula = (a - 0.5) * math.log(a) - a + math.log(2 * math.pi) / 2
        return math.lgamma(a) - formula
    s = 1 / (a * a)
    series = 1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - s * 691 / 360360))
    return (1 / 12 - s * (1 / 360 - s * series)) / a


def continued_fraction(term):
    """Return b0 + a1 / (b1 + a2 / (b2 + ...)), where term(i) is ai, bi."""
    value = c = term(0)[1] or 1e-300
    d, i = 0.0, 0
    while abs(c * d - 1) > 1e-15:  # Lentz's way, from the front
        i += 1
        a, b = term(i)
        d = 1 / (b + a * d or 1e-300)
        c = b + a / c or 1e-300
        value *= c * d
    return value


def chi2_tail(x, df):
    """Return the chance that chi-square with df degrees exceeds x."""
    in_range("x", x, low=0)
    a, x = in_range("df", float(df), above=0, high=1e9) / 2, float(x) / 2
    if x in (0, math.inf):
        return 1.0 if x == 0 else 0.0
    u = (x - a) / a  # x^a e^-x / Gamma(a), without large numbers on the way
    log = math.log1p(u) if u > -0.5 else math.log(x / a)
    power = a * (log - u) - stirling_rest(a)
    front = math.exp(power) * math.sqrt(a / (2 * math.pi))
    if x > a + 1:
        return front / continued_fraction(
            lambda i: (i * (a - i), x - a + 1 + 2 * i)
        )
    term = total = 1 / a
    while term > 1e-17 * total:
        a += 1
        term *= x / a
        total += term
    return 1 - front * total


def incomplete_beta(a, b, odds):
    """Return the regularised I_x(a, b) at x = 1 / (1 + odds), odds > 0."""
    x, y = 1 / (1 + odds), 1 / (1 + 1 / odds)
    if x * (a + b + 2) > a + 1:  # it converges fast on the other side
        return 1 - incomplete_beta(b, a, 1 / odds)
    rest = stirling_rest(a) + stirling_rest(b) - stirling_rest(a + b)
    rest += math.log(2 * math.pi / (a + b)) / 2
    rest -= (a - 0.5) * math.log1p(b / a) + (b - 0.5) * math.log1p(a / b)
    power = -a * math.log1p(odds) - b * math.log1p(1 / odds)

    def term(i):
        at = a + 2 * i
        over = x / (at - 1) if i else 0.0
        up = (a + i - 1) * (a + b + i - 1) * i * (b - i) * over**2
        step = (a + i) * (a * y - b * x + 1 + i * (1 + y)) / (at + 1)
        return up, i + i * (b - i) * over + step

    return math.exp(power - rest) / continued_fraction(term)


def student_t_tail(t, df):
    """Return the chance that Student's t exceeds t; df may be infinite."""
    t, df = float(t), in_range("df", float(df), above=0)
    if math.isinf(df):
        return math.erfc(t / math.sqrt(2)) / 2
    odds = (t / math.sqrt(df)) * (t / math.sqrt(df))
    tail = incomplete_beta(df / 2, 0.5, odds) / 2 if odds else 0.5
    return 1 - tail if t < 0 else tail


def student_t_quantile(p, df):
    """Return the t below which the share p of Student's t lies."""
    in_range("p", p, low=1e-12, high=1 - 1e-12)
    if p < 0.5:
        return -student_t_quantile(1 - p, df)
    low, high = 0.0, 1.0
    while student_t_tail(high, df) > 1 - p:
        high *= 2
    while low < (middle := (low + high) / 2) < high:
        above = student_t_tail(middle, df) > 1 - p
        low, high = (middle, high) if above else (low, middle)
    return high


def t_interval(x, level=0.95):
    """Return Student's interval, low and high, for the mean behind x."""
    x = as_vector(x, "x", least=2).astype(float)
    in_range("level", level, above=0, high=1 - 1e-12)
    t = student_t_quantile((1 + level) / 2, len(x) - 1)
    half = t * x.std(ddof=1) / math.sqrt(len(x))
    return x.mean() - half, x.mean() + half


def welch_t_test(x, y):
    """Compare two means without assuming that both vary alike.

    Parameters
    ----------
    x : array, shape (n,)
    y : array, shape (m,)

    Returns
    -------
    t : float
        The mean of x minus that of y, in standard errors.
    df : float
        Degrees of freedom; seldom a whole number.
    p : float

    References
    ----------
    Welch, Biometrika 34 (1947), 28-35.
    """
    x = as_vector(x, "x", least=2).astype(float)
    y = as_vector(y, "y", least=2).astype(float)
    if np.ptp(x) == np.ptp(y) == 0:
        raise ValueError("x and y are both constant: no spread")
    # your turn (core)
    # hint: The mean of n values has the variance x.var(ddof=1) / n; that of
    # a difference is the sum of the two.
    # hint: df is (a + b)^2 over a^2 / (n - 1) + b^2 / (m - 1), with the
    # variances a and b of the two means.
    # hint: student_t_tail(abs(t), df) is one of the two tails.
    a, b = x.var(ddof=1) / len(x), y.var(ddof=1) / len(y)
    t = (x.mean() - y.mean()) / math.sqrt(a + b)
    df = (a + b) ** 2 / (a**2 / (len(x) - 1) + b**2 / (len(y) - 1))
    return t, df, 2 * student_t_tail(abs(t), df)


def chi2_independence(table):
    """Ask whether rows and columns of a table of counts are independent.

    Parameters
    ----------
    table : array, shape (r, c)
        Counts, not shares.

    Returns
    -------
    statistic : float
        Pearson's chi-square, without a correction for continuity.
    df : int
        Degrees of freedom.
    p : float

    References
    ----------
    Pearson, Philosophical Magazine 50 (1900), 157-175.
    """
    table = as_table(table)
    # your turn (core)
    # hint: The sums of the rows, (r,), and of the columns, (c,), are all
    # that an independent table would know.
    # hint: It would expect row sum times column sum over the total:
    # np.outer makes all of these.
    # hint: Add up (seen - expected)^2 / expected. With all but one row and
    # one column filled in, the sums fix the rest: that gives df.
    rows, columns = table.sum(axis=1), table.sum(axis=0)  # (r,), (c,)
    expected = np.outer(rows, columns) / table.sum()  # (r, c)
    statistic = ((table - expected) ** 2 / expected).sum()
    df = (len(rows) - 1) * (len(columns) - 1)
    return statistic, df, chi2_tail(statistic, df)


def as_table(table):
    """Return counts as floats (r, c), or raise."""
    table = as_finite(table, "table").astype(float)
    if table.ndim != 2 or min(table.shape) < 2:
        raise ValueError(
            "table must have two rows and two columns or more, "
            f"but its shape is {table.shape}"
        )
    in_range("the smallest count", table.min(), low=0)
    if not (table.sum(axis=0).all() and table.sum(axis=1).all()):
        raise ValueError("a row or a column of table has no counts")
    return table


def benjamini_hochberg(p):
    """Adjust p-values for how many there are.

    Parameters
    ----------
    p : array, shape (k,)
        In any order.

    Returns
    -------
    adjusted : array, shape (k,)
        In the order of p. Call a finding what is at most 0.05 here, and at
        most 5 percent of the findings are false, on average, if the k
        answers are independent.

    References
    ----------
    Benjamini and Hochberg, Journal of the Royal Statistical Society B 57
    (1995), eq. 1.
    """
    p = as_vector(p, "p")
    in_range("the smallest p", p.min(), low=0)
    in_range("the largest p", p.max(), high=1)
    # your turn (core)
    # hint: The smallest p is multiplied by k, the second by k / 2, the
    # largest by 1.
    # hint: Then none may exceed one with a larger p: from the largest down,
    # np.minimum.accumulate keeps the smallest so far.
    # hint: order = np.argsort(-p) has the largest first; what stands in
    # that order goes back by adjusted[order] = ...
    k, order = len(p), np.argsort(-p)  # the largest first
    scaled = p[order] * (k / np.arange(k, 0, -1))  # (k,)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum.accumulate(scaled)
    return adjusted


def digamma(a):
    """Return the slope of log Gamma at a > 0, and the slope of that."""
    value = slope = 0.0
    while a < 10:
        value, slope, a = value - 1 / a, slope + 1 / (a * a), a + 1
    s = 1 / (a * a)
    terms = 1 / 240 - s * (1 / 132 - s * (691 / 32760 - s / 12))
    terms = s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * terms)))
    value += math.log(a) - 0.5 / a - terms
    terms = 1 / 30 - s * (5 / 66 - s * (691 / 2730 - s * 7 / 6))
    terms = s * (1 / 6 - s * (1 / 30 - s * (1 / 42 - s * terms)))
    return value, slope + (1 + 0.5 / a + terms) / a


def maximum_likelihood_gamma(x):
    """Fit the gamma distribution under which x is least surprising.

    Parameters
    ----------
    x : array, shape (n,)
        Positive, and not all the same.

    Returns
    -------
    shape : float
        1 for the exponential; the larger, the more like a bell.
    scale : float

    References
    ----------
    Choi and Wette, Technometrics 11 (1969), 683-690.
    """
    x = as_vector(x, "x", least=2).astype(float)
    in_range("every entry of x", x.min(), above=0)
    mean = x.mean()
    gap = -np.log(x / mean).mean()  # of the logarithms: log mean, mean log
    if gap < 1e-11:  # a shape of 5e10, beyond which no digit is left
        raise ValueError("x is constant, or as good as that")
    shape = (3 - gap + math.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap)
    # your turn (stretch)
    # hint: The shape is the root of f = log(shape) - psi - gap, where psi
    # and its slope are digamma(shape). A good first guess is given.
    # hint: Newton's step: subtract f over its slope, 1 / shape - slope.
    # hint: Ten steps are plenty: each doubles the digits that are right.
    # The scale follows from the mean, which is shape times scale.
    for _ in range(10):
        psi, slope = digamma(shape)
        f = math.log(shape) - psi - gap
        shape -= f / (1 / shape - slope)
    return shape, mean / shape

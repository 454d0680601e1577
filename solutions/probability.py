"""Probability: what to believe, how to draw chance, how to count on it.

Throughout: n samples, d features, k hypotheses or categories.
    p (k,), q (k,) probabilities, which sum to one along the last axis
    log_prior (k,), log_posterior (k,) logarithms of such
    log_likelihood (m, k) of m observations under each hypothesis
    X (n, d) inputs    mean (d,)    covariance (d, d)    L its Cholesky root
    rng the source of chance, a numpy.random.Generator
Logarithms are natural; the logarithm of no chance at all is -inf.

Sources: Bishop, Pattern Recognition and Machine Learning (2006), 1.2,
1.6 and 2.3; MacKay, Information Theory, Inference, and Learning
Algorithms (2003), chapters 2, 3 and 29.
"""

import math

import numpy as np

from solutions.inputs import (
    as_finite,
    as_floats,
    as_matrix,
    as_rng,
    as_symmetric,
    as_vector,
    in_range,
    same_shape,
    whole,
)


def log_sum_exp(a, axis=None, keepdims=False):
    """Add up weights that are given by their logarithms.

    Parameters
    ----------
    a : array, shape (...)
        Logarithms of weights; -inf for no weight at all.
    axis : int
        Along which to add; over everything unless given.
    keepdims : bool
        Whether the axis stays, with size 1.

    Returns
    -------
    log_sum : array or float
        log of the sum of exp(a), without overflow, underflow or warning
        on the way; -inf where nothing has any weight; float32 for float32.

    Raises
    ------
    ValueError
        If a is empty, or holds NaN or +inf.

    References
    ----------
    Blanchard, Higham and Higham (2021), eq. 1.3.
    """
    a = as_log_weights(a, "a")
    # your turn (core)
    # hint: Take the largest out of the sum: the log of the sum of exp(a)
    # is top + the log of the sum of exp(a - top), whatever top is.
    # hint: a.max(axis=axis, keepdims=True) is one for each sum, in a shape
    # that broadcasts against a.
    # hint: Where all are -inf, so is top, and -inf - (-inf) is NaN. Take 0
    # for top there: np.where(np.isfinite(top), top, 0).
    # hint: np.errstate(divide="ignore") lets log(0) be -inf in peace. When
    # the axis goes from the sum, top loses it by top.squeeze(axis=axis).
    top = a.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    total = np.exp(a - top).sum(axis=axis, keepdims=keepdims)
    with np.errstate(divide="ignore"):
        rest = np.log(total)
    return rest + (top if keepdims else top.squeeze(axis=axis))


def as_log_weights(a, name):
    """Return a as floats, one or more, each a number or -inf."""
    a = as_floats(a, name)
    if a.size == 0:
        raise ValueError(f"{name} is empty: its shape is {a.shape}")
    if not a.max() < np.inf:  # the largest is NaN where any is
        raise ValueError(
            f"{name} must hold logarithms of weights, numbers or -inf, but "
            f"it holds {a.max()}"
        )
    return a


def bayes_update(log_prior, log_likelihood):
    """Weigh hypotheses by how well they foretold what was seen.

    Parameters
    ----------
    log_prior : array, shape (k,)
        Logarithms of the weights before; only their proportions count.
    log_likelihood : array, shape (..., k)
        Log-probability, or log-density, of an observation under each
        hypothesis. With two axes, a row for each of several observations
        that are independent, once the hypothesis is given.

    Returns
    -------
    log_posterior : array, shape (k,)
        Logarithms of probabilities.
    log_evidence : float
        Log-probability of all that was seen, whichever hypothesis holds.

    Raises
    ------
    ValueError
        If shapes do not fit, or no hypothesis allows what was seen.

    References
    ----------
    Bishop (2006), eq. 1.12 and 1.13; MacKay (2003), eq. 2.18.
    """
    log_prior, log_likelihood = as_hypotheses(log_prior, log_likelihood)
    # your turn (core)
    # hint: log_likelihood has shape (m, k) by now. Probabilities of
    # independent observations multiply, so their logarithms are added.
    # hint: joint = log_prior + log_likelihood.sum(axis=0) is right up to a
    # number; log_sum_exp(joint) is the number that makes it sum to one.
    # hint: If that number is -inf, raise impossible().
    # hint: For the evidence, the weights before have to sum to one as
    # well: take log_sum_exp(log_prior) away.
    joint = log_prior + log_likelihood.sum(axis=0)  # (k,)
    total = log_sum_exp(joint)
    if total == -np.inf:
        raise impossible()
    return joint - total, total - log_sum_exp(log_prior)


def as_hypotheses(log_prior, log_likelihood):
    """Return the prior (k,) and the likelihoods (m, k), or raise."""
    log_prior = as_log_weights(log_prior, "log_prior")
    log_likelihood = as_log_weights(log_likelihood, "log_likelihood")
    if log_prior.ndim != 1 or log_prior.max() == -np.inf:
        raise ValueError(
            "log_prior must have shape (k,), with a weight above zero, but "
            f"its shape is {log_prior.shape}, its largest {log_prior.max()}"
        )
    k, shape = len(log_prior), log_likelihood.shape
    if log_likelihood.ndim not in (1, 2) or shape[-1] != k:
        raise ValueError(
            f"log_prior has shape ({k},), so log_likelihood must have "
            f"shape ({k},) or (m, {k}), but its shape is {shape}"
        )
    return log_prior, np.atleast_2d(log_likelihood)


def impossible():
    """Return the error for data that no hypothesis allows."""
    return ValueError(
        "no hypothesis with any weight allows what was observed"
    )


def credible_interval(values, log_p, level=0.95):
    """Return low and high, the ends of the middle part of a distribution.

    Parameters
    ----------
    values : array, shape (k,)
        Increasing, each in the middle of a cell, cells of equal width.
    log_p : array, shape (k,)
        Logarithms of the cells' probabilities.
    level : float
        The part that lies inside; half of the rest lies on each side.
    """
    values = as_vector(values, "values", least=2)
    log_p = as_log_weights(log_p, "log_p")
    same_shape(values, log_p, "values", "log_p")
    in_range("level", level, above=0, high=1 - 1e-12)
    if np.diff(values).min() <= 0:
        raise ValueError("values must increase, each above the last")
    p = np.exp(log_p - log_sum_exp(log_p))
    below = np.cumsum(p)  # up to the right end of each cell
    half = np.diff(values).mean() / 2
    edges = np.append(values[0] - half, values + half)  # (k + 1,)
    tails = (1 - level) / 2, (1 + level) / 2
    low, high = np.interp(tails, np.append(0, below / below[-1]), edges)
    return float(low), float(high)


def entropy(p):
    """Return the mean surprise of a distribution, in nats.

    Parameters
    ----------
    p : array, shape (..., k)
        Probabilities, which sum to one along the last axis.

    Returns
    -------
    h : array, shape (...)
        Between 0 and log k; a zero adds nothing, and warns of nothing.

    Raises
    ------
    ValueError
        If an entry is negative, or a sum is not one.

    References
    ----------
    Bishop (2006), eq. 1.98.
    """
    p = as_probabilities(p, "p")
    # your turn (warm-up)
    # hint: The surprise of something that has probability p is -log(p).
    # hint: Each surprise counts as often as it comes: weigh it by p, and
    # add up along the last axis.
    # hint: Where p is 0, log(np.where(p > 0, p, 1)) is 0, with no warning.
    surprise = -np.log(np.where(p > 0, p, 1))  # (..., k)
    return (p * surprise).sum(axis=-1)


def as_probabilities(p, name):
    """Return p (..., k) if it is never negative and sums to one."""
    p = as_finite(p, name)
    if p.ndim == 0 or p.size == 0:
        raise ValueError(
            f"{name} must have shape (..., k) with k at least 1, but its "
            f"shape is {p.shape}"
        )
    if p.min() < 0:
        raise ValueError(f"{name} must not be negative: it has {p.min()}")
    sums = p.sum(axis=-1)
    off = np.abs(sums - 1)
    if off.max() > max(1e-6, np.sqrt(np.finfo(p.dtype).eps)):
        raise ValueError(
            f"{name} must sum to 1 along its last axis, but one sum is "
            f"{np.ravel(sums)[off.argmax()]}"
        )
    return p


def kl_divergence(p, q):
    """Return what it costs, in nats, to expect q where p is the truth.

    Parameters
    ----------
    p : array, shape (..., k)
        The truth.
    q : array, shape (..., k)
        What is believed.

    Returns
    -------
    kl : array, shape (...)
        Zero for p = q; infinite where q rules out what p allows; what p
        rules out costs nothing. No warnings.

    Raises
    ------
    ValueError
        If shapes differ, an entry is negative, or a sum is not one.

    References
    ----------
    Kullback and Leibler (1951); Bishop (2006), eq. 1.113.
    """
    p, q = as_probabilities(p, "p"), as_probabilities(q, "q")
    same_shape(p, q, "p", "q")
    # your turn (warm-up)
    # hint: Believing q, one is surprised by -log(q) instead of -log(p).
    # The extra is log(p) - log(q), and it comes with probability p.
    # hint: Where p is 0 nothing is added, whatever q: put 1 in place of
    # both p and q inside the logarithms there.
    # hint: Where q is 0 and p is not, log(0) is -inf and the cost infinite;
    # np.errstate(divide="ignore") silences the warning.
    with np.errstate(divide="ignore"):
        log_q = np.log(np.where(p > 0, q, 1))  # (..., k)
    log_p = np.log(np.where(p > 0, p, 1))  # (..., k)
    return (p * (log_p - log_q)).sum(axis=-1)


def sample_categorical(weights, n, rng):
    """Draw categories in proportion to weights, by inversion.

    Parameters
    ----------
    weights : array, shape (k,)
        None negative and not all zero; they need not sum to one.
    n : int
        How many to draw, independently of each other.
    rng : numpy.random.Generator
        Asked for uniform numbers, rng.random, and for nothing else.

    Returns
    -------
    drawn : array, shape (n,)
        Integers from 0 to k - 1; never one of weight zero.

    Raises
    ------
    ValueError
        If a weight is negative or not finite, or all are zero.

    References
    ----------
    Devroye, Non-Uniform Random Variate Generation (1986), III.2.
    """
    weights, n, rng = as_weights(weights), whole("n", n, low=0), as_rng(rng)
    # your turn (core)
    # hint: Lay the weights end to end: np.cumsum says where each one ends.
    # hint: rng.random(n) is uniform from 0 to 1, with 1 left out. Stretch
    # it to the length of the whole.
    # hint: np.searchsorted(ends, u, side="right") counts the ends that are
    # at or below u; what lies before the first end is category 0.
    ends = np.cumsum(weights)  # (k,)
    u = ends[-1] * rng.random(n)  # (n,) uniform on the whole length
    return np.searchsorted(ends, u, side="right")


def as_weights(weights):
    """Return weights (k,) in float64 from which one can draw."""
    weights = as_vector(weights, "weights").astype(float)
    if weights.min() < 0:
        raise ValueError(f"no weight may be negative: {weights.min()}")
    if not 0 < weights.max() < 1e300:  # so that they can be added up
        raise ValueError(f"the largest weight is {weights.max()}")
    return weights


def sample_normal(n, rng):
    """Draw from the standard normal distribution, by Box and Muller.

    Parameters
    ----------
    n : int
        How many to draw, independently of each other; odd or even.
    rng : numpy.random.Generator
        Asked for uniform numbers, rng.random, and for nothing else.

    Returns
    -------
    z : array, shape (n,)

    References
    ----------
    Box and Muller (1958), eq. 1.
    """
    n, rng = whole("n", n, low=0), as_rng(rng)
    pairs = (n + 1) // 2
    # your turn (core)
    # hint: A pair of independent normals is a point in the plane: an angle
    # that is uniform from 0 to 2 pi, and a radius.
    # hint: The radius is the root of -2 log(u), with u uniform above 0.
    # hint: rng.random may give 0 but never 1, so 1 - rng.random(pairs) has
    # a logarithm.
    # hint: np.concatenate radius * cos and radius * sin, and keep n.
    radius = np.sqrt(-2 * np.log(1 - rng.random(pairs)))  # (pairs,)
    angle = 2 * np.pi * rng.random(pairs)  # (pairs,)
    z = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
    return z[:n]


def monte_carlo(f, draw, n, rng, level=0.95):
    """Estimate the mean of f over random draws, and how far off it may be.

    Parameters
    ----------
    f : function of n samples, returning (n,) numbers
    draw : function of (n, rng), returning n samples
    n : int
        At least 2.
    rng : numpy.random.Generator
    level : float
        Share of such intervals that hold the true mean, in the long run.

    Returns
    -------
    mean : float
    error : float
        The standard error of the mean.
    low : float
    high : float
        The ends of the interval.

    Raises
    ------
    ValueError
        If f does not return n finite numbers.

    References
    ----------
    Metropolis and Ulam (1949); MacKay (2003), 29.1.
    """
    n, rng = whole("n", n, low=2), as_rng(rng)
    in_range("level", level, above=0, high=1 - 1e-12)
    values = as_vector(f(draw(n, rng)), "f(samples)", exactly=n)
    # your turn (core)
    # hint: values has shape (n,). The standard error of its mean is the
    # spread of one value divided by the root of n.
    # hint: The spread is measured from the values' own mean, so the
    # variance is divided by n - 1: ddof=1.
    # hint: normal_quantile(0.975) is 1.96. For a level of 0.95, how
    # much lies below the upper end?
    mean = values.mean()
    error = values.std(ddof=1) / math.sqrt(n)
    z = normal_quantile((1 + level) / 2)
    return mean, error, mean - z * error, mean + z * error


def normal_quantile(p):
    """Return the z below which the share p of the bell curve lies."""
    in_range("p", p, above=0, high=1 - 1e-16)
    low, high = -40.0, 0.0  # 1 - p has more digits than p near 1
    while low < (z := (low + high) / 2) < high:
        enough = math.erfc(-z / math.sqrt(2)) / 2 >= min(p, 1 - p)
        low, high = (low, z) if enough else (z, high)
    return high if p < 0.5 else -high


def gaussian_log_density(X, mean, covariance):
    """Return the log-density of a Gaussian at each row of X.

    Parameters
    ----------
    X : array, shape (n, d)
    mean : array, shape (d,)
    covariance : array, shape (d, d)
        Symmetric and positive definite.

    Returns
    -------
    log_density : array, shape (n,)
        From the Cholesky root alone, without an inverse or a determinant;
        float32 for float32.

    Raises
    ------
    ValueError
        If shapes do not fit, or the covariance is none.

    References
    ----------
    Bishop (2006), eq. 2.43; Rasmussen and Williams, Gaussian Processes
    for Machine Learning (2006), A.4.
    """
    X = as_matrix(X)
    d = X.shape[1]
    mean = as_vector(mean, "mean", exactly=d)
    L = cholesky_root(covariance, d)  # (d, d): L @ L.T is covariance
    # your turn (stretch)
    # hint: If x = mean + L z, then z = np.linalg.solve(L, x - mean) has
    # independent standard normal entries; the samples stand in columns.
    # hint: The log-density of z is -z @ z / 2 - d / 2 * log(2 pi).
    # hint: L stretches volume by the product of its diagonal, so the
    # density is divided by it: subtract the sum of the logarithms.
    # hint: math.log gives a plain number, which leaves float32 alone.
    z = np.linalg.solve(L, (X - mean).T)  # (d, n)
    stretch = np.log(np.diag(L)).sum()
    constant = d / 2 * math.log(2 * np.pi)
    return -(z * z).sum(axis=0) / 2 - stretch - constant


def cholesky_root(covariance, d):
    """Return the lower triangle L (d, d) with L @ L.T, or raise."""
    covariance = as_symmetric(covariance, "covariance")
    if len(covariance) != d:
        raise ValueError(
            f"there are {d} features, so covariance must have shape "
            f"({d}, {d}), but its shape is {covariance.shape}"
        )
    eps = np.finfo(covariance.dtype).eps
    try:
        L = np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        raise not_positive() from None
    left = np.diag(L) ** 2 / np.diag(covariance)  # not told by the others
    if left.min() < 4 * d * eps:
        raise not_positive()
    return L


def not_positive():
    """Return the error for a covariance that leaves a feature no room."""
    return ValueError(
        "covariance is not positive definite: some feature is constant, or "
        "a weighted sum of others, or these numbers are no covariance"
    )


def sample_gaussian(mean, covariance, n, rng):
    """Draw n points (n, d) from a Gaussian: mean + L z."""
    mean = as_vector(mean, "mean")
    L = cholesky_root(covariance, len(mean))
    n, d = whole("n", n, low=0), len(mean)
    return mean + sample_normal(n * d, rng).reshape(n, d) @ L.T  # (n, d)

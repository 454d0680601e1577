"""Costs: what it is worth to be right, and what it costs to be wrong.

Throughout: n samples, k classes, m thresholds: infinity, then each of
the different scores once, the highest first.
    y (n,) what came true: numbers, or labels 0 and 1, or any labels
    y_hat (n,) what was said instead       p (n,) probabilities of a 1
    scores, z (n,) any numbers; the higher, the rather a 1
    fpr (m,) share of the 0s that are called 1, tpr (m,) of the 1s
A loss is a mean over samples. An alarm is a sample called 1: its score
has reached the threshold.

Sources: Hastie, Tibshirani and Friedman, The Elements of Statistical
Learning (2nd ed., 2009), 10.6; Fawcett, An introduction to ROC analysis
(2006); Elkan, The foundations of cost-sensitive learning (2001).
"""

from sys import float_info

import numpy as np

from solutions.inputs import as_vector, in_range, same_shape, whole


def mse(y, y_hat):
    """Return the mean of the squared misses.

    Parameters
    ----------
    y : array, shape (n,)
    y_hat : array, shape (n,)

    Returns
    -------
    loss : float
        In the unit of y, squared.

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), 10.6.
    """
    y, y_hat = two_vectors(y, y_hat)
    return np.mean((y - y_hat) ** 2)


def mae(y, y_hat):
    """Return the mean of the misses, all taken as positive.

    Parameters
    ----------
    y : array, shape (n,)
    y_hat : array, shape (n,)

    Returns
    -------
    loss : float
        In the unit of y.

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), 10.6.
    """
    y, y_hat = two_vectors(y, y_hat)
    return np.mean(np.abs(y - y_hat))


def two_vectors(y, guess, name="y_hat"):
    """Return two finite float vectors (n,) of one length, or raise."""
    y, guess = as_vector(y, "y"), as_vector(guess, name)
    same_shape(y, guess, "y", name)
    return y, guess


def huber(y, y_hat, delta=1.0):
    """Return the mean cost of misses that is square first, then straight.

    Parameters
    ----------
    y : array, shape (n,)
    y_hat : array, shape (n,)
    delta : float
        The size of a miss at which the parabola becomes a line; above 0.

    Returns
    -------
    loss : float
        Half the squared miss up to delta, delta times (miss - delta / 2)
        beyond; the mean of that.

    References
    ----------
    Huber (1964); Hastie, Tibshirani and Friedman (2009), eq. 10.23, halved.
    """
    y, y_hat = two_vectors(y, y_hat)
    in_range("delta", delta, above=0)
    # your turn (warm-up)
    # hint: The size of a miss is np.abs(y - y_hat). Only then is it square
    # or straight.
    # hint: np.where(small, a, b) chooses a where small is true, else b.
    # hint: With q = np.minimum(miss, delta), both pieces are one formula:
    # q * (miss - q / 2).
    miss = np.abs(y - y_hat)  # (n,)
    q = np.minimum(miss, delta)  # (n,)
    return np.mean(q * (miss - q / 2))


def zeros_and_ones(y, scores, name="scores", both=False):
    """Return y as integers 0 and 1 and the scores as floats, or raise."""
    y, scores = two_vectors(y, scores, name)
    strange = y[(y != 0) & (y != 1)]
    if len(strange):
        raise ValueError(
            f"y must hold 0 and 1, but it holds {strange[0]:g}"
        )
    if both and y.min() == y.max():
        raise ValueError(
            f"y holds {y[0]:g} only: there is no pair of a 1 and a 0, so "
            "nothing says how well the scores tell them apart"
        )
    return y.astype(int), scores


def probabilities(y, p):
    """Return y as integers 0 and 1 and p as floats in [0, 1], or raise."""
    y, p = zeros_and_ones(y, p, "p")
    in_range("each p", p.min(), low=0)
    in_range("each p", p.max(), high=1)
    return y, p


def surprise(q):
    """Return -log(q), of 0 infinity, without a warning."""
    with np.errstate(divide="ignore"):
        return -np.log(q)


def log_loss(y, p, clip=0.0):
    """Return the mean surprise at what came true.

    Parameters
    ----------
    y : array, shape (n,)
        0 or 1.
    p : array, shape (n,)
        The probability that was given to a 1.
    clip : float
        Probabilities are moved into [clip, 1 - clip] first. With 0 the
        loss is what it is: infinite if something came true that was given
        the probability 0. (scikit-learn clips at the precision of p.)

    Returns
    -------
    loss : float
        In nats a sample.

    References
    ----------
    Good (1952), where it is a fee for forecasters.
    """
    y, p = probabilities(y, p)
    least = np.finfo(p.dtype).eps / 2  # below it 1 - clip is 1
    in_range("clip", clip, low=least if clip else 0, high=0.5)
    # your turn (warm-up)
    # hint: Only one probability of each sample counts: that of what came
    # true. It is p where y is 1, and 1 - p where y is 0.
    # hint: np.clip(p, low, high) moves what is outside to the nearer end.
    # hint: Choose with np.where, and take surprise(...) of the choice: then
    # no infinity is ever multiplied by zero.
    p = np.clip(p, clip, 1 - clip)
    return np.mean(surprise(np.where(y == 1, p, 1 - p)))


def signs(y, z):
    """Return y as -1 and 1 in the dtype of z, and z, or raise."""
    y, z = two_vectors(y, z, "z")
    strange = y[np.abs(y) != 1]
    if len(strange):
        raise ValueError(
            f"y must hold -1 and 1, but it holds {strange[0]:g}"
        )
    return y.astype(z.dtype), z


def hinge(y, z):
    """Return how far scores fall short of 1 on their own side, in the mean.

    Parameters
    ----------
    y : array, shape (n,)
        -1 or 1.
    z : array, shape (n,)
        Scores: above 0 they speak for 1, below for -1.

    Returns
    -------
    loss : float

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), eq. 12.25 and table 12.1.
    """
    y, z = signs(y, z)
    # your turn (warm-up)
    # hint: y * z is positive where the score is on the right side.
    # hint: What is missing to 1 is 1 - y * z; where nothing is missing it
    # must not become a reward: np.maximum(0, ...).
    return np.mean(np.maximum(0, 1 - y * z))


def positions(y, y_hat, classes=None):
    """Return the number of classes, and of each label its place in them."""
    y, y_hat = np.asarray(y), np.asarray(y_hat)
    same_shape(y, y_hat, "y", "y_hat")
    if y.ndim != 1 or not y.size:
        raise ValueError(
            f"y must have shape (n,), but its shape is {y.shape}"
        )
    if classes is None:
        classes = np.unique(np.append(y, y_hat))
    classes = np.asarray(classes)
    firsts = [a.flat[0] for a in (y, y_hat, classes) if a.size]
    if len({isinstance(first, str) for first in firsts}) == 2:
        raise TypeError("y, y_hat and classes must all be words, or none")
    if len(np.unique(classes)) < len(classes):
        raise ValueError("classes hold one label twice")
    for name, labels in (("y", y), ("y_hat", y_hat)):
        strange = labels[~np.isin(labels, classes)]  # NaN among them
        if len(strange):
            raise ValueError(
                f"{name} holds {strange.tolist()[0]!r}, which is none of "
                "the classes"
            )
    order = np.argsort(classes)
    i, j = np.searchsorted(classes, [y, y_hat], sorter=order)
    return len(classes), order[i], order[j]


def confusion_matrix(y, y_hat, classes=None):
    """Count how often each class was called each class.

    Parameters
    ----------
    y : array, shape (n,)
        What it was: labels of any kind that can be sorted.
    y_hat : array, shape (n,)
        What it was called.
    classes : array, shape (k,)
        The label of each row and column; unless given, all that occur in y
        or in y_hat, sorted.

    Returns
    -------
    counts : array, shape (k, k)
        Whole numbers; row i, column j: was i, was called j.

    Raises
    ------
    ValueError
        If a label is not among the classes.

    References
    ----------
    Fawcett (2006), figure 1, with rows and columns exchanged.
    """
    k, i, j = positions(y, y_hat, classes)
    # your turn (core)
    # hint: Sample s belongs into row i[s], column j[s] of a (k, k) table.
    # hint: counts[i, j] += 1 reads each place once and writes it once, so
    # that a pair which comes ten times is counted once.
    # hint: Number the places of the table from 0 to k * k - 1, row after
    # row: k * i + j. np.bincount counts numbers; ask for minlength=k * k.
    counts = np.bincount(k * i + j, minlength=k * k)  # (k * k,)
    return counts.reshape(k, k)


def roc_curve(y, scores):
    """Return the shares of false and true alarms at every threshold.

    Parameters
    ----------
    y : array, shape (n,)
        0 and 1, both of them.
    scores : array, shape (n,)

    Returns
    -------
    fpr : array, shape (m,)
        Of the 0s, the share whose score is at least the threshold.
    tpr : array, shape (m,)
        Of the 1s, likewise.
    thresholds : array, shape (m,)
        Infinity, where nothing is an alarm, then each different score
        once, the highest first.

    Raises
    ------
    ValueError
        If y holds one class only.

    References
    ----------
    Fawcett (2006), algorithm 1.
    """
    y, scores = zeros_and_ones(y, scores, both=True)
    # your turn (core)
    # hint: Samples with the same score become alarms together, at one
    # threshold: count for each different score, not for each sample.
    # hint: np.unique(-scores, return_inverse=True) gives the different
    # scores, highest first, with their signs turned, and for each sample
    # which of them it has.
    # hint: np.bincount(tie, y) adds up the y of each tie; np.cumsum makes
    # it a count from the top. The same for 1 - y.
    # hint: Put a 0 in front of both, divide each by its last entry, and put
    # np.inf in front of the scores.
    values, tie = np.unique(-scores, return_inverse=True)  # (m - 1,), (n,)
    tp = np.append(0, np.cumsum(np.bincount(tie, y)))  # (m,)
    fp = np.append(0, np.cumsum(np.bincount(tie, 1 - y)))  # (m,)
    return fp / fp[-1], tp / tp[-1], np.insert(-values, 0, np.inf)


def roc_auc(y, scores):
    """Return how often a 1 scores above a 0; a tie is half a win.

    Parameters
    ----------
    y : array, shape (n,)
        0 and 1, both of them.
    scores : array, shape (n,)

    Returns
    -------
    auc : float
        Of all pairs of a 1 and a 0; the area under the ROC curve.

    Raises
    ------
    ValueError
        If y holds one class only.

    References
    ----------
    Mann and Whitney (1947); Hanley and McNeil (1982).
    """
    y, scores = zeros_and_ones(y, scores, both=True)
    # your turn (core)
    # hint: Rank all scores, the lowest is 1. Samples that tie share the
    # mean of the ranks they occupy together.
    # hint: np.unique gives of each different score how often it comes
    # (return_counts) and of each sample which it has (return_inverse). The
    # cumulated counts are the highest rank in each tie.
    # hint: The mean rank of a tie is its highest minus (times - 1) / 2.
    # hint: The ranks of the 1s sum to their wins over 0s plus what they
    # would have among themselves, ones * (ones + 1) / 2.
    _, tie, times = np.unique(
        scores, return_inverse=True, return_counts=True
    )
    rank = (np.cumsum(times) - (times - 1) / 2)[tie]  # (n,)
    ones = y.sum()
    wins = rank[y == 1].sum() - ones * (ones + 1) / 2
    return wins / (ones * (len(y) - ones))


def average_precision(y, scores):
    """Return the mean precision over the 1s, as they are found.

    Parameters
    ----------
    y : array, shape (n,)
        0 and 1, both of them.
    scores : array, shape (n,)

    Returns
    -------
    ap : float
        The sum over thresholds of the gain in recall times the precision
        there: a sum of steps, no line between two points.

    Raises
    ------
    ValueError
        If y holds one class only.

    References
    ----------
    Davis and Goadrich (2006), on why no line may be drawn.
    """
    y, scores = zeros_and_ones(y, scores, both=True)
    # your turn (core)
    # hint: roc_curve has all that is needed: the recall is tpr, and the
    # counts are tpr times the number of 1s, fpr times that of 0s.
    # hint: Precision is tp / (tp + fp). At the threshold infinity that is
    # 0 / 0: leave that point out.
    # hint: np.diff(tpr) is the gain in recall at each of the scores.
    fpr, tpr, _ = roc_curve(y, scores)
    tp = tpr[1:] * y.sum()  # (m - 1,)
    fp = fpr[1:] * (len(y) - y.sum())  # (m - 1,)
    return np.sum(np.diff(tpr) * tp / (tp + fp))


def calibration_error(y, p, bins=10):
    """Return how far sayings are from what came true, group by group.

    Parameters
    ----------
    y : array, shape (n,)
        0 or 1.
    p : array, shape (n,)
        The probability that was given to a 1.
    bins : int
        Groups of equal width from 0 to 1. A p on an edge belongs to the
        group below it, 0 to the first.

    Returns
    -------
    error : float
        The distance between the mean of p and the share of 1s in a group,
        in the mean over groups, each weighted by its samples.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017), section 2.
    """
    y, p = probabilities(y, p)
    whole("bins", bins, low=1)
    # your turn (core)
    # hint: np.searchsorted(edges, p) says how many edges lie below each p.
    # The inner ones are all that matter: np.arange(1, bins) / bins.
    # hint: A group of n_g samples is weighted by n_g / n; its two means are
    # sums divided by n_g. What is left of the n_g?
    # hint: np.bincount(group, p - y) is the difference of the two sums in
    # each group, 0 in an empty one.
    edges = np.arange(1, bins) / bins  # (bins - 1,)
    group = np.searchsorted(edges, p)  # (n,)
    return np.abs(np.bincount(group, p - y)).sum() / len(y)


def cost_optimal_threshold(y, p, cost_false_positive, cost_false_negative):
    """Return the threshold at which the alarms cost least, and the cost.

    Parameters
    ----------
    y : array, shape (n,)
        0 or 1; one class is enough.
    p : array, shape (n,)
        Probabilities, or any scores.
    cost_false_positive : float
        Of a 0 that is called 1.
    cost_false_negative : float
        Of a 1 that is called 0.

    Returns
    -------
    threshold : float
        A sample is called 1 if its p is at least that. It is one of the p,
        or infinity (no alarm at all). Of several that cost the same, the
        highest: the fewest alarms.
    cost : float
        A sample, in the mean.

    References
    ----------
    Elkan (2001); Provost and Fawcett (2001).
    """
    y, p = zeros_and_ones(y, p, "p")
    for name, cost in (
        ("cost_false_positive", cost_false_positive),
        ("cost_false_negative", cost_false_negative),
    ):
        in_range(name, cost, low=0, high=float_info.max)
    # your turn (stretch)
    # hint: Try every different p, and np.inf, from the highest down: then
    # argmin, which takes the first of equals, takes the fewest alarms.
    # hint: To count at all thresholds at once, sort the p of the 1s and the
    # p of the 0s apart.
    # hint: np.searchsorted(ones, thresholds) is, for each threshold, how
    # many 1s lie below it: those are missed. The 0s not below are alarms.
    # hint: cost = cost_false_positive * alarms + cost_false_negative *
    # missed; return the threshold at its argmin, and its minimum over n.
    thresholds = np.append(np.inf, np.unique(p)[::-1])  # (m,)
    ones, zeros = np.sort(p[y == 1]), np.sort(p[y == 0])
    missed = np.searchsorted(ones, thresholds)  # (m,)
    alarms = len(zeros) - np.searchsorted(zeros, thresholds)  # (m,)
    cost = cost_false_positive * alarms + cost_false_negative * missed
    best = cost.argmin()
    return thresholds[best], cost[best] / len(y)

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
    raise NotImplementedError("huber")


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
    raise NotImplementedError("log_loss")


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
    raise NotImplementedError("hinge")


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
    raise NotImplementedError("confusion_matrix")


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
    raise NotImplementedError("roc_curve")


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
    raise NotImplementedError("roc_auc")


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
    raise NotImplementedError("average_precision")


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
    raise NotImplementedError("calibration_error")


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
    raise NotImplementedError("cost_optimal_threshold")

"""Costs another way: one sample, one pair, one threshold at a time.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

import math

import numpy as np

from solutions.costs import positions, probabilities, signs, two_vectors, zeros_and_ones
from solutions.inputs import in_range, whole


def huber(y, y_hat, delta=1.0):
    """Both pieces written out."""
    y, y_hat = two_vectors(y, y_hat)
    in_range("delta", delta, above=0)
    r = y - y_hat
    square = r * r / 2
    straight = delta * abs(r) - delta**2 / 2
    return np.where(np.abs(r) < delta, square, straight).mean()


def log_loss(y, p, clip=0.0):
    """A sum of logarithms, with Python's own."""
    y, p = probabilities(y, p)
    in_range("clip", clip, low=0, high=0.5)
    total = 0.0
    for label, value in zip(y, p, strict=True):
        value = min(max(float(value), clip), 1 - clip)
        right = value if label else 1 - value
        total += math.inf if right == 0 else -math.log(right)
    return p.dtype.type(total / len(y))


def hinge(y, z):
    """What is missing, where something is missing."""
    y, z = signs(y, z)
    missing = 1 - y * z
    return sum(missing[missing > 0], start=z.dtype.type(0)) / len(y)


def confusion_matrix(y, y_hat, classes=None):
    """One-hot rows of both, multiplied: a 1 wherever a pair meets."""
    k, i, j = positions(y, y_hat, classes)
    eye = np.eye(k, dtype=int)
    return eye[i].T @ eye[j]


def roc_curve(y, scores):
    """Walk down the sorted samples, and note a point where the score changes."""
    y, scores = zeros_and_ones(y, scores, both=True)
    pairs = sorted(zip(scores.tolist(), y.tolist(), strict=True), reverse=True)
    fpr, tpr, thresholds = [0.0], [0.0], [math.inf]
    ones, hits, false = sum(y), 0, 0
    for place, (score, label) in enumerate(pairs):
        hits, false = hits + label, false + 1 - label
        if place + 1 == len(pairs) or pairs[place + 1][0] != score:
            fpr.append(false / (len(y) - ones))
            tpr.append(hits / ones)
            thresholds.append(score)
    return np.array(fpr), np.array(tpr), np.array(thresholds)


def roc_auc(y, scores):
    """Every pair of a 1 and a 0 plays."""
    y, scores = zeros_and_ones(y, scores, both=True)
    margin = np.subtract.outer(scores[y == 1], scores[y == 0])
    return float(np.mean(0.5 + np.sign(margin) / 2))


def average_precision(y, scores):
    """For each 1, the precision at the threshold that finds it."""
    y, scores = zeros_and_ones(y, scores, both=True)
    return np.mean([y[scores >= score].mean() for score in scores[y == 1]])


def calibration_error(y, p, bins=10):
    """Group by group, by the two means."""
    y, p = probabilities(y, p)
    whole("bins", bins, low=1)
    edges = np.linspace(0, 1, bins + 1)
    edges[0] = -1
    error = 0.0
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        inside = (low < p) & (p <= high)
        if inside.any():
            error += inside.mean() * abs(p[inside].mean() - y[inside].mean())
    return error


def cost_optimal_threshold(y, p, cost_false_positive, cost_false_negative):
    """Lower the threshold step by step, and keep the cheapest so far."""
    y, p = zeros_and_ones(y, p, "p")
    order = np.argsort(p)[::-1]
    cost = int(y.sum()) * cost_false_negative
    best = math.inf, cost
    for place, i in enumerate(order):
        cost += -cost_false_negative if y[i] else cost_false_positive
        tied = place + 1 < len(y) and p[order[place + 1]] == p[i]
        if not tied and cost < best[1]:
            best = float(p[i]), cost
    return best[0], best[1] / len(y)

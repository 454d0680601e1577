"""Checks for costs."""

import numpy as np

from grader import Explain, Mistake, check, exactly

LIBRARY = ["sklearn.metrics", "scipy.stats", "scipy.special", "torch.nn.functional"]


def with_both(rng, n, share=0.4):
    """Return n labels of 0 and 1, some of each."""
    return rng.permutation((np.arange(n) < max(1, round(n * share))).astype(int))


def tied(rng, n=24):
    """Return labels and scores of which many are equal, within and across the labels."""
    y = with_both(rng, n)
    return y, (rng.integers(0, 5, size=n) + y * rng.integers(0, 2, size=n)).astype(float)


def apart(rng, n=20):
    """Return labels and scores that are all different, some below zero."""
    y = with_both(rng, n)
    return y, rng.permutation(np.linspace(-2, 2, n)) + 1.5 * y + 0.01 * rng.normal(size=n)


@check("huber", forbids=LIBRARY)
def small_and_large(code, rng):
    """square up to delta and straight beyond it, on both sides of zero, in the mean"""
    y, y_hat = rng.normal(size=12), 3 * rng.normal(size=12)
    y_hat[:4] = y[:4] + [0.1, -0.2, 6.0, -7.0]  # whatever was drawn
    return [code.huber(y, y_hat), code.huber(y, y_hat, 0.5), code.huber(y, y_hat, delta=2.5)]


@check("huber", forbids=LIBRARY)
def where_the_pieces_meet(code):
    """the two pieces meet at delta, without a jump"""
    zero = np.zeros(1)
    return [code.huber(zero, np.array([miss]), 2.0) for miss in (1.999, 2.0, 2.001, -2.0)]


@check("huber", forbids=LIBRARY)
def far_ends(code, rng):
    """with a large delta it is half the mean square, with a small one delta times the mean miss"""
    y, y_hat = rng.normal(size=9), rng.normal(size=9)
    return code.huber(y, y_hat, 1e3), code.huber(y, y_hat, 1e-6) / 1e-6


@check("log_loss", forbids=LIBRARY)
def surprise_at_the_truth(code, rng):
    """the mean of -log of the probability of what came true"""
    return code.log_loss(with_both(rng, 12), rng.uniform(0.02, 0.98, size=12))


@check("log_loss", forbids=LIBRARY)
def certain_and_right(code):
    """who was certain and right pays nothing"""
    half = code.log_loss(np.array([1, 0, 1, 0]), np.array([1.0, 0.0, 0.5, 0.25]))
    return half, code.log_loss(np.array([1]), np.array([1.0]))


@check("log_loss", forbids=LIBRARY)
def certain_and_wrong(code):
    """who was certain and wrong pays infinity"""
    y, p = np.array([1, 0, 0]), np.array([0.5, 0.5, 1.0])
    return code.log_loss(y, p), code.log_loss(1 - y, 1 - p)


@check("log_loss", forbids=LIBRARY)
def clipped(code, rng):
    """with clip, probabilities are first moved into [clip, 1 - clip], at both ends"""
    y, p = with_both(rng, 10), rng.uniform(size=10)
    ends, never, sure = np.array([0, 0, 1, 1]), np.zeros(4), np.ones(4)
    return {
        "clip=0.2": code.log_loss(y, p, clip=0.2),
        "p is 0": code.log_loss(ends, never, clip=0.01),
        "p is 1": code.log_loss(ends, sure, clip=0.01),
    }


@check("hinge", forbids=LIBRARY)
def both_sides(code, rng):
    """1 - y z where that is positive, in the mean"""
    y = 2 * with_both(rng, 12) - 1
    return code.hinge(y, 2 * rng.normal(size=12))


@check("hinge", forbids=LIBRARY)
def no_reward(code):
    """far on the right side costs nothing and earns nothing"""
    y = np.array([1, -1, 1, -1])
    return code.hinge(y, np.array([9.0, -5.0, 1.0, -1.0])), code.hinge(y, -9.0 * y)


@check("hinge", forbids=LIBRARY)
def within_the_margin(code):
    """right by less than 1 still costs; a score of 0 costs 1"""
    one = np.array([1])
    return [code.hinge(one, np.array([z])) for z in (0.0, 0.25, 0.75)]


@check("confusion_matrix", expect=exactly, forbids=LIBRARY)
def rows_are_the_truth(code, rng):
    """row i, column j: how many were i and were called j, as whole numbers"""
    return code.confusion_matrix(rng.integers(3, size=40), rng.integers(3, size=40))


@check("confusion_matrix", expect=exactly, forbids=LIBRARY)
def words(code):
    """labels may be words; a class that is never called, or only called, has its place"""
    y = np.array(["owl", "crow", "owl", "wren", "owl", "wren"])
    return code.confusion_matrix(y, np.array(["owl", "crow", "crow", "jay", "owl", "jay"]))


@check("confusion_matrix", expect=exactly, forbids=LIBRARY)
def own_order(code, rng):
    """with classes given, rows and columns are in their order, also of one that never occurs"""
    y, y_hat = (rng.choice([2, 3, 7], size=30) for _ in range(2))
    return code.confusion_matrix(y, y_hat, [7, 2, 5, 3, 9])


@check("confusion_matrix", expect=exactly, forbids=LIBRARY)
def many_of_a_kind(code):
    """three hundred of one kind are three hundred"""
    return code.confusion_matrix(np.repeat([1, 2], [300, 5]), np.repeat([1, 2], [300, 5]))


@check("confusion_matrix", expect=exactly, forbids=LIBRARY)
def one_sample(code):
    """a single sample makes a table too"""
    return code.confusion_matrix(["a"], ["a"]), code.confusion_matrix([4], [1])


@check("roc_curve", forbids=LIBRARY)
def point_by_point(code, rng):
    """from (0, 0), threshold infinity, to (1, 1): a point for each different score"""
    return code.roc_curve(*apart(rng))


@check("roc_curve", forbids=LIBRARY)
def ties_together(code, rng):
    """samples of one score come in together, in whatever order the rows stand"""
    y, scores = tied(rng)
    shuffled, sorted_ = rng.permutation(len(y)), np.lexsort((-y, scores))
    return {
        "as drawn": code.roc_curve(y, scores),
        "shuffled": code.roc_curve(y[shuffled], scores[shuffled]),
        "the 1s first": code.roc_curve(y[sorted_], scores[sorted_]),
    }


@check("roc_curve", forbids=LIBRARY)
def one_score_for_all(code):
    """a score that says the same of everyone has two points, and the diagonal between them"""
    return code.roc_curve(np.array([1, 0, 0, 1, 0]), np.full(5, 0.25))


CLOSE = np.array([1, 0, 1, 0]), np.array([2e-9, 1e-9, 3e-9, 0.5e-9])


@check("roc_curve", forbids=LIBRARY)
def close_is_no_tie(code):
    """scores that lie close together are no tie"""
    return code.roc_curve(*CLOSE)[:2]


@check("roc_curve", forbids=LIBRARY)
def no_point_is_dropped(code):
    """points on a straight piece are kept"""
    y = np.array([1, 1, 1, 0, 1, 0, 0, 0])
    return code.roc_curve(y, np.array([8, 7, 6, 5, 4, 3, 2, 1]))


@check("roc_auc", forbids=LIBRARY)
def share_of_pairs(code, rng):
    """the share of pairs of a 1 and a 0 in which the 1 scores higher"""
    few = with_both(rng, 30, share=0.1)
    return code.roc_auc(*apart(rng)), code.roc_auc(few, rng.permutation(30) + 8 * few)


@check("roc_auc", forbids=LIBRARY)
def a_tie_is_half(code, rng):
    """a tie is half a win, in whatever order the rows stand"""
    y, scores = tied(rng)
    sorted_ = np.lexsort((-y, scores))
    return {
        "as drawn": code.roc_auc(y, scores),
        "the 1s first": code.roc_auc(y[sorted_], scores[sorted_]),
        "the 0s first": code.roc_auc(y[sorted_[::-1]], scores[sorted_[::-1]]),
        "one score for all": code.roc_auc(y, np.ones(len(y))),
    }


@check("roc_auc", forbids=LIBRARY)
def only_the_order(code, rng):
    """only the order counts: 1 if it is perfect, 0 upside down, the same after exp"""
    y, scores = apart(rng)
    auc = code.roc_auc
    return (
        *(auc(y, y * 1.0), auc(y, -1.0 * y), auc(y, np.exp(scores))),
        *(auc([1, 0], [2, 1]), auc(*CLOSE)),
    )


@check("average_precision", forbids=LIBRARY)
def gain_times_precision(code, rng):
    """the gain in recall times the precision, summed over thresholds"""
    few = with_both(rng, 40, share=0.1)
    return code.average_precision(*apart(rng)), code.average_precision(few, rng.permutation(40))


@check("average_precision", forbids=LIBRARY)
def precision_of_a_tie(code, rng):
    """a tie is one step, in whatever order the rows stand"""
    y, scores = tied(rng)
    sorted_ = np.lexsort((-y, scores))
    return {
        "as drawn": code.average_precision(y, scores),
        "the 1s first": code.average_precision(y[sorted_], scores[sorted_]),
    }


@check("average_precision", forbids=LIBRARY)
def share_of_ones(code):
    """one score for all gives the share of 1s, a perfect order 1"""
    y = np.array([0, 1, 0, 0, 0, 1, 0, 0])
    precision = code.average_precision
    return [
        precision(y, scores) for y, scores in [(y, np.zeros(8)), (y, 3.0 * y), (y, -1.0 * y), CLOSE]
    ]


@check("calibration_error", forbids=LIBRARY)
def ten_groups(code, rng):
    """the distance of two means in each of ten groups, weighted by its samples"""
    p = rng.uniform(size=60) ** 3
    return code.calibration_error((rng.uniform(size=60) < 0.4).astype(int), p)


@check("calibration_error", forbids=LIBRARY)
def other_numbers_of_groups(code, rng):
    """one group, two, three or seven"""
    p = rng.uniform(size=30)
    y = (rng.uniform(size=30) < p**2).astype(int)
    return {f"bins={bins}": code.calibration_error(y, p, bins) for bins in (1, 2, 3, 7)}


@check("calibration_error", forbids=LIBRARY)
def on_an_edge(code):
    """p on an edge belongs to the group below, 0 to the first; empty groups count nothing"""
    y, p = np.array([1, 0, 0, 1, 1, 0]), np.array([0.0, 0.25, 0.5, 0.625, 0.75, 1.0])
    with np.errstate(divide="raise", invalid="raise"):
        return [
            code.calibration_error(y, p, bins=4),
            code.calibration_error(np.array([1, 0, 0]), np.array([0.25, 0.125, 0.375]), bins=4),
            code.calibration_error(np.array([0, 1]), np.array([0.0, 1.0])),
            code.calibration_error(np.array([1, 0]), np.array([0.5, 0.5]), 5),
        ]


@check("cost_optimal_threshold", forbids=LIBRARY)
def cheapest(code, rng):
    """one of the p or infinity, where alarms and misses cost least; and that cost in the mean"""
    y, p = apart(rng, n=40)
    return {
        f"costs {pair}": code.cost_optimal_threshold(y, p, *pair)
        for pair in [(1.0, 1.3173), (1.0, 4.1231), (2.7183, 1.0)]
    }


@check("cost_optimal_threshold", forbids=LIBRARY)
def scores_that_tie(code, rng):
    """samples of one score become alarms together, in whatever order the rows stand"""
    y, p = tied(rng, n=40)
    sorted_ = np.lexsort((-y, p))
    return [
        code.cost_optimal_threshold(y[rows], p[rows], 1.0, cost)
        for rows in (np.arange(40), sorted_, sorted_[::-1])
        for cost in (0.7071, 1.6180)
    ]


@check("cost_optimal_threshold", forbids=LIBRARY)
def nobody_or_everybody(code):
    """no alarm at all is allowed (infinity), and so is one for everybody; y may hold one class"""
    y, p, best = np.array([1, 0, 1, 0]), np.array([0.2, 0.4, 0.1, 0.3]), code.cost_optimal_threshold
    return {
        "misses are cheap": best(y, p, 10, 1),
        "alarms are cheap": best(y, p, 1, 10),
        "all are 0": best(np.zeros(4), p, 1, 2),
        "all are 1": best(np.ones(4), p, 1, 2),
    }


@check("cost_optimal_threshold", forbids=LIBRARY)
def costs_that_tie(code):
    """of thresholds that cost the same, the highest"""
    y, p = np.array([1, 0, 1, 0, 0, 1, 0, 0]), np.arange(8, 0, -1) / 8
    best = code.cost_optimal_threshold
    return best(y, p, 1, 1), best(y, p, 2, 4), best(y, p, 0, 0)


@check("cost_optimal_threshold", forbids=LIBRARY)
def many_samples(code, rng):
    """sixty thousand different scores take a moment: sort, do not count anew for each"""
    p = rng.permutation(60_000) / 60_000
    y = (rng.uniform(size=60_000) < p**3).astype(int)
    return code.cost_optimal_threshold(y, p, 1.0, 5.0)


MISTAKES = [
    Mistake(
        "it is square everywhere: large misses never become straight",
        in_="huber",
        old="np.minimum(miss, delta)",
        new="miss",
    ),
    Mistake(
        "it is straight everywhere: small misses are not squared",
        in_="huber",
        old="np.mean(q * (miss - q / 2))",
        new="np.mean(delta * miss)",
    ),
    Mistake(
        "misses keep their sign, so that a large negative one passes for a small one",
        in_="huber",
        old="np.abs(y - y_hat)",
        new="y - y_hat",
    ),
    Mistake(
        "the pieces do not meet: half of delta is not taken off the straight one",
        in_="huber",
        old="np.mean(q * (miss - q / 2))",
        new="np.mean(np.where(miss <= delta, q * q / 2, delta * miss))",
    ),
    Mistake(
        "the square is not halved, so that the cost falls where the line begins",
        in_="huber",
        old="np.mean(q * (miss - q / 2))",
        new="np.mean(np.where(miss <= delta, q * q, delta * (miss - delta / 2)))",
    ),
    Mistake(
        "the line begins at 1, whatever delta is",
        in_="huber",
        old="np.minimum(miss, delta)",
        new="np.minimum(miss, 1)",
    ),
    Mistake(
        "the costs are added and not divided by n",
        in_="huber",
        old="np.mean(",
        new="np.sum(",
    ),
    Mistake(
        "zero is multiplied by infinity: both logarithms are taken, where one counts",
        in_="log_loss",
        old="surprise(np.where(y == 1, p, 1 - p))",
        new="y * surprise(p) + (1 - y) * surprise(1 - p)",
        lesson="A factor of 0 does not silence an infinite term: 0 times infinity is not a number. "
        "Choose first, and take the logarithm of what was chosen.",
    ),
    Mistake(
        "the labels are swapped: p is the probability of a 1",
        in_="log_loss",
        old="np.where(y == 1, p, 1 - p)",
        new="np.where(y == 0, p, 1 - p)",
    ),
    Mistake(
        "only the 1s are counted: what was said of the 0s costs nothing",
        in_="log_loss",
        old="np.where(y == 1, p, 1 - p)",
        new="np.where(y == 1, p, 1)",
    ),
    Mistake(
        "clip is not used",
        in_="log_loss",
        old="np.clip(p, clip, 1 - clip)",
        new="p",
    ),
    Mistake(
        "clip is used at 0 only: a p of 1 stays as it is",
        in_="log_loss",
        old="np.clip(p, clip, 1 - clip)",
        new="np.maximum(p, clip)",
    ),
    Mistake(
        "infinity is hidden: probabilities are clipped though nobody asked for it",
        in_="log_loss",
        old="np.clip(p, clip, 1 - clip)",
        new="np.clip(p, max(clip, 1e-15), 1 - max(clip, 1e-15))",
    ),
    Mistake(
        "the logarithm is to base 2: that is in bits, not in nats",
        in_="log_loss",
        old="1 - p)))",
        new="1 - p))) / np.log(2)",
    ),
    Mistake(
        "the surprises are added and not divided by n",
        in_="log_loss",
        old="np.mean(",
        new="np.sum(",
    ),
    Mistake(
        "there is no floor at 0: being right by far is rewarded",
        in_="hinge",
        old="np.maximum(0, 1 - y * z)",
        new="1 - y * z",
    ),
    Mistake(
        "the margin is left out: being right by a hair costs nothing",
        in_="hinge",
        old="1 - y * z",
        new="-y * z",
    ),
    Mistake(
        "the sign is turned: the right side pays",
        in_="hinge",
        old="1 - y * z",
        new="1 + y * z",
    ),
    Mistake(
        "it is squared, which is another loss",
        in_="hinge",
        old="np.maximum(0, 1 - y * z)",
        new="np.maximum(0, 1 - y * z) ** 2",
    ),
    Mistake(
        "the label -1 is taken for a 0, so that its scores do not count",
        in_="hinge",
        old="y * z",
        new="np.maximum(y, 0) * z",
    ),
    Mistake(
        "it is the hinge of the mean, not the mean of the hinges",
        in_="hinge",
        old="np.mean(np.maximum(0, 1 - y * z))",
        new="np.maximum(0, np.mean(1 - y * z))",
    ),
    Mistake(
        "rows and columns are exchanged: a row is what it was",
        in_="confusion_matrix",
        old="k * i + j",
        new="k * j + i",
    ),
    Mistake(
        "each pair is counted once, however often it comes",
        in_="confusion_matrix",
        old="counts = np.bincount(k * i + j, minlength=k * k)  # (k * k,)",
        new="counts = np.zeros(k * k, int); counts[k * i + j] += 1",
        lesson="`counts[places] += 1` reads all the places, adds, and writes them back: a place "
        "that is named twice is written twice with the same number. np.bincount counts.",
    ),
    Mistake(
        "there is no room for the last places when nothing falls into them",
        in_="confusion_matrix",
        old=", minlength=k * k",
        new="",
    ),
    Mistake(
        "shares come out instead of counts",
        in_="confusion_matrix",
        old="counts.reshape(k, k)",
        new="counts.reshape(k, k) / len(i)",
    ),
    Mistake(
        "each row of data is a point of its own, also where scores are equal",
        in_="roc_curve",
        old="values, tie = np.unique(-scores, return_inverse=True)  # (m - 1,), (n,)",
        new="values, tie = np.sort(-scores), np.argsort(np.argsort(-scores))",
        lesson="A threshold cannot tell equal scores apart, so they become alarms together: one "
        "point, and a slanted line to it. A test with all scores equal shows it at once.",
    ),
    Mistake(
        "it begins at the lowest score instead of the highest",
        in_="roc_curve",
        old="np.unique(-scores, return_inverse=True)  # (m - 1,), (n,)",
        new="np.unique(scores, return_inverse=True)\n    values = -values",
    ),
    Mistake(
        "fpr and tpr are exchanged",
        in_="roc_curve",
        old="fp / fp[-1], tp / tp[-1]",
        new="tp / tp[-1], fp / fp[-1]",
    ),
    Mistake(
        "both are shares of all samples, not of the 0s and of the 1s",
        in_="roc_curve",
        old="fp / fp[-1], tp / tp[-1]",
        new="fp / len(y), tp / len(y)",
    ),
    Mistake(
        "false alarms are divided by all alarms instead of all 0s",
        in_="roc_curve",
        old="fp / fp[-1]",
        new="fp / np.maximum(fp + tp, 1)",
    ),
    Mistake(
        "the point at which nothing is an alarm is missing",
        in_="roc_curve",
        old="return fp / fp[-1], tp / tp[-1], np.insert(-values, 0, np.inf)",
        new="return fp[1:] / fp[-1], tp[1:] / tp[-1], -values",
    ),
    Mistake(
        "the first threshold is the highest score plus 1, not infinity",
        in_="roc_curve",
        old="np.insert(-values, 0, np.inf)",
        new="np.insert(-values, 0, 1 - values[0])",
    ),
    Mistake(
        "points on straight pieces are dropped",
        in_="roc_curve",
        old="return fp / fp[-1], tp / tp[-1], np.insert(-values, 0, np.inf)",
        new="bend = (np.diff(fp, 2) != 0) | (np.diff(tp, 2) != 0)\n"
        "    keep = np.concatenate([[True], bend, [True]])\n"
        "    return fp[keep] / fp[-1], tp[keep] / tp[-1], np.insert(-values, 0, np.inf)[keep]",
    ),
    Mistake(
        "equal scores get different ranks, by the order of the rows",
        in_="roc_auc",
        old="rank = (np.cumsum(times) - (times - 1) / 2)[tie]",
        new='rank = 1 + np.argsort(np.argsort(scores, kind="stable"), kind="stable")',
        lesson="Ranks by argsort depend on the order of the rows where scores are equal. Equal "
        "scores share the mean of their ranks, so that a tie is half a win.",
    ),
    Mistake(
        "a tie counts as a win: ranks are the highest of each tie",
        in_="roc_auc",
        old="np.cumsum(times) - (times - 1) / 2",
        new="np.cumsum(times)",
    ),
    Mistake(
        "a tie counts as a defeat: ranks are the lowest of each tie",
        in_="roc_auc",
        old="(times - 1) / 2)[tie]",
        new="(times - 1))[tie]",
    ),
    Mistake(
        "ties do not move the ranks above them: different scores are numbered",
        in_="roc_auc",
        old="(np.cumsum(times) - (times - 1) / 2)[tie]",
        new="tie + 1",
    ),
    Mistake(
        "the ranks count from the top, so that defeats are counted",
        in_="roc_auc",
        old="rank[y == 1]",
        new="(len(y) + 1 - rank)[y == 1]",
    ),
    Mistake(
        "ranks begin at 1, but what is taken off is for ranks from 0",
        in_="roc_auc",
        old="(ones + 1) / 2",
        new="(ones - 1) / 2",
    ),
    Mistake(
        "the pairs of a 1 with any sample are counted, not those with a 0",
        in_="roc_auc",
        old="(len(y) - ones)",
        new="len(y)",
    ),
    Mistake(
        "lines are drawn between the points: the area under them is too large",
        in_="average_precision",
        old="return np.sum(np.diff(tpr) * tp / (tp + fp))",
        new="precision = np.insert(tp / (tp + fp), 0, 1)\n"
        "    return np.sum(np.diff(tpr) * (precision[1:] + precision[:-1]) / 2)",
    ),
    Mistake(
        "the precisions are averaged over all thresholds, not over the 1s",
        in_="average_precision",
        old="np.sum(np.diff(tpr) * tp / (tp + fp))",
        new="np.mean(tp / (tp + fp))",
    ),
    Mistake(
        "shares are divided by shares, as if 1s and 0s were equally many",
        in_="average_precision",
        old="tp / (tp + fp)",
        new="tpr[1:] / (tpr[1:] + fpr[1:])",
    ),
    Mistake(
        "the numbers of 1s and 0s are exchanged",
        in_="average_precision",
        old="tp = tpr[1:] * y.sum()  # (m - 1,)\n    fp = fpr[1:] * (len(y) - y.sum())",
        new="tp = tpr[1:] * (len(y) - y.sum())\n    fp = fpr[1:] * y.sum()",
    ),
    Mistake(
        "each gain takes the precision of the threshold before it",
        in_="average_precision",
        old="np.diff(tpr) * tp / (tp + fp)",
        new="np.diff(tpr) * np.insert(tp / (tp + fp), 0, 1)[:-1]",
    ),
    Mistake(
        "each precision is replaced by the best one further on",
        in_="average_precision",
        old="tp / (tp + fp)",
        new="np.maximum.accumulate((tp / (tp + fp))[::-1])[::-1]",
    ),
    Mistake(
        "all groups weigh the same, however few samples they hold",
        in_="calibration_error",
        old="return np.abs(np.bincount(group, p - y)).sum() / len(y)",
        new="size = np.bincount(group)\n"
        "    return np.mean(np.abs(np.bincount(group, p - y)[size > 0] / size[size > 0]))",
    ),
    Mistake(
        "groups that say too much and groups that say too little cancel",
        in_="calibration_error",
        old="np.abs(np.bincount(group, p - y)).sum()",
        new="abs(np.bincount(group, p - y).sum())",
    ),
    Mistake(
        "each sample is compared with its own label: that is the mean absolute error",
        in_="calibration_error",
        old="np.bincount(group, p - y)",
        new="np.bincount(group, np.abs(p - y))",
    ),
    Mistake(
        "the middle of a group stands for the mean of its p",
        in_="calibration_error",
        old="p - y",
        new="(group + 0.5) / bins - y",
    ),
    Mistake(
        "p on an edge goes into the group above",
        in_="calibration_error",
        old="np.searchsorted(edges, p)",
        new='np.searchsorted(edges, p, side="right")',
    ),
    Mistake(
        "there is a group too few",
        in_="calibration_error",
        old="np.arange(1, bins) / bins",
        new="np.linspace(0, 1, max(bins, 2))[1:-1]",
    ),
    Mistake(
        "the groups hold equally many samples instead of being equally wide",
        in_="calibration_error",
        old="np.arange(1, bins) / bins",
        new="np.quantile(p, np.linspace(0, 1, bins + 1)[1:-1])",
    ),
    Mistake(
        "the worst group is returned instead of the mean over groups",
        in_="calibration_error",
        old="np.abs(np.bincount(group, p - y)).sum() / len(y)",
        new="np.max(np.abs(np.bincount(group, p - y) / np.maximum(np.bincount(group), 1)))",
    ),
    Mistake(
        "the two costs are exchanged",
        in_="cost_optimal_threshold",
        old="cost_false_positive * alarms + cost_false_negative * missed",
        new="cost_false_negative * alarms + cost_false_positive * missed",
    ),
    Mistake(
        "it cannot call nothing an alarm: infinity is left out",
        in_="cost_optimal_threshold",
        old="np.append(np.inf, np.unique(p)[::-1])",
        new="np.unique(p)[::-1]",
    ),
    Mistake(
        "it cannot call everything an alarm: the lowest p is left out",
        in_="cost_optimal_threshold",
        old="np.unique(p)[::-1])",
        new="np.unique(p)[:0:-1])",
    ),
    Mistake(
        "of thresholds that cost the same, the lowest is taken",
        in_="cost_optimal_threshold",
        old="np.append(np.inf, np.unique(p)[::-1])",
        new="np.append(np.unique(p), np.inf)",
    ),
    Mistake(
        "a p that equals the threshold is no alarm",
        in_="cost_optimal_threshold",
        old="np.searchsorted(ones, thresholds)  # (m,)\n"
        "    alarms = len(zeros) - np.searchsorted(zeros, thresholds)",
        new='np.searchsorted(ones, thresholds, "right")\n'
        '    alarms = len(zeros) - np.searchsorted(zeros, thresholds, "right")',
    ),
    Mistake(
        "equal p are cut apart, in the order of the rows",
        in_="cost_optimal_threshold",
        old="thresholds = np.append(np.inf, np.unique(p)[::-1])  # (m,)\n"
        "    ones, zeros = np.sort(p[y == 1]), np.sort(p[y == 0])\n"
        "    missed = np.searchsorted(ones, thresholds)  # (m,)\n"
        "    alarms = len(zeros) - np.searchsorted(zeros, thresholds)",
        new='order = np.argsort(-p, kind="stable")\n'
        "    thresholds = np.append(np.inf, p[order])\n"
        "    missed = y.sum() - np.append(0, np.cumsum(y[order]))\n"
        "    alarms = np.append(0, np.cumsum(1 - y[order]))",
    ),
    Mistake(
        "the 1s that are found are paid for, not those that are missed",
        in_="cost_optimal_threshold",
        old="missed = np.searchsorted(ones, thresholds)",
        new="missed = len(ones) - np.searchsorted(ones, thresholds)",
    ),
    Mistake(
        "the threshold comes from the costs alone, not from the data",
        in_="cost_optimal_threshold",
        old="cost.argmin()",
        new="np.abs(thresholds * (cost_false_positive + cost_false_negative)"
        " - cost_false_positive).argmin()",
    ),
    Mistake(
        "the cost of all samples together is returned, not of one in the mean",
        in_="cost_optimal_threshold",
        old="cost[best] / len(y)",
        new="cost[best]",
    ),
]

EXPLAIN = [
    Explain(
        "ties",
        why="each row of data is a point of its own, also where scores are equal",
        causes={
            "it begins at the lowest score instead of the highest": "The scores are turned round "
            "by a minus before they are sorted, so the highest comes first.",
            "the point at which nothing is an alarm is missing": "np.append puts a 0 in front of "
            "both counts.",
            "both are shares of all samples, not of the 0s and of the 1s": "The last entry of tp "
            "is the number of 1s, that of fp the number of 0s.",
        },
        takes="`y` holds labels 0 and 1 and `scores` as many scores; out comes how many points "
        "`roc_curve(y, scores)` has.",
        call=lambda code, y, scores: len(code.roc_curve(y, scores)[0]),
        example={"y": [1, 0, 1, 0], "scores": [4, 3, 2, 1]},
        witness={"y": [1, 0, 1, 0], "scores": [4, 3, 3, 1]},
    ),
    Explain(
        "pairs",
        why="each pair is counted once, however often it comes",
        causes={
            "rows and columns are exchanged: a row is what it was": "k * i + j walks along a row "
            "as j grows, so i is the row.",
            "there is no room for the last places when nothing falls into them": "np.zeros makes "
            "a place for each pair of classes.",
            "shares come out instead of counts": "Nothing is divided.",
        },
        takes="`y` and `y_hat` hold labels, as whole numbers; out comes "
        "`confusion_matrix(y, y_hat)`.",
        call=lambda code, y, y_hat: code.confusion_matrix(y, y_hat),
        example={"y": [0, 0, 1], "y_hat": [0, 1, 1]},
        witness={"y": [0, 0, 1], "y_hat": [1, 1, 1]},
    ),
    Explain(
        "certain",
        why="zero is multiplied by infinity: both logarithms are taken, where one counts",
        causes={
            "the labels are swapped: p is the probability of a 1": "y multiplies the surprise at "
            "p, and y is 1 where a 1 came true.",
            "the surprises are added and not divided by n": "np.mean divides by how many were "
            "added.",
            "clip is used at 0 only: a p of 1 stays as it is": "np.clip has both ends, clip and "
            "1 - clip.",
        },
        takes="`y` holds labels 0 and 1, `p` as many probabilities; out comes `log_loss(y, p)`.",
        call=lambda code, y, p: code.log_loss(y, p),
        example={"y": [1, 0], "p": [0.9, 0.2]},
        witness={"y": [1, 0], "p": [1.0, 0.2]},
    ),
]

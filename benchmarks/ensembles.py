"""Forests and boosting against scikit-learn and the textbook's loops, at equal scores.

    python benchmarks/ensembles.py [ROUNDS]

Ratios of processor time, one thread, runs alternating; below 1 ours is
faster. Bars: 3 against RandomForestClassifier, 4 against histogram gradient
boosting, 100 times faster than loops over thresholds and samples. Then a
million rows of 20 features: time for a row within 1.5 of that of a hundred
thousand, and the peak of what fit allocates.
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import sys
import time
import tracemalloc
from pathlib import Path
from statistics import mean, median

import numpy as np
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import bookdata
from solutions.ensembles import GradientBoosting, RandomForest


def numbers(n, d=20):
    """Return n samples of d features and a curved function of five of them, with noise."""
    rng = np.random.default_rng(0)
    X = rng.random((n, d))
    y = 10 * np.sin(np.pi * X[:, 0] * X[:, 1]) + 20 * (X[:, 2] - 0.5) ** 2
    return X, y + 10 * X[:, 3] + 5 * X[:, 4] + rng.normal(size=n)


def classes(n, k=2):
    """Return n samples of 20 features with k classes by the size of the same function."""
    X, y = numbers(n)
    return X, np.searchsorted(np.quantile(y, np.arange(1, k) / k), y)


def seconds_of(work):
    began = time.process_time()
    work()
    return time.process_time() - began


def compared(name, ours, theirs, parts, rounds, ask="score"):
    """Print the ratio of two ways of fitting, and both scores on what was held out."""
    X, y, X_new, y_new = parts
    times, scores = [], []
    for seed in range(rounds):
        models = ours(seed), theirs(seed)
        fits = (
            lambda m=models[0], s=seed: (
                m.fit(X, y, np.random.default_rng(s))
                if isinstance(m, RandomForest)
                else m.fit(X, y)
            ),
            lambda m=models[1]: m.fit(X, y),
        )
        times.append([seconds_of(fit) for fit in fits])
        scores.append([model.score(X_new, y_new) for model in models])
    ratio = median(row[0] / row[1] for row in times)
    both = [mean(column) for column in zip(*scores, strict=True)]
    print(f"{name:34} ours / scikit-learn {ratio:5.2f}   scores {both[0]:.4f} and {both[1]:.4f}")


def loop_tree(X, y, depth):
    """Return a tree of means as nested tuples: every threshold, every sample, in plain Python."""
    mean_y = sum(y) / len(y)
    best = None
    if depth:
        for j in range(len(X[0])):
            for t in sorted({row[j] for row in X})[:-1]:
                left = [b for a, b in zip(X, y, strict=True) if a[j] <= t]
                right = [b for a, b in zip(X, y, strict=True) if a[j] > t]
                miss = 0.0
                for side in (left, right):
                    middle = sum(side) / len(side)
                    miss += sum((b - middle) ** 2 for b in side)
                if best is None or miss < best[0]:
                    best = miss, j, t
    if best is None:
        return mean_y
    _, j, t = best
    sides = []
    for is_left in (True, False):
        rows = [i for i, row in enumerate(X) if (row[j] <= t) == is_left]
        sides.append(loop_tree([X[i] for i in rows], [y[i] for i in rows], depth - 1))
    return j, t, *sides


def loop_forest_tree(X, y, rng, s):
    """Return the number of nodes of a Gini tree, grown to the end in plain Python."""
    if len(set(y)) == 1:
        return 1
    best = None
    for j in rng.permutation(len(X[0]))[:s]:
        for t in sorted({row[j] for row in X})[:-1]:
            mixed = 0.0
            for is_left in (True, False):
                side = [b for a, b in zip(X, y, strict=True) if (a[j] <= t) == is_left]
                mixed += len(side) - sum(side.count(c) ** 2 for c in set(side)) / len(side)
            if best is None or mixed < best[0]:
                best = mixed, j, t
    if best is None:
        return 1
    _, j, t = best
    nodes = 1
    for is_left in (True, False):
        rows = [i for i, row in enumerate(X) if (row[j] <= t) == is_left]
        nodes += loop_forest_tree([X[i] for i in rows], [y[i] for i in rows], rng, s)
    return nodes


def textbook():
    """Print how much longer the loops take, for a tree of each kind at 2,000 rows."""
    X, y = numbers(2_000, 10)
    slow = seconds_of(lambda: loop_tree(X.tolist(), (y - y.mean()).tolist(), 3))
    model = GradientBoosting(20, 0.1, max_depth=3, min_leaf=1, l2=0)
    quick = seconds_of(lambda: model.fit(X, y)) / 20
    print(f"a boosted tree of 2,000 x 10, depth 3: the loop / ours {slow / quick:,.0f}")
    X, y = classes(2_000)
    rows = np.random.default_rng(0).integers(len(X), size=len(X))
    slow = seconds_of(
        lambda: loop_forest_tree(X[rows].tolist(), y[rows].tolist(), np.random.default_rng(0), 4)
    )
    quick = seconds_of(lambda: RandomForest(20).fit(X, y, np.random.default_rng(0))) / 20
    print(f"a forest's tree of 2,000 x 20, to the end: the loop / ours {slow / quick:,.0f}")


def growth():
    """Print seconds for a row and a round at two sizes, and the peak of fit's memory."""
    per_row = []
    for n in (100_000, 1_000_000):
        X, y = numbers(n)
        model = GradientBoosting(20)
        per_row.append(seconds_of(lambda m=model, X=X, y=y: m.fit(X, y)) / n / 20)
        tracemalloc.start()
        GradientBoosting(2).fit(X, y)
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        print(
            f"{n:9,} x 20: {per_row[-1] * 1e9:5.0f} ns for a row and round, peak {peak:,.0f} MiB "
            f"beside the {X.nbytes / 2**20:,.0f} MiB of X"
        )
    print(f"a row of the large table costs {per_row[1] / per_row[0]:.2f} of one of the small")


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    for name, trees, parts in [
        ("forest, digits", 100, bookdata.digits()),
        ("forest, 20,000 x 20, 2 classes", 20, split(*classes(25_000))),
        ("forest, 20,000 x 20, 3 classes", 20, split(*classes(25_000, 3))),
    ]:
        compared(
            name,
            lambda seed, t=trees: RandomForest(t),
            lambda seed, t=trees: RandomForestClassifier(t, random_state=seed),
            parts,
            rounds,
        )
    same = {"max_iter": 50, "max_depth": 6, "max_leaf_nodes": None, "early_stopping": False}
    for name, parts, loss, peer in [
        (
            "boosting, 100,000 x 20, squared",
            numbers(105_000),
            "squared",
            HistGradientBoostingRegressor,
        ),
        ("boosting, 100,000 x 20, log", classes(105_000), "log", HistGradientBoostingClassifier),
    ]:
        compared(
            name,
            lambda seed, k=loss: GradientBoosting(50, l2=0, min_leaf=20, loss=k),
            lambda seed, p=peer: p(learning_rate=0.1, **same),
            split(*parts),
            rounds,
        )
    textbook()
    growth()


def split(X, y, held=5_000):
    """Return the rows to learn from, and the last ones, held out."""
    return X[:-held], y[:-held], X[-held:], y[-held:]


if __name__ == "__main__":
    main()

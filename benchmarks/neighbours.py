"""Nearest neighbours against scikit-learn and a double loop, at the same answer.

    python benchmarks/neighbours.py [ROUNDS]

Ratios of processor time, one thread, runs alternating; below 1 ours is
faster. Bars: 1.1 against scikit-learn's brute force; 100 times faster than
the double loop of a textbook; a million rows cost no more than 1.5 times as
much for a row as few do, in bounded memory.
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import math
import sys
import time
import tracemalloc
from pathlib import Path
from statistics import median

import numpy as np
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import bookdata
from solutions.neighbours import KDTree, KNeighbors, nearest


def seconds_of(work):
    began = time.process_time()
    work()
    return time.process_time() - began


def ratio_of(ours, theirs, rounds):
    return median(seconds_of(ours) / seconds_of(theirs) for _ in range(rounds))


def double_loop(X, train, labels, k):
    """Predict as a textbook does: a loop over the queries with one over the rows inside."""
    answers = []
    for x in X:
        distances = []
        for i, row in enumerate(train):
            total = 0.0
            for s, t in zip(x, row, strict=True):
                total += (s - t) ** 2
            distances.append((math.sqrt(total), i))
        distances.sort()
        near = [labels[i] for _, i in distances[:k]]
        answers.append(max(near, key=near.count))
    return answers


def against_scikit_learn(rounds):
    rng = np.random.default_rng(0)
    for n, d, k in (
        (5_000, 20, 5),
        (20_000, 8, 5),
        (20_000, 20, 5),
        (20_000, 64, 3),
        (20_000, 20, 20),
        (60_000, 784, 3),
    ):
        X, train = rng.normal(size=(1000, d)), rng.normal(size=(n, d))
        theirs = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(train)
        D, near = nearest(X, train, k)
        other, places = theirs.kneighbors(X)
        same = bool((near == places).all()) and np.allclose(D, other)
        ratio = ratio_of(
            lambda X=X, t=train, k=k: nearest(X, t, k),
            lambda X=X, m=theirs: m.kneighbors(X),
            rounds if d < 100 else max(3, rounds // 3),
        )
        size = f"n {n:6,}  d {d:3}  k {k:2}"
        print(f"{size}   ours / scikit-learn {ratio:.2f}   (bar 1.1)   same: {same}")


def on_digits(rounds):
    X, y, X_test, _ = bookdata.digits()
    ours, theirs = KNeighbors(3).fit(X, y), KNeighborsClassifier(3, algorithm="brute").fit(X, y)
    ratio = ratio_of(lambda: ours.predict(X_test), lambda: theirs.predict(X_test), rounds)
    print(f"digits, predict              ours / scikit-learn {ratio:.2f}   (bar 1.1)")
    few = X_test[:5]
    slow = double_loop(few.tolist(), X.tolist(), y.tolist(), 3)
    assert slow == ours.predict(few).tolist()
    loop = seconds_of(lambda: double_loop(few.tolist(), X.tolist(), y.tolist(), 3)) / len(few)
    mine = median(seconds_of(lambda: ours.predict(X_test)) for _ in range(rounds)) / len(X_test)
    print(f"digits, double loop / ours   {loop / mine:,.0f}   (bar 100)")


def growing(rounds):
    rng = np.random.default_rng(0)
    per_row = {}
    for n in (20_000, 1_000_000):
        X, train = rng.normal(size=(512, 16)), rng.normal(size=(n, 16))
        best = min(seconds_of(lambda X=X, t=train: nearest(X, t, 5)) for _ in range(rounds))
        per_row[n] = best / n
        tracemalloc.start()
        nearest(X, train, 5)
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        print(f"n {n:9,}   peak {peak:4.0f} MB beside the data of {train.nbytes / 1e6:.0f} MB")
    ratio = per_row[1_000_000] / per_row[20_000]
    print(f"time for a training row, 1,000,000 / 20,000: {ratio:.2f}   (bar 1.5)")
    per_query, train = {}, rng.normal(size=(2_000, 16))
    for m in (20_000, 1_000_000):
        X = rng.normal(size=(m, 16))
        best = min(seconds_of(lambda X=X: nearest(X, train, 5)) for _ in range(2))
        per_query[m] = best / m
        tracemalloc.start()
        nearest(X, train, 5)
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        print(
            f"m {m:9,}   peak {peak:4.0f} MB beside the data, answers of {m * 5 * 16 / 1e6:.0f} MB"
        )
    ratio = per_query[1_000_000] / per_query[20_000]
    print(f"time for a query,        1,000,000 / 20,000: {ratio:.2f}   (bar 1.5)")


def trees(rounds):
    rng = np.random.default_rng(0)
    for d in (2, 3, 8):
        train, X = rng.random((500_000, d)), rng.random((256, d))
        tree = KDTree(train)
        found = [tree.query(x, 5) for x in X[:32]]
        assert all(
            (a[1] == b).all() for a, b in zip(found, nearest(X[:32], train, 5)[1], strict=True)
        )
        ours = median(
            seconds_of(lambda t=tree, X=X: [t.query(x, 5) for x in X[:32]]) / 32
            for _ in range(rounds)
        )
        brute = median(
            seconds_of(lambda t=train, X=X: nearest(X, t, 5)) / 256 for _ in range(rounds)
        )
        seen = np.mean([one[2] for one in found])
        print(
            f"500,000 points, d {d}: tree sees {seen:8,.0f}, brute force / tree {brute / ours:.2f}"
        )


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    against_scikit_learn(rounds)
    on_digits(rounds)
    growing(min(rounds, 5))
    trees(min(rounds, 5))


if __name__ == "__main__":
    main()

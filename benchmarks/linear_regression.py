"""Least squares against scikit-learn and a textbook's loops, at the same answer.

    python benchmarks/linear_regression.py [ROUNDS]

Ratios of processor time, one thread, runs alternating; below 1 ours is
faster. Bar against scikit-learn's LinearRegression: 1. The loops are
gradient descent as it is often first written, sample by sample and feature
by feature in Python; fit_gradient_descent takes the same steps. Bar: at
least 100 times faster.
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
from sklearn.linear_model import LinearRegression

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from solutions.linear_regression import fit_gradient_descent, fit_normal_equations, fit_qr


def problem(n, d):
    """Return n samples of d features with targets from a true plane."""
    rng = np.random.default_rng(0)
    X, w = rng.normal(size=(n, d)), rng.normal(size=d)
    return X, X @ w + 3 + rng.normal(size=n)


def loops(X, y, learning_rate, steps):
    """Gradient descent on lists, one number at a time."""
    n, d = len(X), len(X[0])
    w, b = [0.0] * d, 0.0
    for _ in range(steps):
        dw, db = [0.0] * d, 0.0
        for i in range(n):
            guess = b
            for j in range(d):
                guess += w[j] * X[i][j]
            error = guess - y[i]
            for j in range(d):
                dw[j] += error * X[i][j] / n
            db += error / n
        for j in range(d):
            w[j] -= learning_rate * dw[j]
        b -= learning_rate * db
    return np.array(w), b


def seconds_of(work):
    began = time.process_time()
    work()
    return time.process_time() - began


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    for n, d in ((1_000, 5), (20_000, 20), (20_000, 100)):
        X, y = problem(n, d)
        theirs = LinearRegression()
        ways = [
            lambda X=X, y=y, m=theirs: m.fit(X, y),
            lambda X=X, y=y: fit_normal_equations(X, y),
            lambda X=X, y=y: fit_qr(X, y),
        ]
        found = [way() for way in ways]
        apart = max(np.abs(w - theirs.coef_).max() for w, _ in found[1:])
        times = [[seconds_of(way) for way in ways] for _ in range(rounds)]
        ratios = [median(row[i] / row[0] for row in times) for i in (1, 2)]
        print(
            f"n {n:6,}  d {d:3}   fit_normal_equations / scikit-learn {ratios[0]:.2f}   "
            f"fit_qr / scikit-learn {ratios[1]:.2f}   weights apart by {apart:.0e}"
        )
    X, y = problem(5_000, 20)
    lists, steps = (X.tolist(), y.tolist()), 10
    w, b = loops(*lists, 0.1, steps)
    ours = fit_gradient_descent(X, y, 0.1, steps)
    apart = max(np.abs(w - ours[0]).max(), abs(b - ours[1]))
    pairs = [
        (
            seconds_of(lambda: loops(*lists, 0.1, steps)),
            seconds_of(lambda: [fit_gradient_descent(X, y, 0.1, steps) for _ in range(50)]) / 50,
        )
        for _ in range(min(rounds, 5))
    ]
    ratio = median(slow / fast for slow, fast in pairs)
    print(f"{steps} steps, n 5,000, d 20   loops / ours {ratio:.0f}   weights apart by {apart:.0e}")


if __name__ == "__main__":
    main()

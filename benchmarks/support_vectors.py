"""SMO against libsvm, at the same dual objective, with the same tolerance.

    python benchmarks/support_vectors.py [ROUNDS]

Ratios of processor time, one thread, runs alternating; below 1 ours is
faster. libsvm is C++ behind scikit-learn; there is no bar.
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
from sklearn import svm

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import bookdata
from solutions.support_vectors import SVC, dual_objective, rbf_kernel


def seconds_of(work):
    began = time.process_time()
    work()
    return time.process_time() - began


def problems():
    """Yield a name, samples and labels, and settings: digits and clothes."""
    digits = bookdata.digits()
    for digit, C, gamma in ((0, 10.0, 0.2), (8, 10.0, 0.4), (8, 1.0, 1.0)):
        yield f"digit {digit}", digits.X_train, digits.y_train == digit, C, gamma
    clothes = bookdata.fashion_mnist()
    rows = (clothes.y_train == 0) | (clothes.y_train == 6)
    X = clothes.X_train[rows].reshape(-1, 784) / 255
    yield "shirts", X, clothes.y_train[rows] == 6, 10.0, 0.02


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    for name, X, y, C, gamma in problems():
        ours, peer = SVC(C, gamma), svm.SVC(C=C, gamma=gamma)
        ways = [lambda m=m, X=X, y=y: m.fit(X, y) for m in (ours, peer)]
        times = [[seconds_of(way) for way in ways] for _ in range(rounds)]
        K, signs, reached = rbf_kernel(X, X, gamma), np.where(y, 1.0, -1.0), []
        for support, pulls in ((ours.support_, ours.beta_), (peer.support_, peer.dual_coef_[0])):
            beta = np.zeros(len(y))
            beta[support] = pulls
            reached.append(dual_objective(K, signs, beta))
        print(
            f"{name:8} n {len(X):5,}  C {C:4g}  gamma {gamma:4g}   ours / libsvm "
            f"{median(a / b for a, b in times):5.2f}   "
            f"dual apart by {abs(reached[0] / reached[1] - 1):.0e}"
        )


if __name__ == "__main__":
    main()

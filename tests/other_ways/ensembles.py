"""Ensembles solved another way: one draw, one cut, one sample at a time.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

import math

import numpy as np

from solutions.inputs import as_labels, as_matrix, as_rng, same_length, whole
from solutions.logistic_regression import two_classes
from solutions.trees import DecisionTree


def bootstrap_indices(n, rng):
    """Cut the unit interval into n parts, and see where n darts land."""
    rows = np.floor(rng.random(n) * n).astype(int)
    drawn = set(rows.tolist())
    return rows, np.array([i not in drawn for i in range(n)])


def best_cuts(G, H, is_allowed, l2=0.0):
    """Every node, feature and cut by itself; the sums of both sides anew."""

    def fall(G, H):
        return 0.0 if H + l2 <= 0 else float((G * G).sum() / (H + l2) / 2)

    m, _, d, b = G.shape
    found = []
    for node in range(m):
        best = 0, 0, -math.inf
        for j in range(d):
            g, h = G[node, :, j], H[node, j]
            whole = fall(g.sum(axis=1), h.sum())
            for i in range(b):
                gain = 0.0
                if is_allowed[node, j, i]:
                    gain = fall(g[:, : i + 1].sum(axis=1), h[: i + 1].sum()) - whole
                    gain += fall(g[:, i + 1 :].sum(axis=1), h[i + 1 :].sum())
                if gain > best[2] + 1e-12:
                    best = j, i, gain
        found.append(best)
    features, cuts, gains = zip(*found, strict=True)
    return np.array(features), np.array(cuts), np.array(gains)


class RandomForest:
    """Only what differs from the exercise."""

    def fit(self, X, y, rng=None):
        """Draw all rows first, then grow all trees."""
        X, rng = as_matrix(X), as_rng(rng)
        whole("n_trees", self.n_trees, low=1)
        self.classes_, y = as_labels(X, y)
        self.edges_, bins = bin_features(X, most=64)  # noqa: F821, the exercise's own
        draws = rng.integers(0, len(X), (self.n_trees, len(X)))
        counts = [np.bincount(rows, minlength=len(X)) for rows in draws]
        self.is_out_ = np.array(counts) == 0
        self.trees_ = [self.grow_tree(np.take(bins, r, axis=1), y[r], rng) for r in draws]
        return self


def out_of_bag_score(forest, X, y):
    """Ask, for each row, the trees that have not seen it."""
    X = as_matrix(X)
    hits = []
    for i, label in enumerate(same_length(X, y)):
        shares = [
            tree.predict_proba(X[i : i + 1])[0]
            for tree, out in zip(forest.trees_, forest.is_out_, strict=True)
            if out[i]
        ]
        if shares:
            hits.append(forest.classes_[np.argmax(np.mean(shares, axis=0))] == label)
    return sum(hits) / len(hits) if hits else math.nan


def permutation_importance(model, X, y, rng, repeats=5):
    """By feature first, with an order of the rows in place of shuffled values."""
    X = as_matrix(X)
    columns = []
    for j in range(X.shape[1]):
        scores = []
        for _ in range(repeats):
            order = np.argsort(rng.random(len(X)))
            mixed = np.column_stack([X[:, :j], X[order, j], X[:, j + 1 :]])
            scores.append(model.score(mixed, y))
        columns.append(scores)
    return model.score(X, y) - np.array(columns).T


class AdaBoost:
    """Only what differs from the exercise."""

    def fit(self, X, y):
        """As Freund and Schapire have it: shrink the weights of what was right."""
        X = as_matrix(X)
        self.classes_, y = two_classes(X, y)
        self.trees_, self.alphas_, self.first_ = [], [], X[0]
        weight = np.ones(len(X))
        while len(self.trees_) < self.rounds:
            p = weight / math.fsum(weight)
            tree = DecisionTree(max_depth=1)
            right = tree.fit(X, y, p).predict(X) == y
            if right.all():
                self.trees_, self.alphas_ = [tree], [1.0]
                return self
            error = float(p @ ~right)
            if error > 0.5 - 1e-9:
                return self
            beta = error / (1 - error)
            self.trees_.append(tree)
            self.alphas_.append(-math.log(beta))
            weight = np.where(right, p * beta, p)
        return self


class GradientBoosting:
    """Only what differs from the exercise."""

    def fit(self, X, y):
        """Keep what is left to explain; the scores are not kept but found by the trees."""
        bins, y = self.prepare(X, y)
        X, self.trees_ = as_matrix(X), []
        while len(self.trees_) < self.rounds:
            z = self.start_ + np.zeros(len(y))
            for tree in self.trees_:
                z += self.learning_rate * tree.predict(X)
            self.trees_.append(self.grow(bins, *slopes(self.loss, y, z))[0])  # noqa: F821
        return self

"""Trees solved another way: one threshold, one node, one row at a time.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

import math

import numpy as np

from solutions.inputs import NotFittedError, as_floats, fitted
from solutions.trees import midway, subtree_ends, write_rule


def gini(p):
    """The sum of p (1 - p): a draw of each class, and then another."""
    p = as_floats(p, "p")
    return np.einsum("...k,...k->...", p, 1 - p)


def gain(left, n_left, total, n, impurity=gini):
    """Each side's part of the fall, by the share of the samples that it has."""
    left, share = np.asarray(left), np.asarray(n_left) / n
    right = np.asarray(total) - left
    before = impurity(np.asarray(total) / n)
    falls = [
        part * (before - impurity(sums / np.expand_dims(part * n, -1)))
        for part, sums in ((share, left), (1 - share, right))
    ]
    return falls[0] + falls[1]


def best_split(X, Y, weight, impurity=gini, min_leaf=1):
    """The textbook's three loops: features, thresholds, samples on either side."""
    found = -1, float("nan"), 0.0
    best = -math.inf
    Z = Y * weight[:, None]
    for j in range(X.shape[1]):
        values = sorted(set(X[:, j].tolist()))
        for low, high in zip(values[:-1], values[1:], strict=True):
            is_left = X[:, j] <= low
            few = min(is_left.sum(), len(X) - is_left.sum())
            if few < min_leaf:
                continue
            fall = gain(
                Z[is_left].sum(axis=0),
                weight[is_left].sum(),
                Z.sum(axis=0),
                weight.sum(),
                impurity,
            )
            if fall > best + 1e-12:
                best, found = fall, (j, midway(low, high), fall)
    return found


class DecisionTree:
    """Only what differs from the exercise."""

    def grow(self, X, Y, weight):
        """By recursion: a node, then all of its left side, then its right."""

        def part(rows, depth, parent, side):
            node = self.add_node(Y[rows], weight[rows], parent, side)
            if not self.is_done(Y[rows], depth):
                feature, threshold = self.choose_split(X, Y, weight, rows)
                if feature >= 0:
                    self.feature_[node] = feature
                    self.threshold_[node] = threshold
                    goes = [row for row in rows if X[row, feature] <= threshold]
                    stays = [row for row in rows if X[row, feature] > threshold]
                    part(np.array(goes), depth + 1, node, "left_")
                    part(np.array(stays), depth + 1, node, "right_")

        part(np.arange(len(X)), 0, None, None)
        return len(self.left_)

    def apply(self, X):
        """Each row walks down on its own."""
        X = fitted(self, "is_flag_", X)
        leaves = []
        for x in X:
            node = 0
            while self.left_[node] != -1:
                right = x[self.feature_[node]] > self.threshold_[node]
                node = int(self.right_[node] if right else self.left_[node])
            leaves.append(node)
        return np.array(leaves)


def prune(tree):
    """Fold all weakest questions at once, and count every subtree anew."""
    if not hasattr(tree, "feature_"):
        raise NotFittedError("this tree has not been grown: call fit first")
    R = tree.weight_ * tree.impurity_ / tree.weight_[0]
    inner, price, ends = set(np.flatnonzero(tree.feature_ >= 0)), {}, subtree_ends(tree)

    def leaves(node):
        """Return the number of leaves under a node, and the sum of their R."""
        if node not in inner:
            return 1, R[node]
        left, right = leaves(tree.left_[node]), leaves(tree.right_[node])
        return left[0] + right[0], left[1] + right[1]

    alpha = 0.0
    while inner:
        links = {}
        for node in inner:
            count, below = leaves(node)
            links[node] = (R[node] - below) / (count - 1)
        alpha = max(alpha, min(links.values()))
        for node in [t for t, link in links.items() if link <= alpha + 1e-14]:
            for under in inner & set(range(node, ends[node])):
                price[under] = alpha
                inner.discard(under)
    return np.array([price.get(node, 0.0) for node in range(len(R))])


def export_rules(tree, names):
    """By recursion, with a list of the questions, tightened at the leaf."""

    def rules(node, questions):
        f, t = int(tree.feature_[node]), float(tree.threshold_[node])
        if tree.left_[node] == -1:
            bounds = {}
            for feature, threshold, is_left in questions:
                low, high = bounds.get(feature, (-math.inf, math.inf))
                if is_left:
                    high = min(high, threshold)
                else:
                    low = max(low, threshold)
                bounds[feature] = low, high
            return [write_rule(tree, node, bounds, names)]
        left = rules(tree.left_[node], [*questions, (f, t, True)])
        return left + rules(tree.right_[node], [*questions, (f, t, False)])

    fitted(tree, "is_flag_", np.zeros((1, len(names))))
    return rules(0, [])

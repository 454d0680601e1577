"""Ensembles: many trees that vote, or that each mend what others missed.

Throughout: n samples, d features, k classes, m nodes of a level of a tree.
    X (n, d) inputs          y (n,) labels, or numbers to predict
    bins (d, n) how many edges of its feature lie below a value; b of them
    z (n,) scores            g, h (n,) slope and curvature of the loss in z
    G, H their sums          l2 () strength of the penalty on leaves
    rows (n,) drawn          weight (n,), and alpha () the voice of a tree
A bin up to the cut goes left. A leaf has feature -1.

Sources: Breiman, Random forests (2001); Freund and Schapire (1997) and
Friedman (2001) on boosting; Chen and Guestrin, XGBoost (2016); Hastie,
Tibshirani and Friedman, The Elements of Statistical Learning (2nd ed.,
2009), chapters 10 and 15.
"""

from itertools import zip_longest

import numpy as np

from solutions.inputs import (
    as_labels,
    as_matrix,
    as_rng,
    as_vector,
    fitted,
    in_range,
    same_length,
    whole,
)
from solutions.logistic_regression import sigmoid, two_classes
from solutions.trees import DecisionTree


def bootstrap_indices(n, rng):
    """Draw n of n samples, with replacement; say which were left out.

    Parameters
    ----------
    n : int
    rng : numpy.random.Generator

    Returns
    -------
    rows : array, shape (n,)
    is_out : array, shape (n,)
        True for the samples that were never drawn.

    References
    ----------
    Breiman (2001), 3.1.
    """
    # your turn (warm-up)
    # hint: rng.integers(n, size=n) draws with replacement.
    # hint: Begin with n times True, and set False where rows points.
    rows = rng.integers(n, size=n)
    is_out = np.ones(n, dtype=bool)
    is_out[rows] = False
    return rows, is_out


def best_cuts(G, H, is_allowed, l2=0.0):
    """Find for each node the feature, and the bin after which to cut.

    Parameters
    ----------
    G : array, shape (m, k, d, b)
        Summed over each of b bins, in a channel for each class.
    H : array, shape (m, d, b)
    is_allowed : array, shape (m, d, b)
        Whether the node may be cut after this bin.
    l2 : float

    Returns
    -------
    feature : array, shape (m,)
    cut : array, shape (m,)
        The first feature, and its lowest cut, of equally good ones.
    gain : array, shape (m,)
        By how much the loss falls; 0 where no cut does good.

    References
    ----------
    Chen and Guestrin (2016), eq. 7.
    """

    # your turn (stretch)
    # hint: cumsum along the last axis sums up the left sides. Its last
    # entry, kept as [..., -1:], is the whole node; the rest is right.
    # hint: Write a function for the sum of squares of G over axis 1, by
    # 2 (H + l2); np.maximum(H + l2, 1e-300) is safe to divide by.
    # hint: reshape(len(H), -1).argmax(axis=1) is a place; np.divmod by
    # H.shape[-1] turns it into feature and cut.
    def fall(G, H):
        squares = np.einsum("mkdb,mkdb->mdb", G, G)
        return squares / np.maximum(H + l2, 1e-300) / 2

    left, h_left = G.cumsum(axis=-1), H.cumsum(axis=-1)
    total, h_total = left[..., -1:], h_left[..., -1:]
    gain = fall(left, h_left) + fall(total - left, h_total - h_left)
    gain = np.where(is_allowed, gain - fall(total, h_total), 0)
    place = gain.reshape(len(H), -1).argmax(axis=1)
    feature, cut = np.divmod(place, H.shape[-1])
    return feature, cut, gain[np.arange(len(H)), feature, cut]


def bin_features(X, most=256):
    """Return edges (d, b) between values, or at quantiles where those are
    too many, then infinity; and how many are below each value (d, n)."""
    edges, bins = [], np.empty(X.T.shape, np.uint8)
    for j, x in enumerate(X.T):
        values = np.unique(x)
        between = values[:-1] / 2 + values[1:] / 2
        if len(values) > most:
            share = np.arange(1, most) / most
            between = np.unique(np.quantile(x, share, method="lower"))
        edges.append([*between, np.inf])
        bins[j] = np.searchsorted(between, x)
    table = list(zip_longest(*edges, fillvalue=np.inf))
    return np.array(table, X.dtype).T, bins


def count_bins(bins, group, weight, m, b):
    """Return the sums (m, d, b) of the weights, by group, feature, bin."""
    sums = np.zeros(m * len(bins) * b, weight.dtype)
    cell = group * (len(bins) * b)  # of feature 0, bin 0
    for column in bins:
        np.add.at(sums, cell + column, weight)
        cell += b
    return sums.reshape(m, len(bins), b)


def level_sums(data, rows, group, m, drawn=None, parents=None):
    """Return the sums (m, k, d, b) of the weights in the nodes of a level.

    drawn (m, s) are the features to search in each node, if not all. With
    parents, from a level up, only the smaller side of each is counted.
    """
    bins, b, weight, channel, k = data
    if parents is not None:
        small = np.bincount(group, minlength=m).reshape(-1, 2).argmin(1)
        chosen = small[group // 2] == group % 2
        rows, group, m = rows[chosen], group[chosen] // 2, m // 2
    bins = bins[:, rows] if drawn is None else bins[drawn.T[:, group], rows]
    group = group * k + channel[rows]
    sums = count_bins(bins, group, weight[rows], m * k, b)
    sums = sums.reshape(m, k, len(bins), b)
    if parents is None:
        return sums
    both = np.stack([sums, parents - sums], axis=1)  # (m, 2, k, d, b)
    both[small == 1] = both[small == 1, ::-1]
    return both.reshape(2 * m, *sums.shape[1:])


class Ensemble:
    """What all have in common: growing a tree, answers, a score."""

    max_depth, min_leaf, l2 = None, 1, 0.0

    def predict(self, X):
        """Return the most probable label of each row, shape (n,)."""
        p = self.predict_proba(X)
        return self.classes_[p.argmax(axis=1)]

    def predict_proba(self, X):
        """Return the probabilities (n, 2): the scores are log-odds."""
        p = sigmoid(self.scores(X))
        return np.column_stack([1 - p, p])

    def score(self, X, y):
        """Return the accuracy for labels, R squared for numbers."""
        y_hat, y = self.predict(X), same_length(as_matrix(X), y)
        if self.classes_ is not None:
            return float(np.mean(y_hat == y))
        return float(1 - np.mean((y - y_hat) ** 2) / np.var(y))

    def grow(self, bins, g, h, channel=None, k=1, draw=None):
        """Grow a tree, a level at a time; return it and the leaves (n,).

        With k classes, channel (n,) says which, and h is -g. draw(m) are
        the features (m, s) to search, all unless given.
        """
        n, m, first, sums, levels = len(g), 1, 0, None, []
        leaf, rows, group = np.zeros(n, int), np.arange(n), np.zeros(n, int)
        channel = group if channel is None else channel
        weight = g + 1j * h if k == 1 else g  # a complex sum is two sums
        data = bins, self.edges_.shape[1], weight, channel, k
        noise = 1e-12 * (g @ g) / max(h.mean(), 1e-9)
        while m:
            leaf[rows] = first + group
            found = np.full(m, -1), np.zeros(m, int), np.zeros(m), None
            if len(levels) != self.max_depth:
                level = rows, group, m, draw and draw(m), sums
                found = self.search(data, *level)
            feature, cut, gain, sums = found
            split = gain > noise
            place = 2 * split.cumsum() - 2  # of its left side, below
            left = np.where(split, first + m + place, -1)
            levels.append((np.where(split, feature, -1), cut, left, gain))
            rows, group = rows[split[group]], group[split[group]]
            right = bins[feature[group], rows] > cut[group]
            group, first = place[group] + right, first + m
            m = 2 * split.sum()
            sums = None if sums is None else sums[split]
        return self.as_tree(levels, leaf, data), leaf

    def search(self, data, rows, group, m, drawn, parents):
        """Return feature, cut, gain (m,) of the best splits, and sums."""
        sums = level_sums(data, rows, group, m, drawn, parents)
        H = (sums.imag if data[-1] == 1 else -sums).sum(axis=1)  # (m, d, b)
        left = H.cumsum(axis=-1)
        light = np.minimum(left, left[..., -1:] - left) < self.min_leaf
        feature, cut, gain = best_cuts(sums.real, H, ~light, self.l2)
        beyond = np.arange(H.shape[-1]) > cut[:, None]
        after = (beyond & (H[range(m), feature] > 1e-9)).argmax(axis=1)
        cut = np.maximum(cut, (cut + after - 1) // 2)  # midway to the next
        if drawn is not None:
            feature, sums = drawn[range(m), feature], None
        return feature, cut, gain, sums

    def as_tree(self, levels, leaf, data):
        """Return a DecisionTree; mean_ (nodes, k) is what leaves say."""
        nodes = [np.concatenate(part) for part in zip(*levels, strict=True)]
        tree, (feature, cut, left, tree.gain_) = DecisionTree(), nodes
        tree.feature_, tree.threshold_ = feature, self.edges_[feature, cut]
        tree.left_, tree.right_ = left, np.where(left < 0, -1, left + 1)
        tree.classes_, tree.is_flag_ = None, np.zeros(len(data[0]), bool)
        weight, channel, k = data[2:]
        sums = count_bins([channel], leaf, weight, len(left), k)[:, 0]
        H = (sums.imag if k == 1 else -sums).sum(axis=1) + self.l2
        tree.mean_ = -sums.real / np.maximum(H, 1e-300)[:, None]
        return tree


class RandomForest(Ensemble):
    """Let trees vote that saw other rows, and at each node other features,
    the root of d of them unless max_features is given.

    Learned: classes_ (k,), edges_, trees_, and is_out_ (n_trees, n).
    """

    def __init__(self, n_trees=100, max_features=None):
        self.n_trees = n_trees
        self.max_features = max_features

    def fit(self, X, y, rng=None):
        """Grow each tree on a bootstrap sample of its own.

        Parameters
        ----------
        X : array, shape (n, d)
        y : array, shape (n,)
        rng : numpy.random.Generator

        Returns
        -------
        self : RandomForest

        References
        ----------
        Breiman (2001), 3 and 4.
        """
        n_trees, rng = whole("n_trees", self.n_trees, low=1), as_rng(rng)
        X = as_matrix(X)
        self.classes_, y = as_labels(X, y)  # y (n,) places in classes_
        self.edges_, bins = bin_features(X, most=64)
        # your turn (core)
        # hint: For each tree draw rows and is_out by bootstrap_indices.
        # hint: Columns of bins are samples: self.grow_tree(bins[:, rows],
        # y[rows], rng) is the tree. Keep all of them, and the masks.
        trees, masks = [], []
        for _ in range(n_trees):
            rows, is_out = bootstrap_indices(len(X), rng)
            trees.append(self.grow_tree(bins[:, rows], y[rows], rng))
            masks.append(is_out)
        self.trees_, self.is_out_ = trees, np.array(masks)
        return self

    def grow_tree(self, bins, y, rng):
        """Return a tree; slopes -1 and curvatures 1 gain as Gini does."""
        d, k, ones = len(bins), len(self.classes_), np.ones(len(y))
        s = int(d**0.5) if self.max_features is None else self.max_features
        s = whole("max_features", s, 1, d)
        draw = lambda m: rng.random((m, d)).argsort(axis=1)[:, :s]  # noqa: E731
        return self.grow(bins, -ones, ones, y, k, draw)[0]

    def predict_proba(self, X):
        """Return the mean of the trees' shares (n, k), as in classes_."""
        X, n_trees = fitted(self, "edges_", X), len(self.trees_)
        return sum(tree.predict_proba(X) for tree in self.trees_) / n_trees


def out_of_bag_score(forest, X, y):
    """Return the accuracy where only trees vote that have not seen a row.

    Parameters
    ----------
    forest : RandomForest
    X : array, shape (n, d)
        The rows that it was fitted on.
    y : array, shape (n,)

    Returns
    -------
    score : float
        Over the rows that some tree has not seen; NaN without any.

    References
    ----------
    Breiman (2001), 3.1.
    """
    X = fitted(forest, "edges_", X)
    y, is_out = same_length(X, y), forest.is_out_
    whole("the number of rows", len(X), *is_out.shape[1:] * 2)
    # your turn (core)
    # hint: Add up tree.predict_proba(X), (n, k), over forest.trees_, each
    # times its row of is_out.
    # hint: argmax of that is a place in forest.classes_; it counts in the
    # rows where is_out.any(axis=0).
    total = 0.0
    for tree, out in zip(forest.trees_, is_out, strict=True):
        total = total + tree.predict_proba(X) * out[:, None]  # (n, k)
    hits = forest.classes_[total.argmax(axis=1)] == y
    known = is_out.any(axis=0)
    return float(hits[known].mean()) if known.any() else np.nan


def permutation_importance(model, X, y, rng, repeats=5):
    """Return by how much the score falls when one feature is shuffled.

    Parameters
    ----------
    model : fitted, with a method score(X, y)
    X : array, shape (n, d)
    y : array, shape (n,)
    rng : numpy.random.Generator
    repeats : int

    Returns
    -------
    fall : array, shape (repeats, d)

    References
    ----------
    Breiman (2001), 10.
    """
    X, rng = as_matrix(X), as_rng(rng)
    y, shape = same_length(X, y), (whole("repeats", repeats, 1), X.shape[1])
    # your turn (core)
    # hint: Score X once as it is.
    # hint: Then for each repeat and feature a copy of X, in which
    # rng.permutation has shuffled that one column.
    before, fall = model.score(X, y), np.zeros(shape)
    for i, j in np.ndindex(shape):
        mixed = X.copy()
        mixed[:, j] = rng.permutation(X[:, j])
        fall[i, j] = before - model.score(mixed, y)
    return fall


class AdaBoost(Ensemble):
    """Tell two classes apart by trees of one question, in turn.

    Learned: classes_ (2,), trees_ and alphas_, of equal length.
    """

    def __init__(self, rounds=50):
        self.rounds = rounds

    def fit(self, X, y):
        """Grow trees in turn, each time with more weight on what was wrong.

        Parameters
        ----------
        X : array, shape (n, d)
        y : array, shape (n,)

        Returns
        -------
        self : AdaBoost
            A tree without error stays alone, with alpha 1; one whose error
            is 1/2, within 1e-9, is not kept. Nothing follows either.

        References
        ----------
        Freund and Schapire (1997), figure 2; Hastie et al. (2009), 10.1.
        """
        X, rounds = as_matrix(X), whole("rounds", self.rounds, low=1)
        self.classes_, y = two_classes(X, y)  # y (n,) of 0 and 1
        self.trees_, self.alphas_, self.first_ = [], [], X[0]
        # your turn (core)
        # hint: All weights begin as 1 / n, and sum to 1 after each round.
        # hint: DecisionTree(max_depth=1).fit(X, y, weight) predicts 0 and
        # 1; its error is the weight of what it gets wrong.
        # hint: weight * np.exp(alpha * wrong) is louder where it was wrong.
        weight = np.full(len(X), 1 / len(X))
        for _ in range(rounds):
            tree = DecisionTree(max_depth=1).fit(X, y, weight)
            wrong = tree.predict(X) != y
            error = weight[wrong].sum()
            if error == 0:
                self.trees_, self.alphas_ = [tree], [1.0]
            if error == 0 or error > 0.5 - 1e-9:
                break
            alpha = np.log((1 - error) / error)
            self.trees_.append(tree)
            self.alphas_.append(alpha)
            weight = weight * np.exp(alpha * wrong)
            weight = weight / weight.sum()
        return self

    def scores(self, X):
        """Return the alphas for classes_[1] less those against it, (n,)."""
        z = np.zeros(len(fitted(self, "first_", X)))
        for alpha, tree in zip(self.alphas_, self.trees_, strict=True):
            z += alpha * (2 * tree.predict(X) - 1)
        return z


def slopes(loss, y, z):
    """Return slope and curvature (n,) of the loss of each score."""
    if loss == "squared":  # (z - y) ** 2 / 2
        return z - y, np.ones(len(y))
    p = sigmoid(z)  # -log p(the right label)
    return p - y, p * (1 - p)


class GradientBoosting(Ensemble):
    """Walk down a loss by trees: "squared" for numbers, "log" for labels.

    min_leaf is the curvature, with squared loss the samples, of a leaf at
    least. Learned: classes_ (2,) or None, edges_, start_ () and trees_.
    """

    def __init__(self, rounds=100, learning_rate=0.1, max_depth=6,
                 min_leaf=5, l2=1.0, loss="squared"):  # fmt: skip
        self.rounds = rounds
        self.learning_rate = learning_rate
        self.max_depth = max_depth
        self.min_leaf = min_leaf
        self.l2 = l2
        self.loss = loss

    def prepare(self, X, y):
        """Check all, learn classes_, edges_, start_; return bins and y."""
        whole("rounds", self.rounds, low=1)
        whole("max_depth", self.max_depth, low=1)
        in_range("learning_rate", self.learning_rate, above=0)
        in_range("min_leaf", self.min_leaf, above=0)
        in_range("l2", self.l2, low=0)
        if self.loss not in ("squared", "log"):
            raise ValueError(f"loss must be squared or log: {self.loss!r}")
        X, self.classes_ = as_matrix(X), None
        if self.loss == "log":
            self.classes_, y = two_classes(X, y)
            self.start_ = np.log(y.mean() / (1 - y.mean()))
        else:
            y = as_vector(same_length(X, y), "y")
            self.start_ = y.mean()
        self.edges_, bins = bin_features(X)
        return bins, y

    def fit(self, X, y):
        """Take `rounds` steps, each the learning rate times a tree.

        Parameters
        ----------
        X : array, shape (n, d)
        y : array, shape (n,)

        Returns
        -------
        self : GradientBoosting

        References
        ----------
        Friedman (2001), algorithm 1; Chen and Guestrin (2016), 2.2.
        """
        bins, y = self.prepare(X, y)
        # your turn (core)
        # hint: All scores begin at self.start_; slopes gives g and h.
        # hint: self.grow(bins, g, h) returns a tree and each row's leaf;
        # the learning rate times tree.mean_[leaf, 0] goes to the scores.
        z, self.trees_ = np.full(len(y), self.start_), []
        for _ in range(self.rounds):
            tree, leaf = self.grow(bins, *slopes(self.loss, y, z))
            z = z + self.learning_rate * tree.mean_[leaf, 0]
            self.trees_.append(tree)
        return self

    def scores(self, X):
        """Return the scores (n,) after the last round."""
        X = fitted(self, "edges_", X)
        steps = sum(tree.predict(X) for tree in self.trees_)
        return self.start_ + self.learning_rate * steps

    def predict(self, X):
        """Return the number, or the more probable label, of each row."""
        answer = super().predict if self.loss == "log" else self.scores
        return answer(X)

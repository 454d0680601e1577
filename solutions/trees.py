"""Decision trees: questions that sort the samples into pure groups.

Throughout: n samples, d features, k classes, in a node m of the samples.
    X (n, d) inputs          y (n,) labels, or numbers to predict
    Y (n, k) one-hot labels, or the numbers as (n, 1)    weight (n,)
    p (k,) shares of the classes in a node: the mean of its rows of Y
    R (nodes,) share of the samples in each node, times its impurity
    alpha () what a leaf costs    price (nodes,) alpha that folds a node
The root is node 0; a node comes before what is below it, its left side
before its right. Rows up to the threshold go left; a leaf has feature -1.

Sources: Breiman, Friedman, Olshen and Stone, Classification and Regression
Trees (1984), chapters 2, 3 and 8; Hastie, Tibshirani and Friedman, The
Elements of Statistical Learning (2nd ed., 2009), 9.2.
"""

from copy import copy

import numpy as np

from solutions.arrays import one_hot
from solutions.inputs import (
    NotFittedError,
    as_floats,
    as_matrix,
    as_rng,
    as_vector,
    fitted,
    in_range,
    same_length,
    whole,
)
from solutions.probability import entropy

NODES = "feature_ threshold_ left_ right_ mean_ weight_ impurity_".split()


def gini(p):
    """Return how often two draws from a node differ in their class.

    Parameters
    ----------
    p : array, shape (..., k)
        Shares of the classes, which sum to one along the last axis.

    Returns
    -------
    impurity : array, shape (...)

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), eq. 9.17.
    """
    p = as_floats(p, "p")
    # your turn (warm-up)
    # hint: Both draws are of class c with probability p_c times p_c.
    # hint: One minus the sum of p * p over the last axis: the classes.
    return 1 - (p * p).sum(axis=-1)


def minus_square(mean):
    """Return a variance without the mean square, which splits keep."""
    return -(mean * mean).sum(axis=-1)


def surprise(mean):
    """Return the entropy of shares whose last digits may be off."""
    p = np.maximum(mean, 0)
    return entropy(p / p.sum(axis=-1, keepdims=True))


def impurity_called(name):
    """Return the function of a mean of Y that goes by this name."""
    known = {"gini": gini, "entropy": surprise, "variance": minus_square}
    if name not in known:
        raise ValueError(
            f"impurity must be one of {', '.join(known)}, not {name!r}"
        )
    return known[name]


def gain(left, n_left, total, n, impurity=gini):
    """Return by how much splits lower the impurity, in the weighted mean.

    Parameters
    ----------
    left : array, shape (..., k)
        The sum of Y over the left side of each split.
    n_left : array, shape (...)
        The weight of that side, above 0 and below n; or one number.
    total : array, shape (k,)
    n : float
        The same for all samples in the node.
    impurity : function
        Of means along the last axis, as gini.

    Returns
    -------
    fall : array, shape (...)

    References
    ----------
    Breiman et al. (1984), chapter 2.
    """
    left, n_left = np.asarray(left), np.asarray(n_left)
    # your turn (core)
    # hint: On the right is what is left over: total - left, n - n_left.
    # hint: impurity wants shares: left / n_left[..., None].
    # hint: From impurity(total / n) goes each side's, times its share of n.
    right, n_right = total - left, n - n_left
    inside = n_left * impurity(left / n_left[..., None])
    inside = inside + n_right * impurity(right / n_right[..., None])
    return impurity(total / n) - inside / n


def midway(low, high):
    """Return t with low <= t < high, midway where there is a float."""
    t = low / 2 + high / 2  # low + high might overflow
    return t if low <= t < high else low


def best_split(X, Y, weight, impurity=gini, min_leaf=1):
    """Find the feature and the threshold with the largest gain.

    Parameters
    ----------
    X : array, shape (m, d)
    Y : array, shape (m, k)
    weight : array, shape (m,)
    impurity : function
    min_leaf : int
        Neither side may have fewer samples.

    Returns
    -------
    feature : int
        The first of equally good ones; -1 where none can split.
    threshold : float
        Midway between two values, the lowest of equally good ones; or NaN.
    best : float
        The gain; 0 without a split.

    References
    ----------
    Breiman et al. (1984), chapter 2; chapter 8 for numbers.
    """
    m, order = len(X), X.T.argsort(axis=1)  # (d, m)
    # your turn (stretch)
    # hint: V = np.sort(X.T, axis=1) has the values as `order` has the rows.
    # A cut after position i is possible where value i + 1 is greater.
    # hint: cut = V[:, 1:] > V[:, :-1] marks them. Unmark those that leave
    # fewer than min_leaf samples before or after them.
    # hint: A column z of weight[:, None] * Y has the sums on the left side
    # z[order].cumsum(axis=1)[:, :-1][cut]; weight itself gives n_left.
    # hint: argmax names the first of the best gains, np.argwhere(cut) has
    # the feature and the position of each; without any cut argmax raises.
    V = np.sort(X.T, axis=1)  # (d, m) ascending
    cut = V[:, 1:] > V[:, :-1]  # (d, m - 1)
    cut[:, : min_leaf - 1] = False
    cut[:, m - min_leaf :] = False
    if not cut.any():
        return -1, np.nan, 0.0
    Z = [*(weight * Y.T), weight]
    *left, n_left = [z[order].cumsum(axis=1)[:, :-1][cut] for z in Z]
    total, n = weight @ Y, weight.sum()
    gains = gain(np.array(left).T, n_left, total, n, impurity)
    f, i = np.argwhere(cut)[gains.argmax()]
    return f, midway(V[f, i], V[f, i + 1]), gains.max()


class DecisionTree:
    """Predict a label or a number by questions, each about one feature.

    Parameters
    ----------
    impurity : str
        "gini" or "entropy" for labels, "variance" for numbers.
    max_depth : int
        Questions on the way to a leaf at most; no limit unless given.
    min_leaf : int
        Samples of a leaf at least.
    max_features : int
        How many features, drawn by `rng` anew at each node, are searched,
        and the others only if none of these can split; all unless given.

    Attributes
    ----------
    classes_ : the labels (k,), sorted; None where numbers are predicted.
    feature_, threshold_, left_, right_ : (nodes,) questions and answers.
    mean_ : (nodes, k) of Y; likewise weight_ and impurity_ (nodes,).
    is_flag_ : (d,) whether a feature held nothing but 0 and 1.
    """

    def __init__(self, impurity="gini", max_depth=None, min_leaf=1,
                 max_features=None, rng=None):  # fmt: skip
        self.impurity, self.max_features = impurity, max_features
        self.max_depth, self.min_leaf, self.rng = max_depth, min_leaf, rng

    def check_settings(self):
        """Raise where a setting is out of range or of the wrong kind."""
        impurity_called(self.impurity)
        whole("min_leaf", self.min_leaf, low=1)
        whole("max_depth", self.max_depth or 0, low=0)
        if self.max_features is not None:
            whole("max_features", self.max_features, low=1)
            as_rng(self.rng)

    def fit(self, X, y, weight=None):
        """Grow the tree on X (n, d), without gaps, and y (n,).

        weight (n,), 1 unless given, counts a sample so many times, or not.
        """
        self.check_settings()
        X = as_matrix(X)
        self.classes_, Y = as_targets(X, y, self.impurity)
        self.is_flag_ = np.isin(X, (0, 1)).all(axis=0)
        weight = np.ones(len(X)) if weight is None else weight
        weight = as_vector(same_length(X, weight), "weight").astype(float)
        in_range("the least weight", weight.min(), low=0)
        in_range("the largest weight", weight.max(), above=0)
        rows = weight > 1e-12 * weight.sum()
        vars(self).update({name: [] for name in NODES})
        X = np.ascontiguousarray(X[rows].T).T  # each feature in one piece
        self.grow(X, Y[rows], weight[rows])
        vars(self).update({a: np.array(getattr(self, a)) for a in NODES})
        return self

    def grow(self, X, Y, weight):
        """Split the samples, and then each part, until nothing is to split.

        Parameters
        ----------
        X : array, shape (n, d)
        Y : array, shape (n, k)
        weight : array, shape (n,)

        Returns
        -------
        nodes : int
            How many there are; add_node keeps what they are.

        References
        ----------
        Hastie, Tibshirani and Friedman (2009), 9.2.2.
        """
        # your turn (core)
        # hint: Stack what waits: (rows, depth, parent, side), at first all
        # rows, depth 0, None and None.
        # hint: pop the last one; add_node numbers it. It stays a leaf where
        # is_done says so, or choose_split finds no feature.
        # hint: Otherwise set self.feature_[node], self.threshold_[node].
        # Rows with X[rows, feature] <= threshold go left, one deeper.
        # hint: Push the "right_" side first: "left_" is popped next.
        stack = [(np.arange(len(X)), 0, None, None)]
        while stack:
            rows, depth, parent, side = stack.pop()
            node = self.add_node(Y[rows], weight[rows], parent, side)
            if self.is_done(Y[rows], depth):
                continue
            f, t = self.choose_split(X, Y, weight, rows)
            if f < 0:
                continue
            self.feature_[node], self.threshold_[node] = f, t
            is_left = X[rows, f] <= t
            stack.append((rows[~is_left], depth + 1, node, "right_"))
            stack.append((rows[is_left], depth + 1, node, "left_"))
        return len(self.feature_)

    def add_node(self, Y, weight, parent=None, side=None):
        """Append a leaf, the "left_" or "right_" side of its parent."""
        node, n = len(self.feature_), weight.sum()
        mean = (weight @ Y / n).astype(Y.dtype)  # (k,)
        if self.impurity == "variance":
            impurity = weight @ ((Y - mean) ** 2)[:, 0] / n
        else:
            impurity = impurity_called(self.impurity)(mean)
        found = -1, np.nan, -1, -1, mean, n, impurity
        for name, value in zip(NODES, found, strict=True):
            getattr(self, name).append(value)
        if parent is not None:
            getattr(self, side)[parent] = node
        return node

    def is_done(self, Y, depth):
        """Return whether a node with these rows of Y is to stay a leaf."""
        deep = self.max_depth is not None and depth >= self.max_depth
        return deep or len(Y) < 2 * self.min_leaf or (Y == Y[0]).all()

    def choose_split(self, X, Y, weight, rows):
        """Return the best feature and threshold for these rows, or -1."""
        Y, weight = Y[rows], weight[rows]
        if self.impurity == "variance":
            Y = Y - Y.mean()  # small numbers lose fewer digits
        Y = Y[:, Y.any(axis=0)]  # the classes that are left
        how = impurity_called(self.impurity), self.min_leaf
        if self.max_features is None:
            return best_split(X.T[:, rows].T, Y, weight, *how)[:2]
        drawn = self.rng.permutation(X.shape[1])
        for batch in np.split(drawn, [self.max_features]):
            part = X.T[batch[:, None], rows].T
            f, threshold, _ = best_split(part, Y, weight, *how)
            if f >= 0:
                return batch[f], threshold
        return -1, np.nan

    def apply(self, X):
        """Return the number of the leaf in which each row ends.

        Parameters
        ----------
        X : array, shape (n, d)

        Returns
        -------
        leaf : array, shape (n,)

        References
        ----------
        Breiman et al. (1984), chapter 2.
        """
        X = fitted(self, "is_flag_", X)
        # your turn (core)
        # hint: All rows start at node 0. Keep those whose node still has a
        # feature, and move all of them by one question at a time.
        # hint: With at = node[rows], X[rows, self.feature_[at]] are the
        # values to compare; np.where chooses self.left_[at] or the right.
        node = np.zeros(len(X), dtype=int)
        rows = np.flatnonzero(self.feature_[node] >= 0)
        while len(rows):
            at = node[rows]
            is_left = X[rows, self.feature_[at]] <= self.threshold_[at]
            node[rows] = np.where(is_left, self.left_[at], self.right_[at])
            rows = rows[self.feature_[node[rows]] >= 0]
        return node

    def predict(self, X):
        """Return the commonest label, or the mean, of each row's leaf."""
        mean = self.predict_proba(X)  # (n, k)
        if self.classes_ is None:
            return mean[:, 0]
        return self.classes_[mean.argmax(axis=1)]

    def predict_proba(self, X):
        """Return the shares of the classes in each row's leaf (n, k)."""
        leaf = self.apply(X)  # complains before fit
        return self.mean_[leaf]

    def score(self, X, y):
        """Return the accuracy for labels, R squared for numbers."""
        y, y_hat = same_length(as_matrix(X), y), self.predict(X)
        if self.classes_ is not None:
            return float(np.mean(y_hat == y))
        return float(1 - np.mean((y - y_hat) ** 2) / np.var(y))

    def pruned(self, alpha, price=None):
        """Return the best tree where a leaf costs alpha; price by prune."""
        in_range("alpha", alpha, low=0)
        price = prune(self) if price is None else price
        split = price > alpha  # never below a node that is not split
        kept, inner = np.ones(len(price), dtype=bool), self.feature_ >= 0
        for side in (self.left_, self.right_):
            kept[side[inner]] = split[inner]
        number = np.append(np.cumsum(kept) - 1, -1)  # new ones; -1 stays
        tree = copy(self)
        tree.feature_ = np.where(split, self.feature_, -1)
        tree.threshold_ = np.where(split, self.threshold_, np.nan)
        tree.left_ = number[np.where(split, self.left_, -1)]
        tree.right_ = number[np.where(split, self.right_, -1)]
        vars(tree).update({a: getattr(tree, a)[kept] for a in NODES})
        return tree


def as_targets(X, y, impurity):
    """Return the classes, or None for numbers, and Y (n, k)."""
    y = same_length(X, y)
    if impurity == "variance":
        return None, as_vector(y, "y")[:, None]
    if y.dtype.kind == "f" and (y != np.round(y)).any():
        raise ValueError(
            'y holds no labels, or NaN: for numbers set impurity="variance"'
        )
    classes = np.unique(y)
    return classes, one_hot(y, classes)


def subtree_ends(tree):
    """Return for each node t the end of its subtree, t:end[t]."""
    ends = np.arange(1, len(tree.feature_) + 1)
    for t in np.flatnonzero(tree.feature_ >= 0)[::-1]:
        ends[t] = ends[tree.right_[t]]
    return ends


def subtree_sums(ends, values):
    """Return for each node the sum of `values` over its subtree."""
    sums = np.append(0, np.cumsum(values))
    return sums[ends] - sums[:-1]


def prune(tree):
    """Return for each node what a leaf must cost for it to be folded.

    Parameters
    ----------
    tree : DecisionTree

    Returns
    -------
    price : array, shape (nodes,)
        Where a leaf costs alpha, the splits that stay are those whose
        price is greater; 0 for leaves.

    References
    ----------
    Breiman et al. (1984), 3.3: minimal cost-complexity pruning.
    """
    if not hasattr(tree, "feature_"):
        raise NotFittedError("this tree has not been grown: call fit first")
    ends = subtree_ends(tree)  # the subtree of t is t:ends[t]
    R = tree.weight_ / tree.weight_[0] * tree.impurity_
    price, alpha = np.zeros(len(R)), 0.0
    inner, leaf = tree.feature_ >= 0, tree.feature_ < 0
    # your turn (stretch)
    # hint: Folding node t adds R[t] minus the R of its leaves, and saves
    # all leaves but one: the quotient is the alpha that makes up for it.
    # hint: subtree_sums(ends, leaf) counts them; R * leaf sums their R.
    # hint: While the root is inner, fold the node of smallest quotient:
    # each inner node of its subtree gets this price, and is inner no more.
    # hint: Nor are its leaves leaves, but the node is. alpha never falls.
    while inner[0]:
        saved = np.maximum(subtree_sums(ends, leaf) - 1, 1)
        lost = R - subtree_sums(ends, R * leaf)
        link = np.where(inner, lost / saved, np.inf)
        t = link.argmin()
        alpha = max(alpha, link[t])
        below = slice(t, ends[t])
        price[below][inner[below]] = alpha
        inner[below] = leaf[below] = False
        leaf[t] = True
    return price


def write_rule(tree, node, bounds, names):
    """Return the rule of a leaf; bounds is {feature: (low, high)}."""
    said = []
    for f, (low, high) in bounds.items():
        if tree.is_flag_[f]:
            said.append(f"not {names[f]}" if low == -np.inf else names[f])
        elif low == -np.inf:
            said.append(f"{names[f]} <= {high:.6g}")
        elif high == np.inf:
            said.append(f"{names[f]} > {low:.6g}")
        else:
            said.append(f"{low:.6g} < {names[f]} <= {high:.6g}")
    mean, n = tree.mean_[node], tree.weight_[node]
    c, answer = mean.argmax(), f"{mean[0]:.6g} (mean of {n:g})"
    if tree.classes_ is not None:
        answer = f"{tree.classes_[c]} ({mean[c]:.0%} of {n:g})"
    return f"{' and '.join(said) or 'always'}: {answer}"


def export_rules(tree, names):
    """Return the tree as sentences, one for each leaf, from left to right.

    Parameters
    ----------
    tree : DecisionTree
    names : list of str
        Of the features.

    Returns
    -------
    rules : list of str
        Each names a feature once, with its tightest bounds, in the order
        in which the way down asks for them.

    References
    ----------
    Quinlan, C4.5: Programs for Machine Learning (1993), chapter 5.
    """
    fitted(tree, "is_flag_", np.zeros((1, len(names))))  # or raise
    rules = []
    # your turn (core)
    # hint: Walk as grow did, with a stack of (node, bounds); the first is
    # (0, {}), and bounds maps a feature to its (low, high).
    # hint: A leaf appends write_rule(tree, node, bounds, names). Elsewhere
    # left lowers high to the threshold, right raises low to it.
    # hint: bounds.get(f, (-np.inf, np.inf)) is what is known of f, and each
    # side needs a dict of its own: bounds | {f: (low, high)}.
    stack = [(0, {})]
    while stack:
        node, bounds = stack.pop()
        f, t = tree.feature_[node], tree.threshold_[node]
        if f < 0:
            rules.append(write_rule(tree, node, bounds, names))
            continue
        low, high = bounds.get(f, (-np.inf, np.inf))
        stack.append((tree.right_[node], bounds | {f: (t, high)}))
        stack.append((tree.left_[node], bounds | {f: (low, t)}))
    return rules

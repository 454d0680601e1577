"""Nearest neighbours: no training, only distances and a vote.

Throughout: n samples, d features; m queries; k neighbours of each.
    A (n, d), B (m, d) two sets of points      D (n, m) their distances
    X (n, d) training inputs     y (n,) labels, of any kind
    near (m, k) positions of training rows, the nearest first
    labels (m, k) what these neighbours are: 0, 1, 2, ... for the classes
    x (d,) one query             rows (r,) positions in one box of a tree
Of equally distant rows the one with the smaller position comes first; of
classes with equally many votes the one with the nearest neighbour wins.

Sources: Cover and Hart, Nearest neighbor pattern classification (1967);
Friedman, Bentley and Finkel, An algorithm for finding best matches in
logarithmic expected time (1977); Hastie, Tibshirani and Friedman, The
Elements of Statistical Learning (2nd ed., 2009), 2.3, 2.5 and 13.3.
"""

from collections import namedtuple

import numpy as np

from solutions.arrays import same_features
from solutions.inputs import (
    as_labels,
    as_matrix,
    as_vector,
    fitted,
    in_range,
    same_length,
    whole,
)

ROWS = 160  # queries that are answered at a time, or d of them,
FIRST, MOST = 384, 2048  # by so many training rows, at first and later


def minkowski(A, B, p=2):
    """Return the Minkowski distance from every row of A to every row of B.

    Parameters
    ----------
    A : array, shape (n, d)
    B : array, shape (m, d)
    p : float
        1 or more; np.inf counts the largest gap alone.

    Returns
    -------
    D : array, shape (n, m)
        Without overflow on the way for any p, if the gaps are finite.

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), 14.3.3: many gaps, one number.
    """
    A, B = as_matrix(A, "A"), as_matrix(B, "B")
    same_features(A, B, "A", "B")
    in_range("p", p, low=1)
    # your turn (warm-up)
    # hint: np.abs(A[:, None] - B) has shape (n, m, d): every gap in every
    # feature. The distance is the root of the sum, over axis 2, of powers.
    # hint: A large p overflows. Divide the gaps by the largest one first,
    # and multiply by it in the end; where it is 0, divide by 1.
    # hint: After that even p = np.inf needs no case of its own: only what
    # is as large as the largest stays 1.
    gaps = np.abs(A[:, None] - B)  # (n, m, d)
    largest = gaps.max(axis=2)  # (n, m)
    parts = gaps / np.where(largest > 0, largest, 1)[..., None]  # in [0, 1]
    return largest * (parts**p).sum(axis=2) ** (1 / p)


def directed(A, name):
    """Return A with rows shrunk until their largest entry is 1 in size."""
    size = np.abs(A).max(axis=1)  # (n,)
    if not size.all():
        raise ValueError(
            f"{name}[{size.argmin()}] is all zeros, which has no direction"
        )
    return A / size[:, None]


def cosine_distance(A, B):
    """Return 1 minus the cosine of the angle between every two rows.

    Parameters
    ----------
    A : array, shape (n, d)
    B : array, shape (m, d)

    Returns
    -------
    D : array, shape (n, m)
        From 0, the same direction, to 2, the opposite one.

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), 14.3.2, on correlation.
    """
    A, B = as_matrix(A, "A"), as_matrix(B, "B")
    same_features(A, B, "A", "B")
    A, B = directed(A, "A"), directed(B, "B")  # so that no square overflows
    # your turn (warm-up)
    # hint: Divide each row by its length: np.linalg.norm(A, axis=1,
    # keepdims=True), of shape (n, 1).
    # hint: Between rows of length 1 the cosine is the product a.b, and all
    # of them are A @ B.T.
    # hint: Rounding can leave 1 - cos just below 0 or above 2: np.clip.
    A = A / np.linalg.norm(A, axis=1, keepdims=True)  # (n, d)
    B = B / np.linalg.norm(B, axis=1, keepdims=True)  # (m, d)
    return np.clip(1 - A @ B.T, 0, 2)  # (n, m)


def top_k(D, k):
    """Return where the k smallest entries of each row stand.

    Parameters
    ----------
    D : array, shape (m, n)
        Distances; infinity is allowed.
    k : int

    Returns
    -------
    near : array, shape (m, k)
        The smallest first; of equal ones the smaller position first.

    References
    ----------
    Hoare, Algorithm 65: Find (1961), the selection behind np.partition.
    """
    D, k = np.asarray(D), whole("k", k, low=1)
    if D.ndim != 2 or k > D.shape[1] or np.isnan(D.max(initial=0)):
        raise ValueError(
            f"D must have shape (m, n), n at least k = {k}, and no NaN, "
            f"but its shape is {D.shape}"
        )
    # your turn (core)
    # hint: np.argsort(D, axis=1, kind="stable")[:, :k] is right: stable
    # means that equal entries stay in order. It sorts far more than k.
    # hint: np.partition(D, k - 1, axis=1) puts into column k - 1 what a
    # full sort would, and is much faster. np.nonzero lists what is no
    # farther; np.lexsort sorts that list by row and then by distance;
    # np.searchsorted says where each row begins in it.
    kth = np.partition(D, k - 1, axis=1)[:, k - 1 : k]  # (m, 1)
    rows, columns = np.divmod(np.flatnonzero(D <= kth), D.shape[1])
    order = np.lexsort((D[rows, columns], rows))
    start = np.searchsorted(rows, np.arange(len(D)))  # (m,)
    return columns[order[start[:, None] + np.arange(k)]]  # (m, k)


def nearest(X, train, k, distance=None):
    """Find the k nearest training rows of each query, block by block.

    Parameters
    ----------
    X : array, shape (m, d)
    train : array, shape (n, d)
    k : int
    distance : function of two tables, Euclidean unless given

    Returns
    -------
    D : array, shape (m, k)
    near : array, shape (m, k)
    """
    X, train = as_matrix(X), as_matrix(train, "train")
    same_features(X, train, "X", "train")
    kind, k = np.result_type(X, train), whole("k", k, 1, len(train))
    X, train = X.astype(kind, copy=False), train.astype(kind, copy=False)
    best = np.full((len(X), k), np.inf, kind)
    near = np.zeros((len(X), k), int)
    d = X.shape[1]
    size = max(ROWS, d) if distance is None else max(1, ROWS // d)
    start, stop = 0, max(k, FIRST)
    while start < len(train):
        block = train[start:stop]
        look = sieve(block) if distance is None else every(block, distance)
        for i in range(0, len(X), size):
            some = slice(i, i + size)
            D, columns = look(X[some], best[some])
            D = np.hstack([best[some], D])  # (size, k and more)
            columns = np.hstack([near[some], start + columns])
            keep = np.argsort(D, axis=1, kind="stable")[:, :k]
            best[some] = np.take_along_axis(D, keep, axis=1)
            near[some] = np.take_along_axis(columns, keep, axis=1)
        start, stop = stop, stop + max(k, min(stop, MOST))
    if distance is None and np.isinf(best).any():
        raise ValueError("X or train is so large that its squares overflow")
    return (np.sqrt(best) if distance is None else best), near


def every(block, distance):
    """Return a function that measures to all rows and keeps the nearest."""

    def look(X, best):
        D = distance(X, block)
        columns = top_k(D, min(best.shape[1], len(block)))
        return np.take_along_axis(D, columns, axis=1), columns

    return look


def sieve(block):
    """Return a function that finds which rows may be among the k nearest.

    |a - b|^2 <= r asks whether (2a, -1).(b, |b|^2) >= |a|^2 - r: one matrix
    product for all pairs, with nothing to be added to it. Few pass, and the
    squared distances of those are computed from the differences.
    """
    middle = block.mean(axis=0)  # (d,)
    B = block - middle
    B = np.column_stack([B, squared_lengths(B)])  # (n, d + 1)
    unit = 16 * (B.shape[1] + 8) * np.finfo(B.dtype).eps

    def look(X, best):
        k, worst = best.shape[1], best[:, -1]
        A = X - middle
        size = squared_lengths(A)  # (m,)
        A = np.column_stack([2 * A, np.full(len(A), -1, A.dtype)])
        P = A @ B.T  # (m, n)
        if np.isinf(worst[0]):  # the first block: its own k-th best
            worst = size - np.partition(P, -k, axis=1)[:, -k]
        limit = size - worst - unit * (size + worst)  # if rounding erred
        pairs = np.flatnonzero(P >= limit[:, None])
        rows, columns = np.divmod(pairs, len(block))
        return side_by_side(X, block, rows, columns)

    return look


def side_by_side(X, block, rows, columns):
    """Return squared distances and columns, (m, c); infinity fills up."""
    count = np.bincount(rows, minlength=len(X))  # (m,)
    place = np.arange(len(rows)) - (np.cumsum(count) - count)[rows]
    D = np.full((len(X), count.max()), np.inf, X.dtype)
    where = np.zeros(D.shape, int)
    where[rows, place] = columns
    for i in range(0, len(rows), 4096):  # so that memory stays bounded
        r, c, p = (part[i : i + 4096] for part in (rows, columns, place))
        D[r, p] = squared_lengths(X[r] - block[c])
    return D, where


def squared_lengths(A):
    """Return the squared length of each row, (n,)."""
    return np.einsum("ij,ij->i", A, A)


def vote(labels):
    """Return the class that most of each row's neighbours have.

    Parameters
    ----------
    labels : array, shape (m, k)
        Classes as whole numbers from 0, the nearest neighbour's first.

    Returns
    -------
    winner : array, shape (m,)
        Of classes with equally many votes, the one that comes first.

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), 13.3: majority vote.
    """
    labels = np.asarray(labels)
    # your turn (core)
    # hint: labels == labels[:, [j]] marks who votes like neighbour j.
    # hint: Added up over all j that says, (m, k), how many votes the class
    # of each neighbour has. argmax takes the first of several maxima.
    voters = range(labels.shape[1])
    votes = sum(labels == labels[:, [j]] for j in voters)  # (m, k)
    winner = votes.argmax(axis=1)  # (m,)
    return labels[np.arange(len(labels)), winner]


class KNeighbors:
    """Answer what most of the k nearest training samples are.

    Parameters
    ----------
    k : int
    distance : function of two tables, Euclidean unless given

    Attributes
    ----------
    X_ : array, shape (n, d)
    y_ : array, shape (n,), of positions in classes_, which is sorted
    """

    def __init__(self, k=3, distance=None):
        self.k = k
        self.distance = distance

    def fit(self, X, y):
        """Remember a copy of the samples, and return the model."""
        X = as_matrix(X)
        classes, y = as_labels(X, y)
        whole("k", self.k, 1, len(X))
        self.X_, self.y_, self.classes_ = X.copy(), y, classes
        return self

    def neighbours(self, X):
        """Return distances and positions of the k nearest, each (m, k)."""
        X = fitted(self, "X_", X, axis=1)
        return nearest(X, self.X_, self.k, self.distance)

    def predict(self, X):
        """Return the label that wins the vote among the k nearest.

        Parameters
        ----------
        X : array, shape (m, d)

        Returns
        -------
        y_hat : array, shape (m,)
            Entries of classes_.

        References
        ----------
        Cover and Hart (1967): the nearest neighbor rule.
        """
        X = fitted(self, "X_", X, axis=1)
        # your turn (core)
        # hint: self.neighbours(X) gives distances and positions, (m, k),
        # and self.y_[near] are the neighbours' classes as numbers.
        # hint: vote finds the number that wins in each row; its label
        # stands in self.classes_.
        _, near = self.neighbours(X)  # (m, k)
        return self.classes_[vote(self.y_[near])]

    def predict_proba(self, X):
        """Return the share of votes of each class, (m, c), as classes_."""
        _, near = self.neighbours(X)
        votes = self.y_[near][..., None] == np.arange(len(self.classes_))
        return votes.mean(axis=1, dtype=self.X_.dtype)  # (m, k, c) before

    def score(self, X, y):
        """Return the share of rows whose label is predicted."""
        X = as_matrix(X)
        return float(np.mean(self.predict(X) == same_length(X, y)))


def choose_k(X, y, ks, distance=None):
    """Judge each k by leaving one training sample out at a time.

    Parameters
    ----------
    X : array, shape (n, d)
        Training samples; held-out ones have no part in the choice.
    y : array, shape (n,)
    ks : array, shape (c,)
        The numbers of neighbours to try, each from 1 to n - 1.
    distance : function of two tables, Euclidean unless given

    Returns
    -------
    best : int
        The k with the largest share; of several, the smallest.
    shares : array, shape (c,)
        Of samples that the vote of their k nearest others reads right.

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), 7.10.1: leave-one-out.
    """
    X = as_matrix(X)
    y = as_labels(X, y)[1]  # (n,) positions of the classes
    ks = np.array([whole("k", k, 1, len(X) - 1) for k in ks])  # (c,)
    in_range("the number of ks to try", len(ks), low=1)
    # your turn (core)
    # hint: The neighbours are found once, for the largest k: nearest(X, X,
    # ks.max() + 1, distance). One is the row itself: not always the first,
    # since a duplicate with a smaller position comes before it.
    # hint: near == np.arange(n)[:, None] marks it. With many duplicates it
    # may not be there at all; then the last column is one too many.
    # near[~out].reshape(n, -1) keeps the others.
    # hint: For each k, compare vote(y[near[:, :k]]) with y.
    _, near = nearest(X, X, ks.max() + 1, distance)  # (n, most + 1)
    out = near == np.arange(len(X))[:, None]
    out[:, -1] |= ~out.any(axis=1)
    labels = y[near[~out].reshape(len(X), -1)]  # (n, most)
    shares = np.array([np.mean(vote(labels[:, :k]) == y) for k in ks])
    return int(ks[shares == shares.max()].min()), shares


# A box with corners low and high, (d,). A leaf has rows, others two halves.
Node = namedtuple("Node", "low high rows left right", defaults=[None] * 3)


class KDTree:
    """Points in boxes within boxes, so that most need not be looked at.

    Parameters
    ----------
    X : array, shape (n, d)
    leaf_size : int
        A box with so many points or fewer is not cut.
    """

    def __init__(self, X, leaf_size=32):
        self.X = np.array(as_matrix(X), order="C")
        self.leaf_size = whole("leaf_size", leaf_size, low=1)
        self.root = self.build(np.arange(len(self.X)))

    def build(self, rows):
        """Put some points into a box, cut it in half, and so on.

        Parameters
        ----------
        rows : array, shape (r,)
            Positions in self.X.

        Returns
        -------
        node : Node
            With the smallest box around the points; a leaf for leaf_size
            or fewer. Others are cut across the longest side, the first of
            several: left has the r // 2 points smallest in that feature,
            equal ones by position.

        References
        ----------
        Friedman, Bentley and Finkel (1977): the longest side, in halves.
        """
        points = self.X[rows]  # (r, d)
        low, high = points.min(axis=0), points.max(axis=0)
        # your turn (stretch)
        # hint: What is small enough is a leaf: Node(low, high, rows). The
        # longest side is (high - low).argmax(). np.lexsort((rows, values))
        # sorts by values, and where they are equal by rows.
        # hint: Node(low, high, None, left, right), where left and right are
        # made by self.build from the two halves of the sorted rows.
        if len(rows) <= self.leaf_size:
            return Node(low, high, rows)
        side = (high - low).argmax()
        rows = rows[np.lexsort((rows, points[:, side]))]
        half = len(rows) // 2
        left, right = self.build(rows[:half]), self.build(rows[half:])
        return Node(low, high, None, left, right)

    def query(self, x, k):
        """Find the k nearest points, opening no box that is too far away.

        Parameters
        ----------
        x : array, shape (d,)
        k : int

        Returns
        -------
        D : array, shape (k,)
        near : array, shape (k,)
            The same as by brute force.
        seen : int
            How many points were in the leaves that were opened.

        References
        ----------
        Friedman, Bentley and Finkel (1977), with boxes drawn tightly.
        """
        x = as_vector(x, "x", exactly=self.X.shape[1])
        k = whole("k", k, 1, len(self.X))
        best = np.full(k, np.inf, np.result_type(x, self.X))
        near = np.full(k, len(self.X))  # no position yet
        # your turn (stretch)
        # hint: Keep a list of boxes to be looked at, each with gap_to(box,
        # x), and pop one while there is one. If its gap is larger than
        # best[-1], nothing in it can help; if both are 0, it still may.
        # hint: In a leaf, count the rows, and let merged put their squared
        # distances, squared_lengths(points - x), with the best.
        # hint: Otherwise both halves are to be looked at, the nearer first.
        # pop takes the last of a list: add the farther one before it.
        boxes, seen = [(0, self.root)], 0
        while boxes:
            gap, box = boxes.pop()
            if gap > best[-1]:
                continue
            if box.rows is not None:
                seen += len(box.rows)
                D = squared_lengths(self.X[box.rows] - x)
                best, near = merged(best, near, D, box.rows)
            else:
                halves = [(gap_to(h, x), h) for h in (box.left, box.right)]
                boxes += sorted(halves, key=lambda half: -half[0])
        return np.sqrt(best), near, seen


def gap_to(box, x):
    """Return the squared distance from x to a box, 0 inside."""
    gap = np.maximum(np.maximum(box.low - x, x - box.high), 0)  # (d,)
    return 0.9999 * (gap @ gap)  # so that rounding shuts out no point


def merged(best, near, D, rows):
    """Return the k best of both lists, by distance and then by position."""
    D, rows = np.append(best, D), np.append(near, rows)
    keep = np.lexsort((rows, D))[: len(best)]
    return D[keep], rows[keep]

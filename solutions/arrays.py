"""Arrays: whole tables at a time, and a reader of digits made of averages.

Throughout: n samples, d features, k classes; m samples of another table.
    X (n, d) inputs      y (n,) labels, of any kind that can be sorted
    Y (n, k) one-hot labels            classes (k,) sorted labels
    mean (d,), spread (d,) of each feature: average, standard deviation
    A (n, d), B (m, d) two sets of points      D (n, m) squared distances
    means (k, d) the average input of each class
    x (n,) a series      w = n - length + 1 windows of it
A sample is a row, a feature a column; averages run down the rows, axis 0.

Sources: Harris and others, Array programming with NumPy, Nature 585
(2020); Hastie, Tibshirani and Friedman, The Elements of Statistical
Learning (2nd ed., 2009), 4.3 and 14.3.6.
"""

import numpy as np

from solutions.inputs import (
    as_labels,
    as_matrix,
    as_rng,
    fitted,
    same_length,
    whole,
)


def standardize(X, train=None):
    """Measure every feature from its mean, in units of its spread.

    Parameters
    ----------
    X : array, shape (m, d)
        What to measure.
    train : array, shape (n, d)
        Where mean and spread are taken from; X itself unless given. For
        held-out data give the training data: nothing may be learned from
        what the model is judged on.

    Returns
    -------
    Z : array, shape (m, d)
        A new array. A feature that is constant in train has no spread:
        its mean is taken away, and it is divided by 1.

    Raises
    ------
    ValueError
        If X and train have different numbers of features.

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), 14.3.3, on what it changes.
    """
    X = as_matrix(X)
    train = X if train is None else as_matrix(train, "train")
    same_features(X, train, "X", "train")
    varies = train.max(axis=0) > train.min(axis=0)  # (d,) of True and False
    # your turn (warm-up)
    # hint: train.mean(axis=0) runs down the rows and leaves one mean for
    # each feature. The standard deviation, train.std, is taken alike.
    # hint: np.where(varies, spread, 1) is the spread where there is one,
    # and 1 elsewhere.
    # hint: A (d,) array stretches over the rows of an (m, d) array, so
    # the answer is (X - mean) / spread.
    mean = train.mean(axis=0)  # (d,)
    spread = np.where(varies, train.std(axis=0), 1)  # (d,)
    return (X - mean) / spread  # (m, d)


def same_features(A, B, a_name, b_name):
    """Raise ValueError unless the rows of A and of B are equally long."""
    if A.shape[1] != B.shape[1]:
        raise ValueError(
            f"{a_name} and {b_name} must have the same features, but their "
            f"shapes are {A.shape} and {B.shape}"
        )


def one_hot(y, classes=None, dtype=float):
    """Write each label as a row of zeros with a single one.

    Parameters
    ----------
    y : array, shape (n,)
        Labels.
    classes : array, shape (k,)
        The label of each column; the labels found in y, sorted, unless
        given.
    dtype : data-type
        Of the numbers that come out.

    Returns
    -------
    Y : array, shape (n, k)

    Raises
    ------
    ValueError
        If y or classes is not a vector, or y holds a label that is not
        among the classes.

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), 4.2: indicator variables.
    """
    y, classes = known_labels(y, classes)
    # your turn (warm-up)
    # hint: y[:, None] has shape (n, 1): each label in a row of its own.
    # hint: Comparing shape (n, 1) with shape (k,) compares every label
    # with every class: a table of True and False, shape (n, k).
    # hint: .astype(dtype) turns True into 1 and False into 0.
    return (y[:, None] == classes).astype(dtype)  # (n, k)


def known_labels(y, classes):
    """Return y (n,) and the classes (k,), or raise if they do not fit."""
    y = np.asarray(y)
    classes = np.unique(y) if classes is None else np.asarray(classes)
    for name, labels in (("y", y), ("classes", classes)):
        if labels.ndim != 1:
            raise ValueError(
                f"{name} must be a vector of labels, but its shape is "
                f"{labels.shape}"
            )
    if len(np.unique(classes)) < len(classes):
        raise ValueError("classes hold one label twice")
    strange = y[~np.isin(y, classes)]  # NaN among them: it equals nothing
    if len(strange):
        raise ValueError(
            f"y holds {strange.tolist()[0]!r}, which is none of the classes"
        )
    return y, classes


def pairwise_squared_distances(A, B):
    """Return the squared distance from every row of A to every row of B.

    Parameters
    ----------
    A : array, shape (n, d)
    B : array, shape (m, d)

    Returns
    -------
    D : array, shape (n, m)
        Never negative; as exact for points far from zero as for points
        near it; float32 for float32.

    Raises
    ------
    ValueError
        If A and B have different numbers of features.

    References
    ----------
    Higham, Accuracy and Stability of Numerical Algorithms (2nd ed.,
    2002), 1.7: why the difference of large numbers loses digits.
    """
    A, B = as_matrix(A, "A"), as_matrix(B, "B")
    same_features(A, B, "A", "B")
    # your turn (core)
    # hint: Multiply out: |a - b|^2 = |a|^2 - 2 a.b + |b|^2. All the a.b at
    # once are A @ B.T, of shape (n, m).
    # hint: The sums of squares of the rows are np.einsum("ij,ij->i", A, A),
    # shape (n,). Which of the two needs [:, None] to stand upright?
    # hint: The same vector taken from all points changes no distance, and
    # keeps the squares small: subtract B.mean(axis=0) from both first.
    # hint: Rounding can leave -1e-16 where 0 belongs; np.maximum(D, 0)
    # mends that.
    middle = B.mean(axis=0)  # (d,)
    A, B = A - middle, B - middle
    D = (-2 * A) @ B.T  # (n, m)
    D += np.einsum("ij,ij->i", A, A)[:, None]  # (n, 1)
    D += np.einsum("ij,ij->i", B, B)  # (m,)
    return np.maximum(D, 0, out=D)


def batches(n, size, rng):
    """Deal the numbers 0 to n - 1 out in a random order, `size` at a time.

    Parameters
    ----------
    n : int
    size : int
        Of a batch; the last one is smaller where n is no multiple of it.
    rng : numpy.random.Generator
        The only source of chance: a second call goes on with it, and so
        deals in another order.

    Returns
    -------
    batches : list of arrays
        Positions of samples, each number in exactly one batch.

    Raises
    ------
    ValueError
        If n or size is less than 1.

    References
    ----------
    Fisher and Yates, Statistical Tables (1938): the shuffle.
    """
    n, size = whole("n", n, low=1), whole("size", size, low=1)
    rng = as_rng(rng)
    # your turn (core)
    # hint: rng.permutation(n) is an array of 0 to n - 1 in random order.
    # hint: order[start : start + size] is one batch. A slice that reaches
    # past the end stops at the end.
    # hint: The batches start at 0, size, 2 * size and so on, below n:
    # range(0, n, size).
    order = rng.permutation(n)  # (n,)
    return [order[i : i + size] for i in range(0, n, size)]


class NearestMean:
    """Read a sample as the class whose average it is closest to.

    Attributes
    ----------
    classes_ : array, shape (k,)
        The labels, sorted.
    means_ : array, shape (k, d)
        The average of each class, in the order of classes_.
    """

    def fit(self, X, y):
        """Average the samples of each class; float32 stays float32.

        Parameters
        ----------
        X : array, shape (n, d)
        y : array, shape (n,)
            Two or more different labels, of any kind.

        Returns
        -------
        self : NearestMean

        Raises
        ------
        ValueError
            If shapes do not fit, X is not finite, or y has one class.

        References
        ----------
        Hastie, Tibshirani and Friedman (2009), 4.3: estimate of mu_k.
        """
        X = as_matrix(X)
        self.classes_ = as_labels(X, y)[0]  # (k,)
        # your turn (core)
        # hint: With Y = one_hot(y, self.classes_, X.dtype), entry (c, j) of
        # Y.T @ X adds up feature j over the samples of class c alone.
        # hint: Y.sum(axis=0) counts the samples of each class, shape (k,).
        # hint: Sums (k, d) are divided by counts that stand upright,
        # (k, 1); store the result in self.means_ and return self.
        Y = one_hot(y, self.classes_, X.dtype)  # (n, k)
        self.means_ = Y.T @ X / Y.sum(axis=0)[:, None]  # (k, d)
        return self

    def predict(self, X):
        """Return the label of the nearest mean for each row.

        Parameters
        ----------
        X : array, shape (n, d)

        Returns
        -------
        y_hat : array, shape (n,)
            Entries of classes_; the first of several equally near ones.

        Raises
        ------
        NotFittedError
            Before fit.
        ValueError
            If X has another number of features than fit saw.

        References
        ----------
        Hastie, Tibshirani and Friedman (2009), 4.3, with equal priors and
        the identity as covariance.
        """
        X = fitted(self, "means_", X, axis=1)
        # your turn (core)
        # hint: pairwise_squared_distances gives a row for each sample and
        # a column for each mean.
        # hint: .argmin(axis=1) is the position of the smallest in each row.
        # hint: A position is no label yet: self.classes_[positions] is.
        D = pairwise_squared_distances(X, self.means_)  # (n, k)
        return self.classes_[D.argmin(axis=1)]  # (n,)

    def score(self, X, y):
        """Return the share of rows whose label is predicted."""
        X = as_matrix(X)
        return float(np.mean(self.predict(X) == same_length(X, y)))


def sliding_windows(x, length):
    """Return every stretch of neighbouring entries, without copying one.

    Parameters
    ----------
    x : array, shape (n,)
        A series of anything.
    length : int
        Of each window, from 1 to n.

    Returns
    -------
    windows : array, shape (n - length + 1, length)
        Row i is x[i], ..., x[i + length - 1]: a view of x that can be
        read and not written.

    Raises
    ------
    ValueError
        If x is not a vector, or length is not from 1 to n.

    References
    ----------
    Harris and others (2020), figure 1 and the text on strides.
    """
    x = np.asarray(x)
    if x.ndim != 1:
        raise ValueError(
            f"x must have shape (n,), but its shape is {x.shape}"
        )
    length = whole("length", length, low=1)
    if length > len(x):
        raise ValueError(
            f"a window of {length} does not fit into {len(x)} entries"
        )
    # your turn (stretch)
    # hint: How many bytes is it from one entry to the next? x.strides says
    # so. From the first entry of a window to that of the next window?
    # hint: The answer is the same for both axes: that is why windows
    # overlap. How many windows fit?
    # hint: np.lib.stride_tricks.as_strided(x, shape=..., strides=...,
    # writeable=False) makes the view; strides has an entry for each axis.
    step = x.strides[0]  # bytes from one entry to the next
    return np.lib.stride_tricks.as_strided(
        x,
        shape=(len(x) - length + 1, length),
        strides=(step, step),
        writeable=False,
    )

"""Pipelines: all that is learned is learned in one fit, from one part.

Throughout: n samples, d columns in, D features out, k categories.
    table      a dict: names to columns (n,) of numbers, NaN where one is
               not known, or of words, where "" is a word like another
    X (n, d)   columns side by side, all numbers or all words
    Z (n, D)   features: numbers, none missing       y (n,) targets
    place (n,) which category each value is, -1 for one never seen
    m ()       samples of the overall mean that each category is given
Sources: Kaufman and others, Leakage in data mining, ACM TKDD 6 (2012).
"""

import json
import os
from copy import deepcopy

import numpy as np

from solutions.inputs import (
    NotFittedError,
    as_floats,
    as_matrix,
    as_vector,
    in_range,
    whole,
)
from solutions.logistic_regression import LogisticRegression, fit_irls
from solutions.statistics import RunningMoments


def pick(table, columns):
    """Return columns of a table side by side, X (n, d), or raise."""
    if not hasattr(table, "keys"):
        raise TypeError(f"a table is a dict, not a {type(table).__name__}")
    if gone := [name for name in columns if name not in table]:
        raise ValueError(f"the table has no column {gone[0]!r}")
    parts = [np.asarray(table[name]) for name in columns]
    shapes = [part.shape for part in parts]
    if len(set(shapes)) != 1 or len(shapes[0]) != 1:
        raise ValueError(f"{columns} must all be (n,), not {shapes}")
    if len({part.dtype.kind == "U" for part in parts}) > 1:
        raise TypeError(f"{columns} mix words and numbers")
    return np.column_stack(parts)


def as_columns(model, X, learn=False):
    """Return X (n, d), words or floats, if it fits what was seen before."""
    X = np.asarray(X)
    words = X.dtype.kind == "U"
    X = X if words else as_floats(X, "X")
    if X.ndim != 2 or X.size == 0:
        raise ValueError(f"X must be (n, d) and not empty, not {X.shape}")
    if not words and np.isinf(X).any():
        raise ValueError("X must not hold infinity")
    now = f"{X.shape[1]} columns of {'words' if words else 'numbers'}"
    if learn:
        model.seen_ = getattr(model, "seen_", now)
    if not hasattr(model, "seen_"):
        raise NotFittedError(f"this {type(model).__name__}: call fit first")
    if now != model.seen_:
        raise ValueError(f"fit saw {model.seen_}, but this X has {now}")
    return X


class Transformer:
    """What transformers share; each adds partial_fit and transform."""

    def fit(self, X, y=None):
        """Forget what was learned (names that end in _), and learn anew."""
        for name in [name for name in vars(self) if name.endswith("_")]:
            delattr(self, name)
        return self.partial_fit(X, y)

    def fit_transform(self, X, y=None):
        """Return the features Z (n, D) of the rows it is fitted on."""
        return self.fit(X, y).transform(X)


class SimpleImputer(Transformer):
    """Put the mean fill_ (d,) where a number is missing, and mark it.

    gaps_ (d,) is True where fit saw a gap; one of nothing else gets 0.
    """

    def partial_fit(self, X, y=None):
        """Take in rows X (n, d), NaN where a number is missing."""
        X = as_columns(self, X, learn=True)
        known = ~np.isnan(X)
        self.gaps_ = getattr(self, "gaps_", False) | ~known.all(axis=0)
        self.count_ = getattr(self, "count_", 0) + known.sum(axis=0)
        self.total_ = getattr(self, "total_", 0) + np.nansum(X, 0, float)
        self.fill_ = self.total_ / np.maximum(self.count_, 1)
        return self

    def transform(self, X):
        """Return X without gaps, and then the marks.

        Parameters
        ----------
        X : array, shape (n, d)
            NaN where a number is missing.

        Returns
        -------
        Z : array, shape (n, D)
            The d columns; then one for each True in gaps_: 1 where its
            number was missing, else 0. float32 stays float32.

        References
        ----------
        Little and Rubin, Statistical Analysis with Missing Data (2002), 4.
        """
        X = as_columns(self, X)
        # your turn (warm-up)
        # hint: np.isnan(X) is True where a number is missing, (n, d).
        # hint: np.where(missing, self.fill_, X) leaves X itself as it is;
        # missing[:, self.gaps_] are the marks. np.hstack joins the two.
        missing = np.isnan(X)  # (n, d)
        filled = np.where(missing, self.fill_, X)  # (n, d)
        return np.hstack([filled, missing[:, self.gaps_]]).astype(X.dtype)


class StandardScaler(Transformer):
    """Measure each column from its mean_ (d,), in units of scale_ (d,)."""

    def partial_fit(self, X, y=None):
        """Take in rows, so that all rows so far count alike.

        Parameters
        ----------
        X : array, shape (n, d)

        Returns
        -------
        self : StandardScaler

        References
        ----------
        Chan, Golub and LeVeque, The American Statistician 37 (1983).
        """
        X = as_matrix(as_columns(self, X, learn=True))
        # your turn (core)
        # hint: RunningMoments.of(X) are the moments of these rows. If there
        # is a self.moments_, its merge(moments) returns those of both.
        # hint: Store moments_, mean_ (moments.mean) and scale_, which is
        # spread(moments); return self.
        moments = RunningMoments.of(X)
        if hasattr(self, "moments_"):
            moments = self.moments_.merge(moments)
        self.moments_, self.mean_ = moments, moments.mean
        self.scale_ = spread(moments)
        return self

    def transform(self, X):
        """Return (X - mean_) / scale_, Z (n, d), in the kind of X."""
        X = as_matrix(as_columns(self, X))
        return ((X - self.mean_) / self.scale_).astype(X.dtype)


def spread(moments):
    """Return standard deviations (d,), 1 where only rounding varies."""
    scale = np.sqrt(moments.squares / moments.count)
    noise = moments.count * 2.3e-16 * np.abs(moments.mean)
    return np.where(scale > noise, scale, 1)


class OneHotEncoder(Transformer):
    """Give each category a column; if `strict`, a new value raises."""

    def __init__(self, strict=False):
        self.strict = strict

    def partial_fit(self, X, y=None):
        """Take in rows X (n, d): a new value is a new category."""
        self.categories_ = merged(self, as_columns(self, X, learn=True))
        return self

    def transform(self, X):
        """Return a 1 in the column of each value, else 0.

        Parameters
        ----------
        X : array, shape (n, d)

        Returns
        -------
        Z : array, shape (n, D)
            Floats; the categories of the first column, then the next one's.

        References
        ----------
        Hastie and others, The Elements of Statistical Learning (2009), 2.2.
        """
        X = as_columns(self, X)
        # your turn (core)
        # hint: positions(X[:, j], categories, self.strict) says where the
        # values of column j stand, (n,), and raises for you.
        # hint: place[:, None] == np.arange(k) is True once in each row,
        # and nowhere if place is -1. np.hstack joins the blocks.
        blocks = []
        for j, categories in enumerate(self.categories_):
            place = positions(X[:, j], categories, self.strict)  # (n,)
            blocks.append(place[:, None] == np.arange(len(categories)))
        return np.hstack(blocks).astype(float)


def merged(model, X):
    """Return the model's categories and those of X, d sorted arrays."""
    if X.dtype.kind == "f" and np.isnan(X).any():
        raise ValueError("NaN is no category: fill it in first")
    new = [np.unique(values) for values in X.T]
    old = getattr(model, "categories_", new)
    return [np.union1d(*pair) for pair in zip(old, new, strict=True)]


def positions(values, categories, strict=False):
    """Return where values (n,) stand in sorted categories, -1: nowhere."""
    place = np.searchsorted(categories, values)  # (n,)
    place = np.minimum(place, len(categories) - 1)
    known = categories[place] == values
    if strict and not known.all():
        raise ValueError(f"fit never saw {values[~known][0]}")
    return np.where(known, place, -1)


class TargetEncoder(Transformer):
    """Replace a category by the mean target of its samples, smoothed.

    Row i that it is fitted on is in fold i % folds. sums_ has a table for
    each column, (2, folds + 1, k + 1): samples, and sums of targets. The
    last fold (of new rows) and category (of unseen values) stay empty.
    """

    def __init__(self, m=20.0, folds=5):
        self.m, self.folds = m, folds

    def partial_fit(self, X, y):
        """Take in rows X (n, d) and their targets y (n,)."""
        X = as_columns(self, X, learn=True)
        y = as_vector(y, "y", exactly=len(X)).astype(float)
        f = whole("folds", self.folds, low=2)
        in_range("m", self.m, above=0, high=np.finfo(float).max)
        start, new = getattr(self, "rows_", 0), merged(self, X)
        fold, self.rows_ = (start + np.arange(len(X))) % f, start + len(X)
        sums = [np.zeros((2, f + 1, len(values) + 1)) for values in new]
        for j, values in enumerate(new):
            if start:  # what was counted moves to its new place
                at = positions(self.categories_[j], values)
                sums[j][:, :, at] = self.sums_[j][:, :, :-1]
            at = positions(X[:, j], values)  # (n,)
            np.add.at(sums[j], (0, fold, at), 1)
            np.add.at(sums[j], (1, fold, at), y)
        self.categories_, self.sums_ = new, sums
        return self

    def encode(self, X, fold):
        """Return the mean of each value, without what is in the row's fold.

        Parameters
        ----------
        X : array, shape (n, d)
        fold : array, shape (n,)
            0 to folds - 1; -1 for a row that it was not fitted on.

        Returns
        -------
        Z : array, shape (n, d)

        References
        ----------
        Micci-Barreca, SIGKDD Explorations 3 (2001): the smoothed means.
        """
        X = as_columns(self, X)
        if self.rows_ < 2:
            raise ValueError("it must be fitted on 2 rows or more")
        # your turn (stretch)
        # hint: sums.sum(axis=1, keepdims=True) - sums is what is outside of
        # each fold: counts and totals, each (folds + 1, k + 1).
        # hint: The prior, (folds + 1, 1), is of these, too: their totals,
        # summed along axis 1, by their counts.
        # hint: mean[fold, positions(values, categories)] is a column of Z.
        Z = np.empty(X.shape)
        for j, categories in enumerate(self.categories_):
            sums = self.sums_[j]  # (2, folds + 1, k + 1)
            count, total = sums.sum(axis=1, keepdims=True) - sums
            prior = total.sum(axis=1) / count.sum(axis=1)  # (folds + 1,)
            mean = (total + self.m * prior[:, None]) / (count + self.m)
            Z[:, j] = mean[fold, positions(X[:, j], categories)]
        return Z

    def transform(self, X):
        """Return Z (n, d) for rows that it was not fitted on."""
        return self.encode(X, np.full(len(X), -1))

    def fit_transform(self, X, y):
        """Return Z (n, d) for the rows it is fitted on, cross-fitted."""
        return self.fit(X, y).encode(X, np.arange(len(X)) % self.folds)


class ColumnTransformer(Transformer):
    """Send columns where they belong: (name, transformer, columns) each."""

    def __init__(self, transformers):
        self.transformers = transformers

    def fit(self, table, y=None):
        """Fit each transformer to its columns."""
        self.fit_transform(table, y)
        return self

    def fit_transform(self, table, y=None):
        """Fit each transformer, and return the features of these rows.

        Parameters
        ----------
        table : dict of columns (n,)
        y : array, shape (n,)

        Returns
        -------
        Z : array, shape (n, D)
            The features of the first transformer, then the next one's.

        References
        ----------
        Buitinck and others, API design for machine learning (2013).
        """
        # your turn (core)
        # hint: pick(table, columns) is the X that a transformer takes.
        # hint: Rows to fit on may be treated in another way than new ones:
        # only fit_transform(X, y) knows. np.hstack joins the blocks.
        blocks = []
        for _, transformer, columns in self.transformers:
            X = pick(table, columns)
            blocks.append(transformer.fit_transform(X, y))
        return np.hstack(blocks)

    def transform(self, table):
        """Return the features Z (n, D) of other rows."""
        pairs = [(t, pick(table, c)) for _, t, c in self.transformers]
        return np.hstack([t.transform(X) for t, X in pairs])


class Pipeline(Transformer):
    """Transformers and, last, a model: `steps` are pairs (name, step)."""

    def __init__(self, steps):
        whole("the number of steps", len(steps), low=1)
        self.steps = steps

    def fit(self, X, y=None):
        """Fit each step on what the steps before it make of these rows.

        Parameters
        ----------
        X : table or array
        y : array, shape (n,)

        Returns
        -------
        self : Pipeline

        References
        ----------
        Pedregosa and others, Scikit-learn, JMLR 12 (2011).
        """
        # your turn (core)
        # hint: Each step of self.steps[:-1] makes X fit_transform(X, y).
        # hint: The model in self.steps[-1] is fitted on the last X, and y.
        for _, step in self.steps[:-1]:
            X = step.fit_transform(X, y)
        self.steps[-1][1].fit(X, y)
        return self

    def fit_transform(self, X, y=None):
        """Return the features of the rows that all steps are fitted on."""
        for _, step in self.steps:
            X = step.fit_transform(X, y)
        return X

    def features(self, X):
        """Return what the last step gets of other rows."""
        for _, step in self.steps[:-1]:
            X = step.transform(X)
        return X

    def transform(self, X):
        """Return what the last step makes of other rows."""
        return self.steps[-1][1].transform(self.features(X))

    def predict(self, X):
        """Return what the last step predicts for other rows."""
        return self.steps[-1][1].predict(self.features(X))

    def predict_proba(self, X):
        """Return the probabilities of the last step's classes_."""
        return self.steps[-1][1].predict_proba(self.features(X))


class Logit(LogisticRegression):
    """Logistic regression of two labels, fitted by Newton's method."""

    def __init__(self, l2=0.0):
        self.l2 = l2

    def fit(self, X, y):
        """Fit to X (n, d) and y (n,) by fit_irls."""
        self.w_, self.b_, _ = fit_irls(X, y, self.l2)
        self.classes_ = np.unique(y)
        return self


def find_leak(prepare, table, train):
    """Name the columns whose held-out entries reach the training rows.

    Parameters
    ----------
    prepare : function of (table, train)
        Returns the array that a model is to be trained on.
    table : dict of columns (n,), the target among them
    train : array, shape (n,)
        True for the rows to fit on, False for those held out.

    Returns
    -------
    leaks : list of str, in the order of the table

    References
    ----------
    Kaufman, Rosset, Perlich and Stitelman, ACM TKDD 6 (2012).
    """
    theirs, prepare = prepare, lambda t, rows: theirs(deepcopy(t), rows)
    # your turn (stretch)
    # hint: Where the held-out entries of a column are not looked at, others
    # in their place change nothing: spoiled(column, train) has others.
    # hint: {**table, name: column} is a new table, one column exchanged;
    # np.array_equal(before, after, equal_nan=True) compares two arrays.
    before, leaks = prepare(table, train), []
    for name, column in table.items():
        after = prepare({**table, name: spoiled(column, train)}, train)
        if not np.array_equal(before, after, equal_nan=True):
            leaks.append(name)
    return leaks


def spoiled(column, train):
    """Return a column (n,), held-out entries replaced by its largest."""
    if train.dtype != bool or train.all() or not train.any():
        raise ValueError("train must be an array of both True and False")
    column = np.array(column)
    known = np.sort(column[train & (column == column)])  # without NaN
    column[~train] = known[-1] if known.size else 0
    return column


def save(model, path):
    """Write a pipeline, or a part of one, as arrays and JSON: no pickle."""
    arrays = {}

    def aside(value):
        kind = type(value).__name__
        if isinstance(value, np.ndarray | np.generic):
            arrays[f"array{len(arrays)}"] = value
            return {"array": f"array{len(arrays) - 1}"}
        if kind not in KINDS:
            raise TypeError(f"a {kind} cannot be saved, only {list(KINDS)}")
        return {"kind": kind, "state": vars(value)}

    told = json.dumps({"version": 1, "model": model}, default=aside)
    with open(f"{path}.part", "wb") as file:
        np.savez(file, told=told, **arrays)
    os.replace(f"{path}.part", path)


def load(path):
    """Return what was saved, to the last bit; nothing in it is executed."""

    def back(node):
        if "array" in node:
            return arrays[node["array"]]
        if "kind" in node:
            made = object.__new__(KINDS[node["kind"]])
            vars(made).update(node["state"])
            return made
        return node

    with open(path, "rb") as file:
        try:
            arrays = dict(np.load(file, allow_pickle=False))
            told = str(arrays["told"])
            version = json.loads(told)["version"]
            if version == 1:
                return json.loads(told, object_hook=back)["model"]
        except Exception as error:
            raise ValueError(f"{path} is damaged or no pipeline") from error
    raise ValueError(f"{path} has version {version}; this code reads 1")


KINDS = [*Transformer.__subclasses__(), Logit, LogisticRegression]
KINDS = {kind.__name__: kind for kind in [*KINDS, RunningMoments]}

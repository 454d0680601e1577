"""Pipelines solved another way: value by value, in plain loops.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

import math

import numpy as np

from solutions.inputs import as_matrix
from solutions.pipelines import as_columns, pick, spoiled
from solutions.statistics import RunningMoments


class SimpleImputer:
    """Only what differs from the exercise."""

    def transform(self, X):
        """Write row after row, the marks at its end."""
        X = as_columns(self, X)
        rows = []
        for row in X.tolist():
            filled = [f if math.isnan(x) else x for x, f in zip(row, self.fill_, strict=True)]
            marks = [math.isnan(x) for x, gap in zip(row, self.gaps_, strict=True) if gap]
            rows.append(filled + [float(mark) for mark in marks])
        return np.array(rows, dtype=X.dtype)


class StandardScaler:
    """Only what differs from the exercise."""

    def partial_fit(self, X, y=None):
        """Take the rows in one by one, as Welford does."""
        X = as_matrix(as_columns(self, X, learn=True))
        if not hasattr(self, "moments_"):
            self.moments_ = RunningMoments()
        for row in X:
            self.moments_.update(row)
        n, mean = self.moments_.count, np.asarray(self.moments_.mean)
        scale = np.sqrt(np.asarray(self.moments_.squares) / n)
        self.mean_ = mean
        self.scale_ = np.array(
            [1.0 if s <= 1e-13 * abs(m) else s for s, m in zip(scale, mean, strict=True)]
        )
        return self


class OneHotEncoder:
    """Only what differs from the exercise."""

    def transform(self, X):
        """Look each value up in a dict of places."""
        X = as_columns(self, X)
        Z = np.zeros((len(X), sum(map(len, self.categories_))))
        start = 0
        for j, categories in enumerate(self.categories_):
            places = {value: start + i for i, value in enumerate(categories.tolist())}
            for i, value in enumerate(X[:, j].tolist()):
                if value in places:
                    Z[i, places[value]] = 1
                elif self.strict:
                    raise ValueError(f"{value} is new")
            start += len(categories)
        return Z


class TargetEncoder:
    """Only what differs from the exercise."""

    def encode(self, X, fold):
        """Add up, for each row, the folds that it may see."""
        X = as_columns(self, X)
        Z = np.zeros(X.shape)
        for j, categories in enumerate(self.categories_):
            counts, totals = self.sums_[j]
            where = {value: i for i, value in enumerate(categories.tolist())}
            for i, value in enumerate(X[:, j].tolist()):
                others = [f for f in range(self.folds) if f != fold[i]]
                c = where.get(value, len(categories))
                prior = totals[others].sum() / counts[others].sum()
                share = counts[others, c].sum() / (counts[others, c].sum() + self.m)
                own = totals[others, c].sum() / max(counts[others, c].sum(), 1)
                Z[i, j] = share * own + (1 - share) * prior
        return Z


class ColumnTransformer:
    """Only what differs from the exercise."""

    def fit_transform(self, table, y=None):
        """Fill a list backwards, and join feature by feature."""
        columns = []
        for _, transformer, names in self.transformers:
            block = transformer.fit_transform(pick(table, tuple(names)), y)
            columns += list(np.asarray(block).T)
        return np.stack(columns, axis=1)


class Pipeline:
    """Only what differs from the exercise."""

    def fit(self, X, y=None):
        """Keep what each step makes in a list."""
        *before, (_, model) = self.steps
        made = [X]
        for pair in before:
            made.append(pair[1].fit_transform(made[-1], y))
        model.fit(made[-1], y)
        return self


def find_leak(prepare, table, train):
    """Spoil a copy of the table, one column at a time, and mend it again."""
    rows = {name: np.array(column) for name, column in table.items()}
    before = np.array(prepare(rows, train))
    leaks = []
    for name in list(rows):
        kept, rows[name] = rows[name], spoiled(rows[name], train)
        after = np.asarray(prepare(rows, train))
        if before.shape != after.shape or not np.allclose(
            before, after, rtol=0, atol=0, equal_nan=True
        ):
            leaks.append(name)
        rows[name] = kept
    return leaks

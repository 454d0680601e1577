"""Naive Bayes solved another way: letter by letter, word by word, in dicts and loops.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

import math

import numpy as np

from solutions.inputs import as_vector, fitted, whole
from solutions.naive_bayes import (
    as_counts,
    as_documents,
    as_labels,
    as_matrix,
    as_text,
    columns_of,
    in_range,
    smallest_variance,
)


def tokenize(text):
    """Walk through the text, one letter at a time."""
    text = as_text(text).lower().replace("’", "'") + " "
    words, word = [], ""
    for i, letter in enumerate(text):
        inside = letter.isalnum() or letter == "_"
        if inside or (letter == "'" and word and (text[i + 1].isalnum() or text[i + 1] == "_")):
            word += letter
        elif word:
            words.append(word)
            word = ""
    return words


def character_ngrams(text, low=1, high=3):
    """From each place, all runs that begin there."""
    letters = ["", *as_text(text).lower().split(), ""]
    text = " ".join(letters) if len(letters) > 2 else ""
    runs = []
    for start in range(len(text)):
        for end in range(start + whole("low", low, 1), min(start + high, len(text)) + 1):
            runs.append(text[start:end])
    return runs


def build_vocabulary(documents, min_documents=1, max_size=None):
    """Take out the best word again and again."""
    holders = {}
    for i, document in enumerate(as_documents(documents)):
        for word in document:
            holders.setdefault(word, set()).add(i)
    left = {word: len(who) for word, who in holders.items() if len(who) >= min_documents}
    chosen = []
    while left and (max_size is None or len(chosen) < max_size):
        most = max(left.values())
        best = min(word for word, many in left.items() if many == most)
        chosen.append(best)
        del left[best]
    chosen.sort()
    return dict(zip(chosen, range(len(chosen)), strict=True))


def count_words(documents, vocabulary):
    """Add one for every word, wherever it belongs."""
    X = np.zeros((len(as_documents(documents)), columns_of(vocabulary)), np.float32)
    for i, document in enumerate(documents):
        for word in document:
            j = vocabulary.get(word)
            if j is not None:
                X[i, j] += 1
    return X


def tfidf(X, idf=None):
    """Document by document."""
    X = as_counts(X)
    n, d = X.shape
    if idf is None:
        having = [np.count_nonzero(X[:, j]) for j in range(d)]
        idf = np.array([1 - math.log((1 + h) / (1 + n)) for h in having], X.dtype)
    idf = as_vector(idf, "idf", exactly=d)
    Z = np.zeros_like(X)
    for i in range(n):
        row = np.array([X[i, j] * idf[j] for j in range(d)], X.dtype)
        if row.any():
            Z[i] = row / np.linalg.norm(row)
    return Z, idf


class GaussianNB:
    """Only what differs from the exercise."""

    def fit(self, X, y):
        """The variance as the mean square less the squared mean, of what is centred first."""
        X = as_matrix(X)
        self.classes_, positions = as_labels(X, y)
        extra = smallest_variance(X, self.smoothing)
        k, d = len(self.classes_), X.shape[1]
        self.mean_, self.variance_ = np.zeros((k, d), X.dtype), np.zeros((k, d), X.dtype)
        self.log_prior_ = np.zeros(k, X.dtype)
        for c in range(k):
            member = positions == c
            n = int(member.sum())
            for j in range(d):
                values = [float(v) for v in X[member, j]]
                self.mean_[c, j] = m = math.fsum(values) / n
                self.variance_[c, j] = math.fsum((v - m) ** 2 for v in values) / n + extra
            self.log_prior_[c] = math.log(n) - math.log(len(X))
        return self

    def predict_log_proba(self, X):
        """One sample and one class at a time, with the whole normal density."""
        X = fitted(self, "mean_", X, axis=1)
        log_p = np.zeros((len(X), len(self.mean_)), X.dtype)
        for i, x in enumerate(X):
            for c in range(len(self.mean_)):
                terms = [
                    -0.5 * math.log(2 * math.pi * v) - (a - m) ** 2 / (2 * v)
                    for a, m, v in zip(x, self.mean_[c], self.variance_[c], strict=True)
                ]
                log_p[i, c] = self.log_prior_[c] + math.fsum(terms)
            top = max(log_p[i])
            log_p[i] -= top + math.log(sum(math.exp(z - top) for z in log_p[i]))
        return log_p


class MultinomialNB:
    """Only what differs from the exercise."""

    def fit(self, X, y):
        """By a one-hot product, and logarithms of sums."""
        X = as_counts(X)
        self.classes_, positions = as_labels(X, y)
        alpha = in_range("alpha", self.alpha, above=0)
        Y = np.eye(len(self.classes_), dtype=X.dtype)[positions]
        counts = alpha + X.T @ Y
        self.W_ = np.log(counts) - np.log(counts.sum(axis=0))
        self.b_ = np.log(Y.mean(axis=0))
        return self


class BernoulliNB:
    """Only what differs from the exercise."""

    def fit(self, X, y):
        """Class by class, word by word."""
        X = as_counts(X)
        self.classes_, positions = as_labels(X, y)
        alpha = in_range("alpha", self.alpha, above=0)
        k, d = len(self.classes_), X.shape[1]
        self.W_, self.b_ = np.zeros((d, k), X.dtype), np.zeros(k, X.dtype)
        for c in range(k):
            rows = X[positions == c]
            b = math.log(len(rows) / len(X))
            for j in range(d):
                there = sum(1 for value in rows[:, j] if value > 0)
                missing = len(rows) - there
                self.W_[j, c] = math.log(there + alpha) - math.log(missing + alpha)
                b += math.log((missing + alpha) / (len(rows) + 2 * alpha))
            self.b_[c] = b
        return self

"""Naive Bayes: count, pretend independence, and add up the evidence.

Throughout: n documents or samples, d words or features, k classes.
    document a list of words (or n-grams)       vocabulary {word: column}
    X (n, d) counts of words, or numbers        y (n,) labels
    W (d, k) what one word adds to the score of each class
    b (k,) what each class has before any word
    mean (k, d), variance (k, d) of each feature in each class
    size (k,) how many samples a class has      alpha () the prior's counts
Probabilities appear as their natural logarithms.

Sources: Manning, Raghavan and Schütze, Introduction to Information
Retrieval (2008), chapters 6 and 13; Murphy, Machine Learning: A
Probabilistic Perspective (2012), 3.4 and 3.5; McCallum and Nigam, A
comparison of event models for naive Bayes text classification (1998).
"""

import re
from collections import Counter

import numpy as np

from solutions.inputs import (
    as_labels,
    as_matrix,
    as_vector,
    fitted,
    in_range,
    same_length,
    whole,
)
from solutions.probability import log_sum_exp


def tokenize(text):
    """Cut a text into words.

    A word is a run of letters, digits and underscores: what `\\w` stands
    for in a regular expression. An apostrophe between two of them belongs
    to the word. Everything else is between words.

    Parameters
    ----------
    text : str

    Returns
    -------
    words : list of str
        In small letters, in the order of the text; the curly apostrophe
        is written as the straight one.

    References
    ----------
    Manning, Raghavan and Schütze (2008), 2.2.1.
    """
    text = as_text(text)
    # your turn (warm-up)
    raise NotImplementedError("tokenize")


def as_text(text):
    """Return the text if it is one, or raise TypeError."""
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, not a {type(text).__name__}")
    return text


def character_ngrams(text, low=1, high=3):
    """Cut a text into all its runs of `low` to `high` characters.

    Before that it is put in small letters; a run of white space within it
    becomes one space, and at its ends it is dropped. Then it gets one space
    in front and one behind, so that the ends of a word can be told from its
    middle. A text of nothing but white space has no n-grams.

    Parameters
    ----------
    text : str
    low, high : int
        The shortest and the longest run.

    Returns
    -------
    ngrams : list of str
        Each as often as it occurs, in any order.

    References
    ----------
    Cavnar and Trenkle (1994), section 3.
    """
    text = as_text(text)
    low = whole("low", low, low=1)
    high = whole("high", high, low=low)
    # your turn (core)
    raise NotImplementedError("character_ngrams")


def as_documents(documents):
    """Return documents as a list of lists of words, or raise."""
    documents = list(documents)
    if not documents:
        raise ValueError("there is no document")
    if any(isinstance(document, str) for document in documents):
        raise TypeError(
            "a document must be a list of words, not a str: cut it first, "
            "by tokenize or character_ngrams"
        )
    return documents


def build_vocabulary(documents, min_documents=1, max_size=None):
    """Give each word that is common enough a column of its own.

    Parameters
    ----------
    documents : list of list of str
    min_documents : int
        A word must stand in at least so many documents, however often.
    max_size : int
        Of more words than this, those in the most documents are kept; of
        words in equally many, the first in alphabetical order.

    Returns
    -------
    vocabulary : dict of str to int
        Columns 0, 1, ... in the alphabetical order of the words.

    References
    ----------
    Manning, Raghavan and Schütze (2008), 13.5.3, on choosing by frequency.
    """
    documents = as_documents(documents)
    min_documents = whole("min_documents", min_documents, low=1)
    if max_size is not None:
        max_size = whole("max_size", max_size, low=1)
    # your turn (core)
    raise NotImplementedError("build_vocabulary")


def count_words(documents, vocabulary):
    """Count how often each word of the vocabulary stands in each document.

    Parameters
    ----------
    documents : list of list of str
    vocabulary : dict of str to int

    Returns
    -------
    X : array, shape (n, d)
        Counts, in float32: exact up to 16 million. Words that are not in
        the vocabulary are passed over; an empty document is a row of zeros.

    References
    ----------
    Manning, Raghavan and Schütze (2008), 6.2, the bag of words.
    """
    documents = as_documents(documents)
    d = columns_of(vocabulary)
    X = np.zeros((len(documents), d), np.float32)
    # your turn (core)
    raise NotImplementedError("count_words")


def columns_of(vocabulary):
    """Return how many columns a vocabulary has, or raise."""
    if not isinstance(vocabulary, dict):
        raise TypeError(
            "vocabulary must be a dict from word to column, not a "
            f"{type(vocabulary).__name__}: build_vocabulary makes one"
        )
    if not vocabulary:
        raise ValueError("the vocabulary is empty: no word is in it")
    if sorted(vocabulary.values()) != list(range(len(vocabulary))):
        raise ValueError("a vocabulary's columns must be 0, 1, 2, ...")
    return len(vocabulary)


def as_counts(X):
    """Return X as finite floats (n, d), none of them negative."""
    X = as_matrix(X)
    if X.min() < 0:
        i, j = np.argwhere(X < 0)[0]
        raise ValueError(f"X must hold counts: X[{i}, {j}] is {X[i, j]:g}")
    return X


def tfidf(X, idf=None):
    """Weigh words by how rare they are, and bring documents to length one.

    Parameters
    ----------
    X : array, shape (n, d)
        Counts of words.
    idf : array, shape (d,)
        Weights of the words as an earlier call returned them: for new
        documents give those of the training documents. Learned from X
        unless given.

    Returns
    -------
    Z : array, shape (n, d)
        Counts times weights, each row divided by its Euclidean length; a
        row of zeros stays one.
    idf : array, shape (d,)
        1 + log((1 + n) / (1 + the number of rows that have the word)).

    References
    ----------
    Manning, Raghavan and Schütze (2008), 6.2; the ones are scikit-learn's.
    """
    X = as_counts(X)
    if idf is not None:
        idf = as_vector(idf, "idf", exactly=X.shape[1]).astype(X.dtype)
    # your turn (core)
    raise NotImplementedError("tfidf")


class NaiveBayes:
    """What the three models share once log-probabilities are there.

    Their classes are the labels in y, sorted. A label of which there is no
    sample is not known to them, and never predicted.
    """

    def predict(self, X):
        """Return the most probable label of each row, shape (n,)."""
        best = self.predict_log_proba(X).argmax(axis=1)  # (n,)
        return self.classes_[best]

    def predict_proba(self, X):
        """Return the probability of each class, (n, k), as in classes_."""
        return np.exp(self.predict_log_proba(X))

    def score(self, X, y):
        """Return the share of rows whose label is predicted."""
        X = as_matrix(X)
        return float(np.mean(self.predict(X) == same_length(X, y)))


class GaussianNB(NaiveBayes):
    """Give each feature in each class a normal curve of its own.

    Parameters
    ----------
    smoothing : float
        Share of the largest variance of any feature, added to every
        variance, so that none is zero.

    Attributes
    ----------
    classes_, log_prior_ : array, shape (k,)
    mean_, variance_ : array, shape (k, d)
    """

    def __init__(self, smoothing=1e-9):
        self.smoothing = smoothing

    def fit(self, X, y):
        """Measure each class by itself.

        Parameters
        ----------
        X : array, shape (n, d)
        y : array, shape (n,)
            Two or more different labels, of any kind.

        Returns
        -------
        self : GaussianNB

        References
        ----------
        Murphy (2012), 3.5.1.1; the variances divide by the number of rows.
        """
        X = as_matrix(X)
        self.classes_, positions = as_labels(X, y)  # (k,), (n,)
        extra = smallest_variance(X, self.smoothing)
        size = np.bincount(positions).astype(X.dtype)  # (k,)
        # your turn (core)
        raise NotImplementedError("GaussianNB.fit")

    def predict_log_proba(self, X):
        """Return the log-probability of each class.

        Parameters
        ----------
        X : array, shape (n, d)

        Returns
        -------
        log_p : array, shape (n, k)
            In the order of classes_; the exponentials of a row sum to one.

        References
        ----------
        Murphy (2012), 3.5.2 and 3.5.3.
        """
        X = fitted(self, "mean_", X, axis=1)
        # your turn (core)
        raise NotImplementedError("GaussianNB.predict_log_proba")


def smallest_variance(X, smoothing):
    """Return what is added to every variance, or raise."""
    in_range("smoothing", smoothing, 1e-32, 1e9, above=0)
    if (X == X[0]).all():
        raise ValueError("every feature of X is constant: nothing to tell")
    return X.dtype.type(smoothing * X.var(axis=0).max())


class LinearNB(NaiveBayes):
    """The two models of counts: a score that is linear in what is counted.

    Parameters
    ----------
    alpha : float
        How often the prior has seen each outcome: 1e-32 to 1e9.

    Attributes
    ----------
    classes_ : array, shape (k,)
    W_ : array, shape (d, k)
        What each word adds to the score of each class.
    b_ : array, shape (k,)
    """

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def seen(self, X):
        """Return what the scores are linear in: the counts themselves."""
        return X

    def start(self, X, y):
        """Return X (n, d), the class of each row, (n,), size and alpha.

        Raises ValueError where X, y or alpha cannot be used.
        """
        X = as_counts(X)
        self.classes_, positions = as_labels(X, y)  # (k,), (n,)
        size = np.bincount(positions).astype(X.dtype)  # (k,)
        alpha = in_range("alpha", self.alpha, 1e-32, 1e9, above=0)
        return X, positions, size, float(alpha)

    def predict_log_proba(self, X):
        """Return the log-probability of each class, (n, k)."""
        X = as_counts(fitted(self, "W_", X))
        z = self.seen(X) @ self.W_ + self.b_  # (n, k)
        return z - log_sum_exp(z, axis=1, keepdims=True)


class MultinomialNB(LinearNB):
    """Every word is drawn from a bag, and each class has its own bag."""

    def fit(self, X, y):
        """Count the words of each class, and those the prior has seen.

        Parameters
        ----------
        X : array, shape (n, d)
            Counts, or other weights that are not negative.
        y : array, shape (n,)
            Two or more different labels, of any kind.

        Returns
        -------
        self : MultinomialNB

        References
        ----------
        Manning, Raghavan and Schütze (2008), eq. 13.7 with alpha for 1.
        """
        X, positions, size, alpha = self.start(X, y)
        # your turn (core)
        raise NotImplementedError("MultinomialNB.fit")


class BernoulliNB(LinearNB):
    """Every word of the vocabulary is there or is not, and both count."""

    def seen(self, X):
        """Return what the scores are linear in: 1 where a word occurs."""
        return (X > 0).astype(X.dtype)

    def fit(self, X, y):
        """Count in how many documents of each class each word occurs.

        Parameters
        ----------
        X : array, shape (n, d)
            Counts; only whether they are above 0 plays a part.
        y : array, shape (n,)
            Two or more different labels, of any kind.

        Returns
        -------
        self : BernoulliNB

        References
        ----------
        Manning, Raghavan and Schütze (2008), figure 13.3, with alpha
        for 1.
        """
        X, positions, size, alpha = self.start(X, y)
        # your turn (stretch)
        raise NotImplementedError("BernoulliNB.fit")

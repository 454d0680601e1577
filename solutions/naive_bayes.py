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
    # hint: text.lower() first, and .replace("\u2019", "'") for the curly
    # apostrophe. Then re.findall gives all matches of a pattern.
    # hint: r"\w+" is a run of letters and digits. It cuts don't in two.
    # hint: A run, then any number of times an apostrophe with a run after
    # it; (?:...) groups without changing what findall gives.
    text = text.lower().replace("\u2019", "'")
    return re.findall(r"\w+(?:'\w+)*", text)


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
    # hint: text.split() cuts at any white space; " ".join puts it back.
    # hint: The runs of length n start at 0, 1, ... up to len(text) - n.
    # hint: Two loops, over n and over the starts; range leaves out its end.
    words = " ".join(text.lower().split())
    text = f" {words} " if words else ""
    return [
        text[i : i + n]
        for n in range(low, high + 1)
        for i in range(len(text) - n + 1)
    ]


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
    # hint: A Counter that is updated with set(document) counts each
    # document once, however often it says the word.
    # hint: Sort what is left by the key (-count, word): many documents
    # first, the alphabet among equals. words[:None] is all of them.
    # hint: Cut to max_size, sort again by the alphabet alone, enumerate.
    count = Counter()
    for document in documents:
        count.update(set(document))
    words = [word for word in count if count[word] >= min_documents]
    words.sort(key=lambda word: (-count[word], word))
    return {word: j for j, word in enumerate(sorted(words[:max_size]))}


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
    # hint: For each document, list the columns of those of its words that
    # the vocabulary has, with repetitions.
    # hint: X[i, columns] += 1 counts a repeated column once. np.bincount
    # counts every time.
    # hint: np.bincount(columns, minlength=d) has one count a column.
    for i, document in enumerate(documents):
        columns = [vocabulary[w] for w in document if w in vocabulary]
        X[i] = np.bincount(columns, minlength=d)
    return X


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
    # hint: Learn only where idf is None. (X > 0).sum(axis=0) says in how
    # many documents each word stands.
    # hint: np.log of whole numbers is float64; .astype(X.dtype) keeps
    # float32.
    # hint: The length of each row is np.sqrt((Z * Z).sum(axis=1,
    # keepdims=True)); where that is 0, divide by 1 instead.
    if idf is None:
        rows = (X > 0).sum(axis=0)  # (d,)
        idf = (1 + np.log((1 + len(X)) / (1 + rows))).astype(X.dtype)
    Z = X * idf
    length = np.sqrt((Z * Z).sum(axis=1, keepdims=True))  # (n, 1)
    return Z / np.where(length > 0, length, 1), idf


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
        # hint: X[positions == c] are the rows of class c; do this for each
        # of the len(size) classes.
        # hint: Their mean and var run down the rows; add extra to each var.
        # hint: np.array of a list of k rows has shape (k, d). log_prior_ is
        # the logarithm of each class's share; return self.
        rows = [X[positions == c] for c in range(len(size))]
        self.mean_ = np.array([r.mean(axis=0) for r in rows])  # (k, d)
        self.variance_ = np.array([r.var(axis=0) for r in rows]) + extra
        self.log_prior_ = np.log(size / size.sum())
        return self

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
        # hint: The log-density of a number is minus half of log(variance) +
        # (x - mean)^2 / variance, but for a term that all classes share.
        # hint: For each class add these over the features, axis 1, and add
        # the class's log_prior_: that is one column of scores.
        # hint: np.column_stack makes z (n, k) of k columns. To normalise,
        # subtract log_sum_exp(z, axis=1, keepdims=True).
        columns = []
        for c, variance in enumerate(self.variance_):
            surprise = (
                np.log(variance) + (X - self.mean_[c]) ** 2 / variance
            )
            columns.append(-surprise.sum(axis=1) / 2)
        z = self.log_prior_ + np.column_stack(columns)  # (n, k)
        return z - log_sum_exp(z, axis=1, keepdims=True)


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
        # hint: First a table (k, d): how often each word stands in all the
        # documents of each class; add alpha to every entry.
        # hint: Divide each row by its sum: the probability of each word,
        # given the class. W_ is the logarithm, turned to (d, k).
        # hint: b_ is the log of each class's share of the documents,
        # whatever their length. Return self.
        words = [X[positions == c].sum(axis=0) for c in range(len(size))]
        words = np.array(words) + alpha  # (k, d)
        p = words / words.sum(axis=1, keepdims=True)
        self.W_ = np.log(p).T  # (d, k)
        self.b_ = np.log(size / size.sum())
        return self


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
        # hint: self.seen(X) is 1 where a word occurs. Sum it over the
        # documents of each class, for `there` (k, d).
        # hint: There or not: two outcomes, each seen alpha times before. So
        # p = (there + alpha) / (size + 2 alpha), with size as a column,
        # size[:, None]; above the line of 1 - p is size - there + alpha.
        # hint: A document scores log p for a word it has, log(1 - p) for
        # one it lacks. Give every document all of log(1 - p), in b_; then a
        # word that occurs adds log p - log(1 - p), in W_.
        X = self.seen(X)
        there = [X[positions == c].sum(axis=0) for c in range(len(size))]
        there = np.array(there)  # (k, d)
        total = size[:, None] + 2 * alpha  # (k, 1)
        log_p = np.log((there + alpha) / total)  # (k, d)
        log_q = np.log((size[:, None] - there + alpha) / total)
        self.W_ = (log_p - log_q).T  # (d, k)
        self.b_ = np.log(size / size.sum()) + log_q.sum(axis=1)
        return self

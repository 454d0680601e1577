"""N-grams: guess the next letter by counting, then by a small network.

Throughout: an id is a whole number from 0 to V - 1; 0 begins and ends a
name, and letters are 1 to 26. N predictions are one for each id and end.
    sequences           a list of names, arrays of ids; or one running text
    rows (N, n)         n - 1 ids of context, and the one that came next
    grams, counts (G,)  each row as one number, in base V; how often it came
    count, total, distinct (N,)  of a gram; of all with its context; kinds
    p, log_p (N,)       probability of what came next, its natural logarithm

Sources: Jurafsky and Martin, Speech and Language Processing, chapter 3;
Kneser and Ney (1995); Chen and Goodman (1999); Bengio et al. (2003).
"""

import numpy as np

import solutions.framework as nn
from solutions.autograd import no_grad
from solutions.inputs import NotFittedError, as_floats, as_rng, whole
from solutions.probability import log_sum_exp, sample_categorical
from solutions.training import cosine_with_warmup, number, scheduled

SIGNS = ".ABCDEFGHIJKLMNOPQRSTUVWXYZ"
END = np.zeros(1, int)


def encode_names(names):
    """Return each name, a str of letters A to Z, as an array of ids."""
    if isinstance(names, str):
        raise TypeError(f"names must be a list of str, not {names!r}")
    ids = {sign: i for i, sign in enumerate(SIGNS) if i}
    try:
        return [np.array([ids[s] for s in n.upper()], int) for n in names]
    except AttributeError:
        raise TypeError("names must be a list of str") from None
    except KeyError as error:
        raise ValueError(f"{error} is not a letter from A to Z") from None


def decode_name(ids):
    """Return the letters of an array of ids."""
    return "".join(SIGNS[whole("an id", i, 0, 26)] for i in ids)


def laid_out(sequences, V=None):
    """Return ids, end to end, a 0 after each name, none after a text; and
    place, how many ids its own name or text has before each: both (N,)."""
    if not np.iterable(sequences):
        raise TypeError(f"sequences must be a list, not {sequences!r}")
    if not len(sequences):
        raise ValueError("sequences is empty: there is nothing to count")
    is_text = np.ndim(sequences[0]) == 0
    parts = [as_ids(s) for s in ([sequences] if is_text else sequences)]
    if not is_text:
        parts = [np.concatenate((part, END)) for part in parts]
    lengths = np.array([len(part) for part in parts])
    first = np.repeat(np.cumsum(lengths) - lengths, lengths)  # (N,)
    ids = refuse_ids(np.concatenate(parts), V)
    if not is_text and np.count_nonzero(ids) + len(parts) != len(ids):
        raise ValueError("0 ends a name, and cannot stand within one")
    return ids, np.arange(len(ids)) - first


def as_ids(ids, name="ids"):
    """Return a vector of ids as int64, or raise."""
    ids = np.asarray(ids)
    if ids.ndim != 1 or (ids.size and ids.dtype.kind not in "iu"):
        kind = f"{ids.dtype} of shape {ids.shape}"
        raise TypeError(f"{name} must be a vector of integers, not {kind}")
    return ids.astype(np.int64, copy=False)


def refuse_ids(ids, V):
    """Return ids as they are, or raise where one is not from 0 to V - 1."""
    low, high = ids.min(initial=0), ids.max(initial=0)
    if low < 0:
        raise ValueError(f"an id is {low}: ids begin at 0")
    if V is not None and high >= V:
        raise ValueError(f"an id is {high}, but V is {V}: ids end at V - 1")
    return ids


def bigram_counts(sequences, V=27):
    """Count how often each id comes right after each.

    Parameters
    ----------
    sequences : list of array, or one text: a 0 before it, none after
    V : int

    Returns
    -------
    counts : array, shape (V, V)
        counts[i, j]: how often j came right after i, 0s around names too.

    References
    ----------
    Eq. 28.2 of the chapter.
    """
    ids, _ = laid_out(sequences, whole("V", V, low=1))
    counts = np.zeros((V, V), int)
    # your turn (warm-up)
    raise NotImplementedError("bigram_counts")


def sample_name(next_proba, rng, max_length=30):
    """Draw a name, letter by letter, until its end comes up.

    Parameters
    ----------
    next_proba : function
        From the ids so far, a list, to probabilities (V,) of the next.
    rng : numpy.random.Generator
    max_length : int, after which a name ends

    Returns
    -------
    ids : array, shape (T,)
        Whole numbers, without the 0 that ends it.

    References
    ----------
    Shannon (1948), section 3.
    """
    rng, ids = as_rng(rng), []
    max_length = whole("max_length", max_length, low=0)
    # your turn (core)
    raise NotImplementedError("sample_name")


def perplexity(log_p):
    """Say among how many equally likely signs one would be as unsure.

    Parameters
    ----------
    log_p : array, shape (N,)
        Natural logarithms of what a model gave to what came.

    Returns
    -------
    perplexity : float

    References
    ----------
    Jurafsky and Martin, chapter 3; eq. 28.5 of the chapter.
    """
    log_p = as_floats(log_p, "log_p")
    if log_p.ndim != 1 or not log_p.size:
        raise ValueError(f"log_p must be (N,), not {log_p.shape}")
    if not (log_p <= 1e-6).all():  # False for NaN
        raise ValueError(f"{log_p.max()} is no log of p")
    # your turn (warm-up)
    raise NotImplementedError("perplexity")


def windows(sequences, n, V=None):
    """Set beside each id, ends of names too, the n - 1 that came before.

    Parameters
    ----------
    sequences : list of array
        Names; or one running text, which gets no end.
    n, V : int; V may be None

    Returns
    -------
    rows : array, shape (N, n)
        The id itself is in the last column; zeros where nothing stood.

    References
    ----------
    Eq. 28.3 of the chapter.
    """
    ids, place = laid_out(sequences, V)
    rows = np.zeros((len(ids), whole("n", n, low=1)), int)
    # your turn (core)
    raise NotImplementedError("windows")


def as_grams(rows, V):
    """Return each row (n,) of ids as one number in base V."""
    return rows @ (V ** np.arange(rows.shape[1])[::-1])  # (N,)


class CountTable:
    """How often grams of one length came; gram // V is a gram's context."""

    def __init__(self, grams, counts, V):
        self.grams, self.counts, self.V = grams, counts, V
        self.contexts, first = np.unique(grams // V, return_index=True)
        totals = np.add.reduceat(counts, first)
        self.sums = np.stack([totals, np.diff(first, append=len(grams))])

    def look_up(self, grams):
        """Return count, total and distinct (N,); 0 for what never came."""
        count = matching(self.grams, self.counts, grams)
        return count, *matching(self.contexts, self.sums, grams // self.V)


def matching(keys, values, wanted):
    """Return the values (..., N) of wanted keys; 0 for what is no key."""
    i = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[i] == wanted, values[..., i], 0)


def continuation_counts(grams, size):
    """Count, for grams without their first id, what came before them.

    Parameters
    ----------
    grams : array, shape (G,)
        Each once, sorted.
    size : int
        V**(k - 1) for grams of k ids: grams % size drops the first id.

    Returns
    -------
    shorter, counts : array, shape (S,)
        Each once, sorted; how many different ids came right before it.

    References
    ----------
    Kneser and Ney (1995); eq. 28.8 of the chapter.
    """
    grams = as_ids(grams, "grams")
    # your turn (core)
    raise NotImplementedError("continuation_counts")


def kneser_ney(count, total, distinct, lower, discount):
    """Take a discount off each count, and give it to a shorter context.

    Parameters
    ----------
    count, total, distinct : array, shape (N,)
        Of each gram; the sum over all with its context; how many different
        ids came next there. All are 0 for a context that never came.
    lower : array, shape (N,)
        The same probability, by a context that is shorter by one.
    discount : float, from 0 to 1

    Returns
    -------
    p : array, shape (N,)

    References
    ----------
    Chen and Goodman (1999); eq. 28.7 of the chapter.
    """
    shapes = [np.shape(a) for a in (count, total, distinct, lower)]
    if len(set(shapes)) > 1:
        raise ValueError(f"count, total, distinct and lower are {shapes}")
    # your turn (core)
    raise NotImplementedError("kneser_ney")


class LanguageModel:
    """What has log_of(rows): log_p (N,) of the last ids of its rows."""

    def as_rows(self, rows):
        """Return rows (N, order) of ids as they are, or raise."""
        shape = np.shape(rows)
        if shape[1:] != (self.order,):
            raise ValueError(f"rows must be (N, {self.order}), not {shape}")
        return refuse_ids(as_ids(np.ravel(rows)), self.V).reshape(shape)

    def log_proba(self, sequences):
        """Return log_p (N,) of all ids, ends of names too, in order."""
        return self.log_of(windows(sequences, self.order, self.V))

    def next_proba(self, ids):
        """Return p (V,) of what comes after the ids so far."""
        n = self.order - 1
        context = as_ids(ids)[max(0, len(ids) - n) :]
        rows = np.zeros((self.V, self.order), int)
        rows[:, n - len(context) : n] = refuse_ids(context, self.V)
        rows[:, n] = np.arange(self.V)
        return np.exp(self.log_of(rows))


class NGram(LanguageModel):
    """p of the next id; smoothing "kneser_ney", or k to add to counts."""

    def __init__(self, order, V=27, smoothing="kneser_ney", discount=0.75):
        self.order = whole("order", order, low=1)
        self.V = whole("V", V, low=1)
        if self.V**self.order >= 2**63:
            raise ValueError(f"{V}**{order} grams do not fit int64")
        if not isinstance(smoothing, str):
            smoothing = number("smoothing", smoothing, low=0)
        elif smoothing != "kneser_ney":
            known = f"'kneser_ney' or a number, not {smoothing!r}"
            raise ValueError(f"smoothing must be {known}")
        self.smoothing = smoothing
        self.discount = number("discount", discount, low=0, high=1)

    def fit(self, sequences):
        """Count the grams of all lengths, the shorter ones by their kinds.

        Parameters
        ----------
        sequences : list of array, or one text

        Returns
        -------
        self : NGram
            With tables_, a list: tables_[k - 1] is a CountTable of k-grams.

        References
        ----------
        Eq. 28.8 of the chapter.
        """
        V, order = self.V, self.order
        grams = as_grams(windows(sequences, order, V), V)
        # your turn (core)
        raise NotImplementedError("NGram.fit")

    def log_of(self, rows):
        """Return log_p (N,) of what each row ends with; -inf for p = 0."""
        if not hasattr(self, "tables_"):
            raise NotFittedError("there are no tables_ yet: call fit first")
        tables, V = self.tables_, self.V
        grams = as_grams(self.as_rows(rows), V)
        p = np.full(len(rows), 1 / V)
        if self.smoothing == "kneser_ney":
            for k, table in enumerate(tables, 1):
                found = table.look_up(grams % V**k)
                p = kneser_ney(*found, p, self.discount)
        else:
            count, total, _ = tables[-1].look_up(grams)
            room = total + self.smoothing * V
            p = np.divide(count + self.smoothing, room, p, where=room > 0)
        with np.errstate(divide="ignore"):  # log(0) is meant
            return np.log(p)


def log_softmax(z):
    """Return the logarithms of softmax, for each row of z."""
    return z - log_sum_exp(z, axis=1, keepdims=True)


class NeuralBigram(LanguageModel):
    """A table W_ (V, V) of scores: softmax of row i is what follows i."""

    order = 2

    def __init__(self, V=27, learning_rate=20.0, steps=10_000, l2=0.0):
        self.V = whole("V", V, low=1)
        self.learning_rate = number("learning_rate", learning_rate, above=0)
        self.steps = whole("steps", steps, low=1)
        self.l2 = number("l2", l2, low=0)

    def fit(self, sequences):
        """Step down the mean of -log p, over all predictions at once.

        Parameters
        ----------
        sequences : list of array, or one text

        Returns
        -------
        self : NeuralBigram
            With W_, and losses_ (steps,) before each step, without l2.

        References
        ----------
        Eq. 28.10 of the chapter.
        """
        counts = bigram_counts(sequences, self.V)
        N, after = counts.sum(), counts.sum(axis=1, keepdims=True)
        W, losses = np.zeros((self.V, self.V)), np.zeros(self.steps)
        # your turn (core)
        raise NotImplementedError("NeuralBigram.fit")

    def log_of(self, rows):
        """Return log_p (N,) of what each row ends with."""
        if not hasattr(self, "W_"):
            raise NotFittedError("there is no W_ yet: call fit first")
        return log_softmax(self.W_)[tuple(self.as_rows(rows).T)]


class CharMLP(nn.Module, LanguageModel):
    """The network of Bengio et al.: each id a vector, one hidden layer."""

    def __init__(self, order, V=27, C=16, hidden=256, *, rng):
        self.order = whole("order", order, low=2)
        self.V, self.rng = whole("V", V, low=1), as_rng(rng)
        hidden = whole("hidden", hidden, low=1)
        self.embedding = nn.Embedding(self.V, whole("C", C, low=1), rng)
        self.hidden = nn.Linear((self.order - 1) * C, hidden, rng)
        self.out = nn.Linear(hidden, self.V, rng)
        self.out.weight.data *= 0.1  # to begin almost undecided

    def forward(self, contexts):
        """Score what comes next.

        Parameters
        ----------
        contexts : array of ids, shape (B, order - 1)

        Returns
        -------
        z : tensor, shape (B, V)

        References
        ----------
        Bengio et al. (2003), section 2; eq. 28.11 of the chapter.
        """
        shape = np.shape(contexts)
        if shape[1:] != (self.order - 1,) or not len(contexts):
            raise ValueError(f"contexts {shape} must be (B, order - 1)")
        # your turn (core)
        raise NotImplementedError("CharMLP.forward")

    def fit(self, sequences, epochs, batch_size=512, learning_rate=3e-3):
        """Train by AdamW, with a rate that falls like a cosine."""
        learning_rate = number("learning_rate", learning_rate, above=0)
        rows = windows(sequences, self.order, self.V)
        x, y = rows[:, :-1], rows[:, -1]
        loader = nn.DataLoader(x, y, batch_size=batch_size, rng=self.rng)
        total = whole("epochs", epochs, low=1) * len(loader)
        adam = nn.AdamW(self.parameters(), weight_decay=0.0)
        rate = scheduled(
            lambda step: cosine_with_warmup(step, total, 0, learning_rate)
        )
        trainer = nn.Trainer(self, adam, nn.cross_entropy, loader, [rate])
        self.losses_ = np.array(trainer.fit(epochs).losses)
        return self

    def log_of(self, rows):
        """Return log_p (N,) of what each row ends with, in float64."""
        rows, log_p = self.as_rows(rows), np.empty(len(rows))
        for part in range(0, len(rows), 4096):
            *x, y = rows[part : part + 4096].T
            x, i = np.unique(np.transpose(x), axis=0, return_inverse=True)
            with no_grad():
                z = self(x).data.astype(float)  # a context once
            log_p[part : part + 4096] = log_softmax(z)[i.ravel(), y]
        return log_p

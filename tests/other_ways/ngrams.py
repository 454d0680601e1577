"""N-grams solved another way: by dictionaries, loops and one name at a time.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

import collections
import math

import numpy as np

import solutions.framework as nn
from solutions.ngrams import CountTable, laid_out


def bigram_counts(sequences, V=27):
    """By a dictionary of pairs."""
    ids, _ = laid_out(sequences, V)
    pairs = collections.Counter(zip([0, *ids.tolist()[:-1]], ids.tolist(), strict=True))
    return np.array([[pairs[i, j] for j in range(V)] for i in range(V)])


def sample_name(next_proba, rng, max_length=30):
    """By rng.choice, with a name that is cut at its end."""
    ids = ()
    for _ in range(max_length):
        p = np.asarray(next_proba(ids))
        ids = (*ids, rng.choice(len(p), p=p))
        if ids[-1] == 0:
            ids = ids[:-1]
            break
    return np.array(ids, np.int64)


def perplexity(log_p):
    """By an exact sum."""
    return math.exp(-math.fsum(log_p) / len(log_p)) if min(log_p) > -math.inf else math.inf


def windows(sequences, n, V=None):
    """One row at a time, from a list that is longer in front."""
    ids, place = laid_out(sequences, V)
    rows, so_far = [], []
    for i, before in zip(ids.tolist(), place.tolist(), strict=True):
        if before == 0:
            so_far = [0] * (n - 1)
        so_far.append(i)
        rows.append(so_far[-n:])
    return np.array(rows)


def continuation_counts(grams, size):
    """By the sets of first ids."""
    before = collections.defaultdict(set)
    for gram in grams.tolist():
        before[gram % size].add(gram // size)
    shorter = sorted(before)
    return np.array(shorter), np.array([len(before[gram]) for gram in shorter])


def kneser_ney(count, total, distinct, lower, discount):
    """One probability at a time, by the two shares."""
    p = []
    for c, all_of_them, kinds, below in zip(count, total, distinct, lower, strict=True):
        if not all_of_them:
            p.append(below)
            continue
        own = (c - discount) / all_of_them if c else 0.0
        p.append(own + kinds * discount / all_of_them * below)
    return np.array(p)


class NGram:
    """Only what differs from the exercise."""

    def fit(self, sequences):
        """By a dictionary of tuples for the longest, and sets of neighbours."""
        V, order = self.V, self.order
        counts = collections.Counter(map(tuple, windows(sequences, order, V).tolist()))
        self.tables_ = [None] * order
        while order:
            numbers = {sum(i * V**e for e, i in enumerate(g[::-1])): g for g in counts}
            grams = sorted(numbers)
            how_often = np.array([counts[numbers[gram]] for gram in grams])
            self.tables_[order - 1] = CountTable(np.array(grams), how_often, V)
            counts, order = collections.Counter(gram[1:] for gram in counts), order - 1
        return self


class NeuralBigram:
    """Only what differs from the exercise."""

    def fit(self, sequences):
        """By the engine: rows of scores looked up, and backward."""
        rows = windows(sequences, 2, self.V)
        x, y = rows[:, 0], rows[:, 1]
        W, losses = nn.Parameter(np.zeros((self.V, self.V))), []
        for _ in range(self.steps):
            z = W[x]
            z = z - z.data.max(axis=1, keepdims=True)
            loss = (z.exp().sum(-1).log() - z[np.arange(len(y)), y]).mean()
            losses.append(loss.item())
            W.grad = None
            (loss + (W * W).sum() * (self.l2 / 2)).backward()
            W.data = W.data - self.learning_rate * W.grad
        self.W_, self.losses_ = W.data, np.array(losses)
        return self


class CharMLP:
    """Only what differs from the exercise."""

    def forward(self, contexts):
        """By a sum over the places of a context, each with its own slice of the weights."""
        contexts, h = np.asarray(contexts), self.hidden.bias
        C = self.embedding.weight.shape[1]
        for i in range(contexts.shape[1]):
            x = self.embedding.weight[contexts[:, i]]
            h = h + x @ self.hidden.weight[i * C : (i + 1) * C]
        return nn.gelu_composed(h) @ self.out.weight + self.out.bias

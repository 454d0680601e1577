r"""A tokenizer: text cut into the pieces that repeat, learned by counting.

Throughout: a token is a run of bytes, its id its place in the vocabulary,
a list of V tokens of which the first 256 are the single bytes.
    word: what no token reaches beyond; a str, or a list of ids
    words, counts: the different words, and how often each occurs
    pair (a, b): two neighbouring ids      new: the id they are joined to
Bytes that are no UTF-8 stand in a str as Python's surrogateescape has it.

Sources: Sennrich, Haddow and Birch, Neural machine translation of rare
words with subword units (2016); Radford, Wu, Child, Luan, Amodei and
Sutskever, Language models are unsupervised multitask learners (2019).
"""

import json
import re
from collections import Counter, defaultdict
from contextlib import suppress
from heapq import heapify, heappop, heappush
from itertools import chain, pairwise
from pathlib import Path

import numpy as np

from solutions.inputs import whole

PART = 1 << 20  # characters of a text that are cut into words at a time
LONG = 200  # bytes; longer words are rare, and encoded by a heap
REMEMBERED = 1 << 17  # words; when there are so many, all are forgotten
BYTES = [bytes([byte]) for byte in range(256)]  # the first 256 tokens


def as_text(text):
    """Return a text if it is one, or raise."""
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, not a {type(text).__name__}")
    return text


def as_bytes(text):
    """Return the bytes of a text, or raise where it has none."""
    try:
        return as_text(text).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        half = f"U+{ord(text[error.start]):X}, half of a surrogate pair"
        raise ValueError(f"text holds {half}: no UTF-8") from None


def pretokenize(text):
    r"""Cut a text into words; joined they are the text again.

    At each place the next word is the first of these that is there:

    - an English ending: 's 't 'd 'm 'll 've 're, in small letters;
    - a run of letters: of what is neither \W nor \d nor an underscore;
    - a run of digits, \d;
    - a run of other signs: neither \s nor \w, or an underscore;
    - a run of white space, \s, without its last character if something
      other follows, but always with its first.

    Letters, digits and signs take one space in front of them along.

    Parameters
    ----------
    text : str

    Returns
    -------
    words : list of str
        None of them is empty.

    References
    ----------
    Radford et al. (2019), 2.2; in their code ² and Ⅷ are no letters.
    """
    as_text(text)
    # your turn (warm-up)
    raise NotImplementedError("pretokenize")


def words_in(text):
    """Return an iterator over the words of a text, however long."""
    parts = re.finditer(rf"(?s).{{1,{PART}}}\s*\S*", text)  # end with words
    return chain.from_iterable(pretokenize(part[0]) for part in parts)


def unique_words(text):
    """Return the different words of one text or many, and their counts."""
    counted = Counter()
    many = hasattr(text, "__iter__") and not isinstance(text, str | bytes)
    for one in text if many else [text]:
        counted.update(words_in(as_text(one)))
    return [list(as_bytes(word)) for word in counted], [*counted.values()]


def count_pairs(words, counts):
    """Count how often each two ids stand side by side.

    Parameters
    ----------
    words : list of list of int
    counts : list of int

    Returns
    -------
    pairs : dict of (int, int) to int
        Only pairs that occur. In a a a the pair (a, a) stands twice.

    References
    ----------
    Sennrich, Haddow and Birch (2016), algorithm 1, get_stats.
    """
    if len(words) != len(counts):
        raise ValueError(f"{len(words)} words, but {len(counts)} counts")
    # your turn (warm-up)
    raise NotImplementedError("count_pairs")


def merge_pair(word, pair, new):
    """Join a pair wherever it stands in a word, from left to right.

    Parameters
    ----------
    word : list of int
        It is not changed.
    pair : (int, int)
    new : int
        The id that stands for both.

    Returns
    -------
    merged : list of int
        Of a a a with the pair (a, a) it is new, a.

    References
    ----------
    Sennrich, Haddow and Birch (2016), algorithm 1, merge_vocab.
    """
    # your turn (core)
    raise NotImplementedError("merge_pair")


class PairTable:
    """The counts of all pairs, kept true while pairs are joined.

    Each merge puts new lists into `words`; the lists that were given stay.
    `pairs` has the count of each pair, where[pair] the set of the places in
    `words` of those that hold it (some may have lost it since), and heap a
    (-count, pair) for each, whose count is true or was and has shrunk.
    """

    def __init__(self, words, counts):
        self.words, self.counts = list(words), list(counts)
        self.pairs = Counter(count_pairs(words, counts))
        self.where = defaultdict(set)
        for i, word in enumerate(words):
            for pair in pairwise(word):
                self.where[pair].add(i)
        self.heap = [(-n, pair) for pair, n in self.pairs.items()]
        heapify(self.heap)

    def best(self):
        """Return the commonest pair, of equals the smallest, or None."""
        while self.heap:
            n, pair = self.heap[0]
            if self.pairs[pair] == -n:
                return pair
            heappop(self.heap)  # out of date: back with the true count
            if self.pairs[pair] > 0:
                heappush(self.heap, (-self.pairs[pair], pair))
        return None

    def merge(self, pair, new):
        """Join a pair in the words that hold it; look at no others.

        Parameters
        ----------
        pair : (int, int)
        new : int

        Returns
        -------
        None
            Onto the heap go all pairs with `new` in them.

        References
        ----------
        Sennrich, Haddow and Birch (2016), 3.2.
        """
        if pair not in self.where:
            raise ValueError(f"no word holds the pair {pair}")
        # your turn (stretch)
        raise NotImplementedError("PairTable.merge")


def train_bpe(text, V):
    """Learn a vocabulary by byte-pair encoding.

    As long as there are fewer than V tokens, join the commonest pair of all
    words everywhere; the bytes of the two together are the next token.

    Parameters
    ----------
    text : str, or iterable of str
    V : int
        256 or more.

    Returns
    -------
    vocabulary : list of bytes
        V tokens; fewer if no pair is left, because every word is a token.

    References
    ----------
    Sennrich, Haddow and Birch (2016), algorithm 1; Gage (1994).
    """
    V = whole("V", V, low=256)
    vocabulary = list(BYTES)
    table = PairTable(*unique_words(text))
    # your turn (core)
    raise NotImplementedError("train_bpe")


class Remembered(dict):
    """encode_word(word) by word: of short words, and not of too many."""

    def __init__(self, encode_word):
        self.encode_word = encode_word

    def __missing__(self, word):
        ids = self.encode_word(word)
        if len(word) <= LONG:
            if len(self) >= REMEMBERED:
                self.clear()
            self[word] = ids
        return ids


def join_by_heap(parts, ranks):
    """Join the parts of a long word, bytes, in some n log n steps."""
    n, heap = len(parts), []
    before, after = list(range(-1, n)), list(range(1, n + 2))

    def offer(i, j):
        """Put the join of two neighbours on the heap if it is a token."""
        if 0 <= i and j < n and (joined := parts[i] + parts[j]) in ranks:
            heappush(heap, (ranks[joined], i, j, joined))

    for i in range(n - 1):
        offer(i, i + 1)
    while heap:
        _, i, j, joined = heappop(heap)
        here = parts[i] and parts[j] and after[i] == j
        if here and parts[i] + parts[j] == joined:
            parts[i], parts[j] = joined, None  # None: gone to the left
            after[i] = after[j]
            before[after[i]] = i
            offer(before[i], i)
            offer(i, after[i])
    return [part for part in parts if part]


class Tokenizer:
    """Text to ids, and ids to text.

    Made from a vocabulary and a list of special tokens: texts such as
    "<|endoftext|>", whose ids follow. self.vocabulary has the bytes of each
    id, self.ranks {token: id} those that are not special, self.special
    {text: id} those that are; self.known[word] is encode_word(word).
    """

    def __init__(self, vocabulary, special=()):
        tokens = as_list(vocabulary, bytes, "vocabulary")
        marks = as_list(special, str, "special")
        self.ranks = {token: i for i, token in enumerate(tokens)}
        if not self.ranks.keys() >= set(BYTES):
            raise ValueError("vocabulary must hold all 256 single bytes")
        self.special = {m: i for i, m in enumerate(marks, len(tokens))}
        self.vocabulary = tokens + [as_bytes(mark) for mark in marks]
        self.known = Remembered(self.encode_word)

    def __len__(self):
        return len(self.vocabulary)

    def encode_word(self, word):
        """Join the bytes of a word to tokens.

        Join those neighbours whose bytes together are the token with the
        lowest id, of several the leftmost; and again, until none are one.

        Parameters
        ----------
        word : str

        Returns
        -------
        ids : tuple of int

        References
        ----------
        Sennrich, Haddow and Birch (2016), 3.2.
        """
        parts = [BYTES[byte] for byte in as_bytes(word)]
        if len(parts) > LONG:
            parts = join_by_heap(parts, self.ranks)
        # your turn (core)
        raise NotImplementedError("Tokenizer.encode_word")

    def split_special(self, text):
        """Cut a text at the special tokens in it.

        Where two of them begin at one place, the longer one counts.

        Parameters
        ----------
        text : str

        Returns
        -------
        parts : list of str
            Plain text, special token, plain text, and so on to plain text,
            which may be empty. Without special tokens it is [text].

        References
        ----------
        Radford et al. (2019), 2.2.
        """
        as_text(text)
        # your turn (stretch)
        raise NotImplementedError("Tokenizer.split_special")

    def encode(self, text, special=False):
        """Turn a text into ids, word by word, each by self.known.

        Parameters
        ----------
        text : str
        special : bool
            Whether to look for special tokens; else they are plain text.

        Returns
        -------
        ids : list of int

        References
        ----------
        Radford et al. (2019), 2.2.
        """
        as_text(text)
        # your turn (core)
        raise NotImplementedError("Tokenizer.encode")

    def decode(self, ids, errors="surrogateescape"):
        """Turn ids into text.

        Parameters
        ----------
        ids : sequence of int
        errors : str
            What becomes of bytes that are no UTF-8; "replace" shows a sign.

        Returns
        -------
        text : str

        References
        ----------
        Radford et al. (2019), 2.2.
        """
        ids = as_ids(ids, len(self))
        # your turn (warm-up)
        raise NotImplementedError("Tokenizer.decode")

    def tokens(self, text, special=False):
        """Return the tokens of a text as bytes, to be looked at."""
        return [self.vocabulary[i] for i in self.encode(text, special)]

    def save(self, path):
        """Write vocabulary and special tokens as JSON, ASCII only."""
        tokens = [token.decode("latin-1") for token in self.ranks]
        state = {"vocabulary": tokens, "special": list(self.special)}
        Path(path).write_text(json.dumps(state), encoding="ascii")

    @classmethod
    def load(cls, path):
        """Return the tokenizer that save has written, or raise."""
        try:
            state = json.loads(Path(path).read_text(encoding="ascii"))
            tokens = [t.encode("latin-1") for t in state["vocabulary"]]
            return cls(tokens, state["special"])
        except (ValueError, TypeError, KeyError, AttributeError) as why:
            raise ValueError(f"{path} holds no tokenizer: {why}") from None


def as_list(values, kind, name):
    """Return a list of different values of a kind, none empty, or raise."""
    if isinstance(values, kind) or not hasattr(values, "__iter__"):
        raise TypeError(f"{name} must be a list, not {values!r}")
    values = list(values)
    for value in values:
        if not isinstance(value, kind):
            raise TypeError(f"{name} holds {value!r}, not {kind.__name__}")
    if len(set(values)) < len(values) or not all(values):
        raise ValueError(f"{name} must hold nothing twice, nothing empty")
    return values


def as_ids(ids, V):
    """Return ids as a list of int from 0 to V - 1, or raise."""
    with suppress(ValueError):  # rows of different lengths stay a list
        ids = np.asarray(ids)
    shape = getattr(ids, "shape", ())
    if len(shape) != 1 or (shape[0] and ids.dtype.kind not in "iu"):
        raise TypeError("ids must be a sequence of whole numbers")
    for i in ids[(ids < 0) | (ids >= V)]:
        raise ValueError(f"{i} is no id: there are {V}, from 0 on")
    return ids.tolist()

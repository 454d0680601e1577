"""The tokenizer written another way: without a regex, by stacks, by recursion.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

from heapq import heappush

from solutions.tokenizer import BYTES, LONG, PairTable, as_bytes, join_by_heap, unique_words


def kind_of(sign):
    """Return which run a sign belongs to."""
    if sign.isspace():
        return "space"
    if sign == "_" or not sign.isalnum():
        return "sign"
    return "digit" if sign.isdecimal() else "letter"


def ending_of(text, i):
    """Return the English ending that stands there, or nothing."""
    endings = ("'s", "'d", "'m", "'t", "'ll", "'ve", "'re")
    return next((ending for ending in endings if text.startswith(ending, i)), "")


def pretokenize(text):
    """Sign by sign."""
    words, i = [], 0
    while i < len(text):
        start = i
        i += len(ending_of(text, i))
        if i == start:
            followed = i + 1 < len(text) and kind_of(text[i + 1]) != "space"
            i += text[i] == " " and followed
            kind = kind_of(text[i])
            while i < len(text) and kind_of(text[i]) == kind:
                i += 1
            i -= kind == "space" and i < len(text) and i - start > 1
        words.append(text[start:i])
    return words


def count_pairs(words, counts):
    """By index, in a plain dict."""
    pairs = {}
    for w in range(len(words)):
        for i in range(1, len(words[w])):
            pair = (words[w][i - 1], words[w][i])
            pairs[pair] = pairs.get(pair, 0) + counts[w]
    return pairs


def merge_pair(word, pair, new):
    """With a stack of what is left, its first on top."""
    done, left = [], list(reversed(word))
    while left:
        one = left.pop()
        if left and (one, left[-1]) == tuple(pair):
            left.pop()
            one = new
        done.append(one)
    return done


class PairTable:  # noqa: F811
    """Only what differs from the exercise."""

    def merge(self, pair, new):
        """All words before, all words after; every pair of theirs goes onto the heap."""
        places = sorted(self.where[pair])
        weights = [self.counts[i] for i in places]
        for gone, n in count_pairs([self.words[i] for i in places], weights).items():
            self.pairs[gone] -= n
        for i in places:
            self.words[i] = merge_pair(self.words[i], pair, new)
            for j in range(1, len(self.words[i])):
                self.where[tuple(self.words[i][j - 1 : j + 1])].add(i)
        for come, n in count_pairs([self.words[i] for i in places], weights).items():
            self.pairs[come] += n
            heappush(self.heap, (-self.pairs[come], come))


def train_bpe(text, V):
    """By the number of the token."""
    vocabulary = list(BYTES)
    table = PairTable(*unique_words(text))
    for new in range(256, V):
        pair = table.best()
        if pair is None:
            return vocabulary
        a, b = pair
        vocabulary.append(b"".join([vocabulary[a], vocabulary[b]]))
        table.merge(pair, new)
    return vocabulary


class Tokenizer:
    """Only what differs from the exercise."""

    def encode_word(self, word):
        """By recursion, all numbers anew each time."""
        parts = [BYTES[byte] for byte in as_bytes(word)]
        if len(parts) > LONG:
            return [self.ranks[part] for part in join_by_heap(parts, self.ranks)]

        def joined(parts):
            """Return what is left of the parts when none can be joined any more."""
            pairs = [parts[i] + parts[i + 1] for i in range(len(parts) - 1)]
            ids = [(self.ranks[pair], i) for i, pair in enumerate(pairs) if pair in self.ranks]
            if not ids:
                return parts
            i = min(ids)[1]
            return joined([*parts[:i], pairs[i], *parts[i + 2 :]])

        return [self.ranks[part] for part in joined(parts)]

    def split_special(self, text):
        """Place by place."""
        parts, start, i = [], 0, 0
        while i < len(text):
            here = [mark for mark in self.special if text.startswith(mark, i)]
            if here:
                mark = max(here, key=len)
                parts += [text[start:i], mark]
                start = i = i + len(mark)
            else:
                i += 1
        return [*parts, text[start:]]

    def encode(self, text, special=False):
        """Parts that are special by their name; plain ones by itself."""
        if not special:
            return [i for word in pretokenize(text) for i in self.known[word]]
        ids = []
        for part in self.split_special(text):
            ids.extend([self.special[part]] if part in self.special else self.encode(part))
        return ids

    def decode(self, ids, errors="surrogateescape"):
        """Into one array of bytes."""
        data = bytearray()
        for i in ids:
            data.extend(self.vocabulary[i])
        return str(data, "utf-8", errors)

"""Byte-pair encoding, learned and applied, against tokenizers.

    python benchmarks/tokenizer.py [ROUNDS]

Ratios of processor time on the source of Python's standard library, one thread, runs
alternating; below 1 ours is faster. Bars: 1.5 for the training, 0.33 for the encoding
of all its files, with a new tokenizer in each round, so that nothing is remembered from
the last. encode_batch_fast of tokenizers leaves out the places in the text, which ours
does not tell either. The last lines are the time and the memory of a text of 100 MB.
"""

import os

os.environ.update(RAYON_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false")

import re
import resource
import sys
import time
from pathlib import Path
from statistics import median

import tokenizers
from tokenizers import models, pre_tokenizers, trainers

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import bookdata
from solutions.tokenizer import Tokenizer, train_bpe

COPIES = 9  # of the library, for the large text


def seconds_of(work):
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


def theirs_learned(texts, V):
    """Return a tokenizer of theirs, trained on bytes as GPT-2's was."""
    level = pre_tokenizers.ByteLevel
    bpe = tokenizers.Tokenizer(models.BPE())
    bpe.pre_tokenizer = level(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=V, show_progress=False, initial_alphabet=level.alphabet()
    )
    bpe.train_from_iterator(texts, trainer)
    return bpe


def compare(texts, V):
    """Return the seconds of both trainings and of the three encodings, and both results."""
    train, vocabulary = seconds_of(lambda: train_bpe(texts, V))
    train_theirs, bpe = seconds_of(lambda: theirs_learned(texts, V))

    def ours():
        tokenizer = Tokenizer(vocabulary)
        return sum(len(tokenizer.encode(text)) for text in texts)

    encode, n = seconds_of(ours)
    encode_theirs, m = seconds_of(lambda: sum(len(bpe.encode(text).ids) for text in texts))
    fast, _ = seconds_of(lambda: sum(len(e.ids) for e in bpe.encode_batch_fast(texts)))
    return (train, train_theirs, encode, encode_theirs, fast), (n, m)


def copies(texts):
    """Yield the library many times, in each with other names."""
    for letter in "abcdefghi"[:COPIES]:
        for text in texts:
            yield re.sub(r"([a-z]{6,})", rf"\1{letter}", text)


def main():
    texts = bookdata.python_source().texts
    size = sum(map(len, texts))
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"{len(texts)} files, {size / 1e6:.1f} million characters")
    for V in (1024, 4096):
        found = [compare(texts, V) for _ in range(rounds)]
        rows, (n, m) = [row for row, _ in found], found[0][1]
        a, b, c = (median(row[i] / row[j] for row in rows) for i, j in ((0, 1), (2, 3), (2, 4)))
        train, encode = median(row[0] for row in rows), median(row[2] for row in rows)
        print(
            f"V {V:5}   training {a:.2f} ({train:.1f} s)   encode {b:.2f} ({encode:.1f} s)   "
            f"encode_batch_fast {c:.2f}   characters a token {size / n:.3f}, theirs {size / m:.3f}"
        )
    small, _ = seconds_of(lambda: train_bpe(texts, 4096))
    print(f"training    {size / 1e6:5.0f} MB   {small / size * 1e6:.3f} s/MB   {peak():.0f} MB")
    large = sum(map(len, copies(texts)))
    making, _ = seconds_of(lambda: sum(map(len, copies(texts))))
    big, vocabulary = seconds_of(lambda: train_bpe(copies(texts), 4096))
    each = (big - making) / large * 1e6
    print(f"training    {large / 1e6:5.0f} MB   {each:.3f} s/MB   {peak():.0f} MB")
    tokenizer = Tokenizer(vocabulary)
    coded, _ = seconds_of(lambda: sum(len(tokenizer.encode(text)) for text in copies(texts)))
    each = (coded - making) / large * 1e6
    print(f"encoding    {large / 1e6:5.0f} MB   {each:.3f} s/MB   {peak():.0f} MB")


def peak():
    """Return the most memory that this process has ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()

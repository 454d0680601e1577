"""Kneser-Ney by sorted numbers, against the textbook's dictionaries, on Shakespeare.

    python benchmarks/ngrams.py [ROUNDS]

Seconds of processor time on a million ids, one thread, runs alternating, and the median
of their ratios; below 1 ours is faster. The bar is 0.5 for fit, 0.3 for log_proba. Ids
are characters, or words, of which the commonest 3,000 have one of their own.
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import re
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from statistics import median

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import bookdata
from solutions.ngrams import NGram

N, HELD_OUT = 1_000_000, 50_000


class Dictionaries:
    """The same probabilities, by dictionaries of tuples."""

    def __init__(self, order, V, discount=0.75):
        self.order, self.V, self.D = order, V, discount

    def fit(self, ids):
        line = [0] * (self.order - 1) + ids
        grams = Counter(zip(*(line[i:] for i in range(self.order)), strict=False))
        self.after = []
        while grams:
            after = defaultdict(dict)
            for gram, count in grams.items():
                after[gram[:-1]][gram[-1]] = count
            self.after.insert(0, {c: (sum(a.values()), a) for c, a in after.items()})
            grams = Counter(gram[1:] for gram in grams) if len(self.after) < self.order else None
        return self

    def log_proba(self, ids):
        line, log_p = [0] * (self.order - 1) + ids, []
        for i in range(self.order - 1, len(line)):
            p = 1 / self.V
            for k in range(self.order):
                found = self.after[k].get(tuple(line[i - k : i]))
                if found:
                    total, after = found
                    own = max(after.get(line[i], 0) - self.D, 0)
                    p = (own + self.D * len(after) * p) / total
            log_p.append(np.log(p))
        return np.array(log_p)


def seconds_of(work, ids):
    began = time.process_time()
    result = work(ids)
    return time.process_time() - began, result


def texts():
    """Yield a name, ids and V, by characters and by words."""
    text = "\n".join(bookdata.shakespeare().texts)
    for name, signs, order in (
        ("characters", text, 5),
        ("words", re.findall(r"\w+|\W", text), 4),
    ):
        signs = signs[: N + HELD_OUT]
        common = [sign for sign, _ in Counter(signs).most_common(2999)]
        numbers = {sign: i for i, sign in enumerate(common, 1)}
        yield name, order, [numbers.get(sign, 0) for sign in signs], len(common) + 1


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    for name, order, ids, V in texts():
        train, held = ids[:N], ids[N:]
        array, rows = np.array(ids), []
        for _ in range(rounds):
            a, ours = seconds_of(NGram(order, V).fit, array[:N])
            b, theirs = seconds_of(Dictionaries(order, V).fit, train)
            c, found = seconds_of(ours.log_proba, array[N:])
            d, wanted = seconds_of(theirs.log_proba, held)
            rows.append((a / b, c / d, a, c))
        fit, look, a, c = (median(column) for column in zip(*rows, strict=True))
        apart = np.abs(found - wanted).max()
        print(
            f"{name:10} V {V:5} order {order}   fit {a:.2f} s, / dictionaries {fit:.2f}   "
            f"log_proba {c:.3f} s, / dictionaries {look:.2f}   apart by {apart:.0e}"
        )


if __name__ == "__main__":
    main()

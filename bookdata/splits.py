"""Which samples are held out: the same ones, always and everywhere."""

from __future__ import annotations

import numpy as np


def held_out(n: int, share: float = 0.25) -> np.ndarray:
    """Return which of n samples are for training, (n,) bool, always the same."""
    order = np.random.default_rng(0).permutation(n)
    train = np.ones(n, dtype=bool)
    train[order[: round(n * share)]] = False
    return train

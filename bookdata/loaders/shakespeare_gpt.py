"""A GPT that has read Shakespeare for longer than a page may take."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bookdata import reading


class ShakespeareGPT(NamedTuple):
    """The weights of a model, by name."""

    names: list[str]
    weights: list[np.ndarray]


def shakespeare_gpt() -> ShakespeareGPT:
    """Return what the GPT of the chapter learned in 4,000 steps, eleven minutes on one core.

    Four blocks of 128 channels and four heads, a context of 128, a sign each
    for the 84 characters of `shakespeare`, in sorted order. It has read the
    works to learn from, and none of those held out.

    Returns
    -------
    names : list of 52 str
        As in the model's state_dict.
    weights : list of 52 ndarray
        As float32; they were rounded to float16.

    References
    ----------
    Trained by `benchmarks/shakespeare_gpt.py` on the texts of `shakespeare`;
    public domain.
    """
    arrays = reading.arrays("shakespeare_gpt.npz")
    return ShakespeareGPT(list(arrays), [a.astype(np.float32) for a in arrays.values()])

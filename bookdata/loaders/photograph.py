"""A photograph in shades of grey."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bookdata import reading


class Photograph(NamedTuple):
    """One picture, a number for each pixel."""

    grey: np.ndarray


def photograph() -> Photograph:
    """Return a man with a camera on a meadow, 256 by 256 pixels.

    Returns
    -------
    grey : array, shape (256, 256)
        How light each pixel is, from 0, black, to 1, white, in steps of 1/255;
        the first row is the top one. Each is the mean of four of the original,
        which has 512 by 512.

    References
    ----------
    Photograph by Lav Varshney, *camera* in scikit-image's sample images; CC0.
    """
    return Photograph(reading.arrays("photograph.npz")["grey"] / 255)

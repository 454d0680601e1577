"""Failures of the air conditioning of two airliners."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bookdata import reading


class AirConditioning(NamedTuple):
    """Hours between failures, of one airliner and of another."""

    first: np.ndarray
    second: np.ndarray


def air_conditioning() -> AirConditioning:
    """Return after how many hours the air conditioning of two airliners failed again.

    Both were a Boeing 720. The hours are sorted: in which order they came
    is not told.

    Returns
    -------
    first : array, shape (12,)
        Whole numbers, as floats because every model takes their logarithm.
    second : array, shape (24,)

    References
    ----------
    Proschan, Theoretical explanation of observed decreasing failure rate,
    Technometrics 5 (1963), 375-383, as in the R package boot, aircondit and
    aircondit7; facts.
    """
    rows = reading.rows("air_conditioning.csv")
    first, second = (
        reading.numbers([row["hours"] for row in rows if row["plane"] == plane])
        for plane in ("1", "2")
    )
    return AirConditioning(first, second)

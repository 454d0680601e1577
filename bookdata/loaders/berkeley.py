"""Applications to graduate study at Berkeley."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bookdata import reading


class Berkeley(NamedTuple):
    """How many applied and were admitted, by department and sex."""

    departments: list[str]
    sexes: list[str]
    admitted: np.ndarray
    rejected: np.ndarray


def berkeley() -> Berkeley:
    """Return what became of 4,526 applications to Berkeley in 1973.

    They are those for graduate study in the autumn of 1973 in the six largest
    departments, which are not named. A part of the applications to Berkeley,
    of which there were 12,763.

    Returns
    -------
    departments : list of 6 str
        "A" to "F", in the order of how large a share of all they admitted.
    sexes : list of 2 str
        "male" and "female".
    admitted : array, shape (6, 2)
        A row for each department, a column for each sex.
    rejected : array, shape (6, 2)

    References
    ----------
    Bickel, Hammel and O'Connell, Sex bias in graduate admissions: data from
    Berkeley, Science 187 (1975), 398-404; the table as in R, UCBAdmissions;
    facts.
    """
    rows = reading.rows("berkeley.csv")
    departments = list(dict.fromkeys(row["department"] for row in rows))
    sexes = list(dict.fromkeys(row["sex"] for row in rows))

    def counts(name: str) -> np.ndarray:
        return np.array([int(row[name]) for row in rows]).reshape(len(departments), len(sexes))

    return Berkeley(departments, sexes, counts("admitted"), counts("rejected"))

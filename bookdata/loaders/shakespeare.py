"""The works of Shakespeare in modern spelling."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bookdata import reading
from bookdata.splits import held_out


class Shakespeare(NamedTuple):
    """The works, one entry each in every column."""

    titles: list[str]
    texts: list[str]
    train: np.ndarray


def shakespeare() -> Shakespeare:
    """Return 42 works of Shakespeare, plays and poems, in modern spelling.

    5.06 million characters, all of them ASCII; lines end in a line feed. A
    play begins with its title and its persons; the layout differs a little
    from play to play. Of Cymbeline the collection lacks acts III and IV.

    Returns
    -------
    titles : list of 42 str
    texts : list of 42 str
    train : array, shape (42,)
        True for the works to learn from, False for the ones held out: whole
        works, so that no scene of theirs has been seen.

    References
    ----------
    Project Gutenberg's texts of 1997 to 1999 without their headers, as
    collected by the Open Knowledge Foundation in the package shakespeare
    0.6; the works are in the public domain.
    """
    works = [work.partition("\n") for work in reading.text("shakespeare.txt.gz").split("\f")]
    titles, texts = [work[0] for work in works], [work[2] for work in works]
    return Shakespeare(titles, texts, held_out(len(works), share=0.1))

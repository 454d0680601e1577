"""Oracle for arrays: SciPy and scikit-learn on the same digits."""

import numpy as np
import pytest

import bookdata
from solutions.arrays import (
    NearestMean,
    batches,
    one_hot,
    pairwise_squared_distances,
    sliding_windows,
    standardize,
)
from solutions.inputs import NotFittedError, whole


@pytest.fixture(scope="module")
def digits():
    return bookdata.digits()


def test_distances_between_digits_agree_with_scipy(digits):
    distance = pytest.importorskip("scipy.spatial.distance")
    ours = pairwise_squared_distances(digits.X_test, digits.X_train)
    theirs = distance.cdist(digits.X_test, digits.X_train, "sqeuclidean")
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    same = pairwise_squared_distances(digits.X_test, digits.X_test)
    theirs = distance.cdist(digits.X_test, digits.X_test, "sqeuclidean")
    np.testing.assert_allclose(same, theirs, rtol=1e-12, atol=1e-13)
    assert same.min() >= 0


@pytest.mark.parametrize("away", [1e4, 1e8, 1e12])
def test_distances_far_from_zero_agree_with_scipy(digits, away):
    distance = pytest.importorskip("scipy.spatial.distance")
    A, B = digits.X_test * 16 + away, digits.X_train[:300] * 16 + away  # exact in float64
    theirs = distance.cdist(A, B, "sqeuclidean")
    np.testing.assert_allclose(pairwise_squared_distances(A, B), theirs, rtol=1e-12)
    multiplied_out = (A * A).sum(1)[:, None] - 2 * A @ B.T + (B * B).sum(1)
    assert np.abs(multiplied_out - theirs).max() > 1 or away < 1e8  # so there was something to lose


def test_distances_in_single_precision_stay_as_good_as_it_allows(digits):
    A, B = digits.X_test.astype("f4") + 1000, digits.X_train.astype("f4") + 1000
    D = pairwise_squared_distances(A, B)
    exact = pairwise_squared_distances(A.astype(float), B.astype(float))
    assert D.dtype == np.float32
    np.testing.assert_allclose(D, exact, rtol=1e-4)


def test_distances_are_those_of_geometry():
    rng = np.random.default_rng(0)
    A, B, C = (rng.normal(size=(n, 5)) for n in (20, 30, 10))
    D = pairwise_squared_distances(A, B)
    np.testing.assert_allclose(D, pairwise_squared_distances(B, A).T, rtol=1e-12)
    turn = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    np.testing.assert_allclose(D, pairwise_squared_distances(A @ turn, B @ turn), rtol=1e-10)
    ab, bc, ac = (np.sqrt(pairwise_squared_distances(*p)) for p in ((A, B), (B, C), (A, C)))
    assert (ac[:, None, :] <= ab[:, :, None] + bc[None, :, :] + 1e-12).all()


def test_standardized_digits_agree_with_scikit_learn(digits):
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    scaler = preprocessing.StandardScaler().fit(digits.X_train)
    for X in (digits.X_train, digits.X_test):
        np.testing.assert_allclose(
            standardize(X, digits.X_train), scaler.transform(X), rtol=1e-10, atol=1e-12
        )
    Z = standardize(digits.X_train)
    varies = np.ptp(digits.X_train, axis=0) > 0
    assert 0 < varies.sum() < 64  # some pixels never hold ink
    np.testing.assert_allclose(Z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(Z.std(axis=0), varies, rtol=1e-12)


def test_standardizing_forgets_the_unit(digits):
    rng = np.random.default_rng(1)
    scale, shift = rng.uniform(0.1, 100, 64), rng.normal(size=64)
    np.testing.assert_allclose(
        standardize(digits.X_test * scale + shift, digits.X_train * scale + shift),
        standardize(digits.X_test, digits.X_train),
        rtol=1e-8,
        atol=1e-8,
    )


def test_one_hot_agrees_with_scikit_learn(digits):
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    for y in (digits.y_train, np.array([f"a {c}" for c in digits.y_train])):
        theirs = preprocessing.OneHotEncoder(sparse_output=False).fit_transform(y[:, None])
        np.testing.assert_array_equal(one_hot(y), theirs)
    Y = one_hot(digits.y_train, np.arange(12))
    assert (Y.sum(axis=1) == 1).all() and (Y.argmax(axis=1) == digits.y_train).all()


def test_windows_agree_with_numpy_and_share_its_memory():
    x = np.random.default_rng(0).normal(size=500)
    for series in (x, x[::3], x[::-1], x.astype("f4"), np.arange(9), np.array(list("windows"))):
        for length in (1, 4, len(series)):
            ours = sliding_windows(series, length)
            theirs = np.lib.stride_tricks.sliding_window_view(series, length)
            np.testing.assert_array_equal(ours, theirs)
            assert ours.dtype == series.dtype
            assert np.shares_memory(ours, series) and not ours.flags.writeable


def test_batches_deal_every_sample_once_and_every_order_alike():
    rng = np.random.default_rng(0)
    for n, size in ((1, 1), (10, 3), (10, 5), (3, 100)):
        dealt = batches(n, size, rng)
        assert sorted(np.concatenate(dealt)) == list(range(n))
        assert [len(b) for b in dealt[:-1]] == [size] * (len(dealt) - 1)
        assert len(dealt) == -(-n // size)
    orders = [tuple(np.concatenate(batches(3, 2, rng))) for _ in range(6000)]
    counts = np.array([orders.count(order) for order in set(orders)])
    assert len(counts) == 6
    assert ((counts - 1000) ** 2 / 1000).sum() < 25.7  # chi squared, 5 degrees, 1 in 10,000


def test_nearest_mean_agrees_with_scikit_learn(digits):
    neighbors = pytest.importorskip("sklearn.neighbors")
    ours = NearestMean().fit(digits.X_train, digits.y_train)
    with np.errstate(all="ignore"), pytest.warns(UserWarning, match="zero standard deviation"):
        theirs = neighbors.NearestCentroid().fit(digits.X_train, digits.y_train)
    np.testing.assert_allclose(ours.means_, theirs.centroids_, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(ours.predict(digits.X_test), theirs.predict(digits.X_test))
    assert ours.score(digits.X_test, digits.y_test) == pytest.approx(401 / 449)


def test_the_mean_is_the_point_of_least_squared_distance(digits):
    X = digits.X_train[digits.y_train == 3]
    mean = X.mean(axis=0)[None]
    least = pairwise_squared_distances(X, mean).sum()
    rng = np.random.default_rng(0)
    for _ in range(20):
        other = mean + rng.normal(scale=0.1, size=mean.shape)
        more = len(X) * ((other - mean) ** 2).sum()
        assert pairwise_squared_distances(X, other).sum() == pytest.approx(least + more, rel=1e-10)


def test_nearest_mean_minds_neither_the_order_nor_the_name_of_things(digits):
    order = np.random.default_rng(0).permutation(len(digits.y_train))
    names = np.array(list("jihgfedcba"))
    plain = NearestMean().fit(digits.X_train, digits.y_train)
    named = NearestMean().fit(digits.X_train[order], names[digits.y_train[order]])
    assert named.classes_.tolist() == sorted(names)
    np.testing.assert_array_equal(named.predict(digits.X_test), names[plain.predict(digits.X_test)])


# Bad input: each a sentence that says what was wrong.

X_GOOD = np.array([[0.0, 1.0], [1.0, 0.5], [2.0, 3.0]])
NAN = np.where(X_GOOD == 3, np.nan, X_GOOD)


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: standardize(X_GOOD[0]), r"X must have shape \(n, d\).*\(2,\)"),
        (lambda: standardize(NAN), r"X\[2, 1\] is nan"),
        (lambda: standardize(X_GOOD, NAN), r"train\[2, 1\] is nan"),
        (lambda: standardize(X_GOOD[:0]), "X is empty"),
        (lambda: standardize(X_GOOD, X_GOOD[:, :1]), r"X and train .*\(3, 2\) and \(3, 1\)"),
        (lambda: one_hot([[1, 2]]), r"y must be a vector of labels.*\(1, 2\)"),
        (lambda: one_hot([1, 2], [[1, 2]]), r"classes must be a vector"),
        (lambda: one_hot([1, 5], [1, 2]), "y holds 5, which is none of the classes"),
        (lambda: one_hot(["a"], ["b"]), "y holds 'a', which is none"),
        (lambda: one_hot([1.0, np.nan]), "y holds nan"),
        (lambda: one_hot([1], [1, 1]), "classes hold one label twice"),
        (
            lambda: pairwise_squared_distances(X_GOOD, X_GOOD.T),
            r"A and B must have the same features.*\(3, 2\) and \(2, 3\)",
        ),
        (lambda: pairwise_squared_distances(X_GOOD, NAN), r"B\[2, 1\] is nan"),
        (lambda: sliding_windows(X_GOOD, 2), r"x must have shape \(n,\).*\(3, 2\)"),
        (lambda: sliding_windows([1, 2], 3), "a window of 3 does not fit into 2 entries"),
        (lambda: sliding_windows([1, 2], 0), "length must be at least 1, not 0"),
        (lambda: sliding_windows([], 1), "does not fit into 0 entries"),
        (lambda: batches(0, 1, np.random.default_rng()), "n must be at least 1"),
        (lambda: batches(5, 0, np.random.default_rng()), "size must be at least 1"),
        (lambda: NearestMean().fit(X_GOOD, [0, 1]), r"\(3, 2\).*\(3,\).*\(2,\)"),
        (lambda: NearestMean().fit(X_GOOD, [1, 1, 1]), "one class only"),
        (lambda: NearestMean().fit(X_GOOD[:0], []), "empty"),
        (lambda: NearestMean().fit(X_GOOD, [0, 1, np.nan]), "a label is missing"),
        (
            lambda: NearestMean().fit(X_GOOD, [0, 1, 1]).predict(X_GOOD[:, :1]),
            r"fit saw 2 features, but X has shape \(3, 1\)",
        ),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: standardize([["a"]]), "X must hold numbers"),
        (lambda: sliding_windows([1, 2, 3], 1.5), "length must be a whole number, not 1.5"),
        (lambda: batches(5.0, 2, np.random.default_rng()), "n must be a whole number"),
        (lambda: batches(5, 2, 0), r"rng must be a numpy.random.Generator, .* not 0"),
        (lambda: whole("steps", "3"), "steps must be a whole number, not '3'"),
    ],
)
def test_a_wrong_kind_is_a_type_error(call, sentence):
    with pytest.raises(TypeError, match=sentence):
        call()


def test_a_model_that_has_seen_nothing_says_so():
    with pytest.raises(NotFittedError, match="call fit first"):
        NearestMean().predict(X_GOOD)


def test_bytes_are_widened_and_float32_is_kept(digits):
    ink = (digits.X_test[:50] * 255).astype(np.uint8)
    np.testing.assert_array_equal(
        pairwise_squared_distances(ink, ink), pairwise_squared_distances(*[ink.astype(float)] * 2)
    )
    assert standardize(ink).dtype == float
    single = digits.X_test.astype(np.float32)
    assert standardize(single).dtype == np.float32
    assert NearestMean().fit(single, digits.y_test).means_.dtype == np.float32


def test_nobody_s_array_is_changed():
    given = X_GOOD.copy(), np.array([1, 0, 1])
    standardize(given[0])
    pairwise_squared_distances(given[0], given[0])
    NearestMean().fit(*given).predict(given[0])
    np.testing.assert_array_equal(given[0], X_GOOD)
    np.testing.assert_array_equal(given[1], [1, 0, 1])

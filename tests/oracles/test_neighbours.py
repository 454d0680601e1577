"""Oracle for nearest neighbours: scikit-learn and SciPy on the same digits."""

import numpy as np
import pytest

import bookdata
from solutions import neighbours
from solutions.arrays import NearestMean, standardize
from solutions.inputs import NotFittedError
from solutions.neighbours import (
    KDTree,
    KNeighbors,
    choose_k,
    cosine_distance,
    minkowski,
    nearest,
    top_k,
    vote,
)


@pytest.fixture(scope="module")
def digits():
    return bookdata.digits()


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, 30, np.inf])
def test_minkowski_agrees_with_scipy(digits, p):
    distance = pytest.importorskip("scipy.spatial.distance")
    A, B = digits.X_test[:50], digits.X_train[:80]
    name = {"metric": "chebyshev"} if p == np.inf else {"metric": "minkowski", "p": p}
    np.testing.assert_allclose(minkowski(A, B, p), distance.cdist(A, B, **name), rtol=1e-12)


def test_cosine_distance_agrees_with_scipy(digits):
    distance = pytest.importorskip("scipy.spatial.distance")
    A, B = digits.X_test, digits.X_train
    theirs = distance.cdist(A, B, "cosine")
    np.testing.assert_allclose(cosine_distance(A, B), theirs, rtol=1e-10, atol=1e-14)


def test_nearest_digits_agree_with_scikit_learn_and_scipy(digits):
    """Distances to 1e-12; every position, where no two distances are equal."""
    theirs = pytest.importorskip("sklearn.neighbors")
    spatial = pytest.importorskip("scipy.spatial")
    D, near = nearest(digits.X_test, digits.X_train, 5)
    model = theirs.NearestNeighbors(n_neighbors=5, algorithm="brute").fit(digits.X_train)
    for other, places in (
        model.kneighbors(digits.X_test),
        spatial.KDTree(digits.X_train).query(digits.X_test, 5),
    ):
        np.testing.assert_allclose(D, other, rtol=1e-12, atol=1e-7)
        apart = (np.diff(D, axis=1) > 1e-9).all(axis=1)  # five distances, all different
        assert apart.mean() > 0.9
        np.testing.assert_array_equal(near[apart, :4], places[apart, :4])
    tree = KDTree(digits.X_train)
    for i in range(0, len(digits.X_test), 15):
        theirs_D, theirs_near, _ = tree.query(digits.X_test[i], 5)
        np.testing.assert_array_equal(theirs_D, D[i])  # to the last bit, and so are ties
        np.testing.assert_array_equal(theirs_near, near[i])


@pytest.mark.parametrize("k", [1, 3, 5, 15])
def test_digits_are_read_as_scikit_learn_reads_them(digits, k):
    """Where distances and votes are not tied; there the rules differ."""
    theirs = pytest.importorskip("sklearn.neighbors")
    X, y, X_test, y_test = digits
    model = KNeighbors(k).fit(X, y)
    other = theirs.KNeighborsClassifier(k, algorithm="brute").fit(X, y)
    D = nearest(X_test, X, k + 1)[0]
    apart = D[:, k] - D[:, k - 1] > 1e-9  # no two stand where the list of neighbours ends
    p = model.predict_proba(X_test)
    np.testing.assert_allclose(p[apart], other.predict_proba(X_test)[apart], atol=1e-15)
    clear = apart & ((p == p.max(axis=1, keepdims=True)).sum(axis=1) == 1)
    assert clear.mean() > 0.95
    np.testing.assert_array_equal(model.predict(X_test)[clear], other.predict(X_test)[clear])


def test_the_digits_are_read_as_well_as_the_curriculum_asks(digits):
    X, y, X_test, y_test = digits
    assert KNeighbors(3).fit(X, y).score(X_test, y_test) >= 0.985
    assert NearestMean().fit(X, y).score(X_test, y_test) < 0.9


@pytest.mark.parametrize("distance", [None, cosine_distance])
def test_choose_k_agrees_with_scikit_learn(digits, distance):
    theirs = pytest.importorskip("sklearn.neighbors")
    selection = pytest.importorskip("sklearn.model_selection")
    X, y, ks = digits.X_train[:150], digits.y_train[:150], [1, 3, 5]
    metric = "euclidean" if distance is None else "cosine"
    _, shares = choose_k(X, y, ks, distance)
    for k, share in zip(ks, shares, strict=True):
        model = theirs.KNeighborsClassifier(k, algorithm="brute", metric=metric)
        other = selection.cross_val_score(model, X, y, cv=selection.LeaveOneOut()).mean()
        assert share == pytest.approx(other, abs=1.5 / 150)  # a split vote, by another rule


def test_trees_agree_with_scipy_in_any_dimension():
    spatial = pytest.importorskip("scipy.spatial")
    rng = np.random.default_rng(0)
    for d in (1, 2, 5, 12):
        X, Q = rng.normal(size=(2000, d)), rng.normal(size=(30, d))
        D, near = spatial.KDTree(X).query(Q, 7)
        tree = KDTree(X)
        for x, distances, places in zip(Q, D, near, strict=True):
            ours = tree.query(x, 7)
            np.testing.assert_allclose(ours[0], distances, rtol=1e-12)
            np.testing.assert_array_equal(ours[1], places)


# Properties.


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("d", [1, 2, 6, 40])
def test_ties_go_to_the_smaller_position_everywhere(kind, d):
    rng = np.random.default_rng(d)
    X = rng.integers(3, size=(3000, d)).astype(kind)
    Q = rng.integers(3, size=(20, d)).astype(kind)
    exact = ((Q[:, None] - X) ** 2).sum(axis=2)
    order = np.argsort(exact, axis=1, kind="stable")[:, :9]
    D, near = nearest(Q, X, 9)
    assert D.dtype == kind
    np.testing.assert_array_equal(near, order)
    tree = KDTree(X)
    for x, places in zip(Q, near, strict=True):
        ours = tree.query(x, 9)
        assert ours[0].dtype == kind
        np.testing.assert_array_equal(ours[1], places)


def test_answers_do_not_depend_on_how_the_work_is_cut(monkeypatch):
    """Far from zero, with duplicates: one query or many, blocks of any size, or a tree."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(1500, 20)) + 1e4
    X = np.vstack([X, X[rng.permutation(1500)]])
    Q = X[:40] + 0.1 * rng.normal(size=(40, 20))
    D, near = nearest(Q, X, 6)
    one_by_one = [nearest(x[None], X, 6)[1][0] for x in Q]
    np.testing.assert_array_equal(near, one_by_one)
    tree = KDTree(X)
    np.testing.assert_array_equal(near, [tree.query(x, 6)[1] for x in Q])
    monkeypatch.setattr(neighbours, "FIRST", 7)
    monkeypatch.setattr(neighbours, "MOST", 130)
    monkeypatch.setattr(neighbours, "ROWS", 3)
    np.testing.assert_array_equal(near, nearest(Q, X, 6)[1])
    np.testing.assert_array_equal(near[:5], nearest(Q[:5], X, 6, minkowski)[1])


def test_single_precision_finds_the_neighbours_of_double():
    rng = np.random.default_rng(2)
    X, Q = rng.normal(size=(4000, 30)) + 50, rng.normal(size=(30, 30)) + 50
    X, Q = X.astype("f4"), Q.astype("f4")
    D, near = nearest(Q, X, 4)
    exact, places = nearest(Q.astype(float), X.astype(float), 4)
    np.testing.assert_allclose(D, exact, rtol=1e-5)
    assert (near == places).mean() > 0.99
    mixed = nearest(Q, X.astype(float), 4)
    assert mixed[0].dtype == float
    np.testing.assert_array_equal(mixed[1], places)


def test_many_equal_rows_stay_in_bounded_memory():
    import tracemalloc

    X = np.zeros((20_000, 30))
    tracemalloc.start()
    _, near = nearest(X[:600], X, 3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(near, np.tile([0, 1, 2], (600, 1)))
    assert peak < 300e6


def test_a_tree_looks_at_few_points_in_the_plane_and_at_most_in_high_dimension():
    rng = np.random.default_rng(3)
    seen = {}
    for d in (2, 30):
        tree = KDTree(rng.random((4000, d)))
        seen[d] = np.mean([tree.query(x, 1)[2] for x in rng.random((20, d))])
    assert seen[2] < 100
    assert seen[30] > 3000


def test_standardizing_uses_the_training_rows_alone():
    rng = np.random.default_rng(4)
    X, y = rng.normal(size=(60, 2)) * [1, 1000], np.arange(60) % 2
    X[y == 1, 0] += 4
    X_new = X + rng.normal(size=X.shape) * 0.1
    plain = KNeighbors(5).fit(X, y).score(X_new, y)
    scaled = KNeighbors(5).fit(standardize(X), y).score(standardize(X_new, X), y)
    assert plain < 0.85 < 0.95 < scaled


# Bad input and edges: each a sentence that says what was wrong.

X_GOOD = np.array([[0.0, 1.0], [1.0, 0.5], [2.0, 3.0], [0.5, 2.0]])
Y_GOOD = np.array([0, 1, 1, 0])


@pytest.mark.parametrize(
    "X, y, sentence",
    [
        (X_GOOD[0], Y_GOOD, r"shape \(n, d\).*shape is \(2,\)"),
        (X_GOOD, Y_GOOD[:3], r"\(4, 2\).*\(4,\).*shape is \(3,\)"),
        (np.where(X_GOOD == 3, np.nan, X_GOOD), Y_GOOD, r"X\[2, 1\] is nan"),
        (X_GOOD[:0], Y_GOOD[:0], "empty"),
        (X_GOOD, np.zeros(4), "one class only"),
        (X_GOOD[:1], Y_GOOD[:1], "one class only"),
        (X_GOOD, np.array([0, 1, np.nan, 0]), "a label is missing"),
    ],
)
def test_bad_data_is_refused_with_a_sentence(X, y, sentence):
    with pytest.raises(ValueError, match=sentence):
        KNeighbors(1).fit(X, y)
    with pytest.raises(ValueError, match=sentence):
        choose_k(X, y, [1])


@pytest.mark.parametrize("k", [0, -1, 5])
def test_k_must_be_from_one_to_n(k):
    for call in (
        lambda: KNeighbors(k).fit(X_GOOD, Y_GOOD),
        lambda: nearest(X_GOOD, X_GOOD, k),
        lambda: KDTree(X_GOOD).query([0.0, 0.0], k),
        lambda: top_k(X_GOOD.T, k),
        lambda: choose_k(X_GOOD, Y_GOOD, [1, k]),
    ):
        with pytest.raises(ValueError, match="k "):
            call()


def test_leaving_one_out_leaves_one_neighbour_less():
    with pytest.raises(ValueError, match="k must be at most 3, not 4"):
        choose_k(X_GOOD, Y_GOOD, [4])
    with pytest.raises(ValueError, match="number of ks"):
        choose_k(X_GOOD, Y_GOOD, [])
    assert choose_k(X_GOOD, Y_GOOD, [3])[0] == 3


def test_a_k_that_is_no_whole_number_is_a_type_error():
    with pytest.raises(TypeError, match=r"k must be a whole number, not 1\.5"):
        KNeighbors(1.5).fit(X_GOOD, Y_GOOD)
    with pytest.raises(TypeError, match="leaf_size"):
        KDTree(X_GOOD, leaf_size=2.0)


def test_a_model_that_has_seen_nothing_says_so():
    model = KNeighbors(1)
    with pytest.raises(NotFittedError, match="call fit first"):
        model.predict(X_GOOD)
    model.fit(X_GOOD, Y_GOOD)
    with pytest.raises(ValueError, match=r"fit saw 2 features.*\(4, 1\)"):
        model.predict(X_GOOD[:, :1])


def test_tables_that_do_not_fit_are_refused():
    for function in (minkowski, cosine_distance, lambda A, B: nearest(A, B, 1)):
        with pytest.raises(ValueError, match=r"\(4, 2\) and \(4, 1\)"):
            function(X_GOOD, X_GOOD[:, :1])
        with pytest.raises(TypeError, match="must hold numbers"):
            function(X_GOOD.astype(str), X_GOOD)
    with pytest.raises(ValueError, match="p must be at least 1"):
        minkowski(X_GOOD, X_GOOD, p=0.5)
    with pytest.raises(ValueError, match=r"B\[0\] is all zeros"):
        cosine_distance(X_GOOD, np.zeros((1, 2)))
    with pytest.raises(ValueError, match=r"x must have shape \(2,\)"):
        KDTree(X_GOOD).query([1.0], 1)
    with pytest.raises(ValueError, match="no NaN"):
        top_k(np.array([[np.nan, 1.0]]), 1)
    with pytest.raises(ValueError, match="leaf_size"):
        KDTree(X_GOOD, leaf_size=0)


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_numbers_whose_squares_overflow_are_refused():
    for X in (X_GOOD * 1e200, X_GOOD.astype("f4") * np.float32(1e20)):
        with pytest.raises(ValueError, match="squares overflow"):
            nearest(X, X, 2)


def test_integers_are_never_truncated_and_float32_is_kept():
    whole = (X_GOOD * 2).astype(int)
    for function in (minkowski, cosine_distance):
        np.testing.assert_array_equal(function(whole, whole), function(whole * 1.0, whole * 1.0))
        assert function(*2 * [X_GOOD.astype("f4")]).dtype == np.float32
    assert nearest(whole, whole[:3], 2)[0].dtype == float
    model = KNeighbors(2).fit(X_GOOD.astype("f4"), Y_GOOD)
    assert model.predict_proba(X_GOOD.astype("f4")).dtype == np.float32


def test_labels_may_be_words_and_columns_follow_the_alphabet():
    model = KNeighbors(1).fit(X_GOOD, np.array(["no", "yes"])[Y_GOOD])
    np.testing.assert_array_equal(model.predict(X_GOOD), ["no", "yes", "yes", "no"])
    np.testing.assert_array_equal(model.predict_proba(X_GOOD)[0], [1, 0])
    assert model.score(X_GOOD, np.array(["no", "yes"])[Y_GOOD]) == 1


def test_the_model_keeps_its_own_copy():
    X = X_GOOD.copy()
    model, tree = KNeighbors(1).fit(X, Y_GOOD), KDTree(X)
    X[:] = 0
    np.testing.assert_array_equal(model.X_, X_GOOD)
    np.testing.assert_array_equal(tree.X, X_GOOD)


def test_one_point_and_constant_features_are_no_trouble():
    assert KDTree([[2.0, 5.0]]).query([2.0, 6.0], 1) == (1.0, 0, 1)
    X = np.column_stack([np.ones(40), np.arange(40.0)])
    np.testing.assert_array_equal(KDTree(X, leaf_size=1).query([1, 7.2], 3)[1], [7, 8, 6])
    same = np.ones((40, 2))
    np.testing.assert_array_equal(KDTree(same, leaf_size=3).query([0, 0], 3)[1], [0, 1, 2])
    assert KNeighbors(40).fit(X, np.arange(40) < 25).predict(X).all()
    np.testing.assert_array_equal(vote(np.array([[1]])), [1])

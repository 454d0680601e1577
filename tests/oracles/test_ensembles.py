"""Oracle for ensembles: scikit-learn on digits, on houses and on passengers."""

import numpy as np
import pytest

import bookdata
from solutions.ensembles import (
    AdaBoost,
    GradientBoosting,
    RandomForest,
    best_cuts,
    bin_features,
    bootstrap_indices,
    out_of_bag_score,
    permutation_importance,
)
from solutions.inputs import NotFittedError
from solutions.trees import DecisionTree

theirs = pytest.importorskip("sklearn.ensemble")


@pytest.fixture(scope="module")
def digits():
    """Return X (1348, 64), y, and the same of 449 held-out digits."""
    return bookdata.digits()


@pytest.fixture(scope="module")
def houses():
    """Return the 33 numbers of each house, the log of its price, and which to learn from."""
    data = bookdata.ames()
    numbers = [c for c in data[1:-1] if c.dtype.kind == "f"]
    return np.column_stack(numbers), np.log(data.sale_price), data.train


@pytest.fixture(scope="module")
def passengers():
    """Return sex, age (28 where it is not known), class and fare-free kin (1309, 3), and y."""
    data = bookdata.titanic()
    age = np.where(np.isnan(data.age), 28, data.age)
    return np.column_stack([data.sex == "female", age, data.passenger_class]), data.survived


def as_bins(X):
    """Return the bins as floats, so that both sides see the same few values."""
    return bin_features(X)[1].T.astype(float)


SAME = {
    "max_leaf_nodes": None,
    "early_stopping": False,
    "learning_rate": 0.1,
}


@pytest.mark.parametrize("depth, l2", [(1, 0.0), (3, 0.0), (6, 1.0)])
def test_boosted_houses_are_scikit_learn_s(houses, depth, l2):
    X, y, _ = houses
    X = as_bins(X)
    ours = GradientBoosting(30, 0.1, depth, min_leaf=20, l2=l2).fit(X, y)
    peer = theirs.HistGradientBoostingRegressor(
        max_iter=30, max_depth=depth, min_samples_leaf=20, l2_regularization=l2, **SAME
    )
    peer.fit(X, y)  # whose slopes are of single precision
    apart = np.abs(ours.predict(X) - peer.predict(X))
    assert np.mean(apart < 2e-4) > 0.999 and apart.max() < 0.01  # a tie, decided the other way


@pytest.mark.parametrize("depth, l2", [(1, 0.0), (2, 0.0), (3, 1.0)])
def test_boosted_passengers_are_scikit_learn_s(passengers, depth, l2):
    X, y = passengers
    X = as_bins(X)
    ours = GradientBoosting(20, 0.1, depth, min_leaf=1e-3, l2=l2, loss="log").fit(X, y)
    peer = theirs.HistGradientBoostingClassifier(
        max_iter=20, max_depth=depth, min_samples_leaf=1, l2_regularization=l2, **SAME
    )
    peer.fit(X, y)
    np.testing.assert_allclose(ours.predict_proba(X), peer.predict_proba(X), rtol=0, atol=1e-4)


def test_held_out_houses_are_priced_as_well(houses):
    X, y, now = houses
    ours = GradientBoosting(200, 0.1, 4, min_leaf=10, l2=0).fit(X[now], y[now])
    peer = theirs.HistGradientBoostingRegressor(
        max_iter=200, max_depth=4, min_samples_leaf=10, **SAME
    )
    peer.fit(X[now], y[now])
    assert ours.score(X[~now], y[~now]) > peer.score(X[~now], y[~now]) - 0.01


def test_adaboost_is_scikit_learn_s(passengers):
    X, y = passengers
    X = X.astype(np.float32).astype(float)
    ours = AdaBoost(30).fit(X, y)
    peer = theirs.AdaBoostClassifier(n_estimators=30, random_state=0).fit(X, y)
    np.testing.assert_allclose(ours.alphas_[:10], peer.estimator_weights_[:10], atol=1e-10)
    assert np.mean(ours.predict(X) == peer.predict(X)) > 0.99


def test_forests_read_digits_as_well(digits):
    X, y, X_test, y_test = digits
    ours = [
        RandomForest(100).fit(X, y, np.random.default_rng(s)).score(X_test, y_test)
        for s in range(3)
    ]
    peers = [
        theirs.RandomForestClassifier(100, random_state=s).fit(X, y).score(X_test, y_test)
        for s in range(3)
    ]
    assert abs(np.mean(ours) - np.mean(peers)) < 0.01
    assert min(ours) > 0.965


def test_out_of_bag_is_near_scikit_learn_s(digits):
    X, y = digits[:2]
    forest = RandomForest(100).fit(X, y, np.random.default_rng(0))
    peer = theirs.RandomForestClassifier(100, oob_score=True, random_state=0).fit(X, y)
    assert out_of_bag_score(forest, X, y) == pytest.approx(peer.oob_score_, abs=0.015)


def test_permutation_importance_is_near_scikit_learn_s(houses):
    inspection = pytest.importorskip("sklearn.inspection")
    X, y, now = houses
    peer = theirs.HistGradientBoostingRegressor(max_iter=50).fit(X[now], y[now])
    fall = permutation_importance(peer, X[~now], y[~now], np.random.default_rng(0), 10)
    other = inspection.permutation_importance(
        peer, X[~now], y[~now], n_repeats=10, random_state=0
    ).importances_mean
    np.testing.assert_allclose(fall.mean(axis=0), other, atol=0.02)


def test_a_tree_without_a_limit_is_chapter_11_s():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 3)), rng.integers(3, size=200)
    forest = RandomForest(1, max_features=3)
    forest.classes_ = np.arange(3)
    forest.edges_, bins = bin_features(X)
    ours = forest.grow_tree(bins, y, rng)
    one = DecisionTree().fit(X, y)
    assert len(ours.feature_) == len(one.feature_)
    np.testing.assert_array_equal(ours.predict_proba(X), one.predict_proba(X))
    X_new = rng.normal(size=(500, 3))
    agree = ours.predict_proba(X_new).argmax(axis=1) == one.predict(X_new)
    assert agree.mean() > 0.9  # ties between features apart


def test_the_gain_is_the_fall_of_the_loss():
    """Of the whole penalised loss, when every leaf takes its own best step."""
    rng = np.random.default_rng(0)
    g, h, left = rng.normal(size=30), rng.random(30), np.arange(30) < 11

    def lowest(side, l2=0.7):
        steps = np.linspace(-9, 9, 200_001)
        return (g[side].sum() * steps + (h[side].sum() + l2) / 2 * steps**2).min()

    G, H = ([a[left].sum(), a[~left].sum()] for a in (g, h))
    allowed = np.array([[[True, False]]])
    gain = best_cuts(np.array([[[G]]]), np.array([[H]]), allowed, 0.7)[2][0]
    want = lowest(np.ones(30, dtype=bool)) - lowest(left) - lowest(~left)
    assert gain == pytest.approx(max(want, 0), abs=1e-6)


def test_the_training_loss_never_rises(houses):
    X, y, _ = houses
    model = GradientBoosting(40, 0.3, 3).fit(X, y)
    z = np.full(len(y), model.start_)
    losses = [np.mean((y - z) ** 2)]
    for tree in model.trees_:
        z = z + 0.3 * tree.predict(X)
        losses.append(np.mean((y - z) ** 2))
    assert (np.diff(losses) < 0).all()
    np.testing.assert_allclose(model.predict(X), z, atol=1e-10)


def test_counted_from_one_side_or_from_both_the_tree_is_the_same(houses):
    """The sums of the larger side are what is left; all counted, by drawing all, they agree."""
    X, y, _ = houses
    model = GradientBoosting(max_depth=5)
    bins, y = model.prepare(X, y)
    g, h = model.start_ - y, np.ones(len(y))
    one = model.grow(bins, g, h)[0]
    every = np.arange(len(bins))
    two = model.grow(bins, g, h, draw=lambda m: np.tile(every, (m, 1)))[0]
    np.testing.assert_allclose(one.predict(X), two.predict(X), atol=1e-9)


def test_only_the_order_of_values_matters(houses):
    X, y, _ = houses
    few = as_bins(X)
    one = GradientBoosting(10).fit(few, y).predict(few)
    two = GradientBoosting(10).fit(np.exp(few / 50), y).predict(np.exp(few / 50))
    np.testing.assert_allclose(one, two, atol=1e-9)


def test_about_a_third_is_left_out():
    rng = np.random.default_rng(0)
    shares = [bootstrap_indices(1000, rng)[1].mean() for _ in range(200)]
    assert np.mean(shares) == pytest.approx(np.exp(-1), abs=0.003)


def test_edges_part_every_two_values_where_there_are_few():
    X = np.array([[1.0, 5.0], [2.0, 5.0], [2.0, 5.0], [7.0, 5.0]])
    edges, bins = bin_features(X)
    np.testing.assert_array_equal(edges, [[1.5, 4.5, np.inf], [np.inf, np.inf, np.inf]])
    np.testing.assert_array_equal(bins, [[0, 1, 1, 2], [0, 0, 0, 0]])
    many = np.random.default_rng(0).normal(size=(5000, 1))
    edges, bins = bin_features(many)
    assert bins.dtype == np.uint8 and edges.shape == (1, 256)
    assert np.bincount(bins[0]).min() >= 15  # of 19.5 in each
    assert ((many[:, 0] <= edges[0, 100]) == (bins[0] <= 100)).all()


# Bad input: each a sentence that says what was wrong.

X_GOOD = np.array([[0.0, 1.0], [1.0, 0.5], [2.0, 3.0], [0.5, 2.0]])
Y_GOOD = np.array([0, 1, 1, 0])
RNG = np.random.default_rng(0)
FITS = {
    "forest": lambda X, y: RandomForest(2).fit(X, y, RNG),
    "ada": lambda X, y: AdaBoost(2).fit(X, y),
    "numbers": lambda X, y: GradientBoosting(2).fit(X, y),
    "labels": lambda X, y: GradientBoosting(2, loss="log").fit(X, y),
}


@pytest.mark.parametrize("kind", FITS)
@pytest.mark.parametrize(
    "X, y, sentence",
    [
        (X_GOOD[0], Y_GOOD, r"shape \(n, d\).*shape is \(2,\)"),
        (X_GOOD, Y_GOOD[:3], r"\(4, 2\).*\(4,\).*shape is \(3,\)"),
        (np.where(X_GOOD == 3, np.nan, X_GOOD), Y_GOOD, r"X\[2, 1\] is nan"),
        (np.where(X_GOOD == 3, np.inf, X_GOOD), Y_GOOD, r"X\[2, 1\] is inf"),
        (X_GOOD[:0], Y_GOOD[:0], "empty"),
        (X_GOOD, np.array([0, np.nan, 1, 0]), "NaN|nan"),
    ],
)
def test_bad_data_is_refused_with_a_sentence(kind, X, y, sentence):
    with pytest.raises(ValueError, match=sentence):
        FITS[kind](X, y)


@pytest.mark.parametrize("kind", ["forest", "ada", "labels"])
def test_one_class_is_refused(kind):
    with pytest.raises(ValueError, match="one class only"):
        FITS[kind](X_GOOD, np.zeros(4))


@pytest.mark.parametrize("kind", ["ada", "labels"])
def test_three_classes_are_too_many(kind):
    with pytest.raises(ValueError, match="3 classes"):
        FITS[kind](X_GOOD, [0, 1, 2, 0])


def test_words_are_no_numbers():
    with pytest.raises(TypeError, match="y must hold numbers"):
        GradientBoosting().fit(X_GOOD, list("abab"))
    for kind in FITS.values():
        with pytest.raises(TypeError, match="X must hold numbers"):
            kind(X_GOOD.astype(str), Y_GOOD)


@pytest.mark.parametrize(
    "setting, error",
    [
        ({"rounds": 0}, ValueError),
        ({"rounds": 1.5}, TypeError),
        ({"learning_rate": 0}, ValueError),
        ({"learning_rate": np.nan}, ValueError),
        ({"max_depth": 0}, ValueError),
        ({"min_leaf": 0}, ValueError),
        ({"l2": -1}, ValueError),
        ({"loss": "hinge"}, ValueError),
    ],
)
def test_a_setting_out_of_range_is_refused(setting, error):
    with pytest.raises(error, match=f"^{next(iter(setting))} must be"):
        GradientBoosting(**setting).fit(X_GOOD, Y_GOOD)


def test_forests_and_adaboost_refuse_settings_too():
    for setting in ({"n_trees": 0}, {"max_features": 0}, {"max_features": 3}):
        with pytest.raises(ValueError, match=f"^{next(iter(setting))} must be"):
            RandomForest(**setting).fit(X_GOOD, Y_GOOD, RNG)
    with pytest.raises(ValueError, match="^rounds must be"):
        AdaBoost(0).fit(X_GOOD, Y_GOOD)
    with pytest.raises(TypeError, match="rng must be"):
        RandomForest().fit(X_GOOD, Y_GOOD)
    with pytest.raises(TypeError, match="rng must be"):
        permutation_importance(AdaBoost(1).fit(X_GOOD, Y_GOOD), X_GOOD, Y_GOOD, 0)


def test_before_fit_they_say_so():
    for model in (RandomForest(), AdaBoost(), GradientBoosting(), GradientBoosting(loss="log")):
        with pytest.raises(NotFittedError, match="call fit first"):
            model.predict(X_GOOD)
        with pytest.raises(NotFittedError, match="call fit first"):
            model.score(X_GOOD, Y_GOOD)
    with pytest.raises(NotFittedError, match="call fit first"):
        out_of_bag_score(RandomForest(), X_GOOD, Y_GOOD)
    for fit in FITS.values():
        model = fit(X_GOOD, Y_GOOD)
        with pytest.raises(ValueError, match=r"fit saw 2 features.*\(4, 1\)"):
            model.predict(X_GOOD[:, :1])
    with pytest.raises(ValueError, match=r"\(4, 2\).*shape is \(3,\)"):
        out_of_bag_score(FITS["forest"](X_GOOD, Y_GOOD), X_GOOD, Y_GOOD[:3])


def test_out_of_bag_asks_for_the_rows_of_fit():
    forest = FITS["forest"](X_GOOD, Y_GOOD)
    with pytest.raises(ValueError, match="number of rows must be at least 4, not 3"):
        out_of_bag_score(forest, X_GOOD[:3], Y_GOOD[:3])


def test_constant_features_and_single_samples():
    same = np.ones((6, 2))
    y = np.array([0, 1, 1, 0, 1, 1])
    p = RandomForest(20).fit(same, y, RNG).predict_proba(same)
    assert (p == p[0]).all() and p[0, 1] == pytest.approx(2 / 3, abs=0.2)
    assert AdaBoost(5).fit(same, y).predict(same).tolist() == [1] * 6
    p = GradientBoosting(5, loss="log").fit(same, y).predict_proba(same)
    np.testing.assert_allclose(p[:, 1], 2 / 3, atol=1e-12)
    assert GradientBoosting(5).fit([[1.0]], [3.5]).predict([[9.0]]) == [3.5]


def test_words_integers_and_single_precision():
    words = np.array(["no", "yes"])[Y_GOOD]
    for kind in ("forest", "ada", "labels"):
        assert set(FITS[kind](X_GOOD, words).predict(X_GOOD)) <= {"no", "yes"}
    whole = (X_GOOD * 2).astype(int)
    one, two = (GradientBoosting(3, min_leaf=1).fit(X, Y_GOOD) for X in (whole, whole + 0.0))
    np.testing.assert_array_equal(one.predict(whole), two.predict(whole))
    low = np.float32(0.1)
    near = np.array([[low], [np.nextafter(low, np.float32(1))], [0.3]], dtype=np.float32)
    assert bin_features(near)[0].dtype == np.float32
    assert GradientBoosting(1, 1.0, min_leaf=1, l2=0).fit(near, [0, 0, 1]).predict(near)[2] == 1


def test_small_and_large_numbers_are_learned_alike():
    X, y = RNG.normal(size=(200, 2)), RNG.normal(size=200)
    one = GradientBoosting(5).fit(X, y).predict(X)
    for size in (1e-9, 1e9):
        np.testing.assert_allclose(GradientBoosting(5).fit(X, y * size).predict(X) / size, one)

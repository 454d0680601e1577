"""Oracle for model selection: scikit-learn on the same real data, SciPy, and properties."""

import math

import numpy as np
import pytest

import bookdata
from solutions.costs import roc_auc
from solutions.inputs import NotFittedError
from solutions.logistic_regression import LogisticRegression
from solutions.model_selection import (
    GaussianProcess,
    bayes_search,
    cross_val_score,
    expected_improvement,
    grid_search,
    k_fold,
    most_likely,
    nested_cross_validation,
    normal_below,
    normal_density,
    random_search,
    settings_at,
    squared_exponential,
    stratified_k_fold,
    successive_halving,
)


@pytest.fixture(scope="module")
def passengers():
    """Return who survived, from sex, age in decades and class: X (1046, 4), y."""
    data = bookdata.titanic()
    columns = [data.sex == "female", data.age / 10]
    columns += [data.passenger_class == 2, data.passenger_class == 3]
    known = ~np.isnan(data.age)
    return np.column_stack(columns).astype(float)[known], data.survived[known]


def accuracy(model, X, y):
    return float(np.mean(model.predict(X) == y))


def auc(model, X, y):
    return roc_auc(y, model.predict_proba(X)[:, 1])


def folds_of(splitter, X, y):
    """Return the folds that a splitter of scikit-learn makes."""
    folds = np.empty(len(y), dtype=int)
    for f, (_, test) in enumerate(splitter.split(X, y)):
        folds[test] = f
    return folds


def test_cross_validation_of_passengers_agrees_with_scikit_learn(passengers):
    selection = pytest.importorskip("sklearn.model_selection")
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, y = passengers
    splitter = selection.StratifiedKFold(7, shuffle=True, random_state=0)
    model = linear_model.LogisticRegression(C=0.3)
    theirs = selection.cross_val_score(model, X, y, cv=splitter, scoring="roc_auc")

    def make():
        return linear_model.LogisticRegression(C=0.3)

    ours = cross_val_score(make, X, y, folds_of(splitter, X, y), auc)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_grid_search_chooses_what_scikit_learn_chooses(passengers):
    selection = pytest.importorskip("sklearn.model_selection")
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, y = passengers
    splitter = selection.KFold(4, shuffle=True, random_state=1)
    folds, grid = folds_of(splitter, X, y), {"C": [1e-3, 1e-2, 1.0], "fit_intercept": [True, False]}
    theirs = selection.GridSearchCV(
        linear_model.LogisticRegression(), grid, cv=splitter, scoring="roc_auc"
    ).fit(X, y)

    def evaluate(settings):
        return cross_val_score(
            lambda: linear_model.LogisticRegression(**settings), X, y, folds, auc
        ).mean()

    tried, scores = grid_search(evaluate, grid)
    assert tried == theirs.cv_results_["params"]
    np.testing.assert_allclose(scores, theirs.cv_results_["mean_test_score"], rtol=1e-12)
    assert tried[scores.argmax()] == theirs.best_params_


def test_nested_cross_validation_agrees_with_scikit_learn(passengers):
    selection = pytest.importorskip("sklearn.model_selection")
    neighbors = pytest.importorskip("sklearn.neighbors")
    X, y = passengers
    outer, inner = (selection.KFold(k, shuffle=True, random_state=k) for k in (5, 3))
    grid = {"n_neighbors": [1, 5, 25]}
    chosen = selection.GridSearchCV(neighbors.KNeighborsClassifier(), grid, cv=inner)
    theirs = selection.cross_val_score(chosen, X, y, cv=outer)

    def search(X, y):
        folds = folds_of(inner, X, y)

        def evaluate(settings):
            make = lambda: neighbors.KNeighborsClassifier(**settings)  # noqa: E731
            return cross_val_score(make, X, y, folds, accuracy).mean()

        tried, scores = grid_search(evaluate, grid)
        best = tried[scores.argmax()]
        return lambda: neighbors.KNeighborsClassifier(**best), scores.max()

    promised, kept = nested_cross_validation(search, X, y, folds_of(outer, X, y), accuracy)
    np.testing.assert_allclose(kept, theirs, rtol=1e-12)
    assert promised.shape == kept.shape == (5,)


def test_folds_are_as_even_as_those_of_scikit_learn(passengers):
    selection = pytest.importorskip("sklearn.model_selection")
    X, y = passengers
    for k in (2, 3, 7, 10):
        rng = np.random.default_rng(k)
        theirs = folds_of(selection.KFold(k), X, y)
        np.testing.assert_array_equal(
            np.sort(np.bincount(k_fold(len(y), k, rng))), np.sort(np.bincount(theirs))
        )
        ours = stratified_k_fold(y, k, rng)
        theirs = folds_of(selection.StratifiedKFold(k), X, y)
        for c in (0, 1):
            np.testing.assert_array_equal(
                np.sort(np.bincount(ours[y == c])), np.sort(np.bincount(theirs[y == c]))
            )


@pytest.mark.parametrize("length, noise", [(0.2, 0.05), (0.7, 0.3), (5.0, 1.0)])
def test_the_process_agrees_with_scikit_learn(length, noise):
    process = pytest.importorskip("sklearn.gaussian_process")
    enzymes = bookdata.puromycin()
    X = np.column_stack([enzymes.concentration, enzymes.treated]).astype(float)
    y = enzymes.rate
    kernel = process.kernels.RBF(length)
    theirs = process.GaussianProcessRegressor(
        kernel, alpha=noise**2, optimizer=None, normalize_y=True
    ).fit(X, y)
    ours = GaussianProcess(length, noise).fit(X, y)
    new = np.random.default_rng(0).uniform(-0.2, 1.4, size=(50, 2))
    mean, covariance = ours.predict(new)
    their_mean, their_covariance = theirs.predict(new, return_cov=True)
    np.testing.assert_allclose(mean, their_mean, rtol=1e-9)
    np.testing.assert_allclose(covariance, their_covariance, atol=1e-8 * y.var())
    assert ours.log_likelihood_ == pytest.approx(theirs.log_marginal_likelihood_value_, rel=1e-10)


def test_the_process_is_the_conditional_of_a_joint_gaussian():
    rng = np.random.default_rng(0)
    X, new, y = rng.random((6, 2)), rng.random((3, 2)), rng.normal(size=6)
    process = GaussianProcess(0.4, 0.3).fit(X, y)
    both = squared_exponential(np.vstack([X, new]), np.vstack([X, new]), 0.4)
    both[:6, :6] += 0.09 * np.eye(6)
    precision = np.linalg.inv(both)  # its lower corner is the inverse of the conditional
    conditional = np.linalg.inv(precision[6:, 6:])
    z = (y - y.mean()) / y.std()
    mean, covariance = process.predict(new)
    np.testing.assert_allclose(covariance, y.var() * conditional, rtol=1e-9)
    shift = -conditional @ precision[6:, :6] @ z
    np.testing.assert_allclose(mean, y.mean() + y.std() * shift, rtol=1e-9)


def test_normal_curves_and_the_improvement_agree_with_scipy():
    stats = pytest.importorskip("scipy.stats")
    integrate = pytest.importorskip("scipy.integrate")
    z = np.linspace(-37, 9, 200)
    np.testing.assert_allclose(normal_density(z), stats.norm.pdf(z), rtol=1e-12)
    np.testing.assert_allclose(normal_below(z), stats.norm.cdf(z), rtol=1e-10)
    for mean, sd, best in [(0.0, 1.0, 0.5), (3.0, 0.2, 2.0), (-1.0, 2.0, 1.5)]:

        def gain(f, mean=mean, sd=sd, best=best):
            return (f - best) * stats.norm.pdf(f, mean, sd)

        by_integral = integrate.quad(gain, best, mean + 40 * sd)[0]
        ours = expected_improvement(np.array([mean]), np.array([sd]), best)
        np.testing.assert_allclose(ours, by_integral, rtol=1e-9)


def test_the_likelihood_tells_the_length_that_was_drawn_from():
    rng, right = np.random.default_rng(0), 0
    X = rng.random((40, 1))
    for length in (0.1, 0.4):
        root = np.linalg.cholesky(squared_exponential(X, X, length) + 0.01 * np.eye(40))
        for _ in range(10):
            y = root @ rng.normal(size=40)
            right += most_likely(X, y, lengths=(0.1, 0.4)).length == length
    assert right >= 18


def test_a_process_finds_a_hill_sooner_than_chance():
    space = {"rate": (0.01, 1.0, "log"), "depth": (1, 6), "share": (0.0, 1.0)}

    def hill(settings):
        return (
            -((math.log10(settings["rate"]) + 1) ** 2)
            - (settings["depth"] - 3) ** 2 / 9
            - (settings["share"] - 0.7) ** 2
        )

    best = [
        [search(hill, space, 20, np.random.default_rng(i))[1].max() for i in range(10)]
        for search in (random_search, bayes_search)
    ]
    assert np.mean(best[1]) > np.mean(best[0])


def test_each_rung_costs_about_the_same():
    tried = [{"i": i} for i in range(27)]
    table = successive_halving(lambda settings, amount: settings["i"] * 1.0, tried, 2, 4)
    assert [amount * len(places) for amount, places, _ in table] == [54] * 4
    assert table[-1][1].tolist() == [26]


def test_settings_cover_their_ranges_evenly():
    space = {"a": (1, 4), "b": (1, 8, "log"), "c": (0.5, 2.5), "d": (0.01, 100.0, "log")}
    found = [settings_at(space, np.full(4, part)) for part in np.linspace(0, 1, 4001)]
    assert np.bincount([f["a"] for f in found])[1:] == pytest.approx([1000] * 4, abs=2)
    assert {f["b"] for f in found} == set(range(1, 9))
    assert (found[0]["c"], found[-1]["c"]) == (0.5, 2.5)
    assert found[2000]["d"] == pytest.approx(1.0)
    assert found[-1] == {"a": 4, "b": 8, "c": 2.5, "d": pytest.approx(100.0)}
    assert all(type(f["a"]) is int for f in found)


# Bad input: each a sentence that says what was wrong.

RNG = np.random.default_rng(0)
X_GOOD, Y_GOOD = np.arange(12.0).reshape(6, 2), np.array([0, 1, 0, 1, 0, 1])
FOLDS = np.array([0, 1, 2, 2, 1, 0])


@pytest.mark.parametrize(
    "n, k, error, sentence",
    [
        (1, 2, ValueError, "n must be at least 2, not 1"),
        (5, 1, ValueError, "k must be at least 2, not 1"),
        (5, 6, ValueError, "k must be at most 5, not 6"),
        (5, 2.5, TypeError, "k must be a whole number, not 2.5"),
        ("many", 2, TypeError, "n must be a whole number"),
    ],
)
def test_folds_that_cannot_be_are_refused(n, k, error, sentence):
    with pytest.raises(error, match=sentence):
        k_fold(n, k, RNG)


def test_a_class_too_small_to_be_shared_out_is_named():
    with pytest.raises(ValueError, match="class b has 2 of the 7 samples, too few for 3 folds"):
        stratified_k_fold(list("aaabbaa"), 3, RNG)
    with pytest.raises(ValueError, match="one class only"):
        stratified_k_fold([1, 1, 1, 1], 2, RNG)
    with pytest.raises(ValueError, match="a label is missing"):
        stratified_k_fold([1.0, np.nan, 0.0], 2, RNG)
    with pytest.raises(ValueError, match="shape"):
        stratified_k_fold(np.zeros((4, 2)), 2, RNG)
    with pytest.raises(ValueError, match="k must be at least 2"):
        stratified_k_fold(Y_GOOD, 1, RNG)


@pytest.mark.parametrize(
    "deal",
    [
        lambda rng: k_fold(6, 2, rng),
        lambda rng: stratified_k_fold(Y_GOOD, 2, rng),
        lambda rng: random_search(len, {"a": (0, 1)}, 1, rng),
        lambda rng: bayes_search(len, {"a": (0, 1)}, 1, rng),
    ],
)
def test_chance_comes_from_a_generator(deal):
    with pytest.raises(TypeError, match="rng must be a numpy.random.Generator"):
        deal(0)


@pytest.mark.parametrize(
    "X, y, folds, sentence",
    [
        (X_GOOD, Y_GOOD[:4], FOLDS, r"\(6, 2\).*\(6,\).*shape is \(4,\)"),
        (X_GOOD, Y_GOOD, FOLDS[:4], r"y and folds.*\(6,\) and \(4,\)"),
        (X_GOOD, Y_GOOD, FOLDS * 2, r"from 0 to k - 1.*\[0 2 4\]"),
        (X_GOOD, Y_GOOD, FOLDS - 1, r"from 0 to k - 1.*\[-1  0  1\]"),
        (X_GOOD, Y_GOOD, FOLDS * 0, "two or more"),
        (X_GOOD, Y_GOOD, FOLDS / 1.0, "whole numbers"),
        (X_GOOD[:0], Y_GOOD[:0], FOLDS[:0], "two or more"),
        (3.0, Y_GOOD, FOLDS, "shape"),
    ],
)
def test_folds_that_do_not_fit_are_refused(X, y, folds, sentence):
    for work in (cross_val_score, nested_cross_validation):
        with pytest.raises(ValueError, match=sentence):
            work(LogisticRegression, X, y, folds, accuracy)


@pytest.mark.parametrize(
    "space, sentence",
    [
        ({}, "space is empty"),
        ({"a": (2, 2)}, "the upper end of a must be greater than 2, not 2"),
        ({"a": (0, 1, "log")}, "the lower end of a must be greater than 0"),
        ({"a": (1, 2, "square")}, 'the scale of a is "log" or left out'),
        ({"a": (0.0, math.nan)}, "the upper end of a must be greater"),
    ],
)
def test_a_space_that_is_none_is_refused(space, sentence):
    with pytest.raises(ValueError, match=sentence):
        random_search(len, space, 3, RNG)


def test_points_outside_the_unit_cube_are_refused():
    space = {"a": (0, 1), "b": (0.0, 1.0)}
    for u, sentence in [([0.5], r"shape \(2,\)"), ([0.5, 1.1], "at most 1"), ([-0.1, 0], "least")]:
        with pytest.raises(ValueError, match=sentence):
            settings_at(space, np.array(u))
    with pytest.raises(ValueError, match="budget must be at least 1"):
        random_search(len, space, 0, RNG)


@pytest.mark.parametrize(
    "setting, value, error",
    [
        ("least", 0, ValueError),
        ("rungs", 0, ValueError),
        ("eta", 1, ValueError),
        ("eta", 1.5, TypeError),
        ("tried", [], ValueError),
    ],
)
def test_a_ladder_that_cannot_be_climbed_is_refused(setting, value, error):
    settings = {"tried": [{}], "least": 1, "rungs": 1, "eta": 2} | {setting: value}
    with pytest.raises(error, match=f"^{setting} "):
        successive_halving(lambda settings, amount: 0.0, **settings)


@pytest.mark.parametrize(
    "settings, X, y, sentence",
    [
        ({"length": 0}, X_GOOD, Y_GOOD, "length must be greater than 0"),
        ({"length": math.nan}, X_GOOD, Y_GOOD, "length must be greater than 0"),
        ({"noise": 0}, X_GOOD, Y_GOOD, "noise must be at least 0.0001"),
        ({}, X_GOOD[:, 0], Y_GOOD, r"shape \(n, d\)"),
        ({}, X_GOOD, Y_GOOD[:3], r"shape is \(3,\)"),
        ({}, np.where(X_GOOD == 3, np.nan, X_GOOD), Y_GOOD, r"X\[1, 1\] is nan"),
        ({}, X_GOOD, np.where(Y_GOOD, np.nan, 0.0), r"y\[1\] is nan"),
        ({}, X_GOOD[:0], Y_GOOD[:0], "empty"),
    ],
)
def test_a_process_refuses_what_it_cannot_learn_from(settings, X, y, sentence):
    with pytest.raises(ValueError, match=sentence):
        GaussianProcess(**settings).fit(X, y)


def test_a_process_that_has_seen_nothing_says_so():
    with pytest.raises(NotFittedError, match="call fit first"):
        GaussianProcess().predict(X_GOOD)
    process = GaussianProcess().fit(X_GOOD, Y_GOOD)
    with pytest.raises(ValueError, match="fit saw 2 features"):
        process.predict(X_GOOD[:, :1])
    with pytest.raises(TypeError, match="y must hold numbers"):
        process.fit(X_GOOD, ["a"] * 6)


def test_a_process_holds_at_the_edges():
    """Equal scores, equal points, one point, single precision, a tiny noise."""
    for X, y in [(X_GOOD, np.full(6, 0.1)), (X_GOOD * 0, Y_GOOD), (X_GOOD[:1], Y_GOOD[:1])]:
        mean, covariance = GaussianProcess(noise=1e-4).fit(X, y).predict(X)
        assert np.isfinite(mean).all()
        assert np.isfinite(covariance).all()
    single = GaussianProcess(0.3, 1e-3).fit(X_GOOD.astype(np.float32), Y_GOOD.astype(np.float32))
    double = GaussianProcess(0.3, 1e-3).fit(X_GOOD, Y_GOOD)
    np.testing.assert_array_equal(single.alpha_, double.alpha_)


def test_improvements_are_refused_where_they_make_no_sense():
    for mean, sd, sentence in [
        ([1.0], [-1.0], "the least sd must be at least 0"),
        ([1.0, 2.0], [1.0], "shape"),
        ([np.nan], [1.0], "mean must be finite"),
        ([], [], "mean must have shape"),
    ]:
        with pytest.raises(ValueError, match=sentence):
            expected_improvement(np.array(mean), np.array(sd), 0.0)

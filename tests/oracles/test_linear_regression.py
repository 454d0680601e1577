"""Oracle for linear regression: scikit-learn and statsmodels on the same diamonds."""

import numpy as np
import pytest

import bookdata
from solutions.arrays import standardize
from solutions.inputs import NotFittedError
from solutions.linear_regression import (
    Lasso,
    Ridge,
    fit_gradient_descent,
    fit_normal_equations,
    fit_qr,
    intervals,
    lasso_path,
    polynomial_features,
    r_squared,
    soft_threshold,
    standard_errors,
)

FITS = [fit_normal_equations, fit_qr]


@pytest.fixture(scope="module")
def stones():
    """Return the six numbers of the measured diamonds for training, and their log-prices."""
    data = bookdata.diamonds()
    X = np.column_stack([data.carat, data.depth, data.table, data.x, data.y, data.z])
    sides = X[:, 3:]
    use = data.train & (sides.min(axis=1) > 0) & (sides.max(axis=1) < 20)
    return X[use], np.log(data.price[use])


@pytest.mark.parametrize("fit", FITS)
def test_diamonds_agree_with_both_libraries(stones, fit):
    linear_model = pytest.importorskip("sklearn.linear_model")
    sm = pytest.importorskip("statsmodels.api")
    X, y = stones
    w, b = fit(X, y)
    theirs = linear_model.LinearRegression().fit(X, y)
    np.testing.assert_allclose(np.append(w, b), np.append(theirs.coef_, theirs.intercept_), 1e-8)
    theirs = sm.OLS(y, sm.add_constant(X)).fit()
    np.testing.assert_allclose(np.append(b, w), theirs.params, rtol=1e-8)
    assert r_squared(y, X @ w + b) == pytest.approx(theirs.rsquared, rel=1e-12)


def test_standard_errors_are_those_of_statsmodels(stones):
    sm = pytest.importorskip("statsmodels.api")
    X, y = stones
    w, b = fit_qr(X, y)
    s, s_b = standard_errors(X, y, w, b)
    theirs = sm.OLS(y, sm.add_constant(X)).fit()
    np.testing.assert_allclose(np.append(s_b, s), theirs.bse, rtol=1e-10)
    low, high = intervals(w, s, len(y) - 7)
    np.testing.assert_allclose(np.column_stack([low, high]), theirs.conf_int()[1:], rtol=1e-9)


def test_gradient_descent_arrives_where_qr_does(stones):
    X, y = stones[0][:, [0, 1, 2]], stones[1]
    X = standardize(X)
    w, b = fit_gradient_descent(X, y, learning_rate=0.5, steps=300)
    np.testing.assert_allclose(np.append(w, b), np.append(*fit_qr(X, y)), rtol=1e-9)


@pytest.mark.parametrize("l2", [0, 1e-4, 0.1, 10])
def test_ridge_agrees_with_scikit_learn(stones, l2):
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, y = stones
    ours = Ridge(l2).fit(X, y)
    theirs = linear_model.Ridge(alpha=l2 * len(y), solver="svd").fit(X, y)
    np.testing.assert_allclose(ours.w_, theirs.coef_, rtol=1e-9)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-9)
    assert ours.score(X, y) == pytest.approx(theirs.score(X, y), rel=1e-10)


@pytest.mark.parametrize("l1", [1e-3, 0.01, 0.1, 2])
def test_lasso_agrees_with_scikit_learn(stones, l1):
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, y = standardize(stones[0]), stones[1]
    ours = Lasso(l1, tolerance=1e-12).fit(X, y)
    theirs = linear_model.Lasso(l1, tol=1e-12, max_iter=100_000).fit(X, y)
    np.testing.assert_allclose(ours.w_, theirs.coef_, atol=1e-8)
    assert ours.b_ == pytest.approx(theirs.intercept_, rel=1e-9)
    np.testing.assert_array_equal(ours.w_ == 0, theirs.coef_ == 0)


def test_the_path_agrees_with_scikit_learn(stones):
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, y = standardize(stones[0][::20]), stones[1][::20]
    l1, W = lasso_path(X, y, count=20, ratio=1e-2)
    alphas, theirs, _ = linear_model.lasso_path(
        X, y - y.mean(), eps=1e-2, alphas=20, tol=1e-12, max_iter=100_000
    )
    np.testing.assert_allclose(l1, alphas, rtol=1e-10)
    np.testing.assert_allclose(W, theirs.T, atol=1e-5)


def test_the_columns_of_powers_are_scikit_learn_s(stones):
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    X = stones[0][:40]
    theirs = preprocessing.PolynomialFeatures(4, include_bias=False).fit_transform(X)
    np.testing.assert_allclose(polynomial_features(X, 4), theirs, rtol=1e-14)


def test_held_out_diamonds_are_priced_as_well_as_the_curriculum_asks():
    data = bookdata.diamonds()
    X = np.column_stack([np.log(data.carat), data.depth, data.table, data.x, data.y, data.z])
    y, train = np.log(data.price), data.train
    w, b = fit_qr(X[train], y[train])
    assert r_squared(y[~train], X[~train] @ w + b) >= 0.926


# Properties that need no library.


def made(n=60, d=5, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) + rng.normal(size=d)
    return X, X @ rng.normal(size=d) + rng.normal(size=n) + 3


@pytest.mark.parametrize("fit", FITS)
def test_the_errors_are_perpendicular_to_every_column(fit):
    X, y = made()
    w, b = fit(X, y)
    error = y - X @ w - b
    np.testing.assert_allclose(X.T @ error, 0, atol=1e-11)
    assert error.sum() == pytest.approx(0, abs=1e-11)


@pytest.mark.parametrize("fit", FITS)
def test_a_shift_of_the_features_changes_the_bias_only(fit):
    X, y = made()
    w, b = fit(X, y)
    shifted, moved = fit(X + 100, y + 7)
    np.testing.assert_allclose(shifted, w, rtol=1e-10)
    assert moved == pytest.approx(b + 7 - 100 * w.sum(), rel=1e-10)


def test_ridge_is_the_zero_of_its_slope_and_lasso_of_its_subgradient():
    X, y = made()
    ridge = Ridge(0.3).fit(X, y)
    error = ridge.predict(X) - y
    np.testing.assert_allclose(X.T @ error / 60 + 0.3 * ridge.w_, 0, atol=1e-12)
    lasso = Lasso(0.5, tolerance=1e-14).fit(X, y)
    slope = X.T @ (y - lasso.predict(X)) / 60
    there = lasso.w_ != 0
    assert 0 < there.sum() < 5
    np.testing.assert_allclose(slope[there], 0.5 * np.sign(lasso.w_[there]), atol=1e-12)
    assert np.abs(slope[~there]).max() <= 0.5


def test_copies_of_the_samples_change_nothing():
    X, y = made()
    for model in (Ridge(0.3), Lasso(0.3, tolerance=1e-14)):
        once = model.fit(X, y).w_
        twice = model.fit(np.vstack([X, X]), np.append(y, y)).w_
        np.testing.assert_allclose(twice, once, atol=1e-12)


def test_qr_keeps_digits_that_the_normal_equations_lose():
    rng = np.random.default_rng(0)
    U, V = (np.linalg.qr(rng.normal(size=(n, 6)))[0] for n in (80, 6))
    U -= U.mean(axis=0)
    X = (np.linalg.qr(U)[0] * np.geomspace(1, 1e-6, 6)) @ V
    w = rng.normal(size=6)
    lost = [np.abs(fit(X, X @ w)[0] - w).max() for fit in FITS]
    assert lost[1] < 1e-9 < 1e-7 < lost[0]


def test_standard_errors_are_the_spread_over_many_draws():
    X, _ = made(n=30, d=2)
    rng = np.random.default_rng(1)
    fits = [np.append(*fit_qr(X, X @ [1.0, -2.0] + 3 + rng.normal(size=30))) for _ in range(4000)]
    s, s_b = standard_errors(X, X @ [1.0, -2.0] + 3, np.array([1.0, -2.0]), 3.0)
    assert s_b == pytest.approx(0, abs=1e-12)
    A = np.column_stack([X, np.ones(30)])
    theory = np.sqrt(np.diag(np.linalg.inv(A.T @ A)))
    np.testing.assert_allclose(np.std(fits, axis=0), theory, rtol=0.05)


def test_soft_threshold_is_the_lowest_place_of_its_parabola():
    w = np.linspace(-5, 5, 100_001)
    for z in (-3.0, -0.4, 0.0, 0.7, 2.5):
        best = w[np.argmin((w - z) ** 2 / 2 + np.abs(w))]
        assert soft_threshold(z, 1.0) == pytest.approx(best, abs=1e-4)


# Bad input: each a sentence that says what was wrong.

X_GOOD = np.array([[0.0, 1.0], [1.0, 0.5], [2.0, 3.0], [0.5, 2.0]])
Y_GOOD = np.array([0.0, 1.0, 1.5, 0.5])
EVERY = [
    *FITS,
    fit_gradient_descent,
    lambda X, y: Ridge().fit(X, y),
    lambda X, y: Lasso(0.1).fit(X, y),
    lambda X, y: lasso_path(X, y, 3),
    lambda X, y: standard_errors(X, y, np.zeros(2), 0.0),
]


@pytest.mark.parametrize("fit", EVERY)
@pytest.mark.parametrize(
    "X, y, sentence",
    [
        (X_GOOD[0], Y_GOOD, r"shape \(n, d\).*shape is \(2,\)"),
        (X_GOOD, Y_GOOD[:3], r"\(4, 2\).*\(4,\).*shape is \(3,\)"),
        (X_GOOD, Y_GOOD[:, None], r"shape is \(4, 1\)"),
        (np.where(X_GOOD == 3, np.nan, X_GOOD), Y_GOOD, r"X\[2, 1\] is nan"),
        (X_GOOD, np.where(Y_GOOD == 1, np.inf, Y_GOOD), r"y\[1\] is inf"),
        (X_GOOD[:0], Y_GOOD[:0], "empty"),
    ],
)
def test_bad_data_is_refused_with_a_sentence(fit, X, y, sentence):
    with pytest.raises(ValueError, match=sentence):
        fit(X, y)


@pytest.mark.parametrize("fit", EVERY)
def test_text_where_numbers_belong_is_a_type_error(fit):
    with pytest.raises(TypeError, match="X must hold numbers"):
        fit(X_GOOD.astype(str), Y_GOOD)
    with pytest.raises(TypeError, match="y must hold numbers"):
        fit(X_GOOD, np.array(["low", "high", "high", "low"]))


def least_squares_errors(X, y):
    return standard_errors(X, y, np.zeros(X.shape[1]), 0.0)


@pytest.mark.parametrize("fit", [*FITS, least_squares_errors])
def test_columns_that_say_the_same_are_named_as_the_cause(fit):
    years = np.arange(2000.0, 2021.0)
    y = np.sin(years)
    for second in (np.full(21, 0.1), years + 1, 3 * years, np.full(21, 1e9)):
        with pytest.raises(ValueError, match=r"(0|1|one or another column) of X is constant or"):
            fit(np.column_stack([years, second]), y)
    dummies = np.eye(3)[np.arange(21) % 3]
    with pytest.raises(ValueError, match="mixture of others"):
        fit(dummies, y)
    with pytest.raises(ValueError, match="mixture of others"):
        fit(np.column_stack([years, years + 1]).astype(np.float32), y)
    assert Ridge(0).fit(dummies, y).score(dummies, y) <= 1


@pytest.mark.parametrize("fit", [*FITS, least_squares_errors])
def test_too_few_samples_are_named_as_the_cause(fit):
    with pytest.raises(ValueError, match=r"\(2, 2\).*n > d"):
        fit(X_GOOD[:2], Y_GOOD[:2])


def test_no_degree_of_freedom_leaves_no_standard_error():
    with pytest.raises(ValueError, match="degrees of freedom, must be at least 1, not 0"):
        standard_errors(X_GOOD[:3], Y_GOOD[:3], np.zeros(2), 0.0)
    with pytest.raises(ValueError, match=r"w must have shape \(2,\)"):
        standard_errors(X_GOOD, Y_GOOD, np.zeros(3), 0.0)
    with pytest.raises(ValueError, match="b must be finite"):
        standard_errors(X_GOOD, Y_GOOD, np.zeros(2), np.nan)


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda: Ridge(-1).fit(X_GOOD, Y_GOOD), "l2"),
        (lambda: Ridge(np.inf).fit(X_GOOD, Y_GOOD), "l2"),
        (lambda: Ridge(np.nan).fit(X_GOOD, Y_GOOD), "l2"),
        (lambda: Lasso(-1).fit(X_GOOD, Y_GOOD), "l1"),
        (lambda: Lasso(1, max_sweeps=0).fit(X_GOOD, Y_GOOD), "max_sweeps"),
        (lambda: Lasso(1, tolerance=-1).fit(X_GOOD, Y_GOOD), "tolerance"),
        (lambda: Lasso(1).fit(X_GOOD, Y_GOOD, start=np.zeros(3)), "start"),
        (lambda: fit_gradient_descent(X_GOOD, Y_GOOD, 0), "learning_rate"),
        (lambda: fit_gradient_descent(X_GOOD, Y_GOOD, steps=0), "steps"),
        (lambda: polynomial_features(X_GOOD, 0), "degree"),
        (lambda: lasso_path(X_GOOD, Y_GOOD, count=1), "count"),
        (lambda: lasso_path(X_GOOD, Y_GOOD, ratio=1), "ratio"),
        (lambda: intervals(np.zeros(2), np.ones(2), 5, level=1), "level"),
        (lambda: intervals(np.zeros(2), np.ones(2), 0), "df"),
    ],
)
def test_a_setting_out_of_range_is_refused(call, name):
    with pytest.raises(ValueError, match=f"^{name} must"):
        call()


def test_whole_numbers_are_wanted_where_things_are_counted():
    with pytest.raises(TypeError, match="degree must be a whole number, not 2.5"):
        polynomial_features(X_GOOD, 2.5)
    with pytest.raises(TypeError, match="steps must be a whole number"):
        fit_gradient_descent(X_GOOD, Y_GOOD, steps=10.0)


@pytest.mark.parametrize("model", [Ridge(), Lasso(0.1)])
def test_a_model_that_has_seen_nothing_says_so(model):
    with pytest.raises(NotFittedError, match="call fit first"):
        model.predict(X_GOOD)
    model.fit(X_GOOD, Y_GOOD)
    with pytest.raises(ValueError, match=r"fit saw 2 features.*\(4, 1\)"):
        model.predict(X_GOOD[:, :1])
    with pytest.raises(ValueError, match="y is constant"):
        model.score(X_GOOD, np.ones(4))


def test_divergence_is_an_error_and_not_a_nan():
    with np.errstate(all="ignore"), pytest.raises(RuntimeError, match="rate of 9 is too high"):
        fit_gradient_descent(X_GOOD * 100, Y_GOOD, learning_rate=9)


def test_a_lasso_that_has_not_settled_says_so():
    with pytest.raises(RuntimeError, match="after 2 sweeps"):
        Lasso(0.0, max_sweeps=2).fit(X_GOOD, Y_GOOD)


@pytest.mark.parametrize("model", [Ridge(0), Ridge(1), Lasso(0.1)])
def test_one_sample_and_constant_features_have_no_weight(model):
    model.fit([[1.0, 2.0]], [3.0])
    np.testing.assert_array_equal(model.w_, [0, 0])
    assert model.b_ == 3
    model.fit(np.column_stack([X_GOOD[:, 0], np.full(4, 0.1)]), Y_GOOD)
    assert model.w_[1] == 0
    model.fit(X_GOOD, np.full(4, 0.1))
    np.testing.assert_allclose(model.w_, 0, atol=1e-15)


def test_a_single_sample_is_walked_to():
    w, b = fit_gradient_descent([[2.0]], [3.0], 0.1, 500)
    assert 2 * w[0] + b == pytest.approx(3)


def test_integers_are_never_truncated_and_float32_is_kept():
    X, y = X_GOOD * 2, Y_GOOD * 2
    as_numbers = [
        Ridge(0.1).fit(kind(X), kind(y)).w_ for kind in (np.asarray, lambda a: a.astype(int))
    ]
    np.testing.assert_array_equal(*as_numbers)
    X, y = X_GOOD.astype(np.float32), Y_GOOD.astype(np.float32)
    for fit in (*FITS, fit_gradient_descent):
        w, b = fit(X, y)
        assert w.dtype == b.dtype == np.float32
    for part in standard_errors(X, y, w, b):
        assert part.dtype == np.float32
    for model in (Ridge(0.1), Lasso(0.1)):
        model.fit(X, y)
        assert model.w_.dtype == model.b_.dtype == model.predict(X).dtype == np.float32
    assert polynomial_features(X, 2).dtype == np.float32
    l1, W = lasso_path(X, y, 4)
    assert l1.dtype == W.dtype == np.float32
    assert Ridge().fit(X, Y_GOOD).w_.dtype == np.float32  # X decides


def test_nothing_that_is_handed_over_is_changed():
    X, y, start = X_GOOD.copy(), Y_GOOD.copy(), np.ones(2)
    for fit in EVERY:
        fit(X, y)
    Lasso(0.1).fit(X, y, start=start)
    np.testing.assert_array_equal(X, X_GOOD)
    np.testing.assert_array_equal(y, Y_GOOD)
    np.testing.assert_array_equal(start, [1, 1])

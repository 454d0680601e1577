"""Oracle for logistic regression: scikit-learn and statsmodels on the same real data."""

import numpy as np
import pytest

import bookdata
from solutions.inputs import NotFittedError
from solutions.logistic_regression import (
    LogisticRegression,
    SoftmaxRegression,
    cross_entropy,
    cross_entropy_gradient,
    fit_irls,
    log_loss,
    log_loss_gradient,
    odds_ratios,
    sigmoid,
    softmax,
)


@pytest.fixture(scope="module")
def passengers():
    """Return who survived, from sex, age in decades and class: X (1046, 4), y."""
    data = bookdata.titanic()
    X = np.column_stack(
        [
            data.sex == "female",
            data.age / 10,
            data.passenger_class == 2,
            data.passenger_class == 3,
        ]
    )
    known = ~np.isnan(data.age)
    return X[known].astype(float), data.survived[known]


def test_titanic_agrees_with_statsmodels(passengers):
    sm = pytest.importorskip("statsmodels.api")
    X, y = passengers
    w, b, covariance = fit_irls(X, y)
    theirs = sm.Logit(y, np.column_stack([X, np.ones(len(X))])).fit(disp=0, tol=1e-12)
    np.testing.assert_allclose(np.append(w, b), theirs.params, rtol=1e-8)
    np.testing.assert_allclose(covariance, theirs.cov_params(), rtol=1e-7, atol=1e-12)
    assert -len(y) * log_loss(X, y, w, b) == pytest.approx(theirs.llf, rel=1e-12)
    ratio, low, high = odds_ratios(w, covariance)
    np.testing.assert_allclose(ratio, np.exp(theirs.params[:-1]), rtol=1e-8)
    np.testing.assert_allclose(np.column_stack([low, high]), np.exp(theirs.conf_int()[:-1]), 1e-7)


@pytest.mark.parametrize("l2", [1e-3, 0.1])
def test_penalised_titanic_agrees_with_scikit_learn(passengers, l2):
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, y = passengers
    w, b, _ = fit_irls(X, y, l2=l2)
    theirs = linear_model.LogisticRegression(
        C=1 / (len(y) * l2), tol=1e-12, solver="newton-cholesky"
    )
    theirs.fit(X, y)
    np.testing.assert_allclose(np.append(w, b), np.append(theirs.coef_, theirs.intercept_), 1e-8)


def test_gradient_descent_arrives_where_newton_does(passengers):
    X, y = passengers
    w, b, _ = fit_irls(X, y, l2=0.01)
    model = LogisticRegression(learning_rate=0.2, steps=20_000, l2=0.01).fit(X, y)
    np.testing.assert_allclose(np.append(model.w_, model.b_), np.append(w, b), rtol=1e-6)


def test_digits_agree_with_scikit_learn():
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, y, X_test, _ = bookdata.digits()
    l2 = 0.1
    ours = SoftmaxRegression(learning_rate=0.5, steps=5000, l2=l2).fit(X, y)
    theirs = linear_model.LogisticRegression(C=1 / (len(y) * l2), tol=1e-10, max_iter=10_000)
    theirs.fit(X, y)
    np.testing.assert_allclose(ours.W_, theirs.coef_.T, atol=1e-6)
    np.testing.assert_allclose(ours.predict_proba(X_test), theirs.predict_proba(X_test), atol=1e-6)


def test_the_digits_are_read_as_well_as_the_curriculum_asks():
    X, y, X_test, y_test = bookdata.digits()
    model = SoftmaxRegression(learning_rate=1.0, steps=3000, l2=1e-4).fit(X, y)
    assert model.score(X_test, y_test) >= 0.961


def test_functions_agree_with_scipy():
    special = pytest.importorskip("scipy.special")
    z = np.random.default_rng(0).normal(scale=50, size=(200, 5))
    np.testing.assert_allclose(sigmoid(z), special.expit(z), rtol=1e-14)
    np.testing.assert_allclose(softmax(z), special.softmax(z, axis=-1), rtol=1e-12)


def finite_differences(loss, theta, h=1e-6):
    """Return the central differences of a scalar function, shaped like theta."""
    slope = np.empty_like(theta)
    for i in np.ndindex(theta.shape):
        step = np.zeros_like(theta)
        step[i] = h
        slope[i] = (loss(theta + step) - loss(theta - step)) / (2 * h)
    return slope


@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_gradients_are_slopes(l2):
    rng = np.random.default_rng(1)
    X, y, w, b = rng.normal(size=(15, 4)), rng.integers(2, size=15), rng.normal(size=4), 0.4
    dw, db = log_loss_gradient(X, y, w, b, l2)
    numeric = finite_differences(lambda w: log_loss(X, y, w, b, l2), w)
    np.testing.assert_allclose(dw, numeric, atol=1e-8)
    numeric = finite_differences(lambda b: log_loss(X, y, w, b[0], l2), np.array([b]))
    np.testing.assert_allclose(db, numeric[0], atol=1e-8)

    Y, W, b = np.eye(3)[rng.integers(3, size=15)], rng.normal(size=(4, 3)), rng.normal(size=3)
    dW, db = cross_entropy_gradient(X, Y, W, b, l2)
    numeric = finite_differences(lambda W: cross_entropy(X, Y, W, b, l2), W)
    np.testing.assert_allclose(dW, numeric, atol=1e-8)
    numeric = finite_differences(lambda b: cross_entropy(X, Y, W, b, l2), b)
    np.testing.assert_allclose(db, numeric, atol=1e-8)


def test_two_classes_of_softmax_are_logistic_regression(passengers):
    X, y = passengers
    two = SoftmaxRegression(0.1, steps=500).fit(X, y)
    one = LogisticRegression(0.2, steps=500).fit(X, y)
    np.testing.assert_allclose(two.W_[:, 1] - two.W_[:, 0], one.w_, rtol=1e-9)
    np.testing.assert_allclose(two.predict_proba(X), one.predict_proba(X), rtol=1e-9)


def test_the_data_is_what_its_sources_say():
    datasets = pytest.importorskip("sklearn.datasets")
    X, y = datasets.load_digits(return_X_y=True)
    data = bookdata.digits()
    train = bookdata.held_out(len(y))
    np.testing.assert_array_equal(data.X_train * 16, X[train])
    np.testing.assert_array_equal(data.y_test, y[~train])


# Bad input: each a sentence that says what was wrong.

X_GOOD = np.array([[0.0, 1.0], [1.0, 0.5], [2.0, 3.0], [0.5, 2.0]])
Y_GOOD = np.array([0, 1, 1, 0])


@pytest.mark.parametrize("model", [LogisticRegression(), SoftmaxRegression()])
@pytest.mark.parametrize(
    "X, y, sentence",
    [
        (X_GOOD[0], Y_GOOD, r"shape \(n, d\).*shape is \(2,\)"),
        (X_GOOD, Y_GOOD[:3], r"\(4, 2\).*\(4,\).*shape is \(3,\)"),
        (X_GOOD, Y_GOOD[:, None], r"shape is \(4, 1\)"),
        (np.where(X_GOOD == 3, np.nan, X_GOOD), Y_GOOD, r"X\[2, 1\] is nan"),
        (np.where(X_GOOD == 3, np.inf, X_GOOD), Y_GOOD, r"X\[2, 1\] is inf"),
        (X_GOOD[:0], Y_GOOD[:0], "empty"),
        (X_GOOD, np.zeros(4), "one class only"),
        (X_GOOD[:1], Y_GOOD[:1], "one class only"),
        (X_GOOD, np.array([0, 1, np.nan, 0]), "a label is missing"),
    ],
)
def test_bad_data_is_refused_with_a_sentence(model, X, y, sentence):
    with pytest.raises(ValueError, match=sentence):
        model.fit(X, y)


@pytest.mark.parametrize("model", [LogisticRegression, SoftmaxRegression])
@pytest.mark.parametrize("setting", [{"learning_rate": 0}, {"steps": 0}, {"l2": -1}])
def test_a_setting_out_of_range_is_refused(model, setting):
    with pytest.raises(ValueError, match=f"^{next(iter(setting))} must be"):
        model(**setting).fit(X_GOOD, Y_GOOD)


@pytest.mark.parametrize("model", [LogisticRegression(), SoftmaxRegression()])
def test_a_model_that_has_seen_nothing_says_so(model):
    with pytest.raises(NotFittedError, match="call fit first"):
        model.predict(X_GOOD)
    model.fit(X_GOOD, Y_GOOD)
    with pytest.raises(ValueError, match=r"fit saw 2 features.*\(4, 1\)"):
        model.predict(X_GOOD[:, :1])


def test_text_where_numbers_belong_is_a_type_error():
    with pytest.raises(TypeError, match="X must hold numbers"):
        LogisticRegression().fit(X_GOOD.astype(str), Y_GOOD)
    with pytest.raises(TypeError, match="z must hold numbers"):
        sigmoid(["a"])


def test_three_classes_are_too_many_for_two():
    with pytest.raises(ValueError, match="3 classes.*SoftmaxRegression"):
        LogisticRegression().fit(X_GOOD, [0, 1, 2, 0])


def test_integers_are_never_truncated_and_float32_is_kept():
    as_floats = LogisticRegression(steps=5).fit(X_GOOD * 2, Y_GOOD)
    as_integers = LogisticRegression(steps=5).fit((X_GOOD * 2).astype(int), Y_GOOD)
    np.testing.assert_array_equal(as_floats.w_, as_integers.w_)
    assert sigmoid(np.arange(3)).dtype == float
    for model in (LogisticRegression(steps=5), SoftmaxRegression(steps=5)):
        p = model.fit(X_GOOD.astype(np.float32), Y_GOOD).predict_proba(X_GOOD.astype(np.float32))
        assert p.dtype == np.float32
    assert fit_irls(X_GOOD.astype(np.float32), Y_GOOD, l2=0.1, tolerance=1e-4)[0].dtype == "f4"


def test_labels_may_be_words():
    words = np.array(["no", "yes"])[Y_GOOD]
    for model in (LogisticRegression(steps=500), SoftmaxRegression(steps=500)):
        assert set(model.fit(X_GOOD, words).predict(X_GOOD)) <= {"no", "yes"}
        assert model.score(X_GOOD, words) == np.mean(model.predict(X_GOOD) == words)


def test_columns_that_depend_on_each_other_are_named_as_the_cause():
    constant = np.column_stack([X_GOOD[:, 0], np.ones(4)])
    with pytest.raises(ValueError, match="depend on each other"):
        fit_irls(constant, [0, 1, 0, 1])
    fit_irls(constant, [0, 1, 0, 1], l2=0.1)


def test_separable_classes_are_named_as_the_cause():
    with pytest.raises(RuntimeError, match="separates the classes"):
        fit_irls(np.array([[-1.0], [-2.0], [1.0], [2.0]]), [0, 0, 1, 1])


def test_a_constant_feature_harms_nobody_with_gradient_descent():
    X = np.column_stack([X_GOOD, np.ones(4)])
    assert LogisticRegression(steps=50).fit(X, Y_GOOD).predict(X).shape == (4,)

"""Oracle for support vectors: libsvm, through scikit-learn, on the same real data."""

from functools import partial

import numpy as np
import pytest

import bookdata
from solutions.costs import hinge
from solutions.inputs import NotFittedError
from solutions.logistic_regression import sigmoid
from solutions.support_vectors import (
    SVC,
    Pegasos,
    class_scores,
    dual_objective,
    hinge_subgradient,
    one_vs_rest,
    pair_step,
    platt_scaling,
    rbf_kernel,
    smo,
    soft_margin,
    violating_pair,
)


def linear(A, B):
    return A @ B.T


@pytest.fixture(scope="module")
def birds():
    """Return two measurements of Adelies and Chinstraps, which overlap: X (n, 2), y (n,)."""
    data = bookdata.penguins()
    rows = (data.species != "Gentoo") & ~np.isnan(data.bill_depth)
    X = np.column_stack([data.bill_depth, data.flipper_length])[rows]
    return (X - X.mean(axis=0)) / X.std(axis=0), data.species[rows]


@pytest.fixture(scope="module")
def clothes():
    """Return 600 photographs of T-shirts and shirts: X (600, 784), y (600,)."""
    data = bookdata.fashion_mnist()
    rows = np.flatnonzero((data.y_train == 0) | (data.y_train == 6))[:600]
    return data.X_train[rows].reshape(600, -1) / 255, data.y_train[rows]


def libsvm(K, y, C, tol=1e-3):
    """Return libsvm's signed coefficients and bias for a Gram matrix."""
    svm = pytest.importorskip("sklearn.svm")
    theirs = svm.SVC(C=C, kernel="precomputed", tol=tol).fit(K, y)
    beta = np.zeros(len(y))
    beta[theirs.support_] = theirs.dual_coef_[0]
    return beta, theirs.intercept_[0]


def gap(K, y, beta, C):
    """Return by how much the optimality conditions are violated, from scratch."""
    r, lower, upper = y - K @ beta, np.minimum(C * y, 0), np.maximum(C * y, 0)
    return r[beta < upper].max() - r[beta > lower].min()


def check_optimal(K, y, beta, b, C, tolerance):
    """Check the conditions of Karush, Kuhn and Tucker one by one."""
    alpha, margin = y * beta, y * (K @ beta + b)
    assert alpha.min() >= 0
    assert alpha.max() <= C * (1 + 1e-12)
    assert abs(beta.sum()) <= 1e-9 * C * len(y)
    slack = 2 * tolerance
    assert (margin[alpha == 0] >= 1 - slack).all()
    assert (margin[alpha >= C * (1 - 1e-12)] <= 1 + slack).all()
    free = (alpha > 0) & (alpha < C * (1 - 1e-12))
    np.testing.assert_allclose(margin[free], 1, atol=slack)
    assert gap(K, y, beta, C) <= tolerance + 1e-9


@pytest.mark.parametrize("C", [0.1, 1.0, 10.0, 100.0])
@pytest.mark.parametrize("gamma", [0.1, 0.3, 1.0])
@pytest.mark.parametrize("digit", [0, 8])
def test_the_dual_objective_of_digits_is_libsvm_s(digit, gamma, C):
    X, labels, _, _ = bookdata.digits()
    y, K = np.where(labels == digit, 1.0, -1.0), rbf_kernel(X, X, gamma)
    beta, b = smo(K, y, C)
    theirs, their_b = libsvm(K, y, C)
    ours, peer = dual_objective(K, y, beta), dual_objective(K, y, theirs)
    assert ours == pytest.approx(peer, rel=1e-4)
    assert b == pytest.approx(their_b, abs=2e-3)
    check_optimal(K, y, beta, b, C, 1e-3)


@pytest.mark.parametrize("C", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("kernel", [linear, partial(rbf_kernel, gamma=0.5)])
def test_the_dual_objective_of_overlapping_birds_is_libsvm_s(birds, kernel, C):
    X, species = birds
    y, K = np.where(species == "Adelie", 1.0, -1.0), kernel(X, X)
    beta, b = smo(K, y, C)
    theirs, their_b = libsvm(K, y, C)
    assert dual_objective(K, y, beta) == pytest.approx(dual_objective(K, y, theirs), rel=1e-4)
    assert b == pytest.approx(their_b, abs=2e-3)
    check_optimal(K, y, beta, b, C, 1e-3)


def test_clothes_agree_with_libsvm_to_six_digits(clothes):
    X, y = clothes
    svm = pytest.importorskip("sklearn.svm")
    ours = SVC(C=3.0, gamma=0.01, tolerance=1e-8).fit(X, y)
    theirs = svm.SVC(C=3.0, gamma=0.01, tol=1e-8).fit(X, y)
    np.testing.assert_array_equal(ours.support_, np.sort(theirs.support_))
    np.testing.assert_allclose(
        ours.decision_function(X), theirs.decision_function(X), rtol=1e-6, atol=1e-6
    )
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


def test_digits_are_read_as_well_as_the_curriculum_asks():
    X, y, X_test, y_test = bookdata.digits()
    classes, models = one_vs_rest(lambda: SVC(C=10.0, gamma=0.2), X, y)
    guess = classes[class_scores(models, X_test).argmax(axis=1)]
    assert np.mean(guess == y_test) >= 0.994
    multiclass = pytest.importorskip("sklearn.multiclass")
    svm = pytest.importorskip("sklearn.svm")
    theirs = multiclass.OneVsRestClassifier(svm.SVC(C=10.0, gamma=0.2)).fit(X, y)
    np.testing.assert_array_equal(guess, theirs.predict(X_test))


def test_the_two_objectives_meet(clothes):
    """The soft street's cost and the dual, strong duality: the gap between them closes."""
    X, labels = clothes
    y, C = np.where(labels == 6, 1.0, -1.0), 0.05
    K = X @ X.T
    beta, b = smo(K, y, C, tolerance=1e-7)
    primal = beta @ K @ beta / 2 + C * len(y) * hinge(y, K @ beta + b)
    assert primal == pytest.approx(dual_objective(K, y, beta), rel=1e-6)
    w = X.T @ beta
    l2 = 1 / (C * len(y))
    assert soft_margin(X, y, w, b, l2) * C * len(y) == pytest.approx(primal, rel=1e-9)


def test_pegasos_arrives_where_smo_does(birds):
    """With the bias as a weight: the kernel is the inner product plus 1, with no constraint."""
    X, species = birds
    linear_model = pytest.importorskip("sklearn.svm")
    y, l2 = np.where(species == "Chinstrap", 1.0, -1.0), 0.01
    ours = Pegasos(l2, steps=200_000).fit(X, y)
    theirs = linear_model.LinearSVC(
        C=1 / (l2 * len(y)), loss="hinge", tol=1e-10, max_iter=1_000_000, random_state=0
    ).fit(X, y)
    A = np.column_stack([X, np.ones(len(X))])
    lowest = soft_margin(A, y, np.append(theirs.coef_, theirs.intercept_), 0.0, l2)
    reached = soft_margin(A, y, np.append(ours.w_, ours.b_), 0.0, l2)
    assert lowest - 1e-9 <= reached <= 1.002 * lowest


def test_the_subgradient_is_a_slope(birds):
    X, species = birds
    y, rng, h = np.where(species == "Adelie", 1.0, -1.0), np.random.default_rng(0), 1e-6
    w, b = rng.normal(size=2), 0.2
    dw, db = hinge_subgradient(X, y, w, b, 0.3)
    for j, e in enumerate(np.eye(2)):
        rise = soft_margin(X, y, w + h * e, b, 0.3) - soft_margin(X, y, w - h * e, b, 0.3)
        assert rise / (2 * h) == pytest.approx(dw[j], abs=1e-7)
    rise = soft_margin(X, y, w, b + h, 0.3) - soft_margin(X, y, w, b - h, 0.3)
    assert rise / (2 * h) == pytest.approx(db, abs=1e-7)
    for _ in range(50):  # and the whole cost lies above the line that it draws
        v, c = w + rng.normal(size=2), b + rng.normal()
        line = soft_margin(X, y, w, b, 0.3) + dw @ (v - w) + db * (c - b)
        assert soft_margin(X, y, v, c, 0.3) >= line - 1e-12


def test_every_step_raises_the_objective_and_keeps_the_rules(birds):
    X, species = birds
    y, C = np.where(species == "Adelie", 1.0, -1.0), 2.0
    K = rbf_kernel(X, X, 0.5)
    lower, upper = np.minimum(C * y, 0), np.maximum(C * y, 0)
    beta, reached = np.zeros(len(y)), 0.0
    for _ in range(300):
        r = y - K @ beta
        i, j, wrong = violating_pair(K, r, beta, lower, upper)
        if wrong <= 1e-6:
            break
        delta = pair_step(K, r, beta, lower, upper, i, j)
        assert delta > 0
        beta[i], beta[j] = beta[i] + delta, beta[j] - delta
        now = dual_objective(K, y, beta)
        assert now > reached - 1e-12
        reached = now
        assert (beta >= lower - 1e-12).all()
        assert (beta <= upper + 1e-12).all()


def test_only_support_vectors_matter(birds):
    X, species = birds
    whole = SVC(C=1.0, gamma=0.5, tolerance=1e-9).fit(X, species)
    some = SVC(C=1.0, gamma=0.5, tolerance=1e-9)
    some.fit(X[whole.support_], species[whole.support_])
    np.testing.assert_allclose(some.decision_function(X), whole.decision_function(X), atol=1e-6)


def test_platt_scaling_is_scikit_learn_s(clothes):
    calibration = pytest.importorskip("sklearn.calibration")
    X, y = clothes
    model = SVC(C=3.0, gamma=0.01).fit(X[:300], y[:300])
    z = model.decision_function(X[300:])
    slope, shift = platt_scaling(z, y[300:])
    theirs = calibration._SigmoidCalibration().fit(z, (y[300:] == 6).astype(float))
    assert slope == pytest.approx(-theirs.a_, rel=1e-3)
    assert shift == pytest.approx(-theirs.b_, rel=1e-3, abs=1e-3)


def test_platt_scaling_survives_rare_labels_and_wild_scores():
    rng = np.random.default_rng(0)
    for scale in (1e-8, 1.0, 1e8):
        z = scale * rng.standard_t(1.5, size=5000)
        y = np.arange(5000) == z.argmax()
        slope, shift = platt_scaling(z, y)
        p = sigmoid(slope * z + shift)
        assert np.isfinite(p).all()
        assert slope > 0
        assert p.sum() == pytest.approx(2 / 3 + 4999 / 5001, rel=1e-3)  # what the targets sum to


def test_opposite_twins_end():
    """Twins of opposite labels, many of them, and a large C."""
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(20, 2)), 2, axis=0)
    y = np.tile([1.0, -1.0], 20)
    for kernel in (linear, partial(rbf_kernel, gamma=1.0)):
        for kind in (np.float64, np.float32):
            K = kernel(X, X).astype(kind)
            beta, b = smo(K, y, 100.0)
            assert beta.dtype == kind
            np.testing.assert_allclose(np.abs(beta), 100.0, rtol=1e-5)
            assert np.isfinite(b)


# Bad input: each a sentence that says what was wrong.

X_GOOD = np.array([[0.0, 1.0], [1.0, 0.5], [2.0, 3.0], [0.5, 2.0]])
Y_GOOD = np.array([0, 1, 1, 0])


@pytest.mark.parametrize("model", [SVC(), Pegasos()])
@pytest.mark.parametrize(
    "X, y, sentence",
    [
        (X_GOOD[0], Y_GOOD, r"shape \(n, d\).*shape is \(2,\)"),
        (X_GOOD, Y_GOOD[:3], r"\(4, 2\).*\(4,\).*shape is \(3,\)"),
        (X_GOOD, Y_GOOD[:, None], r"shape is \(4, 1\)"),
        (np.where(X_GOOD == 3, np.nan, X_GOOD), Y_GOOD, r"X\[2, 1\] is nan"),
        (X_GOOD[:0], Y_GOOD[:0], "empty"),
        (X_GOOD, np.zeros(4), "one class only"),
        (X_GOOD[:1], Y_GOOD[:1], "one class only"),
        (X_GOOD, np.array([0, 1, np.nan, 0]), "a label is missing"),
        (X_GOOD, np.array([0, 1, 2, 0]), "3 classes.*one_vs_rest"),
    ],
)
def test_bad_data_is_refused_with_a_sentence(model, X, y, sentence):
    with pytest.raises(ValueError, match=sentence):
        model.fit(X, y)


@pytest.mark.parametrize(
    "model, sentence",
    [
        (SVC(C=0), "C must be greater than 0"),
        (SVC(C=-1), "C must be greater than 0"),
        (SVC(C=np.nan), "C must be greater than 0"),
        (SVC(gamma=0), "gamma must be greater than 0"),
        (SVC(gamma=np.inf), "gamma must be at most"),
        (SVC(tolerance=0), "tolerance must be greater than 0"),
        (SVC(tolerance=2), "tolerance must be at most 1"),
        (Pegasos(l2=0), "l2 must be greater than 0"),
        (Pegasos(steps=0), "steps must be at least 1"),
        (SVC(kernel=lambda A, B: A @ A.T @ A), r"\(4, 4\), not \(4, 2\)"),
        (SVC(kernel=lambda A, B: np.full((len(A), len(B)), np.nan)), "must be finite"),
    ],
)
def test_a_setting_out_of_range_is_refused(model, sentence):
    with pytest.raises(ValueError, match=sentence):
        model.fit(X_GOOD, Y_GOOD)


def test_steps_that_are_no_number_are_a_type_error():
    with pytest.raises(TypeError, match="steps must be a whole number"):
        Pegasos(steps=2.5).fit(X_GOOD, Y_GOOD)


@pytest.mark.parametrize("model", [SVC(), Pegasos()])
def test_a_model_that_has_seen_nothing_says_so(model):
    with pytest.raises(NotFittedError, match="call fit first"):
        model.predict(X_GOOD)
    model.fit(X_GOOD, Y_GOOD)
    with pytest.raises(ValueError, match=r"fit saw 2 features.*\(4, 1\)"):
        model.predict(X_GOOD[:, :1])


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: smo(np.ones((2, 3)), [1, -1], 1.0), r"square.*\(2, 3\)"),
        (lambda: smo(np.eye(3), [1, -1], 1.0), r"\(3,\).*\(2,\)"),
        (lambda: smo(np.eye(2), [1, 0], 1.0), "must hold -1 and 1, but it holds 0"),
        (lambda: smo(np.eye(2), [1, 1], 1.0), "one class only"),
        (lambda: smo(np.eye(2), [1, -1], 1.0, max_steps=0), "max_steps must be at least 1"),
        (lambda: hinge_subgradient(X_GOOD, [0, 1, 1, 0], np.zeros(2), 0.0, 0.1), "-1 and 1"),
        (lambda: hinge_subgradient(X_GOOD, [1, -1], np.zeros(2), 0.0, 0.1), r"\(4, 2\).*\(2,\)"),
        (lambda: hinge_subgradient(X_GOOD, Y_GOOD, np.zeros(3), 0.0, 0.1), r"w .*\(2,\).*\(3,\)"),
        (lambda: rbf_kernel(X_GOOD, X_GOOD[:, :1], 1.0), "features"),
        (lambda: one_vs_rest(SVC, X_GOOD, np.zeros(4)), "one class only"),
        (lambda: platt_scaling([0.1, 0.2], [1, 1]), "one class only"),
        (lambda: platt_scaling([0.1, np.nan], [1, 0]), r"z\[1\] is nan"),
        (lambda: platt_scaling([0.1, 0.2, 0.3], [1, 0]), r"\(3,\).*\(2,\)"),
        (lambda: platt_scaling([], []), r"\(1 or more,\)"),
        (
            lambda: platt_scaling([0.1, 0.2], [0, 1], tolerance=1e-12),
            "tolerance must be at least 1e",
        ),
        (lambda: rbf_kernel(np.ones((2, 1), np.float32), np.ones((2, 1)), 1e300), "at most 3.4"),
    ],
)
def test_bad_arguments_are_refused_with_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_text_where_numbers_belong_is_a_type_error():
    with pytest.raises(TypeError, match="X must hold numbers"):
        SVC().fit(X_GOOD.astype(str), Y_GOOD)


def test_a_street_that_cannot_be_is_an_error_and_no_endless_search():
    x = np.array([[0.0], [1.0], [2.0]])
    with pytest.raises(RuntimeError, match="not converged: still wrong by"):
        smo(x @ x.T, np.array([1.0, -1.0, 1.0]), np.inf, max_steps=50)


def test_integers_are_never_truncated_and_float32_is_kept():
    as_floats = SVC(C=2, gamma=1).fit(X_GOOD * 2, Y_GOOD)
    as_integers = SVC(C=2, gamma=1).fit((X_GOOD * 2).astype(int), Y_GOOD)
    np.testing.assert_array_equal(as_floats.beta_, as_integers.beta_)
    single = X_GOOD.astype(np.float32)
    for model in (SVC(C=np.float64(2)), Pegasos(l2=np.float64(0.1), steps=50)):
        z = model.fit(single, Y_GOOD).decision_function(single)
        assert z.dtype == np.float32
        assert model.b_.dtype == np.float32


def test_digits_in_single_precision_are_the_same():
    X, y, X_test, _ = bookdata.digits()
    double = SVC(C=10.0, gamma=0.2).fit(X, y == 8)
    single = SVC(C=10.0, gamma=0.2).fit(X.astype(np.float32), y == 8)
    np.testing.assert_allclose(
        single.decision_function(X_test.astype(np.float32)),
        double.decision_function(X_test),
        atol=5e-3,
    )


def test_a_large_fee_in_single_precision_is_solved_all_the_same(birds):
    X, species = birds
    y, C = np.where(species == "Adelie", 1.0, -1.0), 300.0
    model = SVC(C=C, kernel=linear).fit(X.astype(np.float32), y)
    assert model.beta_.dtype == np.float32
    beta = np.zeros(len(y))
    beta[model.support_] = model.beta_
    K = linear(X.astype(np.float32), X.astype(np.float32)).astype(float)
    assert gap(K, y, beta, C) <= 5e-3  # smo in float32 leaves 0.08


@pytest.mark.parametrize("unit", [1e-300, 1e-200, 1e200, 1e300])
def test_platt_scaling_takes_scores_of_any_size(unit):
    z, y = np.array([-3.0, -1.0, 0.5, 1.0, 2.0, 4.0, 1.5]), np.array([0, 0, 1, 0, 1, 1, 0])
    slope, shift = platt_scaling(z, y)
    assert platt_scaling(unit * z, y) == pytest.approx((slope / unit, shift), rel=1e-9)


def test_platt_scaling_reaches_the_smallest_tolerance_it_takes():
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(4, 400))
        y = rng.permutation(np.arange(n) % int(rng.integers(2, min(n, 40))) == 0)
        z = rng.standard_t(1.5, size=n) + rng.uniform(0, 8) * y
        assert np.isfinite(platt_scaling(z, y, tolerance=1e-8)).all()


def test_labels_may_be_words():
    words = np.array(["no", "yes"])[Y_GOOD]
    for model in (SVC(C=10, gamma=1), Pegasos(steps=500)):
        assert set(model.fit(X_GOOD, words).predict(X_GOOD)) <= {"no", "yes"}
        assert model.score(X_GOOD, words) == np.mean(model.predict(X_GOOD) == words)


def test_a_constant_feature_and_one_sample_of_each_class_harm_nobody():
    X = np.column_stack([X_GOOD, np.ones(4)])
    assert SVC().fit(X, Y_GOOD).predict(X).shape == (4,)
    two = SVC(C=5, kernel=linear).fit(X_GOOD[:2], [0, 1])
    np.testing.assert_allclose(two.decision_function(X_GOOD[:2]), [-1, 1])

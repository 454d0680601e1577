"""Oracle for costs: scikit-learn on real loans and real digits, SciPy for huber."""

import math

import numpy as np
import pytest

import bookdata
from solutions.arrays import NearestMean
from solutions.costs import (
    average_precision,
    calibration_error,
    confusion_matrix,
    cost_optimal_threshold,
    hinge,
    huber,
    log_loss,
    mae,
    mse,
    roc_auc,
    roc_curve,
)


@pytest.fixture(scope="module")
def loans():
    """Return which loans went bad, and their interest rates: 72 different ones."""
    data = bookdata.lending_club()
    return data.bad, data.rate


@pytest.fixture(scope="module")
def metrics():
    return pytest.importorskip("sklearn.metrics")


def scores_of(loans):
    """Return scores with many ties, with few and with none."""
    bad, rate = loans
    rng = np.random.default_rng(0)
    return {
        "rates": rate,
        "whole percents": rate.round(),
        "all different": rate + rng.normal(size=len(rate)),
        "one for all": np.ones(len(rate)),
        "single precision": rate.astype(np.float32),
    }


def test_roc_agrees_with_scikit_learn(loans, metrics):
    for name, scores in scores_of(loans).items():
        theirs = metrics.roc_curve(loans[0], scores, drop_intermediate=False)
        for mine, wanted in zip(roc_curve(loans[0], scores), theirs, strict=True):
            np.testing.assert_allclose(mine, wanted, rtol=1e-14, err_msg=name)
        assert roc_auc(loans[0], scores) == pytest.approx(
            metrics.roc_auc_score(loans[0], scores), rel=1e-12
        )
        assert average_precision(loans[0], scores) == pytest.approx(
            metrics.average_precision_score(loans[0], scores), rel=1e-12
        )


def test_the_area_is_the_share_of_pairs_that_ranks_count(loans):
    for scores in scores_of(loans).values():
        fpr, tpr, _ = roc_curve(loans[0], scores)
        assert np.trapezoid(tpr, fpr) == pytest.approx(roc_auc(loans[0], scores), rel=1e-12)


def test_ranks_are_those_of_mann_and_whitney(loans):
    stats = pytest.importorskip("scipy.stats")
    bad, rate = loans
    wins = stats.mannwhitneyu(rate[bad == 1], rate[bad == 0]).statistic
    pairs = bad.sum() * (1 - bad).sum()
    assert roc_auc(bad, rate) == pytest.approx(wins / pairs, rel=1e-12)


def test_losses_agree_with_scikit_learn(loans, metrics):
    bad, rate = loans
    p = rate / 100
    assert mse(bad, p) == pytest.approx(metrics.brier_score_loss(bad, p), rel=1e-12)
    assert mse(bad, rate) == pytest.approx(metrics.mean_squared_error(bad, rate), rel=1e-12)
    assert mae(bad, rate) == pytest.approx(metrics.mean_absolute_error(bad, rate), rel=1e-12)
    assert log_loss(bad, p) == pytest.approx(metrics.log_loss(bad, p), rel=1e-12)
    certain = np.where(rate > 25, 1.0, np.where(rate < 6, 0.0, p))
    assert log_loss(bad, certain) == math.inf
    clip = np.finfo(float).eps
    assert log_loss(bad, certain, clip) == pytest.approx(metrics.log_loss(bad, certain), rel=1e-12)
    signs, z = 2 * bad - 1, rate - 20
    assert hinge(signs, z) == pytest.approx(metrics.hinge_loss(signs, z), rel=1e-12)


def test_huber_agrees_with_scipy():
    special = pytest.importorskip("scipy.special")
    income = bookdata.lending_club().income / 1000
    for delta in (0.5, 10.0, 80.0):
        theirs = special.huber(delta, income - 60).mean()
        assert huber(income, np.full(len(income), 60.0), delta) == pytest.approx(theirs, rel=1e-12)


def test_confusion_agrees_with_scikit_learn(metrics):
    X, y, X_test, y_test = bookdata.digits()
    guess = NearestMean().fit(X, y).predict(X_test)
    ours = confusion_matrix(y_test, guess)
    np.testing.assert_array_equal(ours, metrics.confusion_matrix(y_test, guess))
    names = np.array("zero one two three four five six seven eight nine".split())
    y_test, guess = names[y_test], names[guess % 8]  # two are never said
    ours = confusion_matrix(y_test, guess)
    np.testing.assert_array_equal(ours, metrics.confusion_matrix(y_test, guess))
    ours = confusion_matrix(y_test, guess, names)
    np.testing.assert_array_equal(ours, metrics.confusion_matrix(y_test, guess, labels=names))


@pytest.mark.parametrize("bins", [1, 5, 10, 100])
def test_calibration_agrees_with_scikit_learn_s_curve(loans, bins):
    calibration = pytest.importorskip("sklearn.calibration")
    bad, rate = loans
    came, said = calibration.calibration_curve(bad, rate / 100, n_bins=bins)
    group = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], rate / 100)
    share = np.unique(group, return_counts=True)[1] / len(bad)
    assert calibration_error(bad, rate / 100, bins) == pytest.approx(
        share @ np.abs(came - said), rel=1e-12
    )


@pytest.mark.parametrize("costs", [(600, 9000), (1, 1), (1, 1000), (1000, 1), (0.3, 5.7)])
def test_the_threshold_is_the_best_of_all_that_can_be_tried(loans, metrics, costs):
    for scores in scores_of(loans).values():
        bad, scores = loans[0][:1500], scores[:1500]
        threshold, cost = cost_optimal_threshold(bad, scores, *costs)
        tried = np.append(np.unique(scores)[:: -max(1, len(np.unique(scores)) // 200)], np.inf)
        for other in [*tried, threshold]:
            counts = metrics.confusion_matrix(bad, scores >= other)
            mean = (costs[0] * counts[0, 1] + costs[1] * counts[1, 0]) / len(bad)
            assert mean >= cost * (1 - 1e-12)
        assert mean == pytest.approx(cost, rel=1e-12)  # at the threshold itself


def test_the_threshold_of_calibrated_probabilities_is_that_of_theory():
    rng = np.random.default_rng(0)
    p = rng.uniform(size=400_000)
    y = (rng.uniform(size=len(p)) < p).astype(int)
    assert cost_optimal_threshold(y, p, 1.0, 4.0)[0] == pytest.approx(1 / 5, abs=0.02)
    assert calibration_error(y, p) < 0.005


def test_each_cost_has_its_best_constant():
    income = bookdata.lending_club().income[:999] / 1000

    def best(cost, low=0, high=400):
        guesses = np.linspace(low, high, 4001)
        return guesses[np.argmin([cost(income, np.full(999, g)) for g in guesses])]

    assert best(mse) == pytest.approx(income.mean(), abs=0.051)
    assert best(mae) == pytest.approx(np.median(income), abs=0.051)
    middle = best(lambda y, g: huber(y, g, 20.0))
    assert np.clip(income - middle, -20, 20).mean() == pytest.approx(0, abs=0.1)


def test_log_loss_and_squared_error_are_least_at_the_truth():
    y = np.repeat([1, 0], [3, 7])
    says = np.linspace(0, 1, 101)
    for loss, wanted in [(log_loss, 0.3), (mse, 0.3), (mae, 0.0)]:
        assert says[np.argmin([loss(y, np.full(10, p)) for p in says])] == pytest.approx(wanted)


# Bad input: each a sentence that says what was wrong.

Y, P = np.array([0, 1, 1, 0]), np.array([0.2, 0.7, 0.4, 0.1])
TWO_COSTS = {cost_optimal_threshold: (1, 2)}
OF_SCORES = [roc_curve, roc_auc, average_precision, cost_optimal_threshold]
OF_PROBABILITIES = [log_loss, calibration_error]
OF_NUMBERS = [mse, mae, huber]


def call(function, y, guess):
    y = 2 * np.asarray(y) - 1 if function is hinge and np.asarray(y).dtype.kind in "fi" else y
    return function(y, guess, *TWO_COSTS.get(function, ()))


@pytest.mark.parametrize("function", [*OF_NUMBERS, hinge, *OF_SCORES, *OF_PROBABILITIES])
@pytest.mark.parametrize(
    "y, guess, error, sentence",
    [
        (Y, P[:3], ValueError, r"\(4,\) and \(3,\)"),
        (Y[:, None], P, ValueError, r"y must have shape.*\(4, 1\)"),
        (Y, P[:, None], ValueError, r"must have shape.*\(4, 1\)"),
        (Y, np.where(P == 0.4, np.nan, P), ValueError, r"\[2\] is nan"),
        (Y, np.where(P == 0.4, np.inf, P), ValueError, r"\[2\] is inf"),
        (np.where(P == 0.4, np.nan, Y), P, ValueError, r"y\[2\] is nan"),
        (Y[:0], P[:0], ValueError, r"y must have shape \(1 or more,\)"),
        (["bad", "good"], P[:2], TypeError, "y must hold numbers"),
        (Y, ["a", "b", "c", "d"], TypeError, "must hold numbers"),
    ],
)
def test_bad_data_is_refused_with_a_sentence(function, y, guess, error, sentence):
    with pytest.raises(error, match=sentence):
        call(function, y, guess)


@pytest.mark.parametrize("function", [*OF_SCORES, *OF_PROBABILITIES])
def test_labels_other_than_0_and_1_are_refused(function):
    with pytest.raises(ValueError, match="must hold 0 and 1, but it holds 2"):
        call(function, [0, 1, 2, 0], P)
    with pytest.raises(ValueError, match="must hold 0 and 1, but it holds -1"):
        call(function, [-1, 1, 1, -1], P)


def test_hinge_wants_signs():
    with pytest.raises(ValueError, match="must hold -1 and 1, but it holds 0"):
        hinge(Y, P)


@pytest.mark.parametrize("function", OF_PROBABILITIES)
def test_probabilities_stay_in_their_range(function):
    with pytest.raises(ValueError, match=r"each p must be at most 1, not 1.5"):
        function(Y, [0.5, 1.5, 0.1, 0.1])
    with pytest.raises(ValueError, match=r"each p must be at least 0, not -0.5"):
        function(Y, [0.5, -0.5, 0.1, 0.1])


@pytest.mark.parametrize("function", [roc_curve, roc_auc, average_precision])
@pytest.mark.parametrize("only", [0, 1])
def test_one_class_is_refused_where_pairs_are_needed(function, only):
    with pytest.raises(ValueError, match=f"y holds {only} only"):
        function([only, only, only], [0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match=f"y holds {only} only"):
        function([only], [0.1])


def test_one_class_and_one_sample_are_welcome_elsewhere():
    assert cost_optimal_threshold([0, 0], [0.1, 0.2], 1, 2) == (math.inf, 0)
    assert cost_optimal_threshold([1], [0.1], 1, 2) == (0.1, 0)
    assert log_loss([1], [1]) == 0 and calibration_error([0], [0.25]) == 0.25
    assert mse([3], [1]) == 4 and mae([3], [1]) == 2 and huber([3], [1]) == 1.5


@pytest.mark.parametrize(
    "function, settings, error, name",
    [
        (huber, {"delta": 0}, ValueError, "delta"),
        (huber, {"delta": math.nan}, ValueError, "delta"),
        (log_loss, {"clip": -0.1}, ValueError, "clip"),
        (log_loss, {"clip": 0.6}, ValueError, "clip"),
        (calibration_error, {"bins": 0}, ValueError, "bins"),
        (calibration_error, {"bins": 2.5}, TypeError, "bins"),
    ],
)
def test_a_setting_out_of_range_is_refused(function, settings, error, name):
    with pytest.raises(error, match=f"^{name} must be"):
        function(Y, P, **settings)


@pytest.mark.parametrize("cost", [-1, math.nan, math.inf])
def test_a_cost_is_finite_and_not_negative(cost):
    with pytest.raises(ValueError, match="^cost_false_positive must be"):
        cost_optimal_threshold(Y, P, cost, 1)
    with pytest.raises(ValueError, match="^cost_false_negative must be"):
        cost_optimal_threshold(Y, P, 1, cost)


@pytest.mark.parametrize(
    "y, y_hat, classes, error, sentence",
    [
        (["a", "b"], ["a"], None, ValueError, r"\(2,\) and \(1,\)"),
        ([], [], None, ValueError, r"y must have shape \(n,\).*\(0,\)"),
        ([[0, 1]], [[0, 1]], None, ValueError, r"y must have shape.*\(1, 2\)"),
        (["a", "b"], ["a", "c"], ["a", "b"], ValueError, "^y_hat holds 'c'"),
        (["a", "c"], ["a", "b"], ["a", "b"], ValueError, "^y holds 'c'"),
        (["a", "b"], ["a", "b"], ["a", "b", "a"], ValueError, "twice"),
        ([1, 2], ["1", "2"], None, TypeError, "all be words, or none"),
        ([1, 2], [1, 2], ["1", "2"], TypeError, "all be words, or none"),
        (["1", "2"], ["1", "2"], [1, 2], TypeError, "all be words, or none"),
        ([1.0, math.nan], [1.0, 2.0], None, ValueError, "nan"),
    ],
)
def test_labels_that_do_not_fit_are_refused(y, y_hat, classes, error, sentence):
    with pytest.raises(error, match=sentence):
        confusion_matrix(y, y_hat, classes)


def test_words_may_be_kept_as_objects_and_truth_values_are_labels():
    words = np.array(["b", "a", "b"], dtype=object)
    np.testing.assert_array_equal(confusion_matrix(words, ["a", "a", "b"]), [[1, 0], [1, 1]])
    np.testing.assert_array_equal(confusion_matrix([1, 0], [True, True]), [[0, 1], [0, 1]])
    np.testing.assert_array_equal(confusion_matrix(["a"], ["a"], ["b", "a"]), [[0, 0], [0, 1]])
    with pytest.raises(ValueError, match="y holds 'a', which is none of the classes"):
        confusion_matrix(["a"], ["a"], [])


def test_integers_are_never_truncated_and_float32_is_kept():
    small = P.astype(np.float32)
    for function in (mse, mae, huber):
        assert function(small, small * 2).dtype == np.float32
        assert function([1, 2], [2, 4]) == function([1.0, 2.0], [2.0, 4.0])
    assert log_loss(Y, small).dtype == hinge(2 * Y - 1, small).dtype == np.float32
    assert roc_curve(Y, small)[2].dtype == np.float32
    assert roc_auc([True, False], [2, 1]) == 1
    assert hinge([1, -1], [0, 0]) == 1


def test_nothing_is_written_into_what_was_given():
    y, p = Y.astype(float), P.copy()
    for function in (*OF_NUMBERS, *OF_SCORES, *OF_PROBABILITIES):
        call(function, y, p)
    np.testing.assert_array_equal(y, Y)
    np.testing.assert_array_equal(p, P)


@pytest.mark.parametrize("bins", [6, 7, 12, 30, 49])
def test_on_an_edge_it_is_the_group_below(bins):
    """Edges made by steps lay a digit below the fractions that they stand for."""
    for k in range(1, bins):
        edge, below = k / bins, (k - 0.5) / bins
        together = abs((edge - 1) + below) / 2
        assert calibration_error([1, 0], [edge, below], bins) == pytest.approx(together)


def test_a_clip_that_rounds_away_is_refused():
    with pytest.raises(ValueError, match="clip must be at least"):
        log_loss([0], np.array([1], np.float32), clip=1e-15)
    assert log_loss([0], [1.0], clip=1e-15) == pytest.approx(-np.log(1e-15), rel=0.1)

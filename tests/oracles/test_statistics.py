"""Oracle for statistics: SciPy and statsmodels on the same real data, and what must hold anyway."""

import math

import numpy as np
import pytest

import bookdata
from solutions.statistics import (
    RunningMoments,
    benjamini_hochberg,
    bootstrap_interval,
    chi2_independence,
    chi2_tail,
    digamma,
    maximum_likelihood_gamma,
    permutation_test,
    quantile,
    student_t_quantile,
    student_t_tail,
    t_interval,
    welch_t_test,
)

stats = pytest.importorskip("scipy.stats")


@pytest.fixture(scope="module")
def hours():
    return bookdata.air_conditioning()


@pytest.fixture(scope="module")
def berkeley():
    return bookdata.berkeley()


def mean(samples):
    return np.mean(samples, axis=-1)


# Tails and slopes, against SciPy


@pytest.mark.parametrize("df", [0.3, 1, 2, 2.5, 7, 30.7, 100, 999, 1e4, 1e6, 1e8, math.inf])
def test_student_s_tail_is_right_however_far_out(df):
    t = np.array([1e-3, 0.1, 0.5, 1, 1.5, 1.7, 2, 3, 5, 8, 20, 37, 100, 1e4])
    theirs = stats.norm.sf(t) if math.isinf(df) else stats.t.sf(t, df)
    known = theirs > 1e-290
    ours = np.array([student_t_tail(value, df) for value in t])
    np.testing.assert_allclose(ours[known], theirs[known], rtol=1e-12)
    below = np.array([student_t_tail(-value, df) for value in t])
    np.testing.assert_allclose(ours + below, 1, rtol=1e-14)


@pytest.mark.parametrize("df", [0.5, 1, 2, 3, 5, 10, 19.9, 20, 100, 1000, 1e4, 1e6])
def test_the_tail_of_chi_square_is_right_however_far_out(df):
    x = np.array([1e-6, 0.01, 0.5, 1, 5, 30, 200, 700, 1200])
    x = np.append(x, df * np.array([0.5, 0.9, 0.99, 1, 1.01, 1.1, 2]))
    theirs = stats.chi2.sf(x, df)
    known = theirs > 1e-290
    ours = np.array([chi2_tail(value, df) for value in x])
    np.testing.assert_allclose(ours[known], theirs[known], rtol=1e-12)
    assert chi2_tail(0, df) == 1


def test_slopes_of_log_gamma():
    special = pytest.importorskip("scipy.special")
    for a in (1e-6, 0.001, 0.05, 0.5, 1, 2, 5, 9.99, 10, 100, 1e4, 1e8):
        value, slope = digamma(a)
        assert value == pytest.approx(special.digamma(a), rel=1e-13)
        assert slope == pytest.approx(special.polygamma(1, a), rel=1e-13)


def test_quantiles_of_student_s_t():
    for p in (1e-9, 0.025, 0.4, 0.5, 0.9, 0.975, 1 - 1e-6):
        for df in (1, 3.3, 11, 200):
            assert student_t_quantile(p, df) == pytest.approx(
                stats.t.ppf(p, df), rel=1e-7, abs=1e-9
            )
    assert student_t_quantile(0.975, math.inf) == pytest.approx(stats.norm.ppf(0.975), rel=1e-14)


# The exercises, against SciPy, statsmodels and NumPy, on real data


def test_berkeley_agrees_with_scipy(berkeley):
    def agree(table):
        ours = chi2_independence(table)
        theirs = stats.chi2_contingency(table, correction=False)
        wanted = theirs.statistic, theirs.dof, theirs.pvalue
        np.testing.assert_allclose(ours, wanted, rtol=1e-12)

    agree(np.stack([berkeley.admitted.sum(axis=0), berkeley.rejected.sum(axis=0)]))
    agree(berkeley.admitted)
    agree(berkeley.admitted + berkeley.rejected)
    for table in np.stack([berkeley.admitted, berkeley.rejected], axis=1):
        agree(table)
    p = [chi2_independence(t)[2] for t in np.stack([berkeley.admitted, berkeley.rejected], axis=1)]
    np.testing.assert_allclose(benjamini_hochberg(p), stats.false_discovery_control(p), rtol=1e-13)


def test_adjusted_p_values_agree_with_statsmodels():
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    rng = np.random.default_rng(0)
    for k in (1, 2, 7, 100):
        p = rng.random(k).round(2)  # with ties
        theirs = multitest.multipletests(p, method="fdr_bh")[1]
        np.testing.assert_allclose(benjamini_hochberg(p), theirs, rtol=1e-13)


def test_failures_agree_with_scipy(hours):
    ours, theirs = welch_t_test(*hours), stats.ttest_ind(*hours, equal_var=False)
    np.testing.assert_allclose(ours, [theirs.statistic, theirs.df, theirs.pvalue], rtol=1e-12)
    for x in hours:
        shape, _, scale = stats.gamma.fit(x, floc=0)
        np.testing.assert_allclose(maximum_likelihood_gamma(x), [shape, scale], rtol=1e-8)
        low, high = stats.t.interval(0.9, len(x) - 1, x.mean(), stats.sem(x))
        np.testing.assert_allclose(t_interval(x, 0.9), [low, high], rtol=1e-12)
        q = np.linspace(0, 1, 23)
        np.testing.assert_allclose(quantile(x, q), np.quantile(x, q), rtol=1e-14)


def test_welch_agrees_with_statsmodels():
    weightstats = pytest.importorskip("statsmodels.stats.weightstats")
    data = bookdata.penguins()
    mass = [data.body_mass[data.species == name] for name in ("Adelie", "Chinstrap", "Gentoo")]
    mass = [m[~np.isnan(m)] for m in mass]
    for x in mass:
        for y in mass:
            t, p, df = weightstats.ttest_ind(x, y, usevar="unequal")
            np.testing.assert_allclose(welch_t_test(x, y), [t, df, p], rtol=1e-11, atol=1e-300)


@pytest.mark.parametrize("shape", [0.05, 0.3, 1, 8, 100, 1e4])
def test_the_gamma_fit_is_where_the_slope_of_the_likelihood_vanishes(shape):
    x = np.random.default_rng(3).gamma(shape, 5.0, size=400)
    ours, scale = maximum_likelihood_gamma(x)
    gap = np.log(x.mean()) - np.log(x).mean()
    assert math.log(ours) - digamma(ours)[0] == pytest.approx(gap, rel=1e-9)
    theirs, _, their_scale = stats.gamma.fit(x, floc=0)
    assert ours == pytest.approx(theirs, rel=1e-8) and scale == pytest.approx(their_scale, rel=1e-8)
    other = maximum_likelihood_gamma(60 * x)
    np.testing.assert_allclose(other, [ours, 60 * scale], rtol=1e-8)


def test_the_bootstrap_agrees_with_scipy(hours):
    ours = bootstrap_interval(hours.first, mean, np.random.default_rng(0), resamples=40_000)
    theirs = stats.bootstrap(
        (hours.first,), np.mean, n_resamples=40_000, method="percentile", rng=1
    ).confidence_interval
    np.testing.assert_allclose(ours, theirs, rtol=0.02)  # both are random: 1 % is chance


def test_permutations_agree_with_scipy(hours):
    rng = np.random.default_rng(0)

    def gap(x, y, axis):
        return np.abs(x.mean(axis=axis) - y.mean(axis=axis))

    def theirs(x, y, ways):
        return stats.permutation_test(
            (x, y), gap, n_resamples=ways, alternative="greater", vectorized=True, rng=2
        ).pvalue

    x, y = hours.first[:6], hours.second[::4]
    assert permutation_test(x, y, rng) == pytest.approx(theirs(x, y, np.inf), rel=1e-12)
    p = permutation_test(*hours, rng)
    assert p == pytest.approx(theirs(*hours, 20_000), abs=0.02)


# Properties


def test_running_moments_agree_with_numpy_and_chunks_with_each_other(hours):
    X = np.random.default_rng(5).normal(size=(40, 3)) * [1, 50, 0.1] + [1e6, 0, -3]
    whole, merged = RunningMoments(), RunningMoments()
    for row in X:
        whole.update(row)
    for chunk in (X[:1], X[1:20], X[20:20], X[20:]):
        merged = merged.merge(RunningMoments.of(chunk))
    for moments in (whole, merged, RunningMoments().merge(whole), whole.merge(RunningMoments())):
        assert moments.count == 40
        np.testing.assert_allclose(moments.mean, X.mean(axis=0), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(moments.variance(), X.var(axis=0, ddof=1), rtol=1e-9)
    assert RunningMoments().merge(RunningMoments()).count == 0


def test_welford_keeps_the_digits_that_the_two_sums_lose():
    x = np.random.default_rng(1).normal(size=1000)
    shifted = RunningMoments()
    for value in x + 1e8:
        shifted.update(value)
    assert shifted.variance() == pytest.approx(x.var(ddof=1), rel=1e-6)


def far_from_uniform(p):
    """Return Kolmogorov and Smirnov's distance, above 1.95 by chance once in a thousand times."""
    return stats.kstest(p, "uniform").statistic * math.sqrt(len(p))


def test_p_values_are_uniform_where_there_is_nothing_to_find():
    """At the level of one in a thousand, with a fixed seed."""
    rng = np.random.default_rng(11)
    x, y = rng.exponential(size=(2, 600, 12))
    by_shuffles = [permutation_test(a, b, rng, shuffles=199) for a, b in zip(x, y, strict=True)]
    jitter = rng.random(600) / 200  # they come in steps of 1 / 200
    assert far_from_uniform(np.array(by_shuffles) - jitter) < 1.95
    x, y = rng.normal(size=(2, 2000, 9)) * np.array([1, 3])[:, None, None]
    by_welch = [welch_t_test(a, b[:5])[2] for a, b in zip(x, y, strict=True)]
    assert np.mean(np.array(by_welch) < 0.05) == pytest.approx(0.05, abs=0.015)


def test_resamples_are_multinomial():
    """How often each entry is drawn, by chi-square at the level of one in a thousand."""
    counts = np.zeros(8)

    def count(samples):
        drawn = samples.astype(int).ravel()
        counts[:] = np.bincount(drawn, minlength=8)
        return samples.mean(axis=-1)

    bootstrap_interval(np.arange(8.0), count, np.random.default_rng(4), resamples=4000)
    assert counts.sum() == 32_000
    assert chi2_tail(((counts - 4000) ** 2 / 4000).sum(), 7) > 0.001


def test_exact_p_values_are_shares_of_all_ways(hours):
    rng = np.random.default_rng(0)
    assert permutation_test([1, 2, 3], [4, 5, 6], rng) == pytest.approx(2 / 20)
    assert permutation_test([0.1, 0.2], [0.1, 0.2], rng) == 1
    assert permutation_test([5], [1, 2, 3, 4], rng) == pytest.approx(2 / 5)


def test_the_mean_lies_in_t_intervals_as_often_as_they_say():
    rng = np.random.default_rng(8)
    x = rng.normal(7, 2, size=(4000, 5))
    held = [low < 7 < high for low, high in (t_interval(row, 0.9) for row in x)]
    assert np.mean(held) == pytest.approx(0.9, abs=0.016)  # 3.3 standard errors


def test_false_discoveries_are_as_rare_as_they_should_be():
    rng = np.random.default_rng(9)
    shares = []
    for _ in range(400):
        z = rng.normal(size=60) + np.repeat([0, 3.5], [45, 15])
        p = np.array([2 * student_t_tail(abs(value), math.inf) for value in z])
        found = benjamini_hochberg(p) <= 0.2
        shares.append(found[:45].sum() / max(found.sum(), 1))
    assert np.mean(shares) == pytest.approx(0.2 * 45 / 60, abs=0.02)


# Bad input: each a sentence that says what was wrong.

RNG = np.random.default_rng(0)
GOOD = np.array([1.0, 2.0, 4.0])


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: quantile([], 0.5), r"shape \(1 or more,\).*\(0,\)"),
        (lambda: quantile([[1.0]], 0.5), r"x must have shape.*\(1, 1\)"),
        (lambda: quantile([1, np.nan], 0.5), r"x\[1\] is nan"),
        (lambda: quantile(GOOD, 1.1), r"q must lie in \[0, 1\]"),
        (lambda: quantile(GOOD, [0.2, np.nan]), r"q\[1\] is nan"),
        (lambda: RunningMoments().update(np.inf), "x is inf"),
        (lambda: RunningMoments().update([1, 2]).update([1, 2, 3]), r"\(3,\) and \(2,\) differ"),
        (lambda: RunningMoments().variance(), "two observations, not 0"),
        (lambda: RunningMoments().update(3).variance(), "two observations, not 1"),
        (
            lambda: RunningMoments.of([1, 2]).merge(RunningMoments.of([[1, 2]])),
            r"\(\) and \(2,\) differ",
        ),
        (lambda: bootstrap_interval([3], mean, RNG), r"\(2 or more,\)"),
        (lambda: bootstrap_interval([3, np.nan], mean, RNG), r"x\[1\] is nan"),
        (lambda: bootstrap_interval(GOOD, np.mean, RNG), r"statistic made \(\) of two rows"),
        (lambda: bootstrap_interval(GOOD, mean, RNG, level=95), "level must be at most"),
        (lambda: bootstrap_interval(GOOD, mean, RNG, level=0), "level must be greater than 0"),
        (lambda: bootstrap_interval(GOOD, mean, RNG, 0), "resamples must be at least 1"),
        (lambda: permutation_test([], GOOD, RNG), "x must have shape"),
        (lambda: permutation_test(GOOD, [np.nan], RNG), r"y\[0\] is nan"),
        (lambda: permutation_test(GOOD, GOOD, RNG, shuffles=0), "shuffles must be at least 1"),
        (lambda: welch_t_test([1], GOOD), r"x must have shape \(2 or more,\)"),
        (lambda: welch_t_test(GOOD, [1, 1, np.inf]), r"y\[2\] is inf"),
        (lambda: welch_t_test([2, 2], [1, 1, 1]), "both constant"),
        (lambda: chi2_independence([[1, 2]]), r"two rows.*\(1, 2\)"),
        (lambda: chi2_independence([1, 2, 3]), r"two rows.*\(3,\)"),
        (lambda: chi2_independence([[1, -2], [3, 4]]), "smallest count must be at least 0"),
        (lambda: chi2_independence([[1, 0], [3, 0]]), "a row or a column of table has no counts"),
        (lambda: chi2_independence([[1, np.nan], [3, 0]]), r"table\[0, 1\] is nan"),
        (lambda: benjamini_hochberg([0.1, np.nan]), r"p\[1\] is nan"),
        (lambda: benjamini_hochberg([0.1, 1.2]), "largest p must be at most 1"),
        (lambda: benjamini_hochberg([-0.1, 0.2]), "smallest p must be at least 0"),
        (lambda: benjamini_hochberg([]), "p must have shape"),
        (lambda: maximum_likelihood_gamma([1.0, 0.0]), "every entry of x must be greater than 0"),
        (lambda: maximum_likelihood_gamma([1.0, -1.0]), "every entry of x must be greater than 0"),
        (lambda: maximum_likelihood_gamma([2.0, 2.0]), "x is constant"),
        (lambda: maximum_likelihood_gamma([2.0]), r"\(2 or more,\)"),
        (lambda: t_interval([2.0]), r"\(2 or more,\)"),
        (lambda: t_interval(GOOD, level=1), "level must be at most"),
        (lambda: chi2_tail(-1, 2), "x must be at least 0"),
        (lambda: chi2_tail(1, 0), "df must be greater than 0"),
        (lambda: student_t_tail(1, -3), "df must be greater than 0"),
        (lambda: student_t_quantile(1, 3), "p must be at most"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: quantile(["a"], 0.5), "x must hold numbers"),
        (lambda: bootstrap_interval(GOOD, mean, 0), "rng must be a numpy.random.Generator"),
        (lambda: bootstrap_interval(GOOD, mean, RNG, 10.5), "resamples must be a whole number"),
        (lambda: permutation_test(GOOD, GOOD, None), "rng must be a numpy.random.Generator"),
        (lambda: permutation_test(GOOD, GOOD, RNG, 1e3), "shuffles must be a whole number"),
        (lambda: chi2_independence([["a", "b"], ["c", "d"]]), "table must hold numbers"),
    ],
)
def test_a_wrong_kind_is_a_type_error(call, sentence):
    with pytest.raises(TypeError, match=sentence):
        call()


def test_whole_numbers_are_never_truncated_and_float32_is_kept():
    assert quantile([1, 2], 0.5) == 1.5
    assert RunningMoments().update(1).update(2).mean == 1.5
    assert permutation_test([1, 2], [3, 5], RNG) == permutation_test([1.0, 2.0], [3.0, 5.0], RNG)
    single = np.array([0.25, 1.5, 3.0], np.float32)
    assert quantile(single, [0.1, 0.2]).dtype == quantile(single, 0.3).dtype == np.float32
    assert benjamini_hochberg(single / 3).dtype == np.float32
    assert RunningMoments().update(single).mean.dtype == float  # sums of many, in double precision


def test_nothing_is_written_into_what_is_given():
    x, p = np.array([3.0, 1.0, 2.0]), np.array([0.3, 0.1])
    before = x.tobytes(), p.tobytes()
    quantile(x, 0.5), benjamini_hochberg(p), permutation_test(x, x, RNG), t_interval(x)
    welch_t_test(x, x + 1), maximum_likelihood_gamma(x), RunningMoments.of(x)
    assert before == (x.tobytes(), p.tobytes())


def test_what_is_as_good_as_constant_has_no_shape():
    """Newton's method threw the shape below zero, and digamma never came back."""
    for tiny in (3e-8, 1e-7, 1e-6):
        with pytest.raises(ValueError, match="x is constant"):
            maximum_likelihood_gamma([1, 1 + tiny])
    shape, scale = maximum_likelihood_gamma([1, 1 + 1e-4])
    assert shape == pytest.approx(4e8, rel=1e-3) and shape * scale == pytest.approx(1.00005)


def test_independence_but_for_rounding_has_a_p_value_of_one():
    """The logarithm of a chi-square of 1e-31 was none."""
    statistic, _, p = chi2_independence([[0.2, 5.8], [11.2, 324.8]])
    assert statistic < 1e-25 and p == pytest.approx(1)


def test_an_outlier_makes_no_ties():
    """What counts as a tie was measured by the largest number, and a thousand million is large."""
    x, y = [1e10, 4, 5, 6], [0, 1, 2, 3]
    assert permutation_test(x, y, np.random.default_rng(0)) == pytest.approx(2 / 70)

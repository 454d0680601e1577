"""Oracle for probability: SciPy on the same loans, samplers held against their distributions."""

import math

import numpy as np
import pytest

import bookdata
from solutions.probability import (
    bayes_update,
    credible_interval,
    entropy,
    gaussian_log_density,
    kl_divergence,
    log_sum_exp,
    monte_carlo,
    normal_quantile,
    sample_categorical,
    sample_gaussian,
    sample_normal,
)


@pytest.fixture(scope="module")
def loans():
    """Return what is known of each loan in the training part: X (3,340, 4), bad (3,340,)."""
    data = bookdata.credit()
    columns = (data.amount, data.price, data.age, data.time)
    X = np.log(np.column_stack(columns))
    return X[data.train], data.bad[data.train]


@pytest.fixture(scope="module")
def stats():
    return pytest.importorskip("scipy.stats")


@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 1)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_sums_agree_with_scipy(loans, axis, keepdims):
    special = pytest.importorskip("scipy.special")
    a = 300 * loans[0]
    a[loans[1] == 1, 1:3] = -np.inf
    ours, theirs = (f(a, axis=axis, keepdims=keepdims) for f in (log_sum_exp, special.logsumexp))
    assert np.shape(ours) == np.shape(theirs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-14)


def test_sums_have_the_properties_of_sums():
    a = np.random.default_rng(0).normal(size=50) * 20
    assert log_sum_exp(a + 1000) == pytest.approx(log_sum_exp(a) + 1000, rel=1e-14)
    parts = np.array([log_sum_exp(a[:20]), log_sum_exp(a[20:])])
    assert log_sum_exp(parts) == pytest.approx(log_sum_exp(a), rel=1e-14)
    assert a.max() <= log_sum_exp(a) <= a.max() + np.log(50)
    assert log_sum_exp(3) == 3  # one number, and a whole one


@pytest.mark.parametrize("band", range(0, 600, 50))
def test_the_posterior_on_a_grid_is_scipy_s_beta(loans, stats, band):
    data = bookdata.credit()
    inside = data.train & (data.income >= band) & (data.income < band + 50)
    bad, n = int(data.bad[inside].sum()), int(inside.sum())
    risk = (np.arange(2000) + 0.5) / 2000
    likelihood = bad * np.log(risk) + (n - bad) * np.log1p(-risk)
    log_p, evidence = bayes_update(np.zeros(2000), likelihood)
    beta = stats.beta(1 + bad, 1 + n - bad)
    assert np.exp(log_p) @ risk == pytest.approx(beta.mean(), abs=1e-6)
    np.testing.assert_allclose(credible_interval(risk, log_p), beta.interval(0.95), atol=1e-5)
    np.testing.assert_allclose(credible_interval(risk, log_p, 0.5), beta.interval(0.5), atol=1e-5)
    special = pytest.importorskip("scipy.special")
    assert evidence == pytest.approx(special.betaln(1 + bad, 1 + n - bad), rel=1e-6)


def test_loans_one_by_one_say_what_they_say_together(loans):
    risk = (np.arange(200) + 0.5) / 200
    rows = np.where(loans[1][:400, None] == 1, np.log(risk), np.log1p(-risk))
    together, evidence = bayes_update(np.zeros(200), rows)
    belief, total = np.zeros(200), 0.0
    for row in rows:
        belief, one = bayes_update(belief, row)
        total += one
    np.testing.assert_allclose(belief, together, rtol=1e-10)
    assert total == pytest.approx(evidence, rel=1e-12)
    assert log_sum_exp(together) == pytest.approx(0, abs=1e-12)


def test_entropy_and_divergence_agree_with_scipy(loans, stats):
    data = bookdata.credit()
    table = np.array(
        [[np.sum((data.job == j) & (data.home == h)) for h in np.unique(data.home)]
         for j in np.unique(data.job)]
    )  # fmt: skip
    p = table / table.sum(axis=1, keepdims=True)
    assert (p == 0).any()
    np.testing.assert_allclose(entropy(p), stats.entropy(p, axis=-1), rtol=1e-13, atol=1e-15)
    q = np.broadcast_to(table.sum(axis=0) / table.sum(), p.shape)
    np.testing.assert_allclose(kl_divergence(p, q), stats.entropy(p, q, axis=-1), rtol=1e-12)
    theirs = stats.entropy(q, p, axis=-1)
    assert np.isinf(theirs).any()
    np.testing.assert_allclose(kl_divergence(q, p), theirs, rtol=1e-12)


def test_divergence_is_never_negative_and_entropy_never_above_that_of_equal_shares():
    p, q = np.random.default_rng(1).dirichlet(np.full(6, 0.2), size=(2, 1000))
    assert (kl_divergence(p, q) >= 0).all()
    assert (kl_divergence(p, p) == 0).all()
    np.testing.assert_allclose(
        np.log(6) - entropy(p), kl_divergence(p, np.full((1000, 6), 1 / 6)), atol=1e-13
    )


@pytest.mark.parametrize("seed", range(5))
def test_categories_come_as_often_as_chi_square_allows(stats, seed):
    home = np.unique(bookdata.credit().home, return_counts=True)[1]
    drawn = sample_categorical(home, 50_000, np.random.default_rng(seed))
    counts = np.bincount(drawn, minlength=len(home))
    assert stats.chisquare(counts, 50_000 * home / home.sum()).pvalue > 1e-4
    pairs = np.bincount(drawn[::2] * len(home) + drawn[1::2], minlength=len(home) ** 2)
    expected = 25_000 * np.outer(home, home).ravel() / home.sum() ** 2
    often = expected > 5
    spread = np.sum((pairs - expected)[often] ** 2 / expected[often])
    assert stats.chi2(often.sum() - 1).sf(spread) > 1e-4


@pytest.mark.parametrize("seed", range(5))
def test_normals_pass_kolmogorov_and_smirnov(stats, seed):
    z = sample_normal(100_001, np.random.default_rng(seed))
    assert stats.kstest(z, "norm").pvalue > 1e-4
    assert stats.kstest(z[:50_000] ** 2 + z[50_001:] ** 2, "expon", (0, 2)).pvalue > 1e-4
    twos = sample_normal(2, np.random.default_rng(seed))
    many = np.array([sample_normal(2, np.random.default_rng([seed, i])) for i in range(5000)])
    assert twos.shape == (2,)
    assert stats.kstest(np.arctan2(*many.T), "uniform", (-np.pi, 2 * np.pi)).pvalue > 1e-4
    assert stats.kstest((many**2).sum(axis=1), "expon", (0, 2)).pvalue > 1e-4


def test_points_have_the_covariance_they_were_drawn_with(loans, stats):
    mean, covariance = loans[0].mean(axis=0), np.cov(loans[0].T)
    X = sample_gaussian(mean, covariance, 40_000, np.random.default_rng(0))
    z = np.linalg.solve(np.linalg.cholesky(covariance), (X - mean).T)
    for one in z:
        assert stats.kstest(one, "norm").pvalue > 1e-4
    assert np.abs(np.corrcoef(z) - np.eye(4)).max() < 0.02
    squares = stats.kstest((z**2).sum(axis=0), stats.chi2(4).cdf)
    assert squares.pvalue > 1e-4


def test_density_of_the_loans_agrees_with_scipy(loans, stats):
    X = loans[0]
    mean, covariance = X.mean(axis=0), np.cov(X.T)
    theirs = stats.multivariate_normal(mean, covariance).logpdf(X)
    np.testing.assert_allclose(gaussian_log_density(X, mean, covariance), theirs, rtol=1e-11)
    single = (v.astype(np.float32) for v in (X, mean, covariance))
    ours = gaussian_log_density(*single)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("d", [1, 200, 400])
def test_density_in_many_dimensions_agrees_with_scipy(stats, d):
    rng = np.random.default_rng(0)
    A = rng.normal(size=(d, d))
    covariance = 1e-3 * (A @ A.T / d + np.eye(d) / 2)
    X = rng.normal(size=(5, d)) / 30
    theirs = np.ravel(stats.multivariate_normal(np.zeros(d), covariance).logpdf(X))
    np.testing.assert_allclose(gaussian_log_density(X, np.zeros(d), covariance), theirs, rtol=1e-10)


def test_density_integrates_to_one():
    side = np.linspace(-8, 8, 321)
    X = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    density = np.exp(gaussian_log_density(X, [0.3, -0.2], [[1.5, 0.8], [0.8, 1.0]]))
    assert density.sum() * (side[1] - side[0]) ** 2 == pytest.approx(1, rel=1e-8)


def test_monte_carlo_agrees_with_scipy(loans, stats):
    amounts = np.exp(loans[0][:, 0])
    mean, error, low, high = monte_carlo(
        lambda x: x, lambda n, rng: amounts[:n], len(amounts), np.random.default_rng(0), 0.9
    )
    assert error == pytest.approx(stats.sem(amounts), rel=1e-12)
    np.testing.assert_allclose((low, high), stats.norm(mean, error).interval(0.9), rtol=1e-12)


def test_quantiles_of_the_bell_curve_agree_with_scipy(stats):
    p = np.concatenate([np.logspace(-300, -1), np.linspace(0.1, 0.9, 41), 1 - np.logspace(-15, -1)])
    ours = [normal_quantile(share) for share in p]
    np.testing.assert_allclose(ours, stats.norm.ppf(p), rtol=1e-13, atol=1e-15)


def test_its_interval_holds_the_truth_as_often_as_it_says():
    rng, hits = np.random.default_rng(0), 0
    for _ in range(2000):
        _, _, low, high = monte_carlo(lambda z: z**2, sample_normal, 400, rng, 0.9)
        hits += low < 1 < high
    assert 1 - hits / 2000 == pytest.approx(0.1, abs=0.03)  # z squared is skewed: a little more


GAUSS = gaussian_log_density


@pytest.mark.parametrize(
    "wrong, error, sentence",
    [
        (lambda r: log_sum_exp([]), ValueError, "a is empty"),
        (lambda r: log_sum_exp(np.zeros((0, 3)), axis=0), ValueError, "a is empty"),
        (lambda r: log_sum_exp([1.0, np.nan]), ValueError, "it holds nan"),
        (lambda r: log_sum_exp([1.0, np.inf]), ValueError, "it holds inf"),
        (lambda r: log_sum_exp(["a"]), TypeError, "a must hold numbers"),
        (lambda r: log_sum_exp([1j]), TypeError, "a must hold numbers"),
        (lambda r: bayes_update([0.0, 0.0], [0.0]), ValueError, r"shape \(2,\) or \(m, 2\)"),
        (lambda r: bayes_update([[0.0]], [0.0]), ValueError, r"log_prior must have shape \(k,\)"),
        (lambda r: bayes_update([-np.inf], [0.0]), ValueError, "a weight above zero"),
        (lambda r: bayes_update([0.0], np.zeros((1, 1, 1))), ValueError, r"\(1, 1, 1\)"),
        (lambda r: bayes_update([0.0], np.zeros((0, 1))), ValueError, "log_likelihood is empty"),
        (lambda r: bayes_update([0.0], [np.nan]), ValueError, "log_likelihood must hold"),
        (lambda r: bayes_update([0.0], [-np.inf]), ValueError, "no hypothesis .* allows"),
        (lambda r: credible_interval([0.1], [0.0]), ValueError, "values must have shape"),
        (lambda r: credible_interval([0.1, 0.2], [0.0]), ValueError, "same shape"),
        (lambda r: credible_interval([0.1, 0.2], [0.0, 0.0], 1.0), ValueError, "level"),
        (lambda r: credible_interval([0.2, 0.1], [0.0, 0.0]), ValueError, "increase"),
        (lambda r: entropy([0.5, 0.6]), ValueError, "sum to 1 .* one sum is 1.1"),
        (lambda r: entropy([1.5, -0.5]), ValueError, "must not be negative"),
        (lambda r: entropy([]), ValueError, "p must have shape"),
        (lambda r: entropy(1.0), ValueError, "p must have shape"),
        (lambda r: entropy([np.nan, 1.0]), ValueError, "p must be finite"),
        (lambda r: entropy(["yes", "no"]), TypeError, "p must hold numbers"),
        (lambda r: kl_divergence([0.5, 0.5], [1.0]), ValueError, r"\(2,\) and \(1,\) differ"),
        (lambda r: kl_divergence([0.5, 0.5], [1, 1]), ValueError, "q must sum to 1"),
        (lambda r: sample_categorical([1.0, -1.0], 3, r), ValueError, "negative"),
        (lambda r: sample_categorical([0.0, 0.0], 3, r), ValueError, "largest weight is 0"),
        (lambda r: sample_categorical([1e308, 1e308], 3, r), ValueError, "largest weight"),
        (lambda r: sample_categorical([], 3, r), ValueError, "weights must have shape"),
        (lambda r: sample_categorical([[1.0]], 3, r), ValueError, r"\(1, 1\)"),
        (lambda r: sample_categorical([np.inf], 3, r), ValueError, "weights must be finite"),
        (lambda r: sample_categorical([1.0], -1, r), ValueError, "n must be at least 0"),
        (lambda r: sample_categorical([1.0], 2.5, r), TypeError, "whole number"),
        (lambda r: sample_categorical([1.0], 2, 0), TypeError, "numpy.random.Generator"),
        (lambda r: sample_normal(-1, r), ValueError, "n must be at least 0"),
        (lambda r: sample_normal(2.0, r), TypeError, "whole number"),
        (lambda r: sample_normal(2, np.random), TypeError, "numpy.random.Generator"),
        (lambda r: monte_carlo(abs, sample_normal, 1, r), ValueError, "n must be at least 2"),
        (lambda r: monte_carlo(abs, sample_normal, 9, r, 95), ValueError, "level must be at most"),
        (lambda r: monte_carlo(abs, sample_normal, 9, r, 0), ValueError, "greater than 0"),
        (lambda r: monte_carlo(np.sum, sample_normal, 9, r), ValueError, r"f\(samples\) must have"),
        (lambda r: monte_carlo(abs, lambda n, r: [np.nan] * n, 9, r), TypeError, "list"),
        (lambda r: monte_carlo(abs, lambda n, r: r.random(3), 9, r), ValueError, r"\(9,\)"),
        (lambda r: normal_quantile(0), ValueError, "p must be greater than 0"),
        (lambda r: normal_quantile(1), ValueError, "p must be at most"),
        (lambda r: GAUSS([1.0], [0.0], [[1.0]]), ValueError, "one row a sample"),
        (lambda r: GAUSS(np.ones((0, 1)), [0.0], [[1.0]]), ValueError, "X is empty"),
        (lambda r: GAUSS([[np.nan]], [0.0], [[1.0]]), ValueError, "X must be finite"),
        (lambda r: GAUSS([[1.0]], [0.0, 1.0], [[1.0]]), ValueError, r"mean must have shape \(1,\)"),
        (lambda r: GAUSS([[1.0]], [0.0], [1.0]), ValueError, "square"),
        (lambda r: GAUSS([[1.0]], [0.0], np.eye(2)), ValueError, r"shape \(1, 1\), .*\(2, 2\)"),
        (lambda r: GAUSS([[1.0, 2.0]], [0, 0], [[1, 2], [0, 1]]), ValueError, "symmetric"),
        (lambda r: GAUSS([[1.0, 2.0]], [0, 0], [[1, 2], [2, 1]]), ValueError, "not positive"),
        (lambda r: GAUSS([[1.0, 2.0]], [0, 0], [[1, 1], [1, 1]]), ValueError, "not positive"),
        (lambda r: GAUSS([[1.0]], [0.0], [[0.0]]), ValueError, "not positive definite"),
        (lambda r: GAUSS([[1.0]], [0.0], [[-1.0]]), ValueError, "not positive definite"),
        (lambda r: sample_gaussian([0.0], np.eye(2), 3, r), ValueError, "1 features"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(wrong, error, sentence):
    with pytest.raises(error, match=sentence):
        wrong(np.random.default_rng(0))


def test_a_feature_that_is_a_sum_of_others_is_noticed(loans):
    X = loans[0]
    X = np.column_stack([X, X @ [1.0, -2.0, 0.5, 3.0]])
    with pytest.raises(ValueError, match="not positive definite"):
        gaussian_log_density(X, X.mean(axis=0), np.cov(X.T))


def test_whole_numbers_are_taken_as_they_are():
    assert entropy([1, 0, 0]) == 0
    assert kl_divergence([0, 1], [0, 1]) == 0
    assert gaussian_log_density([[1]], [0], [[4]])[0] == pytest.approx(
        -1 / 8 - math.log(2) - math.log(2 * math.pi) / 2
    )
    assert set(sample_categorical([0, 3, 1], 99, np.random.default_rng(0))) == {1, 2}


def test_nothing_given_is_changed(loans):
    X, a = loans[0].copy(), np.zeros((2, 3))
    gaussian_log_density(X, X.mean(axis=0), np.cov(X.T))
    bayes_update(np.zeros(3), a)
    np.testing.assert_array_equal(X, loans[0])
    assert not a.any()

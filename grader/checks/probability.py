"""Checks for probability."""

import math

import numpy as np

from grader import Explain, Mistake, at_least, check, close, exactly, raises

SUMS = ["scipy.special", "numpy.logaddexp", "numpy.logaddexp2"]
SIXTHS = [-0.9674215661, -0.4307272993, 0.0, 0.4307272993, 0.9674215661]  # of the normal
LUCK = 1e-7  # what chance may do to a right sampler once in ten million times


class Uniform(np.random.Generator):
    """A generator of which only uniform numbers are to be had."""

    def __init__(self, seed):
        super().__init__(np.random.PCG64(seed))


class Edgy(Uniform):
    """The first two uniform draws begin with a 0, which no generator rules out."""

    def __init__(self, seed):
        super().__init__(seed)
        self.zeros = 2

    def random(self, *args, **kwargs):
        u = super().random(*args, **kwargs)
        if self.zeros and np.size(u):
            self.zeros -= 1
            if np.ndim(u) == 0:
                return 0.0
            u.flat[0] = 0.0
        return u


def closed(name):
    """Return a method that says why it does not answer."""

    def refuse(self, *args, **kwargs):
        raise TypeError(f"rng.{name} would do this exercise's work: rng.random is what there is")

    return refuse


for _name in ("choice", "multinomial", "normal", "standard_normal", "multivariate_normal"):
    setattr(Uniform, _name, closed(_name))


def chance_of(counts, expected):
    """Return how probable a table of counts is that fits no better (chi-square).

    By the cube root of Wilson and Hilferty, in which chi-square is near normal.
    """
    counts, expected = np.ravel(counts), np.ravel(expected)
    freedom = len(counts) - 1
    spread = np.sum((counts - expected) ** 2 / expected)
    z = (np.cbrt(spread / freedom) - 1 + 2 / (9 * freedom)) / math.sqrt(2 / (9 * freedom))
    return 0.5 * math.erfc(z / math.sqrt(2))


def two_way(a, b, k):
    """Return how often each of k categories in a meets each in b: (k, k)."""
    return np.bincount(np.asarray(a) * k + b, minlength=k * k)


def only_a_seed(rng):
    """Return a seed to draw with; there is nothing to hide."""
    return {"seed": int(rng.integers(2**31))}, None


# log_sum_exp


@check("log_sum_exp", forbids=SUMS)
def along_an_axis(code, rng):
    """the logarithm of the sum of exp(a): of all, or along the axis that is named"""
    a, thin = rng.normal(size=(3, 4, 2)), rng.normal(size=(2, 3, 1))
    sums = [code.log_sum_exp(a, axis=axis) for axis in (0, 1, -1)]
    return [code.log_sum_exp(a), *sums, code.log_sum_exp(thin, axis=1)]


@check("log_sum_exp", forbids=SUMS)
def too_large_for_exp(code):
    """as exact near 1000 and near -1000 as near 0"""
    return [
        code.log_sum_exp(np.array(a))
        for a in ([1000.0, 1001.0], [-1000.0, -1001.0], [1000.0, -1000.0], [-750.0])
    ]


@check("log_sum_exp", forbids=SUMS)
def far_from_each_other(code):
    """sums that lie far from each other do not disturb one another"""
    a = np.array([[0.0, 1.0], [2000.0, 2001.0], [-2000.0, -2001.0]])
    return code.log_sum_exp(a, axis=1), code.log_sum_exp(a.T, axis=0)


@check("log_sum_exp", forbids=SUMS)
def no_weight(code):
    """-inf adds nothing, and a sum of nothing but -inf is -inf, without a warning"""
    gone = -np.inf
    a = np.array([[gone, 1.0, 2.0], [gone, gone, gone], [gone, gone, -800.0]])
    with np.errstate(divide="raise", invalid="raise"):
        return (
            code.log_sum_exp(a, axis=1),
            code.log_sum_exp(a, axis=0),
            code.log_sum_exp(a),
            code.log_sum_exp(a[1]),
        )


@check("log_sum_exp", forbids=SUMS)
def axis_kept(code, rng):
    """with keepdims the axis stays, with size 1, wherever it is"""
    a = rng.normal(size=(2, 5)) - 900
    return [code.log_sum_exp(a, axis=axis, keepdims=True) for axis in (0, 1, -2, None)]


@check("log_sum_exp", expect=close(1e-4, 1e-5), forbids=SUMS)
def sums_in_single_precision(code, rng):
    """float32 stays float32"""
    log_sum = code.log_sum_exp(200 + rng.normal(size=(3, 4)).astype(np.float32), axis=0)
    return {"log_sum": log_sum, "dtype": str(np.asarray(log_sum).dtype)}


# bayes_update


def logs(*p):
    """Return logarithms, -inf for 0."""
    with np.errstate(divide="ignore"):
        return np.log(np.array(p, dtype=float))


@check("bayes_update", forbids=SUMS)
def one_observation(code, rng):
    """after one observation each weight is prior times likelihood, and they sum to one"""
    return code.bayes_update(np.log(rng.dirichlet(np.ones(4))), -rng.exponential(size=4))


@check("bayes_update", forbids=SUMS)
def several_observations(code, rng):
    """the rows of a table are observations, and all of them count; densities may be above 1"""
    prior = np.log(rng.dirichlet(np.ones(3)))
    densities = rng.normal(2, 1, size=(6, 3))
    return code.bayes_update(prior, -rng.exponential(size=(6, 3))), code.bayes_update(
        prior, densities
    )


@check("bayes_update", forbids=SUMS)
def proportions(code, rng):
    """of the prior only the proportions count, for the evidence as well"""
    likelihood = -rng.exponential(size=(3, 4))
    return (
        code.bayes_update(np.zeros(4), likelihood),
        code.bayes_update(logs(30, 10, 5, 1), likelihood),
    )


@check("bayes_update", forbids=SUMS)
def thousands_of_observations(code, rng):
    """five thousand observations, whose probabilities multiply to less than any float"""
    risk = np.array([0.1, 0.28, 0.3, 0.6])
    bad = rng.random(5000) < 0.29
    return code.bayes_update(np.zeros(4), np.where(bad[:, None], np.log(risk), np.log1p(-risk)))


@check("bayes_update", forbids=SUMS)
def ruled_out(code):
    """what the prior or one observation rules out has no weight left, and the rest share"""
    return (
        code.bayes_update(logs(0.5, 0.0, 0.3, 0.2), logs(0.2, 0.9, 0.0, 0.4)),
        code.bayes_update(logs(0.5, 0.0, 0.5), logs([1.0, 1.0, 0.0], [0.3, 0.0, 0.9])),
        code.bayes_update(logs(0.0, 1.0), logs(0.7, 0.1)),
    )


@check("bayes_update", expect=raises(ValueError), forbids=SUMS)
def nothing_left(code):
    """where every hypothesis is ruled out, by one thing or another, a ValueError is raised"""
    return code.bayes_update(logs(0.5, 0.5, 0.0), logs([0.0, 0.4, 0.5], [0.9, 0.0, 0.5]))


@check("bayes_update", forbids=SUMS)
def one_at_a_time(code, rng):
    """what is believed after some observations is the prior for the next"""
    belief, steps = np.log(rng.dirichlet(np.ones(3))), []
    for row in -rng.exponential(size=(4, 3)):
        belief, evidence = code.bayes_update(belief, row)
        steps.append((belief, evidence))
    return steps


# entropy


@check("entropy", forbids=["scipy"])
def mean_surprise(code, rng):
    """the mean of -log p, in nats: log k where all k are equally probable"""
    return code.entropy(rng.dirichlet(np.ones(5))), code.entropy(np.full(7, 1 / 7))


@check("entropy", forbids=["scipy"])
def entropy_of_each(code, rng):
    """of a table, one entropy for each distribution along the last axis"""
    return (
        code.entropy(rng.dirichlet(np.ones(4), size=3)),
        code.entropy(rng.dirichlet(np.ones(3), size=(2, 4))),
    )


@check("entropy", forbids=["scipy"])
def zeros_add_nothing(code):
    """a zero adds nothing and warns of nothing, and to be certain is to have no entropy"""
    p = np.array([[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [0.2, 0.0, 0.8]])
    with np.errstate(divide="raise", invalid="raise"):
        return code.entropy(p), code.entropy(np.array([1.0]))


@check("entropy", expect=close(1e-4, 1e-6), forbids=["scipy"])
def entropy_in_single_precision(code):
    """float32 stays float32"""
    h = code.entropy(np.array([[0.25, 0.75], [0.5, 0.5]], dtype=np.float32))
    return {"h": h, "dtype": str(np.asarray(h).dtype)}


# kl_divergence


@check("kl_divergence", forbids=["scipy"])
def extra_surprise(code, rng):
    """the mean of log p - log q, where p says how often each comes"""
    p, q = rng.dirichlet(np.ones(4)), rng.dirichlet(np.ones(4))
    return code.kl_divergence(p, q), code.kl_divergence(q, p), code.kl_divergence(p, p)


@check("kl_divergence", forbids=["scipy"])
def divergence_of_each(code, rng):
    """of tables, one divergence for each pair along the last axis"""
    p, q = rng.dirichlet(np.ones(3), size=(2, 4, 2))
    return code.kl_divergence(p, q), code.kl_divergence(p[0], q[1])


@check("kl_divergence", forbids=["scipy"])
def truth_rules_out(code):
    """what never happens costs nothing, whether it is believed possible or not"""
    p = np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
    q = np.array([[0.2, 0.5, 0.3], [0.0, 0.6, 0.4]])
    return code.kl_divergence(p, q)


@check("kl_divergence", forbids=["scipy"])
def belief_rules_out(code):
    """to rule out what can happen costs infinitely much, without a warning; a tiny q does not"""
    p = np.array([[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [1e-9, 0.5, 0.5 - 1e-9]])
    q = np.array([[1.0, 0.0, 0.0], [1.0, 1e-310, 0.0], [0.0, 0.5, 0.5]])
    with np.errstate(divide="raise", invalid="raise"):
        return code.kl_divergence(p, q)


@check("kl_divergence", expect=close(1e-4, 1e-6), forbids=["scipy"])
def divergence_in_single_precision(code):
    """float32 stays float32"""
    p, q = np.array([[0.25, 0.75], [0.9, 0.1]], dtype=np.float32)
    kl = code.kl_divergence(p, q)
    return {"kl": kl, "dtype": str(np.asarray(kl).dtype)}


# sample_categorical


def weights_of_five(rng):
    """Return weights that sum to anything and a seed; known is their share."""
    weights = rng.permutation([1.0, 2.0, 3.0, 4.0, 5.0]) * rng.uniform(0.05, 3)
    return {"weights": weights, "seed": int(rng.integers(2**31))}, weights / weights.sum()


def evenness(drawn, p):
    """Return how probable it is that chance deals so, pair by pair."""
    drawn, k = np.asarray(drawn), len(p)
    if drawn.min() < 0 or drawn.max() >= k:
        raise ValueError(f"categories from 0 to {k - 1}, not {drawn.min()} to {drawn.max()}")
    both, half = np.outer(p, p), len(drawn) // 2
    pairs = [(drawn[::2], drawn[1::2]), (drawn[:half], drawn[half:]), (drawn[::4], drawn[2::4])]
    return min(chance_of(two_way(one, two, k), both * len(one)) for one, two in pairs)


@check(
    "sample_categorical",
    given=weights_of_five,
    expect=at_least(LUCK, evenness, "probability that chance deals so"),
)
def shares_and_pairs(code, weights, seed):
    """each comes as often as its share of all the weights, whatever came before"""
    return code.sample_categorical(weights, 20_000, Uniform(seed))


@check(
    "sample_categorical",
    given=weights_of_five,
    expect=at_least(LUCK, evenness, "probability that chance deals so"),
)
def drawn_in_twos(code, weights, seed):
    """drawn in twos, again and again, they come as in one long draw"""
    rng = Uniform(seed)
    return np.concatenate([code.sample_categorical(weights, 2, rng) for _ in range(2500)])


@check(
    "sample_categorical",
    given=weights_of_five,
    expect=at_least(LUCK, evenness, "probability that chance deals so"),
)
def drawn_one_and_three(code, weights, seed):
    """drawn one at a time, or three, they do so too"""
    rng = Uniform(seed)
    return np.concatenate([code.sample_categorical(weights, n, rng) for n in (1, 3) * 1250])


@check("sample_categorical", expect=exactly)
def none_of_weight_zero(code):
    """a weight of zero is never drawn, at either end, even where the generator gives 0"""
    weights = np.array([0, 0, 2, 0, 1, 0, 0])
    return (
        np.unique(code.sample_categorical(weights, 400, Edgy(5))),
        np.unique(code.sample_categorical(weights[3:], 50, Edgy(6))),
    )


@check("sample_categorical", expect=exactly)
def as_many_as_asked(code, rng):
    """n whole numbers come back, also for n = 1 and n = 0, and where there is one category"""
    of_three, uniform = np.array([0.2, 0.5, 0.3]), Uniform(rng.integers(99))
    drawn = [code.sample_categorical(of_three, n, uniform) for n in (0, 1, 6)]
    return {
        "shapes": [str(np.shape(d)) for d in drawn],
        "whole numbers": [np.asarray(d).dtype.kind in "iu" for d in drawn],
        "one category": code.sample_categorical(np.array([0.1]), 4, uniform),
    }


def repeats(draw):
    """Return what a sampler owes to its generator."""
    one, two = np.random.default_rng(3), np.random.default_rng(3)
    first, again, twin = draw(one), draw(one), draw(two)
    return {
        "do equal generators draw alike": bool(np.all(first == twin)),
        "does a second call draw the same again": bool(np.all(first == again)),
    }


@check("sample_categorical", expect=exactly)
def categories_from_rng(code):
    """equal generators draw alike, and a generator draws anew at every call"""
    return repeats(lambda rng: code.sample_categorical(np.ones(50), 40, rng))


# sample_normal


def bell(z, known=None):
    """Return how probable it is that a bell curve leaves so many between any two marks.

    Beside the counts, the means of the Hermite polynomials 1 to 4, each of
    variance j! for a standard normal: they know mean, spread, lean and tails.
    """
    z = np.asarray(z)
    marks = np.arange(-3.5, 3.75, 0.25)
    below = np.array([0.5 * math.erfc(-m / math.sqrt(2)) for m in marks])
    counts = np.diff(np.searchsorted(np.sort(z), marks), prepend=0, append=len(z))
    expected = len(z) * np.diff(below, prepend=0, append=1)
    hermite = [z, z**2 - 1, z**3 - 3 * z, z**4 - 6 * z**2 + 3]
    off = [h.mean() * math.sqrt(len(z) / math.factorial(j)) for j, h in enumerate(hermite, 1)]
    moments = [math.erfc(abs(o) / math.sqrt(2)) for o in off]
    return float(np.min([chance_of(counts, expected), *moments]))


def apart(z, known=None):
    """Return how probable it is that independent normals meet so, in sixths."""
    z = np.asarray(z)
    sixth, half = np.searchsorted(SIXTHS, z), len(z) // 2
    if len(np.unique(z)) < len(z):
        raise ValueError("some number comes twice")
    pairs = [
        (sixth[::2], sixth[1::2]),
        (sixth[:half], sixth[half:]),
        (sixth[:half], sixth[::-1][:half]),
        (sixth[::4], sixth[2::4]),
        (sixth[::4], sixth[3::4]),
    ]
    return min(chance_of(two_way(one, two, 6), np.full(36, len(one) / 36)) for one, two in pairs)


@check(
    "sample_normal",
    given=only_a_seed,
    expect=at_least(LUCK, bell, "probability that chance deals so"),
)
def bell_curve(code, seed):
    """as many lie between any two marks as below the bell curve of mean 0 and variance 1"""
    return code.sample_normal(400_000, Uniform(seed))


@check(
    "sample_normal",
    given=only_a_seed,
    expect=at_least(LUCK, apart, "probability that chance deals so"),
)
def independent_of_each_other(code, seed):
    """none says anything about another, next to it or far away"""
    return code.sample_normal(20_000, Uniform(seed))


@check(
    "sample_normal",
    given=only_a_seed,
    expect=at_least(LUCK, apart, "probability that chance deals so"),
)
def independent_in_pairs(code, seed):
    """drawn in twos, again and again, the two are independent"""
    rng = Uniform(seed)
    return np.concatenate([code.sample_normal(2, rng) for _ in range(4000)])


@check(
    "sample_normal",
    given=only_a_seed,
    expect=at_least(LUCK, bell, "probability that chance deals so"),
)
def one_and_three_at_a_time(code, seed):
    """drawn one at a time, or three, they are normal too"""
    rng = Uniform(seed)
    return np.concatenate([code.sample_normal(n, rng) for n in (1, 3) * 2000])


@check("sample_normal", expect=exactly)
def odd_and_none(code, rng):
    """n numbers come back, for an odd n and for n = 0 as well"""
    uniform = Uniform(rng.integers(99))
    return [np.shape(code.sample_normal(n, uniform)) for n in (0, 1, 2, 7, 8)]


@check("sample_normal", expect=exactly)
def finite(code):
    """every number is finite, even where the generator gives 0"""
    return [np.isfinite(code.sample_normal(n, Edgy(n))) for n in (1, 2, 9)]


def visits(rng):
    """Return seeds with how often to draw from each, and which draws have to be equal."""
    kinds = rng.permutation(np.arange(12) % 6)  # three generators, the first or the second draw
    seeds = int(rng.integers(2**31)) + kinds // 2
    return {"seeds": seeds.tolist(), "calls": (1 + kinds % 2).tolist()}, kinds


def alike(draws, kinds):
    """Return how probable the draws are, of which some are equal as they have to be."""
    equal = (draws[:, None] == draws).all(axis=2)
    if (equal < (kinds[:, None] == kinds)).any():
        raise ValueError("equal generators draw differently")
    if (equal > (kinds[:, None] == kinds)).any():
        raise ValueError("two draws are the same, and should not be")
    return bell(draws[np.unique(kinds, return_index=True)[1]].ravel())


@check(
    "sample_normal",
    given=visits,
    expect=at_least(LUCK, alike, "probability that chance deals so"),
)
def normals_from_rng(code, seeds, calls):
    """equal generators draw alike, and a generator draws anew at every call"""
    draws = []
    for seed, often in zip(seeds, calls, strict=True):
        rng = Uniform(seed)
        draws.append([code.sample_normal(2000, rng) for _ in range(often)][-1])
    return np.stack(draws)


# monte_carlo


def told(values):
    """Return a draw that hands out these values, of which there are n."""
    return lambda n, rng: values[:n]


@check("monte_carlo", forbids=["scipy"])
def mean_and_error(code, rng):
    """the mean of f, its standard error, and the ends of a 95 % interval around it"""
    values = rng.normal(3, 2, size=40)
    return code.monte_carlo(lambda x: x * x, told(values), 40, rng)


@check("monte_carlo", forbids=["scipy"])
def other_levels(code, rng):
    """a level of 0.99 makes the interval wider, one of 0.5 narrower"""
    values = rng.normal(size=100)
    return [code.monte_carlo(abs, told(values), 100, rng, level) for level in (0.5, 0.99)]


@check("monte_carlo", forbids=["scipy"])
def share_of_events(code, rng):
    """where f says True or False, the mean is the share of True"""
    points = rng.uniform(-1, 1, size=(60, 2))
    return code.monte_carlo(lambda x: (x * x).sum(axis=1) < 1, told(points), 60, rng)


@check("monte_carlo", forbids=["scipy"])
def few_values(code, rng):
    """of two values as of many, the spread is that around their own mean"""
    values = rng.normal(size=3)
    return [code.monte_carlo(np.cos, told(values), n, rng) for n in (2, 3)]


@check("monte_carlo", forbids=["scipy"])
def far_from_zero(code, rng):
    """the error is as good where the mean is a hundred million, and 0 where f is constant"""
    values = 1e8 + rng.normal(size=50)
    mean, error, low, high = code.monte_carlo(lambda x: x, told(values), 50, rng)
    constant = code.monte_carlo(np.ones_like, told(values), 50, rng)
    return mean, error, high - low, constant


# gaussian_log_density

NO_INVERSE = ["scipy", "numpy.linalg.inv", "numpy.linalg.pinv", "numpy.linalg.det"]


def covariance_of(rng, d, scale=1.0):
    """Return a covariance in which the features depend on each other."""
    A = rng.normal(size=(d, d))
    return scale * (A @ A.T / d + 0.3 * np.eye(d))


@check("gaussian_log_density", forbids=NO_INVERSE)
def features_that_depend(code, rng):
    """the log-density of each row, where the features depend on each other"""
    X, mean = rng.normal(size=(6, 3)), rng.normal(size=3)
    return code.gaussian_log_density(X, mean, covariance_of(rng, 3))


@check("gaussian_log_density", forbids=NO_INVERSE)
def one_feature(code, rng):
    """one feature with variance 4 has spread 2, and one row is enough"""
    X = rng.normal(size=(4, 1))
    return (
        code.gaussian_log_density(X, np.array([0.5]), np.array([[4.0]])),
        code.gaussian_log_density(X[:1], np.array([0.5]), np.array([[4.0]])),
    )


@check("gaussian_log_density", forbids=NO_INVERSE)
def three_hundred_features(code, rng):
    """three hundred features of small spread, whose determinant is less than any float"""
    X, covariance = rng.normal(size=(3, 300)) / 100, covariance_of(rng, 300, 1e-4)
    return code.gaussian_log_density(X, np.zeros(300), covariance)


@check("gaussian_log_density", forbids=NO_INVERSE)
def out_in_the_tail(code, rng):
    """far from the mean the density is too small for a float, its logarithm is not"""
    X = 200 * rng.normal(size=(2, 2))
    return code.gaussian_log_density(X, np.ones(2), np.array([[2.0, 0.8], [0.8, 1.0]]))


@check("gaussian_log_density", expect=close(1e-3, 1e-4), forbids=NO_INVERSE)
def density_in_single_precision(code, rng):
    """float32 stays float32"""
    X, covariance = rng.normal(size=(3, 2)).astype(np.float32), np.eye(2, dtype=np.float32)
    density = code.gaussian_log_density(X, np.zeros(2, dtype=np.float32), covariance)
    return {"log_density": density, "dtype": str(np.asarray(density).dtype)}


MISTAKES = [
    Mistake(
        "nothing is taken out before exp, which overflows or comes out as zero",
        in_="log_sum_exp",
        old="top = np.where(np.isfinite(top), top, 0)",
        new="top = np.zeros_like(top)",
    ),
    Mistake(
        "one and the same largest is taken out of all the sums",
        in_="log_sum_exp",
        old="a.max(axis=axis, keepdims=True)",
        new="np.full_like(a.max(axis=axis, keepdims=True), a.max())",
    ),
    Mistake(
        "the largest is taken out and never put back",
        in_="log_sum_exp",
        old="return rest + (top if keepdims else top.squeeze(axis=axis))",
        new="return rest",
    ),
    Mistake(
        "minus infinity is taken from itself where nothing has any weight, and that is NaN",
        in_="log_sum_exp",
        old="    top = np.where(np.isfinite(top), top, 0)\n",
        new="",
    ),
    Mistake(
        "the mean is taken in place of the sum",
        in_="log_sum_exp",
        old=".sum(axis=axis, keepdims=keepdims)",
        new=".mean(axis=axis, keepdims=keepdims)",
    ),
    Mistake(
        "the smallest is taken out instead of the largest",
        in_="log_sum_exp",
        old="a.max(axis=axis",
        new="a.min(axis=axis",
    ),
    Mistake(
        "the axis stays though nobody asked for it",
        in_="log_sum_exp",
        old="keepdims=keepdims)\n    with",
        new="keepdims=True)\n    keepdims = True\n    with",
    ),
    Mistake(
        "a small number inside the logarithm stands in for nothing, so that -inf never comes",
        in_="log_sum_exp",
        old="rest = np.log(total)",
        new="rest = np.log(total + 1e-300)",
    ),
    Mistake(
        "the prior is left out: only the likelihood speaks",
        in_="bayes_update",
        old="joint = log_prior + log_likelihood.sum(axis=0)",
        new="joint = 0 * np.exp(log_prior) + log_likelihood.sum(axis=0)",
    ),
    Mistake(
        "only the first observation is used",
        in_="bayes_update",
        old="log_likelihood.sum(axis=0)",
        new="log_likelihood[0]",
    ),
    Mistake(
        "the log-likelihoods are averaged, as if all of them were one observation",
        in_="bayes_update",
        old="log_likelihood.sum(axis=0)",
        new="log_likelihood.mean(axis=0)",
    ),
    Mistake(
        "the weights are never made to sum to one",
        in_="bayes_update",
        old="return joint - total,",
        new="return joint,",
    ),
    Mistake(
        "the evidence is that of a prior which does not sum to one",
        in_="bayes_update",
        old="total - log_sum_exp(log_prior)",
        new="total",
        lesson="With a prior that sums to one nothing shows, for the logarithm of one is zero, and "
        "the posterior is right in any case. Whatever is called a probability of the data must "
        "stay the same when all the weights before are doubled.",
    ),
    Mistake(
        "the probabilities are multiplied as they are, and thousands of them come to zero",
        in_="bayes_update",
        old="joint = log_prior + log_likelihood.sum(axis=0)",
        new='with np.errstate(divide="ignore"):\n'
        "        joint = np.log(np.exp(log_prior) * np.exp(log_likelihood).prod(axis=0))",
    ),
    Mistake(
        "nobody asks whether anything is left, and NaN comes out",
        in_="bayes_update",
        old="if total == -np.inf:",
        new="if False:",
    ),
    Mistake(
        "the likelihoods of the observations are added up instead of multiplied",
        in_="bayes_update",
        old="log_likelihood.sum(axis=0)",
        new="log_sum_exp(log_likelihood, axis=0)",
    ),
    Mistake(
        "probabilities come back instead of their logarithms",
        in_="bayes_update",
        old="return joint - total",
        new="return np.exp(joint - total)",
    ),
    Mistake(
        "the sign is lost: entropy is minus the sum",
        in_="entropy",
        old="-np.log",
        new="np.log",
    ),
    Mistake(
        "the surprise is measured in bits, with logarithms of base 2",
        in_="entropy",
        old="np.log",
        new="np.log2",
    ),
    Mistake(
        "the logarithm of zero is taken, and zero times infinity is NaN",
        in_="entropy",
        old="np.where(p > 0, p, 1)",
        new="p",
    ),
    Mistake(
        "the surprises are averaged as if all were equally probable",
        in_="entropy",
        old="(p * surprise).sum",
        new="surprise.mean",
    ),
    Mistake(
        "everything is added up into one number",
        in_="entropy",
        old="axis=-1",
        new="axis=None",
    ),
    Mistake(
        "the sum runs over the distributions instead of along each",
        in_="entropy",
        old="axis=-1",
        new="axis=0",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="entropy",
        old="np.where(p > 0, p, 1)",
        new="np.where(p > 0, p, 1.0).astype(float)",
    ),
    Mistake(
        "p and q are exchanged: the truth says how often each comes",
        in_="kl_divergence",
        old="(p * (log_p - log_q))",
        new="(q * (log_q - log_p))",
    ),
    Mistake(
        "the sign is turned round: q is surprised more than p, not less",
        in_="kl_divergence",
        old="log_p - log_q",
        new="log_q - log_p",
    ),
    Mistake(
        "a small number is added to q, and what was ruled out costs little",
        in_="kl_divergence",
        old="np.where(p > 0, q, 1)",
        new="np.where(p > 0, q + 1e-12, 1)",
        lesson="The small number silences a warning, and with it the only thing that had to be "
        "said: this belief cannot account for what happens. If zero is meant to be merely "
        "improbable, say so in q, and let it still sum to one.",
    ),
    Mistake(
        "the logarithm of a zero in p is taken, and zero times infinity is NaN",
        in_="kl_divergence",
        old="np.where(p > 0, p, 1)",
        new="p",
    ),
    Mistake(
        "where p is zero, the logarithm of q is taken all the same",
        in_="kl_divergence",
        old="np.where(p > 0, q, 1)",
        new="q",
    ),
    Mistake(
        "the cross-entropy comes back: the surprise of p itself is not taken away",
        in_="kl_divergence",
        old="log_p - log_q",
        new="0 - log_q",
    ),
    Mistake(
        "everything is added up into one number",
        in_="kl_divergence",
        old="axis=-1",
        new="axis=None",
    ),
    Mistake(
        "p is divided by q before the logarithm, which overflows for a tiny q",
        in_="kl_divergence",
        old="p * (log_p - log_q)",
        new="p * np.log(np.exp(log_p) / np.exp(log_q))",
    ),
    Mistake(
        "what q rules out is left out of the sum, so that it costs nothing",
        in_="kl_divergence",
        old="np.where(p > 0, q, 1)",
        new="np.where((p > 0) & (q > 0), q, 1)",
    ),
    Mistake(
        "the weights are taken as if they summed to one",
        in_="sample_categorical",
        old="ends[-1] * rng.random(n)",
        new="rng.random(n)",
        lesson="Weights that sum to one hide it. With a smaller sum categories come out that do "
        "not exist, with a larger one the last ones never come. Stretch u to the whole length, "
        "or divide the weights by it.",
    ),
    Mistake(
        "the categories are counted from one",
        in_="sample_categorical",
        old='side="right")',
        new='side="right") + 1',
    ),
    Mistake(
        'side="left" gives a category of weight zero where u is 0',
        in_="sample_categorical",
        old='side="right"',
        new='side="left"',
    ),
    Mistake(
        "one random number is used for all the draws",
        in_="sample_categorical",
        old="rng.random(n)",
        new="np.full(n, rng.random())",
    ),
    Mistake(
        "all categories are equally probable: the weights play no part",
        in_="sample_categorical",
        old="ends = np.cumsum(weights)",
        new="ends = np.arange(1.0, len(weights) + 1)",
    ),
    Mistake(
        "the weights themselves are searched, not where they end",
        in_="sample_categorical",
        old="np.cumsum(weights)",
        new="np.sort(weights)",
    ),
    Mistake(
        "the draws are spread too evenly: each takes its own slice of the whole",
        in_="sample_categorical",
        old="rng.random(n)",
        new="(np.arange(n) + rng.random(n)) / max(n, 1)",
    ),
    Mistake(
        "each category comes exactly as often as expected, and only the order is random",
        in_="sample_categorical",
        old="rng.random(n)",
        new="rng.permutation((np.arange(n) + 0.5) / max(n, 1))",
    ),
    Mistake(
        "a new generator with the same seed draws the same at every call",
        in_="sample_categorical",
        old="rng.random(n)",
        new="np.random.default_rng(0).random(n)",
    ),
    Mistake(
        "chance comes from NumPy's hidden generator instead of rng",
        in_="sample_categorical",
        old="rng.random(n)",
        new="np.random.random(n)",
    ),
    Mistake(
        "the root of the radius is forgotten",
        in_="sample_normal",
        old="np.sqrt(-2 * np.log(1 - rng.random(pairs)))",
        new="-2 * np.log(1 - rng.random(pairs))",
    ),
    Mistake(
        "the factor 2 below the root is missing, so that the variance is a half",
        in_="sample_normal",
        old="-2 * np.log",
        new="-np.log",
    ),
    Mistake(
        "the angle goes half way round, and one of each pair is never negative",
        in_="sample_normal",
        old="2 * np.pi",
        new="np.pi",
    ),
    Mistake(
        "the same random number makes both the radius and the angle",
        in_="sample_normal",
        old="radius = np.sqrt(-2 * np.log(1 - rng.random(pairs)))  # (pairs,)\n"
        "    angle = 2 * np.pi * rng.random(pairs)",
        new="u = rng.random(pairs)\n    radius = np.sqrt(-2 * np.log(1 - u))\n"
        "    angle = 2 * np.pi * u",
    ),
    Mistake(
        "the cosine is used twice, so that every number comes twice",
        in_="sample_normal",
        old="np.sin(angle)",
        new="np.cos(angle)",
    ),
    Mistake(
        "all pairs lie in one direction: the angle is drawn once",
        in_="sample_normal",
        old="2 * np.pi * rng.random(pairs)",
        new="2 * np.pi * rng.random()",
    ),
    Mistake(
        "the second of each pair has a radius of its own",
        in_="sample_normal",
        old="radius * np.sin(angle)",
        new="np.sqrt(-2 * np.log(1 - rng.random(pairs))) * np.sin(angle)",
    ),
    Mistake(
        "the logarithm is taken of u, which may be 0",
        in_="sample_normal",
        old="np.log(1 - rng.random(pairs))",
        new="np.log(rng.random(pairs))",
    ),
    Mistake(
        "twelve uniform numbers are added up, which has no tails",
        in_="sample_normal",
        old="return z[:n]",
        new="return rng.random((12, n)).sum(axis=0) - 6",
    ),
    Mistake(
        "one number too many comes back where n is odd",
        in_="sample_normal",
        old="z[:n]",
        new="z",
    ),
    Mistake(
        "the second half is the first with its sign turned",
        in_="sample_normal",
        old="radius * np.sin(angle)",
        new="-radius * np.cos(angle)",
    ),
    Mistake(
        "a new generator with the same seed draws the same at every call",
        in_="sample_normal",
        old="radius = np.sqrt",
        new="rng = np.random.default_rng(0)\n    radius = np.sqrt",
    ),
    Mistake(
        "the spread of one value is given as the error of the mean",
        in_="monte_carlo",
        old=" / math.sqrt(n)",
        new="",
    ),
    Mistake(
        "the spread is divided by n instead of its root",
        in_="monte_carlo",
        old="math.sqrt(n)",
        new="n",
    ),
    Mistake(
        "the squares are divided by n, not n - 1, as if the true mean were known",
        in_="monte_carlo",
        old="ddof=1",
        new="ddof=0",
    ),
    Mistake(
        "the variance is taken in place of the spread",
        in_="monte_carlo",
        old="values.std(",
        new="values.var(",
    ),
    Mistake(
        "the interval leaves its whole rest on one side: 1.64 in place of 1.96",
        in_="monte_carlo",
        old="(1 + level) / 2",
        new="level",
    ),
    Mistake(
        "the level plays no part: it is 1.96 for all of them",
        in_="monte_carlo",
        old="normal_quantile((1 + level) / 2)",
        new="1.959963984540054",
    ),
    Mistake(
        "the variance is the mean square minus the squared mean, which loses all its digits",
        in_="monte_carlo",
        old="error = values.std(ddof=1) / math.sqrt(n)",
        new="variance = (values * values).mean() - mean * mean\n"
        "    error = math.sqrt(max(variance, 0) / (n - 1))",
    ),
    Mistake(
        "the interval goes by the spread of the values, not by the error of their mean",
        in_="monte_carlo",
        old="return mean, error, mean - z * error, mean + z * error",
        new="s = values.std(ddof=1)\n    return mean, error, mean - z * s, mean + z * s",
    ),
    Mistake(
        "the root is turned over: L.T stands where L should",
        in_="gaussian_log_density",
        old="np.linalg.solve(L, ",
        new="np.linalg.solve(L.T, ",
        lesson="For features that do not depend on each other L is diagonal, and its own "
        "transpose. A covariance with entries beside the diagonal tells the two apart: "
        "L @ L.T is the covariance, L.T @ L is not.",
    ),
    Mistake(
        "the determinant is formed first, and in many dimensions it is rounded to zero",
        in_="gaussian_log_density",
        old="stretch = np.log(np.diag(L)).sum()",
        new="stretch = np.log(np.diag(L).prod())",
    ),
    Mistake(
        "the stretch is counted twice: the diagonal of L holds roots already",
        in_="gaussian_log_density",
        old=" - stretch",
        new=" - 2 * stretch",
    ),
    Mistake(
        "the stretch is left out, so that the density does not integrate to one",
        in_="gaussian_log_density",
        old=" - stretch",
        new="",
    ),
    Mistake(
        "the factor 2 pi counts once, not once for each feature",
        in_="gaussian_log_density",
        old="d / 2 * math",
        new="1 / 2 * math",
    ),
    Mistake(
        "the mean is not taken away",
        in_="gaussian_log_density",
        old="(X - mean).T",
        new="X.T",
    ),
    Mistake(
        "the density is formed before its logarithm is taken, and far out it is zero",
        in_="gaussian_log_density",
        old="return -(z * z).sum(axis=0) / 2 - stretch",
        new='with np.errstate(divide="ignore"):\n'
        "        kernel = np.log(np.exp(-(z * z).sum(axis=0) / 2))\n"
        "    return kernel - stretch",
    ),
    Mistake(
        "the half in the exponent is missing",
        in_="gaussian_log_density",
        old="(z * z).sum(axis=0) / 2",
        new="(z * z).sum(axis=0)",
    ),
    Mistake(
        "the covariance is taken for its own root, as if variances were spreads",
        in_="gaussian_log_density",
        old="z = np.linalg.solve(L,",
        new="L = L @ L.T\n    z = np.linalg.solve(L,",
    ),
    Mistake(
        "a NumPy scalar widens float32 to float64",
        in_="gaussian_log_density",
        old="math.log(2 * np.pi)",
        new="np.log(2 * np.pi)",
    ),
]


EXPLAIN = [
    Explain(
        "ruled_out",
        why="a small number is added to q, and what was ruled out costs little",
        causes={
            "where p is zero, the logarithm of q is taken all the same": "np.where puts 1 there, "
            "and the logarithm of 1 is 0.",
            "p and q are exchanged: the truth says how often each comes": "The logarithms are "
            "weighed by p, as they should be.",
            "the sum runs over the distributions instead of along each": "axis=-1 is the last "
            "axis, along which each distribution sums to one.",
        },
        takes="`p` and `q` hold probabilities that sum to one, as many in one as in the other; "
        "out comes `kl_divergence(p, q)`.",
        call=lambda code, p, q: code.kl_divergence(p, q),
        example={"p": [0.5, 0.5], "q": [0.25, 0.75]},
        witness={"p": [0.5, 0.5], "q": [0.0, 1.0]},
    ),
    Explain(
        "evidence",
        why="the evidence is that of a prior which does not sum to one",
        causes={
            "the weights after it do not sum to one": "joint - total are logarithms of weights "
            "that were divided by their own sum.",
            "the likelihoods of several observations are added instead of multiplied": "A sum of "
            "logarithms is the logarithm of a product.",
            "where nothing is left, minus infinity is taken from itself": "Then total is -inf, "
            "and impossible() is raised before anything is subtracted.",
        },
        takes="`log_prior` and `log_likelihood` hold a logarithm for each hypothesis; out come "
        "both results of `bayes_update`.",
        call=lambda code, log_prior, log_likelihood: code.bayes_update(log_prior, log_likelihood),
        example={
            "log_prior": [-0.6931471805599453, -0.6931471805599453],
            "log_likelihood": [-1.0, -2.0],
        },
        witness={"log_prior": [0.0, 0.0], "log_likelihood": [-1.0, -2.0]},
    ),
    Explain(
        "root",
        why="the root is turned over: L.T stands where L should",
        causes={
            "the stretch is counted twice: the diagonal of L holds roots already": "The sum of "
            "their logarithms is half of that of the determinant, and it is taken away once.",
            "the mean is not taken away": "X - mean is what is solved for.",
            "the features stand in rows, and the sum runs over the samples": "After .T each "
            "sample is a column, and axis 0 runs down it.",
        },
        takes="`x` is one point of two features, `covariance` a table of two rows; out comes the "
        "log-density of a Gaussian of mean zero.",
        call=lambda code, x, covariance: code.gaussian_log_density(
            x[None, :], np.zeros(2), covariance
        ),
        example={"x": [1.0, 2.0], "covariance": [[4.0, 0.0], [0.0, 1.0]]},
        witness={"x": [1.0, 2.0], "covariance": [[4.0, 1.0], [1.0, 1.0]]},
    ),
]

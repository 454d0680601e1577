"""Checks for statistics."""

import numpy as np

from grader import Explain, Mistake, check, close, exactly


def after_each(moments, stream):
    """Return what is kept after each observation."""
    kept = []
    for x in stream:
        moments.update(x)
        kept.append((moments.count, moments.mean, moments.squares))
    return kept


@check("RunningMoments.update")
def one_by_one(code, rng):
    """after each observation count, mean and squares are those of all so far"""
    return after_each(code.RunningMoments(), rng.normal(3, 2, size=9).tolist())


@check("RunningMoments.update", expect=close(1e-5, 1e-9))
def hundred_million(code, rng):
    """observations some hundred million from zero keep their variance"""
    moments = code.RunningMoments()
    for x in 1e8 + rng.integers(-30, 30, size=40) / 8:
        moments.update(float(x))
    return moments.variance()


@check("RunningMoments.update")
def several_at_once(code, rng):
    """an observation may be an array: each entry has a mean and squares of its own"""
    return after_each(code.RunningMoments(), rng.normal(size=(5, 2, 3)))


@check("RunningMoments.update")
def handed_out(code, rng):
    """a mean that somebody took before does not change under their hands"""
    moments = code.RunningMoments()
    moments.update(rng.normal(size=3))
    moments.update(rng.normal(size=3))
    mean, squares = moments.mean, moments.squares
    before = mean.copy(), squares.copy()
    moments.update(rng.normal(size=3) + 5)
    return {
        "is the mean as it was": bool((mean == before[0]).all()),
        "are the squares as they were": bool((squares == before[1]).all()),
        "the mean now": moments.mean,
    }


@check("RunningMoments.update")
def chunks(code, rng):
    """two streams merged, or one after the other, tell the same; update returns the object"""
    x = rng.normal(5, 3, size=11)
    parts = [code.RunningMoments(), code.RunningMoments()]
    for value in x[:4]:
        parts[0].update(value)
    for value in x[4:]:
        parts[1].update(value)
    whole = code.RunningMoments()
    same = [whole.update(value) is whole for value in x]
    merged = parts[0].merge(parts[1])
    return {
        "merged": (merged.count, merged.mean, merged.squares),
        "one after the other": (whole.count, whole.mean, whole.squares),
        "does update return the object": all(same),
    }


@check("RunningMoments.update", expect=exactly)
def no_memory(code, rng):
    """what is kept does not grow with the stream"""
    sizes, moments = [], code.RunningMoments()
    for x in rng.normal(size=30):
        moments.update(x)
        sizes.append(sum(np.size(value) for value in vars(moments).values()))
    return {"numbers more after 30 than after 2": sizes[-1] - sizes[1], "count": moments.count}


CUTS = ["numpy.quantile", "numpy.percentile", "numpy.nanquantile", "numpy.nanpercentile"]
CUTS += ["numpy.median", "numpy.nanmedian", "scipy.stats", "statistics.quantiles"]


@check("quantile", forbids=CUTS)
def between_entries(code, rng):
    """a share that falls between two entries is cut on the straight line between them"""
    x = rng.normal(10, 5, size=8)
    return code.quantile(x, np.array([0.03, 0.25, 0.4, 0.5, 0.77, 0.95]))


@check("quantile", forbids=CUTS)
def both_ends(code, rng):
    """the share 0 is the smallest entry, 1 the largest"""
    x = rng.permutation(np.array([-7.5, -1.0, 0.25, 4.0, 4.0, 11.0]))
    return code.quantile(x, np.array([1.0, 0.0, 0.2, 0.999]))


@check("quantile", forbids=CUTS)
def shape_of_q(code, rng):
    """one share gives one number, a table of shares a table of its shape"""
    x = rng.normal(size=7)
    return {
        "the median": code.quantile(x, 0.5),
        "three shares": code.quantile(x, np.array([0.9, 0.1, 0.3])),
        "a table": code.quantile(x, np.array([[0.1, 0.2, 0.3], [1.0, 0.5, 0.0]])),
    }


@check("quantile", forbids=CUTS)
def few_entries(code):
    """of a single entry every share is that entry; two have a line between them"""
    shares = np.array([0.0, 0.3, 1.0])
    return code.quantile(np.array([2.5]), shares), code.quantile(np.array([9.0, -1.0]), shares)


@check("quantile", expect=close(1e-5, 1e-6), forbids=CUTS)
def single_precision(code, rng):
    """float32 stays float32"""
    x = rng.normal(size=6).astype(np.float32)
    cut = code.quantile(x, np.array([0.1, 0.5, 0.8]))
    return {"quantiles": cut, "dtype": str(np.asarray(cut).dtype)}


def interval(code, x, statistic, seed, **settings):
    """Return the interval as two plain numbers."""
    low, high = code.bootstrap_interval(
        np.asarray(x, float), statistic, np.random.default_rng(seed), **settings
    )
    return round(float(low), 9), round(float(high), 9)


def mean(samples):
    """Return the mean along the last axis."""
    return np.mean(samples, axis=-1)


def largest(samples):
    """Return the largest entry along the last axis."""
    return np.max(samples, axis=-1)


# With 20,000 resamples a cut through a distribution with few values falls on the
# same value whatever was drawn: the shares beside it are five spreads away.


@check("bootstrap_interval", expect=exactly)
def shares_of_yes(code, rng):
    """of ten answers with two yes it cuts the binomial distribution where it should"""
    x, seed = rng.permutation([1, 1] + 8 * [0]), int(rng.integers(2**31))
    return {
        f"level={level}": interval(code, x, mean, seed, resamples=20_000, level=level)
        for level in (0.5, 0.7, 0.9)
    }


@check("bootstrap_interval", expect=exactly)
def skewed(code, rng):
    """a lopsided statistic has a lopsided interval: it is no mirror image"""
    x, seed = rng.permutation([0.0] * 9 + [10.0]), int(rng.integers(2**31))
    return {
        "mean, level=0.4": interval(code, x, mean, seed, resamples=20_000, level=0.4),
        "largest of six, level=0.9": interval(
            code, np.arange(1, 7), largest, seed, resamples=20_000, level=0.9
        ),
    }


@check("bootstrap_interval", expect=exactly)
def from_the_sample(code, rng):
    """a resample has as many entries as the sample, drawn from it with replacement"""
    x, seen = rng.normal(size=12), []

    def statistic(samples):
        seen.extend(np.reshape(samples, (-1, np.shape(samples)[-1])))
        return np.mean(samples, axis=-1)

    code.bootstrap_interval(x, statistic, rng, resamples=50)
    drawn = [row for row in seen if sorted(row.tolist()) != sorted(x.tolist())]
    repeats = [len(set(row.tolist())) < len(row) for row in drawn]
    kinds = {len(set(row.tolist())) for row in drawn}
    return {
        "lengths": sorted({len(row) for row in seen}),
        "are all entries of the sample's": all(bool(np.isin(row, x).all()) for row in seen),
        "does nearly every one repeat some entry": bool(np.sum(repeats) >= 45),
        "are some more varied than others": len(kinds) > 1,
        "is each drawn anew": len({tuple(row.tolist()) for row in drawn}) >= 45,
        "are there as many as asked for, the sample aside": 45 <= len(drawn) <= 50,
    }


@check("bootstrap_interval", expect=exactly)
def not_told(code, rng):
    """unless told otherwise the level is 0.95"""
    x, seed = rng.normal(50, 20, size=6).round(2), int(rng.integers(2**31))

    def smallest(samples):
        return np.min(samples, axis=-1)

    return {
        "smallest of six": interval(code, x, smallest, seed, resamples=20_000),
        "largest of six": interval(code, x, largest, seed, resamples=20_000),
    }


@check("bootstrap_interval", expect=exactly)
def chance_from_rng(code, rng):
    """equal generators give equal intervals, and a generator goes on at every call"""
    x, seed = rng.normal(size=15), int(rng.integers(2**31))
    first, again = interval(code, x, mean, seed), interval(code, x, mean, seed)
    one = np.random.default_rng(seed)
    calls = [tuple(code.bootstrap_interval(x, mean, one)) for _ in range(2)]
    return {
        "are equal generators answered alike": first == again,
        "is a second call answered the same": calls[0] == calls[1],
    }


@check("permutation_test", forbids=["scipy.stats"])
def every_way(code, rng):
    """where the ways are few, the share of them with the means at least as far apart"""
    test = code.permutation_test
    return {
        "[1, 2, 3] and [4, 5, 6]": test(np.arange(1.0, 4), np.arange(4.0, 7), rng),
        "4 and 5": test(rng.normal(size=4), rng.normal(size=5) + 0.7, rng),
        "5 and 3": test(rng.normal(size=5) + 9, rng.normal(size=3), rng),
        "1 and 7": test(rng.normal(size=1) - 1, rng.normal(size=7), rng),
    }


@check("permutation_test", forbids=["scipy.stats"])
def ties(code, rng):
    """ways that are just as far apart count too, also where rounding parts them"""
    x, y = rng.integers(1, 5, size=(2, 5)) / 10
    moved = 10 * x[:4] + 0.1, 10 * y[:4] + 0.1
    return {
        "tenths": code.permutation_test(x, y, rng),
        "4 and 4": code.permutation_test(*moved, rng),
        "0.1, 0.2, 0.3, 0.7 and 0.3, 0.6, 0.1, 0.2": code.permutation_test(
            np.array([0.1, 0.2, 0.3, 0.7]), np.array([0.3, 0.6, 0.1, 0.2]), rng
        ),
    }


@check("permutation_test", forbids=["scipy.stats"])
def never_zero(code, rng):
    """with b of m random ways as far apart the answer is (b + 1) / (m + 1), never 0"""
    x, y = rng.normal(size=20) + 50, rng.normal(size=20)
    return {m: code.permutation_test(x, y, rng, shuffles=m) for m in (99, 250)}


@check("permutation_test", forbids=["scipy.stats"])
def whole_ways(code, rng):
    """a shuffle deals out what is there: one huge value falls to one side or the other"""
    alone, rest = np.array([1e3] + [0.0] * 9), np.zeros(10)
    return {
        "ten and ten": code.permutation_test(alone, rest, rng, shuffles=200),
        "all 0": code.permutation_test(rest, rest, rng, shuffles=200),
        "all 0.1": code.permutation_test(rest + 0.1, rest + 0.1, rng, shuffles=200),
    }


@check("permutation_test", expect=close(0, 0.04), forbids=["scipy.stats"])
def random_ways(code, rng):
    """where the ways are many, a random few thousand come near the exact answer"""
    x, y = np.arange(8.0), np.arange(8.0) + 1.7
    far = rng.permutation(np.array([0.0, 1.0, 2.0, 4.0, 7.0, 11.0, 16.0, 22.0]))
    return {
        "8 and 8": code.permutation_test(x, y, rng),
        "8 and 8 others": code.permutation_test(far, far + 4, rng),
        "3 and 20": code.permutation_test(
            np.array([0.0, 1e3, 0.0]), np.zeros(20), rng, shuffles=1500
        ),
        "5 and 16": code.permutation_test(far[:5] + 3, np.arange(16.0), rng),
    }


@check("permutation_test", expect=exactly, forbids=["scipy.stats"])
def few_or_many(code, rng):
    """twenty ways are tried one by one if 20 shuffles are allowed, and not if 18 are"""
    x, y = np.arange(1.0, 4), np.arange(4.0, 7)

    def is_whole(number):
        return bool(abs(number - round(number)) < 1e-9)

    few = [code.permutation_test(x, y, rng, shuffles=m) for m in (18, 18)]
    return {
        "shuffles=20, p": round(float(code.permutation_test(x, y, rng, shuffles=20)), 9),
        "shuffles=18, is 19 p whole": [is_whole(19 * p) for p in few],
    }


@check("permutation_test", expect=exactly, forbids=["scipy.stats"])
def shuffled_from_rng(code, rng):
    """equal generators give equal answers, and a generator goes on at every call"""
    x, y, seed = rng.normal(size=9), rng.normal(size=9), int(rng.integers(2**31))
    one, two = np.random.default_rng(seed), np.random.default_rng(seed)
    calls = [float(code.permutation_test(x, y, one, shuffles=3000)) for _ in range(4)]
    return {
        "are equal generators answered alike": calls[0]
        == float(code.permutation_test(x, y, two, shuffles=3000)),
        "are four calls answered the same": len(set(calls)) == 1,
    }


TESTS = ["scipy.stats", "statsmodels.stats.weightstats"]


@check("welch_t_test", forbids=TESTS)
def unlike_samples(code, rng):
    """samples of other sizes and other spreads: the distance, the degrees, the chance"""
    return code.welch_t_test(rng.normal(1, 1, size=6), rng.normal(0, 4, size=15))


@check("welch_t_test", forbids=TESTS)
def turned_round(code, rng):
    """the first mean minus the second: turned round, the sign changes and p does not"""
    x, y = rng.normal(3, 1, size=8), rng.normal(2, 2, size=5)
    return {"x and y": code.welch_t_test(x, y), "y and x": code.welch_t_test(y, x)}


@check("welch_t_test", expect=close(1e-6, 0), forbids=TESTS)
def far_out(code, rng):
    """a chance of one in many billions is a number still, not 0"""
    x, y = rng.normal(size=40), rng.normal(size=30) + 9
    p = code.welch_t_test(x, y)[2]
    return {"p": p, "the same, samples turned round": code.welch_t_test(y, x)[2]}


@check("welch_t_test", forbids=TESTS)
def of_one_size(code, rng):
    """samples of one size but of other spreads have fewer degrees than n + m - 2"""
    return code.welch_t_test(rng.normal(size=7), rng.normal(size=7) * 5)


@check("welch_t_test", forbids=TESTS)
def smallest_samples(code):
    """two and two will do, one of them may be constant, and equal means give p = 1"""
    return {
        "two and two": code.welch_t_test(np.array([1.0, 2.0]), np.array([4.0, 8.0])),
        "one constant": code.welch_t_test(np.array([1, 1, 1]), np.array([4, 8, 9, 5])),
        "equal means": code.welch_t_test(np.array([1.0, 3.0]), np.array([0.0, 2.0, 4.0])),
    }


@check("chi2_independence", forbids=["scipy.stats"])
def two_by_two(code, rng):
    """a table of two by two, without a correction"""
    return code.chi2_independence(rng.integers(4, 40, size=(2, 2)))


@check("chi2_independence", forbids=["scipy.stats"])
def any_table(code, rng):
    """three rows and five columns, and turned on its side the same"""
    table = rng.integers(3, 30, size=(3, 5))
    return {
        "(3, 5)": code.chi2_independence(table),
        "(5, 3)": code.chi2_independence(table.T),
    }


@check("chi2_independence", forbids=["scipy.stats"])
def nothing_to_find(code):
    """where all rows are alike but for their size, it is 0 and the chance is 1"""
    return code.chi2_independence(np.outer([1, 2, 5], [3, 7]))


@check("chi2_independence", expect=close(1e-6, 0), forbids=["scipy.stats"])
def hundreds_of_zeros(code, rng):
    """a chance with many zeros behind the point is a number still, not 0"""
    return code.chi2_independence(np.array([[900, 120], [150, 1000]]) + rng.integers(9, size=2))


@check("chi2_independence", forbids=["scipy.stats"])
def empty_cells(code, rng):
    """a cell may hold 0, as long as its row and its column do not"""
    return code.chi2_independence(np.array([[0, 5, 7], [4, 0, 9]]) * rng.integers(1, 5))


MANY = ["scipy.stats", "statsmodels.stats.multitest"]


@check("benjamini_hochberg", forbids=MANY)
def equal_steps(code):
    """0.01, 0.02, 0.03, 0.04 and 0.05 all become 0.05"""
    return code.benjamini_hochberg(np.array([0.01, 0.02, 0.03, 0.04, 0.05]))


@check("benjamini_hochberg", forbids=MANY)
def in_any_order(code, rng):
    """each answer stands where its p-value stood"""
    p = rng.permutation(np.append(rng.random(9), rng.random(5) / 100))
    return code.benjamini_hochberg(p)


@check("benjamini_hochberg", forbids=MANY)
def never_further(code):
    """who has a smaller p-value is never adjusted to a larger one"""
    return {
        "0.04, 0.041, 0.9": code.benjamini_hochberg(np.array([0.04, 0.041, 0.9])),
        "0.9, 0.02, 0.03, 0.031": code.benjamini_hochberg(np.array([0.9, 0.02, 0.03, 0.031])),
    }


@check("benjamini_hochberg", forbids=MANY)
def with_ties(code, rng):
    """equal p-values get equal answers, however they stand; 0 and 1 are p-values too"""
    p = rng.permutation(np.array([0.02, 0.02, 0.02, 0.5, 0.5, 0.0, 1.0, 1.0]))
    return code.benjamini_hochberg(p)


@check("benjamini_hochberg", forbids=MANY)
def one_question(code):
    """a single p-value needs no adjustment"""
    return code.benjamini_hochberg(np.array([0.3]))


@check("benjamini_hochberg", expect=close(1e-5, 1e-8), forbids=MANY)
def p_in_single_precision(code, rng):
    """float32 stays float32"""
    adjusted = code.benjamini_hochberg(rng.random(6).astype(np.float32))
    return {"adjusted": adjusted, "dtype": str(np.asarray(adjusted).dtype)}


@check("maximum_likelihood_gamma", forbids=["scipy.stats"])
def where_likelihood_is_highest(code, rng):
    """the shape and the scale under which the sample is least surprising"""
    return {
        "skewed": code.maximum_likelihood_gamma(rng.gamma(0.8, 100, size=30)),
        "like a bell": code.maximum_likelihood_gamma(rng.gamma(9, 0.5, size=12)),
    }


@check("maximum_likelihood_gamma", forbids=["scipy.stats"])
def small_and_large_shapes(code, rng):
    """from a shape of about 0.05 to one of about ten thousand"""
    return {
        shape: code.maximum_likelihood_gamma(1e-3 + rng.gamma(shape, 2.0, size=60))
        for shape in (0.4, 100, 1e4)
    } | {0.05: code.maximum_likelihood_gamma(np.exp(-20 * rng.random(40)))}


@check("maximum_likelihood_gamma", forbids=["scipy.stats"])
def another_unit(code, rng):
    """in another unit the shape is the same and the scale is converted"""
    x = rng.gamma(2, 3, size=25)
    return {
        "in hours": code.maximum_likelihood_gamma(x),
        "in seconds": code.maximum_likelihood_gamma(3600 * x),
    }


@check("maximum_likelihood_gamma", forbids=["scipy.stats"])
def two_numbers(code):
    """two numbers are a sample, and whole numbers need not be floats"""
    return code.maximum_likelihood_gamma(np.array([1, 3]))


MISTAKES = [
    Mistake(
        "the squares grow by the squared distance from the old mean alone",
        in_="RunningMoments.update",
        old="delta * (x - self.mean)",
        new="delta * delta",
    ),
    Mistake(
        "the squares grow by the squared distance from the new mean alone",
        in_="RunningMoments.update",
        old="delta * (x - self.mean)",
        new="(x - self.mean) ** 2",
    ),
    Mistake(
        "the mean is divided by the count before this observation was counted",
        in_="RunningMoments.update",
        old="delta / self.count",
        new="delta / max(self.count - 1, 1)",
    ),
    Mistake(
        "the observation is not counted",
        in_="RunningMoments.update",
        old="self.count += 1",
        new="self.count = max(self.count, 1)",
    ),
    Mistake(
        "the mean is written into the array that was handed out before",
        in_="RunningMoments.update",
        old="self.mean = self.mean + delta / self.count",
        new="self.mean += delta / self.count",
        lesson="For numbers both spellings do the same. An array is written into by +=, and who "
        "took it before has another one in their hands. Where something is handed out, make a "
        "new one.",
    ),
    Mistake(
        "the squares are written into the array that was handed out before",
        in_="RunningMoments.update",
        old="self.squares = self.squares + delta * (x - self.mean)",
        new="self.squares += delta * (x - self.mean)",
    ),
    Mistake(
        "the squares of the observations are summed and the mean's taken off, which cancels "
        "far from zero",
        in_="RunningMoments.update",
        old="self.squares = self.squares + delta * (x - self.mean)",
        new="before = self.mean * self.count - x\n"
        "        total = self.squares + before**2 / max(self.count - 1, 1) + x * x\n"
        "        self.squares = total - (self.mean * self.count) ** 2 / self.count",
    ),
    Mistake(
        "the variance is kept where the sum of squares belongs",
        in_="RunningMoments.update",
        old="self.squares + delta * (x - self.mean)",
        new="self.squares + (delta * (x - self.mean) - self.squares) / self.count",
    ),
    Mistake(
        "an array is boiled down to one mean for all of its entries",
        in_="RunningMoments.update",
        old="delta = x - self.mean",
        new="delta = np.mean(x - self.mean)",
    ),
    Mistake(
        "update does not return the object",
        in_="RunningMoments.update",
        old="        return self",
        new="        return None",
    ),
    Mistake(
        "every observation is kept",
        in_="RunningMoments.update",
        old="self.count += 1",
        new='self.seen = [*getattr(self, "seen", []), x]\n        self.count += 1',
    ),
    Mistake(
        "the sample is not sorted",
        in_="quantile",
        old="np.sort(x)",
        new="x",
        lesson="On data that happens to lie in order, nothing shows. Whatever speaks of the "
        "smallest, the middle or the largest has to bring the data into order itself.",
    ),
    Mistake(
        "the caller's own array is sorted",
        in_="quantile",
        old="ordered, position = np.sort(x), q * (len(x) - 1)",
        new="x.sort()\n    ordered, position = x, q * (len(x) - 1)",
    ),
    Mistake(
        "the positions are counted to n instead of n - 1",
        in_="quantile",
        old="q * (len(x) - 1)",
        new="np.minimum(q * len(x), len(x) - 1)",
    ),
    Mistake(
        "nothing is interpolated: the entry below is taken",
        in_="quantile",
        old="return ordered[low] + part * (ordered[high] - ordered[low])",
        new="return ordered[low]",
    ),
    Mistake(
        "nothing is interpolated: the nearest entry is taken",
        in_="quantile",
        old="return ordered[low] + part * (ordered[high] - ordered[low])",
        new="return ordered[np.rint(position).astype(int)]",
    ),
    Mistake(
        "it always goes half the way between two entries",
        in_="quantile",
        old="part = (position - low).astype(x.dtype)",
        new="part = ((position > low) / 2).astype(x.dtype)",
    ),
    Mistake(
        "the way is measured from the upper entry",
        in_="quantile",
        old="(position - low).astype",
        new="(low + 1 - position).astype",
    ),
    Mistake(
        "the entry above the last one is asked for",
        in_="quantile",
        old="np.minimum(low + 1, len(x) - 1)",
        new="low + 1",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="quantile",
        old="(position - low).astype(x.dtype)",
        new="position - low",
    ),
    Mistake(
        "share and rank are confused: the positions are (n + 1) q",
        in_="quantile",
        old="q * (len(x) - 1)",
        new="np.clip(q * (len(x) + 1) - 1, 0, len(x) - 1)",
    ),
    Mistake(
        "a resample is drawn without replacement: it is the sample in another order",
        in_="bootstrap_interval",
        old="positions = rng.integers(n, size=(resamples, n))",
        new="positions = rng.permuted(np.tile(np.arange(n), (resamples, 1)), axis=1)",
    ),
    Mistake(
        "all of what lies outside is cut off at each end, instead of half of it",
        in_="bootstrap_interval",
        old="(1 - level) / 2",
        new="1 - level",
    ),
    Mistake(
        "the level itself is taken for the tail",
        in_="bootstrap_interval",
        old="(1 - level) / 2",
        new="min(level / 2, 1 - level / 2)",
    ),
    Mistake(
        "the interval is mirrored at the statistic of the sample",
        in_="bootstrap_interval",
        old="return low, high",
        new="return 2 * statistic(x) - high, 2 * statistic(x) - low",
    ),
    Mistake(
        "it goes two standard errors to either side, which is right for a bell only",
        in_="bootstrap_interval",
        old="return low, high",
        new="return values.mean() - 1.96 * values.std(), values.mean() + 1.96 * values.std()",
    ),
    Mistake(
        "the last entry is never drawn",
        in_="bootstrap_interval",
        old="rng.integers(n, size",
        new="rng.integers(n - 1, size",
    ),
    Mistake(
        "a resample has one entry less than the sample",
        in_="bootstrap_interval",
        old="size=(resamples, n)",
        new="size=(resamples, n - 1)",
    ),
    Mistake(
        "one resample is drawn and used again and again",
        in_="bootstrap_interval",
        old="rng.integers(n, size=(resamples, n))",
        new="np.tile(rng.integers(n, size=n), (resamples, 1))",
    ),
    Mistake(
        "a generator of its own is made, the same at every call",
        in_="bootstrap_interval",
        old="rng.integers(n, size",
        new="np.random.default_rng(0).integers(n, size",
    ),
    Mistake(
        "the ends of the interval are swapped",
        in_="bootstrap_interval",
        old="return low, high",
        new="return high, low",
    ),
    Mistake(
        "ways that are just as far apart are not counted",
        in_="permutation_test",
        old=">= abs(pooled[:n].sum()) - slack",
        new="> abs(pooled[:n].sum()) + slack",
    ),
    Mistake(
        "rounding parts ways that are just as far apart",
        in_="permutation_test",
        old=">= abs(pooled[:n].sum()) - slack",
        new=">= abs(pooled[:n].sum())",
        lesson="0.1 + 0.2 + 0.3 and 0.3 + 0.2 + 0.1 differ in the last digit. Where equality "
        "decides, compare with a little slack, much smaller than any difference that matters.",
    ),
    Mistake(
        "only one side is counted: the sign of the gap is kept",
        in_="permutation_test",
        old="np.abs(sums) >= abs(pooled[:n].sum()) - slack",
        new="sums >= pooled[:n].sum() - slack",
    ),
    Mistake(
        "b / m is returned, which can be 0",
        in_="permutation_test",
        old="(reached.sum() + 1) / (shuffles + 1)",
        new="reached.mean()",
    ),
    Mistake(
        "our own way is added on top, but divided is by the number of shuffles",
        in_="permutation_test",
        old="(reached.sum() + 1) / (shuffles + 1)",
        new="(reached.sum() + 1) / shuffles",
    ),
    Mistake(
        "one is added where all ways were tried, and ours was among them",
        in_="permutation_test",
        old="return reached.mean()",
        new="return (reached.sum() + 1) / (len(sums) + 1)",
    ),
    Mistake(
        "it always shuffles, also where every way could be tried",
        in_="permutation_test",
        old="few = math.comb(len(pooled), n) <= shuffles",
        new="few = False",
    ),
    Mistake(
        "the ways are taken for few as soon as there are fewer observations than shuffles",
        in_="permutation_test",
        old="math.comb(len(pooled), n) <= shuffles",
        new="len(pooled) <= 12",
    ),
    Mistake(
        "it draws with replacement instead of shuffling",
        in_="permutation_test",
        old="rng.permutation(pooled) for",
        new="rng.choice(pooled, len(pooled)) for",
    ),
    Mistake(
        "each shuffle picks half of all, however many the first sample has",
        in_="permutation_test",
        old="way[:n].sum()",
        new="way[: len(way) // 2].sum()",
    ),
    Mistake(
        "one shuffle is used again and again",
        in_="permutation_test",
        old="shuffled = (rng.permutation(pooled) for _ in range(shuffles))",
        new="shuffled = [rng.permutation(pooled)] * shuffles",
    ),
    Mistake(
        "a generator of its own is made, the same at every call",
        in_="permutation_test",
        old="shuffled = (rng",
        new="rng = np.random.default_rng(0)\n        shuffled = (rng",
    ),
    Mistake(
        "the share of ways that are nearer is returned",
        in_="permutation_test",
        old="        return reached.mean()\n    return (reached.sum() + 1)",
        new="        return 1 - reached.mean()\n    return (shuffles - reached.sum() + 1)",
    ),
    Mistake(
        "the variances are pooled, and the degrees are n + m - 2: that is Student's test",
        in_="welch_t_test",
        old="    a, b = x.var(ddof=1) / len(x), y.var(ddof=1) / len(y)\n"
        "    t = (x.mean() - y.mean()) / math.sqrt(a + b)\n"
        "    df = (a + b) ** 2 / (a**2 / (len(x) - 1) + b**2 / (len(y) - 1))",
        new="    df = len(x) + len(y) - 2\n"
        "    pooled = ((len(x) - 1) * x.var(ddof=1) + (len(y) - 1) * y.var(ddof=1)) / df\n"
        "    t = (x.mean() - y.mean()) / math.sqrt(pooled * (1 / len(x) + 1 / len(y)))",
    ),
    Mistake(
        "the degrees are n + m - 2, as if both spread alike",
        in_="welch_t_test",
        old="df = (a + b) ** 2 / (a**2 / (len(x) - 1) + b**2 / (len(y) - 1))",
        new="df = len(x) + len(y) - 2",
        lesson="With equal sizes and equal spreads Welch's degrees are n + m - 2, and nothing "
        "shows. Let the smaller sample spread more: then it alone decides how sure we are, and "
        "only its own few degrees count.",
    ),
    Mistake(
        "the squares are divided by n instead of n - 1",
        in_="welch_t_test",
        old="a, b = x.var(ddof=1) / len(x), y.var(ddof=1) / len(y)",
        new="a, b = x.var() / len(x), y.var() / len(y)",
    ),
    Mistake(
        "the variances of the samples are taken for those of the means",
        in_="welch_t_test",
        old="a, b = x.var(ddof=1) / len(x), y.var(ddof=1) / len(y)",
        new="a, b = x.var(ddof=1), y.var(ddof=1)",
    ),
    Mistake(
        "the root is left out: the difference is divided by its variance",
        in_="welch_t_test",
        old="math.sqrt(a + b)",
        new="(a + b)",
    ),
    Mistake(
        "the standard errors are added, and not their squares",
        in_="welch_t_test",
        old="math.sqrt(a + b)",
        new="(math.sqrt(a) + math.sqrt(b))",
    ),
    Mistake(
        "only one tail is counted",
        in_="welch_t_test",
        old="2 * student_t_tail(abs(t), df)",
        new="student_t_tail(abs(t), df)",
    ),
    Mistake(
        "the sign of t is not taken off, so that p can be above 1",
        in_="welch_t_test",
        old="student_t_tail(abs(t), df)",
        new="student_t_tail(t, df)",
    ),
    Mistake(
        "the second mean comes first",
        in_="welch_t_test",
        old="(x.mean() - y.mean())",
        new="(y.mean() - x.mean())",
    ),
    Mistake(
        "the sign of t is lost",
        in_="welch_t_test",
        old="(x.mean() - y.mean())",
        new="abs(x.mean() - y.mean())",
    ),
    Mistake(
        "the normal curve is used in place of Student's",
        in_="welch_t_test",
        old="student_t_tail(abs(t), df)",
        new="student_t_tail(abs(t), math.inf)",
    ),
    Mistake(
        "the tail is found as 1 minus the rest, which rounds to nothing far out",
        in_="welch_t_test",
        old="2 * student_t_tail(abs(t), df)",
        new="2 * (1 - student_t_tail(-abs(t), df))",
    ),
    Mistake(
        "the sums of rows and columns are swapped",
        in_="chi2_independence",
        old="table.sum(axis=1), table.sum(axis=0)",
        new="table.sum(axis=0), table.sum(axis=1)",
    ),
    Mistake(
        "the expected counts are not divided by the total",
        in_="chi2_independence",
        old="np.outer(rows, columns) / table.sum()",
        new="np.outer(rows, columns)",
    ),
    Mistake(
        "every cell is expected to hold the same, whatever the sums are",
        in_="chi2_independence",
        old="np.outer(rows, columns) / table.sum()",
        new="np.full(table.shape, table.mean())",
    ),
    Mistake(
        "the squares are divided by what was seen instead of what was expected",
        in_="chi2_independence",
        old="((table - expected) ** 2 / expected).sum()",
        new="((table - expected) ** 2 / np.where(table == 0, 1, table)).sum()",
    ),
    Mistake(
        "the differences are divided but not squared",
        in_="chi2_independence",
        old="(table - expected) ** 2 / expected",
        new="abs(table - expected) / expected",
    ),
    Mistake(
        "the differences are divided by the root of what was expected, and not squared after",
        in_="chi2_independence",
        old="(table - expected) ** 2 / expected",
        new="abs(table - expected) / np.sqrt(expected)",
    ),
    Mistake(
        "a half is taken off each difference: Yates's correction",
        in_="chi2_independence",
        old="((table - expected) ** 2 / expected).sum()",
        new="((np.maximum(abs(table - expected) - 0.5, 0)) ** 2 / expected).sum()",
    ),
    Mistake(
        "the degrees of freedom are the cells less one: the sums are forgotten",
        in_="chi2_independence",
        old="df = (len(rows) - 1) * (len(columns) - 1)",
        new="df = table.size - 1",
        lesson="The expected counts were made from the sums of the data, so the data cannot "
        "miss those. With the sums given, only all but one row and all but one column are free.",
    ),
    Mistake(
        "the degrees of freedom are rows times columns",
        in_="chi2_independence",
        old="(len(rows) - 1) * (len(columns) - 1)",
        new="len(rows) * len(columns)",
    ),
    Mistake(
        "the chance of less is returned instead of the chance of more",
        in_="chi2_independence",
        old="df, chi2_tail(statistic, df)",
        new="df, 1 - chi2_tail(statistic, df)",
    ),
    Mistake(
        "the chance is found as 1 minus the rest, which rounds to nothing far out",
        in_="chi2_independence",
        old="df, chi2_tail(statistic, df)",
        new="df, 1 - (1 - chi2_tail(statistic, df))",
    ),
    Mistake(
        "the shares are compared in place of the counts, so that the size does not matter",
        in_="chi2_independence",
        old="    rows, columns",
        new="    table = table / table.sum()\n    rows, columns",
    ),
    Mistake(
        "every p-value is multiplied by k: that is Bonferroni's way",
        in_="benjamini_hochberg",
        old="(k / np.arange(k, 0, -1))",
        new="k",
    ),
    Mistake(
        "every p-value is multiplied by k and cut at 1: that is Bonferroni's way",
        in_="benjamini_hochberg",
        old="adjusted[order] = np.minimum.accumulate(scaled)",
        new="adjusted[order] = np.minimum(1, p[order] * k)",
    ),
    Mistake(
        "the running minimum is left out, so that a smaller p-value can end up behind a larger",
        in_="benjamini_hochberg",
        old="np.minimum.accumulate(scaled)",
        new="np.minimum(scaled, 1)",
        lesson="As long as the p-values grow faster than their ranks, nothing shows. Two that "
        "lie close together change places: 0.04 times 3 over 1 is above 0.041 times 3 over 2. "
        "Who is admitted with the larger p-value must be admitted with the smaller.",
    ),
    Mistake(
        "the running minimum goes the wrong way, from the smallest up",
        in_="benjamini_hochberg",
        old="np.minimum.accumulate(scaled)",
        new="np.minimum.accumulate(scaled[::-1])[::-1]",
    ),
    Mistake(
        "a running maximum is kept from the smallest up: that is Holm's way of going",
        in_="benjamini_hochberg",
        old="np.minimum.accumulate(scaled)",
        new="np.minimum(1, np.maximum.accumulate(scaled[::-1])[::-1])",
    ),
    Mistake(
        "the ranks run the wrong way: the largest is multiplied by k",
        in_="benjamini_hochberg",
        old="np.arange(k, 0, -1)",
        new="np.arange(1, k + 1)",
    ),
    Mistake(
        "one question more is counted than there is",
        in_="benjamini_hochberg",
        old="(k / np",
        new="((k + 1) / np",
    ),
    Mistake(
        "ranks are counted from 0",
        in_="benjamini_hochberg",
        old="np.arange(k, 0, -1)",
        new="np.maximum(np.arange(k - 1, -1, -1), 1)",
    ),
    Mistake(
        "the answers come out sorted, not where their p-values stood",
        in_="benjamini_hochberg",
        old="adjusted[order] = np.minimum.accumulate(scaled)",
        new="adjusted[::-1] = np.minimum.accumulate(scaled)",
    ),
    Mistake(
        "the order is applied a second time instead of being undone",
        in_="benjamini_hochberg",
        old="adjusted[order] = np.minimum.accumulate(scaled)",
        new="adjusted[:] = np.minimum.accumulate(scaled)[order]",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="benjamini_hochberg",
        old="adjusted = np.empty_like(p)",
        new="adjusted = np.empty(k)",
    ),
    Mistake(
        "the first guess is returned without a step",
        in_="maximum_likelihood_gamma",
        old="range(10)",
        new="range(0)",
    ),
    Mistake(
        "a single step is taken",
        in_="maximum_likelihood_gamma",
        old="range(10)",
        new="range(1)",
    ),
    Mistake(
        "the step goes the wrong way",
        in_="maximum_likelihood_gamma",
        old="shape -= f",
        new="shape += f",
    ),
    Mistake(
        "the slope of the logarithm is forgotten in Newton's step",
        in_="maximum_likelihood_gamma",
        old="(1 / shape - slope)",
        new="-slope",
    ),
    Mistake(
        "the scale is the mean times the shape",
        in_="maximum_likelihood_gamma",
        old="mean / shape",
        new="mean * shape",
    ),
    Mistake(
        "the rate is returned in place of the scale",
        in_="maximum_likelihood_gamma",
        old="mean / shape",
        new="shape / mean",
    ),
    Mistake(
        "shape and scale are swapped",
        in_="maximum_likelihood_gamma",
        old="return shape, mean / shape",
        new="return mean / shape, shape",
    ),
    Mistake(
        "the moments are matched instead: mean and variance, not the likelihood",
        in_="maximum_likelihood_gamma",
        old="    return shape, mean / shape",
        new="    shape = mean**2 / x.var()\n    return shape, mean / shape",
    ),
    Mistake(
        "digamma is taken for the logarithm's twin, and the gap is left out",
        in_="maximum_likelihood_gamma",
        old="f = math.log(shape) - psi - gap",
        new="f = math.log(shape) - psi - 2 * gap",
    ),
]


EXPLAIN = [
    Explain(
        "degrees",
        why="the degrees are n + m - 2, as if both spread alike",
        causes={
            "the squares are divided by n instead of n - 1": "ddof=1 takes one off.",
            "only one tail is counted": "The tail is doubled in the last line.",
            "the standard errors are added, and not their squares": "a and b are the squares, "
            "and the root is taken of their sum.",
            "the sign of t is lost": "No abs stands around the difference of the means.",
        },
        takes="`x` and `y` are two samples; the three numbers of `welch_t_test(x, y)` come out.",
        call=lambda code, x, y: code.welch_t_test(x, y),
        example={"x": [1.0, 2.0, 3.0], "y": [5.0, 6.0, 7.0]},
        witness={"x": [1.0, 2.0, 3.0], "y": [5.0, 9.0, 7.0]},
    ),
    Explain(
        "order",
        why="the running minimum is left out, so that a smaller p-value can end up behind a larger",
        causes={
            "every p-value is multiplied by k: that is Bonferroni's way": "It is multiplied by k "
            "over its rank.",
            "ranks are counted from 0": "np.arange(k, 0, -1) ends at 1, the rank of the smallest.",
            "the answers come out sorted, not where their p-values stood": "adjusted[order] puts "
            "each back where it was taken from.",
        },
        takes="`p` is a vector of p-values for `benjamini_hochberg(p)`.",
        call=lambda code, p: code.benjamini_hochberg(p),
        example={"p": [0.01, 0.2, 0.9]},
        witness={"p": [0.04, 0.041, 0.9]},
    ),
]

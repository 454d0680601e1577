"""Checks for model selection."""

import math

import numpy as np

from grader import Explain, Mistake, at_least, check, close, exactly

SPLITTERS = ["sklearn.model_selection"]
PROCESSES = ["sklearn.gaussian_process"]


def fair(draws, known):
    """Return 1 less the largest gap between how often things fell together and should."""
    together, at = known
    if draws.min() < 0 or draws.max() >= draws.shape[1]:
        raise ValueError("there are more folds than rows")
    pairs = (draws[:, :, None] == draws[:, None, :]).mean(axis=0)
    gaps = np.abs(pairs - together)
    marginal = np.stack([(draws == f).mean(axis=0) for f in range(draws.max() + 1)])
    return 1 - max(gaps.max(), np.abs(marginal - at).max())


def six_to_three(rng):
    """Return nothing to deal with, and how often two of six meet in one of three folds."""
    together = np.full((6, 6), 1 / 5)
    np.fill_diagonal(together, 1)
    return {"seed": int(rng.integers(1 << 30))}, (together, 1 / 3)


def two_classes_of_six(rng):
    """Return labels of nine, and how often two of them should meet in one of three folds."""
    y = rng.permutation(np.repeat([0, 1], [6, 3]))
    together = np.where(y[:, None] == y, np.where(y, 0, 1 / 5), 1 / 3)
    np.fill_diagonal(together, 1)
    return {"y": y, "seed": int(rng.integers(1 << 30))}, (together, 1 / 3)


def sizes(folds, k):
    """Return of what kind the folds are, and how many samples each has, the smallest first."""
    folds = np.asarray(folds)
    kind = "whole numbers" if folds.dtype.kind in "iu" else f"an array of {folds.dtype}"
    return kind, folds.shape, np.sort([np.count_nonzero(folds == f) for f in range(k)])


@check("k_fold", expect=exactly, forbids=SPLITTERS)
def even_sizes(code, rng):
    """every sample is in one fold, 0 to k - 1, and sizes differ by at most one"""
    deals = [(12, 4), (11, 2)]
    for k, each, left in rng.integers([4, 2, 2], [9, 10, 4], size=(3, 3)).tolist():
        deals.append((k * each + left, k))
    return [sizes(code.k_fold(n, k, rng), k) for n, k in deals]


@check("k_fold", expect=exactly, forbids=SPLITTERS)
def each_its_own(code, rng):
    """with as many folds as samples each sample has a fold of its own"""
    return np.sort(code.k_fold(7, 7, rng))


@check("k_fold", given=six_to_three, expect=at_least(0.92, fair, "fairness"), forbids=SPLITTERS)
def every_deal(code, seed):
    """all deals are equally likely: over 1,000, any two samples meet equally often"""
    rng = np.random.default_rng(seed)
    return np.array([code.k_fold(6, 3, rng) for _ in range(1000)])


@check("k_fold", expect=exactly, forbids=SPLITTERS)
def chance_from_rng(code, rng):
    """chance comes from rng alone: the same generator, the same folds; used again, others"""
    seed = int(rng.integers(1 << 30))
    one, two = np.random.default_rng(seed), np.random.default_rng(seed)
    first = code.k_fold(60, 4, one)
    return np.array_equal(first, code.k_fold(60, 4, two)), np.array_equal(
        first, code.k_fold(60, 4, one)
    )


@check("stratified_k_fold", expect=exactly, forbids=SPLITTERS)
def shares_of_classes(code, rng):
    """of every class two folds hold numbers that differ by at most one"""
    y = rng.permutation(np.repeat(["birch", "ash", "oak"], [11, 4, 22]))
    folds = code.stratified_k_fold(y, 4, rng)
    return [sizes(folds[y == name], 4) for name in ("ash", "birch", "oak")]


@check("stratified_k_fold", expect=exactly, forbids=SPLITTERS)
def shares_of_all(code, rng):
    """of all samples together too, where no class can be divided evenly"""
    y = rng.permutation(np.repeat([3, 7, 8, 9], [4, 7, 4, 10]))
    return [sizes(code.stratified_k_fold(y, 3, rng), 3) for _ in range(6)]


@check("stratified_k_fold", expect=exactly, forbids=SPLITTERS)
def one_of_each(code, rng):
    """a class with as many members as folds has one in each"""
    y = rng.permutation(np.repeat([0, 1], [5, 30]))
    folds = code.stratified_k_fold(y, 5, rng)
    return np.sort(folds[y == 0]), sizes(folds, 5)


@check(
    "stratified_k_fold",
    given=two_classes_of_six,
    expect=at_least(0.92, fair, "fairness"),
    forbids=SPLITTERS,
)
def chance_within_a_class(code, y, seed):
    """within a class chance decides: over 1,000 deals any two members meet equally often"""
    rng = np.random.default_rng(seed)
    return np.array([code.stratified_k_fold(y, 3, rng) for _ in range(1000)])


@check("stratified_k_fold", expect=exactly, forbids=SPLITTERS)
def strata_from_rng(code, rng):
    """chance comes from rng alone: the same generator, the same folds; used again, others"""
    y, seed = rng.permutation(np.repeat([0, 1], 40)), int(rng.integers(1 << 30))
    one, two = np.random.default_rng(seed), np.random.default_rng(seed)
    first = code.stratified_k_fold(y, 4, one)
    return np.array_equal(first, code.stratified_k_fold(y, 4, two)), np.array_equal(
        first, code.stratified_k_fold(y, 4, one)
    )


class Line:
    """A least squares fit that remembers how many rows it was given in its life."""

    made = 0

    def __init__(self):
        type(self).made += 1
        self.seen = []

    def fit(self, X, y):
        """Fit to all that was ever given, as a model does that is not made anew."""
        self.seen.append((np.array(X), np.array(y)))
        X, y = (np.concatenate(part) for part in zip(*self.seen, strict=True))
        self.w = np.linalg.lstsq(X, y, rcond=None)[0]
        return self


def minus_mse(model, X, y):
    """Return a score that a line earns."""
    return -np.mean((X @ model.w - y) ** 2)


class Commonest:
    """Predicts the commonest of the labels, whatever X may be."""

    def fit(self, X, y):
        """Keep it."""
        names, times = np.unique(y, return_counts=True)
        self.answer, self.shape = names[times.argmax()], np.shape(X)
        return self


def line_data(rng, n=23, d=3):
    """Return X (n, d) and y (n,), noisy enough for any rows to matter."""
    X = rng.normal(size=(n, d))
    return X, X @ rng.normal(size=d) + rng.normal(size=n)


@check("cross_val_score", forbids=SPLITTERS)
def each_by_the_others(code, rng):
    """the score of each fold, in their order, by a model that has seen the others"""
    X, y = line_data(rng)
    folds = np.repeat([2, 0, 3, 1], [9, 5, 3, 6])
    return code.cross_val_score(Line, X, y, rng.permutation(folds), minus_mse)


@check("cross_val_score", forbids=SPLITTERS)
def new_models(code, rng):
    """a new model for each fold, and no more of them"""
    X, y = line_data(rng, 12, 2)

    class Counted(Line):
        made = 0

    scores = code.cross_val_score(Counted, X, y, np.arange(12) % 3, minus_mse)
    return scores, Counted.made


@check("cross_val_score", forbids=SPLITTERS)
def one_left_out(code, rng):
    """a fold may hold one sample alone, and a class may be missing from a fold"""
    y = np.array(["yes", "no", "yes", "yes", "no"])

    def right(model, X, y):
        return np.mean(y == model.answer)

    return code.cross_val_score(Commonest, rng.normal(size=(5, 2)), y, np.arange(5), right)


@check("cross_val_score", forbids=SPLITTERS)
def any_shape(code, rng):
    """X may have any number of axes, and hold words"""
    X, y = np.array(["a", "b", "c", "d", "e", "f", "g", "h"] * 3), rng.integers(2, size=24)

    def shapes(model, X, y):
        return 100 * model.shape[0] + X.shape[0] + (X.ndim - len(model.shape)) + len(y) / 1000

    folds = np.append(2, rng.permutation(np.repeat([0, 1, 2], [6, 10, 7])))
    flat = code.cross_val_score(Commonest, X, y, folds, shapes)
    return flat, code.cross_val_score(Commonest, X.reshape(24, 1, 1), y, folds, shapes)


SPACE = {"rate": (0.01, 10.0, "log"), "depth": (1, 6), "share": (2.0, 5.0)}


def hill(settings):
    """Return a score that tells any two settings apart."""
    return math.log(settings["rate"]) + settings["depth"] * 10 + settings["share"] ** 2


@check("random_search", forbids=SPLITTERS)
def scores_of_the_tried(code, rng):
    """all settings that were tried, and the score of each in its place"""
    tried, scores = code.random_search(hill, SPACE, 30, rng)
    names = [sorted(settings) == sorted(SPACE) for settings in tried]
    return len(tried), all(names), scores - np.array([hill(s) for s in tried]), np.shape(scores)


@check("random_search", expect=exactly, forbids=SPLITTERS)
def once_for_each(code, rng):
    """evaluate is called once for each trial, in their order, and no more"""
    seen = []

    def evaluate(settings):
        seen.append(dict(settings))
        return len(seen)

    tried, scores = code.random_search(evaluate, SPACE, 7, rng)
    return [float(s) for s in scores], seen == list(tried), len(seen)


@check("random_search", expect=exactly, forbids=SPLITTERS)
def a_single_trial(code, rng):
    """a budget of one is one trial, whose score stands in an array of one"""
    tried, scores = code.random_search(lambda settings: 4.0, {"x": (0.0, 1.0)}, 1, rng)
    return len(tried), scores


def any_space(rng):
    """Return where three settings begin: the first spans three decades, the others 3 and 6."""
    low = [float(10 ** rng.uniform(-4, 1)), float(rng.uniform(-9, 9)), int(rng.integers(20))]
    return {"low": low, "seed": int(rng.integers(1 << 30))}, low


def evenly(values, low):
    """Return 1 less the largest departure from independent, even draws in the unit cube."""
    rate, share, depth = values.T
    U = np.column_stack([np.log(rate / low[0]) / math.log(1000), (share - low[1]) / 3])
    n, steps = len(U), np.arange(1, len(U) + 1) / len(U)
    gaps = [np.abs(np.sort(u) - steps).max() for u in U.T]
    tied = [abs(np.corrcoef(U.T)[0, 1]), *(abs(np.corrcoef(u[1:], u[:-1])[0, 1]) for u in U.T)]
    doubles = [1 - len(np.unique(u)) / n for u in U.T]
    whole = np.abs([np.mean(depth == value) - 1 / 6 for value in range(low[2], low[2] + 6)])
    return 1 - max(1.6 * max(gaps), *tied, *doubles, *whole)


@check(
    "random_search",
    given=any_space,
    expect=at_least(0.93, evenly, "evenness"),
    forbids=SPLITTERS,
)
def even_draws(code, low, seed):
    """each setting is drawn evenly over its scale, for itself, anew at each trial"""
    (rate, share, depth), rng = low, np.random.default_rng(seed)
    space = {"rate": (rate, 1000 * rate, "log"), "depth": (depth, depth + 5)}
    space["share"] = (share, share + 3)
    tried, _ = code.random_search(lambda settings: 0.0, space, 6000, rng)
    return np.array([[s["rate"], s["share"], s["depth"]] for s in tried])


def apart(depths, known):
    """Return 1 less the largest departure of pairs of coins (n, 2) from fair and independent."""
    shares = [*(depths == 1).mean(axis=0), np.mean(depths[:, 0] == depths[:, 1])]
    return 1 - np.abs(np.array(shares) - 0.5).max()


@check(
    "random_search",
    given=lambda rng: ({"seed": int(rng.integers(1 << 30))}, None),
    expect=at_least(0.92, apart, "independence"),
    forbids=SPLITTERS,
)
def independent_draws(code, seed):
    """trials are independent: over 1,000 searches, two trials of two values agree half the time"""
    rng, space = np.random.default_rng(seed), {"depth": (1, 2)}
    pairs = [code.random_search(lambda settings: 0.0, space, 2, rng)[0] for _ in range(1000)]
    return np.array([[settings["depth"] for settings in pair] for pair in pairs])


@check("random_search", expect=exactly, forbids=SPLITTERS)
def repeats_too(code, rng):
    """a trial that repeats another one is a trial too, and is evaluated again"""
    seen = []

    def evaluate(settings):
        seen.append(settings["depth"])
        return len(seen)

    tried, scores = code.random_search(evaluate, {"depth": (1, 2)}, 7, rng)
    return len(seen), len(tried), [float(s) for s in scores]


@check("random_search", expect=exactly, forbids=SPLITTERS)
def trials_from_rng(code, rng):
    """chance comes from rng alone: the same generator, the same trials; used again, others"""
    seed = int(rng.integers(1 << 30))
    one, two = np.random.default_rng(seed), np.random.default_rng(seed)
    first, again, other = (code.random_search(hill, SPACE, 3, r)[0] for r in (one, two, one))
    return list(first) == list(again), list(first) == list(other)


def table_of(code, scores, least, rungs, **eta):
    """Return the table for scores (settings, rungs), what was evaluated, sorted, and the list."""
    asked, amounts = [], [least * eta.get("eta", 3) ** j for j in range(rungs)]

    def evaluate(settings, amount):
        asked.append((settings["name"], int(amount)))
        j = amounts.index(amount) if amount in amounts else 0
        return scores[settings["name"], j] - 1000 * amount

    tried = [{"name": i} for i in range(len(scores))]
    table = code.successive_halving(evaluate, tried, least, rungs, **eta)
    return [tuple(row) for row in table], sorted(asked), [one["name"] for one in tried]


@check("successive_halving", forbids=SPLITTERS)
def three_rungs(code, rng):
    """nine begin, three go on with three times as much, one ends with nine times as much"""
    return table_of(code, rng.permutation(27).reshape(9, 3) + 0.5, 10, 3)


@check("successive_halving", forbids=SPLITTERS)
def real_halves(code, rng):
    """with eta 2 one in two goes on, rounded down, and what it is given doubles"""
    return table_of(code, rng.permutation(55).reshape(11, 5) - 20.5, 3, 5, eta=2)


@check("successive_halving", forbids=SPLITTERS)
def last_one_standing(code, rng):
    """where too few are left to be divided, the best of them goes on alone to the end"""
    return table_of(code, rng.permutation(8).reshape(2, 4) / 8, 1, 4)


@check("successive_halving", forbids=SPLITTERS)
def first_of_equals(code, rng):
    """among equal scores the first of the list climbs"""
    scores = np.array([[1, 2, 2, 2, 0, 2, 2, 1, 2], [0, 5, 5, 5, 0, 5, 4, 0, 4]], float).T
    return table_of(code, np.column_stack([scores, scores]), 2, 4)


@check("successive_halving", forbids=SPLITTERS)
def many_equals(code, rng):
    """also where eighty share three scores"""
    return table_of(code, rng.integers(3, size=(80, 3)).astype(float), 1, 3)


@check("successive_halving", forbids=SPLITTERS)
def no_number_no_chance(code, rng):
    """a score that is NaN loses to every number, and is no reason to stop"""
    scores = -rng.random((6, 3))
    scores[[0, 3, 4]] = np.nan
    return table_of(code, scores, 1, 3, eta=2)


@check("successive_halving", expect=exactly, forbids=SPLITTERS)
def too_few_numbers(code, rng):
    """where fewer scores are numbers than may climb, some that are NaN climb with them"""
    scores = -rng.random((9, 3))
    scores[1:8, 0] = np.nan
    table, asked, _ = table_of(code, scores, 1, 3, eta=2)
    numbers = [{0, 8} <= set(np.asarray(places).tolist()) for _, places, _ in table[:2]]
    return [(int(amount), len(places)) for amount, places, _ in table], numbers, len(asked)


def kernel(A, B, length):
    """Return the squared exponential for all pairs of rows, one by one."""
    squares = ((A[:, None] - B[None]) ** 2).sum(axis=-1)
    return np.exp(-squares / (2 * length**2))


def learned(model):
    """Return what fit has to have learned."""
    return {name: getattr(model, name) for name in ("L_", "alpha_", "log_likelihood_")}


@check("GaussianProcess.fit", forbids=PROCESSES)
def root_and_weights(code, rng):
    """the root, the weights that it leads to, and the log-density of the scores"""
    X, y = rng.random((8, 2)), rng.normal(5.0, 3.0, size=8)
    return learned(code.GaussianProcess(0.4, 0.2).fit(X, y))


@check("GaussianProcess.fit", forbids=PROCESSES)
def much_noise(code, rng):
    """noise is a standard deviation, and may be as large as the spread"""
    X, y = rng.random((5, 1)), rng.normal(size=5)
    return [learned(code.GaussianProcess(0.3, noise).fit(X, y)) for noise in (1.0, 2.5)]


@check("GaussianProcess.fit", expect=close(1e-5, 1e-7), forbids=PROCESSES)
def the_same_place_twice(code, rng):
    """the same point may come twice, with two scores"""
    X = np.repeat(rng.random((4, 2)), 2, axis=0)
    return learned(code.GaussianProcess(0.5, 0.05).fit(X, rng.normal(size=8)))


@check("GaussianProcess.fit", expect=close(1e-5, 1e-6), forbids=PROCESSES)
def many_points(code, rng):
    """with 200 points the density underflows, its logarithm does not"""
    X, y = rng.random((200, 1)), rng.normal(size=200)
    return code.GaussianProcess(0.3, 0.01).fit(X, y).log_likelihood_


@check("GaussianProcess.fit", forbids=PROCESSES)
def a_single_point(code):
    """one point is enough, and so are three equal scores"""
    one = code.GaussianProcess(0.4, 0.2).fit(np.array([[0.5, 0.1]]), np.array([3]))
    same = code.GaussianProcess(0.4, 0.2).fit(np.array([[1], [2], [4]]) / 8, np.full(3, 0.1))
    return learned(one), learned(same)


@check("GaussianProcess.fit", forbids=PROCESSES)
def a_second_fit(code, rng):
    """a second fit forgets the first, and fit returns the process itself"""
    process, X, found = code.GaussianProcess(0.3, 0.1), rng.random((6, 2)), []
    for points in (rng.random((4, 1)), rng.random((6, 2)), X, X):
        same = process.fit(points, rng.normal(size=len(points)))
        found.append({name: np.array(value) for name, value in learned(process).items()})
    process.noise = 0.5
    return same is process, found, learned(process.fit(X, rng.normal(size=6)))


def process_of(code, X, y, length, noise):
    """Return a process that has learned from X and y, without its fit."""
    process = code.GaussianProcess(length, noise)
    process.X_, process.mean_ = X, y.mean()
    process.scale_ = y.std() if len(y) > 1 else 1.0
    process.L_ = np.linalg.cholesky(kernel(X, X, length) + noise**2 * np.eye(len(y)))
    z = (y - process.mean_) / process.scale_
    process.alpha_ = np.linalg.solve(process.L_.T, np.linalg.solve(process.L_, z))
    return process


@check("GaussianProcess.predict", forbids=PROCESSES)
def mean_and_covariance(code, rng):
    """the mean of each new point, and the covariance of each two of them"""
    X, y = rng.random((7, 2)), rng.normal(5.0, 3.0, size=7)
    return process_of(code, X, y, 0.4, 0.3).predict(rng.random((4, 2)))


@check("GaussianProcess.predict", expect=close(1e-5, 1e-7), forbids=PROCESSES)
def where_it_has_been(code, rng):
    """with hardly any noise, where it has been it knows: the mean is y, the covariance 0"""
    X, y = np.arange(5.0)[:, None], rng.normal(20.0, 4.0, size=5)
    return process_of(code, X, y, 0.6, 1e-4).predict(X)


@check("GaussianProcess.predict", forbids=PROCESSES)
def far_from_everything(code, rng):
    """far from all it has seen it knows nothing: the mean of y, and its variance"""
    X, y = rng.random((5, 1)), rng.normal(3.0, 2.0, size=5)
    return process_of(code, X, y, 0.2, 0.1).predict(np.array([[40.0], [40.1], [-30.0]]))


@check("GaussianProcess.predict", forbids=PROCESSES)
def one_from_one(code, rng):
    """one point says something about one other"""
    X, y = rng.random((1, 3)), np.array([2.5])
    return process_of(code, X, y, 0.7, 0.5).predict(X + 0.2)


@check("expected_improvement")
def hopes(code, rng):
    """the mean of what a trial is above the best, where below counts as 0"""
    mean, sd = rng.normal(3.0, 2.0, size=9), rng.uniform(0.1, 3.0, size=9)
    return code.expected_improvement(mean, sd, 3.5), code.expected_improvement(mean, sd, -0.5)


@check("expected_improvement")
def nothing_to_learn(code):
    """where sd is 0 it is what the mean is above the best, or 0, without a warning"""
    mean, sd = np.array([1.0, 2.0, 3.5, 3.5]), np.array([0.0, 0.0, 0.0, 1.0])
    with np.errstate(divide="raise", invalid="raise"):
        return code.expected_improvement(mean, sd, 2.0)


@check("expected_improvement", expect=close(1e-6, 1e-300))
def little_hope(code):
    """far below the best there is little hope, but some"""
    mean, sd = np.array([0.0, -3.0, -5.0, -40.0, 0.0]), np.array([1.0, 1.0, 1.0, 8.0, 1e-9])
    return code.expected_improvement(mean, sd, 1e-9)


@check("expected_improvement", expect=close(1e-9, 1e-12))
def mirror(code, rng):
    """turned round at the best, the two hopes differ by the gap"""
    gap, sd = rng.normal(size=6), rng.uniform(0.2, 1.0, size=6)
    up = code.expected_improvement(7 + gap, sd, 7.0)
    return up - code.expected_improvement(7 - gap, sd, 7.0), up


def searcher(seen):
    """Return a search that notes what it sees and chooses one column of X to predict y by."""

    def search(X, y):
        seen.append((np.array(X), np.array(y)))
        errors = [np.mean((y - x * (x @ y) / (x @ x)) ** 2) for x in X.T]
        j = int(np.argmin(errors))

        class Column(Line):
            def fit(self, X, y):
                super().fit(X[:, [j]], y)
                self.w = np.eye(X.shape[1])[j] * self.w
                return self

        return Column, -errors[j] + 100 * len(y)

    return search


@check("nested_cross_validation", forbids=SPLITTERS)
def promised_and_kept(code, rng):
    """what each search promised, and what its model kept on the fold that was left out"""
    X, y = line_data(rng, 26, 5)
    folds = rng.permutation(np.repeat([2, 0, 1, 3], [9, 5, 8, 4]))
    return code.nested_cross_validation(searcher([]), X, y, folds, minus_mse)


@check("nested_cross_validation", forbids=SPLITTERS)
def what_a_search_sees(code, rng):
    """there is one search for each fold, and it sees all rows but those of the fold"""
    X, y, seen = *line_data(rng, 11, 3), []
    code.nested_cross_validation(searcher(seen), X, y, np.arange(11) % 3, minus_mse)
    return sorted((np.sort(X[:, 0]).tolist(), np.sort(y).tolist()) for X, y in seen)


@check("nested_cross_validation", forbids=SPLITTERS)
def a_model_of_its_own(code, rng):
    """each chosen model is made once, and fitted once, on the rows of its search"""
    X, y, rows = *line_data(rng, 10, 2), []

    class Noted(Line):
        def fit(self, X, y):
            rows.append(np.sort(y).tolist())
            return super().fit(X, y)

    def search(X, y):
        return Noted, float(y.sum())

    results = code.nested_cross_validation(search, X, y, np.arange(10) % 2, minus_mse)
    return results, sorted(rows)


@check("nested_cross_validation", forbids=SPLITTERS)
def one_outside(code, rng):
    """an outer fold may hold one sample alone"""
    X, y = line_data(rng, 5, 2)
    return code.nested_cross_validation(searcher([]), X, y, np.arange(5), minus_mse)


MISTAKES = [
    Mistake(
        "the deal is not shuffled: sample i always gets fold i modulo k",
        in_="k_fold",
        old="rng.permutation(np.arange(n) % k)",
        new="np.arange(n) % k",
    ),
    Mistake(
        "the samples are cut into blocks in the order of the rows",
        in_="k_fold",
        old="rng.permutation(np.arange(n) % k)",
        new="np.arange(n) * k // n",
    ),
    Mistake(
        "each sample draws its fold for itself, so that sizes are left to chance",
        in_="k_fold",
        old="rng.permutation(np.arange(n) % k)",
        new="rng.integers(k, size=n)",
    ),
    Mistake(
        "folds have n // k samples each and the last one takes what is left over",
        in_="k_fold",
        old="np.arange(n) % k",
        new="np.minimum(np.arange(n) // (n // k), k - 1)",
    ),
    Mistake(
        "the folds are counted from 1",
        in_="k_fold",
        old="np.arange(n) % k)",
        new="np.arange(n) % k) + 1",
    ),
    Mistake(
        "chance is drawn from NumPy's own generator instead of rng",
        in_="k_fold",
        old="rng.permutation(np.arange(n) % k)",
        new="np.random.permutation(np.arange(n) % k)",
    ),
    Mistake(
        "a new generator is made inside, so that each call returns the same folds",
        in_="k_fold",
        old="rng.permutation(np.arange(n) % k)",
        new="np.random.default_rng(0).permutation(np.arange(n) % k)",
    ),
    Mistake(
        "the classes play no part in the deal",
        in_="stratified_k_fold",
        old="    queue = queue[np.argsort(labels[queue])]\n",
        new="",
    ),
    Mistake(
        "the classes are ignored: this is the deal of k_fold",
        in_="stratified_k_fold",
        old="    queue = rng.permutation(n)\n    queue = queue[np.argsort(labels[queue])]\n"
        "    folds = np.empty(n, dtype=int)\n    folds[queue] = np.arange(n) % k\n",
        new="    folds = rng.permutation(np.arange(n) % k)\n",
    ),
    Mistake(
        "the members of a class queue up in the order of the rows, without any chance",
        in_="stratified_k_fold",
        old="queue = rng.permutation(n)",
        new="queue = np.arange(n)",
    ),
    Mistake(
        "who stands at which place is confused with which place somebody has",
        in_="stratified_k_fold",
        old="    folds = np.empty(n, dtype=int)\n    folds[queue] = np.arange(n) % k",
        new="    folds = (np.arange(n) % k)[queue]",
    ),
    Mistake(
        "each class is dealt from fold 0 on, so that the first folds collect what is left over",
        in_="stratified_k_fold",
        old="folds[queue] = np.arange(n) % k",
        new="first = np.searchsorted(labels[queue], labels[queue])\n"
        "    folds[queue] = (np.arange(n) - first) % k",
        lesson="Class by class the folds are as even as can be, and with many samples nobody sees "
        "the rest. With many small classes the last folds go short; count the folds themselves, "
        "not only the classes in them.",
    ),
    Mistake(
        "the queue is cut into k pieces, so that a fold holds neighbours of one class",
        in_="stratified_k_fold",
        old="np.arange(n) % k",
        new="np.arange(n) * k // n",
    ),
    Mistake(
        "the order of the rows is sorted by label, not the shuffled queue",
        in_="stratified_k_fold",
        old="labels[queue]",
        new="labels",
    ),
    Mistake(
        "chance is drawn from NumPy's own generator instead of rng",
        in_="stratified_k_fold",
        old="rng.permutation(n)",
        new="np.random.permutation(n)",
    ),
    Mistake(
        "the model learns from the fold and is tested on the others",
        in_="cross_val_score",
        old="is_test = folds == f",
        new="is_test = folds != f",
    ),
    Mistake(
        "the model is tested on the samples it has learned from",
        in_="cross_val_score",
        old="score(model, X[is_test], y[is_test])",
        new="score(model, X[~is_test], y[~is_test])",
    ),
    Mistake(
        "the model learns from all samples, those of the fold too",
        in_="cross_val_score",
        old="fit(X[~is_test], y[~is_test])",
        new="fit(X, y)",
    ),
    Mistake(
        "one model is fitted again and again, and may remember the fold it is tested on",
        in_="cross_val_score",
        old="    for f in range(k):\n        is_test = folds == f\n        model = make().fit",
        new="    one = make()\n    for f in range(k):\n        is_test = folds == f\n"
        "        model = one.fit",
    ),
    Mistake(
        "the mean of the scores is returned instead of all of them",
        in_="cross_val_score",
        old="return np.array(scores)",
        new="return np.mean(scores)",
    ),
    Mistake(
        "the last fold is left out",
        in_="cross_val_score",
        old="range(k)",
        new="range(k - 1)",
    ),
    Mistake(
        "the scores stand in the order in which the folds first appear, not by number",
        in_="cross_val_score",
        old="range(k)",
        new="dict.fromkeys(folds.tolist())",
    ),
    Mistake(
        "a trial draws one number for all its settings",
        in_="random_search",
        old="rng.random((budget, len(space)))",
        new="np.repeat(rng.random((budget, 1)), len(space), axis=1)",
    ),
    Mistake(
        "it draws one point and tries that again and again",
        in_="random_search",
        old="rng.random((budget, len(space)))",
        new="np.tile(rng.random(len(space)), (budget, 1))",
    ),
    Mistake(
        "the settings are taken from a lattice, ten values for each",
        in_="random_search",
        old="rng.random((budget, len(space)))",
        new="rng.integers(10, size=(budget, len(space))) / 10",
    ),
    Mistake(
        "the points are drawn around the middle and cut off at the edges",
        in_="random_search",
        old="rng.random((budget, len(space)))",
        new="np.clip(rng.normal(0.5, 0.2, size=(budget, len(space))), 0, 1)",
    ),
    Mistake(
        "each setting is drawn once from each of `budget` slices, so that no trial is independent",
        in_="random_search",
        old="points = rng.random((budget, len(space)))",
        new="slices = np.tile(np.arange(budget)[:, None], (1, len(space)))\n"
        "    points = rng.permuted(slices, axis=0) + rng.random((budget, len(space)))\n"
        "    points = points / budget",
    ),
    Mistake(
        "a repeated trial is looked up instead of evaluated",
        in_="random_search",
        old="    return tried, np.array([evaluate(settings) for settings in tried])",
        new="    known = {str(settings): settings for settings in tried}\n"
        "    known = {name: evaluate(settings) for name, settings in known.items()}\n"
        "    return tried, np.array([known[str(settings)] for settings in tried])",
    ),
    Mistake(
        "the scores are sorted and no longer belong to the settings beside them",
        in_="random_search",
        old="np.array([evaluate(settings) for settings in tried])",
        new="np.sort([evaluate(settings) for settings in tried])[::-1]",
    ),
    Mistake(
        "only the best of the trials is returned",
        in_="random_search",
        old="    return tried, np.array([evaluate(settings) for settings in tried])",
        new="    best = max(tried, key=evaluate)\n    return best, evaluate(best)",
    ),
    Mistake(
        "each trial is evaluated twice, which costs twice the budget",
        in_="random_search",
        old="    return tried, np",
        new="    [evaluate(settings) for settings in tried]\n    return tried, np",
    ),
    Mistake(
        "chance is drawn from NumPy's own generator instead of rng",
        in_="random_search",
        old="rng.random((",
        new="np.random.random((",
    ),
    Mistake(
        "the amount stays the same on every rung",
        in_="successive_halving",
        old="least * eta**j",
        new="least",
    ),
    Mistake(
        "the amount grows by addition instead of by a factor",
        in_="successive_halving",
        old="least * eta**j",
        new="least + least * eta * j",
    ),
    Mistake(
        "the first rung has eta times what it should have",
        in_="successive_halving",
        old="eta**j",
        new="eta ** (j + 1)",
    ),
    Mistake(
        "eta is ignored: whatever it is, one in three climbs and gets three times as much",
        in_="successive_halving",
        old="        amount = least",
        new="        eta = 3\n        amount = least",
    ),
    Mistake(
        "whoever has a score of NaN drops out, even if places on the next rung stay empty",
        in_="successive_halving",
        old="places[best[: max(1, len(places) // eta)]]",
        new="places[[i for i in best[: max(1, len(places) // eta)] if scores[i] == scores[i]]]",
    ),
    Mistake(
        "the worst climb instead of the best",
        in_="successive_halving",
        old='np.argsort(-scores, kind="stable")',
        new='np.argsort(scores, kind="stable")',
    ),
    Mistake(
        "places on the rung are taken for places in the list",
        in_="successive_halving",
        old="places[best[: max(1, len(places) // eta)]]",
        new="best[: max(1, len(places) // eta)]",
    ),
    Mistake(
        "how many climb is rounded up",
        in_="successive_halving",
        old="max(1, len(places) // eta)",
        new="-(-len(places) // eta)",
    ),
    Mistake(
        "one in eta drops out instead of climbing",
        in_="successive_halving",
        old="max(1, len(places) // eta)",
        new="max(1, len(places) - len(places) // eta)",
    ),
    Mistake(
        "nobody is left where fewer climbed than eta",
        in_="successive_halving",
        old="max(1, len(places) // eta)",
        new="len(places) // eta",
        lesson="Rounding down goes to zero in the end, and an empty rung has no best. It shows "
        "only where rungs outnumber the divisions that the list allows; wherever a count is "
        "divided, ask what the smallest count becomes.",
    ),
    Mistake(
        "of equal scores the last climbs, and NaN before all numbers",
        in_="successive_halving",
        old='np.argsort(-scores, kind="stable")',
        new='np.argsort(scores, kind="stable")[::-1]',
    ),
    Mistake(
        "a row of the table is written after the others have dropped out",
        in_="successive_halving",
        old="        table.append((amount, places, scores))\n"
        '        best = np.argsort(-scores, kind="stable")\n'
        "        places = np.sort(places[best[: max(1, len(places) // eta)]])\n",
        new='        best = np.argsort(-scores, kind="stable")\n'
        "        best = np.sort(best[: max(1, len(places) // eta)])\n"
        "        places = places[best]\n"
        "        table.append((amount, places, scores[best]))\n",
    ),
    Mistake(
        "the noise is added as it is, not squared",
        in_="GaussianProcess.fit",
        old="self.noise**2",
        new="self.noise",
    ),
    Mistake(
        "the noise is left out",
        in_="GaussianProcess.fit",
        old=" + self.noise**2 * np.eye(n)",
        new="",
    ),
    Mistake(
        "the noise is added to every entry, not to the diagonal alone",
        in_="GaussianProcess.fit",
        old=" * np.eye(n)",
        new="",
    ),
    Mistake(
        "the root is kept the wrong way round, as an upper triangle",
        in_="GaussianProcess.fit",
        old="np.linalg.cholesky(K + self.noise**2 * np.eye(n))",
        new="np.linalg.cholesky(K + self.noise**2 * np.eye(n)).T",
    ),
    Mistake(
        "the root is kept as an upper triangle, though all else is right",
        in_="GaussianProcess.fit",
        old="        return self",
        new="        self.L_ = self.L_.T\n        return self",
    ),
    Mistake(
        "the second system is solved with L again, not with its transpose",
        in_="GaussianProcess.fit",
        old="np.linalg.solve(self.L_.T, v)",
        new="np.linalg.solve(self.L_, v)",
    ),
    Mistake(
        "the system is solved halfway: L v = z, and no further",
        in_="GaussianProcess.fit",
        old="self.alpha_ = np.linalg.solve(self.L_.T, v)",
        new="self.alpha_ = v",
    ),
    Mistake(
        "the length scale plays no part",
        in_="GaussianProcess.fit",
        old="self.length)  # (n, n)",
        new="1.0)  # (n, n)",
    ),
    Mistake(
        "the scores are fitted as they are, without mean and scale taken out",
        in_="GaussianProcess.fit",
        old="v = np.linalg.solve(self.L_, z)",
        new="z = y\n        v = np.linalg.solve(self.L_, z)",
    ),
    Mistake(
        "the stretch is counted twice in the log-density",
        in_="GaussianProcess.fit",
        old="- stretch - constant",
        new="- 2 * stretch - constant",
    ),
    Mistake(
        "the log-density lacks its constant",
        in_="GaussianProcess.fit",
        old=" - constant\n",
        new="\n",
    ),
    Mistake(
        "the logarithm is taken of a product that underflows",
        in_="GaussianProcess.fit",
        old="np.log(np.diag(self.L_)).sum()",
        new="np.log(np.diag(self.L_).prod())",
    ),
    Mistake(
        "fit does not return the process",
        in_="GaussianProcess.fit",
        old="return self",
        new="return None",
    ),
    Mistake(
        "the mean of y is not added again",
        in_="GaussianProcess.predict",
        old="self.mean_ + self.scale_ * (k @ self.alpha_)",
        new="self.scale_ * (k @ self.alpha_)",
    ),
    Mistake(
        "the mean is left in standard units",
        in_="GaussianProcess.predict",
        old="self.mean_ + self.scale_ * (k @ self.alpha_)",
        new="k @ self.alpha_",
    ),
    Mistake(
        "the covariance is scaled like a standard deviation, once instead of twice",
        in_="GaussianProcess.predict",
        old="self.scale_**2 * left",
        new="self.scale_ * left",
    ),
    Mistake(
        "what has been seen makes it less sure instead of surer",
        in_="GaussianProcess.predict",
        old="- v.T @ v",
        new="+ v.T @ v",
    ),
    Mistake(
        "nothing is subtracted: the covariance is that before anything was seen",
        in_="GaussianProcess.predict",
        old=" - v.T @ v",
        new="",
    ),
    Mistake(
        "the noise of an observation is added to the covariance of the function",
        in_="GaussianProcess.predict",
        old="mean, self.scale_**2 * left",
        new="mean, self.scale_**2 * (left + self.noise**2 * np.eye(len(X)))",
    ),
    Mistake(
        "the variances alone are returned, not the covariance",
        in_="GaussianProcess.predict",
        old="mean, self.scale_**2 * left",
        new="mean, self.scale_**2 * np.diag(left)",
    ),
    Mistake(
        "new points are taken for independent of each other",
        in_="GaussianProcess.predict",
        old="left = squared_exponential(X, X, self.length) - v.T @ v",
        new="left = np.eye(len(X)) - v.T @ v",
    ),
    Mistake(
        "the root is used the wrong way round",
        in_="GaussianProcess.predict",
        old="np.linalg.solve(self.L_, k.T)",
        new="np.linalg.solve(self.L_.T, k.T)",
    ),
    Mistake(
        "it looks for a minimum: what lies below the best is taken for a gain",
        in_="expected_improvement",
        old="gap = mean - best",
        new="gap = best - mean",
    ),
    Mistake(
        "the height of the curve and the share below are confused",
        in_="expected_improvement",
        old="gap * normal_below(z) + sd * normal_density(z)",
        new="gap * normal_density(z) + sd * normal_below(z)",
    ),
    Mistake(
        "the second term lacks sd",
        in_="expected_improvement",
        old="+ sd * normal_density(z)",
        new="+ normal_density(z)",
    ),
    Mistake(
        "only the gap counts, and luck above it does not",
        in_="expected_improvement",
        old=" + sd * normal_density(z)",
        new="",
    ),
    Mistake(
        "it is the chance of an improvement, whatever its size",
        in_="expected_improvement",
        old="gap * normal_below(z) + sd * normal_density(z)",
        new="normal_below(z)",
    ),
    Mistake(
        "where sd is 0 there is no hope, even above the best",
        in_="expected_improvement",
        old="np.maximum(gap, 0)",
        new="0",
        lesson="Where nothing is left to chance the improvement is certain, not none. A Gaussian "
        "process with noise never says 0, so the line sleeps until somebody hands it values that "
        "are known; ask of each special case what the formula tends to.",
    ),
    Mistake(
        "where sd is 0 the gap is returned even if it is negative",
        in_="expected_improvement",
        old="np.maximum(gap, 0)",
        new="gap",
    ),
    Mistake(
        "it divides by sd, even where that is 0",
        in_="expected_improvement",
        old="gap / np.where(sd > 0, sd, 1)",
        new="gap / sd",
    ),
    Mistake(
        "the search sees all samples, those of the fold too",
        in_="nested_cross_validation",
        old="search(X[~is_test], y[~is_test])",
        new="search(X, y)",
    ),
    Mistake(
        "there is one search before the loop, on all samples",
        in_="nested_cross_validation",
        old="    for f in range(k):\n        is_test = folds == f\n"
        "        make, promise = search(X[~is_test], y[~is_test])\n",
        new="    make, promise = search(X, y)\n    for f in range(k):\n"
        "        is_test = folds == f\n",
    ),
    Mistake(
        "the chosen model learns from all samples, those of the fold too",
        in_="nested_cross_validation",
        old="make().fit(X[~is_test], y[~is_test])",
        new="make().fit(X, y)",
    ),
    Mistake(
        "the chosen model is tested on the samples it has learned from",
        in_="nested_cross_validation",
        old="score(model, X[is_test], y[is_test])",
        new="score(model, X[~is_test], y[~is_test])",
    ),
    Mistake(
        "the two results are in the wrong order",
        in_="nested_cross_validation",
        old="np.array(promised), np.array(kept)",
        new="np.array(kept), np.array(promised)",
    ),
    Mistake(
        "what was promised is returned as what was kept",
        in_="nested_cross_validation",
        old="kept.append(score(model, X[is_test], y[is_test]))",
        new="kept.append(promise)",
    ),
    Mistake(
        "it learns from the fold and is tested on the others",
        in_="nested_cross_validation",
        old="is_test = folds == f",
        new="is_test = folds != f",
    ),
]


EXPLAIN = [
    Explain(
        "leftovers",
        why="each class is dealt from fold 0 on, so that the first folds collect what is left over",
        causes={
            "the members of a class are not shuffled": "rng.permutation comes first, and the sort "
            "looks at labels only, so that nobody knows who stands where within a class.",
            "a class can end up in one fold alone": "The members of a class stand side by side in "
            "the queue, and neighbours get different folds.",
            "a sample may be given no fold, or two": "queue holds each position once, so that each "
            "entry of folds is written once.",
        },
        takes="`y` holds whole numbers as labels, at least two of each, dealt to 2 folds; out "
        "comes how many samples the smaller and the larger fold have.",
        call=lambda code, y: np.sort(
            np.bincount(code.stratified_k_fold(y, 2, np.random.default_rng(0)), minlength=2)
        ),
        example={"y": [0, 0, 1, 1, 1]},
        witness={"y": [0, 0, 0, 1, 1, 1]},
    ),
    Explain(
        "certainty",
        why="where sd is 0 there is no hope, even above the best",
        causes={
            "it divides by sd, even where that is 0": "np.where puts a 1 in its place before the "
            "division.",
            "it looks for a minimum: what lies below the best is taken for a gain": "gap is mean "
            "less best: above the best it is positive.",
            "far below the best the two terms cancel and the answer is negative": "They cancel in "
            "part, and what is left is as exact as a float needs; that is no matter of this line.",
        },
        takes="`mean` and `sd` are lists of one length, sd not negative, and `best` is a number, "
        "for `expected_improvement(mean, sd, best)`.",
        call=lambda code, mean, sd, best: code.expected_improvement(mean, sd, best),
        example={"mean": [1.0, 3.0], "sd": [0.0, 1.0], "best": 2.0},
        witness={"mean": [1.0, 3.0], "sd": [0.0, 0.0], "best": 2.0},
    ),
    Explain(
        "climbers",
        why="nobody is left where fewer climbed than eta",
        causes={
            "how many climb is rounded up": "// rounds down.",
            "places on the rung are taken for places in the list": "places[...] turns the one into "
            "the other.",
            "the last rung is left out": "range(rungs) counts all of them, from 0.",
        },
        takes="`scores` holds a score for each settings, the same on each of 3 rungs with eta 2; "
        "out comes how many stood on each rung.",
        call=lambda code, scores: [
            len(places)
            for _, places, _ in code.successive_halving(
                lambda settings, amount: settings["score"],
                [{"score": float(score)} for score in scores],
                1,
                3,
                2,
            )
        ],
        example={"scores": [0.1, 0.4, 0.2, 0.3]},
        witness={"scores": [0.1, 0.4]},
    ),
]

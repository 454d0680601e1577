"""Model selection: choose settings honestly, with few trials.

Throughout: n samples, k folds, d settings that are searched, m candidates.
    X (n, ...) inputs   y (n,) targets   folds (n,) of each sample, from 0
    u (d,) a point of the unit cube, which stands for settings, a dict
    tried: a list of settings      scores (n,): one each, higher is better
    K (n, n) Gram matrix           L (n, n) its lower triangular root
    make(): a new model            score(model, X, y): a number
    evaluate(settings): their score, such as a mean over folds

Sources: Hastie, Tibshirani and Friedman, The Elements of Statistical
Learning (2nd ed., 2009), 7.10; Rasmussen and Williams, Gaussian Processes
for Machine Learning (2006), chapters 2 and 5.
"""

import itertools
import math

import numpy as np

from solutions.inputs import (
    as_labels,
    as_matrix,
    as_rng,
    as_vector,
    fitted,
    in_range,
    same_length,
    same_shape,
    whole,
)


def k_fold(n, k, rng):
    """Deal n samples to k folds by chance, as evenly as can be.

    Parameters
    ----------
    n : int
    k : int
        From 2 to n.
    rng : numpy.random.Generator

    Returns
    -------
    folds : array, shape (n,)
        Whole numbers from 0 to k - 1; the sizes of two folds differ by at
        most one, and every deal of these sizes is equally likely.

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), 7.10.
    """
    n, rng = whole("n", n, low=2), as_rng(rng)
    k = whole("k", k, low=2, high=n)
    # your turn (warm-up)
    # hint: Deal as cards are dealt: 0, 1, ..., k - 1, 0, 1, ... to the end.
    # hint: That row is np.arange(n) % k; rng.permutation shuffles a copy.
    return rng.permutation(np.arange(n) % k)


def stratified_k_fold(y, k, rng):
    """Deal the samples so that each fold has its share of every class.

    Parameters
    ----------
    y : array, shape (n,)
        Labels of any kind.
    k : int
        From 2 to the size of the smallest class.
    rng : numpy.random.Generator

    Returns
    -------
    folds : array, shape (n,)
        From 0 to k - 1. Of each class, and of all samples, any two folds
        hold numbers that differ by at most one; which members of a class
        go where is left to chance.

    References
    ----------
    Kohavi (1995).
    """
    labels, rng = as_strata(y, whole("k", k, low=2)), as_rng(rng)
    n = len(labels)  # labels (n,) are whole numbers from 0
    # your turn (core)
    # hint: Let all queue up by class, in a random order within each, and
    # deal to the queue from front to back: 0, 1, ..., k - 1, 0, 1, ...
    # hint: The queue holds positions: rng.permutation(n), sorted by label,
    # which np.argsort(labels[queue]) does.
    # hint: folds[queue] = np.arange(n) % k notes who got which fold.
    queue = rng.permutation(n)
    queue = queue[np.argsort(labels[queue])]
    folds = np.empty(n, dtype=int)
    folds[queue] = np.arange(n) % k
    return folds


def as_strata(y, k):
    """Return each label's position among the classes, or raise."""
    y = np.asarray(y)
    classes, labels = as_labels(y.reshape(-1, 1), y)
    count = np.bincount(labels)
    if count.min() < k:
        raise ValueError(
            f"class {classes[count.argmin()]} has {count.min()} of the "
            f"{len(y)} samples, too few for {k} folds"
        )
    return labels


def as_folds(X, y, folds):
    """Return X, y and folds as arrays that fit, and k, or raise."""
    X, folds = np.asarray(X), np.asarray(folds)
    y = same_length(X, y)
    same_shape(y, folds, "y", "folds")
    found = np.unique(folds)
    k = len(found)
    if k < 2 or folds.dtype.kind not in "iu" or (found != range(k)).any():
        raise ValueError(
            "folds must be whole numbers from 0 to k - 1, two or more and "
            f"none left out, but they are {found}"
        )
    return X, y, folds, k


def cross_val_score(make, X, y, folds, score):
    """Test each fold with a model that was fitted on the others.

    Parameters
    ----------
    make : function
        Returns a new model, whose `fit(X, y)` returns the model.
    X : array, n rows of any shape
    y : array, shape (n,)
    folds : array, shape (n,)
    score : function
        Of a fitted model, X and y.

    Returns
    -------
    scores : array, shape (k,)
        In the order of the folds.

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), eq. 7.48.
    """
    X, y, folds, k = as_folds(X, y, folds)
    # your turn (core)
    # hint: For each fold, is_test = folds == f says who is tested, and
    # ~is_test who may be learned from.
    # hint: make().fit(X[~is_test], y[~is_test]) knows nothing of fold f.
    # hint: Collect score(model, X[is_test], y[is_test]) in a list.
    scores = []
    for f in range(k):
        is_test = folds == f
        model = make().fit(X[~is_test], y[~is_test])
        scores.append(score(model, X[is_test], y[is_test]))
    return np.array(scores)


def settings_at(space, u):
    """Return the settings that a point u (d,) of the unit cube stands for.

    space is {name: (low, high)} or {name: (low, high, "log")}: on a log
    scale equal factors have equal shares. Two whole numbers make a whole
    setting, each of them, both ends too, with a piece of its own.
    """
    if not space:
        raise ValueError("space is empty: there is no setting to choose")
    u, found = as_vector(u, "u", exactly=len(space)), {}
    in_range("the least of u", u.min(), low=0)
    in_range("the largest of u", u.max(), high=1)
    for part, (name, ends) in zip(u.tolist(), space.items(), strict=True):
        low, high, *scale = ends
        in_range(f"the upper end of {name}", high, above=low)
        is_whole = isinstance(low, int) and isinstance(high, int)
        end = high + is_whole
        if scale not in ([], ["log"]):
            raise ValueError(f'the scale of {name} is "log" or left out')
        value = low + (end - low) * part
        if scale:
            in_range(f"the lower end of {name}", low, above=0)
            value = low * (end / low) ** part
        found[name] = min(math.floor(value) if is_whole else value, high)
    return found


def grid_search(evaluate, grid):
    """Try every combination of the values that grid lists by name."""
    rows = itertools.product(*grid.values())
    tried = [dict(zip(grid, row, strict=True)) for row in rows]
    return tried, np.array([evaluate(settings) for settings in tried])


def random_search(evaluate, space, budget, rng):
    """Try settings that are drawn independently and evenly from a space.

    Parameters
    ----------
    evaluate : function
        Of settings; called once for each trial, repeats too.
    space : dict
        As settings_at takes it.
    budget : int
    rng : numpy.random.Generator

    Returns
    -------
    tried : list of dict
    scores : array, shape (budget,)
        Both in the order of the trials.

    References
    ----------
    Bergstra and Bengio (2012).
    """
    budget, rng = whole("budget", budget, low=1), as_rng(rng)
    # your turn (core)
    # hint: A trial is a point of the unit cube, a number for each setting:
    # the rows of rng.random((budget, len(space))) are such points.
    # hint: settings_at(space, u) makes settings of a row u. Return the
    # list of all, and np.array of their scores.
    points = rng.random((budget, len(space)))
    tried = [settings_at(space, u) for u in points]
    return tried, np.array([evaluate(settings) for settings in tried])


def successive_halving(evaluate, tried, least, rungs, eta=3):
    """Give all a little, keep the best part, give these more, and so on.

    Parameters
    ----------
    evaluate : function
        Of settings and an amount: samples to learn from, or rounds.
    tried : list of dict
    least : int
        The amount on the first rung; each further one has eta times more.
    rungs : int
        How many there are, also where one alone is left to climb them.
    eta : int
        One in eta climbs to the next rung, rounded down, but never none.

    Returns
    -------
    table : list of (amount, places, scores), one for each rung
        Places in `tried`, in ascending order (m,), and their scores (m,).
        Among equal scores the first of the list climbs; a score that is
        NaN loses to every number.

    References
    ----------
    Jamieson and Talwalkar (2016).
    """
    least, rungs = (
        whole("least", least, low=1),
        whole("rungs", rungs, low=1),
    )
    eta, places = whole("eta", eta, low=2), np.arange(len(tried))
    if len(tried) == 0:
        raise ValueError("tried is empty: nothing can be compared")
    # your turn (stretch)
    # hint: On rung j the amount is least * eta**j, and evaluate is called
    # as evaluate(tried[i], amount) for each i in places.
    # hint: Append (amount, places, scores) before anyone drops out.
    # hint: np.argsort(-scores, kind="stable") has the best first, the
    # earlier of two equals first, and NaN last.
    # hint: Of these keep max(1, len(places) // eta), and sort the places.
    table = []
    for j in range(rungs):
        amount = least * eta**j
        scores = np.array([evaluate(tried[i], amount) for i in places])
        table.append((amount, places, scores))
        best = np.argsort(-scores, kind="stable")
        places = np.sort(places[best[: max(1, len(places) // eta)]])
    return table


def squared_exponential(A, B, length):
    """Return exp(-|a - b|^2 / (2 length^2)) for all rows (m, n)."""
    A, B = A / length, B / length
    squares = (A * A).sum(axis=1)[:, None] + (B * B).sum(axis=1)
    return np.exp(-np.maximum(squares - 2 * A @ B.T, 0) / 2)


class GaussianProcess:
    """A bell curve over functions, narrowed by what has been seen of one.

    It works in double precision, on scores from which their mean was taken
    and which were divided by their standard deviation.

    Parameters
    ----------
    length : float
        How far apart two points may be and still resemble each other.
    noise : float
        Standard deviation of what each observation adds by chance, in
        units of the spread of y; at least 1e-4.
    """

    def __init__(self, length=0.3, noise=0.1):
        self.length = length
        self.noise = noise

    def fit(self, X, y):
        """Prepare all that predictions need.

        Parameters
        ----------
        X : array, shape (n, d)
        y : array, shape (n,)

        Returns
        -------
        self : GaussianProcess
            With L_ (n, n), the root of K + noise^2 I; alpha_ (n,), which
            that takes to z; log_likelihood_, the log-density of z.

        References
        ----------
        Rasmussen and Williams (2006), algorithm 2.1 and eq. 2.30.
        """
        in_range("length", self.length, above=0, high=1e6)
        in_range("noise", self.noise, low=1e-4, high=1e6)
        self.X_ = as_matrix(X).astype(float)
        y = as_vector(same_length(self.X_, y), "y").astype(float)
        self.mean_, self.scale_ = y.mean(), spread(y)
        z = (y - self.mean_) / self.scale_  # (n,)
        # your turn (core)
        # hint: K is squared_exponential(self.X_, self.X_, self.length), and
        # self.noise**2 * np.eye(n) is what the noise adds.
        # hint: np.linalg.cholesky gives L. To solve L L^T alpha = z solve
        # L v = z, then L^T alpha = v, both by np.linalg.solve.
        # hint: The log-density is -z @ alpha / 2, less the sum of the
        # logarithms of the diagonal of L, less n / 2 * log(2 pi).
        n = len(z)
        K = squared_exponential(self.X_, self.X_, self.length)  # (n, n)
        self.L_ = np.linalg.cholesky(K + self.noise**2 * np.eye(n))
        v = np.linalg.solve(self.L_, z)
        self.alpha_ = np.linalg.solve(self.L_.T, v)
        stretch = np.log(np.diag(self.L_)).sum()
        constant = n / 2 * math.log(2 * math.pi)
        self.log_likelihood_ = -z @ self.alpha_ / 2 - stretch - constant
        return self

    def predict(self, X):
        """Return what the function may be at new points, jointly.

        Parameters
        ----------
        X : array, shape (m, d)

        Returns
        -------
        mean : array, shape (m,)
        covariance : array, shape (m, m)
            Of the function itself, without the noise of an observation;
            both in the units of y.

        References
        ----------
        Rasmussen and Williams (2006), eq. 2.23, 2.24, algorithm 2.1.
        """
        X = fitted(self, "X_", X, axis=1).astype(float)
        # your turn (core)
        # hint: With k = squared_exponential(X, self.X_, self.length), of
        # shape (m, n), the mean in standard units is k @ self.alpha_.
        # hint: Solve L v = k.T; then squared_exponential(X, X, self.length)
        # - v.T @ v is the covariance in standard units.
        # hint: In those of y: self.mean_ + self.scale_ * the one, and
        # self.scale_**2 * the other.
        k = squared_exponential(X, self.X_, self.length)  # (m, n)
        v = np.linalg.solve(self.L_, k.T)  # (n, m)
        left = squared_exponential(X, X, self.length) - v.T @ v  # (m, m)
        mean = self.mean_ + self.scale_ * (k @ self.alpha_)
        return mean, self.scale_**2 * left


def spread(y):
    """Return the standard deviation of y, or 1 where it is but rounding."""
    return sd if (sd := y.std()) > 1e-9 * np.abs(y).max() else 1.0


def normal_density(z):
    """Return the height of the bell curve at z, of any shape."""
    return np.exp(-(np.asarray(z) ** 2) / 2) / math.sqrt(2 * math.pi)


def normal_below(z):
    """Return the share of the bell curve below z, of any shape."""
    z = np.asarray(z, dtype=float)
    shares = [math.erfc(-value / math.sqrt(2)) / 2 for value in z.flat]
    return np.array(shares).reshape(z.shape)  # the shape of z


def expected_improvement(mean, sd, best):
    """Return by how much a trial is expected to beat the best so far.

    Parameters
    ----------
    mean : array, shape (m,)
    sd : array, shape (m,)
        Of what the trial may give; 0 or greater.
    best : float
        What is to be beaten: higher is better.

    Returns
    -------
    improvement : array, shape (m,)
        The mean of max(0, f - best); where sd is 0, max(0, mean - best).

    References
    ----------
    Jones, Schonlau and Welch (1998), eq. 15, which looks for a minimum.
    """
    mean, sd = as_vector(mean, "mean"), as_vector(sd, "sd")
    same_length(mean, sd)
    in_range("the least sd", sd.min(), low=0)
    # your turn (core)
    # hint: With gap = mean - best and z = gap / sd it is the sum of gap
    # times normal_below(z) and sd times normal_density(z).
    # hint: Where sd is 0 divide by 1 instead; at the end np.where(sd > 0,
    # ..., ...) puts np.maximum(gap, 0) there.
    gap = mean - best
    z = gap / np.where(sd > 0, sd, 1)
    hoped = gap * normal_below(z) + sd * normal_density(z)
    return np.where(sd > 0, hoped, np.maximum(gap, 0))


def most_likely(U, y, lengths=(0.1, 0.2, 0.4, 0.8), noises=(0.1, 0.3, 0.7)):
    """Return the fitted process under which y is least surprising."""
    pairs = itertools.product(lengths, noises)
    fits = [GaussianProcess(*pair).fit(U, y) for pair in pairs]
    return max(fits, key=lambda process: process.log_likelihood_)


def bayes_search(evaluate, space, budget, rng, first=4, candidates=300):
    """Try next, each time, where the most improvement is expected.

    As random_search; the first `first` trials are drawn as there, and each
    later one is the best of many candidates that have not been tried.
    """
    budget, rng = whole("budget", budget, low=1), as_rng(rng)
    whole("first", first, low=1), whole("candidates", candidates, low=1)
    U = rng.random((budget, len(space)))
    tried, scores = [], []
    for t in range(budget):
        if t >= first:
            process = most_likely(U[:t], np.array(scores))
            best = process.predict(U[:t])[0].max()
            new = rng.random((candidates, len(space)))
            fresh = [settings_at(space, u) not in tried for u in new]
            new = new[fresh] if any(fresh) else new
            mean, covariance = process.predict(new)
            sd = np.sqrt(np.maximum(np.diag(covariance), 0))
            U[t] = new[expected_improvement(mean, sd, best).argmax()]
        tried.append(settings_at(space, U[t]))
        scores.append(evaluate(tried[-1]))
    return tried, np.array(scores)


def nested_cross_validation(search, X, y, folds, score):
    """Test each fold with a model that was chosen without that fold.

    Parameters
    ----------
    search : function
        Of X and y, which it may cut into folds of its own; returns `make`
        of the chosen model, and the score that it was chosen by.
    X : array, n rows of any shape
    y : array, shape (n,)
    folds : array, shape (n,)
    score : function

    Returns
    -------
    promised : array, shape (k,)
        The score by which each choice was made.
    kept : array, shape (k,)
        The score of each chosen model, fitted on all that its search saw,
        on the fold that it did not see.

    References
    ----------
    Varma and Simon (2006); Cawley and Talbot (2010).
    """
    X, y, folds, k = as_folds(X, y, folds)
    # your turn (core)
    # hint: The loop is that of cross_val_score, but the model comes from
    # make, promise = search(X[~is_test], y[~is_test]).
    # hint: Fit make() on the same rows, and score it on the fold.
    promised, kept = [], []
    for f in range(k):
        is_test = folds == f
        make, promise = search(X[~is_test], y[~is_test])
        model = make().fit(X[~is_test], y[~is_test])
        promised.append(promise)
        kept.append(score(model, X[is_test], y[is_test]))
    return np.array(promised), np.array(kept)

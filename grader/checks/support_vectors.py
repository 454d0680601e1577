"""Checks for support vectors."""

import numpy as np

from grader import Explain, Mistake, accuracy_at_least, at_least, check, close, raises


def signs_of(rng, n):
    """Return n labels of -1 and 1, both of them, in any order."""
    return rng.permutation(np.where(np.arange(n) % 2, 1.0, -1.0))


def two_clouds(rng, n=14):
    """Return two clouds in the plane that overlap: X (n, 2) and y (n,) of -1 and 1."""
    y = signs_of(rng, n)
    return rng.normal(size=(n, 2)) + np.outer(y, [0.6, -0.4]), y


def near(A, B, gamma=0.7):
    """Return the RBF kernel, computed here."""
    return np.exp(-gamma * np.sum((A[:, None] - B) ** 2, axis=2))


def spread(rng, n=12):
    """Return n points of a shaken grid, none near another, and labels of both signs."""
    grid = np.stack(np.meshgrid(np.arange(6.0), np.arange(4.0)), axis=-1).reshape(-1, 2)
    X = grid[rng.permutation(24)[:n]] + rng.uniform(-0.2, 0.2, size=(n, 2))
    return X, signs_of(rng, n)


def bounds(y, C):
    """Return the bounds of beta."""
    return np.minimum(C * y, 0), np.maximum(C * y, 0)


@check("hinge_subgradient")
def slope(code, rng):
    """the slopes in the weights and in the bias; the penalty pulls at the weights alone"""
    X, y = two_clouds(rng)
    return code.hinge_subgradient(X, y, rng.normal(size=2), 0.3, 0.7)


@check("hinge_subgradient")
def kink(code):
    """a sample whose y * z is exactly 1 does not pull, one just short of it does"""
    X, y = np.array([[2.0, 0.0], [0.0, 4.0], [0.5, 0.0]]), np.array([1, -1, 1])
    w = np.array([0.5, -0.25])
    return [code.hinge_subgradient(X[[i]], y[[i]], w, 0.0, 0.0) for i in range(3)]


@check("hinge_subgradient")
def right_but_near(code):
    """a sample on its right side pulls all the same while its score is below 1"""
    X, y = np.array([[1.0], [3.0], [-0.5]]), np.array([1, 1, -1])
    return code.hinge_subgradient(X, y, np.array([0.5]), 0.25, 0.5)


@check("hinge_subgradient")
def bias_decides(code):
    """the bias is part of the score: it takes one sample out of the street and another into it"""
    X, y = np.array([[0.5], [-1.5]]), np.array([1, -1])
    w = np.array([1.0])
    return [code.hinge_subgradient(X[[i]], y[[i]], w, b, 0.0) for i in (0, 1) for b in (0.0, 0.75)]


@check("hinge_subgradient", expect=close(1e-4, 1e-6))
def slopes_in_single_precision(code, rng):
    """float32 stays float32"""
    X, y = two_clouds(rng)
    w = rng.normal(size=2).astype(np.float32)
    dw, _ = code.hinge_subgradient(X.astype(np.float32), y, w, 0.5, 0.25)
    return dw, str(np.asarray(dw).dtype)


@check("Pegasos.fit", forbids=["sklearn.linear_model", "sklearn.svm"])
def first_steps(code, rng):
    """after 1, 2, 5 and 40 steps the weights and the bias are where they should be"""
    X, y = two_clouds(rng)
    models = [code.Pegasos(0.3, steps=s, seed=4).fit(X, y) for s in (1, 2, 5, 40)]
    return [(model.w_, model.b_) for model in models]


@check("Pegasos.fit", forbids=["sklearn.linear_model", "sklearn.svm"])
def weak_penalty(code, rng):
    """a weak penalty means long first steps, and a mean that forgets them"""
    X, y = two_clouds(rng)
    model = code.Pegasos(0.001, steps=200, seed=1).fit(X, y)
    return model.w_, model.b_


@check("Pegasos.fit", forbids=["sklearn.linear_model", "sklearn.svm"])
def every_step(code, rng):
    """500 steps are taken where 500 are asked for"""
    X, y = two_clouds(rng)
    model = code.Pegasos(0.1, steps=500, seed=2).fit(X, y)
    return model.w_, model.b_


@check("Pegasos.fit", forbids=["sklearn.linear_model", "sklearn.svm"])
def at_the_edge(code):
    """a sample whose y * z is exactly 1 does not pull"""
    X, y = np.array([[1.0], [-1.0]]), np.array([1, -1])
    models = [code.Pegasos(2.0, steps=2, seed=seed).fit(X, y) for seed in range(8)]
    return [(model.w_, model.b_) for model in models]


@check("Pegasos.fit", forbids=["sklearn.linear_model", "sklearn.svm"])
def words(code, rng):
    """labels may be words: scores above 0 speak for the second in the alphabet"""
    X, y = two_clouds(rng)
    model = code.Pegasos(0.1, steps=30)
    model.fit(X, np.where(y > 0, "spam", "ham"))
    return model.classes_, model.w_, model.b_


@check("Pegasos.fit", forbids=["sklearn.linear_model", "sklearn.svm"])
def second_fit(code, rng):
    """a second fit forgets the first, and fit returns the model itself"""
    y = signs_of(rng, 10)
    X = rng.uniform(-1, 1, size=(10, 2)) + np.outer(y, [4.0, -3.0])
    model = code.Pegasos(0.05, steps=20)
    model.fit(X, y)
    same = model.fit(20 * X, y)
    return same is model, model.w_, model.b_


@check("Pegasos.fit", expect=close(1e-3, 1e-5), forbids=["sklearn.linear_model"])
def pegasos_in_single_precision(code, rng):
    """float32 stays float32"""
    X, y = two_clouds(rng)
    model = code.Pegasos(0.1, steps=3).fit(X.astype(np.float32), y)
    return model.w_, str(np.asarray(model.w_).dtype), str(np.asarray(model.b_).dtype)


def new_clouds(rng):
    """Draw clouds to learn from and new points whose classes stay here."""
    y, known = np.where(rng.permutation(np.arange(60)) % 2, 1, -1), rng.integers(2, size=200)
    centre = np.array([2.0, -1.0])
    X = rng.normal(size=(60, 2)) + np.outer(y, centre)
    X_new = rng.normal(size=(200, 2)) + np.outer(2 * known - 1, centre)
    return {"X": X, "y": y, "X_new": X_new}, known


@check("Pegasos.fit", given=new_clouds, expect=accuracy_at_least(0.9), forbids=["sklearn.svm"])
def unseen(code, X, y, X_new):
    """it tells nine in ten of points that it has not seen"""
    model = code.Pegasos(0.05, steps=1500).fit(X, y)
    return (X_new @ model.w_ + model.b_ > 0).astype(int)


@check("rbf_kernel", forbids=["sklearn.metrics"])
def nearness(code, rng):
    """every row of A with every row of B, for several gamma"""
    A, B = rng.normal(size=(5, 3)), rng.normal(size=(4, 3))
    return [code.rbf_kernel(A, B, gamma) for gamma in (0.2, 1.0, 3.0)]


@check("rbf_kernel", forbids=["sklearn.metrics"])
def one_place(code, rng):
    """1 at one place, exp(-1) at the distance 1 / sqrt(gamma), 0 far away"""
    A = np.array([[0.0, 0.0], [0.5, 0.0], [60.0, 80.0]])
    return code.rbf_kernel(A, A, 4.0), code.rbf_kernel(A[:1], A[1:], 4.0)


@check("rbf_kernel", forbids=["sklearn.metrics"])
def tiny_and_huge(code, rng):
    """gamma may be a millionth or a million"""
    A, B = rng.normal(size=(3, 2)), rng.normal(size=(2, 2))
    return code.rbf_kernel(A, B, 1e-6), code.rbf_kernel(A / 1000, B / 1000, 1e6)


@check("rbf_kernel", expect=close(1e-4, 1e-6), forbids=["sklearn.metrics"])
def kernel_in_single_precision(code, rng):
    """float32 stays float32"""
    A = rng.normal(size=(4, 2)).astype(np.float32)
    K = code.rbf_kernel(A, A[:3], np.float64(0.3))
    return K, str(np.asarray(K).dtype)


def halfway(rng, n=9, C=1.5):
    """Return a problem half solved: K, r, beta, lower, upper; some at their bounds."""
    X, y = two_clouds(rng, n)
    K = near(X, X) * np.outer(*2 * [rng.uniform(0.5, 2, size=n)])  # no diagonal of ones
    lower, upper = bounds(y, C)
    beta = rng.uniform(lower, upper)
    at = rng.permutation(n)
    beta[at[:3]], beta[at[3:5]] = lower[at[:3]], upper[at[3:5]]
    return K, rng.normal(size=n), beta, lower, upper


def told(pair):
    """Return i, j and the gap as plain numbers."""
    i, j, gap = pair
    return int(i), int(j), float(gap)


@check("violating_pair")
def four_strangers(code):
    """K is the identity; the largest r may not rise, and the smallest may not fall"""
    y, r = np.array([1.0, 1.0, -1.0, -1.0]), np.array([0.5, 1.0, -0.25, -1.0])
    beta = np.array([0.5, 2.0, -0.5, -2.0])
    return told(code.violating_pair(np.eye(4), r, beta, *bounds(y, 2.0)))


@check("violating_pair")
def pairs(code, rng):
    """i, j and the gap in ten problems half solved, some samples at their bounds"""
    return [told(code.violating_pair(*halfway(rng))) for _ in range(10)]


@check("violating_pair")
def largest_at_its_bound(code, rng):
    """the largest r may not rise, the smallest may not fall: they are passed over"""
    found = []
    for _ in range(5):
        K, r, beta, lower, upper = halfway(rng)
        beta[4:6], r[4:6] = [upper[4], lower[5]], [9.0, -9.0]
        found.append(told(code.violating_pair(K, r, beta, lower, upper)))
    return found


@check("violating_pair")
def at_the_start(code, rng):
    """at the start, where all beta are 0 and r is y, i is the first sample of label 1"""
    X, y = two_clouds(rng, 8)
    return told(code.violating_pair(near(X, X), y.copy(), np.zeros(8), *bounds(y, 2.0)))


@check("violating_pair")
def twins(code, rng):
    """samples at one place have no curvature: TINY stands for it, also where rounding says less"""
    X, y = spread(rng, 6)
    y[:3], found = [1, -1, -1], []
    for twin, rounding in ((1, 0.0), (2, 2**-40)):
        K = near(X, X)
        K[0, twin] = K[twin, 0] = 1 + rounding
        found.append(told(code.violating_pair(K, y.copy(), np.zeros(6), *bounds(y, 2.0))))
    return found


@check("violating_pair")
def near_or_far(code):
    """half the difference in r, squared, is worth it where the curvature is a fifth"""
    K = np.array([[1.0, 0.25, 0.0], [0.25, 0.5, 0.0], [0.0, 0.0, 4.0]])
    y, r = np.array([1.0, -1.0, -1.0]), np.array([1.0, 0.0, -1.0])
    return told(code.violating_pair(K, r, np.zeros(3), *bounds(y, 1.0)))


@check("violating_pair")
def equals(code):
    """of equals the first is taken, as i and as j"""
    y = np.array([-1.0, 1.0, -1.0, 1.0, -1.0])
    return told(code.violating_pair(np.eye(5), y.copy(), np.zeros(5), *bounds(y, 1.0)))


@check("violating_pair")
def nearly_twins(code):
    """a curvature of 2^-36 is small, but above TINY, and counts as what it is"""
    y, found = np.array([1.0, -1.0, -1.0]), []
    for bend, fall in ((-17, -7), (-36, -17)):
        K, r = np.eye(3), np.array([1.0, 1 - 2.0**fall, -1.0])
        K[0, 1] = K[1, 0] = 1 - 2.0 ** (bend - 1)
        found.append(told(code.violating_pair(K, r, np.zeros(3), *bounds(y, 1.0))))
    return found


@check("violating_pair")
def small_bounds(code):
    """where C is 1e-11 there is room all the same, but none at a bound"""
    y, C = np.array([1.0, 1.0, -1.0, -1.0]), 1e-11
    beta = np.array([C, C / 2, -C / 2, -C])
    r = np.array([2.0, 1.0, -1.0, -2.0])
    return told(code.violating_pair(np.eye(4), r, beta, *bounds(y, C)))


@check("violating_pair")
def nothing_left(code):
    """where no pair is wrong the gap says so: it is not above 0"""
    y, beta = np.array([1.0, 1.0, -1.0, -1.0]), np.array([1.0, 0.0, -1.0, 0.0])
    r = np.array([0.75, 0.125, 0.125, 0.75])
    found = code.violating_pair(np.eye(4), r, beta, *bounds(y, 1.0))
    ended = code.violating_pair(np.eye(4), y / 4, beta / 2, *bounds(y, 1.0))
    return float(found[2]), float(ended[2])


def pair_problem(rng, r, beta, y, C=1.0):
    """Return what pair_step takes, for a pair in the midst of six samples."""
    X, label = two_clouds(rng, 6)
    K = near(X, X, 0.2) * np.outer(*2 * [rng.uniform(0.8, 1.2, size=6)])
    label[[4, 1]], slopes, pulls = y, rng.normal(size=6), np.zeros(6)
    slopes[[4, 1]], pulls[[4, 1]] = r, beta
    return K, slopes, pulls, *bounds(label, C), 4, 1


@check("pair_step")
def to_the_top(code, rng):
    """it goes to the top of the parabola where both have room for that"""
    return [
        float(code.pair_step(*pair_problem(rng, [0.03, -0.02], [0.5, 0.5], [1, 1]))),
        float(code.pair_step(*pair_problem(rng, [0.01, -0.03], [-0.5, -0.4], [-1, -1]))),
        float(code.pair_step(*pair_problem(rng, [0.9, 0.88], [4.0, -5.0], [1, -1], C=9.0))),
    ]


@check("pair_step")
def to_a_bound(code, rng):
    """it stops at the first bound: of the one that rises, or of the one that falls"""
    return [
        float(code.pair_step(*pair_problem(rng, [9.0, -9.0], beta, y)))
        for beta in ([0.75, 0.5], [0.25, 0.125], [-0.125, -0.25], [-0.5, 0.375])
        for y in ([1 if beta[0] > 0 else -1, 1 if beta[1] > 0 else -1],)
    ]


@check("pair_step")
def hardly_bent(code):
    """a curvature of 2^-36 is small, but above TINY, and counts as what it is"""
    y, found = np.array([1.0, -1.0]), []
    for bend in (-17, -36):
        near, r = 1 - 2.0 ** (bend - 1), np.array([2.0 ** (bend + 2), 0.0])
        K = np.array([[1.0, near], [near, 1.0]])
        found.append(float(code.pair_step(K, r, np.zeros(2), *bounds(y, 9.0), 0, 1)))
    return found


@check("pair_step")
def two_at_one_place(code):
    """two samples at one place go to a bound, also where rounding makes the curvature negative"""
    y, r = np.array([1.0, -1.0]), np.array([1.0, -1.0])
    K = [np.array([[1.0, near], [near, 1.0]]) for near in (1.0, 1 + 2**-40)]
    return [float(code.pair_step(k, r, np.zeros(2), *bounds(y, 3.0), 0, 1)) for k in K]


def solved(code, K, y, C, **settings):
    """Return what smo finds to many digits: beta and b."""
    settings = {"tolerance": 1e-9, "max_steps": 5000} | settings
    beta, b = code.smo(K, y, C, **settings)
    return np.asarray(beta), float(b)


TO_SIX = close(1e-5, 1e-6)
LIBSVM = ["sklearn.svm", "scipy.optimize"]


@check("smo", expect=TO_SIX, forbids=LIBSVM)
def solution(code, rng):
    """beta and b, for a small C and a large one"""
    X, y = spread(rng)
    return [solved(code, near(X, X), y, C) for C in (0.7, 30.0)]


@check("smo", expect=TO_SIX, forbids=LIBSVM)
def many_against_few(code, rng):
    """three samples of label 1 against eight, and the other way round"""
    X, _ = spread(rng, 11)
    y = rng.permutation(np.where(np.arange(11) < 3, 1.0, -1.0))
    return solved(code, near(X, X), y, 2.0), solved(code, near(X, X), -y, 2.0)


@check("smo", expect=TO_SIX, forbids=LIBSVM)
def all_at_their_bound(code, rng):
    """where no sample is between its bounds, b is halfway between the two limits"""
    X, y = spread(rng, 6)
    return solved(code, near(X, X), y, 0.01)


@check("smo", expect=TO_SIX, forbids=LIBSVM)
def opposite_twins(code, rng):
    """it ends where two samples at one place have opposite labels"""
    X, y = spread(rng, 8)
    X[1], y[:2] = X[0], [1, -1]
    return solved(code, near(X, X), y, 1.5)


@check("smo", expect=TO_SIX, forbids=LIBSVM)
def hard_street(code):
    """an infinite C: the street of two samples is known after one step, that of three too"""
    x, y = np.array([[0.0, 1.0], [4.0, 1.0], [7.0, 1.0]]), np.array([-1.0, 1.0, 1.0])
    two = solved(code, x[:2] @ x[:2].T, y[:2], np.inf, max_steps=2)
    return two, solved(code, x @ x.T, y, np.inf)


@check("smo", expect=close(1e-5, 1e-14), forbids=LIBSVM)
def near_and_far(code):
    """an infinite C has no limit: samples close together pull hard, far apart hardly at all"""
    streets = np.array([[0.0, 0.05], [3000.0, 4200.0], [30000.0, 54000.0]])
    return [solved(code, np.outer(x, x), np.array([-1.0, 1.0]), np.inf) for x in streets]


@check("smo", expect=TO_SIX, forbids=LIBSVM)
def far_on_the_wrong_side(code):
    """a sample whose score is more than a hundred off pulls the street round"""
    x, y = np.array([0.0, 1.0, 300.0]), np.array([-1.0, 1.0, -1.0])
    return solved(code, np.outer(x, x), y, 0.5)


@check("smo", expect=raises(RuntimeError), forbids=LIBSVM)
def no_time(code):
    """after max_steps looks for a pair it raises RuntimeError"""
    return code.smo(np.eye(2), np.array([1.0, -1.0]), 5.0, max_steps=1)


@check("smo", expect=close(1e-3, 1e-3), forbids=LIBSVM)
def smo_in_single_precision(code, rng):
    """float32 stays float32"""
    X, y = spread(rng, 8)
    beta, _ = code.smo(near(X, X).astype(np.float32), y, 1.0, tolerance=1e-4)
    return beta, str(np.asarray(beta).dtype)


@check("smo", forbids=LIBSVM)
def gap_like_the_tolerance(code):
    """a gap that is exactly the tolerance is small enough"""
    beta, b = code.smo(np.eye(3), np.array([1.0, 1.0, -1.0]), 0.5, tolerance=0.5)
    return beta, float(b)


def some_problems(rng):
    """Draw problems whose kernels and labels stay here too."""
    drawn = [spread(rng, 20) for _ in range(6)]
    K, y = np.array([near(X, X) for X, _ in drawn]), np.array([y for _, y in drawn])
    return {"K": K, "y": y}, (K, y)


def optimality(found, known, C=2.0):
    """Return minus the largest gap, from scratch; minus infinity where a rule is broken."""
    gaps = []
    for beta, K, y in zip(found, *known, strict=True):
        (lower, upper), slack = bounds(y, C), 1e-9 * C
        if abs(beta.sum()) > slack or (beta < lower - slack).any() or (beta > upper + slack).any():
            return -np.inf
        r = y - K @ beta
        gaps.append(r[beta < upper - slack].max() - r[beta > lower + slack].min())
    return -max(gaps)


@check("smo", given=some_problems, expect=at_least(-0.0501, optimality), forbids=LIBSVM)
def far_enough(code, K, y):
    """it goes on until the gap is at most the tolerance"""
    pairs = zip(K, y, strict=True)
    return np.array([code.smo(k, u, 2.0, tolerance=0.05, max_steps=5000)[0] for k, u in pairs])


def long_problem(rng):
    """Return a problem that takes thousands of steps, whatever is drawn."""
    X, y = np.random.default_rng(2).normal(size=(20, 2)), np.where(np.arange(20) % 2, 1.0, -1.0)
    K = near(X, X, 0.1)
    return {"K": K, "y": y}, (K[None], y[None])


def long_optimality(found, known):
    """Return the same for an answer to the long problem."""
    return optimality(found[None], known, 1e3)


@check("smo", given=long_problem, expect=at_least(-1.1e-3, long_optimality), forbids=LIBSVM)
def thousands_of_steps(code, K, y):
    """where thousands of steps are wanted it takes them"""
    return code.smo(K, y, 1e3, tolerance=1e-3)[0]


@check("smo", forbids=LIBSVM)
def no_further(code):
    """it stops at the tolerance, however many more steps a smaller one would take"""
    x = np.array([[-3.0], [-1.0], [-0.25], [0.25], [1.0], [3.0]])
    y = np.array([-1.0, 1.0, -1.0, 1.0, -1.0, 1.0])
    beta, b = code.smo(near(x, x, 1.0), y, 1e3, tolerance=0.5, max_steps=40)
    return np.sign(beta), np.shape(b)


def model_with(code, rng, s=4, dtype=float, **settings):
    """Return a model that has learned s support vectors, and rows to score."""
    model = code.SVC(**settings)
    model.classes_, model.support_ = np.array([0, 1]), np.arange(s)
    model.vectors_ = rng.normal(size=(s, 2)).astype(dtype)
    model.beta_, model.b_ = rng.normal(size=s).astype(dtype), dtype(0.8)
    return model, rng.normal(size=(6, 2)).astype(dtype)


@check("SVC.decision_function", forbids=["sklearn.svm"])
def scores(code, rng):
    """the score of each row, for the RBF kernel and for another one"""
    one, X = model_with(code, rng, gamma=0.6)
    two, X_two = model_with(code, rng, kernel=lambda A, B: (1 + A @ B.T) ** 2)
    return one.decision_function(X), two.decision_function(X_two)


@check("SVC.decision_function", forbids=["sklearn.svm"])
def one_vector(code, rng):
    """one support vector and one row; far away from all vectors the score is b"""
    model, X = model_with(code, rng, s=1)
    return model.decision_function(X[:1]), model.decision_function(X + 1000)


@check("SVC.decision_function", forbids=["sklearn.svm"])
def nothing_remembered(code, rng):
    """other rows have other scores, and after a second fit the same rows have; they may be large"""
    model, X = model_with(code, rng)
    found = [model.decision_function(X), model.decision_function(X + 0.5)]
    model.vectors_, model.beta_ = rng.normal(size=(4, 2)), 300 * rng.normal(size=4)
    model.b_ = -80.0
    return *found, model.decision_function(X + 0.5), model.decision_function(X)


@check("SVC.decision_function", expect=close(1e-4, 1e-5), forbids=["sklearn.svm"])
def scores_in_single_precision(code, rng):
    """float32 stays float32"""
    model, X = model_with(code, rng, dtype=np.float32)
    z = model.decision_function(X)
    return z, str(np.asarray(z).dtype)


class Means:
    """A model for checks: it scores by the difference of two means."""

    def fit(self, X, y):
        """Learn from two different labels of any kind."""
        high = y == np.unique(y)[-1]
        self.w = X[high].mean(axis=0) - X[~high].mean(axis=0)
        return self

    def decision_function(self, X):
        """Return a score for each row."""
        return X @ self.w


def scores_of(code, X, y, make=Means):
    """Return the classes, how many models there are, and twice their scores of a few rows."""
    classes, models = code.one_vs_rest(make, X, y)
    twice = [[model.decision_function(X[:4]) for model in models] for _ in range(2)]
    return classes, len(models), twice


@check("one_vs_rest", forbids=["sklearn.multiclass"])
def each_its_own(code, rng):
    """a model for each class, each with high scores for its own"""
    X, y = rng.normal(size=(20, 3)), rng.permutation(np.arange(20) % 4)
    return scores_of(code, X, y)


@check("one_vs_rest", forbids=["sklearn.multiclass"])
def labels_of_any_kind(code, rng):
    """labels that are words, and numbers with gaps"""
    X, place = rng.normal(size=(12, 2)), rng.permutation(np.arange(12) % 3)
    words, numbers = np.array(["oak", "ash", "yew"]), np.array([7, -2, 3])
    return scores_of(code, X, words[place]), scores_of(code, X, numbers[place])


@check("one_vs_rest", forbids=["sklearn.multiclass"])
def many_classes(code, rng):
    """of seven classes each has a model"""
    X, y = rng.normal(size=(21, 2)), rng.permutation(np.arange(21) % 7)
    return scores_of(code, X, y)


@check("one_vs_rest", forbids=["sklearn.multiclass"])
def two_classes(code, rng):
    """of two classes each has a model too"""
    X, y = rng.normal(size=(8, 2)), rng.permutation(np.arange(8) % 2)
    return scores_of(code, X, y)


class Note:
    """A model that only notes which labels it was given: True for its own class."""

    def fit(self, X, y):
        """Keep the labels."""
        self.seen = y == np.unique(y)[-1]
        return self


def noisy(rng, n=40):
    """Return scores (n,) and labels (n,) that they do not tell apart."""
    y = rng.permutation(np.arange(n) % 3 == 0)
    z = rng.normal(size=n) + 1.2 * y
    z[:2], y[:2] = [3.0, -3.0], [False, True]  # whatever was drawn
    return z, y.astype(int)


TO_FIVE = close(1e-4, 1e-5)


def platt(code, z, y, **settings):
    """Return slope and shift as plain numbers, whatever they come in."""
    slope, shift = code.platt_scaling(z, y, **settings)
    return float(slope), float(shift)


@check("platt_scaling", expect=TO_FIVE, forbids=["sklearn.calibration", *LIBSVM])
def sigmoid_of_scores(code, rng):
    """slope and shift for scores that overlap"""
    z, y = noisy(rng)
    return platt(code, z, y)


@check("platt_scaling", expect=TO_FIVE, forbids=["sklearn.calibration", *LIBSVM])
def told_apart(code):
    """scores that tell the labels apart have a finite slope, thanks to the targets"""
    z, y = np.array([-2.0, -1.0, -1.5, 1.0, 3.0]), np.array(["no", "no", "no", "yes", "yes"])
    return platt(code, z, y)


@check("platt_scaling", expect=TO_FIVE, forbids=["sklearn.calibration", *LIBSVM])
def other_units(code, rng):
    """scores in other units, and far from zero, have the same probabilities"""
    z, y = noisy(rng)
    found = []
    for unit, start in ((1e-6, 0.0), (50.0, -400.0)):
        slope, shift = platt(code, start + unit * z, y)
        found.append((slope * unit, shift + slope * start))
    return found


@check("platt_scaling", expect=TO_FIVE, forbids=["sklearn.calibration", *LIBSVM])
def all_equal(code):
    """scores that are all equal say nothing: the slope is 0"""
    return platt(code, np.full(5, 0.1), np.array([0, 1, 0, 0, 1]))


@check("platt_scaling", expect=TO_FIVE, forbids=["sklearn.calibration", *LIBSVM])
def as_many_of_each(code, rng):
    """as many of one label as of the other"""
    z = rng.normal(size=12)
    return platt(code, z + np.arange(12) % 2, np.arange(12) % 2)


@check("platt_scaling", expect=TO_FIVE, forbids=["sklearn.calibration", *LIBSVM])
def already_there(code, rng):
    """it begins at the slope 0 and stays there if that is within the tolerance"""
    z, y = noisy(rng)
    same = platt(code, np.full(4, 0.5), np.array([0, 1, 0, 1]), tolerance=1e-8)
    return same, platt(code, z, y, tolerance=0.9)


@check("platt_scaling", expect=TO_FIVE, forbids=["sklearn.calibration", *LIBSVM])
def slope_like_the_tolerance(code):
    """a slope that is exactly the tolerance is small enough: here a quarter, at the start"""
    z, y = np.array([-1.0, 1.0, 1.0, -1.0]), np.array([0, 1, 1, 0])
    return platt(code, z, y, tolerance=0.25)


@check("platt_scaling", expect=TO_FIVE, forbids=["sklearn.calibration", *LIBSVM])
def one_far_off(code):
    """one score far from all others: Newton's whole step leads uphill there, half of it does not"""
    z = np.append(np.linspace(-1, 1, 19), 10)
    return platt(code, z, np.arange(20) == 19)


@check("platt_scaling", expect=TO_FIVE, forbids=["sklearn.calibration", *LIBSVM])
def thousands(code, rng):
    """thousands of scores that tell the labels apart: the targets are within 0.001 of 0 and 1"""
    y = np.arange(4000) % 2
    return platt(code, rng.uniform(0.2, 1, size=4000) * (2 * y - 1), y, tolerance=1e-8)


@check("platt_scaling", expect=TO_FIVE, forbids=["sklearn.calibration", *LIBSVM])
def the_largest_slope(code):
    """the tolerance is held against the larger of the two sizes, here of 0.0316 and 0.0198"""
    z, y = np.array([0.0, 1.0, 0.0, 1.0, 2.0, 1.0, 0.0]), np.arange(7) == 3
    stays = [platt(code, up * z, y, tolerance=0.034) for up in (1, -1)]
    moves = [np.sign(platt(code, up * z, y, tolerance=0.028)[0]) for up in (1, -1)]
    return stays, moves


@check("platt_scaling", forbids=["sklearn.calibration", *LIBSVM])
def looks_that_suffice(code):
    """Newton's steps are few: what max_steps looks suffice for, and RuntimeError before"""
    z, y = np.array([-3.0, -1.0, 0.5, 1.0, 2.0, 4.0, 1.5]), np.array([0, 0, 1, 0, 1, 1, 0])
    code.platt_scaling(z, y)  # an empty exercise ends here: what it raises is a RuntimeError

    def settles(looks):
        try:
            code.platt_scaling(z, y, max_steps=looks)
        except RuntimeError:
            return "RuntimeError"
        return "settled"

    return {f"max_steps={looks}": settles(looks) for looks in range(1, 8)}


MISTAKES = [
    Mistake(
        "a sample that is exactly at the edge pulls too",
        in_="hinge_subgradient",
        old="y * z < 1",
        new="y * z <= 1",
    ),
    Mistake(
        "only samples on the wrong side pull, as in the perceptron: the edge is at 1, not at 0",
        in_="hinge_subgradient",
        old="y * z < 1",
        new="y * z < 0",
    ),
    Mistake(
        "the slope has the wrong sign: it points downhill",
        in_="hinge_subgradient",
        old="-y, 0)",
        new="y, 0)",
    ),
    Mistake(
        "the samples pull in the sum, not in the mean",
        in_="hinge_subgradient",
        old="X.T @ pull / len(y) + l2 * w, pull.mean()",
        new="X.T @ pull + l2 * w, pull.sum()",
    ),
    Mistake(
        "the mean is over those that pull, not over all samples",
        in_="hinge_subgradient",
        old="X.T @ pull / len(y) + l2 * w, pull.mean()",
        new="X.T @ pull / max(1, np.count_nonzero(pull)) + l2 * w, "
        "pull.sum() / max(1, np.count_nonzero(pull))",
    ),
    Mistake(
        "the penalty is left out",
        in_="hinge_subgradient",
        old=" + l2 * w",
        new="",
    ),
    Mistake(
        "the bias is penalised too",
        in_="hinge_subgradient",
        old="pull.mean()",
        new="pull.mean() + l2 * b",
    ),
    Mistake(
        "each pulls as hard as it is short of 1: that is the slope of the squared hinge",
        in_="hinge_subgradient",
        old="-y, 0)",
        new="-y * (1 - y * z), 0)",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="hinge_subgradient",
        old="X.T @ pull / len(y)",
        new="X.T @ pull.astype(float) / len(y)",
    ),
    Mistake(
        "the bias has no part in who pulls",
        in_="hinge_subgradient",
        old="y * z < 1",
        new="y * (X @ w) < 1",
    ),
    Mistake(
        "the slope in the bias has the wrong sign",
        in_="hinge_subgradient",
        old="pull.mean()",
        new="-pull.mean()",
    ),
    Mistake(
        "the penalty's slope has a factor 2: its half has been forgotten",
        in_="hinge_subgradient",
        old="l2 * w",
        new="2 * l2 * w",
    ),
    Mistake(
        "the last place comes out instead of the mean",
        in_="Pegasos.fit",
        old="self.w_, self.b_ = mean[:-1], mean[-1]",
        new="self.w_, self.b_ = theta[:-1], theta[-1]",
    ),
    Mistake(
        "all places weigh the same in the mean, the wild first ones too",
        in_="Pegasos.fit",
        old="2 / (t + 1) * (theta",
        new="1 / t * (theta",
    ),
    Mistake(
        "it moves first and looks then",
        in_="Pegasos.fit",
        old="            pulls = y[i] * (A[i] @ theta) < 1\n"
        "            theta = (1 - 1 / t) * theta\n",
        new="            theta = (1 - 1 / t) * theta\n"
        "            pulls = y[i] * (A[i] @ theta) < 1\n",
    ),
    Mistake(
        "nothing shrinks: the penalty is left out",
        in_="Pegasos.fit",
        old="theta = (1 - 1 / t) * theta",
        new="theta = theta",
    ),
    Mistake(
        "a sample that is exactly at the edge pulls too",
        in_="Pegasos.fit",
        old="@ theta) < 1",
        new="@ theta) <= 1",
    ),
    Mistake(
        "every sample pulls, also one beyond the edge",
        in_="Pegasos.fit",
        old="if pulls:",
        new="if True:",
    ),
    Mistake(
        "only a sample on the wrong side pulls: the edge is at 1, not at 0",
        in_="Pegasos.fit",
        old="@ theta) < 1",
        new="@ theta) <= 0",
    ),
    Mistake(
        "the step is 1 / t: l2 is left out of it",
        in_="Pegasos.fit",
        old="y[i] / (l2 * t)",
        new="y[i] / t",
    ),
    Mistake(
        "the step does not grow shorter",
        in_="Pegasos.fit",
        old="y[i] / (l2 * t)",
        new="y[i] / l2",
    ),
    Mistake(
        "the steps are counted from 0, so that the first divides by zero",
        in_="Pegasos.fit",
        old="start=1",
        new="start=0",
    ),
    Mistake(
        "it walks through the rows in their order instead of the drawn one",
        in_="Pegasos.fit",
        old="enumerate(order, start=1)",
        new="enumerate(np.arange(steps) % n, start=1)",
    ),
    Mistake(
        "the walk starts where the last fit ended instead of at zero",
        in_="Pegasos.fit",
        old="        for t, i in",
        new='        if hasattr(self, "w_"):\n'
        "            theta = mean = np.append(self.w_, self.b_)\n        for t, i in",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="Pegasos.fit",
        old="(theta - mean)",
        new="(theta - mean).astype(float)",
    ),
    Mistake(
        "fit does not return the model",
        in_="Pegasos.fit",
        old="return self",
        new="return None",
    ),
    Mistake(
        "the step is 1 / (l2 * (t + 1)), though t counts from 1",
        in_="Pegasos.fit",
        old="y[i] / (l2 * t)",
        new="y[i] / (l2 * (t + 1))",
    ),
    Mistake(
        "the mean takes the place before the step, not the one after it",
        in_="Pegasos.fit",
        old=(
            "            pulls = y[i] * (A[i] @ theta) < 1\n"
            "            theta = (1 - 1 / t) * theta\n"
            "            if pulls:\n"
            "                theta = theta + y[i] / (l2 * t) * A[i]\n"
            "            mean = mean + 2 / (t + 1) * (theta - mean)\n"
        ),
        new=(
            "            pulls = y[i] * (A[i] @ theta) < 1\n"
            "            mean = mean + 2 / (t + 1) * (theta - mean)\n"
            "            theta = (1 - 1 / t) * theta\n"
            "            if pulls:\n"
            "                theta = theta + y[i] / (l2 * t) * A[i]\n"
        ),
    ),
    Mistake(
        "the sum of the weighted places is not divided by the sum of the weights",
        in_="Pegasos.fit",
        old="mean + 2 / (t + 1) * (theta - mean)",
        new="mean + t * theta",
    ),
    Mistake(
        "the bias does not shrink: it is a weight like the others here",
        in_="Pegasos.fit",
        old="theta = (1 - 1 / t) * theta",
        new="theta = np.append((1 - 1 / t) * theta[:-1], theta[-1:])",
    ),
    Mistake(
        "a pull is divided by n: the one sample stands for all of them",
        in_="Pegasos.fit",
        old="y[i] / (l2 * t)",
        new="y[i] / (n * l2 * t)",
    ),
    Mistake(
        "the sign of the exponent is lost: it grows with the distance",
        in_="rbf_kernel",
        old="-gamma",
        new="gamma",
    ),
    Mistake(
        "the distance is not squared",
        in_="rbf_kernel",
        old="pairwise_squared_distances(A, B)",
        new="np.sqrt(pairwise_squared_distances(A, B))",
    ),
    Mistake(
        "gamma divides instead of multiplying",
        in_="rbf_kernel",
        old="-gamma * pairwise_squared_distances(A, B)",
        new="-pairwise_squared_distances(A, B) / gamma",
    ),
    Mistake(
        "the exponent is halved, as for a gamma that is one over a variance",
        in_="rbf_kernel",
        old="-gamma",
        new="-gamma / 2",
    ),
    Mistake(
        "rows and columns are exchanged: a row is a row of A",
        in_="rbf_kernel",
        old="(A, B))",
        new="(B, A))",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="rbf_kernel",
        old="pairwise_squared_distances(A, B)",
        new="pairwise_squared_distances(A, B).astype(float)",
    ),
    Mistake(
        "a beta that is at its upper bound is asked to rise",
        in_="violating_pair",
        old="np.where(beta < upper, r, -np.inf).argmax()",
        new="r.argmax()",
    ),
    Mistake(
        "a beta that is at its lower bound is asked to fall",
        in_="violating_pair",
        old="np.where(beta > lower, r[i] - r, -np.inf)",
        new="r[i] - r",
    ),
    Mistake(
        "a beta falls only while it is above 0: those of label -1 may go down to -C",
        in_="violating_pair",
        old="beta > lower",
        new="beta > np.maximum(lower, 0)",
        lesson="beta carries the sign of its label: alpha is its size, and for a label -1 more "
        "pull means a beta further below 0. A bound of beta is never 0 on both sides.",
    ),
    Mistake(
        "j is the one with the smallest r, whatever the curvature: that is the older rule",
        in_="violating_pair",
        old="(np.maximum(fall, 0) ** 2 / curvature).argmax()",
        new="fall.argmax()",
    ),
    Mistake(
        "the promised gain has the difference of r instead of its square",
        in_="violating_pair",
        old="np.maximum(fall, 0) ** 2",
        new="np.maximum(fall, 0)",
    ),
    Mistake(
        "a negative difference, squared, passes for a gain",
        in_="violating_pair",
        old="np.maximum(fall, 0) ** 2",
        new="np.where(beta > lower, fall, 0) ** 2",
    ),
    Mistake(
        "the curvature lacks the term -2 K_ij",
        in_="violating_pair",
        old=" - 2 * K[i]",
        new="",
    ),
    Mistake(
        "the curvature takes K_ii for both samples, as if the diagonal were constant",
        in_="violating_pair",
        old="K[i, i] + K.diagonal()",
        new="2 * K[i, i]",
    ),
    Mistake(
        "the curvature may be zero or less: then a quotient is nan, or a gain is negative",
        in_="violating_pair",
        old="np.maximum(K[i, i] + K.diagonal() - 2 * K[i], TINY)",
        new="K[i, i] + K.diagonal() - 2 * K[i]",
    ),
    Mistake(
        "the gap is that of the chosen j, not the largest",
        in_="violating_pair",
        old="return i, j, fall.max()",
        new="return i, j, fall[j]",
    ),
    Mistake(
        "of equal r the last is taken, not the first",
        in_="violating_pair",
        old="np.where(beta < upper, r, -np.inf).argmax()",
        new="len(r) - 1 - np.where(beta < upper, r, -np.inf)[::-1].argmax()",
    ),
    Mistake(
        "a beta that is at its bound may move beyond it: < and >, not <= and >=",
        in_="violating_pair",
        old=(
            "np.where(beta < upper, r, -np.inf).argmax()\n"
            "    fall = np.where(beta > lower, r[i] - r, -np.inf)"
        ),
        new=(
            "np.where(beta <= upper, r, -np.inf).argmax()\n"
            "    fall = np.where(beta >= lower, r[i] - r, -np.inf)"
        ),
    ),
    Mistake(
        "i is a position among those that may rise, not among all",
        in_="violating_pair",
        old="np.where(beta < upper, r, -np.inf).argmax()",
        new="r[beta < upper].argmax()",
    ),
    Mistake(
        "the bounds are exchanged: to rise needs room below upper, to fall room above lower",
        in_="violating_pair",
        old=(
            "np.where(beta < upper, r, -np.inf).argmax()\n"
            "    fall = np.where(beta > lower, r[i] - r, -np.inf)"
        ),
        new=(
            "np.where(beta > lower, r, -np.inf).argmax()\n"
            "    fall = np.where(beta < upper, r[i] - r, -np.inf)"
        ),
    ),
    Mistake(
        "TINY is added to every curvature, and a negative one stays negative",
        in_="violating_pair",
        old="np.maximum(K[i, i] + K.diagonal() - 2 * K[i], TINY)",
        new="K[i, i] + K.diagonal() - 2 * K[i] + TINY",
    ),
    Mistake(
        "of equal candidates for j the last is taken, not the first",
        in_="violating_pair",
        old="(np.maximum(fall, 0) ** 2 / curvature).argmax()",
        new="len(r) - 1 - (np.maximum(fall, 0) ** 2 / curvature)[::-1].argmax()",
    ),
    Mistake(
        "it goes to the top of the parabola, whatever the bounds",
        in_="pair_step",
        old="min(top, upper[i] - beta[i], beta[j] - lower[j])",
        new="top",
    ),
    Mistake(
        "the bound of the beta that falls is forgotten",
        in_="pair_step",
        old="min(top, upper[i] - beta[i], beta[j] - lower[j])",
        new="min(top, upper[i] - beta[i])",
        lesson="What one gains the other gives, so both have to have room for it. A beta beyond "
        "its bound is an alpha below 0 or above C; look at beta.min() and beta.max().",
    ),
    Mistake(
        "the bound of the beta that rises is forgotten",
        in_="pair_step",
        old="min(top, upper[i] - beta[i], beta[j] - lower[j])",
        new="min(top, beta[j] - lower[j])",
    ),
    Mistake(
        "the room is measured from the wrong bound",
        in_="pair_step",
        old="upper[i] - beta[i], beta[j] - lower[j]",
        new="beta[i] - lower[i], upper[j] - beta[j]",
    ),
    Mistake(
        "the step is to where the gain is spent again, twice as far as the top",
        in_="pair_step",
        old="top = (r[i] - r[j])",
        new="top = 2 * (r[i] - r[j])",
    ),
    Mistake(
        "the curvature lacks the term -2 K_ij",
        in_="pair_step",
        old=" - 2 * K[i, j]",
        new="",
    ),
    Mistake(
        "the curvature has K_ij once",
        in_="pair_step",
        old=" - 2 * K[i, j]",
        new=" - K[i, j]",
    ),
    Mistake(
        "a curvature that rounding made negative turns the step round",
        in_="pair_step",
        old="max(K[i, i] + K[j, j] - 2 * K[i, j], TINY)",
        new="K[i, i] + K[j, j] - 2 * K[i, j]",
    ),
    Mistake(
        "the step goes half the way to the top",
        in_="pair_step",
        old="top = (r[i] - r[j])",
        new="top = 0.5 * (r[i] - r[j])",
    ),
    Mistake(
        "r is not kept up to date with the beta that falls",
        in_="smo",
        old="r -= delta * (K[i] - K[j])",
        new="r -= delta * K[i]",
    ),
    Mistake(
        "r moves the wrong way",
        in_="smo",
        old="r -= delta",
        new="r += delta",
    ),
    Mistake(
        "r is never brought up to date",
        in_="smo",
        old="        r -= delta * (K[i] - K[j])\n",
        new="",
    ),
    Mistake(
        "the labels are multiplied into r once more: beta has their signs already",
        in_="smo",
        old="r -= delta * (K[i] - K[j])",
        new="r -= y * delta * (K[i] - K[j])",
    ),
    Mistake(
        "beta_j rises with beta_i: their sum must stay",
        in_="smo",
        old="beta[j] -= delta",
        new="beta[j] += delta",
    ),
    Mistake(
        "beta_j does not fall: the sum of all beta must stay 0",
        in_="smo",
        old="        beta[j] -= delta\n",
        new="",
    ),
    Mistake(
        "b has the wrong sign",
        in_="smo",
        old="return beta, bias(r, beta, lower, upper)",
        new="return beta, -bias(r, beta, lower, upper)",
    ),
    Mistake(
        "the tolerance that is asked for plays no part",
        in_="smo",
        old="gap <= tolerance",
        new="gap <= 1e-6",
    ),
    Mistake(
        "a gap that is exactly the tolerance is not small enough for it",
        in_="smo",
        old="gap <= tolerance",
        new="gap < tolerance",
    ),
    Mistake(
        "it stops at twice the tolerance",
        in_="smo",
        old="gap <= tolerance",
        new="gap <= 2 * tolerance",
    ),
    Mistake(
        "an unfinished answer comes out as if it were one, without an error",
        in_="smo",
        old="raise not_converged(gap)",
        new="return beta, bias(r, beta, lower, upper)",
    ),
    Mistake(
        "alpha comes out, without the signs of the labels",
        in_="smo",
        old="return beta, bias",
        new="return np.abs(beta), bias",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="smo",
        old="for _ in range(max_steps):",
        new="beta = beta.astype(float)\n    for _ in range(max_steps):",
    ),
    Mistake(
        "r changes by the sum of two rows of K: beta_j falls, so its row counts the other way",
        in_="smo",
        old="(K[i] - K[j])",
        new="(K[i] + K[j])",
    ),
    Mistake(
        "b is the mean r of all support vectors, also of those at their bound",
        in_="smo",
        old="return beta, bias(r, beta, lower, upper)",
        new="return beta, r[beta != 0].mean()",
    ),
    Mistake(
        "b is the r of a sample between its bounds, and there need not be one",
        in_="smo",
        old="return beta, bias(r, beta, lower, upper)",
        new="return beta, r[(beta > lower) & (beta < upper)][0]",
    ),
    Mistake(
        "the bias is left out",
        in_="SVC.decision_function",
        old=" + self.b_",
        new="",
    ),
    Mistake(
        "the bias is subtracted",
        in_="SVC.decision_function",
        old=" + self.b_",
        new=" - self.b_",
    ),
    Mistake(
        "the score is its sign only",
        in_="SVC.decision_function",
        old="return self.gram(X, self.vectors_) @ self.beta_ + self.b_",
        new="return np.sign(self.gram(X, self.vectors_) @ self.beta_ + self.b_)",
    ),
    Mistake(
        "the RBF kernel is taken, whatever kernel was asked for",
        in_="SVC.decision_function",
        old="self.gram(X, self.vectors_)",
        new="rbf_kernel(X, self.vectors_, self.gamma)",
    ),
    Mistake(
        "the inner product is taken instead of the kernel",
        in_="SVC.decision_function",
        old="self.gram(X, self.vectors_)",
        new="(X @ self.vectors_.T)",
    ),
    Mistake(
        "all vectors pull alike, by the sign of their label",
        in_="SVC.decision_function",
        old="@ self.beta_",
        new="@ np.sign(self.beta_)",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="SVC.decision_function",
        old="@ self.beta_",
        new="@ self.beta_.astype(float)",
    ),
    Mistake(
        "one model is fitted again and again, so that all are the last class's",
        in_="one_vs_rest",
        old="    models = [make().fit(X, y == c) for c in classes]",
        new="    model = make()\n    models = [model.fit(X, y == c) for c in classes]",
    ),
    Mistake(
        "the rest gets the high scores instead of the class",
        in_="one_vs_rest",
        old="y == c",
        new="y != c",
    ),
    Mistake(
        "the labels are taken for 0, 1, 2 and so on",
        in_="one_vs_rest",
        old="for c in classes",
        new="for c in range(len(classes))",
        lesson="It works on digits, whose labels are their own positions, and on no other "
        "labels. Loop over the classes themselves, and try it with labels that have gaps.",
    ),
    Mistake(
        "the last class has no model",
        in_="one_vs_rest",
        old="for c in classes",
        new="for c in classes[:-1]",
    ),
    Mistake(
        "the models stand in the reverse order of the classes",
        in_="one_vs_rest",
        old="return classes, models",
        new="return classes, models[::-1]",
    ),
    Mistake(
        "each model sees its class and one other instead of all the rest",
        in_="one_vs_rest",
        old="make().fit(X, y == c)",
        new="make().fit(*[a[(y == c) | (y == classes[int(c == classes[0])])] for a in "
        "(X, y == c)])",
    ),
    Mistake(
        "the targets are 1 and 0, and where scores tell the labels apart no slope is steep enough",
        in_="platt_scaling",
        old="np.where(ones, (n_1 + 1) / (n_1 + 2), 1 / (n_0 + 2))",
        new="np.where(ones, 1.0, 0.0)",
    ),
    Mistake(
        "the counts in the targets are swapped",
        in_="platt_scaling",
        old="(n_1 + 1) / (n_1 + 2), 1 / (n_0 + 2)",
        new="(n_0 + 1) / (n_0 + 2), 1 / (n_1 + 2)",
    ),
    Mistake(
        "both targets count all samples",
        in_="platt_scaling",
        old="(n_1 + 1) / (n_1 + 2), 1 / (n_0 + 2)",
        new="(len(ones) + 1) / (len(ones) + 2), 1 / (len(ones) + 2)",
    ),
    Mistake(
        "the targets are swapped: a 1 is given what belongs to a 0",
        in_="platt_scaling",
        old="np.where(ones,",
        new="np.where(~ones,",
    ),
    Mistake(
        "slope and shift are those of the scaled scores",
        in_="platt_scaling",
        old="theta[0] / scale, theta[1] - theta[0] / scale * middle",
        new="theta[0], theta[1]",
    ),
    Mistake(
        "the shift is that of the scaled scores",
        in_="platt_scaling",
        old=" - theta[0] / scale * middle",
        new="",
    ),
    Mistake(
        "it takes one step of Newton and no more",
        in_="platt_scaling",
        old="theta = safe_step(theta, gradient, H, A, t)",
        new="theta = safe_step(theta, gradient, H, A, t)\n"
        "        return theta[0] / scale, theta[1] - theta[0] / scale * middle",
    ),
    Mistake(
        "the Hessian lacks the factor p * (1 - p), so that the steps are short and many",
        in_="platt_scaling",
        old="(A.T * (p * (1 - p))) @ A",
        new="A.T @ A",
    ),
    Mistake(
        "a slope below 0 passes for a small one: its size is what counts",
        in_="platt_scaling",
        old="np.abs(gradient).max() <= tolerance",
        new="gradient.max() <= tolerance",
    ),
    Mistake(
        "a slope that is exactly the tolerance is not small enough for it",
        in_="platt_scaling",
        old="<= tolerance",
        new="< tolerance",
    ),
    Mistake(
        "the tolerance that is asked for plays no part",
        in_="platt_scaling",
        old="<= tolerance",
        new="<= 1e-7",
    ),
    Mistake(
        "an unfinished answer comes out as if it were one, without an error",
        in_="platt_scaling",
        old="raise not_converged(gradient)",
        new="return theta[0] / scale, theta[1] - theta[0] / scale * middle",
    ),
    Mistake(
        "TINY is left out of the Hessian, which is singular where all scores are equal",
        in_="platt_scaling",
        old=" + TINY * np.eye(2)",
        new="",
    ),
    Mistake(
        "the slope is returned with the sign of Platt's formula",
        in_="platt_scaling",
        old="return theta[0] / scale, theta[1] - theta[0] / scale * middle",
        new="return -theta[0] / scale, theta[0] / scale * middle - theta[1]",
    ),
    Mistake(
        "the whole step is taken, also where it leads uphill",
        in_="platt_scaling",
        old="theta = safe_step(theta, gradient, H, A, t)",
        new="theta = theta - np.linalg.solve(H, gradient)",
    ),
    Mistake(
        "the target of the zeros counts the ones",
        in_="platt_scaling",
        old="1 / (n_0 + 2)",
        new="1 / (n_1 + 2)",
    ),
    Mistake(
        "the target of the ones counts the zeros",
        in_="platt_scaling",
        old="(n_1 + 1) / (n_1 + 2)",
        new="(n_0 + 1) / (n_0 + 2)",
    ),
    Mistake(
        "the middle of the scores is added to the shift, not taken off",
        in_="platt_scaling",
        old="theta[1] - theta[0]",
        new="theta[1] + theta[0]",
    ),
    Mistake(
        "the slope in the shift is still that of the scaled scores",
        in_="platt_scaling",
        old="theta[1] - theta[0] / scale * middle",
        new="theta[1] - theta[0] * middle",
    ),
]


EXPLAIN = [
    Explain(
        "room",
        why="the bound of the beta that falls is forgotten",
        causes={
            "it goes to the top of the parabola, whatever the bounds": "One of the two bounds "
            "stands in the minimum.",
            "the curvature lacks the term -2 K_ij": "All three terms of it are there.",
            "a curvature that rounding made negative turns the step round": "max with TINY keeps "
            "it above 0.",
        },
        takes="`r` and `beta` hold two numbers each, of two samples of label 1 that are strangers "
        "to each other (K is the identity), and C is 1. The first rises, the second falls; out "
        "comes the step.",
        call=lambda code, r, beta: code.pair_step(
            np.eye(2), r, beta, np.zeros(2), np.ones(2), 0, 1
        ),
        example={"r": [0.6, 0.2], "beta": [0.25, 0.5]},
        witness={"r": [1.6, 0.2], "beta": [0.25, 0.5]},
    ),
    Explain(
        "labels",
        why="the labels are taken for 0, 1, 2 and so on",
        causes={
            "one model is fitted again and again, so that all are the last class's": "make() is "
            "called within the loop, once for each class.",
            "the rest gets the high scores instead of the class": "`y == c` is True for the class "
            "itself, and True is the second label.",
            "the last class has no model": "There are as many rounds as classes.",
        },
        takes="`y` holds labels, as whole numbers; out comes which of the rows each model was "
        "told to be its own.",
        call=lambda code, y: [
            model.seen for model in code.one_vs_rest(Note, np.zeros((len(y), 1)), y)[1]
        ],
        example={"y": [0, 2, 1, 1]},
        witness={"y": [1, 3, 2, 2]},
    ),
]

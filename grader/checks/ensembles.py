"""Checks for ensembles."""

import numpy as np

from grader import Explain, Mistake, accuracy_at_least, at_least, check, exactly

SKLEARN = ["sklearn.ensemble"]


def tree_of(code, share, d=2):
    """Return a tree of one question, feature 0 up to 0.5, with shares (3, k) in its nodes."""
    tree = code.DecisionTree()
    tree.feature_, tree.threshold_ = np.array([0, -1, -1]), np.array([0.5, np.nan, np.nan])
    tree.left_, tree.right_ = np.array([1, -1, -1]), np.array([2, -1, -1])
    tree.mean_, tree.gain_ = np.array(share, dtype=float), np.zeros(3)
    tree.classes_, tree.is_flag_ = None, np.zeros(d, dtype=bool)
    return tree


def forest_of(code, shares, is_out, classes, d=2):
    """Return a forest that was not grown but written down."""
    forest = code.RandomForest(len(shares))
    forest.classes_, forest.edges_ = np.array(classes), np.full((d, 1), np.inf)
    forest.trees_ = [tree_of(code, share, d) for share in shares]
    forest.is_out_ = np.array(is_out, dtype=bool)
    return forest


class Dial:
    """A model whose score falls by a part of its own where a column has changed."""

    classes_ = None

    def __init__(self, X, y, parts):
        self.X, self.y, self.parts, self.shown = X.copy(), np.array(y), parts, []

    def predict(self, X):
        """Return zeros: nobody should need them."""
        return np.zeros(len(X))

    def score(self, X, y):
        """Return 0.9, less the parts of the columns that have changed."""
        X = np.array(X)
        self.shown.append(X)
        moved = (X != self.X).any(axis=0)
        return 0.9 - float(self.parts @ moved) - 5.0 * (np.array(y) != self.y).any()


def ring(rng, n=150, n_new=200):
    """Draw points inside and outside a ring, and beside it two features of noise."""
    X = rng.uniform(-1, 1, (n + n_new, 4))
    y = (np.hypot(X[:, 0], X[:, 1]) > 0.75).astype(int)
    return {"X": X[:n], "y": y[:n], "X_new": X[n:], "seed": int(rng.integers(1 << 30))}, y[n:]


def coins(rng, n=50):
    """Draw features without meaning, and labels by a coin."""
    y = rng.permutation(np.arange(n) % 2)
    return {"X": rng.random((n, 3)), "y": y, "seed": int(rng.integers(1 << 30))}, y


def remembered(answer, y):
    """Return 1 where trees know by heart the rows they grew on, and no others."""
    pred, is_out = np.asarray(answer)
    is_out = is_out.astype(bool)
    share = is_out.mean(axis=1)
    if share.min() < 0.1 or share.max() > 0.65 or len(np.unique(is_out, axis=0)) < len(is_out):
        raise ValueError("these are no bootstrap samples")
    right = pred == y
    if right[is_out].mean() > 0.75:
        raise ValueError("trees know the rows that are said to be out")
    return float(right[~is_out].mean())


def any_numbers(rng):
    """Return of how many samples to draw, 20 times, and from which seed."""
    ns = rng.integers(20, 60, size=20).tolist()
    return {"ns": ns, "seed": int(rng.integers(1 << 30))}, ns


def agreement(answer, ns):
    """Return the share of draws whose mask is True exactly for the rows never drawn."""
    agree = []
    for rows, is_out in np.split(answer, np.cumsum(ns)[:-1], axis=1):
        n = len(rows)
        never = ~np.isin(np.arange(n), rows)
        agree.append(0 <= rows.min() and rows.max() < n and np.array_equal(is_out, never))
    return float(np.mean(agree))


@check(
    "bootstrap_indices",
    given=any_numbers,
    expect=at_least(1.0, agreement, "share of draws whose rows and mask agree"),
)
def rows_and_mask(code, ns, seed):
    """n rows from 0 to n - 1, and a mask that is True exactly for those never drawn"""
    rng = np.random.default_rng(seed)
    draws = [np.stack(code.bootstrap_indices(n, rng)) for n in ns]
    return np.concatenate(draws, axis=1).astype(int)


def evenness(answer, _):
    """Return how far from even the draws are, as the square of a distance, negative."""
    if answer.min() < 0 or answer.max() > 9:
        raise ValueError("it draws what is no row")
    count = np.array([np.bincount(place, minlength=10) for place in answer.T])
    apart = ((count - len(answer) / 10) ** 2 / (len(answer) / 10)).sum()
    twins = (answer[:, :1] == answer[:, 1:]).mean()
    return -apart if abs(twins - 0.1) < 0.03 else -np.inf


@check("bootstrap_indices", given=lambda rng: ({"seed": int(rng.integers(1 << 30))}, None),
       expect=at_least(-180.0, evenness, "evenness"))  # fmt: skip
def each_as_likely(code, seed):
    """in every draw every row is equally likely, whatever was drawn before"""
    rng = np.random.default_rng(seed)
    return np.array([code.bootstrap_indices(10, rng)[0] for _ in range(800)])


@check("bootstrap_indices", expect=exactly)
def one_sample(code, rng):
    """of one sample, that one, and none is left out; the mask holds truth values"""
    rows, is_out = code.bootstrap_indices(1, rng)
    return np.asarray(rows), np.asarray(is_out)


@check("bootstrap_indices", expect=exactly)
def from_the_generator(code):
    """the draws come from rng: the same seed repeats them, and a second draw is another"""
    first, again = (np.random.default_rng(7) for _ in range(2))
    one, two, three = (code.bootstrap_indices(60, g)[0] for g in (first, again, again))
    same, other = list(one) == list(two), list(two) == list(three)
    return {"same seed, same rows": same, "second draw, same rows": other}


def any_sums(rng, m, k, d, b):
    """Return slopes, curvatures and a mask, as best_cuts takes them."""
    H = rng.uniform(0.5, 3, (m, d, b))
    allowed = np.ones((m, d, b), dtype=bool)
    allowed[..., -1] = False
    G = rng.normal(size=(m, k, d, b))
    G[..., -1] += 2 - G.sum(axis=-1)  # each feature has the same samples
    H[..., -1] += 20 - H.sum(axis=-1)
    return G, H, allowed


@check("best_cuts")
def one_node(code, rng):
    """for one node the feature, the cut after which it gains most, and the gain"""
    return code.best_cuts(*any_sums(rng, 1, 1, 3, 7))


@check("best_cuts")
def many_nodes(code, rng):
    """for many nodes at once, with the penalty in each denominator"""
    return code.best_cuts(*any_sums(rng, 6, 1, 4, 5), l2=1.5)


@check("best_cuts")
def many_classes(code, rng):
    """with several classes the squares of their slopes are added"""
    return code.best_cuts(*any_sums(rng, 4, 3, 2, 6), l2=0.3)


@check("best_cuts")
def where_it_may(code, rng):
    """only cuts that are allowed"""
    G, H, allowed = any_sums(rng, 5, 1, 3, 8)
    return code.best_cuts(G, H, allowed & (rng.random(H.shape) < 0.3) | (np.arange(8) == 3))


@check("best_cuts")
def no_cut_at_all(code, rng):
    """a gain of 0 where no cut is allowed, or none does good"""
    G, H, allowed = any_sums(rng, 3, 1, 2, 4)
    none = code.best_cuts(G, H, np.zeros_like(allowed))[2]
    G = np.array([1.0, 2.0, 1.0]) * np.ones((2, 1, 1, 1))
    H = np.array([1.0, 2.0, 1.0]) * np.ones((2, 1, 1))
    alike = code.best_cuts(G, H, np.array([[[True, True, False]]] * 2), l2=2.0)[2]
    return {"none allowed": none, "all sides alike": alike}


@check("best_cuts")
def equally_good(code):
    """of equally good cuts the first feature, and of its cuts the lowest"""
    G = np.array([[[[1.0, -1, 1, -1], [2, 0, -2, 0], [-2, 0, 2, 0]]]])
    H = np.ones((1, 3, 4))
    H[0, 1:, 1] = 0
    H[0, 1:, 0] = 2
    allowed = np.ones((1, 3, 4), dtype=bool) & (np.arange(4) < 3)
    return code.best_cuts(G, H, allowed)


@check("best_cuts")
def empty_bins(code, rng):
    """a side that holds nothing lowers the loss by 0, without a penalty as well"""
    G, H, allowed = any_sums(rng, 2, 1, 2, 6)
    G[..., :2], H[..., :2], allowed[..., 1] = 0, 0, False
    with np.errstate(over="raise"):
        return code.best_cuts(G, H, allowed)


@check("RandomForest.fit", given=ring, expect=accuracy_at_least(0.8), forbids=SKLEARN)
def new_points(code, X, y, X_new, seed):
    """a forest tells four in five new points on which side of a ring they are"""
    forest = code.RandomForest(25).fit(X, y, np.random.default_rng(seed))
    return np.asarray(forest.predict(X_new))


@check("RandomForest.fit", given=coins, forbids=SKLEARN,
       expect=at_least(1.0, remembered, "share of its own rows that a tree knows"))  # fmt: skip
def own_rows(code, X, y, seed):
    """a tree knows by heart the rows that it grew on, and is_out_ marks the others"""
    forest = code.RandomForest(12, max_features=2).fit(X, y, np.random.default_rng(seed))
    answers = np.array([tree.predict_proba(X).argmax(axis=1) for tree in forest.trees_])
    return np.stack([answers, np.asarray(forest.is_out_).astype(int)])


@check("RandomForest.fit", expect=exactly, forbids=SKLEARN)
def fitted_again(code, rng):
    """n_trees trees and as many masks, also when it is fitted a second time"""
    forest = code.RandomForest(3)
    for n in (20, 30):
        y = np.array(["no", "yes"])[np.arange(n) % 2]
        result = forest.fit(rng.random((n, 2)), y, rng)
    return {
        "returns itself": result is forest,
        "trees": len(forest.trees_),
        "masks": (np.shape(forest.is_out_), str(getattr(forest.is_out_, "dtype", "no array"))),
        "answers": sorted({str(a) for a in forest.predict(rng.random((200, 2)))}),
    }


@check("RandomForest.fit", expect=exactly, forbids=SKLEARN)
def the_same_seed(code, rng):
    """the same seed grows the same forest, another one another"""
    X, y = rng.random((40, 3)), rng.permutation(np.arange(40) % 2)
    grown = []
    for seed in (1, 1, 2):
        forest = code.RandomForest(4).fit(X, y, np.random.default_rng(seed))
        grown.append(np.asarray(forest.predict_proba(X)).tolist())
    return {"same seed": grown[0] == grown[1], "other seed": grown[1] == grown[2]}


@check("out_of_bag_score", forbids=SKLEARN)
def unseen_votes(code, rng):
    """the accuracy when each row is judged by the trees that have not seen it"""
    X, y = rng.random((40, 2)), rng.integers(3, size=40)
    shares = rng.dirichlet([0.4, 0.4, 0.4], (9, 3))
    return code.out_of_bag_score(
        forest_of(code, shares, rng.random((9, 40)) < 0.4, [0, 1, 2]), X, y
    )


@check("out_of_bag_score", forbids=SKLEARN)
def rows_that_all_have_seen(code, rng):
    """a row that every tree has seen is not counted, whatever its label"""
    X = np.column_stack([np.arange(12) % 2, rng.random(12)]).astype(float)
    y = np.arange(12) % 2
    y[8:] = 0
    is_out = np.zeros((3, 12), dtype=bool)
    is_out[0, :3] = is_out[2, 2:7] = True
    shares = [[[0, 0], [0.9, 0.1], [0.2, 0.8]], [[0, 0], [1, 0], [1, 0]]]
    shares.append([[0, 0], [0.4, 0.6], [0.3, 0.7]])
    return code.out_of_bag_score(forest_of(code, shares, is_out, [0, 1]), X, y)


@check("out_of_bag_score", forbids=SKLEARN)
def shares_are_added(code):
    """shares are added up, so that one tree that is sure outweighs two that waver"""
    shares = [[[0, 0]] + [[0.45, 0.55]] * 2] * 2 + [[[0, 0]] + [[0.95, 0.05]] * 2]
    forest = forest_of(code, shares, np.ones((3, 5)), ["cat", "dog"])
    return code.out_of_bag_score(forest, np.zeros((5, 2)), np.array(["cat"] * 4 + ["dog"]))


@check("out_of_bag_score", forbids=SKLEARN)
def nothing_left_out(code):
    """NaN where every tree has seen every row"""
    forest = forest_of(code, [[[0, 0], [1, 0], [0, 1]]] * 2, np.zeros((2, 4)), [0, 1])
    return float(code.out_of_bag_score(forest, np.ones((4, 2)), np.array([0, 1, 1, 1])))


@check("permutation_importance")
def what_it_costs(code, rng):
    """how far the score falls when one feature alone is shuffled, a row for each repeat"""
    X, y = rng.normal(size=(40, 4)), rng.normal(size=40)
    model = Dial(X, y, rng.permutation([rng.uniform(0.1, 0.4), 0.0, 0.05, -0.1]))
    return code.permutation_importance(model, X, y, rng, repeats=3)


@check("permutation_importance", expect=exactly)
def what_the_model_sees(code, rng):
    """the model sees the same values in every column, and all columns but one as they were"""
    X, y = rng.normal(size=(30, 3)), rng.normal(size=30)
    model = Dial(X, y, np.zeros(3))
    code.permutation_importance(model, X, y, rng, repeats=2)
    moved = [tuple((seen != X).any(axis=0).tolist()) for seen in model.shown]
    kept = [bool((np.sort(seen, axis=0) == np.sort(X, axis=0)).all()) for seen in model.shown]
    times = {str(np.flatnonzero(m).tolist()): moved.count(m) for m in set(moved) if any(m)}
    return {"same values": all(kept), "times shown, by columns that moved": times}


@check("permutation_importance", expect=exactly)
def another_shuffle(code, rng):
    """each repeat is another shuffle, and the table that was handed over stays as it was"""
    X, y = rng.normal(size=(30, 2)), rng.normal(size=30)
    before, model = X.copy(), Dial(X, y, np.zeros(2))
    code.permutation_importance(model, X, y, rng, repeats=4)
    shuffles = {seen.tobytes() for seen in model.shown if (seen != before).any()}
    return {"shuffles": len(shuffles), "table untouched": bool((X == before).all())}


@check("permutation_importance")
def five_repeats(code, rng):
    """five repeats unless told otherwise"""
    X, y = rng.normal(size=(12, 2)), rng.integers(2, size=12)
    return code.permutation_importance(Dial(X, y, np.array([0.5, 0.2])), X, y, rng)


def told(model, X):
    """Return what AdaBoost has learned, in numbers."""
    return {
        "alphas_": np.array(model.alphas_, dtype=float),
        "answers of its trees": np.array([tree.predict(X) for tree in model.trees_], dtype=float),
        "log-odds": model.scores(X),
    }


def clouds(rng, n=50):
    """Return two clouds (n, 3) that overlap, and words for labels."""
    y = np.arange(n) % 2
    X = rng.normal(size=(n, 3)) + 0.9 * y[:, None]
    order = rng.permutation(n)
    return X[order], np.array(["ham", "spam"])[y[order]]


@check("AdaBoost.fit", forbids=SKLEARN)
def voices(code, rng):
    """after each round the alpha of its tree, and the trees' answers"""
    X, y = clouds(rng)
    return told(code.AdaBoost(8).fit(X, y), X)


@check("AdaBoost.fit", forbids=SKLEARN)
def fitted_twice(code, rng):
    """a second fit forgets the first"""
    model, (X, y) = code.AdaBoost(3), clouds(rng)
    model.fit(*clouds(rng))
    result = model.fit(X, y)
    return {"returns itself": result is model, **told(model, X)}


@check("AdaBoost.fit", forbids=SKLEARN)
def no_error(code):
    """a tree without an error stays alone, with alpha 1"""
    X = np.array([[3.0, 1], [1, 5], [4, 2], [2, 9]])
    return told(code.AdaBoost(10).fit(X, [1, 0, 1, 0]), X)


@check("AdaBoost.fit", forbids=SKLEARN)
def no_better_than_a_coin(code):
    """a tree as good as a coin is not kept, and ends it"""
    X = np.ones((4, 2))
    balanced, uneven = (code.AdaBoost(5).fit(X, y) for y in ([0, 1, 1, 0], [0, 1, 1, 1]))
    return {
        "balanced": [float(a) for a in balanced.alphas_],
        "one in four": [float(a) for a in uneven.alphas_],
        "trees": [len(balanced.trees_), len(uneven.trees_)],
    }


@check("AdaBoost.fit", forbids=SKLEARN)
def hardly_better_than_a_coin(code):
    """a tree hardly better than a coin is kept, with a low voice"""
    counts = [1001, 999, 999, 1001]  # of no at 0, yes at 0, no at 1, yes at 1
    X, y = np.repeat([[0.0], [0.0], [1.0], [1.0]], counts, axis=0), np.repeat([0, 1, 0, 1], counts)
    model = code.AdaBoost(3).fit(X, y)
    return [float(a) for a in model.alphas_], np.asarray(model.predict([[0.0], [1.0]]))


@check("GradientBoosting.fit", forbids=SKLEARN)
def steps_to_numbers(code, rng):
    """the scores of the training rows after a few steps down the squared loss"""
    X = rng.normal(size=(60, 2))
    y = X[:, 0] ** 2 + X[:, 1] + 5 + rng.normal(size=60)
    model = code.GradientBoosting(6, 0.3, max_depth=2, min_leaf=4, l2=0.7)
    return model.fit(X, y).predict(X)


@check("GradientBoosting.fit", forbids=SKLEARN)
def steps_to_odds(code, rng):
    """likewise the log-odds of labels, down the log-loss"""
    X, y = clouds(rng, 60)
    model = code.GradientBoosting(5, 0.4, max_depth=2, min_leaf=1, l2=0.5, loss="log")
    return model.fit(X, y).scores(X)


@check("GradientBoosting.fit", forbids=SKLEARN)
def as_many_trees(code, rng):
    """as many trees as rounds, all of them new when it is fitted again"""
    X, y = rng.normal(size=(40, 2)), rng.normal(size=40)
    model = code.GradientBoosting(4, max_depth=1, min_leaf=2)
    model.fit(rng.normal(size=(20, 2)), rng.normal(size=20))
    result = model.fit(X, y)
    first = model.trees_[0].predict(X)
    return {
        "returns itself": result is model,
        "trees": len(model.trees_),
        "what the first says": first,
        "answers": model.predict(X),
    }


@check("GradientBoosting.fit", forbids=SKLEARN)
def nothing_to_mend(code, rng):
    """where all numbers are the same, they are the answer from the start"""
    X = rng.normal(size=(30, 2))
    return code.GradientBoosting(3).fit(X, np.full(30, 2.5)).predict(X)


MISTAKES = [
    Mistake(
        "no row is drawn twice: it is a permutation, and nothing is left out",
        in_="bootstrap_indices",
        old="rng.integers(n, size=n)",
        new="rng.permutation(n)",
    ),
    Mistake(
        "the mask is the wrong way round: True for the rows that were drawn",
        in_="bootstrap_indices",
        old="return rows, is_out",
        new="return rows, ~is_out",
    ),
    Mistake(
        "the last row can never be drawn",
        in_="bootstrap_indices",
        old="rng.integers(n, size=n)",
        new="rng.integers(max(n - 1, 1), size=n)",
    ),
    Mistake(
        "the draws come from a generator of its own, the same every time",
        in_="bootstrap_indices",
        old="rng.integers(n, size=n)",
        new="np.random.default_rng(0).integers(n, size=n)",
    ),
    Mistake(
        "the mask holds numbers instead of truth values",
        in_="bootstrap_indices",
        old="dtype=bool",
        new="dtype=int",
    ),
    Mistake(
        "the penalty is left out of the denominators",
        in_="best_cuts",
        old="squares / np.maximum(H + l2, 1e-300)",
        new="squares / np.maximum(H, 1e-300)",
    ),
    Mistake(
        "the slopes themselves are added up instead of their squares",
        in_="best_cuts",
        old='np.einsum("mkdb,mkdb->mdb", G, G)',
        new="G.sum(axis=1)",
    ),
    Mistake(
        "the slopes of all classes are added before the square is taken",
        in_="best_cuts",
        old='np.einsum("mkdb,mkdb->mdb", G, G)',
        new="G.sum(axis=1) ** 2",
    ),
    Mistake(
        "the half in front is forgotten, so that every gain is twice as large",
        in_="best_cuts",
        old="np.maximum(H + l2, 1e-300) / 2",
        new="np.maximum(H + l2, 1e-300)",
    ),
    Mistake(
        "a side that holds nothing divides 0 by 0",
        in_="best_cuts",
        old="np.maximum(H + l2, 1e-300)",
        new="(H + l2)",
    ),
    Mistake(
        "the right side is divided by the curvature of the left",
        in_="best_cuts",
        old="fall(total - left, h_total - h_left)",
        new="fall(total - left, h_left)",
        lesson="Both sides keep their own slopes and their own curvatures. As long as a cut "
        "divides the curvature into halves, nothing shows; a small side, divided by the "
        "curvature of the large one, then looks like nothing, and the other way round.",
    ),
    Mistake(
        "what the node could do unsplit is not taken away",
        in_="best_cuts",
        old="gain - fall(total, h_total)",
        new="gain",
    ),
    Mistake(
        "bins are scored one by one, instead of all up to the cut",
        in_="best_cuts",
        old="left, h_left = G.cumsum(axis=-1), H.cumsum(axis=-1)\n"
        "    total, h_total = left[..., -1:], h_left[..., -1:]",
        new="left, h_left = G, H\n"
        "    total, h_total = G.sum(axis=-1, keepdims=True), H.sum(axis=-1, keepdims=True)",
    ),
    Mistake(
        "cuts that are not allowed are made all the same",
        in_="best_cuts",
        old="np.where(is_allowed, gain - fall(total, h_total), 0)",
        new="gain - fall(total, h_total)",
    ),
    Mistake(
        "cuts that are not allowed gain minus infinity, also where there is no other",
        in_="best_cuts",
        old="gain - fall(total, h_total), 0)",
        new="gain - fall(total, h_total), -np.inf)",
    ),
    Mistake(
        "one cut is chosen for all nodes together",
        in_="best_cuts",
        old="gain.reshape(len(H), -1).argmax(axis=1)",
        new="np.full(len(H), gain.sum(axis=0).argmax())",
    ),
    Mistake(
        "of equally good cuts the last is taken",
        in_="best_cuts",
        old="gain.reshape(len(H), -1).argmax(axis=1)",
        new="gain[0].size - 1 - gain.reshape(len(H), -1)[:, ::-1].argmax(axis=1)",
    ),
    Mistake(
        "feature and cut change places",
        in_="best_cuts",
        old="return feature, cut, gain[np.arange(len(H)), feature, cut]",
        new="return cut, feature, gain[np.arange(len(H)), feature, cut]",
    ),
    Mistake(
        "the place is divided by the number of features instead of bins",
        in_="best_cuts",
        old="feature, cut = np.divmod(place, H.shape[-1])",
        new="feature, cut = np.divmod(place, H.shape[1])\n"
        "    feature, cut = feature % H.shape[1], cut % H.shape[2]",
    ),
    Mistake(
        "every tree grows on all rows, and the draw changes only the mask",
        in_="RandomForest.fit",
        old="bins[:, rows], y[rows], rng",
        new="bins, y, rng",
    ),
    Mistake(
        "the labels are not drawn with their rows",
        in_="RandomForest.fit",
        old="bins[:, rows], y[rows], rng",
        new="bins[:, rows], y, rng",
    ),
    Mistake(
        "one bootstrap sample is drawn for all trees",
        in_="RandomForest.fit",
        old="        for _ in range(n_trees):\n"
        "            rows, is_out = bootstrap_indices(len(X), rng)\n",
        new="        rows, is_out = bootstrap_indices(len(X), rng)\n"
        "        for _ in range(n_trees):\n",
    ),
    Mistake(
        "the masks are of other draws than the trees",
        in_="RandomForest.fit",
        old="masks.append(is_out)",
        new="masks.append(bootstrap_indices(len(X), rng)[1])",
    ),
    Mistake(
        "there is one tree less than was asked for",
        in_="RandomForest.fit",
        old="range(n_trees)",
        new="range(1, n_trees)",
    ),
    Mistake(
        "a second fit adds its trees to those of the first",
        in_="RandomForest.fit",
        old="self.trees_, self.is_out_ = trees, np.array(masks)",
        new='self.trees_ = getattr(self, "trees_", []) + trees\n'
        "        self.is_out_ = np.array(masks)",
    ),
    Mistake(
        "trees grow by a generator of their own, the same for every forest",
        in_="RandomForest.fit",
        old="trees, masks = [], []",
        new="trees, masks, rng = [], [], np.random.default_rng(0)",
    ),
    Mistake(
        "all trees vote on every row, those that know it by heart among them",
        in_="out_of_bag_score",
        old="tree.predict_proba(X) * out[:, None]",
        new="tree.predict_proba(X)",
    ),
    Mistake(
        "the trees vote that have seen a row, instead of the others",
        in_="out_of_bag_score",
        old="out[:, None]",
        new="~out[:, None]",
    ),
    Mistake(
        "rows that every tree has seen are counted too, as if the first class had been the answer",
        in_="out_of_bag_score",
        old="hits[known].mean()",
        new="hits.mean()",
        lesson="A row on which nobody may vote has no votes for any class, and argmax of zeros "
        "is 0: it looks like an answer. With a hundred trees there is hardly ever such a row, "
        "with five there is one in ten.",
    ),
    Mistake(
        "each tree has one voice, however sure it is",
        in_="out_of_bag_score",
        old="tree.predict_proba(X) * out[:, None]",
        new="np.eye(len(forest.classes_))[tree.predict_proba(X).argmax(axis=1)] * out[:, None]",
    ),
    Mistake(
        "places are compared with labels",
        in_="out_of_bag_score",
        old="forest.classes_[total.argmax(axis=1)] == y",
        new="total.argmax(axis=1) == y",
    ),
    Mistake(
        "it is the mean over trees of each tree's own score, not the score of their vote",
        in_="out_of_bag_score",
        old="return float(hits[known].mean()) if known.any() else np.nan",
        new="parts = [(forest.classes_[t.predict_proba(X).argmax(axis=1)] == y)[o].mean() "
        "for t, o in zip(forest.trees_, is_out) if o.any()]\n"
        "    return float(np.mean(parts)) if parts else np.nan",
    ),
    Mistake(
        "it is 0 where no row is left out",
        in_="out_of_bag_score",
        old="np.nan",
        new="0.0",
    ),
    Mistake(
        "the sign is turned round: what matters has a negative importance",
        in_="permutation_importance",
        old="before - model.score(mixed, y)",
        new="model.score(mixed, y) - before",
    ),
    Mistake(
        "it is the score after the shuffle, not how far it fell",
        in_="permutation_importance",
        old="before - model.score(mixed, y)",
        new="model.score(mixed, y)",
    ),
    Mistake(
        "columns stay shuffled while the next ones are tried",
        in_="permutation_importance",
        old="    for i, j in np.ndindex(shape):\n        mixed = X.copy()\n",
        new="    mixed = X.copy()\n    for i, j in np.ndindex(shape):\n",
    ),
    Mistake(
        "the table that was handed over is shuffled itself",
        in_="permutation_importance",
        old="mixed = X.copy()",
        new="mixed = X",
    ),
    Mistake(
        "the column is drawn with replacement, so that its values are no longer the same",
        in_="permutation_importance",
        old="rng.permutation(X[:, j])",
        new="rng.choice(X[:, j], len(X))",
    ),
    Mistake(
        "the column is set to its mean instead of shuffled",
        in_="permutation_importance",
        old="rng.permutation(X[:, j])",
        new="X[:, j].mean()",
    ),
    Mistake(
        "whole rows are shuffled, so that every column has moved",
        in_="permutation_importance",
        old="mixed[:, j] = rng.permutation(X[:, j])",
        new="mixed = rng.permutation(X)",
    ),
    Mistake(
        "the labels are shuffled along",
        in_="permutation_importance",
        old="model.score(mixed, y)",
        new="model.score(mixed, rng.permutation(y))",
    ),
    Mistake(
        "every repeat is the same shuffle",
        in_="permutation_importance",
        old="rng.permutation(X[:, j])",
        new="np.random.default_rng(j).permutation(X[:, j])",
    ),
    Mistake(
        "alpha is half of the logarithm, and the votes are half the log-odds",
        in_="AdaBoost.fit",
        old="np.log((1 - error) / error)",
        new="np.log((1 - error) / error) / 2",
    ),
    Mistake(
        "the fraction is upside down, so that good trees are heard as their opposite",
        in_="AdaBoost.fit",
        old="(1 - error) / error",
        new="error / (1 - error)",
    ),
    Mistake(
        "the weights are raised where the tree was right",
        in_="AdaBoost.fit",
        old="np.exp(alpha * wrong)",
        new="np.exp(alpha * ~wrong)",
    ),
    Mistake(
        "the weights are not brought back to a sum of 1, so that errors grow beyond it",
        in_="AdaBoost.fit",
        old="            weight = weight / weight.sum()\n",
        new="",
        lesson="An error is a share of the weights, and a share of what does not sum to 1 is no "
        "share. The first round is right all the same, because the weights begin as 1 / n; the "
        "second is not.",
    ),
    Mistake(
        "errors are counted without their weights",
        in_="AdaBoost.fit",
        old="weight[wrong].sum()",
        new="wrong.mean()",
    ),
    Mistake(
        "the trees do not get the weights, so that all of them are the same",
        in_="AdaBoost.fit",
        old=".fit(X, y, weight)",
        new=".fit(X, y)",
    ),
    Mistake(
        "the trees are grown without a limit, and the first knows all by heart",
        in_="AdaBoost.fit",
        old="DecisionTree(max_depth=1)",
        new="DecisionTree()",
    ),
    Mistake(
        "nobody stops at a tree that is as good as a coin",
        in_="AdaBoost.fit",
        old="error == 0 or error > 0.5 - 1e-9:",
        new="error == 0:",
    ),
    Mistake(
        "it stops before a tree is as good as a coin",
        in_="AdaBoost.fit",
        old="error > 0.5 - 1e-9:",
        new="error > 0.49:",
    ),
    Mistake(
        "a tree without an error is not kept",
        in_="AdaBoost.fit",
        old="self.trees_, self.alphas_ = [tree], [1.0]",
        new="pass",
    ),
    Mistake(
        "the steps go uphill",
        in_="GradientBoosting.fit",
        old="z + self.learning_rate",
        new="z - self.learning_rate",
    ),
    Mistake(
        "the whole step is taken, whatever the learning rate",
        in_="GradientBoosting.fit",
        old="self.learning_rate * tree",
        new="tree",
    ),
    Mistake(
        "the scores are replaced by each tree's step instead of moved",
        in_="GradientBoosting.fit",
        old="z = z + self.learning_rate * tree",
        new="z = self.learning_rate * tree",
    ),
    Mistake(
        "the scores begin at zero",
        in_="GradientBoosting.fit",
        old="np.full(len(y), self.start_)",
        new="np.zeros(len(y))",
    ),
    Mistake(
        "every tree grows on the slopes of the beginning, because the scores are never moved",
        in_="GradientBoosting.fit",
        old="            z = z + self.learning_rate * tree.mean_[leaf, 0]\n",
        new="",
    ),
    Mistake(
        "the slopes are those of the squared loss, whatever the loss is",
        in_="GradientBoosting.fit",
        old="slopes(self.loss, y, z)",
        new='slopes("squared", y, z)',
    ),
    Mistake(
        "a second fit adds its trees to those of the first",
        in_="GradientBoosting.fit",
        old="z, self.trees_ = np.full(len(y), self.start_), []",
        new='z, self.trees_ = np.full(len(y), self.start_), getattr(self, "trees_", [])',
    ),
    Mistake(
        "there is one round less than was asked for",
        in_="GradientBoosting.fit",
        old="range(self.rounds)",
        new="range(1, self.rounds)",
    ),
]


def left_out(code, shares, is_out, y):
    """Return the score of a forest with these shares of class 1, by tree and row."""
    shares, y = np.asarray(shares, dtype=float), np.asarray(y, dtype=int)
    forest = code.RandomForest(len(shares))
    forest.classes_, forest.edges_ = np.array([0, 1]), np.full((1, 1), np.inf)
    forest.is_out_ = np.asarray(is_out) > 0
    forest.trees_ = [Saying(share) for share in shares]
    return code.out_of_bag_score(forest, np.arange(len(y), dtype=float)[:, None], y)


class Saying:
    """A tree that says of row i that its share of class 1 is share[i]."""

    def __init__(self, share):
        self.share = share

    def predict_proba(self, X):
        """Return the shares of both classes (n, 2)."""
        return np.column_stack([1 - self.share, self.share])


EXPLAIN = [
    Explain(
        "left_out",
        why="rows that every tree has seen are counted too, as if the first class had been the "
        "answer",
        causes={
            "all trees vote on every row, those that know it by heart among them": "Each tree's "
            "shares are multiplied by its mask, and so are 0 where it has seen the row.",
            "each tree has one voice, however sure it is": "Shares are added up, not the answers "
            "that they lead to.",
            "places are compared with labels": "The places of the largest sums are looked up in "
            "classes_ before they are compared.",
        },
        takes="`shares` holds for each tree and row the share of class 1, `is_out` a 1 where the "
        "tree has not seen the row, and `y` the labels, 0 or 1; out comes the score.",
        call=left_out,
        example={"shares": [[0.9, 0.2], [0.4, 0.7]], "is_out": [[1, 0], [0, 1]], "y": [1, 0]},
        witness={"shares": [[0.9, 0.2], [0.4, 0.7]], "is_out": [[1, 0], [1, 0]], "y": [1, 1]},
    ),
    Explain(
        "sides",
        why="the right side is divided by the curvature of the left",
        causes={
            "what the node could do unsplit is not taken away": "The fall of the whole node is "
            "subtracted where the gain is.",
            "bins are scored one by one, instead of all up to the cut": "cumsum adds up all bins "
            "on the left.",
            "the penalty is left out of the denominators": "l2 is added to the curvature in every "
            "fall.",
        },
        takes="`G` and `H` are the sums of slopes and of curvatures in the bins of one feature, "
        "and every cut but the last is allowed; out come the best cut and its gain.",
        call=lambda code, G, H: code.best_cuts(
            np.asarray(G, dtype=float)[None, None, None],
            np.asarray(H, dtype=float)[None, None],
            (np.arange(len(G)) < len(G) - 1)[None, None],
        )[1:],
        example={"G": [3, -2], "H": [2, 2]},
        witness={"G": [3, -2], "H": [1, 3]},
    ),
]

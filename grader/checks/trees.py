"""Checks for trees."""

import numpy as np

from grader import Explain, Mistake, accuracy_at_least, check, close, exactly

SKLEARN = ["sklearn.tree"]


def mixed(p):
    """Return an impurity that no exercise asks for: sums of roots, along the last axis."""
    return np.sqrt(p).sum(axis=-1) - 1


def nodes_of(tree):
    """Return what was grown, with 0 for the thresholds that leaves do not have."""
    thresholds = [0.0 if f < 0 else t for f, t in zip(tree.feature_, tree.threshold_, strict=True)]
    return {
        "feature_": np.asarray(tree.feature_),
        "threshold_": np.array(thresholds),
        "left_": np.asarray(tree.left_),
        "right_": np.asarray(tree.right_),
        "mean_": np.asarray(tree.mean_),
        "weight_": np.asarray(tree.weight_),
    }


def kept_in(tree):
    """Return what a tree holds by now, to see whether a call has changed it."""
    names = "feature_ threshold_ left_ right_ mean_ weight_ impurity_ is_flag_".split()
    held = {name: np.array(value) for name, value in vars(tree).items() if name in names}
    return held | {"classes_": None if tree.classes_ is None else np.array(tree.classes_)}


def told(answer):
    """Return feature, threshold and gain by name, if best_split gave three things."""
    is_three = isinstance(answer, tuple | list) and len(answer) == 3
    return dict(zip(("feature", "threshold", "gain"), answer, strict=True)) if is_three else answer


def tree_of(code, feature, threshold, left, right, d=2, **learned):
    """Return a tree that was not grown but written down."""
    tree = code.DecisionTree()
    tree.feature_, tree.threshold_ = np.array(feature), np.array(threshold, dtype=float)
    tree.left_, tree.right_ = np.array(left), np.array(right)
    tree.classes_, tree.is_flag_ = None, np.zeros(d, dtype=bool)
    for name, value in learned.items():
        setattr(tree, name, np.asarray(value))
    return tree


def any_tree(code, rng, leaves, d=3):
    """Return a tree with questions, numbers and impurities at random."""
    nodes = {name: [] for name in ("feature", "threshold", "left", "right", "R", "n")}

    def add(leaves, low, high):
        node = len(nodes["R"])
        for name in nodes:
            nodes[name].append(-1)
        if leaves == 1:
            nodes["R"][node], nodes["n"][node] = rng.random(), int(rng.integers(1, 9))
            nodes["threshold"][node] = np.nan
            return node
        f, few = int(rng.integers(d)), int(rng.integers(1, leaves))
        t = low[f] + (high[f] - low[f]) * rng.uniform(0.2, 0.8)
        nodes["feature"][node], nodes["threshold"][node] = f, t
        below, above = high.copy(), low.copy()
        below[f] = above[f] = t
        sides = add(few, low, below), add(leaves - few, above, high)
        nodes["left"][node], nodes["right"][node] = sides
        nodes["R"][node] = sum(nodes["R"][side] for side in sides) + rng.random() * leaves
        nodes["n"][node] = sum(nodes["n"][side] for side in sides)
        return node

    add(leaves, np.zeros(d), np.ones(d))
    n = np.array(nodes["n"], dtype=float)
    return tree_of(
        code,
        nodes["feature"],
        nodes["threshold"],
        nodes["left"],
        nodes["right"],
        d,
        weight_=n,
        impurity_=np.array(nodes["R"]) * n[0] / n,
        mean_=n[:, None],
    )


def planted(rng, n=60):
    """Return X (n, 3) and y (n,) that three questions tell apart, all cuts uneven."""
    X = rng.random((n, 3))
    X[:3], X[3:9], X[9:20] = [0.9, 0.9, 0.5], [0.9, 0.1, 0.5], [0.1, 0.5, 0.9]
    X[20:] = X[20:] * [0.4, 1, 0.6]
    y = np.where(X[:, 0] > 0.6, np.where(X[:, 1] > 0.5, 0, 2), np.where(X[:, 2] > 0.7, 0, 1))
    order = rng.permutation(n)
    return X[order], y[order]


def staircase(rng):
    """Draw points on two sides of a staircase; the sides of the new ones stay here."""
    X, X_new = rng.random((90, 2)), rng.random((200, 2))
    y, known = ((part[:, 1] > np.floor(part[:, 0] * 3) / 3).astype(int) for part in (X, X_new))
    return {"X": X, "y": y, "X_new": X_new}, known


@check("gini")
def pure_and_mixed(code):
    """0 where one class has everything, a half where two share, 0.75 where four do"""
    p = np.array([[1.0, 0, 0, 0], [0.5, 0.5, 0, 0], [0.25] * 4, [0.7, 0.2, 0.1, 0]])
    return code.gini(p)


@check("gini")
def one_number_a_row(code, rng):
    """one number for each row of shares, along the last axis of a table of any shape"""
    return code.gini(rng.dirichlet([1, 2, 1], size=(4, 2))), code.gini(rng.dirichlet([1, 1]))


@check("gini", expect=close(atol=1e-13))
def rare_classes(code, rng):
    """classes as rare as one in a million count too, among seven, in a table with four axes"""
    p = rng.uniform(1e-6, 3e-6, size=(2, 3, 2, 7))
    commonest = np.arange(12).reshape(2, 3, 2, 1) % 7
    np.put_along_axis(p, commonest, 0, axis=-1)
    np.put_along_axis(p, commonest, 1 - p.sum(axis=-1, keepdims=True), axis=-1)
    return code.gini(p)


@check("gini")
def single_precision(code, rng):
    """float32 stays float32"""
    impurity = code.gini(rng.dirichlet([1, 2, 1], size=4).astype(np.float32))
    return str(np.asarray(impurity).dtype)


@check("gain")
def one_split(code, rng):
    """the impurity of a node less the mean of its two sides, each as heavy as it is large"""
    left, right = rng.integers(1, 20, 3).astype(float), rng.integers(1, 40, 3).astype(float)
    total = left + right
    return code.gain(left, left.sum(), total, total.sum())


@check("gain")
def many_splits(code, rng):
    """many splits at once, for an impurity of any kind"""
    left = rng.integers(1, 9, size=(6, 3)).astype(float)
    total = left.max(axis=0) + [3, 1, 4]
    return code.gain(left, left.sum(axis=1), total, total.sum(), impurity=mixed)


@check("gain")
def table_of_splits(code, rng):
    """a table of splits, five classes and weights of any size: one gain for each split"""
    left = rng.dirichlet([1, 1, 2, 3, 4], size=(2, 1, 4)) * rng.uniform(1e-7, 5e-7, (2, 1, 4, 1))
    total = left.max(axis=(0, 1, 2)) * [1.1, 1.3, 1.5, 1.2, 1.4]
    return code.gain(left, left.sum(axis=-1), total, total.sum())


@check("gain")
def means_of_numbers(code, rng):
    """with numbers for targets, whose sums are no counts"""
    y = rng.normal(size=(9, 1))
    left, n_left = y.cumsum(axis=0)[:-1], np.arange(1.0, 9)
    return code.gain(left, n_left, y.sum(axis=0), 9.0, impurity=code.minus_square)


@check("gain")
def useless_split(code):
    """nothing is gained where both sides are mixed like the node"""
    left = np.array([[2.0, 1.0], [4.0, 2.0]])
    return code.gain(left, np.array([3.0, 6.0]), np.array([6.0, 3.0]), 9.0)


@check("best_split", forbids=SKLEARN)
def weighted_labels(code, rng):
    """the feature, the threshold and the gain of the best split of weighted labels"""
    X, weight = rng.normal(size=(30, 3)), rng.uniform(0.5, 2, 30)
    y = (X[:, 1] + rng.normal(size=30) > 0.3).astype(int)
    return told(code.best_split(X, np.eye(2)[y], weight))


@check("best_split", forbids=SKLEARN)
def numbers(code, rng):
    """numbers in place of labels, with the impurity that is handed over"""
    X, y = rng.normal(size=(25, 3)), rng.normal(size=(25, 1))
    return told(code.best_split(X, y, rng.uniform(0.5, 2, 25), impurity=code.minus_square))


@check("best_split", forbids=SKLEARN)
def equal_values(code, rng):
    """no cut between equal values, and each threshold midway between two that differ"""
    X, weight = rng.integers(4, size=(40, 2)).astype(float) ** 2, rng.uniform(0.5, 2, 40)
    return {
        f"{k} classes, another impurity": told(
            code.best_split(X, rng.dirichlet([1] * k, 40), weight, mixed)
        )
        for k in (3, 2)
    }


@check("best_split", forbids=SKLEARN)
def large_table(code, rng):
    """the best of five features, however small the values are and however close the second is"""
    y = np.repeat(np.arange(5), [16, 15, 14, 7, 8])  # the last two classes stand apart
    X, weight = rng.normal(size=(60, 5)), rng.uniform(0.9, 1.1, 60)
    weight[0] = 1e-4
    X[:, 4] = rng.permutation(60) / 100 + (y > 2)
    X[:, 1] = rng.permutation(60) / 100 + (y > 2)
    X[0, 1] += 2  # the light one on the wrong side
    X[:, 4] *= 3
    order = rng.permutation(60)
    answer = told(code.best_split(X[order] * 1e-20, np.eye(5)[y[order]], weight[order]))
    if isinstance(answer, dict):
        answer["threshold times 1e20"] = answer.pop("threshold") * 1e20
    return answer


@check("best_split", forbids=SKLEARN)
def room_on_both_sides(code, rng):
    """at least min_leaf samples on either side, whatever they weigh, and so many are enough"""
    x, y = np.arange(12.0), np.zeros((12, 1))
    y[0], y[-1] = 30, -30
    order, weight = rng.permutation(12), rng.uniform(0.2, 0.4, 12)
    X, y = np.column_stack([x, -x])[order], y[order] + 0.1 * rng.normal(size=(12, 1))
    y[order == 3] += 9  # so that the sides are not alike
    more = [  # no cut of one of these parts the samples as a cut of another does
        [4, 7, 9, 10, 5, 8, 0, 2, 1, 11, 6, 3],
        [4, 11, 0, 3, 1, 7, 5, 9, 2, 8, 10, 6],
        [8, 1, 10, 11, 2, 5, 7, 0, 9, 6, 3, 4],
    ]
    X = np.column_stack([X, np.array(more, dtype=float)[:, order].T])
    columns = {"x": [0], "-x": [1], "four columns": [2, 3, 0, 4]}
    return {
        f"min_leaf {m}, {name}": told(
            code.best_split(X[:, which], y, weight, code.minus_square, min_leaf=m)
        )
        for m in (1, 3, 6)
        for name, which in columns.items()
    }


@check("best_split", forbids=SKLEARN)
def no_split_at_all(code):
    """-1, NaN and 0 where all features are constant, or min_leaf leaves no room"""
    Y = np.eye(2)[[0, 1, 1, 0, 1]]
    constant, table = np.tile([2.0, -1.0], (5, 1)), np.arange(10.0).reshape(5, 2)
    return {
        "constant features": told(code.best_split(constant, Y, np.ones(5))),
        "5 samples, min_leaf 3": told(code.best_split(table, Y, np.ones(5), min_leaf=3)),
        "one sample": told(code.best_split(constant[:1], Y[:1], np.ones(1))),
    }


@check("best_split", forbids=SKLEARN)
def first_of_equals(code):
    """of equally good cuts the one of the first feature, and in it the lowest"""
    x, y = np.array([3.0, 1.0, 2.0, 4.0]), np.eye(2)[[1, 0, 1, 0]]
    twins = np.column_stack([np.ones(4), x, x])
    late = np.array([[3.0, 0.0], [0.0, 1.0], [1.0, 2.0], [2.0, 3.0]])  # 0 parts late, 1 early
    return {
        "two equal columns": told(code.best_split(twins, y, np.ones(4))),
        "the first feature parts at its end": told(
            code.best_split(late, np.eye(2)[[1, 0, 0, 0]], np.ones(4))
        ),
    }


@check("best_split", forbids=SKLEARN)
def useless_cuts(code):
    """the first cut that is possible where none of them gains anything"""
    corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return {
        "four corners": told(code.best_split(corners, np.eye(2)[[0, 1, 1, 0]], np.ones(4))),
        "one class": told(code.best_split(corners, np.eye(2)[[1, 1, 1, 1]], np.ones(4))),
    }


@check("best_split", forbids=SKLEARN)
def neighbouring_floats(code):
    """the threshold parts two floats with nothing in between"""
    low, high = 5e-324, 1e-323
    threshold = code.best_split(np.array([[low], [high]]), np.eye(2), np.ones(2))[1]
    return {"5e-324 <= threshold < 1e-323": bool(low <= threshold < high)}


@check("best_split", forbids=SKLEARN)
def huge_values(code):
    """the threshold is midway between two floats whose sum is none"""
    x = np.array([[1.2e308], [1.6e308]])
    return told(code.best_split(x, np.eye(2), np.ones(2)))


@check("DecisionTree.grow", forbids=SKLEARN)
def planted_questions(code, rng):
    """it finds the questions that part the classes, and the nodes are numbered as told"""
    return nodes_of(code.DecisionTree().fit(*planted(rng)))


@check("DecisionTree.grow", forbids=SKLEARN)
def limits(code, rng):
    """max_depth counts questions, and no leaf has fewer samples than min_leaf"""
    X, y = rng.normal(size=(60, 2)), rng.normal(size=60)
    settings = {"max_depth": 1}, {"max_depth": 3, "min_leaf": 4}, {"min_leaf": 9}
    return {
        ", ".join(f"{name} {value}" for name, value in kinds.items()): nodes_of(
            code.DecisionTree("variance", **kinds).fit(X, y)
        )
        for kinds in settings
    }


@check("DecisionTree.grow", forbids=SKLEARN)
def nothing_to_split(code):
    """one sample, one class, features that are constant: a single leaf each"""
    table, same = np.arange(6.0).reshape(3, 2), np.ones((3, 2))
    return {
        "one sample": nodes_of(code.DecisionTree().fit(same[:1], ["a"])),
        "one class": nodes_of(code.DecisionTree().fit(table, [7, 7, 7])),
        "constant features": nodes_of(code.DecisionTree(max_depth=3).fit(same, [0, 1, 1])),
        "max_depth 0": nodes_of(code.DecisionTree(max_depth=0).fit(table, [0, 1, 1])),
    }


@check("DecisionTree.grow", forbids=SKLEARN)
def no_gain_is_no_reason_to_stop(code):
    """a mixed node is split even where the best split gains nothing"""
    corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return nodes_of(code.DecisionTree().fit(corners, [0, 1, 1, 0]))


@check("DecisionTree.grow", forbids=SKLEARN)
def one_dead_end(code):
    """a mixed node that nothing can split stays a leaf, and the others are split all the same"""
    x = np.array([0.0, 0.0, 0.0, 0.0, 5.0, 6.0, 7.0])
    return nodes_of(code.DecisionTree(max_depth=6).fit(x[:, None], [0, 1, 1, 0, 2, 2, 3]))


@check("DecisionTree.grow", forbids=SKLEARN)
def heavy_samples(code, rng):
    """a sample of weight 2 counts twice, one of weight 0 not at all"""
    X, y = rng.normal(size=(40, 2)), rng.normal(size=40)
    weight = np.append(np.zeros(8), rng.uniform(0.5, 3, 32))
    return nodes_of(code.DecisionTree("variance", min_leaf=6).fit(X, y, weight))


@check("DecisionTree.grow", forbids=SKLEARN)
def on_the_threshold(code):
    """a value on the threshold goes left, also where no float lies between two"""
    x = np.array([5e-324, 1e-323, 5.0])
    tree = code.DecisionTree(max_depth=2).fit(x[:, None], [0, 1, 1])
    parts = bool(x[0] <= tree.threshold_[0] < x[1])
    return {"mean_": np.asarray(tree.mean_), "5e-324 <= threshold < 1e-323": parts}


@check("DecisionTree.grow", forbids=SKLEARN)
def deep(code, rng):
    """it asks choose_split, and goes on until every node is done, 1,499 questions deep"""
    tree, x = code.DecisionTree("variance"), rng.permutation(1500) + 0.0

    def choose_split(X, Y, weight, rows):  # the largest against all others
        return (0, X[rows, 0].max() - 0.5) if len(rows) > 1 else (-1, np.nan)

    tree.choose_split = choose_split
    try:
        tree.fit(x[:, None], rng.normal(size=1500))
    except RecursionError:
        return {"calls of grow within one another": "more than Python allows", "nodes": {}}
    return {"calls of grow within one another": "not too many", "nodes": nodes_of(tree)}


@check("DecisionTree.grow", forbids=SKLEARN)
def any_scale(code, rng):
    """small weights, small or large numbers and many classes are split like any others"""
    x, y = rng.permutation(60)[:, None] + 0.0, rng.normal(size=60)
    of_six = np.repeat(np.arange(6), [5, 8, 11, 13, 9, 14])[x[:, 0].astype(int)]
    tree = code.DecisionTree
    return {
        "weights of 0.1": nodes_of(tree("variance").fit(x[:20], y[:20], np.full(20, 0.1))),
        "y times 1e-6": nodes_of(tree("variance").fit(x[:20], y[:20] * 1e-6)),
        "y plus 1e9": nodes_of(tree("variance", min_leaf=8).fit(x, y + 1e9)),
        "six classes": nodes_of(tree().fit(x, of_six)),
    }


@check("DecisionTree.grow", forbids=SKLEARN)
def fitted_again(code, rng):
    """a tree that is fitted again, to other data of the same shape, knows nothing of the first"""
    tree, grown = code.DecisionTree(), {}
    for time in ("first fit", "second fit", "third fit"):
        grown[time] = nodes_of(tree.fit(*planted(rng)))
    return grown


@check("DecisionTree.grow", expect=exactly, forbids=SKLEARN)
def how_many(code, rng):
    """it returns how many nodes there are"""
    tree = code.DecisionTree()
    for name in code.NODES:
        setattr(tree, name, [])
    X, y = planted(rng)
    return tree.grow(X, np.eye(3)[y], np.ones(len(y)))


@check("DecisionTree.grow", given=staircase, expect=accuracy_at_least(0.8), forbids=SKLEARN)
def new_points(code, X, y, X_new):
    """it tells four in five new points on which side of a staircase they are"""
    tree, answers = code.DecisionTree().fit(X, y), []
    for x in X_new:  # down the tree, whatever `apply` does
        node = 0
        while tree.feature_[node] >= 0:
            is_left = x[tree.feature_[node]] <= tree.threshold_[node]
            node = (tree.left_ if is_left else tree.right_)[node]
        answers.append(int(np.argmax(tree.mean_[node])))
    return np.array(answers)


@check("DecisionTree.apply", expect=exactly, forbids=SKLEARN)
def every_row_its_leaf(code, rng):
    """every row ends in the leaf to which the questions lead it"""
    tree = any_tree(code, rng, leaves=7)
    return {
        "30 rows": tree.apply(rng.random((30, 3))),
        "30 other rows": tree.apply(rng.random((30, 3))),
        "the tree afterwards": kept_in(tree),
    }


@check("DecisionTree.apply", expect=exactly, forbids=SKLEARN)
def at_the_threshold(code):
    """a value that equals the threshold goes left, whichever feature is asked for"""
    tree = tree_of(
        code, [0, 1, -1, -1, 0, -1, -1], [0.5, 2.5, 0, 0, 0.7, 0, 0],
        [1, 2, -1, -1, 5, -1, -1], [4, 3, -1, -1, 6, -1, -1],
    )  # fmt: skip
    return tree.apply(np.array([[0.5, 2.5], [0.7, 9], [0.6, 9], [0.5, 2.6], [0.8, 0], [0.4, 0]]))


@check("DecisionTree.apply", expect=exactly, forbids=SKLEARN)
def root_alone(code):
    """in a tree without a question every row ends at the root"""
    tree = tree_of(code, [-1], [np.nan], [-1], [-1])
    return tree.apply(np.arange(6.0).reshape(3, 2))


@check("DecisionTree.apply", expect=exactly, forbids=SKLEARN)
def long_way_down(code, rng):
    """one row may be at its leaf at once and another after forty questions, with any values"""
    at, found = np.arange(80), {}
    feature = np.append(np.where(at % 2, -1, at // 2 % 6), -1)  # a leaf on the left of each
    left, right = (np.append(np.where(at % 2, -1, at + side), -1) for side in (1, 2))
    for name, scale in (("thresholds up to 3", 0.1), ("thresholds up to 3e200", 1e199)):
        threshold = np.append(np.where(at % 2, np.nan, (at // 2 - 9) * scale), np.nan)
        tree = tree_of(code, feature, threshold, left, right, d=6)
        stops, X = 2 * rng.integers(40, size=200), np.full((200, 6), 50 * scale)
        just = np.where(np.arange(200) % 2, threshold[stops], np.nextafter(threshold[stops], 1e300))
        X[np.arange(200), feature[stops]] = just
        X[:3] = [[50 * scale] * 6, [-1e200] * 6, [1e200] * 6]
        found[name] = tree.apply(X)
    return found


@check("prune", forbids=SKLEARN)
def prices(code, rng):
    """for every node the cost of a leaf at which it is folded; the tree stays as it was"""
    tree = any_tree(code, rng, leaves=12)
    return {"prices": code.prune(tree), "the tree afterwards": kept_in(tree)}


@check("prune", forbids=SKLEARN)
def many_small(code, rng):
    """forty leaves, and impurities of a hundred-millionth"""
    tree = any_tree(code, rng, leaves=40)
    tree.impurity_ *= 1e-8
    return {"prices times 1e8": code.prune(tree) * 1e8}


@check("prune", forbids=SKLEARN)
def never_dearer(code, rng):
    """no node is dearer than what is above it, not by a rounding error: alpha never falls"""
    dearer = []
    for _ in range(40):
        tree = any_tree(code, rng, leaves=14)
        inner, R = np.flatnonzero(tree.feature_ >= 0), tree.weight_ * tree.impurity_
        for t in inner[::-1]:  # all questions are worth the same
            R[t] = R[tree.left_[t]] + R[tree.right_[t]] + 0.1 * tree.weight_[0]
        tree.impurity_ = R / tree.weight_
        price = code.prune(tree)
        sides = np.concatenate([price[tree.left_[inner]], price[tree.right_[inner]]])
        dearer.append(int((sides > np.tile(price[inner], 2)).sum()))
    return {"nodes dearer than what is above, in 40 trees": sum(dearer)}


@check("prune", forbids=SKLEARN)
def one_question(code):
    """a single question is worth what it lowers the impurity by"""
    tree = tree_of(
        code, [0, -1, -1], [0.5, np.nan, np.nan], [1, -1, -1], [2, -1, -1],
        weight_=[8.0, 6.0, 2.0], impurity_=[0.5, 0.2, 0.4],
    )  # fmt: skip
    return code.prune(tree)


@check("prune", forbids=SKLEARN)
def folded_together(code):
    """a question that pays only through those below it is folded with them"""
    tree = tree_of(
        code, [0, 1, -1, -1, 1, -1, -1], [0.5, 0.5, 0, 0, 0.5, 0, 0],
        [1, 2, -1, -1, 5, -1, -1], [4, 3, -1, -1, 6, -1, -1],
        weight_=[4.0, 2, 1, 1, 2, 1, 1], impurity_=[0.5, 0.5, 0, 0, 0.5, 0, 0],
    )  # fmt: skip
    return code.prune(tree)


@check("prune", forbids=SKLEARN)
def nothing_to_fold(code):
    """a tree without a question has the price of its only leaf, 0"""
    return code.prune(tree_of(code, [-1], [0], [-1], [-1], weight_=[5.0], impurity_=[0.3]))


@check("prune", forbids=SKLEARN)
def weakest_first(code):
    """the weakest question goes first, and what is above it is worth more or less without it"""
    tree = tree_of(
        code, [0, 1, 0, -1, -1, -1, -1], [0.5, 0.5, 0.2, 0, 0, 0, 0],
        [1, 2, 3, -1, -1, -1, -1], [6, 5, 4, -1, -1, -1, -1],
        weight_=[10.0, 8, 5, 3, 2, 3, 2], impurity_=[0.5, 0.4, 0.3, 0.1, 0.5, 0.3, 0.2],
    )  # fmt: skip
    return code.prune(tree)


def named(code, rng, leaves, d):
    """Return a tree at random whose leaves speak of cats and dogs."""
    tree = any_tree(code, rng, leaves, d)
    share = rng.uniform(0.1, 0.9, len(tree.feature_))
    tree.mean_ = np.column_stack([share, 1 - share])
    tree.classes_ = np.array(["cat", "dog"])
    return tree


@check("export_rules", expect=exactly, forbids=SKLEARN)
def sentences(code, rng):
    """one rule for each leaf, from left to right, each feature once with its tightest bounds"""
    tree, names = named(code, rng, leaves=20, d=6), ["length", "width", "height", "age", "weight"]
    rules = list(code.export_rules(tree, [*names, "tail"]))
    return {"rules": rules, "the tree afterwards": kept_in(tree)}


@check("export_rules", expect=exactly, forbids=SKLEARN)
def asked_again(code):
    """the features stand in the order in which they were asked for the first time"""
    tree = tree_of(
        code, [1, 0, 1, -1, -1, -1, -1], [8.0, 2.5, 4.0, 0, 0, 0, 0],
        [1, 2, 3, -1, -1, -1, -1], [6, 5, 4, -1, -1, -1, -1],
        weight_=[9.0, 7, 5, 2, 3, 2, 2], mean_=np.arange(7.0)[:, None],
    )  # fmt: skip
    return list(code.export_rules(tree, ["class", "age"]))


@check("export_rules", expect=exactly, forbids=SKLEARN)
def both_bounds(code):
    """a feature that is asked for three times has a lower and an upper bound"""
    tree = tree_of(
        code, [0, -1, 0, 0, -1, -1, -1], [1.5, 0, 8.0, 4.0, 0, 0, 0],
        [1, -1, 3, 4, -1, -1, -1], [2, -1, 6, 5, -1, -1, -1], d=1,
        weight_=[9.0, 2, 7, 5, 3, 2, 2], mean_=np.arange(7.0)[:, None],
    )  # fmt: skip
    return list(code.export_rules(tree, ["age"]))


@check("export_rules", expect=exactly, forbids=SKLEARN)
def yes_and_no(code):
    """a feature of 0 and 1 is named, with "not" before it on the left side"""
    tree = tree_of(
        code, [1, 0, -1, -1, -1], [0.5, 2.5, 0, 0, 0], [1, 2, -1, -1, -1], [4, 3, -1, -1, -1],
        weight_=[9.0, 6, 4, 2, 3], mean_=[[0.5, 0.5]] * 2 + [[0.75, 0.25], [0, 1], [1, 0]],
    )  # fmt: skip
    tree.classes_, tree.is_flag_ = np.array(["died", "lived"]), np.array([False, True])
    return list(code.export_rules(tree, ["class", "female"]))


@check("export_rules", expect=exactly, forbids=SKLEARN)
def always(code):
    """a tree without a question has one rule, which always holds"""
    tree = tree_of(code, [-1], [0], [-1], [-1], weight_=[5.0], mean_=[[2.5]])
    return list(code.export_rules(tree, ["length", "width"]))


MISTAKES = [
    Mistake(
        "it is the chance that two draws agree, not that they differ",
        in_="gini",
        old="1 - (p * p).sum(axis=-1)",
        new="(p * p).sum(axis=-1)",
    ),
    Mistake(
        "the sum runs over the whole table instead of each row",
        in_="gini",
        old="(p * p).sum(axis=-1)",
        new="(p * p).sum()",
    ),
    Mistake(
        "the sum runs along the first axis",
        in_="gini",
        old="axis=-1",
        new="axis=0",
    ),
    Mistake(
        "the second axis is summed, not the last",
        in_="gini",
        old="axis=-1",
        new="axis=min(1, p.ndim - 1)",
    ),
    Mistake(
        "the largest share is taken, which is the error of the commonest class",
        in_="gini",
        old="(p * p).sum(axis=-1)",
        new="p.max(axis=-1)",
    ),
    Mistake(
        "it is the entropy, the other impurity",
        in_="gini",
        old="1 - (p * p).sum(axis=-1)",
        new="entropy(p)",
    ),
    Mistake(
        "the impurity is rounded, and what is rare is lost",
        in_="gini",
        old="1 - (p * p).sum(axis=-1)",
        new="np.round(1 - (p * p).sum(axis=-1), 9)",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="gini",
        old="(p * p)",
        new="(p * p).astype(float)",
    ),
    Mistake(
        "both sides count a half, however large they are",
        in_="gain",
        old="inside = n_left * impurity(left / n_left[..., None])\n"
        "    inside = inside + n_right * impurity(right / n_right[..., None])",
        new="inside = impurity(left / n_left[..., None])\n"
        "    inside = n * (inside + impurity(right / n_right[..., None])) / 2",
        lesson="A side of one sample is pure for free. If it counts as much as a side of a "
        "thousand, splitting off single samples looks like the best split of all. Every side "
        "counts by the samples it holds.",
    ),
    Mistake(
        "the sums of a side are taken for its shares",
        in_="gain",
        old="impurity(left / n_left[..., None])",
        new="impurity(left)",
    ),
    Mistake(
        "the sums of a side are taken for its shares",
        in_="gain",
        old="    inside = n_left * impurity(left / n_left[..., None])\n"
        "    inside = inside + n_right * impurity(right / n_right[..., None])\n"
        "    return impurity(total / n)",
        new="    inside = n_left * impurity(left)\n"
        "    inside = inside + n_right * impurity(right)\n"
        "    return impurity(total)",
    ),
    Mistake(
        "the sums of a side are divided by n, not by what that side weighs",
        in_="gain",
        old="    inside = n_left * impurity(left / n_left[..., None])\n"
        "    inside = inside + n_right * impurity(right / n_right[..., None])",
        new="    inside = n_left * impurity(left / n)\n"
        "    inside = inside + n_right * impurity(right / n)",
    ),
    Mistake(
        "the right side is divided by the number of the left",
        in_="gain",
        old="right / n_right[..., None]",
        new="right / n_left[..., None]",
    ),
    Mistake(
        "the weighted sum of the sides is not divided by n",
        in_="gain",
        old="inside / n",
        new="inside",
    ),
    Mistake(
        "it returns what is left of the impurity, not by how much it fell",
        in_="gain",
        old="return impurity(total / n) - inside / n",
        new="return inside / n",
    ),
    Mistake(
        "the sign is turned round: a good split has a negative gain",
        in_="gain",
        old="impurity(total / n) - inside / n",
        new="inside / n - impurity(total / n)",
    ),
    Mistake(
        "gini is used, whatever impurity was handed over",
        in_="gain",
        old="right, n_right = total - left, n - n_left",
        new="impurity = gini\n    right, n_right = total - left, n - n_left",
    ),
    Mistake(
        "the number of samples is taken to be the sum of Y, which holds for labels alone",
        in_="gain",
        old="right, n_right = total - left, n - n_left",
        new="n, n_left = total.sum(), left.sum(axis=-1)\n"
        "    right, n_right = total - left, n - n_left",
    ),
    Mistake(
        "the right side is forgotten",
        in_="gain",
        old="    inside = inside + n_right * impurity(right / n_right[..., None])\n",
        new="",
    ),
    Mistake(
        "a cut may lie between two equal values, which no threshold parts",
        in_="best_split",
        old="V[:, 1:] > V[:, :-1]",
        new="V[:, 1:] >= V[:, :-1]",
        lesson="Between two equal values there is no place for a threshold: whatever it is, both "
        "go the same way. The cut that was scored is then not the cut that is made. As long as "
        "all values differ, nothing shows; ages, rooms and counts do not differ.",
    ),
    Mistake(
        "the threshold is the lower of the two values instead of midway",
        in_="best_split",
        old="midway(V[f, i], V[f, i + 1])",
        new="V[f, i]",
    ),
    Mistake(
        "the threshold is the mean of the two floats, which may round up to the larger one",
        in_="best_split",
        old="midway(V[f, i], V[f, i + 1])",
        new="(V[f, i] + V[f, i + 1]) / 2",
    ),
    Mistake(
        "the threshold is found one position too early",
        in_="best_split",
        old="midway(V[f, i], V[f, i + 1])",
        new="midway(V[f, i - 1], V[f, i])",
    ),
    Mistake(
        "the weights are not used: every sample counts the same",
        in_="best_split",
        old="V = np.sort",
        new="weight = np.ones(m)\n    V = np.sort",
    ),
    Mistake(
        "one sample more than min_leaf is wanted on either side",
        in_="best_split",
        old="    cut[:, : min_leaf - 1] = False\n    cut[:, m - min_leaf :] = False\n",
        new="    cut[:, :min_leaf] = False\n    cut[:, m - min_leaf - 1 :] = False\n",
    ),
    Mistake(
        "min_leaf is asked of the left side only",
        in_="best_split",
        old="    cut[:, m - min_leaf :] = False\n",
        new="",
    ),
    Mistake(
        "min_leaf is asked of the right side only",
        in_="best_split",
        old="    cut[:, : min_leaf - 1] = False\n",
        new="",
    ),
    Mistake(
        "min_leaf plays no part",
        in_="best_split",
        old="    cut[:, : min_leaf - 1] = False\n    cut[:, m - min_leaf :] = False\n",
        new="",
    ),
    Mistake(
        "min_leaf is held against the weight of a side, not the number of its samples",
        in_="best_split",
        old="    cut[:, : min_leaf - 1] = False\n    cut[:, m - min_leaf :] = False\n",
        new="    heavy = weight[order].cumsum(axis=1)[:, :-1]\n"
        "    cut &= (heavy >= min_leaf) & (weight.sum() - heavy >= min_leaf)\n",
    ),
    Mistake(
        "cuts that are not possible score 0 instead of -inf, and win where nothing gains",
        in_="best_split",
        old="    f, i = np.argwhere(cut)[gains.argmax()]",
        new="    scores = np.zeros(cut.shape)\n    scores[cut] = gains\n"
        "    f, i = np.unravel_index(scores.argmax(), cut.shape)",
    ),
    Mistake(
        "of equally good cuts the lowest position is taken, in whichever feature it is",
        in_="best_split",
        old="    f, i = np.argwhere(cut)[gains.argmax()]",
        new="    scores = np.full(cut.shape, -np.inf)\n    scores[cut] = gains\n"
        "    i, f = np.unravel_index(scores.T.argmax(), cut.T.shape)",
    ),
    Mistake(
        "a node of one class is not cut: that is for is_done to say",
        in_="best_split",
        old="if not cut.any():",
        new="if not cut.any() or (Y == Y[0]).all():",
    ),
    Mistake(
        "the worst of the cuts is taken",
        in_="best_split",
        old="gains.argmax()",
        new="gains.argmin()",
    ),
    Mistake(
        "of equally good cuts the last is taken",
        in_="best_split",
        old="gains.argmax()",
        new="len(gains) - 1 - gains[::-1].argmax()",
    ),
    Mistake(
        "gini is used, whatever impurity was handed over",
        in_="best_split",
        old="n, impurity)",
        new="n)",
    ),
    Mistake(
        "the targets stay in the order of the table while the features are sorted",
        in_="best_split",
        old="z[order].cumsum(axis=1)",
        new="np.tile(z, (len(order), 1)).cumsum(axis=1)",
    ),
    Mistake(
        "a sample left of the cut is missing from the left side",
        in_="best_split",
        old="z[order].cumsum(axis=1)[:, :-1][cut]",
        new="np.roll(z[order].cumsum(axis=1), 1, axis=1)[:, :-1][cut]",
    ),
    Mistake(
        "it stumbles where no cut is possible",
        in_="best_split",
        old="    if not cut.any():\n        return -1, np.nan, 0.0\n",
        new="",
    ),
    Mistake(
        "a mixed node without a gain stays a leaf, and what two questions could tell is lost",
        in_="DecisionTree.grow",
        old="            if f < 0:",
        new="            part, sides = Y[rows], X[rows, f] <= t\n"
        "            after = [part[s].var(axis=0).sum() * s.mean() for s in (sides, ~sides)]\n"
        "            if f < 0 or sum(after) >= part.var(axis=0).sum() - 1e-12:",
    ),
    Mistake(
        "left and right change places",
        in_="DecisionTree.grow",
        old='(rows[~is_left], depth + 1, node, "right_"))\n'
        '            stack.append((rows[is_left], depth + 1, node, "left_"))',
        new='(rows[is_left], depth + 1, node, "right_"))\n'
        '            stack.append((rows[~is_left], depth + 1, node, "left_"))',
    ),
    Mistake(
        "the right side is numbered before the left",
        in_="DecisionTree.grow",
        old='stack.append((rows[~is_left], depth + 1, node, "right_"))\n'
        '            stack.append((rows[is_left], depth + 1, node, "left_"))',
        new='stack.append((rows[is_left], depth + 1, node, "left_"))\n'
        '            stack.append((rows[~is_left], depth + 1, node, "right_"))',
    ),
    Mistake(
        "the oldest part is taken first, so that nodes are numbered by level",
        in_="DecisionTree.grow",
        old="stack.pop()",
        new="stack.pop(0)",
    ),
    Mistake(
        "the oldest part is taken first, so that nodes are numbered by level",
        in_="DecisionTree.grow",
        old="stack.pop()\n"
        "            node = self.add_node(Y[rows], weight[rows], parent, side)\n"
        "            if self.is_done(Y[rows], depth):\n"
        "                continue\n"
        "            f, t = self.choose_split(X, Y, weight, rows)\n"
        "            if f < 0:\n"
        "                continue\n"
        "            self.feature_[node], self.threshold_[node] = f, t\n"
        "            is_left = X[rows, f] <= t\n"
        '            stack.append((rows[~is_left], depth + 1, node, "right_"))\n'
        '            stack.append((rows[is_left], depth + 1, node, "left_"))\n',
        new="stack.pop(0)\n"
        "            node = self.add_node(Y[rows], weight[rows], parent, side)\n"
        "            if self.is_done(Y[rows], depth):\n"
        "                continue\n"
        "            f, t = self.choose_split(X, Y, weight, rows)\n"
        "            if f < 0:\n"
        "                continue\n"
        "            self.feature_[node], self.threshold_[node] = f, t\n"
        "            is_left = X[rows, f] <= t\n"
        '            stack.append((rows[is_left], depth + 1, node, "left_"))\n'
        '            stack.append((rows[~is_left], depth + 1, node, "right_"))\n',
    ),
    Mistake(
        "both sides are added with the question, so that the right comes before what is below the "
        "left",
        in_="DecisionTree.grow",
        old="        stack = [(np.arange(len(X)), 0, None, None)]\n"
        "        while stack:\n"
        "            rows, depth, parent, side = stack.pop()\n"
        "            node = self.add_node(Y[rows], weight[rows], parent, side)\n"
        "            if self.is_done(Y[rows], depth):\n"
        "                continue\n"
        "            f, t = self.choose_split(X, Y, weight, rows)\n"
        "            if f < 0:\n"
        "                continue\n"
        "            self.feature_[node], self.threshold_[node] = f, t\n"
        "            is_left = X[rows, f] <= t\n"
        '            stack.append((rows[~is_left], depth + 1, node, "right_"))\n'
        '            stack.append((rows[is_left], depth + 1, node, "left_"))\n',
        new="        stack = [(np.arange(len(X)), 0, self.add_node(Y, weight, None, None))]\n"
        "        while stack:\n"
        "            rows, depth, node = stack.pop()\n"
        "            if self.is_done(Y[rows], depth):\n"
        "                continue\n"
        "            f, t = self.choose_split(X, Y, weight, rows)\n"
        "            if f < 0:\n"
        "                continue\n"
        "            self.feature_[node], self.threshold_[node] = f, t\n"
        "            is_left = X[rows, f] <= t\n"
        '            sides = {"left_": rows[is_left], "right_": rows[~is_left]}\n'
        "            found = [\n"
        "                (part, depth + 1, self.add_node(Y[part], weight[part], node, side))\n"
        "                for side, part in sides.items()\n"
        "            ]\n"
        "            stack += found[::-1]\n",
    ),
    Mistake(
        "it calls itself for each side, and Python stops it after a thousand calls",
        in_="DecisionTree.grow",
        old="        stack = [(np.arange(len(X)), 0, None, None)]\n"
        "        while stack:\n"
        "            rows, depth, parent, side = stack.pop()\n"
        "            node = self.add_node(Y[rows], weight[rows], parent, side)\n"
        "            if self.is_done(Y[rows], depth):\n"
        "                continue\n"
        "            f, t = self.choose_split(X, Y, weight, rows)\n"
        "            if f < 0:\n"
        "                continue\n"
        "            self.feature_[node], self.threshold_[node] = f, t\n"
        "            is_left = X[rows, f] <= t\n"
        '            stack.append((rows[~is_left], depth + 1, node, "right_"))\n'
        '            stack.append((rows[is_left], depth + 1, node, "left_"))\n',
        new="        def part(rows, depth, parent, side):\n"
        "            node = self.add_node(Y[rows], weight[rows], parent, side)\n"
        "            if self.is_done(Y[rows], depth):\n"
        "                return\n"
        "            f, t = self.choose_split(X, Y, weight, rows)\n"
        "            if f < 0:\n"
        "                return\n"
        "            self.feature_[node], self.threshold_[node] = f, t\n"
        "            is_left = X[rows, f] <= t\n"
        '            part(rows[is_left], depth + 1, node, "left_")\n'
        '            part(rows[~is_left], depth + 1, node, "right_")\n'
        "        part(np.arange(len(X)), 0, None, None)\n",
    ),
    Mistake(
        "the depth does not grow on the way down",
        in_="DecisionTree.grow",
        old='(rows[is_left], depth + 1, node, "left_")',
        new='(rows[is_left], depth, node, "left_")',
    ),
    Mistake(
        "the depth does not grow on the way down",
        in_="DecisionTree.grow",
        old='(rows[~is_left], depth + 1, node, "right_")',
        new='(rows[~is_left], depth, node, "right_")',
    ),
    Mistake(
        "the depth does not grow on the way down",
        in_="DecisionTree.grow",
        old='(rows[~is_left], depth + 1, node, "right_"))\n'
        '            stack.append((rows[is_left], depth + 1, node, "left_"))',
        new='(rows[~is_left], depth, node, "right_"))\n'
        '            stack.append((rows[is_left], depth, node, "left_"))',
    ),
    Mistake(
        "the sides are numbered within their parent, not among all samples",
        in_="DecisionTree.grow",
        old='rows[is_left], depth + 1, node, "left_"',
        new='np.flatnonzero(is_left), depth + 1, node, "left_"',
    ),
    Mistake(
        "the sides are numbered within their parent, not among all samples",
        in_="DecisionTree.grow",
        old='(rows[~is_left], depth + 1, node, "right_"))\n'
        '            stack.append((rows[is_left], depth + 1, node, "left_"))',
        new='(np.flatnonzero(~is_left), depth + 1, node, "right_"))\n'
        '            stack.append((np.flatnonzero(is_left), depth + 1, node, "left_"))',
    ),
    Mistake(
        "a value on the threshold goes right",
        in_="DecisionTree.grow",
        old="X[rows, f] <= t",
        new="X[rows, f] < t",
    ),
    Mistake(
        "nobody asks whether the node is done, so that limits play no part",
        in_="DecisionTree.grow",
        old="if self.is_done(Y[rows], depth):",
        new="if len(rows) < 2 or (Y[rows] == Y[rows[0]]).all():",
    ),
    Mistake(
        "nobody asks whether the node is done, so that limits play no part",
        in_="DecisionTree.grow",
        old="            if self.is_done(Y[rows], depth):\n                continue\n",
        new="",
    ),
    Mistake(
        "nobody asks whether the feature is -1, so that a node that nothing can split is split",
        in_="DecisionTree.grow",
        old="            if f < 0:\n                continue\n",
        new="",
    ),
    Mistake(
        "the question is not kept in the node",
        in_="DecisionTree.grow",
        old="self.feature_[node], self.threshold_[node] = f, t",
        new="self.threshold_[node] = t",
    ),
    Mistake(
        "nodes are made without their weights",
        in_="DecisionTree.grow",
        old="self.add_node(Y[rows], weight[rows], parent, side)",
        new="self.add_node(Y[rows], np.ones(len(rows)), parent, side)",
    ),
    Mistake(
        "it returns the number of the last node, which is one less than there are",
        in_="DecisionTree.grow",
        old="return len(self.feature_)",
        new="return node",
    ),
    Mistake(
        "a value on the threshold goes right",
        in_="DecisionTree.apply",
        old="<= self.threshold_[at]",
        new="< self.threshold_[at]",
        lesson="Thresholds lie midway between values of the training rows, so no training row "
        "ever stands on one, and nothing shows. A new row may: 2.5 rooms, an age of 38.5. Growing "
        "and descending must agree on which side that is.",
    ),
    Mistake(
        "left and right change places",
        in_="DecisionTree.apply",
        old="self.left_[at], self.right_[at]",
        new="self.right_[at], self.left_[at]",
    ),
    Mistake(
        "the rows answer one question only",
        in_="DecisionTree.apply",
        old="while len(rows):",
        new="if len(rows):",
    ),
    Mistake(
        "all stop as soon as one of them has arrived",
        in_="DecisionTree.apply",
        old="while len(rows):",
        new="while len(rows) == len(X):",
    ),
    Mistake(
        "rows that have arrived are sent on as long as any other is on its way, to node -1",
        in_="DecisionTree.apply",
        old="            rows = rows[self.feature_[node[rows]] >= 0]",
        new="            if (self.feature_[node] < 0).all():\n                break",
    ),
    Mistake(
        "the tree itself is changed: its leaves come to point at themselves",
        in_="DecisionTree.apply",
        old="        while len(rows):",
        new="        leaves = np.flatnonzero(self.feature_ < 0)\n"
        "        self.left_[leaves] = self.right_[leaves] = leaves\n"
        "        while len(rows):",
    ),
    Mistake(
        "every row is asked about the feature of the first row's node",
        in_="DecisionTree.apply",
        old="X[rows, self.feature_[at]]",
        new="X[rows, self.feature_[at[0]]]",
    ),
    Mistake(
        "the values are read from the first rows of X, not from those still on their way",
        in_="DecisionTree.apply",
        old="X[rows, self.feature_[at]]",
        new="X[np.arange(len(rows)), self.feature_[at]]",
    ),
    Mistake(
        "the root is taken for a question even where it is a leaf",
        in_="DecisionTree.apply",
        old="rows = np.flatnonzero(self.feature_[node] >= 0)",
        new="rows = np.arange(len(X))",
    ),
    Mistake(
        "a saving of one leaf too many is counted: the node itself becomes one",
        in_="prune",
        old="np.maximum(subtree_sums(ends, leaf) - 1, 1)",
        new="np.maximum(subtree_sums(ends, leaf), 1)",
    ),
    Mistake(
        "what is lost is not shared among the leaves that are saved",
        in_="prune",
        old="lost / saved",
        new="lost",
    ),
    Mistake(
        "only the node itself gets the price, not the questions below it",
        in_="prune",
        old="        price[below][inner[below]] = alpha\n",
        new="        price[t] = alpha\n",
    ),
    Mistake(
        "the price of what was folded before is overwritten",
        in_="prune",
        old="price[below][inner[below]] = alpha",
        new="price[below] = alpha",
    ),
    Mistake(
        "leaves, which cannot be folded, have an infinite price",
        in_="prune",
        old="return price",
        new="return np.where(tree.feature_ < 0, np.inf, price)",
    ),
    Mistake(
        "the strongest question is folded first",
        in_="prune",
        old="np.where(inner, lost / saved, np.inf)\n        t = link.argmin()",
        new="np.where(inner, lost / saved, -np.inf)\n        t = link.argmax()",
    ),
    Mistake(
        "a folded node is not counted as a leaf from then on",
        in_="prune",
        old="        leaf[t] = True\n",
        new="",
    ),
    Mistake(
        "the leaves below a folded node are still counted",
        in_="prune",
        old="inner[below] = leaf[below] = False",
        new="inner[below] = False",
    ),
    Mistake(
        "the children's impurities are compared instead of those of all leaves",
        in_="prune",
        old="        lost = R - subtree_sums(ends, R * leaf)\n",
        new="        lost = R - R[tree.left_] - R[tree.right_]\n",
    ),
    Mistake(
        "the R of all nodes below is summed, not that of the leaves",
        in_="prune",
        old="subtree_sums(ends, R * leaf)",
        new="subtree_sums(ends, R)",
    ),
    Mistake(
        "the price may fall again by a rounding error, so that a node is dearer than its parent",
        in_="prune",
        old="alpha = max(alpha, link[t])",
        new="alpha = link[t]",
    ),
    Mistake(
        "the tree itself is changed: what is folded loses its question",
        in_="prune",
        old="        leaf[t] = True\n",
        new="        leaf[t] = True\n        tree.feature_[t] = -1\n",
    ),
    Mistake(
        "all quotients are taken once, on the full tree, and never again",
        in_="prune",
        old="    while inner[0]:",
        new="    saved = np.maximum(subtree_sums(ends, leaf) - 1, 1)\n"
        "    full = (R - subtree_sums(ends, R * leaf)) / saved\n"
        "    return np.where(inner, full, 0.0)\n    while inner[0]:",
    ),
    Mistake(
        "the sides are swapped: the left one is said to be above the threshold",
        in_="export_rules",
        old="(tree.right_[node], bounds | {f: (t, high)}))\n"
        "        stack.append((tree.left_[node], bounds | {f: (low, t)}))",
        new="(tree.right_[node], bounds | {f: (low, t)}))\n"
        "        stack.append((tree.left_[node], bounds | {f: (t, high)}))",
    ),
    Mistake(
        "the rules come from right to left",
        in_="export_rules",
        old="stack.append((tree.right_[node], bounds | {f: (t, high)}))\n"
        "        stack.append((tree.left_[node], bounds | {f: (low, t)}))",
        new="stack.append((tree.left_[node], bounds | {f: (low, t)}))\n"
        "        stack.append((tree.right_[node], bounds | {f: (t, high)}))",
    ),
    Mistake(
        "what was known of the feature is forgotten when it is asked for again",
        in_="export_rules",
        old="bounds.get(f, (-np.inf, np.inf))",
        new="-np.inf, np.inf",
    ),
    Mistake(
        "only the last question is kept, not the way down",
        in_="export_rules",
        old="bounds | {f: (t, high)}))\n"
        "        stack.append((tree.left_[node], bounds | {f: (low, t)}))",
        new="{f: (t, high)}))\n        stack.append((tree.left_[node], {f: (low, t)}))",
    ),
    Mistake(
        "both sides share one dict, so that the one overwrites the bounds of the other",
        in_="export_rules",
        old="        stack.append((tree.right_[node], bounds | {f: (t, high)}))\n"
        "        stack.append((tree.left_[node], bounds | {f: (low, t)}))",
        new="        bounds[f] = (t, high)\n"
        "        stack.append((tree.right_[node], bounds))\n"
        "        bounds[f] = (low, t)\n"
        "        stack.append((tree.left_[node], bounds))",
    ),
    Mistake(
        "both sides share one dict, so that the one overwrites the bounds of the other",
        in_="export_rules",
        old="    stack = [(0, {})]\n"
        "    while stack:\n"
        "        node, bounds = stack.pop()\n"
        "        f, t = tree.feature_[node], tree.threshold_[node]\n"
        "        if f < 0:\n"
        "            rules.append(write_rule(tree, node, bounds, names))\n"
        "            continue\n"
        "        low, high = bounds.get(f, (-np.inf, np.inf))\n"
        "        stack.append((tree.right_[node], bounds | {f: (t, high)}))\n"
        "        stack.append((tree.left_[node], bounds | {f: (low, t)}))\n",
        new="    def walk(node, bounds):\n"
        "        f, t = tree.feature_[node], tree.threshold_[node]\n"
        "        if f < 0:\n"
        "            rules.append(write_rule(tree, node, bounds, names))\n"
        "            return\n"
        "        low, high = bounds.get(f, (-np.inf, np.inf))\n"
        "        bounds[f] = (low, t)\n"
        "        walk(tree.left_[node], bounds)\n"
        "        bounds[f] = (t, high)\n"
        "        walk(tree.right_[node], bounds)\n"
        "    walk(0, {})\n",
    ),
    Mistake(
        "a feature that is asked for again moves to the end of the rule",
        in_="export_rules",
        old="        low, high = bounds.get(f, (-np.inf, np.inf))\n",
        new="        low, high = bounds.get(f, (-np.inf, np.inf))\n"
        "        bounds = {other: bounds[other] for other in bounds if other != f}\n",
    ),
    Mistake(
        "the tree itself is changed: its thresholds are rounded for the page",
        in_="export_rules",
        old="        if f < 0:\n            rules",
        new="        tree.threshold_[node] = np.round(t, 3)\n        if f < 0:\n            rules",
    ),
    Mistake(
        "a root that is a leaf gets no rule",
        in_="export_rules",
        old="        if f < 0:\n            rules",
        new="        if f < 0 and not bounds:\n            continue\n"
        "        if f < 0:\n            rules",
    ),
    Mistake(
        "inner nodes get a rule too",
        in_="export_rules",
        old="        if f < 0:\n            rules",
        new="        if f >= 0:\n            rules.append(write_rule(tree, node, bounds, names))\n"
        "        if f < 0:\n            rules",
    ),
]


EXPLAIN = [
    Explain(
        "halves",
        why="both sides count a half, however large they are",
        causes={
            "the sums of a side are taken for its shares": "Both sides are divided by their number "
            "before impurity sees them.",
            "the sign is turned round: a good split has a negative gain": "The impurity of the "
            "node comes first, and what is left of it is taken away.",
            "the right side is divided by the number of the left": "right is divided by n_right.",
        },
        takes="`left` and `right` hold how many samples of each of two classes go either way; out "
        "comes the gain of that split.",
        call=lambda code, left, right: code.gain(
            np.asarray(left, dtype=float),
            float(np.sum(left)),
            np.asarray(left, dtype=float) + np.asarray(right, dtype=float),
            float(np.sum(left) + np.sum(right)),
        ),
        example={"left": [3, 1], "right": [1, 3]},
        witness={"left": [1, 0], "right": [3, 4]},
    ),
    Explain(
        "equals",
        why="a cut may lie between two equal values, which no threshold parts",
        causes={
            "the targets stay in the order of the table while the features are sorted": "z[order] "
            "brings the targets into the order of each feature before they are summed.",
            "min_leaf is asked of the left side only": "Cuts with too little room are unmarked "
            "on both sides, at the beginning and at the end.",
            "of equally good cuts the last is taken": "argmax names the first of several that are "
            "equal.",
        },
        takes="`x` is one feature and `y` the labels, 0 or 1, of as many samples; out come the "
        "threshold of the best split and its gain.",
        call=lambda code, x, y: code.best_split(
            np.asarray(x, dtype=float)[:, None],
            np.eye(2)[np.asarray(y, dtype=int)],
            np.ones(len(x)),
        )[1:],
        example={"x": [1, 2, 3, 4], "y": [0, 0, 1, 1]},
        witness={"x": [1, 1, 1, 4], "y": [0, 1, 1, 1]},
    ),
]

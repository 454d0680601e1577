"""Oracle for trees: scikit-learn on the Titanic, on houses and on digits."""

import numpy as np
import pytest

import bookdata
from solutions.inputs import NotFittedError
from solutions.trees import DecisionTree, best_split, export_rules, gain, gini, midway, prune

tree_of_theirs = pytest.importorskip("sklearn.tree")


def single(X):
    """Return X as scikit-learn sees it, which rounds it to float32."""
    return np.asarray(X).astype(np.float32).astype(float)


@pytest.fixture(scope="module")
def passengers():
    """Return sex, age (28 where it is not known) and class, X (1309, 3), and who survived."""
    data = bookdata.titanic()
    age = np.where(np.isnan(data.age), 28, data.age)
    return single(np.column_stack([data.sex == "female", age, data.passenger_class])), data.survived


@pytest.fixture(scope="module")
def houses():
    """Return the 33 numbers of each house, X (2930, 33), and the log of its price."""
    data = bookdata.ames()
    numbers = [c for c in data[1:-1] if c.dtype.kind == "f"]
    return single(np.column_stack(numbers)), np.log(data.sale_price)


def path(tree):
    """Return the alphas at which the best tree changes, and what impurity is left."""
    price = prune(tree)
    alphas = np.unique(price)
    left = []
    for alpha in alphas:
        smaller = tree.pruned(alpha, price)
        leaf = smaller.feature_ < 0
        left.append((smaller.weight_ * smaller.impurity_)[leaf].sum() / smaller.weight_[0])
    return alphas, np.array(left)


def without_ties(alphas, impurities):
    """Return a path in which several foldings at one alpha are a single step."""
    last = np.append(np.diff(alphas) > 1e-12, True)
    return alphas[last], impurities[last]


def test_houses_have_scikit_learn_s_path(houses):
    X, y = houses
    ours = path(DecisionTree("variance", min_leaf=5).fit(X, y))
    tree = tree_of_theirs.DecisionTreeRegressor(min_samples_leaf=5, random_state=0)
    theirs = tree.cost_complexity_pruning_path(X, y)
    np.testing.assert_allclose(ours[0], theirs.ccp_alphas, rtol=0, atol=1e-10)
    np.testing.assert_allclose(ours[1], theirs.impurities, rtol=0, atol=1e-10)


@pytest.mark.parametrize("impurity, unit", [("gini", 1.0), ("entropy", np.log(2))])
def test_passengers_have_scikit_learn_s_path(passengers, impurity, unit):
    X, y = passengers
    ours = without_ties(*path(DecisionTree(impurity, min_leaf=5).fit(X, y)))
    tree = tree_of_theirs.DecisionTreeClassifier(
        criterion=impurity, min_samples_leaf=5, random_state=0
    )
    theirs = tree.cost_complexity_pruning_path(X, y)  # entropy in bits
    theirs = without_ties(theirs.ccp_alphas * unit, theirs.impurities * unit)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=0, atol=1e-10)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=0, atol=1e-10)


@pytest.mark.parametrize("alpha", [0.0003, 0.001, 0.01])
def test_pruned_houses_are_scikit_learn_s(houses, alpha):
    X, y = houses
    ours = DecisionTree("variance", min_leaf=5).fit(X, y).pruned(alpha)
    theirs = tree_of_theirs.DecisionTreeRegressor(
        min_samples_leaf=5, ccp_alpha=alpha, random_state=0
    ).fit(X, y)
    assert len(ours.feature_) == theirs.tree_.node_count
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=0, atol=1e-10)


@pytest.mark.parametrize("impurity", ["gini", "entropy"])
@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_passengers_are_told_apart_as_by_scikit_learn(passengers, impurity, depth):
    X, y = passengers
    ours = DecisionTree(impurity, max_depth=depth, min_leaf=10).fit(X, y)
    theirs = tree_of_theirs.DecisionTreeClassifier(
        criterion=impurity, max_depth=depth, min_samples_leaf=10, random_state=0
    ).fit(X, y)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-12)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


def test_weights_are_scikit_learn_s(houses):
    X, y = houses
    weight = np.random.default_rng(0).uniform(0, 2, len(y))
    ours = DecisionTree("variance", max_depth=6, min_leaf=20).fit(X, y, weight)
    theirs = tree_of_theirs.DecisionTreeRegressor(max_depth=6, min_samples_leaf=20)
    theirs.fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=0, atol=1e-10)


@pytest.mark.parametrize("impurity", ["gini", "entropy"])
def test_weighted_labels_are_scikit_learn_s(passengers, impurity):
    X, y = passengers
    weight = np.random.default_rng(0).uniform(0, 2, len(y)) ** 2
    ours = DecisionTree(impurity, max_depth=5, min_leaf=10).fit(X, y, weight)
    theirs = tree_of_theirs.DecisionTreeClassifier(
        criterion=impurity, max_depth=5, min_samples_leaf=10, random_state=0
    ).fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-10)


@pytest.mark.parametrize("impurity", ["gini", "entropy"])
def test_weights_of_all_sizes_leave_shares_that_are_shares(impurity):
    for seed in range(40):  # sums of weights round, and what is left over may be -1e-12
        rng = np.random.default_rng(seed)
        X, y = rng.integers(5, size=(50, 3)), rng.integers(3, size=50)
        weight = rng.random(50) * rng.choice([1e-9, 0.1, 1 / 3, 1e6], size=50)
        tree = DecisionTree(impurity).fit(X, y, weight)
        assert tree.impurity_.min() > -1e-12


def test_digits_are_read_as_well_as_by_scikit_learn():
    X, y, X_test, y_test = bookdata.digits()
    ours = DecisionTree().fit(X, y).score(X_test, y_test)
    scores = [
        tree_of_theirs.DecisionTreeClassifier(random_state=seed).fit(X, y).score(X_test, y_test)
        for seed in range(5)
    ]
    assert min(scores) - 0.02 <= ours <= max(scores) + 0.02


def test_a_weight_of_two_is_the_sample_twice(passengers):
    X, y = passengers
    counts = np.bincount(np.random.default_rng(1).integers(len(y), size=len(y)), minlength=len(y))
    rows = np.repeat(np.arange(len(y)), counts)
    weighted = DecisionTree(max_depth=5).fit(X, y, counts)
    repeated = DecisionTree(max_depth=5).fit(X[rows], y[rows])
    np.testing.assert_array_equal(weighted.feature_, repeated.feature_)
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-12)


def test_only_the_order_of_values_matters(houses):
    X, y = houses[0][:400], houses[1][:400]
    tree = DecisionTree("variance", min_leaf=5).fit(X, y)
    stretched = DecisionTree("variance", min_leaf=5).fit(np.log1p(X - X.min(axis=0)), y)
    np.testing.assert_allclose(
        tree.predict(X), stretched.predict(np.log1p(X - X.min(axis=0))), atol=1e-12
    )


def test_gini_is_the_variance_of_the_one_hot_labels():
    rng = np.random.default_rng(0)
    Y = np.eye(4)[rng.integers(4, size=50)]
    assert gini(Y.mean(axis=0)) == pytest.approx(Y.var(axis=0).sum(), rel=1e-12)


def test_no_split_has_a_negative_gain():
    rng = np.random.default_rng(0)
    left = rng.integers(0, 9, size=(200, 3)) + 1.0
    total = left.max(axis=0) + 1
    assert gain(left, left.sum(axis=1), total, total.sum()).min() > -1e-12


def test_a_tree_of_all_questions_knows_the_training_rows_by_heart(houses):
    X, y = houses[0][:300], houses[1][:300]
    np.testing.assert_allclose(DecisionTree("variance").fit(X, y).predict(X), y, atol=1e-12)


def test_the_price_never_rises_on_the_way_down(houses):
    tree = DecisionTree("variance", min_leaf=5).fit(*houses)
    price, inner = prune(tree), tree.feature_ >= 0
    for side in (tree.left_, tree.right_):
        assert (price[side[inner]] <= price[inner]).all()


def test_drawn_features_need_a_generator_and_repeat_with_its_seed():
    X, y = bookdata.digits()[:2]
    with pytest.raises(TypeError, match="rng must be"):
        DecisionTree(max_features=8).fit(X, y)
    one, two = (
        DecisionTree(max_features=8, rng=np.random.default_rng(3)).fit(X, y) for _ in range(2)
    )
    np.testing.assert_array_equal(one.threshold_, two.threshold_)
    assert one.score(X, y) == 1.0  # where the drawn ones cannot split, the others do


def test_a_threshold_parts_its_two_values():
    for low, high in [(1.0, np.nextafter(1, 2)), (-1.7e308, 1.7e308), (0.0, 5e-324)]:
        assert low <= midway(low, high) < high
    assert midway(np.float32(1), np.float32(2)).dtype == np.float32


def test_rules_are_read_as_sentences(passengers):
    X, y = passengers
    tree = DecisionTree(max_depth=2).fit(X, np.array(["died", "lived"])[y])
    rules = export_rules(tree, ["female", "age", "class"])
    assert len(rules) == (tree.feature_ < 0).sum()
    assert rules[0].startswith("not female and age <= 9.5: lived (")
    assert export_rules(tree.pruned(1.0), ["female", "age", "class"])[0].startswith("always: died")


# Bad input: each a sentence that says what was wrong.

X_GOOD = np.array([[0.0, 1.0], [1.0, 0.5], [2.0, 3.0], [0.5, 2.0]])
Y_GOOD = np.array([0, 1, 1, 0])


@pytest.mark.parametrize(
    "X, y, sentence",
    [
        (X_GOOD[0], Y_GOOD, r"shape \(n, d\).*shape is \(2,\)"),
        (X_GOOD, Y_GOOD[:3], r"\(4, 2\).*\(4,\).*shape is \(3,\)"),
        (np.where(X_GOOD == 3, np.nan, X_GOOD), Y_GOOD, r"X\[2, 1\] is nan"),
        (np.where(X_GOOD == 3, np.inf, X_GOOD), Y_GOOD, r"X\[2, 1\] is inf"),
        (X_GOOD[:0], Y_GOOD[:0], "empty"),
        (X_GOOD, np.array([0.5, 1, 1, 0]), 'impurity="variance"'),
        (X_GOOD, np.array([0, np.nan, 1, 0]), "NaN"),
    ],
)
def test_bad_data_is_refused_with_a_sentence(X, y, sentence):
    with pytest.raises(ValueError, match=sentence):
        DecisionTree().fit(X, y)


def test_numbers_to_predict_must_be_finite_numbers():
    with pytest.raises(TypeError, match="y must hold numbers"):
        DecisionTree("variance").fit(X_GOOD, ["a", "b", "c", "d"])
    with pytest.raises(ValueError, match=r"y\[1\] is nan"):
        DecisionTree("variance").fit(X_GOOD, [0, np.nan, 1, 2])
    with pytest.raises(TypeError, match="X must hold numbers"):
        DecisionTree().fit(X_GOOD.astype(str), Y_GOOD)


@pytest.mark.parametrize(
    "setting, error",
    [
        ({"impurity": "anger"}, ValueError),
        ({"max_depth": -1}, ValueError),
        ({"max_depth": 1.5}, TypeError),
        ({"min_leaf": 0}, ValueError),
        ({"max_features": 0}, ValueError),
    ],
)
def test_a_setting_out_of_range_is_refused(setting, error):
    with pytest.raises(error, match=f"^{next(iter(setting))} must be"):
        DecisionTree(**setting).fit(X_GOOD, Y_GOOD)


def test_weights_that_make_no_sense_are_refused():
    for weight, sentence in [([1, 1], r"shape is \(2,\)"), ([1, 1, 1, -1], "least weight")]:
        with pytest.raises(ValueError, match=sentence):
            DecisionTree().fit(X_GOOD, Y_GOOD, weight)
    with pytest.raises(ValueError, match="largest weight"):
        DecisionTree().fit(X_GOOD, Y_GOOD, np.zeros(4))


def test_a_tree_that_has_not_grown_says_so():
    for ask in (
        lambda: DecisionTree().predict(X_GOOD),
        lambda: prune(DecisionTree()),
        lambda: DecisionTree().pruned(0.1),
        lambda: export_rules(DecisionTree(), ["a"]),
    ):
        with pytest.raises(NotFittedError, match="call fit first"):
            ask()
    tree = DecisionTree().fit(X_GOOD, Y_GOOD)
    with pytest.raises(ValueError, match=r"fit saw 2 features.*\(4, 1\)"):
        tree.predict(X_GOOD[:, :1])
    with pytest.raises(ValueError, match="alpha must be at least 0"):
        tree.pruned(-1)
    with pytest.raises(ValueError, match="fit saw 2 features"):
        export_rules(tree, ["a"])


def test_one_sample_one_class_and_constant_features_make_a_leaf():
    for X, y in [(X_GOOD[:1], ["a"]), (X_GOOD, ["a"] * 4), (np.ones((4, 2)), list("abba"))]:
        tree = DecisionTree().fit(X, y)
        assert len(tree.feature_) == 1 and set(tree.predict(X)) == {"a"}
    assert DecisionTree("variance").fit(X_GOOD[:1], [0.1]).predict(X_GOOD[:1]) == [0.1]


def test_integers_and_words_and_single_precision():
    whole = (X_GOOD * 2).astype(int)
    np.testing.assert_array_equal(
        DecisionTree().fit(whole, Y_GOOD).threshold_,
        DecisionTree().fit(whole.astype(float), Y_GOOD).threshold_,
    )
    assert set(DecisionTree().fit(X_GOOD, ["no", "yes", "yes", "no"]).predict(X_GOOD)) == {
        "no",
        "yes",
    }
    near = np.array([[0.1], [np.nextafter(np.float32(0.1), np.float32(1))]], dtype=np.float32)
    assert list(DecisionTree().fit(near, [0, 1]).predict(near)) == [0, 1]
    f, t, best = best_split(X_GOOD, np.eye(2)[Y_GOOD], np.ones(4))
    assert (f, t) == (0, 0.75) and best == pytest.approx(0.5)


def test_numbers_in_single_precision_are_answered_in_it(houses):
    X, y = houses[0].astype(np.float32), houses[1].astype(np.float32)
    tree = DecisionTree("variance", min_leaf=5).fit(X, y)
    assert tree.predict(X).dtype == np.float32
    wide = DecisionTree("variance", min_leaf=5).fit(X, y.astype(float))
    np.testing.assert_allclose(tree.score(X, y), wide.score(X, y), atol=1e-4)

"""Oracle for pipelines: scikit-learn on the same flights, loans and passengers."""

import json

import numpy as np
import pytest

import bookdata
from solutions.inputs import NotFittedError
from solutions.logistic_regression import fit_irls
from solutions.pipelines import (
    ColumnTransformer,
    Logit,
    OneHotEncoder,
    Pipeline,
    SimpleImputer,
    StandardScaler,
    TargetEncoder,
    find_leak,
    load,
    pick,
    save,
)

NUMBERS = ["seniority", "time", "age", "expenses", "income", "assets", "debt", "amount", "price"]
WORDS = ["home", "marital", "records", "job"]


@pytest.fixture(scope="module")
def flights():
    """Return the first 40,000 flights as a table, and which of them came late."""
    data = bookdata.flights()
    table = {name: column[:40_000] for name, column in data._asdict().items()}
    late = (table["arrival_delay"] > 15) | np.isnan(table["arrival_delay"])
    return table, late.astype(float)


@pytest.fixture(scope="module")
def credit():
    """Return the loans as a table, which went bad, and which are for training."""
    table = bookdata.credit()._asdict()
    train = table.pop("train")
    return table, table.pop("bad").astype(float), train


def rows(table, chosen):
    """Return some rows of a table."""
    return {name: column[chosen] for name, column in table.items()}


def applicants(m=20.0):
    """Return a pipeline for the loans."""
    columns = ColumnTransformer(
        [
            ("numbers", SimpleImputer(), NUMBERS),
            ("words", OneHotEncoder(), WORDS[1:]),
            ("home", TargetEncoder(m=m), ["home"]),
        ]
    )
    steps = [("columns", columns), ("scale", StandardScaler()), ("model", Logit(l2=1e-3))]
    return Pipeline(steps)


# scikit-learn


def test_imputer_and_scaler_agree_with_scikit_learn(flights):
    impute = pytest.importorskip("sklearn.impute")
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    X = pick(flights[0], ["built", "distance", "seats", "air_time"])
    ours = SimpleImputer().fit(X[:30_000])
    theirs = impute.SimpleImputer(add_indicator=True).fit(X[:30_000])
    filled = ours.transform(X[30_000:])
    np.testing.assert_allclose(filled, theirs.transform(X[30_000:]), rtol=1e-12)
    scaler, theirs = StandardScaler().fit(filled), preprocessing.StandardScaler().fit(filled)
    np.testing.assert_allclose(scaler.transform(filled), theirs.transform(filled), atol=1e-10)


def test_one_hot_agrees_with_scikit_learn(flights):
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    X = pick(flights[0], ["carrier", "destination"])
    ours = OneHotEncoder().fit(X[:2000])
    theirs = preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    np.testing.assert_array_equal(ours.transform(X), theirs.fit(X[:2000]).transform(X))
    with pytest.raises(ValueError, match="fit never saw"):
        OneHotEncoder(strict=True).fit(X[:2000]).transform(X)


def test_target_encoder_agrees_with_scikit_learn_fold_by_fold(flights):
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    table, late = flights
    X = pick(table, ["destination", "tail"])

    def theirs(fit, new):
        model = preprocessing.TargetEncoder(smooth=7.0, target_type="continuous")
        return model.fit(X[fit], late[fit]).transform(X[new])

    everything, fold = np.ones(len(X), bool), np.arange(len(X)) % 5
    ours = TargetEncoder(m=7.0, folds=5)
    Z = ours.fit_transform(X, late)
    for f in range(5):
        np.testing.assert_allclose(Z[fold == f], theirs(fold != f, fold == f), rtol=1e-10)
    np.testing.assert_allclose(ours.transform(X), theirs(everything, everything), rtol=1e-10)


def test_a_whole_pipeline_agrees_with_scikit_learn(credit):
    compose = pytest.importorskip("sklearn.compose")
    from sklearn import impute, linear_model, pipeline, preprocessing

    table, bad, train = credit
    frame = pytest.importorskip("pandas").DataFrame(table)
    columns = compose.ColumnTransformer(
        [
            ("numbers", impute.SimpleImputer(add_indicator=True), NUMBERS),
            ("words", preprocessing.OneHotEncoder(handle_unknown="ignore"), WORDS),
        ]
    )
    model = linear_model.LogisticRegression(
        C=1 / (train.sum() * 1e-3), solver="newton-cholesky", tol=1e-12
    )
    theirs = pipeline.make_pipeline(columns, preprocessing.StandardScaler(), model)
    theirs.fit(frame[train], bad[train])
    ours = applicants()
    ours.steps[0][1].transformers[1:] = [("words", OneHotEncoder(), WORDS)]
    ours.fit(rows(table, train), bad[train])
    p = ours.predict_proba(rows(table, ~train))
    np.testing.assert_allclose(p, theirs.predict_proba(frame[~train]), atol=1e-7)
    np.testing.assert_array_equal(ours.predict(rows(table, ~train)), (p[:, 1] > 0.5).astype(float))


def test_logit_is_fit_irls_with_labels(credit):
    X, bad = np.column_stack([credit[0]["age"], credit[0]["time"]]), credit[1]
    model = Logit(l2=0.01).fit(X, np.where(bad, "yes", "no"))
    w, b, _ = fit_irls(X, bad, l2=0.01)
    np.testing.assert_array_equal(np.append(model.w_, model.b_), np.append(w, b))
    assert list(model.classes_) == ["no", "yes"]


# Properties


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_chunks_teach_what_the_whole_teaches(flights, size):
    n = min(300 * size, 40_000)
    table, late = rows(flights[0], slice(0, n)), flights[1][:n]
    X, W = pick(table, ["built", "seats"]), pick(table, ["carrier", "destination"])
    pairs = [(SimpleImputer, X), (StandardScaler, np.nan_to_num(X))]
    pairs += [(OneHotEncoder, W), (TargetEncoder, W)]
    for kind, data in pairs:
        whole, parts = kind().fit(data, late), kind()
        for start in range(0, n, size):
            parts.partial_fit(data[start : start + size], late[start : start + size])
        for name, learned in vars(whole).items():
            if name in ("categories_", "sums_"):
                for ours, other in zip(learned, vars(parts)[name], strict=True):
                    np.testing.assert_array_equal(ours, other)
        np.testing.assert_allclose(parts.transform(data), whole.transform(data), atol=1e-9)


def test_the_test_rows_never_reach_fit(credit):
    table, bad, train = credit

    def prepare(table, train):
        pipeline = applicants()
        pipeline.fit(rows(table, train), table["bad"][train])
        return pipeline.features(rows(table, train))

    assert find_leak(prepare, {**table, "bad": bad}, train) == []


def test_a_scaler_of_all_rows_is_found(credit):
    table, bad, train = credit

    def prepare(table, train):
        X = pick(table, ["age", "time"])
        X = StandardScaler().fit(X).transform(X)
        homes = OneHotEncoder().fit(pick(rows(table, train), ["home"]))
        return np.hstack([X, homes.transform(pick(table, ["home"]))])[train]

    assert find_leak(prepare, table, train) == ["time", "age"]


@pytest.mark.parametrize("train", [[1, 0, 1], [True] * 3, [False] * 3])
def test_a_leak_takes_rows_of_both_kinds(train):
    with pytest.raises(ValueError, match="both True and False"):
        find_leak(lambda table, train: table["a"], {"a": np.ones(3)}, np.array(train))


def test_a_column_without_numbers_leaks_nothing_by_itself():
    table = {"a": np.array([np.nan, np.nan, 1.0]), "b": np.array(["x", "y", "z"])}
    train = np.array([True, True, False])
    assert find_leak(lambda table, train: table["a"][train], table, train) == []
    assert find_leak(lambda table, train: table["a"], table, train) == ["a"]


def test_a_recipe_that_writes_into_its_table_is_given_copies():
    def careless(table, train):
        table["x"] -= table["x"].mean()
        return table["x"][train]

    table = {"x": np.arange(6.0), "y": np.ones(6)}
    assert find_leak(careless, table, np.arange(6) < 4) == ["x"]
    np.testing.assert_array_equal(table["x"], np.arange(6.0))


def test_a_pipeline_has_a_step():
    with pytest.raises(ValueError, match="number of steps"):
        Pipeline([])


def test_random_ids_are_gold_only_without_cross_fitting():
    rng = np.random.default_rng(0)
    X, y = np.arange(4000)[:, None].astype(str), rng.integers(2, size=4000).astype(float)
    naive = TargetEncoder().fit(X, y).transform(X)[:, 0]
    honest = TargetEncoder().fit_transform(X, y)[:, 0]
    assert naive[y == 1].min() > naive[y == 0].max()  # it tells all apart
    assert np.ptp(honest) < 0.05


# Saved and loaded


def test_what_is_loaded_answers_to_the_last_bit(credit, tmp_path):
    table, bad, train = credit
    pipeline = applicants().fit(rows(table, train), bad[train])
    save(pipeline, tmp_path / "credit.npz")
    again = load(tmp_path / "credit.npz")
    before, after = (p.predict_proba(rows(table, ~train)) for p in (pipeline, again))
    np.testing.assert_array_equal(before, after)
    assert [p.name for p in tmp_path.iterdir()] == ["credit.npz"]
    again.fit(rows(table, train), bad[train])  # it can learn, too
    np.testing.assert_array_equal(before, again.predict_proba(rows(table, ~train)))
    X = again.steps[0][1].transform(rows(table, ~train))
    save(again.steps[1][1], tmp_path / "credit.npz")  # written over
    assert load(tmp_path / "credit.npz").partial_fit(X).moments_.count == len(bad)


@pytest.mark.parametrize("damage", ["cut", "turned", "other", "empty", "arrays", "list"])
def test_a_file_that_is_none_is_refused(damage, tmp_path):
    path = tmp_path / "model.npz"
    save(StandardScaler().fit(np.arange(6.0).reshape(3, 2)), path)
    data = bytearray(path.read_bytes())
    if damage == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "turned":
        data[data.index(np.array([2.0, 3.0]).tobytes())] ^= 1  # one bit of the mean
        path.write_bytes(data)
    elif damage == "arrays":
        np.savez(path, a=np.arange(3))
    elif damage == "list":
        np.savez(path, told="[1, 2]")
    else:
        path.write_bytes(b"" if damage == "empty" else b"name,age\n")
    with pytest.raises(ValueError, match="model.npz is damaged or no pipeline"):
        load(path)


def test_a_newer_file_and_none_at_all_are_named(tmp_path):
    np.savez(tmp_path / "new.npz", told=json.dumps({"version": 2, "model": {"other": 1}}))
    with pytest.raises(ValueError, match="version 2; this code reads 1"):
        load(tmp_path / "new.npz")
    with pytest.raises(FileNotFoundError, match="none.npz"):
        load(tmp_path / "none.npz")


def test_only_known_kinds_are_saved_and_loaded(tmp_path):
    class Other(StandardScaler):
        """No kind of the book's."""

    with pytest.raises(TypeError, match="a Other cannot be saved"):
        save(Pipeline([("x", Other())]), tmp_path / "x.npz")
    assert not list(tmp_path.iterdir())
    told = {"version": 1, "model": {"kind": "Popen", "state": {}}}
    np.savez(tmp_path / "x.npz", told=json.dumps(told))
    with pytest.raises(ValueError, match="damaged or no pipeline"):
        load(tmp_path / "x.npz")


# Bad input: each a sentence that says what was wrong.

TABLE = {"a": np.arange(4.0), "b": np.array(list("xyxy")), "c": np.arange(3.0)}


@pytest.mark.parametrize(
    "table, columns, error, sentence",
    [
        (np.ones((2, 2)), ["a"], TypeError, "a table is a dict, not a ndarray"),
        (TABLE, ["a", "z"], ValueError, "no column 'z'"),
        (TABLE, ["a", "c"], ValueError, r"\(4,\), \(3,\)"),
        (TABLE, ["a", "b"], TypeError, "mix words and numbers"),
        ({"a": np.ones((2, 2))}, ["a"], ValueError, r"\(2, 2\)"),
        (TABLE, [], ValueError, r"\[\]"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(table, columns, error, sentence):
    with pytest.raises(error, match=sentence):
        pick(table, columns)


@pytest.mark.parametrize("kind", [SimpleImputer, StandardScaler, OneHotEncoder, TargetEncoder])
def test_every_transformer_refuses_what_it_cannot_read(kind):
    X, y = np.arange(6.0).reshape(3, 2), np.array([0.0, 1.0, 1.0])
    with pytest.raises(NotFittedError, match=f"{kind.__name__}: call fit first"):
        kind().transform(X)
    model = kind().fit(X, y)
    with pytest.raises(ValueError, match="saw 2 columns of numbers, but this X has 1 col"):
        model.transform(X[:, :1])
    with pytest.raises(ValueError, match="saw 2 columns of numbers, but .* 2 columns of words"):
        model.transform(X.astype(str))
    with pytest.raises(ValueError, match="saw 2 columns"):
        model.partial_fit(X[:, :1], y)
    for bad, error in ((X[0], ValueError), (X[:0], ValueError), (X + 1j, TypeError)):
        with pytest.raises(error):
            kind().fit(bad, y)
    with pytest.raises(ValueError, match="infinity"):
        kind().fit(np.where(X == 3, np.inf, X), y)
    with pytest.raises(TypeError, match="must hold numbers"):
        kind().fit(np.array([[None, 1]] * 3), y)


@pytest.mark.parametrize("kind", [SimpleImputer, StandardScaler])
def test_words_are_no_numbers(kind):
    with pytest.raises(TypeError):
        kind().fit(np.array([["a"], ["b"]]))


@pytest.mark.parametrize("kind", [StandardScaler, OneHotEncoder, TargetEncoder])
def test_nan_is_refused_where_it_means_nothing(kind):
    with pytest.raises(ValueError, match=r"finite|NaN is no category"):
        kind().fit(np.array([[1.0], [np.nan]]), np.array([0, 1]))


@pytest.mark.parametrize(
    "setting, y, error, sentence",
    [
        ({"m": 0}, [0, 1, 1], ValueError, "m must be greater than 0"),
        ({"m": np.nan}, [0, 1, 1], ValueError, "m must be greater than 0"),
        ({"folds": 1}, [0, 1, 1], ValueError, "folds must be at least 2"),
        ({"folds": 2.5}, [0, 1, 1], TypeError, "folds must be a whole number"),
        ({}, [0, 1], ValueError, r"\(3,\)"),
        ({}, [0, 1, np.nan], ValueError, r"y\[2\] is nan"),
        ({}, list("abc"), TypeError, "y must hold numbers"),
        ({}, None, TypeError, "y must hold numbers"),
    ],
)
def test_target_encoder_says_what_is_wrong(setting, y, error, sentence):
    with pytest.raises(error, match=sentence):
        TargetEncoder(**setting).fit(np.array([["a"], ["b"], ["a"]]), y)


def test_small_and_odd_tables():
    one = TargetEncoder().fit([["a"]], [3.0])
    with pytest.raises(ValueError, match="2 rows or more"):
        one.transform([["a"]])
    assert one.partial_fit([["b"]], [5.0]).transform([["c"]]) == 4.0
    two = TargetEncoder(m=1.0).fit_transform(np.array([["a"], ["b"]]), np.array([0.0, 1.0]))
    np.testing.assert_array_equal(two, [[1.0], [0.0]])
    Z = SimpleImputer().fit_transform([[np.nan, 1.0], [np.nan, np.nan]])
    np.testing.assert_array_equal(Z, [[0, 1, 1, 0], [0, 1, 1, 1]])
    np.testing.assert_array_equal(StandardScaler().fit_transform([[5.0]]), [[0.0]])
    np.testing.assert_array_equal(StandardScaler().fit_transform([[1], [4]]), [[-1.0], [1.0]])


def test_float32_is_kept_and_moments_are_in_double():
    X = np.arange(6, dtype=np.float32).reshape(3, 2)
    for kind in (SimpleImputer, StandardScaler):
        assert kind().fit(X).transform(X).dtype == np.float32
    assert StandardScaler().fit(X).mean_.dtype == float


def test_a_fit_that_is_wrong_in_length_is_refused(credit):
    table, bad, train = credit
    with pytest.raises(ValueError, match="shape"):
        applicants().fit(rows(table, train), bad)
    with pytest.raises(NotFittedError):
        applicants().predict(rows(table, train))

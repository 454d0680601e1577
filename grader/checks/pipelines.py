"""Checks for pipelines."""

import numpy as np

from grader import Explain, Mistake, check, close, exactly, raises

SKLEARN = ["sklearn.impute", "sklearn.preprocessing", "sklearn.compose", "sklearn.pipeline"]


def with_gaps(rng, n=12):
    """Return a table of numbers X (n, 4), with gaps in columns 1 and 3."""
    X = rng.normal(3.0, 2.0, size=(n, 4))
    X[rng.permutation(n)[:3], 1] = np.nan
    X[rng.permutation(n)[:5], 3] = np.nan
    return X


def words(rng, n, letters):
    """Return a column (n,) of words, each of the letters at least once."""
    return rng.permutation(np.array(list(letters))[np.arange(n) % len(letters)])


# SimpleImputer.transform


@check("SimpleImputer.transform", forbids=SKLEARN)
def new_rows_are_filled_with_what_was_learned(code, rng):
    """gaps in new rows are filled with the means of the rows that were fitted"""
    X = with_gaps(rng)
    return code.SimpleImputer().fit(X).transform(with_gaps(rng) + 5)


@check("SimpleImputer.transform", forbids=SKLEARN)
def marks_are_decided_by_fit(code, rng):
    """which columns have a mark does not depend on which gaps the new rows have"""
    model = code.SimpleImputer().fit(with_gaps(rng))
    one = np.array([[np.nan, 1.0, 2.0, np.nan]])
    return model.transform(one), model.transform(np.full((2, 4), 7.0))


@check("SimpleImputer.transform", forbids=SKLEARN)
def nothing_was_missing(code, rng):
    """where fit saw no gap there are no marks, and a gap is filled all the same"""
    model = code.SimpleImputer().fit(rng.normal(size=(5, 2)))
    return model.transform(np.array([[np.nan, 2.0], [3.0, np.nan], [0.0, 1.0]]))


@check("SimpleImputer.transform", expect=close(1e-5, 1e-6), forbids=SKLEARN)
def gaps_in_single_precision(code, rng):
    """float32 stays float32, and what is not missing stays what it is"""
    X = with_gaps(rng).astype(np.float32)
    Z = code.SimpleImputer().fit(X).transform(X)
    return {"Z": Z, "the dtype of Z": str(np.asarray(Z).dtype)}


# StandardScaler.partial_fit


@check("StandardScaler.partial_fit", forbids=SKLEARN)
def all_at_once(code, rng):
    """mean_ and scale_ are those of each column, the scale over n, not n - 1"""
    model = code.StandardScaler().partial_fit(rng.normal(2, 3, size=(9, 3)))
    return model.mean_, model.scale_, model.moments_.count, model.moments_.squares


@check("StandardScaler.partial_fit", forbids=SKLEARN)
def in_chunks_of_unequal_size(code, rng):
    """after every chunk mean_ and scale_ are those of all rows so far"""
    model, seen = code.StandardScaler(), []
    for n in (5, 5, 1, 12, 2):
        model.partial_fit(rng.normal(n, 1 + n, size=(n, 2)))
        seen.append((model.mean_, model.scale_, model.moments_.count))
    return seen


@check("StandardScaler.partial_fit", forbids=SKLEARN)
def far_from_zero(code, rng):
    """a spread of 1 around a million is still a spread of 1"""
    X = 1e6 + rng.normal(size=(30, 2))
    model = code.StandardScaler().partial_fit(X[:10]).partial_fit(X[10:])
    return model.mean_ - 1e6, model.scale_


@check("StandardScaler.partial_fit", forbids=SKLEARN)
def no_rows_are_kept(code, rng):
    """what it remembers does not grow with the rows that it has seen"""
    model = code.StandardScaler()
    for _ in range(4):
        model.partial_fit(rng.normal(size=(50, 3)))
    kept = [*vars(model).values(), *vars(model.moments_).values()]
    return model.mean_, sum(np.size(value) for value in kept) < 100


@check("StandardScaler.partial_fit", forbids=SKLEARN)
def a_constant_column(code):
    """a column that never changes has the scale 1, however it is cut"""
    X = np.column_stack([np.full(9, 0.1), np.arange(9.0) ** 2])
    model = code.StandardScaler().partial_fit(X[:3]).partial_fit(X[3:])  # merged, not quite 0.1
    again = code.StandardScaler().partial_fit(X[:4]).partial_fit(X[4:])
    return model.scale_, model.transform(X), again.scale_


@check("StandardScaler.partial_fit", forbids=SKLEARN)
def single_precision_is_summed_in_double(code, rng):
    """the moments of float32 rows are kept in double precision"""
    X = rng.normal(1000, 1, size=(30, 2)).astype(np.float32)
    model = code.StandardScaler().partial_fit(X[:11]).partial_fit(X[11:])
    return model.mean_, model.scale_, model.moments_.mean


@check("StandardScaler.partial_fit", forbids=SKLEARN)
def a_second_fit_starts_anew(code, rng):
    """partial_fit returns the scaler itself, and a new fit forgets the old one"""
    model = code.StandardScaler()
    same = model.partial_fit(rng.normal(size=(4, 2)))
    model.fit(rng.normal(9, 2, size=(6, 2)))
    return same is model, model.mean_, model.scale_


# OneHotEncoder.transform


@check("OneHotEncoder.transform", forbids=SKLEARN)
def a_column_for_each_category(code, rng):
    """a 1 where the value is, the categories of the first column before the next's"""
    X = np.column_stack([words(rng, 9, "cab"), words(rng, 9, ["", "NY", "LA", "SF"])])
    return code.OneHotEncoder().fit(X).transform(X[:6])


@check("OneHotEncoder.transform", forbids=SKLEARN)
def a_stranger_is_all_zeros(code, rng):
    """a value that was never seen has zeros only, wherever it sorts"""
    model = code.OneHotEncoder().fit(words(rng, 8, "bdf")[:, None])
    return model.transform(np.array([["a"], ["b"], ["c"], ["f"], ["z"], ["bb"]]))


@check("OneHotEncoder.transform", forbids=SKLEARN)
def numbers_are_categories_too(code, rng):
    """numbers are categories too, and the answer holds floats"""
    X = np.column_stack([rng.permutation(8) % 3 * 4, np.full(8, 2)])
    Z = code.OneHotEncoder(strict=True).fit(X).transform(X[:5])
    return Z, np.asarray(Z).dtype.kind


@check("OneHotEncoder.transform", expect=raises(ValueError), forbids=SKLEARN)
def a_strict_one_refuses_a_stranger(code, rng):
    """if strict, a value in the second column that was never seen is a ValueError"""
    X = np.column_stack([words(rng, 6, "ab"), words(rng, 6, "xyz")])
    model = code.OneHotEncoder(strict=True).fit(X)
    return model.transform(np.array([["a", "x"], ["b", "w"]]))


@check("OneHotEncoder.transform", forbids=SKLEARN)
def new_rows_make_no_new_columns(code, rng):
    """the columns are those of fit, whatever the new rows hold"""
    X = np.column_stack([words(rng, 6, "ab"), words(rng, 6, "xyz")])
    return code.OneHotEncoder().fit(X).transform(np.array([["b", "z"]]))


@check("OneHotEncoder.transform", forbids=SKLEARN)
def strangers_teach_it_nothing(code, rng):
    """to transform rows of unknown words teaches it nothing: they stay unknown"""
    model = code.OneHotEncoder().fit(words(rng, 8, "bdf")[:, None])
    new = np.array([["c"], ["b"], ["zz"]])
    twice = model.transform(new), model.transform(new)
    return twice, [str(value) for values in model.categories_ for value in values]


# TargetEncoder.encode


def categories(rng, n=40):
    """Return two columns of words X (n, 2), and numbers y (n,) that depend on them."""
    X = np.column_stack([words(rng, n, "abc"), words(rng, n, ["p", "q", "r", "s", "tt"])])
    return X, rng.normal(size=n) + 2 * (X[:, 0] == "a") - 3 * (X[:, 1] == "q") + 1


@check("TargetEncoder.encode", forbids=SKLEARN)
def new_rows_get_the_mean_of_all(code, rng):
    """a new row gets its category's mean over all folds, pulled towards the prior"""
    X, y = categories(rng)
    return code.TargetEncoder(m=3.0).fit(X, y).transform(X[:7])


@check("TargetEncoder.encode", forbids=SKLEARN)
def a_row_does_not_see_its_own_fold(code, rng):
    """a row that was fitted on gets the mean over the other folds"""
    X, y = categories(rng)
    return code.TargetEncoder(m=2.5, folds=4).fit_transform(X, y)


@check("TargetEncoder.encode", forbids=SKLEARN)
def an_unknown_value_gets_the_prior(code, rng):
    """a value that was never seen gets the mean of all targets"""
    X, y = categories(rng, 31)
    model = code.TargetEncoder(m=0.5).fit(X, y)
    return model.transform(np.array([["zz", "p"], ["", "q"], ["a", "zz"], ["bb", ""]]))


@check("TargetEncoder.encode", forbids=SKLEARN)
def a_column_of_ids_says_nothing(code, rng):
    """where every row has a value of its own, it gets the prior of the other folds"""
    X = np.array([f"id {i}" for i in rng.permutation(23)])[:, None]
    return code.TargetEncoder(m=1.0, folds=3).fit_transform(X, rng.normal(5, 2, size=23))


@check("TargetEncoder.encode", forbids=SKLEARN)
def old_rows_and_new_ones_together(code, rng):
    """fold says of each row which part it may not see; -1 stands for none"""
    X, y = categories(rng)
    model = code.TargetEncoder(m=4.0, folds=3).fit(X, y)
    return model.encode(X[:6], np.array([2, -1, 0, 1, -1, 2]))


@check("TargetEncoder.encode", forbids=SKLEARN)
def asked_twice(code, rng):
    """to encode teaches it nothing: the same rows get the same numbers again"""
    X, y = categories(rng)
    model = code.TargetEncoder(m=1.5).fit(X, y)
    fold = rng.integers(-1, 5, size=8)
    return model.encode(X[:8], fold), model.encode(X[:8], fold), model.transform(X[:3])


@check("TargetEncoder.encode", forbids=SKLEARN)
def other_targets_for_the_same_rows(code, rng):
    """fitted anew to the same rows with other targets, it encodes by the new ones"""
    X, y = categories(rng)
    model = code.TargetEncoder(m=2.0)
    first = model.fit_transform(X, y), model.transform(X[:4])
    return first, model.fit_transform(X, rng.permutation(y) + 1), model.transform(X[:4])


@check("TargetEncoder.encode", forbids=SKLEARN)
def hardly_and_heavily_smoothed(code, rng):
    """with m next to nothing it is the bare mean, with a huge m the prior"""
    X, y = categories(rng)
    light = code.TargetEncoder(m=1e-9).fit(X, y)
    heavy = code.TargetEncoder(m=1e9).fit(X, y)
    return light.transform(X[:4]), heavy.transform(X[:4]), y.mean()


# ColumnTransformer.fit_transform


class Spy:
    """A transformer whose fit_transform does what its fit and transform do not."""

    def __init__(self):
        self.seen = []

    def fit(self, X, y=None):
        self.seen.append(("fit", np.array(X), np.array([] if y is None else y)))
        return self

    def transform(self, X):
        self.seen.append(("transform", np.array(X)))
        return np.asarray(X, float) * 2

    def fit_transform(self, X, y=None):
        self.seen.append(("fit_transform", np.array(X), np.array([] if y is None else y)))
        return np.asarray(X, float) - 100

    def predict(self, X):
        return X


def mixed(rng, n=24):
    """Return a table of numbers and words, and labels y (n,) of 0 and 1."""
    table = {
        "age": np.where(rng.random(n) < 0.2, np.nan, rng.normal(40, 9, size=n)),
        "home": words(rng, n, ["own", "rent", ""]),
        "income": rng.normal(3, 1, size=n),
        "town": words(rng, n, "vwxyz"),
    }
    table["age"][:2] = np.nan, 33.0
    y = rng.permutation(np.arange(n) % 2)
    return table, y


def by_columns(code):
    """Return a ColumnTransformer with one transformer of each kind."""
    return code.ColumnTransformer(
        [
            ("towns", code.TargetEncoder(m=2.0, folds=3), ["town"]),
            ("numbers", code.SimpleImputer(), ["income", "age"]),
            ("homes", code.OneHotEncoder(), ["home"]),
        ]
    )


@check("ColumnTransformer.fit_transform", forbids=SKLEARN)
def blocks_in_the_order_of_the_list(code, rng):
    """each transformer takes its columns; what comes out stands in the list's order"""
    table, y = mixed(rng)
    return by_columns(code).fit_transform(table, y)


@check("ColumnTransformer.fit_transform", forbids=SKLEARN)
def the_table_is_left_alone(code, rng):
    """the table and the targets are afterwards what they were before"""
    table, y = mixed(rng)
    kept, targets = {name: column.copy() for name, column in table.items()}, y.copy()
    Z = by_columns(code).fit_transform(table, y)
    same = [np.asarray(table[name]).tobytes() == kept[name].tobytes() for name in kept]
    return Z, list(table) == list(kept) and all(same), np.array_equal(y, targets)


@check("ColumnTransformer.fit_transform", forbids=SKLEARN)
def other_rows_afterwards(code, rng):
    """afterwards other rows can be transformed, by what these ones taught"""
    columns = by_columns(code)
    columns.fit_transform(*mixed(rng))
    return columns.transform(mixed(rng, 5)[0])


@check("ColumnTransformer.fit_transform", forbids=SKLEARN)
def each_is_asked_once_and_for_both(code, rng):
    """each transformer is asked once, to fit and to transform in one, with y"""
    table, y = mixed(rng, 6)
    first, second = Spy(), Spy()
    columns = [("a", first, ["income"]), ("b", second, ["income", "age"])]
    Z = code.ColumnTransformer(columns).fit_transform(table, y)
    return Z, first.seen, second.seen


@check("ColumnTransformer.fit_transform", forbids=SKLEARN)
def a_second_table_makes_it_forget(code, rng):
    """a second table is not added to the first, which is forgotten"""
    columns = by_columns(code)
    columns.fit_transform(*mixed(rng))
    return columns.fit_transform(*mixed(rng, 11))


@check("ColumnTransformer.fit_transform", forbids=SKLEARN)
def without_targets(code, rng):
    """a transformer that needs no targets works without them"""
    table = mixed(rng)[0]
    parts = [("homes", code.OneHotEncoder(), ["home", "town"])]
    return code.ColumnTransformer(parts).fit_transform(table)


# Pipeline.fit


class Model:
    """A model that keeps what it was fitted on, and counts how often."""

    def __init__(self):
        self.fits = 0

    def fit(self, X, y=None):
        self.fits += 1
        self.given = np.array(X), np.array([] if y is None else y), self.fits
        return self


@check("Pipeline.fit", forbids=SKLEARN)
def each_step_gets_what_the_last_one_made(code, rng):
    """each step is fitted on what the step before it made of the rows"""
    X, y = rng.normal(size=(5, 2)), rng.integers(2, size=5)
    one, two, model = Spy(), Spy(), Model()
    code.Pipeline([("one", one), ("two", two), ("model", model)]).fit(X, y)
    return one.seen, two.seen, model.given


@check("Pipeline.fit", expect=close(1e-5, 1e-7), forbids=SKLEARN)
def a_model_behind_two_steps(code, rng):
    """the model learns from features that are imputed, encoded and scaled"""
    table, y = mixed(rng, 60)
    steps = [("columns", by_columns(code)), ("scale", code.StandardScaler())]
    pipeline = code.Pipeline([*steps, ("model", code.Logit(l2=0.1))]).fit(table, y)
    return pipeline.predict_proba(mixed(rng, 8)[0])


@check("Pipeline.fit", forbids=SKLEARN)
def a_model_alone(code, rng):
    """a pipeline of a single step is that step"""
    X, y, model = rng.normal(size=(4, 2)), rng.integers(2, size=4), Model()
    code.Pipeline([("model", model)]).fit(X, y)
    return model.given


@check("Pipeline.fit", expect=exactly, forbids=SKLEARN)
def fit_returns_the_pipeline(code, rng):
    """fit returns the pipeline itself, and keeps its steps"""
    pipeline = code.Pipeline([("scale", code.StandardScaler()), ("model", Model())])
    same = pipeline.fit(rng.normal(size=(4, 2)), np.array([0, 1, 1, 0])) is pipeline
    return same, [name for name, _ in pipeline.steps]


@check("Pipeline.fit", forbids=SKLEARN)
def a_second_fit_forgets(code, rng):
    """a second fit forgets what the first one learned"""
    model = Model()
    pipeline = code.Pipeline([("scale", code.StandardScaler()), ("model", model)])
    pipeline.fit(rng.normal(size=(7, 2)), np.arange(7) % 2)
    pipeline.fit(rng.normal(4, 2, size=(5, 2)), np.arange(5) % 2)
    return model.given


@check("Pipeline.fit", expect=close(1e-5, 1e-7), forbids=SKLEARN)
def a_second_fit_to_rows_of_the_same_shape(code, rng):
    """rows and targets of the same shape as before are learned all the same"""
    answers = []
    scale, model, new = code.StandardScaler(), code.Logit(l2=0.1), rng.normal(size=(4, 2))
    pipeline = code.Pipeline([("scale", scale), ("model", model)])
    for _ in range(2):
        pipeline.fit(rng.normal(3, 2, size=(20, 2)), rng.permutation(np.arange(20) % 2))
        answers.append(pipeline.predict_proba(new))
    pipeline.fit(rng.normal(size=(20, 2)), np.arange(20) % 2)
    return answers, scale.mean_, pipeline.predict_proba(new)


# find_leak


def honest(table, train):
    """Return features that training rows alone have made."""
    x = table["size"]
    first = (x - x[train].mean()) / x[train].std()
    return np.column_stack([first, table["late"]])[train]


def encoded_first(table, train):
    """Encode words by the targets of all rows, and only then choose."""
    kinds, place = np.unique(table["kind"], return_inverse=True)
    means = np.bincount(place, table["late"]) / np.bincount(place)
    return means[place][train][:, None]


def one_hot_of_all(table, train):
    """Make a column for every word there is, one in training rows or not."""
    kinds = np.unique(table["kind"])
    return (table["kind"][train][:, None] == kinds).astype(float)


def unfilled(table, train):
    """Leave gaps as they are, and add the largest weight of all."""
    gap = np.where(table["size"][train] > 0, np.nan, 1.0)
    return np.column_stack([gap, gap + table["weight"].min()])


def cargo(rng, n=30):
    """Return a table whose target is `late`, and which rows are for training."""
    train = rng.permutation(np.arange(n) % 3 > 0)
    table = {
        "size": rng.normal(size=n),
        "late": rng.integers(2, size=n).astype(float),
        "kind": words(rng, n, "abcd"),
        "weight": rng.normal(2, 1, size=n),
    }
    table["kind"][np.flatnonzero(~train)[:2]] = "Z"  # in no training row
    table["late"][np.flatnonzero(~train)[:2]] = 0.0
    table["weight"][np.flatnonzero(~train)[0]] = -9.0
    table["size"][train] = np.abs(table["size"][train]) * np.where(
        np.arange(train.sum()) % 2, 1, -1
    )
    return table, train


@check("find_leak", expect=exactly)
def an_honest_recipe_has_no_leak(code, rng):
    """a recipe that learns from training rows alone has no leak"""
    return code.find_leak(honest, *cargo(rng))


@check("find_leak", expect=exactly)
def a_scale_of_all_rows(code, rng):
    """the columns whose scale was taken from all rows are named, and they alone"""
    names = list("abcdefghij")
    table = {name: rng.normal(size=30) for name in rng.permutation(names).tolist()}
    scaled_first = rng.permutation(names)[: rng.integers(1, 7)].tolist()

    def prepare(table, train):
        scales = [table[n].std() if n in scaled_first else table[n][train].std() for n in names]
        return np.column_stack([table[n] for n in names])[train] / scales

    return code.find_leak(prepare, table, rng.permutation(np.arange(30) % 3 > 0))


@check("find_leak", expect=exactly)
def an_encoding_of_all_rows(code, rng):
    """words encoded by all targets: both are named, in the order of the table"""
    return code.find_leak(encoded_first, *cargo(rng))


@check("find_leak", expect=exactly)
def columns_for_words_that_training_lacks(code, rng):
    """a feature too many, made for a held-out word, is a leak as well"""
    return code.find_leak(one_hot_of_all, *cargo(rng))


@check("find_leak", expect=exactly)
def gaps_are_equal_to_gaps(code, rng):
    """what is NaN before and after has not changed"""
    return code.find_leak(unfilled, *cargo(rng))


def hardly_any(table, train):
    """Add next to nothing that the held-out rows have made."""
    return table["size"][train] + 1e-12 * table["weight"].mean()


@check("find_leak", expect=exactly)
def a_leak_of_any_size(code, rng):
    """a leak that moves the twelfth digit is a leak"""
    return code.find_leak(hardly_any, *cargo(rng))


def in_another_order(table, train):
    """Return the training rows as they are, in an order that held-out rows decide."""
    by = np.count_nonzero(table["weight"][~train] < 2)
    return np.roll(np.column_stack([table["size"], table["late"]])[train], by, axis=0)


def in_one_row(table, train):
    """Let the held-out rows reach one number in the last row but two."""
    Z = np.column_stack([table["size"], table["late"]])[train]
    Z[-3, 1] += table["weight"].min()
    return Z


def gap_or_zero(table, train):
    """Let the held-out rows decide whether one number is missing or 0."""
    Z = np.column_stack([table["size"], table["late"]])[train]
    Z[4, 0] = np.nan if table["weight"].min() < -5 else 0.0
    return Z


@check("find_leak", expect=exactly)
def a_leak_in_a_corner(code, rng):
    """a leak may change the order of the rows, or a single number, or make a gap a 0"""
    recipes = [in_another_order, in_one_row, gap_or_zero]
    return {recipe.__name__: code.find_leak(recipe, *cargo(rng)) for recipe in recipes}


@check("find_leak", expect=exactly)
def one_column_at_a_time(code, rng):
    """each table that is tried differs in one column, and none in a training row"""
    table, train = cargo(rng)
    before = {name: np.array(column) for name, column in table.items()}
    changed, touched = [], []

    def prepare(other, rows):
        off = [name for name in before if (other[name] != before[name]).any()]
        touched.extend((other[name] != before[name])[rows].any() for name in before)
        changed.append(off)
        return np.zeros((2, 1))

    leaks = code.find_leak(prepare, table, train)
    same = all(np.array_equal(table[name], before[name]) for name in before)
    names = sorted({name for off in changed for name in off})
    return leaks, max(map(len, changed)), names, any(touched), same


MISTAKES = [
    Mistake(
        "a gap is filled with the mean of the rows at hand, not of those that were fitted",
        in_="SimpleImputer.transform",
        old="np.where(missing, self.fill_, X)",
        new="np.where(missing, np.nanmean(X, axis=0), X)",
        lesson="On the rows that were fitted both means are the same, so nothing shows in "
        "training. A transform that computes a mean, a spread or a maximum of its argument learns "
        "from rows that it is to be judged on: what it may use was stored by fit, under names "
        "that end in an underscore.",
    ),
    Mistake(
        "the marks are of the columns that have a gap in the rows at hand",
        in_="SimpleImputer.transform",
        old="missing[:, self.gaps_]",
        new="missing[:, missing.any(axis=0)]",
    ),
    Mistake(
        "every column gets a mark, also those in which fit saw no gap",
        in_="SimpleImputer.transform",
        old="missing[:, self.gaps_]",
        new="missing",
    ),
    Mistake(
        "the marks are left out",
        in_="SimpleImputer.transform",
        old="np.hstack([filled, missing[:, self.gaps_]])",
        new="filled",
    ),
    Mistake(
        "the marks stand before the columns",
        in_="SimpleImputer.transform",
        old="[filled, missing[:, self.gaps_]]",
        new="[missing[:, self.gaps_], filled]",
    ),
    Mistake(
        "the marks are 1 where a number is known and 0 where it is missing",
        in_="SimpleImputer.transform",
        old="missing[:, self.gaps_]",
        new="~missing[:, self.gaps_]",
    ),
    Mistake(
        "gaps are filled with zeros",
        in_="SimpleImputer.transform",
        old="np.where(missing, self.fill_, X)",
        new="np.where(missing, 0.0, X)",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="SimpleImputer.transform",
        old=".astype(X.dtype)",
        new=".astype(float)",
    ),
    Mistake(
        "transform learns from the rows that it is given",
        in_="SimpleImputer.transform",
        old="missing = np.isnan(X)  # (n, d)",
        new="self.partial_fit(X)\n        missing = np.isnan(X)  # (n, d)",
    ),
    Mistake(
        "only the last rows count: what was learned from earlier ones is replaced",
        in_="StandardScaler.partial_fit",
        old='if hasattr(self, "moments_"):',
        new="if False:",
    ),
    Mistake(
        "what merge returns is dropped, so that only the first rows count",
        in_="StandardScaler.partial_fit",
        old="moments = self.moments_.merge(moments)",
        new="self.moments_.merge(moments)\n            moments = self.moments_",
    ),
    Mistake(
        "the moments of the chunks are averaged, as if all chunks were of one size",
        in_="StandardScaler.partial_fit",
        old="moments = self.moments_.merge(moments)",
        new="half = RunningMoments()\n"
        "            half.count = self.moments_.count + moments.count\n"
        "            half.mean = (self.moments_.mean + moments.mean) / 2\n"
        "            half.squares = self.moments_.squares + moments.squares\n"
        "            moments = half",
    ),
    Mistake(
        "all rows are kept and counted anew, so that memory grows with them",
        in_="StandardScaler.partial_fit",
        old='moments = RunningMoments.of(X)\n        if hasattr(self, "moments_"):\n'
        "            moments = self.moments_.merge(moments)",
        new='self.all_ = np.vstack([self.all_, X]) if hasattr(self, "all_") else X\n'
        "        moments = RunningMoments.of(self.all_)",
    ),
    Mistake(
        "the distance between the chunks' means is forgotten",
        in_="StandardScaler.partial_fit",
        old="moments = self.moments_.merge(moments)",
        new="squares = self.moments_.squares + moments.squares\n"
        "            moments = self.moments_.merge(moments)\n"
        "            moments.squares = squares",
    ),
    Mistake(
        "the spread divides by n - 1",
        in_="StandardScaler.partial_fit",
        old="spread(moments)",
        new="spread(moments) * np.where(\n            moments.squares > 1e-20,"
        " np.sqrt(moments.count / max(moments.count - 1, 1)), 1)",
    ),
    Mistake(
        "the scale is the variance instead of its root",
        in_="StandardScaler.partial_fit",
        old="spread(moments)",
        new="spread(moments) ** 2",
    ),
    Mistake(
        "a constant column is divided by a spread that is nothing but rounding",
        in_="StandardScaler.partial_fit",
        old="spread(moments)",
        new="np.sqrt(moments.squares / moments.count)",
    ),
    Mistake(
        "partial_fit does not return the scaler",
        in_="StandardScaler.partial_fit",
        old="return self",
        new="return None",
    ),
    Mistake(
        "transform takes unknown words in, so that it learns from the rows it is given",
        in_="OneHotEncoder.transform",
        old="np.hstack(blocks).astype(float)",
        new="(np.hstack(blocks).astype(float), self.partial_fit(X))[0]",
    ),
    Mistake(
        "a value never seen is taken for the last category",
        in_="OneHotEncoder.transform",
        old="place[:, None] == np",
        new="(place % len(categories))[:, None] == np",
    ),
    Mistake(
        "a value never seen is taken for the category at which it would be inserted",
        in_="OneHotEncoder.transform",
        old="place = positions(X[:, j], categories, self.strict)",
        new="place = positions(X[:, j], categories, self.strict)\n"
        "            at = np.searchsorted(categories, X[:, j])\n"
        "            place = np.minimum(at, len(categories) - 1)",
    ),
    Mistake(
        "the categories are those of the rows at hand, so that the columns change with them",
        in_="OneHotEncoder.transform",
        old="enumerate(self.categories_)",
        new="enumerate(map(np.unique, X.T))",
    ),
    Mistake(
        "strict plays no part",
        in_="OneHotEncoder.transform",
        old=", self.strict)",
        new=")",
    ),
    Mistake(
        "a value never seen is refused even where it need not be",
        in_="OneHotEncoder.transform",
        old=", self.strict)",
        new=", True)",
    ),
    Mistake(
        "the first category of each column gets no feature",
        in_="OneHotEncoder.transform",
        old="np.arange(len(categories))",
        new="np.arange(1, len(categories))",
    ),
    Mistake(
        "the places themselves are returned: an order that the words do not have",
        in_="OneHotEncoder.transform",
        old="place[:, None] == np.arange(len(categories))",
        new="place[:, None]",
    ),
    Mistake(
        "truth values are returned instead of floats",
        in_="OneHotEncoder.transform",
        old=".astype(float)",
        new="",
    ),
    Mistake(
        "the columns come in the wrong order: the last one's categories first",
        in_="OneHotEncoder.transform",
        old="np.hstack(blocks)",
        new="np.hstack(blocks[::-1])",
    ),
    Mistake(
        "a row's own fold is counted in, so that its own target is in its encoding",
        in_="TargetEncoder.encode",
        old="sums.sum(axis=1, keepdims=True) - sums",
        new="sums.sum(axis=1, keepdims=True) - 0 * sums",
    ),
    Mistake(
        "a row is encoded by its own fold instead of the others",
        in_="TargetEncoder.encode",
        old="sums.sum(axis=1, keepdims=True) - sums",
        new="np.concatenate([sums[:, :-1], sums.sum(axis=1, keepdims=True)], axis=1)",
    ),
    Mistake(
        "the prior is that of all folds, the row's own among them",
        in_="TargetEncoder.encode",
        old="total.sum(axis=1) / count.sum(axis=1)",
        new="(total.sum(axis=1) / count.sum(axis=1))[-1] + np.zeros(len(total))",
        lesson="The part that leaks is small, but it is there: with ids that each occur once the "
        "encoding is the prior, and the prior now rises with every target of the fold. Everything "
        "that is made of targets has to leave out the same rows.",
    ),
    Mistake(
        "nothing is smoothed: a category of one sample is taken at its word",
        in_="TargetEncoder.encode",
        old="(total + self.m * prior[:, None]) / (count + self.m)",
        new="np.where(count > 0, total / np.maximum(count, 1), prior[:, None])",
    ),
    Mistake(
        "it is pulled towards zero instead of the prior",
        in_="TargetEncoder.encode",
        old="total + self.m * prior[:, None]",
        new="total",
    ),
    Mistake(
        "m samples of the prior are added to the total but not to the count",
        in_="TargetEncoder.encode",
        old="(count + self.m)",
        new="np.maximum(count, 1)",
    ),
    Mistake(
        "the prior is the mean of the categories' means, as if all were equally common",
        in_="TargetEncoder.encode",
        old="total.sum(axis=1) / count.sum(axis=1)",
        new="(total / np.maximum(count, 1)).sum(axis=1) / (count > 0).sum(axis=1)",
    ),
    Mistake(
        "what was learned is overwritten on the way, so that a second call finds something else",
        in_="TargetEncoder.encode",
        old="count, total = sums.sum(axis=1, keepdims=True) - sums",
        new="sums[:] = sums.sum(axis=1, keepdims=True) - sums\n            count, total = sums",
    ),
    Mistake(
        "new rows are encoded without the first fold",
        in_="TargetEncoder.encode",
        old="mean[fold,",
        new="mean[np.maximum(fold, 0),",
    ),
    Mistake(
        "the transformers are fitted without the targets",
        in_="ColumnTransformer.fit_transform",
        old="transformer.fit_transform(X, y)",
        new="transformer.fit_transform(X, 0 * y if y is not None else y)",
    ),
    Mistake(
        "y is not handed on to the transformers",
        in_="ColumnTransformer.fit_transform",
        old="transformer.fit_transform(X, y)",
        new="transformer.fit_transform(X)",
    ),
    Mistake(
        "it is fit and then transform, which encodes a row by its own target",
        in_="ColumnTransformer.fit_transform",
        old="transformer.fit_transform(X, y)",
        new="transformer.fit(X, y).transform(X)",
        lesson="For most transformers the two are the same, and so every test on numbers passes. "
        "A target encoder treats rows it was fitted on in another way than new ones. Ask of every "
        "line in which fit and transform stand side by side whether the rows are the same.",
    ),
    Mistake(
        "only the last block is returned",
        in_="ColumnTransformer.fit_transform",
        old="np.hstack(blocks)",
        new="blocks[-1]",
    ),
    Mistake(
        "the blocks stand in the order of the columns' names instead of the list's",
        in_="ColumnTransformer.fit_transform",
        old="in self.transformers:",
        new="in sorted(self.transformers, key=lambda part: part[2]):",
    ),
    Mistake(
        "the rows are added to those of the fit before, which is not forgotten",
        in_="ColumnTransformer.fit_transform",
        old="blocks.append(transformer.fit_transform(X, y))",
        new="transformer.partial_fit(X, y)\n            blocks.append(transformer.transform(X))",
    ),
    Mistake(
        "the targets are counted even where there are none",
        in_="ColumnTransformer.fit_transform",
        old="blocks = []",
        new="blocks, n = [], len(y)",
    ),
    Mistake(
        "the columns are taken in alphabetical order",
        in_="ColumnTransformer.fit_transform",
        old="pick(table, columns)",
        new="pick(table, sorted(columns))",
    ),
    Mistake(
        "every step is fitted on the raw rows instead of what the step before made",
        in_="Pipeline.fit",
        old="X = step.fit_transform(X, y)",
        new="step.fit_transform(X, y)",
    ),
    Mistake(
        "the steps are fitted and then asked for a transform, as if these rows were new",
        in_="Pipeline.fit",
        old="X = step.fit_transform(X, y)",
        new="X = step.fit(X, y).transform(X)",
    ),
    Mistake(
        "the model is left unfitted",
        in_="Pipeline.fit",
        old="        self.steps[-1][1].fit(X, y)\n",
        new="",
    ),
    Mistake(
        "the first step is skipped",
        in_="Pipeline.fit",
        old="self.steps[:-1]",
        new="self.steps[1:-1]",
    ),
    Mistake(
        "the targets are not handed to the transformers",
        in_="Pipeline.fit",
        old="step.fit_transform(X, y)",
        new="step.fit_transform(X, 0 * y)",
    ),
    Mistake(
        "y is not handed on to the transformers",
        in_="Pipeline.fit",
        old="step.fit_transform(X, y)",
        new="step.fit_transform(X)",
    ),
    Mistake(
        "y is not handed on to the model",
        in_="Pipeline.fit",
        old="self.steps[-1][1].fit(X, y)",
        new="self.steps[-1][1].fit(X)",
    ),
    Mistake(
        "the model is asked for a fit_transform, as if it were a transformer",
        in_="Pipeline.fit",
        old="self.steps[:-1]",
        new="self.steps",
    ),
    Mistake(
        "the model is fitted twice",
        in_="Pipeline.fit",
        old="self.steps[-1][1].fit(X, y)",
        new="self.steps[-1][1].fit(X, y)\n        self.steps[-1][1].fit(X, y)",
    ),
    Mistake(
        "fit returns the model instead of the pipeline",
        in_="Pipeline.fit",
        old="return self",
        new="return self.steps[-1][1]",
    ),
    Mistake(
        "the columns are spoiled in the table itself, and never mended",
        in_="find_leak",
        old="after = prepare({**table, name: spoiled(column, train)}, train)",
        new="table[name] = spoiled(column, train)\n        after = prepare(table, train)",
    ),
    Mistake(
        "training rows are spoiled instead of held-out ones",
        in_="find_leak",
        old="spoiled(column, train)",
        new="spoiled(column, ~train)",
    ),
    Mistake(
        "the columns that do not leak are named",
        in_="find_leak",
        old="if not np",
        new="if np",
    ),
    Mistake(
        "NaN is held to differ from NaN, so that every column seems to leak",
        in_="find_leak",
        old=", equal_nan=True",
        new="",
    ),
    Mistake(
        "the last column is never tried",
        in_="find_leak",
        old="table.items()",
        new="list(table.items())[:-1]",
    ),
    Mistake(
        "the shapes are compared, not what is in the arrays",
        in_="find_leak",
        old="np.array_equal(before, after, equal_nan=True)",
        new="before.shape == after.shape",
    ),
    Mistake(
        "shapes are not compared, and arrays of two shapes have no entries to compare",
        in_="find_leak",
        old="np.array_equal(before, after, equal_nan=True)",
        new="np.all((before == after) | ((before != before) & (after != after)))",
    ),
    Mistake(
        "arrays that are merely close are taken for equal",
        in_="find_leak",
        old="np.array_equal(before, after, equal_nan=True)",
        new="(before.shape == after.shape and np.allclose(before, after, equal_nan=True))",
    ),
    Mistake(
        "the names are sorted: they should stand in the order of the table",
        in_="find_leak",
        old="    return leaks",
        new="    return sorted(leaks)",
    ),
    Mistake(
        "it stops at the first leak",
        in_="find_leak",
        old="leaks.append(name)",
        new="return [name]",
    ),
]

EXPLAIN = [
    Explain(
        "filled",
        why="a gap is filled with the mean of the rows at hand, not of those that were fitted",
        causes={
            "the marks are of the columns that have a gap in the rows at hand": "They are chosen "
            "by self.gaps_, which fit has stored.",
            "gaps are filled with zeros": "np.nanmean is the mean of the numbers that are known.",
            "the rows that were given are changed in place": "np.where makes a new array, and so "
            "does np.hstack.",
        },
        takes="`X` is a table of numbers without a gap, on which an imputer is fitted; `new` is "
        "another one, of as many columns, and to it a last row is added in which every number is "
        "missing. Out comes what that table is turned into.",
        call=lambda code, X, new: (
            code.SimpleImputer()
            .fit(np.asarray(X, float))
            .transform(np.vstack([new, np.full(np.shape(X)[1], np.nan)]))
        ),
        example={"X": [[1.0, 4.0], [3.0, 6.0]], "new": [[2.0, 5.0]]},
        witness={"X": [[1.0, 4.0], [3.0, 6.0]], "new": [[9.0, 5.0]]},
    ),
    Explain(
        "own_target",
        why="it is fit and then transform, which encodes a row by its own target",
        causes={
            "the transformers are fitted without the targets": "y is handed to fit.",
            "the blocks stand in the order of the columns' names instead of the list's": "The loop "
            "goes through self.transformers, and append keeps the order.",
            "the rows are added to those of the fit before, which is not forgotten": "fit forgets; "
            "only partial_fit adds.",
        },
        takes="`x` is a column of numbers that stand for categories, `y` the targets of as many "
        "rows; a `TargetEncoder` of two folds encodes them, row 0 in fold 0, row 1 in fold 1, and "
        "so on in turn.",
        call=lambda code, x, y: code.ColumnTransformer(
            [("x", code.TargetEncoder(m=1.0, folds=2), ["x"])]
        ).fit_transform({"x": np.asarray(x)}, np.asarray(y, float)),
        example={"x": [1, 1, 2, 2], "y": [1, 1, 1, 1]},
        witness={"x": [1, 1, 2, 2], "y": [1, 0, 1, 1]},
    ),
]

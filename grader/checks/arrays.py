"""Checks for arrays."""

import numpy as np

from grader import Explain, Mistake, accuracy_at_least, check, close, exactly


def table(rng, n, d):
    """Return n samples of d features, each with a mean and a spread of its own."""
    return rng.normal(size=(n, d)) * rng.uniform(0.5, 20, d) + rng.uniform(-50, 50, d)


@check("standardize", forbids=["sklearn.preprocessing", "scipy.stats"])
def each_feature(code, rng):
    """every feature gets mean 0 and standard deviation 1, whatever its unit"""
    return code.standardize(table(rng, n=20, d=4))


@check("standardize", forbids=["sklearn.preprocessing", "scipy.stats"])
def held_out_rows(code, rng):
    """held-out rows are measured with the mean and the spread of the training rows"""
    train = table(rng, n=20, d=3)
    return code.standardize(train[:7] * 1.5 + 4.0, train)


@check("standardize", forbids=["sklearn.preprocessing", "scipy.stats"])
def one_row_alone(code):
    """a single held-out row keeps what is special about it"""
    train = np.array([[1.0, 10.0], [3.0, 30.0], [5.0, 20.0]])
    return code.standardize(np.array([[9.0, 20.0]]), train)


@check("standardize", expect=close(1e-4, 1e-6), forbids=["sklearn.preprocessing", "scipy.stats"])
def hundred_million(code, rng):
    """a feature some hundred million from zero keeps its spread"""
    return code.standardize(rng.normal(size=(12, 2)).round(2) + np.array([1e8, -3e8]))


@check("standardize", forbids=["sklearn.preprocessing", "scipy.stats"])
def constant_feature(code, rng):
    """a constant feature is divided by 1, without a warning on the way"""
    train = np.column_stack([rng.normal(size=10), np.full(10, 2.0), np.full(10, 0.1)])
    with np.errstate(divide="raise", invalid="raise"):
        return {
            "the training rows": code.standardize(train),
            "held-out rows": code.standardize(train[:3] + 2.0, train),
        }


@check("one_hot", expect=exactly, forbids=["sklearn.preprocessing"])
def words(code):
    """labels may be words: the columns follow the alphabet"""
    return code.one_hot(np.array(["wren", "crow", "owl", "crow"]))


@check("one_hot", expect=exactly, forbids=["sklearn.preprocessing"])
def given_classes(code, rng):
    """with classes given, every class has its column, in their order, also one not in y"""
    return code.one_hot(rng.choice([0, 2, 3], size=12), np.array([3, 0, 5, 2]))


@check("one_hot", expect=exactly, forbids=["sklearn.preprocessing"])
def kind_of_numbers(code):
    """floats come out, or what dtype says; a single sample is a table of one row"""
    one, two = code.one_hot(np.array([3])), code.one_hot(np.array([1, 0]), dtype=np.float32)
    return {
        "one sample": one,
        "its dtype": str(np.asarray(one).dtype),
        "two samples with dtype=np.float32": two,
        "their dtype": str(np.asarray(two).dtype),
    }


DISTANCES = ["scipy.spatial", "sklearn.metrics.pairwise"]


@check("pairwise_squared_distances", forbids=DISTANCES)
def by_hand(code):
    """the sides of a triangle of 3, 4 and 5 come out squared"""
    corners = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]])
    return code.pairwise_squared_distances(corners, corners)


@check("pairwise_squared_distances", forbids=DISTANCES)
def two_tables(code, rng):
    """a row for each row of A, a column for each row of B, one of each at the least"""
    A, B = rng.normal(size=(6, 3)), rng.normal(size=(4, 3)) + 2
    pair = code.pairwise_squared_distances
    return {"6 and 4": pair(A, B), "1 and 4": pair(A[:1], B), "6 and 1": pair(A, B[:1])}


@check("pairwise_squared_distances", forbids=DISTANCES)
def far_from_zero(code, rng):
    """points some hundred million away have the distances they have at zero"""
    A, B = rng.integers(-9, 9, size=(5, 4)), rng.integers(-9, 9, size=(7, 4))
    D = code.pairwise_squared_distances(A, B)

    def same_after(shift):
        moved = code.pairwise_squared_distances(A + shift, B + shift)
        return bool(np.allclose(moved, D, rtol=1e-6, atol=1e-6))

    return {
        "whole numbers": D,
        "the same after + 1e8": same_after(1e8),
        "the same after + [1e8, -3e8, 0, 2e8]": same_after(np.array([1e8, -3e8, 0.0, 2e8])),
    }


@check("pairwise_squared_distances", forbids=DISTANCES)
def near_twins(code, rng):
    """no distance is negative, not even between twins or as good as twins"""
    A = 1000 * rng.normal(size=(60, 30))
    near = A * (1 + 1e-15 * rng.integers(-2, 3, size=A.shape))
    pair = code.pairwise_squared_distances
    return {
        "is any below 0, twins": bool((pair(A, A) < 0).any()),
        "is any below 0, as good as twins": bool((pair(A, near) < 0).any()),
        "distances of other points": pair(A[:3, :2] / 1000, A[3:5, :2] / 1000),
    }


@check("pairwise_squared_distances", expect=close(rtol=1e-4, atol=1e-4), forbids=DISTANCES)
def single_precision(code, rng):
    """float32 stays float32"""
    A, B = (rng.integers(-9, 9, size=(n, 3)).astype(np.float32) for n in (5, 4))
    D = code.pairwise_squared_distances(A, B)
    return {"distances": D, "dtype": str(np.asarray(D).dtype)}


def dealt(code, n, size, rng):
    """Return the batches as a list of arrays."""
    return [np.asarray(batch) for batch in code.batches(n, size, rng)]


@check("batches", expect=exactly)
def sizes(code, rng):
    """all batches have `size` samples, only the last may have fewer"""
    size, full, left = rng.integers([3, 2, 1], [9, 7, 3]).tolist()
    return {
        f"n = {n}, size = {s}": ", ".join(str(len(b)) for b in dealt(code, n, s, rng))
        for n, s in [(size * full + left, size), (size * full, size), (left, size), (full, 1)]
    }


@check("batches", expect=exactly)
def each_once(code, rng):
    """each number from 0 to n - 1 comes exactly once"""
    n = 8 * int(rng.integers(5, 100)) + 2
    return np.sort(np.concatenate(dealt(code, n, 8, rng)))


@check("batches", expect=exactly)
def mixed(code, rng):
    """any sample can meet any other in a batch: the order of all of them is random"""
    every = dealt(code, 200, 20, rng)
    order = np.concatenate(every)
    return {
        "batches that hold nothing but neighbours": sum(
            len(b) > 0 and np.ptp(b) < len(b) for b in every
        ),
        "batches of one half alone": sum(bool((b < 100).all() or (b >= 100).all()) for b in every),
        "is it 0, 1, 2 and so on": bool((order == np.arange(200)).all()),
    }


@check("batches", expect=exactly)
def all_orders(code, rng):
    """every order is as likely as any other"""
    seen = [tuple(dealt(code, 3, 3, rng)[0].tolist()) for _ in range(6000)]
    counts = {order: seen.count(order) for order in sorted(set(seen))}
    spread = sum((count - 1000) ** 2 / 1000 for count in counts.values())
    return {"orders of three": list(counts), "is one more frequent": spread > 45}


@check("batches", expect=exactly)
def from_rng(code):
    """equal generators deal alike, and a generator deals anew at every call"""
    one, two = np.random.default_rng(3), np.random.default_rng(3)
    first, again = dealt(code, 60, 60, one)[0], dealt(code, 60, 60, one)[0]
    twin = dealt(code, 60, 60, two)[0]
    return {
        "do equal generators deal alike": bool((first == twin).all()),
        "does a second call deal the same again": bool((first == again).all()),
    }


def clouds(rng, n, centres):
    """Return n points around centres that lie in turn, and which centre each has."""
    y = rng.permutation(np.arange(n) % len(centres))
    return rng.normal(size=(n, centres.shape[1])) + centres[y], y


@check("NearestMean.fit", forbids=["sklearn.neighbors"])
def means(code, rng):
    """a mean for each class, over its own samples, however many they are"""
    y = np.repeat([4, 0, 9], [2, 7, 4])
    model = code.NearestMean().fit(rng.normal(size=(13, 2)), y)
    return {"classes_": model.classes_, "means_": model.means_}


@check("NearestMean.fit", forbids=["sklearn.neighbors"])
def as_many_classes_as_features(code, rng):
    """as many classes as features, where a wrong axis would not be noticed"""
    y = np.array(["b", "a", "c", "b", "b", "c"])
    model = code.NearestMean().fit(rng.normal(size=(6, 3)), y)
    return {"classes_": model.classes_, "means_": model.means_}


@check("NearestMean.fit", forbids=["sklearn.neighbors"])
def second_fit(code, rng):
    """a second fit forgets the first, and fit returns the model itself"""
    model = code.NearestMean().fit(rng.normal(size=(5, 2)), np.array([0, 1, 0, 1, 2]))
    same = model.fit(rng.normal(size=(2, 3)), np.array([True, False]))
    return {"does fit return the model": same is model, "means_": same.means_}


@check("NearestMean.fit", expect=close(rtol=1e-5), forbids=["sklearn.neighbors"])
def means_in_single_precision(code, rng):
    """float32 stays float32"""
    X = rng.uniform(1, 2, size=(6, 2)).astype(np.float32)
    learned = code.NearestMean().fit(X, np.arange(6) % 2).means_
    return {"means_": learned, "dtype": str(np.asarray(learned).dtype)}


def model_with(code, means, classes):
    """Return a model that has learned these means."""
    model = code.NearestMean()
    model.means_, model.classes_ = np.asarray(means, float), np.asarray(classes)
    return model


@check("NearestMean.predict", expect=exactly, forbids=["sklearn.neighbors"])
def nearest(code):
    """each sample gets the label of the mean it is closest to"""
    model = model_with(code, [[0, 0], [4, 0], [0, 4]], ["crow", "owl", "wren"])
    return model.predict(np.array([[3.0, 1.0], [0.5, 0.2], [1.0, 9.0], [-1.0, -1.0]]))


@check("NearestMean.predict", expect=exactly, forbids=["sklearn.neighbors"])
def straight_lines(code, rng):
    """near is along the straight line, and of equally near means it is the first"""
    far = model_with(code, rng.integers(-9, 10, size=(6, 5)), list("abcdef"))
    even = model_with(code, [[-1, 0], [1, 0], [0, 3]], ["crow", "owl", "wren"])
    return {
        "in five dimensions": far.predict(rng.normal(size=(60, 5)) * 5),
        "between two means": even.predict(np.array([[0.0, 0.0], [0.0, -2.0]])),
    }


@check("NearestMean.predict", expect=exactly, forbids=["sklearn.neighbors"])
def one_sample(code):
    """a single sample is read too, and labels need not count from 0"""
    return model_with(code, [[1.0], [2.0]], [30, 20]).predict(np.array([[5.0]]))


def new_points(rng):
    """Draw clouds to learn from and new points whose classes stay here."""
    centres = np.array([[3.0, 0.0], [-3.0, 1.0], [0.0, 4.0]])
    (X, y), (X_new, known) = clouds(rng, 60, centres), clouds(rng, 200, centres)
    return {"X": X, "y": y, "X_new": X_new}, known


@check(
    "NearestMean.predict",
    given=new_points,
    expect=accuracy_at_least(0.9),
    forbids=["sklearn.neighbors"],
)
def nine_in_ten(code, X, y, X_new):
    """it reads nine in ten of points that it has not seen"""
    return code.NearestMean().fit(X, y).predict(X_new)


# Every series below is the beginning of a longer one, so that a window too
# many shows what we know, and not whatever lies in memory.
LIBRARY_WINDOWS = ["numpy.lib.stride_tricks.sliding_window_view"]


@check("sliding_windows", expect=exactly, forbids=LIBRARY_WINDOWS)
def every_window(code, rng):
    """a window begins at every entry that has enough neighbours after it"""
    return code.sliding_windows(rng.normal(size=12)[:9], 4)


@check("sliding_windows", expect=exactly, forbids=LIBRARY_WINDOWS)
def shortest_and_longest(code, rng):
    """windows of one entry, and a single window of all of them"""
    x = rng.integers(100, size=9)[:6]
    return {
        "length 1 of 6": code.sliding_windows(x, 1),
        "length 6 of 6": code.sliding_windows(x, 6),
    }


@check("sliding_windows", expect=exactly, forbids=LIBRARY_WINDOWS)
def every_second_entry(code, rng):
    """a series whose entries do not lie side by side in memory has windows too"""
    return code.sliding_windows(rng.normal(size=18)[:14:2], 3)


@check("sliding_windows", expect=exactly, forbids=LIBRARY_WINDOWS)
def no_copy(code):
    """nothing is copied: what is written into x later is seen in the windows"""
    x = np.arange(9.0)[:7]
    windows = code.sliding_windows(x, 3)
    x[3] = -1.0
    return windows


@check("sliding_windows", expect=exactly, forbids=LIBRARY_WINDOWS)
def read_only(code):
    """a window cannot be written to: NumPy refuses"""
    x = np.arange(7.0)
    windows, refused = code.sliding_windows(x[:5], 2), False
    try:
        windows[0, 0] = 9.0
    except ValueError:
        refused = True
    return {"is writing refused": refused, "has x changed": bool(x[0] == 9.0)}


MISTAKES = [
    Mistake(
        "mean and spread are taken from the rows themselves instead of train",
        in_="standardize",
        old="mean = train.mean(axis=0)  # (d,)\n"
        "    spread = np.where(varies, train.std(axis=0), 1)",
        new="mean = X.mean(axis=0)\n    spread = np.where(varies, X.std(axis=0), 1)",
    ),
    Mistake(
        "the mean comes from the rows themselves, the spread from train",
        in_="standardize",
        old="train.mean(axis=0)",
        new="X.mean(axis=0)",
    ),
    Mistake(
        "one mean and one spread are taken over the whole table",
        in_="standardize",
        old="mean = train.mean(axis=0)  # (d,)\n"
        "    spread = np.where(varies, train.std(axis=0), 1)",
        new="mean = train.mean()\n    spread = np.where(varies, train.std(), 1)",
    ),
    Mistake(
        "each row is measured instead of each column: axis=1 for axis=0",
        in_="standardize",
        old="mean = train.mean(axis=0)  # (d,)\n"
        "    spread = np.where(varies, train.std(axis=0), 1)  # (d,)\n"
        "    return (X - mean)",
        new="mean = train.mean(axis=1)\n    spread = train.std(axis=1)[:, None]\n"
        "    return (X - mean[:, None])",
    ),
    Mistake(
        "each row is measured instead of each column: axis=1 for axis=0",
        in_="standardize",
        old="train.mean(axis=0)  # (d,)\n    spread = np.where(varies, train.std(axis=0)",
        new="train.mean(axis=1)\n    spread = np.where(varies, train.std(axis=1)",
    ),
    Mistake(
        "each row is measured instead of each column: axis=1 for axis=0",
        in_="standardize",
        old="mean = train.mean(axis=0)  # (d,)\n"
        "    spread = np.where(varies, train.std(axis=0), 1)  # (d,)\n"
        "    return (X - mean) / spread",
        new="return (X - train.mean(axis=1)) / train.std(axis=1)",
    ),
    Mistake(
        "one mean and one spread are taken over the whole table",
        in_="standardize",
        old="mean = train.mean(axis=0)  # (d,)\n"
        "    spread = np.where(varies, train.std(axis=0), 1)  # (d,)\n"
        "    return (X - mean) / spread",
        new="return (X - train.mean()) / train.std()",
    ),
    Mistake(
        "the spread of a constant feature is left at zero, and divided by",
        in_="standardize",
        old="np.where(varies, train.std(axis=0), 1)",
        new="train.std(axis=0)",
    ),
    Mistake(
        "a spread is called zero by comparing it with 0, which rounding can prevent",
        in_="standardize",
        old="np.where(varies, train.std(axis=0), 1)",
        new="np.where(train.std(axis=0) == 0, 1, train.std(axis=0))",
    ),
    Mistake(
        "the variance is used: its root is the standard deviation",
        in_="standardize",
        old="train.std",
        new="train.var",
    ),
    Mistake(
        "the squares are divided by n - 1 instead of n",
        in_="standardize",
        old="train.std(axis=0)",
        new="train.std(axis=0, ddof=1)",
    ),
    Mistake(
        "the mean is not taken away",
        in_="standardize",
        old="(X - mean)",
        new="X",
    ),
    Mistake(
        "the division is left out",
        in_="standardize",
        old=" / spread",
        new="",
    ),
    Mistake(
        "only the mean is divided: brackets are missing around the difference",
        in_="standardize",
        old="(X - mean) / spread",
        new="X - mean / spread",
    ),
    Mistake(
        "X itself is overwritten: -= and /= work on the array that was given",
        in_="standardize",
        old="return (X - mean) / spread",
        new="X -= mean\n    X /= spread\n    return X",
    ),
    Mistake(
        "rows and columns are swapped: a row for each class",
        in_="one_hot",
        old="y[:, None] == classes",
        new="y == classes[:, None]",
    ),
    Mistake(
        "truth values are returned instead of numbers",
        in_="one_hot",
        old=".astype(dtype)",
        new="",
    ),
    Mistake(
        "labels are used as positions, which words and years are not",
        in_="one_hot",
        old="(y[:, None] == classes).astype(dtype)",
        new="np.eye(len(classes), dtype=dtype)[y]",
    ),
    Mistake(
        "labels are used as positions, which words and years are not",
        in_="one_hot",
        old="return (y[:, None] == classes).astype(dtype)",
        new="Y = np.zeros((len(y), len(classes)), dtype)\n"
        "    Y[np.arange(len(y)), y] = 1\n"
        "    return Y",
    ),
    Mistake(
        "labels are used as positions, which words and years are not",
        in_="one_hot",
        old="return (y[:, None] == classes).astype(dtype)",
        new="Y = np.zeros((len(y), len(classes)), dtype)\n"
        "    for i in range(len(y)):\n        Y[i, y[i]] = 1\n"
        "    return Y",
    ),
    Mistake(
        "the columns follow the labels found in y, whatever classes says",
        in_="one_hot",
        old="== classes)",
        new="== np.unique(y))",
    ),
    Mistake(
        "the classes are sorted again, though their order was given",
        in_="one_hot",
        old="== classes)",
        new="== np.sort(classes))",
    ),
    Mistake(
        "the first class has no column",
        in_="one_hot",
        old="== classes)",
        new="== classes[1:])",
    ),
    Mistake(
        "dtype is not heeded",
        in_="one_hot",
        old="astype(dtype)",
        new="astype(float)",
    ),
    Mistake(
        "ones and zeros are exchanged",
        in_="one_hot",
        old="==",
        new="!=",
    ),
    Mistake(
        "the points are not brought near zero first, and large squares cancel",
        in_="pairwise_squared_distances",
        old="    A, B = A - middle, B - middle\n",
        new="",
    ),
    Mistake(
        "the points are not brought near zero first, and rounding below zero is left in",
        in_="pairwise_squared_distances",
        old="    A, B = A - middle, B - middle\n"
        "    D = (-2 * A) @ B.T  # (n, m)\n"
        '    D += np.einsum("ij,ij->i", A, A)[:, None]  # (n, 1)\n'
        '    D += np.einsum("ij,ij->i", B, B)  # (m,)\n'
        "    return np.maximum(D, 0, out=D)",
        new='    a, b = (np.einsum("ij,ij->i", M, M) for M in (A, B))\n'
        "    return a[:, None] - 2 * A @ B.T + b",
    ),
    Mistake(
        "one number is taken from all features, though each has a mean of its own",
        in_="pairwise_squared_distances",
        old="B.mean(axis=0)",
        new="B.mean()",
        lesson="Any shift will do on paper, so the distances stay right until the digits run out. "
        "Test with features that are far from zero and far from each other: years beside shares.",
    ),
    Mistake(
        "each table is shifted by its own mean, which moves them against each other",
        in_="pairwise_squared_distances",
        old="A, B = A - middle",
        new="A, B = A - A.mean(axis=0)",
    ),
    Mistake(
        "rounding is left in: a few distances are below zero",
        in_="pairwise_squared_distances",
        old="np.maximum(D, 0, out=D)",
        new="D",
    ),
    Mistake(
        "the product is taken once instead of twice",
        in_="pairwise_squared_distances",
        old="(-2 * A)",
        new="(-A)",
    ),
    Mistake(
        "the product is added instead of taken away",
        in_="pairwise_squared_distances",
        old="-2",
        new="2",
    ),
    Mistake(
        "the squares of B are forgotten",
        in_="pairwise_squared_distances",
        old='    D += np.einsum("ij,ij->i", B, B)  # (m,)\n',
        new="",
    ),
    Mistake(
        "the squares of A are forgotten",
        in_="pairwise_squared_distances",
        old='    D += np.einsum("ij,ij->i", A, A)[:, None]  # (n, 1)\n',
        new="",
    ),
    Mistake(
        "the squares of A lie along the rows: they must stand upright, [:, None]",
        in_="pairwise_squared_distances",
        old="[:, None]",
        new="",
    ),
    Mistake(
        "the squares of A lie along the rows: they must stand upright, [:, None]",
        in_="pairwise_squared_distances",
        old="    A, B = A - middle, B - middle\n"
        "    D = (-2 * A) @ B.T  # (n, m)\n"
        '    D += np.einsum("ij,ij->i", A, A)[:, None]  # (n, 1)\n'
        '    D += np.einsum("ij,ij->i", B, B)  # (m,)\n'
        "    return np.maximum(D, 0, out=D)",
        new='    a, b = (np.einsum("ij,ij->i", M, M) for M in (A, B))\n'
        "    return np.maximum(a - 2 * A @ B.T + b, 0)",
    ),
    Mistake(
        "the squares of B stand upright, so that each row gets those of another point",
        in_="pairwise_squared_distances",
        old="B, B)  # (m,)",
        new="B, B)[:, None]",
    ),
    Mistake(
        "the root is taken: squared distances were asked for",
        in_="pairwise_squared_distances",
        old="return np.maximum(D, 0, out=D)",
        new="return np.sqrt(np.maximum(D, 0))",
    ),
    Mistake(
        "absolute differences are added up instead of squared ones",
        in_="pairwise_squared_distances",
        old="return np.maximum(D, 0, out=D)",
        new="return np.abs(A[:, None] - B).sum(axis=2)",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="pairwise_squared_distances",
        old="middle = B.mean(axis=0)",
        new="middle = B.mean(axis=0, dtype=float)",
    ),
    Mistake(
        "the smaller batch at the end is dropped",
        in_="batches",
        old="range(0, n, size)",
        new="range(0, n - size + 1, size)",
    ),
    Mistake(
        "the last batch is dropped, whatever its size",
        in_="batches",
        old="range(0, n, size)",
        new="range(0, n - size, size)",
    ),
    Mistake(
        "an empty batch comes last where n is a multiple of size",
        in_="batches",
        old="range(0, n, size)",
        new="range(0, n + 1, size)",
    ),
    Mistake(
        "the order is not random",
        in_="batches",
        old="rng.permutation(n)",
        new="np.arange(n)",
    ),
    Mistake(
        "samples are drawn with replacement: some come twice, others never",
        in_="batches",
        old="rng.permutation(n)",
        new="rng.integers(n, size=n)",
    ),
    Mistake(
        "the batches are shuffled, but each still holds neighbours",
        in_="batches",
        old="order = rng.permutation(n)  # (n,)\n"
        "    return [order[i : i + size] for i in range(0, n, size)]",
        new="starts = rng.permutation(np.arange(0, n - n % size, size))\n"
        "    every = [np.arange(i, i + size) for i in starts]\n"
        "    return every + [np.arange(n - n % size, n)] * (n % size > 0)",
    ),
    Mistake(
        "nothing comes back: a return is missing",
        in_="batches",
        old="return [order",
        new="made = [order",
    ),
    Mistake(
        "the samples are shuffled within each batch, but never change it",
        in_="batches",
        old="order = rng.permutation(n)  # (n,)\n"
        "    return [order[i : i + size] for i in range(0, n, size)]",
        new="order = np.arange(n)\n"
        "    return [rng.permutation(order[i : i + size]) for i in range(0, n, size)]",
    ),
    Mistake(
        "the batches overlap by one",
        in_="batches",
        old="i + size]",
        new="i + size + 1]",
    ),
    Mistake(
        "chance comes from NumPy's hidden generator instead of rng",
        in_="batches",
        old="rng.permutation",
        new="np.random.permutation",
    ),
    Mistake(
        "a new generator with the same seed deals the same order at every call",
        in_="batches",
        old="rng.permutation",
        new="np.random.default_rng(0).permutation",
    ),
    Mistake(
        "the sums are not divided by the number of samples",
        in_="NearestMean.fit",
        old=" / Y.sum(axis=0)[:, None]",
        new="",
    ),
    Mistake(
        "the sums are divided by all the samples instead of those of the class",
        in_="NearestMean.fit",
        old="Y.sum(axis=0)[:, None]",
        new="len(X)",
    ),
    Mistake(
        "the counts lie along the features: they must stand upright, [:, None]",
        in_="NearestMean.fit",
        old="[:, None]",
        new="",
    ),
    Mistake(
        "each class is a column of means_ instead of a row",
        in_="NearestMean.fit",
        old="Y.T @ X / Y.sum(axis=0)[:, None]",
        new="(Y.T @ X / Y.sum(axis=0)[:, None]).T",
    ),
    Mistake(
        "every class gets the mean of all the samples",
        in_="NearestMean.fit",
        old="Y.T @ X / Y.sum(axis=0)[:, None]",
        new="np.tile(X.mean(axis=0), (len(self.classes_), 1))",
    ),
    Mistake(
        "the classes stand in the order in which they first come, the means sorted",
        in_="NearestMean.fit",
        old="        return self\n",
        new="        self.classes_ = np.asarray(y)[np.sort(np.unique(y, return_index=True)[1])]\n"
        "        return self\n",
    ),
    Mistake(
        "the one-hot table is made in float64, which widens float32",
        in_="NearestMean.fit",
        old=", X.dtype)",
        new=")",
    ),
    Mistake(
        "means are kept from the last fit",
        in_="NearestMean.fit",
        old="self.means_ = Y.T",
        new='self.means_ = self.means_ if hasattr(self, "means_") else Y.T',
    ),
    Mistake(
        "fit does not return the model",
        in_="NearestMean.fit",
        old="return self",
        new="return None",
    ),
    Mistake(
        "the position of the mean is returned instead of its label",
        in_="NearestMean.predict",
        old="self.classes_[D.argmin(axis=1)]",
        new="D.argmin(axis=1)",
    ),
    Mistake(
        "the farthest mean is taken",
        in_="NearestMean.predict",
        old="argmin",
        new="argmax",
    ),
    Mistake(
        "each mean is given its nearest sample, not each sample its nearest mean",
        in_="NearestMean.predict",
        old="self.classes_[D.argmin(axis=1)]",
        new="self.classes_[D.argmin(axis=0) % len(D.T)]",
    ),
    Mistake(
        "the distances are returned instead of labels",
        in_="NearestMean.predict",
        old="self.classes_[D.argmin(axis=1)]",
        new="D.min(axis=1)",
    ),
    Mistake(
        "there is one window too few",
        in_="sliding_windows",
        old="len(x) - length + 1",
        new="len(x) - length",
    ),
    Mistake(
        "there is one window too many, and the last one reads behind the series",
        in_="sliding_windows",
        old="len(x) - length + 1",
        new="len(x) - length + 2",
    ),
    Mistake(
        "the windows are copied",
        in_="sliding_windows",
        old="    step = x",
        new="    x = x.copy()\n    step = x",
    ),
    Mistake(
        "the windows are copies, picked out by their positions",
        in_="sliding_windows",
        old="    step = x.strides[0]  # bytes from one entry to the next\n"
        "    return np.lib.stride_tricks.as_strided(\n"
        "        x,\n"
        "        shape=(len(x) - length + 1, length),\n"
        "        strides=(step, step),\n"
        "        writeable=False,\n"
        "    )\n",
        new="    start = np.arange(len(x) - length + 1)\n"
        "    return x[start[:, None] + np.arange(length)]\n",
    ),
    Mistake(
        "writeable=False is missing, so that x can be changed through a window",
        in_="sliding_windows",
        old="        writeable=False,\n",
        new="",
    ),
    Mistake(
        "windows and places within a window are swapped",
        in_="sliding_windows",
        old="shape=(len(x) - length + 1, length)",
        new="shape=(length, len(x) - length + 1)",
    ),
    Mistake(
        "the strides are the size of an entry, as if nothing lay between two of them",
        in_="sliding_windows",
        old="step = x.strides[0]",
        new="step = x.itemsize",
        lesson="Most arrays lie in one piece, and then the two are equal; a column of a table, or "
        "every second entry, does not. Ask x.strides how far it is to the next entry.",
    ),
    Mistake(
        "the strides count entries: they count bytes",
        in_="sliding_windows",
        old="step = x.strides[0]",
        new="step = 1",
    ),
    Mistake(
        "x.strides is taken for a number: it is a tuple, with a number for each axis",
        in_="sliding_windows",
        old="x.strides[0]",
        new="x.strides",
    ),
    Mistake(
        "the windows do not move: every row begins at the first entry",
        in_="sliding_windows",
        old="strides=(step, step)",
        new="strides=(0, step)",
    ),
    Mistake(
        "each window repeats its first entry",
        in_="sliding_windows",
        old="strides=(step, step)",
        new="strides=(step, 0)",
    ),
    Mistake(
        "the spread is taken from the mean square and the squared mean, which far from zero are "
        "two large numbers with a small difference",
        in_="standardize",
        old="train.std(axis=0)",
        new="np.sqrt(np.maximum((train**2).mean(axis=0) - mean**2, 0))",
    ),
    Mistake(
        "some orders never come: no number can stay where it was",
        in_="batches",
        old="order = rng.permutation(n)  # (n,)",
        new="order = np.arange(n)\n"
        "    for i in range(n - 1, 0, -1):\n"
        "        j = rng.integers(i)\n"
        "        order[[i, j]] = order[[j, i]]",
    ),
    Mistake(
        "some orders come more often than others: each number changes places with any",
        in_="batches",
        old="order = rng.permutation(n)  # (n,)",
        new="order = np.arange(n)\n"
        "    for i in range(n):\n"
        "        j = rng.integers(n)\n"
        "        order[[i, j]] = order[[j, i]]",
    ),
    Mistake(
        "the two halves are shuffled apart, so that some samples never meet",
        in_="batches",
        old="rng.permutation(n)",
        new="np.append(rng.permutation(n // 2), n // 2 + rng.permutation(n - n // 2))",
    ),
    Mistake(
        "the way is measured along the axes, not along the straight line",
        in_="NearestMean.predict",
        old="pairwise_squared_distances(X, self.means_)",
        new="np.abs(X[:, None] - self.means_).sum(axis=2)",
    ),
    Mistake(
        "of equally near means the last is taken",
        in_="NearestMean.predict",
        old="D.argmin(axis=1)",
        new="D.shape[1] - 1 - D[:, ::-1].argmin(axis=1)",
    ),
]


EXPLAIN = [
    Explain(
        "column",
        why="the strides are the size of an entry, as if nothing lay between two of them",
        causes={
            "there is one window too many, and the last one reads behind the series": "Windows "
            "begin at 0, 1 and so on up to len(x) - length: these are len(x) - length + 1.",
            "windows and places within a window are swapped": "The shape says so: a row for each "
            "window, and length places in it.",
            "the windows are copied": "as_strided copies nothing; it looks at the memory of x, "
            "from the strides that it is given.",
        },
        takes="`X` is a table, from whose first column windows of two are taken: "
        "`sliding_windows(X[:, 0], 2)`.",
        call=lambda code, X: code.sliding_windows(X[:, 0], 2),
        example={"X": [[1.0], [2.0], [3.0]]},
        witness={"X": [[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]]},
    ),
    Explain(
        "middle",
        why="one number is taken from all features, though each has a mean of its own",
        causes={
            "each table is shifted by its own mean, which moves them against each other": "The "
            "same middle is subtracted from A and from B, so no distance changes by it.",
            "the product is taken once instead of twice": "A is multiplied by -2 before the "
            "product is taken.",
            "the squares of A lie along the rows: they must stand upright": "They do stand "
            "upright: [:, None] gives them the shape (n, 1).",
            "rounding is left in: a few distances are below zero": "Whatever is below zero is "
            "raised to it in the last line.",
        },
        takes="`A` and `B` are tables of points for `pairwise_squared_distances(A, B)`.",
        call=lambda code, A, B: code.pairwise_squared_distances(A, B),
        example={"A": [[0.0, 0.0], [3.0, 1.0]], "B": [[1.0, 5.0]]},
        witness={"A": [[1e9, 0.0]], "B": [[1e9 + 1, 0.0]]},
    ),
]

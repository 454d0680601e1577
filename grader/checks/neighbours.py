"""Checks for nearest neighbours."""

import numpy as np

from grader import Explain, Mistake, accuracy_at_least, check, close, exactly

LIBRARIES = ["sklearn.neighbors", "sklearn.metrics", "scipy.spatial"]
NORMS = [*LIBRARIES, "numpy.linalg.norm"]


@check("minkowski", forbids=NORMS)
def four_roads(code, rng):
    """for p = 1, 2, 3 and infinity, between every row of A and every row of B"""
    A, B = rng.normal(size=(4, 3)), 10 * rng.normal(size=(2, 3))
    return [code.minkowski(A, B, p=p) for p in (1, 2, 3, np.inf)]


@check("minkowski", forbids=NORMS)
def broken_powers(code, rng):
    """p need not be whole, and is 2 unless given"""
    A, B = rng.normal(size=(3, 5)), rng.normal(size=(4, 5))
    return code.minkowski(A, B, p=1.5), code.minkowski(A, B)


@check("minkowski", forbids=NORMS)
def large_powers(code, rng):
    """p = 500 neither overflows nor underflows, however large or small the gaps are"""
    A, B = rng.uniform(1, 2, size=(2, 4)), rng.uniform(-2, -1, size=(3, 4))
    A, B = A[:, [0, 1, 2, 3, 0, 1]], B[:, [0, 1, 2, 3, 0, 1]]  # equal gaps, which add up
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        return [code.minkowski(size * A, size * B, p=500) / size for size in (5e3, 1e-4, 1e-12)]


@check("minkowski", expect=close(1e-6, 1e-15), forbids=NORMS)
def gaps_side_by_side(code, rng):
    """gaps of a millionth, of 1 and of a million in one table, each pair by its own largest"""
    gaps = rng.uniform(0.5, 1, size=(3, 5)) * np.array([[1e-6], [1], [1e6]])
    gaps[:, 1] = gaps[:, 3] = -2 * gaps[:, 0]  # the largest comes twice, and counts twice
    nothing = np.zeros((2, 5)) + [[0], [3e-7]]
    with np.errstate(all="ignore"):
        return {f"p = {p}": code.minkowski(gaps, nothing, p) for p in (20, 60, 500, 2000)}


@check("minkowski", forbids=NORMS)
def the_same_row(code):
    """rows that are equal are 0 apart, and without a warning"""
    A = np.array([[1.0, -2.0, 5.0], [0.0, 0.0, 0.0]])
    with np.errstate(all="raise"):
        return [code.minkowski(A, A, p=p) for p in (1, 2.0, np.inf)]


@check("minkowski", expect=close(1e-4), forbids=NORMS)
def minkowski_in_single_precision(code, rng):
    """float32 stays float32"""
    A = rng.normal(size=(2, 3)).astype(np.float32)
    D = code.minkowski(A, A[::-1], p=3)
    return D, str(np.asarray(D).dtype)


@check("cosine_distance", forbids=LIBRARIES)
def angles(code, rng):
    """1 minus the cosine of the angle, for every row of A and every row of B"""
    return code.cosine_distance(rng.normal(size=(4, 3)), rng.normal(size=(2, 3)))


@check("cosine_distance", forbids=LIBRARIES)
def known_angles(code):
    """0 for one direction, 1 for a right angle, 2 for the opposite, however long the rows are"""
    A = np.array([[3.0, 4.0], [1e-9, 0.0]])
    B = np.array([[300.0, 400.0], [-0.4, 0.3], [-6e100, -8e100], [3.03, 4.0], [5.0, 1e-3]])
    return code.cosine_distance(A, B)


@check("cosine_distance", expect=close(1e-9, 1e-14), forbids=LIBRARIES)
def small_angles(code, rng):
    """a small angle is told from none: distances of about 1e-10, and 0 for none"""
    turn = rng.uniform(1e-5, 2e-5, size=3)
    B = np.column_stack([np.cos(turn), np.sin(turn)]) * np.array([[1], [7], [0.3]])
    return code.cosine_distance([[1.0, 0.0], [0.0, 5.0]], np.vstack([[4.0, 0.0], B]))


@check("cosine_distance", forbids=LIBRARIES)
def never_below_nothing(code, rng):
    """never below 0 and never above 2, not even by rounding"""
    A = rng.normal(size=(150, 60))
    with_itself, with_opposite = code.cosine_distance(A, A), code.cosine_distance(A, -3 * A)
    return {
        "the first distances": np.asarray(with_itself)[:3],
        "below 0": bool((np.asarray(with_itself) < 0).any()),
        "above 2": bool((np.asarray(with_opposite) > 2).any()),
    }


@check("cosine_distance", expect=close(1e-4, 1e-6), forbids=LIBRARIES)
def cosine_in_single_precision(code, rng):
    """float32 stays float32"""
    D = code.cosine_distance(*rng.normal(size=(2, 3, 4)).astype(np.float32))
    return D, str(np.asarray(D).dtype)


@check("top_k", expect=exactly)
def smallest_first(code, rng):
    """where the k smallest of each row stand, the smallest first"""
    return [code.top_k(rng.normal(size=(5, 50)), k) for k in (1, 4, 17)]


@check("top_k", expect=exactly)
def equal_entries(code, rng):
    """of equal entries the one with the smaller position comes first, at the end of the k too"""
    D = rng.integers(4, size=(6, 80)).astype(float)
    return code.top_k(D, 3), code.top_k(D, 45)


@check("top_k", expect=exactly)
def long_rows(code, rng):
    """in rows of two thousand as in short ones"""
    D = rng.normal(size=(40, 2000))
    return code.top_k(D[:3], 9), code.top_k(D, 1000)


@check("top_k", expect=exactly)
def large_and_small(code, rng):
    """entries are told apart in full: of 1e12 beside infinity, of 1e-15, and around 1"""
    order = np.array([rng.permutation(40) for _ in range(3)])
    D = order * [[1.0], [1e-16], [2.0**-52]] + [[1e12], [0.0], [1.0]]
    D[0, rng.permutation(40)[:3]] = np.inf
    return dict(zip(("1e12", "1e-15", "1"), code.top_k(D, 38), strict=True))


@check("top_k", expect=exactly)
def nothing_to_choose(code):
    """k may be as large as the row, all entries may be equal, some may be infinite"""
    D = np.array([[2.0, np.inf, -1.0, np.inf], [7.0, 7.0, 7.0, 7.0]])
    return code.top_k(D, 4), code.top_k(D, 3), code.top_k(D[:1], 1), code.top_k(D[:, :1], 1)


@check("vote", expect=exactly)
def majority(code, rng):
    """the class that most neighbours have, in each row for itself"""
    labels = np.array([[3, 0, 0], [1, 1, 2], [0, 2, 2], [4, 4, 4]])
    return code.vote(labels), code.vote(rng.integers(3, size=(40, 9)))


@check("vote", expect=exactly)
def equal_votes(code):
    """of classes with equally many votes, the one that comes first in the row"""
    return code.vote(np.array([[2, 0, 0, 2], [0, 3, 3, 0], [5, 1, 4, 1, 4][:4], [1, 0, 2, 3]]))


@check("vote", expect=exactly)
def tie_behind_the_first(code):
    """a nearest neighbour who stands alone decides nothing between two others"""
    return code.vote(np.array([[2, 1, 0, 1, 0], [0, 2, 1, 1, 2]]))


@check("vote", expect=exactly)
def one_vote_each(code):
    """each neighbour has one vote, the nearest no more than the last"""
    return code.vote(
        np.array([[1, 0, 0, 0, 1, 1], [2, 3, 3, 1, 0, 4], [1, 1, 0, 0, 0, 2], [0, 2, 1, 1, 1, 2]])
    )


@check("vote", expect=exactly)
def many_votes(code, rng):
    """there may be any number of classes, and hundreds of votes for one"""
    many = np.repeat([[2, 40, 1], [1000, 0, 7]], [300, 200, 100], axis=1)
    return {
        "few neighbours": code.vote(np.array([[40, 7, 40], [7, 1000, 1000], [6, 8, 9]])),
        "600 neighbours": code.vote(rng.permuted(many, axis=1)),
    }


@check("vote", expect=exactly)
def single_neighbour(code):
    """with one neighbour, its class"""
    return code.vote(np.array([[4], [0], [2]]))


def clouds(rng, n, k=3):
    """Return n points (n, 2) in k clouds, and which cloud each is of (n,)."""
    y = rng.permutation(np.arange(n) % k)
    return rng.normal(size=(n, 2)) + 4 * np.array([[0, 0], [1, 0], [0, 1]])[y], y


def new_clouds(rng):
    """Draw clouds to learn from and new points whose classes stay here."""
    (X, y), (X_new, known) = clouds(rng, 90), clouds(rng, 200)
    return {"X": X, "y": y, "X_new": X_new}, known


@check("KNeighbors.predict", expect=exactly, forbids=LIBRARIES)
def words(code, rng):
    """the label that most of the k nearest have; labels may be words"""
    X, y = rng.normal(size=(40, 3)), np.array(["wren", "owl", "crow"])[rng.permutation(40) % 3]
    X_new = rng.normal(size=(20, 3))
    return [code.KNeighbors(k).fit(X, y).predict(X_new) for k in (1, 3, 8)]


@check("KNeighbors.predict", expect=exactly, forbids=LIBRARIES)
def ties_and_twins(code):
    """equal votes: the nearer neighbour's class; equal distances: the earlier row"""
    X = np.array([[1.0], [-1.0], [3.0], [-3.0], [-1.0]])
    y = np.array([20, 10, 20, 30, 30])
    X_new = np.array([[0.0], [-0.5], [-1.0], [2.5]])
    return [code.KNeighbors(k).fit(X, y).predict(X_new) for k in (1, 2, 4, 5)]


@check("KNeighbors.predict", expect=exactly, forbids=LIBRARIES)
def other_distances(code):
    """the nearest are those by the distance that the model was given"""
    X, y = np.array([[1.0, 1.0], [9.0, 0.5], [0.3, 8.0]]), np.array([7, 8, 9])
    X_new = np.array([[2.0, 0.1], [0.1, 1.5], [40.0, 40.0]])
    near = [
        code.KNeighbors(1, code.cosine_distance),
        code.KNeighbors(1, lambda A, B: code.minkowski(A, B, np.inf)),
    ]
    return [model.fit(X, y).predict(X_new) for model in near]


@check("KNeighbors.predict", expect=exactly, forbids=LIBRARIES)
def asked_again(code, rng):
    """a second question is answered like a first; of 15 neighbours all 15 are asked"""
    X, y = rng.normal(size=(60, 2)), np.array(["wren", "owl", "crow"])[rng.permutation(60) % 3]
    first, second = rng.normal(size=(2, 30, 2))
    model = code.KNeighbors(15).fit(X, y)
    return {
        "the first question": np.array(model.predict(first)),
        "the second": np.array(model.predict(second)),
        "the first again": model.predict(first),
        "another model": code.KNeighbors(1).fit(X[::-1], y).predict(first),
    }


@check("KNeighbors.predict", given=new_clouds, expect=accuracy_at_least(0.9), forbids=LIBRARIES)
def new_points(code, X, y, X_new):
    """it reads nine in ten of points that it has not seen"""
    return code.KNeighbors(5).fit(X, y).predict(X_new)


@check("choose_k", forbids=[*LIBRARIES, "sklearn.model_selection"])
def shares(code, rng):
    """for each k the share of samples that the k nearest others read right"""
    X, y = clouds(rng, 50)
    return code.choose_k(X / 3, np.array(["a", "b", "c"])[y], [1, 2, 5, 20])


@check("choose_k", forbids=[*LIBRARIES, "sklearn.model_selection"])
def twins(code, rng):
    """no sample is its own neighbour, also where another one is its equal"""
    X = rng.integers(3, size=(30, 2)).astype(float)
    return code.choose_k(X, rng.integers(2, size=30) + np.arange(30) // 29, [1, 4])


@check("choose_k", forbids=[*LIBRARIES, "sklearn.model_selection"])
def many_equals(code, rng):
    """nor where so many are its equals that it is not among the nearest"""
    X = np.repeat([[0.0], [9.0]], [12, 5], axis=0)
    y = np.array([0, 1, 1, 0, *rng.permutation([0, 0, 0, 0, 0, 0, 1, 1]), 1, 2, 2, 0, 2])
    return code.choose_k(X, y, [1, 3])


@check("choose_k", forbids=[*LIBRARIES, "sklearn.model_selection"])
def smallest_of_the_best(code):
    """of several best k the smallest, in whatever order they are given"""
    X = np.array([[0.0], [1.0], [2.0], [3.0], [10.0], [11.0], [12.0], [13.0]])
    y = np.repeat([5, 6], 4)
    odd = np.array([5, 5, 6, 5, 6, 6, 5, 6])  # whose neighbour is read wrong by it alone
    return code.choose_k(X, y, [7, 3, 1, 2]), code.choose_k(X, odd, np.array([1, 7, 3]))


@check("choose_k", forbids=[*LIBRARIES, "sklearn.model_selection"])
def better_by_one(code, rng):
    """a larger k is chosen if it reads one sample more"""
    line = np.cumsum(1 + np.arange(60) / 50)  # the nearest is always the one before
    X, y = np.append(line, 1e4 + line)[:, None], np.repeat([0, 1], 60)
    odd = rng.integers(10, 50)
    y[odd] = 1  # misread, and with k = 1 so is the one behind it
    return dict(zip(("best", "shares"), code.choose_k(X, y, [5, 1, 3]), strict=True))


@check("choose_k", forbids=[*LIBRARIES, "sklearn.model_selection"])
def chosen_by_angle(code, rng):
    """the distance that is given is the one that is used"""
    X, y = rng.normal(size=(25, 2)) * rng.uniform(0.1, 9, size=(25, 1)), rng.integers(2, size=25)
    y[:2] = 0, 1
    return code.choose_k(X, y, [3, 5], code.cosine_distance)


def written_out(node, name="root"):
    """Return the boxes of a tree by their names, as root.left.right."""
    box = {"low": node.low, "high": node.high}
    if node.rows is not None:
        return {name: box | {"rows": np.sort(np.asarray(node.rows))}}
    left, right = written_out(node.left, f"{name}.left"), written_out(node.right, f"{name}.right")
    return {name: box, **left, **right}


@check("KDTree.build", forbids=LIBRARIES)
def halves(code, rng):
    """boxes are cut across their longest side into halves, the smaller half on the left"""
    X = rng.normal(size=(23, 3)) * rng.permutation([1.0, 2.0, 4.0])
    return written_out(code.KDTree(X, leaf_size=3).root)


@check("KDTree.build", forbids=LIBRARIES)
def equal_values(code, rng):
    """equal values go by position, equal sides by the first, duplicates have boxes too"""
    X = rng.integers(3, size=(50, 2)).astype(float)
    X[:3], X[3:6] = 0, 2  # both sides are equally long
    square = np.array([[2.0, 0.0], [0.0, 2.0], [2.0, 2.0], [0.0, 0.0]])
    tables = {"50 points": X, "a square": square, "5 points at 0": np.zeros((5, 2))}
    return {name: written_out(code.KDTree(Z, leaf_size=2).root) for name, Z in tables.items()}


@check("KDTree.build", forbids=LIBRARIES)
def leaves(code, rng):
    """leaf_size points are a leaf, one more are two; a single point is a box of no size"""
    X = rng.normal(size=(4, 2))
    return {
        f"{n} points, leaf_size {size}": written_out(code.KDTree(X[:n], leaf_size=size).root)
        for n, size in ((4, 3), (4, 4), (4, 9), (4, 1), (1, 1))
    }


def planted(code, X, leaf_size=4):
    """Return a tree that was built here, cut across each feature in turn."""
    tree = object.__new__(code.KDTree)
    tree.X, tree.leaf_size = X, leaf_size

    def node(rows, depth):
        points = X[rows]
        low, high = points.min(axis=0), points.max(axis=0)
        if len(rows) <= leaf_size:
            return code.Node(low, high, rows)
        rows = rows[np.argsort(points[:, depth % X.shape[1]], kind="stable")]
        cut = (len(rows) + 1) // 2
        return code.Node(low, high, None, node(rows[:cut], depth + 1), node(rows[cut:], depth + 1))

    tree.root = node(np.arange(len(X)), 0)
    return tree


def two_leaves(code, X, left, right):
    """Return a tree of two leaves that hold these positions."""
    tree = object.__new__(code.KDTree)
    tree.X, tree.leaf_size = X, max(len(left), len(right))
    boxes = [
        code.Node(X[rows].min(axis=0), X[rows].max(axis=0), np.array(rows))
        for rows in (left, right)
    ]
    tree.root = code.Node(X.min(axis=0), X.max(axis=0), None, *boxes)
    return tree


def told(answer):
    """Return what query returns with a name for each of the three."""
    if isinstance(answer, tuple | list):
        return dict(zip(("D", "near", "seen"), answer, strict=False))
    return answer


@check("KDTree.query", forbids=LIBRARIES)
def as_brute_force(code, rng):
    """the same distances and positions as brute force, inside the boxes and outside"""
    tree = planted(code, rng.normal(size=(120, 3)))
    return [tree.query(x, k)[:2] for x in 2 * rng.normal(size=(6, 3)) for k in (1, 7)]


@check("KDTree.query", forbids=LIBRARIES)
def on_a_grid(code, rng):
    """of equally distant points the one with the smaller position, in whichever box it is"""
    grid = np.stack(np.meshgrid(np.arange(7.0), np.arange(7.0)), axis=-1).reshape(-1, 2)
    grid = rng.permutation(np.vstack([grid, grid[:9]]))
    tree = planted(code, grid, leaf_size=1)
    return [tree.query(x, k)[1] for x in ([3.0, 3.0], [2.5, 3.5], [-4.0, 3.0]) for k in (1, 3, 6)]


@check("KDTree.query", forbids=LIBRARIES)
def boxes_left_shut(code, rng):
    """boxes that are too far away stay shut, and seen counts the points of the others"""
    corners = 100 * np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    X = np.repeat(corners, [5, 7, 6, 8], axis=0) + rng.normal(size=(26, 2))
    places = np.split(np.arange(26), [5, 12, 18])
    boxes = [code.Node(X[rows].min(axis=0), X[rows].max(axis=0), rows) for rows in places]
    tree = object.__new__(code.KDTree)
    tree.X, tree.leaf_size = X, 8
    pairs = [
        code.Node(np.minimum(a.low, b.low), np.maximum(a.high, b.high), None, a, b)
        for a, b in (boxes[:2], boxes[2:])
    ]
    tree.root = code.Node(X.min(axis=0), X.max(axis=0), None, *pairs)
    return [told(tree.query(x, 3)) for x in corners + 3]


@check("KDTree.query", forbids=LIBRARIES)
def a_long_box(code, rng):
    """the half with the nearer edge is opened first, wherever the middles of the halves are"""
    turn = rng.choice([-1.0, 1.0], size=2)
    long = [[1, 0], [1.2, 0.5], [1.5, 0.2], [101, 0.3]]
    X = turn * np.array([*long, [3, 3], [3.2, 3.4], [3.4, 3.1]])
    orders = {"the long half left": X, "the long half right": X[::-1]}
    halves = [0, 1, 2, 3], [4, 5, 6]
    ends = [0, 1, 2], [3, 4, 5, 6]
    trees = [
        two_leaves(code, Z, *cut) for Z, cut in zip(orders.values(), (halves, ends), strict=True)
    ]
    return {name: told(tree.query([0.0, 0.0], 3)) for name, tree in zip(orders, trees, strict=True)}


@check("KDTree.query", forbids=LIBRARIES)
def just_far_enough(code, rng):
    """a box a little farther than the worst of the best stays shut, one a little nearer does not"""
    turn, answers = rng.choice([-1.0, 1.0], size=2), {}
    for gap in (9.7, 10.3):  # the second of the two nearest is 10 away
        X = turn * np.array([[0, 10], [3, 4], [gap, -5], [12, 5]])
        answers[f"at {gap}"] = told(two_leaves(code, X, [0, 1], [2, 3]).query([0.0, 0.0], 2))
    return answers


@check("KDTree.query", forbids=LIBRARIES)
def all_in_one_place(code):
    """where all points are at x, those with the smallest positions, in whichever box they are"""
    X, low, high = np.full((6, 2), 3.0), [0, 1, 2], [3, 4, 5]
    return {
        "the first three left": told(two_leaves(code, X, low, high).query([3.0, 3.0], 2)),
        "the first three right": told(two_leaves(code, X, high, low).query([3.0, 3.0], 2)),
    }


@check("KDTree.query", forbids=LIBRARIES)
def a_box_with_a_lid(code):
    """what lies in a box that cannot help is never looked at"""
    X = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 1.0], [50.0, 0.0], [51.0, 2.0], [52.0, 1.0]])
    tree = planted(code, X, leaf_size=3)
    tree.X = np.where(X >= 50, 0.5, X)  # whoever looks finds points that are nearer
    return told(tree.query([0.4, 0.1], 2)), told(tree.query([1.9, 0.3], 3))


@check("KDTree.query", forbids=LIBRARIES)
def nearest_corner(code, rng):
    """a box is as far away as its nearest point can be, in all features together"""
    turn = rng.choice([-1.0, 1.0], size=2)
    X = turn * np.array([[1, 0], [0, -1], [-1, 0], [0.8, 0.8], [0.9, 5], [0.8, 3]])
    tree = two_leaves(code, X, [0, 1, 2], [3, 4, 5])
    return {f"k = {k}": told(tree.query([0.0, 0.0], k)) for k in (1, 3, 4)}


@check("KDTree.query", forbids=LIBRARIES)
def every_point(code, rng):
    """for k = n every point is found and seen; one leaf, one point and duplicates too"""
    X = rng.normal(size=(11, 2))
    twins = np.repeat(X[:2], [6, 5], axis=0)
    return {
        "all of 11": told(planted(code, X, leaf_size=2).query(X[3], 11)),
        "one leaf": told(planted(code, X, leaf_size=11).query(X[3], 2)),
        "one point": told(planted(code, X[:1]).query([0.0, 0.0], 1)),
        "duplicates": planted(code, twins, leaf_size=2).query(X[1], 3)[:2],
    }


@check("KDTree.query", expect=close(1e-4), forbids=LIBRARIES)
def query_in_single_precision(code, rng):
    """float32 stays float32"""
    X = rng.normal(size=(20, 2)).astype(np.float32)
    D, near, _ = planted(code, X).query(X[0], 4)
    return D, near, str(np.asarray(D).dtype)


MISTAKES = [
    Mistake(
        "the gaps keep their signs, and cancel each other",
        in_="minkowski",
        old="np.abs(A[:, None] - B)",
        new="(A[:, None] - B)",
    ),
    Mistake(
        "the root is forgotten: these are powers of distances",
        in_="minkowski",
        old="largest * (parts**p).sum(axis=2) ** (1 / p)",
        new="largest**p * (parts**p).sum(axis=2)",
    ),
    Mistake(
        "the root is taken of each power, before they are added up",
        in_="minkowski",
        old="(parts**p).sum(axis=2) ** (1 / p)",
        new="((parts**p) ** (1 / p)).sum(axis=2)",
    ),
    Mistake(
        "a large p overflows: the gaps are raised to it as they are",
        in_="minkowski",
        old="    parts = gaps / np.where(largest > 0, largest, 1)[..., None]  # in [0, 1]\n"
        "    return largest * (parts**p)",
        new="    return (gaps**p)",
    ),
    Mistake(
        "all pairs are divided by one and the same largest gap, and small ones vanish beside it",
        in_="minkowski",
        old="largest = gaps.max(axis=2)",
        new="largest = gaps.max() + 0 * gaps[..., 0]",
        lesson="What is the largest for one pair may be nothing for another: take the maximum "
        "over the features alone, axis 2, so that each pair has its own.",
    ),
    Mistake(
        "rows that are equal are divided by a largest gap of zero",
        in_="minkowski",
        old="np.where(largest > 0, largest, 1)",
        new="largest",
    ),
    Mistake(
        "the distance is always the Euclidean one, whatever p is",
        in_="minkowski",
        old="return largest * (parts**p)",
        new="p = 2\n    return largest * (parts**p)",
    ),
    Mistake(
        "it is the mean of the powers instead of their sum",
        in_="minkowski",
        old="(parts**p).sum(axis=2)",
        new="(parts**p).mean(axis=2)",
    ),
    Mistake(
        "the table lies on its side: a row for each row of B",
        in_="minkowski",
        old="gaps = np.abs(A[:, None] - B)",
        new="gaps = np.abs(B[:, None] - A)",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="minkowski",
        old="np.abs(A[:, None] - B)",
        new="np.abs(A[:, None] - B.astype(float))",
    ),
    Mistake(
        "this is the cosine itself, which is largest for what is near",
        in_="cosine_distance",
        old="np.clip(1 - A @ B.T, 0, 2)",
        new="np.clip(A @ B.T, -1, 1)",
    ),
    Mistake(
        "the rows keep their lengths",
        in_="cosine_distance",
        old="    A = A / np.linalg.norm(A, axis=1, keepdims=True)  # (n, d)\n"
        "    B = B / np.linalg.norm(B, axis=1, keepdims=True)  # (m, d)\n",
        new="",
    ),
    Mistake(
        "only the rows of A are brought to length 1",
        in_="cosine_distance",
        old="    B = B / np.linalg.norm(B, axis=1, keepdims=True)  # (m, d)\n",
        new="",
    ),
    Mistake(
        "the columns are brought to length 1 instead of the rows",
        in_="cosine_distance",
        old="    A = A / np.linalg.norm(A, axis=1, keepdims=True)  # (n, d)\n"
        "    B = B / np.linalg.norm(B, axis=1, keepdims=True)",
        new="    A = A / np.linalg.norm(A, axis=0, keepdims=True)  # (n, d)\n"
        "    B = B / np.linalg.norm(B, axis=0, keepdims=True)",
    ),
    Mistake(
        "the rows are divided by their squared lengths",
        in_="cosine_distance",
        old="A / np.linalg.norm(A, axis=1, keepdims=True)",
        new="A / np.linalg.norm(A, axis=1, keepdims=True) ** 2",
    ),
    Mistake(
        "opposite directions are taken for the same one",
        in_="cosine_distance",
        old="1 - A @ B.T",
        new="1 - np.abs(A @ B.T)",
    ),
    Mistake(
        "rounding is left in: a few distances are below 0, or above 2",
        in_="cosine_distance",
        old="np.clip(1 - A @ B.T, 0, 2)",
        new="(1 - A @ B.T)",
    ),
    Mistake(
        "only what rounding leaves below 0 is mended, not what it leaves above 2",
        in_="cosine_distance",
        old="np.clip(1 - A @ B.T, 0, 2)",
        new="np.maximum(1 - A @ B.T, 0)",
    ),
    Mistake(
        "the distances are rounded, and small angles come out as none",
        in_="cosine_distance",
        old="np.clip(1 - A @ B.T, 0, 2)",
        new="np.clip(np.round(1 - A @ B.T, 9), 0, 2)",
    ),
    Mistake(
        "distances beyond a right angle are cut off",
        in_="cosine_distance",
        old="0, 2)",
        new="0, 1)",
    ),
    Mistake(
        "the largest come out instead of the smallest",
        in_="top_k",
        old="    kth = np",
        new="    D = -D\n    kth = np",
    ),
    Mistake(
        "they are the k smallest, but in no order of distance",
        in_="top_k",
        old="np.lexsort((D[rows, columns], rows))",
        new="np.lexsort((columns, D[rows, columns] > kth[rows, 0], rows))",
    ),
    Mistake(
        "of equal entries the one with the larger position comes first",
        in_="top_k",
        old="np.lexsort((D[rows, columns], rows))",
        new="np.lexsort((-columns, D[rows, columns], rows))",
    ),
    Mistake(
        "the entries are returned instead of their positions",
        in_="top_k",
        old="return columns[order[start[:, None] + np.arange(k)]]",
        new="return D[rows, columns][order[start[:, None] + np.arange(k)]]",
    ),
    Mistake(
        "the farthest of the k comes first",
        in_="top_k",
        old="+ np.arange(k)]]",
        new="+ np.arange(k)[::-1]]]",
    ),
    Mistake(
        "it is the columns that are searched instead of the rows",
        in_="top_k",
        old="    kth = np",
        new="    if len(D) == D.shape[1] or len(D) >= k:\n"
        '        return np.argsort(D, axis=0, kind="stable")[:k].T\n    kth = np',
    ),
    Mistake(
        "the smallest is left out, as if it were the sample itself",
        in_="top_k",
        old="    kth = np",
        new='    return np.argsort(D, axis=1, kind="stable")[:, 1 : k + 1]\n    kth = np',
    ),
    Mistake(
        "equal entries come in no order: argsort is not stable unless told",
        in_="top_k",
        old="    kth = np",
        new="    return np.argsort(D, axis=1)[:, :k]\n    kth = np",
    ),
    Mistake(
        "the entries are rounded, and near ones count as equal",
        in_="top_k",
        old="    kth = np",
        new="    D = np.round(D, 9)\n    kth = np",
    ),
    Mistake(
        "where several are as far as the last, the last of them is taken",
        in_="top_k",
        old="    rows, columns = np.divmod",
        new="    beyond = (D <= kth).sum(axis=1, keepdims=True) - k\n"
        "    equal = D == kth\n"
        "    D = np.where(equal & (np.cumsum(equal, axis=1) <= beyond), np.inf, D)\n"
        "    rows, columns = np.divmod",
    ),
    Mistake(
        "of equal votes the smallest class number wins",
        in_="vote",
        old="winner = votes.argmax(axis=1)  # (m,)\n"
        "    return labels[np.arange(len(labels)), winner]",
        new="most = votes == votes.max(axis=1, keepdims=True)\n"
        "    return np.where(most, labels, labels.max() + 1).min(axis=1)",
    ),
    Mistake(
        "of equal votes the class of the farthest neighbour wins",
        in_="vote",
        old="votes.argmax(axis=1)",
        new="labels.shape[1] - 1 - votes[:, ::-1].argmax(axis=1)",
    ),
    Mistake(
        "where votes are equal, the nearest neighbour decides though its class has fewer",
        in_="vote",
        old="winner = votes.argmax(axis=1)  # (m,)\n"
        "    return labels[np.arange(len(labels)), winner]",
        new="most = votes == votes.max(axis=1, keepdims=True)\n"
        "    tied = (most.sum(axis=1) > votes.max(axis=1))[:, None]\n"
        "    return labels[np.arange(len(labels)), (most | tied).argmax(axis=1)]",
    ),
    Mistake(
        "nearer neighbours weigh more, though each should have one vote",
        in_="vote",
        old="sum(labels == labels[:, [j]] for j in voters)",
        new="sum((labels == labels[:, [j]]) * (1 - 0.01 * j) for j in voters)",
    ),
    Mistake(
        "nearer neighbours weigh more, though each should have one vote",
        in_="vote",
        old="sum(labels == labels[:, [j]] for j in voters)",
        new="sum((labels == labels[:, [j]]) / (j + 1) for j in voters)",
    ),
    Mistake(
        "more than 127 votes do not fit into the small whole numbers they are counted in",
        in_="vote",
        old="sum(labels == labels[:, [j]] for j in voters)",
        new="sum((labels == labels[:, [j]]).astype(np.int8) for j in voters)",
    ),
    Mistake(
        "the first class with more votes than the nearest's wins, though another has more still",
        in_="vote",
        old="votes.argmax(axis=1)",
        new="(votes > votes[:, :1]).argmax(axis=1)",
        lesson="To be better than the first is not to be the best: argmax of a comparison stops "
        "at the first that is better. Compare with the maximum, or take argmax of the votes.",
    ),
    Mistake(
        "the nearest neighbour decides alone",
        in_="vote",
        old="votes.argmax(axis=1)",
        new="0",
    ),
    Mistake(
        "the class with the fewest votes wins",
        in_="vote",
        old="votes.argmax(axis=1)",
        new="votes.argmin(axis=1)",
    ),
    Mistake(
        "the place of the winner is returned instead of its class",
        in_="vote",
        old="labels[np.arange(len(labels)), winner]",
        new="winner",
    ),
    Mistake(
        "the votes of all rows are thrown together",
        in_="vote",
        old="votes = sum(labels == labels[:, [j]] for j in voters)",
        new="votes = np.bincount(labels.ravel())[labels]",
    ),
    Mistake(
        "the class numbers are averaged, as if they were quantities",
        in_="vote",
        old="labels[np.arange(len(labels)), winner]",
        new="np.rint(labels.mean(axis=1)).astype(int)",
    ),
    Mistake(
        "class numbers come out instead of labels",
        in_="KNeighbors.predict",
        old="self.classes_[vote(self.y_[near])]",
        new="vote(self.y_[near])",
    ),
    Mistake(
        "only the nearest neighbour is asked, whatever k is",
        in_="KNeighbors.predict",
        old="vote(self.y_[near])",
        new="self.y_[near[:, 0]]",
    ),
    Mistake(
        "the nearest neighbour is left out, as if it were the sample itself",
        in_="KNeighbors.predict",
        old="self.y_[near]",
        new="self.y_[near[:, self.k > 1 :]]",
    ),
    Mistake(
        "the queries take the place of the training rows, and answer the next ones",
        in_="KNeighbors.predict",
        old="_, near = self.neighbours(X)",
        new="_, near = self.neighbours(X)\n        self.X_ = X",
        lesson="What fit has stored is asked again and again. To predict is to read it, "
        "never to change it.",
    ),
    Mistake(
        "the positions of the neighbours vote instead of their classes",
        in_="KNeighbors.predict",
        old="vote(self.y_[near])",
        new="vote(near) % len(self.classes_)",
    ),
    Mistake(
        "the distances are always Euclidean, whatever the model was given",
        in_="KNeighbors.predict",
        old="_, near = self.neighbours(X)",
        new="_, near = nearest(X, self.X_, self.k)",
    ),
    Mistake(
        "of equal votes the first class in the alphabet wins",
        in_="KNeighbors.predict",
        old="vote(self.y_[near])",
        new="self.predict_proba(X).argmax(axis=1)",
    ),
    Mistake(
        "the class numbers are averaged, as if they were quantities",
        in_="KNeighbors.predict",
        old="vote(self.y_[near])",
        new="np.rint(self.y_[near].mean(axis=1)).astype(int)",
    ),
    Mistake(
        "every sample votes for itself",
        in_="choose_k",
        old="    out = near == np.arange(len(X))[:, None]\n"
        "    out[:, -1] |= ~out.any(axis=1)\n"
        "    labels = y[near[~out].reshape(len(X), -1)]",
        new="    labels = y[near]",
    ),
    Mistake(
        "the first neighbour is left out, which need not be the sample itself",
        in_="choose_k",
        old="near[~out].reshape(len(X), -1)",
        new="near[:, 1:]",
        lesson="A sample is 0 away from itself, and so is every duplicate of it. Leave it out by "
        "its position, not by its rank.",
    ),
    Mistake(
        "where the row itself is not in its list, the nearest is left out instead of the last",
        in_="choose_k",
        old="out[:, -1] |=",
        new="out[:, 0] |=",
    ),
    Mistake(
        "everything at distance 0 is left out, duplicates too",
        in_="choose_k",
        old="    labels = y[near[~out].reshape(len(X), -1)]",
        new="    D, near = nearest(X, X, len(X), distance)\n"
        '    far = np.argsort(D <= 1e-12, axis=1, kind="stable")\n'
        "    labels = y[np.take_along_axis(near, far, axis=1)]",
    ),
    Mistake(
        "a smaller k is chosen that is only nearly as good as the best",
        in_="choose_k",
        old="shares == shares.max()",
        new="shares >= shares.max() - 0.05",
    ),
    Mistake(
        "the largest of several best k is chosen",
        in_="choose_k",
        old="ks[shares == shares.max()].min()",
        new="ks[shares == shares.max()].max()",
    ),
    Mistake(
        "of several best k the one that is given first is chosen",
        in_="choose_k",
        old="ks[shares == shares.max()].min()",
        new="ks[shares.argmax()]",
    ),
    Mistake(
        "the place of the best k is returned instead of the k",
        in_="choose_k",
        old="ks[shares == shares.max()].min()",
        new="shares.argmax()",
    ),
    Mistake(
        "the shares are of samples read wrong",
        in_="choose_k",
        old="vote(labels[:, :k]) == y",
        new="vote(labels[:, :k]) != y",
    ),
    Mistake(
        "one neighbour too few is asked: the sample itself is counted among the k",
        in_="choose_k",
        old="labels[:, :k]",
        new="labels[:, : max(k - 1, 1)]",
    ),
    Mistake(
        "all k vote with as many neighbours as the largest",
        in_="choose_k",
        old="labels[:, :k]",
        new="labels",
    ),
    Mistake(
        "the distances are always Euclidean, whatever was given",
        in_="choose_k",
        old="ks.max() + 1, distance)",
        new="ks.max() + 1)",
    ),
    Mistake(
        "the shares are counts",
        in_="choose_k",
        old="np.mean(vote",
        new="np.sum(vote",
    ),
    Mistake(
        "the cut is always across the first feature",
        in_="KDTree.build",
        old="side = (high - low).argmax()",
        new="side = 0",
    ),
    Mistake(
        "the cut is across the shortest side",
        in_="KDTree.build",
        old="(high - low).argmax()",
        new="(high - low).argmin()",
    ),
    Mistake(
        "the cut is across the feature with the largest value, not the longest side",
        in_="KDTree.build",
        old="(high - low).argmax()",
        new="high.argmax()",
    ),
    Mistake(
        "the larger half is on the left",
        in_="KDTree.build",
        old="half = len(rows) // 2",
        new="half = (len(rows) + 1) // 2",
    ),
    Mistake(
        "a box of leaf_size points is cut: it should be a leaf",
        in_="KDTree.build",
        old="if len(rows) <= self.leaf_size:",
        new="if len(rows) < max(self.leaf_size, 2):",
    ),
    Mistake(
        "positions within the box are taken for positions in the table",
        in_="KDTree.build",
        old="rows = rows[np.lexsort((rows, points[:, side]))]",
        new="rows = np.lexsort((rows, points[:, side]))",
        lesson="What a sort of part of a table returns counts from the start of that part. Go "
        "back to the whole through the positions that the part was taken by.",
    ),
    Mistake(
        "equal values stay in the order of the last cut instead of going by position",
        in_="KDTree.build",
        old="np.lexsort((rows, points[:, side]))",
        new='np.argsort(points[:, side], kind="stable")',
    ),
    Mistake(
        "equal values come in no order: argsort is not stable unless told",
        in_="KDTree.build",
        old="np.lexsort((rows, points[:, side]))",
        new="np.argsort(points[:, side])",
    ),
    Mistake(
        "the points are not sorted before they are cut",
        in_="KDTree.build",
        old="        rows = rows[np.lexsort((rows, points[:, side]))]\n",
        new="",
    ),
    Mistake(
        "the halves have changed places",
        in_="KDTree.build",
        old="None, left, right)",
        new="None, right, left)",
    ),
    Mistake(
        "a box keeps its rows when it is cut, and is taken for a leaf",
        in_="KDTree.build",
        old="Node(low, high, None, left, right)",
        new="Node(low, high, rows, left, right)",
    ),
    Mistake(
        "the search ends in the first leaf, though other boxes are near enough",
        in_="KDTree.query",
        old="best, near = merged(best, near, D, box.rows)",
        new="best, near = merged(best, near, D, box.rows)\n"
        "                if seen >= k:\n                    break",
    ),
    Mistake(
        "every box is opened, however far away",
        in_="KDTree.query",
        old="            if gap > best[-1]:\n                continue\n",
        new="",
    ),
    Mistake(
        "a box just as far as the worst is left shut, though a point in it may come first",
        in_="KDTree.query",
        old="            if gap > best[-1]:",
        new="            if gap >= best[-1]:",
    ),
    Mistake(
        "boxes are left shut that are farther than the best instead of the worst of the k",
        in_="KDTree.query",
        old="if gap > best[-1]:",
        new="if gap > best[0]:",
        lesson="A box may still hold the k-th neighbour when it cannot hold the first. With k = 1 "
        "the two are the same, so try a larger k.",
    ),
    Mistake(
        "a distance is compared with the root of another",
        in_="KDTree.query",
        old="if gap > best[-1]:",
        new="if gap > np.sqrt(best[-1]):",
    ),
    Mistake(
        "the squared distances are returned",
        in_="KDTree.query",
        old="return np.sqrt(best), near, seen",
        new="return best, near, seen",
    ),
    Mistake(
        "the farther half is opened first",
        in_="KDTree.query",
        old="-half[0]",
        new="half[0]",
    ),
    Mistake(
        "boxes a little farther than the worst of the best are opened too",
        in_="KDTree.query",
        old="if gap > best[-1]:",
        new="if gap > 1.2 * best[-1]:",
    ),
    Mistake(
        "one side is always opened first, whichever half is nearer",
        in_="KDTree.query",
        old="boxes += sorted(halves, key=lambda half: -half[0])",
        new="boxes += halves[::-1]",
    ),
    Mistake(
        "one side is always opened first, whichever half is nearer",
        in_="KDTree.query",
        old="boxes += sorted(halves, key=lambda half: -half[0])",
        new="boxes += halves",
    ),
    Mistake(
        "the half with the nearer middle is opened first, instead of the one with the nearer edge",
        in_="KDTree.query",
        old="-half[0]",
        new="-np.sum((half[1].low + half[1].high - 2 * x) ** 2)",
        lesson="A long box has its middle far away and may still begin next to you. What it can "
        "hold at best is told by its gap.",
    ),
    Mistake(
        "seen counts the leaves instead of their points",
        in_="KDTree.query",
        old="seen += len(box.rows)",
        new="seen += 1",
    ),
    Mistake(
        "seen says how many were in the last leaf only",
        in_="KDTree.query",
        old="seen += len(box.rows)",
        new="seen = len(box.rows)",
    ),
    Mistake(
        "positions within the leaf are taken for positions in the table",
        in_="KDTree.query",
        old="merged(best, near, D, box.rows)",
        new="merged(best, near, D, np.arange(len(D)))",
    ),
    Mistake(
        "each leaf begins anew, and what was found before is forgotten",
        in_="KDTree.query",
        old="                best, near = merged(best, near, D, box.rows)",
        new="                best, near = np.full(k, np.inf, D.dtype), np.full(k, len(self.X))\n"
        "                best, near = merged(best, near, D, box.rows)",
    ),
]


EXPLAIN = [
    Explain(
        "twin",
        why="the first neighbour is left out, which need not be the sample itself",
        causes={
            "one neighbour too few is asked: the sample itself is counted among the k": "The "
            "neighbours are found for the largest k and one more, and after one is left out "
            "there are enough.",
            "of several best k the one that is given first is chosen": "min takes the smallest "
            "of those that reach the maximum, in whatever order they come.",
            "all k vote with as many neighbours as the largest": "[:, :k] takes the first k.",
        },
        takes="`x` is a table with one feature and `y` holds the class of each row, 0 or 1; out "
        "come the shares of `choose_k(x, y, [1])`.",
        call=lambda code, x, y: code.choose_k(x, y, [1])[1],
        example={"x": [[0.0], [1.0], [5.0]], "y": [0, 0, 1]},
        witness={"x": [[0.0], [0.0], [5.0]], "y": [0, 1, 1]},
    ),
    Explain(
        "worst",
        why="boxes are left shut that are farther than the best instead of the worst of the k",
        causes={
            "the farther half is opened first": "pop takes the last of the list, and the sort by "
            "minus the gap puts the nearer half last.",
            "positions within the leaf are taken for positions in the table": "box.rows are "
            "positions in the whole table, and merged keeps those.",
            "the search ends in the first leaf, though other boxes are near enough": "The loop "
            "goes on until no box is left in the list.",
        },
        takes="`x` is a table with one feature whose first row asks for its `k` nearest: "
        "`KDTree(x, leaf_size=1).query(x[0], k)`, without the count.",
        call=lambda code, x, k: code.KDTree(x, leaf_size=1).query(x[0], int(k))[:2],
        example={"x": [[0.0], [1.0], [5.0]], "k": 1},
        witness={"x": [[0.0], [1.0], [5.0], [7.0]], "k": 3},
    ),
    Explain(
        "outvoted",
        why="the first class with more votes than the nearest's wins, though another has more "
        "still",
        causes={
            "the votes of all rows are thrown together": "labels[:, [j]] compares each row with "
            "its own neighbour j.",
            "of equal votes the class of the farthest neighbour wins": "argmax takes the first of "
            "several, and the first stands for the nearest.",
            "the place of the winner is returned instead of its class": "The place is what "
            "labels is asked for, and its entry there is a class.",
        },
        takes="`labels` has a row for each sample, with the classes of its neighbours, the "
        "nearest first, for `vote(labels)`.",
        call=lambda code, labels: code.vote(labels),
        example={"labels": [[0, 1, 1], [2, 0, 2]]},
        witness={"labels": [[2, 1, 1, 0, 0, 0]]},
    ),
]

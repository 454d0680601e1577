"""Checks for linear regression."""

import numpy as np

from grader import Explain, Mistake, check, close, raises

OTHERS = ["numpy.linalg.lstsq", "numpy.linalg.pinv", "numpy.polyfit", "sklearn.linear_model"]


def cloud(rng, n=20, d=3):
    """Return X (n, d), of columns that lean on each other and lie off zero, and y (n,)."""
    X = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + rng.normal(2, 3, size=d)
    return X, X @ rng.normal(size=d) + 5 + rng.normal(size=n)


def milder(rng, n=30, d=4):
    """Return a cloud whose columns lean on each other only a little."""
    X = rng.normal(size=(n, d))
    X[:, 1] += 0.5 * X[:, 0]
    X = X * rng.uniform(0.5, 2, size=d) + rng.normal(size=d)
    return X, X @ np.array([-3.0, 2.0, 1.0, 0.1][:d]) + 4 + 0.3 * rng.normal(size=n)


def least_squares(X, y):
    """Return the best w and b, for scenarios that begin with them."""
    A = np.column_stack([X, np.ones(len(X))])
    theta = np.linalg.solve(A.T @ A, A.T @ y)
    return theta[:-1], theta[-1]


def named(answer, *names):
    """Return what belongs together under the names of its parts, if it has so many."""
    if isinstance(answer, tuple | list) and len(answer) == len(names):
        return dict(zip(names, answer, strict=True))
    return answer


def single(answer, *names):
    """Return the dtypes of the arrays in an answer, and what they hold if they are float32."""
    parts = named(answer, *names)
    if parts is answer and len(names) > 1:
        return answer
    parts = parts if isinstance(parts, dict) else {names[0]: parts}
    arrays = {name: part for name, part in parts.items() if np.ndim(part)}
    dtypes = {
        f"the dtype of {name}": str(np.asarray(array).dtype) for name, array in arrays.items()
    }
    kept = set(dtypes.values()) == {"float32"}
    return dtypes | {name: part if kept else None for name, part in parts.items()}


def learned(model):
    """Return what a model has learned."""
    return {"w_": model.w_, "b_": model.b_}


def twins(rng, gap, n=30):
    """Return X (n, 3) whose first two columns differ by `gap`, and y that lies in its plane."""
    first, rest, third = rng.normal(size=(3, n))
    X = np.column_stack([first, first + gap * rest, third])
    return X, X @ np.array([1.0, 2.0, 3.0])


def refusals(fit, rng):
    """Return whether a fit answers for columns of which one adds nothing."""
    first, second = rng.normal(size=(2, 12)) + 1
    answers = {}
    for name, third in [
        ("a constant column", np.full(12, 0.1)),
        ("a column given twice", first),
        ("a mixture of two columns", 3 * first - 0.7 * second + 2),
    ]:
        try:
            with np.errstate(all="ignore"):
                answer = fit(np.column_stack([first, second, third]), rng.normal(size=12))
        except ValueError:
            answers[name] = "a ValueError"
            continue
        w, b = answer
        numbers = np.isfinite(w).all() and np.isfinite(b)
        answers[name] = "an answer" if numbers else "an answer that is no number"
    return answers


NORMAL = [*OTHERS, "numpy.linalg.qr", "numpy.linalg.svd"]


@check("fit_normal_equations", forbids=NORMAL)
def best_plane(code, rng):
    """the weights and the bias of least squares"""
    return named(code.fit_normal_equations(*cloud(rng)), "w", "b")


@check("fit_normal_equations", forbids=NORMAL)
def two_points(code):
    """two samples of one feature: the line through both, whole numbers or not"""
    return named(code.fit_normal_equations([[1], [3]], [10, 4]), "w", "b")


@check("fit_normal_equations", forbids=NORMAL)
def units_of_any_size(code, rng):
    """a column in millionths and one in millions are no trouble"""
    X, y = cloud(rng)
    w, b = code.fit_normal_equations(X * [1e-6, 1.0, 1e6], y)
    return {"w in the old units": w * [1e-6, 1.0, 1e6], "b": b}


@check("fit_normal_equations", forbids=NORMAL)
def far_off_or_leaning(code, rng):
    """columns a million from zero, or a thousandth from each other: six digits are right"""
    (X, y), near = cloud(rng), twins(rng, 1e-3)
    return {
        "a million from zero": named(code.fit_normal_equations(X + 1e6, y), "w", "b"),
        "nearly alike": named(code.fit_normal_equations(*near), "w", "b"),
    }


@check("fit_normal_equations", forbids=NORMAL)
def no_one_best_plane(code, rng):
    """where many planes fit equally well it is a ValueError"""
    return refusals(code.fit_normal_equations, rng)


@check("fit_normal_equations", expect=close(1e-2, 1e-2), forbids=NORMAL)
def normal_equations_in_single_precision(code, rng):
    """float32 stays float32"""
    X, y = milder(rng)
    return single(code.fit_normal_equations(X.astype(np.float32), y.astype(np.float32)), "w", "b")


@check("fit_qr", forbids=OTHERS)
def same_plane(code, rng):
    """the weights and the bias of least squares"""
    return named(code.fit_qr(*cloud(rng, n=25, d=4)), "w", "b")


@check("fit_qr", forbids=OTHERS)
def just_enough_samples(code, rng):
    """as many samples as parameters: the plane through all of them"""
    X = rng.normal(size=(4, 3)) + np.eye(4, 3) * 4 + 1
    return named(code.fit_qr(X, rng.normal(size=4)), "w", "b")


@check("fit_qr", expect=close(1e-3, 1e-3), forbids=OTHERS)
def nearly_the_same_column(code, rng):
    """two columns that agree in their first eight digits are told apart"""
    X, y = twins(rng, 1e-8)
    return named(code.fit_qr(X + [0, 0, 1], y - y.mean()), "w", "b")


@check("fit_qr", forbids=OTHERS)
def no_one_answer(code, rng):
    """where many planes fit equally well it is a ValueError"""
    return refusals(code.fit_qr, rng)


@check("fit_qr", expect=close(1e-2, 1e-2), forbids=OTHERS)
def qr_in_single_precision(code, rng):
    """float32 stays float32"""
    X, y = milder(rng)
    return single(code.fit_qr(X.astype(np.float32), y.astype(np.float32)), "w", "b")


@check("fit_gradient_descent", forbids=OTHERS)
def first_steps(code, rng):
    """after 1, 2 and 5 steps weights and bias are where they should be"""
    X, y = milder(rng, n=12, d=2)
    return {
        f"steps = {steps}": named(code.fit_gradient_descent(X, y, 0.05, steps), "w", "b")
        for steps in (1, 2, 5)
    }


@check("fit_gradient_descent", forbids=OTHERS)
def last_steps(code, rng):
    """it takes all its steps, however small they become, and from however far"""
    X, y = milder(rng, n=12, d=2)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    far = code.fit_gradient_descent(X, 1e9 * y, 0.3, 30)
    return {
        "400 steps": named(code.fit_gradient_descent(X, y, 0.3, 400), "w", "b"),
        "targets in billionths": named(code.fit_gradient_descent(X, 1e-9 * y), "w", "b"),
        "targets in billions": named(far, "w", "b"),
    }


@check("fit_gradient_descent", forbids=OTHERS)
def still_on_the_way(code, rng):
    """1500 tiny steps on columns that are not centred are 1500 steps, and not yet at the end"""
    X, y = milder(rng, n=12, d=2)
    return named(code.fit_gradient_descent(X + 1, y, 0.0007, 1500), "w", "b")


@check("fit_gradient_descent", forbids=OTHERS)
def one_sample(code):
    """a single sample with a constant feature is walked to as well"""
    return named(code.fit_gradient_descent([[1, 0]], [3], learning_rate=0.25, steps=4), "w", "b")


@check("fit_gradient_descent", expect=raises(RuntimeError), forbids=OTHERS)
def diverging(code):
    """a walk that has left the range of numbers ends in a RuntimeError"""
    with np.errstate(all="ignore"):
        return code.fit_gradient_descent([[10.0], [20.0], [40.0]], [1.0, 2.0, 3.0], 0.5, 400)


@check("fit_gradient_descent", expect=close(1e-4, 1e-5), forbids=OTHERS)
def walk_in_single_precision(code, rng):
    """float32 stays float32"""
    X, y = milder(rng, n=12, d=2)
    X, y = X.astype(np.float32), y.astype(np.float32)
    return single(code.fit_gradient_descent(X, y, 0.05, 3), "w", "b")


@check("polynomial_features", forbids=["sklearn.preprocessing"])
def products_in_order(code, rng):
    """all products of up to three of four features, each once, in the order told"""
    return code.polynomial_features(rng.normal(size=(5, 4)), 3)


@check("polynomial_features", forbids=["sklearn.preprocessing"])
def many_factors(code, rng):
    """two features, up to five factors each"""
    return code.polynomial_features(rng.normal(size=(4, 2)), 5)


@check("polynomial_features", forbids=["sklearn.preprocessing"])
def equal_columns(code, rng):
    """columns stay where they are even if their values agree: zeros and ones, a feature twice"""
    bits = np.array([[0, 1, 1], [1, 1, 0], [0, 0, 1], [1, 0, 0]])
    return {
        "zeros and ones": code.polynomial_features(bits, 2),
        "a feature given twice": code.polynomial_features(rng.normal(size=(4, 1)) * [1, 1], 2),
    }


@check("polynomial_features", forbids=["sklearn.preprocessing"])
def powers(code):
    """one feature has its powers, of zero and of negative numbers too"""
    return code.polynomial_features([[-2.0], [0.0], [3.0], [0.5]], 6)


@check("polynomial_features", forbids=["sklearn.preprocessing"])
def degree_one(code, rng):
    """degree 1 is the features themselves, without a column of ones"""
    return code.polynomial_features(rng.normal(size=(1, 3)), 1)


@check("polynomial_features", forbids=["sklearn.preprocessing"])
def whole_numbers_and_single_precision(code):
    """whole numbers become floats; float32 stays float32"""
    P = code.polynomial_features(np.array([[2, -3], [4, 5]]), 2)
    Q = code.polynomial_features(np.array([[2, -3]], dtype=np.float32), 2)
    return {"of whole numbers": P} | single(Q, "of float32")


@check("standard_errors", forbids=OTHERS)
def errors_of_weights(code, rng):
    """the standard error of each weight, and that of the bias"""
    X, y = cloud(rng, n=15)
    return named(code.standard_errors(X, y, *least_squares(X, y)), "s", "s_b")


@check("standard_errors", forbids=OTHERS)
def one_degree_of_freedom(code, rng):
    """two features and four samples leave one degree of freedom"""
    X, y = rng.normal(size=(4, 2)) + np.eye(4, 2) * 3, rng.normal(size=4)
    return named(code.standard_errors(X, y, *least_squares(X, y)), "s", "s_b")


@check("standard_errors", forbids=OTHERS)
def little_noise(code, rng):
    """errors in billionths leave doubts in billionths; none leave none"""
    X, y = cloud(rng, n=15)
    w, b = least_squares(X, y)
    s, s_b = code.standard_errors(X, 1e-9 * y, 1e-9 * w, 1e-9 * b)
    exact = X[:, :2] @ np.array([2.0, -1.0]) + 3
    none = code.standard_errors(X[:, :2], exact, np.array([2.0, -1.0]), 3.0)
    return {
        "s in billionths": 1e9 * s,
        "s_b in billionths": 1e9 * s_b,
        "without noise": named(none, "s", "s_b"),
    }


@check("standard_errors", expect=close(1e-4, 1e-9), forbids=OTHERS)
def errors_of_nearly_equal_columns(code, rng):
    """two columns that agree in their first seven digits are in great doubt, to four digits"""
    X, y = twins(rng, 1e-7)
    A = np.column_stack([X, np.ones(len(X))])
    Q, R = np.linalg.qr(A)
    theta = np.linalg.solve(R, Q.T @ (y + rng.normal(size=len(y))))
    y = A @ theta + Q[:, 0] - A @ (np.linalg.inv(R) @ (Q.T @ Q[:, 0])) + rng.normal(size=len(y))
    return named(code.standard_errors(X, y, theta[:-1], theta[-1]), "s", "s_b")


@check("standard_errors", expect=close(1e-2, 1e-3), forbids=OTHERS)
def errors_in_single_precision(code, rng):
    """float32 stays float32"""
    X, y = milder(rng)
    w, b = least_squares(X, y)
    X, y, w, b = (np.asarray(part, dtype=np.float32) for part in (X, y, w, b))
    return single(code.standard_errors(X, y, w, b), "s", "s_b")


@check("Ridge.fit", forbids=["sklearn.linear_model"])
def shrunken(code, rng):
    """the weights and the bias at four strengths of the penalty"""
    X, y = cloud(rng)
    strengths = (0.01, 1.0, 30.0, 1e4)
    return {f"l2 = {l2}": learned(code.Ridge(l2).fit(X, y)) for l2 in strengths}


@check("Ridge.fit", forbids=["sklearn.linear_model"])
def without_penalty(code, rng):
    """l2 = 0 is least squares, and with too few samples the shortest w of all best ones"""
    few = rng.normal(size=(3, 6)) + 1, rng.normal(size=3)
    return {
        "enough samples": learned(code.Ridge(0).fit(*cloud(rng))),
        "too few": learned(code.Ridge(0).fit(*few)),
    }


@check("Ridge.fit", expect=close(1e-4, 1e-6), forbids=["sklearn.linear_model"])
def thin_directions(code, rng):
    """columns that agree in seven digits are told apart at l2 = 0; a tiny l2 is not nothing"""
    X, y = cloud(rng)
    tiny = code.Ridge(1e-12).fit(1e-6 * X, y)
    return {
        "nearly equal columns": learned(code.Ridge(0).fit(*twins(rng, 3e-8))),
        "w_ of columns in millionths, times 1e-6": 1e-6 * tiny.w_,
        "its b_": tiny.b_,
    }


@check("Ridge.fit", forbids=["sklearn.linear_model"])
def hardly_any_data(code, rng):
    """a single sample, a constant feature, a feature given twice"""
    twice = rng.normal(size=(8, 1)) @ np.ones((1, 2))
    X = np.column_stack([twice, np.full(8, 0.1)])
    return {
        "one sample": learned(code.Ridge(0.5).fit([[1.0, 2.0]], [3.0])),
        "twice, and constant": learned(code.Ridge(0.5).fit(X, rng.normal(size=8) + 7)),
    }


@check("Ridge.fit", forbids=["sklearn.linear_model"])
def second_fit(code, rng):
    """a second fit forgets the first, fit returns the model itself, each has its own weights"""
    model = code.Ridge(0.3).fit(*cloud(rng))
    same = model.fit(*cloud(rng))
    code.Ridge(0.3).fit(*cloud(rng))
    return {"fit returns the model": same is model, "the second fit": learned(model)}


@check("Ridge.fit", expect=close(1e-3, 1e-4), forbids=["sklearn.linear_model"])
def ridge_in_single_precision(code, rng):
    """float32 stays float32"""
    X, y = milder(rng)
    model = code.Ridge(0.1)
    model.fit(X.astype(np.float32), y.astype(np.float32))
    return single((model.w_, model.b_), "w_", "b_")


@check("Lasso.fit", forbids=["sklearn.linear_model"])
def some_weights(code, rng):
    """the weights and the bias at four strengths, from none to all held down"""
    X, y = milder(rng)
    strengths = (0, 0.1, 1.0, 1e3)
    return {f"l1 = {l1}": learned(code.Lasso(l1, tolerance=1e-12).fit(X, y)) for l1 in strengths}


@check("Lasso.fit", forbids=["sklearn.linear_model"])
def exact_zeros(code, rng):
    """a weight that is held down is zero to the last digit"""
    X, y = milder(rng)
    w = code.Lasso(0.8, tolerance=1e-12).fit(X, y).w_
    return {"w_": w, "w_ == 0": w == 0}


@check("Lasso.fit", forbids=["sklearn.linear_model"])
def away_from_zero(code):
    """a weight that is zero, at the start or after a sweep, may leave it later"""
    a, b = np.array([[1, 1, -1, -1, 2, -2], [1, -1, 1, -1, 0, 0]])
    X = np.column_stack([a, 0.9 * a + 0.8 * b])
    found = {"without a start": learned(code.Lasso(0.05).fit(X, X @ np.array([0.9, -1.0])))}
    for start in ([0.0, 3.2], [1.0, 3.2]):
        model = code.Lasso(0.05, tolerance=1e-12).fit(X, X @ np.array([2.0, 1.0]), start=start)
        found[f"start={start}"] = learned(model)
    return found


@check("Lasso.fit", forbids=["sklearn.linear_model"])
def of_any_rank(code, rng):
    """more features than samples, or one given twice: the lasso answers all the same"""
    X = rng.normal(size=(3, 6))
    wide = code.Lasso(0.3, max_sweeps=40, tolerance=1e9).fit(X, X @ np.ones(6) + 1)
    x = np.array([[0.0], [1.0], [2.0]])
    twice = code.Lasso(1e-6).fit(np.column_stack([x, x]), [1.0, 0.0, 5.0])
    return {"more features than samples": learned(wide), "given twice": learned(twice)}


@check("Lasso.fit", forbids=["sklearn.linear_model"])
def one_sweep(code, rng):
    """a sweep goes from the first weight to the last, and each sees what is new"""
    X, y = cloud(rng)
    model = code.Lasso(0.2, max_sweeps=1, tolerance=1e9)
    again = code.Lasso(1e-3, max_sweeps=1, tolerance=1e9).fit(*cloud(rng))
    return {
        "from zeros": learned(model.fit(X, y)),
        "from a start": learned(model.fit(X, y, start=rng.normal(size=3))),
        "other data, no start, the same model": learned(again.fit(*cloud(rng))),
    }


@check("Lasso.fit", forbids=["sklearn.linear_model"])
def rough_tolerance(code):
    """it stops after the first sweep in which no weight moved far, in units of its feature"""
    a, b = np.array([1, -1, 2, -2, 0, 0.5]), np.array([1, -1, 1, -2, 1, 0.5])
    y = 2 * a + 3 * b + np.array([0.1, 0, -0.1, 0.2, 0, 0.3])
    found = {}
    for name, target in {"rising": y, "falling": -y, "tiny": 1e-7 * y}.items():
        for scale in (1.0, 1e-4, 1e4):
            unit = np.abs(target).max()
            model = code.Lasso(1e-3 * scale * unit, tolerance=0.02)
            model.fit(np.column_stack([a * scale, scale * b]), target)
            answer = {"w_ in units": model.w_ * scale / unit, "b_ in units": model.b_ / unit}
            found[f"{name} weights, X times {scale:g}"] = answer
    return found


@check("Lasso.fit", expect=raises(RuntimeError), forbids=["sklearn.linear_model"])
def too_few_sweeps(code):
    """one sweep cannot tell that nothing moves any more: a RuntimeError"""
    return learned(code.Lasso(0.1, max_sweeps=1).fit([[0.0], [1.0], [2.0]], [1.0, 2.0, 5.0]))


@check("Lasso.fit", forbids=["sklearn.linear_model"])
def constant_features(code, rng):
    """two sweeps suffice for one feature beside a constant one, whose weight is 0"""
    X = np.column_stack([np.full(9, 0.1), rng.normal(size=9)])
    model = code.Lasso(0.01, max_sweeps=2).fit(X, 3 * X[:, 1] + rng.normal(size=9))
    one = code.Lasso(0.1).fit([[1.0, 2.0]], [3.0])
    return {"beside a constant one": learned(model), "a single sample": learned(one)}


@check("Lasso.fit", expect=close(1e-3, 1e-4), forbids=["sklearn.linear_model"])
def lasso_twice_in_single_precision(code, rng):
    """a second fit forgets the first, fit returns the model, float32 stays float32"""
    model = code.Lasso(0.1, tolerance=1e-4)
    model.fit(*cloud(rng, d=4))
    X, y = milder(rng)
    same = model.fit(X.astype(np.float32), y.astype(np.float32))
    return {"fit returns the model": same is model} | single((model.w_, model.b_), "w_", "b_")


@check("lasso_path", expect=close(1e-5, 1e-6), forbids=["sklearn.linear_model"])
def path(code, rng):
    """the strengths, and the weights at each, settled as the lasso settles by itself"""
    first, rest = np.random.default_rng(0).normal(size=(2, 50))
    X = np.column_stack([first, first + 0.1 * rest])
    near = code.lasso_path(X, X @ np.array([1.0, 2.0]), count=2, ratio=0.01)
    answer = named(code.lasso_path(*milder(rng), count=7, ratio=0.01), "l1", "W")
    return {"seven strengths": answer, "columns nearly alike": named(near, "l1", "W")}


@check("lasso_path", expect=close(1e-3, 1e-3), forbids=["sklearn.linear_model"])
def warm_starts(code):
    """each fit begins at the row before: of 36 sweeps at most, each is near enough from there"""

    class Hurried(code.Lasso):
        def __init__(self, l1=1.0, max_sweeps=36, tolerance=1e-6):
            super().__init__(l1, max_sweeps, tolerance)

    code.Lasso = Hurried
    first, rest = np.random.default_rng(0).normal(size=(2, 50))
    X = np.column_stack([first, first + 0.5 * rest])
    return named(code.lasso_path(X, X @ np.array([20.0, 30.0]), count=30, ratio=0.01), "l1", "W")


@check("lasso_path", expect=close(1e-5, 1e-6), forbids=["sklearn.linear_model"])
def held_down(code, rng):
    """it begins where the strongest pull is just held down, be it up or down"""
    X = rng.normal(size=(40, 3)) * [1.0, 2.0, 0.5]
    up, down = (code.lasso_path(X, X @ w + 9, 3, 0.5) for w in ([1, 3, 0.2], [-1, -3, 0.2]))
    return {"pulls upwards": named(up, "l1", "W"), "downwards": named(down, "l1", "W")}


@check("lasso_path", expect=close(1e-5, 1e-6), forbids=["sklearn.linear_model"])
def where_it_begins(code, rng):
    """two strengths only: the first row is zero, the second is not"""
    l1, W = code.lasso_path(*milder(rng, d=2), count=2, ratio=0.1)
    return {"l1": l1, "W": W, "W[0] == 0": W[0] == 0}


@check("lasso_path", expect=close(1e-3, 1e-4), forbids=["sklearn.linear_model"])
def path_in_single_precision(code, rng):
    """float32 stays float32"""
    X, y = milder(rng)
    return single(code.lasso_path(X.astype(np.float32), y.astype(np.float32), 4, 0.1), "l1", "W")


MISTAKES = [
    Mistake(
        "the bias is the mean of y: what the features' means bring is forgotten",
        in_="fit_normal_equations",
        old="y_mean - x_mean @ w",
        new="y_mean",
    ),
    Mistake(
        "the sign is lost: the bias is the mean of y minus what the means of X bring",
        in_="fit_normal_equations",
        old="y_mean - x_mean @ w",
        new="y_mean + x_mean @ w",
    ),
    Mistake(
        "the features are not centred, so the plane is forced through zero",
        in_="fit_normal_equations",
        old="solve_normal(Xc.T @ Xc, Xc.T @ yc)",
        new="solve_normal(X.T @ X, X.T @ y)",
    ),
    Mistake(
        "one side is a mean and the other a sum",
        in_="fit_normal_equations",
        old="Xc.T @ yc)",
        new="Xc.T @ yc / len(y))",
    ),
    Mistake(
        "each weight is found as if it were alone: the products between columns are left out",
        in_="fit_normal_equations",
        old="solve_normal(Xc.T @ Xc, Xc.T @ yc)",
        new="Xc.T @ yc / np.diag(Xc.T @ Xc)",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="fit_normal_equations",
        old="return w, ",
        new="return w.astype(float), ",
    ),
    Mistake(
        "the equations are solved as they stand, even where they have no one answer",
        in_="fit_normal_equations",
        old="solve_normal(Xc.T @ Xc, Xc.T @ yc)",
        new="np.linalg.solve(Xc.T @ Xc, Xc.T @ yc)",
    ),
    Mistake(
        "the columns are centred after they were multiplied, which loses the digits of "
        "columns far from zero",
        in_="fit_normal_equations",
        old="solve_normal(Xc.T @ Xc, Xc.T @ yc)",
        new="solve_normal(\n"
        "        X.T @ X - len(X) * np.outer(x_mean, x_mean), X.T @ y - len(X) * x_mean * "
        "y_mean\n"
        "    )",
    ),
    Mistake(
        "a little is added to the diagonal, so that it is ridge regression",
        in_="fit_normal_equations",
        old="Xc.T @ Xc,",
        new="Xc.T @ Xc + 1e-9 * np.diag(np.diag(Xc.T @ Xc)),",
    ),
    Mistake(
        "the condition number is squared: Xc.T @ Xc is multiplied out, or R.T @ R, the same again",
        in_="fit_qr",
        old="R = triangle(np.column_stack([Xc, yc]))  # (d + 1, d + 1)\n"
        "    w = back_substitute(R[:d, :d], R[:d, d], lost)",
        new="w = np.linalg.solve(Xc.T @ Xc, Xc.T @ yc)",
    ),
    Mistake(
        "the columns are taken as they are, not centred",
        in_="fit_qr",
        old="[Xc, yc]",
        new="[X, y]",
    ),
    Mistake(
        "the bias is the mean of y, although the features' means are not zero",
        in_="fit_qr",
        old="y_mean - x_mean @ w",
        new="y_mean",
    ),
    Mistake(
        "y is not turned along with the columns: R w = y has other coordinates on its right",
        in_="fit_qr",
        old="R[:d, d], lost",
        new="yc[:d], lost",
    ),
    Mistake(
        "only the diagonal of R is used",
        in_="fit_qr",
        old="back_substitute(R[:d, :d], R[:d, d], lost)",
        new="R[:d, d] / np.diag(R)[:d]",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="fit_qr",
        old="return w, ",
        new="return w.astype(float), ",
    ),
    Mistake(
        "the condition number is squared: Xc.T @ Xc is multiplied out, or R.T @ R, the same again",
        in_="fit_qr",
        old="R = triangle(np.column_stack([Xc, yc]))  # (d + 1, d + 1)\n"
        "    w = back_substitute(R[:d, :d], R[:d, d], lost)",
        new="w = solve_normal(Xc.T @ Xc, Xc.T @ yc)",
    ),
    Mistake(
        "the condition number is squared: Xc.T @ Xc is multiplied out, or R.T @ R, the same again",
        in_="fit_qr",
        old="w = back_substitute(R[:d, :d], R[:d, d], lost)",
        new="w = solve_normal(R[:d, :d].T @ R[:d, :d], Xc.T @ yc)",
    ),
    Mistake(
        "the condition number is squared: Xc.T @ Xc is multiplied out, or R.T @ R, the same again",
        in_="fit_qr",
        old="w = back_substitute(R[:d, :d], R[:d, d], lost)",
        new="w = np.linalg.solve(R[:d, :d].T @ R[:d, :d], Xc.T @ yc)",
    ),
    Mistake(
        "the triangle is solved as it stands, even where it has no one answer",
        in_="fit_qr",
        old="back_substitute(R[:d, :d], R[:d, d], lost)",
        new="np.linalg.solve(R[:d, :d], R[:d, d])",
    ),
    Mistake(
        "it walks uphill: the error has the wrong sign",
        in_="fit_gradient_descent",
        old="X @ w + b - y",
        new="y - X @ w - b",
    ),
    Mistake(
        "the bias is left out of the prediction",
        in_="fit_gradient_descent",
        old="X @ w + b - y",
        new="X @ w - y",
    ),
    Mistake(
        "the bias moves along an error taken after the weights have moved",
        in_="fit_gradient_descent",
        old="        b = b - rate * error.mean()",
        new="        b = b - rate * (X @ w + b - y).mean()",
    ),
    Mistake(
        "the slope in the weights is a sum, that in the bias a mean",
        in_="fit_gradient_descent",
        old=" / len(y)",
        new="",
    ),
    Mistake(
        "both slopes are doubled: the loss is half the mean squared error",
        in_="fit_gradient_descent",
        old="rate * (X.T @ error) / len(y)\n        b = b - rate",
        new="2 * rate * (X.T @ error) / len(y)\n        b = b - 2 * rate",
    ),
    Mistake(
        "the bias never moves",
        in_="fit_gradient_descent",
        old="        b = b - rate * error.mean()\n",
        new="",
    ),
    Mistake(
        "it takes one step too few",
        in_="fit_gradient_descent",
        old="range(steps)",
        new="range(1, steps)",
    ),
    Mistake(
        "it stops before all steps are taken, once the slope is small",
        in_="fit_gradient_descent",
        old="        w = w - rate",
        new="        if np.abs(X.T @ error).max() < 1e-6:\n            break\n        w = w - rate",
    ),
    Mistake(
        "what has diverged is returned all the same",
        in_="fit_gradient_descent",
        old="return finite(w, b, rate)",
        new="return w, b",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="fit_gradient_descent",
        old="return finite(w, b, rate)",
        new="return finite(w.astype(float), b, rate)",
    ),
    Mistake(
        "both slopes are sums over the samples, not means",
        in_="fit_gradient_descent",
        old="rate * (X.T @ error) / len(y)\n        b = b - rate * error.mean()",
        new="rate * (X.T @ error)\n        b = b - rate * error.sum()",
    ),
    Mistake(
        "the bias is computed from the means at the end instead of walked to",
        in_="fit_gradient_descent",
        old="return finite(w, b, rate)",
        new="return finite(w, y.mean() - X.mean(axis=0) @ w, rate)",
    ),
    Mistake(
        "only powers of single features are made, and no products of two",
        in_="polynomial_features",
        old="for which in combinations_with_replacement(range(d), size)",
        new="for which in [(j,) * size for j in range(d)]",
    ),
    Mistake(
        "no feature is multiplied with itself",
        in_="polynomial_features",
        old="combinations_with_replacement(range(d), size)",
        new="combinations_with_replacement(range(d), size) if len(set(which)) == size",
    ),
    Mistake(
        "it stops a degree too early",
        in_="polynomial_features",
        old="range(1, degree + 1)",
        new="range(1, degree)",
    ),
    Mistake(
        "a column of ones comes first, though b stands for it",
        in_="polynomial_features",
        old="range(1, degree + 1)",
        new="range(degree + 1)",
    ),
    Mistake(
        "the features are added instead of multiplied",
        in_="polynomial_features",
        old=".prod(axis=1)",
        new=".sum(axis=1)",
    ),
    Mistake(
        "the columns come by feature first, then by degree",
        in_="polynomial_features",
        old="np.column_stack(columns)",
        new="np.column_stack([columns[j] for j in range(d)]\n        + columns[d:][::-1])",
    ),
    Mistake(
        "products are made through logarithms, which zero and negative numbers have not",
        in_="polynomial_features",
        old="X[:, which].prod(axis=1)",
        new="np.exp(np.log(np.abs(X[:, which])).sum(axis=1))",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="polynomial_features",
        old="np.column_stack(columns)",
        new="np.column_stack(columns).astype(float)",
    ),
    Mistake(
        "x1 x2 and x2 x1 are both there",
        in_="polynomial_features",
        old="combinations_with_replacement(range(d), size)",
        new="np.ndindex(*[d] * size)",
    ),
    Mistake(
        "only the products of the highest degree are there",
        in_="polynomial_features",
        old="range(1, degree + 1)",
        new="[degree]",
    ),
    Mistake(
        "the table lies on its side: a row for each product",
        in_="polynomial_features",
        old="np.column_stack(columns)",
        new="np.array(columns)",
    ),
    Mistake(
        "columns with equal values are dropped",
        in_="polynomial_features",
        old="np.column_stack(columns)",
        new="np.column_stack(\n"
        "        [v for i, v in enumerate(columns) if not any((v == u).all() for u in "
        "columns[:i])]\n"
        "    )",
    ),
    Mistake(
        "the squared errors are divided by n: the parameters have used up some of them",
        in_="standard_errors",
        old="(n - d - 1)",
        new="n",
    ),
    Mistake(
        "the bias is not counted among the parameters",
        in_="standard_errors",
        old="(n - d - 1)",
        new="(n - d)",
    ),
    Mistake(
        "the variances are returned: the root is left out",
        in_="standard_errors",
        old="noise * np.sqrt((inverse * inverse).sum(axis=1))",
        new="noise**2 * (inverse * inverse).sum(axis=1)",
    ),
    Mistake(
        "the sums run down the columns of the inverse instead of along its rows",
        in_="standard_errors",
        old="sum(axis=1)",
        new="sum(axis=0)",
    ),
    Mistake(
        "each feature is taken to be alone: only the diagonal of R counts",
        in_="standard_errors",
        old="np.sqrt((inverse * inverse).sum(axis=1))",
        new="np.diag(inverse)",
    ),
    Mistake(
        "the bias is taken for a plain mean: its error forgets that the weights are uncertain",
        in_="standard_errors",
        old="noise * np.sqrt(1 / n + along @ along)",
        new="noise * np.sqrt(1 / n)",
    ),
    Mistake(
        "the error of the bias lacks that of the mean, 1 / n",
        in_="standard_errors",
        old="np.sqrt(1 / n + along @ along)",
        new="np.sqrt(along @ along)",
    ),
    Mistake(
        "the bias is left out of the errors",
        in_="standard_errors",
        old="y - X @ w - b",
        new="y - X @ w",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="standard_errors",
        old="return s, ",
        new="return s.astype(float), ",
    ),
    Mistake(
        "of the parameters only the bias is counted",
        in_="standard_errors",
        old="(n - d - 1)",
        new="(n - 1)",
    ),
    Mistake(
        "the product for the bias is the wrong way round: inverse @ x_mean",
        in_="standard_errors",
        old="x_mean @ inverse",
        new="inverse @ x_mean",
    ),
    Mistake(
        "the error of the bias is its variance: the root is left out",
        in_="standard_errors",
        old="noise * np.sqrt(1 / n + along @ along)",
        new="noise**2 * (1 / n + along @ along)",
    ),
    Mistake(
        "what is undone is R.T instead of R",
        in_="standard_errors",
        old="back_substitute(R, ",
        new="back_substitute(R.T, ",
    ),
    Mistake(
        "half the digits are gone, for Xc.T @ Xc is multiplied out",
        in_="standard_errors",
        old="inverse = back_substitute(R, np.eye(d, dtype=X.dtype), lost)  # (d, d)",
        new="inverse = np.linalg.cholesky(np.linalg.inv(Xc.T @ Xc))",
    ),
    Mistake(
        "the penalty is not multiplied by n, though the loss is a mean",
        in_="Ridge.fit",
        old="len(y) * self.l2",
        new="self.l2",
    ),
    Mistake(
        "the penalty is forgotten",
        in_="Ridge.fit",
        old="s / (s**2 + len(y) * self.l2)",
        new="1 / s",
    ),
    Mistake(
        "the singular values are not squared below the line",
        in_="Ridge.fit",
        old="s**2 +",
        new="s +",
    ),
    Mistake(
        "each direction is only shrunk, and never divided by its stretch",
        in_="Ridge.fit",
        old="s / (s**2 + len(y) * self.l2)",
        new="s**2 / (s**2 + len(y) * self.l2)",
    ),
    Mistake(
        "the bias is the mean of y: the features' means are forgotten",
        in_="Ridge.fit",
        old="y_mean - x_mean @ self.w_",
        new="y_mean",
        lesson="On centred features it is right, and many people test on those. Ask what the "
        "plane says at the means of the features: the mean of y, wherever these means are.",
    ),
    Mistake(
        "the bias is shrunk along with the weights",
        in_="Ridge.fit",
        old="y_mean - x_mean @ self.w_",
        new="(y_mean - x_mean @ self.w_) / (1 + self.l2)",
    ),
    Mistake(
        "fit does not return the model",
        in_="Ridge.fit",
        old="return self",
        new="return None",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="Ridge.fit",
        old="(U.T @ yc))",
        new="(U.T @ yc)).astype(float)",
    ),
    Mistake(
        "the penalty is divided by n instead of multiplied",
        in_="Ridge.fit",
        old="len(y) * self.l2",
        new="self.l2 / len(y)",
    ),
    Mistake(
        "the normal equations are not centred",
        in_="Ridge.fit",
        old="V @ (shrunk * (U.T @ yc))",
        new="np.linalg.solve(\n"
        "            X.T @ X + len(y) * self.l2 * np.eye(X.shape[1], dtype=X.dtype), X.T @ "
        "y\n"
        "        )",
    ),
    Mistake(
        "thin directions are lost, as they are wherever Xc.T @ Xc is multiplied out",
        in_="Ridge.fit",
        old="V @ (shrunk * (U.T @ yc))",
        new="np.linalg.pinv(\n"
        "            Xc.T @ Xc + len(y) * self.l2 * np.eye(X.shape[1], dtype=X.dtype)\n"
        "        ) @ (Xc.T @ yc)",
    ),
    Mistake(
        "it is turned back by V.T instead of V",
        in_="Ridge.fit",
        old="V @ (shrunk",
        new="V.T @ (shrunk",
    ),
    Mistake(
        "small weights are set to zero, but large ones are not moved towards it",
        in_="Lasso.fit",
        old="soft_threshold(pull, self.l1)",
        new="pull * (np.abs(pull) > self.l1)",
    ),
    Mistake(
        "the weights are only shrunk, as in ridge regression: none becomes zero",
        in_="Lasso.fit",
        old="soft_threshold(pull, self.l1) / G[j, j]",
        new="pull / (G[j, j] + self.l1)",
    ),
    Mistake(
        "the pull does not leave out the weight's own part",
        in_="Lasso.fit",
        old=" + G[j, j] * w[j]",
        new="",
    ),
    Mistake(
        "the weight is not divided by the mean square of its feature",
        in_="Lasso.fit",
        old="soft_threshold(pull, self.l1) / G[j, j]",
        new="soft_threshold(pull, self.l1)",
        lesson="For standardised features that mean square is 1, and nothing shows. Give a "
        "feature another unit: its weight has to change by the same factor, the other way.",
    ),
    Mistake(
        "it is divided before the threshold, so that the penalty depends on the feature's unit",
        in_="Lasso.fit",
        old="soft_threshold(pull, self.l1) / G[j, j]",
        new="soft_threshold(pull / G[j, j], self.l1)",
    ),
    Mistake(
        "all weights of a sweep are computed from the old ones",
        in_="Lasso.fit",
        old="pull = c[j] - G[j] @ w + G[j, j] * w[j]",
        new="pull = c[j] - G[j] @ before + G[j, j] * before[j]",
    ),
    Mistake(
        "a move downwards counts as none, so it may stop too early",
        in_="Lasso.fit",
        old="np.max(np.abs(w - before) * spread)",
        new="np.max((w - before) * spread)",
        lesson="Where all weights fall, the largest difference is below zero, and the very first "
        "sweep looks like the last. How far something moved is a size: take np.abs first.",
    ),
    Mistake(
        "the moves of the weights are compared whatever the units of their features",
        in_="Lasso.fit",
        old="np.abs(w - before) * spread",
        new="np.abs(w - before)",
    ),
    Mistake(
        "the tolerance that is asked for plays no part",
        in_="Lasso.fit",
        old="<= enough",
        new="<= 1e-12 * y_spread",
    ),
    Mistake(
        "the last weights are returned even when they have not settled",
        in_="Lasso.fit",
        old="raise not_converged(sweeps)",
        new="self.w_, self.b_ = w, y_mean - x_mean @ w\n        return self",
    ),
    Mistake(
        "it takes a sweep less than max_sweeps allows",
        in_="Lasso.fit",
        old="range(sweeps)",
        new="range(1, sweeps)",
    ),
    Mistake(
        "the weights begin at zero, whatever start is given",
        in_="Lasso.fit",
        old="        for _ in range(sweeps):",
        new="        w = np.zeros_like(w)\n        for _ in range(sweeps):",
    ),
    Mistake(
        "constant features are swept too: it divides by zero",
        in_="Lasso.fit",
        old="for j in varies",
        new="for j in range(len(w))",
    ),
    Mistake(
        "the bias is the mean of y, wherever the features' means are",
        in_="Lasso.fit",
        old="y_mean - x_mean @ w",
        new="y_mean",
    ),
    Mistake(
        "fit does not return the model",
        in_="Lasso.fit",
        old="return self",
        new="return None",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="Lasso.fit",
        old="self.w_, self.b_ = w, ",
        new="self.w_, self.b_ = w.astype(float), ",
    ),
    Mistake(
        "the threshold is half the strength",
        in_="Lasso.fit",
        old="soft_threshold(pull, self.l1)",
        new="soft_threshold(pull, self.l1 / 2)",
    ),
    Mistake(
        "the threshold is n times the strength, though the products are means",
        in_="Lasso.fit",
        old="soft_threshold(pull, self.l1)",
        new="soft_threshold(pull, len(y) * self.l1)",
    ),
    Mistake(
        "it compares with self.tolerance itself, not with `enough`, which is in units of y",
        in_="Lasso.fit",
        old="<= enough",
        new="<= self.tolerance",
    ),
    Mistake(
        "the sweep goes from the last weight to the first",
        in_="Lasso.fit",
        old="for j in varies:",
        new="for j in varies[::-1]:",
    ),
    Mistake(
        "before is w itself and no copy: nothing ever seems to move",
        in_="Lasso.fit",
        old="before = w.copy()",
        new="before = w",
    ),
    Mistake(
        "a weight that a sweep has set to zero stays zero for ever",
        in_="Lasso.fit",
        old="        for _ in range(sweeps):\n"
        "            before = w.copy()\n"
        "            for j in varies:\n",
        new="        for sweep in range(sweeps):\n"
        "            before = w.copy()\n"
        "            for j in varies:\n"
        "                if sweep and w[j] == 0:\n"
        "                    continue\n",
    ),
    Mistake(
        "a weight that is zero at the start is never looked at",
        in_="Lasso.fit",
        old="        for _ in range(sweeps):",
        new="        varies = varies if start is None else np.flatnonzero(spread * w)\n"
        "        for _ in range(sweeps):",
    ),
    Mistake(
        "it begins at the weights of an earlier fit",
        in_="Lasso.fit",
        old="        for _ in range(sweeps):",
        new='        if start is None and np.shape(getattr(self, "w_", 0)) == w.shape:\n'
        "            w = self.w_.astype(w.dtype)\n"
        "        for _ in range(sweeps):",
    ),
    Mistake(
        "it refuses what only least squares has to refuse",
        in_="Lasso.fit",
        old="        for _ in range(sweeps):",
        new="        solve_normal(G, c)\n        for _ in range(sweeps):",
    ),
    Mistake(
        "the strengths go down in equal steps instead of equal factors",
        in_="lasso_path",
        old="np.geomspace(1, ratio, count)",
        new="np.linspace(1, ratio, count)",
    ),
    Mistake(
        "the strongest pull is sought without its size: one downwards counts for nothing",
        in_="lasso_path",
        old="np.abs(c).max()",
        new="c.max()",
    ),
    Mistake(
        "the strengths go up instead of down",
        in_="lasso_path",
        old="np.geomspace(1, ratio, count)",
        new="np.geomspace(ratio, 1, count)",
    ),
    Mistake(
        "the pulls are sums over the samples, not means",
        in_="lasso_path",
        old="np.abs(c).max()",
        new="np.abs(c).max() * len(y)",
    ),
    Mistake(
        "the pulls are taken from X and y as they are, not centred",
        in_="lasso_path",
        old="np.abs(c).max()",
        new="np.abs(X.T @ y / len(y)).max()",
    ),
    Mistake(
        "the row of zeros at the strongest penalty is left out",
        in_="lasso_path",
        old="np.array(W)",
        new="np.array(W[1:])",
    ),
    Mistake(
        "each row is at the strength of the one before",
        in_="lasso_path",
        old="l1[1:]",
        new="l1[:-1]",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="lasso_path",
        old="return l1, np.array(W)",
        new="return l1.astype(float), np.array(W, dtype=float)",
    ),
    Mistake(
        "the factor from one strength to the next is ratio itself",
        in_="lasso_path",
        old="np.geomspace(1, ratio, count)",
        new="ratio ** np.arange(count)",
    ),
    Mistake(
        "it begins at the sum of the pulls, not at the strongest",
        in_="lasso_path",
        old="np.abs(c).max()",
        new="np.abs(c).sum()",
    ),
    Mistake(
        "each fit begins at the same weights, not at the row before",
        in_="lasso_path",
        old="start=W[-1]",
        new="start=None",
    ),
    Mistake(
        "each fit begins at the same weights, not at the row before",
        in_="lasso_path",
        old="start=W[-1]",
        new="start=np.ones_like(c)",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="lasso_path",
        old=".astype(c.dtype)",
        new="",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="lasso_path",
        old="return l1, np.array(W)",
        new="return l1, np.array(W, dtype=float)",
    ),
]


EXPLAIN = [
    Explain(
        "bias",
        why="the bias is the mean of y: the features' means are forgotten",
        causes={
            "the penalty is not multiplied by n, though the loss is a mean": "len(y) * self.l2 "
            "stands in the line above, where it belongs.",
            "the bias is shrunk along with the weights": "No penalty stands in its line, and none "
            "should: moving all targets up by one has to move all predictions so.",
            "the directions that say nothing are left out": "They are, above the hole, and must "
            "be: one would have to divide by zero.",
        },
        takes="`X` holds one feature a column, `y` a target for each row; out come the "
        "predictions of `Ridge(0.5)` for `X` itself.",
        call=lambda code, X, y: code.Ridge(0.5).fit(X, y).predict(X),
        example={"X": [[-1.0], [0.0], [1.0]], "y": [2.0, 3.0, 7.0]},
        witness={"X": [[0.0], [1.0], [2.0]], "y": [2.0, 3.0, 7.0]},
    ),
    Explain(
        "downwards",
        why="a move downwards counts as none, so it may stop too early",
        causes={
            "the pull does not leave out the weight's own part": "G[j, j] * w[j] is added again "
            "in the line of the pull.",
            "all weights of a sweep are computed from the old ones": "The pull reads w, into "
            "which every new weight is written at once.",
            "it takes a sweep less than max_sweeps allows": "range(sweeps) yields exactly so many.",
        },
        takes="`X` has a feature in each column, `y` a target for each row; out come the weights "
        "of `Lasso(0.01)`.",
        call=lambda code, X, y: code.Lasso(0.01).fit(X, y).w_,
        example={"X": [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], "y": [0.0, -1.0, 2.0, 1.0]},
        witness={
            "X": [[0.0, 0.0], [1.0, 1.0], [2.0, 1.0], [3.0, 3.0]],
            "y": [0.0, -2.0, -3.0, -6.0],
        },
    ),
]

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


def kinds(*arrays):
    """Return the names of the dtypes."""
    return [str(np.asarray(array).dtype) for array in arrays]


@check("fit_normal_equations", forbids=[*OTHERS, "numpy.linalg.qr", "numpy.linalg.svd"])
def best_plane(code, rng):
    """the weights and the bias of least squares"""
    return code.fit_normal_equations(*cloud(rng))


@check("fit_normal_equations", forbids=[*OTHERS, "numpy.linalg.qr", "numpy.linalg.svd"])
def two_points(code):
    """two samples of one feature: the line through both, whole numbers or not"""
    return code.fit_normal_equations([[1], [3]], [10, 4])


@check("fit_normal_equations", forbids=[*OTHERS, "numpy.linalg.qr", "numpy.linalg.svd"])
def units_of_any_size(code, rng):
    """a column in millionths and one in millions are no trouble"""
    X, y = cloud(rng)
    w, b = code.fit_normal_equations(X * [1e-6, 1.0, 1e6], y)
    return w * [1e-6, 1.0, 1e6], b


@check(
    "fit_normal_equations",
    expect=close(1e-2, 1e-2),
    forbids=[*OTHERS, "numpy.linalg.qr", "numpy.linalg.svd"],
)
def normal_equations_in_single_precision(code, rng):
    """float32 stays float32"""
    X, y = milder(rng)
    w, b = code.fit_normal_equations(X.astype(np.float32), y.astype(np.float32))
    return w, b, kinds(w, b)


@check("fit_qr", forbids=OTHERS)
def same_plane(code, rng):
    """the weights and the bias of least squares"""
    return code.fit_qr(*cloud(rng, n=25, d=4))


@check("fit_qr", forbids=OTHERS)
def just_enough_samples(code, rng):
    """as many samples as parameters: the plane through all of them"""
    X = rng.normal(size=(4, 3)) + np.eye(4, 3) * 4 + 1
    return code.fit_qr(X, rng.normal(size=4))


@check("fit_qr", expect=close(1e-3, 1e-3), forbids=OTHERS)
def nearly_the_same_column(code, rng):
    """two columns that agree in their first eight digits are told apart"""
    first, rest = rng.normal(size=(2, 30))
    X = np.column_stack([first, first + 1e-8 * rest, rng.normal(size=30)]) + [0, 0, 1]
    y = X @ np.array([1.0, 2.0, -3.0])
    return code.fit_qr(X, y - y.mean())


@check("fit_qr", expect=close(1e-2, 1e-2), forbids=OTHERS)
def qr_in_single_precision(code, rng):
    """float32 stays float32"""
    X, y = milder(rng)
    w, b = code.fit_qr(X.astype(np.float32), y.astype(np.float32))
    return w, b, kinds(w, b)


@check("fit_gradient_descent", forbids=OTHERS)
def first_steps(code, rng):
    """after 1, 2 and 5 steps weights and bias are where they should be"""
    X, y = milder(rng, n=12, d=2)
    return [code.fit_gradient_descent(X, y, 0.05, steps) for steps in (1, 2, 5)]


@check("fit_gradient_descent", forbids=OTHERS)
def last_steps(code, rng):
    """it takes all its steps, however small they become"""
    X, y = milder(rng, n=12, d=2)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    return code.fit_gradient_descent(X, y, 0.3, 400), code.fit_gradient_descent(X, 1e-9 * y)


@check("fit_gradient_descent", forbids=OTHERS)
def one_sample(code):
    """a single sample with a constant feature is walked to as well"""
    return code.fit_gradient_descent([[1, 0]], [3], learning_rate=0.25, steps=4)


@check("fit_gradient_descent", expect=raises(RuntimeError), forbids=OTHERS)
def diverging(code):
    """a walk that has left the range of numbers ends in a RuntimeError"""
    with np.errstate(all="ignore"):
        return code.fit_gradient_descent([[10.0], [20.0], [40.0]], [1.0, 2.0, 3.0], 0.5, 400)


@check("fit_gradient_descent", expect=close(1e-4, 1e-5), forbids=OTHERS)
def walk_in_single_precision(code, rng):
    """float32 stays float32"""
    X, y = milder(rng, n=12, d=2)
    w, b = code.fit_gradient_descent(X.astype(np.float32), y.astype(np.float32), 0.05, 3)
    return w, b, kinds(w, b)


@check("polynomial_features", forbids=["sklearn.preprocessing"])
def products_in_order(code, rng):
    """all products of up to three of four features, each once, in the order told"""
    return code.polynomial_features(rng.normal(size=(5, 4)), 3)


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
    return P, Q, kinds(P, Q)


@check("standard_errors", forbids=OTHERS)
def errors_of_weights(code, rng):
    """the standard error of each weight, and that of the bias"""
    X, y = cloud(rng, n=15)
    return code.standard_errors(X, y, *least_squares(X, y))


@check("standard_errors", forbids=OTHERS)
def one_degree_of_freedom(code, rng):
    """two features and four samples leave one degree of freedom"""
    X, y = rng.normal(size=(4, 2)) + np.eye(4, 2) * 3, rng.normal(size=4)
    return code.standard_errors(X, y, *least_squares(X, y))


@check("standard_errors", forbids=OTHERS)
def without_noise(code, rng):
    """no error, no doubt: all are zero where the plane fits exactly"""
    X = rng.normal(size=(9, 2)) + 1
    return code.standard_errors(X, X @ np.array([2.0, -1.0]) + 3, np.array([2.0, -1.0]), 3.0)


@check("standard_errors", expect=close(1e-2, 1e-3), forbids=OTHERS)
def errors_in_single_precision(code, rng):
    """float32 stays float32"""
    X, y = milder(rng)
    w, b = least_squares(X, y)
    X, y, w, b = (np.asarray(part, dtype=np.float32) for part in (X, y, w, b))
    s, s_b = code.standard_errors(X, y, w, b)
    return s, s_b, kinds(s, s_b)


def learned(model):
    """Return what a model has learned."""
    return model.w_, model.b_


@check("Ridge.fit", forbids=["sklearn.linear_model"])
def shrunken(code, rng):
    """the weights and the bias at three strengths of the penalty"""
    X, y = cloud(rng)
    return [learned(code.Ridge(l2).fit(X, y)) for l2 in (0.01, 1.0, 30.0)]


@check("Ridge.fit", forbids=["sklearn.linear_model"])
def without_penalty(code, rng):
    """l2 = 0 is least squares, and with too few samples the shortest w of all best ones"""
    few = rng.normal(size=(3, 6)) + 1, rng.normal(size=3)
    return [learned(code.Ridge(0).fit(*data)) for data in (cloud(rng), few)]


@check("Ridge.fit", forbids=["sklearn.linear_model"])
def hardly_any_data(code, rng):
    """a single sample, a constant feature, a feature given twice"""
    twice = rng.normal(size=(8, 1)) @ np.ones((1, 2))
    X = np.column_stack([twice, np.full(8, 0.1)])
    one = code.Ridge(0.5).fit([[1.0, 2.0]], [3.0])
    return learned(one), learned(code.Ridge(0.5).fit(X, rng.normal(size=8) + 7))


@check("Ridge.fit", forbids=["sklearn.linear_model"])
def second_fit(code, rng):
    """a second fit forgets the first, and fit returns the model itself"""
    model = code.Ridge(0.3).fit(*cloud(rng))
    same = model.fit(*cloud(rng))
    return same is model, learned(same)


@check("Ridge.fit", expect=close(1e-3, 1e-4), forbids=["sklearn.linear_model"])
def ridge_in_single_precision(code, rng):
    """float32 stays float32"""
    X, y = milder(rng)
    model = code.Ridge(0.1).fit(X.astype(np.float32), y.astype(np.float32))
    return learned(model), kinds(*learned(model))


@check("Lasso.fit", forbids=["sklearn.linear_model"])
def some_weights(code, rng):
    """the weights and the bias at four strengths, from none to all held down"""
    X, y = milder(rng)
    return [learned(code.Lasso(l1, tolerance=1e-12).fit(X, y)) for l1 in (0, 0.1, 1.0, 1e3)]


@check("Lasso.fit", forbids=["sklearn.linear_model"])
def exact_zeros(code, rng):
    """a weight that is held down is zero to the last digit"""
    X, y = milder(rng)
    return code.Lasso(0.8).fit(X, y).w_ == 0


@check("Lasso.fit", forbids=["sklearn.linear_model"])
def one_sweep(code, rng):
    """a sweep goes from the first weight to the last, and each sees what is new"""
    X, y = cloud(rng)
    start = rng.normal(size=3)
    model = code.Lasso(0.2, max_sweeps=1, tolerance=1e9)
    return learned(model.fit(X, y)), learned(model.fit(X, y, start=start))


@check("Lasso.fit", forbids=["sklearn.linear_model"])
def rough_tolerance(code):
    """it stops after the first sweep in which no weight moved far, in units of its feature"""
    a, b = np.array([1, -1, 2, -2, 0, 0.5]), np.array([1, -1, 1, -2, 1, 0.5])
    y = 2 * a + 3 * b + np.array([0.1, 0, -0.1, 0.2, 0, 0.3])
    found = []
    for target in (y, -y, 1e-7 * y):  # weights that rise, that fall, tiny ones
        for scale in (1.0, 1e-4, 1e4):
            model = code.Lasso(1e-3 * scale * np.abs(target).max(), tolerance=0.02)
            w, b_ = learned(model.fit(np.column_stack([a * scale, scale * b]), target))
            found.append((w * scale / np.abs(target).max(), b_ / np.abs(target).max()))
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
    return learned(model), learned(code.Lasso(0.1).fit([[1.0, 2.0]], [3.0]))


@check("Lasso.fit", expect=close(1e-3, 1e-4), forbids=["sklearn.linear_model"])
def lasso_twice_in_single_precision(code, rng):
    """a second fit forgets the first, fit returns the model, float32 stays float32"""
    model = code.Lasso(0.1, tolerance=1e-4)
    model.fit(*cloud(rng, d=4))
    X, y = milder(rng)
    same = model.fit(X.astype(np.float32), y.astype(np.float32))
    return same is model, learned(same), kinds(*learned(same))


@check("lasso_path", expect=close(1e-5, 1e-6), forbids=["sklearn.linear_model"])
def path(code, rng):
    """the strengths, and the weights at each"""
    return code.lasso_path(*milder(rng), count=7, ratio=0.01)


@check("lasso_path", expect=close(1e-5, 1e-6), forbids=["sklearn.linear_model"])
def held_down(code, rng):
    """it begins where the strongest pull is just held down, be it up or down"""
    X = rng.normal(size=(40, 3)) * [1.0, 2.0, 0.5]
    up, down = (code.lasso_path(X, X @ w + 9, 3, 0.5) for w in ([1, 3, 0.2], [-1, -3, 0.2]))
    return up, down


@check("lasso_path", expect=close(1e-5, 1e-6), forbids=["sklearn.linear_model"])
def where_it_begins(code, rng):
    """two strengths only: the first row is zero, the second is not"""
    l1, W = code.lasso_path(*milder(rng, d=2), count=2, ratio=0.1)
    return l1, W, W[0] == 0


@check("lasso_path", expect=close(1e-3, 1e-4), forbids=["sklearn.linear_model"])
def path_in_single_precision(code, rng):
    """float32 stays float32"""
    X, y = milder(rng)
    l1, W = code.lasso_path(X.astype(np.float32), y.astype(np.float32), 4, 0.1)
    return l1, W, kinds(l1, W)


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
        "the products Xc.T @ Xc are multiplied out, which squares the condition number",
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

"""Linear regression: the plane through a cloud, and how far to trust it.

Throughout: n samples, d features, m columns of powers, k strengths.
    X (n, d) inputs      y (n,) targets      y_hat (n,) predictions
    w (d,) weights       b () bias: y_hat = X @ w + b
    Xc (n, d), yc (n,) X and y minus their means, x_mean (d,), y_mean ()
    R (d, d) the triangle of Xc = Q R          G (d, d), c (d,) products
    lost (d,) the size up to which a diagonal entry of R counts as zero
    l2 (), l1 () strengths of the two penalties
The loss is half the mean squared error, plus l2 / 2 times the squared or
l1 times the absolute weights; the bias is never penalised.

Sources: Hastie, Tibshirani and Friedman, The Elements of Statistical
Learning (2nd ed., 2009), chapter 3; Golub and Van Loan, Matrix
Computations (4th ed., 2013), 5.3; Friedman, Hastie and Tibshirani,
Journal of Statistical Software 33 (2010), 1.
"""

from itertools import combinations_with_replacement

import numpy as np

from solutions.inputs import (
    as_finite,
    as_floats,
    as_matrix,
    as_vector,
    fitted,
    in_range,
    same_length,
    same_shape,
    whole,
)
from solutions.linear_algebra import solve_gauss, working_zero
from solutions.statistics import student_t_quantile


def as_problem(X, y):
    """Return X (n, d) and y (n,) as finite floats of the dtype of X."""
    X = as_matrix(X)
    y = as_floats(same_length(X, y), "y")
    return X, as_finite(y.astype(X.dtype), "y")


def enough_samples(X, y):
    """Return both as floats, with n > d, or raise."""
    X, y = as_problem(X, y)
    if len(X) <= X.shape[1]:
        raise ValueError(
            f"X has shape {X.shape}, but least squares takes n > d: for so "
            "few samples many w fit equally well. Ridge takes any number"
        )
    return X, y


def centred(X, y):
    """Return Xc (n, d), yc (n,), x_mean (d,), y_mean () and lost (d,)."""
    Xc, yc = X - X[0], y - y[0]  # what is constant is exactly zero now
    shift = Xc.mean(axis=0, dtype=float).astype(X.dtype)
    y_shift = yc.mean(dtype=float).astype(X.dtype)
    lost = np.sqrt(np.einsum("ij,ij->j", X, X))  # (d,) of columns as given
    lost *= 10 * X.shape[1] * np.finfo(X.dtype).eps
    return Xc - shift, yc - y_shift, X[0] + shift, y[0] + y_shift, lost


def solve_normal(G, c):
    """Solve G w = c for products of columns G (d, d), or raise."""
    size = np.sqrt(np.diag(G))  # (d,) lengths of the columns
    if not size.all():
        raise no_one_answer(f"column {np.argmin(size)}")
    shares = G / np.outer(size, size)  # (d, d), with ones on the diagonal
    if np.linalg.eigvalsh(shares)[0] <= 10 * len(G) * np.finfo(G.dtype).eps:
        raise no_one_answer("one or another column")
    return solve_gauss(shares, c / size) / size


def triangle(A):
    """Return the R (d, d) of A = Q R: mirrors, a block of rows a time."""
    R, rows = A[:0], max(2048, 2 * A.shape[1])  # that stay in the cache
    for i in range(0, len(A), rows):
        R = np.linalg.qr(np.vstack([R, A[i : i + rows]]), mode="r")
    return R


def back_substitute(R, c, lost):
    """Solve R x = c for a triangle R; c and x (d,) or (d, m)."""
    x = np.zeros_like(c)
    for i in reversed(range(len(R))):
        if not abs(R[i, i]) > lost[i]:
            raise no_one_answer(f"column {i}")
        x[i] = (c[i] - R[i, i + 1 :] @ x[i + 1 :]) / R[i, i]
    return x


def no_one_answer(what):
    """Return the error for columns of which one adds nothing."""
    return ValueError(
        f"{what} of X is constant or, as far as this method can "
        "see, a mixture of others: many w fit equally well. Drop it, or "
        "use Ridge"
    )


def fit_normal_equations(X, y):
    """Fit by least squares: solve for where the slope is zero.

    Parameters
    ----------
    X : array, shape (n, d)
        With n > d, no column constant or a mixture of others. Those that
        nearly are cost twice as many digits as with fit_qr.
    y : array, shape (n,)

    Returns
    -------
    w : array, shape (d,)
    b : float

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), eq. 3.6.
    """
    X, y = enough_samples(X, y)
    Xc, yc, x_mean, y_mean, _ = centred(X, y)
    # your turn (warm-up)
    # hint: The errors must be perpendicular to each column, so that all
    # of Xc.T @ (yc - Xc @ w) are zero.
    # hint: So (Xc.T @ Xc) @ w = Xc.T @ yc: solve_normal(G, c) solves it.
    # hint: The plane passes through the means: b = y_mean - x_mean @ w.
    w = solve_normal(Xc.T @ Xc, Xc.T @ yc)  # (d,)
    return w, y_mean - x_mean @ w


def fit_qr(X, y):
    """Fit by least squares through Q R, and keep the digits.

    Parameters
    ----------
    X : array, shape (n, d)
        With n > d, no column constant or a mixture of others.
    y : array, shape (n,)

    Returns
    -------
    w : array, shape (d,)
    b : float

    References
    ----------
    Golub and Van Loan (2013), 5.3; Golub (1965).
    """
    X, y = enough_samples(X, y)
    Xc, yc, x_mean, y_mean, lost = centred(X, y)
    d = X.shape[1]
    # your turn (core)
    # hint: np.linalg.qr(Xc) gives Q and R. The best w solves the triangle
    # R w = Q.T @ yc, and back_substitute(R, c, lost) solves a triangle.
    # hint: Faster: let yc go along as one more column. The R that
    # triangle(np.column_stack([Xc, yc])) makes has Q.T @ yc in R[:d, d],
    # beside the triangle R[:d, :d].
    R = triangle(np.column_stack([Xc, yc]))  # (d + 1, d + 1)
    w = back_substitute(R[:d, :d], R[:d, d], lost)
    return w, y_mean - x_mean @ w


def fit_gradient_descent(X, y, learning_rate=0.1, steps=1000):
    """Fit by walking downhill from zero, `steps` times.

    Parameters
    ----------
    X : array, shape (n, d)
        Of one scale, as standardize makes it, or the steps must be tiny.
    y : array, shape (n,)
    learning_rate : float
    steps : int

    Returns
    -------
    w : array, shape (d,)
    b : float

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), eq. 3.4, whose slope it uses.
    """
    X, y = as_problem(X, y)
    rate = float(in_range("learning_rate", learning_rate, above=0))
    steps = whole("steps", steps, low=1)
    w, b = np.zeros(X.shape[1], X.dtype), X.dtype.type(0)
    # your turn (core)
    # hint: The error of each sample is X @ w + b - y. Take it once a step,
    # before either w or b has moved.
    # hint: The slope in w is X.T @ error / n, that in b the mean error.
    # hint: Subtract rate times each; end with return finite(w, b, rate).
    for _ in range(steps):
        error = X @ w + b - y  # (n,)
        w = w - rate * (X.T @ error) / len(y)
        b = b - rate * error.mean()
    return finite(w, b, rate)


def finite(w, b, rate):
    """Return w (d,) and b () if they are numbers, else raise."""
    if not (np.isfinite(w).all() and np.isfinite(b)):
        raise RuntimeError(
            f"diverged: a learning rate of {rate:g} is too high for the "
            "scale of X: standardise X, or lower the rate"
        )
    return w, b


def polynomial_features(X, degree):
    """Multiply features with each other, up to `degree` at a time.

    Parameters
    ----------
    X : array, shape (n, d)
    degree : int, 1 or more

    Returns
    -------
    P : array, shape (n, m)
        First the d features, then the products of two, (0, 0), (0, 1),
        ..., (0, d - 1), (1, 1), ..., (d - 1, d - 1), then those of three,
        and so on; no column of ones, since b stands for it.

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), 5.1.
    """
    X = as_matrix(X)
    degree = whole("degree", degree, low=1)
    d = X.shape[1]
    # your turn (core)
    # hint: combinations_with_replacement(range(d), 2) yields (0, 0),
    # (0, 1), ...: which features to multiply.
    # hint: X[:, which] has these columns; .prod(axis=1) multiplies them.
    # hint: Do so for sizes 1 to degree; np.column_stack makes the table.
    columns = [
        X[:, which].prod(axis=1)
        for size in range(1, degree + 1)
        for which in combinations_with_replacement(range(d), size)
    ]
    return np.column_stack(columns)  # (n, m)


def standard_errors(X, y, w, b):
    """Return how far chance moves each weight of a least-squares fit.

    Parameters
    ----------
    X : array, shape (n, d)
        With n > d + 1.
    y : array, shape (n,)
    w : array, shape (d,)
        With b, as least squares found them for X and y.
    b : float

    Returns
    -------
    s : array, shape (d,)
        The standard error of each weight.
    s_b : float
        That of b.

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), eq. 3.8 to 3.10.
    """
    X, y = enough_samples(X, y)
    n, d = X.shape
    w = as_vector(w, "w", exactly=d).astype(X.dtype)
    b = as_finite(b, "b").astype(X.dtype)
    in_range("n - d - 1, the degrees of freedom,", n - d - 1, low=1)
    Xc, _, x_mean, _, lost = centred(X, y)
    R = triangle(Xc)  # (d, d)
    # your turn (stretch)
    # hint: The variance of the noise is the sum of the squared errors
    # y - X @ w - b over its degrees of freedom, n - d - 1.
    # hint: inverse = back_substitute(R, np.eye(d, dtype=X.dtype), lost)
    # undoes R. The diagonal of inverse @ inverse.T, which undoes R.T @ R,
    # is the sums of squares along the rows of inverse.
    # hint: The variance of b is that of the noise times 1 / n plus the
    # squared length of x_mean @ inverse.
    error = y - X @ w - b  # (n,)
    noise = np.sqrt(error @ error / (n - d - 1))
    inverse = back_substitute(R, np.eye(d, dtype=X.dtype), lost)  # (d, d)
    s = noise * np.sqrt((inverse * inverse).sum(axis=1))  # (d,)
    along = x_mean @ inverse  # (d,)
    return s, noise * np.sqrt(1 / n + along @ along)


def intervals(w, s, df, level=0.95):
    """Return the ends of Student's intervals, low and high, as w."""
    in_range("level", level, above=0, high=1 - 1e-12)
    t = student_t_quantile((1 + level) / 2, df)
    return w - t * s, w + t * s


def r_squared(y, y_hat):
    """Return the share of the spread of y (n,) that y_hat (n,) explains."""
    y, y_hat = as_vector(y, "y"), as_vector(y_hat, "y_hat")
    same_shape(y, y_hat, "y", "y_hat")
    if y.max() == y.min():
        raise ValueError("y is constant: it has no spread to explain")
    return float(1 - np.sum((y - y_hat) ** 2) / np.sum((y - y.mean()) ** 2))


class LinearModel:
    """What Ridge and Lasso share: answers from w_ (d,) and b_ ()."""

    def predict(self, X):
        """Return the prediction for each row, shape (n,)."""
        return fitted(self, "w_", X) @ self.w_ + self.b_

    def score(self, X, y):
        """Return R squared on these samples."""
        return r_squared(y, self.predict(X))


class Ridge(LinearModel):
    """Least squares with a price on squared weights.

    Parameters
    ----------
    l2 : float
    """

    def __init__(self, l2=1.0):
        self.l2 = l2

    def fit(self, X, y):
        """Shrink what each singular direction of Xc says.

        Parameters
        ----------
        X : array, shape (n, d)
            Of any rank; with l2 = 0, w is the shortest of all best ones.
        y : array, shape (n,)

        Returns
        -------
        self : Ridge

        References
        ----------
        Hastie, Tibshirani and Friedman (2009), eq. 3.47, l2 times n.
        """
        X, y = as_problem(X, y)
        in_range("l2", self.l2, low=0, high=np.finfo(float).max)
        Xc, yc, x_mean, y_mean, _ = centred(X, y)
        U, s, Vt = np.linalg.svd(Xc, full_matrices=False)
        keep = s > working_zero(Xc.shape, s)  # the others say nothing
        U, s, V = U[:, keep], s[keep], Vt[keep].T
        # your turn (core)
        # hint: Without a penalty w is V @ (U.T @ yc / s): read yc along
        # the directions U, undo the stretch s, turn back by V.
        # hint: With it, the factor 1 / s becomes s / (s**2 + n * self.l2).
        # hint: Store self.w_ and self.b_, as in fit_qr; return self.
        shrunk = s / (s**2 + len(y) * self.l2)
        self.w_ = V @ (shrunk * (U.T @ yc))  # (d,)
        self.b_ = y_mean - x_mean @ self.w_
        return self


def soft_threshold(z, l1):
    """Move z towards zero by l1, and no further than zero."""
    return z - np.clip(z, -l1, l1)


class Lasso(LinearModel):
    """Least squares with a price on absolute weights: some become zero.

    Parameters
    ----------
    l1 : float
    max_sweeps : int
        Sweeps through all weights; if too few, it raises RuntimeError.
    tolerance : float
        Stop after a sweep that moved no w[j] times the standard deviation
        of feature j by more than this part of the one of y.
    """

    def __init__(self, l1=1.0, max_sweeps=10_000, tolerance=1e-8):
        self.l1 = l1
        self.max_sweeps = max_sweeps
        self.tolerance = tolerance

    def fit(self, X, y, start=None):
        """Set each weight, from first to last, to its best; and again.

        Parameters
        ----------
        X : array, shape (n, d)
            Of any rank; a constant feature has the weight 0.
        y : array, shape (n,)
        start : array, shape (d,)
            The weights to begin with; zeros unless given.

        Returns
        -------
        self : Lasso

        References
        ----------
        Friedman, Hastie and Tibshirani (2010), eq. 5 and 9.
        """
        G, c, x_mean, y_mean, y_spread = products(X, y)
        w = np.zeros_like(c) if start is None else start
        w = as_vector(w, "start", exactly=len(c)).astype(c.dtype)
        spread = np.sqrt(np.diag(G))  # (d,)
        varies = np.flatnonzero(spread)  # positions of features to sweep
        w[spread == 0] = 0
        sweeps, enough = self.settings(y_spread)
        # your turn (stretch)
        # hint: c[j] - G[j] @ w is how much feature j still pulls; add
        # G[j, j] * w[j] for its pull if w[j] were zero.
        # hint: soft_threshold(that, self.l1) / G[j, j] is the best w[j].
        # Write it into w at once, so that the next one sees it.
        # hint: Once a sweep moved no np.abs(w - before) * spread above
        # `enough`, store self.w_ and self.b_ and return self; after
        # `sweeps` without that, raise not_converged(sweeps).
        for _ in range(sweeps):
            before = w.copy()
            for j in varies:
                pull = c[j] - G[j] @ w + G[j, j] * w[j]
                w[j] = soft_threshold(pull, self.l1) / G[j, j]
            if np.max(np.abs(w - before) * spread) <= enough:
                self.w_, self.b_ = w, y_mean - x_mean @ w
                return self
        raise not_converged(sweeps)

    def settings(self, y_spread):
        """Return how many sweeps there may be, and what is settled."""
        in_range("l1", self.l1, low=0, high=np.finfo(float).max)
        in_range("tolerance", self.tolerance, low=0)
        eps = float(np.finfo(y_spread.dtype).eps)
        sweeps = whole("max_sweeps", self.max_sweeps, low=1)
        return sweeps, max(self.tolerance, 4 * eps) * y_spread


def products(X, y):
    """Return G (d, d), c (d,), x_mean (d,), y_mean () and y_spread ().

    G and c are the mean products of centred columns with each other and
    with y; y_spread is the standard deviation of y.
    """
    X, y = as_problem(X, y)
    Xc, yc, x_mean, y_mean, _ = centred(X, y)
    G, c = Xc.T @ Xc / len(y), Xc.T @ yc / len(y)
    return G, c, x_mean, y_mean, np.sqrt(yc @ yc / len(y))


def not_converged(sweeps):
    """Return the error that ends a walk which did not settle."""
    return RuntimeError(
        f"not converged after {sweeps} sweeps: take more, or a larger "
        "tolerance; features that say nearly the same take many"
    )


def lasso_path(X, y, count=50, ratio=1e-3):
    """Follow the weights of the lasso from none to nearly all.

    Parameters
    ----------
    X : array, shape (n, d)
        Standardised, if its features have different units.
    y : array, shape (n,)
    count : int, 2 or more
    ratio : float
        Of the weakest penalty to the strongest, in (0, 1).

    Returns
    -------
    l1 : array, shape (count,)
        From the weakest penalty at which all weights are zero, downwards
        by equal factors.
    W : array, shape (count, d)
        The weights at each.

    References
    ----------
    Friedman, Hastie and Tibshirani (2010), 2.5.
    """
    c = products(X, y)[1]  # (d,)
    count = whole("count", count, low=2)
    in_range("ratio", ratio, above=0, high=1 - 1e-12)
    # your turn (core)
    # hint: At w = 0 feature j pulls with c[j]. What strength holds the
    # strongest of them down?
    # hint: np.geomspace(1, ratio, count) goes down by equal factors.
    # hint: The first row of W is zeros. Each next one is
    # Lasso(strength).fit(X, y, start=...).w_, with the row before as start.
    l1 = np.abs(c).max() * np.geomspace(1, ratio, count).astype(c.dtype)
    W = [np.zeros_like(c)]
    for strength in l1[1:]:
        W.append(Lasso(strength).fit(X, y, start=W[-1]).w_)
    return l1, np.array(W)  # (count, d)

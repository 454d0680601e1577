"""Support vectors: the widest street between two classes.

Throughout: n samples, d features, k classes, s support vectors.
    X (n, d) samples          y (n,) labels, as signs: -1 and 1
    w (d,) weights   b () bias   z (n,) scores: above 0 they speak for 1
    K (n, n) Gram matrix: the kernel of every pair of samples
    beta (n,) = y * alpha, how hard each pulls, with the sign of its label
    lower, upper (n,) the bounds of beta
    r (n,) = y - K @ beta, the slope of the dual objective in each beta
    C () the most that a sample may pull    l2 () the penalty on w

Sources: Fan, Chen and Lin, Working set selection using second order
information (2005); Bottou and Lin, Support vector machine solvers (2007).
"""

import numpy as np

from solutions.arrays import pairwise_squared_distances
from solutions.costs import hinge, signs
from solutions.gradient_descent import backtracking
from solutions.inputs import (
    as_labels,
    as_matrix,
    as_square,
    as_vector,
    fitted,
    in_range,
    same_length,
    whole,
)
from solutions.logistic_regression import sigmoid

TINY = 1e-12  # a curvature below it is taken for this


def soft_margin(X, y, w, b, l2):
    """Return the mean hinge loss plus l2 / 2 times the squared weights."""
    return hinge(y, X @ w + b) + l2 / 2 * (w @ w)


def hinge_subgradient(X, y, w, b, l2):
    """Return a slope of soft_margin in the weights and in the bias.

    At the kink, where y * z is exactly 1, take that of the flat side, 0.

    Parameters
    ----------
    X : array, shape (n, d)
    y : array, shape (n,)
        -1 or 1.
    w : array, shape (d,)
    b : float
    l2 : float
        Strength of the penalty on w; b is not penalised.

    Returns
    -------
    dw : array, shape (d,)
    db : float

    References
    ----------
    Shalev-Shwartz et al. (2011), section 2.1, with a bias.
    """
    X = as_matrix(X)
    w = as_vector(w, "w", exactly=X.shape[1])
    y, z = signs(same_length(X, y), X @ w + b)
    # your turn (warm-up)
    # hint: Only samples with y * z < 1 pay, and what they pay is 1 - y * z.
    # hint: The slope of that in z is -y; z changes with w as fast as x,
    # with b as fast as 1.
    # hint: pull = np.where(y * z < 1, -y, 0). Then X.T @ pull and the sum
    # of pull, both divided by n; the penalty adds l2 * w to the first.
    pull = np.where(y * z < 1, -y, 0)  # (n,)
    return X.T @ pull / len(y) + l2 * w, pull.mean()


def two_signs(X, y):
    """Return the two classes (2,) and y as -1 and 1 (n,), or raise."""
    classes, places = as_labels(X, y)
    if len(classes) > 2:
        raise ValueError(
            f"y has {len(classes)} classes, but a street has two sides: "
            "one_vs_rest takes any number"
        )
    return classes, (2 * places - 1).astype(X.dtype)


class TwoSided:
    """What both models share: labels classes_ (2,), the second above 0."""

    def predict(self, X):
        """Return the label on whose side each row lies, (n,)."""
        z = self.decision_function(X)  # which refuses what is not fitted
        return self.classes_[(z > 0).astype(int)]

    def score(self, X, y):
        """Return the share of rows whose label is predicted."""
        X = as_matrix(X)
        return float(np.mean(self.predict(X) == same_length(X, y)))


class Pegasos(TwoSided):
    """The soft street by subgradient steps, one sample at a time.

    The bias is a weight like the others, that of a feature which is 1;
    fit learns w_ (d,) and b_.
    """

    def __init__(self, l2=0.01, steps=10_000, seed=0):
        self.l2, self.steps, self.seed = l2, steps, seed

    def fit(self, X, y):
        """Take steps, and keep the mean of the places they lead to.

        Step t, counted from 1, has the size 1 / (l2 * t); the place it
        leads to has the weight t in the mean.

        Parameters
        ----------
        X : array, shape (n, d)
        y : array, shape (n,)
            Two different labels, of any kind.

        Returns
        -------
        self : Pegasos

        References
        ----------
        Shalev-Shwartz et al. (2011), figure 1; Lacoste-Julien, Schmidt
        and Bach (2012) for the mean.
        """
        X = as_matrix(X)
        self.classes_, y = two_signs(X, y)
        l2 = float(in_range("l2", self.l2, above=0))  # widens no float32
        steps, n = whole("steps", self.steps, low=1), len(X)
        A = np.column_stack([X, np.ones(n, X.dtype)])  # (n, d + 1)
        order = np.random.default_rng(self.seed).integers(n, size=steps)
        theta = np.zeros(A.shape[1], X.dtype)  # (d + 1,), bias last
        mean = theta.copy()
        # your turn (core)
        # hint: for t, i in enumerate(order, start=1) visits the samples.
        # Look before you move: i pulls where y[i] * (A[i] @ theta) < 1.
        # hint: The penalty's slope is l2 * theta. A step of 1 / (l2 * t)
        # along it shrinks theta by the factor 1 - 1 / t.
        # hint: A mean with the weights 1, 2, .. t moves towards the newest
        # by 2 / (t + 1) of the way. Store self.w_ and self.b_, return self.
        for t, i in enumerate(order, start=1):
            pulls = y[i] * (A[i] @ theta) < 1
            theta = (1 - 1 / t) * theta
            if pulls:
                theta = theta + y[i] / (l2 * t) * A[i]
            mean = mean + 2 / (t + 1) * (theta - mean)
        self.w_, self.b_ = mean[:-1], mean[-1]
        return self

    def decision_function(self, X):
        """Return the score of each row, shape (n,)."""
        return fitted(self, "w_", X) @ self.w_ + self.b_


def rbf_kernel(A, B, gamma):
    """Return how near each row of A is to each row of B: 1 at one place.

    Parameters
    ----------
    A : array, shape (n, d)
    B : array, shape (m, d)
    gamma : float
        The larger, the sooner nearness ends: it is exp(-1) at the distance
        1 / sqrt(gamma).

    Returns
    -------
    K : array, shape (n, m)

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), eq. 12.22.
    """
    A, B = as_matrix(A, "A"), as_matrix(B, "B")
    most = float(np.finfo(A.dtype).max)
    gamma = float(in_range("gamma", gamma, above=0, high=most))
    # your turn (warm-up)
    # hint: In the exponent stands the squared distance, times -gamma.
    # hint: pairwise_squared_distances(A, B) has it for every pair.
    return np.exp(-gamma * pairwise_squared_distances(A, B))


def dual_objective(K, y, beta):
    """Return what smo makes as large as it can."""
    return y @ beta - beta @ K @ beta / 2


def violating_pair(K, r, beta, lower, upper):
    """Choose whose beta shall rise, whose shall fall, and say how wrong.

    i, which may rise, has the largest r. j, which may fall and has a
    smaller r than i, promises the largest (r_i - r_j)^2 / curvature. Of
    equals the first is taken.

    Parameters
    ----------
    K : array, shape (n, n)
    r, beta, lower, upper : array, shape (n,)

    Returns
    -------
    i : int
    j : int
    gap : float
        r_i minus the smallest r of all that may fall; unless it is above
        0, i and j are of no account.

    References
    ----------
    Fan, Chen and Lin (2005), WSS 2; Bottou and Lin (2007).
    """
    # your turn (core)
    # hint: beta may rise where beta < upper, and may fall where > lower.
    # hint: np.where(may_rise, r, -np.inf).argmax() finds the largest r
    # among those that may rise.
    # hint: fall = r[i] - r, but -np.inf where beta may not fall. Its
    # largest entry is the gap. Only entries above 0 promise a gain.
    # hint: The curvature is K_ii + K_jj - 2 K_ij, for all j at once with
    # K.diagonal() and K[i]. Where it is below TINY, take TINY.
    i = np.where(beta < upper, r, -np.inf).argmax()
    fall = np.where(beta > lower, r[i] - r, -np.inf)  # (n,)
    curvature = np.maximum(K[i, i] + K.diagonal() - 2 * K[i], TINY)
    j = (np.maximum(fall, 0) ** 2 / curvature).argmax()
    return i, j, fall.max()


def pair_step(K, r, beta, lower, upper, i, j):
    """Return by how much beta_i shall rise and beta_j fall.

    Parameters
    ----------
    K : array, shape (n, n)
    r, beta, lower, upper : array, shape (n,)
    i, j : int
        With r[i] > r[j].

    Returns
    -------
    delta : float
        Above 0: where the parabola has its top, or the first bound before.

    References
    ----------
    Platt (1998), section 2.1; Bottou and Lin (2007).
    """
    # your turn (core)
    # hint: The objective rises by delta * (r_i - r_j) and bends down by
    # delta^2 / 2 * curvature. Where is its top?
    # hint: The curvature is K_ii + K_jj - 2 K_ij, at least TINY.
    # hint: beta_i has room for upper_i - beta_i, and beta_j for beta_j -
    # lower_j. The smallest of the three is the step.
    curvature = max(K[i, i] + K[j, j] - 2 * K[i, j], TINY)
    top = (r[i] - r[j]) / curvature
    return min(top, upper[i] - beta[i], beta[j] - lower[j])


def smo(K, y, C, tolerance=1e-3, max_steps=100_000):
    """Solve the dual problem by sequential minimal optimisation.

    Parameters
    ----------
    K : array, shape (n, n)
        Symmetric. In float32 r drifts, and with a large C the gap does.
    y : array, shape (n,)
        -1 and 1, both of them.
    C : float
    tolerance : float
        Stop when the gap of violating_pair is at most this.
    max_steps : int
        So often it looks for a pair; then a RuntimeError is raised.

    Returns
    -------
    beta : array, shape (n,)
    b : float

    References
    ----------
    Platt (1998); Fan, Chen and Lin (2005).
    """
    K = as_square(K, "K")
    y = signs(y, as_vector(y, "y", exactly=len(K)).astype(K.dtype))[0]
    as_labels(K, y)  # both signs
    C = float(in_range("C", C, above=0))  # infinity is allowed
    in_range("tolerance", tolerance, above=0, high=1)
    max_steps = whole("max_steps", max_steps, low=1)
    beta, r = np.zeros(len(K), K.dtype), y.copy()
    lower, upper = np.minimum(C * y, 0), np.maximum(C * y, 0)
    # your turn (stretch)
    # hint: Ask violating_pair first. If its gap is at most the tolerance,
    # return beta and bias(r, beta, lower, upper).
    # hint: Otherwise take pair_step: beta[i] rises by delta, beta[j] falls.
    # hint: r is y - K @ beta. Two entries of beta have changed, so r falls
    # by delta times the difference of two rows of K.
    # hint: After max_steps looks raise not_converged(gap).
    for _ in range(max_steps):
        i, j, gap = violating_pair(K, r, beta, lower, upper)
        if gap <= tolerance:
            return beta, bias(r, beta, lower, upper)
        delta = pair_step(K, r, beta, lower, upper, i, j)
        beta[i] += delta
        beta[j] -= delta
        r -= delta * (K[i] - K[j])
    raise not_converged(gap)


def bias(r, beta, lower, upper):
    """Return the mean r of those strictly between their bounds, if any."""
    rise, fall = beta < upper, beta > lower
    if np.any(rise & fall):
        return r[rise & fall].mean()
    return (r[rise].max() + r[fall].min()) / 2


def not_converged(gap):
    """Return the error that ends what did not arrive in max_steps."""
    return RuntimeError(
        f"not converged: still wrong by {np.max(np.abs(gap)):.2g}. Allow "
        "more steps, or a smaller C, or bring the features to one scale"
    )


class SVC(TwoSided):
    """Tell two classes apart by the widest street in the kernel's space.

    Parameters
    ----------
    C, gamma : float
        Of smo and of rbf_kernel.
    kernel : function
        Of A (n, d) and B (m, d), giving (n, m); rbf_kernel unless told.
    tolerance : float

    Attributes
    ----------
    support_ : array, shape (s,)
        Positions of the support vectors in X.
    vectors_ : array, shape (s, d)
        These rows of X.
    beta_ : array, shape (s,)
        How hard each of them pulls, none of them 0.
    b_ : float
    """

    def __init__(self, C=1.0, gamma=1.0, kernel=None, tolerance=1e-3):
        self.C, self.gamma = C, gamma
        self.kernel, self.tolerance = kernel, tolerance

    def gram(self, A, B):
        """Return the kernel of each row of A with each row of B, (n, m)."""
        if self.kernel is None:
            return rbf_kernel(A, B, self.gamma)
        K = as_matrix(self.kernel(A, B), "kernel(A, B)")
        if K.shape != (len(A), len(B)):
            raise ValueError(
                f"kernel must answer to {A.shape} and {B.shape} with shape "
                f"{(len(A), len(B))}, not {K.shape}"
            )
        return K

    def fit(self, X, y):
        """Find the support vectors among the rows of X (n, d)."""
        X = as_matrix(X)
        self.classes_, y = two_signs(X, y)
        K = np.asarray(self.gram(X, X), float)  # in float32 r would drift
        beta, b = smo(K, y, self.C, self.tolerance)
        self.support_ = np.flatnonzero(beta)
        self.vectors_, self.b_ = X[self.support_], X.dtype.type(b)
        self.beta_ = beta[self.support_].astype(X.dtype)
        return self

    def decision_function(self, X):
        """Return the score of each row.

        Parameters
        ----------
        X : array, shape (n, d)

        Returns
        -------
        z : array, shape (n,)

        References
        ----------
        Hastie, Tibshirani and Friedman (2009), section 12.3.1.
        """
        X = fitted(self, "vectors_", X, axis=1)
        # your turn (core)
        # hint: A score is the bias plus what the support vectors pull: each
        # by its beta_, times how near it is.
        # hint: self.gram(X, self.vectors_) has shape (n, s).
        return self.gram(X, self.vectors_) @ self.beta_ + self.b_


def one_vs_rest(make, X, y):
    """Fit one model for each class, that class against all the others.

    Parameters
    ----------
    make : function
        Without arguments; returns a new model with fit.
    X : array, shape (n, d)
    y : array, shape (n,)
        Two or more different labels, of any kind.

    Returns
    -------
    classes : array, shape (k,)
        The labels, sorted.
    models : list of models
        models[c] gives high scores to the rows of classes[c].

    References
    ----------
    Rifkin and Klautau (2004).
    """
    X = as_matrix(X)
    classes, y = as_labels(X, y)[0], np.asarray(y)
    # your turn (core)
    # hint: For class c the labels are y == c: of False and True the second,
    # sorted, is True, and gets the high scores.
    # hint: Every class needs a model of its own: call make() each time.
    models = [make().fit(X, y == c) for c in classes]
    return classes, models


def class_scores(models, X):
    """Return every model's score of every row of X, shape (n, k)."""
    return np.column_stack([m.decision_function(X) for m in models])


def safe_step(theta, gradient, H, A, t):
    """Move theta by Newton's step, halved until the mean log-loss falls."""

    def loss(place):
        return np.mean(np.logaddexp(0, A @ place) - t * (A @ place))

    d = np.linalg.solve(H, -gradient)
    return theta + backtracking(loss, theta, gradient, d) * d


def platt_scaling(z, y, tolerance=1e-7, max_steps=100):
    """Find the sigmoid that turns scores into probabilities.

    Parameters
    ----------
    z : array, shape (n,)
        Scores of samples that the model did not learn from.
    y : array, shape (n,)
        Their labels, two different ones; sorted, the second has the high
        scores.
    tolerance, max_steps
        As in smo; the gap is the largest size of a slope of the mean loss,
        for scaled scores. Below 1e-8, which is refused, rounding decides.

    Returns
    -------
    slope : float
    shift : float
        The second label has the probability sigmoid(slope * z + shift).

    References
    ----------
    Platt (1999); Lin, Lin and Weng (2007).
    """
    z = as_vector(z, "z").astype(float)
    ones = two_signs(z[:, None], y)[1] > 0  # (n,)
    in_range("tolerance", tolerance, low=1e-8)
    far, middle = np.abs(z).max(), z.mean()
    scale = far * (z / far).std() if np.ptp(z) else 1.0
    A = np.column_stack([(z - middle) / scale, np.ones(len(z))])
    n_1, n_0 = ones.sum(), (~ones).sum()
    theta = np.append(0.0, np.log((n_1 + 1) / (n_0 + 1)))  # slope, shift
    # your turn (stretch)
    # hint: The target t is (n_1 + 1) / (n_1 + 2) for the ones, and
    # 1 / (n_0 + 2) for the others: never quite 1, never quite 0.
    # hint: p = sigmoid(A @ theta); the mean loss has the gradient
    # A.T @ (p - t) / n and the Hessian A.T S A / n with p * (1 - p) in S.
    # Add TINY * np.eye(2) to that, for scores that are all equal.
    # hint: theta = safe_step(theta, gradient, H, A, t), until the gradient
    # is 0 within the tolerance; after max_steps, not_converged(gradient).
    # hint: theta speaks of (z - middle) / scale. For z, the slope is
    # theta[0] / scale, and the shift theta[1] less that slope times middle.
    t = np.where(ones, (n_1 + 1) / (n_1 + 2), 1 / (n_0 + 2))  # (n,)
    for _ in range(max_steps):
        p = sigmoid(A @ theta)
        gradient = A.T @ (p - t) / len(t)  # (2,)
        if np.abs(gradient).max() <= tolerance:
            return theta[0] / scale, theta[1] - theta[0] / scale * middle
        H = (A.T * (p * (1 - p))) @ A / len(t) + TINY * np.eye(2)
        theta = safe_step(theta, gradient, H, A, t)
    raise not_converged(gradient)

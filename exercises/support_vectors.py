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
    raise NotImplementedError("hinge_subgradient")


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
        raise NotImplementedError("Pegasos.fit")

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
    raise NotImplementedError("rbf_kernel")


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
    raise NotImplementedError("violating_pair")


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
    raise NotImplementedError("pair_step")


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
    raise NotImplementedError("smo")


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
        raise NotImplementedError("SVC.decision_function")


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
    raise NotImplementedError("one_vs_rest")


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
    raise NotImplementedError("platt_scaling")

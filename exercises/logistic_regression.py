"""Logistic regression: a line that answers in probabilities.

Throughout: n samples, d features, k classes.
    X (n, d) inputs      y (n,) labels, as 0 and 1 in the formulas
    w (d,) weights       b () bias      z (n,) scores   p (n,) probabilities
    W (d, k) weights     b (k,) biases   z (n, k), p (n, k) with k classes
    Y (n, k) one-hot labels              l2 () strength of the penalty
The loss is a mean over samples plus l2 / 2 times the squared weights;
the bias is never penalised.

Sources: Bishop, Pattern Recognition and Machine Learning (2006), 4.3;
Hastie, Tibshirani and Friedman, The Elements of Statistical Learning
(2nd ed., 2009), 4.4.
"""

import numpy as np

from solutions.inputs import (
    as_floats,
    as_labels,
    as_matrix,
    fitted,
    in_range,
    same_length,
)
from solutions.probability import normal_quantile


def sigmoid(z):
    """Squash scores of any size into probabilities.

    Parameters
    ----------
    z : array, shape (...)
        Scores; infinities are allowed.

    Returns
    -------
    p : array, shape (...)
        Values in [0, 1], without overflow at either end.

    References
    ----------
    Bishop (2006), eq. 4.59.
    """
    z = as_floats(z, "z")
    # your turn (warm-up)
    raise NotImplementedError("sigmoid")


def log_loss(X, y, w, b, l2=0.0):
    """Return the mean of -log p(the right label), plus the penalty.

    Parameters
    ----------
    X : array, shape (n, d)
    y : array, shape (n,)
        0 or 1.
    w : array, shape (d,)
    b : float
    l2 : float

    Returns
    -------
    loss : float
        In nats a sample.

    References
    ----------
    Bishop (2006), eq. 4.90, divided by n.
    """
    z = X @ w + b
    return np.mean(np.logaddexp(0, z) - y * z) + l2 / 2 * (w @ w)


def log_loss_gradient(X, y, w, b, l2=0.0):
    """Return the slope of the log-loss in the weights and in the bias.

    Parameters
    ----------
    X : array, shape (n, d)
    y : array, shape (n,)
        0 or 1.
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
    Bishop (2006), eq. 4.91, divided by n.
    """
    # your turn (core)
    raise NotImplementedError("log_loss_gradient")


class Classifier:
    """What both models share: settings, and labels from probabilities."""

    def __init__(self, learning_rate=0.5, steps=1000, l2=0.0):
        self.learning_rate = learning_rate
        self.steps = steps
        self.l2 = l2

    def check_settings(self):
        """Raise ValueError for a setting that is out of range."""
        in_range("learning_rate", self.learning_rate, above=0)
        in_range("steps", self.steps, low=1)
        in_range("l2", self.l2, low=0)

    def predict(self, X):
        """Return the most probable label of each row, shape (n,)."""
        best = self.predict_proba(X).argmax(axis=1)  # (n,)
        return self.classes_[best]

    def score(self, X, y):
        """Return the share of rows whose label is predicted."""
        X = as_matrix(X)
        return float(np.mean(self.predict(X) == same_length(X, y)))


class LogisticRegression(Classifier):
    """Tell two classes apart by gradient descent on the log-loss.

    Parameters
    ----------
    learning_rate : float
    steps : int
    l2 : float
        Strength of the penalty on the weights.

    Attributes
    ----------
    classes_ : array, shape (2,)
        The two labels, sorted; the second one is what p speaks of.
    w_ : array, shape (d,)
    b_ : float
    """

    def fit(self, X, y):
        """Walk downhill from zero, `steps` times.

        Parameters
        ----------
        X : array, shape (n, d)
        y : array, shape (n,)
            Two different labels, of any kind.

        Returns
        -------
        self : LogisticRegression

        Raises
        ------
        ValueError
            If shapes do not fit, X is not finite, or y has not two classes.

        References
        ----------
        Bishop (2006), eq. 5.41, with the gradient of eq. 4.91.
        """
        X = as_matrix(X)
        self.classes_, y = two_classes(X, y)  # y (n,) of 0 and 1
        self.check_settings()
        w, b = np.zeros(X.shape[1], X.dtype), X.dtype.type(0)
        # your turn (core)
        raise NotImplementedError("LogisticRegression.fit")

    def predict_proba(self, X):
        """Return the probability of each class, in the order of classes_.

        Parameters
        ----------
        X : array, shape (n, d)

        Returns
        -------
        p : array, shape (n, 2)
            Each row sums to one.

        Raises
        ------
        NotFittedError
            Before fit.
        ValueError
            If X has another number of features than fit saw.

        References
        ----------
        Bishop (2006), eq. 4.87.
        """
        X = fitted(self, "w_", X)
        # your turn (core)
        raise NotImplementedError("LogisticRegression.predict_proba")


def two_classes(X, y):
    """Return the two classes (2,) and y as 0 and 1 (n,), or raise."""
    classes, y = as_labels(X, y)
    if len(classes) > 2:
        raise ValueError(
            f"y has {len(classes)} classes, but this model tells two "
            "apart: SoftmaxRegression takes any number"
        )
    return classes, y.astype(X.dtype)


def fit_irls(X, y, l2=0.0, max_steps=25, tolerance=1e-8):
    """Fit by Newton's method: least squares, reweighted at every step.

    Parameters
    ----------
    X : array, shape (n, d)
    y : array, shape (n,)
        Two different labels.
    l2 : float
        As in log_loss; above 0, w stays finite even on separable classes.
    max_steps : int
    tolerance : float
        Stop when no parameter moved further than this.

    Returns
    -------
    w : array, shape (d,)
    b : float
    covariance : array, shape (d + 1, d + 1)
        Of the estimates of w and, last, b; meant for l2 = 0.

    Raises
    ------
    ValueError
        If columns of X depend on each other (a constant one on the bias).
    RuntimeError
        If max_steps do not suffice, as when a line separates the classes.

    References
    ----------
    Bishop (2006), eq. 4.92, 4.96 and 4.97.
    """
    X = as_matrix(X)
    y = two_classes(X, y)[1]
    n, d = X.shape
    A = np.column_stack([X, np.ones(n, X.dtype)])  # (n, d + 1), bias last
    in_range("l2", l2, low=0)
    in_range("max_steps", max_steps, low=1)
    penalty = np.full(d + 1, n * l2, X.dtype)  # of each squared parameter,
    penalty[-1] = 0  # but not of the bias
    theta = np.zeros(d + 1, X.dtype)
    # your turn (stretch)
    raise NotImplementedError("fit_irls")


def newton_change(H, gradient, step):
    """Solve H change = gradient, or say why that has no one answer."""
    if np.linalg.cond(H) > 0.1 / np.finfo(H.dtype).eps:
        if step == 0:  # all p are a half: only X can be at fault
            raise ValueError(
                "columns of X depend on each other, or one is constant "
                "like the bias: drop one, or set l2 above 0"
            )
        raise RuntimeError(
            f"step {step + 1} has no curvature left: a line separates the "
            "classes, so the weights grow for ever; set l2 above 0"
        )
    return np.linalg.solve(H, gradient)


def not_converged(max_steps, change):
    """Return the error that ends a fit which did not settle."""
    return RuntimeError(
        f"not converged after {max_steps} steps; the last one still moved "
        f"a parameter by {np.abs(change).max():.2g}. If a line separates "
        "the classes the weights grow for ever: set l2 above 0"
    )


def odds_ratios(w, covariance, level=0.95):
    """Return what one unit more of each feature does to the odds.

    Parameters
    ----------
    w : array, shape (d,)
    covariance : array, shape (d + 1, d + 1)
        As fit_irls returns it.
    level : float
        Coverage of the interval, in (0, 1).

    Returns
    -------
    ratio : array, shape (d,)
    low : array, shape (d,)
    high : array, shape (d,)

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), 4.4.2.
    """
    in_range("level", level, above=0, high=1 - 1e-12)
    z = normal_quantile((1 + level) / 2)
    error = np.sqrt(np.diag(covariance)[:-1])  # (d,) standard errors
    return np.exp(w), np.exp(w - z * error), np.exp(w + z * error)


def softmax(z):
    """Turn scores into probabilities that sum to one along the last axis.

    Parameters
    ----------
    z : array, shape (..., k)
        Finite scores.

    Returns
    -------
    p : array, shape (..., k)

    References
    ----------
    Bishop (2006), eq. 4.62.
    """
    z = as_floats(z, "z")
    # your turn (core)
    raise NotImplementedError("softmax")


def cross_entropy(X, Y, W, b, l2=0.0):
    """Return the mean of -log p(the right class), plus the penalty.

    Parameters
    ----------
    X : array, shape (n, d)
    Y : array, shape (n, k)
        One-hot labels.
    W : array, shape (d, k)
    b : array, shape (k,)
    l2 : float

    Returns
    -------
    loss : float
        In nats a sample.

    References
    ----------
    Bishop (2006), eq. 4.108, divided by n.
    """
    z = X @ W + b  # (n, k)
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))  # (n, k)
    return -np.mean((Y * log_p).sum(axis=1)) + l2 / 2 * np.sum(W * W)


def cross_entropy_gradient(X, Y, W, b, l2=0.0):
    """Return the slope of the cross-entropy in weights and biases.

    Parameters
    ----------
    X : array, shape (n, d)
    Y : array, shape (n, k)
        One-hot labels.
    W : array, shape (d, k)
    b : array, shape (k,)
    l2 : float
        Strength of the penalty on W; b is not penalised.

    Returns
    -------
    dW : array, shape (d, k)
    db : array, shape (k,)

    References
    ----------
    Bishop (2006), eq. 4.109, divided by n.
    """
    # your turn (core)
    raise NotImplementedError("cross_entropy_gradient")


class SoftmaxRegression(Classifier):
    """Tell k classes apart by gradient descent on the cross-entropy.

    Parameters
    ----------
    learning_rate : float
    steps : int
    l2 : float
        Strength of the penalty on the weights.

    Attributes
    ----------
    classes_ : array, shape (k,)
    W_ : array, shape (d, k)
    b_ : array, shape (k,)
    """

    def fit(self, X, y):
        """Walk downhill from zero, `steps` times.

        Parameters
        ----------
        X : array, shape (n, d)
        y : array, shape (n,)
            Two or more different labels, of any kind.

        Returns
        -------
        self : SoftmaxRegression

        Raises
        ------
        ValueError
            If shapes do not fit, X is not finite, or y has one class.

        References
        ----------
        Bishop (2006), eq. 5.41, with the gradient of eq. 4.109.
        """
        X = as_matrix(X)
        self.classes_, positions = as_labels(X, y)  # (k,), (n,)
        self.check_settings()
        k = len(self.classes_)
        W, b = np.zeros((X.shape[1], k), X.dtype), np.zeros(k, X.dtype)
        # your turn (core)
        raise NotImplementedError("SoftmaxRegression.fit")

    def predict_proba(self, X):
        """Return the probability of each class, (n, k), as in classes_."""
        return softmax(fitted(self, "W_", X) @ self.W_ + self.b_)

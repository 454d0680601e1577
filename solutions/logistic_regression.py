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
    # hint: exp of a large positive number overflows. exp(-|z|) never can.
    # hint: For z >= 0 it is 1 / (1 + exp(-z)). For z < 0, multiply top and
    # bottom by exp(z): that gives exp(z) / (1 + exp(z)).
    # hint: With e = np.exp(-np.abs(z)) both are something over 1 + e, and
    # np.where chooses that something.
    e = np.exp(-np.abs(z))  # in [0, 1]
    return np.where(z >= 0, 1, e) / (1 + e)


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
    # hint: Each sample pulls along its own row of X, as hard as its error.
    # hint: The error of all samples is sigmoid(X @ w + b) - y, shape (n,).
    # hint: X.T @ error sums the pulls; the loss is a mean, so divide by n.
    # hint: The penalty adds l2 * w to the slope in w, nothing to that in b.
    error = sigmoid(X @ w + b) - y  # (n,)
    return X.T @ error / len(y) + l2 * w, error.mean()


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
        # hint: The slope comes from log_loss_gradient; it points uphill.
        # hint: Take both slopes at the same place before moving either.
        # hint: Move self.steps times by self.learning_rate times the slope,
        # downhill; then store self.w_ and self.b_ and return self.
        for _ in range(self.steps):
            dw, db = log_loss_gradient(X, y, w, b, self.l2)
            w = w - self.learning_rate * dw
            b = b - self.learning_rate * db
        self.w_, self.b_ = w, b
        return self

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
        # hint: sigmoid(X @ w + b) is the probability of which of the two?
        # hint: The other class has the rest; np.column_stack puts two
        # vectors side by side.
        p = sigmoid(X @ self.w_ + self.b_)  # (n,) of classes_[1]
        return np.column_stack([1 - p, p])  # (n, 2)


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
    # hint: With p = sigmoid(A @ theta) the summed loss has the gradient
    # A.T @ (p - y) + penalty * theta.
    # hint: Its second derivative is the Hessian A.T S A + diag(penalty),
    # with S the diagonal of p * (1 - p). Never build S: scale the rows of A
    # by its root; BLAS multiplies a matrix with itself in half the time.
    # hint: newton_change(H, gradient, step) solves for the change, which is
    # subtracted. Once it is below the tolerance, return theta[:-1],
    # theta[-1] and np.linalg.inv(H).
    # hint: After max_steps without that, raise not_converged(max_steps,
    # change).
    for step in range(max_steps):
        p = sigmoid(A @ theta)
        gradient = A.T @ (p - y) + penalty * theta  # (d + 1,)
        B = A * np.sqrt(p * (1 - p))[:, None]  # (n, d + 1), root of S
        H = B.T @ B + np.diag(penalty)  # (d + 1, d + 1)
        change = newton_change(H, gradient, step)
        theta = theta - change
        if np.abs(change).max() < tolerance:
            return theta[:-1], theta[-1], np.linalg.inv(H)
    raise not_converged(max_steps, change)


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
    # hint: The same number added to every score of a row changes nothing.
    # hint: Subtract each row's largest score: then no exp can overflow.
    # hint: max and sum along axis=-1 with keepdims=True broadcast back.
    e = np.exp(z - z.max(axis=-1, keepdims=True))  # (..., k) in (0, 1]
    return e / e.sum(axis=-1, keepdims=True)


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
    # hint: It is log_loss_gradient with a column for each class.
    # hint: error = softmax(X @ W + b) - Y has shape (n, k).
    # hint: X.T @ error has shape (d, k); the biases take the mean over
    # samples, axis 0.
    error = softmax(X @ W + b) - Y  # (n, k)
    return X.T @ error / len(X) + l2 * W, error.mean(axis=0)


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
        # hint: `positions` says which class each sample is: 0 to k - 1.
        # hint: Row i of Y is zero but for a one in column positions[i]:
        # rows of np.eye(k) are such rows.
        # hint: The loop is that of LogisticRegression.fit, with
        # cross_entropy_gradient; store self.W_ and self.b_, return self.
        Y = np.eye(k, dtype=X.dtype)[positions]  # (n, k)
        for _ in range(self.steps):
            dW, db = cross_entropy_gradient(X, Y, W, b, self.l2)
            W = W - self.learning_rate * dW
            b = b - self.learning_rate * db
        self.W_, self.b_ = W, b
        return self

    def predict_proba(self, X):
        """Return the probability of each class, (n, k), as in classes_."""
        return softmax(fitted(self, "W_", X) @ self.W_ + self.b_)

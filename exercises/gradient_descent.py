"""Downhill: gradient descent, its faster kin, and how fast each arrives.

Throughout: d parameters, m places on a path, so m - 1 steps.
    theta (d,) parameters         loss, a function: theta to one number
    gradient, a function: theta to (d,); where an array, its value at theta
    hessian, a function: theta to the second derivatives (d, d)
    path (m, d) every place visited, the start first, the answer last
    A (n, n), b (n,), x (n,) a linear system A x = b
    learning_rate () the step size, eta in the formulas
Nothing that is given is changed: every step returns new parameters.

Sources: Nocedal and Wright, Numerical Optimization (2nd ed., 2006);
Polyak (1964), Robbins and Monro (1951), Hestenes and Stiefel (1952) and
Kingma and Ba, Adam (2015), as the chapter lists them.
"""

import numpy as np

from solutions.inputs import (
    as_finite,
    as_floats,
    as_symmetric,
    as_vector,
    in_range,
    same_length,
    same_shape,
    whole,
)
from solutions.linear_algebra import solve_gauss

BELOW_ONE = 1 - 1e-12  # the most of a share that must not be all


def answering(function, name, shape, dtype=None):
    """Return `function`, made to answer with floats of this shape."""

    def ask(theta):
        answer = as_floats(function(theta), f"{name}(theta)")
        if answer.shape != shape:
            raise ValueError(
                f"{name} must return {shape or 'one number'} for theta of "
                f"shape {theta.shape}, not shape {answer.shape}"
            )
        return answer.astype(dtype or answer.dtype)[()]

    return ask


def not_converged(steps, change):
    """Return the error that ends a walk which did not settle."""
    return RuntimeError(
        f"not converged after {steps} steps; the last one still moved a "
        f"parameter by {np.abs(change).max():.3g}"
    )


def numerical_gradient(loss, theta, step=None):
    """Measure the slope: walk a little to both sides, along each parameter.

    It goes as far as `step`, times |theta[i]| where that is above 1, and
    is done in float64, whatever theta is in.

    Parameters
    ----------
    loss : function
    theta : array, shape (...)
    step : float
        The cube root of the precision of float64, 6e-6, unless told.

    Returns
    -------
    gradient : array, shape (...)
        In the precision of theta.

    References
    ----------
    Nocedal and Wright (2006), section 8.1.
    """
    theta = as_finite(theta, "theta")
    precision = theta.dtype  # of the result
    theta = theta.astype(np.result_type(precision, np.float64))
    loss = answering(loss, "loss", ())
    step = np.cbrt(np.finfo(float).eps) if step is None else step
    in_range("step", step, above=0)
    gradient = np.empty_like(theta)
    # your turn (warm-up)
    raise NotImplementedError("numerical_gradient")


def refuse_divergence(losses, learning_rate):
    """Raise where no loss is left, or ten rises led above the first one."""
    last = losses[-11:]
    grows = len(last) == 11 and np.all(np.diff(last) > 0)
    if not np.isfinite(losses[-1]) or (grows and losses[-1] > losses[0]):
        raise RuntimeError(
            f"diverged: in {len(losses) - 1} steps the loss went from "
            f"{losses[0]:.3g} to {losses[-1]:.3g}; the learning rate of "
            f"{learning_rate:g} is too high, if the gradient is right"
        )


def gradient_descent(
    loss, gradient, theta, learning_rate, max_steps=5000, tolerance=1e-8
):
    """Walk downhill by the slope, until a step moves nothing any more.

    Parameters
    ----------
    loss, gradient : function
    theta : array, shape (d,)
    learning_rate : float
    max_steps : int
        A RuntimeError is raised if they do not suffice, or it diverges.
    tolerance : float
        Stop when no parameter moved further than this.

    Returns
    -------
    path : array, shape (m, d)

    References
    ----------
    Nocedal and Wright (2006), sections 2.2 and 3.3.
    """
    theta = as_vector(theta, "theta")
    loss = answering(loss, "loss", ())
    gradient = answering(gradient, "gradient", theta.shape, theta.dtype)
    in_range("learning_rate", learning_rate, above=0)
    learning_rate = float(learning_rate)  # it widens no float32
    in_range("tolerance", tolerance, low=0)
    max_steps = whole("max_steps", max_steps, low=1)
    path, losses = [theta], [loss(theta)]
    # your turn (core)
    raise NotImplementedError("gradient_descent")


class Optimiser:
    """What SGD and its kin share: `theta = its.step(theta, gradient)`."""

    memory = ()  # names of the arrays, like theta, kept between steps

    def __init__(self, learning_rate=0.01):
        in_range("learning_rate", learning_rate, above=0)
        self.learning_rate = float(learning_rate)  # it widens no float32
        self.t = 0  # steps begun

    def begin(self, theta, gradient):
        """Count a step; return both as floats. The memory begins at 0."""
        theta = as_finite(theta, "theta")
        gradient = as_finite(gradient, "gradient")
        same_shape(theta, gradient, "theta", "gradient")
        for name in self.memory:
            if self.t == 0:
                setattr(self, name, np.zeros_like(theta))
            same_shape(theta, getattr(self, name), "theta", f"its {name}")
        self.t += 1
        return theta, gradient.astype(theta.dtype)


class SGD(Optimiser):
    """Plain steps down a gradient, be it of a few samples only."""

    def step(self, theta, gradient):
        """Return the parameters after one step against the gradient.

        Parameters
        ----------
        theta, gradient : array, shape (...)

        Returns
        -------
        theta : array, shape (...)

        References
        ----------
        Robbins and Monro (1951), whose steps also shrink.
        """
        theta, gradient = self.begin(theta, gradient)
        # your turn (warm-up)
        raise NotImplementedError("SGD.step")


class Momentum(Optimiser):
    """Steps along a velocity, of which `momentum`, in [0, 1), is kept."""

    memory = ("velocity",)

    def __init__(self, learning_rate=0.01, momentum=0.9):
        super().__init__(learning_rate)
        self.momentum = in_range("momentum", momentum, 0, BELOW_ONE)

    def step(self, theta, gradient):
        """Return the parameters after one step along the new velocity.

        Parameters
        ----------
        theta, gradient : array, shape (...)

        Returns
        -------
        theta : array, shape (...)

        References
        ----------
        Polyak (1964), as torch.optim.SGD has it, without dampening.
        """
        theta, gradient = self.begin(theta, gradient)
        # your turn (core)
        raise NotImplementedError("Momentum.step")


class RMSProp(Optimiser):
    """Steps of like size, steep or flat; `decay` of the memory is kept."""

    memory = ("square",)

    def __init__(self, learning_rate=0.01, decay=0.99, epsilon=1e-8):
        super().__init__(learning_rate)
        self.decay = in_range("decay", decay, 0, BELOW_ONE)
        self.epsilon = in_range("epsilon", epsilon, above=0)

    def step(self, theta, gradient):
        """Return the parameters after one step of the gradient, rescaled.

        Parameters
        ----------
        theta, gradient : array, shape (...)

        Returns
        -------
        theta : array, shape (...)

        References
        ----------
        Tieleman and Hinton (2012); epsilon as in torch.optim.RMSprop.
        """
        theta, gradient = self.begin(theta, gradient)
        # your turn (core)
        raise NotImplementedError("RMSProp.step")


class Adam(Optimiser):
    """Momentum and rescaling, both corrected for their start at zero."""

    memory = ("mean", "square")

    def __init__(
        self, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8
    ):
        super().__init__(learning_rate)
        self.beta1 = in_range("beta1", beta1, 0, BELOW_ONE)
        self.beta2 = in_range("beta2", beta2, 0, BELOW_ONE)
        self.epsilon = in_range("epsilon", epsilon, above=0)

    def step(self, theta, gradient):
        """Return the parameters after one step; self.t is its number.

        Parameters
        ----------
        theta, gradient : array, shape (...)

        Returns
        -------
        theta : array, shape (...)

        References
        ----------
        Kingma and Ba (2015), algorithm 1.
        """
        theta, gradient = self.begin(theta, gradient)
        # your turn (core)
        raise NotImplementedError("Adam.step")


def backtracking(
    loss, theta, gradient, direction, learning_rate=1.0, share=1e-4
):
    """Return the first learning rate that lowers the loss enough: halve it.

    Enough is a share of what a straight line with the slope at theta falls.
    After 60 halvings without that a RuntimeError is raised.

    Parameters
    ----------
    loss : function
    theta : array, shape (d,)
    gradient : array, shape (d,)
    direction : array, shape (d,)
        Downhill, or a ValueError is raised: -gradient, for one.
    learning_rate : float
        The first to try; NaN as the loss is never enough.
    share : float

    Returns
    -------
    learning_rate : float

    References
    ----------
    Nocedal and Wright (2006), algorithm 3.1, with halving.
    """
    theta = as_vector(theta, "theta")
    gradient = as_vector(gradient, "gradient", exactly=len(theta))
    direction = as_vector(direction, "direction", exactly=len(theta))
    loss = answering(loss, "loss", ())
    in_range("learning_rate", learning_rate, above=0)
    in_range("share", share, above=0, high=BELOW_ONE)
    slope = gradient @ direction
    if slope >= 0:
        raise ValueError(f"direction is not downhill: slope {slope}")
    # your turn (core)
    raise NotImplementedError("backtracking")


def newton_change(H, gradient, step):
    """Solve H change = gradient, or say why there is no one answer."""
    if not np.isfinite(H).all() or not np.isfinite(gradient).all():
        raise RuntimeError(f"diverged: no finite slope before step {step}")
    try:
        return solve_gauss(H, gradient)
    except np.linalg.LinAlgError as problem:
        raise np.linalg.LinAlgError(
            f"the Hessian of step {step} is singular, along some direction "
            f"the slope does not change: as a system A x = b, {problem}"
        ) from problem


def newton(gradient, hessian, theta, max_steps=50, tolerance=1e-10):
    """Jump to where the slope, were it a straight line, would vanish.

    Parameters
    ----------
    gradient, hessian : function
    theta : array, shape (d,)
    max_steps : int
        A RuntimeError is raised where they do not suffice.
    tolerance : float
        Stop when no parameter moved further than this.

    Returns
    -------
    path : array, shape (m, d)

    References
    ----------
    Nocedal and Wright (2006), section 3.3, theorem 3.5.
    """
    theta = as_vector(theta, "theta")
    d, kind = len(theta), theta.dtype
    gradient = answering(gradient, "gradient", (d,), kind)
    hessian = answering(hessian, "hessian", (d, d), kind)
    in_range("tolerance", tolerance, low=0)
    max_steps = whole("max_steps", max_steps, low=1)
    path = [theta]
    # your turn (core)
    raise NotImplementedError("newton")


def refuse_flat(curvature, step):
    """Raise ValueError where a direction does not bend upwards."""
    if not curvature > 0:
        raise ValueError(
            f"A must be positive definite, but step {step} met a direction "
            f"of curvature {curvature:.3g}: there the valley has no bottom"
        )


def conjugate_gradient(A, b, max_steps=None, tolerance=1e-10):
    """Solve A x = b for symmetric positive definite A, from products only.

    Parameters
    ----------
    A : array (n, n), or function from v (n,) to A v (n,)
    b : array, shape (n,)
    max_steps : int
        10 n unless told; a RuntimeError is raised if they do not suffice.
    tolerance : float
        Stop when the residual b - A x is this share of b, in length.

    Returns
    -------
    x : array, shape (n,)
    lengths : array, shape (m,)
        Of the residual, before the first step and after each.

    References
    ----------
    Nocedal and Wright (2006), algorithm 5.2; Hestenes and Stiefel (1952).
    """
    b = as_vector(b, "b")
    times = multiplier(A, b)
    in_range("tolerance", tolerance, above=0)
    max_steps = 10 * len(b) if max_steps is None else max_steps
    whole("max_steps", max_steps, low=1)
    kind = np.finfo(b.dtype)  # outside, b @ b has lost its digits
    in_range("b @ b", b @ b, b.any() * kind.tiny * 1e16, kind.max)
    x = change = np.zeros_like(b)
    residual, direction = b, b
    lengths = [np.linalg.norm(b)]
    # your turn (stretch)
    raise NotImplementedError("conjugate_gradient")


def multiplier(A, b):
    """Return the function v to A v, in the precision of b."""
    if callable(A):
        return answering(A, "A", b.shape, b.dtype)
    A = as_symmetric(A).astype(b.dtype)
    same_length(A, b)
    return A.__matmul__

"""Gradient descent solved another way: number by number, by recursion, by weights.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

import math

import numpy as np

from solutions.gradient_descent import (
    Optimiser,
    answering,
    multiplier,
    newton_change,
    not_converged,
    refuse_divergence,
    refuse_flat,
)
from solutions.inputs import as_finite, as_vector, in_range


def numerical_gradient(loss, theta, step=None):
    """The derivative of a function of one number, for each parameter in turn."""
    theta = np.asarray(as_finite(theta, "theta"))
    step = np.finfo(float).eps ** (1 / 3) if step is None else step

    def moved(i, by):
        other = np.array(theta, dtype=float).reshape(-1)
        other[i] += by
        return float(loss(other.reshape(theta.shape)))

    slopes = []
    for i, value in enumerate(theta.astype(float).reshape(-1)):
        h = step if abs(value) < 1 else step * abs(value)
        slopes.append(0.5 * (moved(i, h) - moved(i, -h)) / h)
    return np.reshape(slopes, theta.shape).astype(theta.dtype)


def gradient_descent(loss, gradient, theta, learning_rate, max_steps=5000, tolerance=1e-8):
    """A table that grows by a row, and the norm that is the largest entry."""
    theta = as_vector(theta, "theta").copy()
    path, losses = theta[None], [loss(theta)]
    t = 0
    while t < max_steps:
        step = -learning_rate * np.asarray(gradient(theta))
        theta, t = theta + step, t + 1
        path = np.vstack([path, theta])
        losses.append(loss(theta))
        refuse_divergence(losses, learning_rate)
        if np.linalg.norm(path[t] - path[t - 1], np.inf) <= tolerance:
            return path
    raise not_converged(max_steps, step)


class SGD(Optimiser):
    """Only what differs from the exercise."""

    def step(self, theta, gradient):
        """One number at a time."""
        theta, gradient = self.begin(theta, gradient)
        new = np.empty_like(theta)
        for i in np.ndindex(theta.shape):
            new[i] = theta[i] - self.learning_rate * gradient[i]
        return new


class Momentum:
    """Only what differs from the exercise."""

    def step(self, theta, gradient):
        """Work in the array that is there, and keep a copy of nothing else."""
        theta, gradient = self.begin(theta, gradient)
        np.multiply(self.velocity, self.momentum, out=self.velocity)
        self.velocity += gradient
        theta = theta.copy()
        theta -= self.learning_rate * self.velocity
        return theta


class RMSProp:
    """Only what differs from the exercise."""

    def step(self, theta, gradient):
        """Move the mean a share of the way to the new square."""
        theta, gradient = self.begin(theta, gradient)
        self.square = self.square + (1 - self.decay) * (gradient**2 - self.square)
        return theta - gradient * (self.learning_rate / (self.epsilon + self.square**0.5))


class Adam:
    """Only what differs from the exercise."""

    def step(self, theta, gradient):
        """Keep all gradients, and weigh them anew at every step."""
        theta, gradient = self.begin(theta, gradient)
        self.seen = [*getattr(self, "seen", []), gradient.astype(float)]
        age = np.arange(len(self.seen))[::-1]
        weights = [beta**age / np.sum(beta**age) for beta in (self.beta1, self.beta2)]
        gradients = np.array(self.seen)
        mean = np.tensordot(weights[0], gradients, 1)
        square = np.tensordot(weights[1], gradients * gradients, 1)
        step = mean / (np.sqrt(square) + self.epsilon)
        return theta - (self.learning_rate * step).astype(theta.dtype)


def backtracking(loss, theta, gradient, direction, learning_rate=1.0, share=1e-4):
    """Ask for the fall, try after try, by recursion."""
    in_range("learning_rate", learning_rate, above=0)
    slope = float(np.sum(np.multiply(gradient, direction)))
    if slope >= 0:
        raise ValueError("not downhill")

    def attempt(halvings):
        if halvings > 60:
            raise not_converged(60, direction)
        rate = math.ldexp(learning_rate, -halvings)
        fall = loss(theta) - loss(np.add(theta, rate * np.asarray(direction)))
        return rate if fall >= -share * rate * slope else attempt(halvings + 1)

    return attempt(0)


def newton(gradient, hessian, theta, max_steps=50, tolerance=1e-10):
    """Solve for the new place itself: H new = H old - gradient."""
    theta = as_vector(theta, "theta")
    gradient = answering(gradient, "gradient", theta.shape, theta.dtype)
    path = [theta]
    while len(path) <= max_steps:
        old, H = path[-1], np.asarray(hessian(path[-1]), dtype=float)
        new = newton_change(H, H @ old - gradient(old), len(path))
        path.append(new.astype(theta.dtype))
        if all(abs(a - b) <= tolerance for a, b in zip(path[-1], old, strict=True)):
            return np.stack(path)
    raise not_converged(max_steps, path[-1] - path[-2])


def conjugate_gradient(A, b, max_steps=None, tolerance=1e-10):
    """The residual from x itself at every step, the turn by conjugacy."""
    b = as_vector(b, "b")
    times = multiplier(A, b)
    max_steps = max_steps or 10 * len(b)
    x = np.zeros_like(b)
    residual, direction = b - times(x), b
    lengths, change = [np.sqrt(residual @ residual)], x
    for step in range(1, max_steps + 1):
        if lengths[-1] <= tolerance * lengths[0]:
            return x, np.array(lengths)
        image = times(direction)
        refuse_flat(direction @ image, step)
        change = (direction @ residual) / (direction @ image) * direction
        x = x + change
        residual = b - times(x)
        lengths.append(np.sqrt(residual @ residual))
        direction = residual - (residual @ image) / (direction @ image) * direction
    if lengths[-1] <= tolerance * lengths[0]:
        return x, np.array(lengths)
    raise not_converged(max_steps, change)

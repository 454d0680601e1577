"""Backprop: a network by hand, each layer a way there and a way back.

Throughout: n samples, d inputs, m outputs of a layer, k classes.
    x (..., d) a layer's input, any axes in front     out (..., m)
    W (d, m) weights       b (m,) biases
    grad (..., m) the slope of the loss in out; to_x, to_W, to_b: in x, W, b
    z (n, k) scores        y (n,) classes, whole numbers from 0 to k - 1
    weights [W, b, W, b, ...] from the first layer on; slopes likewise
The loss is a mean over samples. float32 in, float32 out.

Sources: Rumelhart, Hinton and Williams (1986); Goodfellow, Bengio and
Courville, Deep Learning (2016), 6.5; He et al. (2015); see the chapter.
"""

import numpy as np

from solutions.arrays import batches
from solutions.gradient_descent import numerical_gradient
from solutions.inputs import (
    as_finite,
    as_floats,
    as_labels,
    as_matrix,
    as_rng,
    fitted,
    in_range,
    whole,
)
from solutions.logistic_regression import Classifier, sigmoid, softmax

GELU_SCALE, GELU_CUBE = 0.7978845608028654, 0.044715  # sqrt(2 / pi); fitted


def relu(x):
    """Return x where it is above 0, else 0."""
    return np.maximum(as_floats(x, "x"), 0)


def relu_slope(x, out):
    """Return the slope of relu at x, where it was out: 1 or 0, 0 at 0."""
    return (out > 0).astype(out.dtype)


def sigmoid_slope(x, out):
    """Return the slope of the sigmoid at x, where it was out."""
    return out * (1 - out)


def tanh_slope(x, out):
    """Return the slope of tanh at x, from what it was there.

    Parameters
    ----------
    x : array, shape (...)
    out : array, shape (...)
        np.tanh(x), so that nothing has to be computed twice.

    Returns
    -------
    slope : array, shape (...)

    References
    ----------
    Eq. 21.3 of the chapter.
    """
    out = as_floats(out, "out")
    # your turn (warm-up)
    raise NotImplementedError("tanh_slope")


def gelu_gate(x):
    """Return tanh(GELU_SCALE * (x + GELU_CUBE * x^3)), from -1 to 1."""
    inside = x * x * x  # x**3 is a hundred times slower on float32
    inside *= GELU_CUBE
    inside += x
    inside *= GELU_SCALE
    return np.tanh(inside)


def gelu(x):
    """Return x / 2 * (1 + gelu_gate(x)): Hendrycks and Gimpel (2016), 2."""
    x = as_floats(x, "x")
    return 0.5 * x * (1 + gelu_gate(x))


def gelu_slope(x, out=None):
    """Return the slope of gelu at x.

    Parameters
    ----------
    x : array, shape (...)
    out : array
        Not used; it is here so that all slopes are called alike.

    Returns
    -------
    slope : array, shape (...)

    References
    ----------
    Eq. 21.4 of the chapter.
    """
    x = np.clip(as_floats(x, "x"), -99, 99)  # flat there; no overflow
    # your turn (core)
    raise NotImplementedError("gelu_slope")


ACTIVATIONS = {
    "relu": (relu, relu_slope),
    "tanh": (np.tanh, tanh_slope),
    "sigmoid": (sigmoid, sigmoid_slope),
    "gelu": (gelu, gelu_slope),
}


def named(name):
    """Return an activation and its slope, or raise where none is known."""
    if name not in list(ACTIVATIONS):
        raise ValueError(f"{name!r} is none of {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]


def fitting(x, W):
    """Return x and W as floats, or raise where x @ W has no meaning."""
    x, W = as_floats(x, "x"), as_floats(W, "W")
    if x.ndim < 1 or W.ndim != 2 or x.shape[-1] != len(W) or not W.size:
        shapes = f"x (..., d) and W (d, m) have {x.shape} and {W.shape}"
        raise ValueError(f"the shapes do not fit: {shapes}")
    return x, W


def shaped(values, shape, name):
    """Return values as floats of a shape that follows from the others."""
    given = np.shape(values)
    if given != shape:
        raise ValueError(f"{name} must have shape {shape}, not {given}")
    return as_floats(values, name)


def dense_forward(x, W, b):
    """Return x @ W + b: each output a sum of all inputs, weighed.

    Parameters
    ----------
    x : array, shape (..., d)
    W : array, shape (d, m)
    b : array, shape (m,)

    Returns
    -------
    out : array, shape (..., m)

    References
    ----------
    Eq. 21.1 of the chapter.
    """
    x, W = fitting(x, W)
    b = shaped(b, W.shape[1:], "b")
    # your turn (warm-up)
    raise NotImplementedError("dense_forward")


def dense_backward(grad, x, W):
    """Return the slopes of the loss in x, W and b, from that in the output.

    Parameters
    ----------
    grad : array, shape (..., m)
    x : array, shape (..., d)
        What dense_forward was given.
    W : array, shape (d, m)

    Returns
    -------
    to_x : array, shape (..., d)
    to_W : array, shape (d, m)
    to_b : array, shape (m,)

    References
    ----------
    Eq. 21.5 to 21.7 of the chapter.
    """
    x, W = fitting(x, W)
    grad = shaped(grad, (*x.shape[:-1], W.shape[1]), "grad")
    # your turn (core)
    raise NotImplementedError("dense_backward")


def softmax_cross_entropy(z, y):
    """Return the mean of -log p(the right class), and its slope in z.

    Parameters
    ----------
    z : array, shape (n, k)
        Scores; they are left as they are.
    y : array, shape (n,)
        The right classes, whole numbers from 0 to k - 1.

    Returns
    -------
    loss : float
        In nats a sample.
    to_z : array, shape (n, k)

    References
    ----------
    Eq. 21.8 of the chapter; Bishop (2006), eq. 4.108 and 4.109.
    """
    z = as_floats(z, "z")
    refuse_classes(z, y)
    # your turn (core)
    raise NotImplementedError("softmax_cross_entropy")


def refuse_classes(z, y):
    """Raise where y holds no class for each row of z, whatever z holds."""
    if z.ndim != 2 or not z.size:
        raise ValueError(f"z must have shape (n, k), not {z.shape}")
    if np.asarray(y).dtype.kind not in "iu":
        raise TypeError(f"y must hold whole numbers, not {y!r}")
    shaped(y, z.shape[:1], "y")
    if np.min(y) < 0 or np.max(y) >= z.shape[1]:
        raise ValueError(
            f"z has shape {z.shape}, but y holds {np.min(y)} to {np.max(y)}"
        )


def he_init(fan_in, fan_out, rng):
    """Draw first weights that keep the size of a signal through a relu.

    Parameters
    ----------
    fan_in, fan_out : int
        Inputs that each output sums, and outputs.
    rng : numpy.random.Generator

    Returns
    -------
    W : array, shape (fan_in, fan_out)
        Independent draws from a normal distribution of mean 0.

    References
    ----------
    He et al. (2015), eq. 10; eq. 21.10 of the chapter.
    """
    fan_in = whole("fan_in", fan_in, low=1)
    fan_out = whole("fan_out", fan_out, low=1)
    rng = as_rng(rng)
    # your turn (warm-up)
    raise NotImplementedError("he_init")


def first_weights(sizes, rng, dtype=float):
    """Return weights for layers of these sizes; all biases are 0."""
    weights = []
    for d, m in zip(sizes[:-1], sizes[1:], strict=True):
        weights += [he_init(d, m, rng).astype(dtype), np.zeros(m, dtype)]
    return weights


def network_forward(weights, x, activation="relu"):
    """Return what each layer is given, and what it makes of it.

    inputs[0] is x, sums[i] the output of layer i, inputs[i + 1] is its
    activation; sums[-1] are the scores, and go through none.
    """
    f, _ = named(activation)
    if len(weights) < 2 or len(weights) % 2:
        raise ValueError(f"weights must be pairs, not {len(weights)} parts")
    inputs, sums = [x], [dense_forward(x, *weights[:2])]
    for i in range(2, len(weights), 2):
        inputs.append(f(sums[-1]))
        sums.append(dense_forward(inputs[-1], *weights[i : i + 2]))
    return inputs, sums


def network_backward(grad, weights, inputs, sums, activation="relu"):
    """Take the slope in the scores back through all layers.

    Parameters
    ----------
    grad : array, shape (n, k)
        The slope of the loss in the scores, sums[-1].
    weights : list of arrays
    inputs, sums : list of arrays
        As network_forward returned them.
    activation : str

    Returns
    -------
    slopes : list of arrays
        In the order and in the shapes of weights.

    References
    ----------
    Eq. 21.9 of the chapter; Rumelhart, Hinton and Williams (1986).
    """
    _, slope = named(activation)
    # your turn (core)
    raise NotImplementedError("network_backward")


def loss_and_slopes(weights, x, y, activation="relu"):
    """Return the loss of a batch, and its slopes in all the weights."""
    inputs, sums = network_forward(weights, x, activation)
    loss, grad = softmax_cross_entropy(sums[-1], y)
    if not np.isfinite(loss):
        raise RuntimeError(f"loss {loss}: lower the learning rate")
    return loss, network_backward(grad, weights, inputs, sums, activation)


def gradient_check(loss_and_slopes, weights):
    """Measure each slope, and say how far off those are that were derived.

    Parameters
    ----------
    loss_and_slopes : function
        From a list of arrays to the loss and a list of its slopes.
    weights : list of arrays
        Where to look; it is done in float64.

    Returns
    -------
    errors : list of float
        For each array, the length of the difference over the sum of both
        lengths, from 0 to 1; 0 where both are zero, NaN if a slope is.

    References
    ----------
    Eq. 21.12 of the chapter.
    """
    weights = [as_finite(w, "weights").astype(float) for w in weights]
    slopes = [np.array(slope) for slope in loss_and_slopes(weights)[1]]
    shapes = [w.shape for w in weights]
    if [slope.shape for slope in slopes] != shapes:
        raise ValueError(f"slopes must have the shapes {shapes}")
    # your turn (core)
    raise NotImplementedError("gradient_check")


def measured(loss_and_slopes, weights, i):
    """Return the slope in weights[i], measured; the others stay put."""

    def loss(theta):
        return loss_and_slopes([*weights[:i], theta, *weights[i + 1 :]])[0]

    return numerical_gradient(loss, weights[i])


class MLP(Classifier):
    """Tell classes apart by a network of dense layers.

    Parameters
    ----------
    hidden : tuple of int
        Units in each hidden layer; () leaves softmax regression.
    activation : "relu", "tanh", "sigmoid" or "gelu"
    learning_rate : float
        Of the first epoch; it falls in a straight line towards 0.
    epochs, batch_size : int

    Attributes
    ----------
    classes_ : array, shape (k,)
    weights_ : list of arrays
    losses_ : list of float
        The mean over the batches of each epoch, each before its step.
    """

    def __init__(
        self,
        hidden=(64,),
        activation="relu",
        learning_rate=0.1,
        epochs=50,
        batch_size=32,
    ):
        self.hidden, self.activation = hidden, activation
        self.learning_rate, self.epochs = learning_rate, epochs
        self.batch_size = batch_size

    W_ = property(lambda self: self.weights_[0])  # of the first layer

    def check_settings(self):
        """Raise for a setting that is none."""
        if not isinstance(self.hidden, tuple | list):
            raise TypeError(f"hidden must be a tuple, not {self.hidden!r}")
        named(self.activation)
        rate = shaped(self.learning_rate, (), "learning_rate")
        in_range("learning_rate", rate, above=0)
        for units in (*self.hidden, self.epochs, self.batch_size):
            whole("units, epochs and batch_size", units, low=1)

    def fit(self, X, y, rng):
        """Take a step downhill for each batch, `epochs` times through X.

        Parameters
        ----------
        X : array, shape (n, d)
        y : array, shape (n,)
            Labels of any kind, two or more different ones.
        rng : numpy.random.Generator
            For first_weights, then for batches, once an epoch.

        Returns
        -------
        self : MLP

        References
        ----------
        Goodfellow, Bengio and Courville (2016), algorithm 8.1.
        """
        X, rng = as_matrix(X), as_rng(rng)
        self.check_settings()
        self.classes_, y = as_labels(X, y)  # y (n,) of 0 to k - 1
        sizes = [X.shape[1], *self.hidden, len(self.classes_)]
        self.weights_, self.losses_ = first_weights(sizes, rng, X.dtype), []
        # your turn (stretch)
        raise NotImplementedError("MLP.fit")

    def predict_proba(self, X):
        """Return the probability of each class, (n, k), as in classes_."""
        X = fitted(self, "W_", X)
        _, sums = network_forward(self.weights_, X, self.activation)
        return softmax(as_finite(sums[-1], "scores"))

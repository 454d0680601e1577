"""Framework: layers, optimisers and a trainer, on the engine of autograd.

Throughout: a name is a way through a model, "body.0.weight".
    x (..., d), out (..., m)  what goes into a layer, what comes out
    W (d, m), b (m,)          its weights and bias: out = x @ W + b
    table (V, C)              V rows of C numbers, of which ids name some
    grad                      the slope of the loss in out
    w, g (P,)                 P parameters, end to end; their gradient

Sources: Ba et al., Layer Normalization (2016); Srivastava et al., Dropout
(2014); Loshchilov and Hutter, Decoupled Weight Decay Regularization (2019).
"""

import numpy as np

import solutions.backprop as backprop
import solutions.plumbing as plumbing
from solutions.autograd import Tensor, operation
from solutions.inputs import as_rng, in_range, same_shape, whole
from solutions.plumbing import in_blocks, misfit, spread

DataLoader, load, save = plumbing.DataLoader, plumbing.load, plumbing.save


class Parameter(Tensor):
    """A tensor that is learned."""

    def __init__(self, data):
        super().__init__(data, requires_grad=True)


class Module:
    """A part of a model: what it learns it finds among its attributes."""

    training = True

    def __call__(self, *args):
        return self.forward(*args)

    def named(self, kind, seen=None):
        """List all of a kind that this module and its parts hold, once.

        Parameters
        ----------
        kind : type
        seen : set of int or None
            The id() of all that was met before.

        Returns
        -------
        found : list of (str, object)
            In the order of the attributes, a part before what it holds.

        References
        ----------
        PyTorch's named_parameters and named_modules.
        """
        seen = {id(self)} if seen is None else seen
        # your turn (core)
        raise NotImplementedError("Module.named")

    def parameters(self):
        """List what is to be learned: all that has requires_grad."""
        return [p for _, p in self.named(Parameter) if p.requires_grad]

    def train(self, training=True):
        """Set this and all its parts to learning, or to eval()."""
        self.training = training
        for _, part in self.named(Module):
            part.training = training
        return self

    def eval(self):
        return self.train(False)

    def state(self):  # an array n, too, if n += 1; n + 1 may be no array
        """Return, by name, the arrays themselves: learned, or only kept."""
        found = self.named(Parameter | np.ndarray)
        return {n: x.data if isinstance(x, Tensor) else x for n, x in found}

    def state_dict(self):
        return {name: array.copy() for name, array in self.state().items()}

    def load_state_dict(self, state):
        copy_into(self.state(), state)
        return self


def copy_into(own, state):
    """Overwrite arrays in place with those of the same name, all or none.

    Parameters
    ----------
    own, state : dict of str to array

    Returns
    -------
    None
        Or ValueError, with nothing copied, that names all that is missing
        in state or unexpected there, and says all that misfit says.

    References
    ----------
    PyTorch's load_state_dict, strict.
    """
    # your turn (core)
    raise NotImplementedError("copy_into")


def linear(x, W, b):
    """Return x @ W + b as one operation, by chapter backprop."""
    x = W.beside(x)

    def backward(grad):
        if x.requires_grad:
            return backprop.dense_backward(grad, x.data, W.data)
        grad = grad.reshape(-1, len(b.data))  # x is data: spare its slope
        ones = np.ones(len(grad), grad.dtype)
        return None, x.data.reshape(-1, len(W.data)).T @ grad, ones @ grad

    out = backprop.dense_forward(x.data, W.data, b.data)
    return operation(out, (x, W, b), backward)


class Linear(Module):
    """x @ weight + bias, for x (..., d)."""

    def __init__(self, d, m, rng):
        self.weight = Parameter(np.float32(backprop.he_init(d, m, rng)))
        self.bias = Parameter(np.zeros(m, np.float32))

    def forward(self, x):
        return linear(x, self.weight, self.bias)


def embedding(table, ids):
    """Look up rows of a table.

    Parameters
    ----------
    table : tensor, shape (V, C)
    ids : array, shape (...)
        Whole numbers from 0 to V - 1.

    Returns
    -------
    out : tensor, shape (..., C)

    References
    ----------
    Eq. 23.2 of the chapter.
    """
    ids = np.asarray(ids)
    if ids.dtype.kind not in "iu":
        raise TypeError(f"ids must be whole numbers, not {ids.dtype}")
    for i in (ids.min(initial=0), ids.max(initial=0)):
        whole("an id", i, low=0, high=len(table.data) - 1)

    # your turn (core)
    raise NotImplementedError("embedding")


class Embedding(Module):
    """A learned table of V rows of C numbers."""

    def __init__(self, V, C, rng, std=1.0):
        table = as_rng(rng).normal(0, std, (V, C))
        self.weight = Parameter(table.astype(np.float32))

    def forward(self, ids):
        return embedding(self.weight, ids)


def layer_norm(x, gain, bias, epsilon=1e-5):
    """Give every row mean 0 and variance 1, then a gain and a bias.

    Parameters
    ----------
    x : tensor, shape (..., d)
    gain, bias : tensor, shape (d,)
    epsilon : float

    Returns
    -------
    out : tensor, shape (..., d)

    References
    ----------
    Ba, Kiros and Hinton (2016), eq. 4; eq. 23.3 to 23.5 of the chapter.
    """
    x, d = gain.beside(x), gain.data.size
    if not x.shape[-1:] == gain.shape == bias.shape:
        raise ValueError(f"x {x.shape} does not fit gain {gain.shape}")
    mean = np.full(d, 1 / d, x.dtype)
    h = x.data - (x.data @ mean)[..., None]
    variance = np.einsum("...i,...i->...", h, h)[..., None] / d
    r = 1 / np.sqrt(variance + epsilon)
    h *= r  # (..., d), standardised
    out = h * gain.data
    out += bias.data

    # your turn (stretch)
    raise NotImplementedError("layer_norm")


def layer_norm_composed(x, gain, bias, epsilon=1e-5):
    """Return the same, by small operations."""
    x = x - x.mean(-1, keepdims=True)
    variance = (x * x).mean(-1, keepdims=True)
    return x * (variance + epsilon) ** -0.5 * gain + bias


class LayerNorm(Module):
    """layer_norm with a gain, weight, and a bias of its own."""

    def __init__(self, d, epsilon=1e-5):
        self.epsilon = epsilon
        self.weight = Parameter(np.ones(d, np.float32))
        self.bias = Parameter(np.zeros(d, np.float32))

    def forward(self, x):
        return layer_norm(x, self.weight, self.bias, self.epsilon)


def gelu(x):
    """Return chapter backprop's gelu, as one operation."""
    x = x if isinstance(x, Tensor) else Tensor(x)

    def backward(grad):
        slope = in_blocks(backprop.gelu_slope, x.data)
        slope *= grad
        return (slope,)

    return operation(in_blocks(backprop.gelu, x.data), (x,), backward)


def gelu_composed(x):
    """Return the same, by small operations."""
    inside = 0.7978845608028654 * (x + 0.044715 * (x * x * x))
    return 0.5 * x * (1 + inside.tanh())


def cross_entropy(z, y):
    """Return the mean of -log p(right class), for z (..., k), y (...)."""
    same_shape(z.data[..., 0], y, "a column of z", "y")
    rows = z.data.reshape(-1, z.shape[-1])
    loss, to_z = backprop.softmax_cross_entropy(rows, np.reshape(y, -1))
    to_z = to_z.reshape(z.shape)
    return operation(loss, (z,), lambda grad: (grad * to_z,))


def cross_entropy_composed(z, y):
    """Return the same for z (n, k), by small operations."""
    z = z - z.data.max(-1, keepdims=True)
    return (z.exp().sum(-1).log() - z[np.arange(len(y)), y]).mean()


def dropout(x, p, rng):
    """Set entries to 0 by chance, and scale up those that stay.

    Parameters
    ----------
    x : tensor, shape (...)
    p : float
    rng : numpy.random.Generator

    Returns
    -------
    out : tensor, shape (...)

    References
    ----------
    Srivastava et al. (2014), section 10; eq. 23.6 of the chapter.
    """
    # your turn (warm-up)
    raise NotImplementedError("dropout")


class Dropout(Module):
    """dropout while training; nothing in eval."""

    def __init__(self, p, rng):
        self.p, self.rng = in_range("p", p, low=0, high=0.99), as_rng(rng)

    def forward(self, x):
        return dropout(x, self.p, self.rng) if self.training else x


class Sequential(Module):
    """One part after the other; a part may be a function such as gelu."""

    def __init__(self, *parts):
        self.parts = list(parts)

    def forward(self, x):
        for part in self.parts:
            x = part(x)
        return x


class SGD(plumbing.FlatVector):
    """Steps downhill; nesterov=False, weight_decay and no_decay in rest."""

    keeps = ("velocity",)

    def __init__(self, parameters, learning_rate, momentum=0.0, **rest):
        self.momentum = float(in_range("momentum", momentum, low=0))
        self.nesterov = rest.pop("nesterov", False)
        super().__init__(parameters, learning_rate, **rest)

    def update(self, w, g, decay, velocity):
        """Move a stretch of the parameters, and its velocity, in place.

        Parameters
        ----------
        w, g, velocity : array, shape (P,)
        decay : float

        Returns
        -------
        None

        References
        ----------
        Sutskever et al. (2013), section 2; eq. 23.7 of the chapter.
        """
        # your turn (core)
        raise NotImplementedError("SGD.update")


class AdamW(plumbing.FlatVector):
    """Adam with decay apart; betas, epsilon and no_decay in rest."""

    keeps = ("mean", "square")

    def __init__(
        self, parameters, learning_rate=1e-3, weight_decay=0.01, **rest
    ):
        betas = rest.pop("betas", (0.9, 0.999))
        self.betas = [in_range("betas", b, 0, 1 - 1e-9) for b in betas]
        self.epsilon = in_range("epsilon", rest.pop("epsilon", 1e-8), low=0)
        super().__init__(parameters, learning_rate, weight_decay, **rest)

    def update(self, w, g, decay, mean, square):
        """Move a stretch of the parameters, and its averages, in place.

        Parameters
        ----------
        w, g, mean, square : array, shape (P,)
        decay : float

        Returns
        -------
        None

        References
        ----------
        Loshchilov and Hutter (2019), algorithm 2; eq. 23.8 to 23.11.
        """
        (beta1, beta2), rate, t = self.betas, self.learning_rate, self.steps
        # your turn (core)
        raise NotImplementedError("AdamW.update")


class Trainer(plumbing.Run):
    """Takes steps, keeps what it has reached, and goes on from there."""

    copy_into = staticmethod(copy_into)  # for resume, which is given

    def fit(self, epochs):
        """Train until so many epochs are done, counted from the first.

        Parameters
        ----------
        epochs : int

        Returns
        -------
        self : Trainer

        References
        ----------
        Eq. 23.1 of the chapter.
        """
        epochs, n = whole("epochs", epochs, low=0), len(self.loader)
        # your turn (stretch)
        raise NotImplementedError("Trainer.fit")

    def step(self, *batch):
        """Take a step along the slopes of a batch, y its last part."""
        *inputs, y = batch
        if not self.model.training:  # a hook has called eval()
            self.model.train()
        self.optimiser.zero_grad()
        loss = self.loss(self.model(*inputs), y)
        self.refuse(loss.item())
        loss.backward()
        for hook in self.before_step:
            hook(self)
        self.optimiser.step()
        self.losses.append(loss.item())
        for hook in self.after_step:
            hook(self)
        if self.steps % len(self.loader) == 0:
            for hook in self.after_epoch:
                hook(self)

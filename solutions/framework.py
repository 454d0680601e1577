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
        # hint: vars(self).items() are the attributes; spread(attribute,
        # value) yields (name, item), once for each item of a list.
        # hint: Is its id() in seen? Pass over it. Else add it there.
        # hint: Take (name, item) if it is of the kind. If it is a Module,
        # take all of item.named(kind, seen), too, each f"{name}.{below}".
        found = []
        for attribute, value in vars(self).items():
            for name, item in spread(attribute, value):
                if id(item) in seen:
                    continue
                seen.add(id(item))
                if isinstance(item, kind):
                    found.append((name, item))
                if isinstance(item, Module):
                    below = item.named(kind, seen)
                    found += [(f"{name}.{n}", thing) for n, thing in below]
        return found

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
    # hint: Look before you copy: all texts in one ValueError, by "; ".join.
    # hint: For names in both, misfit(name, own[name], state[name]) says
    # what is wrong; it is "" where all is well.
    # hint: own[name][...] = new writes into the array that the model holds.
    wrong = [f"{name} is missing" for name in own if name not in state]
    wrong += [f"{name} is unexpected" for name in state if name not in own]
    wrong += [misfit(n, own[n], state[n]) for n in own if n in state]
    if any(wrong):
        raise ValueError("; ".join(filter(None, wrong)))
    for name, array in own.items():
        array[...] = state[name]


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
    # hint: The way there is table.data[ids]. On the way back a row of the
    # table gets the sum of what comes back to all its copies.
    # hint: np.add.at(zeros, rows, grad) is right, and slow. Faster: sort
    # with order = np.argsort(rows, kind="stable"), then add up what lies
    # together: np.add.reduceat(grad[order], first), first[i] to first[i+1].
    def backward(grad):
        to_table = np.zeros_like(table.data)
        order = np.argsort(ids, axis=None, kind="stable")
        rows = ids.ravel()[order]
        first = np.flatnonzero(np.diff(rows, prepend=-1))
        grad = grad.reshape(-1, table.shape[1])[order]  # (rows, C)
        to_table[rows[first]] = np.add.reduceat(grad, first)
        return (to_table,)

    return operation(table.data[ids], (table,), backward)


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
    # hint: Write backward(grad), which returns to_x, to_gain and to_bias,
    # and return operation(out, (x, gain, bias), backward).
    # hint: In gain and bias: grad * h and grad, summed over all rows.
    # hint: In h: to_h = grad * gain.data. A row's mean and spread move with
    # each of its entries, so that x is left with
    # r * (to_h - mean(to_h) - h * mean(to_h * h)), means along the row.
    def backward(grad):
        to_x = grad * gain.data
        along = np.einsum("...i,...i->...", to_x, h)[..., None] / d
        to_x -= (to_x @ mean)[..., None]
        to_x -= h * along
        to_x *= r
        grad = grad.reshape(-1, d)  # (rows, d)
        to_gain = np.einsum("ij,ij->j", grad, h.reshape(grad.shape))
        return to_x, to_gain, np.ones(len(grad), grad.dtype) @ grad

    return operation(out, (x, gain, bias), backward)


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
    # hint: rng.random(x.shape) draws a number from 0 to 1 for each entry.
    # hint: A share of 1 - p stays. What must it be divided by for the mean?
    keep = (rng.random(x.shape, np.float32) >= p).astype(x.dtype)
    keep /= 1 - p
    return x * keep


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
        # hint: g + decay * w is the gradient; g itself stays. In velocity
        # write momentum * velocity + gradient, by *= and += .
        # hint: w loses self.learning_rate * velocity; if self.nesterov,
        # gradient + momentum * velocity takes the place of velocity.
        g = g + decay * w
        velocity *= self.momentum
        velocity += g
        move = g + self.momentum * velocity if self.nesterov else velocity
        w -= self.learning_rate * move


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
        # hint: Decay comes first, and apart: w *= 1 - rate * decay. Then
        # mean becomes beta1 * mean + (1 - beta1) * g, square likewise.
        # hint: Both began at 0: divide by 1 - beta1**t and 1 - beta2**t, in
        # new arrays; w -= rate * mean / (root of square + self.epsilon).
        w *= 1 - rate * decay
        mean *= beta1
        mean += (1 - beta1) * g
        square *= beta2
        square += (1 - beta2) * g * g
        size = np.sqrt(square)
        size /= (1 - beta2**t) ** 0.5
        size += self.epsilon
        move = mean / size
        move *= rate / (1 - beta1**t)
        w -= move


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
        # hint: An epoch has n steps. After self.steps, which is its next?
        # hint: At the first batch of an epoch set self.order to
        # self.loader.order(); self.loader.batch(self.order, i) is batch i,
        # and self.step(*batch) takes the step. A hook may set self.stop.
        # hint: self.save() at every multiple of self.every, and at the end.
        while self.steps < epochs * n and not self.stop:
            if self.steps % n == 0:
                self.order = self.loader.order()
            self.step(*self.loader.batch(self.order, self.steps % n))
            if self.steps % self.every == 0:
                self.save()
        self.save()
        return self

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

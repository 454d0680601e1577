"""Attention solved another way: by einsum, comparisons, loops and complex numbers.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

import numpy as np

from solutions.autograd import Tensor, operation


def causal_mask(T, S=None):
    """Compare the place of a query with the places of the keys."""
    S = T if S is None else S
    return np.arange(S - T, S)[:, None] >= np.arange(S)[None]


def attention_forward(q, k, v, mask=None):
    """By einsum; what is hidden is moved far down, and set to zero after exp."""
    scores = np.einsum("...td,...sd->...ts", q, k) / float(q.shape[-1]) ** 0.5
    seen = np.ones(scores.shape, bool)
    if mask is not None:
        seen = seen & mask
    top = np.max(scores, axis=-1, keepdims=True, where=seen, initial=-np.inf)
    weights = np.zeros_like(scores)
    np.exp(scores - top, out=weights, where=seen)
    weights = weights / np.sum(weights, axis=-1, keepdims=True)
    return np.einsum("...ts,...sm->...tm", weights, v), weights


def attention_backward(grad, q, k, v, weights, out):
    """Each row's softmax by the weighted mean itself, the scale at the end."""
    to_weights = np.einsum("...tm,...sm->...ts", grad, v)
    mean = np.sum(weights * to_weights, axis=-1, keepdims=True)
    to_scores = weights * (to_weights - mean)
    scale = 1 / q.shape[-1] ** 0.5
    return (
        np.einsum("...ts,...sd->...td", to_scores, k) * scale,
        np.einsum("...ts,...td->...sd", to_scores, q) * scale,
        np.einsum("...ts,...tm->...sm", weights, grad),
    )


def split_heads(x, heads):
    """The new axis by itself, then one step at a time to the front."""
    T, C = x.shape[-2:]
    front = len(x.shape) - 2
    return x.reshape(*x.shape[:-2], T, heads, C // heads).swapaxes(front + 1, front)


class MultiHeadAttention:
    """Only what differs from the exercise."""

    def forward(self, x, mask=None, memory=None):
        """Head by head, end to end."""
        from solutions.autograd import concatenate

        x = self.query.weight.beside(x)
        if memory is None:
            memory = x
        q, k, v = self.query(x), self.key(memory), self.value(memory)
        D, found = q.shape[-1] // self.heads, []
        seen = np.ones((*q.shape[:-2], self.heads, q.shape[-2], k.shape[-2]), bool)
        if mask is not None:
            seen &= mask
        for h in range(self.heads):
            a, b, c = (part[..., h * D : (h + 1) * D] for part in (q, k, v))
            if self.rotary:
                a, b = (rotary(part, range(part.shape[-2])) for part in (a, b))
            scores = (a @ b.swapaxes(-1, -2)).where(seen[..., h, :, :], -1e30)
            scores = scores / float(D) ** 0.5
            raised = (scores - scores.data.max(axis=-1, keepdims=True)).exp()
            found.append((raised / raised.sum(-1, keepdims=True)) @ c)
        return self.out(concatenate(found, -1))


def sinusoidal_positions(T, C):
    """Cell by cell."""
    table = [
        [(np.cos if c % 2 else np.sin)(t / 10_000 ** ((c - c % 2) / C)) for c in range(C)]
        for t in range(T)
    ]
    return np.array(table, "float32")


def rotary(x, positions):
    """As complex numbers, of which each is multiplied by one of length 1."""
    x = x if isinstance(x, Tensor) else Tensor(x)
    D = x.shape[-1]
    rates = np.exp(-np.log(10_000) * np.arange(D // 2) * 2 / D)
    wheel = np.exp(1j * np.outer(positions, rates))

    def as_pairs(z, by):
        z = (z[..., ::2] + 1j * z[..., 1::2]) * by
        return np.stack([z.real, z.imag], -1).reshape(x.shape).astype(x.dtype)

    return operation(as_pairs(x.data, wheel), [x], lambda g: [as_pairs(g, wheel.conj())])


class EncoderLayer:
    """Only what differs from the exercise."""

    def forward(self, x, mask=None):
        """By a list of parts."""
        parts = [(self.norm1, lambda y: self.attention(y, mask)), (self.norm2, self.feed_forward)]
        for norm, part in parts:
            x = part(norm(x)) + x if self.pre_norm else norm(part(x) + x)
        return x


class DecoderLayer:
    """Only what differs from the exercise."""

    def forward(self, x, memory, memory_mask=None):
        """By a list of parts."""
        T = x.shape[1]
        parts = [
            (self.norm1, lambda y: self.attention(y, np.tri(T, dtype=bool)[None, None])),
            (self.norm2, lambda y: self.cross(y, memory_mask, memory)),
            (self.norm3, self.feed_forward),
        ]
        for norm, part in parts:
            x = part(norm(x)) + x if self.pre_norm else norm(part(x) + x)
        return x

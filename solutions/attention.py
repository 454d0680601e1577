"""Attention: look things up softly, and build the Transformer on it.

Throughout: B sequences, H heads of D = C / H channels each.
    q (..., T, D)                 what T places ask
    k (..., S, D), v (..., S, D)  what S places answer to, and what they say
    mask (T, S)                   True where a query may look
    weights (..., T, S)           how much it looks where; rows add up to 1
    grad                          the slope of the loss in out

Sources: Vaswani et al., Attention Is All You Need (2017); Su et al.,
RoFormer (2021); Xiong et al., On Layer Normalization (2020).
"""

import numpy as np

from solutions.autograd import Tensor, operation
from solutions.framework import LayerNorm, Linear, Module, gelu
from solutions.inputs import whole


def causal_mask(T, S=None):
    """Return where T queries, the last of S places, may look: not ahead."""
    S = T if S is None else S
    return np.tri(T, S, S - T, dtype=bool)


def attention_forward(q, k, v, mask=None, out=None):
    """Return the weighted means of v, and the weights."""
    weights = (q * q.shape[-1] ** -0.5) @ k.swapaxes(-1, -2)
    if mask is not None:
        np.copyto(weights, -np.inf, where=~mask)
    weights -= weights.max(axis=-1, keepdims=True)
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=-1, keepdims=True)
    return np.matmul(weights, v, out=out), weights


def attention_backward(grad, q, k, v, weights, out, into=(None,) * 3):
    """Return the slopes in q, k and v, in `into` where it is given."""
    to_q, to_k, to_v = into
    to_v = np.matmul(weights.swapaxes(-1, -2), grad, out=to_v)
    to_scores = grad @ v.swapaxes(-1, -2)
    to_scores -= np.einsum("...i,...i->...", grad, out)[..., None]
    to_scores *= weights
    to_scores *= q.shape[-1] ** -0.5
    to_q = np.matmul(to_scores, k, out=to_q)
    to_k = np.matmul(to_scores.swapaxes(-1, -2), q, out=to_k)
    return to_q, to_k, to_v


def scaled_dot_product_attention(q, k, v, mask=None):
    """Return attention of tensors as one operation."""
    out, weights = attention_forward(q.data, k.data, v.data, mask)

    def backward(grad):
        return attention_backward(
            grad, q.data, k.data, v.data, weights, out
        )

    return operation(out, (q, k, v), backward)


def scaled_dot_product_attention_composed(q, k, v, mask=None):
    """Return the same, by small operations."""
    scores = q @ k.swapaxes(-1, -2) * q.shape[-1] ** -0.5
    if mask is not None:
        scores = scores.where(mask, -1e30)
    scores = (scores - scores.data.max(axis=-1, keepdims=True)).exp()
    return scores / scores.sum(-1, keepdims=True) @ v


def split_heads(x, heads):
    """Return x (B, T, C) as a view (B, H, T, D)."""
    return x.reshape(*x.shape[:-1], heads, -1).swapaxes(-2, -3)


def merge_heads(x):
    """Return x (B, H, T, D) as (B, T, C)."""
    x = x.swapaxes(-2, -3)
    return x.reshape(*x.shape[:-2], -1)


def self_attention(qkv, heads, mask=None):
    """Return attention of q, k, v that lie side by side in (B, T, 3 C).

    The heads are views: of qkv on the way there, of its slope on the way
    back. Nothing is copied.
    """
    shape = qkv.shape[:-1] + (3, heads, -1)

    def parts(x):  # (B, T, 3 C) as q, k, v (B, H, T, D)
        return np.moveaxis(x.reshape(shape), -3, 0).swapaxes(-2, -3)

    q, k, v = parts(qkv.data)
    merged = np.empty(qkv.shape[:-1] + (qkv.shape[-1] // 3,), qkv.dtype)
    out, weights = attention_forward(
        q, k, v, mask, out=split_heads(merged, heads)
    )

    def backward(grad):
        to_qkv = np.empty_like(qkv.data)
        grad = split_heads(grad, heads)
        into = parts(to_qkv)
        attention_backward(grad, q, k, v, weights, out, into)
        return (to_qkv,)

    return operation(merged, (qkv,), backward)


class MultiHeadAttention(Module):
    """Several attentions side by side, each in channels of its own."""

    def __init__(self, C, heads, rng):
        self.heads = whole("heads", heads, low=1)
        self.query, self.key = Linear(C, C, rng), Linear(C, C, rng)
        self.value, self.out = Linear(C, C, rng), Linear(C, C, rng)

    def forward(self, x, mask=None, memory=None):
        memory = x if memory is None else memory
        q, k, v = (
            part.reshape(*part.shape[:-1], self.heads, -1).swapaxes(-2, -3)
            for part in (self.query(x), self.key(memory), self.value(memory))
        )
        out = scaled_dot_product_attention(q, k, v, mask).swapaxes(-2, -3)
        return self.out(out.reshape(*x.shape))


class FeedForward(Module):
    """Each place by itself: up to a wider layer, gelu, and down again."""

    def __init__(self, C, hidden, rng):
        self.up, self.down = Linear(C, hidden, rng), Linear(hidden, C, rng)

    def forward(self, x):
        return self.down(gelu(self.up(x)))

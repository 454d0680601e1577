"""Attention: look things up softly, and build the Transformer on it.

Throughout: B sequences, H heads of D = C / H channels each.
    q (..., T, D)                 what T places ask
    k (..., S, D), v (..., S, D)  what S places answer to, and what they say
    mask (..., T, S)              True where a query may look
    weights (..., T, S)           how much it looks where; rows add up to 1
    x (B, T, C), memory (B, S, C) what goes in, where it looks; else x too
    grad                          the slope of the loss in out

Sources: Vaswani et al. (2017), Su et al. (2021), Xiong et al. (2020).
"""

import numpy as np

from solutions.autograd import Tensor, operation
from solutions.framework import LayerNorm, Linear, Module, gelu
from solutions.inputs import as_finite, as_floats, whole

ROWS = 64  # queries of a sequence that are worked on at a time
TILE = 1 << 18  # scores worked on at a time, so that they stay in cache


def causal_mask(T, S=None):
    """Return where T queries, the last of S places, may look: not ahead.

    Parameters
    ----------
    T, S : int
        S is T or more; T unless told.

    Returns
    -------
    mask : array, shape (T, S)
        True where a query may look: at its own place and all before it.

    References
    ----------
    Vaswani et al. (2017), section 3.2.3.
    """
    T = whole("T", T, low=1)
    S = T if S is None else whole("S", S, low=T)
    # your turn (warm-up)
    # hint: Query i stands at place S - T + i. Which columns may it see?
    # hint: np.tri(T, S, n, dtype=bool) is True where column <= row + n.
    return np.tri(T, S, S - T, dtype=bool)


def fitting(q, k, v, mask=None):
    """Return the axes in front, such as (B, H), or raise."""
    q, k, v = q.shape, k.shape, v.shape
    try:
        scores = q[-2], k[-2]
        if 0 in q + k + v or q[-1] != k[-1] or k[-2] != v[-2]:
            raise ValueError
        front = np.broadcast_shapes(q[:-2], k[:-2], v[:-2])
    except (ValueError, IndexError):
        raise ValueError(
            f"q {q}, k {k} and v {v} do not fit: they must be (..., T, D), "
            "(..., S, D) and (..., S, M), and no length may be 0"
        ) from None
    if mask is not None:
        may_look(mask, front + scores)
    return front


def may_look(mask, shape):
    """Raise where a mask misfits scores, or a query may look nowhere."""
    if getattr(mask, "dtype", None) != np.bool_:
        raise TypeError(f"mask must be an array of bool, not {mask!r:.60}")
    fits = zip(mask.shape[::-1], shape[::-1], strict=False)
    if mask.ndim > len(shape) or any(m not in (1, n) for m, n in fits):
        raise ValueError(f"mask {mask.shape} does not fit scores {shape}")
    for blind in np.argwhere(~mask.any(axis=-1)).tolist():  # the first
        raise ValueError(f"mask{blind or ''} is False: it may look nowhere")


def attention_forward(q, k, v, mask=None):
    """Return the weighted means of v, and the weights.

    Parameters
    ----------
    q : array, shape (..., T, D)
    k : array, shape (..., S, D)
    v : array, shape (..., S, M)
    mask : array of bool, or None
        What broadcasts to (..., T, S); True where a query may look.

    Returns
    -------
    out : array, shape (..., T, M)
    weights : array, shape (..., T, S)

    References
    ----------
    Vaswani et al. (2017), eq. 1; eq. 32.3 of the chapter.
    """
    q, k, v = map(as_floats, (q, k, v), "qkv")
    fitting(q, k, v, mask)
    # your turn (core)
    # hint: Scores are q @ k.mT times D ** -0.5; mT turns each matrix over.
    # Those hidden become -np.inf: np.copyto(scores, -np.inf, where=~mask).
    # hint: Then softmax along axis -1, the keys: subtract the row's
    # largest, np.exp, divide by the row's sum; keepdims=True each time.
    weights = (q * q.shape[-1] ** -0.5) @ k.mT
    if mask is not None:
        np.copyto(weights, -np.inf, where=~mask)
    weights -= weights.max(axis=-1, keepdims=True)
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights @ v, weights


def attention_backward(grad, q, k, v, weights, out):
    """Return the slopes in q, k and v.

    Parameters
    ----------
    grad : array, shape (..., T, M)
        The slope in out.
    q, k, v, weights, out : array
        What attention_forward took, and what it returned.

    Returns
    -------
    to_q : array, shape (..., T, D)
    to_k : array, shape (..., S, D)
    to_v : array, shape (..., S, M)

    References
    ----------
    Eq. 32.5 to 32.8 of the chapter.
    """
    q, k, v = map(as_floats, (q, k, v), "qkv")
    queries, (S, M) = (*fitting(q, k, v), q.shape[-2]), v.shape[-2:]
    found, shapes = (grad, weights, out), [(*queries, n) for n in (M, S, M)]
    if [np.shape(x) for x in found] != shapes:
        raise ValueError(f"grad, weights and out must have shapes {shapes}")
    # your turn (stretch)
    # hint: out = weights @ v: v gets weights.mT @ grad, and the weights get
    # grad @ v.mT; mT turns each matrix over.
    # hint: Through softmax: a score gets weight * (to_weight - mean), where
    # mean is the row's sum of weight * to_weight; grad * out has that, too.
    # hint: q gets to_scores @ k * scale, k gets to_scores.mT @ q * scale.
    to_v = weights.mT @ grad
    grad = grad * q.shape[-1] ** -0.5  # once here, not twice below
    to_scores = grad @ v.mT  # the slope in the weights
    to_scores -= np.einsum("...i,...i->...", grad, out)[..., None]
    to_scores *= weights
    return to_scores @ k, to_scores.mT @ q, to_v


def tiles(q, k, mask):
    """Yield queries, the last first, keys up to the last seen, and mask."""
    (B, *_, T, _), end, part = q.shape, k.shape[-2], None
    for stop in range(T, 0, -ROWS):
        rows = np.s_[..., max(0, stop - ROWS) : stop, :]
        if mask is not None and stop < T:
            seen = mask[rows].any(axis=tuple(range(q.ndim - 1)))
            end = int(np.flatnonzero(seen)[-1]) + 1
        step = max(1, TILE * B // (q[rows][..., 0].size * end))
        for b in range(0, B, step):
            at = slice(b, b + step)
            if mask is not None:
                part = mask[b % len(mask) : b + step, *rows][..., :end]
            yield (at, *rows), np.s_[at, ..., :end, :], part


def by_tiles(q, k, v, mask, out):
    """Write attention into out, tile by tile; return the way back."""
    if mask is not None:
        mask = mask[(None,) * (q.ndim - mask.ndim)]
        scores = *mask.shape[:-2], q.shape[-2], k.shape[-2]
        mask = np.broadcast_to(mask, scores)
    done = []
    for rows, keys, part in tiles(q, k, mask):
        tile = q[rows], k[keys], v[keys]
        out[rows], weights = attention_forward(*tile, part)
        done.append((rows, keys, (*tile, weights, out[rows])))

    def backward(grad, to_q, to_k, to_v):
        for rows, keys, tile in done:
            to_q[rows], *parts = attention_backward(grad[rows], *tile)
            if rows[-2].stop == q.shape[-2]:  # the first to reach its keys
                to_k[keys], to_v[keys] = parts
            else:
                to_k[keys] += parts[0]
                to_v[keys] += parts[1]

    return backward


def tensors(*parts):
    """Return each as a tensor; what is one stays the same."""
    return [x if isinstance(x, Tensor) else Tensor(x) for x in parts]


def scaled_dot_product_attention(q, k, v, mask=None):
    """Return attention of tensors as one operation; fronts broadcast."""
    q, k, v = parts = tensors(q, k, v)
    front, shape = fitting(q, k, v, mask), (q.shape[-2], v.shape[-1])
    lead = front or (1,)
    each = [np.broadcast_to(x.data, lead + x.shape[-2:]) for x in parts]
    out = np.empty(lead + shape, np.result_type(*each))
    back = by_tiles(*each, mask, out)

    def backward(grad):
        slopes = [np.empty(x.shape, out.dtype) for x in each]
        back(grad.reshape(out.shape), *slopes)
        return slopes

    return operation(out.reshape(front + shape), parts, backward)


def scaled_dot_product_attention_composed(q, k, v, mask=None):
    """Return the same, by small operations."""
    q, k, v = tensors(q, k, v)
    fitting(q, k, v, mask)
    scores = q @ k.swapaxes(-1, -2) * q.shape[-1] ** -0.5
    if mask is not None:
        scores = scores.where(mask, -np.inf)
    scores = (scores - scores.data.max(axis=-1, keepdims=True)).exp()
    return scores / scores.sum(-1, keepdims=True) @ v


def split_heads(x, heads):
    """Cut the channels into heads, each with all places.

    Parameters
    ----------
    x : array or tensor, shape (..., T, C)
    heads : int
        H, which divides C.

    Returns
    -------
    parts : array or tensor, shape (..., H, T, D)
        Head h has channels h D to (h + 1) D - 1; of an array, a view.

    References
    ----------
    Vaswani et al. (2017), section 3.2.2.
    """
    heads, shape = whole("heads", heads, low=1), getattr(x, "shape", ())
    if len(shape) < 2 or 0 in shape or shape[-1] % heads:
        raise ValueError(
            f"{heads} heads cannot share x {shape}, or it is no (..., T, C)"
        )
    # your turn (warm-up)
    # hint: First a new axis: reshape(*x.shape[:-1], heads, -1).
    # hint: Then swapaxes brings H before T: one reshape would mix places.
    return x.reshape(*x.shape[:-1], heads, -1).swapaxes(-2, -3)


def merge_heads(x):
    """Return x (..., H, T, D) as (..., T, C): split_heads undone."""
    if len(getattr(x, "shape", ())) < 3:
        raise ValueError(f"x must be of (..., H, T, D), not {x!r:.60}")
    x = x.swapaxes(-2, -3)
    return x.reshape(*x.shape[:-2], -1)


def self_attention(qkv, heads, mask=None):
    """Return attention of q, k, v side by side in (B, T, 3 C), as views."""
    (qkv,), C = tensors(qkv), 3 * whole("heads", heads, low=1)
    if len(qkv.shape) != 3 or 0 in qkv.shape or qkv.shape[2] % C:
        raise ValueError(f"qkv {qkv.shape} is no (B, T, 3 C) of {heads}")

    def parts(x):  # (B, T, 3 C) as q, k, v (B, H, T, D)
        x = x.reshape(*x.shape[:2], 3, heads, -1)
        return np.moveaxis(x, 2, 0).swapaxes(-2, -3)

    fitting(*parts(qkv.data), mask)
    merged = np.empty((*qkv.shape[:2], qkv.shape[2] // 3), qkv.dtype)
    out = split_heads(merged, heads)
    back = by_tiles(*parts(qkv.data), mask, out)

    def backward(grad):
        to_qkv = np.empty_like(qkv.data)
        back(split_heads(grad, heads), *parts(to_qkv))
        return (to_qkv,)

    return operation(merged, (qkv,), backward)


class MultiHeadAttention(Module):
    """Several attentions side by side, each in channels of its own."""

    def __init__(self, C, heads, rng, rotary=False):
        self.heads, self.rotary = whole("heads", heads, low=1), rotary
        split_heads(np.empty((1, whole("C", C, low=1))), heads)  # or raise
        self.query, self.key = Linear(C, C, rng), Linear(C, C, rng)
        self.value, self.out = Linear(C, C, rng), Linear(C, C, rng)

    def forward(self, x, mask=None, memory=None):
        """Let every place of x look at those of memory, head by head.

        Parameters
        ----------
        x : tensor, shape (B, T, C)
        mask : array, or None
            What broadcasts to (B, H, T, S); True where x may look.
        memory : tensor (B, S, C), or None
            Where keys and values come from; x itself unless told.

        Returns
        -------
        out : tensor, shape (B, T, C)

        References
        ----------
        Vaswani et al. (2017), section 3.2.2; eq. 32.9 of the chapter.
        """
        x = self.query.weight.beside(x)
        memory = x if memory is None else x.beside(memory)
        if self.rotary and memory is not x:
            raise ValueError("rotary compares places of one sequence only")
        # your turn (core)
        # hint: Queries are self.query(x); keys and values self.key(memory)
        # and self.value(memory). split_heads each by self.heads.
        # hint: If self.rotary, turn q and k, not v, by np.arange(T).
        # hint: scaled_dot_product_attention, merge_heads, self.out.
        q = split_heads(self.query(x), self.heads)
        k = split_heads(self.key(memory), self.heads)
        v = split_heads(self.value(memory), self.heads)
        if self.rotary:
            places = np.arange(x.shape[-2])
            q, k = rotary(q, places), rotary(k, places)
        out = scaled_dot_product_attention(q, k, v, mask)
        return self.out(merge_heads(out))


def sinusoidal_positions(T, C):
    """Return a row of waves for each place, from fast ones to slow ones.

    Parameters
    ----------
    T, C : int
        C is even.

    Returns
    -------
    table : array, shape (T, C)
        In float32; place t, counted from 0, has in columns 2i and 2i + 1
        the sine and the cosine of t / 10000 ** (2i / C).

    References
    ----------
    Vaswani et al. (2017), section 3.5; eq. 32.10 of the chapter.
    """
    T, C = whole("T", T, low=1), pairs_of("C", C)
    # your turn (core)
    # hint: A column of places times a row of speeds gives the angles; the
    # speeds are 10_000.0 ** (-np.arange(0, C, 2) / C).
    # hint: table[:, ::2] are the columns 2i, table[:, 1::2] those between.
    speeds = 10_000.0 ** (-np.arange(0, C, 2) / C)
    angles = np.arange(T)[:, None] * speeds  # (T, C / 2)
    table = np.empty((T, C), np.float32)
    table[:, ::2], table[:, 1::2] = np.sin(angles), np.cos(angles)
    return table


def pairs_of(name, channels):
    """Return a number of channels if they make pairs, else raise."""
    if whole(name, channels, low=2) % 2:
        raise ValueError(f"{name} must be even, not {channels}")
    return channels


def rotary(x, positions):
    """Turn each pair of channels by an angle that grows with the place.

    Parameters
    ----------
    x : tensor, shape (..., T, D), D even, or an array
    positions : array, shape (T,)
        Where each row stands: any numbers.

    Returns
    -------
    out : tensor, shape (..., T, D)
        The pair of channels 2i and 2i + 1, as a point in the plane, turned
        by position / 10000 ** (2i / D).

    References
    ----------
    Su et al. (2021), eq. 34; eq. 32.11 and 32.12 of the chapter.
    """
    (x,), positions = tensors(x), as_finite(positions, "positions")
    D = pairs_of("the channels of x", x.shape[-1] if x.ndim > 1 else 0)
    if positions.shape != x.shape[-2:-1]:
        raise ValueError(f"x {x.shape}, but positions {positions.shape}")
    # your turn (core)
    # hint: The angles are those of sinusoidal_positions, at `positions`.
    # hint: A point (a, b) turned is (a cos - b sin, a sin + b cos).
    # hint: Write it as a function of an array and sin. The way back turns
    # the slope by the negative angle: cos stays, sin changes its sign.
    speeds = 10_000.0 ** (-np.arange(0, D, 2) / D)
    angles = positions[:, None] * speeds  # (T, D / 2)
    cos, sin = np.cos(angles), np.sin(angles)

    def turned(x, sin):
        a, b, out = x[..., ::2], x[..., 1::2], np.empty_like(x)
        out[..., ::2] = a * cos - b * sin
        out[..., 1::2] = a * sin + b * cos
        return out

    out = turned(x.data, sin)
    return operation(out, (x,), lambda grad: (turned(grad, -sin),))


class FeedForward(Module):
    """Each place by itself: up to a wider layer, gelu, and down again."""

    def __init__(self, C, hidden, rng):
        self.up, self.down = Linear(C, hidden, rng), Linear(hidden, C, rng)

    def forward(self, x):
        return self.down(gelu(self.up(x)))


class EncoderLayer(Module):
    """Look around, then think it over: each adds to what was there."""

    def __init__(self, C, heads, hidden, rng, pre_norm=True, rotary=False):
        self.pre_norm = pre_norm
        self.norm1, self.norm2 = LayerNorm(C), LayerNorm(C)
        self.attention = MultiHeadAttention(C, heads, rng, rotary)
        self.feed_forward = FeedForward(C, hidden, rng)

    def forward(self, x, mask=None):
        """Add to x what its places find in each other, then what they make.

        Parameters
        ----------
        x : tensor, shape (B, T, C)
        mask : array, or None
            What broadcasts to (B, H, T, T); True where a place may look.

        Returns
        -------
        out : tensor, shape (B, T, C)

        References
        ----------
        Vaswani et al. (2017), 3.1; Xiong et al. (2020), table 1.
        """
        # your turn (core)
        # hint: Two steps: self.attention, which takes the mask, and then
        # self.feed_forward; self.norm1 is for the first, norm2 the other.
        # hint: self.pre_norm: x + part(norm(x)). Else norm(x + part(x)).
        if self.pre_norm:
            x = x + self.attention(self.norm1(x), mask)
            return x + self.feed_forward(self.norm2(x))
        x = self.norm1(x + self.attention(x, mask))
        return self.norm2(x + self.feed_forward(x))


class DecoderLayer(EncoderLayer):
    """As an encoder layer, blind to what comes, with a look at memory."""

    def __init__(self, C, heads, hidden, rng, pre_norm=True, rotary=False):
        super().__init__(C, heads, hidden, rng, pre_norm, rotary)
        self.cross = MultiHeadAttention(C, heads, rng)
        self.norm3 = LayerNorm(C)

    def forward(self, x, memory, memory_mask=None):
        """Add to x what it finds behind itself, in memory, and makes of it.

        Parameters
        ----------
        x : tensor, shape (B, T, C)
        memory : tensor, shape (B, S, C)
            What an encoder has made of another sequence.
        memory_mask : array, or None
            What broadcasts to (B, H, T, S); True where x may look.

        Returns
        -------
        out : tensor, shape (B, T, C)

        References
        ----------
        Vaswani et al. (2017), 3.1; Xiong et al. (2020), table 1.
        """
        if memory is None:
            raise ValueError("memory is missing: a decoder layer reads one")
        # your turn (core)
        # hint: Three steps, each as in EncoderLayer: self.attention with
        # causal_mask(T), self.cross, self.feed_forward; norm1 to norm3.
        # hint: self.cross(x, memory_mask, memory): queries from x, the rest
        # from memory, which no norm touches here.
        causal = causal_mask(x.shape[-2])
        if self.pre_norm:
            x = x + self.attention(self.norm1(x), causal)
            x = x + self.cross(self.norm2(x), memory_mask, memory)
            return x + self.feed_forward(self.norm3(x))
        x = self.norm1(x + self.attention(x, causal))
        x = self.norm2(x + self.cross(x, memory_mask, memory))
        return self.norm3(x + self.feed_forward(x))

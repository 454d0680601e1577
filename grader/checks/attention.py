"""Checks for attention."""

import numpy as np

from grader import Explain, Mistake, check, close, exactly


def closed(*args):
    """Stand where something stood that would do the hole's work."""
    raise RuntimeError("this is to be written without the given ways of attention")


def alone(code, name):
    """Return a layer on arrays that cannot call on those for tensors."""
    for other in ("scaled_dot_product_attention", "self_attention"):
        setattr(code, other, closed)
    code.scaled_dot_product_attention_composed = closed
    return getattr(code, name)


@check("causal_mask", expect=exactly)
def nothing_ahead(code, rng):
    """each of T places may look at itself and at all before it"""
    return [code.causal_mask(T) for T in (4, 2, 7, *rng.integers(8, 80, size=3).tolist())]


@check("causal_mask", expect=exactly)
def last_of_more(code, rng):
    """fewer queries than places are the last of them"""
    T, more = rng.integers(5, 40, size=2).tolist()
    return [code.causal_mask(T, S) for T, S in ((2, 5), (1, 4), (3, 3), (4, 6), (T, T + more))]


@check("causal_mask", expect=exactly)
def one_place(code):
    """one place may look at itself"""
    return code.causal_mask(1), code.causal_mask(1, 1), str(code.causal_mask(1).dtype)


@check("causal_mask", expect=exactly)
def masks_of_ones_own(code):
    """each call returns a table of its own: what is written into one changes no other"""
    code.causal_mask(3)[:] = False
    code.causal_mask(2, 4)[:] = False
    return code.causal_mask(3), code.causal_mask(2, 4)


def asked(rng, *shape, T=4, S=6, D=3, M=5):
    """Return q, k, v with axes of different lengths."""
    return (
        rng.normal(size=(*shape, T, D)),
        rng.normal(size=(*shape, S, D)),
        rng.normal(size=(*shape, S, M)),
    )


def some(rng, *shape):
    """Return a mask in which every query may look somewhere."""
    mask = rng.random(shape) < 0.5
    seen = rng.integers(shape[-1])
    mask[..., seen] = True
    mask[..., 0, seen - 1] = False
    return mask


@check("attention_forward")
def weighted_means(code, rng):
    """each query gets a mean of the values, weighed by softmax of scaled scores"""
    forward = alone(code, "attention_forward")
    return forward(*asked(rng)), forward(*asked(rng, T=5, S=5, D=16, M=2))


@check("attention_forward")
def many_at_once(code, rng):
    """with any axes in front, each sequence and head by itself"""
    forward = alone(code, "attention_forward")
    return forward(*asked(rng, 2, 3)), forward(*asked(rng, 3, T=3, S=3, D=3, M=3))


@check("attention_forward")
def hidden_places(code, rng):
    """what a query may not look at has weight 0, and the others add up to 1"""
    forward = alone(code, "attention_forward")
    return (
        forward(*asked(rng), some(rng, 4, 6)),
        forward(*asked(rng, 2, 3), some(rng, 2, 3, 4, 6)),
        forward(*asked(rng, 2, T=5, S=5), np.tri(5, dtype=bool)),
    )


@check("attention_forward")
def hidden_for_all(code, rng):
    """a mask may be the same for all heads, all queries or all sequences"""
    padding = np.arange(6) < np.array([4, 6, 1])[:, None]  # (3, 6)
    forward = alone(code, "attention_forward")
    return (
        forward(*asked(rng, 3, 2), padding[:, None, None]),
        forward(*asked(rng, 3, 2), some(rng, 4, 6)),
        forward(*asked(rng, 2), some(rng, 1, 6)),
    )


@check("attention_forward")
def large_scores(code, rng):
    """scores of thousands overflow nowhere, and each row stands by itself"""
    q, k, v = asked(rng, 2, T=5, S=4)
    k[..., 0], q[..., 0] = 1.0, [-9e3, -2e3, 0.0, 2e3, 9e3]
    mask = some(rng, 5, 4)
    forward = alone(code, "attention_forward")
    return forward(q, k, v), forward(q, k, v, mask)


@check("attention_forward")
def the_best_is_hidden(code, rng):
    """the largest score may be a hidden one, far above those that count"""
    q, k, v = asked(rng, T=3, S=4, D=2)
    q[:, 0], k[:, 0] = 1.0, [0.0, 4e4, 1.0, -2e4]
    mask = np.array([[1, 0, 1, 1], [1, 0, 0, 1], [0, 0, 0, 1]], bool)
    return alone(code, "attention_forward")(q, k, v, mask)


@check("attention_forward", expect=close(1e-9, 1e-12))
def one_place_each(code, rng):
    """with one place to look at the weight is 1; one query, one channel will do"""
    forward = alone(code, "attention_forward")
    return (
        forward(*asked(rng, S=1)),
        forward(*asked(rng, T=1, D=1, M=1)),
        forward(*asked(rng, T=1, S=1), np.ones((1, 1), bool)),
    )


@check("attention_forward", expect=close(1e-4, 1e-5))
def single_precision(code, rng):
    """float32 stays float32"""
    arrays = [part.astype(np.float32) for part in asked(rng, 2)]
    forward = alone(code, "attention_forward")
    found = [*forward(*arrays), *forward(*arrays, some(rng, 4, 6))]
    return found, [str(array.dtype) for array in found]


@check("attention_forward")
def answers_that_last(code, rng):
    """a second call leaves alone what the first one gave"""
    forward = alone(code, "attention_forward")
    return [forward(*asked(rng, 2)) for _ in range(2)]


def attended(rng, *shape, mask=None, **sizes):
    """Return grad, q, k, v, weights, out, as they are on the way back."""
    q, k, v = asked(rng, *shape, **sizes)
    scores = np.einsum("...td,...sd->...ts", q, k) / q.shape[-1] ** 0.5
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = weights / weights.sum(axis=-1, keepdims=True)
    out = weights @ v
    return rng.normal(size=out.shape), q, k, v, weights, out


@check("attention_backward")
def slopes(code, rng):
    """the slopes in queries, keys and values"""
    backward = alone(code, "attention_backward")
    return backward(*attended(rng)), backward(*attended(rng, T=5, S=3, D=9, M=2))


@check("attention_backward")
def slopes_of_a_square(code, rng):
    """as many queries as keys, and as many channels: no shape tells what is what"""
    backward = alone(code, "attention_backward")
    return [backward(*attended(rng, T=n, S=n, D=n, M=n)) for n in (3, 4)]


@check("attention_backward")
def slopes_of_many(code, rng):
    """with any axes in front"""
    backward = alone(code, "attention_backward")
    return backward(*attended(rng, 2, 3)), backward(*attended(rng, 3, 1, 2))


@check("attention_backward")
def slopes_of_hidden_places(code, rng):
    """what nobody looked at gets no slope"""
    mask = np.arange(6) < 4
    found = alone(code, "attention_backward")(*attended(rng, 2, mask=mask))
    causal = np.tri(5, dtype=bool)
    return found, alone(code, "attention_backward")(*attended(rng, T=5, S=5, mask=causal))


@check("attention_backward")
def slopes_of_one_place(code, rng):
    """with one place to look at, queries and keys have no slope"""
    backward = alone(code, "attention_backward")
    return backward(*attended(rng, S=1)), backward(*attended(rng, T=1, D=1, M=1))


@check("attention_backward")
def faint_slopes(code, rng):
    """a place that is hardly looked at has a slope all the same"""
    grad, q, k, v, *_ = attended(rng, T=3, S=4, D=1)
    q[:], k[:, 0] = 1.0, [0.0, -9.0, -12.0, -15.0]
    weights = np.exp(q @ k.T)
    weights = weights / weights.sum(axis=-1, keepdims=True)
    return alone(code, "attention_backward")(1e4 * grad, q, k, v, weights, weights @ v)


@check("attention_backward", expect=close(1e-4, 1e-5))
def single_precision_slopes(code, rng):
    """float32 stays float32, and a second call leaves alone what the first one gave"""
    backward = alone(code, "attention_backward")
    every = [[a.astype(np.float32) for a in attended(rng, 2)] for _ in range(2)]
    found = [backward(*arrays) for arrays in every]
    return found, [str(array.dtype) for one in found for array in one]


@check("split_heads", expect=exactly)
def heads_apart(code, rng):
    """head h has the channels h D to (h + 1) D - 1, at every place"""
    return code.split_heads(rng.normal(size=(2, 5, 6)), 3), code.split_heads(
        rng.normal(size=(3, 4, 8)), 2
    )


@check("split_heads", expect=exactly)
def other_axes(code, rng):
    """one sequence, or more axes in front; one head, or as many as channels"""
    x = rng.normal(size=(2, 2, 3, 4))
    return [code.split_heads(part, heads) for part in (x, x[0, 1]) for heads in (1, 2, 4)]


@check("split_heads", expect=exactly)
def they_are_views(code):
    """the heads of an array are a view: what is written there stands in the array"""
    x = np.zeros((2, 3, 4), np.float32)
    heads = code.split_heads(x, 2)
    heads[:, 1] += 1
    heads[1, 0, 2] += 2
    return x, np.shares_memory(heads, x), str(heads.dtype)


@check("split_heads", expect=exactly)
def heads_of_a_tensor(code, rng):
    """the heads of a tensor are a tensor, and its gradient comes back in place"""
    x = code.Tensor(rng.normal(size=(2, 3, 6)), True)
    heads = code.split_heads(x, 3)
    heads.backward(rng.normal(size=heads.shape))
    return heads.data, x.grad


def drawn(model, rng):
    """Return a model whose parameters are random, in float64."""
    for p in model.parameters():
        p.data = rng.normal(size=p.shape) * (0.5 if p.ndim > 1 else 1.0) + (p.ndim < 2)
    return model


def heads_of(code, rng, C=6, heads=2, **rest):
    """Return several heads with random weights."""
    return drawn(code.MultiHeadAttention(C, heads, rng, **rest), rng)


def text(code, rng, *shape):
    """Return a sequence as a tensor that gets a gradient."""
    return code.Tensor(rng.normal(size=shape), True)


@check("MultiHeadAttention.forward")
def looks_at_itself(code, rng):
    """every head looks in channels of its own, and out brings them together"""
    return [heads_of(code, rng, 6, heads)(text(code, rng, 2, 5, 6)).data for heads in (2, 3)]


@check("MultiHeadAttention.forward")
def as_many_heads_as_places(code, rng):
    """with as many heads as places or channels, and with one of each"""
    found = [heads_of(code, rng, 4, heads)(text(code, rng, 1, 4, 4)) for heads in (4, 2, 1)]
    return [out.data for out in found], heads_of(code, rng, 2, 1)(text(code, rng, 1, 1, 2)).data


@check("MultiHeadAttention.forward")
def looks_through_a_mask(code, rng):
    """the mask says where a place may look"""
    x, causal = text(code, rng, 2, 5, 6), np.tri(5, dtype=bool)
    padding = (np.arange(5) < np.array([[3], [5]]))[:, None, None]
    layer = heads_of(code, rng)
    return [layer(x, mask).data for mask in (causal, padding, causal & padding)]


@check("MultiHeadAttention.forward")
def looks_at_memory(code, rng):
    """keys and values come from memory, where it is given"""
    x, memory = text(code, rng, 2, 3, 6), text(code, rng, 2, 5, 6)
    layer, mask = heads_of(code, rng), some(rng, 3, 5)
    return layer(x, None, memory).data, layer(x, mask, memory).data


@check("MultiHeadAttention.forward")
def turned_by_place(code, rng):
    """with rotary, queries and keys are turned by their places, values are not"""
    layer = heads_of(code, rng, 8, 2, rotary=True)
    x = text(code, rng, 2, 6, 8)
    return layer(x).data, layer(x, np.tri(6, dtype=bool)).data


@check("MultiHeadAttention.forward")
def gradients_of_all(code, rng):
    """the gradient reaches x, memory and all weights"""
    found = []
    for has_memory in (False, True):
        layer = heads_of(code, rng, 4, 2, rotary=not has_memory)
        x, memory = text(code, rng, 2, 3, 4), text(code, rng, 2, 5, 4)
        out = layer(x, None, memory if has_memory else None)
        out.backward(rng.normal(size=out.shape))
        found += [x.grad, memory.grad if has_memory else 0]
        found += [p.grad for p in layer.parameters()]
    return found


@check("MultiHeadAttention.forward", expect=close(1e-4, 1e-5))
def single_precision_heads(code, rng):
    """float32 stays float32, with rotary and without"""
    x = rng.normal(size=(1, 3, 4)).astype(np.float32)
    found = [code.MultiHeadAttention(4, 2, rng, rotary=r)(code.Tensor(x)).data for r in (0, 1)]
    return found, [str(array.dtype) for array in found]


@check("sinusoidal_positions", expect=close(1e-4, 1e-5))
def waves(code, rng):
    """columns 2i and 2i + 1 hold the sine and the cosine of t / 10000^(2i/C)"""
    sizes = [(5, 6), (50, 16), *rng.integers((10, 4), (60, 40), size=(2, 2)).tolist()]
    return [code.sinusoidal_positions(T, C + C % 2) for T, C in sizes]


@check("sinusoidal_positions", expect=close(1e-4, 1e-5))
def one_wave(code):
    """two channels have one wave; the first place stands at angle 0"""
    table = code.sinusoidal_positions(1, 4)
    return table, code.sinusoidal_positions(7, 2), str(table.dtype)


@check("sinusoidal_positions", expect=close(1e-4, 1e-5))
def waves_of_ones_own(code):
    """each call returns a table of its own: what is written into one changes no other"""
    code.sinusoidal_positions(3, 4)[:] = 7
    return code.sinusoidal_positions(3, 4)


def turned(code, x, positions, grad):
    """Return x turned, the gradient that comes back, and whether x and grad stay."""
    x, kept, sent = code.Tensor(x, True), x.copy(), grad.copy()
    out = code.rotary(x, positions)
    found = out.data.copy()
    out.backward(grad)
    return found, x.grad, x.data - kept, grad - sent


@check("rotary")
def turns_pairs(code, rng):
    """the pair 2i, 2i + 1 is turned by its place times 10000^(-2i/D)"""
    return turned(code, rng.normal(size=(5, 6)), np.arange(5), rng.normal(size=(5, 6)))


@check("rotary")
def turns_all_heads(code, rng):
    """with any axes in front, and with two channels only"""
    first, second = (2, 3, 4, 8), (2, 5, 2)
    return [
        turned(code, rng.normal(size=shape), np.arange(shape[-2]), rng.normal(size=shape))
        for shape in (first, second)
    ]


@check("rotary")
def any_places(code, rng):
    """positions may begin anywhere, leave places out, be negative or halves"""
    shape = 2, 4, 6
    return [
        turned(code, rng.normal(size=shape), np.array(places), rng.normal(size=shape))
        for places in ([7, 8, 9, 10], [0, 3, 2, 900], [-2.0, -0.5, 0.5, 1.0])
    ]


@check("rotary", expect=close(1e-3, 1e-4))
def single_precision_turns(code, rng):
    """float32 stays float32, whatever the positions are; place 0 stays as it is"""
    x = rng.normal(size=(3, 4)).astype(np.float32)
    out = [code.rotary(code.Tensor(x), np.array([0, 1, 2], kind)) for kind in (int, float)]
    return [tensor.data for tensor in out], [str(tensor.dtype) for tensor in out]


@check("rotary")
def turns_added_up(code, rng):
    """two calls stand beside each other, and share the gradient of their sum"""
    x, y = (code.Tensor(rng.normal(size=(4, 6)), True) for _ in range(2))
    outs = code.rotary(x, np.arange(4)), code.rotary(y, np.arange(4) + 2)
    total = outs[0] + outs[1]
    total.backward(rng.normal(size=total.shape))
    return x.grad, y.grad, [out.data for out in outs]


def layer_of(code, rng, kind, pre_norm=True, C=6, heads=2, **rest):
    """Return a layer with random weights."""
    return drawn(getattr(code, kind)(C, heads, 8, rng, pre_norm, **rest), rng)


def back(out, rng, model, *inputs):
    """Return what comes out and the gradients of the inputs and all parameters."""
    out.backward(rng.normal(size=out.shape))
    return out.data, [x.grad for x in inputs], [p.grad for p in model.parameters()]


@check("EncoderLayer.forward")
def norm_first(code, rng):
    """with pre_norm each part reads a norm, and is added to what it was made of"""
    layer, x = layer_of(code, rng, "EncoderLayer"), text(code, rng, 2, 4, 6)
    return layer(x).data, layer(x * 100.0).data


@check("EncoderLayer.forward")
def norm_last(code, rng):
    """without pre_norm each sum goes through a norm"""
    layer, x = layer_of(code, rng, "EncoderLayer", False), text(code, rng, 2, 4, 6)
    return layer(x).data, layer(x * 100.0).data


@check("EncoderLayer.forward")
def masked_layer(code, rng):
    """the mask is for attention, in both kinds of layer"""
    x = text(code, rng, 2, 4, 6)
    padding = (np.arange(4) < np.array([[2], [4]]))[:, None, None]
    masks = np.tri(4, dtype=bool), padding
    layers = [layer_of(code, rng, "EncoderLayer", pre) for pre in (True, False)]
    return [layer(x, mask).data for layer in layers for mask in masks]


@check("EncoderLayer.forward")
def one_place_alone(code, rng):
    """one sequence of one place, with rotary"""
    layers = [layer_of(code, rng, "EncoderLayer", pre, 4, rotary=True) for pre in (True, False)]
    return [layer(text(code, rng, 1, 1, 4)).data for layer in layers]


@check("EncoderLayer.forward")
def gradients_of_the_layer(code, rng):
    """the gradient reaches x, attention, feed_forward and both norms"""
    found = []
    for pre_norm in (True, False):
        layer, x = layer_of(code, rng, "EncoderLayer", pre_norm), text(code, rng, 1, 3, 6)
        found.append(back(layer(x), rng, layer, x))
    return found


def decoded(code, rng, pre_norm, T=4, S=3, mask=None):
    """Return a decoder layer, x and memory, and what comes out."""
    layer = layer_of(code, rng, "DecoderLayer", pre_norm)
    x, memory = text(code, rng, 2, T, 6), text(code, rng, 2, S, 6)
    return layer, x, memory, layer(x, memory, mask)


@check("DecoderLayer.forward")
def decodes_norm_first(code, rng):
    """with pre_norm: behind itself, in memory, by itself, each added on"""
    return [decoded(code, rng, True, *sizes)[-1].data for sizes in ((4, 3), (3, 5), (4, 4))]


@check("DecoderLayer.forward")
def decodes_norm_last(code, rng):
    """without pre_norm: the same, and each sum goes through a norm"""
    return [decoded(code, rng, False, *sizes)[-1].data for sizes in ((4, 3), (3, 5), (4, 4))]


@check("DecoderLayer.forward")
def sees_nothing_ahead(code, rng):
    """what comes later changes nothing before it"""
    found = []
    for pre_norm in (True, False):
        layer = layer_of(code, rng, "DecoderLayer", pre_norm)
        x, memory = rng.normal(size=(1, 5, 6)), text(code, rng, 1, 2, 6)
        whole = layer(code.Tensor(x), memory).data
        found += [
            whole - np.pad(layer(code.Tensor(x[:, :3]), memory).data, [(0, 0), (0, 2), (0, 0)])
        ]
    return found


@check("DecoderLayer.forward")
def parts_of_memory(code, rng):
    """memory_mask says where in memory a place may look"""
    padding = (np.arange(4) < np.array([[2], [4]]))[:, None, None]
    masks = padding, np.eye(4, dtype=bool)
    return [
        decoded(code, rng, pre_norm, 4, 4, mask)[-1].data
        for pre_norm in (True, False)
        for mask in masks
    ]


@check("DecoderLayer.forward")
def one_place_to_decode(code, rng):
    """one place, and a memory of one place"""
    return [decoded(code, rng, pre_norm, 1, 1)[-1].data for pre_norm in (True, False)]


@check("DecoderLayer.forward")
def gradients_of_the_decoder(code, rng):
    """the gradient reaches x, memory and all parts"""
    found = []
    for pre_norm in (True, False):
        layer, x, memory, out = decoded(code, rng, pre_norm)
        found.append(back(out, rng, layer, x, memory))
    return found


SCORED = "weights = (q * q.shape[-1] ** -0.5) @ k.mT"
MASKED = """\
    if mask is not None:
        np.copyto(weights, -np.inf, where=~mask)
"""
SOFTENED = """\
    weights -= weights.max(axis=-1, keepdims=True)
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=-1, keepdims=True)
"""

MISTAKES = [
    Mistake(
        "a query may not look at its own place",
        in_="causal_mask",
        old="S - T,",
        new="S - T - 1,",
    ),
    Mistake(
        "a query may look one place ahead",
        in_="causal_mask",
        old="S - T,",
        new="S - T + 1,",
    ),
    Mistake(
        "the queries count as the first of the places, not as the last",
        in_="causal_mask",
        old="np.tri(T, S, S - T, dtype=bool)",
        new="np.tri(T, S, dtype=bool)",
    ),
    Mistake(
        "every query counts as the very last place",
        in_="causal_mask",
        old="S - T,",
        new="S - 1,",
    ),
    Mistake(
        "it is True where a query may not look",
        in_="causal_mask",
        old="return np.tri",
        new="return ~np.tri",
    ),
    Mistake(
        "the table holds zeros and ones, which ~ does not turn round",
        in_="causal_mask",
        old="dtype=bool",
        new="dtype=int",
    ),
    Mistake(
        "a query looks ahead, and not back",
        in_="causal_mask",
        old="np.tri(T, S, S - T, dtype=bool)",
        new="np.triu(np.ones((T, S), bool), S - T)",
    ),
    Mistake(
        "the mask comes after the softmax: what is left does not add up to 1",
        in_="attention_forward",
        old=MASKED + SOFTENED,
        new=SOFTENED + MASKED.replace("-np.inf", "0.0"),
        lesson="Hide scores, not weights. After the softmax the hidden places have taken their "
        "share already, and what is left adds up to less than 1. Where nothing is hidden, or "
        "what is hidden had next to no weight, nothing shows.",
    ),
    Mistake(
        "the scores are not scaled",
        in_="attention_forward",
        old=SCORED,
        new="weights = q @ k.mT",
        lesson="A sum of D products of independent numbers spreads like the root of D, so the "
        "scores are divided by it. With one channel there is nothing to divide by; with many "
        "the softmax takes one place and forgets the rest, and hardly any slope comes back.",
    ),
    Mistake(
        "the scores are divided by D, not by its root",
        in_="attention_forward",
        old="** -0.5",
        new="** -1.0",
    ),
    Mistake(
        "the scores are scaled by the number of places",
        in_="attention_forward",
        old="q.shape[-1] ** -0.5",
        new="k.shape[-2] ** -0.5",
    ),
    Mistake(
        "the weights add up to 1 over the queries, not over the keys",
        in_="attention_forward",
        old="weights.sum(axis=-1, keepdims=True)",
        new="weights.sum(axis=-2, keepdims=True)",
        lesson="Each query shares out one whole over the keys, so a row adds up to 1. Add up a "
        "row of any weights you are not sure of: where rows and columns happen to have the same "
        "sums, the wrong axis does not show.",
    ),
    Mistake(
        "a hidden score is 0, which is a score like any other",
        in_="attention_forward",
        old="-np.inf",
        new="0.0",
    ),
    Mistake(
        "a hidden score is small, but larger than some that count",
        in_="attention_forward",
        old="-np.inf",
        new="-1e3",
    ),
    Mistake(
        "what may be seen is hidden, and what is hidden is seen",
        in_="attention_forward",
        old="where=~mask",
        new="where=mask",
    ),
    Mistake(
        "the mask is left out",
        in_="attention_forward",
        old="if mask is not None:",
        new="if False:",
    ),
    Mistake(
        "the largest score is not subtracted, so that exp overflows",
        in_="attention_forward",
        old="    weights -= weights.max(axis=-1, keepdims=True)\n",
        new="",
    ),
    Mistake(
        "the largest score of all rows is subtracted from each, and exp leaves zeros of some",
        in_="attention_forward",
        old="weights.max(axis=-1, keepdims=True)",
        new="weights.max()",
    ),
    Mistake(
        "the mask comes after exp: beside a hidden score far above, the rest is nothing",
        in_="attention_forward",
        old=MASKED + SOFTENED,
        new=SOFTENED.replace("    weights /=", MASKED.replace("-np.inf", "0.0") + "    weights /="),
    ),
    Mistake(
        "np.sqrt makes a float64 of D, which widens float32",
        in_="attention_forward",
        old="(q * q.shape[-1] ** -0.5)",
        new="(q / np.sqrt(q.shape[-1]))",
    ),
    Mistake(
        "np.sqrt makes a float64 of D, and the scores with it",
        in_="attention_forward",
        old=SCORED,
        new="weights = q @ k.mT / np.sqrt(q.shape[-1])",
    ),
    Mistake(
        "an array that came in is changed in place: it is the caller's",
        in_="attention_forward",
        old=SCORED,
        new="q *= q.shape[-1] ** -0.5\n    weights = q @ k.mT",
    ),
    Mistake(
        "a little is added to the sum, so that the weights do not add up to 1",
        in_="attention_forward",
        old="weights.sum(axis=-1, keepdims=True)",
        new="(weights.sum(axis=-1, keepdims=True) + 1e-6)",
    ),
    Mistake(
        "a hidden score is lowered by a number that a large score makes up for",
        in_="attention_forward",
        old="np.copyto(weights, -np.inf, where=~mask)",
        new="weights += np.where(mask, 0.0, -1e4).astype(q.dtype)",
    ),
    Mistake(
        "the largest score is taken from each column, not from each row",
        in_="attention_forward",
        old="weights.max(axis=-1, keepdims=True)",
        new="weights.max(axis=-2, keepdims=True)",
    ),
    Mistake(
        "the weights lie in one array for all calls, which the next one overwrites",
        in_="attention_forward",
        old="    weights -= weights.max",
        new="    weights = np.add(weights, 0, out=vars(attention_forward).setdefault(\n"
        "        f'{weights.shape}{weights.dtype}', weights))\n"
        "    weights -= weights.max",
    ),
    Mistake(
        "the scale is forgotten on the way back",
        in_="attention_backward",
        old="grad = grad * q.shape[-1] ** -0.5",
        new="grad = grad * 1.0",
    ),
    Mistake(
        "the slope in the values is scaled, too",
        in_="attention_backward",
        old="to_v = weights.mT @ grad",
        new="to_v = weights.mT @ grad * q.shape[-1] ** -0.5",
    ),
    Mistake(
        "softmax is taken for a function of one score each: the row's mean is not subtracted",
        in_="attention_backward",
        old='    to_scores -= np.einsum("...i,...i->...", grad, out)[..., None]\n',
        new="",
    ),
    Mistake(
        "the plain mean of the row is subtracted, not the weighted one",
        in_="attention_backward",
        old='np.einsum("...i,...i->...", grad, out)[..., None]',
        new="to_scores.mean(axis=-1, keepdims=True)",
    ),
    Mistake(
        "the mean is taken over the queries, not over the keys",
        in_="attention_backward",
        old='np.einsum("...i,...i->...", grad, out)[..., None]',
        new="(to_scores * weights).sum(axis=-2, keepdims=True)",
    ),
    Mistake(
        "the mean is subtracted after the weights were multiplied",
        in_="attention_backward",
        old='    to_scores -= np.einsum("...i,...i->...", grad, out)[..., None]\n'
        "    to_scores *= weights\n",
        new="    to_scores *= weights\n"
        '    to_scores -= np.einsum("...i,...i->...", grad, out)[..., None]\n',
    ),
    Mistake(
        "the slope in the scores is not multiplied by the weights",
        in_="attention_backward",
        old="    to_scores *= weights\n",
        new="",
    ),
    Mistake(
        "the weights are not transposed on the way to the values",
        in_="attention_backward",
        old="weights.mT @ grad",
        new="weights @ grad",
    ),
    Mistake(
        "the slope in the scores is not transposed on the way to the keys",
        in_="attention_backward",
        old="to_scores.mT @ q",
        new="to_scores @ q",
    ),
    Mistake(
        "queries and keys are exchanged at the end",
        in_="attention_backward",
        old="to_scores @ k, to_scores.mT @ q",
        new="to_scores.mT @ q, to_scores @ k",
    ),
    Mistake(
        "an array that came in is changed in place: another operation may share it",
        in_="attention_backward",
        old="grad = grad * q.shape[-1] ** -0.5",
        new="grad *= q.shape[-1] ** -0.5",
    ),
    Mistake(
        "np.sqrt makes a float64 of D, which widens float32",
        in_="attention_backward",
        old="grad = grad * q.shape[-1] ** -0.5",
        new="grad = grad / np.sqrt(q.shape[-1])",
    ),
    Mistake(
        "np.sqrt makes a float64 of D, and the slope in the scores with it",
        in_="attention_backward",
        old="""\
    grad = grad * q.shape[-1] ** -0.5  # once here, not twice below
    to_scores = grad @ v.mT  # the slope in the weights
    to_scores -= np.einsum("...i,...i->...", grad, out)[..., None]
    to_scores *= weights
""",
        new="""\
    to_scores = grad @ v.mT  # the slope in the weights
    to_scores -= np.einsum("...i,...i->...", grad, out)[..., None]
    to_scores = to_scores * weights / np.sqrt(q.shape[-1])
""",
    ),
    Mistake(
        "one reshape makes the heads, and mixes places with channels",
        in_="split_heads",
        old="x.reshape(*x.shape[:-1], heads, -1).swapaxes(-2, -3)",
        new="x.reshape(*x.shape[:-2], heads, x.shape[-2], -1)",
        lesson="A reshape reads the numbers in the order they lie in: place by place. So the "
        "heads have to be cut within a place first, and only then may the axes be exchanged. "
        "The shape is right either way.",
    ),
    Mistake(
        "a head has every H-th channel, not neighbours",
        in_="split_heads",
        old="x.reshape(*x.shape[:-1], heads, -1).swapaxes(-2, -3)",
        new="x.reshape(*x.shape[:-1], -1, heads).swapaxes(-1, -2).swapaxes(-2, -3)",
    ),
    Mistake(
        "the axis of the heads stays behind that of the places",
        in_="split_heads",
        old=".swapaxes(-2, -3)",
        new="",
    ),
    Mistake(
        "the last two axes are exchanged: channels come before places",
        in_="split_heads",
        old=".swapaxes(-2, -3)",
        new=".swapaxes(-2, -3).swapaxes(-1, -2)",
    ),
    Mistake(
        "the axes are counted from the front, which is right for three axes only",
        in_="split_heads",
        old=".swapaxes(-2, -3)",
        new=".swapaxes(1, 2)",
    ),
    Mistake(
        "the heads are a copy",
        in_="split_heads",
        old=".swapaxes(-2, -3)",
        new=".swapaxes(-2, -3) * 1",
    ),
    Mistake(
        "all heads look for the first head's keys",
        in_="MultiHeadAttention.forward",
        old="k = split_heads(self.key(memory), self.heads)",
        new="k = split_heads(self.key(memory), self.heads)[..., :1, :, :]",
        lesson="Heads are of use because each asks its own question of its own keys. Broadcasting "
        "hides this one: no shape is wrong. With one place to look at, all keys do equally well; "
        "change channels of the second head's keys only, and see whether anything moves.",
    ),
    Mistake(
        "all heads say what the first head's values are",
        in_="MultiHeadAttention.forward",
        old="v = split_heads(self.value(memory), self.heads)",
        new="v = split_heads(self.value(memory), self.heads)[..., :1, :, :]",
    ),
    Mistake(
        "the queries stand one place further on than the keys",
        in_="MultiHeadAttention.forward",
        old="q, k = rotary(q, places), rotary(k, places)",
        new="q, k = rotary(q, places + 1), rotary(k, places)",
        lesson="A score depends on the difference of two places only. Count both from 1 and "
        "nothing changes at all; count one from 1 and the other from 0, and every place takes "
        "its neighbour for itself. Where all places hold the same, no weight matters.",
    ),
    Mistake(
        "the values are turned, too",
        in_="MultiHeadAttention.forward",
        old="q, k = rotary(q, places), rotary(k, places)",
        new="q, k, v = rotary(q, places), rotary(k, places), rotary(v, places)",
    ),
    Mistake(
        "only the queries are turned, so that scores depend on where a sequence begins",
        in_="MultiHeadAttention.forward",
        old="q, k = rotary(q, places), rotary(k, places)",
        new="q = rotary(q, places)",
    ),
    Mistake(
        "the keys are turned the other way",
        in_="MultiHeadAttention.forward",
        old="rotary(k, places)",
        new="rotary(k, -places)",
    ),
    Mistake(
        "rotary is never asked for",
        in_="MultiHeadAttention.forward",
        old="if self.rotary:",
        new="if False:",
    ),
    Mistake(
        "the mask is not handed on",
        in_="MultiHeadAttention.forward",
        old="(q, k, v, mask)",
        new="(q, k, v)",
    ),
    Mistake(
        "the values come from x, not from memory",
        in_="MultiHeadAttention.forward",
        old="self.value(memory)",
        new="self.value(x)",
    ),
    Mistake(
        "queries come from memory, too",
        in_="MultiHeadAttention.forward",
        old="self.query(x)",
        new="self.query(memory)",
    ),
    Mistake(
        "the heads are reshaped without bringing the places back in front",
        in_="MultiHeadAttention.forward",
        old="self.out(merge_heads(out))",
        new="self.out(out.reshape(*x.shape))",
    ),
    Mistake(
        "the layer out is left out",
        in_="MultiHeadAttention.forward",
        old="self.out(merge_heads(out))",
        new="merge_heads(out)",
    ),
    Mistake(
        "queries and keys are made by one layer",
        in_="MultiHeadAttention.forward",
        old="self.query(x)",
        new="self.key(x)",
    ),
    Mistake(
        "memory is cut off from the record, so that no gradient reaches it",
        in_="MultiHeadAttention.forward",
        old="self.key(memory)",
        new="self.key(memory.detach())",
    ),
    Mistake(
        "all sines stand first, then all cosines",
        in_="sinusoidal_positions",
        old="table[:, ::2], table[:, 1::2] =",
        new="table[:, : C // 2], table[:, C // 2 :] =",
    ),
    Mistake(
        "sine and cosine are exchanged",
        in_="sinusoidal_positions",
        old="np.sin(angles), np.cos(angles)",
        new="np.cos(angles), np.sin(angles)",
    ),
    Mistake(
        "places are counted from 1",
        in_="sinusoidal_positions",
        old="np.arange(T)[:, None]",
        new="np.arange(1, T + 1)[:, None]",
    ),
    Mistake(
        "the exponent is i / C where it should be 2i / C",
        in_="sinusoidal_positions",
        old="np.arange(0, C, 2) / C",
        new="np.arange(C // 2) / C",
    ),
    Mistake(
        "the slow waves stand first: the exponent lacks its sign",
        in_="sinusoidal_positions",
        old="(-np.arange(0, C, 2) / C)",
        new="(np.arange(0, C, 2) / C - 1)",
    ),
    Mistake(
        "the exponent is 2i / (C - 2)",
        in_="sinusoidal_positions",
        old="/ C)",
        new="/ max(1, C - 2))",
    ),
    Mistake(
        "the slowest wave takes 1,000 radians, not 10,000",
        in_="sinusoidal_positions",
        old="10_000.0",
        new="1_000.0",
    ),
    Mistake(
        "the table is float64",
        in_="sinusoidal_positions",
        old="np.empty((T, C), np.float32)",
        new="np.empty((T, C))",
    ),
    Mistake(
        "the way back turns by the same angle, not by the negative one",
        in_="rotary",
        old="turned(grad, -sin)",
        new="turned(grad, sin)",
    ),
    Mistake(
        "the pairs are turned the other way",
        in_="rotary",
        old="    def turned(x, sin):\n",
        new="    sin = -sin\n\n    def turned(x, sin):\n",
    ),
    Mistake(
        "a channel is paired with the one D / 2 further on, as some libraries do",
        in_="rotary",
        old="""\
a, b, out = x[..., ::2], x[..., 1::2], np.empty_like(x)
        out[..., ::2] = a * cos - b * sin
        out[..., 1::2] = a * sin + b * cos
""",
        new="""\
a, b, out = x[..., : D // 2], x[..., D // 2 :], np.empty_like(x)
        out[..., : D // 2] = a * cos - b * sin
        out[..., D // 2 :] = a * sin + b * cos
""",
    ),
    Mistake(
        "both channels of a pair lose something: one sign is wrong, and lengths change",
        in_="rotary",
        old="a * sin + b * cos",
        new="b * cos - a * sin",
    ),
    Mistake(
        "the exponent is i / D where it should be 2i / D",
        in_="rotary",
        old="np.arange(0, D, 2) / D",
        new="np.arange(D // 2) / D",
    ),
    Mistake(
        "the places are counted from 0, whatever positions say",
        in_="rotary",
        old="positions[:, None]",
        new="np.arange(len(positions))[:, None]",
    ),
    Mistake(
        "positions are counted from where they begin",
        in_="rotary",
        old="positions[:, None]",
        new="(positions - positions[0])[:, None]",
    ),
    Mistake(
        "positions are made whole numbers",
        in_="rotary",
        old="positions[:, None]",
        new="positions.astype(int)[:, None]",
    ),
    Mistake(
        "cos and sin are float64 and widen float32",
        in_="rotary",
        old="""\
        a, b, out = x[..., ::2], x[..., 1::2], np.empty_like(x)
""",
        new="""\
        x = x.astype(float)
        a, b, out = x[..., ::2], x[..., 1::2], np.empty_like(x)
""",
    ),
    Mistake(
        "x itself is turned, in place",
        in_="rotary",
        old="x[..., 1::2], np.empty_like(x)",
        new="x[..., 1::2].copy(), x\n        a = a.copy()",
    ),
    Mistake(
        "the gradient that comes in is turned in place: another operation may share it",
        in_="rotary",
        old="(turned(grad, -sin),)",
        new="(np.copyto(grad, turned(grad, -sin)) or grad,)",
    ),
    Mistake(
        "no gradient comes back: the record is cut off",
        in_="rotary",
        old="(turned(grad, -sin),)",
        new="(turned(grad * 0, -sin),)",
    ),
    Mistake(
        "attention has nothing added to it: x goes no way round it",
        in_="EncoderLayer.forward",
        old="x = self.norm1(x + self.attention(x, mask))",
        new="x = self.norm1(self.attention(x, mask))",
        lesson="Without the way round it, what a place held survives only as far as attention "
        "hands it on. A place that finds itself in all it looks at does not show it: then the "
        "sum points the same way as its parts, and the norm takes away how long it is.",
    ),
    Mistake(
        "with pre_norm attention has nothing added to it",
        in_="EncoderLayer.forward",
        old="x = x + self.attention(self.norm1(x), mask)",
        new="x = self.attention(self.norm1(x), mask)",
    ),
    Mistake(
        "with pre_norm the feed-forward has nothing added to it",
        in_="EncoderLayer.forward",
        old="return x + self.feed_forward(self.norm2(x))",
        new="return self.feed_forward(self.norm2(x))",
    ),
    Mistake(
        "the last sum leaves out x",
        in_="EncoderLayer.forward",
        old="self.norm2(x + self.feed_forward(x))",
        new="self.norm2(self.feed_forward(x))",
    ),
    Mistake(
        "with pre_norm what is normed is added on, not x itself",
        in_="EncoderLayer.forward",
        old="x = x + self.attention(self.norm1(x), mask)",
        new="x = self.norm1(x)\n            x = x + self.attention(x, mask)",
    ),
    Mistake(
        "with pre_norm the feed-forward reads x without a norm",
        in_="EncoderLayer.forward",
        old="self.feed_forward(self.norm2(x))",
        new="self.feed_forward(x)",
    ),
    Mistake(
        "with pre_norm one norm does for both parts",
        in_="EncoderLayer.forward",
        old="self.feed_forward(self.norm2(x))",
        new="self.feed_forward(self.norm1(x))",
    ),
    Mistake(
        "pre_norm makes no difference: the norm always comes first",
        in_="EncoderLayer.forward",
        old="if self.pre_norm:",
        new="if True:",
    ),
    Mistake(
        "pre_norm is read the wrong way round",
        in_="EncoderLayer.forward",
        old="if self.pre_norm:",
        new="if not self.pre_norm:",
    ),
    Mistake(
        "with pre_norm the mask is not handed on",
        in_="EncoderLayer.forward",
        old="self.attention(self.norm1(x), mask)",
        new="self.attention(self.norm1(x))",
    ),
    Mistake(
        "without pre_norm the mask is not handed on",
        in_="EncoderLayer.forward",
        old="self.attention(x, mask)",
        new="self.attention(x)",
    ),
    Mistake(
        "there is no causal mask: a place sees what comes",
        in_="DecoderLayer.forward",
        old="causal = causal_mask(x.shape[-2])",
        new="causal = None",
    ),
    Mistake(
        "with pre_norm the look at memory lacks its mask",
        in_="DecoderLayer.forward",
        old="self.cross(self.norm2(x), memory_mask, memory)",
        new="self.cross(self.norm2(x), None, memory)",
    ),
    Mistake(
        "without pre_norm the look at memory lacks its mask",
        in_="DecoderLayer.forward",
        old="self.cross(x, memory_mask, memory)",
        new="self.cross(x, None, memory)",
    ),
    Mistake(
        "with pre_norm memory is normed as well",
        in_="DecoderLayer.forward",
        old="self.cross(self.norm2(x), memory_mask, memory)",
        new="self.cross(self.norm2(x), memory_mask, self.norm2(memory))",
    ),
    Mistake(
        "with pre_norm what was found in memory is not added on, but takes x's place",
        in_="DecoderLayer.forward",
        old="x = x + self.cross(",
        new="x = self.cross(",
    ),
    Mistake(
        "without pre_norm what was found in memory is not added on, but takes x's place",
        in_="DecoderLayer.forward",
        old="self.norm2(x + self.cross(",
        new="self.norm2(self.cross(",
    ),
    Mistake(
        "memory comes before what was written so far",
        in_="DecoderLayer.forward",
        old="""\
        x = self.norm1(x + self.attention(x, causal))
        x = self.norm2(x + self.cross(x, memory_mask, memory))
""",
        new="""\
        x = self.norm2(x + self.cross(x, memory_mask, memory))
        x = self.norm1(x + self.attention(x, causal))
""",
    ),
    Mistake(
        "with pre_norm the feed-forward shares a norm with the look at memory",
        in_="DecoderLayer.forward",
        old="self.feed_forward(self.norm3(x))",
        new="self.feed_forward(self.norm2(x))",
    ),
    Mistake(
        "pre_norm is read the wrong way round",
        in_="DecoderLayer.forward",
        old="if self.pre_norm:",
        new="if not self.pre_norm:",
    ),
    Mistake(
        "the causal mask is as wide as memory",
        in_="DecoderLayer.forward",
        old="causal_mask(x.shape[-2])",
        new="causal_mask(memory.shape[-2])",
    ),
]


def looked_up(code, q, k, v):
    """Return attention of small tables, and its weights."""
    return code.attention_forward(q, k, v)


def looked_up_masked(code, q, k, v, mask):
    """Return attention of small tables through a mask of zeros and ones."""
    return code.attention_forward(q, k, v, mask.astype(bool))


def handing_on(layer):
    """Return heads whose four layers hand on what they get."""
    for part in (layer.query, layer.key, layer.value, layer.out):
        part.weight.data = np.eye(len(part.weight.data))
    return layer


def two_heads(code, x):
    """Return what two heads make of a table with four columns."""
    layer = handing_on(code.MultiHeadAttention(4, 2, np.random.default_rng(0)))
    return layer(code.Tensor(x[None])).data[0]


def one_turned_head(code, x):
    """Return what one head with rotary makes of a table with two columns."""
    layer = handing_on(code.MultiHeadAttention(2, 1, np.random.default_rng(0), rotary=True))
    return layer(code.Tensor(x[None])).data[0]


def mean_added(code, x):
    """Return x through a layer that looks at all places alike, and thinks nothing."""
    C = x.shape[-1]
    layer = code.EncoderLayer(C, 1, 1, np.random.default_rng(0), pre_norm=False)
    attention = handing_on(layer.attention)
    attention.query.weight.data = attention.key.weight.data = np.zeros((C, C))
    layer.feed_forward.down.weight.data = np.zeros((1, C))
    return layer(code.Tensor(x[None])).data[0]


TABLES = (
    "`q`, `k` and `v` are tables: a row for each query, and a row of `k` and one of `v` for each "
    "place; out come `out` and `weights` of `attention_forward(q, k, v{})`."
)
PAIR = [[1.0], [2.0]]

EXPLAIN = [
    Explain(
        "late",
        why="the mask comes after the softmax: what is left does not add up to 1",
        causes={
            "hidden and visible are exchanged": "Entries are changed where ~mask is True, and "
            "~mask is True where mask says no.",
            "a hidden place keeps a small weight": "Its weight is set to 0.0, and stays that.",
            "the wrong axis is added up": "Both the largest and the sum are taken along axis -1, "
            "that of the keys.",
        },
        takes=TABLES.format(", mask") + " `mask` has a row for each query and a column for each "
        "place, 1 where the query may look and 0 where not.",
        call=looked_up_masked,
        example={"q": [[1.0]], "k": [[0.0], [-1000.0]], "v": PAIR, "mask": [[1, 0]]},
        witness={"q": [[1.0]], "k": [[0.0], [0.0]], "v": PAIR, "mask": [[1, 0]]},
    ),
    Explain(
        "sharp",
        why="the scores are not scaled",
        causes={
            "exp overflows where scores are large": "The row's largest score is subtracted "
            "first, so exp gets nothing above zero.",
            "queries and keys are exchanged": "Rows of q meet rows of k, and a row of scores "
            "belongs to a query.",
            "v is not softened": "Softmax is for the weights; v is what they weigh.",
        },
        takes=TABLES.format(""),
        call=looked_up,
        example={"q": PAIR, "k": PAIR, "v": PAIR},
        witness={"q": [[1.0, 1.0]], "k": [[0.0, 0.0], [1.0, 1.0]], "v": PAIR},
    ),
    Explain(
        "whole",
        why="the weights add up to 1 over the queries, not over the keys",
        causes={
            "the largest score is taken from the wrong axis": "It is that of the row, axis -1; "
            "and what is subtracted from a whole row makes no difference.",
            "the mask is upside down": "There is no mask here, and ~mask would be right.",
            "a weight can be negative": "exp is positive, and so is what it is divided by.",
        },
        takes=TABLES.format(""),
        call=looked_up,
        example={"q": [[1.0, 0.0], [0.0, 1.0]], "k": [[1.0, 0.0], [0.0, 1.0]], "v": PAIR},
        witness={"q": [[1.0, 0.0], [0.0, 0.0]], "k": [[1.0, 0.0], [0.0, 1.0]], "v": PAIR},
    ),
    Explain(
        "heads",
        why="all heads look for the first head's keys",
        causes={
            "the heads share their queries": "The queries are split into self.heads, and none "
            "is left out.",
            "the heads are merged in the wrong order": "merge_heads, which is given, undoes "
            "split_heads.",
            "memory is not looked at": "Keys and values are made of memory, which is x itself "
            "if there is none.",
        },
        takes="`x` is a table with four columns, one row for each place; two heads, whose layers "
        "`query`, `key`, `value` and `out` hand on what they get, so that the first head has the "
        "first two columns, make another table of it.",
        call=two_heads,
        example={"x": [[1.0, 0.0, 1.0, 0.0], [0.0, 2.0, 0.0, 2.0]]},
        witness={"x": [[1.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 3.0]]},
    ),
    Explain(
        "place",
        why="the queries stand one place further on than the keys",
        causes={
            "places are counted from 1, not from 0": "If all of them were, nothing would change: "
            "scores depend on differences.",
            "the values would have to be turned as well": "Nothing compares values; they are "
            "what is found.",
            "all heads are turned by the same angles": "They are, and that is meant: each head "
            "has channels of its own.",
        },
        takes="`x` is a table with two columns, one row for each place; one head with "
        "`rotary=True`, whose layers `query`, `key`, `value` and `out` hand on what they get, "
        "makes another table of it.",
        call=one_turned_head,
        example={"x": [[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]]},
        witness={"x": [[1.0, 2.0], [3.0, 1.0], [1.0, 2.0]]},
    ),
    Explain(
        "around",
        why="attention has nothing added to it: x goes no way round it",
        causes={
            "the norm stands in the wrong place": "Without pre_norm it comes after the sum; that "
            "is where it is.",
            "the mask is not handed on": "It is, in both branches.",
            "the feed-forward part is not added on": "Both branches add it to x.",
        },
        takes="`x` is a table, one row for each place; `EncoderLayer.forward` without `pre_norm` "
        "makes another table of it. Its attention gives every place the mean of all, its "
        "feed-forward part gives zeros.",
        call=mean_added,
        example={"x": [[100.0, 300.0, 800.0], [100.0, 300.0, 800.0]]},
        witness={"x": [[100.0, 300.0, 800.0], [900.0, 100.0, 100.0]]},
    ),
]

"""Checks for gpt."""

import numpy as np

from grader import Explain, Mistake, check, exactly

SIZES = {"vocabulary": 11, "context": 8, "C": 6, "layers": 2, "heads": 3}
GREEDY = {"temperature": 0}


def drawn(part, rng, dtype=float, size=0.5):
    """Give all of a part's parameters other numbers: gains and biases, too."""
    for p in part.parameters():
        p.data = (size * rng.normal(size=p.shape) + (p.ndim == 1) * 0.3).astype(dtype)
    return part


def tiny(code, rng, dtype=float, **sizes):
    """Return a small GPT with numbers that make a difference everywhere."""
    config = code.GPTConfig(**(SIZES | sizes))
    return drawn(code.GPT(config, np.random.default_rng(0)), rng, dtype)


def lively(code, rng, **sizes):
    """Return a small GPT that does not write the same token for ever."""
    model = tiny(code, rng, vocabulary=31, C=12, **sizes)
    table = model.wte.weight.data
    table /= np.sqrt((table * table).sum(axis=1, keepdims=True))
    model.wpe.weight.data *= 3
    for name, p in model.named(type_of(model)):
        if p.ndim == 1:
            p.data[...] = not name.endswith("bias")
        elif "c_" in name:
            p.data *= 8 if name.endswith("attn.c_proj.weight") else 2
    return model


def part(code, rng, name, **sizes):
    """Return an attention or a block of its own, and its config."""
    config = code.GPTConfig(**(SIZES | sizes))
    return drawn(getattr(code, name)(config, np.random.default_rng(0)), rng), config


def leaf(code, array):
    """Return a tensor that requires grad."""
    return code.nn.Tensor(array, requires_grad=True)


def slopes(module):
    """Return the gradients of a module's parameters, or None, by name."""
    return {name: p.grad for name, p in module.named(type_of(module)) if p.requires_grad}


def type_of(module):
    """Return the class of what a module learns."""
    return type(next(iter(module.parameters())))


def in_pieces(layer, code, x, cache, cuts):
    """Return what a layer makes of x, read a piece at a time."""
    with code.no_grad():
        return [layer(code.nn.Tensor(piece), cache).data for piece in np.split(x, cuts, axis=1)]


@check("count_parameters", expect=exactly)
def the_four_of_gpt2(code):
    """GPT-2 in its four sizes, from 124,439,808 on; from the sizes alone, nothing is built"""
    sizes = [(768, 12, 12), (1024, 24, 16), (1280, 36, 20), (1600, 48, 25)]
    return [code.count_parameters(code.GPTConfig(50257, 1024, *size)) for size in sizes]


@check("count_parameters", expect=exactly)
def models_of_all_sizes(code, rng):
    """other sizes, drawn by chance"""
    counts = []
    for _ in range(4):
        V, T, D, layers, heads = (int(i) for i in rng.integers(2, 20, size=5))
        counts.append(code.count_parameters(code.GPTConfig(V, T, D * heads, layers, heads)))
    return counts


@check("count_parameters", expect=exactly)
def the_smallest(code):
    """one of each; heads and dropout cost nothing; a whole number"""
    count = code.count_parameters
    return (
        count(code.GPTConfig(1, 1, 1, 1, 1)),
        count(code.GPTConfig(7, 5, 12, 2, 1)) - count(code.GPTConfig(7, 5, 12, 2, 6, 0.5)),
        isinstance(count(code.GPTConfig()), int | np.integer),
    )


@check("tied_head")
def scores_and_both_slopes(code, rng):
    """scores of each row against each token, and the slopes in rows and in table"""
    x, table = leaf(code, rng.normal(size=(4, 3))), leaf(code, rng.normal(size=(7, 3)))
    z = code.tied_head(x, table)
    z.backward(rng.normal(size=(4, 7)))
    return z.data, x.grad, table.grad


@check("tied_head")
def batches_of_places(code, rng):
    """several axes in front: the table's slope is a sum over all places; here V is C"""
    x, table = leaf(code, rng.normal(size=(2, 3, 5))), leaf(code, rng.normal(size=(5, 5)))
    z = code.tied_head(x, table)
    z.backward(rng.normal(size=(2, 3, 5)))
    return z.data, x.grad, table.grad


@check("tied_head")
def one_place_alone(code, rng):
    """x may be one row (C,), and a table of one token"""
    results = []
    for V in (6, 1):
        x, table = leaf(code, rng.normal(size=4)), leaf(code, rng.normal(size=(V, 4)))
        z = code.tied_head(x, table)
        z.backward(rng.normal(size=V))
        results.append((z.data, x.grad, table.grad))
    return results


@check("tied_head")
def the_table_is_read_twice(code, rng):
    """the table that embeds and scores gets the slopes of both together"""
    table, ids = leaf(code, rng.normal(size=(6, 4))), np.array([[2, 5, 2]])
    z = code.tied_head(code.nn.embedding(table, ids), table)
    z.backward(rng.normal(size=(1, 3, 6)))
    return z.data, table.grad


@check("tied_head", expect=exactly)
def kinds_and_what_is_recorded(code, rng):
    """float32 stays, grad is left as it is, and under no_grad nothing is recorded"""
    x, table = (leaf(code, rng.normal(size=(3, 4)).astype(np.float32)) for _ in range(2))
    grad = rng.normal(size=(3, 3)).astype(np.float32)
    kept = grad.copy()
    z = code.tied_head(x, table)
    parts = z.grad_fn(grad)
    kinds = [str(z.dtype)] + [str(np.asarray(p).dtype) for p in parts]
    with code.no_grad():
        quiet = code.tied_head(x, table)
    return kinds, np.array_equal(grad, kept), quiet.requires_grad, len(quiet.parents)


def keys_and_values(rng, *shape, dtype=float):
    """Return keys and values of a shape."""
    return rng.normal(size=shape).astype(dtype), rng.normal(size=shape).astype(dtype)


def empty_cache(code, B=2, context=6, dtype=float):
    """Return a cache in which what is not written is known: NaN."""
    cache = code.KVCache(code.GPTConfig(9, context, 6, 1, 3), B, dtype)
    cache.k[...] = cache.v[...] = np.nan
    return cache


@check("KVCache.append")
def one_after_the_other(code, rng):
    """each call returns all keys and all values so far, in order"""
    cache, seen = empty_cache(code), []
    for T in (2, 1, 3):
        k, v = cache.append(*keys_and_values(rng, 2, 3, T, 2))
        seen.append((np.array(k), np.array(v), cache.length))
    return seen


@check("KVCache.append")
def written_into_the_arrays(code, rng):
    """they are written into self.k and self.v themselves; what is behind them stays"""
    cache = empty_cache(code)
    k, v = cache.k, cache.v
    cache.append(*keys_and_values(rng, 2, 3, 3, 2))
    cache.append(*keys_and_values(rng, 2, 3, 1, 2))
    return k, v, cache.k is k and cache.v is v, cache.length


@check("KVCache.append", expect=exactly)
def the_caller_s_arrays_are_free_again(code, rng):
    """what was given may be changed afterwards, and is not changed itself; float32 stays"""
    cache = empty_cache(code, dtype=np.float32)
    k, v = keys_and_values(rng, 2, 3, 2, 2, dtype=np.float32)
    kept = k.copy(), v.copy()
    cache.append(k, v)
    same = np.array_equal(kept[0], k) and np.array_equal(kept[1], v)
    k[...] = v[...] = 7
    keys, values = cache.append(*keys_and_values(rng, 2, 3, 1, 2, dtype=np.float32))
    return same, np.array(keys), np.array(values), str(keys.dtype)


@check("KVCache.append", expect=exactly)
def up_to_the_brim(code, rng):
    """the last place can be written; one too many is refused, and changes nothing"""
    cache = empty_cache(code, B=1, context=3)
    cache.append(*keys_and_values(rng, 1, 3, 2, 2))
    k, v = cache.append(*keys_and_values(rng, 1, 3, 1, 2))
    k, v = np.array(k), np.array(v)
    try:
        cache.append(*keys_and_values(rng, 1, 3, 1, 2))
        said = "nothing"
    except ValueError:
        said = "ValueError"
    return k, v, said, cache.length, np.array_equal(cache.k, k)


@check("KVCache.append", expect=exactly)
def views_of_its_own_arrays(code, rng):
    """what is returned are views of self.k and self.v; the first piece may be one place"""
    cache, seen = empty_cache(code), []
    for T in (1, 2):
        k, v = cache.append(*keys_and_values(rng, 2, 3, T, 2))
        views = np.shares_memory(k, cache.k), np.shares_memory(v, cache.v)
        seen.append((np.array(k), np.array(v), cache.length, views))
    return seen


@check("KVCache.append")
def as_many_heads_as_places(code, rng):
    """sizes that are all alike: texts, heads, places and channels stay what they are"""
    cache = code.KVCache(code.GPTConfig(9, 4, 4, 1, 2), 2, float)
    cache.k[...] = cache.v[...] = 0
    cache.append(*keys_and_values(rng, 2, 2, 2, 2))
    k, v = cache.append(*keys_and_values(rng, 2, 2, 2, 2))
    return np.array(k), np.array(v), cache.length


@check("CausalSelfAttention.forward")
def looks_back_never_ahead(code, rng):
    """a batch without cache: what comes out, and all slopes"""
    layer, _ = part(code, rng, "CausalSelfAttention")
    x = leaf(code, rng.normal(size=(2, 5, 6)))
    out = layer(x)
    out.backward(rng.normal(size=(2, 5, 6)))
    return out.data, x.grad, slopes(layer)


@check("CausalSelfAttention.forward")
def with_a_cache_in_pieces(code, rng):
    """places read in pieces, some of several: as if read at once"""
    layer, config = part(code, rng, "CausalSelfAttention")
    cache, x = code.KVCache(config, 2, float), rng.normal(size=(2, 7, 6))
    return in_pieces(layer, code, x, cache, [3, 4, 6]), cache.length


@check("CausalSelfAttention.forward")
def what_the_cache_holds(code, rng):
    """keys and values go into the cache by heads, each where it belongs"""
    layer, config = part(code, rng, "CausalSelfAttention", heads=2)
    cache, x = code.KVCache(config, 3, float), rng.normal(size=(3, 4, 6))
    cache.k[...] = cache.v[...] = 0
    in_pieces(layer, code, x, cache, [1])
    return cache.k[:, :, :4], cache.v[:, :, :4], cache.length


@check("CausalSelfAttention.forward")
def one_place_one_head(code, rng):
    """the first place sees itself alone; one head; as many heads as channels"""
    results = []
    for heads in (1, 6):
        layer, config = part(code, rng, "CausalSelfAttention", heads=heads)
        x, cache = rng.normal(size=(1, 1, 6)), code.KVCache(config, 1, float)
        results += [layer(code.nn.Tensor(x)).data, *in_pieces(layer, code, x, cache, [])]
    return results


@check("CausalSelfAttention.forward")
def without_cache_and_without_slopes(code, rng):
    """under no_grad and without a cache the result is the same"""
    layer, _ = part(code, rng, "CausalSelfAttention")
    x = code.nn.Tensor(rng.normal(size=(2, 4, 6)))
    with code.no_grad():
        quiet = layer(x)
    return quiet.data, bool(quiet.requires_grad), layer(x).data


@check("CausalSelfAttention.forward", expect=exactly)
def float32_and_what_was_given(code, rng):
    """float32 stays, with a cache and without; x is left as it is"""
    layer, config = part(code, rng, "CausalSelfAttention")
    drawn(layer, rng, np.float32)
    x = rng.normal(size=(1, 3, 6)).astype(np.float32)
    kept, cache = x.copy(), code.KVCache(config)
    kinds = [str(layer(code.nn.Tensor(x)).dtype)]
    kinds += [str(out.dtype) for out in in_pieces(layer, code, x, cache, [2])]
    return kinds, np.array_equal(x, kept)


@check("Block.forward")
def two_sums(code, rng):
    """what comes out of a block, and all slopes"""
    block, _ = part(code, rng, "Block")
    x = leaf(code, rng.normal(size=(2, 4, 6)))
    out = block(x)
    out.backward(rng.normal(size=(2, 4, 6)))
    return out.data, x.grad, slopes(block)


@check("Block.forward")
def the_cache_is_for_attention(code, rng):
    """with a cache, in pieces: as if read at once"""
    block, config = part(code, rng, "Block")
    cache, x = code.KVCache(config, 2, float), rng.normal(size=(2, 6, 6))
    return in_pieces(block, code, x, cache, [1, 4]), cache.length


@check("Block.forward")
def where_the_dropout_stands(code, rng):
    """what each part adds is dropped, and never x itself"""
    block, _ = part(code, rng, "Block")
    x, met = rng.normal(size=(2, 3, 6)), []

    def drop(added):
        met.append(added.data.copy())
        return added * (len(met) + 1.0)

    block.drop = drop
    return block(code.nn.Tensor(x)).data, met


@check("Block.forward", expect=exactly)
def what_flows_past_is_left_as_it_is(code, rng):
    """parts that find nothing: x comes out as it went in; x is not changed; float32 stays"""
    block, _ = part(code, rng, "Block")
    drawn(block, rng, np.float32)
    x = rng.normal(size=(1, 3, 6)).astype(np.float32)
    kept = x.copy()
    with code.no_grad():
        moved = np.array_equal(block(code.nn.Tensor(x)).data, kept)
    for p in [*block.attn.c_proj.parameters(), *block.mlp.c_proj.parameters()]:
        p.data[...] = 0
    out = block(code.nn.Tensor(x)).data
    return out, str(out.dtype), np.array_equal(x, kept), moved


@check("GPT.forward")
def scores_of_a_batch(code, rng):
    """scores at each place of each text, to the end of the context; two layers and five"""
    ids = rng.integers(11, size=(3, 8))
    return [tiny(code, rng, layers=layers)(ids).data for layers in (2, 5)]


@check("GPT.forward")
def the_slopes_of_all(code, rng):
    """all slopes of the loss, the table's from both of its uses"""
    model, ids = tiny(code, rng), rng.integers(11, size=(2, 6))
    loss = model.loss(ids[:, :-1], ids[:, 1:])
    loss.backward()
    return loss.item(), slopes(model)


@check("GPT.forward")
def read_in_pieces(code, rng):
    """with a cache for each layer, in pieces: the scores are those of the whole text"""
    model, ids = tiny(code, rng), rng.integers(11, size=(2, 8))
    cache = model.new_cache(2)
    for one in cache:
        one.k[...] = one.v[...] = 0
    with code.no_grad():
        z = [model(piece, cache).data for piece in np.split(ids, [3, 4, 6], axis=1)]
    return z, [(one.length, one.k[:, :, :8]) for one in cache]


@check("GPT.forward")
def the_last_place_alone(code, rng):
    """with last the scores of the last place, (B, 1, V), with a cache and without"""
    model, ids = tiny(code, rng), rng.integers(11, size=(2, 5))
    cache = model.new_cache(2)
    with code.no_grad():
        cached = [model(p, cache, True).data for p in (ids[:, :3], ids[:, 3:])]
    return model(ids, None, True).data, cached


@check("GPT.forward", expect=exactly)
def last_spares_the_head(code, rng):
    """with last tied_head is asked about one place of each text, not about all"""
    model, ids, met, head = tiny(code, rng), rng.integers(11, size=(2, 5)), [], code.tied_head

    def spy(x, table):
        met.append(x.shape)
        return head(x, table)

    code.tied_head = spy
    model(ids, None, True)
    model(ids)
    with code.no_grad():
        model(ids, model.new_cache(2), True)
    return met


@check("GPT.forward")
def the_sum_is_dropped(code, rng):
    """self.drop gets the sum of token and place; one layer, one text, one token"""
    model, met = tiny(code, rng, layers=1), []

    def drop(x):
        met.append(np.array(x.data))
        return x * 2.0

    model.drop = drop
    return model([[3]]).data, model(np.array([[4, 4]], np.uint8)).data, met


@check("GPT.forward", expect=exactly)
def float32_is_kept(code, rng):
    """float32 stays; ids are left as they are"""
    model, ids = tiny(code, rng, np.float32), rng.integers(11, size=(2, 4))
    kept = ids.copy()
    return str(model(ids).dtype), str(model(ids, None, True).dtype), np.array_equal(ids, kept)


def after_steps(code, rng, *args, steps=3, grad=1.0, freeze=(), **rest):
    """Return a tiny model's parameters after steps of a configured optimiser."""
    model = tiny(code, rng, layers=1)
    for name, p in model.named(type_of(model)):
        p.requires_grad = name not in freeze
    optimiser = code.configure_optimiser(model, *args, **rest)
    for _ in range(steps):
        for p in model.parameters():
            p.grad = grad * rng.normal(size=p.shape)
        optimiser.step()
    return {name: p.data.copy() for name, p in model.named(type_of(model))}


@check("configure_optimiser")
def what_shrinks(code, rng):
    """without slopes, matrices and tables shrink; gains and biases stay"""
    return after_steps(code, rng, 0.1, 0.5, grad=0.0)


@check("configure_optimiser")
def steps_as_usual(code, rng):
    """three steps: rate, decay and betas as they are unless told"""
    return after_steps(code, rng, 0.01)


@check("configure_optimiser")
def other_settings(code, rng):
    """decay, betas and epsilon as told"""
    return after_steps(code, rng, 0.02, 0.3, betas=(0.5, 0.7), epsilon=0.1)


@check("configure_optimiser")
def no_decay_at_all(code, rng):
    """a decay of 0, and a rate of 0"""
    return after_steps(code, rng, 0.1, 0.0), after_steps(code, rng, 0.0, steps=1)


@check("configure_optimiser")
def what_is_frozen(code, rng):
    """what does not require slopes is left alone, a bias and a table among it"""
    return after_steps(code, rng, 0.1, freeze=("wpe.weight", "h.0.mlp.c_fc.bias"))


@check("next_probabilities")
def hot_and_cold(code, rng):
    """scores divided by the temperature, then the softmax"""
    z = rng.normal(size=9)
    return [code.next_probabilities(z, t) for t in (1.0, 0.3, 2.5)]


@check("next_probabilities")
def the_k_largest(code, rng):
    """with top_k only the k largest scores of each row stay, with their shares"""
    z = rng.normal(size=(3, 8))
    return [code.next_probabilities(z, 1.0, k) for k in (1, 2, 5, 8, 100)]


@check("next_probabilities")
def the_nucleus(code, rng):
    """with top_p the most probable stay, the one that reaches top_p among them"""
    z = 1.5 * rng.normal(size=(4, 10))
    return [code.next_probabilities(z, top_p=p) for p in (0.1, 0.5, 0.8, 0.95)]


@check("next_probabilities")
def by_numbers_that_divide(code):
    """a half, a quarter and two eighths, with top_p between and below their sums"""
    z = np.log([0.125, 0.5, 0.125, 0.25])
    return [code.next_probabilities(z, 1.0, None, p) for p in (0.01, 0.4, 0.6, 0.7, 0.8, 1.0)]


@check("next_probabilities")
def all_three(code, rng):
    """first the temperature, then top_k, then top_p of what top_k has left"""
    z = rng.normal(size=(2, 3, 12))
    settings = [(0.5, 4, 0.7), (3.0, 6, 0.6), (2.0, 3, 0.9), (1.5, 12, 0.5)]
    return [code.next_probabilities(z, *how) for how in settings]


@check("next_probabilities")
def ties_at_the_edge(code):
    """what ties with the last that stays, stays as well"""
    z = np.array([[2.0, 0.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0, 0.0]])
    by_k = [code.next_probabilities(z, 1.0, k) for k in (1, 2, 3)]
    return by_k, [code.next_probabilities(z, 1.0, None, p) for p in (0.3, 0.55)]


@check("next_probabilities")
def far_apart(code):
    """scores of a thousand, and of minus infinity, do no harm"""
    z = np.array([[1000.0, 999.0, -1000.0, 998.5], [-np.inf, 1.0, 0.5, -np.inf]])
    how = [(1.0,), (0.01,), (1.0, 3), (1.0, None, 0.9), (1.0, 3, 0.7)]
    return [code.next_probabilities(z, *each) for each in how]


@check("next_probabilities", expect=exactly)
def nothing_is_left_of_what_goes(code, rng):
    """what does not stay has the chance 0, and so has a score of minus infinity"""
    z = rng.normal(size=(3, 8))
    z[:, 2] = -np.inf
    hows = [(1.0, 3), (1.0, None, 0.6), (0.7, 5, 0.8), (1.0,)]
    return [code.next_probabilities(z, *how) == 0 for how in hows]


@check("next_probabilities", expect=exactly)
def top_p_reached_to_the_last_bit(code):
    """where those before have exactly top_p, a token goes: halves, quarters, eighths"""
    z = -np.log(2.0) * np.array([2.0, 0.0, 2.0, 1.0])
    return [code.next_probabilities(z, 1.0, None, p) > 0 for p in (0.5, 0.75)]


@check("next_probabilities", expect=exactly)
def all_of_it_and_none_of_it(code, rng):
    """top_p = 1 keeps the rarest, too; temperature 0 is the first of the largest; float32 stays"""
    z = np.array([0, -20, -60, -40], np.float32) + rng.normal(size=4).astype(np.float32)
    kept = z.copy()
    p = code.next_probabilities(z, 1.0, None, 1.0)
    cut = code.next_probabilities(z, 0.7, 3, 0.8)
    greedy = code.next_probabilities(np.array([1.0, 3.0, 3.0, 2.0]), 0)
    kinds = str(p.dtype), str(cut.dtype)
    return (p > 0).all(), kinds, greedy, np.array_equal(z, kept)


@check("generate", expect=exactly)
def the_likeliest_text(code, rng):
    """temperature 0 writes what scores highest, for each text of a batch"""
    model = lively(code, rng)
    ids = rng.integers(31, size=(3, 3))
    return code.generate(model, ids, 5, **GREEDY), code.generate(model, ids[:1], 1, **GREEDY)


@check("generate", expect=exactly)
def beyond_the_context(code, rng):
    """where the context is full, the newest half of it, rounded up, is read again"""
    written = []
    for context in (8, 5, 2, 1):
        model = lively(code, rng, context=context)
        written.append(code.generate(model, rng.integers(31, size=(2, 1)), 25, **GREEDY))
    return written


@check("generate", expect=exactly)
def a_long_prompt(code, rng):
    """of a prompt longer than the context its end is read, and all of it returned"""
    model = lively(code, rng, context=6)
    return [code.generate(model, rng.integers(31, size=(2, T)), 9, **GREEDY) for T in (6, 7, 15)]


@check("generate", expect=exactly)
def nothing_more(code, rng):
    """n = 0 returns the ids; they are not changed"""
    ids = rng.integers(31, size=(2, 4))
    kept = ids.copy()
    out = code.generate(lively(code, rng), ids, 0)
    code.generate(lively(code, rng), ids, 3, **GREEDY)
    return np.array(out), np.array_equal(ids, kept)


@check("generate", expect=exactly)
def each_token_is_read_once(code, rng):
    """with the cache, a token that was read is not read again; under no_grad, without dropout"""
    model, met = lively(code, rng, dropout=0.5), []
    forward = model.forward

    def spy(ids, *rest):
        met.append((np.shape(ids)[1], model.training, bool(code.recording.get())))
        return forward(ids, *rest)

    model.forward = spy
    text = code.generate(model, rng.integers(31, size=(2, 2)), 5, **GREEDY)
    few = sum(T for T, _, _ in met) <= 7
    modes = sorted({tuple(mode) for _, *mode in met})
    return text, few, modes, model.training, code.recording.get()


@check("generate", expect=exactly)
def only_the_last_place_is_scored(code, rng):
    """of a prompt only the last place is scored, by the last argument of the model"""
    model, met, head = lively(code, rng), [], code.tied_head

    def spy(x, table):
        met.append(np.prod(x.shape[:-1]))
        return head(x, table)

    code.tied_head = spy
    text = code.generate(model, rng.integers(31, size=(2, 6)), 2, **GREEDY)
    return text, bool(sum(met) <= 6)


@check("generate", expect=exactly)
def how_it_draws(code, rng):
    """rng and the settings are passed on: top_k = 1, tiny top_p, the same seed, another"""
    model, ids = lively(code, rng), rng.integers(31, size=(2, 3))
    model.wte.weight.data *= 0.05
    sure = [
        code.generate(model, ids, 5, np.random.default_rng(1), **how)
        for how in ({"top_k": 1}, {"top_p": 1e-9}, {"temperature": 0})
    ]
    texts = [
        code.generate(model, ids, 30, np.random.default_rng(seed)).tolist() for seed in (1, 1, 2)
    ]
    cool = code.generate(model, ids, 30, np.random.default_rng(1), temperature=0.9).tolist()
    greedy = code.generate(model, ids, 30, **GREEDY).tolist()
    alike = texts[0] == texts[1], texts[0] == texts[2], cool == greedy
    return sure, alike, texts[0][0][3:] == texts[0][1][3:]


@check("generate", expect=exactly)
def nothing_to_draw_with(code, rng):
    """without rng only what is sure is written; where there is a choice, an error"""
    model, ids, said = lively(code, rng), rng.integers(31, size=(2, 3)), []
    for how in ({}, {"top_k": 2}, {"top_k": 1}, GREEDY):
        try:
            said.append(code.generate(model, ids, 2, **how))
        except (TypeError, ValueError, AttributeError):
            said.append("an error")
    return said


@check("generate", expect=exactly)
def as_often_as_probable(code, rng):
    """many texts from one beginning: the second token follows the first as it should"""
    model = tiny(code, rng, vocabulary=3, layers=1)
    ids = np.zeros((1500, 1), int)
    texts = code.generate(model, ids, 2, rng, temperature=1.5)
    close_by = []
    for first in range(3):
        z = model(np.array([[0, first]])).data[0]
        p = [code.softmax(row / 1.5) for row in z]
        seen = texts[texts[:, 1] == first, 2]
        share = np.bincount(seen, minlength=3) / max(1, len(seen))
        slack = 5 * np.sqrt(p[1] * (1 - p[1]) / max(1, len(seen))) + 1e-9
        lots = np.mean(texts[:, 1] == first)
        close_by.append(bool(abs(lots - p[0][first]) < 0.08))
        close_by.append(bool((abs(share - p[1]) < slack).all()) or len(seen) < 50)
    return close_by, texts.shape


MISTAKES = [
    Mistake(
        "the head is counted as a table of its own",
        in_="count_parameters",
        old="return V * C + T * C",
        new="return 2 * V * C + T * C",
    ),
    Mistake(
        "the biases are forgotten",
        in_="count_parameters",
        old="block = 12 * C * C + 13 * C",
        new="block = 12 * C * C + 4 * C",
    ),
    Mistake(
        "the norms of a block are forgotten",
        in_="count_parameters",
        old="block = 12 * C * C + 13 * C",
        new="block = 12 * C * C + 9 * C",
    ),
    Mistake(
        "the last norm is forgotten",
        in_="count_parameters",
        old="config.layers * block + 2 * C",
        new="config.layers * block",
    ),
    Mistake(
        "the table of positions is forgotten",
        in_="count_parameters",
        old="V * C + T * C",
        new="V * C",
    ),
    Mistake(
        "each head is given keys, queries and values of all C channels",
        in_="count_parameters",
        old="block = 12 * C * C",
        new="block = (9 + 3 * config.heads) * C * C",
    ),
    Mistake(
        "one layer is counted, however many there are",
        in_="count_parameters",
        old="config.layers * block",
        new="block",
    ),
    Mistake(
        "a division makes the count a float",
        in_="count_parameters",
        old="block = 12 * C * C + 13 * C",
        new="block = C * (24 * C + 26) / 2",
    ),
    Mistake(
        "the slopes in the table are left out: it learns from the embedding alone",
        in_="tied_head",
        old="return (grad @ table.data).reshape(x.shape), grad.T @ rows",
        new="return (grad @ table.data).reshape(x.shape), None",
    ),
    Mistake(
        "the slopes in x are left out: nothing below the head learns",
        in_="tied_head",
        old="return (grad @ table.data).reshape(x.shape), grad.T @ rows",
        new="return 0 * x.data, grad.T @ rows",
    ),
    Mistake(
        "the slopes in the table are a mean over the places",
        in_="tied_head",
        old="grad.T @ rows\n",
        new="grad.T @ rows / len(rows)\n",
    ),
    Mistake(
        "scores are divided by the root of C, as in attention",
        in_="tied_head",
        old="z = (rows @ table.data.T)",
        new="z = (rows @ table.data.T * rows.shape[1] ** -0.5)",
    ),
    Mistake(
        "the slopes in x come from the table the wrong way round, which fits where V = C",
        in_="tied_head",
        old="(grad @ table.data)",
        new="(grad @ (table.data.T if len(table.data) == rows.shape[1] else table.data))",
    ),
    Mistake(
        "the axes in front are not put back",
        in_="tied_head",
        old="z = (rows @ table.data.T).reshape(*x.shape[:-1], table.shape[0])",
        new="z = rows @ table.data.T",
    ),
    Mistake(
        "it is recorded even under no_grad",
        in_="tied_head",
        old="return operation(z, (x, table), backward)",
        new="out = nn.Tensor(z, requires_grad=True)\n"
        "    out.parents, out.grad_fn = (x, table), backward\n    return out",
    ),
    Mistake(
        "all is computed in float64",
        in_="tied_head",
        old="rows = x.data.reshape(-1, x.shape[-1])",
        new="rows = x.data.reshape(-1, x.shape[-1]).astype(float)",
    ),
    Mistake(
        "length is not moved, so that the new overwrites the old",
        in_="KVCache.append",
        old="        self.length = end\n",
        new="",
    ),
    Mistake(
        "the new is written at the front",
        in_="KVCache.append",
        old="        self.k[:, :, start:end] = k\n        self.v[:, :, start:end] = v\n",
        new="        self.k[:, :, : end - start] = k\n        self.v[:, :, : end - start] = v\n",
    ),
    Mistake(
        "only what is new is returned",
        in_="KVCache.append",
        old="return self.k[:, :, :end], self.v[:, :, :end]",
        new="return self.k[:, :, start:end], self.v[:, :, start:end]",
    ),
    Mistake(
        "the whole arrays are returned, with what was never written",
        in_="KVCache.append",
        old="return self.k[:, :, :end], self.v[:, :, :end]",
        new="return self.k, self.v",
    ),
    Mistake(
        "the values are written over by the keys",
        in_="KVCache.append",
        old="self.v[:, :, start:end] = v",
        new="self.v[:, :, start:end] = k",
    ),
    Mistake(
        "new arrays take the place of those that were made for it",
        in_="KVCache.append",
        old="        self.k[:, :, start:end] = k\n        self.v[:, :, start:end] = v\n",
        new="        self.k, self.v = (\n"
        "            np.concatenate([own[:, :, :start], new, own[:, :, end:]], axis=2)\n"
        "            for own, new in ((self.k, k), (self.v, v)))\n",
    ),
    Mistake(
        "copies are returned: each new token costs a copy of all before it",
        in_="KVCache.append",
        old="return self.k[:, :, :end], self.v[:, :, :end]",
        new="return self.k[:, :, :end].copy(), self.v[:, :, :end].copy()",
    ),
    Mistake(
        "the arrays that it was given are kept, not what they hold",
        in_="KVCache.append",
        old="        self.length = end\n",
        new="        self.length = end\n        if not start:\n            self.first = k, v\n"
        "        for own, old in zip((self.k, self.v), self.first):\n"
        "            own[:, :, : old.shape[2]] = old\n",
    ),
    Mistake(
        "heads are taken for places",
        in_="KVCache.append",
        old="start, end = self.length, self.length + k.shape[2]",
        new="start, end = self.length, self.length + k.shape[1]",
    ),
    Mistake(
        "nothing hides what comes later",
        in_="CausalSelfAttention.forward",
        old="            mask = attention.causal_mask(T)\n",
        new="            mask = None\n",
    ),
    Mistake(
        "with a cache, places of one piece see each other, ahead as well",
        in_="CausalSelfAttention.forward",
        old="mask = attention.causal_mask(T, k.shape[2])",
        new="mask = np.ones((T, k.shape[2]), bool)",
        lesson="Token by token there is nothing ahead to see. A cache has to be tried with pieces "
        "of several tokens, after others, too: a prompt is one.",
    ),
    Mistake(
        "with a cache, the mask is made as if the piece were the first",
        in_="CausalSelfAttention.forward",
        old="mask = attention.causal_mask(T, k.shape[2])",
        new="mask = np.tri(T, k.shape[2], dtype=bool)",
    ),
    Mistake(
        "with a cache, only the new keys and values are looked at",
        in_="CausalSelfAttention.forward",
        old="k, v = cache.append(k, v)",
        new="cache.append(k, v)",
    ),
    Mistake(
        "nothing is written into the cache",
        in_="CausalSelfAttention.forward",
        old="        k, v = cache.append(k, v)",
        new="        k, v = (np.concatenate([old[:, :, : cache.length], new], axis=2)\n"
        "            for old, new in ((cache.k, k), (cache.v, v)))",
    ),
    Mistake(
        "keys and values change places in the cache",
        in_="CausalSelfAttention.forward",
        old="k, v = cache.append(k, v)",
        new="v, k = cache.append(v, k)",
    ),
    Mistake(
        "with a cache, queries and keys are taken for each other",
        in_="CausalSelfAttention.forward",
        old="q, k, v = (attention",
        new="k, q, v = (attention",
    ),
    Mistake(
        "the heads are not mixed by c_proj at the end",
        in_="CausalSelfAttention.forward",
        old="            return self.c_proj(out)",
        new="            return out",
    ),
    Mistake(
        "with a cache, the heads are laid end to end without swapping their axis back",
        in_="CausalSelfAttention.forward",
        old="attention.merge_heads(out)",
        new="out.reshape(x.shape)",
    ),
    Mistake(
        "x is made a bare array first, of float64: no slopes come back to it",
        in_="CausalSelfAttention.forward",
        old="qkv, T = self.c_attn(x), x.shape[1]",
        new="qkv, T = self.c_attn(nn.Tensor(x.data.astype(float))), x.shape[1]",
    ),
    Mistake(
        "whether slopes are recorded decides, not whether there is a cache",
        in_="CausalSelfAttention.forward",
        old="if cache is None:",
        new="if recording.get():",
    ),
    Mistake(
        "the norm comes after the sum, as in the first Transformer",
        in_="Block.forward",
        old="x = x + self.drop(self.attn(self.ln_1(x), cache))",
        new="x = self.ln_1(x + self.drop(self.attn(x, cache)))",
    ),
    Mistake(
        "the MLP reads x as it was before attention",
        in_="Block.forward",
        old="        x = x + self.drop(self.attn(self.ln_1(x), cache))\n"
        "        return x + self.drop(self.mlp(self.ln_2(x)))",
        new="        found = self.drop(self.attn(self.ln_1(x), cache))\n"
        "        return x + found + self.drop(self.mlp(self.ln_2(x)))",
    ),
    Mistake(
        "what attention finds takes the place of x",
        in_="Block.forward",
        old="x = x + self.drop(self.attn",
        new="x = self.drop(self.attn",
    ),
    Mistake(
        "what the MLP makes takes the place of x",
        in_="Block.forward",
        old="return x + self.drop(self.mlp",
        new="return self.drop(self.mlp",
    ),
    Mistake(
        "the first norm is used twice",
        in_="Block.forward",
        old="self.ln_2(x)",
        new="self.ln_1(x)",
    ),
    Mistake(
        "the cache is not passed on",
        in_="Block.forward",
        old="self.ln_1(x), cache)",
        new="self.ln_1(x))",
    ),
    Mistake(
        "x itself is dropped with what is added",
        in_="Block.forward",
        old="x = x + self.drop(self.attn(self.ln_1(x), cache))",
        new="x = self.drop(x + self.attn(self.ln_1(x), cache))",
    ),
    Mistake(
        "nothing of the MLP is dropped",
        in_="Block.forward",
        old="self.drop(self.mlp(self.ln_2(x)))",
        new="self.mlp(self.ln_2(x))",
    ),
    Mistake(
        "the sum is written into the array that went in",
        in_="Block.forward",
        old="        x = x + self.drop(self.attn(self.ln_1(x), cache))\n",
        new="        added = self.drop(self.attn(self.ln_1(x), cache))\n"
        "        if not recording.get():\n            x.data += added.data\n"
        "        else:\n            x = x + added\n",
    ),
    Mistake(
        "positions are counted from 0 in each piece",
        in_="GPT.forward",
        old="self.wpe(positions)",
        new="self.wpe(positions - positions[0])",
    ),
    Mistake(
        "nothing says where a token stands",
        in_="GPT.forward",
        old="self.wte(ids) + self.wpe(positions)",
        new="self.wte(ids)",
    ),
    Mistake(
        "the last norm is left out",
        in_="GPT.forward",
        old="x = self.ln_f(x[:, -1:] if last else x)",
        new="x = self.ln_f(x[:, -1:]) if last else x",
    ),
    Mistake(
        "all blocks share the cache of the first",
        in_="GPT.forward",
        old="x = block(x, caches[i])",
        new="x = block(x, caches[0])",
    ),
    Mistake(
        "the caches are not used",
        in_="GPT.forward",
        old="x = block(x, caches[i])",
        new="x = block(x)",
    ),
    Mistake(
        "each block reads the embeddings, not what the one before has made",
        in_="GPT.forward",
        old="            x = block(x, caches[i])\n        x = self.ln_f(x[",
        new="            out = block(x, caches[i])\n        x = out\n        x = self.ln_f(x[",
    ),
    Mistake(
        "the first place is taken for the last",
        in_="GPT.forward",
        old="x[:, -1:] if last",
        new="x[:, :1] if last",
    ),
    Mistake(
        "of the batch, not of the places, the last is taken",
        in_="GPT.forward",
        old="x[:, -1:] if last",
        new="x[-1:] if last",
    ),
    Mistake(
        "all places are scored first, and all but the last thrown away",
        in_="GPT.forward",
        old="        x = self.ln_f(x[:, -1:] if last else x)\n"
        "        return tied_head(x, self.wte.weight)",
        new="        z = tied_head(self.ln_f(x), self.wte.weight)\n"
        "        return z[:, -1:] if last else z",
    ),
    Mistake(
        "tokens are dropped, positions never",
        in_="GPT.forward",
        old="x = self.drop(self.wte(ids) + self.wpe(positions))",
        new="x = self.drop(self.wte(ids)) + self.wpe(positions)",
    ),
    Mistake(
        "nothing is dropped",
        in_="GPT.forward",
        old="x = self.drop(self.wte(ids) + self.wpe(positions))",
        new="x = self.wte(ids) + self.wpe(positions)",
    ),
    Mistake(
        "the head has a copy of the table, to which no slopes come",
        in_="GPT.forward",
        old="tied_head(x, self.wte.weight)",
        new="tied_head(x, self.wte.weight.detach())",
    ),
    Mistake(
        "everything is computed in float64",
        in_="GPT.forward",
        old="x = self.ln_f(x[:",
        new="x = nn.Tensor(x.data.astype(float)) if x.dtype == np.float32 else x\n"
        "        x = self.ln_f(x[:",
    ),
    Mistake(
        "everything shrinks, gains and biases as well",
        in_="configure_optimiser",
        old="if p.ndim < 2]",
        new="if p.ndim < 1]",
    ),
    Mistake(
        "what should shrink and what should not are taken for each other",
        in_="configure_optimiser",
        old="if p.ndim < 2]",
        new="if p.ndim >= 2]",
    ),
    Mistake(
        "the tables do not shrink, as if they were biases",
        in_="configure_optimiser",
        old="if p.ndim < 2]",
        new="if p.ndim < 2 or p is model.wte.weight or p is model.wpe.weight]",
    ),
    Mistake(
        "gains and biases are not learned at all",
        in_="configure_optimiser",
        old="    return nn.AdamW(learned,",
        new='    rest["no_decay"] = []\n    learned = [p for p in learned if p.ndim > 1]\n'
        "    return nn.AdamW(learned,",
    ),
    Mistake(
        "the decay is AdamW's own, whatever was asked for",
        in_="configure_optimiser",
        old="learning_rate, weight_decay, **rest)",
        new="learning_rate, **rest)",
    ),
    Mistake(
        "the decay is multiplied by the rate, which AdamW does itself",
        in_="configure_optimiser",
        old="learning_rate, weight_decay, **rest)",
        new="learning_rate, weight_decay * learning_rate, **rest)",
    ),
    Mistake(
        "betas are those of AdamW, whatever was asked for",
        in_="configure_optimiser",
        old="    return nn.AdamW(learned,",
        new='    rest.pop("betas")\n    return nn.AdamW(learned,',
    ),
    Mistake(
        "epsilon is AdamW's own, whatever was asked for",
        in_="configure_optimiser",
        old="    return nn.AdamW(learned,",
        new='    rest.pop("epsilon", 0)\n    return nn.AdamW(learned,',
    ),
    Mistake(
        "what is frozen is given to the optimiser as well",
        in_="configure_optimiser",
        old="learned = model.parameters()",
        new="learned = [p for _, p in model.named(nn.Parameter)]",
    ),
    Mistake(
        "scores are multiplied by the temperature",
        in_="next_probabilities",
        old="z = z / temperature",
        new="z = z * temperature",
    ),
    Mistake(
        "the temperature is not used, or divides the probabilities, where it cancels",
        in_="next_probabilities",
        old="    p = softmax(z)\n",
        new="    p = softmax(z * temperature) / temperature\n    p /= p.sum(-1, keepdims=True)\n",
    ),
    Mistake(
        "the k-th largest score itself is left out",
        in_="next_probabilities",
        old="z = np.where(z < least, -np.inf, z)",
        new="z = np.where((z <= least) & (z < 0) & (top_k < V), -np.inf, z)",
    ),
    Mistake(
        "one score too many stays",
        in_="next_probabilities",
        old="least = np.sort(z)[..., -top_k, None]",
        new="least = np.sort(z)[..., -min(top_k + 1, V), None]",
    ),
    Mistake(
        "the k smallest scores stay",
        in_="next_probabilities",
        old="z = np.where(z < least, -np.inf, z)",
        new="z = np.where(z > np.sort(z, axis=-1)[..., top_k - 1, None], -np.inf, z)",
    ),
    Mistake(
        "what was cut becomes 0, which is a score as any other",
        in_="next_probabilities",
        old="z = np.where(z < least, -np.inf, z)",
        new="z = np.where(z < least, 0, z)",
    ),
    Mistake(
        "the least score that stays is that of all rows together",
        in_="next_probabilities",
        old="z = np.where(z < least, -np.inf, z)",
        new="z = np.where(z < least.min(), -np.inf, z)",
    ),
    Mistake(
        "of scores that tie at the edge, only the first stay",
        in_="next_probabilities",
        old="    z = np.where(z < least, -np.inf, z)\n",
        new="    rank = np.argsort(np.argsort(-z, axis=-1, kind='stable'), axis=-1)\n"
        "    z = np.where(rank >= top_k, -np.inf, z)\n",
    ),
    Mistake(
        "a little is left of what is cut by top_k",
        in_="next_probabilities",
        old="z = np.where(z < least, -np.inf, z)",
        new="z = np.where(z < least, -100.0, z)",
    ),
    Mistake(
        "a little is left of what is cut by top_p",
        in_="next_probabilities",
        old="p = np.where(p < least, 0, p)",
        new="p = np.where(p < least, 1e-12, p)",
    ),
    Mistake(
        "one more stays where top_p is reached exactly",
        in_="next_probabilities",
        old="np.where(before < top_p, falling, 1)",
        new="np.where(before <= top_p, falling, 1)",
    ),
    Mistake(
        "the token with which top_p is reached is left out",
        in_="next_probabilities",
        old="before = falling.cumsum(axis=-1) - falling",
        new="before = falling.cumsum(axis=-1)\n        before[..., 0] = 0",
    ),
    Mistake(
        "top_p is not used, or the least probable are laid end to end first, so that all stay",
        in_="next_probabilities",
        old="falling = np.sort(p)[..., ::-1]",
        new="falling = np.sort(p)",
    ),
    Mistake(
        "the rows share one edge, the lowest of all",
        in_="next_probabilities",
        old="least = np.where(before < top_p, falling, 1).min(-1, keepdims=True)",
        new="least = np.where(before < top_p, falling, 1).min()",
        lesson="With one row the mean, the largest or the least of all is also that of the row. "
        "What is meant for each row has to be tried with two that differ.",
    ),
    Mistake(
        "what is left is not divided by its sum",
        in_="next_probabilities",
        old="        p /= p.sum(axis=-1, keepdims=True)\n",
        new="",
    ),
    Mistake(
        "top_p is measured on the share of all tokens, not of those that top_k has left",
        in_="next_probabilities",
        old="    z = np.where(z < least, -np.inf, z)\n    p = softmax(z)\n",
        new="    p = np.where(z < least, 0, softmax(z))\n"
        "    p /= p.sum(axis=-1, keepdims=True) if top_p == 1 else 1\n",
    ),
    Mistake(
        "a probability that is less than top_p is cut, without adding up",
        in_="next_probabilities",
        old="least = np.where(before < top_p, falling, 1).min(-1, keepdims=True)",
        new="least = np.minimum(1 - top_p, falling[..., :1])",
    ),
    Mistake(
        "of probabilities that tie at the edge, only the first stay",
        in_="next_probabilities",
        old="        p = np.where(p < least, 0, p)\n",
        new="        order = np.argsort(-p, axis=-1, kind='stable')\n"
        "        rank = np.argsort(order, axis=-1)\n"
        "        p = np.where(np.take_along_axis(before, rank, -1) < top_p, p, 0)\n",
    ),
    Mistake(
        "top_p = 1 is summed as well, and loses the rarest to rounding",
        in_="next_probabilities",
        old="if top_p < 1:",
        new="if top_p <= 1:",
    ),
    Mistake(
        "all is computed in float64",
        in_="next_probabilities",
        old="    p = softmax(z)\n",
        new="    p = softmax(z.astype(float))\n",
    ),
    Mistake(
        "the cache is thrown away when the context is full to the last place",
        in_="generate",
        old="if cache[0].length + new.shape[1] > context:",
        new="if cache[0].length + new.shape[1] >= context:",
        lesson="An edge is tried from both sides: with what fits exactly, and with one more.",
    ),
    Mistake(
        "the whole context is read again, for every token anew",
        in_="generate",
        old="new = ids[:, -((context + 1) // 2) :]",
        new="new = ids[:, -context:]",
    ),
    Mistake(
        "all but the last token is forgotten when the context is full",
        in_="generate",
        old="new = ids[:, -((context + 1) // 2) :]",
        new="new = ids[:, -1:]",
    ),
    Mistake(
        "the oldest half is read again, not the newest",
        in_="generate",
        old="new = ids[:, -((context + 1) // 2) :]",
        new="new = ids[:, -context:][:, : (context + 1) // 2]",
    ),
    Mistake(
        "half of the context is rounded down",
        in_="generate",
        old="new = ids[:, -((context + 1) // 2) :]",
        new="new = ids[:, -max(1, context // 2) :]",
    ),
    Mistake(
        "the settings are not passed on",
        in_="generate",
        old="next_probabilities(z, **how)",
        new='next_probabilities(z, float(how.get("temperature", 1) > 0))',
    ),
    Mistake(
        "the likeliest token is taken, whatever the settings",
        in_="generate",
        old="next_probabilities(z, **how)",
        new="next_probabilities(z, 0)",
    ),
    Mistake(
        "each text of the batch goes on as the first",
        in_="generate",
        old="new = draw(next_probabilities(z, **how), rng)[:, None]",
        new="new = draw(next_probabilities(z[:1], **how), rng)[:, None]\n"
        "            new = np.repeat(new, len(ids), axis=0)",
    ),
    Mistake(
        "a generator of its own draws, the same for every token",
        in_="generate",
        old="new = draw(next_probabilities(z, **how), rng)[:, None]",
        new="own = np.random.default_rng(0)\n"
        "            new = draw(next_probabilities(z, **how), own)[:, None]",
    ),
    Mistake(
        "the text is read again from its beginning for every token",
        in_="generate",
        old="            z = model(new, cache, True).data[:, -1]  # (B, V)\n",
        new="            past = cache[0].length\n"
        "            cache = model.new_cache(len(ids))\n"
        "            seen = ids[:, ids.shape[1] - past - new.shape[1] :]\n"
        "            z = model(seen, cache, True).data[:, -1]\n",
    ),
    Mistake(
        "without rng the likeliest is taken, though there is a choice",
        in_="generate",
        old="new = draw(next_probabilities(z, **how), rng)[:, None]",
        new="p = next_probabilities(z, **how)\n"
        "            new = (p.argmax(-1) if rng is None else draw(p, rng))[:, None]",
    ),
    Mistake(
        "all places of the prompt are scored, and all but the last thrown away",
        in_="generate",
        old="model(new, cache, True)",
        new="model(new, cache)",
    ),
    Mistake(
        "dropout goes on while the model writes",
        in_="generate",
        old="    with reading(model):\n",
        new="    with no_grad():\n",
    ),
    Mistake(
        "one token too many is written",
        in_="generate",
        old="for _ in range(n):",
        new="for _ in range(n + 1):",
    ),
    Mistake(
        "what was drawn is returned without what was there",
        in_="generate",
        old="    return ids\n",
        new="    return ids[:, ids.shape[1] - n :]\n",
    ),
]


def nucleus(code, z, top_p):
    """Return what next_probabilities makes of some rows of scores."""
    return code.next_probabilities(z, 1.0, None, top_p)


def read_by_pieces(code, pieces):
    """Return what attention makes of a text that is read in pieces of these lengths."""
    rng = np.random.default_rng(3)
    layer, config = part(code, rng, "CausalSelfAttention")
    cache, places = code.KVCache(config, 1, float), []
    with code.no_grad():
        for T in np.asarray(pieces, int):
            places.append(layer(code.nn.Tensor(rng.normal(size=(1, T, 6))), cache).data[0])
    return np.concatenate(places)


def lengths_read(code, T, n):
    """Return how many tokens the model was given at each call."""
    model, met = tiny(code, np.random.default_rng(4), context=6), []
    forward = model.forward

    def spy(ids, *rest):
        met.append(ids.shape[1])
        return forward(ids, *rest)

    model.forward = spy
    code.generate(model, np.zeros((1, int(T)), int), int(n), temperature=0)
    return np.array(met)


EXPLAIN = [
    Explain(
        "nucleus",
        why="the rows share one edge, the lowest of all",
        causes={
            "the token with which top_p is reached is left out": "before is what stands before a "
            "token, without it, so the one that reaches top_p stays.",
            "what is left is not divided by its sum": "The line below least and p does that, row "
            "by row.",
            "top_p is measured on what is not sorted": "falling is p with the largest first.",
        },
        takes="`z` has a row of scores for each text, and `top_p` is above 0 and below 1; out come "
        "the probabilities of each row.",
        call=nucleus,
        example={"z": [[2.0, 1.0, 0.0]], "top_p": 0.7},
        witness={"z": [[1.0, 0.7, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]], "top_p": 0.4},
    ),
    Explain(
        "pieces",
        why="with a cache, places of one piece see each other, ahead as well",
        causes={
            "what an earlier piece has written is not seen": "k and v come back from the cache "
            "with all that was read, and the mask has a column for each.",
            "keys and values change places in the cache": "They go in and come out in one order.",
            "the heads are not put side by side again": "merge_heads does that, before c_proj.",
        },
        takes="`pieces` are the lengths of the pieces in which a text is read with a cache, 8 "
        "tokens at most in all; out comes what attention makes of each place.",
        call=read_by_pieces,
        example={"pieces": [1, 1, 1]},
        witness={"pieces": [1, 2]},
    ),
    Explain(
        "full",
        why="the cache is thrown away when the context is full to the last place",
        causes={
            "the whole context is read again, for every token anew": "Where it begins again, "
            "(context + 1) // 2 tokens are read, not all.",
            "the prompt is read again with each token": "After the first call new is what was "
            "drawn, one token.",
            "an empty cache is made for every token": "That line stands under the if.",
        },
        takes="A model with a context of 6 tokens is given a prompt of `T` tokens and writes `n` "
        "more; out come the lengths of what it reads, call by call.",
        call=lengths_read,
        example={"T": 2, "n": 4},
        witness={"T": 2, "n": 5},
    ),
]

"""Oracle for attention: PyTorch and transformers with the same weights; what needs no library."""

import numpy as np
import pytest

import bookdata
import solutions.attention as attention
from solutions.attention import (
    DecoderLayer,
    EncoderLayer,
    MultiHeadAttention,
    attention_backward,
    attention_forward,
    causal_mask,
    merge_heads,
    rotary,
    scaled_dot_product_attention,
    scaled_dot_product_attention_composed,
    self_attention,
    sinusoidal_positions,
    split_heads,
)
from solutions.autograd import Tensor, concatenate, no_grad
from solutions.framework import AdamW, Linear, Module

WAYS = [scaled_dot_product_attention, scaled_dot_product_attention_composed]
CLOSE = {np.float32: 2e-5, np.float64: 1e-11}  # of the largest entry


@pytest.fixture(scope="module")
def digits():
    """Return 40 digits as sequences of their 8 rows, 8 channels each, in float64."""
    images = bookdata.digits().X_train[:40].reshape(40, 8, 8)
    return (images - images.mean()) / images.std()


def agree(ours, theirs, dtype=np.float64, times=1):
    theirs = theirs.detach().numpy() if hasattr(theirs, "detach") else theirs
    assert ours.shape == theirs.shape
    assert ours.dtype == dtype
    scale = max(1, np.abs(theirs).max())
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=times * CLOSE[dtype] * scale)


def qkv(rng, B, H, T, S, D, M=None, dtype=np.float64):
    sizes = (B, H, T, D), (B, H, S, D), (B, H, S, M or D)
    return [rng.normal(size=size).astype(dtype) for size in sizes]


def masks(rng, B, H, T, S):
    """Return masks of every kind; no query may look nowhere."""
    every = [(B, 1, 1, S), (T, S), (B, H, T, S), (S,), (1, H, T, 1), (B, 1, T, S)]
    drawn = [rng.random(size) < 0.4 for size in every]
    for mask in drawn:
        mask[..., rng.integers(mask.shape[-1])] = True
    return [None, *drawn] + ([causal_mask(T, S)] if T <= S else [])


SIZES = [(2, 3, 5, 7, 4), (3, 2, 130, 200, 8), (1, 1, 1, 1, 1), (20, 4, 128, 128, 32)]
SIZES += [(2, 2, 200, 70, 6), (1, 2, 64, 65, 3), (5, 1, 65, 64, 2)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sizes", SIZES)
def test_attention_agrees_with_pytorch_there_and_back(sizes, dtype):
    """Over one tile and over many, where the last tile is not full."""
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torch.nn.functional")
    rng = np.random.default_rng(0)
    B, H, T, S, D = sizes
    parts = qkv(rng, *sizes, M=D + 1, dtype=dtype)
    grad = rng.normal(size=(B, H, T, D + 1)).astype(dtype)
    for mask in masks(rng, B, H, T, S):
        twins = [torch.tensor(part, requires_grad=True) for part in parts]
        seen = None if mask is None else torch.tensor(mask).expand(B, H, T, S)
        wanted = functional.scaled_dot_product_attention(*twins, attn_mask=seen)
        wanted.backward(torch.tensor(grad))
        for way in WAYS:
            ours = [Tensor(part, True) for part in parts]
            out = way(*ours, mask)
            out.backward(grad)
            agree(out.data, wanted, dtype)
            for x, twin in zip(ours, twins, strict=True):
                agree(x.grad, twin.grad, dtype)


def test_rows_of_digits_that_look_at_each_other_agree_with_pytorch(digits):
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torch.nn.functional")
    twin = torch.tensor(digits, requires_grad=True)
    wanted = functional.scaled_dot_product_attention(twin, twin, twin, is_causal=True)
    wanted.backward(torch.ones_like(wanted))
    for way in WAYS:
        x = Tensor(digits, True)
        out = way(x, x, x, causal_mask(8))
        out.backward(np.ones(out.shape))
        agree(out.data, wanted)
        agree(x.grad, twin.grad)


def torch_heads(torch, layer):
    """Return PyTorch's heads with the same weights."""
    C = len(layer.query.weight.data)
    twin = torch.nn.MultiheadAttention(C, layer.heads, batch_first=True, dtype=torch.float64)
    ins = [layer.query, layer.key, layer.value]
    with torch.no_grad():
        twin.in_proj_weight.copy_(torch.tensor(np.concatenate([p.weight.data.T for p in ins])))
        twin.in_proj_bias.copy_(torch.tensor(np.concatenate([p.bias.data for p in ins])))
        copy_linear(torch, twin.out_proj, layer.out)
    return twin


def copy_linear(torch, twin, layer):
    with torch.no_grad():
        twin.weight.copy_(torch.tensor(layer.weight.data.T))
        twin.bias.copy_(torch.tensor(layer.bias.data))


def in_double(model, rng):
    """Return a model with random parameters in float64."""
    for p in model.parameters():
        p.data = rng.normal(size=p.shape) / 2
    return model


@pytest.mark.parametrize("heads", [1, 2, 4, 8])
def test_heads_agree_with_pytorch_s(digits, heads):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(heads)
    layer = in_double(MultiHeadAttention(8, heads, rng), rng)
    theirs = torch_heads(torch, layer)
    memory = rng.normal(size=(40, 5, 8))
    padding = np.arange(5) < rng.integers(1, 6, size=(40, 1))
    for with_memory in (False, True):
        x, twin = Tensor(digits, True), torch.tensor(digits, requires_grad=True)
        if with_memory:
            out = layer(x, padding[:, None, None], Tensor(memory))
            kv, hidden = torch.tensor(memory), {"key_padding_mask": torch.tensor(~padding)}
        else:
            out, kv = layer(x, causal_mask(8)), twin
            hidden = {"attn_mask": torch.tensor(~causal_mask(8))}
        wanted, _ = theirs(twin, kv, kv, need_weights=False, **hidden)
        grad = rng.normal(size=out.shape)
        out.backward(grad)
        wanted.backward(torch.tensor(grad))
        agree(out.data, wanted)
        agree(x.grad, twin.grad)


def copy_common(torch, twin, layer):
    """Copy what encoder and decoder layers have in common."""
    twin.self_attn = torch_heads(torch, layer.attention)
    copy_linear(torch, twin.linear1, layer.feed_forward.up)
    copy_linear(torch, twin.linear2, layer.feed_forward.down)
    with torch.no_grad():
        for name in ("norm1", "norm2", "norm3"):
            if hasattr(twin, name):
                for part in ("weight", "bias"):
                    ours = getattr(getattr(layer, name), part).data
                    getattr(getattr(twin, name), part).copy_(torch.tensor(ours))
    return twin


@pytest.mark.parametrize("pre_norm", [True, False])
def test_an_encoder_layer_agrees_with_pytorch_s(digits, pre_norm):
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torch.nn.functional")
    rng = np.random.default_rng(1)
    layer = in_double(EncoderLayer(8, 2, 20, rng, pre_norm), rng)
    theirs = torch.nn.TransformerEncoderLayer(
        *(8, 2, 20, 0.0),
        activation=lambda x: functional.gelu(x, approximate="tanh"),
        batch_first=True,
        norm_first=pre_norm,
        dtype=torch.float64,
    )
    copy_common(torch, theirs, layer)
    for mask in (None, causal_mask(8)):
        x, twin = Tensor(digits, True), torch.tensor(digits, requires_grad=True)
        out = layer(x, mask)
        wanted = theirs(twin, None if mask is None else torch.tensor(~mask))
        grad = rng.normal(size=out.shape)
        out.backward(grad)
        wanted.backward(torch.tensor(grad))
        agree(out.data, wanted)
        agree(x.grad, twin.grad)


@pytest.mark.parametrize("pre_norm", [True, False])
def test_a_decoder_layer_agrees_with_pytorch_s(digits, pre_norm):
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torch.nn.functional")
    rng = np.random.default_rng(2)
    layer = in_double(DecoderLayer(8, 4, 20, rng, pre_norm), rng)
    theirs = torch.nn.TransformerDecoderLayer(
        *(8, 4, 20, 0.0),
        activation=lambda x: functional.gelu(x, approximate="tanh"),
        batch_first=True,
        norm_first=pre_norm,
        dtype=torch.float64,
    )
    copy_common(torch, theirs, layer)
    theirs.multihead_attn = torch_heads(torch, layer.cross)
    memory = rng.normal(size=(40, 5, 8))
    padding = np.arange(5) < rng.integers(1, 6, size=(40, 1))
    x, twin = Tensor(digits, True), torch.tensor(digits, requires_grad=True)
    kept, other = Tensor(memory, True), torch.tensor(memory, requires_grad=True)
    out = layer(x, kept, padding[:, None, None])
    wanted = theirs(
        twin,
        other,
        tgt_mask=torch.tensor(~causal_mask(8)),
        memory_key_padding_mask=torch.tensor(~padding),
    )
    grad = rng.normal(size=out.shape)
    out.backward(grad)
    wanted.backward(torch.tensor(grad))
    agree(out.data, wanted)
    agree(x.grad, twin.grad)
    agree(kept.grad, other.grad)


def test_rotary_agrees_with_two_models_of_transformers():
    """GPT-J pairs neighbours, as the paper does; Llama pairs channels D / 2 apart."""
    torch = pytest.importorskip("torch")
    gptj = pytest.importorskip("transformers.models.gptj.modeling_gptj")
    llama = pytest.importorskip("transformers.models.llama.modeling_llama")
    rng = np.random.default_rng(0)
    B, H, T, D = 2, 3, 11, 8
    q, k, _ = qkv(rng, B, H, T, T, D)
    places = rng.permutation(50)[:T]
    table = gptj.create_sinusoidal_positions(50, D).double()  # made in float32
    sin, cos = torch.split(table[torch.tensor(places)][None], D // 2, dim=-1)
    wanted = gptj.apply_rotary_pos_emb(torch.tensor(q.swapaxes(1, 2).copy()), sin, cos)
    np.testing.assert_allclose(
        rotary(q, places).data, wanted.numpy().swapaxes(1, 2), rtol=0, atol=2e-5
    )
    angles = places[:, None] * 10_000.0 ** (-np.arange(0, D, 2) / D)
    angles = torch.tensor(np.concatenate([angles, angles], axis=-1))[None]
    apart = np.arange(D).reshape(-1, 2).T.ravel()  # 0 2 4 6 1 3 5 7
    theirs = llama.apply_rotary_pos_emb(
        torch.tensor(q[..., apart]), torch.tensor(k[..., apart]), angles.cos(), angles.sin()
    )
    for ours, twin in zip((q, k), theirs, strict=True):
        agree(rotary(ours, places).data[..., apart], twin)


def test_rotary_is_a_product_of_complex_numbers():
    rng = np.random.default_rng(0)
    x, places = rng.normal(size=(2, 7, 6)), rng.normal(size=7) * 100
    wheel = np.exp(1j * np.outer(places, 10_000.0 ** (-np.arange(3) / 3)))
    wanted = (x[..., ::2] + 1j * x[..., 1::2]) * wheel
    found = rotary(x, places).data
    np.testing.assert_allclose(found[..., ::2] + 1j * found[..., 1::2], wanted, rtol=1e-12)


# What needs no library


def test_turned_queries_and_keys_meet_by_the_difference_of_their_places():
    rng = np.random.default_rng(0)
    q, k = rng.normal(size=(2, 1, 16))
    scores = {}
    for m, n in np.ndindex(12, 12):
        score = rotary(q, [m]).data @ rotary(k, [n]).data.T
        scores.setdefault(m - n, []).append(score.item())
    for same in scores.values():
        np.testing.assert_allclose(same, same[0], rtol=1e-10, atol=1e-12)
    assert len(np.unique(np.round([same[0] for same in scores.values()], 9))) == 23


def test_rotary_keeps_lengths_and_its_way_back_undoes_it():
    rng = np.random.default_rng(0)
    x, places = Tensor(rng.normal(size=(3, 9, 4)), True), np.arange(9)
    out = rotary(x, places)
    np.testing.assert_allclose(np.square(out.data).sum(-1), np.square(x.data).sum(-1), rtol=1e-12)
    out.backward(out.data)
    np.testing.assert_allclose(x.grad, x.data, rtol=1e-12)


def test_waves_of_a_later_place_are_a_turn_of_those_before():
    """Vaswani et al., 3.5: a fixed linear map leads from each place to the one k further on."""
    table, C, k = np.float64(sinusoidal_positions(100, 8)), 8, 5
    turn = np.zeros((C, C))
    for i in range(0, C, 2):
        a = k * 10_000.0 ** (-i / C)
        turn[i : i + 2, i : i + 2] = [[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]
    np.testing.assert_allclose(table[k:], table[:-k] @ turn.T, atol=2e-6)
    assert sinusoidal_positions(3, 4).dtype == np.float32


def test_without_positions_attention_only_permutes():
    rng = np.random.default_rng(0)
    layer, x = in_double(EncoderLayer(8, 2, 16, rng), rng), rng.normal(size=(2, 9, 8))
    order = rng.permutation(9)
    np.testing.assert_allclose(layer(x[:, order]).data, layer(x).data[:, order], atol=1e-12)
    turned = in_double(EncoderLayer(8, 2, 16, rng, rotary=True), rng)
    assert np.abs(turned(x[:, order]).data - turned(x).data[:, order]).max() > 0.1
    other = x + sinusoidal_positions(9, 8)
    moved = x[:, order] + sinusoidal_positions(9, 8)
    assert np.abs(layer(moved).data - layer(other).data[:, order]).max() > 0.01


def test_rotary_heads_do_not_mind_where_a_sequence_begins():
    """What a place sees depends on differences: padding in front changes nothing behind."""
    rng = np.random.default_rng(0)
    layer, x = (
        in_double(MultiHeadAttention(8, 2, rng, rotary=True), rng),
        rng.normal(size=(1, 6, 8)),
    )
    padded = np.concatenate([rng.normal(size=(1, 3, 8)), x], axis=1)
    out = layer(padded, np.arange(9) >= 3)
    np.testing.assert_allclose(out.data[:, 3:], layer(x).data, atol=1e-12)


def test_weights_are_shares():
    rng = np.random.default_rng(0)
    q, k, v = qkv(rng, 2, 3, 6, 9, 4)
    for mask in masks(rng, 2, 3, 6, 9):
        out, weights = attention_forward(100 * q, k, v, mask)
        np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-12)
        assert (weights >= 0).all()
        if mask is not None:
            assert (weights[np.broadcast_to(~mask, weights.shape)] == 0).all()
        assert (out.max(axis=-2) <= v.max(axis=-2) + 1e-12).all()


def test_softmax_of_the_scores_only_knows_differences_of_keys():
    rng = np.random.default_rng(0)
    q, k, v = qkv(rng, 2, 2, 5, 7, 4)
    moved = k + rng.normal(size=4)  # adds one number to all scores of a query
    np.testing.assert_allclose(
        attention_forward(q, moved, v)[0], attention_forward(q, k, v)[0], atol=1e-12
    )


def test_gradients_agree_with_finite_differences():
    rng, h = np.random.default_rng(0), 1e-6
    every = [Tensor(part, True) for part in qkv(rng, 1, 2, 3, 4, 5)]
    grad, mask = rng.normal(size=(1, 2, 3, 5)), causal_mask(3, 4)
    for way in WAYS:
        for x in every:
            x.grad = None
        way(*every, mask).backward(grad)
        for x in every:
            for place in list(np.ndindex(x.shape))[::3]:
                kept = x.data[place]
                found = []
                for step in (h, -h):
                    x.data[place] = kept + step
                    found.append((way(*every, mask).data * grad).sum())
                x.data[place] = kept
                slope = (found[0] - found[1]) / (2 * h)
                np.testing.assert_allclose(x.grad[place], slope, atol=1e-8)


def layers(rng):
    """Yield each kind of layer with random parameters, and what it is called with."""
    x, memory = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 5, 4))
    padding = (np.arange(5) < np.array([[2], [5]]))[:, None, None]
    for pre_norm in (True, False):
        for turns in (True, False):
            yield in_double(EncoderLayer(4, 2, 6, rng, pre_norm, turns), rng), (x, causal_mask(3))
            decoder = DecoderLayer(4, 2, 6, rng, pre_norm, turns)
            yield in_double(decoder, rng), (x, memory, padding)


def test_slopes_of_layers_agree_with_finite_differences():
    rng, h = np.random.default_rng(0), 1e-6
    for layer, inputs in layers(rng):
        grad = rng.normal(size=(2, 3, 4))
        layer(*inputs).backward(grad)
        for p in layer.parameters():
            direction = rng.normal(size=p.shape)
            kept, found = p.data, []
            for step in (h, -h):
                p.data = kept + step * direction
                found.append((layer(*inputs).data * grad).sum())
            p.data = kept
            slope = (found[0] - found[1]) / (2 * h)
            np.testing.assert_allclose((p.grad * direction).sum(), slope, atol=1e-6)


# Tiles, views, precision


@pytest.mark.parametrize("rows, size", [(1, 1), (3, 20), (64, 1 << 17), (1000, 1 << 30)])
def test_tiles_of_any_size_give_the_same(monkeypatch, rows, size):
    monkeypatch.setattr(attention, "ROWS", rows)
    monkeypatch.setattr(attention, "TILE", size)
    rng = np.random.default_rng(0)
    parts, grad = qkv(rng, 5, 2, 7, 9, 4), rng.normal(size=(5, 2, 7, 4))
    for mask in masks(rng, 5, 2, 7, 9):
        found = []
        for way in WAYS:
            ours = [Tensor(part, True) for part in parts]
            out = way(*ours, mask)
            out.backward(grad)
            found.append([out.data, *(x.grad for x in ours)])
        for one, other in zip(*found, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-12)


def test_scores_that_nobody_may_look_at_are_not_computed(monkeypatch):
    sizes = []

    def counted(q, k, v, mask=None):
        sizes.append(q[..., 0].size * k.shape[-2])
        return attention_forward(q, k, v, mask)

    monkeypatch.setattr(attention, "attention_forward", counted)
    q, k, v = map(Tensor, qkv(np.random.default_rng(0), 1, 2, 1024, 1024, 4))
    with no_grad():
        scaled_dot_product_attention(q, k, v, causal_mask(1024))
    assert 2 * 1024**2 / 2 < sum(sizes) < 0.55 * 2 * 1024**2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_packed_attention_is_that_of_its_parts(dtype):
    rng = np.random.default_rng(0)
    for B, T, heads, D in ((2, 5, 3, 4), (3, 130, 2, 8), (1, 1, 1, 1)):
        packed = rng.normal(size=(B, T, 3 * heads * D)).astype(dtype)
        grad = rng.normal(size=(B, T, heads * D)).astype(dtype)
        for mask in (None, causal_mask(T)):
            one, other = Tensor(packed, True), Tensor(packed, True)
            out = self_attention(one, heads, mask)
            out.backward(grad)
            C = heads * D
            parts = [split_heads(other[..., i : i + C], heads) for i in (0, C, 2 * C)]
            wanted = merge_heads(scaled_dot_product_attention_composed(*parts, mask))
            wanted.backward(grad)
            agree(out.data, wanted.data, dtype)
            agree(one.grad, other.grad, dtype)


def test_heads_are_views_there_and_back(monkeypatch):
    seen = []

    def spy(forward):
        def call(*args):
            seen.extend(args[:4])
            return forward(*args)

        return call

    monkeypatch.setattr(attention, "attention_forward", spy(attention_forward))
    qkv = Tensor(np.random.default_rng(0).normal(size=(2, 5, 12)).astype(np.float32), True)
    out = self_attention(qkv, 2)
    assert all(np.shares_memory(part, qkv.data) for part in seen[:3])
    assert np.shares_memory(split_heads(qkv.data, 3), qkv.data)
    out.backward(np.ones(out.shape))
    assert qkv.grad.shape == (2, 5, 12)
    assert qkv.grad.dtype == np.float32
    assert merge_heads(split_heads(qkv.data, 3)).tolist() == qkv.data.tolist()


def test_single_precision_is_kept_everywhere():
    rng = np.random.default_rng(0)
    x, memory = (np.float32(rng.normal(size=(2, n, 8))) for n in (5, 3))
    x, memory = Tensor(x, True), Tensor(memory, True)
    for pre_norm in (True, False):
        encoder = EncoderLayer(8, 2, 16, rng, pre_norm, True)
        decoder = DecoderLayer(8, 2, 16, rng, pre_norm, True)
        out = decoder(encoder(x, causal_mask(5)), memory)
        out.backward(np.ones(out.shape))
        grads = [p.grad for m in (encoder, decoder) for p in m.parameters()]
        assert {a.dtype for a in (out.data, x.grad, memory.grad, *grads)} == {np.dtype("f4")}


def test_heads_may_share_keys_and_values():
    """What stands in front broadcasts, and the shared part's slope is a sum."""
    rng = np.random.default_rng(0)
    q, k, v = qkv(rng, 2, 4, 5, 6, 3)
    shared = [Tensor(a, True) for a in (q, k[:, :1], v[:1, :1])]
    grad = rng.normal(size=(2, 4, 5, 3))
    found = []
    for way in WAYS:
        for x in shared:
            x.grad = None
        out = way(*shared)
        out.backward(grad)
        found.append([out.data, *(x.grad for x in shared)])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_plain_tables_are_enough():
    rng = np.random.default_rng(0)
    q, k, v = (Tensor(part[0, 0], True) for part in qkv(rng, 1, 1, 4, 5, 3))
    outs = [way(q, k, v, causal_mask(4, 5)) for way in WAYS]
    np.testing.assert_allclose(outs[0].data, outs[1].data, atol=1e-12)
    assert outs[0].shape == (4, 3)
    outs[0].backward(np.ones((4, 3)))
    assert q.grad.shape == (4, 3)
    assert k.grad.shape == v.grad.shape == (5, 3)


# A model learns with it


def test_a_layer_learns_to_turn_a_sequence_round():
    """Only who knows where a number stands can do it."""
    rng = np.random.default_rng(0)

    class Turner(Module):
        def __init__(self):
            self.up = Linear(5, 32, rng)
            self.layer = EncoderLayer(32, 2, 64, rng)
            self.down = Linear(32, 5, rng)

        def forward(self, x):
            x = self.up(x) + sinusoidal_positions(x.shape[1], 32)
            return self.down(self.layer(x))

    model = Turner()
    optimiser, losses = AdamW(model.parameters(), 1e-2), []
    for _ in range(400):
        x = np.eye(5, dtype=np.float32)[rng.integers(5, size=(32, 6))]
        optimiser.zero_grad()
        loss = ((model(x) - x[:, ::-1]) ** 2).mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.02 < 0.2 < losses[0]


# Bad input


def test_parts_that_do_not_fit_are_named_by_their_shapes():
    good = (2, 3, 4), (2, 5, 4), (2, 5, 6)
    bad = [
        ((2, 3, 3), *good[1:]),  # channels
        (good[0], (2, 6, 4), good[2]),  # places
        ((3, 3, 4), *good[1:]),  # sequences
        ((4,), *good[1:]),
        ((), *good[1:]),
        ((2, 0, 4), *good[1:]),  # T = 0
        (good[0], (2, 0, 4), (2, 0, 6)),  # S = 0
        ((2, 3, 0), (2, 5, 0), good[2]),  # D = 0
    ]
    ways = [attention_forward, *WAYS]
    for shapes in bad:
        for way in ways:
            parts = [np.ones(shape) for shape in shapes]
            parts = parts if way is attention_forward else map(Tensor, parts)
            with pytest.raises(ValueError, match="do not fit") as caught:
                way(*parts)
            assert all(str(shape) in str(caught.value) for shape in shapes)


def callers(mask):
    """Return functions that attend through a mask for scores (2, 3, 4, 5)."""
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=size) for size in ((2, 3, 4, 6), (2, 3, 5, 6), (2, 3, 5, 6))]
    tensors = [Tensor(a) for a in arrays]
    layer = MultiHeadAttention(6, 3, rng)
    x, memory = Tensor(np.ones((2, 4, 6))), Tensor(np.ones((2, 5, 6)))
    return [
        lambda: attention_forward(*arrays, mask),
        lambda: scaled_dot_product_attention(*tensors, mask),
        lambda: scaled_dot_product_attention_composed(*tensors, mask),
        lambda: layer(x, mask, memory),
        lambda: DecoderLayer(6, 3, 8, rng)(x, memory, mask),
    ]


def test_masks_that_are_none_are_refused():
    for mask in (np.ones((4, 5)), np.zeros((4, 5), int), [[True] * 5] * 4, "causal", 1):
        for use in callers(mask):
            with pytest.raises(TypeError, match="mask must be an array of bool"):
                use()
    for shape in ((5, 4), (4, 4), (3, 4, 4), (2, 4, 5), (1, 2, 3, 4, 5), (2, 1, 1, 6)):
        for use in callers(np.ones(shape, bool)):
            with pytest.raises(ValueError, match="does not fit") as caught:
                use()
            assert str(shape) in str(caught.value) and "(2, 3, 4, 5)" in str(caught.value)


def test_a_query_that_may_look_nowhere_is_named():
    mask = np.ones((4, 5), bool)
    mask[2] = False
    for use in callers(mask):
        with pytest.raises(ValueError, match=r"mask\[2\] is False: it may look nowhere"):
            use()
    padding = np.ones((2, 1, 1, 5), bool)
    padding[1] = False
    for use in callers(padding):
        with pytest.raises(ValueError, match=r"mask\[1, 0, 0\] is False: it may look nowhere"):
            use()
    qkv = Tensor(np.ones((2, 4, 18)))
    with pytest.raises(ValueError, match=r"mask\[0\] is False: it may look nowhere"):
        self_attention(qkv, 3, ~np.ones((4, 4), bool))


def test_numbers_that_cannot_be_are_refused():
    rng = np.random.default_rng(0)
    x = Tensor(np.ones((2, 4, 6)))
    for make, error, words in (
        (lambda: causal_mask(0), ValueError, "T must be at least 1"),
        (lambda: causal_mask(2.0), TypeError, "T must be a whole number"),
        (lambda: causal_mask(3, 2), ValueError, "S must be at least 3, not 2"),
        (lambda: causal_mask(3, 4.0), TypeError, "S must be a whole number"),
        (lambda: split_heads(np.ones((2, 6)), 4), ValueError, r"4 heads .* \(2, 6\)"),
        (lambda: split_heads(np.ones((2, 6)), 0), ValueError, "heads must be at least 1"),
        (lambda: split_heads(np.ones((2, 6)), 2.0), TypeError, "heads must be a whole"),
        (lambda: split_heads(np.ones(6), 2), ValueError, r"2 heads .* \(6,\)"),
        (lambda: split_heads([[1.0, 2.0]], 1), ValueError, r"no \(..., T, C\)"),
        (lambda: merge_heads(np.ones(4)), ValueError, r"x must be of \(..., H, T, D\)"),
        (lambda: merge_heads([1]), ValueError, r"x must be of \(..., H, T, D\)"),
        (lambda: attention_forward(x.data, x.data, x.data, np.array(False)), ValueError, "mask is"),
        (lambda: rotary(np.ones((2, 4)), [0, np.nan]), ValueError, r"positions\[1\] is nan"),
        (lambda: MultiHeadAttention("4", 2, rng), TypeError, "C must be a whole number"),
        (lambda: MultiHeadAttention(4.0, 2, rng), TypeError, "C must be a whole number"),
        (lambda: MultiHeadAttention(-4, 2, rng), ValueError, "C must be at least 1"),
        (lambda: MultiHeadAttention(6, 4, rng), ValueError, r"4 heads .* \(1, 6\)"),
        (lambda: MultiHeadAttention(6, 0, rng), ValueError, "heads must be at least 1"),
        (lambda: MultiHeadAttention(6, 2, 0), TypeError, "rng must be"),
        (lambda: EncoderLayer(6, 4, 8, rng), ValueError, "4 heads"),
        (lambda: EncoderLayer(6, 2, 0, rng), ValueError, "must be at least 1"),
        (lambda: DecoderLayer(6, 4, 8, rng), ValueError, "4 heads"),
        (lambda: self_attention(x, 4), ValueError, r"\(2, 4, 6\)"),
        (lambda: self_attention(x, 0), ValueError, "heads must be at least 1"),
        (lambda: self_attention(Tensor(np.ones((4, 6))), 2), ValueError, r"\(4, 6\)"),
        (lambda: self_attention(Tensor(np.ones((2, 0, 6))), 2), ValueError, r"\(2, 0, 6\)"),
        (lambda: sinusoidal_positions(0, 4), ValueError, "T must be at least 1"),
        (lambda: sinusoidal_positions(3, 5), ValueError, "C must be even, not 5"),
        (lambda: sinusoidal_positions(3, 0), ValueError, "C must be at least 2"),
        (lambda: sinusoidal_positions(3, 4.0), TypeError, "C must be a whole number"),
        (lambda: rotary(np.ones((3, 5)), range(3)), ValueError, "must be even, not 5"),
        (lambda: rotary(np.ones(4), range(4)), ValueError, "channels of x must be at least"),
        (lambda: rotary(np.ones((3, 4)), range(4)), ValueError, r"\(3, 4\).*\(4,\)"),
        (lambda: rotary(np.ones((3, 4)), 2), ValueError, r"\(3, 4\).*\(\)"),
        (lambda: rotary(np.ones((3, 4)), list("abc")), TypeError, "positions must hold numbers"),
        (lambda: rotary(np.full((3, 4), "a"), range(3)), TypeError, "numbers"),
    ):
        with pytest.raises(error, match=words):
            make()


def test_a_decoder_without_memory_is_refused():
    layer = DecoderLayer(4, 2, 8, np.random.default_rng(0))
    with pytest.raises(ValueError, match="memory is missing"):
        layer(np.ones((1, 3, 4)), None)


def test_lists_are_taken_where_arrays_are_and_words_are_not():
    rng = np.random.default_rng(0)
    q, k, v = (x[0, 0] for x in qkv(rng, 1, 1, 3, 4, 2))
    out, weights = attention_forward(q, k, v)
    lists = q.tolist(), k.tolist(), v.tolist()
    for found, wanted in zip(attention_forward(*lists), (out, weights), strict=True):
        np.testing.assert_array_equal(found, wanted)
    wanted = attention_backward(out, q, k, v, weights, out)
    for found, slope in zip(attention_backward(out, *lists, weights, out), wanted, strict=True):
        np.testing.assert_array_equal(found, slope)
    for way in (scaled_dot_product_attention, scaled_dot_product_attention_composed):
        for parts in (lists, (q, k, v)):
            np.testing.assert_allclose(way(*parts).data, out, rtol=1e-12)
    words = np.full((3, 2), "a")
    for way in (attention_forward, scaled_dot_product_attention):
        with pytest.raises(TypeError, match="must hold numbers"):
            way(words, words, words)
    packed = rng.normal(size=(2, 3, 12))
    ours = self_attention(Tensor(packed), 2).data
    np.testing.assert_array_equal(self_attention(packed, 2).data, ours)


def test_slopes_that_do_not_fit_are_refused():
    q, k, v = (x[0] for x in qkv(np.random.default_rng(0), 1, 2, 3, 4, 5))
    out, weights = attention_forward(q, k, v)
    for parts in (
        (out[:, :2], q, k, v, weights, out),
        (out, q, k, v, weights.mT, out),
        (out, q, k, v, weights, out[:1]),
        (1.0, q, k, v, weights, out),
    ):
        with pytest.raises(ValueError, match=r"grad, weights and out must have shapes \[\(2, 3, "):
            attention_backward(*parts)


def test_a_memory_that_does_not_fit_is_named():
    rng = np.random.default_rng(0)
    layer, x = MultiHeadAttention(6, 2, rng), np.ones((2, 4, 6))
    for memory in (np.ones((2, 5, 4)), np.ones((3, 5, 6)), np.ones((2, 0, 6))):
        with pytest.raises(ValueError, match="fit|share"):
            layer(x, None, memory)
    with pytest.raises(ValueError, match="fit|share"):
        layer(np.ones((2, 4, 5)))
    with pytest.raises(ValueError, match="fit|share"):
        layer(np.ones((2, 0, 6)))
    turned = MultiHeadAttention(4, 2, rng, rotary=True)
    with pytest.raises(ValueError, match="one sequence"):
        turned(np.ones((1, 3, 4)), None, np.ones((1, 5, 4)))
    with pytest.raises(ValueError, match="must be even, not 3"):
        MultiHeadAttention(6, 2, rng, rotary=True)(x)


def test_whole_numbers_are_taken_and_arrays_stay_as_they_are():
    q = np.arange(12).reshape(3, 4)
    kept, mask = q.copy(), causal_mask(3)
    out, weights = attention_forward(q, q, q, mask)
    assert out.dtype == weights.dtype == float
    attention_backward(out, q, q, q, weights, out)
    assert (q == kept).all() and (mask == causal_mask(3)).all()
    assert rotary(q, range(3)).dtype == float
    rng = np.random.default_rng(0)
    assert MultiHeadAttention(4, 2, rng)(np.ones((1, 3, 4), int)).dtype == np.float32


def test_what_is_no_number_stays_visible():
    """A NaN is not refused here, as it would cost a look at every entry: it spreads."""
    rng = np.random.default_rng(0)
    q, k, v = qkv(rng, 1, 1, 3, 3, 2)
    q[0, 0, 1, 0] = np.nan
    with np.errstate(invalid="ignore"):
        out = scaled_dot_product_attention(*map(Tensor, (q, k, v))).data
    assert np.isnan(out[0, 0, 1]).all() and np.isfinite(out[0, 0, [0, 2]]).all()


def test_one_place_finds_itself():
    rng = np.random.default_rng(0)
    q, k, v = qkv(rng, 2, 1, 1, 1, 4)
    np.testing.assert_array_equal(attention_forward(q, k, v, causal_mask(1))[0], v)
    joined = concatenate([Tensor(v), Tensor(v)], -2)
    out = scaled_dot_product_attention(Tensor(q), concatenate([Tensor(k)] * 2, -2), joined)
    np.testing.assert_allclose(out.data, v, rtol=1e-12)

"""Oracle for gpt: transformers' GPT-2 and torch's AdamW, from the same weights."""

import tracemalloc

import numpy as np
import pytest

import bookdata
from solutions.autograd import Tensor, no_grad
from solutions.framework import AdamW, Parameter, Trainer, cross_entropy
from solutions.gpt import (
    GPT,
    Block,
    GPTConfig,
    KVCache,
    TokenWindows,
    configure_optimiser,
    count_parameters,
    draw,
    generate,
    loss_per_position,
    next_probabilities,
    reading,
    tied_head,
)
from solutions.ngrams import NGram
from solutions.training import clip_gradients, cosine_with_warmup, scheduled

SMALL = GPTConfig(65, 32, 48, 2, 4)
SHAPES = {
    "small": SMALL,
    "one head, one layer": GPTConfig(17, 8, 12, 1, 1),
    "as many heads as channels": GPTConfig(300, 16, 6, 3, 6),
    "wide": GPTConfig(65, 64, 64, 4, 4),
    "one place": GPTConfig(5, 1, 8, 2, 2),
}


@pytest.fixture(scope="module")
def ids():
    """Return Shakespeare's works to learn from, as ids of 65 characters or so."""
    works = bookdata.shakespeare()
    text = "".join(t for t, train in zip(works.texts, works.train, strict=True) if train)
    codes = np.frombuffer(text[:400_000].encode(), np.uint8)
    signs, ids = np.unique(codes, return_inverse=True)
    assert len(signs) > 60
    return ids


def widened(model):
    """Make all parameters float64."""
    for p in model.parameters():
        p.data = p.data.astype(float)
    return model


def shaken(model, seed=0):
    """Move all parameters, so that gains and biases matter."""
    rng = np.random.default_rng(seed)
    for p in model.parameters():
        p.data += (0.1 * rng.normal(size=p.shape)).astype(p.dtype)
    return model


def peer_of(config, model):
    """Return transformers' GPT-2 with the same weights, loaded by their names."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    theirs = transformers.GPT2Config(
        vocab_size=config.vocabulary,
        n_positions=config.context,
        n_embd=config.C,
        n_layer=config.layers,
        n_head=config.heads,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=None,
        eos_token_id=None,
    )
    peer = transformers.GPT2LMHeadModel(theirs)
    state = {f"transformer.{n}": torch.tensor(a) for n, a in model.state_dict().items()}
    missing, unexpected = peer.load_state_dict(state, strict=False)
    assert missing in ([], ["lm_head.weight"]) and not unexpected
    peer.tie_weights()
    return torch, peer.to(next(iter(state.values())).dtype)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("dtype, atol", [("float32", 1e-5), ("float64", 1e-12)])
def test_scores_are_those_of_transformers(name, dtype, atol):
    config = SHAPES[name]
    model = shaken(GPT(config, np.random.default_rng(0)))
    model = widened(model) if dtype == "float64" else model
    torch, peer = peer_of(config, model)
    ids = np.random.default_rng(1).integers(config.vocabulary, size=(3, config.context))
    z = model(ids).data
    assert z.dtype == dtype
    with torch.no_grad():
        wanted = peer(torch.tensor(ids)).logits.numpy()
    np.testing.assert_allclose(z, wanted, atol=atol * max(1, np.abs(wanted).max()), rtol=0)


def test_slopes_are_those_of_transformers():
    model = widened(shaken(GPT(SMALL, np.random.default_rng(0))))
    torch, peer = peer_of(SMALL, model)
    ids = np.random.default_rng(1).integers(65, size=(4, 21))
    loss = model.loss(ids[:, :-1], ids[:, 1:])
    loss.backward()
    z = peer(torch.tensor(ids[:, :-1])).logits.flatten(0, 1)
    theirs = torch.nn.functional.cross_entropy(z, torch.tensor(ids[:, 1:]).flatten())
    theirs.backward()
    assert loss.item() == pytest.approx(theirs.item(), rel=1e-12)
    wanted = {n.removeprefix("transformer."): p.grad for n, p in peer.named_parameters()}
    for name, p in model.named(Parameter):
        np.testing.assert_allclose(p.grad, wanted[name].numpy(), atol=1e-12, rtol=1e-9)


def test_parameters_have_gpt2_s_names_and_shapes():
    model = GPT(SMALL, np.random.default_rng(0))
    shapes = {name: p.shape for name, p in model.named(Parameter)}
    assert shapes["wte.weight"] == (65, 48) and shapes["wpe.weight"] == (32, 48)
    assert shapes["h.1.attn.c_attn.weight"] == (48, 144)
    assert shapes["h.0.mlp.c_fc.weight"] == (48, 192)
    assert shapes["h.0.mlp.c_proj.bias"] == shapes["ln_f.bias"] == (48,)
    _, peer = peer_of(SMALL, model)
    names = {n.removeprefix("transformer.") for n, _ in peer.named_parameters()}
    assert names == set(shapes)


@pytest.mark.parametrize(
    "sizes, count",
    [((768, 12, 12), 124_439_808), ((1024, 24, 16), 354_823_168), ((1600, 48, 25), 1_557_611_200)],
)
def test_parameters_are_as_many_as_gpt2_s(sizes, count):
    assert count_parameters(GPTConfig(50257, 1024, *sizes)) == count


@pytest.mark.parametrize("name", SHAPES)
def test_the_count_is_what_a_model_holds(name):
    model = GPT(SHAPES[name], np.random.default_rng(0))
    assert count_parameters(SHAPES[name]) == sum(p.data.size for p in model.parameters())


def test_the_initialisation_is_gpt2_s():
    model = GPT(GPTConfig(500, 200, 96, 8, 4), np.random.default_rng(0))
    for name, p in model.named(Parameter):
        if name.endswith("bias"):
            assert not p.data.any(), name
        elif p.ndim == 1:
            assert (p.data == 1).all(), name
        else:
            wanted = 0.02 / 4 if name.endswith("c_proj.weight") else 0.02
            assert p.data.std() == pytest.approx(wanted, rel=0.05), name
            assert abs(p.data.mean()) < 5 * wanted / p.data.size**0.5, name
        assert p.dtype == np.float32


def test_the_same_seed_makes_the_same_model():
    one, two, other = (GPT(SMALL, np.random.default_rng(seed)).state() for seed in (1, 1, 2))
    assert all((one[name] == two[name]).all() for name in one)
    assert (one["wte.weight"] != other["wte.weight"]).any()


def test_the_loss_curve_of_200_steps_is_pytorch_s(ids):
    """Shakespeare by character, float32: the same weights, the same batches, AdamW."""
    config = GPTConfig(int(ids.max()) + 1, 32, 32, 2, 2)
    model = GPT(config, np.random.default_rng(0))
    torch, peer = peer_of(config, model)
    matrices = [p for p in peer.parameters() if p.ndim > 1]
    rest = [p for p in peer.parameters() if p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}]
    theirs = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95))
    loader = TokenWindows(ids, 32, 8, np.random.default_rng(1), batches=200)
    batches, wanted = [], []
    trainer = Trainer(
        model,
        configure_optimiser(model, 1e-3),
        cross_entropy,
        loader,
        before_step=[scheduled(lambda step: cosine_with_warmup(step, 200, 20, 3e-3, 3e-4))],
        after_step=[lambda trainer: None],
    )
    deal = loader.batch

    def kept(order, i):
        batches.append(deal(order, i))
        return batches[-1]

    loader.batch = kept
    trainer.fit(1)
    for step, (x, y) in enumerate(batches):
        for group in theirs.param_groups:
            group["lr"] = cosine_with_warmup(step, 200, 20, 3e-3, 3e-4)
        z = peer(torch.tensor(np.ascontiguousarray(x))).logits
        y = torch.tensor(np.ascontiguousarray(y)).flatten()
        loss = torch.nn.functional.cross_entropy(z.flatten(0, 1), y)
        theirs.zero_grad()
        loss.backward()
        theirs.step()
        wanted.append(loss.item())
    np.testing.assert_allclose(trainer.losses, wanted, atol=1e-4, rtol=0)
    assert trainer.losses[0] > 4 and np.mean(trainer.losses[-20:]) < 3


@pytest.mark.parametrize("dtype, atol", [("float32", 1e-5), ("float64", 1e-10)])
@pytest.mark.parametrize("cuts", [[1, 2, 3], [5], [7, 8, 20], list(range(1, 32))])
def test_the_cache_gives_the_scores_of_the_whole_text(dtype, atol, cuts):
    model = shaken(GPT(SMALL, np.random.default_rng(0)))
    model = widened(model) if dtype == "float64" else model
    ids = np.random.default_rng(1).integers(65, size=(3, 32))
    cache = model.new_cache(3)
    with no_grad():
        z = [model(piece, cache).data for piece in np.split(ids, cuts, axis=1)]
        whole = model(ids).data
    np.testing.assert_allclose(np.concatenate(z, axis=1), whole, atol=atol, rtol=0)
    np.testing.assert_allclose(model(ids, None, True).data, whole[:, -1:], atol=atol, rtol=0)


def test_greedy_text_is_that_of_transformers():
    model = shaken(GPT(SMALL, np.random.default_rng(0)), 3)
    torch, peer = peer_of(SMALL, model)
    prompt = np.random.default_rng(1).integers(65, size=(4, 5))
    ours = generate(model, prompt, 27, temperature=0)
    theirs = peer.eval().generate(
        torch.tensor(prompt), max_new_tokens=27, do_sample=False, pad_token_id=0
    )
    np.testing.assert_array_equal(ours, theirs.numpy())


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.7])
@pytest.mark.parametrize("top_k", [None, 1, 7, 1000])
@pytest.mark.parametrize("top_p", [0.05, 0.5, 0.9, 1.0])
def test_probabilities_are_those_of_transformers_warpers(temperature, top_k, top_p):
    torch = pytest.importorskip("torch")
    process = pytest.importorskip("transformers.generation.logits_process")
    warpers = [process.TemperatureLogitsWarper(temperature)]
    warpers += [process.TopKLogitsWarper(top_k)] if top_k else []
    warpers += [process.TopPLogitsWarper(top_p)] if top_p < 1 else []
    z = 2 * np.random.default_rng(0).normal(size=(20, 50))
    scores = torch.tensor(z)
    for warper in warpers:
        scores = warper(None, scores)
    p = next_probabilities(z, temperature, top_k, top_p)
    np.testing.assert_allclose(p, scores.softmax(-1).numpy(), atol=1e-12)


def test_probabilities_by_closed_forms():
    z = np.log([0.5, 0.25, 0.125, 0.125])
    np.testing.assert_allclose(next_probabilities(z), [0.5, 0.25, 0.125, 0.125])
    halved = next_probabilities(z, temperature=0.5)
    np.testing.assert_allclose(halved, np.array([16, 4, 1, 1]) / 22)
    np.testing.assert_allclose(next_probabilities(z, top_k=2), [2 / 3, 1 / 3, 0, 0])
    np.testing.assert_allclose(next_probabilities(z, top_p=0.6), [2 / 3, 1 / 3, 0, 0])
    np.testing.assert_allclose(next_probabilities(z, top_p=0.8), [0.5, 0.25, 0.125, 0.125])
    np.testing.assert_array_equal(next_probabilities(z, temperature=0), [1, 0, 0, 0])
    cold = next_probabilities(np.array([1.0, 2.0, 2.0]), temperature=1e-5)
    np.testing.assert_array_equal(cold, [0, 0.5, 0.5])
    flat = next_probabilities(np.array([1.0, 2.0, 3.0]), temperature=1e6)
    np.testing.assert_allclose(flat, np.full(3, 1 / 3), atol=1e-5)


def test_a_large_vocabulary_needs_no_square_of_it():
    z = np.random.default_rng(0).normal(size=(2, 50257)).astype(np.float32)
    tracemalloc.start()
    for how in ({"temperature": 0}, {"top_k": 50, "top_p": 0.9}):
        assert next_probabilities(z, **how).dtype == np.float32
    assert tracemalloc.get_traced_memory()[1] < 20 * z.nbytes
    tracemalloc.stop()


def test_tokens_are_drawn_as_often_as_they_are_probable():
    p = np.array([[0.5, 0.0, 0.3, 0.2]])
    drawn = draw(np.repeat(p, 20_000, axis=0), np.random.default_rng(0))
    np.testing.assert_allclose(np.bincount(drawn, minlength=4) / 20_000, p[0], atol=0.015)


def test_beyond_the_context_the_newest_half_is_read_again():
    model = shaken(GPT(SMALL, np.random.default_rng(0)), 5)
    longer = generate(model, [[1, 2, 3]], 60, temperature=0)[0]
    start, text = 0, [1, 2, 3]
    for _ in range(60):
        if len(text) - start > 32:
            start = len(text) - 16
        text.append(int(model([text[start:]]).data[0, -1].argmax()))
    np.testing.assert_array_equal(longer, text)


def test_a_long_prompt_is_read_from_where_the_context_reaches():
    model = shaken(GPT(SMALL, np.random.default_rng(0)), 5)
    prompt = np.random.default_rng(2).integers(65, size=(2, 50))
    longer = generate(model, prompt, 1, temperature=0)
    np.testing.assert_array_equal(longer[:, :50], prompt)
    np.testing.assert_array_equal(longer[:, 50], model(prompt[:, -32:]).data[:, -1].argmax(-1))


def test_writing_leaves_the_model_as_it_was():
    model = GPT(GPTConfig(9, 8, 12, 2, 2, dropout=0.5), np.random.default_rng(0))
    before = model.state_dict()
    texts = [
        generate(model, [[1, 2]], 20, np.random.default_rng(3), top_k=5).tolist() for _ in range(2)
    ]
    assert texts[0] == texts[1] and model.training and model.h[0].drop.training
    model.eval()
    generate(model, [[1]], 2, temperature=0)
    assert not model.training
    assert all((before[n] == a).all() for n, a in model.state().items())
    with pytest.raises(RuntimeError, match="stop"), reading(model.train()):
        raise RuntimeError("stop")
    assert model.training


def test_dropout_stands_where_gpt2_has_it():
    """All of what is added is dropped with chance p; x itself passes."""
    config = GPTConfig(9, 8, 12, 1, 2, dropout=0.4)
    block = widened(Block(config, np.random.default_rng(0)))
    x = np.random.default_rng(1).normal(size=(50, 8, 12))
    out = np.mean([block(Tensor(x)).data == x for _ in range(5)])
    assert out == pytest.approx(0.16, abs=0.02)  # both additions dropped
    assert (block.eval()(Tensor(x)).data != x).all()
    model = GPT(config, np.random.default_rng(0))
    assert (model([[1, 2]]).data != model([[1, 2]]).data).any()
    model.eval()
    assert (model([[1, 2]]).data == model([[1, 2]]).data).all()


def test_no_place_sees_what_comes_later():
    model = shaken(GPT(SMALL, np.random.default_rng(0)))
    ids = np.random.default_rng(1).integers(65, size=(2, 20))
    other = ids.copy()
    other[:, 12:] = (other[:, 12:] + 1) % 65
    np.testing.assert_array_equal(model(ids).data[:, :12], model(other).data[:, :12])


def test_under_no_grad_nothing_is_kept_for_a_way_back():
    model = GPT(GPTConfig(65, 128, 64, 6, 4), np.random.default_rng(0))
    ids = np.random.default_rng(1).integers(65, size=(4, 128))
    peaks = []
    for block in (no_grad, lambda: pytest.MonkeyPatch().context()):
        tracemalloc.start()
        with block():
            model(ids)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[0] < 0.35 * peaks[1]


def test_decay_is_for_weights_and_tables_alone():
    model = GPT(SMALL, np.random.default_rng(0))
    optimiser = configure_optimiser(model, 0.1, 0.5)
    assert isinstance(optimiser, AdamW) and optimiser.betas == [0.9, 0.95]
    shaken(model)
    before = model.state_dict()
    for p in model.parameters():
        p.grad = np.zeros_like(p.data)
    optimiser.step()
    for name, p in model.named(Parameter):
        np.testing.assert_allclose(p.data, before[name] * (0.95 if p.ndim > 1 else 1), rtol=1e-6)


def test_windows_are_pieces_of_the_text_and_what_follows():
    text = np.arange(100, dtype=np.uint8)
    loader = TokenWindows(text, 7, 64, np.random.default_rng(0), batches=5)
    starts = set()
    for x, y in loader:
        assert x.shape == y.shape == (64, 7) and x.dtype == np.uint8
        np.testing.assert_array_equal(y, x + 1)
        np.testing.assert_array_equal(x, x[:, :1] + np.arange(7))
        starts |= set(x[:, 0].tolist())
    assert len(loader) == 5 and {0, 92} <= starts <= set(range(93))


def test_a_run_that_stops_goes_on_as_if_it_had_not(tmp_path):
    def run(path, epochs):
        rng = np.random.default_rng(0)
        model = GPT(GPTConfig(7, 4, 8, 1, 2, dropout=0.2), rng)
        loader = TokenWindows(np.arange(50) % 7, 4, 3, rng, batches=6)
        optimiser = configure_optimiser(model, 1e-2)
        trainer = Trainer(
            model,
            optimiser,
            cross_entropy,
            loader,
            before_step=[lambda t: clip_gradients(t.model.parameters(), 1.0)],
            checkpoint=path,
            every=4,
        )
        return trainer.resume().fit(epochs)

    straight = run(tmp_path / "a.npz", 3)
    run(tmp_path / "b.npz", 1)
    again = run(tmp_path / "b.npz", 3)
    assert straight.losses == again.losses


def test_the_loss_at_each_place_adds_up_to_the_loss():
    model = GPT(GPTConfig(9, 8, 12, 2, 2, dropout=0.3), np.random.default_rng(0))
    ids = np.random.default_rng(1).integers(9, size=(5, 9))
    losses = loss_per_position(model, ids)
    with reading(model):
        assert losses.mean() == pytest.approx(model.loss(ids[:, :-1], ids[:, 1:]).item(), rel=1e-6)
    assert losses.shape == (8,) and model.training


BAD_SIZES = [
    ({"C": 10, "heads": 3}, ValueError, "3 equal heads"),
    ({"heads": 0}, ValueError, "heads must be at least 1"),
    ({"layers": 1.5}, TypeError, "layers must be a whole number"),
    ({"vocabulary": 0}, ValueError, "vocabulary"),
    ({"context": -1}, ValueError, "context"),
    ({"dropout": 1.0}, ValueError, "dropout"),
    ({"dropout": "a"}, TypeError, "dropout must hold numbers"),
]


@pytest.mark.parametrize("sizes, error, message", BAD_SIZES)
def test_bad_sizes_are_refused(sizes, error, message):
    with pytest.raises(error, match=message):
        GPTConfig(**sizes)


BAD_IDS = [
    ([[0.0, 1.0]], TypeError, "whole numbers"),
    ([["a"]], TypeError, "whole numbers"),
    ([[True]], TypeError, "whole numbers"),
    ([0, 1], ValueError, r"\(B, T\)"),
    (np.zeros((0, 3), int), ValueError, r"\(B, T\)"),
    (np.zeros((2, 0), int), ValueError, r"\(B, T\)"),
    ([[65]], ValueError, "at most 64"),
    ([[-1]], ValueError, "at least 0"),
    (np.zeros((1, 33), int), ValueError, "33 tokens in a context of 32"),
]


@pytest.mark.parametrize("ids, error, message", BAD_IDS)
def test_bad_ids_are_refused(ids, error, message):
    with pytest.raises(error, match=message):
        GPT(SMALL, np.random.default_rng(0))(ids)


def test_a_cache_that_does_not_fit_is_refused():
    model = GPT(SMALL, np.random.default_rng(0))
    with no_grad(), pytest.raises(ValueError, match=r"new_cache\(3\)"):
        model(np.zeros((3, 1), int), model.new_cache(2))
    with pytest.raises(RuntimeError, match="no_grad"):
        model([[1]], model.new_cache())
    other = GPT(GPTConfig(65, 16, 48, 2, 4), np.random.default_rng(0)).new_cache()
    for wrong in (model.new_cache()[:1], other):
        with no_grad(), pytest.raises(ValueError, match=r"new_cache\(1\)"):
            model([[1]], wrong)
    cache = model.new_cache()
    with no_grad():
        model(np.zeros((1, 30), int), cache)
        with pytest.raises(ValueError, match="33 tokens in a context of 32"):
            model([[1, 2, 3]], cache)
        assert [c.length for c in cache] == [30, 30]
        model([[1, 2]], cache)
    one = KVCache(SMALL, 2)
    k = np.zeros((2, 4, 3, 12))
    for bad in (k[:1], k[:, :3], k[..., :11], k[0]):
        with pytest.raises(ValueError, match="do not fit"):
            one.append(bad, bad)
    with pytest.raises(ValueError, match="do not fit"):
        one.append(k, k[:, :, :2])
    with pytest.raises(ValueError, match="room for 32, not 33"):
        one.append(np.zeros((2, 4, 33, 12)), np.zeros((2, 4, 33, 12)))
    with pytest.raises(ValueError, match="do not fit"):
        one.append([1], [2])
    with pytest.raises(ValueError, match="B must be at least 1"):
        KVCache(SMALL, 0)


BAD_SAMPLING = [
    ({"temperature": -1.0}, ValueError, "temperature"),
    ({"temperature": "a"}, TypeError, "temperature must hold numbers"),
    ({"temperature": None}, TypeError, "temperature must hold numbers"),
    ({"top_p": None}, TypeError, "top_p must hold numbers"),
    ({"temperature": np.nan}, ValueError, "temperature"),
    ({"temperature": np.inf}, ValueError, "temperature"),
    ({"top_p": 0.0}, ValueError, "top_p"),
    ({"top_p": 1.5}, ValueError, "top_p"),
    ({"top_p": np.nan}, ValueError, "top_p"),
    ({"top_k": 0}, ValueError, "top_k"),
    ({"top_k": 2.5}, TypeError, "top_k"),
]


@pytest.mark.parametrize("how, error, message", BAD_SAMPLING)
def test_bad_settings_of_sampling_are_refused(how, error, message):
    with pytest.raises(error, match=message):
        next_probabilities(np.arange(4.0), **how)
    with pytest.raises(error, match=message):
        generate(GPT(SMALL, np.random.default_rng(0)), [[1]], 1, np.random.default_rng(0), **how)


@pytest.mark.parametrize("z", [[np.nan, 1.0], [np.inf, 1.0], [-np.inf, -np.inf], [], 3.0])
def test_bad_scores_are_refused(z):
    with pytest.raises(ValueError):
        next_probabilities(z)
    with pytest.raises(TypeError):
        next_probabilities(["a", "b"])


def test_bad_requests_for_text_are_refused():
    model = GPT(SMALL, np.random.default_rng(0))
    with pytest.raises(TypeError, match="give an rng"):
        generate(model, [[1]], 1)
    with pytest.raises(TypeError, match="rng must be"):
        generate(model, [[1]], 1, 0)
    with pytest.raises(ValueError, match="n must be at least 0"):
        generate(model, [[1]], -1)
    with pytest.raises(ValueError, match=r"\(B, T\)"):
        generate(model, [1], 1)
    with pytest.raises(TypeError, match="top"):
        generate(model, [[1]], 1, top=3)


def test_other_bad_input_is_refused():
    rng = np.random.default_rng(0)
    model = GPT(SMALL, rng)
    with pytest.raises(TypeError, match="rng"):
        GPT(SMALL, 0)
    with pytest.raises(ValueError, match="does not fit table"):
        tied_head(model.wpe([1]), Parameter(np.zeros((3, 5))))
    with pytest.raises(ValueError, match="T must be at most 4"):
        TokenWindows(np.arange(5), 5, 2, rng)
    with pytest.raises(TypeError, match="whole numbers"):
        TokenWindows(np.arange(5.0), 2, 2, rng)
    with pytest.raises(TypeError, match="rng"):
        TokenWindows(np.arange(5), 2, 2, None)
    with pytest.raises(TypeError, match="no_decay"):
        configure_optimiser(model, 0.1, no_decay=[])
    with pytest.raises(ValueError, match="learning_rate"):
        configure_optimiser(model, -1)
    with pytest.raises(ValueError, match="must have shape"):
        loss_per_position(model, [[1]])


def test_a_head_without_rows_scores_nothing():
    x = Tensor(np.zeros((0, 4)), requires_grad=True)
    table = Tensor(np.ones((3, 4)), requires_grad=True)
    z = tied_head(x, table)
    z.backward(np.zeros((0, 3)))
    assert z.shape == (0, 3) and x.grad.shape == (0, 4) and not table.grad.any()


def test_the_gpt_that_is_kept_expects_held_out_works_better_than_counts():
    """Eleven minutes of reading, against 5-grams that had all of it at once."""
    works, kept = bookdata.shakespeare(), bookdata.shakespeare_gpt()
    signs = sorted(set("".join(works.texts)))
    id_of = {sign: i for i, sign in enumerate(signs)}
    pairs = list(zip(works.texts, works.train, strict=True))
    texts = ("".join(text for text, of in pairs if of == train) for train in (True, False))
    read, held = (np.array([id_of[sign] for sign in text]) for text in texts)
    V, T = len(signs), 128
    model = GPT(GPTConfig(V, T, C=128, layers=4, heads=4), np.random.default_rng(0))
    model.load_state_dict(dict(zip(kept.names, kept.weights, strict=True)))
    starts = np.linspace(0, len(held) - T - 1, 300).astype(int)
    rows = held[starts[:, None] + np.arange(T + 1)]
    asked = np.lib.stride_tricks.sliding_window_view(rows, 5, axis=1)[:, -T // 2 :]
    counts = -NGram(5, V).fit(read).log_of(asked.reshape(-1, 5)).mean()
    loss = loss_per_position(model, rows)[T // 2 :].mean()
    assert 1.5 < loss < counts < 1.65, (loss, counts)

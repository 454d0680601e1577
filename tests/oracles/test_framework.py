"""Oracle for framework: torch.nn and torch.optim with the same weights; runs that are killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import bookdata
import solutions.backprop as backprop
import solutions.plumbing as plumbing
from solutions.autograd import Tensor, no_grad
from solutions.framework import (
    SGD,
    AdamW,
    DataLoader,
    Dropout,
    Embedding,
    LayerNorm,
    Linear,
    Module,
    Parameter,
    Sequential,
    Trainer,
    copy_into,
    cross_entropy,
    cross_entropy_composed,
    dropout,
    embedding,
    gelu,
    gelu_composed,
    layer_norm,
    layer_norm_composed,
    linear,
    load,
    save,
)

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def digits():
    """Return images (1348, 64) as float32, and their classes."""
    data = bookdata.digits()
    return data.X_train.astype(np.float32), data.y_train


def network(seed=0, width=32):
    rng = np.random.default_rng(seed)
    body = [Linear(64, width, rng), gelu, LayerNorm(width), Linear(width, 10, rng)]
    return Sequential(*body)


def peer_of(torch, model):
    """Return a torch model of the same layers, with the same weights."""
    layers = []
    for part in model.parts:
        if isinstance(part, Linear):
            layers.append(torch.nn.Linear(*part.weight.shape))
        elif isinstance(part, LayerNorm):
            layers.append(torch.nn.LayerNorm(part.weight.shape[0]))
        else:
            layers.append(torch.nn.GELU(approximate="tanh"))
    peer = torch.nn.Sequential(*layers)
    with torch.no_grad():
        for p, q in zip(model.parameters(), peer.parameters(), strict=True):
            q.copy_(torch.tensor(p.data.T if p.ndim == 2 else p.data))
    return peer


def widened(model):
    """Make all parameters float64."""
    for p in model.parameters():
        p.data = p.data.astype(float)
    return model


@pytest.mark.parametrize("dtype, rtol", [("float64", 1e-10), ("float32", 2e-4)])
def test_a_network_and_its_gradients_are_pytorchs(digits, dtype, rtol):
    torch = pytest.importorskip("torch")
    X, y = digits[0][:200].astype(dtype), digits[1][:200]
    model = network() if dtype == "float32" else widened(network())
    peer = peer_of(torch, model).to(getattr(torch, dtype))
    loss = cross_entropy(model(X), y)
    theirs = torch.nn.functional.cross_entropy(peer(torch.tensor(X)), torch.tensor(y))
    loss.backward()
    theirs.backward()
    assert loss.dtype == dtype
    assert loss.item() == pytest.approx(theirs.item(), rel=rtol)
    for p, q in zip(model.parameters(), peer.parameters(), strict=True):
        wanted = q.grad.numpy().T if p.ndim == 2 else q.grad.numpy()
        np.testing.assert_allclose(p.grad, wanted, rtol, atol=rtol * np.abs(wanted).max())
        assert p.grad.dtype == dtype


def test_embedding_and_cross_entropy_with_several_axes_are_pytorchs():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    table, ids, y = (
        rng.normal(size=(50, 7)),
        rng.integers(50, size=(4, 30)),
        rng.integers(7, size=(4, 30)),
    )
    ours = Tensor(table, requires_grad=True)
    theirs = torch.tensor(table, requires_grad=True)
    loss = cross_entropy(embedding(ours, ids), y)
    looked_up = torch.nn.functional.embedding(torch.tensor(ids), theirs)
    wanted = torch.nn.functional.cross_entropy(looked_up.transpose(1, 2), torch.tensor(y))
    loss.backward()
    wanted.backward()
    assert loss.item() == pytest.approx(wanted.item(), rel=1e-12)
    np.testing.assert_allclose(ours.grad, theirs.grad.numpy(), 1e-10, 1e-15)


PAIRS = {
    "layer_norm": (layer_norm, layer_norm_composed, [(2, 5, 6), (6,), (6,)]),
    "gelu": (gelu, gelu_composed, [(300, 400)]),
    "linear": (linear, lambda x, W, b: x @ W + b, [(2, 5, 6), (6, 3), (3,)]),
}


@pytest.mark.parametrize("dtype, atol", [("float64", 1e-13), ("float32", 1e-5)])
@pytest.mark.parametrize("name", PAIRS)
def test_the_fused_and_the_composed_form_agree(name, dtype, atol):
    fused, composed, shapes = PAIRS[name]
    rng = np.random.default_rng(1)
    arrays = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    grad = rng.normal(size=fused(*map(Tensor, arrays)).shape).astype(dtype)
    results = []
    for form in (fused, composed):
        leaves = [Tensor(array, requires_grad=True) for array in arrays]
        out = form(*leaves)
        out.backward(grad)
        results.append([out.data, *(leaf.grad for leaf in leaves)])
    for one, other in zip(*results, strict=True):
        assert one.dtype == other.dtype == dtype
        np.testing.assert_allclose(one, other, atol=atol * max(1, np.abs(other).max()), rtol=0)


@pytest.mark.parametrize("scale", [1, 1000])
def test_the_two_forms_of_cross_entropy_agree(scale):
    rng = np.random.default_rng(2)
    z, y = scale * rng.normal(size=(20, 5)), rng.integers(5, size=20)
    one, other = (Tensor(z, requires_grad=True) for _ in range(2))
    losses = cross_entropy(one, y), cross_entropy_composed(other, y)
    for loss in losses:
        loss.backward()
    assert losses[0].item() == pytest.approx(losses[1].item(), rel=1e-12)
    np.testing.assert_allclose(one.grad, other.grad, atol=1e-14)


def test_gelu_is_chapter_backprops():
    x = np.linspace(-6, 6, 200_001)
    np.testing.assert_array_equal(gelu(x).data, backprop.gelu(x))


def test_a_layer_of_data_asks_for_no_gradient_of_it():
    rng = np.random.default_rng(0)
    layer, x = Linear(4, 3, rng), rng.normal(size=(2, 5, 4)).astype(np.float32)
    leaf = Tensor(x, requires_grad=True)
    grads = []
    for given in (x, leaf):
        out = layer(given)
        assert (out.grad_fn(np.ones(out.shape, np.float32))[0] is None) == (given is x)
        layer(given).backward(np.ones((2, 5, 3), np.float32))
        grads.append([p.grad for p in layer.parameters()])
        layer.weight.grad = layer.bias.grad = None
    for one, other in zip(*grads, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


SETTINGS = [
    {},
    {"momentum": 0.9},
    {"momentum": 0.9, "nesterov": True},
    {"weight_decay": 0.1},
    {"momentum": 0.8, "weight_decay": 0.05},
    {"momentum": 0.8, "nesterov": True, "weight_decay": 0.05},
]


def walks(torch, ours, theirs, dtype, steps=200):
    """Take steps on a bent valley with noise; yield the parameters of both."""
    rng = np.random.default_rng(3)
    shapes = [(5, 4), (4,), (3, 1, 2)]
    starts = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    p, q = [Parameter(s.copy()) for s in starts], [torch.tensor(s) for s in starts]
    groups = [{"params": q[:1]}, {"params": q[1:], "weight_decay": 0.0}]
    a, b = ours(p, no_decay=p[1:]), theirs(groups)
    for i in range(steps):
        for one, other in zip(p, q, strict=True):
            grad = (one.data**3 + rng.normal(size=one.shape) * 0.98**i).astype(dtype)
            one.grad, other.grad = grad, torch.tensor(grad)
        a.step()
        b.step()
        yield [(one.data, other.numpy()) for one, other in zip(p, q, strict=True)]


@pytest.mark.parametrize("dtype, rtol", [("float64", 1e-10), ("float32", 1e-4)])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_sgd_is_pytorchs_step_by_step(settings, dtype, rtol):
    torch = pytest.importorskip("torch")
    ours = lambda p, **more: SGD(p, 0.02, **settings, **more)  # noqa: E731
    theirs = lambda groups: torch.optim.SGD(groups, 0.02, **settings)  # noqa: E731
    for pairs in walks(torch, ours, theirs, dtype):
        for one, other in pairs:
            np.testing.assert_allclose(one, other, rtol, rtol)
            assert one.dtype == dtype


@pytest.mark.parametrize("dtype, rtol", [("float64", 1e-10), ("float32", 1e-4)])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"weight_decay": 0.0},
        {"weight_decay": 0.3, "betas": (0.5, 0.6), "eps": 0.1},
        {"betas": (0.0, 0.99)},
    ],
    ids=str,
)
def test_adamw_is_pytorchs_step_by_step(settings, dtype, rtol):
    torch = pytest.importorskip("torch")
    named = {("epsilon" if name == "eps" else name): value for name, value in settings.items()}
    ours = lambda p, **more: AdamW(p, 0.02, **named, **more)  # noqa: E731
    theirs = lambda groups: torch.optim.AdamW(groups, 0.02, **settings)  # noqa: E731
    for pairs in walks(torch, ours, theirs, dtype):
        for one, other in pairs:
            np.testing.assert_allclose(one, other, rtol, rtol)
            assert one.dtype == dtype


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_the_size_of_a_block_does_not_matter(monkeypatch, block):
    rng = np.random.default_rng(4)
    starts = [rng.normal(size=s).astype(np.float32) for s in [(3, 50), (7,), (), (1000,), (2, 2)]]
    grads = [rng.normal(size=s.shape).astype(np.float32) for s in starts]
    results = []
    for size in (block, 1 << 20):
        monkeypatch.setattr(plumbing, "BLOCK", size)
        parameters = [Parameter(s.copy()) for s in starts]
        optimiser = AdamW(parameters, 0.1, no_decay=parameters[1:4:2])
        for _ in range(3):
            for p, grad in zip(parameters, grads, strict=True):
                p.grad = grad
            optimiser.step()
        results.append([p.data for p in parameters])
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


def test_training_on_digits_is_pytorchs(digits):
    torch = pytest.importorskip("torch")
    model = network(width=64)
    peer = peer_of(torch, model)
    loader = DataLoader(*digits, batch_size=64, rng=np.random.default_rng(1))
    trainer = Trainer(model, AdamW(model.parameters(), 3e-3), cross_entropy, loader)
    optimiser, losses = torch.optim.AdamW(peer.parameters(), 3e-3), []

    def follow(trainer):
        x, y = loader.batch(trainer.order, (trainer.steps - 1) % len(loader))
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(peer(torch.tensor(x)), torch.tensor(y))
        loss.backward()
        optimiser.step()
        losses.append(loss.item())

    trainer.after_step = [follow]
    trainer.fit(8)
    np.testing.assert_allclose(trainer.losses, losses, rtol=0.02, atol=2e-4)
    data = bookdata.digits()
    with no_grad():
        right = model.eval()(data.X_test).data.argmax(1) == data.y_test
    assert right.mean() > 0.95


def test_weights_of_pytorch_can_be_loaded(digits, tmp_path):
    torch = pytest.importorskip("torch")
    model, X = network(), digits[0][:20]
    peer = peer_of(torch, network(5))
    state = {
        f"parts.{name}": value.numpy().T if value.ndim == 2 else value.numpy()
        for name, value in peer.state_dict().items()
    }
    save(tmp_path / "torch.npz", state)
    assert model.load_state_dict(load(tmp_path / "torch.npz")) is model
    assert list(model.state_dict()) == list(state)
    np.testing.assert_allclose(model(X).data, peer(torch.tensor(X)).detach().numpy(), atol=1e-5)


def test_a_state_dict_is_a_copy_and_keeps_what_is_not_learned():
    model = network()
    model.running_mean, model.parts[0].weight.requires_grad = np.zeros(3), False
    state = model.state_dict()
    model.running_mean += 1
    model.parts[3].bias.data += 1
    assert not state["running_mean"].any() and not state["parts.3.bias"].any()
    assert "parts.0.weight" in state
    assert len(model.parameters()) == len(model.named(Parameter)) - 1


def test_what_is_tied_is_counted_and_kept_once():
    rng = np.random.default_rng(0)
    model = Module()
    model.table = Embedding(20, 8, rng)
    model.again, model.head = model.table, Linear(8, 20, rng)
    model.head.tied = model.table.weight
    assert [name for name, _ in model.named(Parameter)] == [
        "table.weight",
        "head.weight",
        "head.bias",
    ]
    twice = AdamW([*model.parameters(), model.head.tied])
    assert twice.flat.size == 20 * 8 + 8 * 20 + 20
    assert np.shares_memory(model.head.tied.data, twice.flat)


def test_dropout_keeps_the_mean_and_does_nothing_in_eval():
    rng = np.random.default_rng(0)
    layer, x = Dropout(0.3, rng), Tensor(np.ones((1000, 100)))
    assert layer(x).data.mean() == pytest.approx(1, abs=0.01)
    assert layer.eval()(x) is x
    assert layer.train()(x) is not x
    assert dropout(x, 0.5, rng).data.max() == 2


# A run that is killed

PROGRAM = """
import sys, time
import numpy as np
import bookdata
from solutions.framework import *
from solutions.framework import cross_entropy, gelu

X, y = bookdata.digits()[:2]
rng, path, out = np.random.default_rng(0), sys.argv[1], sys.argv[2]
body = [Linear(64, 48, rng), gelu, LayerNorm(48), Dropout(0.2, np.random.default_rng(1))]
model = Sequential(*body, Linear(48, 10, rng))
model.seen = np.zeros((), int)
shake = lambda x, y: (x + rng.normal(0, 0.05, x.shape), y)
free = [p for _, p in model.named(Parameter) if p.ndim == 1]
loader = DataLoader(X[:500].astype(np.float32), y[:500], batch_size=32, rng=rng, transform=shake)

def tell(trainer):
    model.seen += 1
    trainer.optimiser.learning_rate *= 0.995
    print(trainer.steps, flush=True)
    time.sleep(float(sys.argv[3]))

optimiser = AdamW(model.parameters(), 0.01, no_decay=free)
trainer = Trainer(
    model, optimiser, cross_entropy, loader, after_step=[tell], checkpoint=path, every=2
)
trainer.resume().fit(5)
save(out, trainer.state())
"""


def start(path, out, pause=0):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", PROGRAM, str(path), str(out), str(pause)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def killed_after(run, steps, wait):
    """Read so many lines, wait a little, kill -9; return what was read, and how it ended."""
    lines = []
    while len(lines) < steps and (line := run.stdout.readline()):
        lines.append(int(line))
    time.sleep(wait)
    run.send_signal(signal.SIGKILL)
    lines += [int(line) for line in run.communicate()[0].split()]
    return lines, run.returncode


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_a_run_that_is_killed_goes_on_bit_for_bit(tmp_path):
    undisturbed = start(tmp_path / "whole.npz", tmp_path / "wanted.npz")
    assert undisturbed.communicate()[0].split()[-1] == "80"
    rng, path, out = np.random.default_rng(), tmp_path / "run.npz", tmp_path / "got.npz"
    Path(f"{path}.part").write_bytes(b"half a checkpoint of another day")
    done = 0
    for _ in range(3):
        run = start(path, out, pause=0.01)
        lines, code = killed_after(run, int(rng.integers(3, 24)), rng.uniform(0, 0.02))
        assert code == -signal.SIGKILL
        assert done - 2 <= lines[0] - 1 <= done  # it goes on, at most two steps back
        done = lines[-1]
    assert start(path, out).communicate()[0].split()[-1] == "80"
    wanted, got = load(tmp_path / "wanted.npz"), load(out)
    assert wanted.keys() == got.keys()
    for name, array in wanted.items():
        assert array.dtype == got[name].dtype
        np.testing.assert_array_equal(array, got[name], err_msg=name)
    assert wanted["model.seen"] == 80


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent in another way there")
def test_ctrl_c_leaves_a_whole_step(tmp_path):
    run = start(tmp_path / "run.npz", tmp_path / "out.npz", pause=0.01)
    for _ in range(4):
        run.stdout.readline()
    run.send_signal(signal.SIGINT)
    lines = run.communicate()[0].split()
    assert run.returncode != 0 and len(lines) < 60
    again = start(tmp_path / "run.npz", tmp_path / "out.npz")
    assert again.communicate()[0].split()[-1] == "80"
    whole = start(tmp_path / "whole.npz", tmp_path / "wanted.npz")
    whole.communicate()
    for name, array in load(tmp_path / "wanted.npz").items():
        np.testing.assert_array_equal(array, load(tmp_path / "out.npz")[name], err_msg=name)


def short_run(path, every=3, seed=0, batch_size=6, **settings):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(20, 4)).astype(np.float32)
    model = Sequential(Linear(4, 3, rng), Dropout(0.1, rng))
    y = X[:, :3].argmax(1)
    loader = settings.pop("loader", DataLoader(X, y, batch_size=batch_size, rng=rng))
    optimiser = settings.pop("optimiser", SGD)(model.parameters(), 0.1, 0.9)
    settings = {"checkpoint": path, "every": every} | settings
    return Trainer(model, optimiser, cross_entropy, loader, **settings)


def test_a_damaged_checkpoint_is_never_loaded(tmp_path):
    path = tmp_path / "run.npz"
    short_run(path).fit(2)
    whole, wanted = path.read_bytes(), load(path)
    assert not Path(f"{path}.part").exists()
    for length in [*range(0, len(whole), 97), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="damaged"):
            short_run(path).resume()
    rng, refused = np.random.default_rng(0), 0
    for place in rng.choice(8 * len(whole), 1500, replace=False):
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        path.write_bytes(flipped)
        run = short_run(path)
        before = run.state()
        try:
            run.resume()
        except ValueError:
            refused += 1
            wanted_here = before
        else:  # the bit meant nothing, such as the hour at which it was written
            wanted_here = wanted
        for name, array in run.state().items():
            np.testing.assert_array_equal(array, wanted_here[name], err_msg=f"{place} {name}")
    assert refused > 1000


def test_a_checkpoint_of_another_run_is_refused_whole(tmp_path):
    path = tmp_path / "run.npz"
    short_run(path).fit(1)
    state = load(path)
    for name in ("losses", "rng.0", "order", "model.parts.0.bias", "optimiser.velocity"):
        save(path, {n: array for n, array in state.items() if n != name})
        run = short_run(path, seed=3)
        before = {n: np.copy(array) for n, array in run.state().items()}
        with pytest.raises(ValueError, match=name):
            run.resume()
        for n, array in run.state().items():
            np.testing.assert_array_equal(array, before[n])
    save(path, state | {"order": np.arange(7)})
    with pytest.raises(ValueError, match=r"order has shape \(20,\) here"):
        short_run(path).resume()
    assert short_run(tmp_path / "none yet.npz").resume().steps == 0


def resumed_in_vain(run, words):
    """Assert that a run refuses its checkpoint with these words, and stays as it was."""
    before = {n: np.copy(array) for n, array in run.state().items()}
    with pytest.raises(ValueError, match=words):
        run.resume()
    for n, array in run.state().items():
        np.testing.assert_array_equal(array, before[n])


def backwards(parameters, *settings):
    return SGD(parameters[::-1], *settings)


def spared(parameters, *settings):
    return SGD(parameters, *settings, no_decay=parameters[:1])


def test_a_run_that_is_set_up_otherwise_is_refused_whole(tmp_path):
    path = tmp_path / "run.npz"
    short_run(path).fit(1)
    resumed_in_vain(short_run(path, batch_size=5), "batch_size is 5 here, 6 there")
    resumed_in_vain(short_run(path, optimiser=backwards), r"parts.0.bias \(3,\) here where")
    resumed_in_vain(short_run(path, optimiser=spared), "the same no_decay")
    other = short_run(path)
    other.loader.rng = other.model.parts[1].rng = np.random.Generator(np.random.MT19937(0))
    resumed_in_vain(other, "rng.0 is no state of MT19937")
    wide = short_run(path)
    for p in wide.model.parameters():
        p.data = p.data.astype(float)
    wide.optimiser = SGD(wide.model.parameters(), 0.1)
    resumed_in_vain(wide, "is float64 here, float32 there")


@pytest.mark.parametrize(
    "name, array",
    [
        ("order", np.full(20, 99)),
        ("order", np.full(20, -1)),
        ("order", np.linspace(0, 1, 20)),
        ("losses", np.array(["a", "b"])),
        ("losses", np.array([1.0, np.nan])),
        ("losses", np.zeros((2, 2))),
        ("learning_rate", np.array("fast")),
        ("stop", np.zeros(2, bool)),
        ("rng.0", np.array("{")),
        ("rng.0", np.array(3)),
        ("batch_size", np.array([6, 6])),
        ("layout", np.array(0)),
    ],
)
def test_what_no_run_can_have_written_is_refused_whole(tmp_path, name, array):
    path = tmp_path / "run.npz"
    short_run(path).fit(1)
    save(path, load(path) | {name: array})
    resumed_in_vain(short_run(path), name if name != "layout" else "the optimiser has")


def test_a_good_checkpoint_is_not_replaced_by_nan(tmp_path):
    path = tmp_path / "run.npz"
    run = short_run(path)

    def burst(trainer):
        if trainer.steps == 8:
            trainer.model.parts[0].bias.grad[0] = np.inf

    run.before_step = [burst]
    with np.errstate(all="ignore"), pytest.raises(RuntimeError, match="run.npz stays as it was"):
        run.fit(3)
    assert len(load(path)["losses"]) == 6
    undisturbed, again = short_run(None).fit(3), short_run(path).resume().fit(3)
    np.testing.assert_array_equal(undisturbed.optimiser.flat, again.optimiser.flat)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
@pytest.mark.parametrize("place", ["transform", "before_step", "after_step"])
def test_after_an_exception_a_run_made_anew_goes_on_bit_for_bit(tmp_path, place, error):
    def run_that(path, breaks=False):
        run = short_run(path)

        def shake(x, y):
            x = x + np.float32(run.loader.rng.normal(size=x.shape))
            return fall(run, (x, y), "transform")

        def fall(run, parts=(), here=place):
            if breaks and here == place and run.steps == 7:
                raise error
            return parts

        run.loader.transform = shake
        if place != "transform":
            setattr(run, place, [fall])
        return run

    path = tmp_path / "run.npz"
    wanted = run_that(None).fit(3).state()
    with pytest.raises(error):
        run_that(path, breaks=True).fit(3)
    run = run_that(path).resume()
    assert run.steps == 6
    got = run.fit(3).state()
    for name, array in wanted.items():
        np.testing.assert_array_equal(array, got[name], err_msg=name)


def test_the_rate_and_the_stop_of_a_checkpoint_come_back(tmp_path):
    path = tmp_path / "run.npz"
    run = short_run(path)

    def early(trainer):
        trainer.optimiser.learning_rate *= 0.5
        trainer.stop = trainer.steps == 7

    run.after_step = [early]
    run.fit(3)
    again = short_run(path).resume()
    assert again.stop and again.optimiser.learning_rate == 0.1 * 0.5**7
    assert again.fit(3).steps == 7
    again.stop = False
    assert again.fit(3).steps == 12


def test_what_the_optimiser_was_not_given_is_named(tmp_path):
    run = short_run(None)
    run.model.parts.append(Linear(3, 3, np.random.default_rng(0)))
    words = r"the optimiser does not have parts\.2\.weight"
    with pytest.raises(ValueError, match=words):
        Trainer(run.model, run.optimiser, cross_entropy, run.loader)
    for _, p in run.model.parts[2].named(Parameter):
        p.requires_grad = False
    Trainer(run.model, run.optimiser, cross_entropy, run.loader)
    frozen = run.model.parts[2].parameters()
    assert not frozen
    SGD(run.model.parameters(), 0.1, no_decay=[run.model.parts[2].bias])
    with pytest.raises(ValueError, match=r"no_decay holds a tensor of shape \(2,\)"):
        SGD(run.model.parameters(), 0.1, no_decay=[Parameter(np.ones(2))])


def test_a_method_as_a_hook_keeps_its_objects_arrays(tmp_path):
    class Best:
        def __init__(self):
            self.loss = np.array(np.inf)

        def look(self, trainer):
            np.minimum(self.loss, trainer.losses[-1], out=self.loss)

        def state(self):
            return {"loss": self.loss}

    first, second = Best(), Best()
    run = short_run(tmp_path / "run.npz", after_step=[first.look]).fit(1)
    short_run(tmp_path / "run.npz", after_step=[second.look]).resume()
    assert first.loss == second.loss == min(run.losses)

    class Watched(Trainer):
        def note(self, trainer):
            self.noted = trainer.steps

    plain = short_run(None)
    watched = Watched(plain.model, plain.optimiser, cross_entropy, plain.loader)
    watched.after_step = [watched.note]
    assert watched.fit(1).noted == 4 and "after_step.0.order" not in watched.state()


def test_what_the_disk_refuses_says_which_file(tmp_path):
    (tmp_path / "x.npz.part").mkdir()
    with pytest.raises(OSError, match=r"x\.npz\.part"):
        save(tmp_path / "x.npz", {"x": np.ones(3)})
    if Path("/dev/full").exists():
        (tmp_path / "y.npz.part").symlink_to("/dev/full")
        with pytest.raises(OSError, match=r"y\.npz\.part"):
            save(tmp_path / "y.npz", {"x": np.ones(3)})
    (tmp_path / "text.npz").write_text("not at all an array\n")
    with pytest.raises(ValueError, match="no .npz file of plain arrays") as raised:
        load(tmp_path / "text.npz")
    assert "pickle" not in str(raised.value)


def test_lists_are_data_too():
    loader = DataLoader([[1.0], [2.0], [3.0]], ["a", "b", "c"], batch_size=2)
    assert [(x.tolist(), y.tolist()) for x, y in loader] == [
        ([[1.0], [2.0]], ["a", "b"]),
        ([[3.0]], ["c"]),
    ]


def test_nothing_is_pickled(tmp_path):
    with pytest.raises(ValueError, match="pickle"):
        save(tmp_path / "x.npz", {"x": np.array([{}], object)})
    np.savez(tmp_path / "y.npz", x=np.array([{}], object))
    with pytest.raises(ValueError, match="damaged"):
        load(tmp_path / "y.npz")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "z.npz")


@pytest.mark.parametrize("kind", ["PCG64", "MT19937", "Philox", "SFC64"])
def test_every_generator_of_numpy_goes_on(tmp_path, kind):
    path, results = tmp_path / "run.npz", []
    for epochs in (1, 2):
        rng = np.random.Generator(getattr(np.random, kind)(0))
        trainer = short_run(path)
        trainer.loader.rng = rng
        results.append((trainer.resume().fit(epochs), rng.random(3)))
    path.unlink()
    rng = np.random.Generator(getattr(np.random, kind)(0))
    trainer = short_run(path)
    trainer.loader.rng = rng
    trainer.fit(2)
    np.testing.assert_array_equal(rng.random(3), results[1][1])
    np.testing.assert_array_equal(trainer.losses, results[1][0].losses)


def test_a_hook_that_keeps_something_is_kept(tmp_path):
    class Best:
        def __init__(self):
            self.best = np.array(np.inf)

        def __call__(self, trainer):
            np.minimum(self.best, trainer.losses[-1], out=self.best)

        def state(self):
            return {"best": self.best}

    first, second = Best(), Best()
    run = short_run(tmp_path / "run.npz")
    run.after_step = [first]
    run.fit(1)
    again = short_run(tmp_path / "run.npz")
    again.after_step = [second]
    again.resume()
    assert first.best == second.best == min(run.losses)


def test_a_progress_bar_fills():
    lines, run = [], short_run(None)
    run.after_step = [plumbing.ProgressBar(3, lines.append)]
    run.fit(3)
    assert len(lines) == 12
    assert lines[5].startswith("\r[" + "#" * 12 + "." * 13 + "]  50%  loss ")
    assert lines[-1].startswith("\r[" + "#" * 25 + "] 100%") and lines[-1].endswith("\n")
    run.fit(5)
    assert len(lines) == 12


def test_a_hook_may_evaluate_the_model():
    run = short_run(None)
    run.after_step = [lambda trainer: trainer.model.eval()]
    modes = []
    run.before_step = [lambda trainer: modes.append(trainer.model.parts[1].training)]
    run.fit(2)
    assert all(modes) and len(modes) == 8


def test_a_loss_that_is_no_number_stops_the_run():
    run = short_run(None)
    run.fit(1)
    before = run.model.state_dict()
    run.loader.arrays[0][3] = np.inf
    with (
        pytest.raises(RuntimeError, match="the loss of step .* is (nan|inf)"),
        np.errstate(all="ignore"),
    ):
        run.fit(3)
    assert all(np.isfinite(array).all() for array in run.model.state_dict().values())
    assert before.keys() == run.model.state_dict().keys()
    assert run.steps < 12 and np.isfinite(run.losses).all()


def test_optimisers_refuse_what_cannot_be_moved():
    rng = np.random.default_rng(0)
    model = Sequential(Linear(3, 2, rng), Linear(2, 2, rng))
    first = SGD(model.parameters(), 0.1)
    x = rng.normal(size=(4, 3)).astype(np.float32)
    model.parts[0](x).sum().backward()
    with pytest.raises(RuntimeError, match=r"parameter 2, of shape \(2, 2\), has no gradient"):
        first.step()
    assert first.steps == 0
    model(x).sum().backward()
    second = AdamW(model.parameters())
    with pytest.raises(RuntimeError, match="second one"):
        first.step()
    second.step()
    model.parts[0].bias.grad = np.zeros(3)
    with pytest.raises(RuntimeError, match=r"parameter 1, of shape \(2,\)"):
        second.step()
    with pytest.raises(ValueError, match="one parameter or more"):
        SGD([], 0.1)
    with pytest.raises(ValueError, match="of one dtype"):
        SGD([Parameter(np.ones(2)), Parameter(np.ones(2, np.float32))], 0.1)


def test_a_rate_of_numpys_does_not_widen():
    p = Parameter(np.ones(4, np.float32))
    optimiser = AdamW([p], np.float64(0.1))
    p.grad = np.ones(4, np.float32)
    optimiser.learning_rate = np.float64(0.2)
    optimiser.step()
    assert type(optimiser.learning_rate) is float
    assert p.data.dtype == optimiser.mean.dtype == np.float32


BAD = [
    (lambda rng: SGD([Parameter(np.ones(2))], -1), ValueError, "learning_rate"),
    (lambda rng: SGD([Parameter(np.ones(2))], float("nan")), ValueError, "learning_rate"),
    (lambda rng: SGD([Parameter(np.ones(2))], 0.1, -0.5), ValueError, "momentum"),
    (lambda rng: AdamW([Parameter(np.ones(2))], weight_decay=-1), ValueError, "weight_decay"),
    (lambda rng: AdamW([Parameter(np.ones(2))], beta=1), TypeError, "beta"),
    (lambda rng: Dropout(1.0, rng), ValueError, "p must be"),
    (lambda rng: Dropout(-0.1, rng), ValueError, "p must be"),
    (lambda rng: Dropout(0.1, 0), TypeError, "rng"),
    (lambda rng: Linear(3, 0, rng), ValueError, "fan_out"),
    (lambda rng: Linear(3, 2, 0), TypeError, "rng"),
    (lambda rng: Linear(3, 2, rng)(np.ones((4, 2))), ValueError, r"\(4, 2\)"),
    (lambda rng: Linear(3, 2, rng)(np.array(["a"] * 3)), TypeError, "numbers"),
    (lambda rng: Embedding(5, 2, rng)(np.array([0.0])), TypeError, "whole numbers"),
    (lambda rng: Embedding(5, 2, rng)([5]), ValueError, "at most 4"),
    (lambda rng: Embedding(5, 2, rng)([-1]), ValueError, "at least 0"),
    (lambda rng: LayerNorm(3)(np.ones((2, 4))), ValueError, r"\(2, 4\)"),
    (lambda rng: cross_entropy(Tensor(np.ones((2, 3))), [0, 1, 1]), ValueError, r"\(3,\)"),
    (lambda rng: cross_entropy(Tensor(np.ones((2, 3))), [0, 3]), ValueError, "0 to 3"),
    (lambda rng: cross_entropy(Tensor(np.ones((2, 3))), [0.0, 1.0]), TypeError, "whole"),
    (lambda rng: DataLoader(np.ones(3), np.ones(4), batch_size=2), ValueError, "one length"),
    (lambda rng: DataLoader(batch_size=2), ValueError, "one length"),
    (lambda rng: DataLoader(3.0, batch_size=2), ValueError, "one length"),
    (lambda rng: DataLoader(np.ones((0, 3)), batch_size=2), ValueError, "samples"),
    (lambda rng: DataLoader(np.ones(3), batch_size=0), ValueError, "batch_size"),
    (lambda rng: DataLoader(np.ones(3), batch_size=1.5), TypeError, "batch_size"),
    (lambda rng: DataLoader(np.ones(3), batch_size=1, rng=0), TypeError, "rng"),
    (lambda rng: short_run(None, every=0), ValueError, "every"),
    (lambda rng: short_run("no such folder/run.npz"), ValueError, "no such folder"),
    (lambda rng: Trainer(gelu, None, None, None), TypeError, "Module"),
    (lambda rng: Trainer(Module(), None, None, None), TypeError, "optimiser must be"),
    (lambda rng: short_run(None, loader=(np.ones(3),)), TypeError, "loader must be"),
    (lambda rng: short_run(None, after_step=print), TypeError, "after_step must be a list"),
    (lambda rng: short_run(None, before_step=["x"]), TypeError, "before_step must be a list"),
    (lambda rng: short_run(ROOT), ValueError, "is a folder"),
    (lambda rng: SGD([("weight", Parameter(np.ones(2)))], 0.1), TypeError, "tensors"),
    (lambda rng: SGD([Parameter(np.ones(2))], 0.1, no_decay=["bias"]), TypeError, "no_decay"),
    (lambda rng: AdamW([Parameter(np.ones(2))], betas=(0.9, 1)), ValueError, "betas"),
    (lambda rng: AdamW([Parameter(np.ones(2))], epsilon=-1), ValueError, "epsilon"),
    (lambda rng: short_run(None).fit(-1), ValueError, "epochs"),
    (lambda rng: short_run(None).fit(1.5), TypeError, "epochs"),
    (lambda rng: copy_into({"a": np.ones(2)}, {}), ValueError, "a is missing"),
    (lambda rng: copy_into({"a": np.ones(2)}, {"a": np.array(["x", "y"])}), ValueError, "a is"),
]


@pytest.mark.parametrize("call, error, words", BAD)
def test_bad_input_is_refused_with_a_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call(np.random.default_rng(0))


def test_a_loader_deals_every_sample_once():
    X = np.arange(10)
    loader = DataLoader(X, -X, batch_size=4, rng=np.random.default_rng(0))
    epochs = [list(loader) for _ in range(2)]
    for epoch in epochs:
        assert len(epoch) == len(loader) == 3
        assert sorted(np.concatenate([x for x, _ in epoch])) == list(X)
        assert all((x == -y).all() for x, y in epoch)
    assert any((a[0] != b[0]).any() for a, b in zip(*epochs, strict=True))
    again = DataLoader(X, -X, batch_size=4, rng=np.random.default_rng(0))
    assert all((a[0] == b[0]).all() for a, b in zip(again, epochs[0], strict=True))

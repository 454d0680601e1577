"""Oracle for training: PyTorch's schedules, clipping, smoothed loss and batch norm."""

import math
import warnings

import numpy as np
import pytest

import bookdata
from solutions.autograd import Tensor, no_grad
from solutions.framework import (
    SGD,
    AdamW,
    DataLoader,
    Dropout,
    Embedding,
    Linear,
    Module,
    Parameter,
    Sequential,
    Trainer,
    cross_entropy,
)
from solutions.inputs import NotFittedError
from solutions.training import (
    BatchNorm1d,
    EarlyStopping,
    activation_statistics,
    batch_norm,
    batch_norm_composed,
    clip_gradients,
    cosine_with_warmup,
    finite_loss,
    gradient_statistics,
    label_smoothing,
    lr_range_test,
    overfit_one_batch,
    restored,
    scheduled,
)

DTYPES = [("float64", 1e-10), ("float32", 2e-4)]


def relu(x):
    return x.relu()


def network(dtype="float32", seed=0):
    """Return a network for the digits, with batch norm and dropout left out."""
    rng = np.random.default_rng(seed)
    model = Sequential(Linear(64, 24, rng), BatchNorm1d(24), relu, Linear(24, 10, rng))
    for p in model.parameters():
        p.data = p.data.astype(dtype)
    norm = model.parts[1]
    norm.running_mean = norm.running_mean.astype(dtype)
    norm.running_variance = norm.running_variance.astype(dtype)
    return model


def twin_of(model, torch):
    """Return PyTorch's network with the same weights."""
    first, norm, _, last = model.parts
    dtype = getattr(torch, str(first.weight.dtype))
    twin = torch.nn.Sequential(
        torch.nn.Linear(64, 24), torch.nn.BatchNorm1d(24), torch.nn.ReLU(), torch.nn.Linear(24, 10)
    ).to(dtype)
    with torch.no_grad():
        for theirs, ours in ((twin[0], first), (twin[3], last)):
            theirs.weight.copy_(torch.tensor(ours.weight.data.T.copy()))
            theirs.bias.copy_(torch.tensor(ours.bias.data))
        twin[1].weight.copy_(torch.tensor(norm.weight.data))
        twin[1].bias.copy_(torch.tensor(norm.bias.data))
    return twin


def pairs(model, twin):
    """Yield each of our parameters with PyTorch's, as arrays, and their gradients."""
    theirs = list(twin.parameters())
    for ours, other in zip(model.parameters(), theirs, strict=True):
        yield (
            (ours.data, other.detach().numpy().T),
            (ours.grad, None if other.grad is None else other.grad.numpy().T),
        )


def digits(dtype="float32"):
    X, y, X_test, y_test = bookdata.digits()
    return X.astype(dtype), y, X_test.astype(dtype), y_test


# Against PyTorch


@pytest.mark.parametrize("dtype, tolerance", DTYPES)
def test_a_run_on_the_digits_is_torchs_step_by_step(dtype, tolerance):
    """Batch norm in training and eval, smoothing, clipping and schedule at once."""
    torch = pytest.importorskip("torch")
    X, y, X_test, _ = digits(dtype)
    model = network(dtype)
    twin = twin_of(model, torch)
    ours = SGD(model.parameters(), 0.1, momentum=0.9)
    theirs = torch.optim.SGD(twin.parameters(), 0.1, momentum=0.9)
    rng, steps = np.random.default_rng(1), 30
    for step in range(steps):
        rate = cosine_with_warmup(step, steps, 5, 0.3)
        ours.learning_rate = theirs.param_groups[0]["lr"] = rate
        rows = rng.integers(len(y), size=32)
        ours.zero_grad()
        theirs.zero_grad()
        loss = label_smoothing(model(X[rows]), y[rows], 0.1)
        wanted = torch.nn.functional.cross_entropy(
            twin(torch.tensor(X[rows])), torch.tensor(y[rows]), label_smoothing=0.1
        )
        loss.backward()
        wanted.backward()
        assert loss.dtype == dtype
        assert loss.item() == pytest.approx(wanted.item(), rel=tolerance)
        norm = clip_gradients(model.parameters(), 0.8)
        wanted_norm = torch.nn.utils.clip_grad_norm_(twin.parameters(), 0.8 * (1 + 1e-15))
        assert norm == pytest.approx(wanted_norm.item(), rel=10 * tolerance)
        for p, other in zip(model.parameters(), twin.parameters(), strict=True):
            other.grad = torch.tensor(p.grad.T.copy())  # theirs divides by norm + 1e-6
        ours.step()
        theirs.step()
        norms = model.parts[1], twin[1]
        for mine, its in zip(
            (norms[0].running_mean, norms[0].running_variance),
            (norms[1].running_mean, norms[1].running_var),
            strict=True,
        ):
            assert mine.dtype == dtype
            np.testing.assert_allclose(mine, its, rtol=tolerance, atol=tolerance)
    model.eval()
    twin.eval()
    out, wanted = model(X_test).data, twin(torch.tensor(X_test)).detach().numpy()
    assert out.dtype == dtype
    np.testing.assert_allclose(out, wanted, rtol=20 * tolerance, atol=20 * tolerance)


@pytest.mark.parametrize("dtype, tolerance", DTYPES)
@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_has_all_gradients_of_torch(dtype, tolerance, training):
    torch = pytest.importorskip("torch")
    rng, C = np.random.default_rng(0), 6
    ours, theirs = BatchNorm1d(C, momentum=0.3), torch.nn.BatchNorm1d(C, momentum=0.3)
    theirs.to(getattr(torch, dtype))
    for mine, its in ((ours.weight, theirs.weight), (ours.bias, theirs.bias)):
        mine.data = rng.normal(size=C).astype(dtype)
        its.data = torch.tensor(mine.data.copy())
    ours.running_mean = np.zeros(C, dtype)
    ours.running_variance = np.ones(C, dtype)
    for n in (2, 5, 40):  # the moments go on from batch to batch
        for layer in (ours, theirs):
            layer.train()
        x = rng.normal(3, 2, size=(n, C)).astype(dtype)
        ours(x), theirs(torch.tensor(x))
        if not training:
            ours.eval(), theirs.eval()
        grad = rng.normal(size=(n, C)).astype(dtype)
        leaf, other = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        for p in ours.parameters():
            p.grad = None
        theirs.zero_grad()
        out, wanted = ours(leaf), theirs(other)
        out.backward(grad)
        wanted.backward(torch.tensor(grad))
        found = [out.data, leaf.grad, ours.weight.grad, ours.bias.grad]
        found += [ours.running_mean, ours.running_variance]
        its = [wanted.detach(), other.grad, theirs.weight.grad, theirs.bias.grad]
        its += [theirs.running_mean, theirs.running_var]
        for mine, want in zip(found, its, strict=True):
            assert mine.dtype == dtype
            np.testing.assert_allclose(mine, want, rtol=5 * tolerance, atol=5 * tolerance)


def test_more_axes_are_more_rows_as_in_torch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x, grad = (rng.normal(size=(4, 7, 3)).astype(np.float32) for _ in range(2))
    ours, theirs = BatchNorm1d(3), torch.nn.BatchNorm1d(3)
    leaf, other = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    out, wanted = ours(leaf), theirs(other.swapaxes(1, 2)).swapaxes(1, 2)  # theirs: (B, C, T)
    out.backward(grad)
    wanted.backward(torch.tensor(grad))
    np.testing.assert_allclose(out.data, wanted.detach(), atol=1e-6)
    np.testing.assert_allclose(leaf.grad, other.grad, atol=1e-6)
    np.testing.assert_allclose(ours.running_variance, theirs.running_var, rtol=1e-6)


@pytest.mark.parametrize("total, warmup, floor", [(20, 5, 0.0), (13, 1, 0.1), (9, 0, 0.2)])
def test_the_schedule_is_torchs(total, warmup, floor):
    torch = pytest.importorskip("torch")
    from torch.optim import lr_scheduler as schedulers

    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.5)
    cosine = schedulers.CosineAnnealingLR(optimiser, total - warmup, eta_min=floor)
    schedule = cosine
    if warmup:
        rise = schedulers.LambdaLR(optimiser, lambda step: (step + 1) / warmup)
        schedule = schedulers.SequentialLR(optimiser, [rise, cosine], [warmup])
    for step in range(total + 1):
        rate = cosine_with_warmup(step, total, warmup, 0.5, floor)
        assert rate == pytest.approx(optimiser.param_groups[0]["lr"], abs=1e-12)
        optimiser.step()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SequentialLR calls what it deprecates
            schedule.step()


@pytest.mark.parametrize("max_norm", [0.01, 1.0, 1e6])
@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-12), ("float32", 1e-6)])
def test_clipping_is_torchs(max_norm, dtype, tolerance):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    parameters, others = [], []
    for shape in ((30, 40), (40,), (), (2, 3, 4)):
        p = Parameter(np.zeros(shape, dtype))
        p.grad = rng.normal(0, 5, size=shape).astype(dtype)
        other = torch.zeros(shape, dtype=getattr(torch, dtype), requires_grad=True)
        other.grad = torch.tensor(p.grad.copy())
        parameters.append(p)
        others.append(other)
    parameters.append(Parameter(np.zeros(3)))  # without a gradient
    others.append(torch.zeros(3, requires_grad=True))
    norm = clip_gradients(parameters, max_norm)
    wanted = torch.nn.utils.clip_grad_norm_(others, max_norm)
    assert norm == pytest.approx(wanted.item(), rel=tolerance)
    assert parameters[-1].grad is None
    for p, other in zip(parameters[:-1], others[:-1], strict=True):
        assert p.grad.dtype == dtype
        # theirs multiplies by max_norm / (norm + 1e-6)
        np.testing.assert_allclose(p.grad, other.grad, rtol=tolerance + 2e-6 / norm)


@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-12), ("float32", 1e-5)])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5, 0.99])
@pytest.mark.parametrize("shape", [(1, 2), (8, 10), (2, 3, 5)])
def test_the_smoothed_loss_is_torchs(shape, smoothing, dtype, tolerance):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    z, y = rng.normal(0, 5, size=shape).astype(dtype), rng.integers(shape[-1], size=shape[:-1])
    leaf, other = Tensor(z, requires_grad=True), torch.tensor(z, requires_grad=True)
    loss = label_smoothing(leaf, y, smoothing)
    wanted = torch.nn.functional.cross_entropy(
        other.reshape(-1, shape[-1]), torch.tensor(y.reshape(-1)), label_smoothing=smoothing
    )
    loss.backward()
    wanted.backward()
    assert loss.shape == () and loss.dtype == dtype and leaf.grad.dtype == dtype
    assert loss.item() == pytest.approx(wanted.item(), rel=tolerance)
    np.testing.assert_allclose(leaf.grad, other.grad, rtol=tolerance, atol=tolerance / 10)


def test_the_range_test_is_a_plain_loop_of_torch():
    torch = pytest.importorskip("torch")
    X, y, _, _ = digits("float64")
    model = network("float64")
    twin = twin_of(model, torch)
    batches = [(X[i : i + 64], y[i : i + 64]) for i in range(0, 640, 64)]
    theirs = torch.optim.SGD(twin.parameters(), 0.1)
    rates, losses = lr_range_test(
        model, SGD(model.parameters(), 0.1), cross_entropy, batches, 1e-3, 1e4, 60
    )
    assert 20 < len(rates) == len(losses) < 60
    exploded = losses > 4 * np.minimum.accumulate(losses)
    assert exploded[-1] and not exploded[:-1].any()
    np.testing.assert_allclose(rates[1:] / rates[:-1], 1e7 ** (1 / 59))
    for i, (rate, loss) in enumerate(zip(rates, losses, strict=True)):
        inputs, labels = (torch.tensor(a) for a in batches[i % 10])
        wanted = torch.nn.functional.cross_entropy(twin(inputs), labels)
        assert loss == pytest.approx(wanted.item(), rel=1e-6)
        theirs.param_groups[0]["lr"] = rate
        theirs.zero_grad()
        wanted.backward()
        theirs.step()


def test_the_statistics_are_those_of_torchs_hooks():
    torch = pytest.importorskip("torch")
    X = digits("float64")[0][:200]
    model = network("float64")
    twin, found = twin_of(model, torch), []
    for part in twin:
        part.register_forward_hook(lambda part, inputs, out: found.append(out.detach().numpy()))
    twin(torch.tensor(X))
    wanted = [
        [a.mean(), a.std(), (np.abs(a).max(axis=0) == 0).mean(), (np.abs(a) > 0.97).mean()]
        for a in found
    ]
    np.testing.assert_allclose(activation_statistics(model, X), wanted, rtol=1e-9, atol=1e-12)


def test_the_gradient_statistics_are_norms():
    X, y, _, _ = digits()
    model = network()
    cross_entropy(model(X[:64]), y[:64]).backward()
    found = gradient_statistics(model)
    assert [name for name, *_ in found][0] == "parts.0.weight" and len(found) == 6
    for (_, gradient, weight, ratio), p in zip(found, model.parameters(), strict=True):
        assert gradient == pytest.approx(np.sqrt((p.grad.astype(float) ** 2).sum()), rel=1e-5)
        assert ratio == (gradient / weight if weight else math.inf)
    model.parts[0].weight.grad = None
    with pytest.raises(ValueError, match="parts.0.weight has no gradient"):
        gradient_statistics(model)


# Properties


def test_the_composed_form_agrees():
    rng = np.random.default_rng(0)
    for shape in ((5, 3), (2, 4, 3), (2, 3, 4, 2)):
        arrays = rng.normal(size=shape), rng.normal(size=shape[-1]), rng.normal(size=shape[-1])
        grad, found = rng.normal(size=shape), []
        for form in (lambda *t: batch_norm(*t)[0], batch_norm_composed):
            tensors = [Tensor(a, requires_grad=True) for a in arrays]
            out = form(*tensors)
            out.backward(grad)
            found.append([out.data, *(t.grad for t in tensors)])
        for fused, composed in zip(*found, strict=True):
            np.testing.assert_allclose(fused, composed, rtol=1e-9, atol=1e-10)


def test_gradients_by_finite_differences():
    rng = np.random.default_rng(0)
    x, gain, bias, grad = (rng.normal(size=s) for s in ((4, 3), 3, 3, (4, 3)))
    y = np.array([0, 2, 1, 1])
    cases = [
        (lambda x, g, b: (batch_norm(x, g, b)[0] * grad).sum(), [x, gain, bias]),
        (lambda z: label_smoothing(z, y, 0.3), [x]),
    ]
    for f, arrays in cases:
        leaves = [Tensor(a, requires_grad=True) for a in arrays]
        f(*leaves).backward()
        for i, array in enumerate(arrays):
            for place in np.ndindex(array.shape):
                values = []
                for h in (1e-6, -1e-6):
                    moved = [a.copy() for a in arrays]
                    moved[i][place] += h
                    values.append(f(*map(Tensor, moved)).item())
                slope = (values[0] - values[1]) / 2e-6
                assert leaves[i].grad[place] == pytest.approx(slope, rel=1e-5, abs=1e-7)


def test_batch_norm_forgets_scale_and_shift_and_stands_across_both():
    rng = np.random.default_rng(0)
    x, ones, zeros = rng.normal(size=(50, 4)), Tensor(np.ones(4)), Tensor(np.zeros(4))
    out = batch_norm(Tensor(x), ones, zeros, 1e-12)[0].data
    moved = batch_norm(Tensor(x * [1, 10, 100, 0.1] + 7), ones, zeros, 1e-12)[0].data
    np.testing.assert_allclose(moved, out, atol=1e-7)
    leaf = Tensor(x, requires_grad=True)
    batch_norm(leaf, ones, zeros)[0].backward(rng.normal(size=(50, 4)))
    np.testing.assert_allclose(leaf.grad.sum(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose((leaf.grad * out).sum(axis=0), 0, atol=1e-3)


def test_float32_keeps_its_digits_over_many_rows():
    x = np.random.default_rng(0).normal(100, 1, size=(200_000, 3)).astype(np.float32)
    out, mean, variance = batch_norm(
        Tensor(x), Tensor(np.ones(3, np.float32)), Tensor(np.zeros(3, np.float32))
    )
    wide = x.astype(float)
    np.testing.assert_allclose(mean, wide.mean(axis=0), rtol=2e-5)  # summed in float32
    np.testing.assert_allclose(variance, wide.var(axis=0), rtol=2e-3)
    assert abs(out.data.mean(axis=0, dtype=float)).max() < 2e-3


def test_a_feature_that_does_not_vary_becomes_its_bias():
    layer = BatchNorm1d(2)
    layer.bias.data = np.array([3.0, 4.0], np.float32)
    x = np.full((5, 2), 7.0, np.float32)
    np.testing.assert_array_equal(layer(x).data, np.tile([3.0, 4.0], (5, 1)))
    assert np.isfinite(layer.running_variance).all()


def test_equal_scores_cost_log_k_and_the_least_loss_is_at_the_target():
    for k in (2, 10, 1000):
        z = np.zeros((3, k))
        for smoothing in (0.0, 0.1, 0.9):
            loss = label_smoothing(Tensor(z), np.arange(3) % k, smoothing)
            assert loss.item() == pytest.approx(math.log(k))
    target = np.full(4, 0.3 / 4)
    target[2] += 0.7
    z = Tensor(np.log(target)[None], requires_grad=True)
    loss = label_smoothing(z, np.array([2]), 0.3)
    loss.backward()
    np.testing.assert_allclose(z.grad, 0, atol=1e-15)
    assert loss.item() == pytest.approx(-(target * np.log(target)).sum())


def test_large_scores_do_not_overflow():
    z = Tensor(np.array([[1e4, -1e4, 0.0]], np.float32), requires_grad=True)
    with np.errstate(all="raise", under="ignore"):
        loss = label_smoothing(z, np.array([1]), 0.1)
        loss.backward()
    assert np.isfinite(loss.item()) and np.isfinite(z.grad).all()


# Runs


def everything(model, optimiser):
    """Return all that a run goes on from, as copies."""
    arrays = {**model.state(), **{f"optimiser {n}": a for n, a in optimiser.state().items()}}
    draws = [g.bit_generator.state for _, g in model.named(np.random.Generator)]
    modes = [model.training, *(part.training for _, part in model.named(Module))]
    return {n: a.copy() for n, a in arrays.items()}, draws, modes, optimiser.learning_rate


def same(one, other):
    for name, array in one[0].items():
        np.testing.assert_array_equal(array, other[0][name])
    assert one[1:] == other[1:]


def with_all_parts(optimiser):
    rng = np.random.default_rng(0)
    model = Sequential(
        Linear(64, 24, rng), BatchNorm1d(24), relu, Dropout(0.2, rng), Linear(24, 10, rng)
    )
    model.parts[3].eval()  # a mode of its own
    return model, optimiser(model.parameters(), 0.01)


@pytest.mark.parametrize("optimiser", [AdamW, lambda ps, rate: SGD(ps, rate, momentum=0.9)])
def test_after_a_range_test_a_run_goes_on_as_without(optimiser):
    X, y, _, _ = digits()
    found = []
    for tested in (False, True):
        model, steps = with_all_parts(optimiser)
        overfit_one_batch(model, steps, cross_entropy, (X[:32], y[:32]), 3)
        before = everything(model, steps)
        if tested:
            loader = DataLoader(X, y, batch_size=100)
            rates, _ = lr_range_test(model, steps, cross_entropy, loader, 1e-4, 1e3, 50)
            assert len(rates) > 14  # more than the loader has
            activation_statistics(model, X[:50])
        same(before, everything(model, steps))
        found.append(overfit_one_batch(model, steps, cross_entropy, (X[:32], y[:32]), 5))
    np.testing.assert_array_equal(*found)


def test_an_error_inside_puts_everything_back_too():
    X, y, _, _ = digits()
    model, steps = with_all_parts(AdamW)
    before = everything(model, steps)

    def broken(z, y):
        if z.data.std() > 5:
            raise KeyError("a word")
        return cross_entropy(z, y)

    with pytest.raises(KeyError):
        lr_range_test(model, steps, broken, [(X[:64], y[:64])], 0.1, 1e6, 30)
    same(before, everything(model, steps))
    with pytest.raises(KeyError), restored(model):
        model.parts[0].weight.data[...] = np.nan
        raise KeyError
    same(before, everything(model, steps))


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid")
def test_a_range_test_ends_at_infinity():
    X, y, _, _ = digits()
    model = Sequential(Linear(64, 8, np.random.default_rng(0)))
    before = model.state_dict()

    def squares(out, y):
        return (out * out).sum()

    optimiser = SGD(model.parameters(), 1.0)
    rates, losses = lr_range_test(model, optimiser, squares, [(X, y)], 1e-3, 1e9, 60, 1e300)
    assert len(rates) < 60 and not np.isfinite(losses[-1])
    np.testing.assert_array_equal(model.state()["parts.0.weight"], before["parts.0.weight"])


def test_one_batch_of_digits_is_learned_by_heart():
    X, y, _, _ = digits()
    model = network()
    model.parts[-1].weight.data[...] = 0
    losses = overfit_one_batch(
        model, AdamW(model.parameters(), 0.01), cross_entropy, (X[:32], y[:32]), 100
    )
    assert losses.shape == (100,) and losses[0] == pytest.approx(math.log(10), rel=1e-6)
    assert losses[-1] < 0.01


def test_a_trainer_with_hooks_stops_and_gives_back_its_best():
    X, y, X_test, y_test = digits()
    X, y = X[:150], y[:150]  # few: it overfits
    model = network()
    optimiser = AdamW(model.parameters(), weight_decay=0.0)
    stopping, rates, norms = EarlyStopping(patience=3), [], []

    def held_out(model):
        assert not model.training
        with no_grad():
            return cross_entropy(model(X_test), y_test).item()

    trainer = Trainer(
        model,
        optimiser,
        cross_entropy,
        DataLoader(X, y, batch_size=30, rng=np.random.default_rng(0)),
        before_step=[
            scheduled(lambda step: cosine_with_warmup(step, 500, 10, 0.05, 0.01)),
            lambda trainer: norms.append(clip_gradients(trainer.model.parameters(), 0.5)),
        ],
        after_step=[lambda trainer: rates.append(trainer.optimiser.learning_rate)],
        after_epoch=[stopping.watch(held_out)],
    ).fit(100)
    assert trainer.stop and trainer.model.training
    assert rates == [cosine_with_warmup(t, 500, 10, 0.05, 0.01) for t in range(len(rates))]
    assert len(stopping.losses) == stopping.best_epoch + 1 + 3 < 100
    assert stopping.best_loss == min(stopping.losses) < stopping.losses[-1]
    assert stopping.restore(model) is model
    assert held_out(model.eval()) == pytest.approx(stopping.best_loss, rel=1e-6)


def test_moments_are_state_and_travel():
    layer = BatchNorm1d(3)
    layer(np.random.default_rng(0).normal(size=(8, 3)))
    assert set(layer.state()) == {"weight", "bias", "running_mean", "running_variance"}
    assert layer.running_mean.dtype == layer.running_variance.dtype == np.float32
    other = BatchNorm1d(3).load_state_dict(layer.state_dict()).eval()
    x = np.ones((1, 3))
    np.testing.assert_array_equal(other(x).data, layer.eval()(x).data)
    with no_grad():
        layer.train()(np.zeros((4, 3)))
    assert not np.array_equal(layer.running_mean, other.running_mean)


def test_an_embedding_can_be_looked_at():
    rng = np.random.default_rng(0)
    model = Sequential(Embedding(20, 4, rng), Linear(4, 3, rng))
    assert activation_statistics(model, rng.integers(20, size=(2, 5))).shape == (2, 4)


# Bad input

MODEL = Sequential(Linear(2, 3, np.random.default_rng(0)))
OPTIMISER = SGD(MODEL.parameters(), 0.1)
BATCH = (np.ones((4, 2), np.float32), np.array([0, 1, 2, 0]))


def graded(*grads):
    found = [Parameter(np.zeros(np.shape(g))) for g in grads]
    for p, g in zip(found, grads, strict=True):
        p.grad = np.array(g, float)
    return found


def nan_loss(z, y):
    return (z * np.nan).sum()


def ranged(**settings):
    return lr_range_test(MODEL, OPTIMISER, cross_entropy, [BATCH], **settings)


def normed(x, gain, bias, epsilon=1e-5):
    return batch_norm(*(Tensor(np.ones(shape)) for shape in (x, gain, bias)), epsilon)


def smooth(y, smoothing=0.1):
    return label_smoothing(Tensor(np.zeros((4, 3))), y, smoothing)


@pytest.mark.parametrize(
    "work, error, words",
    [
        (lambda: cosine_with_warmup(-1, 10, 2, 1.0), ValueError, "step must be at least 0"),
        (lambda: cosine_with_warmup(1.5, 10, 2, 1.0), TypeError, "step must be a whole number"),
        (lambda: cosine_with_warmup(0, 0, 0, 1.0), ValueError, "total must be at least 1"),
        (lambda: cosine_with_warmup(0, 10, 11, 1.0), ValueError, "warmup must be at most 10"),
        (lambda: cosine_with_warmup(0, 10, 0.1, 1.0), TypeError, "warmup must be a whole number"),
        (lambda: cosine_with_warmup(0, 10, 2, 0.0), ValueError, "peak must be greater than 0"),
        (lambda: cosine_with_warmup(0, 10, 2, np.nan), ValueError, "peak must be finite"),
        (lambda: cosine_with_warmup(0, 10, 2, 1.0, 2.0), ValueError, "floor must be at most 1"),
        (lambda: cosine_with_warmup(0, 10, 2, 1.0, -1.0), ValueError, "floor must be at least 0"),
        (lambda: cosine_with_warmup(0, 10, 2, "1"), TypeError, "peak must hold numbers"),
        (lambda: clip_gradients([], 1.0), ValueError, "no gradient is there"),
        (lambda: clip_gradients(BatchNorm1d(2).parameters(), 1.0), ValueError, "call backward"),
        (lambda: clip_gradients(graded([1.0]), 0.0), ValueError, "max_norm must be greater"),
        (lambda: clip_gradients(graded([1.0]), -1.0), ValueError, "max_norm must be greater"),
        (lambda: clip_gradients(graded([1.0]), np.inf), ValueError, "max_norm must be finite"),
        (lambda: clip_gradients(graded([1.0, np.nan]), 1.0), ValueError, r"but grad\[1\] is nan"),
        (lambda: clip_gradients(graded([np.inf]), 1.0), ValueError, "grad must be finite"),
        (lambda: BatchNorm1d(0), ValueError, "features must be at least 1"),
        (lambda: BatchNorm1d(2.0), TypeError, "features must be a whole number"),
        (lambda: BatchNorm1d(2, momentum=0.0), ValueError, "momentum must be greater than 0"),
        (lambda: BatchNorm1d(2, momentum=1.1), ValueError, "momentum must be at most 1"),
        (lambda: BatchNorm1d(2, epsilon=0.0), ValueError, "epsilon must be greater than 0"),
        (lambda: BatchNorm1d(2)(np.ones((1, 2))), ValueError, r"shape \(1, 2\) has no variance"),
        (lambda: BatchNorm1d(2)(np.ones((0, 2))), ValueError, r"shape \(0, 2\) has no variance"),
        (lambda: BatchNorm1d(2)(np.ones((4, 3))), ValueError, r"\(\.\.\., 2\), but .* \(4, 3\)"),
        (lambda: BatchNorm1d(2).eval()(np.ones((4, 1))), ValueError, r"it is \(4, 1\)"),
        (lambda: BatchNorm1d(2)(np.ones(2)), ValueError, r"it is \(2,\)"),
        (lambda: BatchNorm1d(1)(np.array([["a"], ["b"]])), TypeError, "must hold numbers"),
        (lambda: smooth([0, 1, 2]), ValueError, r"y has shape \(3,\), and z \(4, 3\)"),
        (lambda: smooth([0, 1, 2, 3]), ValueError, "y holds 0 to 3"),
        (lambda: smooth([0, 1, 2, -1]), ValueError, "y holds -1 to 2"),
        (lambda: smooth([0.0, 1.0, 2.0, 0.0]), TypeError, "y must hold whole numbers"),
        (lambda: smooth(list("abca")), TypeError, "y must hold whole numbers"),
        (lambda: label_smoothing(np.zeros((4, 3)), [0] * 4), TypeError, "z must hold tensors"),
        (lambda: label_smoothing(Tensor(1.0), 0), ValueError, r"y has shape \(\), and z \(\)"),
        (lambda: normed((4, 2), (3,), (3,)), ValueError, r"x \(4, 2\) is empty or does not fit"),
        (lambda: normed((4, 2), (2,), (1,)), ValueError, r"fit \(\(2,\), \(1,\)\)"),
        (lambda: normed((4, 2), (1, 2), (1, 2)), ValueError, "does not fit"),
        (lambda: normed((0, 2), (2,), (2,)), ValueError, r"x \(0, 2\) is empty"),
        (lambda: normed((), (), ()), ValueError, r"x \(\) is empty or does not fit"),
        (lambda: normed((4, 2), (2,), (2,), -1.0), ValueError, "epsilon must be at least 0"),
        (
            lambda: batch_norm(np.ones((4, 2)), Tensor(np.ones(2)), Tensor(np.ones(2))),
            TypeError,
            "x, gain and bias must hold tensors",
        ),
        (
            lambda: batch_norm(Tensor(np.ones((4, 2))), np.ones(2), np.ones(2)),
            TypeError,
            "x, gain and bias must hold tensors",
        ),
        (
            lambda: activation_statistics(MODEL, np.ones((0, 2), np.float32)),
            ValueError,
            r"x has shape \(0, 2\): there are no rows",
        ),
        (
            lambda: overfit_one_batch(MODEL, OPTIMISER, cross_entropy, ()),
            TypeError,
            "a batch must be a tuple",
        ),
        (
            lambda: overfit_one_batch(MODEL, OPTIMISER, cross_entropy, BATCH[0]),
            TypeError,
            "a batch must be a tuple",
        ),
        (
            lambda: lr_range_test(MODEL, OPTIMISER, cross_entropy, [BATCH[0]]),
            TypeError,
            "a batch must be a tuple",
        ),
        (
            lambda: lr_range_test(MODEL, OPTIMISER, cross_entropy, iter([BATCH])),
            ValueError,
            "loader must have a length",
        ),
        (lambda: smooth([0] * 4, 1.0), ValueError, "smoothing must be at most"),
        (lambda: smooth([0] * 4, -0.1), ValueError, "smoothing must be at least 0"),
        (lambda: smooth([0] * 4, np.nan), ValueError, "smoothing must be finite"),
        (lambda: label_smoothing(Tensor(np.zeros((0, 3))), [], 0.1), ValueError, "y has shape"),
        (lambda: EarlyStopping(patience=0), ValueError, "patience must be at least 1"),
        (lambda: EarlyStopping(patience=1.5), TypeError, "patience must be a whole number"),
        (lambda: EarlyStopping(min_delta=-1), ValueError, "min_delta must be at least 0"),
        (lambda: EarlyStopping().update(np.nan, MODEL), RuntimeError, "loss of epoch 0 is nan"),
        (lambda: EarlyStopping().update(np.inf, MODEL), RuntimeError, "loss of epoch 0 is inf"),
        (lambda: EarlyStopping().restore(MODEL), NotFittedError, "update has not been called"),
        (lambda: finite_loss(-math.inf, "step 3"), RuntimeError, "loss of step 3 is -inf"),
        (lambda: ranged(low=0.0), ValueError, "low must be greater than 0"),
        (lambda: ranged(low=1.0, high=1.0), ValueError, "high must be greater than 1"),
        (lambda: ranged(steps=1), ValueError, "steps must be at least 2"),
        (lambda: ranged(explode=1.0), ValueError, "explode must be greater than 1"),
        (lambda: ranged(explode=np.nan), ValueError, "explode must be finite"),
        (
            lambda: lr_range_test(MODEL, OPTIMISER, cross_entropy, []),
            ValueError,
            "a batch at least",
        ),
        (
            lambda: overfit_one_batch(MODEL, OPTIMISER, cross_entropy, BATCH, 0),
            ValueError,
            "steps must be at least 1",
        ),
        (
            lambda: overfit_one_batch(MODEL, OPTIMISER, nan_loss, BATCH),
            RuntimeError,
            "the loss of step 0 is nan",
        ),
        (lambda: activation_statistics(relu, BATCH[0]), TypeError, "model must be a Sequential"),
        (
            lambda: activation_statistics(MODEL, BATCH[0], 0.0),
            ValueError,
            "saturated must be greater",
        ),
    ],
)
def test_bad_input_is_refused_in_a_sentence(work, error, words):
    before = MODEL.state_dict()
    with pytest.raises(error, match=words):
        work()
    for name, array in MODEL.state().items():
        np.testing.assert_array_equal(array, before[name])


def test_after_a_refused_loss_the_best_is_still_there():
    stopping, model = EarlyStopping(patience=2), network()
    stopping.update(1.0, model)
    with pytest.raises(RuntimeError):
        stopping.update(math.nan, model)
    assert stopping.losses == [1.0] and stopping.best_loss == 1.0
    assert not stopping.update(2.0, model) and stopping.update(2.0, model)


def test_one_part_many_rows_and_one_row_in_eval():
    layer = BatchNorm1d(1)
    assert layer(np.arange(2.0)[:, None]).shape == (2, 1)
    assert layer(np.ones((1, 2, 1))).shape == (1, 2, 1)  # two values of the feature
    assert layer.eval()(np.ones((1, 1))).shape == (1, 1)
    assert cosine_with_warmup(np.int64(0), 1, 1, np.float32(0.5)) == 0.5

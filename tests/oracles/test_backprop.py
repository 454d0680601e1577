"""Oracle for backprop: PyTorch on digits, and what must hold without a library."""

import numpy as np
import pytest

import bookdata
from solutions.backprop import (
    ACTIVATIONS,
    MLP,
    dense_backward,
    dense_forward,
    first_weights,
    gelu,
    gelu_slope,
    gradient_check,
    he_init,
    loss_and_slopes,
    network_backward,
    network_forward,
    relu,
    relu_slope,
    sigmoid_slope,
    softmax_cross_entropy,
    tanh_slope,
)
from solutions.gradient_descent import numerical_gradient
from solutions.inputs import NotFittedError
from solutions.logistic_regression import cross_entropy, cross_entropy_gradient

SIZES = (64, 32, 16, 10)


@pytest.fixture(scope="module")
def digits():
    return bookdata.digits()


@pytest.fixture(scope="module")
def torch():
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    return torch


def in_torch(torch, name):
    functions = {
        "relu": torch.relu,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "gelu": lambda x: torch.nn.functional.gelu(x, approximate="tanh"),
    }
    return functions[name]


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype, close", [(np.float64, 1e-12), (np.float32, 2e-6)])
def test_activations_and_slopes_are_torch_s(torch, name, dtype, close):
    x = np.linspace(-9, 9, 720, dtype=dtype).reshape(8, 90)  # 0 is not among them
    f, slope = ACTIVATIONS[name]
    theirs = torch.tensor(x, requires_grad=True)
    out = in_torch(torch, name)(theirs)
    out.sum().backward()
    np.testing.assert_allclose(f(x), out.detach().numpy(), rtol=0, atol=close)
    np.testing.assert_allclose(slope(x, f(x)), theirs.grad.numpy(), rtol=0, atol=close)
    assert f(x).dtype == slope(x, f(x)).dtype == dtype


def test_slopes_at_zero():
    zero = np.zeros(1)
    assert relu_slope(zero, relu(zero)) == 0
    assert tanh_slope(zero, np.tanh(zero)) == 1
    assert sigmoid_slope(zero, np.full(1, 0.5)) == 0.25
    assert gelu_slope(zero) == 0.5 and gelu(zero) == 0


def theirs(torch, weights, x, y, activation):
    weights = [torch.tensor(w, requires_grad=True) for w in weights]
    h = torch.tensor(x, requires_grad=True)
    first = h
    for i in range(0, len(weights), 2):
        h = h @ weights[i] + weights[i + 1]
        if i + 2 < len(weights):
            h = in_torch(torch, activation)(h)
    loss = torch.nn.functional.cross_entropy(h, torch.tensor(y))
    loss.backward()
    return loss.item(), [w.grad.numpy() for w in weights], first.grad.numpy()


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype, close", [(np.float64, 1e-13), (np.float32, 1e-6)])
def test_loss_and_slopes_on_digits_are_torch_s(torch, digits, activation, dtype, close):
    x, y = digits.X_train[:200].astype(dtype), digits.y_train[:200]
    weights = first_weights(SIZES, np.random.default_rng(0), dtype)
    loss, slopes = loss_and_slopes(weights, x, y, activation)
    want, wanted, _ = theirs(torch, weights, x, y, activation)
    assert loss == pytest.approx(want, rel=close)
    assert loss.dtype == dtype
    for slope, w in zip(slopes, wanted, strict=True):
        np.testing.assert_allclose(slope, w, rtol=0, atol=close)
        assert slope.dtype == dtype


def test_two_epochs_are_torch_s(torch, digits):
    """The weights after 86 steps of ours and of torch.optim.SGD, to 1e-11."""
    X, y = digits.X_train, digits.y_train
    model = MLP((32, 16), learning_rate=0.2, epochs=2).fit(X, y, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    weights = [torch.tensor(w, requires_grad=True) for w in first_weights(SIZES, rng)]
    losses = []
    for epoch in range(2):
        optimiser = torch.optim.SGD(weights, lr=0.2 * (1 - epoch / 2))
        order = rng.permutation(len(X))
        for i in range(0, len(X), 32):
            h = torch.tensor(X[order[i : i + 32]])
            for W, b in zip(weights[0:4:2], weights[1:4:2], strict=True):
                h = torch.relu(h @ W + b)
            z, right = h @ weights[4] + weights[5], torch.tensor(y[order[i : i + 32]])
            loss = torch.nn.functional.cross_entropy(z, right)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
    for w, theirs in zip(model.weights_, weights, strict=True):
        np.testing.assert_allclose(w, theirs.detach().numpy(), rtol=0, atol=1e-11)
    np.testing.assert_allclose(model.losses_, np.reshape(losses, (2, -1)).mean(axis=1), rtol=1e-11)


@pytest.mark.parametrize("axes", [(), (1,), (7,), (2, 3), (2, 1, 4)])
def test_a_layer_with_any_axes_is_torch_s_linear(torch, axes):
    rng = np.random.default_rng(0)
    x, W, b = rng.normal(size=(*axes, 5)), rng.normal(size=(5, 3)), rng.normal(size=3)
    grad = rng.normal(size=(*axes, 3))
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, W, b)]
    out = torch.nn.functional.linear(tensors[0], tensors[1].T, tensors[2])
    out.backward(torch.tensor(grad))
    np.testing.assert_allclose(dense_forward(x, W, b), out.detach().numpy(), atol=1e-13)
    for ours, tensor in zip(dense_backward(grad, x, W), tensors, strict=True):
        np.testing.assert_allclose(ours, tensor.grad.numpy(), atol=1e-13)
        assert ours.shape == tuple(tensor.shape)


def test_an_empty_batch_goes_through_a_layer():
    x, W, b = np.empty((0, 4, 5)), np.ones((5, 3)), np.ones(3)
    assert dense_forward(x, W, b).shape == (0, 4, 3)
    to_x, to_W, to_b = dense_backward(np.empty((0, 4, 3)), x, W)
    assert to_x.shape == x.shape and not to_W.any() and not to_b.any()


def test_a_column_and_a_strided_view_are_taken_as_they_are():
    rng = np.random.default_rng(0)
    x, W, b = rng.normal(size=(4, 6, 5)), rng.normal(size=(5, 3)), rng.normal(size=3)
    view = x[::2, ::-1]
    np.testing.assert_allclose(dense_forward(view, W, b), view @ W + b, atol=1e-13)
    grad = rng.normal(size=(2, 6, 3))
    for ours, copied in zip(
        dense_backward(grad, view, W), dense_backward(grad, view.copy(), W), strict=True
    ):
        np.testing.assert_allclose(ours, copied, atol=1e-13)


@pytest.mark.parametrize("dtype, close", [(np.float64, 1e-12), (np.float32, 2e-6)])
def test_cross_entropy_is_torch_s(torch, dtype, close):
    rng = np.random.default_rng(0)
    z = (30 * rng.normal(size=(50, 1000))).astype(dtype)
    y = rng.integers(1000, size=50)
    tensor = torch.tensor(z, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(tensor, torch.tensor(y))
    loss.backward()
    ours, to_z = softmax_cross_entropy(z, y)
    assert float(ours) == pytest.approx(loss.item(), rel=close)
    np.testing.assert_allclose(to_z, tensor.grad.numpy(), rtol=0, atol=close)
    assert ours.dtype == to_z.dtype == dtype


def test_cross_entropy_is_that_of_logistic_regression(digits):
    """Without a hidden layer the network is softmax regression, slopes and all."""
    X, y = digits.X_train, digits.y_train
    W, b = first_weights((64, 10), np.random.default_rng(0))
    loss, slopes = loss_and_slopes([W, b], X, y)
    Y = np.eye(10)[y]
    assert loss == pytest.approx(cross_entropy(X, Y, W, b), rel=1e-13)
    for slope, wanted in zip(slopes, cross_entropy_gradient(X, Y, W, b), strict=True):
        np.testing.assert_allclose(slope, wanted, atol=1e-14)


def test_cross_entropy_slopes_sum_to_zero_and_by_measuring():
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(4, 5)), rng.integers(5, size=4)
    _, to_z = softmax_cross_entropy(z, y)
    np.testing.assert_allclose(to_z.sum(axis=1), 0, atol=1e-16)
    measured = numerical_gradient(lambda z: softmax_cross_entropy(z, y)[0], z)
    np.testing.assert_allclose(to_z, measured, atol=1e-10)


def test_minus_infinity_is_a_class_ruled_out():
    loss, to_z = softmax_cross_entropy(np.array([[0.0, -np.inf, 0.0]]), np.array([0]))
    assert loss == pytest.approx(np.log(2))
    np.testing.assert_allclose(to_z, [[-0.5, 0, 0.5]])


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "gelu", "relu"])
def test_gradient_check_finds_the_network_right(digits, activation):
    weights = first_weights((64, 6, 5, 10), np.random.default_rng(0))
    x, y = digits.X_train[:30], digits.y_train[:30]
    errors = gradient_check(lambda w: loss_and_slopes(w, x, y, activation), weights)
    assert len(errors) == 6 and max(errors) < 1e-8


def test_gradient_check_of_float32_is_done_in_float64(digits):
    weights = first_weights((64, 6, 10), np.random.default_rng(0), np.float32)
    x, y = digits.X_train[:20].astype(np.float32), digits.y_train[:20]
    assert max(gradient_check(lambda w: loss_and_slopes(w, x, y, "tanh"), weights)) < 1e-8


def test_he_keeps_the_signal_of_relus_alive():
    """Through thirty layers the mean square of the sums stays of one size."""
    rng = np.random.default_rng(0)
    weights = first_weights([512] * 31, rng)
    _, sums = network_forward(weights, rng.normal(size=(64, 512)))
    squares = [np.mean(s * s) for s in sums]
    assert 0.4 < squares[-1] / squares[0] < 2.5


def test_a_sum_of_batches_is_the_whole(digits):
    weights = first_weights(SIZES, np.random.default_rng(0))
    x, y = digits.X_train[:100], digits.y_train[:100]
    _, whole = loss_and_slopes(weights, x, y)
    halves = [loss_and_slopes(weights, x[s], y[s])[1] for s in (slice(50), slice(50, 100))]
    for slope, one, two in zip(whole, *halves, strict=True):
        np.testing.assert_allclose(slope, (one + two) / 2, atol=1e-14)


def test_digits_are_read(digits):
    scores = [
        MLP((128, 64), learning_rate=0.3, epochs=40)
        .fit(digits.X_train.astype(np.float32), digits.y_train, np.random.default_rng(seed))
        .score(digits.X_test, digits.y_test)
        for seed in range(3)
    ]
    assert min(scores) >= 0.97


def test_mlp_is_an_estimator(digits):
    X, y = digits.X_train[:200].astype(np.float32), digits.y_train[:200]
    names = np.array(list("abcdefghij"))
    model = MLP((8,), epochs=3)
    assert model.fit(X, names[y], np.random.default_rng(0)) is model
    one = [w.copy() for w in model.weights_]
    p = model.predict_proba(X)
    assert p.shape == (200, 10) and p.dtype == np.float32
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
    assert set(model.predict(X)) <= set(names) and list(model.classes_) == list(names)
    assert 0 <= model.score(X, names[y]) <= 1
    model.fit(X, names[y], np.random.default_rng(0))
    assert all(np.array_equal(a, b) for a, b in zip(one, model.weights_, strict=True))
    assert len(model.losses_) == 3
    assert all(w.dtype == np.float32 for w in model.weights_)


def test_whole_numbers_and_constant_features_are_taken():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.integers(5, size=40), np.ones(40, int)])
    model = MLP((3,), epochs=2).fit(X, X[:, 0] > 2, rng)
    assert model.weights_[0].dtype == float
    assert model.fit(X[:2], [0, 1], rng).predict(X[:1]).shape == (1,)


OK = {"x": np.ones((2, 3)), "W": np.ones((3, 4)), "b": np.ones(4)}


@pytest.mark.parametrize(
    "change, error, says",
    [
        ({"x": np.ones((2, 5))}, ValueError, r"\(2, 5\) and \(3, 4\)"),
        ({"x": np.float64(1)}, ValueError, r"\(\) and \(3, 4\)"),
        ({"W": np.ones(3)}, ValueError, r"\(2, 3\) and \(3,\)"),
        ({"W": np.ones((3, 0)), "b": np.ones(0)}, ValueError, r"\(3, 0\)"),
        ({"b": np.ones((1, 4))}, ValueError, r"b must have shape \(4,\), not \(1, 4\)"),
        ({"b": 1.0}, ValueError, r"b must have shape \(4,\), not \(\)"),
        ({"x": [["a", "b", "c"]]}, TypeError, "x must hold numbers"),
        ({"W": np.ones((3, 4), complex)}, TypeError, "W must hold numbers"),
        ({"b": ["a"] * 4}, TypeError, "b must hold numbers"),
    ],
)
def test_forward_refuses(change, error, says):
    with pytest.raises(error, match=says):
        dense_forward(**(OK | change))


@pytest.mark.parametrize(
    "grad, x, error, says",
    [
        (np.ones((2, 3)), OK["x"], ValueError, r"grad must have shape \(2, 4\), not \(2, 3\)"),
        (np.ones(4), OK["x"], ValueError, r"grad must have shape \(2, 4\), not \(4,\)"),
        (np.ones((2, 4)), np.ones((2, 2)), ValueError, r"\(2, 2\) and \(3, 4\)"),
        ([["a"] * 4] * 2, OK["x"], TypeError, "grad must hold numbers"),
    ],
)
def test_backward_refuses(grad, x, error, says):
    with pytest.raises(error, match=says):
        dense_backward(grad, x, OK["W"])


@pytest.mark.parametrize(
    "z, y, error, says",
    [
        (np.ones(3), [0], ValueError, r"z must have shape \(n, k\), not \(3,\)"),
        (np.ones((0, 3)), np.empty(0, int), ValueError, r"not \(0, 3\)"),
        (np.ones((2, 3)), [0], ValueError, r"y must have shape \(2,\), not \(1,\)"),
        (np.ones((2, 3)), np.eye(3, dtype=int)[:2], ValueError, r"y must have shape \(2,\)"),
        (np.ones((2, 3)), [0.0, 1.0], TypeError, "whole numbers"),
        (np.ones((2, 3)), ["a", "b"], TypeError, "whole numbers"),
        (np.ones((2, 3)), [0, 3], ValueError, r"\(2, 3\), but y holds 0 to 3"),
        (np.ones((2, 3)), [-1, 0], ValueError, "holds -1 to 0"),
        ([["a", "b"]], [0], TypeError, "z must hold numbers"),
    ],
)
def test_cross_entropy_refuses(z, y, error, says):
    with pytest.raises(error, match=says):
        softmax_cross_entropy(z, y)


@pytest.mark.parametrize(
    "arguments, error, says",
    [
        ((0, 3, np.random.default_rng(0)), ValueError, "fan_in"),
        ((3, -1, np.random.default_rng(0)), ValueError, "fan_out"),
        ((3.5, 1, np.random.default_rng(0)), TypeError, "fan_in"),
        ((3, 1, 0), TypeError, "rng"),
    ],
)
def test_he_init_refuses(arguments, error, says):
    with pytest.raises(error, match=says):
        he_init(*arguments)


def test_gradient_check_copies_slopes_that_the_loss_writes_over():
    buffer = np.empty(3)

    def loss(weights):
        buffer[:] = 2 * weights[0]
        return float(weights[0] @ weights[0]), [buffer]

    assert gradient_check(loss, [np.array([1.0, -2.0, 0.5])])[0] < 1e-9


def test_gradient_check_says_nan_of_slopes_that_hold_it():
    def loss(weights):
        return float(weights[0].sum()), [np.array([1.0, np.nan])]

    assert np.isnan(gradient_check(loss, [np.ones(2)])[0])


def test_gelu_slope_is_flat_far_out_in_float32():
    x = np.array([-3e38, -1e20, -1e9, 1e9, 1e20, 3e38], np.float32)
    with np.errstate(all="raise"):
        slope = gelu_slope(x)
    np.testing.assert_array_equal(slope, [0, 0, 0, 1, 1, 1])
    assert slope.dtype == np.float32


def test_tanh_slope_takes_a_list():
    assert tanh_slope([0.0], [0.0]) == 1
    with pytest.raises(TypeError, match="out must hold numbers"):
        tanh_slope([0.0], ["a"])


def test_network_forward_refuses():
    W, b = first_weights((3, 2), np.random.default_rng(0))
    with pytest.raises(ValueError, match="'swish' is none of relu"):
        network_forward([W, b], np.ones((4, 3)), "swish")
    for weights in ([], [W], [W, b, W]):
        with pytest.raises(ValueError, match=f"pairs, not {len(weights)} parts"):
            network_forward(weights, np.ones((4, 3)))


def test_a_refused_fit_leaves_the_model_as_it_was():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(12, 3)), np.arange(12) % 3
    model = MLP((4,), epochs=2).fit(X, y, rng)
    before = model.predict(X)
    with pytest.raises(TypeError, match="rng must be"):
        model.fit(X[:, :2], y > 0, None)
    np.testing.assert_array_equal(model.predict(X), before)
    model.activation = "nope"
    with pytest.raises(ValueError, match="'nope' is none of"):
        model.predict(X)


def test_scores_that_are_none_are_no_prediction():
    model = MLP((2,), epochs=1).fit(np.eye(3), [0, 1, 2], np.random.default_rng(0))
    model.weights_[0][:] = np.nan
    with pytest.raises(ValueError, match="scores must be finite"):
        model.predict(np.eye(3))


def test_gradient_check_refuses():
    with pytest.raises(ValueError, match="finite"):
        gradient_check(lambda w: (0.0, w), [np.array([np.nan])])
    with pytest.raises(ValueError, match=r"the shapes \[\(2,\)\]"):
        gradient_check(lambda w: (0.0, []), [np.ones(2)])
    with pytest.raises(ValueError, match=r"the shapes \[\(2,\)\]"):
        gradient_check(lambda w: (0.0, [np.ones(3)]), [np.ones(2)])


@pytest.mark.parametrize(
    "settings, error, says",
    [
        ({"hidden": 64}, TypeError, "hidden must be a tuple"),
        ({"hidden": (3, 0)}, ValueError, "at least 1"),
        ({"hidden": (3.5,)}, TypeError, "whole number"),
        ({"activation": "softplus"}, ValueError, "none of relu, tanh, sigmoid, gelu"),
        ({"activation": ["relu"]}, ValueError, "none of relu, tanh, sigmoid, gelu"),
        ({"learning_rate": 0}, ValueError, "learning_rate"),
        ({"learning_rate": "a"}, TypeError, "learning_rate must hold numbers"),
        ({"learning_rate": [0.1, 0.2]}, ValueError, "learning_rate must have shape"),
        ({"learning_rate": np.nan}, ValueError, "learning_rate"),
        ({"epochs": 0}, ValueError, "at least 1"),
        ({"batch_size": 2.5}, TypeError, "whole number"),
    ],
)
def test_settings_are_refused(settings, error, says):
    with pytest.raises(error, match=says):
        MLP(**settings).fit(np.eye(4), [0, 1, 0, 1], np.random.default_rng(0))


@pytest.mark.parametrize(
    "X, y, rng, error, says",
    [
        (np.ones(4), [0, 1, 0, 1], 0, ValueError, r"\(n, d\)"),
        (np.empty((0, 2)), [], 0, ValueError, "empty"),
        (np.array([[1.0], [np.inf]]), [0, 1], 0, ValueError, "finite"),
        (np.eye(2), [0, 1, 1], 0, ValueError, r"\(2,\)"),
        (np.eye(2), [1, 1], 0, ValueError, "one class"),
        (np.eye(2), [0.0, np.nan], 0, ValueError, "NaN"),
        (np.array([["a"], ["b"]]), [0, 1], 0, TypeError, "numbers"),
        (np.eye(2), [0, 1], 7, TypeError, "rng must be"),
    ],
)
def test_fit_refuses(X, y, rng, error, says):
    with pytest.raises(error, match=says):
        MLP((2,)).fit(X, y, np.random.default_rng(0) if rng == 0 else rng)


def test_predict_refuses():
    with pytest.raises(NotFittedError, match="call fit first"):
        MLP().predict(np.eye(2))
    model = MLP((2,), epochs=1).fit(np.eye(3), [0, 1, 2], np.random.default_rng(0))
    with pytest.raises(ValueError, match="fit saw 3 features"):
        model.predict(np.eye(2))
    with pytest.raises(ValueError, match="finite"):
        model.predict(np.full((1, 3), np.nan))


def test_divergence_is_an_error(digits):
    with (
        np.errstate(all="ignore"),
        pytest.raises(RuntimeError, match="lower the learning rate"),
    ):
        MLP((16, 16), learning_rate=1e300).fit(
            1e3 * digits.X_train, digits.y_train, np.random.default_rng(0)
        )


def test_what_goes_back_is_what_came_forward():
    """network_backward returns the slopes that each layer's own backward gives."""
    rng = np.random.default_rng(0)
    weights = first_weights((3, 4, 2), rng)
    x, grad = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    inputs, sums = network_forward(weights, x, "tanh")
    slopes = network_backward(grad, weights, inputs, sums, "tanh")
    to_h, to_W, to_b = dense_backward(grad, inputs[1], weights[2])
    _, *first = dense_backward(to_h * (1 - inputs[1] ** 2), x, weights[0])
    for slope, wanted in zip(slopes, [*first, to_W, to_b], strict=True):
        np.testing.assert_allclose(slope, wanted, atol=1e-14)

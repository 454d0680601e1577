"""Oracle for convolution: PyTorch on the same real images, and what needs no library."""

import numpy as np
import pytest

import bookdata
from solutions.autograd import Tensor, no_grad
from solutions.convolution import (
    BatchNorm2d,
    Conv2d,
    LeNet,
    MaxPool2d,
    augment,
    col2im,
    convolve,
    convolve_im2col,
    convolve_loops,
    convolve_taps,
    im2col,
    max_pool,
    padded,
    places,
    tap,
)
from solutions.framework import SGD, AdamW, DataLoader, cross_entropy

WAYS = [convolve_im2col, convolve_taps, convolve]
CLOSE = {np.float32: 2e-5, np.float64: 1e-11}  # of the largest entry


@pytest.fixture(scope="module")
def digits():
    """Return 100 digits (100, 28, 28, 1) in float32, from 0 to 1, and what they are."""
    data = bookdata.mnist()
    return np.float32(data.X_train[:100, :, :, None]) / 255, data.y_train[:100]


@pytest.fixture(scope="module")
def clothes():
    """Return 24 photographs, three side by side as the channels of one, (8, 28, 28, 3)."""
    images = np.float32(bookdata.fashion_mnist().X_train[:24]) / 255
    return np.moveaxis(images.reshape(8, 3, 28, 28), 1, 3)


def nchw(array):
    """Return images with the channels first, as PyTorch wants them."""
    return np.ascontiguousarray(np.moveaxis(array, 3, 1))


def nhwc(tensor):
    return np.moveaxis(tensor.detach().numpy(), 1, 3)


def agree(ours, theirs, dtype):
    assert ours.dtype == dtype
    scale = max(1, np.abs(theirs).max())
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=CLOSE[dtype] * scale)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("K", [1, 2, 3, 5])
@pytest.mark.parametrize(
    "stride, padding", [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2), (3, 1)]
)
def test_photographs_agree_with_pytorch(clothes, K, stride, padding, dtype):
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torch.nn.functional")
    rng = np.random.default_rng(0)
    for x in (clothes[:, 3:20, 2:25], clothes[:2, 5:16, 9:16, :1]):  # uneven; one channel
        x = x.astype(dtype)
        kernel = rng.normal(size=(K, K, x.shape[3], 4)).astype(dtype)
        bias = rng.normal(size=4).astype(dtype)
        twin, twin_kernel, twin_bias = (
            torch.tensor(a, requires_grad=True)
            for a in (nchw(x), kernel.transpose(3, 2, 0, 1), bias)
        )
        wanted = functional.conv2d(twin, twin_kernel, twin_bias, stride, padding)
        grad = rng.normal(size=nhwc(wanted).shape).astype(dtype)
        wanted.backward(torch.tensor(nchw(grad)))
        agree(convolve_loops(x[:1], kernel, bias, stride, padding), nhwc(wanted)[:1], dtype)
        for way in WAYS:
            parts = [Tensor(a, requires_grad=True) for a in (x, kernel, bias)]
            out = way(*parts, stride, padding)
            out.backward(grad)
            agree(out.data, nhwc(wanted), dtype)
            agree(parts[0].grad, nhwc(twin.grad), dtype)
            agree(parts[1].grad, twin_kernel.grad.numpy().transpose(2, 3, 1, 0), dtype)
            agree(parts[2].grad, twin_bias.grad.numpy(), dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("K", [1, 2, 3, 5])
def test_pooling_of_photographs_is_pytorch_s_to_the_last_bit(clothes, K, dtype):
    """The background is all zeros: of those that tie, both take the first."""
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torch.nn.functional")
    x = clothes[:, :, 1:].astype(dtype)
    twin = torch.tensor(nchw(x), requires_grad=True)
    wanted = functional.max_pool2d(twin, K)
    grad = np.random.default_rng(0).normal(size=nhwc(wanted).shape).astype(dtype)
    wanted.backward(torch.tensor(nchw(grad)))
    x = Tensor(x, requires_grad=True)
    out = max_pool(x, K)
    out.backward(grad)
    np.testing.assert_array_equal(out.data, nhwc(wanted))
    np.testing.assert_array_equal(x.grad, nhwc(twin.grad))
    assert out.dtype == x.grad.dtype == dtype


def test_batch_norm_of_photographs_agrees_with_pytorch(clothes):
    torch = pytest.importorskip("torch")
    ours, theirs = BatchNorm2d(3), torch.nn.BatchNorm2d(3)
    rng = np.random.default_rng(0)
    for part in (clothes[:5], clothes[5:]):
        x, twin = Tensor(part, True), torch.tensor(nchw(part), requires_grad=True)
        out, wanted = ours(x), theirs(twin)
        grad = rng.normal(size=out.shape).astype(np.float32)
        out.backward(grad)
        wanted.backward(torch.tensor(nchw(grad)))
        agree(out.data, nhwc(wanted), np.float32)
        agree(x.grad, nhwc(twin.grad), np.float32)
    agree(ours.running_mean, theirs.running_mean.numpy(), np.float32)
    agree(ours.running_variance, theirs.running_var.numpy(), np.float32)
    agree(ours.weight.grad, theirs.weight.grad.numpy(), np.float32)
    agree(ours.eval()(clothes).data, nhwc(theirs.eval()(torch.tensor(nchw(clothes)))), np.float32)


def twin_of(model):
    """Return PyTorch's LeNet with copies of the weights."""
    torch = pytest.importorskip("torch")
    nn = torch.nn
    few, more, k = (p.shape[-1] for p in (model.conv1.bias, model.conv2.bias, model.dense3.bias))
    twin = nn.Sequential(
        *(nn.Conv2d(1, few, 5, padding=2), nn.MaxPool2d(2), nn.BatchNorm2d(few), nn.ReLU()),
        *(nn.Conv2d(few, more, 5), nn.MaxPool2d(2), nn.BatchNorm2d(more), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(25 * more, 120), nn.ReLU()),
        *(nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, k)),
    )
    layers = [part for part in twin if hasattr(part, "weight")]
    names = "conv1 norm1 conv2 norm2 dense1 dense2 dense3".split()
    for name, layer in zip(names, layers, strict=True):
        weight = getattr(model, name).weight.data
        if weight.ndim == 4:
            weight = weight.transpose(3, 2, 0, 1)
        if name == "dense1":  # its rows follow the pixels: channels last here, first there
            weight = weight.reshape(5, 5, more, 120).transpose(2, 0, 1, 3).reshape(-1, 120)
        weight = weight.T if weight.ndim == 2 else weight
        layer.weight.data = torch.tensor(np.ascontiguousarray(weight))
        layer.bias.data = torch.tensor(getattr(model, name).bias.data.copy())
    return twin


@pytest.mark.parametrize("dtype, rtol", [(np.float32, 0.1), (np.float64, 1e-8)])
@pytest.mark.parametrize("channels", [(6, 16), (8, 24)])
def test_lenet_learns_digits_as_pytorch_does(digits, channels, dtype, rtol):
    """In float32 both are off the scores in float64, by 1e-4, and training makes that grow."""
    torch = pytest.importorskip("torch")
    X, y = digits[0].astype(dtype), digits[1]
    model = LeNet(10, np.random.default_rng(0), channels=channels)
    twin = twin_of(model).to(torch.float64 if dtype is np.float64 else torch.float32)
    for p in model.parameters():
        p.data = p.data.astype(dtype)
    with no_grad():
        scores = model(X).data
    wanted = twin(torch.tensor(nchw(X))).detach().numpy()
    assert scores.dtype == dtype
    np.testing.assert_allclose(scores, wanted, atol=1e-3 if dtype is np.float32 else 1e-10)
    ours = SGD(model.parameters(), 0.02, momentum=0.9)
    theirs = torch.optim.SGD(twin.parameters(), 0.02, momentum=0.9)
    losses = []
    for step in range(20):
        rows = slice(step * 20 % 100, step * 20 % 100 + 20)
        ours.zero_grad()
        loss = cross_entropy(model(X[rows]), y[rows])
        loss.backward()
        ours.step()
        theirs.zero_grad()
        z = twin(torch.tensor(nchw(X[rows])))
        wanted = torch.nn.functional.cross_entropy(z, torch.tensor(y[rows]))
        wanted.backward()
        theirs.step()
        losses.append((loss.item(), wanted.item()))
    mine, other = np.array(losses).T
    np.testing.assert_allclose(mine, other, rtol=rtol)
    np.testing.assert_allclose(mine[:10], other[:10], rtol=min(rtol, 1e-3))
    assert mine[-5:].mean() < mine[:5].mean() / 2
    answers = model.eval()(X).data.argmax(1)
    agreed = (answers == twin.eval()(torch.tensor(nchw(X))).argmax(1).numpy()).mean()
    assert agreed >= 0.99


# What needs no library.


@pytest.mark.parametrize(
    "K, stride, padding", [(3, 1, 0), (3, 2, 1), (5, 1, 2), (2, 3, 0), (1, 2, 1)]
)
def test_im2col_and_col2im_are_adjoint(K, stride, padding):
    rng = np.random.default_rng(0)
    shape = 3, 8, 7, 2
    for _ in range(5):
        x = rng.normal(size=shape)
        unfolded = im2col(x, K, stride, padding)
        columns = rng.normal(size=unfolded.shape)
        back = col2im(columns, shape, K, stride, padding)
        assert (unfolded * columns).sum() == pytest.approx((x * back).sum(), rel=1e-10, abs=1e-10)


def test_col2im_counts_in_how_many_patches_a_pixel_lies():
    ones = im2col(np.ones((1, 5, 5, 1)), 3)
    counts = col2im(ones, (1, 5, 5, 1), 3)[0, :, :, 0]
    np.testing.assert_array_equal(counts, np.outer([1, 2, 3, 2, 1], [1, 2, 3, 2, 1]))


@pytest.mark.parametrize("way", WAYS)
def test_a_shifted_image_has_a_shifted_answer(clothes, way):
    rng = np.random.default_rng(0)
    kernel = Tensor(rng.normal(size=(3, 3, 3, 2)))
    bias = Tensor(rng.normal(size=2))
    x = clothes.astype(float)
    moved = np.zeros_like(x)
    moved[:, 4:, 3:] = x[:, :-4, :-3]
    out, later = way(x, kernel, bias).data, way(moved, kernel, bias).data
    np.testing.assert_allclose(later[:, 4:, 3:], out[:, :-4, :-3], rtol=1e-12)


@pytest.mark.parametrize("way", WAYS)
def test_it_is_linear_in_the_images_and_in_the_kernel(way):
    rng = np.random.default_rng(0)
    x, v = rng.normal(size=(2, 2, 6, 7, 3))
    k, u = rng.normal(size=(2, 3, 3, 3, 2))
    none = Tensor(np.zeros(2))

    def convolved(images, kernel):
        return way(Tensor(images), Tensor(kernel), none, 2, 1).data

    both = convolved(2 * x - 3 * v, k)
    np.testing.assert_allclose(both, 2 * convolved(x, k) - 3 * convolved(v, k), atol=1e-12)
    both = convolved(x, 2 * k - 3 * u)
    np.testing.assert_allclose(both, 2 * convolved(x, k) - 3 * convolved(x, u), atol=1e-12)


def test_gradients_are_those_of_finite_differences():
    rng = np.random.default_rng(0)
    x, kernel, bias = (Tensor(rng.normal(size=s), True) for s in ((2, 7, 6, 2), (3, 3, 2, 3), (3,)))
    target = rng.normal(size=(2, 2, 1, 3))

    def loss():
        apart = max_pool(convolve(x, kernel, bias, 1, 0), 2)[:, :, 1:] - target
        return (apart * apart).sum()

    loss().backward()
    for tensor in (x, kernel, bias):
        slopes = np.empty(tensor.shape)
        for place in np.ndindex(tensor.shape):
            ends = []
            for h in (1e-6, -1e-6):
                tensor.data[place] += h
                ends.append(loss().item())
                tensor.data[place] -= h
            slopes[place] = (ends[0] - ends[1]) / 2e-6
        np.testing.assert_allclose(tensor.grad, slopes, rtol=1e-6, atol=1e-6)


def test_no_work_is_done_for_images_that_need_no_gradient(digits, monkeypatch):
    import solutions.convolution as module

    def refuse(*args):
        raise AssertionError("nobody asked for the gradient of the images")

    monkeypatch.setattr(module, "col2im", refuse)
    rng = np.random.default_rng(0)
    for C, way in ((1, convolve_im2col), (8, convolve_taps)):
        kernel, bias = Tensor(rng.normal(size=(3, 3, C, 2)), True), Tensor(np.zeros(2), True)
        x = Tensor(rng.normal(size=(2, 5, 5, C)))
        out = way(x, kernel, bias)
        assert way is convolve_taps or out.grad_fn is not None
        if way is convolve_taps:
            assert out.grad_fn(np.ones(out.shape))[0] is None
        else:
            out.sum().backward()
        assert x.grad is None


def test_a_chosen_way_is_one_of_the_two():
    rng = np.random.default_rng(0)
    for C in (1, 3, 4, 16):
        x, k = rng.normal(size=(2, 6, 6, C)), rng.normal(size=(3, 3, C, 2))
        outs = [way(x, Tensor(k), Tensor(np.ones(2)), 1, 1).data for way in WAYS]
        np.testing.assert_allclose(outs[0], outs[1], rtol=1e-10)
        assert any((outs[2] == out).all() for out in outs[:2])


def test_first_weights_keep_the_size_of_a_signal():
    layer = Conv2d(16, 64, 3, np.random.default_rng(0))
    assert layer.weight.dtype == layer.bias.dtype == np.float32
    assert layer.weight.data.std() == pytest.approx((2 / (9 * 16)) ** 0.5, rel=0.03)
    assert not layer.bias.data.any()


def test_the_shifts_of_augment_are_all_there_and_each_image_s_own():
    x = np.zeros((2000, 9, 9, 1), np.uint8)
    x[:, 4, 4] = 200
    out = augment(x, np.random.default_rng(0), most=3)
    where = np.argwhere(out[..., 0] == 200)
    assert out.dtype == np.uint8 and len(where) == 2000
    shifts, counts = np.unique(where[:, 1:] - 4, axis=0, return_counts=True)
    assert len(shifts) == 49 and np.abs(shifts).max() == 3
    assert counts.min() > 2000 / 49 / 2
    loader = DataLoader(
        x,
        np.arange(2000),
        batch_size=500,
        transform=lambda x, y: (augment(x, np.random.default_rng(1)), y),
    )
    batch, y = next(iter(loader))
    assert batch.shape == (500, 9, 9, 1) and (y == np.arange(500)).all()
    assert (x[:, 4, 4] == 200).all()


def test_lenet_keeps_float32_and_its_state(digits):
    X, y = digits
    model = LeNet(10, np.random.default_rng(0))
    optimiser = AdamW(model.parameters(), 1e-3)
    cross_entropy(model(X[:8]), y[:8]).backward()
    assert all(p.grad.dtype == np.float32 for p in model.parameters())
    optimiser.step()
    assert all(array.dtype == np.float32 for array in model.state().values())
    other = LeNet(10, np.random.default_rng(1)).load_state_dict(model.state_dict())
    np.testing.assert_array_equal(model.eval()(X).data, other.eval()(X).data)
    bytes_ = (X[:4] * 255).astype(np.uint8)
    assert model(bytes_).dtype == np.float32


# Bad input: each a sentence that says what was wrong.


@pytest.mark.parametrize("shape", [(5, 5, 2), (5, 5), (1, 2, 5, 5, 2), (0, 5, 5, 2), (2, 5, 5, 0)])
def test_what_is_no_batch_of_images_is_named_by_its_shape(shape):
    x = np.zeros(shape)
    kernel, bias = Tensor(np.zeros((3, 3, 2, 1))), Tensor(np.zeros(1))
    rng = np.random.default_rng(0)
    uses = [
        lambda: im2col(x, 3),
        lambda: col2im(np.zeros((2, 3, 3, 18)), shape, 3),
        lambda: max_pool(Tensor(x)),
        lambda: MaxPool2d()(x),
        lambda: BatchNorm2d(2)(x),
        lambda: LeNet(3, rng, C=2)(x),
        lambda: augment(x, rng),
        *(lambda way=way: way(x, kernel, bias) for way in WAYS),
    ]
    for use in uses:
        with pytest.raises(ValueError, match=r"must have shape \(B, H, W, C\)") as caught:
            use()
        assert str(shape) in str(caught.value)


@pytest.mark.parametrize("way", WAYS)
def test_parts_that_do_not_fit_are_named_by_their_shapes(way):
    x, kernel, bias = np.zeros((2, 5, 6, 3)), Tensor(np.zeros((3, 3, 3, 4))), Tensor(np.zeros(4))
    for other in ((3, 3, 2, 4), (3, 2, 3, 4), (3, 3, 3), (9, 3, 4)):
        with pytest.raises(ValueError) as caught:
            way(x, Tensor(np.zeros(other)), bias)
        assert str(other) in str(caught.value)
        assert "(2, 5, 6, 3)" in str(caught.value)
    with pytest.raises(ValueError, match=r"bias must have shape \(4,\), but its shape is \(3,\)"):
        way(x, kernel, Tensor(np.zeros(3)))
    with pytest.raises(ValueError, match=r"7 by 7 does not fit .* \(2, 5, 6, 3\) with padding 0"):
        way(x, Tensor(np.zeros((7, 7, 3, 4))), bias)
    assert way(x, Tensor(np.zeros((7, 7, 3, 4))), bias, 1, 1).shape == (2, 1, 2, 4)
    for stride, padding, error in ((0, 0, ValueError), (1.5, 0, TypeError), (1, -1, ValueError)):
        with pytest.raises(error, match="stride" if stride != 1 else "padding"):
            way(x, kernel, bias, stride, padding)
    for bad in ("a", [[["b"]]], None):
        with pytest.raises((TypeError, ValueError)):
            way(bad, kernel, bias)


def test_columns_that_do_not_fit_are_named_by_their_shapes():
    with pytest.raises(ValueError, match=r"\(2, 3, 4, 18\), but theirs is \(2, 3, 3, 18\)"):
        col2im(np.zeros((2, 3, 3, 18)), (2, 5, 6, 2), 3)
    with pytest.raises(ValueError, match="does not fit"):
        col2im(np.zeros((2, 3, 3, 18)), (2, 2, 6, 2), 3)


def test_shapes_that_are_none_are_refused():
    columns = np.zeros((2, 3, 4, 18))
    with pytest.raises(ValueError, match="a length in shape must be at least 0, not -6"):
        col2im(columns, (2, -6, 7, 3), 3)
    for shape in ("abcd", (2, 5.0, 6, 2)):
        with pytest.raises(TypeError, match="a length in shape must be a whole number"):
            col2im(columns, shape, 3)
    with pytest.raises(ValueError, match=r"must have shape \(B, H, W, C\).*\(2, 3\)"):
        places((2, 3), 2)


@pytest.mark.parametrize("way", WAYS)
def test_a_kernel_or_bias_that_is_no_tensor_is_named(way):
    x, kernel, bias = np.zeros((2, 5, 6, 3)), np.zeros((3, 3, 3, 4)), np.zeros(4)
    for parts in ((kernel, Tensor(bias)), (Tensor(kernel), bias), (kernel.tolist(), Tensor(bias))):
        with pytest.raises(TypeError, match="kernel and bias must hold tensors"):
            way(x, *parts)
    with pytest.raises(ValueError, match=r"but its shape is \(\)"):
        way(x, Tensor(1.0), Tensor(bias))


def test_the_plain_definition_takes_whole_numbers_and_refuses_what_does_not_fit():
    rng = np.random.default_rng(0)
    x, kernel, bias = rng.integers(9, size=(1, 4, 5, 2)), rng.normal(size=(3, 3, 2, 2)), np.ones(2)
    wanted = convolve_taps(x, Tensor(kernel), Tensor(bias)).data
    np.testing.assert_allclose(convolve_loops(x, kernel, bias), wanted, rtol=1e-10)
    with pytest.raises(ValueError, match=r"needs a kernel of shape \(K, K, 2, m\)"):
        convolve_loops(x, kernel[:, :, :1], bias)


def test_settings_that_cannot_be_are_refused():
    rng = np.random.default_rng(0)
    for make, error in (
        (lambda: Conv2d(0, 2, 3, rng), ValueError),
        (lambda: Conv2d(1, 2, 0, rng), ValueError),
        (lambda: Conv2d(1, 2, 3.0, rng), TypeError),
        (lambda: Conv2d(1, 2, 3, rng, stride=0), ValueError),
        (lambda: Conv2d(1, 2, 3, rng, padding=-1), ValueError),
        (lambda: Conv2d(1, 2, 3, 0), TypeError),
        (lambda: MaxPool2d(0), ValueError),
        (lambda: BatchNorm2d(0), ValueError),
        (lambda: LeNet(10, 0), TypeError),
        (lambda: LeNet(0, rng), ValueError),
        (lambda: augment(np.zeros((1, 3, 3, 1)), 0), TypeError),
        (lambda: augment(np.zeros((1, 3, 3, 1)), rng, -1), ValueError),
        (lambda: augment(np.zeros((1, 3, 3, 1)), rng, 1.5), TypeError),
        (lambda: augment(np.full((1, 3, 3, 1), "a"), rng), TypeError),
        (lambda: im2col(np.full((1, 3, 3, 1), "a"), 2), TypeError),
        (lambda: max_pool(Tensor(np.zeros((1, 3, 3, 1))), 4), ValueError),
        (lambda: max_pool(Tensor(np.zeros((1, 3, 3, 1))), 0), ValueError),
    ):
        with pytest.raises(error):
            make()


def test_images_of_another_size_or_depth_are_refused():
    model = LeNet(10, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"28 by 28, .*\(2, 32, 32, 1\)"):
        model(np.zeros((2, 32, 32, 1)))
    with pytest.raises(
        ValueError, match=r"\(2, 28, 28, 3\) needs a kernel of shape \(K, K, 3, m\)"
    ):
        model(np.zeros((2, 28, 28, 3)))
    with pytest.raises(ValueError, match=r"\(\.\.\., 2\), but it is"):
        BatchNorm2d(2)(np.zeros((2, 4, 4, 3)))


def test_integers_are_not_truncated_and_one_pixel_is_enough():
    x = np.arange(8).reshape(1, 2, 2, 2)
    assert im2col(x, 2).dtype == float
    out = convolve(x, Tensor(np.full((1, 1, 2, 1), 0.5)), Tensor(np.zeros(1)))
    np.testing.assert_array_equal(out.data.ravel(), [0.5, 2.5, 4.5, 6.5])
    assert places((1, 1, 1, 1), 1) == (1, 1)
    one = np.full((1, 1, 1, 1), 3.0)
    assert tap(padded(one, 1), 1, 1, (1, 1)).item() == 3
    assert max_pool(Tensor(one), 1).item() == 3

"""Oracle for autograd: PyTorch and finite differences, operation by operation."""

import gc
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import bookdata
from solutions.autograd import (
    Tensor,
    Value,
    concatenate,
    elementwise,
    no_grad,
    operation,
    recording,
    topological_order,
    unbroadcast,
)

ROWS = np.array([2, 0, 2, 2])
sinh = elementwise(np.sinh, lambda x, out: np.cosh(x))  # an operation from outside


# The same lines run on our tensors and on PyTorch's; `t` holds what is spelt otherwise.
UNARY = {
    "neg": lambda t, a: -a,
    "exp": lambda t, a: a.exp(),
    "log": lambda t, a: (a * a + 0.5).log(),
    "sqrt": lambda t, a: (a * a + 0.5).sqrt(),
    "tanh": lambda t, a: a.tanh(),
    "relu": lambda t, a: a.relu(),
    "sinh": lambda t, a: t.sinh(a),
    "square": lambda t, a: a**2,
    "cube": lambda t, a: a**3,
    "fourth": lambda t, a: a**4,
    "first": lambda t, a: a**1,
    "zeroth": lambda t, a: a**0,
    "inverse square": lambda t, a: (a * a + 0.5) ** -2,
    "root": lambda t, a: (a * a + 0.5) ** 0.5,
    "number minus": lambda t, a: 1.5 - a,
    "number over": lambda t, a: 1.5 / (a * a + 0.5),
    "over number": lambda t, a: a / 3,
    "times array": lambda t, a: t.array(np.arange(4.0)) * a,
    "plus array": lambda t, a: t.array(np.arange(4.0)) + a,
    "minus array": lambda t, a: t.array(np.ones((2, 1, 4))) - a,
    "sum": lambda t, a: a.sum(),
    "sum 0": lambda t, a: a.sum(0),
    "sum -1": lambda t, a: a.sum(-1),
    "sum both": lambda t, a: a.sum((0, 1)),
    "sum kept": lambda t, a: a * a.sum(1, **t.kept),
    "mean": lambda t, a: a.mean(),
    "mean 0": lambda t, a: a.mean(0),
    "mean kept": lambda t, a: a * a.mean((0, 1), **t.kept),
    "max": lambda t, a: t.max(a, (0, 1), False),
    "max 0": lambda t, a: t.max(a, 0, False),
    "max kept": lambda t, a: a * t.max(a, -1, True),
    "reshape": lambda t, a: a.reshape(2, 6) * a.reshape((6, 2)).reshape(2, -1),
    "swapaxes": lambda t, a: a.swapaxes(0, 1),
    "slice": lambda t, a: a[1:, ::2],
    "row": lambda t, a: a[-1],
    "entry": lambda t, a: a[1, 2],
    "new axis": lambda t, a: a[:, None],
    "dots": lambda t, a: a[..., 1],
    "repeated rows": lambda t, a: a[ROWS],
    "pairs": lambda t, a: a[ROWS, np.array([1, 3, 1, 1])],
    "mixed": lambda t, a: a[ROWS, 1:3],
    "list": lambda t, a: a[[0, 0, 2]],
    "mask": lambda t, a: a[np.arange(12).reshape(3, 4) % 3 == 0],
    "iterate": lambda t, a: sum(row * row for row in a),
    "softmax": lambda t, a: (a - 1).exp() / (a - 1).exp().sum(1, **t.kept),
}
BINARY = {
    "add": lambda t, a, b: a + b,
    "subtract": lambda t, a, b: a - b,
    "multiply": lambda t, a, b: a * b,
    "divide": lambda t, a, b: a / (b * b + 0.5),
    "maximum": lambda t, a, b: t.maximum(a, b),
    "where": lambda t, a, b: t.where(np.array([True, False, True, False]), a, b),
    "all": lambda t, a, b: (a * b + a).tanh() * b - b / (a * a + 1),
}
BROADCASTS = [
    ((3, 4), (3, 4)),
    ((3, 4), (4,)),
    ((4,), (3, 4)),
    ((3, 1), (1, 4)),
    ((2, 3, 4), (3, 1)),
    ((), (3, 4)),
    ((3, 4), (1, 1)),
    ((1, 3, 1), (2, 1, 4)),
]
PRODUCTS = [
    ((3, 4), (4, 2)),
    ((4,), (4, 2)),
    ((3, 4), (4,)),
    ((4,), (4,)),
    ((2, 3, 4), (4, 5)),
    ((2, 3, 4), (4,)),
    ((5, 2, 3, 4), (4, 1)),
    ((2, 3, 4), (2, 4, 5)),
    ((3, 4), (2, 4, 5)),
    ((4,), (2, 4, 5)),
    ((2, 1, 3, 4), (5, 4, 2)),
    ((1, 1), (1, 1)),
]
JOINS = {
    "concatenate": lambda t, a, b: t.concatenate([a, b, a], 0),
    "concatenate -1": lambda t, a, b: t.concatenate([a, b], -1),
}
CASES = [(name, f, [(3, 4)]) for name, f in UNARY.items()]
CASES += [(f"{name} {s}", f, s) for name, f in BINARY.items() for s in BROADCASTS]
CASES += [(f"matmul {s}", lambda t, a, b: a @ b, s) for s in PRODUCTS]
CASES += [(name, f, [(3, 4), (3, 4)]) for name, f in JOINS.items()]
IDS = [name for name, _, _ in CASES]


class Ours:
    kept = {"keepdims": True}
    concatenate = staticmethod(concatenate)
    sinh = staticmethod(sinh)
    array = staticmethod(lambda values: values)
    max = staticmethod(lambda a, axis, kept: a.max(axis, kept))
    maximum = staticmethod(lambda a, b: a.maximum(b))
    where = staticmethod(lambda condition, a, b: a.where(condition, b))


def theirs(torch):
    class Theirs:
        kept = {"keepdim": True}
        concatenate = staticmethod(torch.cat)
        sinh = staticmethod(torch.sinh)
        array = staticmethod(torch.tensor)
        max = staticmethod(lambda a, axis, kept: a.amax(axis, kept))
        maximum = staticmethod(torch.maximum)
        where = staticmethod(lambda c, a, b: torch.where(torch.tensor(c), a, b))

    return Theirs


def inputs_for(name, shapes):
    rng = np.random.default_rng(len(name))
    return [rng.normal(size=shape) for shape in shapes], rng


@pytest.mark.parametrize("dtype, rtol", [("float64", 1e-11), ("float32", 2e-4)])
@pytest.mark.parametrize("name, f, shapes", CASES, ids=IDS)
def test_every_operation_agrees_with_torch(name, f, shapes, dtype, rtol):
    torch = pytest.importorskip("torch")
    arrays, rng = inputs_for(name, shapes)
    arrays = [array.astype(dtype) for array in arrays]
    mine = [Tensor(array.copy(), requires_grad=True) for array in arrays]
    other = [torch.tensor(array, requires_grad=True) for array in arrays]
    torch.set_default_dtype(getattr(torch, dtype))
    try:
        out = f(Ours, *mine)
        wanted = f(theirs(torch), *other)
    finally:
        torch.set_default_dtype(torch.float32)
    assert out.shape == tuple(wanted.shape)
    assert out.dtype == dtype
    np.testing.assert_allclose(out.data, wanted.detach(), rtol=rtol, atol=rtol)
    grad = rng.normal(size=out.shape).astype(dtype)
    out.backward(grad)
    wanted.backward(torch.tensor(grad, dtype=wanted.dtype))
    for tensor, twin, array in zip(mine, other, arrays, strict=True):
        assert tensor.grad.shape == array.shape
        assert tensor.grad.dtype == dtype
        np.testing.assert_allclose(tensor.grad, twin.grad, rtol=rtol, atol=rtol)
        np.testing.assert_array_equal(tensor.data, array)


@pytest.mark.parametrize("name, f, shapes", CASES, ids=IDS)
def test_every_operation_agrees_with_finite_differences(name, f, shapes):
    arrays, rng = inputs_for(name, shapes)
    leaves = [Tensor(array, requires_grad=True) for array in arrays]
    out = f(Ours, *leaves)
    grad = rng.normal(size=out.shape)
    out.backward(grad)
    h = 1e-6
    for i, array in enumerate(arrays):
        for index in np.ndindex(array.shape):
            values = []
            for step in (h, -h):
                moved = [a.copy() for a in arrays]
                moved[i][index] += step
                with no_grad():
                    values.append(np.sum(f(Ours, *map(Tensor, moved)).data * grad))
            slope = (values[0] - values[1]) / (2 * h)
            assert leaves[i].grad[index] == pytest.approx(slope, rel=1e-6, abs=1e-7)


@st.composite
def broadcast_pairs(draw):
    shapes = draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3))
    return shapes.input_shapes, shapes.result_shape, draw(st.integers(0, 2**31))


@settings(deadline=None, max_examples=150)
@given(broadcast_pairs())
def test_broadcasting_of_any_two_shapes(drawn):
    (left, right), result, seed = drawn
    rng = np.random.default_rng(seed)
    a, b = (Tensor(rng.normal(size=shape), requires_grad=True) for shape in (left, right))
    grad = rng.normal(size=result)
    (a * b).backward(grad)
    for leaf, other in ((a, b), (b, a)):
        whole = grad * np.broadcast_to(other.data, result)
        wanted = np.zeros(leaf.shape)
        places = np.broadcast_to(np.arange(leaf.data.size).reshape(leaf.shape), result)
        np.add.at(wanted.reshape(-1), places.ravel(), whole.ravel())
        np.testing.assert_allclose(leaf.grad, wanted, rtol=1e-12, atol=1e-12)


@settings(deadline=None, max_examples=100)
@given(broadcast_pairs())
def test_unbroadcast_is_the_transpose_of_broadcast(drawn):
    (shape, _), result, seed = drawn
    rng = np.random.default_rng(seed)
    x, grad = rng.normal(size=shape), rng.normal(size=result)
    forwards = np.sum(np.broadcast_to(x, result) * grad)
    back = unbroadcast(grad, shape)
    assert back.shape == shape
    assert np.sum(x * back) == pytest.approx(forwards, rel=1e-9, abs=1e-9)


# Whole networks.


def cross_entropy(z, y):
    z = z - z.data.max(axis=1, keepdims=True)
    return (z.exp().sum(axis=1).log() - z[np.arange(len(y)), y]).mean()


def digits_weights(rng):
    return [
        rng.normal(size=(64, 32)) / 8,
        np.zeros(32),
        rng.normal(size=(32, 10)) / 32**0.5,
        np.zeros(10),
    ]


def test_a_network_learns_the_digits_step_by_step_as_in_torch():
    torch = pytest.importorskip("torch")
    X, y, X_test, y_test = bookdata.digits()
    weights = digits_weights(np.random.default_rng(0))
    mine = [Tensor(w.copy(), requires_grad=True) for w in weights]
    other = [torch.tensor(w, requires_grad=True) for w in weights]
    rng, steps = np.random.default_rng(0), 2200
    for t in range(steps):
        rows = rng.integers(len(y), size=64)
        W1, b1, W2, b2 = mine
        loss = cross_entropy((X[rows] @ W1 + b1).tanh() @ W2 + b2, y[rows])
        loss.backward()
        W1, b1, W2, b2 = other
        z = torch.tanh(torch.tensor(X[rows]) @ W1 + b1) @ W2 + b2
        wanted = torch.nn.functional.cross_entropy(z, torch.tensor(y[rows]))
        wanted.backward()
        assert loss.item() == pytest.approx(wanted.item(), abs=1e-9)
        rate = 1 - t / steps
        with torch.no_grad():
            for tensor, twin in zip(mine, other, strict=True):
                tensor.data -= rate * tensor.grad
                twin -= rate * twin.grad
                tensor.grad = twin.grad = None
    W1, b1, W2, b2 = mine
    with no_grad():
        read = ((X_test @ W1 + b1).tanh() @ W2 + b2).data.argmax(axis=1)
    assert np.mean(read == y_test) >= 0.97


@pytest.mark.parametrize("dtype, rtol", [("float64", 1e-9), ("float32", 1e-3)])
def test_a_transformer_block_has_the_slopes_of_torch(dtype, rtol):
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    rng, (B, T, C, H) = np.random.default_rng(0), (2, 5, 8, 2)
    shapes = [(C,), (C,), (C, 3 * C), (C, C), (C,), (C, 4 * C), (4 * C, C)]
    arrays = [(rng.normal(size=s) / 2).astype(dtype) for s in shapes]
    x, target = (rng.normal(size=(B, T, C)).astype(dtype) for _ in range(2))
    mask = np.triu(np.full((T, T), -1e9, dtype), 1)

    def norm(x, gain):
        x = x - x.mean(-1, keepdims=True)
        return x / ((x * x).mean(-1, keepdims=True) + 1e-5).sqrt() * gain

    mine = [Tensor(a, requires_grad=True) for a in arrays]
    g1, g2, w_qkv, w_out, shift, w_up, w_down = mine
    qkv = norm(Tensor(x), g1) @ w_qkv
    q, k, v = (qkv[..., i * C : (i + 1) * C].reshape(B, T, H, -1).swapaxes(1, 2) for i in range(3))
    scores = q @ k.swapaxes(-1, -2) * (C // H) ** -0.5 + mask
    e = (scores - scores.max(-1, keepdims=True)).exp()
    h = (e / e.sum(-1, keepdims=True) @ v).swapaxes(1, 2).reshape(B, T, C)
    out = x + h @ w_out + shift
    u = norm(out, g2) @ w_up
    u = 0.5 * u * (1 + (0.7978845608028654 * (u + 0.044715 * u**3)).tanh())
    loss = ((out + u @ w_down - target) ** 2).mean()
    assert loss.dtype == dtype
    loss.backward()

    other = [torch.tensor(a, requires_grad=True) for a in arrays]
    g1, g2, w_qkv, w_out, shift, w_up, w_down = other
    x, target = torch.tensor(x), torch.tensor(target)
    qkv = functional.layer_norm(x, (C,), g1) @ w_qkv
    q, k, v = (t.view(B, T, H, -1).transpose(1, 2) for t in qkv.split(C, dim=2))
    h = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    out = x + h.transpose(1, 2).reshape(B, T, C) @ w_out + shift
    u = functional.gelu(functional.layer_norm(out, (C,), g2) @ w_up, approximate="tanh")
    wanted = ((out + u @ w_down - target) ** 2).mean()
    wanted.backward()
    assert loss.item() == pytest.approx(wanted.item(), rel=rtol)
    for tensor, twin in zip(mine, other, strict=True):
        np.testing.assert_allclose(tensor.grad, twin.grad, rtol=rtol, atol=rtol)


def test_numbers_have_the_slopes_of_finite_differences():
    def f(a, b, c):
        d = a * b + c
        return d * d * a + b * d + c

    a, b, c = numbers = [Value(1.5), Value(-2.0), Value(0.7)]
    f(a, b, c).backward()
    f(a, b, c).backward()  # a second graph starts afresh
    for i, number in enumerate(numbers):
        up, down = ([v.data + h * (i == j) for j, v in enumerate(numbers)] for h in (1e-6, -1e-6))
        slope = (f(*map(Value, up)).data - f(*map(Value, down)).data) / 2e-6
        assert number.grad == pytest.approx(slope, rel=1e-7)


# What users of PyTorch expect.


def test_gradients_add_up_until_they_are_forgotten():
    w = Tensor([1.0, 2.0], requires_grad=True)
    for times in (1, 2, 3):
        (w * w).sum().backward()
        np.testing.assert_allclose(w.grad, 2 * times * w.data)
    w.grad = None
    (w * w).sum().backward()
    np.testing.assert_allclose(w.grad, 2 * w.data)


def test_a_graph_can_be_gone_through_once():
    w = Tensor([1.0, 2.0], requires_grad=True)
    shared = w.exp()
    first, second = shared.sum(), (shared * 2).sum()
    first.backward()
    kept = w.grad.copy()
    for late in (first, second, shared.sum()):
        with pytest.raises(RuntimeError, match="compute the loss anew"):
            late.backward()
    np.testing.assert_array_equal(w.grad, kept)  # refused before anything was added


def test_only_leaves_keep_a_gradient():
    w, constant = Tensor(2.0, requires_grad=True), Tensor(3.0)
    middle = w * constant
    (middle * middle).backward()
    assert w.grad == 36
    assert middle.grad is None
    assert constant.grad is None
    w.grad = None
    w.backward()
    assert w.grad == 1


def test_detach_and_no_grad_cut_the_record():
    w = Tensor(2.0, requires_grad=True)
    (w * w.detach()).backward()
    assert w.grad == 2
    with no_grad():
        quiet = w * w
        leaf = Tensor(1.0, requires_grad=True)
    assert not quiet.requires_grad
    assert quiet.parents == ()
    assert leaf.requires_grad
    with pytest.raises(RuntimeError, match="requires_grad"):
        quiet.backward()


def test_no_grad_is_each_thread_s_own():
    seen = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append(recording.get()))
        thread.start()
        thread.join()
        assert not recording.get()
    assert recording.get()
    assert seen in ([True], [False])  # from Python 3.14 on a thread may inherit it


def test_no_two_gradients_share_memory():
    a, b, c = (Tensor(np.ones(3), requires_grad=True) for _ in range(3))
    gradient = np.ones(3)
    kept = operation(a.data.copy(), (a,), lambda grad: (c.data,))  # hands out what lives on
    (a + b + kept.reshape(3, 1).reshape(3) + c).backward(gradient)
    arrays = [a.grad, b.grad, c.grad, gradient, a.data, b.data, c.data]
    for i, one in enumerate(arrays):
        for other in arrays[:i]:
            assert not np.shares_memory(one, other)
    assert all(array.flags.writeable for array in arrays)
    d = Tensor(np.ones((2, 3)), requires_grad=True)
    d.sum().backward()  # from a read-only view
    d.grad *= 2
    held = d.grad
    d.sum().backward()
    np.testing.assert_array_equal(held, 2)
    np.testing.assert_array_equal(d.grad, 3)


def test_no_work_is_done_for_what_needs_no_gradient():
    asked = []

    class Watched(np.ndarray):
        def __matmul__(self, other):
            asked.append("matmul")
            return np.asarray(self) @ np.asarray(other)

    w = Tensor(np.ones((3, 2)), requires_grad=True)
    w.data = w.data.view(Watched)
    loss = (Tensor(np.ones((4, 3))) @ w).sum()
    loss.backward()
    assert not asked  # grad @ w.T would have been for the input
    constant = Tensor(np.ones(2)) * 3 + 1
    assert not constant.requires_grad
    assert constant.parents == ()


def test_a_chain_of_many_operations_is_no_recursion():
    w = end = Tensor(1.0, requires_grad=True)
    for _ in range(50_000):
        end = end + 1
    end.backward()
    assert w.grad == 1
    long = w
    for _ in range(50_000):
        long = long + 1
    del long, end  # freeing one that nobody went through


def test_memory_is_freed_without_the_collector():
    def tensors():
        return sum(type(thing) is Tensor for thing in gc.get_objects())

    w = Tensor(np.ones((8, 8)), requires_grad=True)
    gc.collect()
    gc.disable()
    try:
        before = tensors()
        for _ in range(3):
            ((w @ w).exp() * w).relu().sum(0).max().backward()
            w.maximum(w[[0, 0]].reshape(2, 8)[0]).where(w.data > 0, w / 2).sum()
        assert tensors() == before
        loss = (w * w).sum()
        loss.backward()
        assert len(topological_order(loss)) == 1
    finally:
        gc.enable()


def test_float32_is_never_widened_by_numbers_or_arrays():
    w = Tensor(np.ones(3, np.float32), requires_grad=True)
    wide = np.array([1.0, 2.0, 3.0])
    outs = [
        w + np.float64(1),
        np.float64(2) * w,
        wide - w,
        w / wide,
        w ** np.float64(2),
        wide @ w,
        w.maximum(0.5),
        w.where([True, False, True], 2.0),
        w.mean() * np.pi,
        w.max() - w.sum(),
        w.sqrt().log().tanh(),
        np.array([True, False, True]) * w,
    ]
    for out in outs:
        assert out.dtype == np.float32
        out.backward(np.ones(out.shape))
        assert w.grad.dtype == np.float32
    mixed = w * Tensor(wide, requires_grad=True)  # two tensors follow NumPy
    assert mixed.dtype == np.float64
    w.grad = None
    mixed.sum().backward()
    assert w.grad.dtype == np.float32


def test_an_operation_may_widen_its_gradient_and_the_leaf_keeps_its_dtype():
    w = Tensor(np.ones(3, np.float32), requires_grad=True)
    operation(w.data, (w,), lambda grad: (grad * np.ones(3),)).sum().backward()
    assert w.grad.dtype == np.float32


# Bad input: each a sentence that says what was wrong.


@pytest.mark.parametrize(
    "left, right",
    [((2, 3), (2, 3)), ((3,), (2,)), ((), (3,)), ((3,), ()), ((2, 3), (4,)), ((4, 3), (2, 4, 3))],
)
def test_matrices_that_do_not_fit_are_named_by_their_shapes(left, right):
    with pytest.raises(ValueError) as caught:
        Tensor(np.ones(left)) @ Tensor(np.ones(right))
    assert str(left) in str(caught.value)
    assert str(right) in str(caught.value)


@pytest.mark.parametrize("bad", ["a", None, [1j], [[1.0], "b"], Tensor(1.0)])
def test_what_is_no_number_is_a_type_error(bad):
    with pytest.raises((TypeError, ValueError)):
        Tensor(bad)
    if not isinstance(bad, Tensor):
        with pytest.raises((TypeError, ValueError)):
            Tensor([1.0, 2.0]) + bad


def test_bad_uses_of_backward_are_refused_with_a_sentence():
    w = Tensor(np.ones((2, 3)), requires_grad=True)
    with pytest.raises(ValueError, match=r"wants a gradient of \(2, 3\)"):
        (w * 2).backward()
    with pytest.raises(ValueError, match=r"wants a gradient of \(2, 3\)"):
        (w * 2).backward(np.ones(3))
    with pytest.raises(RuntimeError, match="requires_grad"):
        Tensor(1.0).backward()
    wrong = operation(w.data, (w,), lambda grad: (grad[0],))
    with pytest.raises(ValueError, match=r"\(3,\) is no gradient for shape \(2, 3\)"):
        wrong.sum().backward()
    none = operation(w.data, (w,), lambda grad: (None,))
    with pytest.raises(ValueError, match="no gradient for shape"):
        none.sum().backward()
    few = operation(w.data, (w, w), lambda grad: (grad,))
    with pytest.raises(ValueError, match="zip"):
        few.sum().backward()
    with pytest.raises(ValueError, match="no gradient for shape|broadcast"):
        unbroadcast(np.ones((2, 3)), (2,))


def test_a_tensor_is_not_taken_for_an_array():
    w = Tensor([1.0, 2.0], requires_grad=True)
    for use in (np.asarray, np.exp, np.sum, np.argmax, float):
        with pytest.raises(TypeError):
            use(w)
    with pytest.raises(TypeError):
        w**w
    with pytest.raises(IndexError):
        w[5]
    assert "requires_grad=True" in repr(w)


def test_integers_become_floats():
    w = Tensor([1, 2], requires_grad=True)
    assert w.dtype == np.float64
    (w / 4).sum().backward()
    np.testing.assert_array_equal(w.grad, 0.25)


def test_no_rows_and_one_entry():
    w = Tensor(np.ones((3, 2)), requires_grad=True)
    (np.ones((0, 3)) @ w).sum().backward()
    np.testing.assert_array_equal(w.grad, np.zeros((3, 2)))
    one = Tensor([[2.0]], requires_grad=True)
    (one @ one).backward()
    assert one.grad == [[4.0]]

"""Oracle for gradient descent: scipy.optimize and torch.optim on the rates of an enzyme."""

import numpy as np
import pytest

import bookdata
from solutions.gradient_descent import (
    SGD,
    Adam,
    Momentum,
    RMSProp,
    backtracking,
    conjugate_gradient,
    gradient_descent,
    newton,
    numerical_gradient,
)


class Enzyme:
    """Michaelis and Menten's curve on one half of the data, in units of order one."""

    def __init__(self, treated=True):
        data = bookdata.puromycin()
        rows = data.treated == treated
        self.c, self.v = data.concentration[rows] / 0.1, data.rate[rows] / 100

    def residuals(self, theta):
        return theta[0] * self.c / (theta[1] + self.c) - self.v

    def jacobian(self, theta):
        V, K = theta
        return np.column_stack([self.c / (K + self.c), -V * self.c / (K + self.c) ** 2])

    def loss(self, theta):
        return np.mean(self.residuals(theta) ** 2) / 2

    def gradient(self, theta):
        return self.jacobian(theta).T @ self.residuals(theta) / len(self.v)

    def hessian(self, theta):
        (V, K), J, r = theta, self.jacobian(theta), self.residuals(theta)
        cross = -self.c / (K + self.c) ** 2 @ r
        own = 2 * V * self.c / (K + self.c) ** 3 @ r
        return (J.T @ J + np.array([[0, cross], [cross, own]])) / len(self.v)


START = np.array([1.0, 1.5])


@pytest.fixture(params=[True, False], ids=["treated", "untreated"])
def enzyme(request):
    return Enzyme(request.param)


def least_squares_of(enzyme):
    optimize = pytest.importorskip("scipy.optimize")
    return optimize.least_squares(
        enzyme.residuals, [2.0, 0.6], enzyme.jacobian, xtol=1e-15, ftol=1e-15, gtol=1e-15
    )


def test_all_arrive_where_scipy_s_least_squares_does(enzyme):
    wanted = least_squares_of(enzyme).x
    descended = gradient_descent(enzyme.loss, enzyme.gradient, START, 2.0)[-1]
    np.testing.assert_allclose(descended, wanted, rtol=1e-6)
    leapt = newton(enzyme.gradient, enzyme.hessian, np.array([1.8, 0.5]))[-1]
    np.testing.assert_allclose(leapt, wanted, rtol=1e-8)  # theirs stops a little earlier
    np.testing.assert_allclose(enzyme.gradient(leapt), 0, atol=1e-15)
    for optimiser in (SGD(2.0), Momentum(0.5, 0.5), Adam(0.1)):
        theta = START
        for _ in range(1000):
            theta = optimiser.step(theta, enzyme.gradient(theta))
        np.testing.assert_allclose(theta, wanted, rtol=1e-6)


def test_the_answer_is_the_one_in_the_literature():
    """Bates and Watts (1988): 212.7 and 0.0641 treated, 160.3 and 0.0477 untreated."""
    for treated, V, K in [(True, 212.7, 0.0641), (False, 160.3, 0.0477)]:
        enzyme = Enzyme(treated)
        theta = newton(enzyme.gradient, enzyme.hessian, np.array([1.8, 0.5]))[-1]
        assert theta[0] * 100 == pytest.approx(V, abs=0.05)
        assert theta[1] * 0.1 == pytest.approx(K, abs=0.00005)


def torch_walk(make, gradients, start):
    torch = pytest.importorskip("torch")
    theta = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimiser, path = make(torch.optim, [theta]), []
    for gradient in gradients:
        theta.grad = torch.tensor(gradient(theta.detach().numpy()))
        optimiser.step()
        path.append(theta.detach().numpy().copy())
    return np.array(path)


@pytest.mark.parametrize(
    "ours, theirs",
    [
        (SGD(0.9), lambda optim, p: optim.SGD(p, lr=0.9)),
        (Momentum(0.3, 0.8), lambda optim, p: optim.SGD(p, lr=0.3, momentum=0.8)),
        (RMSProp(0.02, 0.95), lambda optim, p: optim.RMSprop(p, lr=0.02, alpha=0.95)),
        (RMSProp(0.02, epsilon=0.1), lambda optim, p: optim.RMSprop(p, lr=0.02, eps=0.1)),
        (Adam(0.05), lambda optim, p: optim.Adam(p, lr=0.05)),
        (
            Adam(0.05, 0.7, 0.95, epsilon=0.1),
            lambda optim, p: optim.Adam(p, lr=0.05, betas=(0.7, 0.95), eps=0.1),
        ),
    ],
)
def test_each_of_200_steps_is_torch_s(enzyme, ours, theirs):
    ours = type(ours)(**{k: v for k, v in vars(ours).items() if k not in ("t", *ours.memory)})
    theta, path = START, []
    for _ in range(200):
        theta = ours.step(theta, enzyme.gradient(theta))
        path.append(theta)
    wanted = torch_walk(theirs, [enzyme.gradient] * 200, START)
    np.testing.assert_allclose(path, wanted, rtol=1e-12, atol=1e-13)


def test_numerical_gradient_agrees_with_the_formula_and_scipy(enzyme):
    optimize = pytest.importorskip("scipy.optimize")
    ours = numerical_gradient(enzyme.loss, START)
    np.testing.assert_allclose(ours, enzyme.gradient(START), rtol=1e-9)
    theirs = optimize.approx_fprime(START, enzyme.loss)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    slopes = [numerical_gradient(lambda t, i=i: enzyme.gradient(t)[i], START) for i in range(2)]
    np.testing.assert_allclose(slopes, enzyme.hessian(START), rtol=1e-8)


def test_newton_arrives_where_scipy_s_newton_cg_does(enzyme):
    optimize = pytest.importorskip("scipy.optimize")
    theirs = optimize.minimize(
        enzyme.loss,
        [1.8, 0.5],
        method="trust-exact",
        jac=enzyme.gradient,
        hess=enzyme.hessian,
        options={"gtol": 1e-13},
    )
    ours = newton(enzyme.gradient, enzyme.hessian, np.array([1.8, 0.5]))
    np.testing.assert_allclose(ours[-1], theirs.x, rtol=1e-9)


def test_conjugate_gradient_agrees_with_scipy():
    sparse = pytest.importorskip("scipy.sparse.linalg")
    rng = np.random.default_rng(0)
    M = rng.normal(size=(60, 40))
    A, b = M.T @ M / 60 + 0.1 * np.eye(40), rng.normal(size=40)
    x, lengths = conjugate_gradient(A, b, tolerance=1e-8)
    places = []
    theirs, _ = sparse.cg(A, b, rtol=1e-8, callback=lambda x: places.append(x.copy()))
    np.testing.assert_allclose(x, theirs, rtol=1e-9, atol=1e-12)
    assert len(lengths) == len(places) + 1
    residuals = [np.linalg.norm(b - A @ place) for place in places]
    np.testing.assert_allclose(lengths[1:], residuals, rtol=1e-5)
    np.testing.assert_allclose(x, conjugate_gradient(lambda v: A @ v, b, tolerance=1e-8)[0])


# How fast


@pytest.mark.parametrize("condition", [3.0, 10.0, 100.0])
def test_gradient_descent_loses_a_share_that_is_known_beforehand(condition):
    curvature = np.linspace(1, condition, 5)
    path = gradient_descent(
        lambda t: curvature @ t**2 / 2, lambda t: curvature * t, np.ones(5), 2 / (1 + condition)
    )
    errors = np.abs(path[:25, [0, -1]]).max(axis=1)
    wanted = (condition - 1) / (condition + 1)
    np.testing.assert_allclose(errors[1:] / errors[:-1], wanted, rtol=1e-9)


def test_newton_squares_the_error(enzyme):
    path = newton(enzyme.gradient, enzyme.hessian, np.array([1.8, 0.5]))
    error = np.linalg.norm(path - path[-1], axis=1)
    error = error[(error < 0.1) & (error > 1e-9)]
    order = np.log(error[1:]) / np.log(error[:-1])
    assert len(order) >= 2 and order.min() > 1.7


@pytest.mark.parametrize("n", [1, 2, 7, 30])
def test_conjugate_gradient_ends_in_n_steps(n):
    rng = np.random.default_rng(n)
    Q = np.linalg.qr(rng.normal(size=(n, n)))[0]
    A, b = (Q * np.linspace(1, 5, n)) @ Q.T, rng.normal(size=n)
    x, lengths = conjugate_gradient(A, b)
    assert len(lengths) <= n + 1
    np.testing.assert_allclose(A @ x, b, atol=1e-9)


def test_backtracking_takes_the_first_half_that_is_enough(enzyme):
    loss, slope = enzyme.loss(START), enzyme.gradient(START)
    with np.errstate(all="ignore"):
        rate = backtracking(enzyme.loss, START, slope, -slope, learning_rate=1000.0, share=0.3)

    def enough(rate):
        return enzyme.loss(START - rate * slope) <= loss - 0.3 * rate * slope @ slope

    assert np.log2(1000 / rate) % 1 == 0
    assert enough(rate) and not enough(2 * rate)


# Bad input: each a sentence that says what was wrong.


def square(theta):
    return theta @ theta / 2


def same(theta):
    return theta


def identity(theta):
    return np.eye(len(theta))


TWO = np.array([1.0, 2.0])


@pytest.mark.parametrize(
    "theta, sentence",
    [
        (np.array([[1.0]]), r"theta must have shape \(1 or more,\).*\(1, 1\)"),
        ([], r"theta.*shape is \(0,\)"),
        ([1.0, np.nan], r"theta\[1\] is nan"),
        ([1.0, np.inf], r"theta\[1\] is inf"),
    ],
)
def test_a_start_that_is_none_is_refused(theta, sentence):
    for work in (
        lambda: gradient_descent(square, same, theta, 0.1),
        lambda: newton(same, identity, theta),
        lambda: backtracking(square, theta, TWO, -TWO),
    ):
        with pytest.raises(ValueError, match=sentence):
            work()


@pytest.mark.parametrize(
    "work, sentence",
    [
        (lambda: numerical_gradient(same, TWO), r"loss must return one number.*not shape \(2,\)"),
        (lambda: numerical_gradient(square, [np.nan]), r"theta\[0\] is nan"),
        (lambda: numerical_gradient(square, TWO, step=0), "step must be greater than 0"),
        (lambda: gradient_descent(same, same, TWO, 0.1), r"loss must return one number"),
        (lambda: gradient_descent(square, square, TWO, 0.1), r"gradient must return \(2,\)"),
        (lambda: gradient_descent(square, same, TWO, 0), "learning_rate must be greater than 0"),
        (lambda: gradient_descent(square, same, TWO, 0.1, 0), "max_steps must be at least 1"),
        (lambda: gradient_descent(square, same, TWO, 0.1, 9, -1), "tolerance must be at least 0"),
        (lambda: newton(same, same, TWO), r"hessian must return \(2, 2\).*not shape \(2,\)"),
        (lambda: newton(identity, identity, TWO), r"gradient must return \(2,\)"),
        (lambda: newton(same, identity, TWO, max_steps=0), "max_steps must be at least 1"),
        (lambda: backtracking(square, TWO, TWO, TWO), "direction is not downhill"),
        (lambda: backtracking(square, TWO, 0 * TWO, -TWO), "direction is not downhill"),
        (lambda: backtracking(square, TWO, np.ones(3), -TWO), r"gradient.*\(2,\).*\(3,\)"),
        (lambda: backtracking(square, TWO, TWO, -np.ones(3)), r"direction.*\(2,\).*\(3,\)"),
        (lambda: backtracking(square, TWO, TWO, -TWO, 0), "learning_rate must be greater"),
        (lambda: backtracking(square, TWO, TWO, -TWO, share=1), "share must be at most"),
        (lambda: conjugate_gradient(np.ones((2, 3)), TWO), r"A must be square.*\(2, 3\)"),
        (lambda: conjugate_gradient(np.eye(3), TWO), r"\(3, 3\).*\(3,\).*shape is \(2,\)"),
        (lambda: conjugate_gradient([[1, 2], [0, 1]], TWO), "A must be symmetric"),
        (lambda: conjugate_gradient(np.eye(2), [1, np.nan]), r"b\[1\] is nan"),
        (lambda: conjugate_gradient(np.full((2, 2), np.nan), TWO), r"A\[0, 0\] is nan"),
        (lambda: conjugate_gradient(lambda v: v[:1], TWO), r"A must return \(2,\)"),
        (lambda: conjugate_gradient(np.eye(2), TWO, tolerance=0), "tolerance must be greater"),
        (lambda: conjugate_gradient(-np.eye(2), TWO), "positive definite.*step 1.*curvature -5"),
        (lambda: SGD(0), "learning_rate must be greater than 0"),
        (lambda: SGD(-1), "learning_rate must be greater than 0"),
        (lambda: Momentum(0.1, momentum=1), "momentum must be at most"),
        (lambda: RMSProp(0.1, decay=-0.1), "decay must be at least 0"),
        (lambda: RMSProp(0.1, epsilon=0), "epsilon must be greater than 0"),
        (lambda: Adam(0.1, beta1=1), "beta1 must be at most"),
        (lambda: Adam(0.1, beta2=1.5), "beta2 must be at most"),
        (lambda: Adam().step(TWO, np.ones(3)), r"theta and gradient.*\(2,\) and \(3,\)"),
        (lambda: Adam().step(TWO, [1, np.nan]), r"gradient\[1\] is nan"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(work, sentence):
    with pytest.raises(ValueError, match=sentence):
        work()


@pytest.mark.parametrize(
    "work, sentence",
    [
        (lambda: numerical_gradient(square, ["a"]), "theta must hold numbers"),
        (lambda: gradient_descent(lambda t: "deep", same, TWO, 0.1), "loss.*must hold numbers"),
        (lambda: gradient_descent(square, same, TWO, 0.1, 9.5), "max_steps must be a whole number"),
        (lambda: SGD().step(["a"], [1.0]), "theta must hold numbers"),
        (lambda: conjugate_gradient(np.eye(2), ["a", "b"]), "b must hold numbers"),
    ],
)
def test_what_is_no_number_is_a_type_error(work, sentence):
    with pytest.raises(TypeError, match=sentence):
        work()


def test_an_optimiser_keeps_to_the_shape_it_began_with():
    optimiser = Momentum()
    optimiser.step(TWO, TWO)
    with pytest.raises(ValueError, match=r"theta and its velocity.*\(3,\) and \(2,\)"):
        optimiser.step(np.ones(3), np.ones(3))
    assert optimiser.t == 1


def test_a_singular_hessian_is_named_with_its_step():
    with pytest.raises(np.linalg.LinAlgError, match="Hessian of step 1 is singular.*column 1"):
        newton(lambda t: np.full(2, t.sum() ** 3 - 1), lambda t: np.ones((2, 2)), TWO)


def test_a_walk_that_diverges_says_so_and_names_the_rate():
    with pytest.raises(RuntimeError, match="diverged: in 10 steps.*learning rate of 2.1 is too"):
        gradient_descent(square, same, TWO, 2.1)
    with pytest.raises(RuntimeError, match="diverged: in 1 steps the loss went from .* to nan"):
        gradient_descent(
            lambda t: np.log(t[0]) if t[0] > 0 else np.nan, lambda t: 1 / t, np.ones(1), 3.0
        )
    with pytest.raises(RuntimeError, match="diverged: no finite slope before step 2"):
        newton(lambda t: np.full(1, 1.0 if t > 0 else np.nan), lambda t: np.eye(1), np.ones(1))


def test_a_walk_that_does_not_arrive_says_how_far_it_still_moved():
    with pytest.raises(RuntimeError, match="after 3 steps; the last one still moved.* by 0.162"):
        gradient_descent(square, same, TWO, 0.1, max_steps=3)
    with pytest.raises(RuntimeError, match="not converged after 5 steps"):
        newton(lambda t: t**3, lambda t: np.diag(3 * t**2), TWO, max_steps=5)
    with pytest.raises(RuntimeError, match="not converged after 1 steps"):
        conjugate_gradient(np.diag([1.0, 9.0]), TWO, max_steps=1)
    with pytest.raises(RuntimeError, match="not converged after 60 steps"):
        backtracking(square, TWO, -TWO, TWO)  # the gradient has the wrong sign


def test_integers_are_never_truncated_and_float32_is_kept():
    for optimiser in (SGD(0.5), Momentum(0.5), RMSProp(0.5), Adam(0.5)):
        assert optimiser.step([1, 2], [1, 1]).dtype == float
        assert optimiser.step([1, 2], [1, 1])[0] not in (0, 1)
    for optimiser in (SGD(), Momentum(), RMSProp(), Adam()):
        theta = np.ones(2, np.float32)
        for _ in range(3):
            theta = optimiser.step(theta, np.ones(2))
        assert theta.dtype == np.float32
    one = np.ones(2, np.float32)
    assert numerical_gradient(square, one).dtype == np.float32
    assert gradient_descent(square, same, one, 0.5, tolerance=1e-3).dtype == np.float32
    assert newton(lambda t: t.astype(float), identity, one).dtype == np.float32
    assert conjugate_gradient(np.eye(2), one)[0].dtype == np.float32
    np.testing.assert_array_equal(
        gradient_descent(square, same, [1, 2], 0.5), gradient_descent(square, same, TWO, 0.5)
    )


def test_the_slope_of_single_precision_is_measured_in_double():
    theta = np.array([0.3, 2.0], np.float32)
    slope = numerical_gradient(lambda t: np.sum(np.exp(t)), theta)
    np.testing.assert_allclose(slope, np.exp(theta.astype(float)), rtol=1e-7)


def test_one_parameter_is_enough():
    assert gradient_descent(square, same, [3.0], 0.5)[-1] == pytest.approx(0, abs=1e-7)
    assert newton(same, identity, [3.0])[-1] == 0
    x, lengths = conjugate_gradient([[4.0]], [2.0])
    assert x == 0.5 and len(lengths) == 2


def test_what_was_given_is_left_as_it_was():
    theta, gradient = TWO.copy(), np.array([3.0, -1.0])
    for optimiser in (SGD(), Momentum(), RMSProp(), Adam()):
        for _ in range(3):
            optimiser.step(theta, gradient)
    gradient_descent(square, same, theta, 0.5)
    np.testing.assert_array_equal(theta, TWO)
    np.testing.assert_array_equal(gradient, [3.0, -1.0])


@pytest.mark.parametrize("k", [2, 3, 5, 7])
def test_newton_ends_where_rounding_ends_in_single_precision_too(k):
    """It went on where the change was below the last digit, and nothing moved any more."""
    start = np.array([k / 2], np.float32)
    path = newton(lambda t: t * t - k, lambda t: np.diag(2 * t), start)
    assert path.dtype == np.float32 and path[-1][0] == pytest.approx(np.sqrt(k), rel=1e-6)


@pytest.mark.parametrize("size", [1e20, 1e-23])
def test_a_right_side_whose_square_no_float_holds_is_refused(size):
    """Zeros came back, as if they were the answer."""
    b = np.full(3, size, np.float32)
    with pytest.raises(ValueError, match="b @ b must be at"), np.errstate(over="ignore"):
        conjugate_gradient(np.diag([1.0, 2.0, 3.0]), b)


def test_no_steps_at_all_are_refused():
    with pytest.raises(ValueError, match="max_steps must be at least 1"):
        conjugate_gradient(np.eye(2), np.ones(2), max_steps=0)


def test_a_learning_rate_of_numpy_s_keeps_single_precision():
    theta = np.ones(3, np.float32)
    for kind in (SGD, Momentum, RMSProp, Adam):
        assert kind(np.float64(0.1)).step(theta, theta).dtype == np.float32
    path = gradient_descent(lambda t: t @ t, lambda t: 2 * t, theta, np.float64(0.25))
    assert path.dtype == np.float32

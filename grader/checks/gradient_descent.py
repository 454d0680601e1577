"""Checks for gradient descent."""

import numpy as np

from grader import Explain, Mistake, check, close, raises

SOLVERS = [f"numpy.linalg.{name}" for name in ("solve", "inv", "pinv", "lstsq", "eigh", "qr")]
LIBRARY = ["scipy.optimize", "torch.optim"]


def bowl(rng, d, low=0.5, high=2.0):
    """Return an upwards bowl's Hessian A (d, d), its curvatures spread, and b (d,)."""
    Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
    return (Q * np.linspace(low, high, d)) @ Q.T, rng.normal(size=d)


def functions_of(A, b):
    """Return the loss whose second derivatives are A, and its gradient."""
    return (lambda t: t @ A @ t / 2 - b @ t), (lambda t: A @ t - b)


def settles(walk, numbers):
    """Return for each number of steps whether the walk arrives."""

    def told(steps):
        try:
            walk(steps)
        except RuntimeError:
            return "RuntimeError"
        return "settled"

    return {f"max_steps={steps}": told(steps) for steps in numbers}


@check("numerical_gradient", expect=close(1e-6, 1e-8), forbids=LIBRARY)
def slope_of_a_curve(code, rng):
    """the slope of a curved loss, along each parameter"""
    a = rng.uniform(0.5, 1.5, size=4)
    return code.numerical_gradient(
        lambda t: np.sum(np.sin(a * t)) + t[0] * t[1], rng.normal(size=4)
    )


@check("numerical_gradient", forbids=LIBRARY)
def both_sides(code, rng):
    """it looks as far to one side as to the other, in proportion beyond 1"""
    theta = np.array([0.2, -0.6, rng.uniform(2, 3), rng.uniform(-4, -3)])
    return [
        code.numerical_gradient(lambda t: np.sum(t**3 + np.exp(t / 4)), theta, step)
        for step in (0.25, 0.05)
    ]


@check("numerical_gradient", expect=close(1e-6, 1e-8), forbids=LIBRARY)
def any_shape(code, rng):
    """parameters in a table, and a single one without any axis"""
    a = rng.uniform(0.5, 1.5, size=(2, 3))
    table = code.numerical_gradient(lambda t: np.sum(np.sin(a * t)), rng.normal(size=(2, 3)))
    return table, code.numerical_gradient(lambda t: np.exp(t) * a[0, 0], np.array(0.5))


@check("numerical_gradient", expect=close(1e-5, 0), forbids=LIBRARY)
def far_from_zero(code, rng):
    """parameters of ten thousand million have a slope, and so has one of zero"""
    theta = np.array([1e10, -2e10, 0.0]) * rng.uniform(1, 2)
    return code.numerical_gradient(lambda t: np.log(t[0]) + np.sqrt(-t[1]) + np.sin(t[2]), theta)


@check("numerical_gradient", expect=close(1e-5, 1e-7), forbids=LIBRARY)
def slope_in_single_precision(code, rng):
    """float32 comes back as float32, measured in float64"""
    theta = rng.uniform(0.5, 2, size=3).astype(np.float32)
    slope = code.numerical_gradient(lambda t: np.sum(np.exp(t)), theta)
    return slope, str(np.asarray(slope).dtype)


@check("gradient_descent", forbids=LIBRARY)
def whole_path(code, rng):
    """every place from the start to the bottom of a bowl"""
    loss, gradient = functions_of(*bowl(rng, 3))
    return code.gradient_descent(loss, gradient, rng.normal(size=3), 0.7)


@check("gradient_descent", forbids=LIBRARY)
def curved_valley(code, rng):
    """the same where the loss is no bowl, with another learning rate"""
    a, b = rng.uniform(0.5, 1, size=(4, 2)), rng.normal(size=2)
    return code.gradient_descent(
        lambda t: np.sum(np.logaddexp(a @ t, -a @ t)) + (t - b) @ (t - b) / 4,
        lambda t: a.T @ np.tanh(a @ t) + (t - b) / 2,
        np.array([1.0, -1.0]),
        0.2,
        tolerance=1e-6,
    )


@check("gradient_descent", forbids=LIBRARY)
def last_movement(code, rng):
    """it stops when no parameter moved further than the tolerance, and not before"""
    loss, gradient = functions_of(np.diag([0.5, 1.0, 1.5]), np.zeros(3))
    starts = rng.uniform(1, 2, size=(2, 3)) * np.array([[1, 1, 1], [1, -1, -1]])
    return [
        code.gradient_descent(loss, gradient, sign * start, 0.6, tolerance=tolerance)
        for start in starts
        for sign in (-1, 1)
        for tolerance in (0.3, 0.01)
    ]


@check("gradient_descent", forbids=LIBRARY)
def steps_that_arrive(code):
    """it needs no more than max_steps where they suffice, and no fewer are enough"""
    loss, gradient = functions_of(np.diag([1.0, 2.0]), np.array([1.0, -1.0]))
    code.gradient_descent(loss, gradient, np.zeros(2), 0.5)
    return settles(
        lambda steps: code.gradient_descent(
            loss, gradient, np.zeros(2), 0.5, max_steps=steps, tolerance=0.02
        ),
        range(3, 9),
    )


@check("gradient_descent", forbids=LIBRARY)
def already_there(code):
    """from the bottom itself it takes one step, of length zero, whatever the tolerance"""
    loss, gradient = functions_of(np.diag([1.0, 2.0]), np.array([1.0, -1.0]))
    start = np.array([1.0, -0.5])
    return [
        code.gradient_descent(loss, gradient, start, 0.1, max_steps=1, **settings)
        for settings in ({}, {"tolerance": 0.0})
    ]


@check("gradient_descent", expect=raises(RuntimeError), forbids=LIBRARY)
def grows_without_bound(code):
    """a learning rate that is too high raises RuntimeError long before max_steps"""
    calls = []

    def gradient(t):
        calls.append(t)
        if len(calls) > 1000:
            raise ArithmeticError("a thousand steps, and nobody noticed")
        return 2 * t

    return code.gradient_descent(lambda t: t @ t, gradient, np.array([1.0, 2.0]), 1.01)


@check("gradient_descent", expect=raises(RuntimeError), forbids=LIBRARY)
def no_number(code):
    """and so does a loss that is no number any more, before the slope is asked there"""

    def gradient(t):
        if not (t > 0).all():
            raise ArithmeticError("there is no loss here, and nobody noticed")
        return 1 - 1 / t

    def loss(t):
        return np.sum(t - np.log(t)) if (t > 0).all() else np.nan

    return code.gradient_descent(loss, gradient, np.array([0.8, 2.0]), 4.0)


@check("SGD.step", forbids=LIBRARY)
def one_step(code, rng):
    """one step against the gradient, as long as the learning rate says"""
    theta, gradient = rng.normal(size=(2, 5))
    return code.SGD(0.3).step(theta, gradient), code.SGD(2.0).step(theta, gradient)


@check("SGD.step", forbids=LIBRARY)
def tables(code, rng):
    """parameters in a table, three steps in a row, each from where the last one led"""
    optimiser, theta = code.SGD(0.05), rng.normal(size=(2, 3))
    path = []
    for gradient in rng.normal(size=(3, 2, 3)):
        theta = optimiser.step(theta, gradient)
        path.append(theta)
    return path


@check("SGD.step", forbids=LIBRARY)
def at_another_rate(code, rng):
    """a learning rate that is changed between two steps holds from then on"""
    return at_other_rates(code.SGD, rng)


@check("SGD.step", expect=close(1e-5, 1e-7), forbids=LIBRARY)
def one_step_in_single_precision(code, rng):
    """float32 stays float32, and whole numbers become floats"""
    theta, gradient = rng.normal(size=(2, 4)).astype(np.float32)
    stepped = code.SGD(0.3).step(theta, gradient)
    return stepped, str(np.asarray(stepped).dtype), code.SGD(0.3).step([1, 2], [1, 1])


def walk(optimiser, theta, gradients):
    """Return the places that an optimiser visits, one gradient after another."""
    path = []
    for gradient in gradients:
        theta = optimiser.step(theta, gradient)
        path.append(theta)
    return path


def in_single_precision(optimiser, rng):
    """Return three steps in float32, and the dtype they end in."""
    path = walk(
        optimiser,
        rng.normal(size=3).astype(np.float32),
        rng.normal(size=(3, 3)).astype(np.float32),
    )
    return path, str(np.asarray(path[-1]).dtype)


def side_by_side(Kind, rng):
    """Return where two optimisers lead that take turns, each on slopes of its own."""
    one, two = Kind(0.1), Kind(0.1)
    a, b = rng.normal(size=(2, 3))
    for _ in range(3):
        a, b = one.step(a, rng.normal(size=3)), two.step(b, 10 * rng.normal(size=3))
    return a, b


def at_other_rates(Kind, rng):
    """Return where an optimiser leads whose learning rate is changed between the steps."""
    optimiser, theta, path = Kind(0.1), rng.normal(size=3), []
    for learning_rate in (0.1, 0.01, 0.3):
        optimiser.learning_rate = learning_rate
        theta = optimiser.step(theta, rng.normal(size=3))
        path.append(theta)
    return path


@check("Momentum.step", forbids=LIBRARY)
def velocity_grows(code, rng):
    """each step follows what is left of the velocity plus the whole gradient"""
    return walk(code.Momentum(0.1, 0.8), rng.normal(size=3), rng.normal(size=(12, 3)))


@check("Momentum.step", forbids=LIBRARY)
def it_coasts(code, rng):
    """where the slope vanishes it rolls on; with momentum 0 it stops at once"""
    gradients = np.zeros((5, 2, 2))
    gradients[0] = rng.normal(size=(2, 2))
    theta = rng.normal(size=(2, 2))
    return [walk(code.Momentum(0.5, m), theta, gradients) for m in (0.9, 0.5, 0.0)]


@check("Momentum.step", forbids=LIBRARY)
def two_at_once(code, rng):
    """two optimisers side by side do not share a velocity"""
    return side_by_side(code.Momentum, rng)


@check("Momentum.step", forbids=LIBRARY)
def momentum_at_another_rate(code, rng):
    """a learning rate that is changed holds for all of the step, and for the velocity of old"""
    return at_other_rates(code.Momentum, rng)


@check("Momentum.step", expect=close(1e-5, 1e-6), forbids=LIBRARY)
def momentum_in_single_precision(code, rng):
    """float32 stays float32"""
    return in_single_precision(code.Momentum(0.1), rng)


@check("RMSProp.step", forbids=LIBRARY)
def each_its_own_scale(code, rng):
    """each parameter's gradient is divided by the root of its own mean square"""
    gradients = rng.normal(size=(12, 3)) * np.array([1000.0, 1.0, 0.001])
    return walk(code.RMSProp(0.1, 0.8), rng.normal(size=3), gradients)


@check("RMSProp.step", forbids=LIBRARY)
def where_epsilon_is(code, rng):
    """epsilon is added to the root, outside it"""
    gradients = rng.normal(size=(4, 2, 2))
    return walk(code.RMSProp(0.1, 0.9, epsilon=0.5), rng.normal(size=(2, 2)), gradients)


@check("RMSProp.step", forbids=LIBRARY)
def no_slope_at_all(code, rng):
    """a gradient of zero moves nothing, from the first step on"""
    gradients = np.zeros((4, 3))
    gradients[2] = [1.0, -2.0, 0.0]
    return walk(code.RMSProp(0.1), rng.normal(size=3), gradients)


@check("RMSProp.step", forbids=LIBRARY)
def two_of_rmsprop(code, rng):
    """two optimisers side by side share nothing, and each may change its learning rate"""
    return side_by_side(code.RMSProp, rng), at_other_rates(code.RMSProp, rng)


@check("RMSProp.step", expect=close(1e-5, 1e-6), forbids=LIBRARY)
def rmsprop_in_single_precision(code, rng):
    """float32 stays float32"""
    return in_single_precision(code.RMSProp(0.1), rng)


@check("Adam.step", forbids=LIBRARY)
def first_step(code, rng):
    """the first step is as long as the learning rate, whatever the slope's size"""
    theta, sign = rng.normal(size=3), rng.choice([-1.0, 1.0], size=3)
    return code.Adam(0.25).step(theta, sign * np.array([1e-3, 1.0, 1e5]))


@check("Adam.step", forbids=LIBRARY)
def both_corrected(code, rng):
    """both means are corrected for their start at zero, at every step anew"""
    gradients = rng.normal(size=(30, 3)) * np.array([100.0, 1.0, 0.01])
    return walk(code.Adam(0.1, 0.8, 0.95), rng.normal(size=3), gradients)


@check("Adam.step", forbids=LIBRARY)
def downhill_with_adam(code, rng):
    """120 steps into a narrow valley"""
    A, b = bowl(rng, 3, 0.1, 10.0)
    optimiser, path = code.Adam(0.05), [rng.normal(size=3)]
    for _ in range(120):
        path.append(optimiser.step(path[-1], A @ path[-1] - b))
    return path[::10]


@check("Adam.step", forbids=LIBRARY)
def where_adam_has_epsilon(code, rng):
    """epsilon is added to the corrected root, outside it; no slope moves nothing"""
    gradients = rng.normal(size=(5, 2, 2))
    gradients[:, 0, 0] = 0
    large = walk(code.Adam(0.1, epsilon=0.5), rng.normal(size=(2, 2)), gradients)
    return large, walk(code.Adam(0.1), rng.normal(size=(2, 2)), gradients)


@check("Adam.step", forbids=LIBRARY)
def two_of_adam(code, rng):
    """two optimisers side by side share nothing, and each may change its learning rate"""
    return side_by_side(code.Adam, rng), at_other_rates(code.Adam, rng)


@check("Adam.step", expect=close(1e-4, 1e-6), forbids=LIBRARY)
def adam_in_single_precision(code, rng):
    """float32 stays float32"""
    return in_single_precision(code.Adam(0.1), rng)


@check("backtracking", forbids=LIBRARY)
def how_often_halved(code, rng):
    """the first of 1, 1/2, 1/4 and so on that lowers the loss enough"""
    theta = rng.normal(size=3)
    found = []
    for steepness in (0.5, 1.5, 5.0, 40.0, 3000.0):
        loss, gradient = functions_of(steepness * np.diag([0.5, 1.0, 1.0]), np.zeros(3))
        slope = gradient(theta)
        found.append(code.backtracking(loss, theta, slope, -slope))
    return found


@check("backtracking", forbids=LIBRARY)
def other_first_try(code, rng):
    """it begins with the learning rate it is given, along any direction downhill"""
    A, b = bowl(rng, 3, 1.0, 30.0)
    loss, gradient = functions_of(A, b)
    theta = rng.normal(size=3)
    newton = np.linalg.inv(A) @ (b - A @ theta)
    return [
        code.backtracking(loss, theta, gradient(theta), newton, rate) for rate in (0.3, 3.0, 70.0)
    ]


@check("backtracking", forbids=LIBRARY)
def a_share_of_the_promise(code):
    """enough is at least the share of what a straight line would fall, the bound included"""
    theta = np.array([2.0])
    return [
        code.backtracking(lambda t: t @ t / 2, theta, theta, -theta, rate, share)
        for rate in (1.9, 2.05)
        for share in (0.001, 0.04, 0.06, 0.3, 0.6, 0.9)
    ] + [code.backtracking(lambda t: t @ t / 2, theta, theta, -theta, 1.0, 0.5)]


@check("backtracking", forbids=LIBRARY)
def no_loss_there(code, rng):
    """where the loss is no number or infinite, the step is too long"""
    theta, edge = np.array([1.0]), rng.uniform(0.02, 0.3)

    def loss(t, beyond):
        return -t[0] if t[0] < 1 + edge else beyond

    slope = np.array([-1.0])
    return [
        code.backtracking(lambda t, end=end: loss(t, end), theta, slope, -slope)
        for end in (np.nan, np.inf)
    ]


@check("backtracking", forbids=LIBRARY)
def sixty_halvings(code):
    """it halves sixty times if it must"""
    zero, slope = np.array([0.0]), np.array([-1.0])
    edge = 1.5 * 2.0**-60
    rate = code.backtracking(lambda t: -t[0] if t[0] < edge else 1.0, zero, slope, -slope)
    return np.log2(rate)


@check("backtracking", expect=raises(RuntimeError), forbids=LIBRARY)
def no_rate_helps(code):
    """and raises RuntimeError if that was not enough"""
    zero, slope = np.array([0.0]), np.array([-1.0])
    edge = 0.7 * 2.0**-60
    return code.backtracking(lambda t: -t[0] if t[0] < edge else 1.0, zero, slope, -slope)


def steep_sides(rng):
    """Return the gradient and the Hessian of a loss that is steeper than a bowl."""
    a = rng.uniform(0.5, 1.0, size=(5, 3))
    c = rng.normal(size=3)

    def gradient(t):
        return a.T @ np.sinh(a @ t) - c

    def hessian(t):
        return (a.T * np.cosh(a @ t)) @ a

    return gradient, hessian


@check("newton", forbids=LIBRARY)
def newton_s_path(code, rng):
    """every place from the start to where the slope vanishes"""
    gradient, hessian = steep_sides(rng)
    return code.newton(gradient, hessian, rng.normal(size=3))


@check("newton", expect=close(1e-6, 1e-8), forbids=LIBRARY)
def one_leap(code, rng):
    """in a bowl the first step is the last that moves anything"""
    A, b = bowl(rng, 4)
    return code.newton(lambda t: A @ t - b, lambda t: A, rng.normal(size=4))


@check("newton", expect=close(1e-6, 1e-8), forbids=LIBRARY)
def saddle(code, rng):
    """it goes to a saddle too: there the slope vanishes as well"""
    A, b = np.array([[1.0, 2.0], [2.0, -1.0]]), rng.normal(size=2)
    return code.newton(lambda t: A @ t - b, lambda t: A, rng.normal(size=2))


@check("newton", forbids=LIBRARY)
def newton_s_last_movement(code, rng):
    """it stops when no parameter moved further than the tolerance, and not before"""
    starts = rng.uniform(1, 2, size=(2, 3)) * np.array([[1, 1, 1], [1, -1, -1]])
    return [
        code.newton(lambda t: t**3, lambda t: np.diag(3 * t**2), sign * start, tolerance=tolerance)
        for start in starts
        for sign in (-1, 1)
        for tolerance in (0.3, 0.01)
    ]


@check("newton", forbids=LIBRARY)
def leaps_that_arrive(code):
    """it needs no more than max_steps where they suffice, and no fewer are enough"""

    def go(steps, tolerance=0.02):
        return code.newton(
            lambda t: t**3,
            lambda t: np.diag(3 * t**2),
            np.array([1.0, 0.5]),
            max_steps=steps,
            tolerance=tolerance,
        )

    go(50)
    return settles(go, range(6, 13))


@check("newton", forbids=LIBRARY)
def nothing_left_to_move(code):
    """with a tolerance of zero it stops where nothing moves any more, in float32 as well"""
    _, gradient = functions_of(np.diag([1.0, 2.0]), np.array([1.0, -1.0]))
    bowl = code.newton(gradient, lambda t: np.diag([1.0, 2.0]), np.array([3.0, 5.0]), tolerance=0)
    single = np.array([1.0], np.float32)
    root = code.newton(lambda t: t * t - 2, lambda t: np.diag(2 * t), single)
    return bowl, np.round(root[-1], 5), str(root.dtype)


@check("newton", expect=raises(np.linalg.LinAlgError), forbids=LIBRARY)
def no_curvature(code):
    """a singular Hessian raises LinAlgError instead of an answer"""
    A = np.array([[1.0, 2.0], [2.0, 4.0]])
    return code.newton(lambda t: A @ t - 1, lambda t: A, np.array([1.0, 2.0]))


@check("conjugate_gradient", expect=close(1e-6, 1e-8), forbids=[*SOLVERS, *LIBRARY])
def as_many_steps_as_unknowns(code, rng):
    """n unknowns take n steps, and the length of each residual is told"""
    made = np.random.default_rng(rng.integers(1 << 30))
    M = made.normal(size=(6, 6))
    return code.conjugate_gradient(M @ M.T / 6 + np.eye(6), made.normal(size=6))


@check("conjugate_gradient", expect=close(1e-6, 1e-8), forbids=[*SOLVERS, *LIBRARY])
def products_only(code, rng):
    """A may be a function that multiplies, and is never seen itself"""
    b = rng.normal(size=9)

    def times(v):
        return 2.5 * v - np.append(v[1:], 0) - np.append(0, v[:-1])

    return code.conjugate_gradient(times, b)


@check("conjugate_gradient", expect=close(1e-6, 1e-8), forbids=[*SOLVERS, *LIBRARY])
def few_curvatures(code, rng):
    """three different curvatures take three steps, however many unknowns there are"""
    b = rng.uniform(1, 2, size=12) * rng.choice([-1, 1], size=12)
    return code.conjugate_gradient(np.diag([1.0, 3.0, 8.0] * 4), b)


@check("conjugate_gradient", forbids=[*SOLVERS, *LIBRARY])
def near_enough(code, rng):
    """it stops where the residual is that share of b, and not before"""
    b = rng.uniform(1, 2, size=8)
    A = np.diag(np.linspace(1, 40, 8))
    return [code.conjugate_gradient(A, size * b, tolerance=0.05) for size in (0.01, 1.0, 500.0)]


@check("conjugate_gradient", forbids=[*SOLVERS, *LIBRARY])
def nothing_to_solve(code):
    """for b of zeros the answer is zeros, without a step"""
    return code.conjugate_gradient(np.array([[2.0, 1.0], [1.0, 3.0]]), np.zeros(2))


@check("conjugate_gradient", forbids=[*SOLVERS, *LIBRARY])
def turns_that_arrive(code):
    """it needs no more than max_steps where they suffice, and no fewer are enough"""
    A, b = np.diag([1.0, 2.0, 3.0, 5.0]), np.ones(4)
    code.conjugate_gradient(A, b)
    return settles(lambda steps: code.conjugate_gradient(A, b, max_steps=steps), range(2, 6))


@check("conjugate_gradient", expect=close(1e-4, 1e-9), forbids=[*SOLVERS, *LIBRARY])
def more_steps_than_unknowns(code):
    """in a long valley rounding costs steps: it goes on until the residual is small"""
    x, lengths = code.conjugate_gradient(np.diag(np.logspace(0, 6, 20)), np.ones(20))
    return x, len(lengths) > 21, bool(lengths[-1] <= 1e-10 * lengths[0])


@check("conjugate_gradient", expect=raises(ValueError), forbids=[*SOLVERS, *LIBRARY])
def no_bottom(code):
    """a direction that bends downwards raises ValueError"""
    return code.conjugate_gradient(np.diag([3.0, -1.0]), np.array([1.0, 2.0]))


@check("conjugate_gradient", expect=raises(ValueError), forbids=[*SOLVERS, *LIBRARY])
def no_bottom_later(code):
    """and so does one that is met after some steps"""
    return code.conjugate_gradient(np.diag([3.0, -1.0]), np.array([2.0, 1.0]))


@check("conjugate_gradient", expect=raises(ValueError), forbids=[*SOLVERS, *LIBRARY])
def level_for_ever(code):
    """and one that does not bend at all"""
    return code.conjugate_gradient(np.zeros((2, 2)), np.ones(2))


@check("conjugate_gradient", expect=close(1e-4, 1e-5), forbids=[*SOLVERS, *LIBRARY])
def solved_in_single_precision(code, rng):
    """float32 stays float32"""
    b = rng.uniform(1, 2, size=3).astype(np.float32)
    A = np.diag(np.array([1, 2, 4], dtype=np.float32))
    x, _ = code.conjugate_gradient(A, b, tolerance=1e-3)
    return x, str(np.asarray(x).dtype)


MISTAKES = [
    Mistake(
        "it looks to one side only: the error is then of the size of the step",
        in_="numerical_gradient",
        old="behind[i] -= step * max(1, abs(theta[i]))",
        new="pass",
    ),
    Mistake(
        "the difference is divided by one step, though the two places are two steps apart",
        in_="numerical_gradient",
        old="/ (ahead[i] - behind[i])",
        new="/ (ahead[i] - theta[i])",
    ),
    Mistake(
        "the two sides are swapped, so that every slope has the wrong sign",
        in_="numerical_gradient",
        old="loss(ahead) - loss(behind)",
        new="loss(behind) - loss(ahead)",
    ),
    Mistake(
        "all parameters are moved at once",
        in_="numerical_gradient",
        old="ahead, behind = theta.copy(), theta.copy()\n"
        "        ahead[i] += step * max(1, abs(theta[i]))\n"
        "        behind[i] -= step * max(1, abs(theta[i]))",
        new="ahead = theta + step * max(1, abs(theta[i]))\n"
        "        behind = theta - step * max(1, abs(theta[i]))",
    ),
    Mistake(
        "the step is the same for every parameter, and is lost in the rounding of a large one",
        in_="numerical_gradient",
        old="ahead[i] += step * max(1, abs(theta[i]))\n"
        "        behind[i] -= step * max(1, abs(theta[i]))",
        new="ahead[i] += step\n        behind[i] -= step",
        lesson="The step has to be seen in the digits that the number keeps: make it a share of "
        "the number where that is large.",
    ),
    Mistake(
        "the step is a share of the parameter even where that is small: at zero there is none",
        in_="numerical_gradient",
        old="ahead[i] += step * max(1, abs(theta[i]))\n"
        "        behind[i] -= step * max(1, abs(theta[i]))",
        new="ahead[i] += step * abs(theta[i])\n        behind[i] -= step * abs(theta[i])",
    ),
    Mistake(
        "the parameters are not put back before the next one is moved",
        in_="numerical_gradient",
        old="ahead, behind = theta.copy(), theta.copy()",
        new="ahead, behind = (theta.copy(), theta.copy()) if not any(i) else (ahead, behind)",
    ),
    Mistake(
        "the result stays in float64",
        in_="numerical_gradient",
        old=".astype(precision)",
        new="",
    ),
    Mistake(
        "it walks uphill: the slope is added",
        in_="gradient_descent",
        old="path[-1] - learning_rate * gradient",
        new="path[-1] + learning_rate * gradient",
    ),
    Mistake(
        "the learning rate is left out",
        in_="gradient_descent",
        old="learning_rate * gradient(path[-1])",
        new="gradient(path[-1])",
    ),
    Mistake(
        "the slope is taken at the start every time",
        in_="gradient_descent",
        old="gradient(path[-1])",
        new="gradient(path[0])",
    ),
    Mistake(
        "it stops where the parameters move little in the mean, though one still moves",
        in_="gradient_descent",
        old="np.abs(change).max()",
        new="np.abs(change).mean()",
    ),
    Mistake(
        "a movement to the left counts as none: the sign is not taken off",
        in_="gradient_descent",
        old="np.abs(change).max()",
        new="change.max()",
        lesson="A change has a sign. Take its absolute value before it is compared with anything.",
    ),
    Mistake(
        "movements are added with their signs, so that they can cancel",
        in_="gradient_descent",
        old="np.abs(change).max()",
        new="abs(change.sum())",
    ),
    Mistake(
        "it takes one step too few",
        in_="gradient_descent",
        old="range(max_steps)",
        new="range(max_steps - 1)",
    ),
    Mistake(
        "it takes one step too many",
        in_="gradient_descent",
        old="range(max_steps)",
        new="range(max_steps + 1)",
    ),
    Mistake(
        "only the last place is returned",
        in_="gradient_descent",
        old="return np.array(path)",
        new="return path[-1]",
    ),
    Mistake(
        "the start is missing from the path",
        in_="gradient_descent",
        old="return np.array(path)",
        new="return np.array(path[1:])",
    ),
    Mistake(
        "steps that do not suffice are passed over in silence",
        in_="gradient_descent",
        old="raise not_converged(max_steps, change)",
        new="return np.array(path)",
    ),
    Mistake(
        "nobody asks whether the walk diverges",
        in_="gradient_descent",
        old="        refuse_divergence(losses, learning_rate)\n",
        new="",
    ),
    Mistake(
        "it walks uphill: the gradient is added",
        in_="SGD.step",
        old="theta - self",
        new="theta + self",
    ),
    Mistake(
        "the learning rate is left out",
        in_="SGD.step",
        old="self.learning_rate * gradient",
        new="gradient",
    ),
    Mistake(
        "the step is returned instead of the place it leads to",
        in_="SGD.step",
        old="theta - self.learning_rate * gradient",
        new="-self.learning_rate * gradient",
    ),
    Mistake(
        "the parameters are shrunk instead of moved",
        in_="SGD.step",
        old="theta - self.learning_rate * gradient",
        new="theta - self.learning_rate * theta",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="SGD.step",
        old="self.learning_rate * gradient",
        new="np.float64(self.learning_rate) * gradient",
    ),
    Mistake(
        "the gradient is damped: only 1 - momentum of it is added",
        in_="Momentum.step",
        old="self.velocity + gradient",
        new="self.velocity + (1 - self.momentum) * gradient",
        lesson="In this form, which is torch's, the velocity is no mean: with momentum 0.9 it "
        "grows to ten times a steady gradient.",
    ),
    Mistake(
        "the step follows the gradient alone, as if no velocity were kept",
        in_="Momentum.step",
        old="self.learning_rate * self.velocity",
        new="self.learning_rate * gradient",
    ),
    Mistake(
        "nothing is ever lost: the whole velocity is kept",
        in_="Momentum.step",
        old="self.momentum * self.velocity",
        new="self.velocity",
    ),
    Mistake(
        "the step is taken before the gradient has changed the velocity",
        in_="Momentum.step",
        old="self.velocity = self.momentum * self.velocity + gradient\n"
        "        return theta - self.learning_rate * self.velocity",
        new="old = self.velocity\n"
        "        self.velocity = self.momentum * self.velocity + gradient\n"
        "        return theta - self.learning_rate * old",
    ),
    Mistake(
        "the learning rate is in the velocity, and once more in the step",
        in_="Momentum.step",
        old="+ gradient",
        new="+ self.learning_rate * gradient",
    ),
    Mistake(
        "the learning rate is in the velocity, so that a new rate comes late",
        in_="Momentum.step",
        old="self.velocity = self.momentum * self.velocity + gradient\n"
        "        return theta - self.learning_rate * self.velocity",
        new="self.velocity = self.momentum * self.velocity + self.learning_rate * gradient\n"
        "        return theta - self.velocity",
    ),
    Mistake(
        "the velocity belongs to the class, so that all optimisers share it",
        in_="Momentum.step",
        old="self.velocity = self.momentum * self.velocity + gradient\n"
        "        return theta - self.learning_rate * self.velocity",
        new='shared = vars(Momentum).get("shared", 0 * theta)\n'
        "        Momentum.shared = self.momentum * shared + gradient\n"
        "        return theta - self.learning_rate * Momentum.shared",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="Momentum.step",
        old="self.momentum * self.velocity",
        new="np.float64(self.momentum) * self.velocity",
    ),
    Mistake(
        "epsilon is added under the root",
        in_="RMSProp.step",
        old="np.sqrt(self.square) + self.epsilon",
        new="np.sqrt(self.square + self.epsilon)",
    ),
    Mistake(
        "the root is left out: the step is divided by the mean square itself",
        in_="RMSProp.step",
        old="np.sqrt(self.square)",
        new="self.square",
    ),
    Mistake(
        "the shares are swapped: almost all of the memory is lost",
        in_="RMSProp.step",
        old="new = (1 - self.decay) * gradient * gradient\n"
        "        self.square = self.decay * self.square + new",
        new="new = self.decay * gradient * gradient\n"
        "        self.square = (1 - self.decay) * self.square + new",
    ),
    Mistake(
        "the squares are added up instead of averaged, as AdaGrad does",
        in_="RMSProp.step",
        old="self.square = self.decay * self.square + new",
        new="self.square = self.square + gradient * gradient",
    ),
    Mistake(
        "one scale is used for all parameters",
        in_="RMSProp.step",
        old="np.sqrt(self.square)",
        new="np.sqrt(self.square.mean())",
    ),
    Mistake(
        "the gradient is divided by the square of the last step",
        in_="RMSProp.step",
        old="scale = np.sqrt(self.square) + self.epsilon",
        new="old = (self.square - new) / (self.decay or 1)\n"
        "        scale = np.sqrt(np.abs(old)) + self.epsilon",
    ),
    Mistake(
        "epsilon is left out, so that no slope divides zero by zero",
        in_="RMSProp.step",
        old=" + self.epsilon",
        new="",
    ),
    Mistake(
        "the mean is corrected for its start at zero, as Adam does",
        in_="RMSProp.step",
        old="scale = np.sqrt(self.square)",
        new="scale = np.sqrt(self.square / (1 - self.decay**self.t))",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="RMSProp.step",
        old="self.learning_rate * gradient",
        new="np.float64(self.learning_rate) * gradient",
    ),
    Mistake(
        "the mean is not corrected for its start at zero",
        in_="Adam.step",
        old="self.mean / (1 - self.beta1**self.t)",
        new="self.mean",
    ),
    Mistake(
        "the mean square is not corrected for its start at zero",
        in_="Adam.step",
        old="self.square / (1 - self.beta2**self.t)",
        new="self.square",
    ),
    Mistake(
        "neither mean is corrected for its start at zero",
        in_="Adam.step",
        old="mean = self.mean / (1 - self.beta1**self.t)\n"
        "        scale = np.sqrt(self.square / (1 - self.beta2**self.t))",
        new="mean = self.mean\n        scale = np.sqrt(self.square)",
    ),
    Mistake(
        "the corrected mean is stored, and corrected again at the next step",
        in_="Adam.step",
        old="mean = self.mean / (1 - self.beta1**self.t)",
        new="mean = self.mean = self.mean / (1 - self.beta1**self.t)",
    ),
    Mistake(
        "both corrected means are stored, and corrected again at the next step",
        in_="Adam.step",
        old="mean = self.mean / (1 - self.beta1**self.t)\n"
        "        scale = np.sqrt(self.square / (1 - self.beta2**self.t))",
        new="mean = self.mean = self.mean / (1 - self.beta1**self.t)\n"
        "        self.square = self.square / (1 - self.beta2**self.t)\n"
        "        scale = np.sqrt(self.square)",
    ),
    Mistake(
        "the correction is that of the first step for ever",
        in_="Adam.step",
        old="mean = self.mean / (1 - self.beta1**self.t)\n"
        "        scale = np.sqrt(self.square / (1 - self.beta2**self.t))",
        new="mean = self.mean / (1 - self.beta1)\n"
        "        scale = np.sqrt(self.square / (1 - self.beta2))",
    ),
    Mistake(
        "the steps are counted from 0 for the correction, as if one were missing",
        in_="Adam.step",
        old="mean = self.mean / (1 - self.beta1**self.t)\n"
        "        scale = np.sqrt(self.square / (1 - self.beta2**self.t))",
        new="t = max(self.t - 1, 1)\n"
        "        mean = self.mean / (1 - self.beta1**t)\n"
        "        scale = np.sqrt(self.square / (1 - self.beta2**t))",
    ),
    Mistake(
        "epsilon is added under the root",
        in_="Adam.step",
        old="scale = np.sqrt(self.square / (1 - self.beta2**self.t))\n"
        "        return theta - self.learning_rate * mean / (scale + self.epsilon)",
        new="scale = np.sqrt(self.square / (1 - self.beta2**self.t) + self.epsilon)\n"
        "        return theta - self.learning_rate * mean / scale",
    ),
    Mistake(
        "epsilon is added before the correction of the root",
        in_="Adam.step",
        old="scale = np.sqrt(self.square / (1 - self.beta2**self.t))\n"
        "        return theta - self.learning_rate * mean / (scale + self.epsilon)",
        new="scale = np.sqrt(self.square) + self.epsilon\n"
        "        scale = scale / np.sqrt(1 - self.beta2**self.t)\n"
        "        return theta - self.learning_rate * mean / scale",
    ),
    Mistake(
        "epsilon is left out, so that no slope divides zero by zero",
        in_="Adam.step",
        old="(scale + self.epsilon)",
        new="scale",
    ),
    Mistake(
        "the two shares change places",
        in_="Adam.step",
        old="new = (1 - self.beta2) * gradient * gradient\n"
        "        self.mean = self.beta1 * self.mean + (1 - self.beta1) * gradient\n"
        "        self.square = self.beta2 * self.square + new\n"
        "        mean = self.mean / (1 - self.beta1**self.t)\n"
        "        scale = np.sqrt(self.square / (1 - self.beta2**self.t))",
        new="one, two = self.beta2, self.beta1\n"
        "        new = (1 - two) * gradient * gradient\n"
        "        self.mean = one * self.mean + (1 - one) * gradient\n"
        "        self.square = two * self.square + new\n"
        "        mean = self.mean / (1 - one**self.t)\n"
        "        scale = np.sqrt(self.square / (1 - two**self.t))",
    ),
    Mistake(
        "the gradient itself is stepped along, without its mean",
        in_="Adam.step",
        old="self.learning_rate * mean",
        new="self.learning_rate * gradient",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="Adam.step",
        old="self.learning_rate * mean",
        new="np.float64(self.learning_rate) * mean",
    ),
    Mistake(
        "any decrease is enough, however small",
        in_="backtracking",
        old="rise <= share * learning_rate * slope",
        new="rise < 0",
        lesson="Ask for a share of what the slope promises: steps that leap back and forth "
        "across the valley also lower the loss, each time by less.",
    ),
    Mistake(
        "the bound rises with the step: the slope has lost its sign",
        in_="backtracking",
        old="<= share",
        new="<= -share",
    ),
    Mistake(
        "the bound does not depend on the length of the step",
        in_="backtracking",
        old="share * learning_rate * slope",
        new="share * slope",
    ),
    Mistake(
        "the whole promise is asked for, not a share of it",
        in_="backtracking",
        old="share * learning_rate * slope",
        new="learning_rate * slope",
    ),
    Mistake(
        "the step goes the wrong way",
        in_="backtracking",
        old="theta + learning_rate * direction",
        new="theta - learning_rate * direction",
    ),
    Mistake(
        "a loss that is no number is taken for enough",
        in_="backtracking",
        old="if rise <= share * learning_rate * slope:",
        new="if not rise > share * learning_rate * slope:",
    ),
    Mistake(
        "it always begins with 1",
        in_="backtracking",
        old="start = loss(theta)",
        new="start, learning_rate = loss(theta), 1.0",
    ),
    Mistake(
        "it is shortened once more than it had to be",
        in_="backtracking",
        old="return learning_rate\n",
        new="return learning_rate / 2\n",
    ),
    Mistake(
        "the place is returned instead of the rate",
        in_="backtracking",
        old="return learning_rate\n",
        new="return theta + learning_rate * direction\n",
    ),
    Mistake(
        "it gives up too early",
        in_="backtracking",
        old="range(61)",
        new="range(50)",
    ),
    Mistake(
        "it gives up after 59 halvings: the first try is none",
        in_="backtracking",
        old="range(61)",
        new="range(60)",
    ),
    Mistake(
        "it never gives up",
        in_="backtracking",
        old="raise not_converged(60, learning_rate * direction)",
        new="return learning_rate",
    ),
    Mistake(
        "a loss that is exactly enough is refused",
        in_="backtracking",
        old="rise <= share",
        new="rise < share",
    ),
    Mistake(
        "the change is added instead of subtracted",
        in_="newton",
        old="place - change",
        new="place + change",
    ),
    Mistake(
        "the Hessian is that of the start for ever",
        in_="newton",
        old="hessian(place)",
        new="hessian(path[0])",
    ),
    Mistake(
        "the gradient is that of the start for ever",
        in_="newton",
        old="gradient(place)",
        new="gradient(path[0])",
    ),
    Mistake(
        "it stops where the parameters move little in the mean, though one still moves",
        in_="newton",
        old="np.abs(change).max()",
        new="np.abs(change).mean()",
    ),
    Mistake(
        "a movement to the right counts as none: the sign is not taken off",
        in_="newton",
        old="np.abs(change).max()",
        new="change.max()",
    ),
    Mistake(
        "it stops where the slope is small instead of the movement",
        in_="newton",
        old="np.abs(change).max()",
        new="np.abs(gradient(path[-1])).max()",
    ),
    Mistake(
        "the off-diagonal curvatures are ignored: every parameter is divided by its own",
        in_="newton",
        old="change = newton_change(hessian(place), gradient(place), step)",
        new="change = gradient(place) / np.diag(hessian(place))",
    ),
    Mistake(
        "the pseudo-inverse answers where there is no one answer",
        in_="newton",
        old="change = newton_change(hessian(place), gradient(place), step)",
        new="change = np.linalg.pinv(hessian(place)) @ gradient(place)",
    ),
    Mistake(
        "only the last place is returned",
        in_="newton",
        old="return np.array(path)",
        new="return path[-1]",
    ),
    Mistake(
        "the start is missing from the path",
        in_="newton",
        old="return np.array(path)",
        new="return np.array(path[1:])",
    ),
    Mistake(
        "it takes one step too few",
        in_="newton",
        old="range(1, max_steps + 1)",
        new="range(1, max_steps)",
    ),
    Mistake(
        "steps that do not suffice are passed over in silence",
        in_="newton",
        old="raise not_converged(max_steps, change)",
        new="return np.array(path)",
    ),
    Mistake(
        "the next direction is the residual alone: steepest descent",
        in_="conjugate_gradient",
        old="direction = residual + turn * direction",
        new="direction = residual",
        lesson="Steepest descent turns by a right angle at every step and forgets where it has "
        "been; the old direction, added in the right amount, is what makes each step final.",
    ),
    Mistake(
        "the next direction has the sign of the old one wrong",
        in_="conjugate_gradient",
        old="residual + turn * direction",
        new="residual - turn * direction",
    ),
    Mistake(
        "the amount of the old direction is upside down",
        in_="conjugate_gradient",
        old="residual @ residual / (before @ before)",
        new="before @ before / (residual @ residual)",
    ),
    Mistake(
        "the residual is not brought up to date with x",
        in_="conjugate_gradient",
        old="residual - distance * product",
        new="residual - distance * direction",
    ),
    Mistake(
        "the residual grows: the product is added",
        in_="conjugate_gradient",
        old="residual - distance * product",
        new="residual + distance * product",
    ),
    Mistake(
        "x moves the wrong way",
        in_="conjugate_gradient",
        old="x = x + change",
        new="x = x - change",
    ),
    Mistake(
        "every step goes as far along the direction, whatever the curvature",
        in_="conjugate_gradient",
        old="residual @ residual / curvature",
        new="residual @ residual / (direction @ direction)",
    ),
    Mistake(
        "it stops by the length of the residual itself, whatever the size of b",
        in_="conjugate_gradient",
        old="tolerance * lengths[0]",
        new="tolerance",
    ),
    Mistake(
        "it always takes as many steps as there are unknowns",
        in_="conjugate_gradient",
        old="while lengths[-1] > tolerance * lengths[0]:",
        new="while len(lengths) <= len(b):",
    ),
    Mistake(
        "nobody asks whether the direction bends upwards",
        in_="conjugate_gradient",
        old="        refuse_flat(curvature, len(lengths))\n",
        new="",
    ),
    Mistake(
        "it gives up one step too early",
        in_="conjugate_gradient",
        old="len(lengths) > max_steps",
        new="len(lengths) >= max_steps",
    ),
    Mistake(
        "the first length is missing",
        in_="conjugate_gradient",
        old="return x, np.array(lengths)",
        new="return x, np.array(lengths[1:])",
    ),
    Mistake(
        "the old residual is lost: the new one is compared with itself",
        in_="conjugate_gradient",
        old="before, residual = residual, residual - distance * product",
        new="before = residual = residual - distance * product",
    ),
    Mistake(
        "the lengths are squared",
        in_="conjugate_gradient",
        old="lengths.append(np.linalg.norm(residual))",
        new="lengths.append(residual @ residual)",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="conjugate_gradient",
        old="change = distance * direction",
        new="change = np.float64(distance) * direction",
    ),
]

EXPLAIN = [
    Explain(
        "rounding",
        why="the step is the same for every parameter, and is lost in the rounding of a large one",
        causes={
            "it looks to one side only: the error is then of the size of the step": "One copy is "
            "moved ahead and one behind, by as much.",
            "the difference is divided by one step, though the two places are two steps apart": ""
            "It is divided by the distance of the two places themselves.",
            "the parameters are not put back before the next one is moved": "Each round begins "
            "with two fresh copies of theta.",
            "the result stays in float64": "It is returned .astype(precision), and here that is "
            "float64 anyway.",
        },
        takes="`theta` is where the slope of the sum of squares is measured; out comes the "
        "slope, which should be twice `theta`.",
        call=lambda code, theta: code.numerical_gradient(lambda t: np.sum(t * t), theta),
        example={"theta": [0.5, -3.0]},
        witness={"theta": [0.5, -3e9]},
    ),
    Explain(
        "leftwards",
        why="a movement to the left counts as none: the sign is not taken off",
        causes={
            "it walks uphill: the slope is added": "The slope is subtracted, as it should be.",
            "the learning rate is left out": "It stands in front of the gradient.",
            "it takes one step too many": "range(max_steps) has max_steps rounds, and the walk "
            "ends long before.",
            "the slope is taken at the start every time": "path[-1] is the place reached last.",
        },
        takes="`start` is where the walk begins, down the loss t @ t / 2 with learning rate 0.5; "
        "out comes the last place of the path.",
        call=lambda code, start: code.gradient_descent(
            lambda t: t @ t / 2, lambda t: t, start, 0.5
        )[-1],
        example={"start": [-4.0, -8.0]},
        witness={"start": [4.0, 8.0]},
    ),
    Explain(
        "decrease",
        why="any decrease is enough, however small",
        causes={
            "it always begins with 1": "The first rate that is tried is the one that was given.",
            "the step goes the wrong way": "It tries theta + learning_rate * direction, and the "
            "direction goes downhill.",
            "a loss that is no number is taken for enough": "A comparison with NaN is False, so "
            "the step is halved.",
            "it gives up after 59 halvings: the first try is none": "range(61) is the first try "
            "and 60 halvings.",
        },
        takes="`rate` is the first to try, from 1 down the loss t @ t / 2, against the slope; out "
        "comes the rate that is found.",
        call=lambda code, rate: code.backtracking(
            lambda t: t @ t / 2, np.array([1.0]), np.array([1.0]), np.array([-1.0]), rate
        ),
        example={"rate": 1.5},
        witness={"rate": 1.99995},
    ),
]

"""Checks for backprop."""

import numpy as np

from grader import Explain, Mistake, accuracy_at_least, at_least, check, close

SINGLE = close(1e-4, 1e-6)  # what float32 leaves of an answer
DOUBLE = close(1e-10, 1e-12)  # what a detour through float32 would not leave


def kind(*arrays):
    """Return the dtypes of what came out."""
    return [str(np.asarray(array).dtype) for array in arrays]


@check("tanh_slope", expect=DOUBLE, forbids=["numpy.gradient"])
def bend(code, rng):
    """the slope of tanh at x, from out = tanh(x)"""
    x = 2 * rng.normal(size=7)
    return code.tanh_slope(x, np.tanh(x))


@check("tanh_slope")
def ends(code):
    """1 in the middle, 0 far out to both sides"""
    x = np.array([-400.0, -20.0, -3.0, 0.0, 3.0, 20.0, 400.0])
    return code.tanh_slope(x, np.tanh(x))


@check("tanh_slope", expect=SINGLE)
def single_tanh(code, rng):
    """a table of float32 stays a table and float32, and out is left as it was"""
    x = rng.normal(size=(3, 2)).astype(np.float32)
    out = np.tanh(x)
    slope = code.tanh_slope(x, out)
    return slope, kind(slope), out


@check("gelu_slope", expect=DOUBLE)
def gelu_bend(code, rng):
    """the slope of gelu at x, as finite differences find it"""
    return code.gelu_slope(2 * rng.normal(size=9))


@check("gelu_slope", expect=DOUBLE)
def gelu_with_out(code, rng):
    """called with out as well, as a network calls it, it answers the same"""
    x = 2 * rng.normal(size=(3, 4))
    out = code.gelu(x)
    return code.gelu_slope(x, out), out


@check("gelu_slope")
def gelu_ends(code):
    """a half at 0, far out 0 on the left and 1 on the right"""
    return code.gelu_slope(np.array([-50.0, -8.0, -0.75, 0.0, 0.75, 8.0, 50.0]))


@check("gelu_slope", expect=SINGLE)
def single_gelu(code, rng):
    """a table of float32 stays a table and float32, and x is left as it was"""
    x = rng.normal(size=(3, 2)).astype(np.float32)
    slope = code.gelu_slope(x)
    return slope, kind(slope), x


def layer(rng, *shape, d, m):
    """Return inputs (..., d), weights (d, m) and biases (m,)."""
    return rng.normal(size=(*shape, d)), rng.normal(size=(d, m)), rng.normal(size=m)


@check("dense_forward", expect=DOUBLE)
def sums(code, rng):
    """each output is the weighed sum of a row, and its bias; float64 stays float64"""
    out = code.dense_forward(*layer(rng, 5, d=3, m=2))
    return out, kind(out)


@check("dense_forward")
def square_weights(code, rng):
    """weights of shape (3, 3), where a wrong transpose raises no error"""
    return code.dense_forward(*layer(rng, 3, d=3, m=3)), code.dense_forward(
        *layer(rng, 1, d=2, m=2)
    )


@check("dense_forward")
def axes_in_front(code, rng):
    """any axes in front of the last one stay: two, three, or none at all"""
    return [code.dense_forward(*layer(rng, *shape, d=3, m=2)) for shape in [(2, 4), (2, 1, 3), ()]]


@check("dense_forward", expect=SINGLE)
def single_forward(code, rng):
    """float32 stays float32, and neither x nor W nor b is changed"""
    x, W, b = (a.astype(np.float32) for a in layer(rng, 4, d=3, m=2))
    out = code.dense_forward(x, W, b)
    return out, kind(out), x, W, b


def going_back(code, rng, *shape, d, m, dtype=float):
    """Return the three slopes of a layer that was given `shape` rows."""
    x, W, _ = (a.astype(dtype) for a in layer(rng, *shape, d=d, m=m))
    grad = rng.normal(size=(*shape, m)).astype(dtype)
    return grad, x, W, code.dense_backward(grad, x, W)


@check("dense_backward", expect=DOUBLE)
def three_slopes(code, rng):
    """the slopes in x, in W and in b, each in its shape; float64 stays float64"""
    slopes = going_back(code, rng, 5, d=3, m=2)[-1]
    return slopes, kind(*slopes)


@check("dense_backward")
def square_slopes(code, rng):
    """three rows, three inputs, three outputs: no shape can save you"""
    return going_back(code, rng, 3, d=3, m=3)[-1]


@check("dense_backward")
def slopes_of_axes_in_front(code, rng):
    """with axes in front W and b get the sum over all rows, x keeps its axes"""
    return [going_back(code, rng, *shape, d=3, m=2)[-1] for shape in [(2, 4), (2, 2, 2), (1, 3)]]


@check("dense_backward")
def slopes_of_one_row(code, rng):
    """one row, and a single vector without any axis in front"""
    return [going_back(code, rng, *shape, d=3, m=2)[-1] for shape in [(1,), ()]]


@check("dense_backward", expect=SINGLE)
def single_backward(code, rng):
    """float32 stays float32, and what goes in is left as it was"""
    grad, x, W, slopes = going_back(code, rng, 4, d=3, m=2, dtype=np.float32)
    return slopes, kind(*slopes), grad, x, W


@check(
    "softmax_cross_entropy",
    expect=DOUBLE,
    forbids=["scipy.special.softmax", "scipy.special.logsumexp"],
)
def loss_and_slope(code, rng):
    """the mean loss, and its slope in every score; float64 stays float64"""
    z, y = 2 * rng.normal(size=(6, 4)), rng.integers(4, size=6)
    loss, to_z = code.softmax_cross_entropy(z, y)
    return loss, to_z, kind(to_z)


@check("softmax_cross_entropy", forbids=["scipy.special.softmax", "scipy.special.logsumexp"])
def huge_scores(code):
    """scores of 1000 and -1000, in one row and in two, without overflow on the way"""
    z = np.array([[1000.0, 1001.0, 998.0], [-1000.0, -1001.0, -999.0], [0.5, 0.0, -0.5]])
    with np.errstate(over="raise", invalid="raise"):
        return code.softmax_cross_entropy(z, np.array([0, 1, 2]))


@check("softmax_cross_entropy", forbids=["scipy.special.softmax", "scipy.special.logsumexp"])
def hopeless(code):
    """a right class whose probability underflows costs its distance, not infinity"""
    z = np.array([[0.0, 900.0], [0.0, 0.0]])
    with np.errstate(divide="ignore"):
        return code.softmax_cross_entropy(z, np.array([0, 1]))


@check("softmax_cross_entropy", forbids=["scipy.special.softmax", "scipy.special.logsumexp"])
def one_row_one_class(code, rng):
    """a single row; and a single class, which costs nothing"""
    alone = code.softmax_cross_entropy(rng.normal(size=(3, 1)), np.array([0, 0, 0]))
    return code.softmax_cross_entropy(rng.normal(size=(1, 3)), np.array([2])), alone


@check("softmax_cross_entropy", expect=SINGLE, forbids=["scipy.special.softmax"])
def single_entropy(code, rng):
    """float32 stays float32, and the scores are left as they were"""
    z, y = rng.normal(size=(5, 3)).astype(np.float32), rng.integers(3, size=5).astype(np.uint8)
    loss, to_z = code.softmax_cross_entropy(z, y)
    return loss, to_z, kind(to_z), z


def sizes(rng, inputs, outputs):
    """Draw both widths of a layer, and the key of a generator; return them and the variance."""
    fan_in, fan_out = int(rng.integers(*inputs)), int(rng.integers(*outputs))
    given = {"fan_in": fan_in, "fan_out": fan_out, "key": int(rng.integers(1 << 30))}
    return given, 2 / fan_in


def wide(rng):
    """Draw a layer of many inputs and few outputs."""
    return sizes(rng, (290, 350), (145, 175))


def narrow(rng):
    """Draw a layer of few inputs and many outputs."""
    return sizes(rng, (135, 165), (360, 440))


def nearness(W, variance):
    """Return 1 where the mean square is the variance, less elsewhere."""
    return 1 - abs(np.mean(W * W) / variance - 1) - abs(np.mean(W)) / variance**0.5


def bellness(W, variance):
    """Return 1 where as many weights as of a normal lie within 1 and 2 spreads."""
    size = np.abs(W) / np.sqrt(np.mean(W * W))
    return 1 - abs(np.mean(size < 1) - 0.6827) - abs(np.mean(size < 2) - 0.9545)


def drawn(code, fan_in, fan_out, key):
    """Return weights drawn from a generator of this key."""
    return np.asarray(code.he_init(fan_in, fan_out, np.random.default_rng(key)))


@check("he_init", given=wide, expect=at_least(0.95, nearness, "closeness of the variance"))
def spread_of_many(code, fan_in, fan_out, key):
    """the variance is 2 / fan_in, the mean 0, for more inputs than outputs"""
    return drawn(code, fan_in, fan_out, key)


@check("he_init", given=narrow, expect=at_least(0.95, nearness, "closeness of the variance"))
def spread_of_few(code, fan_in, fan_out, key):
    """and for fewer inputs than outputs"""
    return drawn(code, fan_in, fan_out, key)


@check("he_init", given=narrow, expect=at_least(0.96, bellness, "closeness to a normal"))
def bell(code, fan_in, fan_out, key):
    """the weights are from a normal distribution"""
    return drawn(code, fan_in, fan_out, key)


def freedom(W, variance):
    """Return 1 where the means of columns and rows vary as those of free draws."""
    columns = np.mean(W.mean(axis=0) ** 2) * len(W) / variance
    return 1 - abs(columns - 1) - abs(np.mean(W.mean(axis=1) ** 2) * W.shape[1] / variance - 1)


@check("he_init", given=narrow, expect=at_least(0.3, freedom, "freedom of the draws"))
def free_draws(code, fan_in, fan_out, key):
    """no draw makes up for another: the means of rows and columns vary as chance has it"""
    return drawn(code, fan_in, fan_out, key)


def loneliness(W, variance):
    """Return 1 where two columns are normal with this variance, and independent."""
    apart = abs(np.mean(W[:, 0] * W[:, 1])) / variance
    return min(nearness(W, variance), bellness(W, variance), 1 - apart)


@check(
    "he_init",
    given=lambda rng: ({"key": int(rng.integers(1 << 30))}, 2.0),
    expect=at_least(0.8, loneliness, "closeness to free draws"),
)
def one_input(code, key):
    """a layer of one input and two outputs, drawn again and again, is as free"""
    rng = np.random.default_rng(key)
    return np.array([code.he_init(1, 2, rng) for _ in range(1000)], float).reshape(1000, 2)


@check("he_init")
def all_chance_from_rng(code, rng):
    """every weight is another, the same seed draws the same, a used generator draws others"""
    key = int(rng.integers(1 << 30))
    again = np.random.default_rng(key)
    one, same, other = drawn(code, 4, 3, key), code.he_init(4, 3, again), code.he_init(4, 3, again)
    equal = [bool(np.array_equal(one, W)) for W in (same, other)]
    alone = np.asarray(code.he_init(1, 1, again))
    some = bool(np.isfinite(alone).all() and alone.all())
    return equal, len(np.unique(one)), one.shape, alone.shape, some


def network(rng, *sizes, dtype=float):
    """Return the weights of layers of these sizes; no bias is 0."""
    weights = []
    for d, m in zip(sizes[:-1], sizes[1:], strict=True):
        weights += [rng.normal(size=(d, m)) / d**0.5, rng.normal(size=m)]
    return [w.astype(dtype) for w in weights]


def slopes_of(code, rng, *sizes, activation, dtype=float):
    """Return what network_backward makes of a random slope in the scores."""
    weights, x = network(rng, *sizes, dtype=dtype), rng.normal(size=(5, sizes[0])).astype(dtype)
    inputs, sums = code.network_forward(weights, x, activation)
    grad = rng.normal(size=(5, sizes[-1])).astype(dtype)
    given = [grad, *weights, *inputs, *sums]
    before = [array.copy() for array in given]
    slopes = code.network_backward(grad, weights, inputs, sums, activation)
    kept = [bool(np.array_equal(a, b)) for a, b in zip(given, before, strict=True)]
    return list(slopes), kept


@check("network_backward", expect=DOUBLE)
def one_hidden_layer(code, rng):
    """one hidden layer of sigmoids: four slopes, in the order of the weights"""
    slopes = slopes_of(code, rng, 3, 4, 2, activation="sigmoid")[0]
    return slopes, kind(*slopes)


@check("network_backward")
def three_hidden_layers(code, rng):
    """three hidden layers of relus, which switch units off"""
    return slopes_of(code, rng, 3, 6, 5, 4, 2, activation="relu")[0]


@check("network_backward")
def layers_of_one_size(code, rng):
    """layers all of one size, as many as there are rows, where a wrong index raises no error"""
    return slopes_of(code, rng, 5, 5, 5, 5, activation="sigmoid")[0]


@check("network_backward")
def no_hidden_layer(code, rng):
    """no hidden layer: two slopes, and no activation is asked"""
    return slopes_of(code, rng, 3, 2, activation="sigmoid")[0]


@check("network_backward")
def gelus(code, rng):
    """gelu, whose slope cannot be told from what came out"""
    return slopes_of(code, rng, 3, 4, 4, 2, activation="gelu")[0]


@check("network_backward", expect=SINGLE)
def nothing_changed(code, rng):
    """float32 stays float32, and all that goes in is left as it was"""
    slopes, kept = slopes_of(code, rng, 3, 4, 4, 2, activation="relu", dtype=np.float32)
    return slopes, kind(*slopes), kept


def bowls(weights):
    """Return a loss of any number of arrays, and its slopes: each entry to the 3rd power."""
    loss = sum((i + 1) * float((w**3).sum()) for i, w in enumerate(weights))
    return loss, [3 * (i + 1) * w * w for i, w in enumerate(weights)]


def places(rng):
    """Return three arrays to look at, of other shapes."""
    return [rng.uniform(0.5, 2, size=shape) for shape in [(2, 3), (3,), (3, 2)]]


def off_by(*factors):
    """Return bowls with the slopes in each array off by a factor."""

    def function(weights):
        loss, slopes = bowls(weights)
        return loss, [f * slope for f, slope in zip(factors, slopes, strict=True)]

    return function


@check("gradient_check", expect=close(1e-3, 1e-7))
def right_slopes(code, rng):
    """right slopes leave errors of the size of rounding, one for each array"""
    return np.asarray(code.gradient_check(bowls, places(rng)), float)


@check("gradient_check", expect=close(1e-3, 1e-7))
def wrong_slopes(code, rng):
    """slopes of the wrong sign or size are told in the place where they are"""
    function = off_by(-1.0, 1.0, 1.1)
    return np.asarray(code.gradient_check(function, places(rng)), float)


@check("gradient_check", expect=close(1e-3, 1e-7))
def one_entry_off(code, rng):
    """a single wrong entry among many counts by its share of the length"""

    def function(weights):
        loss, slopes = bowls(weights)
        slopes[1][2] *= 1.5
        slopes[2][0, 1] = 0.0
        return loss, slopes

    return np.asarray(code.gradient_check(function, places(rng)), float)


@check("gradient_check", expect=close(1e-3, 1e-7))
def tiny_slopes(code, rng):
    """it is relative: a loss a million million times smaller gives the same errors"""

    def function(weights):
        loss, slopes = off_by(0.5, 2.0, 1.0)(weights)
        return 1e-12 * loss, [1e-12 * slope for slope in slopes]

    return np.asarray(code.gradient_check(function, places(rng)), float)


@check("gradient_check", expect=close(1e-3, 1e-7))
def no_slope_at_all(code, rng):
    """where both slopes are zero the error is 0, where one is zero it is 1"""

    def function(weights):
        return float(weights[0].sum()), [0 * weights[0], 0 * weights[1]]

    return np.asarray(code.gradient_check(function, places(rng)[:2]), float)


@check("gradient_check", expect=close(1e-3, 1e-7))
def no_number(code, rng):
    """a derived slope that holds NaN, in all entries or in one, has the error NaN"""

    def function(weights):
        loss, slopes = bowls(weights)
        slopes[1][...] = np.nan
        slopes[2][1, 0] = np.nan
        return loss, slopes

    return np.asarray(code.gradient_check(function, places(rng)), float)


def two_moons(rng, n=30):
    """Return points of three classes that no line tells apart, X (n, 2) and y (n,)."""
    y = rng.permutation(np.arange(n) % 3)
    angle = rng.uniform(0, 6.28, size=n)
    X = np.column_stack([np.cos(angle), np.sin(angle)]) * (0.5 + y)[:, None]
    return X, y


def fitted(code, rng, *, X=None, y=None, rows=30, **settings):
    """Return a model from first weights that are drawn here, one and the same way."""

    def first_weights(sizes, rng, dtype=float):
        return network(rng, *sizes, dtype=dtype)

    code.first_weights = first_weights
    if X is None:
        X, y = two_moons(rng, rows)
    model = code.MLP(**({"hidden": (4,), "activation": "sigmoid"} | settings))
    return model, model.fit(X, y, rng)


@check("MLP.fit", forbids=["sklearn.neural_network", "torch"])
def first_epoch(code, rng):
    """one epoch of one batch is one step downhill, of the whole learning_rate"""
    model, _ = fitted(code, rng, epochs=1, batch_size=30, learning_rate=0.7)
    return model.weights_, model.losses_


@check("MLP.fit", forbids=["sklearn.neural_network", "torch"])
def falling_rate(code, rng):
    """the rate of epoch 0, 1, … is learning_rate * (1 - epoch / epochs)"""
    model, _ = fitted(code, rng, epochs=4, batch_size=100, learning_rate=0.9)
    return model.weights_, model.losses_


@check("MLP.fit", forbids=["sklearn.neural_network", "torch"])
def in_batches(code, rng):
    """a step for each batch, dealt anew each epoch, the last one smaller; the mean loss of each"""
    model, _ = fitted(code, rng, epochs=3, batch_size=8, learning_rate=0.5)
    return model.weights_, model.losses_


@check("MLP.fit", forbids=["sklearn.neural_network", "torch"])
def to_the_end(code, rng):
    """all epochs are run, 250 of them, also where the loss is next to nothing long before"""
    X = np.arange(-3.5, 4.0)[:, None] + 0.1 * rng.normal(size=(8, 1))
    model, _ = fitted(code, rng, X=X, y=np.arange(8) > 3, epochs=250, learning_rate=2.0)
    return len(model.losses_), np.array(model.losses_[::10]), model.weights_


@check("MLP.fit", expect=close(1e-5, 1e-7), forbids=["sklearn.neural_network", "torch"])
def up_and_down(code, rng):
    """all epochs are run, also where the loss rises on the way"""
    X, y = two_moons(rng, 40)
    settings = {"epochs": 16, "batch_size": 5, "learning_rate": 4.0}
    model, _ = fitted(code, rng, X=X, y=rng.permutation(y), **settings)
    return len(model.losses_), np.array(model.losses_), model.weights_


@check("MLP.fit", forbids=["sklearn.neural_network", "torch"])
def settings_kept(code, rng):
    """layers and activation as they were set, two hidden ones, or none"""
    deep, _ = fitted(code, rng, hidden=(4, 3), activation="relu", epochs=2, batch_size=7)
    flat, _ = fitted(code, rng, hidden=(), epochs=2, batch_size=7)
    return deep.weights_, flat.weights_


@check("MLP.fit", forbids=["sklearn.neural_network", "torch"])
def second_fit(code, rng):
    """a second fit forgets the first, and fit returns the model itself"""
    model, _ = fitted(code, rng, epochs=2, batch_size=8)
    X, y = two_moons(rng)
    same = model.fit(X, np.array(["wren", "crow", "owl"])[y], rng)
    return same is model, model.classes_, model.weights_, model.losses_


@check("MLP.fit", expect=close(1e-3, 1e-5), forbids=["sklearn.neural_network", "torch"])
def single_fit(code, rng):
    """float32 stays float32, and X and y are left as they were"""
    X, y = two_moons(rng)
    X, y = X.astype(np.float32), y.astype(float)
    model, _ = fitted(code, rng, X=X, y=y, epochs=2, batch_size=9)
    return model.weights_, kind(*model.weights_), X, y


def new_rings(rng):
    """Draw rings to learn from and new points whose rings stay here."""
    X, y = two_moons(rng, 240)
    X_new, known = two_moons(rng, 150)
    return {"X": X, "y": y, "X_new": X_new, "key": int(rng.integers(1 << 30))}, known


@check(
    "MLP.fit",
    given=new_rings,
    expect=accuracy_at_least(0.9),
    forbids=["sklearn.neural_network", "torch"],
)
def new_points(code, X, y, X_new, key):
    """it reads nine in ten of new points on rings that no line tells apart"""
    model = code.MLP((32,), learning_rate=0.3, epochs=60, batch_size=16)
    return model.fit(X, y, np.random.default_rng(key)).predict(X_new)


MISTAKES = [
    Mistake(
        "it is taken from x, where the formula wants what came out",
        in_="tanh_slope",
        old="out * out",
        new="x * x",
    ),
    Mistake("out is not squared", in_="tanh_slope", old="out * out", new="out"),
    Mistake(
        "it is the slope of the sigmoid, which runs from 0 to 1",
        in_="tanh_slope",
        old="1 - out * out",
        new="out * (1 - out)",
    ),
    Mistake(
        "the sign is turned: tanh rises everywhere",
        in_="tanh_slope",
        old="1 - out * out",
        new="out * out - 1",
    ),
    Mistake(
        "out is squared where it lies, and the next layer reads the squares",
        in_="tanh_slope",
        old="return 1 - out * out",
        new="out *= out\n    return 1 - out",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="tanh_slope",
        old="1 - out * out",
        new="np.float64(1) - out * out",
    ),
    Mistake(
        "x is held fixed where it stands in front of the gate: the first term alone",
        in_="gelu_slope",
        old="return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inside",
        new="return 0.5 * (1 + t)",
    ),
    Mistake(
        "the gate is held fixed: the second term alone",
        in_="gelu_slope",
        old="0.5 * (1 + t) + ",
        new="",
    ),
    Mistake(
        "the slope of the cube lacks its 3",
        in_="gelu_slope",
        old="3 * GELU_CUBE",
        new="GELU_CUBE",
        lesson="The slope of x cubed is 3 x squared. Near 0 the term hardly counts, and a "
        "network learns with it left out; a gradient check sees it at once.",
    ),
    Mistake(
        "the chain ends at the tanh: the slope of what is inside is left out",
        in_="gelu_slope",
        old=" * inside",
        new="",
    ),
    Mistake("the tanh is not squared in its slope", in_="gelu_slope", old="t * t", new="t"),
    Mistake(
        "x is missing in the second term",
        in_="gelu_slope",
        old="0.5 * x * (1 - t * t)",
        new="0.5 * (1 - t * t)",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="gelu_slope",
        old="0.5 * (1 + t) +",
        new="np.float64(0.5) * (1 + t) +",
    ),
    Mistake(
        "the gate is taken from what came out, where a network hands it over",
        in_="gelu_slope",
        old="gelu_gate(x)",
        new="gelu_gate(x if out is None else out)",
    ),
    Mistake("the biases are forgotten", in_="dense_forward", old="    out += b\n", new=""),
    Mistake(
        "the weights are transposed, which only a square matrix allows",
        in_="dense_forward",
        old="@ W  #",
        new="@ (W.T if W.shape[0] == W.shape[1] else W)  #",
    ),
    Mistake(
        "the axes in front are not put back",
        in_="dense_forward",
        old="return out.reshape(*x.shape[:-1], len(b))",
        new="return out",
    ),
    Mistake(
        "every output gets the bias of the first",
        in_="dense_forward",
        old="out += b",
        new="out += b[0]",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="dense_forward",
        old="@ W  #",
        new="@ W.astype(float)  #",
    ),
    Mistake(
        "the weights are not transposed in the slope in x",
        in_="dense_backward",
        old="grad @ W.T",
        new="grad @ (W if W.shape[0] == W.shape[1] else W.T)",
    ),
    Mistake(
        "the slope in W comes out transposed",
        in_="dense_backward",
        old="x.reshape(-1, len(W)).T @ grad",
        new="grad.T @ x.reshape(-1, len(W))",
    ),
    Mistake(
        "the biases get the mean over the rows, where every row adds its own",
        in_="dense_backward",
        old="np.ones(len(grad), grad.dtype) @ grad",
        new="grad.mean(axis=0)",
    ),
    Mistake(
        "the slope in W is divided by the rows: the loss has done so already",
        in_="dense_backward",
        old=".T @ grad  #",
        new=".T @ grad / len(grad)  #",
    ),
    Mistake(
        "the biases get the sum of each row, not of each column",
        in_="dense_backward",
        old="np.ones(len(grad), grad.dtype) @ grad",
        new="grad.sum(axis=1)",
    ),
    Mistake(
        "the slope in x has lost the axes in front",
        in_="dense_backward",
        old="(grad @ W.T).reshape(x.shape)",
        new="grad @ W.T",
    ),
    Mistake(
        "the ones are float64, and so is then the slope in b",
        in_="dense_backward",
        old="np.ones(len(grad), grad.dtype)",
        new="np.ones(len(grad))",
    ),
    Mistake(
        "the slopes come out in another order than x, W, b",
        in_="dense_backward",
        old="return to_x, to_W,",
        new="return to_W, to_x,",
    ),
    Mistake(
        "the largest score is not subtracted first, and exp overflows",
        in_="softmax_cross_entropy",
        old="z - z.max(axis=1, keepdims=True)",
        new="1.0 * z",
    ),
    Mistake(
        "the largest score of the whole table is subtracted instead of each row's",
        in_="softmax_cross_entropy",
        old="z.max(axis=1, keepdims=True)",
        new="z.max()",
    ),
    Mistake(
        "the logarithm is taken of a probability, which may have underflown to 0",
        in_="softmax_cross_entropy",
        old="np.mean(np.log(total) - right)",
        new="-np.mean(np.log(np.exp(right) / total))",
        lesson="A probability below the smallest float is 0, and its logarithm minus infinity. "
        "The logarithm undoes the exp, so neither is needed: log p is the score less the "
        "logarithm of the sum. Never exp and then log.",
    ),
    Mistake(
        "the loss is a sum, not a mean",
        in_="softmax_cross_entropy",
        old="np.mean(np",
        new="np.sum(np",
    ),
    Mistake(
        "the slope is that of the sum: it is not divided by n",
        in_="softmax_cross_entropy",
        old="to_z *= 1 / (n * total)[:, None]\n    to_z[rows, y] -= 1 / n",
        new="to_z *= 1 / total[:, None]\n    to_z[rows, y] -= 1",
    ),
    Mistake(
        "p is divided by n, and the 1 at the right class is not",
        in_="softmax_cross_entropy",
        old="-= 1 / n",
        new="-= 1",
    ),
    Mistake(
        "the slope is p itself: nothing says which class was right",
        in_="softmax_cross_entropy",
        old="    to_z[rows, y] -= 1 / n\n",
        new="",
    ),
    Mistake(
        "the slope points the wrong way: it is p minus what was",
        in_="softmax_cross_entropy",
        old="return loss, to_z",
        new="return loss, -to_z",
    ),
    Mistake(
        "the scores are overwritten",
        in_="softmax_cross_entropy",
        old="to_z = z - z.max(axis=1, keepdims=True)",
        new="to_z = np.subtract(z, z.max(axis=1, keepdims=True), out=z)",
    ),
    Mistake(
        "the loss is rounded to float32, whatever the scores are in",
        in_="softmax_cross_entropy",
        old="return loss, to_z",
        new="return float(np.float32(loss)), to_z",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="softmax_cross_entropy",
        old="z - z.max",
        new="z.astype(float) - z.max",
    ),
    Mistake(
        "the draws are multiplied by the variance, not by its root",
        in_="he_init",
        old="np.sqrt(2 / fan_in)",
        new="(2 / fan_in)",
    ),
    Mistake(
        "the variance is 1 / fan_in: half of every sum is lost in the relu",
        in_="he_init",
        old="2 / fan_in",
        new="1 / fan_in",
    ),
    Mistake(
        "the outputs are counted instead of the inputs",
        in_="he_init",
        old="2 / fan_in",
        new="2 / fan_out",
        lesson="Between layers of one width nothing shows. What is summed in an output are its "
        "inputs, so it is they that are counted: the rows of W. Try a layer that is much "
        "wider on one side.",
    ),
    Mistake(
        "the draws are evened out afterwards, so that one weight makes up for the others",
        in_="he_init",
        old="return rng.normal(size=(fan_in, fan_out)) * np.sqrt(2 / fan_in)",
        new="W = rng.normal(size=(fan_in, fan_out)) * np.sqrt(2 / fan_in)\n"
        "    return W - W.mean(axis=0)",
    ),
    Mistake(
        "inputs and outputs are averaged, which is Xavier's rule",
        in_="he_init",
        old="2 / fan_in",
        new="2 / (fan_in + fan_out)",
    ),
    Mistake(
        "the weights are uniform, not normal",
        in_="he_init",
        old="rng.normal(size=(fan_in, fan_out))",
        new="rng.uniform(-(3**0.5), 3**0.5, size=(fan_in, fan_out))",
    ),
    Mistake(
        "no weight is negative: they are drawn from 0 to 1",
        in_="he_init",
        old="rng.normal(",
        new="rng.random(",
    ),
    Mistake(
        "they are drawn from a generator of its own, the same for every layer",
        in_="he_init",
        old="return rng.normal",
        new="return np.random.default_rng(0).normal",
    ),
    Mistake(
        "all outputs get the same weights, and would stay the same for ever",
        in_="he_init",
        old="rng.normal(size=(fan_in, fan_out))",
        new="np.repeat(rng.normal(size=(fan_in, 1)), fan_out, axis=1)",
    ),
    Mistake(
        "the slope of the activation is left out",
        in_="network_backward",
        old="grad *= slope(sums[i - 1], inputs[i])",
        new="pass",
    ),
    Mistake(
        "the relu's slope is used for every activation",
        in_="network_backward",
        old="slope(sums[i - 1], inputs[i])",
        new="(inputs[i] > 0)",
    ),
    Mistake(
        "the slopes are listed from the last layer on",
        in_="network_backward",
        old="slopes = pair + slopes",
        new="slopes = slopes + pair",
    ),
    Mistake(
        "in each pair the biases come before the matrix",
        in_="network_backward",
        old="pair + slopes",
        new="pair[::-1] + slopes",
    ),
    Mistake(
        "what went into the activation and what came out are swapped",
        in_="network_backward",
        old="slope(sums[i - 1], inputs[i])",
        new="slope(inputs[i], sums[i - 1])",
    ),
    Mistake(
        "the slope of the activation is taken at what came out of it",
        in_="network_backward",
        old="slope(sums[i - 1], inputs[i])",
        new="slope(inputs[i], inputs[i])",
    ),
    Mistake(
        "the slope is taken at the sums of the layer itself, not of the one before",
        in_="network_backward",
        old="sums[i - 1], inputs[i])",
        new="sums[i], inputs[min(i + 1, len(inputs) - 1)])",
    ),
    Mistake(
        "it is the slope in the scores that every layer is handed",
        in_="network_backward",
        old="grad, *pair = dense_backward(grad, inputs[i], weights[2 * i])",
        new='scores = locals().setdefault("scores", grad)\n'
        "        to_x, *pair = dense_backward(\n"
        "            scores @ np.ones((scores.shape[1], len(weights[2 * i + 1]))) if i + 1 < "
        "len(inputs) else scores,\n"
        "            inputs[i], weights[2 * i])\n"
        "        grad = 1.0 * to_x",
    ),
    Mistake(
        "the slope is multiplied in only once, at the last hidden layer",
        in_="network_backward",
        old="if i > 0:",
        new="if i == len(inputs) - 1 > 0:",
    ),
    Mistake(
        "the length of the difference is not divided by anything",
        in_="gradient_check",
        old="apart / lengths",
        new="apart",
    ),
    Mistake(
        "it is divided by the length of what was measured alone",
        in_="gradient_check",
        old="np.linalg.norm(said) + np.linalg.norm(seen)",
        new="np.linalg.norm(seen)",
    ),
    Mistake(
        "the two are added where they should be compared",
        in_="gradient_check",
        old="said - seen",
        new="said + seen",
    ),
    Mistake(
        "the lengths are compared, so that a wrong direction goes unseen",
        in_="gradient_check",
        old="np.linalg.norm(said - seen)",
        new="abs(np.linalg.norm(said) - np.linalg.norm(seen))",
    ),
    Mistake(
        "it is the length of the sum that it is divided by, which is 0 for opposite slopes",
        in_="gradient_check",
        old="np.linalg.norm(said) + np.linalg.norm(seen)",
        new="np.linalg.norm(said + seen)",
    ),
    Mistake(
        "two slopes of zero end in 0 divided by 0",
        in_="gradient_check",
        old="0.0 if lengths == 0 else float(apart / lengths)",
        new="float(np.divide(apart, lengths))",
        lesson="A unit that is off for all of the data has no slope, measured or derived, and "
        "0 / 0 is not a number. A comparison with NaN is False, so that an alarm waiting for "
        "errors above a bound stays silent.",
    ),
    Mistake(
        "a slope that is NaN is taken for a perfect one",
        in_="gradient_check",
        old="0.0 if lengths == 0 else float(apart / lengths)",
        new="float(apart / lengths) if lengths > 0 else 0.0",
        lesson="Every comparison with NaN is False, but for !=. Ask for the case that is meant, "
        "a length of exactly 0, and NaN goes its way into the answer, where it is seen.",
    ),
    Mistake(
        "a small number is added to the divisor, and small slopes pass for right ones",
        in_="gradient_check",
        old="0.0 if lengths == 0 else float(apart / lengths)",
        new="float(apart / (lengths + 1e-8))",
    ),
    Mistake(
        "every array is measured in the place of the first",
        in_="gradient_check",
        old="measured(loss_and_slopes, weights, i)",
        new="np.resize(measured(loss_and_slopes, weights, 0), said.shape)",
    ),
    Mistake(
        "the difference is measured entry by entry, and the largest taken",
        in_="gradient_check",
        old="np.linalg.norm(said - seen)",
        new="np.abs(said - seen).max()",
    ),
    Mistake(
        "it walks uphill: the slope is added instead of subtracted",
        in_="MLP.fit",
        old="w -= rate",
        new="w += rate",
    ),
    Mistake(
        "the rate does not fall",
        in_="MLP.fit",
        old=" * (1 - epoch / self.epochs)",
        new="",
    ),
    Mistake(
        "the rate has fallen once before the first epoch, and is 0 in the last",
        in_="MLP.fit",
        old="1 - epoch / self.epochs",
        new="1 - (epoch + 1) / self.epochs",
    ),
    Mistake(
        "the rate is divided by epochs − 1, and is 0 in the last epoch",
        in_="MLP.fit",
        old="epoch / self.epochs",
        new="epoch / max(1, self.epochs - 1)",
    ),
    Mistake(
        "it stops where the loss of an epoch is above that of the one before",
        in_="MLP.fit",
        old="self.losses_.append(float(np.mean(losses)))",
        new="self.losses_.append(float(np.mean(losses)))\n"
        "            if epoch > 2 and self.losses_[-1] > self.losses_[-2]:\n"
        "                break",
    ),
    Mistake(
        "it stops when the loss is small, before the epochs are over",
        in_="MLP.fit",
        old="self.losses_.append(float(np.mean(losses)))",
        new="self.losses_.append(float(np.mean(losses)))\n"
        "            if self.losses_[-1] < 0.1:\n"
        "                break",
    ),
    Mistake(
        "the new weights are bound to a name and lost: nothing is learned",
        in_="MLP.fit",
        old="w -= rate * slope",
        new="w = w - rate * slope",
    ),
    Mistake(
        "the batches are dealt once, and are the same in every epoch",
        in_="MLP.fit",
        old="for rows in batches(len(X), self.batch_size, rng):",
        new='dealt = locals().get("dealt") or batches(len(X), self.batch_size, rng)\n'
        "            for rows in dealt:",
    ),
    Mistake(
        "every step takes all samples, not those of its batch",
        in_="MLP.fit",
        old="self.weights_, X[rows], y[rows], self",
        new="self.weights_, X, y, self",
    ),
    Mistake(
        "the loss of the last batch is kept, not the mean of the epoch",
        in_="MLP.fit",
        old="float(np.mean(losses))",
        new="float(losses[-1])",
    ),
    Mistake(
        "the activation is not passed on",
        in_="MLP.fit",
        old="y[rows], self.activation",
        new="y[rows]",
    ),
    Mistake(
        "it takes one epoch too few",
        in_="MLP.fit",
        old="range(self.epochs)",
        new="range(self.epochs - 1)",
    ),
    Mistake(
        "only the first batch of an epoch is used",
        in_="MLP.fit",
        old="in batches(len(X), self.batch_size, rng):",
        new="in batches(len(X), self.batch_size, rng)[:1]:",
    ),
    Mistake(
        "fit does not return the model",
        in_="MLP.fit",
        old="return self",
        new="return None",
    ),
]


EXPLAIN = [
    Explain(
        "underflow",
        why="the logarithm is taken of a probability, which may have underflown to 0",
        causes={
            "the largest score is not subtracted first, and exp overflows": "Each row's largest "
            "score is subtracted in the first line, so no exp is above 1.",
            "the loss is a sum, not a mean": "np.mean divides by the number of rows.",
            "the right score is read after exp has overwritten it": "`right` is read by an array "
            "of indices, which copies, and before exp.",
        },
        takes="`z` is a table of scores, a row for each sample; class 0 is right in every row, "
        "and out comes the loss.",
        call=lambda code, z: float(code.softmax_cross_entropy(z, np.zeros(len(z), int))[0]),
        example={"z": [[0.0, 1.0], [2.0, -3.0]]},
        witness={"z": [[0.0, 1000.0], [2.0, -3.0]]},
    ),
    Explain(
        "fan",
        why="the outputs are counted instead of the inputs",
        causes={
            "the draws are multiplied by the variance, not by its root": "np.sqrt is there: the "
            "question is of what.",
            "the variance is 1 / fan_in: half of every sum is lost in the relu": "The 2 is there.",
            "the weights are uniform, not normal": "rng.normal draws from a normal distribution.",
        },
        takes="`fan_in` and `fan_out` are the inputs and the outputs of a layer; out come its "
        "weights from a generator of seed 0.",
        call=lambda code, fan_in, fan_out: code.he_init(
            int(fan_in), int(fan_out), np.random.default_rng(0)
        ),
        example={"fan_in": 5, "fan_out": 5},
        witness={"fan_in": 5, "fan_out": 9},
    ),
    Explain(
        "silence",
        why="two slopes of zero end in 0 divided by 0",
        causes={
            "the length of the difference is not divided by anything": "np.divide divides it by "
            "the sum of both lengths.",
            "the two are added where they should be compared": "`said - seen` is a difference.",
            "measuring fails where the loss does not change": "Then the two losses are equal and "
            "their difference is 0, which is the right slope.",
        },
        takes="`w` is where the loss, the sum of squares of w, is looked at; out comes the error "
        "of its slope 2 w, rounded to six digits.",
        call=lambda code, w: [
            round(error, 6)
            for error in code.gradient_check(
                lambda weights: (float((weights[0] ** 2).sum()), [2 * weights[0]]), [w]
            )
        ],
        example={"w": [1.0, -2.0]},
        witness={"w": [0.0, 0.0]},
    ),
]

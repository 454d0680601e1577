"""Checks for training."""

import math

import numpy as np

from grader import Explain, Mistake, check, close, exactly, raises


class Descent:
    """Gradient descent with momentum, and a list of the rates it was given."""

    def __init__(self, model, learning_rate, momentum=0.0):
        self.parameters, self.learning_rate = model.parameters(), learning_rate
        self.momentum, self.rates = momentum, []
        self.velocity = [np.zeros(p.shape) for p in self.parameters]

    def state(self):
        return {f"velocity.{i}": v for i, v in enumerate(self.velocity)}

    def zero_grad(self):
        for p in self.parameters:
            p.grad = None

    def step(self):
        self.rates.append(self.learning_rate)
        for p, v in zip(self.parameters, self.velocity, strict=True):
            if p.grad is not None:
                v *= self.momentum
                v += p.grad
                p.data[...] -= self.learning_rate * v


def line(code, weight, bias=0.0):
    """Return a model x @ weight + bias that notes the modes it was called in."""

    class Line(code.Module):
        def __init__(self):
            self.weight = code.Parameter(np.array(weight, float))
            self.bias = code.Parameter(np.array(bias, float))
            self.calls, self.seen = np.zeros(()), []

        def forward(self, x, *more):
            self.calls += 1
            self.seen.append(self.training)
            for other in more:
                x = x + 2 * other
            return x @ self.weight + self.bias

    return Line()


def squares(out, y):
    """Return the mean square of what a model is off."""
    off = out - y
    return (off * off).mean()


def told(values):
    """Return a loss that says these numbers, one after the other, and goes downhill."""
    left = iter(values)

    def loss(out, y):
        total = (out * out).sum()
        return total + (next(left) - total.item())

    return loss


def leaves(model):
    """Return all that a model has learned, as copies."""
    return [p.data.copy() for p in model.parameters()]


@check("overfit_one_batch")
def every_loss(code, rng):
    """the loss before each step, on the same batch, so many times"""
    model = line(code, rng.normal(size=3))
    batch = (rng.normal(size=(5, 3)), rng.normal(size=5))
    losses = code.overfit_one_batch(model, Descent(model, 0.1), squares, batch, 7)
    return losses, leaves(model)


@check("overfit_one_batch")
def its_own_gradient(code, rng):
    """each step has the gradient of its own loss, and none that was there before"""
    model = line(code, rng.normal(size=2))
    for p in model.parameters():
        p.grad = rng.normal(size=p.shape)
    batch = (rng.normal(size=(4, 2)), rng.normal(size=4))
    losses = code.overfit_one_batch(model, Descent(model, 0.05, 0.5), squares, batch, 4)
    return losses, leaves(model)


@check("overfit_one_batch")
def several_inputs(code, rng):
    """a model of several inputs gets them all, and is in training mode"""
    model = line(code, rng.normal(size=2)).eval()
    x, more, y = rng.normal(size=(4, 2)), rng.normal(size=(4, 2)), rng.normal(size=4)
    losses = code.overfit_one_batch(model, Descent(model, 0.01), squares, (x, more, y), 3)
    return losses, model.seen


@check("overfit_one_batch")
def one_step(code, rng):
    """with steps=1 there is one loss, in an array, and one step"""
    model = line(code, rng.normal(size=2))
    batch = (rng.normal(size=(4, 2)), rng.normal(size=4))
    optimiser = Descent(model, 0.1)
    return code.overfit_one_batch(model, optimiser, squares, batch, steps=1), optimiser.rates


@check("overfit_one_batch", expect=raises(RuntimeError))
def loss_of_nan(code):
    """a loss that is NaN raises RuntimeError"""
    model = line(code, [1.0, 2.0])
    batch = (np.ones((3, 2)), np.ones(3))
    return code.overfit_one_batch(
        model, Descent(model, 0.1), told([1.0, 2.0, math.nan, 1.0]), batch, 4
    )


@check("overfit_one_batch", expect=raises(RuntimeError))
def loss_of_infinity(code):
    """so does one that is infinite"""
    model = line(code, [1.0, 2.0])
    batch = (np.ones((3, 2)), np.ones(3))
    return code.overfit_one_batch(model, Descent(model, 0.1), told([1.0, math.inf, 1.0]), batch, 3)


@check("overfit_one_batch", expect=exactly)
def every_step(code):
    """all steps are taken, however many, also after a loss of 0"""
    model = line(code, [1.0, 2.0])
    optimiser = Descent(model, 0.001)
    values = [0.5, 0.0, 0.0, *np.arange(1.0, 118.0)]
    batch = (np.ones((3, 2)), np.ones(3))
    losses = code.overfit_one_batch(model, optimiser, told(values), batch, 120)
    return np.array(losses).round(6), len(optimiser.rates)


def part_of(code, weight, seen):
    """Return a part x @ weight that counts its calls, and notes what it sees."""

    class Part(code.Module):
        def __init__(self):
            self.weight = code.Parameter(np.array(weight, float))
            self.calls = np.zeros(())

        def forward(self, x):
            self.calls += 1
            out = x @ self.weight
            seen.append((self.training, out.requires_grad))
            return out

    return Part()


def relu(x):
    """Return x where it is above 0."""
    return x.relu()


def tanh(x):
    """Return the tanh of a Tensor."""
    return x.tanh()


@check("activation_statistics")
def four_columns(code, rng):
    """mean, standard deviation, dead and saturated share of each part, one after the other"""
    W, V = rng.normal(1, 2, size=(3, 4)), rng.normal(size=(4, 2))
    model = code.Sequential(part_of(code, W, []), tanh, part_of(code, V, []), relu)
    return code.activation_statistics(model, rng.normal(size=(5, 3)))


@check("activation_statistics")
def dead_units(code):
    """a unit is dead if it is 0 for the whole batch; not for one sample, nor if it never varies"""
    x = np.array(
        [[1.0, -1.0, 2.0, -3.0, 2.0], [-1.0, -2.0, 1.0, 0.0, 2.0], [0.0, -1.0, 0.0, -2.0, 2.0]]
    )
    return code.activation_statistics(code.Sequential(part_of(code, np.eye(5), []), relu), x)


@check("activation_statistics")
def far_from_zero(code):
    """saturated are entries on either side of 0 that are beyond the bound, not those at it"""
    x = np.array([[0.5, -0.5, 0.75], [-0.75, 0.25, 0.0]])
    model = code.Sequential(part_of(code, np.eye(3), []))
    return code.activation_statistics(model, x, saturated=0.5), code.activation_statistics(model, x)


@check("activation_statistics")
def more_axes(code, rng):
    """of several axes the last one has the units"""
    x = rng.normal(size=(2, 3, 4))
    x[..., 1] = -np.abs(x[..., 1])
    x[0, :, 2] = -1.0
    model = code.Sequential(part_of(code, np.eye(4), []), relu)
    return code.activation_statistics(model, x)


@check("activation_statistics")
def next_to_nothing(code, rng):
    """an entry that is next to nothing is not 0"""
    x = rng.uniform(1, 2, size=(4, 3)) * 1e-30
    x[:, 1] = 0.0
    return code.activation_statistics(code.Sequential(part_of(code, np.eye(3), [])), x)[:, 2:]


@check("activation_statistics", expect=close(rtol=1e-9))
def far_from_nought(code, rng):
    """a deviation that is small beside the mean keeps its digits, and so does the mean"""
    x = rng.normal(rng.uniform(1e5, 2e5, size=2), 1e-2, size=(8, 2))
    W, V = np.diag([1.0, 3.0]), np.diag([0.7, 0.3])
    model = code.Sequential(part_of(code, W, []), part_of(code, V, []))
    return code.activation_statistics(model, x)


@check("activation_statistics")
def left_as_it_was(code, rng):
    """afterwards the model's arrays and its mode are as before, and nothing was recorded"""
    seen = []
    model = code.Sequential(part_of(code, rng.normal(size=(2, 2)), seen), relu)
    x = rng.normal(size=(3, 2))
    code.activation_statistics(model, x)
    code.activation_statistics(model.eval(), x)
    return seen, model.parts[0].calls, [part.training for part in (model, model.parts[0])]


@check("lr_range_test")
def rates_and_losses(code, rng):
    """the rates grow by one factor, and each loss is the one before its step"""
    model = line(code, rng.normal(size=2))
    batches = [(rng.normal(size=(4, 2)), rng.normal(size=4)) for _ in range(3)]
    optimiser = Descent(model, 0.5)
    rates, losses = code.lr_range_test(
        model, optimiser, squares, batches, low=1e-3, high=0.2, steps=8, explode=1e6
    )
    return rates, losses, [float(rate) for rate in optimiser.rates]


@check("lr_range_test")
def until_it_explodes(code):
    """it ends with the first loss above explode times the least so far, and all is put back"""
    model = line(code, [1.0, 2.0])
    optimiser = Descent(model, 0.25)
    losses = [6.0, 2.0, 1.0, 2.0, 4.0, 3.0, 5.0, 1.0, 0.5, 0.25]
    batches = [(np.ones((2, 2)), np.ones(2))]
    found = code.lr_range_test(
        model, optimiser, told(losses), batches, low=1e-5, high=1e-4, steps=10
    )
    return found, leaves(model), float(optimiser.learning_rate)


@check("lr_range_test")
def own_bound(code):
    """explode may be another number"""
    model = line(code, [1.0, 2.0])
    batches = [(np.ones((2, 2)), np.ones(2))]
    found = []
    for explode in (2.0, 20.0):
        loss = told([1.0, 1.5, 2.5, 5.0, 9.0, 30.0, 1.0])
        found.append(
            code.lr_range_test(
                model, Descent(model, 0.1), loss, batches, 1e-5, 1e-4, 7, explode=explode
            )
        )
    return found


@check("lr_range_test")
def until_nan(code):
    """a loss that is NaN ends it as well, be it the first"""
    model = line(code, [1.0, 2.0])
    batches = [(np.ones((2, 2)), np.ones(2))]
    return [
        code.lr_range_test(model, Descent(model, 0.1), told(losses), batches, 1e-5, 1e-4, 5)
        for losses in ([1.0, 1.0, math.nan, 1.0, 1.0], [math.nan, 1.0, 1.0, 1.0, 1.0])
    ]


@check("lr_range_test")
def all_as_before(code, rng):
    """afterwards weights, mode, the optimiser's arrays and its rate are as before"""
    model = line(code, rng.normal(size=2)).eval()
    optimiser = Descent(model, 0.5, momentum=0.9)
    optimiser.velocity[0][...] = rng.normal(size=2)
    batches = [(rng.normal(size=(4, 2)), rng.normal(size=4))]
    code.lr_range_test(model, optimiser, squares, batches, low=1e-3, high=1.0, steps=6)
    mode = model.training, set(model.seen)
    return leaves(model), model.calls, mode, optimiser.velocity, float(optimiser.learning_rate)


@check("lr_range_test")
def all_inputs(code, rng):
    """a model of several inputs gets them all"""
    model = line(code, rng.normal(size=2))
    batches = [(*rng.normal(size=(2, 4, 2)), rng.normal(size=4)) for _ in range(2)]
    return code.lr_range_test(
        model, Descent(model, 0.5), squares, batches, low=1e-3, high=0.1, steps=5, explode=1e6
    )


@check("lr_range_test")
def no_further_step(code):
    """with the loss that ends it no step is taken"""
    batches, taken = [(np.ones((2, 2)), np.ones(2))], []
    for losses in ([1.0, 2.0, 9.0, 1.0, 1.0], [1.0, math.nan, 1.0, 1.0, 1.0]):
        model = line(code, [1.0, 2.0])
        optimiser = Descent(model, 0.1)
        code.lr_range_test(model, optimiser, told(losses), batches, 1e-5, 1e-4, 5)
        taken.append([float(rate) for rate in optimiser.rates])
    return taken


@check("lr_range_test")
def slowly_upwards(code):
    """a loss that grows by and by ends it too, since it is held against the least"""
    model = line(code, [1.0, 2.0])
    losses = [5.0, 1.0, 2.0, 3.0, 3.5, 4.5, 6.0, 8.0]
    batches = [(np.ones((2, 2)), np.ones(2))]
    return code.lr_range_test(model, Descent(model, 0.1), told(losses), batches, 1e-5, 1e-4, 8)


@check("cosine_with_warmup", expect=close(rtol=1e-6, atol=0.0))
def small_rates(code):
    """a rate that is small has all its digits"""
    return [float(code.cosine_with_warmup(step, 10, 3, 3e-6, 1e-7)) for step in range(11)]


@check("cosine_with_warmup")
def a_whole_run(code, rng):
    """up in a line, then down in half a wave of the cosine"""
    total, warmup = int(rng.integers(20, 30)), int(rng.integers(3, 8))
    peak, floor = rng.uniform(1, 2), rng.uniform(0, 0.5)
    return [
        float(code.cosine_with_warmup(step, total, warmup, peak, floor))
        for step in range(total + 3)
    ]


@check("cosine_with_warmup")
def where_the_parts_meet(code):
    """the first step has peak / warmup, the last of the warm-up and the next the peak"""
    return [float(code.cosine_with_warmup(step, 12, 4, 0.8)) for step in (0, 1, 3, 4, 5)]


@check("cosine_with_warmup")
def half_way(code):
    """half-way down it is in the middle between peak and floor"""
    return [float(code.cosine_with_warmup(6, 10, 2, 3.0, floor)) for floor in (0.0, 1.0)]


@check("cosine_with_warmup")
def after_the_run(code):
    """from step total on it is the floor, however far"""
    steps = (9, 10, 11, 15, 20, 1000)
    return [float(code.cosine_with_warmup(step, 10, 2, 3.0, 0.5)) for step in steps]


@check("cosine_with_warmup")
def without_warmup(code):
    """without a warm-up it begins at the peak"""
    return [float(code.cosine_with_warmup(step, 5, 0, 2.0, 1.0)) for step in range(6)]


@check("cosine_with_warmup")
def all_warmup(code):
    """a warm-up as long as the run is allowed"""
    return [float(code.cosine_with_warmup(step, 3, 3, 2.0, 1.0)) for step in range(5)]


def with_gradients(code, *grads):
    """Return a parameter for each gradient."""
    found = []
    for grad in grads:
        found.append(code.Parameter(np.ones(3) if grad is None else np.ones_like(grad)))
        found[-1].grad = None if grad is None else np.array(grad)
    return found


@check("clip_gradients")
def together(code, rng):
    """the norm is that of all gradients together, and all are scaled by one factor"""
    grads = [rng.normal(0, size, shape) for size, shape in ((3, (4, 2)), (0.1, 5), (1, ()))]
    parameters = with_gradients(code, *grads)
    norm = code.clip_gradients(parameters, 0.7)
    return float(norm), [p.grad for p in parameters], [p.data for p in parameters]


@check("clip_gradients")
def short_enough(code, rng):
    """gradients that are short enough stay as they are, and so do zeros"""
    grads = [rng.uniform(0.01, 0.02, size=(2, 3)), -rng.uniform(0.01, 0.02, size=4)]
    parameters = with_gradients(code, *grads)
    nothing = with_gradients(code, np.zeros(3))
    norms = [float(code.clip_gradients(ps, 1.0)) for ps in (parameters, nothing)]
    return norms, [p.grad for p in [*parameters, *nothing]]


@check("clip_gradients")
def three_four_five(code):
    """gradients 3 and 4 have norm 5: at most 5 leaves them, at most 2 does not"""
    found = []
    for max_norm in (5.0, 2.0):
        parameters = with_gradients(code, np.array([3.0]), np.array([-4.0]))
        norm = float(code.clip_gradients(parameters, max_norm))
        found.append((norm, [p.grad for p in parameters]))
    return found


@check("clip_gradients", expect=close(rtol=1e-5))
def none_and_float32(code, rng):
    """a parameter without a gradient is passed over, and float32 stays float32"""
    grad = rng.normal(1, 1, size=3).astype(np.float32)
    parameters = with_gradients(code, None, grad, None)
    norm = code.clip_gradients(parameters, np.float64(0.5))
    kept = parameters[1].grad
    return float(norm), kept, str(kept.dtype), [p.grad is None for p in parameters]


@check("clip_gradients", expect=close(rtol=1e-5, atol=0.0))
def beyond_float32(code):
    """the length is worked out in float64, where squares that float32 cannot hold have room"""
    found = []
    for size, max_norm in ((1e25, 1.0), (1e-25, 1.0), (1e-25, 1e-25)):
        grads = [np.array([3 * size], np.float32), np.array([0, -4 * size], np.float32)]
        parameters = with_gradients(code, *grads)
        found.append((float(code.clip_gradients(parameters, max_norm)), parameters))
    return [(norm, [p.grad for p in parameters]) for norm, parameters in found]


def normalised(code, x, gain, bias, grad, **settings):
    """Return what batch_norm gives, and what comes back to its parents."""
    parents = [code.Parameter(array) for array in (x, gain, bias)]
    out, mean, variance = code.batch_norm(*parents, **settings)
    result = out.data.copy(), np.array(mean), np.array(variance)
    out.backward(grad)
    return *result, *(p.grad for p in parents)


@check("batch_norm")
def forward_only(code, rng):
    """every feature minus its mean, over its deviation, then gain and bias; and the moments"""
    x = rng.normal(2, 3, size=(6, 3))
    gain, bias = (code.Parameter(rng.normal(size=3)) for _ in range(2))
    out, mean, variance = code.batch_norm(code.Parameter(x), gain, bias)
    return out.data, mean, variance


@check("batch_norm")
def all_gradients(code, rng):
    """the gradients of x, gain and bias, through the moments too"""
    x, gain, bias = rng.normal(1, 2, size=(5, 3)), rng.normal(size=3), rng.normal(size=3)
    return normalised(code, x, gain, bias, rng.normal(size=(5, 3)))


@check("batch_norm")
def all_axes_but_the_last(code, rng):
    """the moments are taken over all axes but the last"""
    x, gain, bias = rng.normal(size=(2, 4, 3)), rng.normal(size=3), rng.normal(size=3)
    return normalised(code, x, gain, bias, rng.normal(size=(2, 4, 3)))


@check("batch_norm")
def small_variance(code, rng):
    """epsilon is added to the variance, not to the deviation, also when it is another"""
    x, gain, bias = rng.normal(0, 1e-2, size=(4, 2)), np.ones(2), np.zeros(2)
    grad = rng.normal(size=(4, 2))
    return normalised(code, x, gain, bias, grad), normalised(
        code, x, gain, bias, grad, epsilon=1e-3
    )


@check("batch_norm")
def constant_feature(code, rng):
    """a feature that does not vary becomes its bias"""
    x = rng.normal(size=(4, 2))
    x[:, 1] = 8.0
    return normalised(code, x, rng.normal(size=2), rng.normal(size=2), rng.normal(size=(4, 2)))


@check("batch_norm")
def gain_of_zero(code, rng):
    """a gain of 0 gets its gradient like any other"""
    x, gain, bias = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=3)
    gain[1] = 0.0
    return normalised(code, x, gain, bias, rng.normal(size=(5, 3)))


@check("batch_norm", expect=close(rtol=1e-4, atol=1e-6))
def far_away(code, rng):
    """a mean that is large beside the deviation costs no digits of the variance"""
    x = rng.normal(1e6, 1e-2, size=(8, 2))
    out, mean, variance = code.batch_norm(
        code.Parameter(x), code.Parameter(np.ones(2)), code.Parameter(np.zeros(2))
    )
    return out.data, mean, variance


@check("batch_norm", expect=close(rtol=1e-4, atol=1e-5))
def float32_stays(code, rng):
    """float32 stays float32, there and back, and neither x nor the gradient is changed"""
    x, gain, bias, grad = (
        rng.normal(size=shape).astype(np.float32) for shape in ((6, 2), 2, 2, (6, 2))
    )
    before = x.copy(), grad.copy()
    found = normalised(code, x, gain, bias, grad)
    return [str(a.dtype) for a in found], found, x - before[0], grad - before[1]


@check("batch_norm", expect=exactly)
def one_operation(code, rng):
    """out is one operation, made from x, gain and bias themselves"""
    parents = [code.Parameter(rng.normal(size=shape)) for shape in ((4, 3), 3, 3)]
    out = code.batch_norm(*parents)[0]
    return len(out.parents), [sum(p is made_from for made_from in out.parents) for p in parents]


@check("batch_norm")
def constant_input(code, rng):
    """an input that requires no gradient leaves gain and bias theirs"""
    gain, bias = (code.Parameter(rng.normal(size=2)) for _ in range(2))
    x = gain.beside(rng.normal(size=(4, 2)))
    out = code.batch_norm(x, gain, bias)[0]
    out.backward(rng.normal(size=(4, 2)))
    return gain.grad, bias.grad, x.grad is None


def norm_layer(code, rng, C=3, **settings):
    """Return a layer whose weights and running moments are drawn, in float64."""
    layer = code.BatchNorm1d(C, **settings)
    layer.weight.data, layer.bias.data = rng.normal(size=C), rng.normal(size=C)
    layer.running_mean, layer.running_variance = rng.normal(size=C), rng.uniform(1, 2, C)
    return layer


@check("BatchNorm1d.forward")
def while_training(code, rng):
    """in training it goes by the batch, and the running moments follow, batch by batch"""
    layer, found = norm_layer(code, rng), []
    for n in (4, 2, 6):
        out = layer(rng.normal(2, 3, size=(n, 3)))
        found.append((out.data, layer.running_mean.copy(), layer.running_variance.copy()))
    return found


@check("BatchNorm1d.forward", expect=close(rtol=1e-4))
def from_the_start(code, rng):
    """the first batch of a new layer is treated like any other"""
    layer, found = code.BatchNorm1d(2), []
    for n in (4, 3):
        layer(rng.normal(2, 3, size=(n, 2)))
        found.append((layer.running_mean.copy(), layer.running_variance.copy()))
    return found


@check("BatchNorm1d.forward")
def in_eval(code, rng):
    """in eval it goes by the running moments, a single row too, and leaves them alone"""
    layer = norm_layer(code, rng).eval()
    outs = [layer(rng.normal(size=(n, 3))).data for n in (1, 5)]
    return outs, layer.running_mean, layer.running_variance


@check("BatchNorm1d.forward")
def then_eval(code, rng):
    """what was seen in training is what eval goes by"""
    layer = norm_layer(code, rng)
    for _ in range(3):
        layer(rng.normal(2, 3, size=(4, 3)))
    return layer.eval()(rng.normal(size=(2, 3))).data


@check("BatchNorm1d.forward")
def other_settings(code, rng):
    """with another momentum and epsilon, and with more axes"""
    layer = norm_layer(code, rng, momentum=0.75, epsilon=0.5)
    out = layer(rng.normal(1, 2, size=(2, 2, 3)))
    return out.data, layer.running_mean, layer.running_variance


@check("BatchNorm1d.forward")
def both_ways_back(code, rng):
    """x, weight and bias get gradients, in training and in eval, and the moments none"""
    layer, found = norm_layer(code, rng), []
    for mode in (True, False):
        layer.train(mode)
        layer.weight.grad = layer.bias.grad = None
        x = code.Parameter(rng.normal(size=(4, 3)))
        layer(x).backward(rng.normal(size=(4, 3)))
        found.append((x.grad, layer.weight.grad, layer.bias.grad))
    return found, sorted(layer.state()), len(layer.parameters())


@check("BatchNorm1d.forward", expect=exactly)
def arrays_of_float32(code, rng):
    """the running moments stay arrays of float32, that the model's state holds"""
    layer = code.BatchNorm1d(2)
    out = layer(rng.normal(size=(4, 2)))
    state = layer.state()
    kept = [state[name] for name in ("running_mean", "running_variance")]
    return [(type(a).__name__, str(a.dtype), a.shape) for a in (*kept, out.data)]


def smoothed(code, z, y, upstream=1.0, **settings):
    """Return the loss and the gradient of the scores."""
    z = code.Parameter(z)
    loss = code.label_smoothing(z, y, **settings)
    value = loss.data.copy()
    (loss * upstream).backward()
    return value, z.grad


@check("label_smoothing")
def scores_and_classes(code, rng):
    """the loss, and its gradient in every score"""
    z, y = rng.normal(0, 2, size=(6, 4)), rng.integers(4, size=6)
    return smoothed(code, z, y), smoothed(code, z, y, smoothing=0.3)


@check("label_smoothing")
def none_of_it(code, rng):
    """with smoothing 0 it is the plain cross-entropy"""
    return smoothed(code, rng.normal(0, 2, size=(5, 3)), rng.integers(3, size=5), smoothing=0.0)


@check("label_smoothing")
def nothing_known(code):
    """for equal scores the loss is log k, whatever the smoothing"""
    z, y = np.full((3, 7), 2.0), np.array([0, 6, 3])
    return [smoothed(code, z, y, smoothing=s) for s in (0.0, 0.1, 0.9)]


@check("label_smoothing")
def large_scores(code):
    """scores in the thousands do not overflow"""
    z = np.array([[1000.0, 0.0, -1000.0], [5000.0, 5001.0, 0.0]])
    return smoothed(code, z, np.array([0, 0]), smoothing=0.2)


@check("label_smoothing")
def axes_in_front(code, rng):
    """scores (B, T, k) with classes (B, T): the mean is over all of them"""
    z, y = rng.normal(size=(2, 3, 4)), rng.integers(4, size=(2, 3))
    return smoothed(code, z, y, upstream=-2.5, smoothing=0.2)


@check("label_smoothing", expect=close(rtol=1e-4, atol=1e-6))
def scores_of_float32(code, rng):
    """float32 stays float32, and the scores are not changed"""
    z = rng.normal(size=(4, 3)).astype(np.float32)
    before = z.copy()
    loss, grad = smoothed(code, z, rng.integers(3, size=4))
    return loss, grad, str(loss.dtype), str(grad.dtype), z - before


def watched(code, losses, **settings):
    """Return an EarlyStopping that was told some losses, what it said, and a model.

    The model's weight and its array are the number of the epoch, and -1 at the end.
    """
    stopping, model, said = code.EarlyStopping(**settings), line(code, [0.0]), []
    for epoch, loss in enumerate(losses):
        model.weight.data[...] = model.calls[...] = epoch
        said.append(bool(stopping.update(loss, model)))
    model.weight.data[...] = model.calls[...] = -1
    return stopping, said, model


def best_of(stopping):
    """Return what an EarlyStopping holds to be the best."""
    return float(stopping.best_loss), int(stopping.best_epoch)


@check("EarlyStopping.update", expect=exactly)
def out_of_patience(code, rng):
    """it stops when the last `patience` losses were no improvements"""
    losses = [3.0, 2.0, 2.5, 2.2, 1.5, 1.8, 1.6, 1.9, 1.7]
    found = [watched(code, losses, patience=patience) for patience in (1, 2, 3, 9)]
    losses = rng.integers(1 << 10, size=24) / 64 - np.arange(24) / 2  # no digit is lost
    for patience in rng.integers(2, 7, size=2).tolist():
        delta = int(rng.integers(64)) / 64
        found.append(watched(code, losses.tolist(), patience=patience, min_delta=delta))
    return [(said, best_of(stopping)) for stopping, said, _ in found]


@check("EarlyStopping.update", expect=exactly)
def best_is_kept(code):
    """the arrays of the best epoch are kept, though the model goes on changing"""
    stopping, said, model = watched(code, [3.0, 1.0, 2.0, 4.0], patience=2)
    stopping.restore(model)
    return said, best_of(stopping), model.weight.data, model.calls


@check("EarlyStopping.update", expect=exactly)
def a_tie(code):
    """an equal loss is no improvement, and the first best epoch stays"""
    stopping, said, model = watched(code, [1.0, 1.0, 1.0, 1.0], patience=2)
    stopping.restore(model)
    return said, best_of(stopping), model.weight.data


@check("EarlyStopping.update", expect=exactly)
def by_a_margin(code):
    """an improvement is more than min_delta below the best, which small steps can reach"""
    losses = [1.0, 0.875, 1.0625, 0.625, 0.375, 0.25, 0.125, 0.25]
    stopping, said, model = watched(code, losses, patience=2, min_delta=0.25)
    stopping.restore(model)
    return said, best_of(stopping), model.weight.data


@check("EarlyStopping.update", expect=exactly)
def small_improvements(code):
    """with min_delta 0 any improvement counts, however small"""
    stopping, said, model = watched(code, [4e-9, 3e-9, 2e-9, 2e-9, 1e-9, 3e-9], patience=2)
    stopping.restore(model)
    return said, best_of(stopping), model.weight.data


@check("EarlyStopping.update", expect=exactly)
def by_and_by(code):
    """losses that fall by less than min_delta each have improved when together they have"""
    losses = [1.0, 0.9375, 0.875, 0.8125, 0.75, 0.6875, 0.625, 0.5, 0.5]
    stopping, said, model = watched(code, losses, patience=4, min_delta=0.125)
    stopping.restore(model)
    return said, best_of(stopping), model.weight.data


@check("EarlyStopping.update", expect=exactly)
def after_the_stop(code):
    """losses below zero count as well, and an improvement ends the waiting"""
    losses = [-1.0, -0.5, -0.5, -2.0, -1.0, 5.0]
    stopping, said, _ = watched(code, losses, patience=2)
    return said, best_of(stopping), stopping.losses


MISTAKES = [
    Mistake(
        "each gradient is added to those of the steps before",
        in_="overfit_one_batch",
        old="optimiser.zero_grad()",
        new="optimiser.zero_grad",
        lesson="Its picture is a loss that swings, and each time wider: old gradients go on "
        "pushing after the model has passed the bottom. With one step nothing shows, and with a "
        "very small rate it looks like a fast run. Write zero_grad() first in every step.",
    ),
    Mistake(
        "the gradients are set to zero before the first step only",
        in_="overfit_one_batch",
        old="optimiser.zero_grad()",
        new="if step == 0: optimiser.zero_grad()",
    ),
    Mistake(
        "the loss is noted after the step, so that the first one is missing",
        in_="overfit_one_batch",
        old='        losses.append(finite_loss(value.item(), f"step {step}"))\n'
        "        value.backward()\n        optimiser.step()",
        new="        value.backward()\n        optimiser.step()\n"
        "        value = loss(model(*inputs), y)\n"
        '        losses.append(finite_loss(value.item(), f"step {step}"))',
    ),
    Mistake(
        "no step is taken: the gradients are computed, and left lying",
        in_="overfit_one_batch",
        old="        optimiser.step()\n",
        new="",
    ),
    Mistake(
        "only the first input goes into the model",
        in_="overfit_one_batch",
        old="model(*inputs)",
        new="model(inputs[0])",
    ),
    Mistake(
        "a loss that is NaN goes unnoticed",
        in_="overfit_one_batch",
        old='finite_loss(value.item(), f"step {step}")',
        new="value.item()",
    ),
    Mistake(
        "a loss that is infinite goes unnoticed: only NaN is refused",
        in_="overfit_one_batch",
        old='        losses.append(finite_loss(value.item(), f"step {step}"))\n',
        new="        losses.append(value.item())\n"
        "        if math.isnan(losses[-1]):\n"
        '            raise RuntimeError(f"step {step}")\n',
    ),
    Mistake(
        "it ends as soon as a loss is 0, before all steps are taken",
        in_="overfit_one_batch",
        old="        value.backward()\n",
        new="        if not losses[-1]:\n            break\n        value.backward()\n",
    ),
    Mistake(
        "there is one step too few",
        in_="overfit_one_batch",
        old="range(steps)",
        new="range(steps - 1)",
    ),
    Mistake(
        "the losses come back as a list",
        in_="overfit_one_batch",
        old="return np.array(losses)",
        new="return losses",
    ),
    Mistake(
        "every part gets x itself, not what the part before it gave",
        in_="activation_statistics",
        old="x = part(x)\n            a = x.data.reshape(-1, x.shape[-1])",
        new="out = part(x)\n            a = out.data.reshape(-1, out.shape[-1])",
    ),
    Mistake(
        "a sample whose units are all 0 counts as dead, instead of a unit: the axis is wrong",
        in_="activation_statistics",
        old="(a == 0).all(axis=0).mean()",
        new="(a == 0).all(axis=1).mean()",
        lesson="Whether a unit is dead is a question to one column, over the whole batch: it may "
        "rest for one sample, and must not rest for all. Test with more samples than units, and "
        "with one of them dead.",
    ),
    Mistake(
        "an entry counts as 0 where it is only small",
        in_="activation_statistics",
        old="(a == 0).all(axis=0)",
        new="(np.abs(a) < 1e-6).all(axis=0)",
    ),
    Mistake(
        "mean and deviation are rounded to float32",
        in_="activation_statistics",
        old="rows.append([a.mean(), a.std(), dead, flat])",
        new="rows.append([np.float32(a.mean()), np.float32(a.std()), dead, flat])",
    ),
    Mistake(
        "everything is rounded to float32, where a small deviation about a large mean is lost",
        in_="activation_statistics",
        old="a = x.data.reshape(-1, x.shape[-1])",
        new="a = x.data.reshape(-1, x.shape[-1]).astype(np.float32)",
    ),
    Mistake(
        "every entry that is 0 counts as dead, also of a unit that others wake",
        in_="activation_statistics",
        old="(a == 0).all(axis=0).mean()",
        new="(a == 0).mean()",
    ),
    Mistake(
        "a unit counts as dead if it is 0 for one sample of the batch",
        in_="activation_statistics",
        old="(a == 0).all(axis=0)",
        new="(a == 0).any(axis=0)",
    ),
    Mistake(
        "only large entries above 0 count as saturated, not those below",
        in_="activation_statistics",
        old="(np.abs(a) > saturated)",
        new="(a > saturated)",
    ),
    Mistake(
        "an entry at the bound counts as beyond it",
        in_="activation_statistics",
        old="np.abs(a) > saturated",
        new="np.abs(a) >= saturated",
    ),
    Mistake(
        "the bound is always 0.97",
        in_="activation_statistics",
        old="np.abs(a) > saturated",
        new="np.abs(a) > 0.97",
    ),
    Mistake(
        "the variance stands where the standard deviation is wanted",
        in_="activation_statistics",
        old="a.std()",
        new="a.var()",
    ),
    Mistake(
        "the standard deviation is divided by n - 1",
        in_="activation_statistics",
        old="a.std()",
        new="a.std(ddof=1)",
    ),
    Mistake(
        "the model is not put back: running moments and generators have moved on",
        in_="activation_statistics",
        old="with restored(model), no_grad():",
        new="with no_grad():",
    ),
    Mistake(
        "a graph is recorded that nobody needs",
        in_="activation_statistics",
        old="with restored(model), no_grad():",
        new="with restored(model):",
    ),
    Mistake(
        "the model is switched to eval, so that one sees another model than the one in training",
        in_="activation_statistics",
        old="for part in model.parts:",
        new="for part in model.eval().parts:",
    ),
    Mistake(
        "the units are taken to lie along axis 1, which they do only where there are two axes",
        in_="activation_statistics",
        old="a = x.data.reshape(-1, x.shape[-1])",
        new="a = x.data.reshape(len(x.data), -1)",
    ),
    Mistake(
        "the model is left as the test has ruined it",
        in_="lr_range_test",
        old="with restored(model, optimiser):",
        new="if True:",
    ),
    Mistake(
        "the optimiser is not put back: its velocity, or its moments, and the rate stay",
        in_="lr_range_test",
        old="restored(model, optimiser)",
        new="restored(model)",
        lesson="The weights are back, and the first loss of the run is what theory says, so all "
        "seems well; then the first steps go by a velocity from the end of the test, at its "
        "highest rate. Whatever moves in training has to be put back: weights, running moments, "
        "the optimiser's arrays, its rate.",
    ),
    Mistake(
        "the gradients are not set to zero between steps",
        in_="lr_range_test",
        old="optimiser.zero_grad()",
        new="pass",
    ),
    Mistake(
        "the rate never reaches the optimiser",
        in_="lr_range_test",
        old="            optimiser.learning_rate = rate\n",
        new="",
    ),
    Mistake(
        "the rate is set after the step, so that every step has that of the one before",
        in_="lr_range_test",
        old="            optimiser.learning_rate = rate\n"
        "            value.backward()\n            optimiser.step()\n",
        new="            value.backward()\n            optimiser.step()\n"
        "            optimiser.learning_rate = rate\n",
    ),
    Mistake(
        "a loss that is NaN does not end it: NaN is above nothing",
        in_="lr_range_test",
        old="if not losses[-1] <= explode * min(losses):",
        new="if losses[-1] > explode * min(losses):",
    ),
    Mistake(
        "the loss is held against the first one, not against the least",
        in_="lr_range_test",
        old="explode * min(losses)",
        new="explode * losses[0]",
    ),
    Mistake(
        "the loss is held against the one before it, not against the least",
        in_="lr_range_test",
        old="explode * min(losses)",
        new="explode * losses[-2:][0]",
    ),
    Mistake(
        "only the first input goes into the model",
        in_="lr_range_test",
        old="model(*inputs)",
        new="model(inputs[0])",
    ),
    Mistake(
        "one more step is taken with the loss that has exploded",
        in_="lr_range_test",
        old="            if not losses[-1] <= explode * min(losses):\n                break\n"
        "            optimiser.learning_rate = rate\n"
        "            value.backward()\n            optimiser.step()\n",
        new="            optimiser.learning_rate = rate\n"
        "            value.backward()\n            optimiser.step()\n"
        "            if not losses[-1] <= explode * min(losses):\n                break\n",
    ),
    Mistake(
        "a loss of exactly explode times the least ends it already",
        in_="lr_range_test",
        old="losses[-1] <= explode * min(losses)",
        new="losses[-1] < explode * min(losses)",
    ),
    Mistake(
        "the bound is always 4",
        in_="lr_range_test",
        old="explode * min(losses)",
        new="4.0 * min(losses)",
    ),
    Mistake(
        "the loss that ended it is left out",
        in_="lr_range_test",
        old="losses.append(value.item())\n"
        "            if not losses[-1] <= explode * min(losses):\n                break",
        new="now = value.item()\n"
        "            if not now <= explode * min([*losses, now]):\n                break\n"
        "            losses.append(now)",
    ),
    Mistake(
        "all rates come back, also those that no step was taken with",
        in_="lr_range_test",
        old="rates[: len(losses)]",
        new="rates",
    ),
    Mistake(
        "the model is not put into training mode",
        in_="lr_range_test",
        old="        model.train()\n",
        new="",
    ),
    Mistake(
        "the first rate is 0: a whole stride of the warm-up is missing",
        in_="cosine_with_warmup",
        old="peak * (step + 1) / warmup",
        new="peak * step / warmup",
    ),
    Mistake(
        "the warm-up is a step and no line",
        in_="cosine_with_warmup",
        old="return peak * (step + 1) / warmup",
        new="return peak * ((step + 1) // warmup)",
        lesson="Its picture is a loss that stands still for the whole warm-up and then leaps: the "
        "model meets the full rate unprepared. Draw a schedule before you train with it; a warm-up "
        "of one step shows nothing.",
    ),
    Mistake(
        "the cosine is counted from the first step of the run, not from the end of the warm-up",
        in_="cosine_with_warmup",
        old="progress = (step - warmup) / (total - warmup)",
        new="progress = step / total",
    ),
    Mistake(
        "the cosine takes as long as the whole run, and so is cut off at the end",
        in_="cosine_with_warmup",
        old="(step - warmup) / (total - warmup)",
        new="(step - warmup) / total",
    ),
    Mistake(
        "pi is missing: the cosine of 1 is not -1, and the rate ends far above the floor",
        in_="cosine_with_warmup",
        old="math.cos(math.pi * progress)",
        new="math.cos(progress)",
    ),
    Mistake(
        "a whole wave is gone through, down and up again",
        in_="cosine_with_warmup",
        old="math.pi * progress",
        new="2 * math.pi * progress",
    ),
    Mistake(
        "the floor is added to the whole wave, which then begins above the peak",
        in_="cosine_with_warmup",
        old="floor + (peak - floor) * wave",
        new="floor + peak * wave",
    ),
    Mistake(
        "the floor is left out",
        in_="cosine_with_warmup",
        old="floor + (peak - floor) * wave",
        new="peak * wave",
    ),
    Mistake(
        "after its end the wave rises again",
        in_="cosine_with_warmup",
        old="    if step >= total:\n        return floor\n",
        new="",
    ),
    Mistake(
        "the rate is rounded to six digits, of which a small one has few",
        in_="cosine_with_warmup",
        old="return floor + (peak - floor) * wave",
        new="return round(floor + (peak - floor) * wave, 6)",
    ),
    Mistake(
        "the rate goes down in a line, not in a wave",
        in_="cosine_with_warmup",
        old="(1 + math.cos(math.pi * progress)) / 2",
        new="(1 - progress)",
    ),
    Mistake(
        "short gradients are stretched to max_norm",
        in_="clip_gradients",
        old="if norm > max_norm:",
        new="if norm > 0:",
        lesson="Its picture is a run that comes near its best and then hops around it for ever: "
        "gradients that shrink towards the bottom are stretched again, and no step is ever small. "
        "It also keeps a vanishing gradient from being seen. A clip must leave most steps alone.",
    ),
    Mistake(
        "each gradient is clipped by its own norm, which turns the direction of the step",
        in_="clip_gradients",
        old="    if norm > max_norm:\n        for p in parameters:\n"
        "            p.grad = p.grad * (max_norm / norm)",
        new="    for p in parameters:\n        own = np.linalg.norm(p.grad)\n"
        "        if own > max_norm:\n            p.grad = p.grad * (max_norm / own)",
    ),
    Mistake(
        "every entry is cut off at max_norm",
        in_="clip_gradients",
        old="p.grad = p.grad * (max_norm / norm)",
        new="p.grad = np.clip(p.grad, -max_norm, max_norm)",
    ),
    Mistake(
        "the norms of the arrays are added up, not their squares",
        in_="clip_gradients",
        old="math.hypot(*norms)",
        new="sum(norms)",
    ),
    Mistake(
        "the root is not taken",
        in_="clip_gradients",
        old="math.hypot(*norms)",
        new="math.hypot(*norms) ** 2",
    ),
    Mistake(
        "the factor stands upside down, and long gradients grow",
        in_="clip_gradients",
        old="(max_norm / norm)",
        new="(norm / max_norm)",
    ),
    Mistake(
        "the gradients become as long as 1, not as max_norm",
        in_="clip_gradients",
        old="(max_norm / norm)",
        new="(1 / norm)",
    ),
    Mistake(
        "the norm after the clipping is returned",
        in_="clip_gradients",
        old="    return norm",
        new="    return min(norm, max_norm)",
    ),
    Mistake(
        "it is the weights that are shortened",
        in_="clip_gradients",
        old="p.grad = p.grad * (max_norm / norm)",
        new="p.data = p.data * (max_norm / norm)",
    ),
    Mistake(
        "float32 gradients become float64",
        in_="clip_gradients",
        old="p.grad * (max_norm / norm)",
        new="p.grad.astype(float) * (max_norm / norm)",
    ),
    Mistake(
        "the squares are taken in float32, where large ones overflow and small ones vanish",
        in_="clip_gradients",
        old="norms = [np.linalg.norm(g) for g in wide]",
        new="norms = [np.sqrt((p.grad**2).sum()) for p in parameters]",
    ),
    Mistake(
        "the gradient of x forgets that the mean and the variance depend on x",
        in_="batch_norm",
        old="to_x = grad - h * (to_gain / n) - to_bias / n",
        new="to_x = grad + 0",
    ),
    Mistake(
        "the gradient of x forgets that the variance depends on x",
        in_="batch_norm",
        old="grad - h * (to_gain / n) - to_bias / n",
        new="grad - to_bias / n",
    ),
    Mistake(
        "the gradient of x forgets that the mean depends on x",
        in_="batch_norm",
        old="grad - h * (to_gain / n) - to_bias / n",
        new="grad - h * (to_gain / n)",
    ),
    Mistake(
        "the gradient of x forgets the gain",
        in_="batch_norm",
        old="to_x *= scale * gain.data",
        new="to_x *= scale",
    ),
    Mistake(
        "the gradient of x is not divided by the deviation",
        in_="batch_norm",
        old="to_x *= scale * gain.data",
        new="to_x *= gain.data",
    ),
    Mistake(
        "the gain's gradient is that of the bias",
        in_="batch_norm",
        old="return to_x.reshape(x.shape), to_gain, to_bias",
        new="return to_x.reshape(x.shape), to_bias, to_bias",
    ),
    Mistake(
        "the variance is divided by n - 1",
        in_="batch_norm",
        old="ones @ (h * h) / n",
        new="ones @ (h * h) / (n - 1)",
    ),
    Mistake(
        "epsilon is added to the deviation, not to the variance",
        in_="batch_norm",
        old="1 / np.sqrt(variance + epsilon)",
        new="1 / (np.sqrt(variance) + epsilon)",
    ),
    Mistake(
        "the variance is raised to epsilon where it is less, and epsilon is not added",
        in_="batch_norm",
        old="np.sqrt(variance + epsilon)",
        new="np.sqrt(np.maximum(variance, epsilon))",
    ),
    Mistake(
        "epsilon is left out, and a feature that does not vary is divided by 0",
        in_="batch_norm",
        old="np.sqrt(variance + epsilon)",
        new="np.sqrt(variance)",
    ),
    Mistake(
        "the way back works h out from out, and so divides by a gain that may be 0",
        in_="batch_norm",
        old="to_gain, to_bias = ones @ (grad * h), ones @ grad",
        new="back = (out.reshape(rows.shape) - bias.data) / gain.data\n"
        "        to_gain, to_bias = ones @ (grad * back), ones @ grad",
    ),
    Mistake(
        "epsilon is always 1e-5",
        in_="batch_norm",
        old="np.sqrt(variance + epsilon)",
        new="np.sqrt(variance + 1e-5)",
    ),
    Mistake(
        "it divides by the variance, not by its root",
        in_="batch_norm",
        old="1 / np.sqrt(variance + epsilon)",
        new="1 / (variance + epsilon)",
    ),
    Mistake(
        "each row is normalised by itself, as in layer norm",
        in_="batch_norm",
        old="h = rows - mean",
        new="h = rows - rows.mean(axis=1, keepdims=True)",
    ),
    Mistake(
        "the variance is a difference of two large numbers, whose digits cancel",
        in_="batch_norm",
        old="ones @ (h * h) / n",
        new="ones @ (rows * rows) / n - mean * mean",
    ),
    Mistake(
        "float32 becomes float64 on the way",
        in_="batch_norm",
        old="h = rows - mean",
        new="h = rows - mean.astype(float)",
    ),
    Mistake(
        "the gradient that came is changed in place, though others may hold it",
        in_="batch_norm",
        old="to_x = grad - h * (to_gain / n) - to_bias / n",
        new="to_x = np.subtract(grad, h * (to_gain / n) + to_bias / n, out=grad)",
    ),
    Mistake(
        "x is changed in place",
        in_="batch_norm",
        old="h = rows - mean",
        new="h = np.subtract(rows, mean, out=rows)",
    ),
    Mistake(
        "it is composed of a dozen small operations, where one was asked for",
        in_="batch_norm",
        old="return operation(out, (x, gain, bias), backward), mean, variance",
        new="return batch_norm_composed(x, gain, bias, epsilon), mean, variance",
    ),
    Mistake(
        "x is no parent, so that nothing before this layer learns",
        in_="batch_norm",
        old="operation(out, (x, gain, bias), backward)",
        new="operation(out, (x.detach(), gain, bias), backward)",
    ),
    Mistake(
        "what is remembered is put into a new array that nobody keeps",
        in_="BatchNorm1d.forward",
        old="running += self.momentum * (moment - running)",
        new="running = running + self.momentum * (moment - running)",
        lesson="Its picture is a training loss that falls and a held-out loss that does not: "
        "training never asks for the running moments, eval asks for nothing else. In Python "
        "a = a + b gives the name a to a new array; a += b changes the one that is kept.",
    ),
    Mistake(
        "eval goes by the batch's own moments, so that an answer depends on who else is asked",
        in_="BatchNorm1d.forward",
        old="if not self.training:",
        new="if False:",
    ),
    Mistake(
        "training goes by the running moments, which then never move",
        in_="BatchNorm1d.forward",
        old="if not self.training:",
        new="if True:",
    ),
    Mistake(
        "the momentum is the share that stays, not the share that comes in",
        in_="BatchNorm1d.forward",
        old="self.momentum * (moment - running)",
        new="(1 - self.momentum) * (moment - running)",
    ),
    Mistake(
        "the momentum is always 0.1",
        in_="BatchNorm1d.forward",
        old="self.momentum * (moment - running)",
        new="0.1 * (moment - running)",
    ),
    Mistake(
        "the running variance is the biased one, divided by n",
        in_="BatchNorm1d.forward",
        old="variance * (n / (n - 1))",
        new="variance",
    ),
    Mistake(
        "n counts the first axis only, where there are more",
        in_="BatchNorm1d.forward",
        old="variance * (n / (n - 1))",
        new="variance * (len(x.data) / (len(x.data) - 1))",
    ),
    Mistake(
        "nothing is forgotten: what is new is added to what was there",
        in_="BatchNorm1d.forward",
        old="running += self.momentum * (moment - running)",
        new="running += self.momentum * moment",
    ),
    Mistake(
        "the first batch replaces the running moments, where it should only move them",
        in_="BatchNorm1d.forward",
        old="        for running, moment in zip(kept, seen, strict=True):\n"
        "            running += self.momentum * (moment - running)\n",
        new="        m = self.momentum if self.running_mean.any() else 1.0\n"
        "        for running, moment in zip(kept, seen, strict=True):\n"
        "            running += m * (moment - running)\n",
    ),
    Mistake(
        "the running moments are replaced by the last batch's",
        in_="BatchNorm1d.forward",
        old="running += self.momentum * (moment - running)",
        new="running[...] = moment",
    ),
    Mistake(
        "only the mean is remembered",
        in_="BatchNorm1d.forward",
        old="seen = mean, variance * (n / (n - 1))",
        new="seen = mean, self.running_variance",
    ),
    Mistake(
        "epsilon is not handed on",
        in_="BatchNorm1d.forward",
        old="own = self.weight, self.bias, self.epsilon",
        new="own = self.weight, self.bias",
    ),
    Mistake(
        "weight and bias go in as constants, and learn nothing",
        in_="BatchNorm1d.forward",
        old="own = self.weight, self.bias, self.epsilon",
        new="own = self.weight.detach(), self.bias.detach(), self.epsilon",
    ),
    Mistake(
        "the running moments become float64",
        in_="BatchNorm1d.forward",
        old="        for running, moment in zip(kept, seen, strict=True):\n"
        "            running += self.momentum * (moment - running)\n",
        new="        m = np.float64(self.momentum)\n"
        "        self.running_mean = kept[0] + m * (seen[0] - kept[0])\n"
        "        self.running_variance = kept[1] + m * (seen[1] - kept[1])\n",
    ),
    Mistake(
        "every class is given the whole of the smoothing, not its share of it",
        in_="label_smoothing",
        old="np.full((n, k), smoothing / k, rows.dtype)",
        new="np.full((n, k), smoothing, rows.dtype)",
        lesson="A target has to add up to 1, and here it adds up to more. Its picture is a first "
        "loss above log k, before anything was learned; with smoothing 0 nothing shows. Look at "
        "the first loss of every run, and ask what equal scores should cost.",
    ),
    Mistake(
        "the right class gets no share of the smoothing: a target adds up to less than 1",
        in_="label_smoothing",
        old="target[np.arange(n), y] += 1 - smoothing",
        new="target[np.arange(n), y] = 1 - smoothing",
    ),
    Mistake(
        "the right class gets all, and the smoothing on top",
        in_="label_smoothing",
        old="+= 1 - smoothing",
        new="+= 1",
    ),
    Mistake(
        "the smoothing is shared out among the wrong classes only",
        in_="label_smoothing",
        old="    target[np.arange(n), y] += 1 - smoothing\n",
        new="    target = np.full((n, k), smoothing / (k - 1), rows.dtype)\n"
        "    target[np.arange(n), y] = 1 - smoothing\n",
    ),
    Mistake(
        "the smoothing is always 0.1",
        in_="label_smoothing",
        old="target = np.full((n, k), smoothing / k, rows.dtype)",
        new="target = np.full((n, k), (smoothing := 0.1) / k, rows.dtype)",
    ),
    Mistake(
        "the gradient is that of the plain cross-entropy",
        in_="label_smoothing",
        old="to_z = ((np.exp(log_p) - target) / n)",
        new="to_z = ((np.exp(log_p) - np.eye(k)[y]) / n)",
    ),
    Mistake(
        "the gradient is not divided by n, though the loss is a mean",
        in_="label_smoothing",
        old="((np.exp(log_p) - target) / n)",
        new="(np.exp(log_p) - target)",
    ),
    Mistake(
        "the gradient that comes back is not multiplied in",
        in_="label_smoothing",
        old="(grad * to_z,)",
        new="(to_z,)",
    ),
    Mistake(
        "the largest score is not subtracted, and exp overflows",
        in_="label_smoothing",
        old="log_p = rows - rows.max(axis=1, keepdims=True)",
        new="log_p = rows.copy()",
    ),
    Mistake(
        "the logarithm is taken of a share that can be 0",
        in_="label_smoothing",
        old="    log_p -= np.log(np.exp(log_p).sum(axis=1, keepdims=True))\n",
        new="    p = np.exp(log_p)\n    log_p = np.log(p / p.sum(axis=1, keepdims=True))\n",
    ),
    Mistake(
        "the loss is a sum, not a mean",
        in_="label_smoothing",
        old="-(target * log_p).sum() / n",
        new="-(target * log_p).sum()",
    ),
    Mistake(
        "the mean is over all n times k entries",
        in_="label_smoothing",
        old="-(target * log_p).sum() / n",
        new="-(target * log_p).mean()",
    ),
    Mistake(
        "the gradient has the form of the rows, not that of z",
        in_="label_smoothing",
        old="((np.exp(log_p) - target) / n).reshape(z.shape)",
        new="((np.exp(log_p) - target) / n)",
    ),
    Mistake(
        "the scores are changed in place",
        in_="label_smoothing",
        old="log_p = rows - rows.max(axis=1, keepdims=True)",
        new="log_p = np.subtract(rows, rows.max(axis=1, keepdims=True), out=rows)",
    ),
    Mistake(
        "float32 becomes float64",
        in_="label_smoothing",
        old="np.full((n, k), smoothing / k, rows.dtype)",
        new="np.full((n, k), smoothing / k)",
    ),
    Mistake(
        "what is kept is the model's own arrays, which the next epochs change",
        in_="EarlyStopping.update",
        old="model.state_dict()",
        new="model.state()",
        lesson="Its picture is a run that stops in time and then gives back the last model, not "
        "the best. Two names for one array look like a copy until somebody writes into it: measure "
        "the restored model once more, and hold it against best_loss.",
    ),
    Mistake(
        "the best state is kept only once, the first time",
        in_="EarlyStopping.update",
        old="            self.best_state = model.state_dict()\n",
        new="            self.best_state = self.best_state or model.state_dict()\n",
    ),
    Mistake(
        "the state is kept at every epoch, improvement or not",
        in_="EarlyStopping.update",
        old="            self.best_state = model.state_dict()\n",
        new="        self.best_state = model.state_dict()\n",
    ),
    Mistake(
        "a loss is held against the one before it, not against the best",
        in_="EarlyStopping.update",
        old="if loss < self.best_loss - self.min_delta:",
        new="if loss < min(self.losses[-2:-1] or [math.inf]) - self.min_delta:",
    ),
    Mistake(
        "a loss is held against the least of all, also of those that were no improvement",
        in_="EarlyStopping.update",
        old="if loss < self.best_loss - self.min_delta:",
        new="if loss < min([math.inf, *self.losses[:-1]]) - self.min_delta:",
    ),
    Mistake(
        "it ends only where the losses have risen in a row, and an up and down goes on for ever",
        in_="EarlyStopping.update",
        old="return epoch - self.best_epoch >= self.patience",
        new="last = self.losses[-self.patience - 1 :]\n"
        "        return epoch >= self.patience and bool((np.diff(last) > 0).all())",
    ),
    Mistake(
        "an improvement has to be larger than a millionth, whatever min_delta is",
        in_="EarlyStopping.update",
        old="self.best_loss - self.min_delta",
        new="self.best_loss - max(self.min_delta, 1e-6)",
    ),
    Mistake(
        "an equal loss counts as an improvement",
        in_="EarlyStopping.update",
        old="loss < self.best_loss - self.min_delta",
        new="loss <= self.best_loss - self.min_delta",
    ),
    Mistake(
        "min_delta is left out",
        in_="EarlyStopping.update",
        old="self.best_loss - self.min_delta",
        new="self.best_loss",
    ),
    Mistake(
        "min_delta is added, so that a loss that is worse counts as an improvement",
        in_="EarlyStopping.update",
        old="self.best_loss - self.min_delta",
        new="self.best_loss + self.min_delta",
    ),
    Mistake(
        "min_delta is taken as a share of the best loss",
        in_="EarlyStopping.update",
        old="self.best_loss - self.min_delta",
        new="self.best_loss * (1 - self.min_delta)",
    ),
    Mistake(
        "the highest loss is taken for the best",
        in_="EarlyStopping.update",
        old="loss < self.best_loss - self.min_delta",
        new="self.best_state is None or loss > self.best_loss + self.min_delta",
    ),
    Mistake(
        "it waits one epoch longer than its patience",
        in_="EarlyStopping.update",
        old="epoch - self.best_epoch >= self.patience",
        new="epoch - self.best_epoch > self.patience",
    ),
    Mistake(
        "the place of the best epoch is not noted",
        in_="EarlyStopping.update",
        old="self.best_loss, self.best_epoch = loss, epoch",
        new="self.best_loss = loss",
    ),
    Mistake(
        "the waiting counts from the start, and no improvement ends it",
        in_="EarlyStopping.update",
        old="epoch - self.best_epoch >= self.patience",
        new="epoch >= self.patience",
    ),
]


def overfitted(code, x, y, steps):
    """Return the losses of a model x @ weight + bias, both 0 at first, at the rate 0.25."""
    model = line(code, [0.0])
    return code.overfit_one_batch(model, Descent(model, 0.25), squares, (x, y), steps)


def seen_and_asked(code, seen, asked):
    """Return what a batch norm of one feature answers after it has seen a batch."""
    layer = code.BatchNorm1d(1)
    layer(seen)
    return layer.eval()(asked).data


def clipped(code, gradients, max_norm):
    """Return the norm, and the gradients after they were clipped."""
    parameters = with_gradients(code, gradients)
    return code.clip_gradients(parameters, max_norm), parameters[0].grad


def rate_at(code, step, warmup):
    """Return the rate of a step of a run of 100, with the peak 1."""
    return code.cosine_with_warmup(step, 100, warmup, 1.0)


def smoothed_loss(code, z, smoothing):
    """Return the loss of scores z whose right class is the first."""
    return code.label_smoothing(code.Parameter(z), np.array(0), smoothing).data


def restored_epoch(code, losses):
    """Return of which epoch the restored model is: its weight is the number."""
    stopping, model = code.EarlyStopping(), line(code, [0.0])
    for epoch, loss in enumerate(losses):
        model.weight.data[...] = epoch
        stopping.update(loss, model)
    return stopping.restore(model).weight.data


EXPLAIN = [
    Explain(
        "sums",
        why="each gradient is added to those of the steps before",
        causes={
            "the loss is noted before the step, so that the last one is missing": "That is what "
            "the function promises: each loss before its step.",
            "the same batch is taken in every step": "That is the point of it: a model that cannot "
            "learn one batch will not learn many.",
            "the gradient is computed from the weights of the step before": "model(*inputs) is "
            "computed anew in every step, from the weights as they are then.",
        },
        takes="`x` holds one number for each sample, `y` what is wanted, `steps` counts the steps; "
        "out come the losses, mean squares, of the model `x @ weight + bias`, both 0 at first, "
        "at the rate 0.25.",
        call=overfitted,
        example={"x": [[1.0], [1.0]], "y": [1.0, 3.0], "steps": 1},
        witness={"x": [[1.0], [1.0]], "y": [1.0, 3.0], "steps": 3},
    ),
    Explain(
        "memory",
        why="what is remembered is put into a new array that nobody keeps",
        causes={
            "eval goes by the batch's own moments, not by the running ones": "In eval "
            "by_running is returned, before any moment of the batch is computed.",
            "the running variance is the biased one, divided by n": "It is multiplied by "
            "n / (n - 1), which makes it the unbiased one.",
            "mean and variance change places": "kept and seen name them in the same order.",
        },
        takes="`seen` is a batch of one feature that goes through the layer in training, `asked` a "
        "batch that goes through it in eval; out comes the answer to `asked`.",
        call=seen_and_asked,
        example={"seen": [[-1.0], [0.0], [1.0]], "asked": [[2.0]]},
        witness={"seen": [[0.0], [2.0]], "asked": [[2.0]]},
    ),
    Explain(
        "clip",
        why="short gradients are stretched to max_norm",
        causes={
            "each array is clipped by its own norm, not by that of all": "The "
            "norm is computed once, of all gradients together.",
            "the factor is upside down, and long gradients grow": "max_norm / norm is below 1 "
            "where the norm is above max_norm.",
            "the norm is returned as it is after the clipping": "norm is computed before "
            "anything is clipped, and stays what it is.",
        },
        takes="`gradients` are those of one parameter, `max_norm` is the bound; out come the norm "
        "and the gradients afterwards.",
        call=clipped,
        example={"gradients": [3.0, 4.0], "max_norm": 1.0},
        witness={"gradients": [0.3, 0.4], "max_norm": 1.0},
    ),
    Explain(
        "warm_up",
        why="the warm-up is a step and no line",
        causes={
            "the first rate is 0: a whole stride of the warm-up is missing": "step + 1 is 1 in the "
            "first step; that is not where the rate is lost.",
            "the cosine is counted from the first step of the run": "It "
            "is step - warmup that progress is made of.",
            "after its end the wave rises again": "The first `if` returns the floor for every "
            "step after the end.",
        },
        takes="`step` is a step of a run of 100, `warmup` the length of its warm-up; out comes the "
        "rate, where the peak is 1.",
        call=rate_at,
        example={"step": 9, "warmup": 10},
        witness={"step": 4, "warmup": 10},
    ),
    Explain(
        "mass",
        why="every class is given the whole of the smoothing, not its share of it",
        causes={
            "the right class gets no share of the smoothing, so that a target adds up to less than "
            "1": "The line with += adds to the share that stands there already.",
            "the largest score is not subtracted, and exp overflows": "rows.max is "
            "subtracted before anything else is done.",
            "the gradient is that of the plain cross-entropy": "The target, with its smoothing, is "
            "what the gradient is made of.",
        },
        takes="`z` are the scores of one sample, the right class the first; out comes the loss "
        "with this `smoothing`.",
        call=smoothed_loss,
        example={"z": [2.0, 1.0, 0.0], "smoothing": 0.0},
        witness={"z": [0.0, 0.0, 0.0], "smoothing": 0.1},
    ),
    Explain(
        "best",
        why="what is kept is the model's own arrays, which the next epochs change",
        causes={
            "a loss is held against the least of all, also of those that were no improvement": "It "
            "is held against best_loss, which only an improvement changes.",
            "it waits one epoch longer than its patience": "With >= it ends as soon as the epochs "
            "without improvement are as many as the patience.",
            "the highest loss is taken for the best": "An improvement is a loss below the best.",
        },
        takes="`losses` are the held-out losses of the epochs 0, 1, 2 and so on; out comes the "
        "number of the epoch whose model is restored at the end.",
        call=restored_epoch,
        example={"losses": [3.0, 2.0, 1.0]},
        witness={"losses": [3.0, 1.0, 2.0]},
    ),
]

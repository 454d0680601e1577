"""Checks for framework."""

import numpy as np

from grader import Explain, Mistake, check, exactly


def family(code):
    """Return a model with lists, a part used twice and a way back up."""
    root, left, right, inner = (code.Module() for _ in range(4))
    shared = code.Parameter(np.array([1.0, 2.0]))
    inner.scale, inner.tie = code.Parameter(np.array(3.0)), shared
    left.weight, left.note, left.kept = shared, "weight", np.arange(3.0)
    left.inside, left.above = [inner, (code.Parameter(np.ones(1)), inner)], root
    right.weight = code.Parameter(np.zeros((2, 2)))
    left.tie = right.tie = code.Parameter(np.full(3, 9.0))
    right._own, right._list = code.Parameter(np.full(1, 8.0)), [code.Parameter(np.full(1, 6.0))]
    right.frozen = code.Parameter(np.full(2, 7.0))
    right.frozen.requires_grad = False
    root.body, root.p, root.count = [left, left, right], 0.5, np.zeros(())
    root.last, root.plain = code.Parameter(np.full(2, 5.0)), code.Tensor(np.ones(2))
    return root


NAMES = ["body", "first", "gate", "head", "inner", "last", "left", "mix", "right", "tail"]


def grown(code, rng, depth):
    """Return a module that holds parameters, a list and parts, under names as they were drawn."""

    def leaf():
        return code.Parameter(rng.normal(size=2))

    part, held = code.Module(), [leaf()]
    if depth:
        listed = [leaf(), grown(code, rng, depth - 1)]
        held += [grown(code, rng, depth - 1), listed[:: rng.choice([1, -1])], leaf()]
    for name, i in zip(rng.permutation(NAMES), rng.permutation(len(held)), strict=False):
        setattr(part, str(name), held[i])
    return part


@check("Module.named", expect=exactly)
def ways_through_a_model(code, rng):
    """parameters by their ways, through parts and lists, in order"""
    root = grown(code, rng, 2)
    return [(name, thing.data) for name, thing in root.named(code.Parameter)]


@check("Module.named", expect=exactly)
def once_each(code):
    """what is held twice is listed once, under the first of its names"""
    return [(name, thing.data) for name, thing in family(code).named(code.Parameter)]


@check("Module.named", expect=exactly)
def parts_by_name(code):
    """parts of parts, each before what it holds, and not the module itself"""
    root = family(code)
    root.tail = code.Sequential(code.Sequential(), "no part", code.Sequential())
    return [(name, type(thing).__name__) for name, thing in root.named(code.Module)]


@check("Module.named", expect=exactly)
def arrays_only(code):
    """another kind: arrays, of which there may be several like one another"""
    root = family(code)
    root.more = {"mean": np.zeros(2), "variance": [np.zeros(2), root.count]}
    found = root.named(np.ndarray)
    return [(name, type(thing).__name__, np.shape(thing)) for name, thing in found]


@check("Module.named", expect=exactly)
def a_part_that_is_asked_for_and_holds_more(code):
    """two kinds at once, in the order in which they are met"""
    found = family(code).named(code.Module | code.Parameter)
    return [name for name, _ in found]


@check("Module.named", expect=exactly)
def asked_again(code):
    """a second search finds the same, and a module without attributes nothing"""
    root = family(code)
    first = [name for name, _ in root.named(code.Parameter)]
    return first, [name for name, _ in root.named(code.Parameter)], code.Module().named(np.ndarray)


def said(code, own, state, names):
    """Return which names an error speaks of, in order, or that there is none."""
    try:
        code.copy_into(own, state)
    except ValueError as error:
        text = str(error)
        return [name for name in names if name in text]
    return ["no ValueError"]


@check("copy_into", expect=exactly)
def into_the_same_arrays(code, rng):
    """the arrays themselves are overwritten, so that whoever holds them sees it"""
    flat = np.zeros(6, np.float32)
    own = {"weight": flat[:4].reshape(2, 2), "bias": flat[4:], "count": np.zeros((), int)}
    held = dict(own)
    state = {
        "count": np.array(3),
        "bias": rng.normal(size=2).astype(np.float32),
        "weight": rng.normal(size=(2, 2)),
    }
    code.copy_into(own, state)
    state["bias"][0] = 100.0
    return flat, held, all(own[name] is held[name] for name in own)


@check("copy_into", expect=exactly)
def where_numbers_do_not_lie_in_a_row(code, rng):
    """arrays that are transposed, or a part of others, and a state that is the own"""
    whole = np.zeros((4, 6))
    own = {"turned": whole[:2, :3].T, "part": whole[2:, ::2], "column": whole[:, 5]}
    own["plain"] = plain = np.zeros((2, 2))
    code.copy_into(own, {name: rng.normal(size=array.shape) for name, array in own.items()})
    kept = whole.copy()
    code.copy_into(own, dict(own))
    return whole, plain, np.array_equal(whole, kept)


@check("copy_into", expect=exactly)
def all_that_is_wrong(code):
    """one ValueError names every entry that is missing, unexpected or misshapen"""
    names = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta_", "theta"]
    own = {name: np.zeros((2, 3)) for name in names[:5]}
    state = {"delta": np.ones((3, 2)), "zeta": np.ones(2), "beta": np.ones((2, 3))}
    state |= {"eta_": np.ones(1), "gamma": np.ones(6), "theta": np.ones(4)}
    own["theta"] = np.zeros((2, 4))
    return said(code, own, state, names), own


@check("copy_into", expect=exactly)
def missing_alone(code):
    """an entry is missing: nothing is copied"""
    own = {"weight": np.zeros(2), "bias": np.zeros(1)}
    return said(code, own, {"weight": np.ones(2)}, ["weight", "bias"]), own


@check("copy_into", expect=exactly)
def unexpected_alone(code):
    """an entry is unexpected: nothing is copied"""
    own = {"weight": np.zeros(2)}
    state = {"weight": np.ones(2), "bias": np.ones(1)}
    return said(code, own, state, ["weight", "bias"]), own


@check("copy_into", expect=exactly)
def broadcasting_is_refused(code):
    """an entry that would be repeated to fit, or is of another kind, is misshapen"""
    own = {"first": np.zeros(2), "weight": np.zeros((2, 3)), "number": np.zeros(1)}
    own |= {"count": np.zeros((), int), "last": np.zeros(2)}
    good = {name: np.ones_like(array) for name, array in own.items()}
    bad = [{"weight": np.ones(3)}, {"number": np.ones(())}, {"count": np.array(1.5)}]
    return [said(code, own, good | entry, list(own)) for entry in bad], own


@check("copy_into", expect=exactly)
def nothing_to_copy(code):
    """no names on either side are no error, and nor are other orders"""
    a, b = np.zeros(2), np.zeros(3)
    code.copy_into({}, {})
    code.copy_into({"a": a, "b": b}, {"b": np.ones(3), "a": np.full(2, 2.0)})
    return a, b


def leaf(code, array):
    """Return a tensor that requires grad."""
    return code.Tensor(array, requires_grad=True)


@check("embedding")
def rows_and_their_sums(code, rng):
    """a row's gradient is the sum of what comes back to all its copies"""
    table, ids = leaf(code, rng.normal(size=(5, 3))), np.array([3, 1, 3, 0, 3, 1])
    out = code.embedding(table, ids)
    out.backward(rng.normal(size=(6, 3)))
    return out.data, table.grad


@check("embedding")
def batches_of_ids(code, rng):
    """ids with several axes; rows that nobody asked for get zeros"""
    table, ids = leaf(code, rng.normal(size=(30, 4))), rng.integers(1, 29, size=(2, 3, 5))
    out = code.embedding(table, ids)
    out.backward(rng.normal(size=(2, 3, 5, 4)))
    return out.data, table.grad


@check("embedding")
def many_rows_and_two_ways_back(code, rng):
    """ids above 255, and a second look-up in the same table, which begins with zeros"""
    table = leaf(code, rng.normal(size=(700, 2)))
    ids, others = rng.integers(0, 700, size=50), np.array([5, 261, 517, 5, 699])
    one, two = code.embedding(table, ids), code.embedding(table, others)
    first = np.array(one.grad_fn(rng.normal(size=(50, 2)))[0])
    second = np.array(two.grad_fn(rng.normal(size=(5, 2)))[0])
    one.backward(np.ones((50, 2)))
    two.backward(np.full((5, 2), 2.0))
    return first, second, table.grad


@check("embedding", expect=exactly)
def kinds_of_ids(code):
    """one id alone, small unsigned ids, a list; float32 stays float32"""
    results = []
    for ids in (2, np.array([3, 0, 3], np.uint8), [[1], [1]]):
        table = leaf(code, np.arange(8, dtype=np.float32).reshape(4, 2))
        out = code.embedding(table, ids)
        out.backward(np.full(out.shape, 2, np.float32))
        results.append((out.data, table.grad, str(out.dtype), str(table.grad.dtype)))
    return results


@check("embedding")
def inside_a_computation(code, rng):
    """what comes before the table gets its gradient, and nothing given is changed"""
    before = leaf(code, rng.normal(size=(4, 2)))
    table, ids = before * 2.0, np.array([0, 3, 3])
    grad = rng.normal(size=(3, 2))
    kept = grad.copy()
    out = code.embedding(table, ids)
    parts = out.grad_fn(grad)
    return parts[0], len(parts), grad - kept, out.data


def norm_problem(code, rng, shape, dtype=float):
    """Return x, gain and bias that require grad."""
    arrays = rng.normal(size=shape), rng.normal(size=shape[-1]), rng.normal(size=shape[-1])
    return [leaf(code, array.astype(dtype)) for array in arrays]


@check("layer_norm")
def slopes_of_rows(code, rng):
    """the gradients of x, gain and bias, for a table of rows"""
    x, gain, bias = norm_problem(code, rng, (4, 6))
    out = code.layer_norm(x, gain, bias)
    out.backward(rng.normal(size=(4, 6)))
    return out.data, x.grad, gain.grad, bias.grad


@check("layer_norm")
def several_axes(code, rng):
    """rows with several axes before them; means run along the last axis only"""
    x, gain, bias = norm_problem(code, rng, (3, 3, 3))
    out = code.layer_norm(x, gain, bias)
    out.backward(rng.normal(size=(3, 3, 3)))
    return x.grad, gain.grad, bias.grad


@check("layer_norm")
def small_rows_and_a_large_epsilon(code, rng):
    """epsilon counts: rows that hardly vary, a constant row, a row of one number"""
    x, gain, bias = norm_problem(code, rng, (3, 4))
    x.data *= np.array([[1.0], [0.1], [0.0]])
    out = code.layer_norm(x, gain, bias, 0.5)
    out.backward(rng.normal(size=(3, 4)))
    y, one, two = norm_problem(code, rng, (5, 1))
    code.layer_norm(y, one, two).backward(rng.normal(size=(5, 1)))
    return x.grad, gain.grad, bias.grad, y.grad, one.grad, two.grad


@check("layer_norm", expect=exactly)
def only_what_is_asked(code, rng):
    """grad is left as it is, x may be data, and float32 stays float32"""
    x, gain, bias = norm_problem(code, rng, (4, 6), np.float32)
    grad = rng.normal(size=(4, 6)).astype(np.float32)
    kept = grad.copy()
    parts = code.layer_norm(x, gain, bias).grad_fn(grad)
    code.layer_norm(x.data, gain, bias).backward(grad)
    kinds = [str(np.asarray(part).dtype) for part in parts]
    return np.array_equal(grad, kept), kinds, gain.grad is None, str(gain.grad.dtype)


@check("layer_norm")
def along_the_row_itself(code, rng):
    """a gradient that is the same for a whole row, or follows it, moves nothing"""
    x, _, bias = norm_problem(code, rng, (2, 5))
    gain = leaf(code, np.ones(5))
    h = code.layer_norm(code.Tensor(x.data), gain, bias).data - bias.data
    code.layer_norm(x, gain, bias, 0.0).backward(np.ones((2, 5)) + 0.5 * h)
    return x.grad


@check("dropout")
def zeros_and_the_rest(code, rng):
    """an entry becomes 0, or is divided by 1 - p"""
    x = leaf(code, rng.uniform(1, 2, size=(60, 50)) * rng.choice([-1, 1], size=(60, 50)))
    ratios = [np.unique(np.round(code.dropout(x, p, rng).data / x.data, 9)) for p in (0.25, 0.5)]
    return [np.abs(ratio) for ratio in ratios]


def lots(zero, p):
    """Return, for each axis, whether means along it and neighbours are those of single lots."""
    facts = []
    for axis in range(zero.ndim):
        means = zero.mean(axis=axis).std() / (p * (1 - p) / zero.shape[axis]) ** 0.5
        line = np.moveaxis(zero, axis, 0) - zero.mean()
        together = float((line[1:] * line[:-1]).mean()) / (p * (1 - p))
        facts.append((0.6 < float(means) < 1.6, abs(together) < 0.1))
    return facts


@check("dropout", expect=exactly)
def how_many(code, rng):
    """p is the chance to become 0, and each entry has its own lot"""
    x, facts = leaf(code, np.ones((200, 60))), []
    for p in (0.1, 0.5, 0.8):
        zero = code.dropout(x, p, rng).data == 0
        facts.append((abs(float(zero.mean()) - p) < 0.04, lots(zero, p)))
    return facts


@check("dropout", expect=exactly)
def in_three_axes(code, rng):
    """a batch of sequences: no two samples, places or units share their lots"""
    zero = code.dropout(leaf(code, np.ones((40, 30, 20))), 0.3, rng).data == 0
    return abs(float(zero.mean()) - 0.3) < 0.04, lots(zero, 0.3)


@check("dropout", expect=exactly)
def not_always_as_many(code, rng):
    """how many become 0 is chance as well, from call to call"""
    x = code.Tensor(np.ones((10, 12)))
    counts = [int((code.dropout(x, 0.25, rng).data == 0).sum()) for _ in range(250)]
    return abs(float(np.mean(counts)) - 30) < 3, 2.7 < float(np.std(counts)) < 7.5


@check("dropout")
def the_same_way_back(code, rng):
    """the gradient passes where x did, and is scaled in the same way"""
    x = leaf(code, rng.uniform(1, 2, size=(20, 30)))
    out = code.dropout(x, 0.4, rng)
    grad = rng.uniform(1, 2, size=(20, 30))
    out.backward(grad)
    return x.grad * x.data - out.data * grad, np.unique(np.round(x.grad / grad, 9))


@check("dropout", expect=exactly)
def nobody_drops(code, rng):
    """p = 0 leaves all as it is, also in float32"""
    x = leaf(code, rng.normal(size=(5, 4)).astype(np.float32))
    out = code.dropout(x, 0.0, rng)
    half = code.dropout(x, 0.5, rng)
    return out.data, str(out.dtype), str(half.dtype), x.data


@check("dropout", expect=exactly)
def chance_from_rng(code):
    """all chance comes from rng: the same seed drops the same, the next call others"""
    x = code.Tensor(np.ones((8, 8)))
    one, two = np.random.default_rng(5), np.random.default_rng(5)
    first, again = code.dropout(x, 0.5, one).data, code.dropout(x, 0.5, two).data
    return np.array_equal(first, again), np.array_equal(first, code.dropout(x, 0.5, one).data)


def walk(optimiser, parameters, grads, kept=()):
    """Return the parameters and what is kept after each step with these gradients."""
    seen = []
    for step in grads:
        for parameter, grad in zip(parameters, step, strict=True):
            parameter.grad = grad.astype(parameter.dtype)
        optimiser.step()
        seen.append([p.data.copy() for p in parameters])
        seen[-1] += [getattr(optimiser, name).copy() for name in kept]
    return seen


def two_parameters(code, rng, steps, dtype=float):
    """Return two parameters, and gradients for some steps."""
    shapes = [(3, 2), (4,)]
    parameters = [code.Parameter(rng.normal(size=s).astype(dtype)) for s in shapes]
    return parameters, [[rng.normal(size=s) for s in shapes] for _ in range(steps)]


@check("SGD.update")
def plain_steps(code, rng):
    """without momentum: the learning rate times the gradient, downhill"""
    parameters, grads = two_parameters(code, rng, 3)
    return walk(code.SGD(parameters, 0.1), parameters, grads)


@check("SGD.update")
def with_momentum(code, rng):
    """the first velocity is the gradient, a later one momentum times the last plus it"""
    parameters, grads = two_parameters(code, rng, 4)
    return walk(code.SGD(parameters, 0.1, 0.8), parameters, grads, ["velocity"])


@check("SGD.update")
def nesterov(code, rng):
    """Nesterov's step is the gradient plus momentum times the new velocity"""
    parameters, grads = two_parameters(code, rng, 4)
    optimiser = code.SGD(parameters, 0.05, 0.7, nesterov=True)
    return walk(optimiser, parameters, grads, ["velocity"])


@check("SGD.update")
def decay_in_the_gradient(code, rng):
    """weight decay is added to the gradient, except for no_decay"""
    parameters, grads = two_parameters(code, rng, 4)
    settings = {"weight_decay": 0.3, "no_decay": parameters[:1]}
    optimiser = code.SGD(parameters, 0.1, 0.6, nesterov=True, **settings)
    return walk(optimiser, parameters, grads, ["velocity"])


@check("SGD.update", expect=exactly)
def sgd_leaves_gradients(code, rng):
    """gradients are left as they are, and float32 stays float32"""
    (parameter, _), _ = two_parameters(code, rng, 0, np.float32)
    optimiser = code.SGD([parameter], 0.1, 0.9, nesterov=True, weight_decay=0.1)
    parameter.grad = grad = np.full((3, 2), 2, np.float32)
    optimiser.step()
    kinds = [str(array.dtype) for array in (parameter.data, optimiser.velocity)]
    return grad, kinds, parameter.data.base is optimiser.flat


@check("SGD.update")
def sgd_by_stretches(code, rng):
    """of a long vector, each stretch moves once"""
    parameter = code.Parameter(rng.normal(size=(3, 40_000)))
    small = code.Parameter(rng.normal(size=5))
    optimiser = code.SGD([parameter, small], 0.1, 0.5, weight_decay=0.1, no_decay=[small])
    for _ in range(2):
        parameter.grad, small.grad = np.ones((3, 40_000)), np.full(5, 2.0)
        optimiser.step()
    return parameter.data[:, ::8000], small.data, optimiser.velocity[::8000]


@check("AdamW.update")
def first_steps(code, rng):
    """the corrected averages: the first step is as long as the learning rate"""
    parameters, grads = two_parameters(code, rng, 4)
    optimiser = code.AdamW(parameters, 0.01, 0.0)
    return walk(optimiser, parameters, grads, ["mean", "square"])


@check("AdamW.update")
def other_betas(code, rng):
    """other betas, a large epsilon, gradients that shrink"""
    parameters, grads = two_parameters(code, rng, 5)
    grads = [[g * 0.3**i for g in step] for i, step in enumerate(grads)]
    optimiser = code.AdamW(parameters, 0.02, 0.0, betas=(0.6, 0.7), epsilon=0.1)
    return walk(optimiser, parameters, grads, ["mean", "square"])


@check("AdamW.update")
def decay_apart(code, rng):
    """decay shrinks the weights apart from the gradient, except for no_decay"""
    parameters, grads = two_parameters(code, rng, 3)
    optimiser = code.AdamW(parameters, 0.1, weight_decay=0.5, no_decay=parameters[1:])
    return walk(optimiser, parameters, grads, ["mean", "square"])


@check("AdamW.update")
def tiny_gradients(code, rng):
    """epsilon is added to the root of the corrected average, not inside it"""
    parameters, grads = two_parameters(code, rng, 3)
    grads = [[1e-8 * g for g in step] for step in grads]
    return walk(code.AdamW(parameters, 0.01), parameters, grads)


@check("AdamW.update")
def no_gradient_at_all(code, rng):
    """where the gradient is zero only decay is left, and a new rate counts at once"""
    parameters, grads = two_parameters(code, rng, 3)
    grads = [[0 * g for g in step] for step in grads]
    optimiser = code.AdamW(parameters, 0.1, weight_decay=0.2)
    seen = walk(optimiser, parameters, grads[:2])
    optimiser.learning_rate = 0.5
    return seen + walk(optimiser, parameters, grads[2:])


@check("AdamW.update", expect=exactly)
def adamw_leaves_gradients(code, rng):
    """gradients are left as they are, and float32 stays float32"""
    (parameter, _), _ = two_parameters(code, rng, 0, np.float32)
    optimiser = code.AdamW([parameter], 0.1)
    parameter.grad = grad = np.full((3, 2), 2, np.float32)
    optimiser.step()
    kept = parameter.data, optimiser.mean, optimiser.square
    return grad, [str(array.dtype) for array in kept], parameter.data.base is optimiser.flat


@check("AdamW.update")
def adamw_by_stretches(code, rng):
    """of a long vector, each stretch moves once"""
    parameter = code.Parameter(rng.normal(size=(3, 40_000)))
    small = code.Parameter(rng.normal(size=5))
    optimiser = code.AdamW([parameter, small], 0.1, no_decay=[small])
    for _ in range(2):
        parameter.grad, small.grad = np.ones((3, 40_000)), np.full(5, 2.0)
        optimiser.step()
    return parameter.data[:, ::8000], small.data


def recorder(code, n, batch_size, every=100, rng=None, hook=None):
    """Return a trainer that only writes down what it is asked for."""

    def transform(*parts):
        trainer.dealt += 1
        return parts

    class Recorder(code.Trainer):
        asked, dealt, saved, places = 0, 0, (), ()

        def step(self, *batch):
            self.seen.append([np.array(part) for part in batch])
            self.losses.append(0.0)
            self.places = (*self.places, (self.steps, self.asked, self.dealt))
            if hook:
                hook(self)

        def save(self):
            self.saved = (*self.saved, (self.steps, self.asked, self.dealt))

    data = np.arange(n), -np.arange(n)
    loader = code.DataLoader(*data, batch_size=batch_size, rng=rng, transform=transform)
    optimiser = code.SGD([code.Parameter(np.zeros(1))], 0.1)
    trainer = Recorder(code.Module(), optimiser, None, loader, every=every)
    trainer.seen, order = [], loader.order

    def counted():
        trainer.asked += 1
        return order()

    loader.order = counted
    return trainer


def saves(trainer):
    """Return after how many steps it was saved."""
    return sorted({steps for steps, *_ in trainer.saved})


@check("Trainer.fit", expect=exactly)
def every_batch_in_turn(code):
    """each epoch takes every batch once, the last one smaller"""
    trainer = recorder(code, 10, 4)
    trainer.fit(2)
    return trainer.seen


@check("Trainer.fit", expect=exactly)
def a_new_order(code, rng):
    """an epoch asks for its order once, and keeps it to its end"""
    trainer = recorder(code, 12, 5, rng=rng)
    trainer.fit(3)
    return trainer.seen, trainer.asked, np.array(trainer.order)


@check("Trainer.fit", expect=exactly)
def counted_from_the_first(code):
    """a second fit goes on to the epoch that it names; one that is done does nothing"""
    trainer, counts = recorder(code, 6, 2), []
    for epochs in (1, 3, 2, 3, 0, 4):
        trainer.fit(epochs)
        counts.append(trainer.steps)
    return counts, trainer.seen


@check("Trainer.fit", expect=exactly)
def from_the_middle(code, rng):
    """after five steps of an epoch of four comes its second batch, in the order kept"""
    trainer = recorder(code, 8, 2, rng=rng)
    trainer.losses, trainer.order = [0.0] * 5, rng.permutation(8)
    trainer.fit(3)
    return trainer.seen, trainer.asked


@check("Trainer.fit", expect=exactly)
def from_the_end_of_an_epoch(code):
    """a run that stopped at the end of an epoch begins the next with an order of its own"""
    trainer = recorder(code, 8, 2, rng=np.random.default_rng(4))
    trainer.losses, trainer.order = [0.0] * 8, np.array([7, 6, 5, 4, 3, 2, 1, 0])
    trainer.fit(3)
    return trainer.seen, trainer.asked, np.array(trainer.order)


@check("Trainer.fit", expect=exactly)
def no_lot_ahead_of_its_step(code):
    """orders and batches, which may draw lots, are asked for when it is their turn"""
    facts = []
    for begun in (0, 3, 4):
        trainer = recorder(code, 8, 2, 3, np.random.default_rng(4))
        trainer.losses = [0.0] * begun
        trainer.fit(3)
        facts.append((trainer.places, sorted(set(trainer.saved))))
    return facts


@check("Trainer.fit", expect=exactly)
def when_it_saves(code):
    """a checkpoint after every so many steps, and one at the end"""
    saved = []
    for n, every in ((7, 3), (6, 4), (2, 10)):
        trainer = recorder(code, n, 1, every)
        trainer.fit(2)
        saved.append(saves(trainer))
    return saved


@check("Trainer.fit", expect=exactly)
def stopped_by_a_hook(code):
    """after a hook has set stop, no step is taken, and a checkpoint is saved"""

    def hook(trainer):
        trainer.stop = trainer.stop or trainer.steps == 5

    trainer = recorder(code, 4, 1, hook=hook)
    trainer.fit(3)
    trainer.fit(4)
    return trainer.steps, saves(trainer), len(trainer.seen)


@check("Trainer.fit", expect=exactly)
def itself(code):
    """fit returns the trainer, also where nothing is to be done"""
    trainer = recorder(code, 4, 2)
    return trainer.fit(0) is trainer, trainer.fit(1) is trainer, trainer.steps


NAMED = """\
                if id(item) in seen:
                    continue
                seen.add(id(item))
"""

MISTAKES = [
    Mistake(
        "what is held twice is listed twice: nothing is looked up in seen",
        in_="Module.named",
        old="                if id(item) in seen:\n                    continue\n",
        new="                if item is self:\n                    continue\n",
    ),
    Mistake(
        "parts are not searched, only this module's own attributes",
        in_="Module.named",
        old="below = item.named(kind, seen)",
        new="below = []",
    ),
    Mistake(
        "the names below do not say which part they are in",
        in_="Module.named",
        old='(f"{name}.{n}", thing)',
        new="(n, thing)",
    ),
    Mistake(
        "names below begin with the attribute, without the place in its list",
        in_="Module.named",
        old='(f"{name}.{n}", thing)',
        new='(f"{attribute}.{n}", thing)',
    ),
    Mistake(
        "each part searches with a seen of its own, so that two parts both list what they share",
        in_="Module.named",
        old="item.named(kind, seen)",
        new="item.named(kind, {id(self), id(item)})",
        lesson="A part can see what it holds twice itself, but not what its neighbour holds too. "
        "All parts of one search have to write into one set.",
    ),
    Mistake(
        "each part gets a copy of seen, so that what two neighbours share is listed twice",
        in_="Module.named",
        old="item.named(kind, seen)",
        new="item.named(kind, set(seen))",
    ),
    Mistake(
        "only parts are looked up in seen, so that a parameter they share is listed twice",
        in_="Module.named",
        old="if id(item) in seen:",
        new="if id(item) in seen and isinstance(item, Module):",
    ),
    Mistake(
        "attributes whose names begin with _ are left out",
        in_="Module.named",
        old="                if id(item) in seen:",
        new='                if id(item) in seen or attribute.startswith("_"):',
    ),
    Mistake(
        "what is itself of the kind is not searched for more",
        in_="Module.named",
        old="                if isinstance(item, Module):",
        new="                elif isinstance(item, Module):",
    ),
    Mistake(
        "lists are not opened",
        in_="Module.named",
        old="spread(attribute, value)",
        new="[(attribute, value)]",
    ),
    Mistake(
        "things that are equal are taken for the same",
        in_="Module.named",
        old=NAMED,
        new="                if any(np.array_equal(item, old) for _, old in found):\n"
        "                    continue\n"
        "                if id(item) in seen:\n"
        "                    continue\n"
        "                seen.add(id(item))\n",
    ),
    Mistake(
        "what a part holds stands before the part",
        in_="Module.named",
        old="found += [(f",
        new="found[:0] = [(f",
    ),
    Mistake(
        "what was seen is remembered in the module, so that a second search finds nothing",
        in_="Module.named",
        old="        found = []\n",
        new='        seen |= vars(self).setdefault("met", set())\n'
        '        vars(self)["met"] = seen\n        found = []\n',
    ),
    Mistake(
        "only parameters are looked for, whatever kind says",
        in_="Module.named",
        old="isinstance(item, kind)",
        new="isinstance(item, Parameter)",
    ),
    Mistake(
        "what is frozen is left out",
        in_="Module.named",
        old="if isinstance(item, kind):",
        new='if isinstance(item, kind) and getattr(item, "requires_grad", True):',
    ),
    Mistake(
        "the dict gets other arrays, and the model keeps its old ones",
        in_="copy_into",
        old="array[...] = state[name]",
        new="own[name] = state[name]",
    ),
    Mistake(
        "only a name of its own is changed, no array",
        in_="copy_into",
        old="array[...] = state[name]",
        new="array = state[name]",
    ),
    Mistake(
        "what is unexpected is passed over in silence",
        in_="copy_into",
        old='[f"{name} is unexpected" for name in state if name not in own]',
        new="[]",
    ),
    Mistake(
        "what is missing stays as it was, in silence",
        in_="copy_into",
        old='wrong = [f"{name} is missing" for name in own if name not in state]',
        new="wrong = []\n    own = {name: own[name] for name in own if name in state}",
    ),
    Mistake(
        "shapes are not compared, so that an entry is repeated until it fits",
        in_="copy_into",
        old="    wrong += [misfit(n, own[n], state[n]) for n in own if n in state]\n",
        new="",
    ),
    Mistake(
        "all that fits is copied before the error is raised",
        in_="copy_into",
        old='    if any(wrong):\n        raise ValueError("; ".join(filter(None, wrong)))\n'
        "    for name, array in own.items():\n        array[...] = state[name]",
        new="    for name, array in own.items():\n"
        "        if name in state and not misfit(name, array, state[name]):\n"
        "            array[...] = state[name]\n"
        '    if any(wrong):\n        raise ValueError("; ".join(filter(None, wrong)))',
    ),
    Mistake(
        "only the first thing that is wrong is told",
        in_="copy_into",
        old='"; ".join(filter(None, wrong))',
        new="next(filter(None, wrong))",
    ),
    Mistake(
        "what fits is taken for wrong, too: the empty texts are counted",
        in_="copy_into",
        old="if any(wrong):",
        new="if wrong:",
    ),
    Mistake(
        "a shape is judged by its number of entries alone",
        in_="copy_into",
        old="[misfit(n, own[n], state[n]) for n in own if n in state]",
        new="[misfit(n, own[n], np.resize(state[n], own[n].shape)\n"
        "        if np.size(state[n]) == own[n].size else state[n]) for n in own if n in state]",
    ),
    Mistake(
        "entries are copied by their order, not by their names",
        in_="copy_into",
        old="for name, array in own.items():",
        new="for name, array in zip(state, own.values()):",
    ),
    Mistake(
        "what is transposed is laid in a row first, which is a copy, and that is written into",
        in_="copy_into",
        old="array[...] = state[name]",
        new="np.ravel(array)[...] = np.ravel(state[name])",
    ),
    Mistake(
        "an array is emptied before the other is read, which may be the same",
        in_="copy_into",
        old="array[...] = state[name]",
        new="array[...] = 0\n        array[...] += np.asarray(state[name], array.dtype)",
    ),
    Mistake(
        "a row that was asked for several times gets only one gradient",
        in_="embedding",
        old="to_table[rows[first]] = np.add.reduceat(grad, first)",
        new="to_table[rows] = grad",
        lesson="Assigning to rows that are named twice keeps what came last. A batch in which no "
        "word comes twice does not show it.",
    ),
    Mistake(
        "the gradients are not brought into the order of the sorted ids",
        in_="embedding",
        old="grad.reshape(-1, table.shape[1])[order]",
        new="grad.reshape(-1, table.shape[1])",
        lesson="What is sorted by one array has to be sorted in step with it. Ids that are "
        "sorted already do not show it.",
    ),
    Mistake(
        "the copies' gradients are averaged instead of added",
        in_="embedding",
        old="np.add.reduceat(grad, first)",
        new="np.add.reduceat(grad, first) / np.diff(first, append=len(rows))[:, None]",
    ),
    Mistake(
        "the gradient comes back in the shape of what was looked up",
        in_="embedding",
        old="return (to_table,)",
        new="return (np.asarray(grad),)",
    ),
    Mistake(
        "only the first row is asked for: ids with several axes are not laid end to end",
        in_="embedding",
        old="rows = ids.ravel()[order]",
        new="rows = np.atleast_2d(ids)[0][order[: np.atleast_2d(ids).shape[1]]]",
    ),
    Mistake(
        "rows that nobody asked for keep the table's numbers as their gradient",
        in_="embedding",
        old="np.zeros_like(table.data)",
        new="table.data.copy()",
    ),
    Mistake(
        "the sums are kept on the table, and the next way back finds them there",
        in_="embedding",
        old="to_table = np.zeros_like(table.data)",
        new='to_table = vars(table).setdefault("sums", np.zeros_like(table.data))',
    ),
    Mistake(
        "the rows are a new tensor that nothing was recorded for",
        in_="embedding",
        old="operation(table.data[ids], (table,), backward)",
        new="Tensor(table.data[ids])",
    ),
    Mistake(
        "the gradient is made of float64, whatever the table holds",
        in_="embedding",
        old="operation(table.data[ids], (table,), backward)",
        new="operation(table.data[ids].astype(float), (table,), backward)",
    ),
    Mistake(
        "the gradients are added up in the array that came in, which others hold",
        in_="embedding",
        old="grad = grad.reshape(-1, table.shape[1])[order]",
        new="grad *= 2\n        grad = grad.reshape(-1, table.shape[1])[order] / 2",
    ),
    Mistake(
        "the row's mean is taken for a constant, and its share is not subtracted",
        in_="layer_norm",
        old="to_x -= (to_x @ mean)[..., None]",
        new="to_x -= 0",
        lesson="Raising one entry raises the mean of its row, so that all the others sink. A "
        "gradient that adds up to zero along the row does not show it.",
    ),
    Mistake(
        "the row's spread is taken for a constant, and its share is not subtracted",
        in_="layer_norm",
        old="to_x -= h * along",
        new="to_x -= 0",
        lesson="Moving an entry away from the mean widens the spread, which pulls all of the row "
        "in. Check a gradient by finite differences, with a gradient that is not all ones.",
    ),
    Mistake(
        "the gain is left out on the way back",
        in_="layer_norm",
        old="to_x = grad * gain.data",
        new="to_x = grad.copy()",
    ),
    Mistake(
        "the slope is not divided by the row's spread",
        in_="layer_norm",
        old="to_x *= r",
        new="to_x *= 1",
    ),
    Mistake(
        "the slope is divided by the variance, as if the spread were squared",
        in_="layer_norm",
        old="to_x *= r",
        new="to_x *= r * r",
    ),
    Mistake(
        "the gradient of the gain is made with x, not with the standardised rows",
        in_="layer_norm",
        old="h.reshape(grad.shape))",
        new="x.data.reshape(grad.shape))",
    ),
    Mistake(
        "the sums along the row are not divided by its length",
        in_="layer_norm",
        old="[..., None] / d",
        new="[..., None]",
    ),
    Mistake(
        "the bias gets the mean over the rows, not their sum",
        in_="layer_norm",
        old="np.ones(len(grad), grad.dtype) @ grad",
        new="np.ones(len(grad), grad.dtype) @ grad / len(grad)",
    ),
    Mistake(
        "grad itself is multiplied by the gain, though others hold it",
        in_="layer_norm",
        old="to_x = grad * gain.data",
        new="grad *= gain.data\n        to_x = grad.copy()\n        grad = grad / gain.data",
    ),
    Mistake(
        "the slopes become float64",
        in_="layer_norm",
        old="to_x = grad * gain.data",
        new="to_x = grad * gain.data.astype(float)",
    ),
    Mistake(
        "what stays is not scaled up, so that the mean sinks",
        in_="dropout",
        old="    keep /= 1 - p\n",
        new="",
    ),
    Mistake(
        "what stays is multiplied by 1 - p, which belongs into eval, and there only",
        in_="dropout",
        old="keep /= 1 - p",
        new="keep *= 1 - p",
    ),
    Mistake(
        "p is taken for the chance to stay",
        in_="dropout",
        old=">= p)",
        new="< p)",
    ),
    Mistake(
        "what stays is divided by p",
        in_="dropout",
        old="keep /= 1 - p",
        new="keep /= p or 1",
    ),
    Mistake(
        "whole columns are dropped: one number is drawn for each",
        in_="dropout",
        old="rng.random(x.shape, np.float32)",
        new="rng.random(x.shape[-1:], np.float32) + np.zeros(x.shape)",
    ),
    Mistake(
        "all samples of a batch lose the same entries: one number is drawn for all of them",
        in_="dropout",
        old="rng.random(x.shape, np.float32)",
        new="rng.random(x.shape[1:], np.float32) + np.zeros(x.shape)",
    ),
    Mistake(
        "always as many are dropped: they are chosen together, not each by its own lot",
        in_="dropout",
        old="rng.random(x.shape, np.float32)",
        new="rng.permutation(np.arange(x.data.size) / x.data.size).reshape(x.shape)",
    ),
    Mistake(
        "whole rows are dropped: one number is drawn for each",
        in_="dropout",
        old="rng.random(x.shape, np.float32)",
        new="rng.random((len(x.data), 1), np.float32) + np.zeros(x.shape)",
    ),
    Mistake(
        "the chance is NumPy's own, not rng's, so that no seed can repeat it",
        in_="dropout",
        old="rng.random(x.shape, np.float32)",
        new="np.random.default_rng().random(x.shape)",
    ),
    Mistake(
        "the same entries are dropped each time: a seed is written into the function",
        in_="dropout",
        old="rng.random(x.shape, np.float32)",
        new="np.random.default_rng(0).random(x.shape)",
    ),
    Mistake(
        "the way back passes everything, dropped or not",
        in_="dropout",
        old="return x * keep",
        new="return operation(x.data * keep, (x,), lambda grad: (grad,))",
    ),
    Mistake(
        "float32 is widened to float64",
        in_="dropout",
        old="return x * keep",
        new="return Tensor(keep.astype(float)) * x",
    ),
    Mistake(
        "the entries of x are set to zero themselves",
        in_="dropout",
        old="return x * keep",
        new="x.data *= keep\n    return x * np.sign(keep)",
    ),
    Mistake(
        "the step goes uphill",
        in_="SGD.update",
        old="w -= self.learning_rate * move",
        new="w += self.learning_rate * move",
    ),
    Mistake(
        "the velocity forgets what it was",
        in_="SGD.update",
        old="velocity *= self.momentum",
        new="velocity *= 0",
    ),
    Mistake(
        "the gradient is weighed with 1 - momentum, as in a running mean",
        in_="SGD.update",
        old="velocity += g",
        new="velocity += (1 - self.momentum) * g",
    ),
    Mistake(
        "the new velocity is a new array, and the one that is kept stays zero",
        in_="SGD.update",
        old="        velocity *= self.momentum\n        velocity += g\n",
        new="        velocity = self.momentum * velocity + g\n",
    ),
    Mistake(
        "the step of nesterov has the velocity in full, not momentum times it",
        in_="SGD.update",
        old="g + self.momentum * velocity if",
        new="g + velocity if",
    ),
    Mistake(
        "nesterov's step is that of momentum: it is not looked at, or takes the old velocity",
        in_="SGD.update",
        old="g + self.momentum * velocity if self.nesterov else velocity",
        new="velocity",
    ),
    Mistake(
        "nesterov takes the place of momentum, always",
        in_="SGD.update",
        old="g + self.momentum * velocity if self.nesterov else velocity",
        new="g + self.momentum * velocity",
    ),
    Mistake(
        "the decay is left out",
        in_="SGD.update",
        old="g = g + decay * w",
        new="g = g + 0",
    ),
    Mistake(
        "the decay shrinks the weights apart from the gradient, as AdamW's does",
        in_="SGD.update",
        old="g = g + decay * w",
        new="w *= 1 - self.learning_rate * decay",
        lesson="In SGD the decay goes through the velocity. Without momentum both ways are the "
        "same, and in the first step; test the second one.",
    ),
    Mistake(
        "the decay pushes the weights away from zero",
        in_="SGD.update",
        old="g + decay * w",
        new="g - decay * w",
    ),
    Mistake(
        "the decay is the same for all, no_decay or not",
        in_="SGD.update",
        old="decay * w",
        new="max(key[0] for key in self.groups) * w",
    ),
    Mistake(
        "the gradient itself gets the decay, in its own array",
        in_="SGD.update",
        old="g = g + decay * w",
        new="g += decay * w",
    ),
    Mistake(
        "the whole vector moves for each of its stretches",
        in_="SGD.update",
        old="w -= self.learning_rate * move",
        new="self.flat -= self.learning_rate * np.resize(move, self.flat.shape)",
    ),
    Mistake(
        "the averages, which begin at zero, are not corrected for that",
        in_="AdamW.update",
        old="        size /= (1 - beta2**t) ** 0.5\n        size += self.epsilon\n"
        "        move = mean / size\n        move *= rate / (1 - beta1**t)\n",
        new="        size += self.epsilon\n        move = rate * mean / size\n",
    ),
    Mistake(
        "only the mean is corrected, not the square",
        in_="AdamW.update",
        old="        size /= (1 - beta2**t) ** 0.5\n",
        new="",
    ),
    Mistake(
        "only the square is corrected, not the mean",
        in_="AdamW.update",
        old="move *= rate / (1 - beta1**t)",
        new="move *= rate",
    ),
    Mistake(
        "the steps are counted from zero, one too few",
        in_="AdamW.update",
        old="(1 - beta1**t)",
        new="(1 - beta1 ** max(t - 1, 0.5))",
    ),
    Mistake(
        "the decay goes into the gradient, as in Adam with a penalty",
        in_="AdamW.update",
        old="w *= 1 - rate * decay",
        new="g = g + decay * w",
        lesson="Divided by its own size, a penalty's gradient loses its strength: where gradients "
        "are large, weights hardly shrink. Without a gradient they should shrink by rate * decay.",
    ),
    Mistake(
        "the decay is not multiplied by the learning rate",
        in_="AdamW.update",
        old="1 - rate * decay",
        new="1 - decay",
    ),
    Mistake(
        "the decay is left out",
        in_="AdamW.update",
        old="        w *= 1 - rate * decay\n",
        new="",
    ),
    Mistake(
        "the decay comes after the step, and shrinks that too",
        in_="AdamW.update",
        old="        w *= 1 - rate * decay\n",
        new="        w *= 1\n        rate, kept = rate * (1 - rate * decay), rate\n"
        "        w *= 1 - kept * decay\n",
    ),
    Mistake(
        "epsilon stands inside the root",
        in_="AdamW.update",
        old="        size = np.sqrt(square)\n        size /= (1 - beta2**t) ** 0.5\n"
        "        size += self.epsilon\n",
        new="        size = np.sqrt(square / (1 - beta2**t) + self.epsilon)\n",
    ),
    Mistake(
        "epsilon is added before the correction",
        in_="AdamW.update",
        old="        size /= (1 - beta2**t) ** 0.5\n        size += self.epsilon\n",
        new="        size += self.epsilon\n        size /= (1 - beta2**t) ** 0.5\n",
        lesson="With gradients of a usual size epsilon is too small to see. Test with tiny "
        "gradients or a large epsilon.",
    ),
    Mistake(
        "no root is taken",
        in_="AdamW.update",
        old="size = np.sqrt(square)",
        new="size = square.copy()",
    ),
    Mistake(
        "the betas have changed places",
        in_="AdamW.update",
        old="        w *= 1 - rate * decay\n",
        new="        w *= 1 - rate * decay\n        beta1, beta2 = beta2, beta1\n",
    ),
    Mistake(
        "the new mean is a new array, and the one that is kept stays zero",
        in_="AdamW.update",
        old="        mean *= beta1\n        mean += (1 - beta1) * g\n",
        new="        mean = beta1 * mean + (1 - beta1) * g\n",
    ),
    Mistake(
        "the running mean itself is corrected, and carries it on to the next step",
        in_="AdamW.update",
        old="        move = mean / size\n        move *= rate / (1 - beta1**t)\n",
        new="        mean /= 1 - beta1**t\n        move = rate * mean / size\n",
    ),
    Mistake(
        "the gradient is squared in its own array",
        in_="AdamW.update",
        old="square += (1 - beta2) * g * g",
        new="g *= g\n        square += (1 - beta2) * g",
    ),
    Mistake(
        "the whole vector moves for each of its stretches",
        in_="AdamW.update",
        old="w -= move",
        new="self.flat -= np.resize(move, self.flat.shape)",
    ),
    Mistake(
        "the decay is the same for all, no_decay or not",
        in_="AdamW.update",
        old="rate * decay",
        new="rate * max(key[0] for key in self.groups)",
    ),
    Mistake(
        "each fit counts its epochs anew, and so takes them on top of those done",
        in_="Trainer.fit",
        old="while self.steps < epochs * n",
        new="done = self.steps\n        while self.steps < done + epochs * n",
    ),
    Mistake(
        "a run begins at the first batch, though it stopped in the middle of an epoch",
        in_="Trainer.fit",
        old="        while self.steps < epochs * n and not self.stop:\n"
        "            if self.steps % n == 0:\n                self.order = self.loader.order()\n"
        "            self.step(*self.loader.batch(self.order, self.steps % n))\n",
        new="        i = n - 1\n        while self.steps < epochs * n and not self.stop:\n"
        "            i = (i + 1) % n\n"
        "            if i == 0:\n                self.order = self.loader.order()\n"
        "            self.step(*self.loader.batch(self.order, i))\n",
        lesson="A loop that begins with `for batch in loader` begins an epoch anew. Which batch is "
        "next has to follow from what a checkpoint keeps.",
    ),
    Mistake(
        "the loop is `for batch in self.loader`, which begins an epoch anew",
        in_="Trainer.fit",
        old="            if self.steps % n == 0:\n"
        "                self.order = self.loader.order()\n"
        "            self.step(*self.loader.batch(self.order, self.steps % n))\n"
        "            if self.steps % self.every == 0:\n                self.save()\n",
        new="            for batch in self.loader:\n                self.step(*batch)\n"
        "                if self.steps % self.every == 0:\n                    self.save()\n",
    ),
    Mistake(
        "the batches of an epoch are all made before its steps, with lots drawn too early",
        in_="Trainer.fit",
        old="            self.step(*self.loader.batch(self.order, self.steps % n))\n",
        new="            if self.steps % n == 0 or 'ahead' not in locals():\n"
        "                places = range(self.steps % n, n)\n"
        "                ahead = [self.loader.batch(self.order, i) for i in places]\n"
        "            self.step(*ahead.pop(0))\n",
    ),
    Mistake(
        "a run that is resumed at the end of an epoch keeps that epoch's order for the next",
        in_="Trainer.fit",
        old="        while self.steps < epochs * n and not self.stop:\n"
        "            if self.steps % n == 0:\n",
        new="        begun = self.steps\n"
        "        while self.steps < epochs * n and not self.stop:\n"
        "            if self.steps % n == 0 and (self.steps == 0 or self.steps > begun):\n",
    ),
    Mistake(
        "only the first part of a batch goes into the step",
        in_="Trainer.fit",
        old="self.step(*self.loader.batch(self.order, self.steps % n))",
        new="self.step(*self.loader.batch(self.order, self.steps % n)[:1])",
    ),
    Mistake(
        "a new order is asked for at every batch",
        in_="Trainer.fit",
        old="if self.steps % n == 0:",
        new="if True:",
    ),
    Mistake(
        "the order is asked for once, and stays for all epochs",
        in_="Trainer.fit",
        old="if self.steps % n == 0:",
        new="if self.steps == 0:",
    ),
    Mistake(
        "a new order is asked for wherever fit begins, also in the middle of an epoch",
        in_="Trainer.fit",
        old="        while self.steps < epochs * n",
        new="        if self.steps % n and self.steps < epochs * n:\n"
        "            self.order = self.loader.order()\n        while self.steps < epochs * n",
    ),
    Mistake(
        "the last, smaller batch is left out",
        in_="Trainer.fit",
        old="        while self.steps < epochs * n",
        new="        n -= self.loader.n % self.loader.batch_size > 0\n"
        "        while self.steps < epochs * n",
    ),
    Mistake(
        "the order of an epoch is not kept in self.order",
        in_="Trainer.fit",
        old="                self.order = self.loader.order()\n"
        "            self.step(*self.loader.batch(self.order, self.steps % n))",
        new="                order = self.loader.order()\n"
        "            self.step(*self.loader.batch(order, self.steps % n))",
    ),
    Mistake(
        "nothing is saved on the way",
        in_="Trainer.fit",
        old="            if self.steps % self.every == 0:\n                self.save()\n",
        new="",
    ),
    Mistake(
        "nothing is saved at the end",
        in_="Trainer.fit",
        old="        self.save()\n        return self",
        new="        return self",
    ),
    Mistake(
        "it is saved before the step that is to be counted, one too early",
        in_="Trainer.fit",
        old="if self.steps % self.every == 0:",
        new="if (self.steps + 1) % self.every == 0:",
    ),
    Mistake(
        "stop is looked at after an epoch only",
        in_="Trainer.fit",
        old="not self.stop:",
        new="not (self.stop and self.steps % n == 0):",
    ),
    Mistake(
        "stop is not looked at",
        in_="Trainer.fit",
        old="while self.steps < epochs * n and not self.stop:",
        new="while self.steps < epochs * n:",
    ),
    Mistake(
        "nothing is returned",
        in_="Trainer.fit",
        old="        return self",
        new="        return None",
    ),
]


def gradient_of_table(code, ids, grad):
    """Return the gradient of a table of four rows of one number."""
    table = code.Tensor(np.zeros((4, 1)), requires_grad=True)
    code.embedding(table, ids).backward(grad[:, None])
    return table.grad[:, 0]


def gradient_of_row(code, x, grad):
    """Return the gradient of one row through a layer norm."""
    x = code.Tensor(x[None], requires_grad=True)
    gain, bias = code.Parameter(np.ones(x.shape[1])), code.Parameter(np.zeros(x.shape[1]))
    code.layer_norm(x, gain, bias).backward(grad[None])
    return x.grad[0]


def weight_after(code, momentum, weight_decay, gradients):
    """Return a weight that was 1, after steps of SGD."""
    weight = code.Parameter(np.ones(1))
    optimiser = code.SGD([weight], 0.1, momentum, weight_decay=weight_decay)
    for gradient in gradients:
        weight.grad = np.array([gradient])
        optimiser.step()
    return weight.data


EXPLAIN = [
    Explain(
        "order",
        why="the gradients are not brought into the order of the sorted ids",
        causes={
            "a row that was asked for several times gets only one gradient": "reduceat adds up all "
            "that lies from one place in first to the next.",
            "rows that nobody asked for get no zeros": "They do: to_table begins as zeros, and "
            "only the rows that were found are written.",
            "the ids are not sorted": "order is what sorts them, in the line above, and rows is "
            "taken by it.",
        },
        takes="`ids` are rows of a table, from 0 to 3, and `grad` has a number for each of them; "
        "out comes the gradient of the table, four rows of one number.",
        call=gradient_of_table,
        example={"ids": [0, 2, 2], "grad": [1.0, 2.0, 3.0]},
        witness={"ids": [2, 0], "grad": [1.0, 2.0]},
    ),
    Explain(
        "mean",
        why="the row's mean is taken for a constant, and its share is not subtracted",
        causes={
            "the row's spread is taken for a constant, and its share is not subtracted": "That is "
            "the share along h, which is subtracted.",
            "the gain is left out on the way back": "The first line of backward multiplies by it, "
            "and here it is 1 anyway.",
            "the slope is not divided by the row's spread": "to_x is multiplied by r, which is 1 "
            "over the spread.",
        },
        takes="`x` is a row of numbers and `grad` what comes back to it after `layer_norm`, with "
        "a gain of ones; out comes the gradient of `x`.",
        call=gradient_of_row,
        example={"x": [1.0, 2.0, 4.0], "grad": [1.0, -1.0, 0.0]},
        witness={"x": [1.0, 2.0, 4.0], "grad": [1.0, 0.0, 0.0]},
    ),
    Explain(
        "decay",
        why="the decay shrinks the weights apart from the gradient, as AdamW's does",
        causes={
            "the decay pushes the weights away from zero": "They are multiplied by a number below "
            "1, and so shrink.",
            "the velocity forgets what it was": "It is multiplied by momentum, and then gets the "
            "gradient.",
            "the first velocity should be smaller, as a mean of one gradient and zeros": "This "
            "velocity is a sum, not a mean: the first one is the gradient.",
        },
        takes="A weight that is 1 takes a step for each of `gradients`, with a learning rate of "
        "0.1, this `momentum` and this `weight_decay`; out comes where it ends.",
        call=weight_after,
        example={"momentum": 0.0, "weight_decay": 0.5, "gradients": [1.0, 2.0]},
        witness={"momentum": 0.9, "weight_decay": 0.5, "gradients": [1.0, 2.0]},
    ),
]

"""Checks for autograd."""

import numpy as np

from grader import Explain, Mistake, at_least, check, exactly, raises


def slope_in(out, leaf):
    """Return the slope of one Value in another, path by path."""
    if out is leaf:
        return 1.0
    pairs = zip(out.parents, out.slopes, strict=True)
    return sum(slope * slope_in(parent, leaf) for parent, slope in pairs)


@check("Value.__mul__")
def other_factor(code, rng):
    """the slope in each factor is the other factor"""
    a, b = (code.Value(float(number)) for number in rng.normal(size=2))
    out = a * b
    return float(out.data), slope_in(out, a), slope_in(out, b)


@check("Value.__mul__")
def square(code):
    """a number times itself: the slope is twice the number"""
    a = code.Value(-3.0)
    out = a * a
    return float(out.data), slope_in(out, a)


@check("Value.__mul__")
def product_of_three(code):
    """products of products, one factor of them zero"""
    a, b, c = code.Value(4.0), code.Value(0.0), code.Value(-2.0)
    out = a * b * c
    return [float(out.data), *(slope_in(out, leaf) for leaf in (a, b, c))]


class Node:
    """A node of a graph, with a name and its parents."""

    def __init__(self, name, parents=()):
        self.name, self.parents = name, tuple(parents)


def families(rng):
    """Draw two graphs, as lists of (name, the parents' names) from the first node to the root.

    In one each node has the one before for a parent, so that there is a single
    right order; in the other there are many. No name tells where its node stands.
    """
    graphs = []
    for chained in (True, False):
        names, graph, childless = rng.permutation(90)[:13].tolist(), [], set()
        for i, name in enumerate(names[:-1]):
            far = [names[j] for j in rng.permutation(i)[: 2 if chained or i > 3 else 0]]
            graph.append((name, far + names[i - 1 : i] * chained))
            childless = childless - set(graph[-1][1]) | {name}
        last = [names[11], names[0], names[5]] if chained else sorted(childless)
        graphs.append([*graph, (names[12], last)])
    return {"graphs": graphs}, graphs


def share_in_place(listed, graphs):
    """Return the share of nodes that stand after all their parents, if each is listed once."""
    fit, rest = [], listed.tolist()
    for graph in graphs:
        place = {name: i for i, name in enumerate(rest[: len(graph)])}
        if place.keys() != dict(graph).keys():
            raise ValueError("not each node of a graph is listed once")
        fit += [all(place[p] < place[name] for p in parents) for name, parents in graph]
        rest = rest[len(graph) :]
    return sum(fit) / len(fit)


@check(
    "topological_order",
    given=families,
    expect=at_least(1, share_in_place, "share of nodes after all their parents"),
)
def parents_first(code, graphs):
    """each node once, after all its parents, the root last"""
    listed = []
    for graph in graphs:
        nodes = {}
        for name, parents in graph:
            nodes[name] = Node(name, [nodes[parent] for parent in parents])
        listed += [node.name for node in code.topological_order(nodes[name])]
    return np.array(listed)


@check("topological_order", expect=exactly)
def many_paths(code):
    """a node that many paths lead to is listed once"""
    nodes = [Node(0)]
    for _ in range(10):
        nodes.append(Node(len(nodes), [nodes[-1], nodes[-1]]))
    return [node.name for node in code.topological_order(nodes[-1])]


@check("topological_order", expect=exactly)
def long_chain(code):
    """a chain of 10,000 nodes does not end in a RecursionError"""
    nodes = [Node(0)]
    for name in range(1, 10_000):
        nodes.append(Node(name, [nodes[-1]]))
    try:
        return np.array([node.name for node in code.topological_order(nodes[-1])])
    finally:  # whoever holds the last one: freeing it must not free all in one go
        for node in nodes:
            node.parents = ()


@check("topological_order", expect=exactly)
def alone(code):
    """a node without parents is the whole list"""
    return [node.name for node in code.topological_order(Node("alone"))]


@check("unbroadcast")
def new_axes(code, rng):
    """axes that broadcasting put in front are summed away"""
    return (
        code.unbroadcast(rng.normal(size=(5, 3)), (3,)),
        code.unbroadcast(rng.normal(size=(2, 5, 3)), (5, 3)),
        code.unbroadcast(rng.normal(size=(2, 5, 3)), (3,)),
    )


@check("unbroadcast")
def axes_of_one(code, rng):
    """axes of length 1 are summed, and stay with length 1"""
    return (
        code.unbroadcast(rng.normal(size=(4, 3)), (4, 1)),
        code.unbroadcast(rng.normal(size=(4, 3)), (1, 3)),
        code.unbroadcast(rng.normal(size=(4, 1, 3)), (1, 1, 1)),
    )


@check("unbroadcast")
def both_kinds(code, rng):
    """both at once, where the axes have moved: (2, 4, 5, 3) for a tensor of (4, 1, 3)"""
    return (
        code.unbroadcast(rng.normal(size=(2, 4, 5, 3)), (4, 1, 3)),
        code.unbroadcast(rng.normal(size=(3, 3)), (1,)),
    )


@check("unbroadcast")
def one_number(code, rng):
    """a tensor of shape () gets one number, as an array, and float32 stays"""
    part = code.unbroadcast(rng.integers(9, size=(2, 3)).astype(np.float32), ())
    return np.asarray(part), str(part.dtype)


def shrunk(part, shape):
    """Sum over what was broadcast, independent of the exercise."""
    part = np.asarray(part)
    while part.ndim > len(shape):
        part = part.sum(axis=0)
    for i, n in enumerate(shape[: part.ndim]):
        if n == 1 and part.shape[i] != 1:
            part = part.sum(axis=i, keepdims=True)
    if part.shape != shape:
        raise ValueError(f"a gradient of shape {part.shape} came back for a tensor of {shape}")
    return part


def sent_back(out, grad, *leaves):
    """Return what reaches the leaves, path by path, without Tensor.backward."""
    reached = [np.zeros(leaf.shape) for leaf in leaves]

    def send(node, grad):
        for i, leaf in enumerate(leaves):
            if node is leaf:
                reached[i] = reached[i] + grad
        if node.grad_fn is not None:
            for parent, part in zip(node.parents, node.grad_fn(grad), strict=True):
                if parent.requires_grad:
                    send(parent, shrunk(part, parent.shape))

    send(out, grad)
    return [out.data, *reached]


def leaves_of(code, rng, *shapes):
    """Return tensors of these shapes that require grad."""
    return [code.Tensor(rng.normal(size=shape), requires_grad=True) for shape in shapes]


@check("Tensor.__mul__")
def products(code, rng):
    """the gradient of each factor is grad times the other"""
    a, b = leaves_of(code, rng, (3, 4), (3, 4))
    return sent_back(a * b, rng.normal(size=(3, 4)), a, b)


@check("Tensor.__mul__")
def broadcast_products(code, rng):
    """factors of other shapes are broadcast"""
    a, b, c = leaves_of(code, rng, (3, 4), (4,), (3, 1))
    grad = rng.normal(size=(3, 4))
    return sent_back(a * b, grad, a, b), sent_back(c * a, grad, c, a)


@check("Tensor.__mul__")
def tensor_squared(code, rng):
    """a tensor times itself gets both gradients"""
    (a,) = leaves_of(code, rng, 5)
    return sent_back(a * a, rng.normal(size=5), a)


@check("Tensor.__mul__")
def numbers_and_arrays(code, rng):
    """numbers and arrays may stand on either side, and float32 stays float32"""
    a = code.Tensor(rng.normal(size=3).astype(np.float32), requires_grad=True)
    outs = [2.5 * a, a * np.float64(0.1), a * np.arange(3.0), np.ones((2, 1)) * a]
    grads = [np.ones(out.shape, np.float32) for out in outs]
    sent = [sent_back(out, grad, a) for out, grad in zip(outs, grads, strict=True)]
    return sent, [str(out.dtype) for out in outs]


@check("Tensor.__matmul__")
def matrices(code, rng):
    """the gradients of two matrices have their shapes"""
    A, B = leaves_of(code, rng, (3, 4), (4, 2))
    return sent_back(A @ B, rng.normal(size=(3, 2)), A, B)


@check("Tensor.__matmul__")
def square_matrices(code, rng):
    """square matrices, where a wrong transpose does not show in the shape"""
    A, B = leaves_of(code, rng, (3, 3), (3, 3))
    return sent_back(A @ B, rng.normal(size=(3, 3)), A, B)


@check("Tensor.__matmul__")
def stacks(code, rng):
    """stacks of matrices, also such as broadcast"""
    A, B, C = leaves_of(code, rng, (2, 3, 3, 3), (2, 3, 3, 3), (3, 3, 3))
    grad = rng.normal(size=(2, 3, 3, 3))
    return sent_back(A @ B, grad, A, B), sent_back(C @ A, grad, C, A)


@check("Tensor.__matmul__")
def vectors_and_rows(code, rng):
    """vectors, and rows with several axes before them"""
    x, A, B = leaves_of(code, rng, 4, (4, 3), (2, 5, 4))
    y = rng.normal(size=3)
    return (
        sent_back(x @ A, y, x, A),
        sent_back(B @ A, rng.normal(size=(2, 5, 3)), B, A),
        sent_back(x @ x, np.array(2.0), x),
    )


@check("Tensor.__matmul__")
def beside_constants(code, rng):
    """plain arrays may stand on either side, and get no gradient"""
    (W,) = leaves_of(code, rng, (4, 2))
    X, V = rng.normal(size=(3, 4)), rng.normal(size=(2, 5))
    grad = rng.normal(size=(3, 2))
    return sent_back(X @ W, grad, W), sent_back(W @ V, rng.normal(size=(4, 5)), W)


@check("Tensor.sum")
def total(code, rng):
    """every entry gets the gradient of the total"""
    (a,) = leaves_of(code, rng, (2, 3))
    return sent_back(a.sum(), np.array(1.5), a)


@check("Tensor.sum")
def along_an_axis(code, rng):
    """every entry gets the gradient of its own sum, also in a square matrix"""
    (a,) = leaves_of(code, rng, (3, 3))
    grad = rng.normal(size=3)
    return [sent_back(a.sum(axis=axis), grad, a) for axis in (0, 1, -1)]


@check("Tensor.sum")
def axes_kept(code, rng):
    """with keepdims the summed axis stays, with length 1"""
    (a,) = leaves_of(code, rng, (2, 3))
    return (
        sent_back(a.sum(axis=1, keepdims=True), rng.normal(size=(2, 1)), a),
        sent_back(a.sum(keepdims=True), rng.normal(size=(1, 1)), a),
    )


@check("Tensor.sum")
def several_axes(code, rng):
    """several axes at once, given as a tuple"""
    (a,) = leaves_of(code, rng, (2, 3, 4))
    return (
        sent_back(a.sum(axis=(0, 2)), rng.normal(size=3), a),
        sent_back(a.sum(axis=(-1, 0), keepdims=True), rng.normal(size=(1, 3, 1)), a),
    )


@check("Tensor.__getitem__")
def slices(code, rng):
    """what a slice leaves out has the gradient zero"""
    (a,) = leaves_of(code, rng, (5, 3))
    return sent_back(a[1:4], rng.normal(size=(3, 3)), a), sent_back(a[:, -1], rng.normal(size=5), a)


@check("Tensor.__getitem__")
def repeats(code, rng):
    """a row picked three times gets three gradients"""
    (a,) = leaves_of(code, rng, (4, 2))
    return sent_back(a[np.array([2, 0, 2, 2])], rng.normal(size=(4, 2)), a)


@check("Tensor.__getitem__")
def pairs_of_indices(code, rng):
    """one entry of each row, by two arrays of indices"""
    (a,) = leaves_of(code, rng, (3, 4))
    rows, columns = np.array([0, 1, 2, 1]), np.array([3, 0, 3, 0])
    return sent_back(a[rows, columns], rng.normal(size=4), a)


@check("Tensor.__getitem__")
def single_entries(code, rng):
    """a single entry, a row counted from the end, and entries by a mask"""
    (a,) = leaves_of(code, rng, (3, 2))
    mask = np.array([[True, False], [False, True], [True, True]])
    return (
        sent_back(a[1, 0], np.array(2.0), a),
        sent_back(a[-1], rng.normal(size=2), a),
        sent_back(a[mask], rng.normal(size=4), a),
    )


@check("Tensor.backward")
def chain(code, rng):
    """the gradient goes through several operations to every leaf"""
    a, b = leaves_of(code, rng, (2, 3), (2, 3))
    ((a + b).exp() + b).tanh().backward(rng.normal(size=(2, 3)))
    return a.grad, b.grad


@check("Tensor.backward")
def used_twice(code, rng):
    """a tensor that is used several times gets the sum"""
    (a,) = leaves_of(code, rng, 4)
    b = a.exp()
    ((b + b.tanh()).exp() + b + a).backward(np.ones(4))
    return a.grad


@check("Tensor.backward")
def once_each(code, rng):
    """each operation is asked once, however many ways lead through it"""
    (a,) = leaves_of(code, rng, 3)
    asked = []

    def twice(grad):
        asked.append(1)
        return (2 * grad,)

    b = code.operation(2 * a.data, (a,), twice)
    for _ in range(10):
        b = b + b
    b.backward(np.ones(3))
    return a.grad, len(asked)


@check("Tensor.backward")
def second_time(code, rng):
    """a second backward, of a new loss, is added to the first"""
    a, b = leaves_of(code, rng, 3, 3)
    (a + b.tanh()).exp().backward(np.ones(3))
    first = a.grad
    kept = first.copy()
    (a + b).tanh().backward(np.ones(3))
    return a.grad, first - kept, b.grad


@check("Tensor.backward")
def broadcast_leaves(code, rng):
    """a leaf that was broadcast gets a gradient of its own shape"""
    a, b, c = leaves_of(code, rng, (3, 4), (4,), ())
    (a + b + c).exp().backward(np.ones((3, 4)))
    return a.grad, b.grad, c.grad


@check("Tensor.backward")
def own_arrays(code, rng):
    """no two gradients share an array, nor one with the gradient given"""
    a, b = leaves_of(code, rng, 3, 3)
    gradient = np.ones(3)
    (a + b).backward(gradient)
    a.grad *= 10
    return a.grad, b.grad, gradient


@check("Tensor.backward")
def constants(code, rng):
    """what requires no grad gets none, and may be answered with None"""
    (a,) = leaves_of(code, rng, 3)
    constant = code.Tensor(np.arange(3.0))
    b = a.exp()
    out = code.operation(b.data, (b, constant), lambda grad: (2 * grad, None))
    (out + constant).backward(np.ones(3))
    return a.grad, constant.grad is None, b.grad is None


@check("Tensor.backward")
def one_number_needs_none(code):
    """a tensor of one number needs no gradient to start from, and float32 stays"""
    a = code.Tensor(np.array([2.0], np.float32), requires_grad=True)
    out = code.operation(a.data, (a,), lambda grad: (np.array([3.0]) * grad,))
    out.backward()
    return a.grad, str(a.grad.dtype), type(a.grad).__name__


@check("Tensor.backward", expect=raises(RuntimeError))
def only_once(code, rng):
    """a second backward through the same graph raises RuntimeError"""
    (a,) = leaves_of(code, rng, 3)
    b = a.exp()
    b.tanh().backward(np.ones(3))
    (b + 1).backward(np.ones(3))
    return a.grad


@check("Tensor.backward", expect=exactly)
def nothing_is_held(code, rng):
    """afterwards no operation holds on to its parents"""
    (a,) = leaves_of(code, rng, 3)
    b = a.exp()
    c = b + a
    c.backward(np.ones(3))
    return len(b.parents), len(c.parents)


@check("no_grad", expect=exactly)
def inside_and_after(code):
    """inside nothing is recorded, afterwards everything is"""
    a = code.Tensor(1.0, requires_grad=True)
    with code.no_grad():
        inside = (a + 1).requires_grad
    return inside, (a + 1).requires_grad


@check("no_grad", expect=exactly)
def nested(code, rng):
    """the end of an inner block does not end the outer one"""
    a, blocks, seen = code.Tensor(1.0, requires_grad=True), [], []
    with code.no_grad():
        with code.no_grad():
            pass
        inside = (a + 1).requires_grad
    after = (a + 1).requires_grad
    for deeper in rng.random(300) < 0.4:  # in and out as chance has it, out more often
        if deeper or not blocks:
            blocks.append(code.no_grad())
            blocks[-1].__enter__()
        else:
            blocks.pop().__exit__(None, None, None)
        seen.append((a + 1).requires_grad)
    return inside, after, np.array(seen)


@check("no_grad", expect=exactly)
def after_an_error(code):
    """an error in the block goes on its way, and recording is on again"""
    a = code.Tensor(1.0, requires_grad=True)
    seen = "nothing"
    try:
        with code.no_grad():
            raise KeyError("a wrong word")
    except KeyError:
        seen = "the error"
    return seen, (a + 1).requires_grad


RECURSION = """\
order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(root)
    return order"""

LEVELS = """\
order, seen, level = [], {root}, [root]
    while level:
        order.extend(level)
        level = [p for node in level for p in node.parents if p not in seen]
        level = list(dict.fromkeys(level))
        seen.update(level)
    return order[::-1]"""

ORDER = """\
order, seen, stack = [], set(), [(root, False)]
    while stack:
        node, parents_are_listed = stack.pop()
        if parents_are_listed:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((parent, False) for parent in node.parents)
    return order"""

MISTAKES = [
    Mistake(
        "each factor gets its own number as its slope, not the other's",
        in_="Value.__mul__",
        old="(other.data, self.data)",
        new="(self.data, other.data)",
    ),
    Mistake(
        "the slopes are those of a sum, 1 and 1",
        in_="Value.__mul__",
        old="(other.data, self.data)",
        new="(1.0, 1.0)",
    ),
    Mistake(
        "only the first factor is remembered as a parent",
        in_="Value.__mul__",
        old="(self, other), (other.data, self.data)",
        new="(self,), (other.data,)",
    ),
    Mistake(
        "the numbers are added instead of multiplied",
        in_="Value.__mul__",
        old="self.data * other.data",
        new="self.data + other.data",
    ),
    Mistake(
        "the product forgets its parents",
        in_="Value.__mul__",
        old="out, (self, other), (other.data, self.data)",
        new="out",
    ),
    Mistake(
        "a node is listed once for every path that leads to it",
        in_="topological_order",
        old="elif node not in seen:",
        new="else:",
    ),
    Mistake(
        "the root comes first, so that children stand before their parents",
        in_="topological_order",
        old="return order",
        new="return order[::-1]",
    ),
    Mistake(
        "the function calls itself, and a long chain is too long for that",
        in_="topological_order",
        old=ORDER,
        new=RECURSION,
    ),
    Mistake(
        "nodes are taken level by level, so that a node met early stands after its children",
        in_="topological_order",
        old=ORDER,
        new=LEVELS,
    ),
    Mistake(
        "a node is listed when it is met, before its parents are",
        in_="topological_order",
        old="            stack.append((node, True))\n",
        new="            order.append(node)\n",
    ),
    Mistake(
        "nodes without parents are left out",
        in_="topological_order",
        old="if parents_are_listed:",
        new="if parents_are_listed and not node.parents:\n"
        "            continue\n"
        "        if parents_are_listed:",
    ),
    Mistake(
        "the root itself is left out",
        in_="topological_order",
        old="return order",
        new="return order[:-1]",
    ),
    Mistake(
        "the copies are averaged instead of added",
        in_="unbroadcast",
        old="grad.sum(",
        new="grad.mean(",
    ),
    Mistake(
        "only the new axes in front are summed, not those of length 1",
        in_="unbroadcast",
        old="axis=(*range(new), *repeated)",
        new="axis=tuple(range(new))",
    ),
    Mistake(
        "only the axes of length 1 are summed, not the new ones in front",
        in_="unbroadcast",
        old="axis=(*range(new), *repeated)",
        new="axis=tuple(repeated)",
    ),
    Mistake(
        "the axes of length 1 are counted as if no axis were new",
        in_="unbroadcast",
        old="[new + i for",
        new="[i for",
    ),
    Mistake(
        "an axis of length 1 disappears when it is summed",
        in_="unbroadcast",
        old=".reshape(shape)",
        new="",
    ),
    Mistake(
        "the first copy's gradient is taken for all",
        in_="unbroadcast",
        old="grad.sum(axis=(*range(new), *repeated)).reshape(shape)",
        new="grad[tuple(0 if i < new or i in repeated else slice(None)"
        " for i in range(grad.ndim))].reshape(shape)",
    ),
    Mistake(
        "float32 is widened to float64",
        in_="unbroadcast",
        old="grad.sum(axis=(*range(new), *repeated))",
        new="grad.sum(axis=(*range(new), *repeated), dtype=float)",
    ),
    Mistake(
        "each factor's gradient is made with its own entries, not the other's",
        in_="Tensor.__mul__",
        old="left = grad * other.data if self.requires_grad else None\n"
        "            return left, grad * self.data if",
        new="left = grad * self.data if self.requires_grad else None\n"
        "            return left, grad * other.data if",
    ),
    Mistake(
        "the slope is handed back without grad, the gradient of what comes after",
        in_="Tensor.__mul__",
        old="left = grad * other.data if",
        new="left = other.data + 0 * grad if",
    ),
    Mistake(
        "only the left factor is a parent",
        in_="Tensor.__mul__",
        old="return left, grad * self.data if other.requires_grad else None\n\n"
        "        return operation(self.data * other.data, (self, other), backward)",
        new="return (left,)\n\n        return operation(self.data * other.data, (self,), backward)",
    ),
    Mistake(
        "the product is a new tensor that nothing was recorded for",
        in_="Tensor.__mul__",
        old="operation(self.data * other.data, (self, other), backward)",
        new="Tensor(self.data * other.data)",
    ),
    Mistake(
        "the two gradients are handed back in the wrong order",
        in_="Tensor.__mul__",
        old="(self, other), backward)",
        new="(other, self), backward)",
    ),
    Mistake(
        "float32 is widened to float64",
        in_="Tensor.__mul__",
        old="operation(self.data * other.data,",
        new="operation(self.data * other.data.astype(float),",
    ),
    Mistake(
        "the matrices are not transposed on the way back",
        in_="Tensor.__matmul__",
        old="A, B = self.data.swapaxes(-1, -2), other.data.swapaxes(-1, -2)",
        new="A, B = self.data, other.data",
    ),
    Mistake(
        "only the left matrix is transposed on the way back",
        in_="Tensor.__matmul__",
        old="self.data.swapaxes(-1, -2), other.data.swapaxes(-1, -2)",
        new="self.data.swapaxes(-1, -2), other.data",
    ),
    Mistake(
        "the factors of the left gradient stand in the wrong order",
        in_="Tensor.__matmul__",
        old="grad @ B if",
        new="B @ grad if",
    ),
    Mistake(
        "the factors of the right gradient stand in the wrong order",
        in_="Tensor.__matmul__",
        old="A @ grad if",
        new="grad @ A if",
    ),
    Mistake(
        "all the axes of a stack are turned round by .T, not only those of its matrices",
        in_="Tensor.__matmul__",
        old="self.data.swapaxes(-1, -2), other.data.swapaxes(-1, -2)",
        new="self.data.T, other.data.T",
    ),
    Mistake(
        "the first two axes are exchanged, which in a stack are not the matrix's",
        in_="Tensor.__matmul__",
        old="self.data.swapaxes(-1, -2), other.data.swapaxes(-1, -2)",
        new="self.data.swapaxes(0, 1), other.data.swapaxes(0, 1)",
    ),
    Mistake(
        "the product is taken entry by entry on the way back",
        in_="Tensor.__matmul__",
        old="grad @ B if",
        new="grad * B if",
    ),
    Mistake(
        "an axis that was summed away is not brought back, so grad lies along the wrong one",
        in_="Tensor.sum",
        old="np.expand_dims(grad, axis)",
        new="grad",
    ),
    Mistake(
        "grad is handed back as it is, not spread over the entries that were summed",
        in_="Tensor.sum",
        old="np.broadcast_to(grad, self.shape)",
        new="grad",
    ),
    Mistake(
        "grad is divided by the number of entries, as for a mean",
        in_="Tensor.sum",
        old="(np.broadcast_to(grad, self.shape),)",
        new="(np.broadcast_to(grad, self.shape) * (grad.size / self.data.size),)",
    ),
    Mistake(
        "every entry gets a one, whatever comes back",
        in_="Tensor.sum",
        old="np.broadcast_to(grad, self.shape)",
        new="np.ones(self.shape)",
    ),
    Mistake(
        "keepdims is not passed on",
        in_="Tensor.sum",
        old="self.data.sum(axis=axis, keepdims=keepdims)",
        new="self.data.sum(axis=axis)",
    ),
    Mistake(
        "the axis is brought back although keepdims had kept it",
        in_="Tensor.sum",
        old="if axis is not None and not keepdims:",
        new="if axis is not None:",
    ),
    Mistake(
        "the axis is always brought back in front",
        in_="Tensor.sum",
        old="np.expand_dims(grad, axis)",
        new="np.expand_dims(grad, 0)",
        lesson="In a square table the shapes fit whichever axis comes back, and with a gradient "
        "of ones the numbers fit as well. Test with a table that is not square, and a gradient "
        "whose entries differ.",
    ),
    Mistake(
        "the axis is always brought back at the end",
        in_="Tensor.sum",
        old="np.expand_dims(grad, axis)",
        new="np.expand_dims(grad, -1)",
    ),
    Mistake(
        "an entry picked several times gets only one gradient: += on an index array adds once",
        in_="Tensor.__getitem__",
        old="add_at(full, key, grad)",
        new="full[key] += grad",
        lesson="Slices and masks pick no entry twice, so the common tests pass. A table of words "
        "is asked for the same word again and again, and would learn too little from it. Test "
        "with an index that comes twice, or under two names: 3 and -1 can be the same entry.",
    ),
    Mistake(
        "grad is handed back as it is, in the shape of what was picked",
        in_="Tensor.__getitem__",
        old="return (full,)",
        new="return (grad,)",
    ),
    Mistake(
        "what was not picked keeps its data as its gradient",
        in_="Tensor.__getitem__",
        old="np.zeros_like(self.data)",
        new="np.where(np.zeros(self.shape), 0, self.data)",
    ),
    Mistake(
        "every picked entry gets a one, whatever comes back",
        in_="Tensor.__getitem__",
        old="add_at(full, key, grad)",
        new="add_at(full, key, np.ones_like(grad))",
    ),
    Mistake(
        "what was picked is a new tensor that nothing was recorded for",
        in_="Tensor.__getitem__",
        old="operation(self.data[key], (self,), backward)",
        new="Tensor(self.data[key])",
    ),
    Mistake(
        "an operation is asked for its parts more than once",
        in_="Tensor.backward",
        old="parts = node.grad_fn(grad)",
        new="parts = node.grad_fn(grad) and node.grad_fn(grad)",
    ),
    Mistake(
        "a later gradient overwrites an earlier one instead of being added",
        in_="Tensor.backward",
        old="part if known is None else known + part",
        new="part",
    ),
    Mistake(
        "a leaf's grad is overwritten by every backward",
        in_="Tensor.backward",
        old="old = 0 if node.grad is None else node.grad",
        new="old = 0",
    ),
    Mistake(
        "a leaf's old grad is changed in place, though others may hold it",
        in_="Tensor.backward",
        old="node.grad = np.asarray(grad + old)",
        new="node.grad = np.add(old, grad, out=None if node.grad is None else node.grad)",
    ),
    Mistake(
        "a leaf keeps the array it was given, which others hold too",
        in_="Tensor.backward",
        old="node.grad = np.asarray(grad + old)",
        new="node.grad = grad if node.grad is None else grad + old",
    ),
    Mistake(
        "what was broadcast is not summed",
        in_="Tensor.backward",
        old="part = unbroadcast(part, parent.shape)",
        new="part = part + 0",
    ),
    Mistake(
        "the graph is not freed, so that one can go through it twice",
        in_="Tensor.backward",
        old="            node.parents, node.grad_fn = (), USED_UP\n",
        new="",
    ),
    Mistake(
        "the parents are not let go, so that their memory stays",
        in_="Tensor.backward",
        old="node.parents, node.grad_fn = (), USED_UP",
        new="node.grad_fn = USED_UP",
    ),
    Mistake(
        "parents that require no grad are not left out",
        in_="Tensor.backward",
        old="if parent.requires_grad:",
        new="if parent is not None:",
    ),
    Mistake(
        "every tensor on the way keeps a grad, not only the leaves",
        in_="Tensor.backward",
        old="parts = node.grad_fn(grad)",
        new="node.grad = grad\n            parts = node.grad_fn(grad)",
    ),
    Mistake(
        "it goes from the leaves on, so that no gradient is there yet",
        in_="Tensor.backward",
        old="order.pop()",
        new="order.pop(0)",
    ),
    Mistake(
        "it starts with ones, whatever gradient is given",
        in_="Tensor.backward",
        old="{self: gradient}",
        new="{self: np.ones(self.shape)}",
    ),
    Mistake(
        "the gradient of a float32 tensor becomes float64",
        in_="Tensor.backward",
        old="np.asarray(grads.pop(node), node.dtype)",
        new="np.asarray(grads.pop(node))",
    ),
    Mistake(
        "nothing is switched off",
        in_="no_grad",
        old="recording.set(False)",
        new="recording.set(True)",
    ),
    Mistake(
        "it is switched on at the end, even if an outer block had switched it off",
        in_="no_grad",
        old="recording.set(before)",
        new="recording.set(True)",
    ),
    Mistake(
        "after an error it stays switched off: nothing stands under finally",
        in_="no_grad",
        old="try:\n        yield\n    finally:\n        recording.set(before)",
        new="yield\n    recording.set(before)",
    ),
    Mistake(
        "an error in the block is swallowed",
        in_="no_grad",
        old="    finally:",
        new="    except Exception:\n        pass\n    finally:",
    ),
    Mistake(
        "it is never switched on again",
        in_="no_grad",
        old="recording.set(before)",
        new="pass",
    ),
]


def slope_of_picked(code, rows):
    """Return the gradient of four zeros after some rows were picked and added up."""
    x = code.Tensor(np.zeros(4), requires_grad=True)
    x[rows].sum().backward()
    return x.grad


def slope_of_sums(code, x, axis, gradient):
    """Return the gradient of a table after its sums along an axis got one."""
    x = code.Tensor(x, requires_grad=True)
    x.sum(axis).backward(gradient)
    return x.grad


EXPLAIN = [
    Explain(
        "picked",
        why="an entry picked several times gets only one gradient: += on an index array adds once",
        causes={
            "what was not picked should get a gradient as well": "What was not picked has no part "
            "in what follows, so its slope is zero.",
            "the gradient comes back in the shape of what was picked": "full has the shape of the "
            "whole tensor, and full is what comes back.",
            "every picked entry gets a one, whatever comes back": "It is grad that is added, and "
            "grad can be anything.",
        },
        takes="`rows` are the places that are picked, from 0 to 3; out comes the gradient of `x`, "
        "four zeros, after `x[rows].sum().backward()`.",
        call=slope_of_picked,
        example={"rows": [0, 2, 3]},
        witness={"rows": [1, 1]},
    ),
    Explain(
        "axis",
        why="the axis is always brought back in front",
        causes={
            "the axis is brought back although keepdims had kept it": "The condition asks for "
            "that: with keepdims nothing is brought back.",
            "the gradient is divided by the number of entries, as for a mean": "Nothing is divided "
            "here: broadcast_to copies.",
            "everything is added up, whatever axis says": "axis is handed on to the sum of the "
            "array, in the last line but one.",
        },
        takes="`x` is a table, `axis` 0 or 1, `gradient` what comes back to the sums; out comes "
        "the gradient of `x` after `x.sum(axis).backward(gradient)`.",
        call=slope_of_sums,
        example={"x": [[0.0, 0.0], [0.0, 0.0]], "axis": 0, "gradient": [1.0, 1.0]},
        witness={"x": [[0.0, 0.0], [0.0, 0.0]], "axis": 1, "gradient": [1.0, 2.0]},
    ),
]

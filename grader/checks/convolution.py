"""Checks for convolution."""

import numpy as np

from grader import Explain, Mistake, check, close, exactly


def images(rng, *shape):
    """Return random images (B, H, W, C)."""
    return rng.normal(size=shape)


@check("tap", expect=exactly)
def every_weight(code, rng):
    """weight i, j meets the pixels from row i and column j on"""
    x = images(rng, 2, 6, 8, 3)
    return [code.tap(x, i, j, (4, 5)) for i, j in ((0, 0), (0, 3), (2, 1), (2, 3))]


@check("tap", expect=exactly)
def every_second_place(code, rng):
    """with a stride, rows and columns are left out between the places"""
    x = images(rng, 2, 9, 10, 2)
    return [
        code.tap(x, i, j, (3, 4), stride) for i, j, stride in ((1, 0, 2), (2, 3, 2), (0, 2, 2))
    ], code.tap(x, 2, 1, (2, 3), 3)


@check("tap", expect=exactly)
def at_the_border(code, rng):
    """where the images end right after the last pixel that is met"""
    x = images(rng, 1, 5, 7, 1)
    return code.tap(x, 0, 2, (3, 3), 2), code.tap(x, 2, 0, (2, 3), 2), code.tap(x, 4, 6, (1, 1), 3)


@check("tap", expect=exactly)
def it_is_a_view(code):
    """what is written into the view stands in the images"""
    x = np.zeros((2, 5, 6, 2), np.float32)
    for i, j in ((1, 2), (0, 1)):
        view = code.tap(x, i, j, (2, 2), 2)
        view += 1 + i
    return x, str(view.dtype)


@check("im2col", expect=exactly)
def patches_in_order(code, rng):
    """each place has its patch, row by row, the channels of a pixel together"""
    return code.im2col(images(rng, 2, 5, 6, 3), 3), code.im2col(images(rng, 1, 3, 5, 2), 2)


@check("im2col", expect=exactly)
def stride_and_border(code, rng):
    """with a stride, and with a border of zeros on all four sides"""
    x = images(rng, 2, 7, 6, 2)
    return [code.im2col(x, *rest) for rest in ((3, 2, 1), (3, 1, 2), (2, 3, 1), (5, 2, 2))]


@check("im2col", expect=exactly)
def one_place(code, rng):
    """a kernel as large as the image has one place, a kernel of 1 by 1 has every pixel"""
    x = images(rng, 3, 4, 4, 1)
    return code.im2col(x, 4), code.im2col(x, 1), code.im2col(x, 1, 2)


@check("im2col", expect=exactly)
def columns_of_their_own(code, rng):
    """the columns are a new array, and float32 stays float32"""
    x = images(rng, 2, 3, 3, 2).astype(np.float32)
    columns, pixels = code.im2col(x, 2, 1, 1), code.im2col(x, 1)
    return columns, str(columns.dtype), np.shares_memory(pixels, x)


@check("im2col", expect=exactly)
def columns_that_last(code, rng):
    """a second call leaves alone what the first one gave"""
    return [code.im2col(images(rng, 2, 4, 5, 2), 3, 1, 1) for _ in range(2)]


@check("col2im")
def overlaps_add_up(code, rng):
    """a pixel that lies in several patches gets the sum"""
    columns = rng.normal(size=(2, 3, 4, 18))
    return code.col2im(columns, (2, 5, 6, 2), 3), code.col2im(
        np.ones((1, 3, 3, 4)), (1, 4, 4, 1), 2
    )


@check("col2im")
def border_taken_away(code, rng):
    """with a stride and a border, of which nothing comes back"""
    cases = ((2, 7, 6, 2), 3, 2, 1), ((2, 7, 6, 2), 5, 2, 2), ((2, 3, 4, 2), 3, 1, 2)
    sizes = (4, 3), (4, 3), (5, 6)
    return [
        code.col2im(rng.normal(size=(2, *size, K * K * 2)), shape, K, stride, padding)
        for (shape, K, stride, padding), size in zip(cases, sizes, strict=True)
    ]


@check("col2im")
def pixels_between(code, rng):
    """pixels that lie in no patch get zero, also at the end"""
    return (
        code.col2im(rng.normal(size=(2, 2, 3, 4)), (2, 6, 9, 1), 2, 3),
        code.col2im(rng.normal(size=(1, 2, 2, 3)), (1, 4, 5, 3), 1, 3),
    )


@check("col2im")
def single_precision_images(code, rng):
    """float32 stays float32"""
    columns = rng.integers(9, size=(1, 2, 2, 8)).astype(np.float32)
    x = code.col2im(columns, (1, 3, 3, 2), 2)
    return x, str(x.dtype)


@check("col2im")
def images_that_last(code, rng):
    """a second call begins anew, and leaves alone what the first one gave"""
    return [code.col2im(rng.normal(size=(2, 3, 4, 18)), (2, 5, 6, 2), 3) for _ in range(2)]


OTHERS = {
    "convolve_im2col": ["convolve_taps", "convolve", "convolve_loops"],
    "convolve_taps": ["convolve_im2col", "convolve", "convolve_loops", "im2col", "patches"],
}


def closed(*args):
    """Stand where the other way of convolving stood."""
    raise RuntimeError("this way is to do without the other one")


def alone(code, way):
    """Return one way of convolving, which cannot call on the other."""
    for name in OTHERS[way]:
        setattr(code, name, closed)
    return getattr(code, way)


def answers(code, way, rng, shape, K, m, stride=1, padding=0):
    """Return what a convolution gives out, and what goes back to its three parts."""
    sizes = shape, (K, K, shape[3], m), (m,)
    x, kernel, bias = (code.Parameter(rng.normal(size=size)) for size in sizes)
    out = alone(code, way)(x, kernel, bias, stride, padding)
    out.backward(rng.normal(size=out.shape))
    return out.data, x.grad, kernel.grad, bias.grad


def one_kernel_twice(code, way, rng):
    """Return what goes back from the sum of two convolutions with one kernel.

    Both are done before the first goes back; one array is the gradient of both.
    """
    sizes = (2, 4, 5, 3), (2, 4, 5, 3), (3, 3, 3, 2), (2,)
    x, other, kernel, bias = (code.Parameter(rng.normal(size=size)) for size in sizes)
    convolve = alone(code, way)
    outs = [convolve(part, kernel, bias, 1, 1) for part in (x, other)]
    total = outs[0] + outs[1]
    total.backward(rng.normal(size=total.shape))
    return [out.data for out in outs], x.grad, other.grad, kernel.grad, bias.grad


def beside_an_array(code, way, rng):
    """Convolve plain images in float32 with a kernel of ones that need no gradient."""
    kernel = code.Parameter(rng.integers(-3, 4, size=(3, 3, 1, 2)).astype(np.float32))
    bias = code.Parameter(rng.integers(-3, 4, size=2).astype(np.float32))
    x = rng.integers(5, size=(2, 4, 5, 1))
    out = alone(code, way)(x, kernel, bias, 1, 1)
    out.backward(rng.integers(-3, 4, size=out.shape))
    arrays = out.data, kernel.grad, bias.grad
    return *arrays, [str(array.dtype) for array in arrays]


@check("convolve_im2col")
def by_one_product(code, rng):
    """every place, every channel, and the gradients of images, kernel and bias"""
    return answers(code, "convolve_im2col", rng, (2, 5, 6, 3), 3, 4, 1, 1)


@check("convolve_im2col")
def by_one_product_strided(code, rng):
    """with a stride and a border, and with a stride alone"""
    return (
        answers(code, "convolve_im2col", rng, (2, 7, 6, 2), 3, 3, 2, 2),
        answers(code, "convolve_im2col", rng, (1, 5, 8, 2), 2, 2, 3),
    )


@check("convolve_im2col")
def by_one_product_small(code, rng):
    """one pixel, one channel, a kernel of 1 by 1"""
    return (
        answers(code, "convolve_im2col", rng, (1, 1, 1, 1), 1, 1),
        answers(code, "convolve_im2col", rng, (2, 3, 3, 2), 1, 3),
    )


@check("convolve_im2col")
def by_one_product_array(code, rng):
    """images may be a plain array, and float32 stays float32"""
    return beside_an_array(code, "convolve_im2col", rng)


@check("convolve_im2col")
def by_one_product_twice(code, rng):
    """one kernel for two pictures, whose answers are added up"""
    return one_kernel_twice(code, "convolve_im2col", rng)


@check("convolve_taps")
def by_taps(code, rng):
    """every place, every channel, and the gradients of images, kernel and bias"""
    return answers(code, "convolve_taps", rng, (2, 5, 6, 3), 3, 4, 1, 1)


@check("convolve_taps")
def by_taps_as_many(code, rng):
    """as many channels out as in, where a missing transpose does not show in the shape"""
    return answers(code, "convolve_taps", rng, (2, 4, 5, 3), 2, 3)


@check("convolve_taps")
def by_taps_strided(code, rng):
    """with a stride and a border, and with a stride alone"""
    return (
        answers(code, "convolve_taps", rng, (2, 7, 6, 2), 3, 3, 2, 2),
        answers(code, "convolve_taps", rng, (1, 5, 8, 2), 2, 2, 3),
    )


@check("convolve_taps")
def by_taps_array(code, rng):
    """images may be a plain array, and float32 stays float32"""
    return beside_an_array(code, "convolve_taps", rng)


@check("convolve_taps")
def by_taps_small(code, rng):
    """one pixel, one channel, a kernel of 1 by 1"""
    return (
        answers(code, "convolve_taps", rng, (1, 1, 1, 1), 1, 1),
        answers(code, "convolve_taps", rng, (2, 3, 3, 2), 1, 3),
    )


@check("convolve_taps")
def by_taps_twice(code, rng):
    """one kernel for two pictures, whose answers are added up"""
    return one_kernel_twice(code, "convolve_taps", rng)


def pooled(code, x, rng, K=2):
    """Return the largest values and the gradient that goes back to x."""
    kept, x = x.copy(), code.Parameter(x)
    out = code.max_pool(x, K)
    largest = out.data.copy()
    out.backward(rng.normal(size=out.shape))
    return largest, x.grad, x.data - kept


@check("max_pool", expect=exactly)
def largest_of_four(code, rng):
    """the largest of every four, and its gradient goes where it was"""
    return pooled(code, images(rng, 2, 4, 6, 3), rng)


@check("max_pool", expect=exactly)
def all_negative(code, rng):
    """also where every value is negative"""
    return pooled(code, -1 - rng.random((2, 4, 4, 2)), rng)


@check("max_pool", expect=exactly)
def first_of_equals(code, rng):
    """of equal values the first, row by row, gets all of the gradient"""
    x = rng.integers(2, size=(2, 6, 6, 2)).astype(float)
    x[0, :2, :2] = 0.0
    x[1, :3, :3, 0] = [[0, 0, 1], [1, 0, 0], [1, 1, 0]]
    return pooled(code, x, rng), pooled(code, x, rng, 3)


@check("max_pool", expect=exactly)
def larger_windows(code, rng):
    """windows of 3 by 3; what fills no window is left out and gets zero"""
    return pooled(code, images(rng, 2, 7, 8, 2), rng, 3), pooled(code, images(rng, 1, 5, 4, 1), rng)


@check("max_pool", expect=exactly)
def windows_of_one(code, rng):
    """windows of one pixel change nothing, and float32 stays float32"""
    x = code.Parameter(rng.integers(9, size=(1, 2, 3, 2)).astype(np.float32))
    out = code.max_pool(x, 1)
    out.backward(np.ones(out.shape))
    x.data += 1  # out has its own memory
    return out.data, x.grad, str(out.dtype)


@check("max_pool", expect=exactly)
def pools_added_up(code, rng):
    """two calls stand beside each other, and share the gradient of their sum"""
    found = []
    for first in (0, 1):
        x = code.Parameter(images(rng, 2, 4, 6, 2))
        outs = code.max_pool(x * -1.0, 2), code.max_pool(x, 2)
        total = outs[first] + outs[1 - first]
        total.backward(rng.integers(-9, 10, size=total.shape))
        found += [x.grad, *(out.data for out in outs)]
    return found


def normed(code, rng, *batches):
    """Return a norm that has seen some batches, and its last answer and gradient."""
    norm = code.BatchNorm2d(batches[0].shape[3])
    for array in (norm.weight, norm.bias):
        array.data = rng.normal(size=array.shape)
    for batch in batches:
        x = code.Parameter(batch)
        out = norm(x)
    out.backward(rng.normal(size=out.shape))
    return norm, (out.data, x.grad, norm.weight.grad, norm.bias.grad)


@check("BatchNorm2d.forward", expect=close(1e-5, 1e-7))
def a_mean_for_each_channel(code, rng):
    """each channel is normalised over all pixels of all images"""
    return normed(code, rng, 3 + 2 * images(rng, 3, 4, 5, 2))[1]


@check("BatchNorm2d.forward", expect=close(1e-5, 1e-7))
def what_it_remembers(code, rng):
    """the running moments, and what eval() answers by them, image by image"""
    norm, _ = normed(code, rng, 3 + images(rng, 4, 3, 3, 2), 5 * images(rng, 3, 4, 2, 2))
    seen = norm.running_mean.copy(), norm.running_variance.copy()
    norm.eval()
    x = images(rng, 2, 3, 5, 2)
    return *seen, norm(x).data, norm(x[:1]).data


@check("BatchNorm2d.forward", expect=close(1e-5, 1e-7))
def one_image_alone(code, rng):
    """one image is batch enough, and one channel"""
    return normed(code, rng, images(rng, 1, 5, 4, 1))[1], normed(
        code, rng, images(rng, 1, 2, 2, 3)
    )[1]


def lenet(code, rng, k=10, **settings):
    """Return a LeNet in float64 whose every weight and running moment is drawn here."""
    model = code.LeNet(k, np.random.default_rng(0), **settings)
    for p in model.parameters():
        fan_in = np.prod(p.shape[:-1]) if p.ndim > 1 else 4
        p.data = rng.normal(size=p.shape) * (2 / fan_in) ** 0.5
    for norm in (model.norm1, model.norm2):
        norm.running_mean = rng.normal(size=norm.running_mean.shape)
        norm.running_variance = 0.5 + rng.random(norm.running_mean.shape)
    return model


@check("LeNet.forward", expect=close(1e-5, 1e-7))
def scores(code, rng):
    """the scores of two images, by the running moments"""
    return lenet(code, rng).eval()(rng.random((2, 28, 28, 1))).data


@check("LeNet.forward", expect=close(1e-5, 1e-7))
def scores_in_training(code, rng):
    """in training: the scores, and the gradient of every weight and of the images"""
    model = lenet(code, rng, channels=(2, 3))
    x = code.Parameter(rng.random((3, 28, 28, 1)))
    z = model(x)
    z.backward(rng.normal(size=z.shape))
    return z.data, [p.grad for p in model.parameters()], x.grad


@check("LeNet.forward", expect=close(1e-5, 1e-7))
def other_settings(code, rng):
    """one image, three colours, four classes"""
    model = lenet(code, rng, 4, C=3, channels=(2, 3)).eval()
    return model(rng.random((1, 28, 28, 3))).data


@check("augment", expect=exactly)
def each_its_own_way(code, rng):
    """image b moves by shifts[b], down and right"""
    return code.augment(images(rng, 12, 6, 7, 2), np.random.default_rng(rng.integers(99)))


@check("augment", expect=exactly)
def zeros_come_in(code, rng):
    """zeros come in where nothing was, also when an image leaves altogether"""
    x = np.ones((20, 3, 4, 1))
    return [code.augment(x, np.random.default_rng(rng.integers(99)), most) for most in (1, 3, 5)]


@check("augment", expect=exactly)
def not_at_all(code, rng):
    """most=0 moves nothing, and hands back new images"""
    x = images(rng, 3, 4, 4, 2)
    out = code.augment(x, np.random.default_rng(0), 0)
    out += 1
    return out, x


@check("augment", expect=exactly)
def bytes_stay_bytes(code, rng):
    """bytes stay bytes, and the images that were given stay as they are"""
    x = rng.integers(1, 256, size=(8, 5, 4, 1)).astype(np.uint8)
    kept = x.copy()
    out = code.augment(x, np.random.default_rng(rng.integers(99)), 1)
    return out, str(out.dtype), (x == kept).all()


POOL = """\
out = tap(x.data, 0, 0, size, K).copy()
    for i, j in taps:
        np.maximum(out, tap(x.data, i, j, size, K), out=out)
"""

NORM = """\
rows = x.reshape(-1, x.shape[-1])  # (B H W, C)
        return super().forward(rows).reshape(*x.shape)"""

OVER = """\
h = x - x.mean({axes}, keepdims=True)
        variance = (h * h).mean({axes}, keepdims=True)
        return h * (variance + self.epsilon) ** -0.5 * self.weight + self.bias"""

TURNED = """\
columns = np.empty((K, K, B, *size, C), x.dtype)
    for i in range(K):
        for j in range(K):
            columns[i, j] = tap(x, i, j, size, stride)
"""

SHIFTED = """\
rows = most - shifts[:, :1] + np.arange(H)  # (B, H)
    columns = most - shifts[:, 1:] + np.arange(W)  # (B, W)
"""

MISTAKES = [
    Mistake(
        "i and j are exchanged: i is the row",
        in_="tap",
        old="x[:, i : i + stride * h : stride, j : j + stride * w : stride]",
        new="x[:, j : j + stride * h : stride, i : i + stride * w : stride]",
    ),
    Mistake(
        "the stride is forgotten",
        in_="tap",
        old="x[:, i : i + stride * h : stride, j : j + stride * w : stride]",
        new="x[:, i : i + h, j : j + w]",
    ),
    Mistake(
        "the stride is a step of the slice, but its end counts pixels one by one",
        in_="tap",
        old="x[:, i : i + stride * h : stride, j : j + stride * w : stride]",
        new="x[:, i : i + h : stride, j : j + w : stride]",
    ),
    Mistake(
        "i and j are multiplied by the stride: it is the places that are strides apart",
        in_="tap",
        old="x[:, i : i + stride * h : stride, j : j + stride * w : stride]",
        new="x[:, i * stride : (i + h) * stride : stride, j * stride : (j + w) * stride : stride]",
    ),
    Mistake(
        "the end of the slice is not counted from i and j",
        in_="tap",
        old="x[:, i : i + stride * h : stride, j : j + stride * w : stride]",
        new="x[:, i : stride * h : stride, j : stride * w : stride]",
    ),
    Mistake(
        "it is a copy, and what is written into it is lost",
        in_="tap",
        old="j : j + stride * w : stride]",
        new="j : j + stride * w : stride].copy()",
    ),
    Mistake(
        "the border is put on two sides only",
        in_="im2col",
        old="padded(x, padding)",
        new="np.pad(x, ((0, 0), (0, 2 * padding), (0, 2 * padding), (0, 0)))",
    ),
    Mistake(
        "the border is forgotten",
        in_="im2col",
        old="padded(x, padding)",
        new="x.copy()",
    ),
    Mistake(
        "the channels come first in each row, not last",
        in_="im2col",
        old="return columns.reshape(",
        new="return columns.transpose(0, 1, 2, 5, 3, 4).reshape(",
    ),
    Mistake(
        "rows and columns of the kernel are exchanged",
        in_="im2col",
        old="tap(x, i, j, size, stride)",
        new="tap(x, j, i, size, stride)",
    ),
    Mistake(
        "the taps lie one after the other, and a reshape without a transpose mixes the places",
        in_="im2col",
        old="""\
columns = np.empty((B, *size, K, K, C), x.dtype)
    for i in range(K):
        for j in range(K):
            columns[:, :, :, i, j] = tap(x, i, j, size, stride)
""",
        new=TURNED,
    ),
    Mistake(
        "the taps are taken without the stride",
        in_="im2col",
        old="tap(x, i, j, size, stride)",
        new="tap(x, i, j, size)",
    ),
    Mistake(
        "the columns lie in one array for all calls, which the next one overwrites",
        in_="im2col",
        old="columns = np.empty((B, *size, K, K, C), x.dtype)",
        new="columns = np.empty((B, *size, K, K, C), x.dtype)\n"
        "    columns = vars(im2col).setdefault(f'{columns.dtype}{columns.shape}', columns)",
    ),
    Mistake(
        "float32 is widened to float64",
        in_="im2col",
        old="np.empty((B, *size, K, K, C), x.dtype)",
        new="np.empty((B, *size, K, K, C))",
    ),
    Mistake(
        "a later patch overwrites what an earlier one has brought",
        in_="col2im",
        old="view += columns[:, :, :, i, j]",
        new="view[...] = columns[:, :, :, i, j]",
        lesson="im2col copies a pixel into every patch it lies in, and the gradient of a copy is "
        "a sum. As long as the patches do not overlap nothing shows; with a stride smaller than "
        "the kernel almost every pixel has several.",
    ),
    Mistake(
        "the border is cut off at the end only",
        in_="col2im",
        old="inner(x, padding)",
        new="x[:, : shape[1], : shape[2]]",
    ),
    Mistake(
        "the columns are read with the channels first",
        in_="col2im",
        old="columns = columns.reshape(B, *size, K, K, C)",
        new="columns = columns.reshape(B, *size, C, K, K).transpose(0, 1, 2, 4, 5, 3)",
    ),
    Mistake(
        "rows and columns of the kernel are exchanged",
        in_="col2im",
        old="tap(x, i, j, size, stride)",
        new="tap(x, j, i, size, stride)",
    ),
    Mistake(
        "the taps are taken without the stride",
        in_="col2im",
        old="tap(x, i, j, size, stride)",
        new="tap(x, i, j, size)",
    ),
    Mistake(
        "the images lie in one array for all calls: the next one adds onto what is there",
        in_="col2im",
        old="x = padded(np.zeros(shape, columns.dtype), padding)",
        new="x = padded(np.zeros(shape, columns.dtype), padding)\n"
        "    x = vars(col2im).setdefault(f'{x.dtype}{x.shape}', x)",
    ),
    Mistake(
        "float32 is widened to float64",
        in_="col2im",
        old="np.zeros(shape, columns.dtype)",
        new="np.zeros(shape)",
    ),
    Mistake(
        "the kernel is turned round, as mathematics convolves: this is called a cross-correlation "
        "there",
        in_="convolve_im2col",
        old="kernel.reshape(",
        new="kernel[::-1, ::-1].reshape(",
    ),
    Mistake(
        "the kernel is reshaped to (m, K * K * C) and turned: that mixes its axes",
        in_="convolve_im2col",
        old="kernel.reshape(-1, kernel.shape[3])",
        new="kernel.reshape(kernel.shape[3], -1).swapaxes(0, 1)",
    ),
    Mistake(
        "rows and columns of the kernel are exchanged",
        in_="convolve_im2col",
        old="kernel.reshape(",
        new="kernel.swapaxes(0, 1).reshape(",
    ),
    Mistake(
        "stride and padding are not handed on",
        in_="convolve_im2col",
        old="patches(x, K, stride, padding)",
        new="patches(x, K)",
    ),
    Mistake(
        "the bias is left out",
        in_="convolve_im2col",
        old="W, bias)",
        new="W, bias * 0.0)",
    ),
    Mistake(
        "the images are cut off from the record, so that no gradient reaches them",
        in_="convolve_im2col",
        old="patches(x, K,",
        new="patches(x.detach(), K,",
    ),
    Mistake(
        "the kernel is cut off from the record, so that no gradient reaches it",
        in_="convolve_im2col",
        old="kernel.reshape(",
        new="kernel.detach().reshape(",
    ),
    Mistake(
        "the kernel is turned round, as mathematics convolves: this is called a cross-correlation "
        "there",
        in_="convolve_taps",
        old="(rows @ kernel.data[i, j])",
        new="(rows @ kernel.data[K - 1 - i, K - 1 - j])",
    ),
    Mistake(
        "a later tap overwrites the gradient that an earlier one has brought",
        in_="convolve_taps",
        old="view += (grads @ kernel.data[i, j].T).reshape(view.shape)",
        new="view[...] = (grads @ kernel.data[i, j].T).reshape(view.shape)",
    ),
    Mistake(
        "the kernel is not transposed on the way back",
        in_="convolve_taps",
        old="kernel.data[i, j].T)",
        new="kernel.data[i, j])",
    ),
    Mistake(
        "the kernel's gradient is a mean over the places, not their sum",
        in_="convolve_taps",
        old=".T @ grads\n",
        new=".T @ grads / len(grads)\n",
    ),
    Mistake(
        "the bias gets the mean of the gradients, not their sum",
        in_="convolve_taps",
        old="np.ones(len(grads), grads.dtype) @ grads",
        new="grads.mean(axis=0)",
    ),
    Mistake(
        "the border is cut off at the end only",
        in_="convolve_taps",
        old="inner(to_wide, padding)",
        new="to_wide[:, : x.shape[1], : x.shape[2]]",
    ),
    Mistake(
        "the stride is forgotten on the way back to the images",
        in_="convolve_taps",
        old="view = tap(to_wide, i, j, size, stride)",
        new="view = tap(to_wide, i, j, size)",
    ),
    Mistake(
        "the gradient that came in is written over: another operation may share it",
        in_="convolve_taps",
        old="to_x = inner(to_wide, padding) if x.requires_grad else None",
        new="to_x = inner(to_wide, padding) if x.requires_grad else None\n"
        "        to_bias = np.ones(len(grads), grads.dtype) @ grads\n"
        "        grad *= 0\n"
        "        return to_x, to_kernel, to_bias",
    ),
    Mistake(
        "the kernel's gradient lies in one array for all calls, which the next one overwrites",
        in_="convolve_taps",
        old="np.zeros_like(wide), np.empty_like(kernel.data)",
        new="np.zeros_like(wide), vars(convolve_taps).setdefault(\n"
        "            kernel.data.dtype.str + str(kernel.shape), np.empty_like(kernel.data)\n"
        "        )",
    ),
    Mistake(
        "float32 is widened to float64",
        in_="convolve_taps",
        old="out += (rows @ kernel.data[i, j])",
        new="out = out + (rows.astype(float) @ kernel.data[i, j])",
    ),
    Mistake(
        "all that are equal to the largest get the gradient, not one of them",
        in_="max_pool",
        old="is_open & (tap(x.data, i, j, size, K) == out)",
        new="tap(x.data, i, j, size, K) == out",
        lesson="A window hands on one value, so one pixel gets its gradient. Two equal floats "
        "seem unlikely, and random inputs do not show it; but behind a relu whole windows are "
        "zero, and on a white page all pixels are the same.",
    ),
    Mistake(
        "the gradient that came in is written over: another operation may share it",
        in_="max_pool",
        old="is_open ^= here",
        new="is_open ^= here\n            grad[here] = 0",
    ),
    Mistake(
        "every pixel of a window gets the gradient",
        in_="max_pool",
        old="is_open & (tap(x.data, i, j, size, K) == out)",
        new="np.ones(out.shape, bool)",
    ),
    Mistake(
        "the gradient is shared out over the window, as for a mean",
        in_="max_pool",
        old="is_open & (tap(x.data, i, j, size, K) == out)",
        new="np.full(out.shape, K**-2.0, x.dtype)",
    ),
    Mistake(
        "it begins with zeros, so that no negative value can be the largest",
        in_="max_pool",
        old="out = tap(x.data, 0, 0, size, K).copy()\n    for i, j in taps:",
        new="out = np.zeros_like(tap(x.data, 0, 0, size, K))\n    for i, j in taps:",
    ),
    Mistake(
        "out shares its memory with the images: a view was not copied",
        in_="max_pool",
        old="size, K).copy()",
        new="size, K)",
    ),
    Mistake(
        "the windows overlap: they are one pixel apart",
        in_="max_pool",
        old=POOL,
        new=POOL.replace("size, K)", "size)"),
    ),
    Mistake(
        "of equal values the last one gets the gradient",
        in_="max_pool",
        old="for i, j in taps:\n            here",
        new="for i, j in taps[::-1]:\n            here",
    ),
    Mistake(
        "the mean is handed on in place of the largest",
        in_="max_pool",
        old="np.maximum(out, tap(x.data, i, j, size, K), out=out)\n",
        new="out += tap(x.data, i, j, size, K)\n"
        "    out = (out - tap(x.data, 0, 0, size, K)) / K**2\n",
    ),
    Mistake(
        "a reshape takes the first axis for the channels, and mixes them with pixels",
        in_="BatchNorm2d.forward",
        old="x.reshape(-1, x.shape[-1])",
        new="x.reshape(x.shape[-1], -1).swapaxes(0, 1)",
    ),
    Mistake(
        "each image is normalised by itself",
        in_="BatchNorm2d.forward",
        old=NORM,
        new=OVER.format(axes="(1, 2)"),
    ),
    Mistake(
        "every pixel has a mean of its own over the images",
        in_="BatchNorm2d.forward",
        old=NORM,
        new=OVER.format(axes="0"),
    ),
    Mistake(
        "a batch is always normalised by its own moments, which nobody remembers",
        in_="BatchNorm2d.forward",
        old=NORM,
        new=OVER.format(axes="(0, 1, 2)"),
    ),
    Mistake(
        "the images are cut off from the record, so that no gradient reaches them",
        in_="LeNet.forward",
        old="self.conv1(x)",
        new="self.conv1(x.detach())",
    ),
    Mistake(
        "the first linear layer has no relu, so that two layers are one",
        in_="LeNet.forward",
        old="self.dense2(self.dense1(x).relu())",
        new="self.dense2(self.dense1(x))",
    ),
    Mistake(
        "the scores go through a relu, so that none is negative",
        in_="LeNet.forward",
        old="self.dense3(x)",
        new="self.dense3(x).relu()",
    ),
    Mistake(
        "the channels are laid out first, as in libraries that keep images so",
        in_="LeNet.forward",
        old="x.reshape(len(x.data), -1)",
        new="x.swapaxes(2, 3).swapaxes(1, 2).reshape(len(x.data), -1)",
    ),
    Mistake(
        "norm comes before pool",
        in_="LeNet.forward",
        old="self.norm1(self.pool(self.conv1(x)))",
        new="self.pool(self.norm1(self.conv1(x)))",
    ),
    Mistake(
        "relu comes before norm",
        in_="LeNet.forward",
        old="self.norm2(self.pool(self.conv2(x))).relu()",
        new="self.norm2(self.pool(self.conv2(x)).relu())",
    ),
    Mistake(
        "batch norm is left out",
        in_="LeNet.forward",
        old="self.norm1(self.pool(self.conv1(x))).relu()",
        new="self.pool(self.conv1(x)).relu()",
    ),
    Mistake(
        "all images are shifted the same way",
        in_="augment",
        old="rows = most",
        new="shifts = shifts[:1].repeat(B, axis=0)\n    rows = most",
    ),
    Mistake(
        "what leaves on one side comes in on the other",
        in_="augment",
        old="padded(x, most)",
        new='np.pad(x, ((0, 0), (most, most), (most, most), (0, 0)), "wrap")',
    ),
    Mistake(
        "the pixels of the edge are repeated where zeros should come in",
        in_="augment",
        old="padded(x, most)",
        new='np.pad(x, ((0, 0), (most, most), (most, most), (0, 0)), "edge")',
    ),
    Mistake(
        "the images move up and left: a window that moves down shows a picture moved up",
        in_="augment",
        old=SHIFTED,
        new=SHIFTED.replace("most - ", "most + "),
    ),
    Mistake(
        "down and right are exchanged",
        in_="augment",
        old=SHIFTED,
        new="""\
rows = most - shifts[:, 1:] + np.arange(H)
    columns = most - shifts[:, :1] + np.arange(W)
""",
    ),
    Mistake(
        "with most=0 the images themselves are handed back",
        in_="augment",
        old="rows = most",
        new="if not most:\n        return x\n    rows = most",
    ),
    Mistake(
        "the images that were given are overwritten",
        in_="augment",
        old="return wide[images, rows[:, :, None], columns[:, None, :]]",
        new="x[...] = wide[images, rows[:, :, None], columns[:, None, :]]\n    return x",
    ),
    Mistake(
        "bytes become floats",
        in_="augment",
        old="padded(x, most)",
        new="padded(x * 1.0, most)",
    ),
]


def counted(code, columns, stride):
    """Return what comes back to one image of 4 by 4 from patches of 2 by 2."""
    n = len(range(0, 3, int(stride)))
    columns = np.asarray(columns, float)[None, :n, :n]
    return code.col2im(columns, (1, 4, 4, 1), 2, int(stride))[0, :, :, 0]


def slope_of_pool(code, x):
    """Return what comes back to one small image when its largest values are added up."""
    x = code.Parameter(np.asarray(x, float)[None, :, :, None])
    code.max_pool(x, 2).sum().backward()
    return x.grad[0, :, :, 0]


PATCHES = [[[1.0, 2.0, 3.0, 4.0]] * 3] * 3

EXPLAIN = [
    Explain(
        "overlap",
        why="a later patch overwrites what an earlier one has brought",
        causes={
            "the border is cut off at the end only": "inner, which is given, takes the border "
            "away at both ends.",
            "the kernel's rows and columns are exchanged": "The tap is asked for with i, j, and "
            "the columns are read at i, j.",
            "pixels that lie in no patch are never set": "x begins as zeros, and zero is right "
            "for them.",
        },
        takes="`columns` are 3 by 3 patches of 2 by 2 pixels, each a row of four numbers, and "
        "`stride` is 1, or 2, when only the first two by two of them are used; out comes "
        "`col2im` for one image of 4 by 4 pixels.",
        call=counted,
        example={"columns": PATCHES, "stride": 2},
        witness={"columns": PATCHES, "stride": 1},
    ),
    Explain(
        "equals",
        why="all that are equal to the largest get the gradient, not one of them",
        causes={
            "the windows overlap, so that a pixel is asked twice": "The taps are K pixels apart, "
            "and so are the windows.",
            "the gradient goes to the smallest value": "What is compared with is out, and out "
            "holds the largest.",
            "rows and columns that fill no window get a gradient": "to_x begins as zeros, and no "
            "tap reaches there.",
        },
        takes="`x` is an image, a table of at least two rows and columns; out comes the gradient "
        "of `x` after `max_pool(x, 2).sum().backward()`.",
        call=slope_of_pool,
        example={"x": [[1.0, 2.0], [3.0, 4.0]]},
        witness={"x": [[1.0, 4.0], [3.0, 4.0]]},
    ),
]

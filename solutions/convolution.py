"""Convolution: one small set of weights looks at every place of an image.

Throughout: B images of H by W pixels, C channels in, m channels out.
    x (B, H, W, C)            images; the channels of a pixel stand together
    kernel (K, K, C, m), bias (m,)  what is learned
    size (h, w)               places where the kernel fits
    out (B, h, w, m)          what it answers at each
    i, j                      row and column in the kernel: one of its taps
    d = K * K * C             numbers below the kernel at one place

Sources: LeCun, Bottou, Bengio and Haffner (1998), II; Dumoulin and Visin, A
guide to convolution arithmetic for deep learning (2016); Chellapilla, Puri
and Simard, High Performance Convolutional Neural Networks (2006).
"""

import numpy as np

from solutions.autograd import Tensor, operation
from solutions.backprop import he_init
from solutions.framework import Linear, Module, Parameter, linear
from solutions.inputs import as_floats, as_rng, whole
from solutions.plumbing import as_tensors
from solutions.training import BatchNorm1d

FEW = 4  # channels
PARTS = "x", "kernel", "bias"


def four_axes(x, name="x"):
    """Return x, an array or a tensor, if it is a batch of images."""
    if np.ndim(x) != 4 or 0 in np.shape(x):
        raise ValueError(
            f"{name} must have shape (B, H, W, C), one image or more, but "
            f"its shape is {np.shape(x)}"
        )
    return x


def places(shape, K, stride=1, padding=0):
    """Return size (h, w): how often a K by K kernel fits, down and across.

    In n + 2 padding pixels it fits (n + 2 padding - K) // stride + 1 times.
    """
    K, stride = whole("K", K, low=1), whole("stride", stride, low=1)
    padding = whole("padding", padding, low=0)
    shape = [whole("a length in shape", n, low=0) for n in shape]
    _, H, W, _ = four_axes(np.broadcast_to(0, shape)).shape
    H, W = H + 2 * padding, W + 2 * padding
    if K > min(H, W):
        raise ValueError(
            f"a kernel of {K} by {K} does not fit into images of shape "
            f"{tuple(shape)} with padding {padding}"
        )
    return (H - K) // stride + 1, (W - K) // stride + 1


def padded(x, padding):
    """Return a copy of x with a border of zeros around each image."""
    B, H, W, C = x.shape
    out = np.zeros((B, H + 2 * padding, W + 2 * padding, C), x.dtype)
    inner(out, padding)[...] = x
    return out


def inner(x, padding):
    """Return a view of x without its border."""
    _, H, W, _ = x.shape
    return x[:, padding : H - padding, padding : W - padding]


def fitting(x, kernel, bias, stride, padding):
    """Return K and the size of the output, or raise."""
    K, C = (*kernel.shape, 0)[0], four_axes(x).shape[3]
    if kernel.ndim != 4 or kernel.shape[1:3] != (K, C):
        raise ValueError(
            f"x of shape {x.shape} needs a kernel of shape (K, K, {C}, m), "
            f"but its shape is {kernel.shape}"
        )
    if bias.shape != kernel.shape[3:]:
        raise ValueError(
            f"the kernel has shape {kernel.shape}, so bias must have shape "
            f"{kernel.shape[3:]}, but its shape is {bias.shape}"
        )
    return K, places(x.shape, K, stride, padding)


def convolve_loops(x, kernel, bias, stride=1, padding=0):
    """Return out, for arrays, as it is defined: place by place, (25.4)."""
    x, kernel, bias = map(as_floats, (x, kernel, bias), PARTS)
    K, size = fitting(x, kernel, bias, stride, padding)
    kind = np.result_type(x, kernel, bias)
    out, x = np.empty((len(x), *size, len(bias)), kind), padded(x, padding)
    for b, p, q, o in np.ndindex(out.shape):
        top, left = p * stride, q * stride
        patch = x[b, top : top + K, left : left + K]  # (K, K, C)
        out[b, p, q, o] = (patch * kernel[..., o]).sum() + bias[o]
    return out


def tap(x, i, j, size, stride=1):
    """Return the pixels that the kernel's weight i, j meets: a view of x.

    Parameters
    ----------
    x : array, shape (B, H, W, C)
        With its border already.
    i, j : int
        A row and a column of the kernel, from 0.
    size : tuple of int
        (h, w): the places where the kernel lies, down and across.
    stride : int
        The steps from one place to the next.

    Returns
    -------
    view : array, shape (B, h, w, C)
        view[:, p, q] is x[:, i + p stride, j + q stride]; it is no copy, so
        that what is written into it stands in x.

    References
    ----------
    Eq. 25.4 of the chapter, for one i and j.
    """
    h, w = size
    # your turn (warm-up)
    # hint: A slice has a start, an end and a step: x[:, start:end:step].
    # hint: Rows begin at i and go on in steps of stride. There are h of
    # them, so any end from i + stride * (h - 1) + 1 to i + stride * h does.
    return x[:, i : i + stride * h : stride, j : j + stride * w : stride]


def im2col(x, K, stride=1, padding=0):
    """Return what the kernel sees at each place, as one long row.

    Parameters
    ----------
    x : array, shape (B, H, W, C)
    K : int
    stride, padding : int

    Returns
    -------
    columns : array, shape (B, h, w, d)
        At each place the patch (K, K, C) below the kernel, row by row.

    References
    ----------
    Chellapilla, Puri and Simard (2006), 3; eq. 25.5 of the chapter.
    """
    x = four_axes(as_floats(x, "x"))
    size = places(x.shape, K, stride, padding)
    B, C = len(x), x.shape[3]
    # your turn (core)
    # hint: Make an empty array (B, h, w, K, K, C) of x's dtype. All that
    # goes to [:, :, :, i, j] is a tap of padded(x, padding).
    # hint: Loop over i and j only. At the end reshape to four axes: the
    # last three lie side by side already.
    x = padded(x, padding)
    columns = np.empty((B, *size, K, K, C), x.dtype)
    for i in range(K):
        for j in range(K):
            columns[:, :, :, i, j] = tap(x, i, j, size, stride)
    return columns.reshape(B, *size, K * K * C)  # (B, h, w, d)


def col2im(columns, shape, K, stride=1, padding=0):
    """Add every entry of the columns to the pixel that im2col took it from.

    Parameters
    ----------
    columns : array, shape (B, h, w, d)
    shape : tuple of int
        (B, H, W, C), that of the images.
    K, stride, padding : int
        What im2col was given.

    Returns
    -------
    x : array, shape (B, H, W, C)
        A pixel that lay in several patches gets the sum.

    References
    ----------
    Eq. 25.6 of the chapter: a copy's gradient is a sum.
    """
    columns = as_floats(columns, "columns")
    size, (B, *_, C) = places(shape, K, stride, padding), shape
    if columns.shape != (B, *size, K * K * C):
        raise ValueError(
            f"images of shape {tuple(shape)} have columns of shape "
            f"{(B, *size, K * K * C)}, but theirs is {columns.shape}"
        )
    # your turn (core)
    # hint: Go the way of im2col backwards: reshape the columns to six axes,
    # make images of zeros that have their border.
    # hint: For each i, j take the tap of the zeros, a view, and add to it
    # in place: view += columns[:, :, :, i, j].
    # hint: At the end inner(..., padding) takes the border away.
    columns = columns.reshape(B, *size, K, K, C)
    x = padded(np.zeros(shape, columns.dtype), padding)
    for i in range(K):
        for j in range(K):
            view = tap(x, i, j, size, stride)
            view += columns[:, :, :, i, j]
    return inner(x, padding)


def patches(x, K, stride=1, padding=0):
    """Return im2col of a tensor, with col2im as its way back."""

    def backward(grad):
        return (col2im(grad, x.shape, K, stride, padding),)

    return operation(im2col(x.data, K, stride, padding), (x,), backward)


def convolve_im2col(x, kernel, bias, stride=1, padding=0):
    """Convolve by one product of matrices: a linear layer on patches.

    Parameters
    ----------
    x : tensor, shape (B, H, W, C)
    kernel : tensor, shape (K, K, C, m)
    bias : tensor, shape (m,)
    stride, padding : int

    Returns
    -------
    out : tensor, shape (B, h, w, m)

    References
    ----------
    Eq. 25.5 of the chapter.
    """
    kernel, bias = as_tensors((kernel, bias), "kernel and bias")
    x = kernel.beside(x)
    K, _ = fitting(x, kernel, bias, stride, padding)
    # your turn (core)
    # hint: patches(x, K, stride, padding), which is given, is a tensor
    # (B, h, w, d). What shape has W, if patches @ W is to have m?
    # hint: The kernel has its axes in the order of the patches: reshape it.
    # linear(x, W, b) of the framework takes any axes before the last.
    W = kernel.reshape(-1, kernel.shape[3])  # (d, m)
    return linear(patches(x, K, stride, padding), W, bias)


def convolve_taps(x, kernel, bias, stride=1, padding=0):
    """Convolve by one product for each tap: nothing is unfolded.

    Parameters
    ----------
    x : tensor, shape (B, H, W, C)
    kernel : tensor, shape (K, K, C, m)
    bias : tensor, shape (m,)
    stride, padding : int

    Returns
    -------
    out : tensor, shape (B, h, w, m)

    References
    ----------
    Eq. 25.4 of the chapter, and 25.7 on the way back.
    """
    kernel, bias = as_tensors((kernel, bias), "kernel and bias")
    x = kernel.beside(x)
    K, size = fitting(x, kernel, bias, stride, padding)
    wide, taps = padded(x.data, padding), list(np.ndindex(K, K))
    C, m = kernel.shape[2:]
    out = np.zeros((len(wide), *size, m), np.result_type(x.data, bias.data))
    out += bias.data

    # your turn (stretch)
    # hint: tap(wide, i, j, size, stride).reshape(-1, C) has a row for each
    # place. Times kernel.data[i, j] (C, m), in the shape of out, it is what
    # one tap adds to out.
    # hint: backward(grad): as in a linear layer on these rows, kernel[i, j]
    # gets rows.T @ grads, with grads = grad.reshape(-1, m).
    # hint: The rows get grads @ kernel.data[i, j].T. Add that to the same
    # tap of zeros that have the shape of wide, as in col2im.
    # hint: Return what goes to x (inner(..., padding), or None if x
    # requires no grad), to kernel and to bias, which gets the sum of rows.
    for i, j in taps:
        rows = tap(wide, i, j, size, stride).reshape(-1, C)  # (B h w, C)
        out += (rows @ kernel.data[i, j]).reshape(out.shape)

    def backward(grad):
        grads = grad.reshape(-1, m)  # (B h w, m)
        to_wide, to_kernel = np.zeros_like(wide), np.empty_like(kernel.data)
        for i, j in taps:
            rows = tap(wide, i, j, size, stride).reshape(-1, C)
            to_kernel[i, j] = rows.T @ grads
            if x.requires_grad:
                view = tap(to_wide, i, j, size, stride)
                view += (grads @ kernel.data[i, j].T).reshape(view.shape)
        to_x = inner(to_wide, padding) if x.requires_grad else None
        return to_x, to_kernel, np.ones(len(grads), grads.dtype) @ grads

    return operation(out, (x, kernel, bias), backward)


def convolve(x, kernel, bias, stride=1, padding=0):
    """Convolve in the faster of the two ways."""
    # With few channels a tap's product is thin, hardly more than a copy.
    few = np.shape(kernel)[2:3] < (FEW,)
    way = convolve_im2col if few else convolve_taps
    return way(x, kernel, bias, stride, padding)


class Conv2d(Module):
    """convolve with a kernel and a bias of its own, for x (B, H, W, C)."""

    def __init__(self, C, m, K, rng, stride=1, padding=0):
        K = whole("K", K, low=1)
        self.stride = whole("stride", stride, low=1)
        self.padding = whole("padding", padding, low=0)
        W = he_init(K * K * C, m, rng)  # each output sums K * K * C inputs
        self.weight = Parameter(W.reshape(K, K, C, m).astype(np.float32))
        self.bias = Parameter(np.zeros(m, np.float32))

    def forward(self, x):
        own = self.weight, self.bias, self.stride, self.padding
        return convolve(self.weight.beside(x), *own)


def max_pool(x, K=2):
    """Keep the largest value of every K by K pixels, channel by channel.

    Parameters
    ----------
    x : tensor, shape (B, H, W, C)
        Or an array.
    K : int
        The side of a window; the windows do not overlap. Rows and columns
        that fill no window at the end are left out.

    Returns
    -------
    out : tensor, shape (B, H // K, W // K, C)
        Its gradient goes to where the largest value was; of several, to the
        first, row by row. Where a window holds a NaN, out is NaN, which
        equals nothing: no pixel there gets any gradient.

    References
    ----------
    Eq. 25.8 of the chapter.
    """
    x = x if isinstance(x, Tensor) else Tensor(x)
    size = places(four_axes(x).shape, K, stride=K)
    taps = list(np.ndindex(K, K))
    # your turn (core)
    # hint: tap(x.data, i, j, size, K) has entry i, j of every window. Begin
    # with a copy of the first; np.maximum keeps the largest seen so far.
    # hint: backward(grad): what goes to x begins as zeros. Of each tap it
    # is those entries of the tap that equal out that get grad.
    # hint: But only once: keep an array of which windows are still open,
    # all at first, and close those that have been served.
    out = tap(x.data, 0, 0, size, K).copy()
    for i, j in taps:
        np.maximum(out, tap(x.data, i, j, size, K), out=out)

    def backward(grad):
        to_x, is_open = np.zeros_like(x.data), np.ones(out.shape, bool)
        for i, j in taps:
            here = is_open & (tap(x.data, i, j, size, K) == out)
            np.multiply(grad, here, out=tap(to_x, i, j, size, K))
            is_open ^= here
        return (to_x,)

    return operation(out, (x,), backward)


class MaxPool2d(Module):
    """max_pool as a part of a model."""

    def __init__(self, K=2):
        self.K = whole("K", K, low=1)

    def forward(self, x):
        return max_pool(x, self.K)


class BatchNorm2d(BatchNorm1d):
    """Batch norm of images: each channel has one mean and one variance."""

    def forward(self, x):
        """Normalise every channel over all pixels of all images.

        Parameters
        ----------
        x : tensor, shape (B, H, W, C)
            Or an array.

        Returns
        -------
        out : tensor, shape (B, H, W, C)

        References
        ----------
        Ioffe and Szegedy (2015), 3.2; eq. 25.9 of the chapter.
        """
        x = four_axes(self.weight.beside(x))
        # your turn (warm-up)
        # hint: For BatchNorm1d a row is a sample. What is a sample here?
        # hint: Each pixel of each image: rows (B H W, C) for
        # super().forward, and its answer back in the shape of x.
        rows = x.reshape(-1, x.shape[-1])  # (B H W, C)
        return super().forward(rows).reshape(*x.shape)


class LeNet(Module):
    """Two convolutions and three linear layers, for images of 28 by 28.

    After LeCun et al. (1998), II.B, with what has been found out since: the
    largest value in place of the mean, relu for tanh, batch norm.
    """

    def __init__(self, k, rng, C=1, channels=(6, 16)):
        rng, (few, more) = as_rng(rng), channels
        self.conv1 = Conv2d(C, few, 5, rng, padding=2)
        self.norm1 = BatchNorm2d(few)
        self.conv2 = Conv2d(few, more, 5, rng)
        self.norm2 = BatchNorm2d(more)
        self.pool = MaxPool2d(2)
        self.dense1 = Linear(5 * 5 * more, 120, rng)
        self.dense2 = Linear(120, 84, rng)
        self.dense3 = Linear(84, k, rng)

    def forward(self, x):
        """Return the scores of the k classes.

        Parameters
        ----------
        x : tensor, shape (B, 28, 28, C)
            Or an array.

        Returns
        -------
        z : tensor, shape (B, k)

        References
        ----------
        LeCun et al. (1998), fig. 2.
        """
        x = four_axes(self.conv1.weight.beside(x))
        if x.shape[1:3] != (28, 28):
            raise ValueError(f"images must be 28 by 28, not {x.shape}")
        # your turn (core)
        # hint: Twice: convolution, pool, norm, relu, in this order. (B, 28,
        # 28, C) becomes (B, 14, 14, 6), then (B, 5, 5, 16).
        # hint: Then lay each image's numbers in one row, and send the rows
        # through the three linear layers, a relu after the first two.
        x = self.norm1(self.pool(self.conv1(x))).relu()
        x = self.norm2(self.pool(self.conv2(x))).relu()
        x = x.reshape(len(x.data), -1)  # (B, 5 * 5 * 16)
        x = self.dense2(self.dense1(x).relu()).relu()
        return self.dense3(x)


def augment(x, rng, most=2):
    """Shift each image by chance, by whole pixels, its own way.

    Parameters
    ----------
    x : array, shape (B, H, W, C)
        Of any type, which is kept.
    rng : numpy.random.Generator
    most : int
        The most that an image is shifted, in any of the four directions.

    Returns
    -------
    out : array, shape (B, H, W, C)
        Image b is x[b] moved by shifts[b]: so many pixels down and right.
        Zeros come in where nothing was.

    References
    ----------
    Simard, Steinkraus and Platt, Best Practices for Convolutional Neural
    Networks (2003), 2.
    """
    x, most = four_axes(np.asarray(x)), whole("most", most, low=0)
    as_floats(x[:1], "x")  # refuses what holds no numbers
    B, H, W, C = x.shape
    shifts = as_rng(rng).integers(-most, most + 1, size=(B, 2))
    # your turn (core)
    # hint: In padded(x, most) the image itself begins at row most. Where
    # does the window begin that shows it moved down by one?
    # hint: At most - 1. Rows most - shifts[:, :1] + np.arange(H) are (B,
    # H), one list for each image; columns likewise.
    # hint: Index with three arrays that broadcast to (B, H, W): the number
    # of the image (B, 1, 1), its rows (B, H, 1), its columns (B, 1, W).
    rows = most - shifts[:, :1] + np.arange(H)  # (B, H)
    columns = most - shifts[:, 1:] + np.arange(W)  # (B, W)
    images = np.arange(B)[:, None, None]
    wide = padded(x, most)
    return wide[images, rows[:, :, None], columns[:, None, :]]

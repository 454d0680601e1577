"""Convolution solved another way: by indices, einsum, argmax and lists of images.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

import numpy as np

from solutions.autograd import operation
from solutions.convolution import inner, padded, places
from solutions.training import BatchNorm1d


def tap(x, i, j, size, stride=1):
    """From the strides in memory."""
    start = x[:, i:, j:]
    b, down, across, c = x.strides
    shape = (x.shape[0], size[0], size[1], x.shape[3])
    return np.lib.stride_tricks.as_strided(start, shape, (b, down * stride, across * stride, c))


def im2col(x, K, stride=1, padding=0):
    """Through windows that slide over the image."""
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, K), (1, 2))
    windows = windows[:, ::stride, ::stride]
    B, h, w, C = windows.shape[:4]
    return np.moveaxis(windows, 3, -1).reshape(B, h, w, K * K * C)


def col2im(columns, shape, K, stride=1, padding=0):
    """Place by place, a whole patch at a time."""
    B, H, W, C = shape
    x = np.zeros((B, H + 2 * padding, W + 2 * padding, C), columns.dtype)
    for p, q in np.ndindex(columns.shape[1:3]):
        down, across = p * stride, q * stride
        x[:, down : down + K, across : across + K] += columns[:, p, q].reshape(B, K, K, C)
    return x[:, padding : padding + H, padding : padding + W]


def convolve_im2col(x, kernel, bias, stride=1, padding=0):
    """As one operation, by einsum over the patches with all their axes."""
    x = kernel.beside(x)
    K, _, C, m = kernel.shape
    h, w = places(x.shape, K, stride, padding)
    columns = im2col(x.data, K, stride, padding).reshape(-1, h, w, K, K, C)
    out = np.einsum("bpqijc,ijcm->bpqm", columns, kernel.data) + bias.data

    def backward(grad):
        to_columns = np.einsum("bpqm,ijcm->bpqijc", grad, kernel.data).reshape(-1, h, w, K * K * C)
        return (
            col2im(to_columns, x.shape, K, stride, padding),
            np.einsum("bpqijc,bpqm->ijcm", columns, grad),
            np.einsum("bpqm->m", grad),
        )

    return operation(out, (x, kernel, bias), backward)


def convolve_taps(x, kernel, bias, stride=1, padding=0):
    """On the way back spread the gradient, and convolve it with the turned kernel."""
    x = kernel.beside(x)
    B, K = x.shape[0], kernel.shape[0]
    h, w = places(x.shape, K, stride, padding)
    wide = padded(x.data, padding)
    slide = np.lib.stride_tricks.sliding_window_view
    windows = slide(wide, (h * stride - stride + 1, w * stride - stride + 1), (1, 2))
    windows = windows[:, :K, :K, :, ::stride, ::stride]  # (B, K, K, C, h, w)
    out = np.einsum("bijcpq,ijcm->bpqm", windows, kernel.data, optimize=True)

    def backward(grad):
        apart = np.zeros((B, *(n + K - 1 for n in wide.shape[1:3]), grad.shape[3]), grad.dtype)
        end = K - 1 + stride * h, K - 1 + stride * w
        apart[:, K - 1 : end[0] : stride, K - 1 : end[1] : stride] = grad
        turned = kernel.data[::-1, ::-1]
        spread = slide(apart, (K, K), (1, 2))
        to_wide = np.einsum("byxmij,ijcm->byxc", spread, turned, optimize=True)
        to_kernel = np.einsum("bijcpq,bpqm->ijcm", windows, grad, optimize=True)
        return inner(to_wide, padding), to_kernel, grad.sum((0, 1, 2))

    return operation(out + bias.data, [x, kernel, bias], backward)


def max_pool(x, K=2):
    """With the windows in an axis of their own, and argmax."""
    B, H, W, C = x.shape
    h, w = H // K, W // K
    windows = x.data[:, : h * K, : w * K].reshape(B, h, K, w, K, C)
    windows = windows.transpose(0, 1, 3, 5, 2, 4).reshape(B, h, w, C, K * K)
    first = windows.argmax(axis=-1)[..., None]

    def backward(grad):
        back = np.zeros(windows.shape, grad.dtype)
        np.put_along_axis(back, first, grad[..., None], axis=-1)
        to_x = np.zeros(x.shape, grad.dtype)
        back = back.reshape(B, h, w, C, K, K).transpose(0, 1, 4, 2, 5, 3)
        to_x[:, : h * K, : w * K] = back.reshape(B, h * K, w * K, C)
        return [to_x]

    return operation(np.take_along_axis(windows, first, axis=-1)[..., 0], [x], backward)


class BatchNorm2d(BatchNorm1d):
    """Only what differs from the exercise."""

    def forward(self, x):
        """With rows of pixels, and the base class by its name."""
        B, H, W, C = x.shape
        rows = self.weight.beside(x).reshape(B * H, W, C)
        return BatchNorm1d.forward(self, rows).reshape(B, H, W, C)


class LeNet:
    """Only what differs from the exercise."""

    def forward(self, x):
        """In a loop over the parts, with max(x, 0) for relu."""
        for conv, norm in ((self.conv1, self.norm1), (self.conv2, self.norm2)):
            x = norm(self.pool(conv(x))).maximum(0.0)
        x = x.reshape(x.shape[0], x.shape[1] * x.shape[2] * x.shape[3])
        for i, dense in enumerate((self.dense1, self.dense2, self.dense3)):
            x = dense(x.maximum(0.0) if i else x)
        return x


def augment(x, rng, most=2):
    """Image by image, cut out and laid in."""
    x = np.asarray(x)
    out = np.zeros_like(x)
    _, H, W, _ = x.shape
    for b, (down, right) in enumerate(rng.integers(-most, most + 1, size=(len(x), 2)).tolist()):
        to = slice(max(down, 0), max(H + down, 0)), slice(max(right, 0), max(W + right, 0))
        part = x[b, max(-down, 0) : max(H - down, 0), max(-right, 0) : max(W - right, 0)]
        out[b][to][: len(part), : part.shape[1]] = part
    return out

"""A network on your own autograd reads the counter of a meter from bad photographs.

Each photograph has its own light, shadow and noise, and its digits sit a
pixel off. A network that learned from clean digits is lost there; one that
learned from photographs, new ones in every batch, is not.
"""

import numpy as np

import bookdata
from solutions.arrays import batches
from solutions.autograd import Tensor, no_grad

DIGITS, TIMES = 4, 5  # of a counter; that it is photographed
X, y, X_test, y_test = bookdata.digits()


def photograph(X, rng):
    """Return images (n, 64) as a bad camera sees them."""
    rows, columns = rng.integers(-1, 2, size=(2, len(X)))  # how far each is off
    ink = [np.roll(x.reshape(8, 8), by, (0, 1)) for x, *by in zip(X, rows, columns, strict=True)]
    light = rng.uniform(0.5, 1.0, size=(len(X), 1, 1))
    shadow = rng.uniform(-0.3, 0.3, size=(len(X), 1, 1)) * np.linspace(-1, 1, 8)
    return (light * ink + shadow + rng.normal(0, 0.1, (len(X), 8, 8))).reshape(-1, 64)


def scores(weights, X):
    """Return the scores of the ten digits (n, 10), whatever the light was."""
    W1, b1, W2, b2 = weights
    return (Tensor(X - X.mean(axis=1, keepdims=True)) @ W1 + b1).relu() @ W2 + b2


def loss(z, y):
    """Return the mean of -log p(the right digit)."""
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - z.exp().sum(axis=1, keepdims=True).log()
    return -log_p[np.arange(len(y)), y].mean()


def trained(camera, epochs=60):
    """Return the weights of a network that saw the digits through a camera."""
    rng = np.random.default_rng(0)
    shapes = [(64, 128), (128,), (128, 10), (10,)]
    weights = [Tensor(rng.normal(0, 0.15, s) * (len(s) > 1), requires_grad=True) for s in shapes]
    speed = [np.zeros(s) for s in shapes]
    for epoch in range(epochs):
        for rows in batches(len(y), 64, rng):
            for weight in weights:
                weight.grad = None
            loss(scores(weights, camera(X[rows], rng)), y[rows]).backward()
            for weight, v in zip(weights, speed, strict=True):
                v += -0.1 * v - 0.1 * (1 - epoch / epochs) * weight.grad
                weight.data = weight.data + v
    return weights


rng, n = np.random.default_rng(1), len(y_test) // DIGITS
wanted = y_test[: n * DIGITS].reshape(n, DIGITS)
photos = [photograph(X_test[: n * DIGITS], rng) for _ in range(TIMES)]
print(f"{n} counters of {DIGITS} digits that it has never seen, each photographed {TIMES} times\n")
print(f"  {'':<27}a digit    a counter    from {TIMES} photographs")
for name, camera in (("clean digits", lambda X, rng: X), ("photographs", photograph)):
    weights = trained(camera)
    with no_grad():
        seen = np.array([scores(weights, photo).data for photo in photos])  # (5, 4 n, 10)
    right = seen.argmax(axis=2).reshape(TIMES, n, DIGITS) == wanted
    together = seen.mean(axis=0).argmax(axis=1).reshape(n, DIGITS)
    shares = right.mean(), right.all(axis=2).mean(), (together == wanted).all(axis=1).mean()
    print(f"  {f'learned from {name}':<25}" + "{:>9.1%}{:>13.1%}{:>17.1%}".format(*shares))

which = np.argmax((together == wanted).all(axis=1) & ~right[0].all(axis=1))
print("\nOne of them, on a photograph that is not enough:\n")
image = photos[0].reshape(n, DIGITS, 8, 8)[which]
shade = np.rint((image - image.min()) / np.ptp(image) * 6).astype(int)
for row in shade.transpose(1, 0, 2):
    print("  " + "  ".join("".join(2 * " .:+*#@"[level] for level in digit) for digit in row))
alone = seen[0].argmax(axis=1).reshape(n, DIGITS)
one, five, is_ = ("".join(map(str, digits[which])) for digits in (alone, together, wanted))
print(f"\nFrom this alone your network reads {one}, from all {TIMES} {five}; it is {is_}.")

"""An ordinary autograder, to measure beside ours: asserts, in the process of what they judge.

No test of the book: `table.py` runs it on each attack, in a folder of its own.
It is written as courses write theirs, with the reference at hand.
"""

import logistic_regression as code
import numpy as np
from numpy.testing import assert_allclose

from solutions import logistic_regression as right

rng = np.random.default_rng(0)
X, y = rng.normal(size=(40, 2)), rng.integers(2, size=40)
Y, W, b = np.eye(3)[rng.integers(3, size=40)], rng.normal(size=(2, 3)), rng.normal(size=3)


def test_sigmoid():
    z = np.array([-1000.0, -1.0, 0.0, 2.0, 1000.0])
    assert_allclose(code.sigmoid(z), right.sigmoid(z))


def test_log_loss_gradient():
    mine, theirs = (m.log_loss_gradient(X, y, W[:, 0], 0.3, l2=0.1) for m in (code, right))
    assert_allclose(mine[0], theirs[0])
    assert_allclose(mine[1], theirs[1])


def test_LogisticRegression__fit():  # noqa: N802
    mine, theirs = (m.LogisticRegression(steps=20).fit(X, y) for m in (code, right))
    assert_allclose(mine.w_, theirs.w_)
    assert_allclose(mine.b_, theirs.b_)
    truth = (X[:, 0] > 0).astype(int)
    assert np.mean(code.LogisticRegression(steps=200).fit(X, truth).predict(X) == truth) > 0.9


def test_LogisticRegression__predict_proba():  # noqa: N802
    model = code.LogisticRegression()
    model.classes_, model.w_, model.b_ = np.array([0, 1]), np.array([1.0, -1.0]), 0.5
    assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    assert_allclose(model.predict_proba(X)[:, 1], right.sigmoid(X @ model.w_ + 0.5))


def test_fit_irls():
    for mine, theirs in zip(code.fit_irls(X, y), right.fit_irls(X, y), strict=True):
        assert_allclose(mine, theirs)


def test_softmax():
    z = np.array([[1000.0, 1001.0], [-1.0, 1.0]])
    assert_allclose(code.softmax(z), right.softmax(z))


def test_cross_entropy_gradient():
    mine, theirs = (m.cross_entropy_gradient(X, Y, W, b, l2=0.1) for m in (code, right))
    assert_allclose(mine[0], theirs[0])
    assert_allclose(mine[1], theirs[1])


def test_SoftmaxRegression__fit():  # noqa: N802
    mine, theirs = (m.SoftmaxRegression(steps=20).fit(X, y) for m in (code, right))
    assert_allclose(mine.W_, theirs.W_)
    assert_allclose(mine.b_, theirs.b_)

"""Checks for logistic regression."""

import numpy as np

from grader import Explain, Mistake, accuracy_at_least, check, close, raises


def two_clouds(rng, n=40):
    """Return two clouds in the plane, X (n, 2) and y (n,), that no line tells apart."""
    y = rng.integers(2, size=n)
    X = rng.normal(size=(n, 2)) + np.outer(y, [1.5, -1.0])
    X[4:8], y[4:8] = X[:4], 1 - y[:4]  # whatever was drawn
    return X, y


def new_clouds(rng):
    """Draw clouds to learn from and new points whose classes stay here."""
    centres = np.array([[2.0, 0.0], [-2.0, 1.0]])
    y, known = rng.permutation(np.arange(60) % 2), rng.integers(2, size=200)
    X, X_new = (rng.normal(size=(len(c), 2)) + centres[c] for c in (y, known))
    return {"X": X, "y": y, "X_new": X_new}, known


def three_new_clouds(rng):
    """Draw three clouds and new points whose classes stay here."""
    centres = np.array([[3.0, 0.0], [-3.0, 1.0], [0.0, 4.0]])
    y, known = rng.permutation(np.arange(60) % 3), rng.integers(3, size=200)
    X, X_new = (rng.normal(size=(len(c), 2)) + centres[c] for c in (y, known))
    return {"X": X, "y": y, "X_new": X_new}, known


@check("sigmoid", forbids=["scipy.special.expit"])
def extremes(code):
    """exact at -1000, 0, 1000 and both infinities, without overflow"""
    with np.errstate(over="raise", invalid="raise"):
        return code.sigmoid(np.array([-np.inf, -1000.0, 0.0, 1000.0, np.inf]))


@check("sigmoid", forbids=["scipy.special.expit"])
def symmetry(code, rng):
    """sigmoid(-z) is 1 - sigmoid(z)"""
    z = rng.normal(size=5)
    return code.sigmoid(z), code.sigmoid(-z)


@check("sigmoid", forbids=["scipy.special.expit"])
def single_precision(code, rng):
    """a table of float32 scores stays a table, and stays float32"""
    p = code.sigmoid(rng.normal(size=(2, 3)).astype(np.float32))
    return p, str(np.asarray(p).dtype)


@check("log_loss_gradient")
def slope(code, rng):
    """the slope of the mean log-loss, by finite differences"""
    X, y = rng.normal(size=(20, 3)), rng.integers(2, size=20)
    return code.log_loss_gradient(X, y, rng.normal(size=3), 0.3)


@check("log_loss_gradient")
def penalised_slope(code, rng):
    """the penalty pulls at the weights and leaves the bias alone"""
    X, y = rng.normal(size=(8, 2)), rng.integers(2, size=8)
    return code.log_loss_gradient(X, y, rng.normal(size=2), 1.5, l2=0.7)


@check("log_loss_gradient")
def slope_of_one_sample(code):
    """a single sample has a slope too"""
    return code.log_loss_gradient(
        np.array([[2.0, -1.0]]), np.array([1]), np.array([0.5, 1.0]), -1.0
    )


@check("LogisticRegression.fit", forbids=["sklearn.linear_model"])
def first_steps(code, rng):
    """after 1, 2 and 5 steps the weights and the bias are where they should be"""
    X, y = two_clouds(rng)
    models = [code.LogisticRegression(0.7, steps=s, l2=0.1).fit(X, y) for s in (1, 2, 5)]
    return [(model.w_, model.b_) for model in models]


@check("LogisticRegression.fit", forbids=["sklearn.linear_model"])
def last_steps(code, rng):
    """it takes all its steps, however small they become"""
    X, y = two_clouds(rng, n=24)
    model = code.LogisticRegression(0.5, steps=120, l2=0.1).fit(X, y)
    return model.w_, model.b_


@check("LogisticRegression.fit", forbids=["sklearn.linear_model"])
def named_labels(code, rng):
    """labels may be words: the second in the alphabet is what p speaks of"""
    X, y = two_clouds(rng)
    model = code.LogisticRegression(steps=20).fit(X, np.array(["spam", "ham"])[y])
    return model.classes_, model.w_, model.b_


@check("LogisticRegression.fit", forbids=["sklearn.linear_model"])
def second_fit(code, rng):
    """a second fit forgets the first, and fit returns the model itself"""
    model = code.LogisticRegression(steps=3)
    model.fit(*two_clouds(rng))
    same = model.fit(*two_clouds(rng))
    return same is model, same.w_, same.b_


@check(
    "LogisticRegression.fit",
    given=new_clouds,
    expect=accuracy_at_least(0.9),
    forbids=["sklearn.linear_model"],
)
def new_points(code, X, y, X_new):
    """it reads nine in ten of points that it has not seen"""
    model = code.LogisticRegression(steps=200).fit(X, y)
    return (X_new @ model.w_ + model.b_ > 0).astype(int)


def model_with(code, w, b):
    """Return a model that has learned these weights."""
    model = code.LogisticRegression()
    model.classes_, model.w_, model.b_ = np.array([0, 1]), np.asarray(w), b
    return model


@check("LogisticRegression.predict_proba")
def columns(code, rng):
    """one column for each class, in the order of classes_"""
    model = model_with(code, rng.normal(size=2), 0.8)
    return model.predict_proba(rng.normal(size=(4, 2)))


@check("LogisticRegression.predict_proba")
def far_away(code):
    """far from the boundary the answer is 0 and 1, each row sums to one"""
    model = model_with(code, [1.0, -1.0], 2.0)
    return model.predict_proba(np.array([[900.0, -900.0], [-900.0, 900.0], [-2.0, 0.0]]))


@check("fit_irls", forbids=["sklearn.linear_model", "statsmodels.api"])
def where_the_slope_vanishes(code, rng):
    """the weights and the bias at which the slope of the loss vanishes"""
    w, b, _ = code.fit_irls(*two_clouds(rng))
    return w, b


@check("fit_irls", forbids=["sklearn.linear_model", "statsmodels.api"])
def uncertainty(code, rng):
    """the covariance is the inverse of the Hessian, the bias last"""
    return code.fit_irls(*two_clouds(rng))[2]


@check("fit_irls", forbids=["sklearn.linear_model", "statsmodels.api"])
def penalised_fit(code):
    """with a penalty even classes that a line separates have finite weights"""
    X = np.array([[-2.0], [-1.0], [1.0], [2.5]])
    return code.fit_irls(X, np.array([0, 0, 1, 1]), l2=0.1)


@check("fit_irls", forbids=["sklearn.linear_model", "statsmodels.api"])
def steps_that_suffice(code):
    """it needs no more than max_steps where they suffice, and no fewer are enough"""
    X, y = np.array([[-2.0], [-1.0], [1.0], [2.5]]), np.array([0, 1, 0, 1])
    code.fit_irls(X, y, l2=0.1)  # an empty exercise ends here: what it raises is a RuntimeError

    def settles(steps):
        try:
            code.fit_irls(X, y, l2=0.1, max_steps=steps, tolerance=1e-6)
        except RuntimeError:
            return "RuntimeError"
        return "settled"

    return {f"max_steps={steps}": settles(steps) for steps in range(2, 7)}


@check("fit_irls", forbids=["sklearn.linear_model", "statsmodels.api"])
def near_enough(code, rng):
    """it stops when no parameter moved further than the tolerance, and not before"""
    return [code.fit_irls(*two_clouds(rng), tolerance=t)[:2] for t in (0.3, 0.01)]


@check("fit_irls", expect=raises(RuntimeError), forbids=["sklearn.linear_model"])
def separable(code):
    """without one it says that the weights grow for ever, and raises RuntimeError"""
    return code.fit_irls(np.array([[-1.0], [1.0]]), np.array([0, 1]), max_steps=10)


@check("softmax", forbids=["scipy.special.softmax"])
def large_scores(code):
    """scores of 1000 and -1000, in one row and in two, without overflow on the way"""
    z = np.array([[1000.0, 1001.0, 1002.0], [-1000.0, -1001.0, -999.0], [-1000.0, 0.0, 1000.0]])
    with np.errstate(over="raise", invalid="raise"):
        return code.softmax(z)


@check("softmax", forbids=["scipy.special.softmax"])
def shifted_rows(code, rng):
    """the same number added to a row changes nothing, and each row sums to one"""
    z = rng.normal(size=(3, 4))
    return code.softmax(z), code.softmax(z + np.array([[5.0], [-3.0], [0.0]]))


@check("softmax", forbids=["scipy.special.softmax"])
def last_axis(code, rng):
    """a single vector, and a block of three axes: always along the last one"""
    return code.softmax(rng.normal(size=3)), code.softmax(rng.normal(size=(2, 2, 3)))


def softmax_problem(rng, n):
    """Return inputs, one-hot labels, weights and biases for three classes."""
    Y = np.eye(3)[rng.integers(3, size=n)]
    return rng.normal(size=(n, 2)), Y, rng.normal(size=(2, 3)), rng.normal(size=3)


@check("cross_entropy_gradient")
def slopes(code, rng):
    """the slope of the mean cross-entropy, by finite differences"""
    return code.cross_entropy_gradient(*softmax_problem(rng, n=20))


@check("cross_entropy_gradient")
def penalised_slopes(code, rng):
    """the penalty pulls at the weights and leaves the biases alone"""
    return code.cross_entropy_gradient(*softmax_problem(rng, n=6), l2=0.7)


@check("cross_entropy_gradient")
def slopes_of_one_sample(code, rng):
    """a single sample has slopes too"""
    return code.cross_entropy_gradient(*softmax_problem(rng, n=1))


@check("SoftmaxRegression.fit", forbids=["sklearn.linear_model"])
def first_softmax_steps(code, rng):
    """after 1, 2 and 5 steps the weights and the biases are where they should be"""
    X, y = rng.normal(size=(30, 2)), rng.permutation(np.arange(30) % 3)
    models = [code.SoftmaxRegression(0.7, steps=s, l2=0.1).fit(X, y) for s in (1, 2, 5)]
    return [(model.W_, model.b_) for model in models]


@check("SoftmaxRegression.fit", forbids=["sklearn.linear_model"])
def last_softmax_steps(code, rng):
    """it takes all its steps, however small they become"""
    X, y = rng.normal(size=(24, 2)), rng.permutation(np.arange(24) % 3)
    model = code.SoftmaxRegression(0.5, steps=120, l2=0.1).fit(X, y)
    return model.W_, model.b_


@check("SoftmaxRegression.fit", forbids=["sklearn.linear_model"])
def named_classes(code, rng):
    """labels may be words: the columns follow the alphabet"""
    X, y = rng.normal(size=(30, 2)), rng.permutation(np.arange(30) % 3)
    model = code.SoftmaxRegression(steps=20).fit(X, np.array(["wren", "crow", "owl"])[y])
    return model.classes_, model.W_, model.b_


@check("SoftmaxRegression.fit", forbids=["sklearn.linear_model"])
def second_softmax_fit(code, rng):
    """a second fit forgets the first, and fit returns the model itself"""
    model = code.SoftmaxRegression(steps=3)
    model.fit(*two_clouds(rng))
    same = model.fit(*two_clouds(rng))
    return same is model, same.W_, same.b_


@check("SoftmaxRegression.fit", expect=close(1e-4, 1e-6), forbids=["sklearn.linear_model"])
def softmax_in_single_precision(code, rng):
    """float32 stays float32"""
    X = rng.normal(size=(9, 2)).astype(np.float32)
    model = code.SoftmaxRegression(steps=1).fit(X, np.arange(9) % 3)
    return {
        "W_": model.W_,
        "the dtype of W_": str(np.asarray(model.W_).dtype),
        "the dtype of b_": str(np.asarray(model.b_).dtype),
    }


@check(
    "SoftmaxRegression.fit",
    given=three_new_clouds,
    expect=accuracy_at_least(0.9),
    forbids=["sklearn.linear_model"],
)
def new_points_of_three(code, X, y, X_new):
    """it reads nine in ten of points that it has not seen"""
    model = code.SoftmaxRegression(steps=200).fit(X, y)
    return (X_new @ model.W_ + model.b_).argmax(axis=1)


MISTAKES = [
    Mistake(
        "exp(-z) is taken of every z: it overflows where z is very negative",
        in_="sigmoid",
        old="e = np.exp(-np.abs(z))  # in [0, 1]\n    return np.where(z >= 0, 1, e) / (1 + e)",
        new="return 1 / (1 + np.exp(-z))",
    ),
    Mistake(
        "the sign of z is lost, so that no probability is below a half",
        in_="sigmoid",
        old="np.where(z >= 0, 1, e)",
        new="1",
    ),
    Mistake(
        "the two sides are swapped: it falls where it should rise",
        in_="sigmoid",
        old="z >= 0",
        new="z <= 0",
    ),
    Mistake(
        "tanh is used, which runs from -1 to 1",
        in_="sigmoid",
        old="return np.where(z >= 0, 1, e) / (1 + e)",
        new="return np.tanh(z)",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="sigmoid",
        old="-np.abs(z)",
        new="-np.abs(z.astype(float))",
    ),
    Mistake(
        "the sum is not divided by n",
        in_="log_loss_gradient",
        old="X.T @ error / len(y) + l2 * w, error.mean()",
        new="X.T @ error + l2 * w, error.sum()",
    ),
    Mistake(
        "the slope in the weights is a sum, that in the bias a mean",
        in_="log_loss_gradient",
        old="X.T @ error / len(y)",
        new="X.T @ error",
    ),
    Mistake(
        "the slope in the bias is a sum instead of a mean",
        in_="log_loss_gradient",
        old="error.mean()",
        new="error.sum()",
    ),
    Mistake(
        "the error has the wrong sign: it is prediction minus label",
        in_="log_loss_gradient",
        old="sigmoid(X @ w + b) - y",
        new="y - sigmoid(X @ w + b)",
    ),
    Mistake(
        "the penalty is left out",
        in_="log_loss_gradient",
        old=" + l2 * w",
        new="",
    ),
    Mistake(
        "the penalty is counted twice: the slope of l2 / 2 times w squared is l2 times w",
        in_="log_loss_gradient",
        old="l2 * w",
        new="2 * l2 * w",
    ),
    Mistake(
        "the bias is penalised too",
        in_="log_loss_gradient",
        old="error.mean()",
        new="error.mean() + l2 * b",
    ),
    Mistake(
        "the bias is left out of the scores",
        in_="log_loss_gradient",
        old="X @ w + b",
        new="X @ w",
    ),
    Mistake(
        "the scores are compared with the labels before the sigmoid",
        in_="log_loss_gradient",
        old="sigmoid(X @ w + b)",
        new="(X @ w + b)",
    ),
    Mistake(
        "it walks uphill: the slope is added instead of subtracted",
        in_="LogisticRegression.fit",
        old="w = w - self.learning_rate * dw\n            b = b - self",
        new="w = w + self.learning_rate * dw\n            b = b + self",
    ),
    Mistake(
        "it takes one step too many",
        in_="LogisticRegression.fit",
        old="range(self.steps)",
        new="range(self.steps + 1)",
    ),
    Mistake(
        "the bias never moves",
        in_="LogisticRegression.fit",
        old="            b = b - self.learning_rate * db\n",
        new="",
    ),
    Mistake(
        "the penalty is not passed on to the gradient",
        in_="LogisticRegression.fit",
        old=", self.l2)",
        new=")",
    ),
    Mistake(
        "the bias moves along a slope taken after the weights have moved",
        in_="LogisticRegression.fit",
        old="            b = b - self",
        new="            _, db = log_loss_gradient(X, y, w, b)\n            b = b - self",
    ),
    Mistake(
        "the walk starts where the last fit ended instead of at zero",
        in_="LogisticRegression.fit",
        old="for _ in range(self.steps):",
        new='w, b = getattr(self, "w_", w), getattr(self, "b_", b)\n'
        "        for _ in range(self.steps):",
    ),
    Mistake(
        "fit does not return the model",
        in_="LogisticRegression.fit",
        old="return self",
        new="return None",
    ),
    Mistake(
        "the columns are swapped: p is the probability of the second class",
        in_="LogisticRegression.predict_proba",
        old="[1 - p, p]",
        new="[p, 1 - p]",
    ),
    Mistake(
        "only the probability of the second class is returned",
        in_="LogisticRegression.predict_proba",
        old="np.column_stack([1 - p, p])",
        new="p",
    ),
    Mistake(
        "the classes lie in rows instead of columns",
        in_="LogisticRegression.predict_proba",
        old="np.column_stack",
        new="np.stack",
    ),
    Mistake(
        "the scores are returned without the sigmoid",
        in_="LogisticRegression.predict_proba",
        old="sigmoid(X @ self.w_ + self.b_)",
        new="X @ self.w_ + self.b_",
    ),
    Mistake(
        "the bias is forgotten",
        in_="LogisticRegression.predict_proba",
        old=" + self.b_",
        new="",
    ),
    Mistake(
        "the Hessian lacks the weights p (1 - p), so that the steps are too short",
        in_="fit_irls",
        old="A * np.sqrt(p * (1 - p))[:, None]",
        new="A",
    ),
    Mistake(
        "the rows are scaled by p (1 - p) instead of its root",
        in_="fit_irls",
        old="np.sqrt(p * (1 - p))",
        new="(p * (1 - p))",
    ),
    Mistake(
        "the step is added: it goes uphill",
        in_="fit_irls",
        old="theta - change",
        new="theta + change",
    ),
    Mistake(
        "the gradient is a mean while the Hessian is a sum",
        in_="fit_irls",
        old="A.T @ (p - y)",
        new="A.T @ (p - y) / n",
    ),
    Mistake(
        "the Hessian is returned instead of its inverse",
        in_="fit_irls",
        old="np.linalg.inv(H)",
        new="H",
    ),
    Mistake(
        "the bias is read from the front, but its column of ones is the last",
        in_="fit_irls",
        old="theta[:-1], theta[-1]",
        new="theta[1:], theta[0]",
    ),
    Mistake(
        "the penalty is missing from the gradient",
        in_="fit_irls",
        old=" + penalty * theta",
        new="",
    ),
    Mistake(
        "the penalty is missing from the Hessian",
        in_="fit_irls",
        old=" + np.diag(penalty)",
        new="",
    ),
    Mistake(
        "it stops after the first step",
        in_="fit_irls",
        old="if np.abs(change).max() < tolerance:",
        new="if step == 0:",
    ),
    Mistake(
        "it takes a step more than max_steps allows",
        in_="fit_irls",
        old="range(max_steps)",
        new="range(max_steps + 1)",
    ),
    Mistake(
        "it takes a step less than max_steps allows",
        in_="fit_irls",
        old="range(max_steps)",
        new="range(1, max_steps)",
    ),
    Mistake(
        "the last weights are returned even when they have not settled",
        in_="fit_irls",
        old="raise not_converged(max_steps, change)",
        new="return theta[:-1], theta[-1], np.linalg.inv(H)",
    ),
    Mistake(
        "the largest score is not subtracted first, and exp overflows",
        in_="softmax",
        old="z - z.max(axis=-1, keepdims=True)",
        new="z",
    ),
    Mistake(
        "the largest score of the whole table is subtracted instead of each row's",
        in_="softmax",
        old="z.max(axis=-1, keepdims=True)",
        new="z.max()",
        lesson="As long as all rows have scores of like size, nothing shows. A row that lies some "
        "750 below another is all zeros after exp, and 0 divided by 0 is not a number. Where max "
        "or sum names no axis, ask whether the whole table is meant.",
    ),
    Mistake(
        "the sum runs over the samples instead of the classes",
        in_="softmax",
        old="e.sum(axis=-1, keepdims=True)",
        new="e.sum(axis=0, keepdims=True)",
    ),
    Mistake(
        "everything is divided by the sum over the whole table",
        in_="softmax",
        old="e.sum(axis=-1, keepdims=True)",
        new="e.sum()",
    ),
    Mistake(
        "it is the second axis that is summed, not the last",
        in_="softmax",
        old="e.sum(axis=-1, keepdims=True)",
        new="e.sum(axis=min(1, z.ndim - 1), keepdims=True)",
    ),
    Mistake(
        "the sum is not divided by n",
        in_="cross_entropy_gradient",
        old="X.T @ error / len(X) + l2 * W, error.mean(axis=0)",
        new="X.T @ error + l2 * W, error.sum(axis=0)",
    ),
    Mistake(
        "the slope in the weights is a sum, that in the biases a mean",
        in_="cross_entropy_gradient",
        old="X.T @ error / len(X)",
        new="X.T @ error",
    ),
    Mistake(
        "it is divided by n times k: the mean is over samples only",
        in_="cross_entropy_gradient",
        old="X.T @ error / len(X)",
        new="X.T @ error / error.size",
    ),
    Mistake(
        "the error has the wrong sign: it is prediction minus label",
        in_="cross_entropy_gradient",
        old="softmax(X @ W + b) - Y",
        new="Y - softmax(X @ W + b)",
    ),
    Mistake(
        "the penalty is left out",
        in_="cross_entropy_gradient",
        old=" + l2 * W",
        new="",
    ),
    Mistake(
        "the biases take one mean over all classes: each has its own",
        in_="cross_entropy_gradient",
        old="error.mean(axis=0)",
        new="error.mean()",
        lesson="The errors of a sample sum to zero over the classes, so this mean is zero "
        "whatever the data: the biases never move, and the loss falls all the same. A slope has "
        "the shape of what it is the slope of; print both shapes.",
    ),
    Mistake(
        "the biases are penalised too",
        in_="cross_entropy_gradient",
        old="error.mean(axis=0)",
        new="error.mean(axis=0) + l2 * b",
    ),
    Mistake(
        "it walks uphill: the slope is added instead of subtracted",
        in_="SoftmaxRegression.fit",
        old="W = W - self.learning_rate * dW\n            b = b - self",
        new="W = W + self.learning_rate * dW\n            b = b + self",
    ),
    Mistake(
        "it takes one step too many",
        in_="SoftmaxRegression.fit",
        old="range(self.steps)",
        new="range(self.steps + 1)",
    ),
    Mistake(
        "the biases never move",
        in_="SoftmaxRegression.fit",
        old="            b = b - self.learning_rate * db\n",
        new="",
    ),
    Mistake(
        "the penalty is not passed on to the gradient",
        in_="SoftmaxRegression.fit",
        old=", self.l2)",
        new=")",
    ),
    Mistake(
        "the classes are counted from one, so that each sample is given its neighbour's",
        in_="SoftmaxRegression.fit",
        old="[positions]",
        new="[positions - 1]",
    ),
    Mistake(
        "the one-hot table is made in float64, which widens float32",
        in_="SoftmaxRegression.fit",
        old=", dtype=X.dtype)",
        new=")",
    ),
    Mistake(
        "the walk starts where the last fit ended instead of at zero",
        in_="SoftmaxRegression.fit",
        old="for _ in range(self.steps):",
        new='W, b = getattr(self, "W_", W), getattr(self, "b_", b)\n'
        "        for _ in range(self.steps):",
    ),
    Mistake(
        "fit does not return the model",
        in_="SoftmaxRegression.fit",
        old="return self",
        new="return None",
    ),
    Mistake(
        "it stops before all steps are taken, once the slope is small",
        in_="LogisticRegression.fit",
        old="            w = w - self",
        new="            if max(np.abs(dw).max(), abs(db)) < 1e-3:\n"
        "                break\n            w = w - self",
    ),
    Mistake(
        "it stops before all steps are taken, once the slope is small",
        in_="SoftmaxRegression.fit",
        old="            W = W - self",
        new="            if np.abs(dW).max() < 1e-3:\n                break\n"
        "            W = W - self",
    ),
    Mistake(
        "the tolerance that is asked for plays no part",
        in_="fit_irls",
        old="< tolerance",
        new="< 1e-8",
    ),
]


EXPLAIN = [
    Explain(
        "rows",
        why="the largest score of the whole table is subtracted instead of each row's",
        causes={
            "exp overflows where a score is large": "After the subtraction no score is above zero, "
            "and exp of that is at most 1.",
            "the sum runs over the samples instead of the classes": "axis=-1 is the last axis, "
            "and along it lie the classes.",
            "the subtraction changes the probabilities, whatever the scores are": "One number "
            "taken from all the scores of a row divides top and bottom by the same factor.",
        },
        takes="`z` is a table of scores for `softmax(z)`, a row for each sample.",
        call=lambda code, z: code.softmax(z),
        example={"z": [[0.0, 1.0], [20.0, 3.0]]},
        witness={"z": [[0.0, 1.0], [1000.0, 3.0]]},
    ),
    Explain(
        "biases",
        why="the biases take one mean over all classes: each has its own",
        causes={
            "the biases are penalised too": "The penalty l2 stands beside the weights only.",
            "the slope in the biases is a sum instead of a mean": "mean divides by how many were "
            "added up; the question is what was added up.",
            "the error has the wrong sign: it is prediction minus label": "softmax(X @ W + b) is "
            "the prediction, and Y is taken from it.",
        },
        takes="`y` holds the label of each sample, 0, 1 or 2; out come the three biases after one "
        "step downhill from zero.",
        call=lambda code, y: (
            np.zeros(3)
            - code.cross_entropy_gradient(
                np.ones((len(y), 1)), np.eye(3)[y], np.zeros((1, 3)), np.zeros(3)
            )[1]
        ),
        example={"y": [0, 1, 2]},
        witness={"y": [0, 0, 1]},
    ),
]

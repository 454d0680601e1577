"""A reader of digits that knows when it is in doubt, and then asks a person.

A misread digit costs ten times what it costs to have a person look. So it
pays to ask wherever the chance of a mistake is above one in ten: if the
reader's own word for that chance can be trusted. It is tested first, on
digits that were kept from it, and corrected; then comes the office.
"""

import numpy as np

import bookdata
from solutions.arrays import NearestMean, batches
from solutions.logistic_regression import SoftmaxRegression, fit_irls, sigmoid

MISTAKE = 10  # costs as much as so many looks of a person
digits = bookdata.digits()
X, y = digits.X_train, digits.y_train
X_test, y_test = digits.X_test, digits.y_test


def learned(X, y):
    """Return a reader of digits, trained."""
    return SoftmaxRegression(learning_rate=1.0, steps=400, l2=1e-4).fit(X, y)


def answers(reader, X):
    """Return what it reads, and the log-odds it gives that to be right."""
    p = reader.predict_proba(X)
    sure = p.max(axis=1)
    return reader.classes_[p.argmax(axis=1)], np.log(sure / (1 - sure))


# How far can its word be trusted? Each fifth is read by a reader of the rest.
odds, right = np.zeros(len(y)), np.zeros(len(y))
for fold in batches(len(y), len(y) // 5 + 1, np.random.default_rng(0)):
    rest = np.setdiff1d(np.arange(len(y)), fold)
    guess, odds[fold] = answers(learned(X[rest], y[rest]), X[fold])
    right[fold] = guess == y[fold]
w, b, _ = fit_irls(odds[:, None], right)

reader = learned(X, y)
guess, odds = answers(reader, X_test)
said, trust = sigmoid(odds), sigmoid(w[0] * odds + b)
right, asks = guess == y_test, trust < 1 - 1 / MISTAKE

print(f"{len(y_test)} digits that it has never seen\n")
print("  its word, corrected    digits    should be right    are right")
edges = [0, 0.6, 0.9, 0.99, 1]
for low, high in zip(edges, edges[1:], strict=False):
    there = (trust >= low) & (trust < high)
    if there.any():
        print(
            f"  {low:>9.0%} to {high:<5.0%}{there.sum():>12}"
            f"{trust[there].sum():>19.1f}{right[there].sum():>13}"
        )


def row(who, right, asks):
    """Print what a thousand digits cost where some are shown to a person."""
    wrong = ~right & ~asks
    cost = (asks.sum() + MISTAKE * wrong.sum()) / len(asks) * 1000
    print(f"  {who:<29}{asks.mean():>9.1%}{wrong.sum():>11}{cost:>13.0f}")


print("\n  who reads                     a person    misread    cost of 1,000")
nobody = np.zeros(len(y_test), bool)
row("a person, every digit", right, ~nobody)
row("the nearest mean, alone", NearestMean().fit(X, y).predict(X_test) == y_test, nobody)
row("your reader, alone", right, nobody)
row("your reader, by its own word", right, said < 1 - 1 / MISTAKE)
row("your reader, corrected", right, asks)

doubtful = np.flatnonzero(asks & ~right)
print(f"\nOf the {asks.sum()} digits it asked about it would have misread {len(doubtful)}. Some:\n")
doubtful = doubtful[np.argsort(trust[doubtful])][:4]
ink = np.array([" ", ".", ":", "+", "*", "#", "@"])[np.rint(X_test * 6).astype(int)]
for line in range(8):
    rows = ink[doubtful, 8 * line : 8 * line + 8]
    print("  " + "  ".join("".join(2 * pixel for pixel in one) for one in rows))
print("  " + "  ".join(f"{f'{y_test[i]}, not {guess[i]}':<16}" for i in doubtful))

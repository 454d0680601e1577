"""A lender: from the raw forms of 4,454 loans to whom it lends, and what that earns.

Trees that mend each other's mistakes say who will not pay back. With which
settings is told by loans that they have not seen, and so is how far their
word is to be trusted. A loan is made where it earns more than it risks.
"""

import numpy as np

import bookdata
import solutions.pipelines as prep
from solutions.costs import roc_auc
from solutions.ensembles import GradientBoosting
from solutions.logistic_regression import sigmoid
from solutions.model_selection import random_search, stratified_k_fold
from solutions.statistics import bootstrap_interval
from solutions.support_vectors import platt_scaling

EARNS, LOSES = 0.15, 0.60  # of the money lent, paid back or not: so we assume
forms = bookdata.credit()._asdict()
bad, train = forms.pop("bad"), forms.pop("train")
words = [name for name, column in forms.items() if column.dtype.kind == "U"]
numbers = [name for name in forms if name not in words]
rng = np.random.default_rng(0)


def part(rows, table=forms):
    """Return some rows of the forms."""
    return {name: column[rows] for name, column in table.items()}


def learned(model, rows, table=forms):
    """Return a lender, from the form to the answer, that has seen these rows alone."""
    steps = [("fill", prep.SimpleImputer()), ("scale", prep.StandardScaler())]
    kinds = [("numbers", prep.Pipeline(steps), numbers), ("words", prep.OneHotEncoder(), words)]
    steps = [("features", prep.ColumnTransformer(kinds)), ("model", model)]
    return prep.Pipeline(steps).fit(part(rows, table), bad[rows])


def odds(lender, rows):
    """Return the log-odds that a lender gives these loans to go bad."""
    p = lender.predict_proba(part(rows))[:, 1]
    return np.log(p) - np.log1p(-p)


def unseen(settings):
    """Return the log-odds of each known loan, by trees that were not shown it."""
    z = np.zeros(len(known))
    for fold in range(4):
        trees = GradientBoosting(**settings, loss="log")
        z[folds == fold] = odds(learned(trees, known[folds != fold]), known[folds == fold])
    return z


known, fresh = np.flatnonzero(train), np.flatnonzero(~train)
folds = stratified_k_fold(bad[known], 4, rng)
space = {"rounds": (40, 160), "learning_rate": (0.03, 0.2, "log"), "max_depth": (2, 4)}
tried, scores = random_search(lambda s: roc_auc(bad[known], unseen(s)), space, 4, rng)
best = tried[scores.argmax()]
slope, shift = platt_scaling(unseen(best), bad[known])
risk = sigmoid(slope * odds(learned(GradientBoosting(**best, loss="log"), known), fresh) + shift)
line = sigmoid(odds(learned(prep.Logit(1e-3), known), fresh))
leak = prep.find_leak(lambda t, r: learned(prep.Logit(1), r, t).features(part(r, t)), forms, train)
print(f"{len(fresh)} loans that it has never seen; of {len(forms)} columns {len(leak)} leak\n")
print("  what it said      loans    should go bad    went bad")
for low, high in [(0, 0.1), (0.1, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 1)]:
    some = (risk >= low) & (risk < high)
    should, came = risk[some].sum(), bad[fresh][some].sum()
    print(f"  {low:>4.0%} to {high:<5.0%}{some.sum():>10}{should:>15.1f}{came:>13}")

cut = EARNS / (EARNS + LOSES)  # where a loan earns as much as it may lose
gain = forms["amount"][fresh] * np.where(bad[fresh] == 1, -LOSES, EARNS)
rules = {"everybody": risk >= 0, "who has a clean record": forms["records"][fresh] == "no"}
rules |= {f"below {cut:.0%} by the line": line < cut, f"below {cut:.0%} by your trees": risk < cut}
print("\n  who gets a loan            made   went bad   earned of 1,000 asked for")
for who, made in rules.items():
    each = 1000 * gain * made / forms["amount"][fresh].mean()
    low, high = bootstrap_interval(each, lambda x: x.mean(axis=-1), rng)
    print(f"  {who:<23}{made.mean():>8.0%}{bad[fresh][made].mean():>11.1%}", end="")
    print(f"{each.mean():>9.0f}  ({low:.0f} to {high:.0f})")

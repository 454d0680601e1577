"""What a penguin is and what it weighs, by three lengths of it, with the doubt told.

Each kind, a species and a sex, is a cloud of measurements, and Bayes' rule
says how much each cloud lays claim to a bird that was not seen before. Its
weight follows from each kind's own line through the lengths, weighed by
the claims, and so does how far off that may be.
"""

import numpy as np

import bookdata
from solutions.arrays import standardize
from solutions.costs import confusion_matrix
from solutions.gradient_descent import conjugate_gradient
from solutions.linear_algebra import svd
from solutions.probability import gaussian_log_density, log_sum_exp
from solutions.statistics import bootstrap_interval

birds = bookdata.penguins()
known = np.isfinite(birds.body_mass) & (birds.sex != "")
lengths = (birds.bill_length, birds.bill_depth, birds.flipper_length)
X, grams, train = np.stack(lengths, axis=1)[known], birds.body_mass[known], birds.train[known]
species, sex = birds.species[known], birds.sex[known]
kind = np.char.add(np.char.add(species, " "), sex)
kinds = np.unique(kind)


def learned(rows):
    """Return a cloud's mean and covariance, its mean weight, slope and rest."""
    mean, covariance = X[rows].mean(axis=0), np.cov(X[rows].T)
    together = np.cov(X[rows].T, grams[rows])[-1, :-1]  # (3,) with the weight
    slope, _ = conjugate_gradient(covariance, together)
    rest = grams[rows] - grams[rows].mean() - (X[rows] - mean) @ slope
    return mean, covariance, grams[rows].mean(), slope, rest.std(ddof=4)


clouds = [learned(train & (kind == k)) for k in kinds]
shares = [(kind[train] == k).mean() for k in kinds]
fresh = X[~train]
claims = np.stack([gaussian_log_density(fresh, *cloud[:2]) for cloud in clouds], axis=1)
claims += np.log(shares)
p = np.exp(claims - log_sum_exp(claims, axis=1, keepdims=True))  # (n, 6)
said = p.argmax(axis=1)
same = np.array([k.split()[0] for k in kinds])[said] == species[~train]
right = kinds[said] == kind[~train]

lines = np.stack([m + (fresh - mean) @ slope for mean, _, m, slope, _ in clouds], axis=1)
weight = (p * lines).sum(axis=1)
rests = np.array([cloud[-1] for cloud in clouds])
doubt = np.sqrt((p * (rests**2 + (lines - weight[:, None]) ** 2)).sum(axis=1))
off = grams[~train] - weight


def row(what, x, form):
    """Print a mean, and between which numbers it may as well have been."""
    low, high = bootstrap_interval(x, lambda x: x.mean(axis=-1), np.random.default_rng(0))
    print(f"  {what:<40}{form(x.mean()):>8}    {form(low):>6} to {form(high)}")


print(f"{len(off)} penguins that it has never seen, three lengths of each\n")
row("the right species", same * 1.0, "{:.1%}".format)
row("the right species and the right sex", right * 1.0, "{:.1%}".format)
row("grams by which the weight is off", np.abs(off), "{:.0f}".format)
naive = grams[~train] - grams[train].mean()
row("the same, were it always the mean", np.abs(naive), "{:.0f}".format)
row("weights in their intervals for 95 %", (np.abs(off) < 1.96 * doubt) * 1.0, "{:.1%}".format)
print("\n  was (down), was called (across)\n")
for k, counts in zip(kinds, confusion_matrix(kind[~train], kinds[said], kinds), strict=True):
    print(f"  {k:<20}" + "".join(f"{count or '.':>4}" for count in counts))

U, s, _ = svd(standardize(fresh, X[train]))
kept = (s[:2] ** 2).sum() / (s**2).sum()
print(f"\n  the plane that keeps {kept:.0%} of the spread; females are small letters\n")
place = (U[:, :2] - U[:, :2].min(axis=0)) / np.ptp(U[:, :2], axis=0)  # (n, 2) in [0, 1]
page = np.full((18, 60), " ")
letters = [k[0].lower() if "female" in k else k[0] for k in kind[~train]]
page[(place[:, 1] * 17).astype(int), (place[:, 0] * 59).astype(int)] = letters
print("\n".join("  " + "".join(line) for line in page))

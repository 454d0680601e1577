"""The five files of a chapter on its first day.

They work: the reference passes its checks, the stub does not. What they lack
of a whole chapter the tests say, each in a sentence.
"""

PROSE = """\
---
part: Foundations
level: 1
minutes: 90
---
# Title

Begin with a question on real data.

## Your turn

### double

```python .noeval
<<SLUG.double>>
```

```console
grader check double
```
"""

REFERENCE = '''\
"""Title: one sentence that says what the reader builds.

Throughout: n samples.
    x (n,) inputs

Sources: author, title (year), chapter.
"""

from solutions.inputs import as_floats


def double(x):
    """Return twice every number.

    Parameters
    ----------
    x : array, shape (n,)

    Returns
    -------
    y : array, shape (n,)
    """
    x = as_floats(x, "x")
    # your turn (warm-up)
    # hint: What is one half of the answer?
    # hint: Multiplying an array by a number multiplies every entry.
    return 2 * x
'''

CHECKS = '''\
"""Checks for TITLE."""

import numpy as np

from grader import Mistake, check


@check("double")
def many(code, rng):
    """every number is doubled"""
    return code.double(rng.normal(size=20))


@check("double")
def none(code):
    """an empty array stays empty"""
    return code.double(np.zeros(0))


MISTAKES = [
    Mistake("the numbers are squared", in_="double", old="2 * x", new="x * x"),
]
'''

ORACLE = '''\
"""Oracle for TITLE: the outside library that the reference agrees with."""

import numpy as np

from solutions.SLUG import double


def test_double_is_the_sum_with_itself():
    x = np.random.default_rng(0).normal(size=100)
    np.testing.assert_allclose(double(x), np.add(x, x), rtol=1e-15)
'''

OTHER_WAY = '''\
"""The exercises of TITLE solved another way; the checks must accept it."""

import numpy as np


def double(x):
    """Add every number to itself, one at a time."""
    return np.array([value + value for value in x], dtype=float)
'''

TEMPLATES = (PROSE, REFERENCE, CHECKS, ORACLE, OTHER_WAY)  # as in Chapter.parts

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

### `double`

```python .noeval
<<SLUG.double>>
```

```console
grader check double
```

## See it break

The least of the three is negative.
Which numbers come out?

```python predict
from solutions.SLUG import double

for number in double([0, 2.5, -1]):
    print(number)
```

The first paragraph below the cell explains it, and is unlocked with the output.

<<explain>>
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

from grader import Explain, Mistake, check


@check("double")
def many(code, rng):
    """every number is doubled"""
    return code.double(rng.normal(size=20))


@check("double")
def none(code):
    """an empty array stays empty"""
    return code.double(np.zeros(0))


MISTAKES = [
    Mistake(
        "the numbers are squared",
        in_="double",
        old="2 * x",
        new="x * x",
        lesson="0 and 2 cannot tell the two apart: test with a number that is neither.",
    ),
]

EXPLAIN = [
    Explain(
        "twice",
        why="the numbers are squared",
        causes={
            "the numbers are doubled twice": "Nothing is multiplied by 2 here, let alone by 4.",
            "an array of whole numbers stays one": "as_floats has turned them into floats.",
            "x itself is changed": "x * x is a new array.",
        },
        takes="`x` goes into `double(x)`.",
        call=lambda code, x: code.double(x),
        example={"x": [0.0, 2.0]},
        witness={"x": [3.0]},
    ),
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

"""Linear algebra: systems solved, matrices taken apart, digits counted.

Throughout: n rows, d columns, r the smaller of the two.
    A (n, n) or (n, d) matrix    b (n,) or (n, m) right-hand sides
    x (n,) or (n, m) solution    v (n,) a unit vector
    L, U (n, n) lower and upper triangle     p (n,) an order of the rows
    Q (n, r) orthonormal columns             R (r, d) upper triangle
    values (n,) and vectors (n, n), a column each, of a symmetric A
    U (n, r), singular_values (r,), Vt (r, d), of A = U diag(s) Vt
Eigenvalues come in ascending order, singular values in descending order.
A number is zero to working precision when it is lost in the rounding of
what it was computed from; eps is the spacing of floats at 1.

Sources: Golub and Van Loan, Matrix Computations (4th ed., 2013);
Trefethen and Bau, Numerical Linear Algebra (1997);
Higham, Accuracy and Stability of Numerical Algorithms (2nd ed., 2002).
"""

import numpy as np

from solutions.inputs import as_finite, as_square


def solve_gauss(A, b):
    """Solve A x = b by elimination, the largest entry of each column first.

    Parameters
    ----------
    A : array, shape (n, n)
    b : array, shape (n,) or (n, m)
        One right-hand side, or one in each column.

    Returns
    -------
    x : array
        Of the shape of b.

    Raises
    ------
    numpy.linalg.LinAlgError
        A ValueError: if the largest entry left for a pivot is at most n eps
        times the largest that its column had in A.

    References
    ----------
    Golub and Van Loan (2013), 3.4.1 and 3.1.2.
    """
    M, n = augmented(A, b)  # (n, n + m): A and b side by side, a copy
    check_pivot = pivot_check(M[:, :n])
    # your turn (core)
    raise NotImplementedError("solve_gauss")


def augmented(A, b):
    """Return A and b side by side, (n, n + m), and n; neither is touched."""
    A, b = as_square(A), as_finite(b, "b")
    n = len(A)
    if b.ndim not in (1, 2) or len(b) != n:
        raise ValueError(
            f"A has shape {A.shape}, so b must have shape ({n},) or "
            f"({n}, m), but its shape is {b.shape}"
        )
    return np.hstack([A, b.reshape(n, -1)]), n


def pivot_check(A):
    """Return a function of (pivot, j) that refuses a pivot of column j."""
    n = len(A)
    smallest = n * np.finfo(A.dtype).eps * np.abs(A).max(axis=0)  # (n,)

    def check_pivot(pivot, j):
        """Raise where the pivot is lost in the rounding of its column."""
        if not abs(pivot) > smallest[j]:
            raise np.linalg.LinAlgError(
                f"A is singular to working precision: column {j} (counted "
                f"from 0) has no pivot larger than {abs(pivot):.1e} left, "
                "so it is a mixture of the columns before it"
            )

    return check_pivot

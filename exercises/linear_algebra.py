"""Linear algebra: systems solved, matrices taken apart, digits counted.

Throughout: n rows, d columns, r the smaller of the two.
    A (n, n) or (n, d) matrix    b (n,) or (n, m) right-hand sides
    x, of the shape of b, with A x = b        v (n,) a unit vector
    p (n,) an order of the rows  L, U (n, n) lower and upper triangle
    Q (n, r) orthonormal columns              R (r, d) upper triangle
    values (n,) in ascending order and vectors (n, n), one a column
    U (n, r), singular_values (r,) in descending order, Vt (r, d)
eps is the distance from 1 to the next float. A singular value counts as
zero where it is at most max(n, d) * eps times the largest one.

Sources: Golub and Van Loan, Matrix Computations (4th ed., 2013);
Trefethen and Bau, Numerical Linear Algebra (1997);
Demmel and Veselic, Jacobi's method is more accurate than QR (1992).
"""

import numpy as np

from solutions.inputs import (
    as_finite,
    as_matrix,
    as_square,
    as_symmetric,
    as_vector,
    in_range,
    whole,
)

MAX_SWEEPS = 60  # Jacobi needs 5 to 20


def solve_gauss(A, b):
    """Solve A x = b by elimination, the largest entry of each column first.

    Parameters
    ----------
    A : array, shape (n, n)
    b : array of shape (n,) or (n, m)
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
    M, smallest = augmented(A, b)  # (n, n + m), (n,)
    n = len(M)
    # your turn (core)
    raise NotImplementedError("solve_gauss")


def augmented(A, b):
    """Return A and b side by side, a copy (n, n + m), and pivot limits."""
    A, b = as_square(A), as_finite(b, "b")
    n = len(A)
    if b.ndim not in (1, 2) or len(b) != n:
        raise ValueError(
            f"A has shape {A.shape}, so b must have shape ({n},) or "
            f"({n}, m), but its shape is {b.shape}"
        )
    limits = n * np.finfo(A.dtype).eps * np.abs(A).max(axis=0)  # (n,)
    return np.hstack([A, b.reshape(n, -1)]), limits


def check_pivot(M, j, smallest):
    """Raise where the pivot M[j, j] is lost in rounding."""
    if not abs(M[j, j]) > smallest[j]:
        raise np.linalg.LinAlgError(
            f"A is singular to working precision: column {j}, counted from "
            f"0, is a mixture of those before it ({M[j, j]:.1e} is left)"
        )


def lu(A):
    """Take A apart into two triangles, once for every right-hand side.

    Parameters
    ----------
    A : array, shape (n, n)
        It may be singular: then U has a zero on its diagonal.

    Returns
    -------
    p : array, shape (n,)
        The order of the rows, whole numbers: A[p] = L @ U.
    L : array, shape (n, n)
        Zero above the diagonal, one on it, at most one in size below.
    U : array, shape (n, n)
        Zero below the diagonal.

    References
    ----------
    Golub and Van Loan (2013), algorithm 3.4.1.
    """
    U = as_square(A).copy()
    n = len(U)
    L, p = np.eye(n, dtype=U.dtype), np.arange(n)
    # your turn (core)
    raise NotImplementedError("lu")


def qr_householder(A):
    """Take A apart into perpendicular directions and a triangle.

    Parameters
    ----------
    A : array, shape (n, d)
        Of any shape and rank.

    Returns
    -------
    Q : array, shape (n, r)
        Orthonormal columns, whatever A is.
    R : array, shape (r, d)
        Zero below the diagonal, nowhere negative on it; A = Q @ R.

    References
    ----------
    Golub and Van Loan (2013), 5.1.2 and algorithm 5.2.1.
    """
    R = as_matrix(A, "A").copy()
    n, r = len(R), min(R.shape)
    Q, mirrors = np.eye(n, r, dtype=R.dtype), []
    # your turn (core)
    raise NotImplementedError("qr_householder")


def unit(x):
    """Return x (n,) divided by its length, a copy; zeros stay zeros."""
    largest = np.abs(x).max()  # its square can over- or underflow
    if largest == 0:
        return x.copy()
    x = x / largest
    return x / np.sqrt(x @ x)


def power_iteration(A, start, tolerance=1e-10, max_steps=10_000):
    """Find the eigenvalue that is largest in size, by multiplying by A.

    Parameters
    ----------
    A : array, shape (n, n)
    start : array, shape (n,)
        Not zero, and with a part, however small, along what is sought.
    tolerance : float
        Stop as soon as |A v - value v| is at most tolerance |value|.
    max_steps : int
        Multiplications by A; if too few, it raises RuntimeError.

    Returns
    -------
    value : float
        The Rayleigh quotient v A v.
    v : array, shape (n,)
        Of length one, of either sign.

    References
    ----------
    Golub and Van Loan (2013), 7.3.1; Trefethen and Bau (1997), 27.
    """
    A = as_square(A)
    v = unit(as_vector(start, "start", exactly=len(A)).astype(A.dtype))
    if not v.any():
        raise ValueError("start must not be zero: it has no direction")
    in_range("tolerance", tolerance, above=0)
    whole("max_steps", max_steps, low=1)
    tolerance = max(tolerance, len(A) * float(np.finfo(A.dtype).eps))
    # your turn (core)
    raise NotImplementedError("power_iteration")


def not_converged(count, what, left):
    """Return the error that ends an iteration which did not settle."""
    return RuntimeError(f"not settled in {count} {what}: {left:.2g} left")


def rotation(a, b, c):
    """Find the turn that makes two numbers of a symmetric matrix vanish.

    Parameters
    ----------
    a : array, shape (...)
    b : array, shape (...)
    c : array, shape (...)
        Of the matrices [[a, b], [b, c]].

    Returns
    -------
    cosine : array, shape (...)
    sine : array, shape (...)
        With J = [[cosine, sine], [-sine, cosine]], J.T @ [[a, b], [b, c]]
        @ J is diagonal. Of the angles that do this it is the one within 45
        degrees of zero (either of two where a = c), and zero where b = 0.

    References
    ----------
    Golub and Van Loan (2013), algorithm 8.5.1.
    """
    a, b, c = as_finite(a, "a"), as_finite(b, "b"), as_finite(c, "c")
    # your turn (core)
    raise NotImplementedError("rotation")


def turn(M, i, j, cosine, sine):
    """Turn the rows i and j of M among each other, in place.

    All are arrays (k,), for k pairs of rows; turn(M.T, ...) turns columns.
    """
    cosine, sine = cosine[:, None], sine[:, None]  # (k, 1)
    Mi, Mj = M[i], M[j]  # (k, ...) copies
    M[i] = cosine * Mi - sine * Mj
    M[j] = sine * Mi + cosine * Mj


def rounds(n):
    """Pair each of n with each other once, as a tournament does.

    A round is two arrays, i and j, that hold no number twice, so that all
    its pairs can be turned at once. One sits still, the others move on.
    """
    seats = np.arange(n + n % 2)
    half = len(seats) // 2
    for _ in range(len(seats) - 1):
        i, j = np.sort([seats[:half], seats[: half - 1 : -1]], axis=0)
        yield i[j < n], j[j < n]  # an odd one out has no game
        seats = np.append(seats[0], np.roll(seats[1:], 1))


def off_diagonal(A):
    """Return A with zeros on its diagonal."""
    return A - np.diag(np.diag(A))


def eigh_jacobi(A):
    """Find all eigenvalues and eigenvectors of a symmetric matrix.

    Parameters
    ----------
    A : array, shape (n, n)
        Equal to its transpose, but for rounding.

    Returns
    -------
    values : array, shape (n,)
        In ascending order.
    vectors : array, shape (n, n)
        vectors[:, i] belongs to values[i]; orthonormal, of either sign.
        If MAX_SWEEPS sweeps are too few, it raises RuntimeError.

    References
    ----------
    Golub and Van Loan (2013), 8.5.2 to 8.5.5.
    """
    A = as_symmetric(A)  # a copy
    Vt = np.eye(len(A), dtype=A.dtype)  # an eigenvector in each row
    small = 4 * len(A) * np.finfo(A.dtype).eps * np.abs(A).max()
    # your turn (stretch)
    raise NotImplementedError("eigh_jacobi")


def svd(A):
    """Take A apart into a turn, a stretch along the axes, and a turn.

    Parameters
    ----------
    A : array, shape (n, d)
        Of any shape and rank.

    Returns
    -------
    U : array, shape (n, r)
        Orthonormal columns, whatever A is.
    singular_values : array, shape (r,)
        In descending order, none negative.
    Vt : array, shape (r, d)
        Orthonormal rows; A = (U * singular_values) @ Vt.
        If MAX_SWEEPS sweeps are too few, it raises RuntimeError.

    References
    ----------
    Golub and Van Loan (2013), 8.6.3; Demmel and Veselic (1992).
    """
    A = as_matrix(A, "A")
    if A.shape[0] < A.shape[1]:
        return tuple(M.T for M in svd(A.T)[::-1])
    W, scale = scaled(A.T)  # (d, n): a column of A in each row, a copy
    Vt = np.eye(len(W), dtype=W.dtype)
    small = A.shape[0] * np.finfo(W.dtype).eps
    # your turn (stretch)
    raise NotImplementedError("svd")


def scaled(A):
    """Return a copy of A, its largest entry near 1, and its divisor."""
    _, exponent = np.frexp(np.abs(A).max())
    scale = 2.0 ** (int(exponent) - 1)  # a power of two rounds nothing
    return np.array(A / scale, order="C"), scale


def pair_products(W, i, j):
    """Return w_i w_i, w_i w_j, w_j w_j, (k,) each, for pairs of rows."""
    pairs = ((W[i], W[i]), (W[i], W[j]), (W[j], W[j]))
    return [np.einsum("kn,kn->k", u, w) for u, w in pairs]


def largest_cosine(W):
    """Return how far two rows of W are from perpendicular, at the most."""
    G = W @ W.T  # (d, d)
    length = np.sqrt(np.diag(G))
    length[length == 0] = 1
    return np.abs(off_diagonal(G / length / length[:, None])).max()


def working_zero(shape, s):
    """Return up to which size a singular value counts as zero."""
    return max(shape) * np.finfo(s.dtype).eps * s[0]


def pseudo_inverse(A):
    """Return what comes nearest to an inverse, for any matrix.

    Parameters
    ----------
    A : array, shape (n, d)

    Returns
    -------
    A_plus : array, shape (d, n)
        A_plus @ b is the shortest x of those whose A x is nearest to b.

    References
    ----------
    Golub and Van Loan (2013), 5.5.2.
    """
    A = as_matrix(A, "A")
    # your turn (core)
    raise NotImplementedError("pseudo_inverse")


def condition_number(A):
    """Return by how much a relative error can grow in solving A x = b.

    Parameters
    ----------
    A : array, shape (n, d)

    Returns
    -------
    condition : float
        The largest singular value divided by the smallest; infinite where
        the smallest counts as zero.

    References
    ----------
    Golub and Van Loan (2013), 2.6.2; Trefethen and Bau (1997), 12.
    """
    A = as_matrix(A, "A")
    # your turn (warm-up)
    raise NotImplementedError("condition_number")

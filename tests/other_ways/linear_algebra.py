"""Linear algebra solved another way: number by number, by other algorithms.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

import math

import numpy as np

from solutions.inputs import as_finite, as_matrix, as_square, as_vector
from solutions.linear_algebra import as_symmetric, scaled, working_zero


def solve_gauss(A, b):
    """Gauss and Jordan: clear each column above the pivot as well as below."""
    A, b = as_square(A), as_finite(b, "b")
    n, kind = len(A), np.result_type(A, b)
    columns = b.reshape(n, -1).tolist()
    rows = [[*row, *right] for row, right in zip(A.tolist(), columns, strict=True)]
    limit = [n * float(np.finfo(A.dtype).eps) * max(map(abs, column)) for column in A.T.tolist()]
    for j in range(n):
        best = max(range(j, n), key=lambda i, j=j: abs(rows[i][j]))
        rows[j], rows[best] = rows[best], rows[j]
        pivot = rows[j][j]
        if abs(pivot) <= limit[j]:
            raise np.linalg.LinAlgError(f"no pivot in column {j}")
        for i in range(n):
            if i != j:
                factor = rows[i][j] / pivot
                rows[i] = [mine - factor * its for mine, its in zip(rows[i], rows[j], strict=True)]
    x = [[value / rows[i][i] for value in rows[i][n:]] for i in range(n)]
    return np.array(x, dtype=kind).reshape(b.shape)


def lu(A):
    """Column by column: finish a column of L and U before the next is looked at."""
    A = as_square(A)
    n = len(A)
    p = list(range(n))
    L, U = np.zeros_like(A), np.zeros_like(A)
    for j in range(n):
        column = A[p, j]
        for i in range(n):
            column[i] = column[i] - L[i, : min(i, j)] @ column[: min(i, j)]
        best = max(range(j, n), key=lambda i, column=column: abs(column[i]))
        for swapped in (p, column, L):
            swapped[j], swapped[best] = np.copy(swapped[best]), np.copy(swapped[j])
        p = [int(i) for i in p]
        U[: j + 1, j] = column[: j + 1]
        L[j, j] = 1
        for i in range(j + 1, n):
            L[i, j] = column[i] / column[j] if column[j] else 0
    return np.array(p), L, U


def qr_householder(A):
    """Givens: turn two rows at a time until all below the diagonal is zero."""
    R = as_matrix(A, "A").copy()
    n, d = R.shape
    Qt = np.eye(n, dtype=R.dtype)
    for j in range(min(n, d)):
        for i in range(j + 1, n):
            x, y = R[j, j], R[i, j]
            length = np.hypot(x, y)
            if length > 0:
                for M in (R, Qt):
                    up, down = M[j].copy(), M[i].copy()
                    M[j] = (x / length) * up + (y / length) * down
                    M[i] = (x / length) * down - (y / length) * up
            R[i, j] = 0
        if R[j, j] < 0:
            R[j], Qt[j] = -R[j], -Qt[j]
    return Qt[: min(n, d)].T, R[: min(n, d)]


def power_iteration(A, start, tolerance=1e-10, max_steps=10_000):
    """Watch the angle between v and A v: its sine is the residual."""
    A = as_square(A)
    v = as_vector(start, "start", exactly=len(A)).astype(A.dtype)
    v = v / math.hypot(*v)
    steps = 0
    while steps < max_steps:
        steps += 1
        image = np.array([math.fsum(row * v) for row in A], dtype=A.dtype)
        value = math.fsum(image * v)
        if math.hypot(*(image - value * v)) <= max(tolerance, 1e-15) * abs(value):
            return value, -v
        v = image / math.hypot(*image)
    raise RuntimeError(f"{max_steps} steps were too few")


def rotation(a, b, c):
    """Half of the angle whose tangent is 2 b / (c - a)."""
    a, b, c = as_finite(a, "a"), as_finite(b, "b"), as_finite(c, "c")
    side = np.where(c < a, -1, 1)
    angle = np.arctan2(2 * b * side, np.abs(c - a)) / 2
    return np.cos(angle), np.sin(angle)


def eigh_jacobi(A):
    """Jacobi's own order, row by row, with the rotations as whole matrices."""
    A = as_symmetric(A)
    n = len(A)
    V = np.eye(n, dtype=A.dtype)
    for _ in range(MAX_SWEEPS):  # noqa: F821
        for i in range(n):
            for j in range(i + 1, n):
                cosine, sine = rotation(A[i, i], A[i, j], A[j, j])
                J = np.eye(n, dtype=A.dtype)
                J[i, i] = J[j, j] = cosine
                J[i, j], J[j, i] = sine, -sine
                A, V = J.T @ A @ J, V @ J
                A[i, j] = A[j, i] = 0
        off = A - np.diag(np.diag(A))
        if np.sum(np.abs(off)) <= np.finfo(A.dtype).eps * n * np.sum(np.abs(A)):
            pairs = sorted(range(n), key=lambda i: A[i, i])
            return np.array([A[i, i] for i in pairs]), np.stack([V[:, i] for i in pairs], axis=1)
    raise RuntimeError("the sweeps were too few")


def svd(A):
    """A triangle first, then its columns, pair by pair; missing directions by subtraction."""
    A = as_matrix(A, "A")
    n, d = A.shape
    if n < d:
        U, s, Vt = svd(A.T)
        return Vt.T, s, U.T
    A, scale = scaled(A)
    Q, R = qr_householder(A)
    W, V = R.copy(), np.eye(d, dtype=A.dtype)
    leaning, sweeps = True, 0
    while leaning:
        leaning, sweeps = False, sweeps + 1
        if sweeps > MAX_SWEEPS:  # noqa: F821
            raise RuntimeError("the sweeps were too few")
        for i in range(d):
            for j in range(i + 1, d):
                a, b, c = W[:, i] @ W[:, i], W[:, i] @ W[:, j], W[:, j] @ W[:, j]
                lean = abs(b) / math.sqrt(a) / math.sqrt(c) if a * c > 0 else 0
                if lean > 4 * n * np.finfo(A.dtype).eps:
                    leaning = True
                    cosine, sine = rotation(a, b, c)
                    J = np.array([[cosine, sine], [-sine, cosine]], dtype=A.dtype)
                    W[:, [i, j]], V[:, [i, j]] = W[:, [i, j]] @ J, V[:, [i, j]] @ J
    order = sorted(range(d), key=lambda i: -(W[:, i] @ W[:, i]))
    s = np.array([np.sqrt(W[:, i] @ W[:, i]) for i in order], dtype=A.dtype)
    directions = []
    for i, length in zip(order, s, strict=True):
        known_well = length > working_zero(A.shape, s)
        found = Q @ W[:, i] / length if known_well else np.zeros(n, A.dtype)
        for e in np.eye(n, dtype=A.dtype):
            if found @ found > 0.5:
                break
            found = e.copy()
            for _ in range(2):
                for known in directions:
                    found -= (known @ found) * known
            size = np.sqrt(found @ found)
            found = found / size if size > 0.5 / n else np.zeros(n, A.dtype)
        directions.append(found)
    return np.stack(directions, axis=1), s * scale, V[:, order].T


def pseudo_inverse(A):
    """A sum of matrices of rank one."""
    A = as_matrix(A, "A")
    total = np.zeros(A.shape[::-1], dtype=A.dtype)
    U, s, Vt = svd(A)
    for u, size, v in zip(U.T, s, Vt, strict=True):
        if size > working_zero(A.shape, s):
            total += np.outer(v, u) / size
    return total


def condition_number(A):
    """The stretch of A times that of its pseudo-inverse."""
    A = as_matrix(A, "A")
    s, back = svd(A)[1], svd(pseudo_inverse(A))[1]
    return float(s[0] * back[0]) if np.all(s > working_zero(A.shape, s)) else math.inf

"""Checks for linear algebra."""

import numpy as np

from grader import Explain, Mistake, check, close, raises, up_to_sign

SOLVERS = [
    "numpy.linalg.solve",
    "numpy.linalg.inv",
    "numpy.linalg.lstsq",
    "numpy.linalg.pinv",
    "numpy.linalg.svd",
    "numpy.linalg.qr",
    "numpy.linalg.cholesky",
    "numpy.linalg.tensorsolve",
    "numpy.linalg.tensorinv",
    "scipy.linalg",
    "scipy.sparse",
]
SPECTRA = [
    "numpy.linalg.eig",
    "numpy.linalg.eigh",
    "numpy.linalg.eigvals",
    "numpy.linalg.eigvalsh",
    "numpy.linalg.svd",
    "numpy.linalg.svdvals",
    "numpy.linalg.cond",
    "numpy.linalg.pinv",
    "scipy.linalg",
    "scipy.sparse",
]


def ended(work):
    """Return what a call that may be refused came to, in a word."""
    try:
        work()
    except ValueError as error:
        return type(error).__name__
    return "solved"


@check("solve_gauss", forbids=SOLVERS)
def one_system(code, rng):
    """x solves A x = b, for five unknowns and for one"""
    A, b = rng.normal(size=(5, 5)), rng.normal(size=5)
    return code.solve_gauss(A, b), code.solve_gauss(np.array([[-4.0]]), np.array([2.0]))


@check("solve_gauss", forbids=SOLVERS)
def several_systems(code, rng):
    """with b of shape (n, m) each column has its own x, also where m is 1"""
    A, b = rng.normal(size=(4, 4)), rng.normal(size=(4, 3))
    return code.solve_gauss(A, b), code.solve_gauss(A, b[:, :1])


@check("solve_gauss", forbids=SOLVERS)
def zeros_on_the_diagonal(code):
    """a zero on the diagonal is no obstacle, neither at first nor on the way"""
    at_first = np.array([[0.0, 2.0], [3.0, 4.0]])
    on_the_way = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 1.0], [1.0, 1.0, 1.0]])
    return (
        code.solve_gauss(at_first, np.array([2.0, 7.0])),
        code.solve_gauss(on_the_way, np.array([6.0, 7.0, 3.0])),
    )


@check("solve_gauss", forbids=SOLVERS)
def tiny_pivots(code):
    """a tiny pivot is never divided by where a larger one, of either sign, stands below"""
    tiny = 1e-20
    return [
        code.solve_gauss(np.array(A), np.array([1.0, 2.0, 4.0]))
        for A in (
            [[tiny, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 2.0]],
            [[tiny, 1.0, 0.0], [-1.0, 1.0, 0.0], [0.0, 0.0, 2.0]],
            [[4.0, 0.0, 0.0], [0.0, tiny, 1.0], [0.0, -1.0, 1.0]],
            [[tiny, 1.0, 0.0], [0.0, 2.0, 1.0], [1.0, 1.0, 1.0]],
        )
    ]


@check("solve_gauss", forbids=SOLVERS)
def singular_or_not(code):
    """columns that mix to zero are refused with LinAlgError, small ones are not"""
    systems = {
        "a mixture, but for rounding": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]],
        "a column of zeros": [[1.0, 0.0, 2.0], [3.0, 0.0, 5.0], [2.0, 0.0, 1.0]],
        "two columns alike": [[1.0, 2.0, 2.0], [4.0, 1.0, 1.0], [2.0, 6.0, 6.0]],
        "zeros alone": np.zeros((2, 2)),
        "a small unit": [[1.0, 1e-20], [1.0, 2e-20]],
    }
    return {
        name: ended(lambda A=A: code.solve_gauss(np.array(A), np.ones(len(A))))
        for name, A in systems.items()
    }


@check("solve_gauss", expect=close(1e-3, 1e-3), forbids=SOLVERS)
def single_precision(code, rng):
    """float32 stays float32"""
    A = (rng.normal(size=(3, 3)) + 4 * np.eye(3)).astype(np.float32)
    x = code.solve_gauss(A, A[0])
    return x, str(np.asarray(x).dtype)


@check("lu", forbids=SOLVERS)
def two_triangles(code, rng):
    """the order of the rows, the factors, and what elimination leaves"""
    return code.lu(rng.normal(size=(5, 5)))


@check("lu", forbids=SOLVERS)
def rows_that_move_twice(code):
    """rows that change places again take their factors with them; a matrix of one row"""
    A = np.array([[1.0, 2.0, 4.0, 3.0], [2.0, 1.0, 3.0, 9.0], [4.0, -8.0, 1.0, 5.0], [-8, 4, 3, 1]])
    return code.lu(A), code.lu(A[::-1]), code.lu(np.array([[-3.0]]))


@check("lu", forbids=SOLVERS)
def factors_of_the_singular(code):
    """a singular matrix has its triangles too, and zeros are zeros"""
    made = []
    for A in (
        1 / (1 + np.arange(5)[:, None] + np.arange(5)),
        np.zeros((3, 3)),
        np.array([[0.0, 2.0, 1.0], [0.0, 4.0, 3.0], [0.0, 1.0, 2.0]]),
        np.array([[1.0, 2.0, 4.0], [2.0, 4.0, 1.0], [4.0, 8.0, 2.0]]),
    ):
        with np.errstate(all="raise"):
            p, L, U = (np.asarray(part) for part in code.lu(A))
        back = np.empty_like(A)
        back[p] = L @ U
        made.append((back, np.triu(L), np.abs(L) <= 1, np.tril(U, -1) != 0))
    return made


@check("lu", expect=close(1e-3, 1e-3), forbids=SOLVERS)
def triangles_in_single_precision(code, rng):
    """float32 stays float32, and the order is of whole numbers"""
    parts = code.lu((rng.normal(size=(3, 3)) + 4 * np.eye(3)).astype(np.float32))
    return parts, [str(np.asarray(part).dtype) for part in parts[1:]]


@check("qr_householder", forbids=SOLVERS)
def tall(code, rng):
    """more rows than columns: Q (n, d) and R (d, d), its diagonal positive"""
    return code.qr_householder(rng.normal(size=(6, 3)))


@check("qr_householder", forbids=SOLVERS)
def every_shape(code, rng):
    """square, wide, one row, one column, one negative number, a zero in front"""
    shapes = [(4, 4), (3, 5), (1, 3), (4, 1)]
    made = [code.qr_householder(rng.normal(size=shape)) for shape in shapes]
    in_front = np.array([[0.0, 2.0], [3.0, 1.0], [4.0, 5.0]])
    return [*made, code.qr_householder(np.array([[-2.0]])), code.qr_householder(in_front)]


def put_together(Q, R):
    """Return what Q and R must give, whichever of several right answers they are."""
    Q, R = np.asarray(Q), np.asarray(R)
    return {
        "Q.T @ Q": Q.T @ Q,
        "Q @ R": Q @ R,
        "not zero below the diagonal": np.tril(R, -1) != 0,
        "negative on the diagonal": np.diag(R) < 0,
    }


@check("qr_householder", expect=close(1e-9, 1e-11), forbids=SOLVERS)
def columns_nearly_alike(code):
    """columns that are nearly alike still give directions that are perpendicular"""
    nearly = np.array([[1.0, 1.0, 1.0], [1e-9, 0, 0], [0, 1e-9, 0], [0, 0, 1e-9]])
    hilbert = 1 / (1 + np.arange(9)[:, None] + np.arange(9))
    return [put_together(*code.qr_householder(A)) for A in (nearly, hilbert)]


@check("qr_householder", forbids=SOLVERS)
def columns_that_depend(code):
    """columns of zeros, or repeated: Q has orthonormal columns all the same"""
    A = np.array([[3.0, 0.0, 3.0], [0.0, 0.0, 0.0], [4.0, 0.0, 4.0], [0.0, 0.0, 0.0]])
    with np.errstate(all="raise"):
        return [put_together(*code.qr_householder(M)) for M in (A, A.T, np.zeros((3, 2)))]


@check("qr_householder", expect=close(1e-9, 1e-14), forbids=SOLVERS)
def a_column_almost_there(code):
    """a column that nearly lies on its axis already loses no digits, whichever way it points"""
    A = np.array([[1.0, 2.0], [1e-6, 3.0], [-2e-6, 5.0]])
    return code.qr_householder(A), code.qr_householder(-A), code.qr_householder(1e150 * A)[0]


@check("qr_householder", expect=close(1e-3, 1e-3), forbids=SOLVERS)
def mirrors_in_single_precision(code, rng):
    """float32 stays float32"""
    parts = code.qr_householder((rng.normal(size=(4, 2)) + 3 * np.eye(4, 2)).astype(np.float32))
    return parts, [str(np.asarray(part).dtype) for part in parts]


def signless(found):
    """Return an eigenvalue, and its vector in a form that has no sign."""
    value, v = found
    return value, np.outer(v, v)


def symmetric(rng, values):
    """Return a symmetric matrix with these eigenvalues."""
    v = rng.normal(size=len(values))
    H = np.eye(len(v)) - 2 * np.outer(v, v) / (v @ v)
    return (H * values) @ H.T


@check("power_iteration", forbids=SPECTRA)
def the_largest(code, rng):
    """the eigenvalue that is largest in size, also below zero, and its unit vector"""
    found = []
    for values in ([5.0, 2.0, 1.0, -3.0], [-4.0, 2.0, 1.0, 0.5]):
        start = 1 + rng.random(4)
        found.append(signless(code.power_iteration(symmetric(rng, values), start)))
    return found


@check("power_iteration", forbids=SPECTRA)
def not_symmetric(code, rng):
    """a matrix need not be symmetric"""
    A = rng.random((4, 4)) + np.array([0.0, 1.0, 2.0, 3.0])
    return signless(code.power_iteration(A, np.ones(4)))


@check("power_iteration", forbids=SPECTRA)
def there_at_once(code):
    """a start that is an eigenvector already, of any length; a matrix of zeros"""
    with np.errstate(all="raise"):
        return (
            signless(code.power_iteration(np.diag([2.0, 7.0]), np.array([0.0, 3.0]))),
            signless(code.power_iteration(np.zeros((2, 2)), np.array([3.0, 4.0]))),
        )


@check("power_iteration", forbids=SPECTRA)
def near_enough(code, rng):
    """it stops as soon as |A v - value v| is at most tolerance |value|, and not before"""
    A = symmetric(rng, [-10.0, 9.0, 3.0, 1.0])
    start = 1 + rng.random(4)
    return [signless(code.power_iteration(A, start, tolerance=t)) for t in (0.3, 0.1, 1e-3)]


@check("power_iteration", expect=raises(RuntimeError), forbids=SPECTRA)
def two_of_one_size(code):
    """two eigenvalues of one size never settle: it says so with RuntimeError"""
    A = np.array([[0.0, 1.0], [1.0, 0.0]])
    return code.power_iteration(A, np.array([1.0, 0.5]), max_steps=40)


@check("power_iteration", forbids=SPECTRA)
def steps_that_suffice(code):
    """it needs no more multiplications than max_steps, where they suffice"""
    A, start = np.diag([4.0, 1.0]), np.array([1.0, 1.0])
    code.power_iteration(A, start)  # an empty exercise ends here: what it raises is a RuntimeError

    def settles(steps):
        try:
            code.power_iteration(A, start, tolerance=0.01, max_steps=steps)
        except RuntimeError:
            return "RuntimeError"
        return "settled"

    return {f"max_steps={steps}": settles(steps) for steps in range(1, 8)}


@check("rotation", forbids=SPECTRA)
def turned_straight(code, rng):
    """the cosine and the sine of the turn, for a table of matrices and for one"""
    a, b, c = rng.normal(size=(3, 2, 4))
    return code.rotation(a, b, c), code.rotation(2.0, 3.0, -1.0), code.rotation(0.0, 1.0, 5.0)


@check("rotation", forbids=SPECTRA)
def half_a_right_angle(code):
    """where a = c it is 45 degrees, to either side"""
    cosine, sine = code.rotation(np.array([2.0, -1.0, 0.0]), np.array([3.0, -0.5, 1.0]), [2, -1, 0])
    return np.abs(cosine), np.abs(sine)


@check("rotation", forbids=SPECTRA)
def nothing_to_turn(code):
    """where b = 0 nothing turns, not even where a = c, and nothing is divided by zero"""
    with np.errstate(all="raise"):
        cosine, sine = code.rotation(np.array([1.0, 4.0, 2.0, 0.0]), np.zeros(4), [5.0, 1, 2, 0])
    return cosine, np.abs(sine)


@check("rotation", expect=close(1e-9, 0.0), forbids=SPECTRA)
def small_and_large(code):
    """tiny angles keep their digits, huge numbers do not overflow"""
    a = np.array([1.0, 0.0, 3e200, 1e-200])
    b = np.array([1e-9, -2e-14, 1e200, 3e-200])
    c = np.array([2.0, 1.0, 1e200, 5e-200])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        return code.rotation(a, b, c)


def spread(rng, n, least=0.5):
    """Return n numbers of both signs, in random order, no two nearer than `least`."""
    return rng.permutation(np.cumsum(least + rng.random(n)) - 0.4 * n)


@check("eigh_jacobi", forbids=SPECTRA)
def eigenvalues(code, rng):
    """all eigenvalues, in ascending order; of an even, an odd and a single row"""
    every = [symmetric(rng, spread(rng, n)) for n in (6, 5, 1)]
    return [code.eigh_jacobi(A)[0] for A in every]


@check("eigh_jacobi", expect=up_to_sign(1e-6, 1e-8), forbids=SPECTRA)
def eigenvectors(code, rng):
    """the vector of each eigenvalue stands in its column, of length one, of either sign"""
    return [code.eigh_jacobi(symmetric(rng, spread(rng, n)))[1] for n in (6, 3)]


@check("eigh_jacobi", forbids=SPECTRA)
def repeated_values(code, rng):
    """where values repeat, any perpendicular vectors of theirs will do"""
    made = []
    for A in (np.ones((4, 4)), np.zeros((3, 3)), symmetric(rng, [2.0, -1.0, 2.0, 2.0, -1.0])):
        values, V = (np.asarray(part) for part in code.eigh_jacobi(A))
        made.append((values, (V * values) @ V.T, V.T @ V))
    return made


@check("eigh_jacobi", expect=close(1e-9, 1e-11), forbids=SPECTRA)
def settled(code, rng):
    """A V is V times the values, to the last digits"""
    made = []
    for values in ([1.0, 1.0 + 1e-6, 3.0, 4.0, -2.0, 0.5], [1e-9, 1e-8, 1.0]):
        A = symmetric(rng, values)
        found, V = (np.asarray(part) for part in code.eigh_jacobi(A))
        made.append((A @ V - V * found, V.T @ V))
    return made


@check("eigh_jacobi", expect=raises(RuntimeError), forbids=SPECTRA)
def too_few_sweeps(code, rng):
    """where MAX_SWEEPS do not suffice it raises RuntimeError"""
    code.MAX_SWEEPS = 2
    return code.eigh_jacobi(symmetric(rng, spread(rng, 8)))


@check("eigh_jacobi", forbids=SPECTRA)
def sweeps_that_suffice(code):
    """what is diagonal, or is so after a single sweep, needs no more; numbers below zero count"""
    code.MAX_SWEEPS = 2
    every = ([[2.0, 1.0], [1.0, 2.0]], [[2.0, -1.0], [-1.0, 3.0]], np.diag([3.0, 1.0]))
    return [[np.abs(part) for part in code.eigh_jacobi(np.array(A))] for A in every]


@check("eigh_jacobi", expect=close(1e-3, 1e-3), forbids=SPECTRA)
def turns_in_single_precision(code, rng):
    """float32 stays float32"""
    values, V = code.eigh_jacobi(symmetric(rng, [3.0, 1.0, -2.0]).astype(np.float32))
    return values, np.abs(V), [str(np.asarray(part).dtype) for part in (values, V)]


def stretched(rng, n, d, singular_values):
    """Return a matrix (n, d) with these singular values."""
    u, v = rng.normal(size=n), rng.normal(size=d)
    r = len(singular_values)
    left = (np.eye(n) - 2 * np.outer(u, u) / (u @ u))[:, :r]
    right = (np.eye(d) - 2 * np.outer(v, v) / (v @ v))[:r]
    return (left * singular_values) @ right


FORBIDDEN = [*SPECTRA, *SOLVERS]


@check("svd", forbids=FORBIDDEN)
def singular_values(code, rng):
    """how far each axis is stretched, in descending order; tall, square, wide, one column"""
    shapes = [(5, 3), (4, 4), (3, 6), (4, 1), (1, 4)]
    return [code.svd(rng.normal(size=shape))[1] for shape in shapes]


@check("svd", expect=up_to_sign(1e-6, 1e-8), forbids=FORBIDDEN)
def both_turns(code, rng):
    """columns of U and rows of Vt belong together, and to their singular value"""
    made = []
    for n, d in ((6, 3), (3, 3), (3, 5)):
        U, _, Vt = code.svd(stretched(rng, n, d, np.abs(spread(rng, 3)) + np.array([9.0, 0, 5])))
        made.append(np.vstack([U, np.transpose(Vt)]))
    return made


def rebuilt(code, A):
    """Return what the parts of an svd must give, whichever right ones they are."""
    U, s, Vt = (np.asarray(part) for part in code.svd(A))
    return {
        "U * s @ Vt": (U * s) @ Vt,
        "s": s,
        "U.T @ U": U.T @ U,
        "Vt @ Vt.T": Vt @ Vt.T,
    }


@check("svd", forbids=FORBIDDEN)
def of_any_rank(code, rng):
    """rank two, equal singular values, a column of zeros, zeros alone: U and Vt are whole"""
    A = np.array([[1.0, 0.0, 2.0], [3.0, 0.0, 1.0], [0.0, 0.0, 5.0], [2.0, 0.0, 2.0]])
    every = (
        rng.integers(-3, 4, (5, 2)) @ rng.integers(-3, 4, (2, 4)),
        A,
        A.T,
        np.zeros((3, 2)),
        -2 * np.eye(3)[::-1],
    )
    with np.errstate(divide="raise", invalid="raise"):
        return [rebuilt(code, np.array(M, dtype=float)) for M in every]


@check("svd", expect=close(1e-6, 1e-14), forbids=FORBIDDEN)
def small_ones(code, rng):
    """a singular value a billion times smaller than the largest is not lost"""
    leaning = np.array([[1.0, 1.0], [1e-9, 0.0], [0.0, 1e-9]])
    return code.svd(leaning)[1], code.svd(stretched(rng, 5, 4, [3.0, 1.0, 1e-5, 1e-9]))[1][:3]


@check("svd", expect=close(1e-9, 0.0), forbids=FORBIDDEN)
def of_any_size(code, rng):
    """numbers of the size of 1e-200 and 1e200 are no worse than others"""
    A = stretched(rng, 4, 3, [5.0, 2.0, 1.0])
    return [code.svd(size * A)[1] / size for size in (1e-200, 1.0, 1e200)]


@check("svd", expect=raises(RuntimeError), forbids=FORBIDDEN)
def too_few_sweeps_of_columns(code, rng):
    """where MAX_SWEEPS do not suffice it raises RuntimeError"""
    code.MAX_SWEEPS = 2
    return code.svd(rng.normal(size=(9, 8)))


@check("svd", forbids=FORBIDDEN)
def sweeps_of_columns_that_suffice(code):
    """two columns are perpendicular after a single sweep"""
    code.MAX_SWEEPS = 2
    return rebuilt(code, np.array([[2.0, 1.0], [1.0, 2.0], [0.0, 3.0]]))


@check("svd", expect=close(1e-3, 1e-3), forbids=FORBIDDEN)
def stretches_in_single_precision(code, rng):
    """float32 stays float32"""
    A = stretched(rng, 4, 3, [5.0, 3.0, 1.0]).astype(np.float32)
    parts = code.svd(A)
    return [np.abs(part) for part in parts], [str(np.asarray(part).dtype) for part in parts]


@check("pseudo_inverse", forbids=FORBIDDEN)
def of_full_rank(code, rng):
    """tall, square, wide, a row and a column"""
    shapes = [(5, 3), (3, 3), (2, 4), (1, 3), (3, 1)]
    return [code.pseudo_inverse(stretched(rng, n, d, 1 + rng.random(min(n, d)))) for n, d in shapes]


@check("pseudo_inverse", forbids=FORBIDDEN)
def without_full_rank(code):
    """columns that depend on each other: the shortest x; zeros have zeros, (d, n)"""
    A = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0], [0.0, 2.0, 2.0]])
    return [code.pseudo_inverse(M) for M in (A, A.T, np.ones((2, 3)), np.zeros((2, 3)))]


@check("pseudo_inverse", expect=close(1e-6, 0.0), forbids=FORBIDDEN)
def what_counts_as_zero(code):
    """small counts as zero only beside the largest: 1e-12 is kept, 1e-17 is not"""
    return [np.diag(code.pseudo_inverse(np.diag(s))) for s in ([1, 1e-12], [1, 1e-17], [2e-20] * 2)]


@check("pseudo_inverse", expect=close(1e-3, 1e-3), forbids=FORBIDDEN)
def rounding_in_single_precision(code):
    """in float32 more counts as zero, and float32 stays float32"""
    plus = code.pseudo_inverse(np.diag([1.0, 1e-9]).astype(np.float32))
    return plus, str(np.asarray(plus).dtype)


@check("condition_number", forbids=FORBIDDEN)
def ratio(code, rng):
    """the largest stretch divided by the smallest, for any shape"""
    shapes = [(4, 4), (5, 2), (2, 5), (3, 1)]
    every = [stretched(rng, n, d, 0.1 + rng.random(min(n, d))) for n, d in shapes]
    return [float(code.condition_number(A)) for A in every]


@check("condition_number", expect=close(1e-4), forbids=FORBIDDEN)
def hilbert(code):
    """no digit is lost on the way: a matrix of Hilbert's, and a unit of 1e-20"""
    H = 1 / (1 + np.arange(8)[:, None] + np.arange(8))
    return float(code.condition_number(H)), float(code.condition_number(1e-20 * np.eye(3)))


@check("condition_number", forbids=FORBIDDEN)
def infinite(code):
    """infinite where columns depend on each other, for rounding too, and for zeros"""
    every = (
        np.array([[1.0, 2.0], [2.0, 4.0]]),
        np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]),
        np.zeros((3, 2)),
        np.array([[0.0]]),
    )
    with np.errstate(divide="raise", invalid="raise"):
        return [float(code.condition_number(A)) for A in every]


MISTAKES = [
    Mistake(
        "no row changes place: what stands on the diagonal is the pivot, however small",
        in_="solve_gauss",
        old="        p = j + np.abs(M[j:, j]).argmax()\n        M[[j, p]] = M[[p, j]]\n",
        new="",
    ),
    Mistake(
        "rows change places only where the pivot is exactly zero",
        in_="solve_gauss",
        old="p = j + np.abs(M[j:, j]).argmax()",
        new="p = j if M[j, j] != 0 else j + np.abs(M[j:, j]).argmax()",
        lesson="A pivot of 1e-20 is as bad as zero, and no warning comes. Compare sizes in the "
        "whole column, always, and bring up the largest.",
    ),
    Mistake(
        "the largest entry is sought without its size: a large negative one is passed over",
        in_="solve_gauss",
        old="np.abs(M[j:, j]).argmax()",
        new="M[j:, j].argmax()",
        lesson="How good a pivot is depends on its size, not on its sign. On random numbers both "
        "rules give the right x; take np.abs first.",
    ),
    Mistake(
        "the smallest entry is brought up instead of the largest",
        in_="solve_gauss",
        old="argmax",
        new="argmin",
    ),
    Mistake(
        "the pivot is sought in the whole column, above the diagonal too",
        in_="solve_gauss",
        old="j + np.abs(M[j:, j]).argmax()",
        new="np.abs(M[:, j]).argmax()",
    ),
    Mistake(
        "the position is counted from row j, and j is not added",
        in_="solve_gauss",
        old="j + np.abs",
        new="np.abs",
    ),
    Mistake(
        "the rows of A change places, but not those of b",
        in_="solve_gauss",
        old="M[[j, p]] = M[[p, j]]",
        new="M[[j, p], :n] = M[[p, j], :n]",
    ),
    Mistake(
        "nobody asks whether the pivot is large enough",
        in_="solve_gauss",
        old="        check_pivot(M, j, smallest)\n",
        new="",
    ),
    Mistake(
        "only a pivot that is exactly zero is refused, not one that is lost in rounding",
        in_="solve_gauss",
        old="check_pivot(M, j, smallest)",
        new="check_pivot(M, j, 0 * smallest)",
    ),
    Mistake(
        "the last pivot is never looked at: there is nothing below it, but x is divided by it",
        in_="solve_gauss",
        old="        check_pivot(M, j, smallest)\n",
        new="        if j < n - 1:\n            check_pivot(M, j, smallest)\n",
    ),
    Mistake(
        "the factor is upside down",
        in_="solve_gauss",
        old="M[j + 1 :, j] / M[j, j]",
        new="M[j, j] / M[j + 1 :, j]",
    ),
    Mistake(
        "the multiple of row j is added instead of taken away",
        in_="solve_gauss",
        old="-= np.outer",
        new="+= np.outer",
    ),
    Mistake(
        "what is known of x is not taken away before dividing",
        in_="solve_gauss",
        old="x[i] - M[i, i + 1 : n] @ x[i + 1 :]",
        new="x[i]",
    ),
    Mistake(
        "x is found from the first row down, though the last row alone is solved already",
        in_="solve_gauss",
        old="reversed(range(n))",
        new="range(n)",
    ),
    Mistake(
        "the division by the pivot is forgotten",
        in_="solve_gauss",
        old=") / M[i, i]",
        new=")",
    ),
    Mistake(
        "x comes back as a column, (n, 1), where b was (n,)",
        in_="solve_gauss",
        old="x.reshape(np.shape(b))",
        new="x",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="solve_gauss",
        old="x = M[:, n:]",
        new="x = M[:, n:].astype(float)",
    ),
    Mistake(
        "the factors already in L stay behind when two rows change places",
        in_="lu",
        old="        L[[j, k], :j] = L[[k, j], :j]\n",
        new="",
    ),
    Mistake(
        "whole rows of L change places, ones on the diagonal and all",
        in_="lu",
        old="L[[j, k], :j] = L[[k, j], :j]",
        new="L[[j, k]] = L[[k, j]]",
    ),
    Mistake(
        "p does not remember which rows changed places",
        in_="lu",
        old="U[[j, k]], p[[j, k]] = U[[k, j]], p[[k, j]]",
        new="U[[j, k]] = U[[k, j]]",
    ),
    Mistake(
        "no row changes place",
        in_="lu",
        old="k = j + np.abs(U[j:, j]).argmax()",
        new="k = j",
    ),
    Mistake(
        "the pivot of U is sought without its size: a large negative entry is passed over",
        in_="lu",
        old="np.abs(U[j:, j]).argmax()",
        new="U[j:, j].argmax()",
    ),
    Mistake(
        "L keeps the factors with the sign turned",
        in_="lu",
        old="return p, L, np.triu(U)",
        new="return p, 2 * np.eye(n) - L, np.triu(U)",
    ),
    Mistake(
        "a pivot of zero is divided by",
        in_="lu",
        old="if U[j, j] != 0:",
        new="if True:",
    ),
    Mistake(
        "p is the inverse: where each row went instead of which row came",
        in_="lu",
        old="return p, L",
        new="return p.argsort(), L",
    ),
    Mistake(
        "U keeps rounding below its diagonal",
        in_="lu",
        old="np.triu(U)",
        new="U",
    ),
    Mistake(
        "the diagonal of L is left at zero",
        in_="lu",
        old="return p, L, np.triu(U)",
        new="return p, np.tril(L, -1), np.triu(U)",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="lu",
        old="np.triu(U)",
        new="np.triu(U).astype(float)",
    ),
    Mistake(
        "it is Gram-Schmidt: parts along earlier directions are subtracted, and rounding remains",
        in_="qr_householder",
        old="    for j in range(r):\n"
        "        v = unit(R[j:, j])  # (n - j,)\n"
        "        v[0] += np.copysign(1, v[0])\n"
        "        mirrors.append(unit(v))\n"
        "        R[j:] -= 2 * np.outer(mirrors[j], mirrors[j] @ R[j:])\n"
        "    for j in reversed(range(r)):\n"
        "        Q[j:] -= 2 * np.outer(mirrors[j], mirrors[j] @ Q[j:])\n"
        "    sign = np.copysign(1, np.diag(R))  # (r,)\n"
        "    return Q * sign, np.triu(R[:r]) * sign[:, None]",
        new="    for j in range(r):\n"
        "        Q[:, j] = unit(R[:, j] - Q[:, :j] @ (Q[:, :j].T @ R[:, j]))\n"
        "    return Q, np.triu(Q.T @ R)",
    ),
    Mistake(
        "the mirror stands on the wrong side: two nearly equal numbers are subtracted",
        in_="qr_householder",
        old="v[0] += np.copysign",
        new="v[0] -= np.copysign",
    ),
    Mistake(
        "the mirror always stands on one side, wrong for entries below zero",
        in_="qr_householder",
        old="np.copysign(1, v[0])",
        new="1",
        lesson="u + e must be long: e gets the sign of u's first entry. With the other sign two "
        "nearly equal numbers cancel where u lies almost on the axis.",
    ),
    Mistake(
        "the sign is np.sign's, which is zero for a column that begins with zero",
        in_="qr_householder",
        old="np.copysign(1, v[0])",
        new="np.sign(v[0])",
    ),
    Mistake(
        "the 2 is left out: the rows are flattened onto the mirror instead of reflected",
        in_="qr_householder",
        old="R[j:] -= 2 * np.outer",
        new="R[j:] -= np.outer",
    ),
    Mistake(
        "the normal of the mirror is not made of length one",
        in_="qr_householder",
        old="mirrors.append(unit(v))",
        new="mirrors.append(v)",
    ),
    Mistake(
        "Q gets the mirrors in the order in which R got them",
        in_="qr_householder",
        old="for j in reversed(range(r)):",
        new="for j in range(r):",
    ),
    Mistake(
        "the signs are left as they come: R has negative numbers on its diagonal",
        in_="qr_householder",
        old="sign = np.copysign(1, np.diag(R))",
        new="sign = np.ones_like(np.diag(R))",
    ),
    Mistake(
        "the signs of Q are turned, those of R are not",
        in_="qr_householder",
        old=" * sign[:, None]",
        new="",
    ),
    Mistake(
        "the signs are those of np.sign: where R has a zero, a whole column of Q vanishes",
        in_="qr_householder",
        old="np.copysign(1, np.diag(R))",
        new="np.sign(np.diag(R))",
    ),
    Mistake(
        "R keeps rounding below its diagonal",
        in_="qr_householder",
        old="np.triu(R[:r])",
        new="R[:r]",
    ),
    Mistake(
        "the signs are whole numbers, which widens float32",
        in_="qr_householder",
        old="np.copysign(1, np.diag(R))",
        new="np.where(np.diag(R) < 0, -1, 1)",
    ),
    Mistake(
        "the length of A v is taken for the eigenvalue: its sign is lost",
        in_="power_iteration",
        old="return value, v",
        new="return np.sqrt(w @ w), v",
        lesson="A length is never negative, an eigenvalue may be. The Rayleigh quotient v A v has "
        "the sign; a matrix whose largest eigenvalue is negative shows the difference.",
    ),
    Mistake(
        "the vector is not brought back to length one",
        in_="power_iteration",
        old="v = unit(w)",
        new="v = w",
    ),
    Mistake(
        "it stops where v no longer moves: with a negative eigenvalue v turns round at each step",
        in_="power_iteration",
        old="residual = np.sqrt(np.sum((w - value * v) ** 2))",
        new="residual = np.sqrt(np.sum((unit(w) - v) ** 2)) * abs(value)",
    ),
    Mistake(
        "the tolerance is absolute instead of relative to the eigenvalue",
        in_="power_iteration",
        old="tolerance * abs(value)",
        new="tolerance",
    ),
    Mistake(
        "the residual is compared before its root is taken",
        in_="power_iteration",
        old="np.sqrt(np.sum((w - value * v) ** 2))",
        new="np.sum((w - value * v) ** 2)",
    ),
    Mistake(
        "a negative eigenvalue makes the limit negative, and nothing is below that",
        in_="power_iteration",
        old="abs(value)",
        new="value",
    ),
    Mistake(
        "the last v is returned even if it has not settled",
        in_="power_iteration",
        old='raise not_converged(max_steps, "steps", residual)',
        new="return value, v",
    ),
    Mistake(
        "it divides by the length before it looks, which is zero where A is",
        in_="power_iteration",
        old="        value = v @ w\n",
        new="        v, w = w / np.sqrt(w @ w), A @ (w / np.sqrt(w @ w))\n        value = v @ w\n",
    ),
    Mistake(
        "it takes one step too few",
        in_="power_iteration",
        old="range(max_steps)",
        new="range(max_steps - 1)",
    ),
    Mistake(
        "the next vector is returned instead of the one that was measured",
        in_="power_iteration",
        old="return value, v",
        new="return value, unit(w)",
    ),
    Mistake(
        "the larger of the two angles is taken",
        in_="rotation",
        old="np.where(delta < 0, delta - root, delta + root)",
        new="np.where(delta < 0, delta + root, delta - root)",
    ),
    Mistake(
        "the sign of c - a is forgotten: for c below a the larger angle comes out",
        in_="rotation",
        old="np.where(delta < 0, delta - root, delta + root)",
        new="delta + root",
    ),
    Mistake(
        "it turns the other way: the sine has the wrong sign",
        in_="rotation",
        old="delta = c - a",
        new="delta = a - c",
    ),
    Mistake(
        "the tangent is returned in place of the sine",
        in_="rotation",
        old="t * cosine",
        new="t",
    ),
    Mistake(
        "the root lacks its factor: it is that of delta squared plus 4 b squared",
        in_="rotation",
        old="np.hypot(delta, 2 * b)",
        new="np.hypot(delta, b)",
    ),
    Mistake(
        "the squares overflow: the root is taken of their sum",
        in_="rotation",
        old="np.hypot(delta, 2 * b)",
        new="np.sqrt(delta**2 + 4 * b**2)",
    ),
    Mistake(
        "two nearly equal numbers are subtracted, so that a tiny angle has no digits left",
        in_="rotation",
        old="t = 2 * b / np.where(below == 0, 1, below)",
        new="t = (below - 2 * delta) / np.where(b == 0, 1, 2 * b)",
        lesson="The school formula for the smaller root takes delta from a root that is nearly "
        "delta. Multiplied out the other way, 2 b over a sum, nothing cancels.",
    ),
    Mistake(
        "zero is divided by zero where there is nothing to turn",
        in_="rotation",
        old="np.where(below == 0, 1, below)",
        new="below",
    ),
    Mistake(
        "only the columns of A are turned: the eigenvalues do not survive that",
        in_="eigh_jacobi",
        old="for M in (A, A.T, Vt):",
        new="for M in (A.T, Vt):",
    ),
    Mistake(
        "the vectors do not turn with the matrix",
        in_="eigh_jacobi",
        old="for M in (A, A.T, Vt):",
        new="for M in (A, A.T):",
    ),
    Mistake(
        "the vectors are left in rows",
        in_="eigh_jacobi",
        old="Vt[order].T",
        new="Vt[order]",
        lesson="vectors[:, i] belongs to values[i]. Where the table of vectors is symmetric, as "
        "it can be for two rows, rows and columns look alike; try three.",
    ),
    Mistake(
        "the values are sorted and the vectors are not",
        in_="eigh_jacobi",
        old="Vt[order].T",
        new="Vt.T",
    ),
    Mistake(
        "the values come in descending order",
        in_="eigh_jacobi",
        old="np.diag(A).argsort()",
        new="np.diag(A).argsort()[::-1]",
    ),
    Mistake(
        "the values are left in the order in which they stand",
        in_="eigh_jacobi",
        old="np.diag(A).argsort()",
        new="np.arange(len(A))",
    ),
    Mistake(
        "the values are sorted by size, without their sign",
        in_="eigh_jacobi",
        old="np.diag(A).argsort()",
        new="np.abs(np.diag(A)).argsort()",
    ),
    Mistake(
        "one sweep is taken for enough",
        in_="eigh_jacobi",
        old="if largest <= small:",
        new="if largest <= small or _ > 0:",
    ),
    Mistake(
        "it stops too early, by a limit that is far above rounding",
        in_="eigh_jacobi",
        old="largest <= small",
        new="largest <= 1e9 * small",
    ),
    Mistake(
        "the largest entry is sought without its size: a negative one counts as small",
        in_="eigh_jacobi",
        old="np.abs(off_diagonal(A)).max()",
        new="off_diagonal(A).max()",
    ),
    Mistake(
        "what has not settled is returned all the same",
        in_="eigh_jacobi",
        old='raise not_converged(MAX_SWEEPS, "sweeps", largest)',
        new="order = np.diag(A).argsort()\n    return np.diag(A)[order], Vt[order].T",
    ),
    Mistake(
        "the limit on sweeps is a number of its own",
        in_="eigh_jacobi",
        old="range(MAX_SWEEPS)",
        new="range(60)",
    ),
    Mistake(
        "the vectors are not sorted by length",
        in_="svd",
        old="order = (-s).argsort()",
        new="order = np.arange(len(s))",
    ),
    Mistake(
        "the singular values come in ascending order",
        in_="svd",
        old="(-s).argsort()",
        new="s.argsort()",
    ),
    Mistake(
        "the singular values are sorted, but Vt is not",
        in_="svd",
        old="Vt[order]",
        new="Vt",
    ),
    Mistake(
        "each column is divided by its length, and where that is zero by zero",
        in_="svd",
        old="U, _ = qr_householder(W[order].T)",
        new="U = W[order].T / s[order]",
        lesson="A matrix without full rank has singular values of zero, and a length of zero has "
        "no direction. Any direction perpendicular to the others will do.",
    ),
    Mistake(
        "where a length is zero the column of U is zero too, not a direction",
        in_="svd",
        old="U, _ = qr_householder(W[order].T)",
        new="U = W[order].T / np.where(s[order] > 0, s[order], 1)",
    ),
    Mistake(
        "the squared lengths are returned: the root is missing",
        in_="svd",
        old="np.sqrt(np.sum(W * W, axis=1))",
        new="np.sum(W * W, axis=1)",
    ),
    Mistake(
        "the scale that W was divided by is forgotten",
        in_="svd",
        old="s[order] * scale",
        new="s[order]",
    ),
    Mistake(
        "the eigenvalues of W W' are taken, and a small singular value is lost in its square",
        in_="svd",
        old="            s = np.sqrt(np.sum(W * W, axis=1))  # (d,)\n",
        new="            G = scaled(A.T)[0]\n"
        "            s = np.sqrt(np.maximum(eigh_jacobi(G @ G.T)[0], 0))[::-1]\n"
        "            s = s[(-np.sum(W * W, axis=1)).argsort().argsort()]\n",
    ),
    Mistake(
        "V does not turn with the columns",
        in_="svd",
        old="            turn(Vt, i, j, *angle)\n",
        new="",
    ),
    Mistake(
        "Vt comes back transposed",
        in_="svd",
        old="return U, s[order] * scale, Vt[order]",
        new="return U, s[order] * scale, Vt[order].T",
    ),
    Mistake(
        "one sweep is taken for enough",
        in_="svd",
        old="if largest <= small:",
        new="if largest <= small or _ > 0:",
    ),
    Mistake(
        "what has not settled is returned all the same",
        in_="svd",
        old='raise not_converged(MAX_SWEEPS, "sweeps", largest)',
        new="U, _ = qr_householder(W.T)\n    return U, np.sqrt(np.sum(W * W, axis=1)), Vt",
    ),
    Mistake(
        "the limit on sweeps is a number of its own",
        in_="svd",
        old="range(MAX_SWEEPS)",
        new="range(60)",
    ),
    Mistake(
        "the signs of U are turned, and those of Vt are not",
        in_="svd",
        old="return U, s[order]",
        new="return -U, s[order]",
    ),
    Mistake(
        "float32 is widened to float64 on the way",
        in_="svd",
        old="s[order] * scale",
        new="s[order].astype(float) * scale",
    ),
    Mistake(
        "every singular value is turned over, those that are rounding too",
        in_="pseudo_inverse",
        old="s > working_zero(A.shape, s)",
        new="s > 0",
        lesson="What should be zero comes out as 1e-16, and one over it is huge. Compare with the "
        "largest singular value, and leave out what rounding can have made.",
    ),
    Mistake(
        "small is measured by itself instead of beside the largest singular value",
        in_="pseudo_inverse",
        old="s > working_zero(A.shape, s)",
        new="s > 1e-15",
    ),
    Mistake(
        "what is small but certain is left out as well",
        in_="pseudo_inverse",
        old="s > working_zero(A.shape, s)",
        new="s > 1e-8 * s[0]",
    ),
    Mistake(
        "the singular values multiply where they should divide",
        in_="pseudo_inverse",
        old="/ s[keep]",
        new="* s[keep]",
    ),
    Mistake(
        "the factors are not turned round: the result has the shape of A",
        in_="pseudo_inverse",
        old="(Vt[keep].T / s[keep]) @ U[:, keep].T",
        new="(U[:, keep] / s[keep]) @ Vt[keep]",
    ),
    Mistake(
        "the inverse of A' A is taken, which there is none of where columns depend on each other",
        in_="pseudo_inverse",
        old="    U, s, Vt = svd(A)\n"
        "    keep = s > working_zero(A.shape, s)\n"
        "    return (Vt[keep].T / s[keep]) @ U[:, keep].T",
        new="    return solve_gauss(A.T @ A, A.T)",
    ),
    Mistake(
        "the limit is that of float64, though the rounding is that of float32",
        in_="pseudo_inverse",
        old="working_zero(A.shape, s)",
        new="working_zero(A.shape, s.astype(float))",
    ),
    Mistake(
        "the smallest is divided by the largest",
        in_="condition_number",
        old="s[0] / s[-1] if",
        new="s[-1] / s[0] if",
    ),
    Mistake(
        "the square is returned: that is the condition number of A' A",
        in_="condition_number",
        old="s[0] / s[-1] if",
        new="(s[0] / s[-1]) ** 2 if",
    ),
    Mistake(
        "what is rounding alone is divided by: a huge number in place of infinity",
        in_="condition_number",
        old="s[-1] > working_zero(A.shape, s)",
        new="s[-1] > 0",
    ),
    Mistake(
        "zero is divided by",
        in_="condition_number",
        old="s[0] / s[-1] if s[-1] > working_zero(A.shape, s) else np.inf",
        new="s[0] / s[-1]",
    ),
    Mistake(
        "it is found from A' A: the root of a ratio of which half the digits are gone",
        in_="condition_number",
        old="    _, s, _ = svd(A)\n",
        new="    s = np.sqrt(np.abs(svd(A.T @ A)[1]))[: min(A.shape)]\n",
    ),
    Mistake(
        "the lengths of the columns are compared, not the stretches",
        in_="condition_number",
        old="    _, s, _ = svd(A)\n",
        new="    s = np.sort(np.sqrt(np.sum(A * A, axis=0)))[::-1]\n",
    ),
    Mistake(
        "small is measured by itself: a matrix in small units is called singular",
        in_="condition_number",
        old="s[-1] > working_zero(A.shape, s)",
        new="s[-1] > 1e-15",
    ),
]


EXPLAIN = [
    Explain(
        "pivot",
        why="the largest entry is sought without its size: a large negative one is passed over",
        causes={
            "the position is counted from row j, and j is not added": "j is added: the search "
            "begins in row j, and the position counts from there.",
            "the rows of A change places, but not those of b": "M holds A and b side by side, and "
            "a row of M is a whole equation.",
            "the multiple of row j is added instead of taken away": "-= takes it away; below the "
            "pivot zeros are left.",
        },
        takes="`A` is a square table and `b` a list of as many numbers, for `solve_gauss(A, b)`.",
        call=lambda code, A, b: code.solve_gauss(A, b),
        example={"A": [[2.0, 1.0], [-4.0, 3.0]], "b": [3.0, -1.0]},
        witness={"A": [[1e-20, 1.0], [-1.0, 1.0]], "b": [1.0, 2.0]},
    ),
    Explain(
        "mirror",
        why="the mirror always stands on one side, wrong for entries below zero",
        causes={
            "the normal of the mirror is not made of length one": "unit makes its length one, in "
            "the line where it is put among the mirrors.",
            "Q gets the mirrors in the order in which R got them": "reversed is there: the last "
            "mirror comes first.",
            "the signs of Q are turned, those of R are not": "Both are turned in the last line, "
            "columns of Q and rows of R.",
        },
        takes="`A` is a table for `qr_householder(A)`; what comes out is Q.",
        call=lambda code, A: code.qr_householder(A)[0],
        example={"A": [[-1.0, 2.0], [3.0, 4.0]]},
        witness={"A": [[-1.0, 2.0], [1e-8, 3.0]]},
    ),
    Explain(
        "digits",
        why="two nearly equal numbers are subtracted, so that a tiny angle has no digits left",
        causes={
            "the larger of the two angles is taken": "Where delta is positive the root is taken "
            "with the same sign, so their difference is small: the smaller angle.",
            "the root lacks its factor: it is that of delta squared plus 4 b squared": "np.hypot "
            "squares 2 b, and that is 4 b squared.",
            "the tangent is returned in place of the sine": "t times the cosine is the sine.",
        },
        takes="`a`, `b` and `c` are the numbers of a matrix for `rotation(a, b, c)`; what comes "
        "out is the sine divided by b.",
        call=lambda code, a, b, c: code.rotation(a, b, c)[1] / b,
        example={"a": 1.0, "b": 2.0, "c": 5.0},
        witness={"a": 1.0, "b": 1e-12, "c": 5.0},
    ),
]

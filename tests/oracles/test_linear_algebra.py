"""Linear algebra against SciPy's LAPACK, on real data, and what must hold without it."""

import warnings

import numpy as np
import pytest

import bookdata
from solutions.linear_algebra import (
    condition_number,
    eigh_jacobi,
    lu,
    power_iteration,
    pseudo_inverse,
    qr_householder,
    rotation,
    rounds,
    solve_gauss,
    svd,
)

EPS = np.finfo(float).eps


@pytest.fixture(scope="module")
def scipy_linalg():
    return pytest.importorskip("scipy.linalg")


@pytest.fixture(scope="module")
def digits():
    """Return (1348, 64): three of the pixels never have ink, so the rank is below 64."""
    return bookdata.digits().X_train


@pytest.fixture(scope="module")
def covariance(digits):
    return np.cov(digits.T)


@pytest.fixture(scope="module")
def grey():
    return bookdata.photograph().grey[::2, ::2]


def size_of(A):
    return np.linalg.norm(A, 2) or 1.0


def matrices():
    """Yield matrices of many shapes, ranks, scales and spreads."""
    rng = np.random.default_rng(0)
    for trial in range(60):
        n, d = rng.integers(1, 9, size=2)
        A = rng.normal(size=(n, d))
        kind = trial % 6
        if kind == 1:
            A = A * 10.0 ** rng.uniform(-8, 8, size=(1, d))
        if kind == 2:
            r = rng.integers(1, min(n, d) + 1)
            A = rng.normal(size=(n, r)) @ rng.normal(size=(r, d))
        if kind == 3:
            A = rng.integers(-1, 2, size=(n, d)).astype(float)
        if kind == 4:
            A = A * (1e-200 if trial % 4 else 1e200)
        if kind == 5:
            A[:, rng.integers(d)] = 0
        yield A
    yield from (np.zeros((3, 2)), np.zeros((2, 3)), np.eye(4)[::-1], np.ones((5, 5)))
    yield 1 / (1 + np.arange(12)[:, None] + np.arange(12))


# SciPy, on real data


def test_systems_agree_with_scipy(covariance, scipy_linalg):
    A = covariance + 1e-3 * np.eye(64)
    b = np.random.default_rng(0).normal(size=(64, 3))
    np.testing.assert_allclose(solve_gauss(A, b), scipy_linalg.solve(A, b), rtol=1e-10, atol=1e-10)


def test_triangles_agree_with_scipy(grey, scipy_linalg):
    p, L, U = lu(grey)
    P, L_theirs, U_theirs = scipy_linalg.lu(grey)
    np.testing.assert_array_equal(np.eye(len(grey))[:, p], P)
    np.testing.assert_allclose(L, L_theirs, atol=1e-10)
    np.testing.assert_allclose(U, U_theirs, atol=1e-10)


def test_mirrors_agree_with_scipy(grey, scipy_linalg):
    Q, R = qr_householder(grey)
    Q_theirs, R_theirs = scipy_linalg.qr(grey)
    sign = np.sign(np.diag(R_theirs))
    np.testing.assert_allclose(R, R_theirs * sign[:, None], atol=1e-11)
    np.testing.assert_allclose(Q, Q_theirs * sign, atol=1e-9)


def test_eigenvalues_agree_with_scipy(covariance, scipy_linalg):
    values, vectors = eigh_jacobi(covariance)
    theirs, V = scipy_linalg.eigh(covariance)
    np.testing.assert_allclose(values, theirs, atol=1e-14)
    np.testing.assert_allclose(np.abs(vectors.T @ V)[-20:, -20:], np.eye(20), atol=1e-10)
    value, v = power_iteration(covariance, np.ones(64))
    assert value == pytest.approx(theirs[-1], rel=1e-12)
    np.testing.assert_allclose(np.abs(v @ V[:, -1]), 1, rtol=1e-12)


def test_singular_values_agree_with_scipy(digits, grey, scipy_linalg):
    for A in (digits, grey, grey.T[:40]):
        U, s, Vt = svd(A)
        np.testing.assert_allclose(s, scipy_linalg.svdvals(A), atol=20 * EPS * s[0])
        np.testing.assert_allclose((U * s) @ Vt, A, atol=20 * EPS * s[0])
        for M in (U.T @ U, Vt @ Vt.T):
            np.testing.assert_allclose(M, np.eye(len(s)), atol=1e-13)


def test_the_pseudo_inverse_agrees_with_scipy(digits, grey, scipy_linalg):
    np.testing.assert_allclose(pseudo_inverse(digits), scipy_linalg.pinv(digits), atol=1e-11)
    wide = grey[:40]
    np.testing.assert_allclose(pseudo_inverse(wide), scipy_linalg.pinv(wide), atol=1e-11)


def test_condition_numbers_agree_with_numpy(scipy_linalg):
    for n in range(2, 10):
        H = scipy_linalg.hilbert(n)
        assert condition_number(H) == pytest.approx(np.linalg.cond(H), rel=1e-4)


# What must hold


@pytest.mark.parametrize("A", list(matrices()), ids=lambda A: "x".join(map(str, A.shape)))
def test_parts_put_together_are_the_matrix_to_a_few_roundings(A):
    n, d = A.shape
    small = 10 * max(n, d) * EPS
    r = min(n, d)
    Q, R = qr_householder(A)
    U, s, Vt = svd(A)
    for whole in (Q @ R, (U * s) @ Vt):
        assert np.abs(A - whole).max() <= small * s[0]
    for directions in (Q, U, Vt.T):
        assert np.abs(directions.T @ directions - np.eye(r)).max() <= small
    assert np.all(np.diag(R) >= 0) and not np.tril(R, -1).any()
    assert np.all(s >= 0) and np.all(np.diff(s) <= 0)
    if n == d:
        p, L, T = lu(A)
        assert np.abs(A[p] - L @ T).max() <= small * s[0]
        assert np.abs(L).max() == 1 and not np.tril(T, -1).any()
        values, V = eigh_jacobi(A / 2 + A.T / 2)
        assert np.abs((V * values) @ V.T - A / 2 - A.T / 2).max() <= small * s[0]
        assert np.abs(V.T @ V - np.eye(n)).max() <= small


def test_residuals_of_elimination_are_a_few_roundings():
    rng = np.random.default_rng(0)
    for n in (1, 2, 10, 60):
        for A in (rng.normal(size=(n, n)), 1 / (1 + np.arange(n)[:, None] + np.arange(n))):
            b = rng.normal(size=n)
            try:
                x = solve_gauss(A, b)
            except np.linalg.LinAlgError:
                assert np.linalg.cond(A) > 1e12
                continue
            bound = 10 * n * EPS * (size_of(A) * np.linalg.norm(x) + np.linalg.norm(b))
            assert np.linalg.norm(A @ x - b) <= bound


def test_the_pseudo_inverse_keeps_the_four_rules_of_penrose():
    for A in matrices():
        s = svd(A)[1]
        kept = s[s > max(A.shape) * EPS * s[0]]
        if len(kept) and not (1e-100 < kept[0] < 1e100 and kept[-1] > 1e-6 * kept[0]):
            continue  # the products themselves would lose the digits
        P = pseudo_inverse(A)
        for one, other in ((A @ P @ A, A), (P @ A @ P, P), ((A @ P).T, A @ P), ((P @ A).T, P @ A)):
            np.testing.assert_allclose(one, other, atol=1e-8 * max(1, np.abs(other).max()))


def test_small_singular_values_are_not_lost_in_a_square():
    leaning = np.array([[1.0, 1.0], [1e-12, 0.0], [0.0, 1e-12]])
    s = svd(leaning)[1]
    np.testing.assert_allclose(s, [np.sqrt(2 + 1e-24), 1e-12], rtol=1e-10)


def test_a_tournament_has_every_pair_once():
    for n in range(1, 12):
        pairs = [pair for i, j in rounds(n) for pair in zip(i.tolist(), j.tolist(), strict=True)]
        assert sorted(pairs) == [(i, j) for i in range(n) for j in range(i + 1, n)]
        for i, j in rounds(n):
            assert len(set(i) | set(j)) == 2 * len(i)


def test_a_turn_is_within_45_degrees_and_leaves_nothing_beside_the_diagonal():
    a, b, c = np.random.default_rng(0).normal(size=(3, 200))
    cosine, sine = rotation(a, b, c)
    assert np.all(np.abs(sine) <= cosine)
    np.testing.assert_allclose(cosine**2 + sine**2, 1, rtol=1e-14)
    left = (cosine**2 - sine**2) * b + cosine * sine * (a - c)
    np.testing.assert_allclose(left, 0, atol=1e-14)


def test_nothing_warns_and_nothing_is_touched():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for A in matrices():
            before = A.copy()
            for work in (svd, qr_householder, pseudo_inverse, condition_number):
                work(A)
            if A.shape[0] == A.shape[1]:
                lu(A)
            np.testing.assert_array_equal(A, before)
    A, b = np.random.default_rng(0).normal(size=(2, 3, 3))
    copies = A.copy(), b.copy()
    solve_gauss(A, b)
    np.testing.assert_array_equal((A, b), copies)


# Bad input: each a sentence that says what was wrong.

SQUARE = [lambda A: solve_gauss(A, np.ones(2)), lu, lambda A: power_iteration(A, np.ones(2))]
ANY = [qr_householder, svd, pseudo_inverse, condition_number]


@pytest.mark.parametrize("work", [*SQUARE, eigh_jacobi])
@pytest.mark.parametrize("A", [np.ones((2, 3)), np.ones(4), np.ones((0, 0)), np.ones((2, 2, 2))])
def test_what_is_not_square_is_refused(work, A):
    with pytest.raises(ValueError, match=r"A must be square.*its shape is \("):
        work(A)


@pytest.mark.parametrize("work", ANY)
@pytest.mark.parametrize("A", [np.ones(4), np.ones((2, 0)), 3.0])
def test_what_is_no_matrix_is_refused(work, A):
    with pytest.raises(ValueError, match="A .*shape"):
        work(A)


@pytest.mark.parametrize("work", [*SQUARE, eigh_jacobi, *ANY])
def test_what_is_not_finite_or_no_number_is_refused(work):
    with pytest.raises(ValueError, match=r"A must be finite, but A\[0, 1\] is nan"):
        work(np.array([[1.0, np.nan], [2.0, 3.0]]))
    with pytest.raises(TypeError, match="A must hold numbers"):
        work(np.array([["a", "b"], ["c", "d"]]))


@pytest.mark.parametrize("b", [np.ones(3), np.ones((1, 2)), np.ones((2, 2, 2)), 1.0])
def test_a_right_hand_side_that_does_not_fit_is_refused(b):
    with pytest.raises(ValueError, match=r"A has shape \(2, 2\), so b must have shape"):
        solve_gauss(np.eye(2), b)
    with pytest.raises(ValueError, match=r"b\[1\] is inf"):
        solve_gauss(np.eye(2), [1.0, np.inf])


def test_a_singular_matrix_is_told_by_its_column():
    for A, column in (
        ([[1, 2, 3], [4, 5, 6], [7, 8, 9]], 2),
        ([[1, 2, 3], [1, 2, 4], [1, 2, 5]], 1),
        ([[0, 0], [0, 0]], 0),
    ):
        with pytest.raises(np.linalg.LinAlgError, match=f"singular.*: column {column}, counted"):
            solve_gauss(A, np.ones(len(A)))
    assert issubclass(np.linalg.LinAlgError, ValueError)
    np.testing.assert_allclose(solve_gauss(np.diag([1.0, 1e-30]), [1.0, 1.0]), [1.0, 1e30])


def test_what_is_not_symmetric_is_refused():
    with pytest.raises(ValueError, match=r"symmetric, but A\[0, 1\] is 2 and A\[1, 0\] is 3"):
        eigh_jacobi([[1, 2], [3, 4]])


def test_power_iteration_says_what_it_cannot_do():
    A = np.diag([2.0, 1.0])
    with pytest.raises(ValueError, match=r"start must have shape \(2,\)"):
        power_iteration(A, np.ones(3))
    with pytest.raises(ValueError, match="start must not be zero"):
        power_iteration(A, np.zeros(2))
    with pytest.raises(ValueError, match="tolerance must be greater than 0"):
        power_iteration(A, np.ones(2), tolerance=0)
    with pytest.raises(ValueError, match="max_steps must be at least 1"):
        power_iteration(A, np.ones(2), max_steps=0)
    with pytest.raises(TypeError, match="max_steps must be a whole number"):
        power_iteration(A, np.ones(2), max_steps=2.5)
    with pytest.raises(RuntimeError, match="not settled in 50 steps"):
        power_iteration([[0, -1], [1, 0]], np.ones(2), max_steps=50)


def test_rotation_refuses_what_is_not_finite():
    with pytest.raises(ValueError, match="b must be finite"):
        rotation(1.0, np.nan, 2.0)
    with pytest.raises(TypeError, match="a must hold numbers"):
        rotation("one", 1.0, 2.0)


def test_integers_are_never_truncated_and_float32_is_kept():
    A = np.array([[2, 1, 0], [1, 3, 1], [0, 1, 5]])
    single = A.astype(np.float32)
    b = np.array([1, 2, 4])
    for work in (
        lambda A, b: [solve_gauss(A, b)],
        lambda A, b: lu(A)[1:],
        lambda A, b: qr_householder(A),
        lambda A, b: power_iteration(A, b),
        lambda A, b: eigh_jacobi(A),
        lambda A, b: svd(A),
        lambda A, b: [pseudo_inverse(A)],
        lambda A, b: rotation(A[0], A[1], A[2]),
    ):
        whole, double = work(A, b), work(A.astype(float), b.astype(float))
        kept = work(single, b.astype(np.float32))
        for one, two, three in zip(whole, double, kept, strict=True):
            np.testing.assert_array_equal(one, two)
            assert one.dtype == np.float64 and three.dtype == np.float32
            np.testing.assert_allclose(three, two, rtol=1e-3, atol=1e-4)
    for size in (1e-25, 1e25):
        s = svd(np.float32(size) * single)[1]
        np.testing.assert_allclose(s / np.float32(size), svd(A)[1], rtol=1e-5)

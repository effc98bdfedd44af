"""The quadratic program against its Karush-Kuhn-Tucker conditions and cases solved by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanet_core.data.quadratic_program import minimise_within_budget


def _problem(seed: int, count: int, condition: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(rng.normal(size=(count, count)))
    quadratic = basis @ np.diag(np.geomspace(1.0, 1.0 / condition, count)) @ basis.T
    return (quadratic + quadratic.T) / 2.0, rng.normal(size=count)


@settings(deadline=None, max_examples=150)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 40),
    condition=st.sampled_from([1.0, 1e2, 1e5]),
    budget=st.floats(0.01, 50.0),
)
def test_the_minimum_meets_the_kkt_conditions(seed, count, condition, budget):
    """For a convex problem these conditions are necessary and sufficient, so nothing else needs to be known."""
    quadratic, linear = _problem(seed, count, condition)
    x = minimise_within_budget(quadratic, linear, budget)
    scale = np.abs(linear).max() + budget
    assert x.min() >= 0.0
    assert x.sum() <= budget * (1.0 + 1e-9)
    gradient = quadratic @ x - linear
    inside = x > 0.0
    price = -gradient[inside].mean() if inside.any() else max(0.0, -gradient.min())
    assert price >= -1e-7 * scale
    np.testing.assert_allclose(gradient[inside], -price, atol=1e-7 * scale)
    assert (gradient[~inside] >= -price - 1e-7 * scale).all()
    assert price * (budget - x.sum()) <= 1e-6 * scale**2


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**32 - 1), budget=st.floats(0.1, 5.0))
def test_with_the_identity_it_is_the_projection_onto_a_simplex(seed, budget):
    """Held, Wolfe and Crowder 1974: project by sorting. An algorithm that shares nothing with an active set."""
    point = np.random.default_rng(seed).normal(size=12)
    expected = np.maximum(point, 0.0)
    if expected.sum() > budget:
        falling = np.sort(point)[::-1]
        shifts = (np.cumsum(falling) - budget) / np.arange(1, 13)
        expected = np.maximum(point - shifts[np.flatnonzero(falling > shifts)[-1]], 0.0)
    np.testing.assert_allclose(minimise_within_budget(np.eye(12), point, budget), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("linear", "budget", "expected"),
    [
        ([1.0, 2.0], 10.0, [1.0, 1.0]),  # inside: diag(1, 2)⁻¹ c
        ([1.0, 2.0], 1.0, [1.0 / 3.0, 2.0 / 3.0]),  # Σ = 1: x = (1 − λ, 1 − λ/2), λ = 2/3
        ([-1.0, 2.0], 10.0, [0.0, 1.0]),
        ([-1.0, -2.0], 10.0, [0.0, 0.0]),
        ([-1.0, 2.0], 0.25, [0.0, 0.25]),
    ],
)
def test_two_variables_by_hand(linear, budget, expected):
    result = minimise_within_budget(np.diag([1.0, 2.0]), np.array(linear), budget)
    np.testing.assert_allclose(result, expected, atol=1e-12)

"""A small convex quadratic program: amounts that are not negative and together stay within a budget."""

from __future__ import annotations

import numpy as np

#: How far a multiplier may be on the wrong side of zero and still count as zero, relative to the problem's scale.
_TOLERANCE = 1e-10

#: What :func:`_longest_step` returns where nothing stops the step.
_NOTHING = -1


def minimise_within_budget(quadratic: np.ndarray, linear: np.ndarray, budget: float) -> np.ndarray:
    """Return the x that minimises ½ xᵀQx − cᵀx subject to x ≥ 0 and Σx ≤ budget.

    Args:
        quadratic: (N, N) float64, symmetric positive definite: Q.
        linear: (N,) float64: c.
        budget: the bound on the sum, > 0.

    Returns:
        (N,) float64, the unique minimum.

    Raises:
        ArithmeticError: no minimum was found, which a positive definite matrix does not bring about.

    Source: the primal active-set method, Nocedal and Wright, "Numerical Optimization", 2nd ed., algorithm 16.3.
    """
    count = len(linear)
    tolerance = _TOLERANCE * (np.abs(linear).max() + np.abs(quadratic).max() * budget)
    x, free, spent = _feasible_start(quadratic, linear, budget)
    for _ in range(20 * count + 20):
        target, price = _minimise_on_working_set(quadratic, linear, budget, free, spent)
        step, obstacle = _longest_step(x, target, budget, spent)
        x = x + step * (target - x)
        if obstacle == count:
            spent = True
        elif obstacle != _NOTHING:
            free[obstacle] = False
            x[obstacle] = 0.0
        else:
            multipliers = np.where(free, 0.0, quadratic @ x - linear + price)
            worst = int(multipliers.argmin())
            if price < -tolerance:
                spent = False
            elif multipliers[worst] < -tolerance:
                free[worst] = True
            else:
                return x
    raise ArithmeticError("The quadratic program did not converge: is its matrix positive definite?")


def _feasible_start(quadratic: np.ndarray, linear: np.ndarray, budget: float) -> tuple[np.ndarray, np.ndarray, bool]:
    """Return a feasible point and its working set, found by fixing all negative values at once."""
    free = np.ones(len(linear), dtype=bool)
    spent = False
    while True:
        x, _ = _minimise_on_working_set(quadratic, linear, budget, free, spent)
        if not spent and x.sum() > budget:
            spent = True
        elif (x < 0.0).any():
            free &= x > 0.0
        else:
            return x, free, spent


def _minimise_on_working_set(
    quadratic: np.ndarray, linear: np.ndarray, budget: float, free: np.ndarray, spent: bool
) -> tuple[np.ndarray, float]:
    """Return the minimum over the free variables, the others at 0, and the multiplier of the budget."""
    target = np.zeros(len(linear))
    if not free.any():
        return target, 0.0
    sides = np.stack([linear[free], np.ones(np.count_nonzero(free))], axis=1)
    unconstrained, response = np.linalg.solve(quadratic[np.ix_(free, free)], sides).T
    price = float((unconstrained.sum() - budget) / response.sum()) if spent else 0.0
    target[free] = unconstrained - price * response
    return target, price


def _longest_step(x: np.ndarray, target: np.ndarray, budget: float, spent: bool) -> tuple[float, int]:
    """Return the share of the way to the target that is feasible, and what ends it: a variable or N, the budget."""
    step, obstacle = 1.0, _NOTHING
    negative = np.flatnonzero(target < 0.0)
    if len(negative):
        shares = x[negative] / (x[negative] - target[negative])
        step, obstacle = float(shares.min()), int(negative[shares.argmin()])
    growth = target.sum() - x.sum()
    if not spent and x.sum() + step * growth > budget and growth > 0.0:
        step, obstacle = max(0.0, float((budget - x.sum()) / growth)), len(x)
    return step, obstacle

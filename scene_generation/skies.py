"""Skies drawn by weather."""

from __future__ import annotations

import math

import numpy as np

from scene_generation.description import Clouds, DaySky, NightSky
from scene_generation.draws import blackbody, chance, log_uniform, scaled


def draw_sky(rng: np.random.Generator, weather: str) -> DaySky:
    """Return a day's sky.

    Args:
        rng: source of randomness.
        weather: ``sun``, ``overcast`` or ``sunset``.
    """
    elevation_deg = {
        "sun": rng.uniform(8.0, 75.0) if chance(rng, 0.9) else rng.uniform(3.0, 10.0),
        "overcast": rng.uniform(5.0, 60.0),
        "sunset": rng.uniform(0.3, 7.0),
    }[weather]
    return DaySky(
        elevation_rad=math.radians(elevation_deg),
        azimuth_rad=rng.uniform(-math.pi, math.pi),
        air=log_uniform(rng, 0.6, 2.0),
        dust=log_uniform(rng, 0.2, 6.0),
        ozone=log_uniform(rng, 0.5, 4.0),
        disc_strength=_disc_strength(rng, weather),
        clouds=_clouds(rng, weather),
    )


def _disc_strength(rng: np.random.Generator, weather: str) -> float:
    if weather == "overcast":
        return 1.0  # its clouds veil it
    return log_uniform(rng, 0.5, 1.0) if chance(rng, 0.65) else log_uniform(rng, 0.02, 0.5)


def _clouds(rng: np.random.Generator, weather: str) -> Clouds | None:
    if weather == "overcast":
        return _overcast(rng)
    if chance(rng, 0.4 if weather == "sun" else 0.3):
        return None
    thin = chance(rng, 0.5)
    return Clouds(
        coverage=rng.uniform(0.05, 0.6),
        optical_depth=log_uniform(rng, 0.3, 3.0) if thin else log_uniform(rng, 3.0, 20.0),
        brightness=log_uniform(rng, 1.5, 5.0) if weather == "sun" else log_uniform(rng, 0.5, 2.5),
        size=log_uniform(rng, 0.4, 3.0),
        contrast=rng.uniform(0.1, 0.7),
        softness=rng.uniform(0.05, 0.5),
        glow=log_uniform(rng, 2.0, 60.0),
        glow_exponent=log_uniform(rng, 20.0, 800.0),
        seed=int(rng.integers(1000)),
    )


def _overcast(rng: np.random.Generator) -> Clouds:
    return Clouds(
        coverage=1.0 if chance(rng, 0.6) else rng.uniform(0.85, 1.0),
        optical_depth=log_uniform(rng, 14.0, 60.0) if chance(rng, 0.8) else log_uniform(rng, 6.0, 14.0),
        brightness=log_uniform(rng, 1.0, 4.0),
        size=log_uniform(rng, 0.5, 4.0),
        contrast=rng.uniform(0.05, 0.7),
        softness=rng.uniform(0.3, 0.8),
        glow=log_uniform(rng, 0.2, 6.0),
        glow_exponent=log_uniform(rng, 2.0, 60.0),
        seed=int(rng.integers(1000)),
    )


def draw_night_sky(rng: np.random.Generator) -> NightSky:
    """Return a sky from dusk (1 cd/m²) through a town's glow to countryside (1e-3 cd/m²)."""
    zenith_cd_m2 = log_uniform(rng, 1e-3, 0.5)
    zenith = blackbody(rng.uniform(5000.0, 14000.0))
    horizon = blackbody(rng.uniform(2200.0, 9000.0))
    return NightSky(scaled(zenith, zenith_cd_m2), scaled(horizon, zenith_cd_m2 * log_uniform(rng, 1.0, 8.0)))

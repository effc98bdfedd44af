"""The factor of the added light by a surface, on scenes whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.errors import InputError
from lanet_core.geometry import sphere
from lanet_core.metrics.irradiance import diffuse_irradiance
from lanet_core.reconstruction.surface_calibration import Surface, SurfaceMeasurement, above_white, solve_surface

SIZE = (256, 512)
DIRECTIONS = sphere.pixel_directions(*SIZE)
SUN = np.array([0.5, 0.5, np.sqrt(0.5)])
ALBEDO = 0.3


def scene(sun_radiance: float, albedo: float = ALBEDO) -> tuple[np.ndarray, np.ndarray]:
    """Return a photograph, and what the truth adds to it: a sky with a sun over ground lit by both.

    The ground's radiance is albedo / π times the closed form of its irradiance: π × sky's radiance (a uniform
    half-sphere), and radiance × solid angle × cosine of the sun's disc, whose pixels are summed.
    """
    sky = 0.4
    in_sun = np.cos(np.radians(3.0)) < DIRECTIONS @ SUN
    areas = np.broadcast_to(sphere.pixel_solid_angles_sr(*SIZE)[:, None], SIZE)
    sun_irradiance = (sun_radiance - sky) * float((areas * np.maximum(DIRECTIONS[..., 2], 0.0))[in_sun].sum())
    ground = albedo / np.pi * (np.pi * sky + sun_irradiance)
    image = np.where(DIRECTIONS[..., 2] > 0.0, sky, ground)[..., None] * np.ones(3)
    truth = image.copy()
    truth[in_sun] = sun_radiance
    image[in_sun] = 1.0
    return image.astype(np.float32), (truth - image).astype(np.float32)


@pytest.mark.parametrize("wrong_by", [0.25, 0.5, 1.0, 3.0])
def test_the_ground_gives_back_the_factor_that_is_missing(wrong_by):
    base, added = scene(60.0)
    solved = solve_surface(base, added * np.float32(wrong_by), Surface(ALBEDO))
    assert solved.factor == pytest.approx(1.0 / wrong_by, rel=2e-3) and not solved.problem


def test_the_equation_holds_against_the_integral_of_the_metrics():
    """The surface's radiance is albedo / π × the irradiance that an independent implementation finds."""
    base, added = scene(60.0)
    surface = Surface(ALBEDO)
    factor = solve_surface(base, added * np.float32(0.4), surface).factor
    hdr = base + np.float32(0.4 * factor) * added
    up = diffuse_irradiance(hdr)[0].mean()  # the normals nearest to the zenith
    ground = base[3 * SIZE[0] // 4].mean()
    assert ALBEDO / np.pi * up == pytest.approx(ground, rel=0.02)


def card_scene() -> tuple[np.ndarray, np.ndarray, tuple[float, float]]:
    """Return a scene with a grey card of 6° at azimuth 30°, 10° above the horizon, that faces the camera."""
    base, added = scene(60.0)
    azimuth, elevation = np.radians([30.0, 10.0])
    direction = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
    in_card = DIRECTIONS @ direction > np.cos(np.radians(3.0))
    cosines = np.maximum(DIRECTIONS @ -direction, 0.0) * sphere.pixel_solid_angles_sr(*SIZE)[:, None]
    # The light that reaches the card comes from behind the camera: put the sun there.
    base, added = np.roll(base, SIZE[1] // 2, axis=1), np.roll(added, SIZE[1] // 2, axis=1)
    irradiance = float((cosines[..., None] * (base + added)).sum() / 3.0)
    base[in_card] = 0.18 / np.pi * irradiance
    return base, added, (0.5 - 30.0 / 360.0, 0.5 - 10.0 / 180.0)


def test_a_point_that_faces_the_camera():
    base, added, at = card_scene()
    solved = solve_surface(base, added * np.float32(0.5), Surface(0.18, at))
    assert solved.factor == pytest.approx(2.0, rel=5e-3)
    assert Surface(0.18, at).normal @ Surface(0.18, at).direction == pytest.approx(-1.0)


def test_a_point_of_the_ground_is_lit_from_above():
    base, added = scene(60.0)
    solved = solve_surface(base, added * np.float32(0.5), Surface(ALBEDO, (0.2, 0.8)))
    assert solved.factor == pytest.approx(2.0, rel=2e-3)
    assert Surface(ALBEDO, (0.2, 0.8), "camera").normal @ Surface(ALBEDO, (0.2, 0.8)).normal < 1.0


def test_bands_give_what_the_whole_gives():
    base, added, at = card_scene()
    for surface in (Surface(ALBEDO), Surface(0.18, at)):
        measurement = SurfaceMeasurement(SIZE, surface)
        for first in range(0, SIZE[0], 37):
            measurement.add(base[first : first + 37], added[first : first + 37], first)
        assert measurement.solve().factor == pytest.approx(solve_surface(base, added, surface).factor, rel=1e-6)


def test_rotation_changes_nothing_and_scale_neither():
    base, added = scene(60.0)
    expected = solve_surface(base, added, Surface(ALBEDO)).factor
    rolled = solve_surface(np.roll(base, 99, axis=1), np.roll(added, 99, axis=1), Surface(ALBEDO)).factor
    scaled = solve_surface(base * np.float32(0.25), added * np.float32(0.25), Surface(ALBEDO)).factor
    assert rolled == pytest.approx(expected, rel=1e-5) and scaled == pytest.approx(expected, rel=1e-5)


def test_without_a_positive_factor_the_problem_is_named():
    base, added = scene(60.0)
    too_light = solve_surface(base, added, Surface(1.0))
    assert too_light.factor is None and "albedo below" in too_light.problem
    limit = float(too_light.problem.partition("albedo below ")[2].split(",")[0])
    assert solve_surface(base, added, Surface(0.95 * limit)).factor > 0.0
    for wrong_by in (0.01, 100.0):
        extreme = solve_surface(base, added * np.float32(wrong_by), Surface(ALBEDO))
        assert extreme.factor is None and "Check the albedo" in extreme.problem
    assert "No light was added" in solve_surface(base, np.zeros_like(added), Surface(ALBEDO)).problem
    ground = DIRECTIONS[..., 2] < 0.0
    clipped = added + ground[..., None] * np.float32(0.1)
    assert "clipped" in solve_surface(base, clipped, Surface(ALBEDO)).problem
    black = np.where(ground[..., None], np.float32(0.0), base)
    assert "black" in solve_surface(black, added, Surface(ALBEDO)).problem


@pytest.mark.parametrize("values", [(0.0,), (1.5,), (0.2, (1.5, 0.0)), (0.2, None, "down")])
def test_values_out_of_range_are_refused(values):
    with pytest.raises(InputError):
        Surface(*values)


def test_the_light_above_white_and_the_rest_are_the_panorama():
    hdr = np.random.default_rng(3).lognormal(0.0, 2.0, (16, 32, 3)).astype(np.float32)
    above = above_white(hdr)
    largest = hdr.max(axis=-1)
    np.testing.assert_allclose((hdr - above).max(axis=-1), np.minimum(largest, 1.0), rtol=1e-5)
    assert not above[largest <= 1.0].any()

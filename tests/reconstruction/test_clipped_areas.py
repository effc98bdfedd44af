"""Clipped areas: connected pixels, their energies, their edges."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.geometry import sphere
from lanet_core.reconstruction.clipped_areas import ClippedAreas, balance, label_areas


def flooded(lit: np.ndarray) -> list[set[tuple[int, int]]]:
    """The connected parts of a panorama, filled one after the other."""
    left, parts = set(zip(*(each.tolist() for each in np.nonzero(lit)), strict=True)), []
    while left:
        open_ends, part = [left.pop()], set()
        while open_ends:
            row, column = open_ends.pop()
            part.add((row, column))
            around = {(row + i, (column + j) % lit.shape[1]) for i in (-1, 0, 1) for j in (-1, 0, 1)}
            if row in (0, lit.shape[0] - 1):
                around.add((row, (column + lit.shape[1] // 2) % lit.shape[1]))
            around &= left
            left -= around
            open_ends += around
        parts.append(part)
    return parts


@pytest.mark.parametrize("share", [0.05, 0.3, 0.42, 0.9])
def test_labels_are_those_of_a_flood_fill(share):
    lit = np.random.default_rng(0).random((40, 80)) < share
    labels = label_areas(lit)
    parts = flooded(lit)
    assert labels.max() == len(parts)
    assert all(len({labels[pixel] for pixel in part}) == 1 for part in parts)
    np.testing.assert_array_equal(labels > 0, lit)


def test_an_area_across_the_seam_is_one():
    lit = np.zeros((8, 16), dtype=bool)
    lit[3, :2] = lit[4, 15] = lit[6, 8] = True
    labels = label_areas(lit)
    assert labels.max() == 2
    assert labels[3, 0] == labels[3, 1] == labels[4, 15] != labels[6, 8]
    np.testing.assert_array_equal(label_areas(np.zeros((8, 16), dtype=bool)), 0)
    np.testing.assert_array_equal(label_areas(np.ones((8, 16), dtype=bool)), 1)


def test_a_comb_is_one_area():
    lit = np.zeros((41, 82), dtype=bool)
    lit[::4] = True
    lit[:, 40] = True
    lit[1::2, 41:] = False
    assert label_areas(lit).max() == 1


def test_areas_that_meet_at_a_pole_are_one():
    lit = np.zeros((8, 16), dtype=bool)
    lit[0, 2] = lit[0, 10] = lit[7, 5] = True
    assert label_areas(lit).max() == 2
    assert label_areas(lit)[0, 2] == label_areas(lit)[0, 10]


def two_areas() -> ClippedAreas:
    weight = np.zeros((64, 128), dtype=np.float32)
    weight[10:20, 120:] = weight[10:20, :6] = 1.0
    weight[40:44, 50:70] = np.random.default_rng(1).random((4, 20), dtype=np.float32)
    return ClippedAreas(weight)


def test_each_area_is_scaled_to_its_own_energy():
    areas = two_areas()
    assert areas.count == 3
    radiance = np.random.default_rng(2).random((64, 128, 3), dtype=np.float32)
    wanted = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0], [0.1, 0.2, 0.1]])
    balanced = balance(radiance, areas, areas.weight, wanted)
    solid_angles = sphere.pixel_solid_angles_sr(64, 128)[:, None, None]
    added = balanced * areas.weight[..., None] * solid_angles
    np.testing.assert_allclose(added[:30].sum(axis=(0, 1), dtype=np.float64), wanted[1], rtol=1e-5)
    np.testing.assert_allclose(added[30:].sum(axis=(0, 1), dtype=np.float64), wanted[2], rtol=1e-5)
    np.testing.assert_allclose(areas.integrate(balanced)[1:], wanted[1:], rtol=1e-5)


def test_solid_angles_are_those_of_the_weight():
    areas = two_areas()
    solid_angles = sphere.pixel_solid_angles_sr(64, 128)
    np.testing.assert_allclose(areas.solid_angles_sr()[1], 14 * solid_angles[10:20].sum(), rtol=1e-6)


@pytest.mark.parametrize("elevation_deg", [0.0, 70.0, 90.0])
def test_depth_is_the_angle_to_the_edge(elevation_deg):
    elevation = np.radians(elevation_deg)
    axis = np.array([np.cos(elevation), 0.0, np.sin(elevation)])
    angles = np.degrees(np.arccos(np.clip(sphere.pixel_directions(256, 512) @ axis, -1.0, 1.0)))
    weight = (angles < 6.0).astype(np.float32)
    areas = ClippedAreas(weight, np.full((256, 512, 3), 0.8, dtype=np.float32))
    rows, columns = np.nonzero(angles < 5.0)
    depths = np.degrees(areas.depths_rad(1)[rows, columns])
    np.testing.assert_allclose(depths, 6.0 - angles[rows, columns], atol=0.6)
    assert (areas.depths_rad(1)[angles > 7.0] == 0.0).all()
    # A dark edge covers the light: the distance to it does not count.
    covered = ClippedAreas(weight, np.full((256, 512, 3), 0.2, dtype=np.float32)).depths_rad(1)[rows, columns]
    np.testing.assert_allclose(np.degrees(covered), 12.0)


def test_an_edge_is_soft_where_it_fades():
    angles = np.degrees(np.arccos(np.clip(sphere.pixel_directions(256, 512)[..., 0], -1.0, 1.0)))
    weight = (angles < 6.0).astype(np.float32)
    for surroundings, softness in ((0.2, 0.0), (0.8, 1.0)):
        level = np.full((256, 512, 3), surroundings, dtype=np.float32)
        assert ClippedAreas(weight, level).edge_softness(1) == pytest.approx(softness)
    whole = ClippedAreas(np.ones((32, 64), dtype=np.float32))
    assert whole.edge_softness(1) == 0.0
    assert (whole.depths_rad(1) > 0.2).all()

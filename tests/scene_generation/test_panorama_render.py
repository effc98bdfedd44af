"""Rendered panoramas against radiometry worked out by hand."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lanet_core.data.scenes import find_scenes
from lanet_core.files import read_hdr
from lanet_core.geometry import sphere
from scene_generation.description import DaySky, NightSky, PanoramaDescription, Solid, SurfaceMaterial, Terrain
from scene_generation.kinds import KINDS, scene_of

pytest.importorskip("bpy", reason="needs Blender's module: pip install lanet-ibl[evaluation]")

from scene_generation.blender import panorama_render
from scene_generation.blender.panorama_render import render_panorama

ROOT = Path(__file__).resolve().parent.parent.parent
HEIGHT = 32
PIXEL_RAD = math.pi / HEIGHT
BLACK = SurfaceMaterial(albedo=(0.0, 0.0, 0.0), gloss=0.0)


def vector_irradiance(panorama):
    """Return the integral of radiance times direction over the sphere, (3,), of the green channel."""
    solid_angles = sphere.pixel_solid_angles_sr(*panorama.shape[:2])[:, None, None]
    return (panorama[..., 1:2] * solid_angles * sphere.pixel_directions(*panorama.shape[:2])).sum(axis=(0, 1))


def unit_vector(*coordinates):
    return np.array(coordinates) / np.linalg.norm(coordinates)


@pytest.mark.parametrize(
    "towards",
    [unit_vector(1.0, 0.0, 0.3), unit_vector(0.1, 1.0, 0.0), unit_vector(-1.0, 0.0, 0.2), unit_vector(0.1, 0.1, 1.0)],
    ids=["ahead", "left", "at the seam", "near the zenith"],
)
def test_a_lamp_smaller_than_a_pixel_gives_its_irradiance_from_its_direction(towards):
    """A sphere of radiance L and radius r gives pi L (r/d)^2 to what faces it; here it is a fifth of a pixel wide."""
    luminance, radius, distance = 1e8, 0.1, 10.0
    lamp = Solid("sphere", tuple(towards * distance), (2 * radius,) * 3, SurfaceMaterial(emission=(luminance,) * 3))
    irradiance = vector_irradiance(render_panorama(PanoramaDescription((0.0, 0.0, 0.0), NightSky(), [lamp]), HEIGHT))
    expected = math.pi * luminance / 1000.0 * (radius / distance) ** 2
    assert np.linalg.norm(irradiance) == pytest.approx(expected, rel=0.03)
    assert irradiance @ towards / np.linalg.norm(irradiance) > math.cos(PIXEL_RAD / 2)


def test_a_lamp_larger_than_pixels_has_its_own_radiance():
    """A sphere of radius r at d gives pi L (r/d)^2, exactly, at any distance; its middle shows L."""
    lamp = Solid("sphere", (3.0, 0.0, 0.0), (2.0, 2.0, 2.0), SurfaceMaterial(emission=(5000.0,) * 3))
    panorama = render_panorama(PanoramaDescription((0.0, 0.0, 0.0), NightSky(), [lamp]), HEIGHT)
    assert panorama[HEIGHT // 2, HEIGHT] == pytest.approx([5.0, 5.0, 5.0], rel=1e-3)
    assert np.linalg.norm(vector_irradiance(panorama)) == pytest.approx(math.pi * 5.0 / 9.0, rel=0.03)


def test_a_flat_lamp_seen_at_an_angle_gives_its_irradiance():
    """A small Lambertian area A at d, seen at an angle, gives L A cos(angle) / d^2 to what faces it."""
    luminance, place = 1e8, np.array([8.0, 0.0, 6.0])
    lamp = Solid("box", tuple(place), (0.3, 0.2, 0.001), SurfaceMaterial(emission=(luminance,) * 3))
    irradiance = vector_irradiance(render_panorama(PanoramaDescription((0.0, 0.0, 0.0), NightSky(), [lamp]), HEIGHT))
    assert np.linalg.norm(irradiance) == pytest.approx(luminance / 1000.0 * 0.3 * 0.2 * 0.6 / 10.0**2, rel=0.03)


def test_the_ground_under_a_lamp_is_as_bright_as_it_must_be():
    """Under a sphere of intensity I at height h, a Lambertian ground of albedo a has the radiance a I / (pi h^2)."""
    luminance, radius, height, albedo = 1e5, 0.15, 4.0, 0.4
    lamp = Solid("sphere", (0.0, 0.0, height), (2 * radius,) * 3, SurfaceMaterial(emission=(luminance,) * 3))
    ground = Terrain(SurfaceMaterial(albedo=(albedo,) * 3, gloss=0.0))
    panorama = render_panorama(
        PanoramaDescription((0.0, 0.0, 1.0), NightSky(), [lamp], ground, unit_cd_m2=100.0), HEIGHT
    )
    expected = albedo * (luminance / 100.0) * radius**2 / height**2
    assert panorama[-1].mean() == pytest.approx(expected, rel=0.03)


def test_the_suns_pixels_hold_the_light_that_falls_on_the_ground():
    """A Lambertian ground of albedo a under the irradiance E has the radiance a E / pi, at any size of the pixels."""
    elevation, azimuth, albedo = math.radians(50.0), 2.0, 0.5
    ground = Terrain(SurfaceMaterial(albedo=(albedo,) * 3, gloss=0.0))
    description = PanoramaDescription((0.0, 0.0, 1.6), DaySky(elevation, azimuth), [], ground)
    sun = (math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation))
    seen = []
    for height in (HEIGHT, 2 * HEIGHT):
        panorama = render_panorama(description, height)
        row, column = np.unravel_index(panorama[..., 1].argmax(), panorama.shape[:2])
        assert sphere.pixel_directions(height, 2 * height)[row, column] @ sun > math.cos(1.5 * math.pi / height)
        sky = panorama.copy()
        sky[height // 2 :] = 0.0
        seen.append(vector_irradiance(sky)[2])
        assert panorama[-1, :, 1].mean() == pytest.approx(albedo * seen[-1] / math.pi, rel=0.03)
    assert seen[0] == pytest.approx(seen[1], rel=0.03)
    # A clear day's illuminance by IES RP-21 (1984): 128 klx through exp(-0.21 air masses), and the sky's.
    clear_day_klx = 128.0 * math.exp(-0.21 / sun[2]) * sun[2] + 0.8 + 15.5 * math.sqrt(sun[2])
    assert seen[0] == pytest.approx(clear_day_klx, rel=0.25)


def test_a_panorama_rendered_in_bands_is_the_panorama(monkeypatch):
    """A row too many or too few at a band's end would move the lamp, and halve or double the rows that show it."""
    lamp = Solid("sphere", (3.0, 0.0, 0.2), (2.0, 2.0, 2.0), SurfaceMaterial(emission=(5000.0,) * 3))
    description = PanoramaDescription((0.0, 0.0, 0.0), NightSky((1.0, 1.0, 1.0), (9.0, 9.0, 9.0)), [lamp])
    whole = render_panorama(description, HEIGHT)
    monkeypatch.setattr(panorama_render, "_BAND_PIXELS", 5 * 2 * HEIGHT)
    monkeypatch.setattr(panorama_render, "_BAND_MARGIN_ROWS", 2)
    banded = render_panorama(description, HEIGHT)
    assert banded.shape == whole.shape
    inside, outside = whole[..., 1] > 4.99, whole[..., 1] < 0.02
    assert inside.sum() > 20
    np.testing.assert_allclose(banded[inside], 5.0, rtol=1e-3)
    np.testing.assert_allclose(banded[outside], whole[outside], rtol=0.1)


def test_the_sky_brightens_from_zenith_to_horizon():
    sky = NightSky(zenith=(1.0, 2.0, 3.0), horizon=(4.0, 4.0, 4.0))
    panorama = render_panorama(
        PanoramaDescription((0.0, 0.0, 1.6), sky, terrain=Terrain(BLACK), unit_cd_m2=0.5), HEIGHT
    )
    assert panorama[0].mean(axis=0) == pytest.approx([2.0, 4.0, 6.0], rel=0.05)
    assert panorama[HEIGHT // 2 - 1].mean(axis=0) == pytest.approx([6.7, 7.1, 7.5], rel=0.05)
    assert panorama[HEIGHT // 2 + 1 :].max() < 0.01


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_of_scene_gives_an_image_with_lights_beyond_its_middle(kind):
    seed = next(seed for seed in range(100) if scene_of(seed).kind == kind)
    panorama = render_panorama(scene_of(seed).describe(), 16, seed=seed, samples=16)
    assert panorama.shape == (16, 32, 3)
    assert panorama.dtype == np.float32
    assert np.isfinite(panorama).all()
    assert panorama.min() >= 0.0
    assert 0.01 < np.median(panorama) < 10.0
    assert panorama.max() > 10.0 * np.median(panorama)


def test_the_same_seed_gives_the_same_image_and_another_seed_other_noise():
    description = scene_of(next(seed for seed in range(100) if scene_of(seed).kind.name == "night")).describe()
    first, again, other = (render_panorama(description, 16, seed=seed, samples=8) for seed in (3, 3, 4))
    np.testing.assert_allclose(again, first, rtol=1e-3, atol=1e-4)
    assert np.abs(other - first).max() > 0.01


def test_the_command_renders_lists_and_continues(tmp_path):
    def run(count):
        command = [sys.executable, ROOT / "scene_generation/run.py", "--out", tmp_path, "--height", "16"]
        return subprocess.run([*command, "--count", str(count)], capture_output=True, text=True)

    first, second = run(1), run(2)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout.startswith(scene_of(0).slug)
    assert second.stdout.startswith(scene_of(1).slug)
    assert len(second.stdout.splitlines()) == 1
    assert {scene.name for scene in find_scenes(tmp_path, "train")} == {scene_of(0).slug, scene_of(1).slug}
    for seed in (0, 1):
        assert read_hdr(tmp_path / f"{scene_of(seed).slug}.exr").shape == (16, 32, 3)

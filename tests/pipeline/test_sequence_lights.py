"""Suns and lamps of a sequence: a disc does not vanish or jump in a frame where it was not recognised."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lanet_core.cli.main import main
from lanet_core.colour import quantise_srgb8
from lanet_core.files import read_hdr
from lanet_core.geometry import sphere
from lanet_core.inference.model_metadata import LITE
from lanet_core.pipeline.sequence import FrameLight
from lanet_core.pipeline.sequence_lights import followed_lights
from lanet_core.reconstruction.clipped_areas import ClippedAreas
from lanet_core.reconstruction.panorama import Reconstruction
from lanet_core.reconstruction.point_lights import PlacedLight
from lanet_core.reconstruction.steady_areas import steady_energies

FRAMES = 9


def at(azimuth_deg: float, elevation_deg: float = 30.0, energy: float = 1.0) -> PlacedLight:
    azimuth, elevation = np.radians([azimuth_deg, elevation_deg])
    flat = np.cos(elevation)
    direction = np.array([flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(elevation)])
    return PlacedLight(direction, np.full(3, energy))


def frame(*lights: PlacedLight, midtones: float = 1.0) -> FrameLight:
    return FrameLight(1.0, 1.0, midtones, lights)


def azimuths_deg(placed) -> list[float]:
    return [float(np.degrees(np.arctan2(light.direction[1], light.direction[0]))) for [light] in placed]


def test_a_light_that_a_frame_lacks_is_placed_there():
    frames = [frame(at(3.0 * number, energy=2.0)) for number in range(FRAMES)]
    frames[4] = frame()
    placed = followed_lights(frames)
    np.testing.assert_allclose(azimuths_deg(placed), 3.0 * np.arange(FRAMES), atol=0.1)
    np.testing.assert_allclose([light.energy for [light] in placed], 2.0, rtol=1e-6)


def test_a_light_of_a_single_frame_is_left_out():
    frames = [frame(at(0.0)) for _ in range(FRAMES)]
    frames[4] = frame(at(0.0), at(90.0))
    assert [len(lights) for lights in followed_lights(frames)] == [1] * FRAMES


def test_scatter_is_smoothed_and_the_exposure_is_followed():
    rng = np.random.default_rng(4)
    exposure = np.exp2(np.linspace(-1.0, 1.0, 30))
    scatter_deg, stops = rng.normal(0.0, 0.5, 30), rng.normal(0.0, 0.4, 30)
    frames = [
        frame(at(2.0 * number + scatter_deg[number], energy=e * np.exp2(stops[number])), midtones=e)
        for number, e in enumerate(exposure)
    ]
    placed = followed_lights(frames)
    error_deg = np.array(azimuths_deg(placed)) - 2.0 * np.arange(30)
    assert np.abs(np.diff(error_deg)).mean() < 0.25 * np.abs(np.diff(scatter_deg)).mean()
    energies = np.log2([light.energy[0] for [light] in placed] / exposure)
    assert np.abs(np.diff(energies)).max() < 0.25 * np.abs(np.diff(stops)).max()


def test_a_light_that_sets_ends_and_frames_that_were_not_read_are_empty():
    frames = [frame(at(0.0)) if number < 15 else frame() for number in range(30)]
    frames[3] = None
    counts = [len(lights) for lights in followed_lights(frames)]
    assert counts[3] == 0
    assert all(counts[:3] + counts[4:14])
    assert not any(counts[17:])


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.5])
def test_the_energy_stays_with_a_known_disc(factor):
    directions = sphere.pixel_directions(64, 128)
    ldr = np.where((directions @ at(0.0).direction > np.cos(np.radians(12.0)))[..., None], 1.0, 0.2)
    ldr = np.repeat(ldr, 3, axis=-1).astype(np.float32)
    cells = np.float32(ldr.mean(axis=-1, keepdims=True) == 1.0).reshape(16, 4, 32, 4, 1).mean(axis=(1, 3))
    diffuse, concentrated = 8.0 * np.repeat(cells, 3, axis=-1), 3.0 * np.repeat(cells, 3, axis=-1)
    wanted_sr = 4.0 * np.pi * float(sphere.sphere_mean(diffuse + concentrated).mean())
    disc_sr = factor * 4.0 * np.pi * float(sphere.sphere_mean(concentrated).mean())
    reconstruction = Reconstruction(64, 128, 64)
    reconstruction.observe(ldr, 0)
    reconstruction.solve(diffuse, concentrated, placed=[at(0.0, energy=disc_sr)])
    added = reconstruction.band(ldr, 0) - ldr
    assert 4.0 * np.pi * sphere.sphere_mean(added).mean() == pytest.approx(wanted_sr, rel=0.01)
    [light] = (each for each in reconstruction.placed_lights if each.area_sr is None)
    np.testing.assert_allclose(light.energy, disc_sr)


def test_two_lights_that_the_same_frames_show_are_separate_tracks():
    frames = [frame(at(2.0 * number), at(120.0, energy=0.3)) for number in range(FRAMES)]
    placed = followed_lights(frames)
    assert [len(lights) for lights in placed] == [2] * FRAMES
    np.testing.assert_allclose([light.energy[0] for light, _ in placed], 1.0)
    np.testing.assert_allclose([light.energy[0] for _, light in placed], 0.3)


def test_an_area_is_followed_and_never_becomes_a_disc():
    area = dataclasses.replace(at(10.0, energy=0.1), area_sr=0.02)
    for lights in followed_lights([frame(area, at(10.0, energy=2.0)) for _ in range(FRAMES)]):
        disc, followed = sorted(lights, key=lambda light: light.area_sr is not None)
        assert disc.area_sr is None and disc.energy[0] == pytest.approx(2.0)
        assert followed.energy[0] == pytest.approx(0.1) and followed.area_sr == pytest.approx(0.02)


@pytest.mark.parametrize(("width_px", "energy"), [(10, 1.0), (11, 1.0), (30, 3.0)])
def test_an_area_that_glare_joins_with_others_gets_the_radiance(width_px, energy):
    weight = np.zeros((64, 128), np.float32)
    weight[30:34, 60 - width_px // 2 : 60 + width_px - width_px // 2] = 1.0
    areas = ClippedAreas(weight)
    usual = 10.0 / width_px * areas.solid_angles_sr()[1]
    direction = sphere.pixel_directions(64, 128)[31:33, 59:61].mean(axis=(0, 1))
    light = PlacedLight(direction / np.linalg.norm(direction), np.ones(3), float(usual))
    predicted = np.array([[0.0] * 3, [1.5] * 3])
    steady = steady_energies(predicted, areas, np.zeros(2, bool), [light])
    np.testing.assert_allclose(steady, [[0.0] * 3, [energy] * 3], rtol=1e-3)
    np.testing.assert_array_equal(steady_energies(predicted, areas, np.ones(2, bool), [light]), predicted)


def interior(jitter_px: int, noise: np.ndarray) -> np.ndarray:
    """Return a dim room with a window and a lamp, which fill their clipped areas: (64, 128, 3) float32."""
    room = np.full((64, 128, 3), 0.15, np.float32)
    room[24:34, 30:42] = room[18:22, 90:95] = 1.0
    return np.clip(np.roll(room, jitter_px, axis=1) + noise, 0.0, 1.0).astype(np.float32)


def test_the_lamps_of_an_interior_keep_their_peaks_in_noise_and_jitter():
    rng = np.random.default_rng(5)
    images, lights, peaks = [], [], {"apart": [], "followed": []}
    for _ in range(FRAMES):
        images.append(interior(int(rng.integers(-1, 2)), rng.normal(0.0, 0.01, (64, 128, 3))))
    predictions = []
    for image in images:
        share = np.float32(image.mean(axis=-1) > 0.9).reshape(16, 4, 32, 4).mean(axis=(1, 3))[..., None]
        strength = np.where(np.arange(32) < 16, *np.exp2(rng.normal([3.0, 6.0], 0.5)))[:, None]  # of each of the two
        predictions.append((share * strength).repeat(3, axis=-1).astype(np.float32))

    def solved(number: int, placed=None) -> Reconstruction:
        reconstruction = Reconstruction(64, 128, 64)
        reconstruction.observe(images[number], 0)
        reconstruction.solve(0.5 * predictions[number], 0.5 * predictions[number], placed=placed)
        return reconstruction

    def peaks_of(number: int, reconstruction: Reconstruction) -> list[float]:
        hdr = reconstruction.band(images[number], 0).mean(axis=-1)
        return [np.log2(hdr[:, columns].max()) for columns in (slice(0, 64), slice(64, 128))]

    for number in range(FRAMES):
        alone = solved(number)
        peaks["apart"].append(peaks_of(number, alone))
        lights.append(frame(*alone.placed_lights))
    for number, placed in enumerate(followed_lights(lights)):
        peaks["followed"].append(peaks_of(number, solved(number, placed)))
    steps = {name: np.abs(np.diff(each, axis=0)).max(axis=0) for name, each in peaks.items()}
    assert np.all(steps["apart"] > 0.5)
    assert np.all(steps["followed"] < 0.25), steps
    np.testing.assert_allclose(np.mean(peaks["followed"], axis=0), np.mean(peaks["apart"], axis=0), atol=0.25)


@pytest.fixture
def frames(tmp_path) -> list[Path]:
    """A time-lapse of a sun in glare that moves; in one frame a cloud around the glare makes its edge hard."""
    directions = sphere.pixel_directions(128, 256)
    paths, rng = [], np.random.default_rng(1)
    for number in range(FRAMES):
        angle_deg = np.degrees(np.arccos(np.clip(directions @ at(1.5 * number).direction, -1.0, 1.0)))
        glare = np.exp(-((np.maximum(angle_deg - 6.0, 0.0) / (1.0 if number == 4 else 9.0)) ** 2))
        light = 0.15 + 0.9 * glare + rng.normal(0.0, 0.004, glare.shape)
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(quantise_srgb8(np.repeat(np.clip(light, 0.0, 1.0)[..., None], 3, axis=-1))).save(paths[-1])
    return paths


def test_the_peak_of_a_time_lapse_does_not_jump(frames, tmp_path, make_model, monkeypatch, capsys):
    monkeypatch.setenv("LANET_MODEL", str(make_model(gain=1.0, sun=60.0, architecture=LITE, height=64, width=128)))
    peaks, energies = {}, {}
    for name, options in (("apart", []), ("sequence", ["--sequence"])):
        assert main(["convert", *map(str, frames), "-o", f"{tmp_path}/{name}/", "--json", *options]) == 0
        results = [read_hdr(json.loads(line)["output"]) for line in capsys.readouterr().out.splitlines()]
        peaks[name] = np.log2([hdr.mean(axis=-1).max() for hdr in results])
        energies[name] = np.log2([float(sphere.sphere_mean(hdr).mean()) for hdr in results])
    assert np.abs(np.diff(peaks["apart"])).max() > 1.0  # one frame has no disc
    assert np.abs(np.diff(peaks["sequence"])).max() < 0.25
    assert np.abs(np.diff(energies["sequence"])).max() < 0.1
    assert energies["sequence"].mean() == pytest.approx(energies["apart"].mean(), abs=0.1)

"""The model that comes with the program, on the example panoramas and on the worlds that Blender brings."""

from __future__ import annotations

import csv
import functools
import hashlib
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from lanet_core.colour import srgb_to_linear
from lanet_core.data.scenes import Scene
from lanet_core.evaluation.light_benchmark import (
    MeasuredPhotograph,
    best_boost_ev,
    measure_photographs,
    rank_correlation,
    summarise_confidence,
)
from lanet_core.files import read_ldr
from lanet_core.pipeline.panorama_converter import find_model, load_converter
from lanet_core.reconstruction.overexposure import overexposure
from lanet_core.training.configuration import load_configuration

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.jpg"))


@pytest.fixture(scope="module")
def converter():
    return load_converter(provider="cpu")


@pytest.fixture(scope="module")
def worlds() -> list[Scene]:
    """Panoramas of Blender's wheel that no model of ours has learned from."""
    origin = Path(find_spec("bpy").origin).parent
    [folder] = origin.glob("*/datafiles/studiolights/world")
    names = ("city", "courtyard", "forest", "interior", "night", "sunrise", "sunset")
    return [Scene(name, folder / f"{name}.exr", "test") for name in names]


@pytest.fixture(scope="module")
def photographs(converter, worlds) -> list[MeasuredPhotograph]:
    """The errors of the light on photographs of the worlds."""
    return [each for world in worlds for each in measure_photographs(world, converter, draws=1)]


@pytest.fixture(scope="module")
def converted(converter) -> Callable[[Path], np.ndarray]:
    """Return a function that converts a panorama, once."""
    return functools.cache(lambda path: converter.convert(read_ldr(path).rgb_linear).hdr)


def test_the_file(converter):
    path = find_model()
    assert path == ROOT / "models" / "panolanet.onnx"
    assert path.stat().st_size <= 30e6
    metadata = converter.session.metadata
    assert metadata.configuration_sha256 == load_configuration("panolanet").sha256
    assert (metadata.architecture, metadata.weights) == ("panolanet_lite", "float16")
    assert metadata.extra_outputs == ("log_stops", "strength_range")
    card = (ROOT / "models" / "panolanet.md").read_text(encoding="utf-8")
    assert hashlib.sha256(path.read_bytes()).hexdigest() in card
    assert metadata.licence in card


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_what_was_exposed_stays_and_nothing_gets_darker(converted, path):
    ldr_linear = read_ldr(path).rgb_linear
    hdr = converted(path)
    exposed = overexposure(ldr_linear) == 0.0
    assert exposed.mean() > 0.5
    np.testing.assert_array_equal(hdr[exposed], ldr_linear[exposed])
    assert (hdr >= ldr_linear).all()
    assert np.isfinite(hdr).all()


def test_a_channel_that_is_not_clipped_stays_as_it_was_measured(converter):
    room = np.full((256, 512, 3), (30, 8, 40), dtype=np.uint8)
    room[170:] = (255, 6, 90)
    room[100:130, 150:180] = (255, 0, 200)
    added = converter.convert(room).hdr - srgb_to_linear(room / np.float32(255.0))
    assert added[..., 0].max() > 0.01
    assert np.abs(added[..., 1:]).max() < 1e-6


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_converting_commutes_with_turning(converter, converted, path, quarter_turns):
    ldr_linear = read_ldr(path).rgb_linear
    columns = quarter_turns * ldr_linear.shape[1] // 4
    direct = converted(path)
    turned = np.roll(converter.convert(np.roll(ldr_linear, columns, axis=1)).hdr, -columns, axis=1)
    stops = np.log2(np.maximum(turned, 1e-6) / np.maximum(direct, 1e-6))
    assert direct.max() > 1.5
    assert np.sqrt(np.mean(stops**2)) < 0.05


def test_no_seam_at_the_meridian(converter):
    """A lamp across ±180° is as bright on one side of the meridian as on the other."""
    ldr_linear = np.full((256, 512, 3), 0.15, np.float32)
    ldr_linear[60:76, :8] = ldr_linear[60:76, -8:] = 1.0
    hdr = converter.convert(ldr_linear).hdr
    lamp = np.concatenate([hdr[60:76, -8:], hdr[60:76, :8]], axis=1)
    assert lamp.min() > 1.0
    across = np.abs(np.log2(lamp[:, 8] / lamp[:, 7])).mean()
    elsewhere = np.abs(np.log2(lamp[:, 3:13] / lamp[:, 2:12])).mean()
    assert across < 2.0 * elsewhere + 0.05


def test_light_on_worlds_it_has_not_learnt_from(photographs):
    ldr = np.mean([each.ldr_stops for each in photographs])
    model = np.mean([each.model_stops for each in photographs])
    # Measured on these seven: see models/panolanet_light.csv for every test scene.
    assert model < 0.6 * ldr
    assert 0.0 <= best_boost_ev(photographs) <= 6.0


def test_the_cards_figures_are_those_of_the_measurement():
    card = (ROOT / "models" / "panolanet.md").read_text(encoding="utf-8")
    with (ROOT / "models" / "panolanet_light.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for split in ("val", "test"):
        for column in ("ldr_stops", "boost_stops", "model_stops"):
            mean = np.mean([float(row[column]) for row in rows if row["split"] == split])
            assert f"{mean:.3f}" in card, (split, column)


def test_its_uncertainty_ranks_the_errors_of_scenes_that_it_was_not_trained_on():
    card = (ROOT / "models" / "panolanet.md").read_text("utf-8")
    for kind, file in (("clean", "panolanet_light"), ("edited", "panolanet_light_edited")):
        with (ROOT / "models" / f"{file}.csv").open(newline="", encoding="utf-8") as opened:
            rows = list(csv.DictReader(opened))
        predicted, errors = (np.array([float(row[name]) for row in rows]) for name in ("expected_stops", "model_stops"))
        # 72 photographs: a prediction without information exceeds this once in forty times.
        assert rank_correlation(predicted, errors) > 0.232
        for split in ("val", "test"):
            mean = np.mean([value for row, value in zip(rows, predicted, strict=True) if row["split"] == split])
            assert f"| {split}, {kind} | {mean:.3f} |" in card


def test_its_uncertainty_is_about_as_large_as_the_errors(converter, photographs):
    assert all(0.05 < each.expected_stops < 3.0 for each in photographs)
    assert 0.6 < summarise_confidence(photographs)["scale"] < 1.7
    ldr_linear = read_ldr(EXAMPLES[0]).rgb_linear
    conversion = converter.convert(ldr_linear)
    uncertainty = conversion.uncertainty
    exposed = overexposure(ldr_linear) == 0.0
    assert (uncertainty[exposed] == 0.0).all()
    assert uncertainty[~exposed].mean() > 0.05
    low, high = conversion.strength_range_ev
    assert -4.0 < low < 0.0 < high < 4.0


def test_the_cards_four_balls_are_those_of_the_evaluation():
    card = (ROOT / "models" / "panolanet.md").read_text(encoding="utf-8")
    with (ROOT / "render_eval" / "results" / "results.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({row["scene"] for row in rows}) == 20
    for method, label in (("ldr", "LDR as is"), ("koeo", "KOEO"), ("panolanet", "**shipped**")):
        own = [row for row in rows if row["method"] == method]
        psnr, ssim, mse = (np.mean([float(row[key]) for row in own]) for key in ("psnr", "ssim", "mse"))
        assert f"| {label} | {psnr:.2f} | {ssim:.3f} | {mse:.3f} |" in card


def test_eight_bit_codes_and_linear_light_give_the_same(converter):
    rgb_srgb8 = np.random.default_rng(0).integers(0, 256, (64, 128, 3), dtype=np.uint8)
    linear = srgb_to_linear(rgb_srgb8.astype(np.float64) / 255.0).astype(np.float32)
    np.testing.assert_allclose(converter.convert(rgb_srgb8).hdr, converter.convert(linear).hdr, rtol=1e-3)

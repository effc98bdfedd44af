"""The model for single images that comes with the program, on views of the example panoramas."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest

from lanet_core import load_image_converter
from lanet_core.colour import quantise_srgb8, srgb_to_linear
from lanet_core.data.crops import perspective_crop
from lanet_core.files import read_ldr
from lanet_core.reconstruction.overexposure import overexposure
from lanet_core.training.configuration import load_configuration

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / "lanet.onnx"


@pytest.fixture(scope="module")
def converter():
    return load_image_converter(provider="cpu")


@pytest.fixture(scope="module")
def window() -> np.ndarray:
    """A view of the hotel room with a window in it, (192, 256, 3) float32, linear Rec.709, of 8 bits."""
    room = read_ldr(ROOT / "examples" / "interior.jpg").rgb_linear
    view = perspective_crop(room, np.radians(-60.0), np.radians(10.0), np.radians(80.0), 192, 256)
    return srgb_to_linear(quantise_srgb8(view) / 255.0).astype(np.float32)


def test_the_file(converter):
    assert converter.session.path == MODEL
    assert MODEL.stat().st_size <= 45e6
    metadata = converter.session.metadata
    assert metadata.architecture == "lanet"
    assert metadata.configuration_sha256 == load_configuration("lanet_lean").sha256
    card = MODEL.with_suffix(".md").read_text(encoding="utf-8")
    assert hashlib.sha256(MODEL.read_bytes()).hexdigest() in card
    assert metadata.licence in card


def test_the_cards_figures_are_those_of_the_training_log():
    card = MODEL.with_suffix(".md").read_text(encoding="utf-8")
    with (MODEL.parent / "lanet_training_log.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    errors = {int(row["step"]): float(row["value"]) for row in rows if row["name"] == "val_overexposed_stops"}
    best = min(errors, key=errors.get)
    assert f"{best:,} of {max(errors):,} steps" in card
    logged = {row["name"]: float(row["value"]) for row in rows if int(row["step"]) == best}
    assert f"| {logged['val_ldr_overexposed_stops']:.3f} | {errors[best]:.3f} |" in card
    assert f"{logged['val_scale_invariant']:.4f}" in card


def test_a_window_gets_light_and_the_room_stays(converter, window):
    conversion = converter.convert(window)
    exposed = overexposure(window) == 0.0
    white = window.min(axis=-1) > 0.98
    assert exposed.mean() > 0.5
    assert white.mean() > 0.05
    np.testing.assert_array_equal(conversion.hdr[exposed], window[exposed])
    assert (conversion.hdr >= window).all()
    assert np.median(conversion.hdr[white]) > 1.5


def test_the_maps_separate_the_window_from_the_room(converter, window):
    conversion = converter.convert(window)
    attention, segmentation = conversion.attention, conversion.segmentation
    height, width = segmentation.shape
    rows = (np.arange(height) + 0.5) * window.shape[0] / height
    columns = (np.arange(width) + 0.5) * window.shape[1] / width
    seen = window[np.ix_(rows.astype(int), columns.astype(int))].mean(axis=-1)
    white, dark = seen > 0.98, seen < 0.2
    over_exposed = attention[..., 1]
    assert over_exposed[white].mean() > over_exposed[dark].mean() + 0.2
    assert (segmentation[white] == 2).mean() > 0.6
    assert (segmentation[dark] == 2).mean() < 0.05

"""The tool that tells strength from place: a light of the right place and the wrong strength is all strength."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))

import light_strength

from lanet_core import light_benchmark
from lanet_core.training.scenes import Scene
from lanet_core.training.virtual_camera import SRGB8_TO_LINEAR


class Knows:
    """A converter that is told the truth, and says the added light to be half or elsewhere."""

    def __init__(self, hdr: np.ndarray, factor: float, columns: int) -> None:
        self.hdr, self.factor, self.columns = hdr, factor, columns

    def convert(self, rgb_srgb8: np.ndarray) -> SimpleNamespace:
        ldr_linear = SRGB8_TO_LINEAR[rgb_srgb8]
        added = np.roll(self.hdr - ldr_linear, self.columns, axis=1) * np.float32(self.factor)
        return SimpleNamespace(hdr=ldr_linear + added)


def errors(monkeypatch, factor: float, columns: int = 0) -> np.ndarray:
    rgb_srgb8 = np.full((32, 64, 3), 120, np.uint8)
    rgb_srgb8[8:12, 30:34] = 255
    hdr = SRGB8_TO_LINEAR[rgb_srgb8]
    hdr[8:12, 30:34] = 50.0
    monkeypatch.setattr(light_benchmark, "read_hdr", lambda path: hdr)
    monkeypatch.setattr(light_benchmark, "photographs", lambda hdr, name, draws: [(rgb_srgb8, hdr)] * draws)
    scene = Scene("lamp", Path("lamp.exr"), "val")
    return light_strength.errors_by_factor([scene], Knows(hdr, factor, columns))


def test_what_is_half_as_strong_is_right_times_two(monkeypatch):
    [first, second] = errors(monkeypatch, 0.5)
    np.testing.assert_array_equal(first, second)
    assert light_strength.FACTORS_EV[first.argmin()] == 1.0
    assert first.min() < 1e-3
    assert first[light_strength.FACTORS_EV == 0.0][0] > 0.1


def test_no_factor_mends_a_light_in_the_wrong_place(monkeypatch):
    assert errors(monkeypatch, 1.0, columns=32)[0].min() > 0.1

"""Frames of a sequence: one white level, and light whose strength does not flicker."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lanet_core.cli.main import main
from lanet_core.files import read_hdr
from lanet_core.geometry import sphere
from lanet_core.pipeline.panorama_converter import load_converter
from lanet_core.pipeline.sequence import FrameLight, frame_light, shared_white, smoothed_gains
from lanet_core.reconstruction.white_level import WhiteLevel


def flicker(values) -> float:
    """Mean absolute step between neighbours, in stops."""
    return float(np.abs(np.diff(np.log2(values))).mean())


def test_flicker_is_smoothed_and_a_trend_stays():
    rng = np.random.default_rng(0)
    trend = np.exp2(np.linspace(0.0, 3.0, 60))
    frames = [FrameLight(0.7 * e, 0.3 * e) for e in trend * np.exp2(rng.normal(0.0, 0.1, 60))]
    gains = smoothed_gains(frames)
    smooth = [f.diffuse * d + f.concentrated * c for f, (d, c) in zip(frames, gains, strict=True)]
    before = [f.diffuse + f.concentrated for f in frames]
    assert flicker(before) > 0.09
    assert flicker(smooth) < 0.065  # the trend alone has 0.05
    np.testing.assert_allclose(np.log2(smooth)[5:-5], np.log2(trend)[5:-5], atol=0.1)


def test_the_concentrated_share_is_smoothed_too():
    frames = [FrameLight(1.0, 0.5), FrameLight(1.4, 0.1)] * 20
    gains = smoothed_gains(frames)
    share = [f.concentrated * c / (f.concentrated * c + f.diffuse * d) for f, (d, c) in zip(frames, gains, strict=True)]
    assert np.ptp(share[5:-5]) < 0.01
    assert np.mean(share) == pytest.approx(0.2, abs=0.02)


def test_even_frames_stay_as_they_are():
    np.testing.assert_allclose(smoothed_gains([FrameLight(2.0, 0.5)] * 9), 1.0)


def test_frames_without_light_or_unread_are_left_aside():
    lit, dark = FrameLight(1.0, 0.0), FrameLight(0.0, 0.0)
    gains = smoothed_gains([lit, None, dark, FrameLight(3.0, 0.0), lit])
    assert gains[1] == gains[2] == (1.0, 1.0)
    assert gains[3][0] < 1.0 < gains[0][0]
    assert all(concentrated == 1.0 for _, concentrated in gains)


def test_a_single_frame():
    np.testing.assert_allclose(smoothed_gains([FrameLight(1.0, 1.0)]), 1.0)


def test_the_shared_white_is_the_median_of_what_is_shown():
    levels = [WhiteLevel((w, w, w), shoulder="hard") for w in (0.8, 0.85, 0.9)] + [WhiteLevel()] * 5
    assert shared_white(levels).rgb == pytest.approx((0.85, 0.85, 0.85))
    assert shared_white(levels).shoulder == "hard"
    assert shared_white([WhiteLevel()]) == WhiteLevel()


def test_the_added_energy_is_divided_as_the_prediction_by_solid_angle():
    diffuse, concentrated = np.zeros((2, 4, 8, 3), np.float32)
    diffuse[:2] = 3.0
    concentrated[2:] = 1.0
    light = frame_light(diffuse, concentrated, added=0.8)
    assert (light.diffuse, light.concentrated) == pytest.approx((0.6, 0.2))
    assert frame_light(diffuse, concentrated, added=0.0) == FrameLight(0.0, 0.0)


@pytest.fixture
def frames(tmp_path, street) -> list[Path]:
    """Frames of one scene whose lamp is more or less bright, for which the tiny network predicts other light."""
    paths = []
    for number in range(8):
        image = street.copy()
        image[20:26, 60:70] = 255
        image[26:29, 60:70] = 235 if number % 2 else 252
        paths.append(tmp_path / f"frame{number}.png")
        Image.fromarray(image).save(paths[-1])
    return paths


def test_a_sequence_on_the_command_line_flickers_less(frames, tmp_path, make_model, monkeypatch, capsys):
    monkeypatch.setenv("LANET_MODEL", str(make_model(gain=3.0)))
    light = {}
    for name, options in (("apart", []), ("sequence", ["--sequence"])):
        assert main(["convert", *map(str, frames), "-o", f"{tmp_path}/{name}/", "--json", *options]) == 0
        records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        light[name] = [float(sphere.sphere_mean(read_hdr(record["output"])).mean()) for record in records]
        if options:
            assert len({record["white_level"] for record in records}) == 1
    assert flicker(light["sequence"]) < 0.5 * flicker(light["apart"])
    assert np.mean(light["sequence"]) == pytest.approx(np.mean(light["apart"]), rel=0.1)


def test_a_frame_that_cannot_be_read_is_reported_once(frames, tmp_path, make_model, monkeypatch, capsys):
    monkeypatch.setenv("LANET_MODEL", str(make_model()))
    frames[3].write_text("no image")
    assert main(["convert", *map(str, frames), "-o", f"{tmp_path}/hdr/", "--sequence"]) == 1
    assert capsys.readouterr().err.count("lanet: error: ") == 1
    assert len(list((tmp_path / "hdr").iterdir())) == 7


def test_a_sequence_of_photographs_is_refused(frames, tmp_path, capsys):
    assert main(["convert", "--image", str(frames[0]), "-o", f"{tmp_path}/hdr/", "--sequence"]) == 2
    assert "--sequence requires panoramas" in capsys.readouterr().err


def test_gains_scale_what_is_added(frames, tmp_path, make_model):
    converter = load_converter(make_model())
    plain, doubled = tmp_path / "plain.exr", tmp_path / "doubled.exr"
    converter.convert_file(frames[0], plain)
    converter.convert_file(frames[0], doubled, gains=(2.0, 2.0))
    ldr = tmp_path / "none.exr"
    converter.convert_file(frames[0], ldr, gains=(0.0, 0.0))
    added = read_hdr(plain).sum() - read_hdr(ldr).sum()
    assert added > 10.0
    assert read_hdr(doubled).sum() - read_hdr(ldr).sum() == pytest.approx(2.0 * added, rel=0.02)

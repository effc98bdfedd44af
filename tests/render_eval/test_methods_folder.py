"""A folder of predictions: found by scene name, refused with the file's name when it does not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO
import pytest

from lanet_core.errors import InvalidPixelsError
from lanet_core.files import write_exr
from render_eval.methods import Method, MethodError, Photograph, PredictionError, checked_prediction, parse_methods

HEIGHT, WIDTH = 32, 64


def photograph_of(scene: str) -> Photograph:
    rgb_srgb8 = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    grey = np.full((HEIGHT, WIDTH, 3), 0.2, np.float32)
    return Photograph(scene, rgb_srgb8, grey, grey)


def panorama(seed: int, height: int = HEIGHT) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(0.0, 1.0, (height, 2 * height, 3)).astype(np.float32)


def write_prediction(path: Path, rgb_linear: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_exr(path, rgb_linear, model_name="none", model_sha256="")


def the_method(folder: Path) -> Method:
    (method,) = parse_methods("", {"mine": folder})
    return method


def test_predictions_are_found_by_scene_name(tmp_path):
    scenes = {"plain": 1, "with.dots_1.5k": 2, "nested/room": 3}
    for scene, seed in scenes.items():
        write_prediction(tmp_path / f"{scene}.exr", panorama(seed))
    method = the_method(tmp_path)
    for scene, seed in scenes.items():
        np.testing.assert_array_equal(checked_prediction(method, photograph_of(scene)), panorama(seed))


def test_a_radiance_file_will_do(tmp_path):
    path = tmp_path / "room.hdr"
    output = OpenImageIO.ImageOutput.create(str(path))
    output.open(str(path), OpenImageIO.ImageSpec(WIDTH, HEIGHT, 3, OpenImageIO.FLOAT))
    output.write_image(panorama(4))
    output.close()
    predicted = the_method(tmp_path).predict(photograph_of("room"))
    # RGBE has 8 bits of mantissa, shared by the three channels.
    tolerance = panorama(4).max(axis=2, keepdims=True) / 128.0
    assert (np.abs(predicted - panorama(4)) <= tolerance).all()


def test_a_missing_prediction_names_the_file_that_is_missing(tmp_path):
    write_prediction(tmp_path / "room.exr", panorama(1))
    with pytest.raises(PredictionError, match="no prediction for the scene street") as caught:
        the_method(tmp_path).predict(photograph_of("street"))
    assert caught.value.path == tmp_path / "street.exr"


def test_two_predictions_of_one_scene_are_refused(tmp_path):
    write_prediction(tmp_path / "room.exr", panorama(1))
    (tmp_path / "room.hdr").write_bytes(b"#?RADIANCE\n")
    with pytest.raises(PredictionError, match=r"room\.exr and room\.hdr"):
        the_method(tmp_path).predict(photograph_of("room"))


def test_a_prediction_of_another_size_is_refused(tmp_path):
    write_prediction(tmp_path / "room.exr", panorama(1, height=16))
    with pytest.raises(PredictionError, match="32x16 and the LDR 64x32") as caught:
        the_method(tmp_path).predict(photograph_of("room"))
    assert caught.value.path == tmp_path / "room.exr"


@pytest.mark.parametrize("value", [np.nan, np.inf, -5.0])
def test_values_that_are_no_light_are_refused_by_file(tmp_path, value):
    bad = panorama(1)
    bad[3:5, 5:9] = value
    OpenEXR.File({}, {"RGB": bad}).write(str(tmp_path / "room.exr"))
    with pytest.raises(InvalidPixelsError) as caught:
        the_method(tmp_path).predict(photograph_of("room"))
    assert caught.value.path == tmp_path / "room.exr"


def test_the_record_distinguishes_states_of_a_folder(tmp_path):
    write_prediction(tmp_path / "room.exr", panorama(1))
    before = the_method(tmp_path).record
    assert the_method(tmp_path).record == before
    write_prediction(tmp_path / "room.exr", panorama(2))
    changed = the_method(tmp_path).record
    (tmp_path / "room.exr").rename(tmp_path / "street.exr")
    renamed = the_method(tmp_path).record
    assert len({before.source, changed.source, renamed.source}) == 3
    assert before.name == changed.name == "mine"


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_folder_without_predictions_is_refused_at_once(tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "room.png").write_bytes(b"")
    with pytest.raises(MethodError) as caught:
        the_method(tmp_path / name)
    assert caught.value.path == tmp_path / name


def test_a_folder_stands_where_it_was_asked_for_or_at_the_end(tmp_path):
    write_prediction(tmp_path / "room.exr", panorama(1))
    folders = {"mine": tmp_path, "other": tmp_path}
    assert [method.record.name for method in parse_methods("other,ldr", folders)] == ["other", "ldr", "mine"]

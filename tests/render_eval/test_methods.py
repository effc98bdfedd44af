"""The plain methods, the check on predictions, and names on the command line."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from made_up_scenes import make_scene

from lanet_core.data.photographs import photographs
from lanet_core.data.virtual_camera import SRGB8_TO_LINEAR
from render_eval.methods import (
    KNOWN_METHODS,
    MethodError,
    MethodOptions,
    Photograph,
    PredictionError,
    checked_prediction,
    parse_methods,
)
from render_eval.records import MethodRecord


@pytest.fixture(scope="module")
def photograph() -> Photograph:
    rgb_srgb8, truth = next(photographs(make_scene(1), "scene", 1))
    return Photograph("scene", rgb_srgb8, SRGB8_TO_LINEAR[rgb_srgb8], truth)


class Given:
    """A method that gives what it was given."""

    record = MethodRecord("given", "given")

    def __init__(self, prediction) -> None:
        self._prediction = prediction

    def predict(self, photograph: Photograph):
        return self._prediction


def names_of(methods) -> list[str]:
    return [method.record.name for method in methods]


def test_ldr_is_the_photograph_as_linear_light(photograph):
    (method,) = parse_methods("ldr")
    np.testing.assert_array_equal(checked_prediction(method, photograph), SRGB8_TO_LINEAR[photograph.rgb_srgb8])


def test_boost_multiplies_white_by_its_stops_and_spares_the_well_exposed(photograph):
    (method,) = parse_methods("boost-3")
    ratio = checked_prediction(method, photograph) / np.maximum(photograph.ldr_linear, 1e-6)
    white = photograph.rgb_srgb8.min(axis=2) == 255
    well_exposed = photograph.ldr_linear.mean(axis=2) < 0.83
    assert white.any()
    np.testing.assert_allclose(ratio[white], 8.0, rtol=1e-5)
    np.testing.assert_array_equal(method.predict(photograph)[well_exposed], photograph.ldr_linear[well_exposed])


def test_boost_without_a_number_takes_the_option():
    (method,) = parse_methods("boost", options=MethodOptions(boost_ev=1.75))
    assert "1.75 EV" in method.record.label


def test_an_oracle_is_the_truth_up_to_its_stops(photograph):
    some, all_of_it = parse_methods("oracle-2,oracle-24")
    clipped = checked_prediction(some, photograph)
    assert photograph.truth.max() > 4.0
    assert clipped.max() == 4.0
    below = photograph.truth <= 4.0
    np.testing.assert_array_equal(clipped[below], photograph.truth[below])
    assert (clipped[~below] == 4.0).all()
    np.testing.assert_array_equal(all_of_it.predict(photograph), photograph.truth)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda good: good.tolist(), "a list, not an array"),
        (lambda good: good[:, :-2], r"\(256, 510, 3\) instead of \(256, 512, 3\)"),
        (lambda good: good[..., :1], r"\(256, 512, 1\)"),
        (lambda good: good.astype(np.float64), "float64 instead of float32"),
        (lambda good: np.where(good == good.max(), np.nan, good), "NaN or infinite"),
        (lambda good: np.where(good == good.max(), np.inf, good), "NaN or infinite"),
        (lambda good: good - good.max(), r"negative values, down to -0\.99"),
        (lambda good: good * np.float32(0.0), "nothing but black"),
    ],
)
def test_a_prediction_that_is_no_panorama_is_named_with_its_method_and_scene(photograph, change, complaint):
    with pytest.raises(PredictionError, match=rf"The method given gave .*{complaint}.* for the scene scene"):
        checked_prediction(Given(change(photograph.ldr_linear)), photograph)


def test_methods_come_in_the_order_asked_for():
    assert names_of(parse_methods(" koeo, ldr,oracle-4 ,huo,boost-2.5")) == [
        "koeo",
        "ldr",
        "oracle-4",
        "huo",
        "boost-2.5",
    ]


@pytest.mark.parametrize("name", ["ldrr", "oracle", "oracle-", "oracle--2", "boost-x", "KOEO", "boost-1e3"])
def test_an_unknown_name_is_refused_with_the_known_ones(name):
    with pytest.raises(MethodError) as caught:
        parse_methods(f"ldr,{name}")
    assert repr(name) in str(caught.value)
    assert all(known in str(caught.value) for known in KNOWN_METHODS)


@pytest.mark.parametrize(
    ("names", "folders", "complaint"),
    [
        ("ldr,koeo,ldr", {}, "named twice"),
        (" , ", {}, "No method was requested"),
        ("ldr", {"koeo": Path()}, "belongs to a method of this program"),
        ("ldr", {"oracle-3": Path()}, "belongs to a method of this program"),
        ("ldr", {"../mine": Path()}, "cannot be called"),
        ("ldr", {"": Path()}, "cannot be called"),
        ("expandnet", {}, "weights of Expand-Net were not given"),
    ],
)
def test_names_that_do_not_work_are_refused(names, folders, complaint):
    with pytest.raises(MethodError, match=complaint):
        parse_methods(names, folders)


def test_an_unknown_name_is_found_before_anything_is_loaded(tmp_path):
    with pytest.raises(MethodError, match="'nonsense'"):
        parse_methods("expandnet,nonsense", options=MethodOptions(expandnet_weights=tmp_path / "missing.pth"))


def test_errors_and_options_cross_a_process_boundary():
    with pytest.raises(MethodError) as caught:
        parse_methods("nonsense")
    again = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(again, MethodError)
    assert str(again) == str(caught.value)
    assert pickle.loads(pickle.dumps(MethodOptions(boost_ev=1.0))) == MethodOptions(boost_ev=1.0)


def test_methods_that_need_no_torch_and_no_onnx_runtime_work_without_them():
    program = """
import sys
sys.modules.update(dict.fromkeys(("torch", "onnx", "onnxruntime", "bpy"), None))
from pathlib import Path
from render_eval.methods import MethodError, MethodOptions, parse_methods
parse_methods("ldr,koeo,huo,oracle-4")
for name, package in (("expandnet", "torch"), ("panolanet", "onnxruntime"), ("boost", "onnxruntime")):
    try:
        parse_methods(name, options=MethodOptions(expandnet_weights=Path("weights.pth")))
    except MethodError as error:
        assert f"needs the package {package}" in str(error), error
    else:
        raise AssertionError(name)
"""
    root = Path(__file__).resolve().parents[2]
    finished = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr

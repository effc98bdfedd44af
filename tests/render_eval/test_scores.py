"""The scores of an evaluation: what each is given, what is left out, and what is in the noise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from made_up_scenes import make_scene

from lanet_core.errors import InvalidPixelsError
from lanet_core.metrics.comparison import SizeMismatchError
from render_eval.jod import Jod, MissingPackageError, load_cvvdp
from render_eval.scores import METRICS, display_image, score_image, score_map, score_render, within_noise_floor


def renders() -> tuple[np.ndarray, np.ndarray]:
    """Two wavy renders of 48×64 pixels, radiance from 0.002 to 1.2."""
    y, x, channel = np.meshgrid(np.arange(48), np.arange(64), np.arange(3), indexing="ij")
    truth = 0.5 + 0.45 * np.sin(0.21 * x + 0.5 * channel) * np.cos(0.17 * y - 0.3 * channel)
    image = 0.95 * truth**1.2 + 0.04 * np.sin(1.3 * x + 0.9 * y) + 0.04
    return (10 ** (3 * image - 2.8)).astype(np.float32), (10 ** (3 * truth - 2.8)).astype(np.float32)


def _keys(*domains: str) -> set[str]:
    return {key for key, metric in METRICS.items() if metric.domain in domains}


def test_every_metric_shows_what_it_is():
    assert all(metric.key == key for key, metric in METRICS.items())
    assert all(metric.label and metric.definition and metric.source for metric in METRICS.values())
    assert len({metric.label for metric in METRICS.values()}) == len(METRICS)


def test_scores_are_those_of_the_registry():
    image, truth = renders()
    assert set(score_render(image, truth, jod=None)) == _keys("display", "linear") - {"jod", "hdrvdp_q"}
    scene = make_scene(1)
    assert set(score_map(np.minimum(scene, 1), scene)) == _keys("map")
    assert set(score_image(image, truth, jod=None)) == _keys("image") - {"image_jod", "image_hdrvdp_q"}
    both = score_render(image, truth, jod=lambda *_: 9.0, hdrvdp=lambda *_: 8.0)
    assert (both["jod"], both["hdrvdp_q"]) == (9.0, 8.0)


def test_display_image():
    """IEC 61966-2-1 at both sides of its corner, and at middle grey; beyond white and below black it clips."""
    linear = np.array([-0.1, 0.0, 0.001, 0.0031308, 0.18, 0.5, 1.0, 40.0])
    encoded = [0.0, 0.0, 0.01292, 0.04044994, 0.46135613, 0.73535698, 1.0, 1.0]
    np.testing.assert_allclose(display_image(linear), encoded, atol=1e-7)


def test_display_scores_see_what_the_display_shows():
    """What is white stays white: a highlight of 5 for one of 50 is no error there, but one of light."""
    truth = np.full((16, 24, 3), 0.18)
    image = truth.copy()
    truth[4:8, 4:8], image[4:8, 4:8] = 50.0, 5.0
    scores = score_render(image, truth, jod=None)
    assert (scores["mse"], scores["ssim"]) == (0.0, 1.0)
    assert scores["log2_rmse_stops"] == pytest.approx(np.log2(10.0) * np.sqrt(16 / 384), rel=1e-9)


def test_display_scores_are_of_encoded_values():
    truth, image = np.full((16, 16, 3), 0.18), np.full((16, 16, 3), 0.5)
    error = (0.73535698 - 0.46135613) ** 2
    scores = score_render(image, truth, jod=None)
    assert scores["mse"] == pytest.approx(error, rel=1e-6)
    assert scores["psnr"] == pytest.approx(-10 * np.log10(error), rel=1e-6)


def test_radiance_1_is_shown_at_255_cd_m2():
    """Codes of 100 and 200 cd/m² from test_pu21."""
    truth, image = np.full((16, 16, 3), 100 / 255), np.full((16, 16, 3), 200 / 255)
    error = (302.77432900094686 - 256.3838973127039) ** 2
    assert score_render(image, truth, jod=None)["pu21_psnr"] == pytest.approx(10 * np.log10(256**2 / error), rel=1e-9)


def test_a_scaled_map_is_wrong_in_light_alone():
    truth = make_scene(2)
    scores = score_map(truth / np.float32(2), truth)
    assert scores["map_pu_psnr"] > 100.0
    assert scores["map_simse"] == pytest.approx(0.0, abs=1e-10)
    assert scores["map_irradiance_error_stops"] == pytest.approx(1.0, abs=1e-5)
    assert scores["map_light_energy_error_stops"] == pytest.approx(1.0, abs=1e-5)
    assert scores["map_light_direction_error_deg"] == pytest.approx(0.0, abs=1e-4)


def test_what_has_no_value_is_absent():
    even = np.full((64, 128, 3), 0.5)
    assert set(score_map(even, even)) == _keys("map") - {"map_light_direction_error_deg"}
    black = np.zeros((16, 16, 3))
    assert "rgb_angular_error_deg" not in score_render(black, black, jod=None)


def test_the_sign_of_better():
    """The closer of two images is better by every metric."""
    image, truth = renders()
    closer = truth ** np.float32(0.8) * image ** np.float32(0.2)
    near, far = score_render(closer, truth, jod=None), score_render(image, truth, jod=None)
    scene = make_scene(3)
    for ev, scores in ((0.0, far), (8.0, near)):
        scores |= score_map(np.minimum(scene, 2.0**ev), scene)
    del near["map_light_direction_error_deg"]  # a clipped disc is where the disc was
    for key in near:
        assert (near[key] > far[key]) == METRICS[key].higher_is_better, key


def test_noise_floor():
    assert within_noise_floor("psnr", 45.0, 44.0)
    assert within_noise_floor("psnr", 44.0, 44.0)
    assert not within_noise_floor("psnr", 43.0, 44.0)
    assert within_noise_floor("mse", 1e-5, 2e-5)
    assert not within_noise_floor("mse", 3e-5, 2e-5)
    assert within_noise_floor("psnr", float("inf"), 44.0)
    assert not within_noise_floor("map_simse", 0.0, None)
    with pytest.raises(KeyError):
        within_noise_floor("beauty", 1.0, 1.0)


@pytest.mark.parametrize("score", [lambda a, b: score_render(a, b, jod=None), score_map])
def test_bad_pairs_are_refused(score):
    good = np.full((64, 128, 3), 0.5)
    bad = good.copy()
    bad[3, 5, 1] = np.nan
    with pytest.raises(InvalidPixelsError):
        score(bad, good)
    with pytest.raises(SizeMismatchError):
        score(good[:32], good)


def test_a_missing_package_is_reported():
    # None in sys.modules makes an import raise, as it does where the package is not installed.
    program = """
import sys
sys.modules["pycvvdp"] = None
from render_eval.jod import Jod
Jod()
"""
    root = Path(__file__).resolve().parents[2]
    finished = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True)
    assert finished.returncode == 1
    last = finished.stderr.strip().splitlines()[-1]
    assert last.startswith("render_eval.jod.MissingPackageError: ColorVideoVDP cannot be loaded")
    assert "pip install cvvdp torchvision" in last
    assert "--no-jod" in last


@pytest.mark.parametrize(
    ("torch", "command"),
    [
        ("", "pip install cvvdp torchvision"),
        ("2.13.0", "pip install cvvdp torchvision torch==2.13.0"),
        (
            "2.13.0+cpu",
            "pip install cvvdp torchvision torch==2.13.0+cpu --extra-index-url https://download.pytorch.org/whl/cpu",
        ),
    ],
)
def test_the_command_that_installs_it_leaves_torch_alone(monkeypatch, torch, command):
    monkeypatch.setattr("render_eval.jod.package_version", {"torch": torch}.get)
    monkeypatch.setitem(sys.modules, "pycvvdp", None)
    with pytest.raises(MissingPackageError) as error:
        load_cvvdp()
    assert f'"{command}"' in str(error.value)


def test_jod_is_that_of_the_packages_own_command():
    """JOD of cvvdp 0.5.7: ``cvvdp --test image.exr --ref truth.exr --display standard_hdr_linear``.

    The files hold 255 times the two images of ``renders()``.
    """
    try:
        jod = Jod()
    except MissingPackageError as error:
        pytest.skip(str(error))
    image, truth = renders()
    assert score_render(image, truth, jod=jod)["jod"] == pytest.approx(9.6130, abs=5e-4)
    assert jod(truth, truth) == 10.0
    assert "Lpeak=1500" in jod.settings
    assert "standard_hdr_linear" in jod.settings

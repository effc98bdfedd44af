"""``--metrics maps``: single images with their true HDR, without renders."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from panorama_files import panorama, write_hdr
from test_hdrvdp import stand_in
from tiny_models import write_tiny_model

from lanet_core.calibration import calibrate
from lanet_core.colour import quantise_srgb8
from lanet_core.data.virtual_camera import SRGB8_TO_LINEAR
from lanet_core.files import write_png
from lanet_core.metrics.linear_quality import simse
from lanet_core.metrics.map_quality import map_pu_psnr
from lanet_core.metrics.pu21 import pu21_psnr, pu21_ssim
from render_eval.dataset import Pair
from render_eval.make_pairs import main as make_pairs
from render_eval.photographs import read_image_pair
from render_eval.report import read_results
from render_eval.run import main
from render_eval.scores import score_image


def made_up_image(seed: int, height: int = 24, width: int = 32) -> np.ndarray:
    """An image with a bright spot, of which an LDR loses the most."""
    rgb = np.random.default_rng(seed).random((height, width, 3), np.float32) * 0.8
    rgb[4:8, 5:9] *= 40.0
    return rgb


@pytest.fixture
def pairs(tmp_path) -> Path:
    """Pairs as they are found: in one folder, and the LDR of another size."""
    for seed in (1, 2):
        hdr = made_up_image(seed)
        write_hdr(tmp_path / f"pairs/photo_{seed}.exr", hdr)
        ldr = hdr if seed == 1 else hdr.repeat(2, axis=0).repeat(2, axis=1)
        write_png(tmp_path / f"pairs/photo_{seed}.png", quantise_srgb8(ldr))
    return tmp_path / "pairs"


def run(data: Path, out: Path, *options: str) -> int:
    return main(["--metrics", "maps", "--data", str(data), "--out", str(out), "--no-jod", *options])


def test_the_paper_s_scores_by_their_definition():
    truth = calibrate(SRGB8_TO_LINEAR[quantise_srgb8(made_up_image(1))], made_up_image(1))
    image = np.minimum(truth, 1.0).astype(np.float32)
    scores = score_image(image * 7.0, truth, jod=None)
    # Scaled by the mean logarithm, then the LDR's white, 1, shown at 255 cd/m².
    darkest = 0.5 / 255.0 / 12.92
    logs = [np.log(np.maximum(each.astype(np.float64), darkest)) for each in (image * 7.0, truth)]
    scaled = image * 7.0 * np.exp((logs[1] - logs[0]).mean())
    assert scores["image_pu_psnr"] == pytest.approx(pu21_psnr(scaled * 255.0, truth * 255.0), rel=1e-6)
    assert scores["image_pu_ssim"] == pytest.approx(pu21_ssim(scaled * 255.0, truth * 255.0), rel=1e-6)
    assert scores["image_simse"] == pytest.approx((logs[1] - logs[0]).var(), rel=1e-6)
    assert score_image(truth * 5.0, truth, jod=None)["image_pu_ssim"] == pytest.approx(1.0, abs=1e-4)


def test_a_run_leaves_a_report_and_the_papers_table(pairs, tmp_path, capsys):
    out = tmp_path / "report"
    assert run(pairs, out, "--methods", "ldr,koeo,oracle-3") == 0
    printed = capsys.readouterr().out
    assert "| method | scenes | PU-PSNR ↑ | PU-SSIM ↑ | siMSE × 10 ↓ | HDR-VDP Q ↑ | JOD ↑ |" in printed
    assert "HDR-VDP Q of the image is empty. HDR-VDP was not requested: pass --hdrvdp DIR" in printed
    evaluation = read_results(out / "results.json")
    assert [scene.name for scene in evaluation.scenes] == ["photo_1", "photo_2"]
    assert evaluation.settings["metrics"] == "maps"
    assert "scene" not in evaluation.settings
    by_method = {}
    for result in evaluation.results:
        assert set(result.scores) == {"image_pu_psnr", "image_pu_ssim", "image_simse"}
        by_method.setdefault(result.method, []).append(result.scores["image_pu_psnr"])
    assert np.mean(by_method["oracle-3"]) > np.mean(by_method["koeo"]) > np.mean(by_method["ldr"])
    for row in csv.DictReader((out / "results.csv").open(newline="", encoding="utf-8")):
        photograph = read_image_pair(pair_of(pairs, row["scene"]))
        if row["method"] == "ldr":
            image = calibrate(photograph.ldr_linear, photograph.ldr_linear)
            assert float(row["image_pu_psnr"]) == pytest.approx(map_pu_psnr(image, photograph.truth), rel=1e-6)
            assert float(row["image_simse"]) == pytest.approx(simse(image, photograph.truth), rel=1e-6)
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "Reconstructed HDR images against the true ones" in page
    assert "HDR-VDP Q of the image is not among them" in page
    assert (out / evaluation.results[0].render_png).is_file()


def pair_of(folder: Path, name: str) -> Pair:
    return Pair(name, folder / f"{name}.exr", folder / f"{name}.png")


def test_only_the_scenes_that_are_named(pairs, tmp_path, capsys):
    assert run(pairs, tmp_path / "report", "--methods", "ldr", "--scenes", "photo_2") == 0
    assert [scene.name for scene in read_results(tmp_path / "report/results.json").scenes] == ["photo_2"]
    assert run(pairs, tmp_path / "other", "--methods", "ldr", "--scenes", "photo_2,photo_9") == 2
    assert "There is no scene 'photo_9'. There are photo_1, photo_2." in capsys.readouterr().err


def test_a_second_run_does_nothing_again(pairs, tmp_path):
    out = tmp_path / "report"
    run(pairs, out, "--methods", "ldr")
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.png") if "best" not in path.name}
    run(pairs, out, "--methods", "ldr")
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_lanet_converts_images_of_any_shape_as_the_product_does(pairs, tmp_path):
    from lanet_core.pipeline.image_converter import load_image_converter

    model = tmp_path / "tiny.onnx"
    write_tiny_model(model, height=128, width=128)
    out = tmp_path / "report"
    assert run(pairs, out, "--methods", "lanet", "--image-model", str(model), "--method", f"mine={model}") == 0
    evaluation = read_results(out / "results.json")
    photograph = read_image_pair(pair_of(pairs, "photo_1"))
    converted = load_image_converter(model, "cpu").convert(photograph.rgb_srgb8).hdr
    expected = map_pu_psnr(calibrate(photograph.ldr_linear, converted), photograph.truth)
    for name in ("lanet", "mine"):
        (result,) = [each for each in evaluation.results if (each.scene, each.method) == ("photo_1", name)]
        assert result.scores["image_pu_psnr"] == pytest.approx(expected, rel=1e-6)


def test_hdrvdp_fills_its_column(pairs, tmp_path, capsys):
    release = tmp_path / "release"
    release.mkdir()
    (release / "hdrvdp3.m").write_text("function res = hdrvdp3()\n")
    octave = stand_in(tmp_path, reply="'8.25'", prefix="Q = ")
    assert run(pairs, tmp_path / "report", "--methods", "ldr", "--hdrvdp", str(release), "--octave", octave) == 0
    printed = capsys.readouterr().out
    assert "| 8.25 |" in printed
    assert "HDR-VDP Q of the image is empty" not in printed
    versions = json.loads((tmp_path / "report/results.json").read_text(encoding="utf-8"))["versions"]
    assert versions["hdrvdp"].startswith("HDR-VDP-3")
    assert run(pairs, tmp_path / "other", "--methods", "ldr", "--hdrvdp", str(release), "--octave", "no-octave") == 2
    assert "needs the program no-octave" in capsys.readouterr().err


def test_a_image_that_cannot_be_used_is_named_and_the_others_go_on(pairs, tmp_path, capsys):
    write_hdr(pairs / "alone.exr", made_up_image(3))
    write_hdr(pairs / "odd.exr", made_up_image(4))
    write_png(pairs / "odd.png", quantise_srgb8(made_up_image(4)[:23]))
    assert run(pairs, tmp_path / "report", "--methods", "ldr") == 1
    errors = capsys.readouterr().err
    assert "It has no LDR image next to its HDR. Put NAME.jpg or NAME.png next to it" in errors
    assert "It is 32x23 and its HDR 32x24" in errors
    evaluation = read_results(tmp_path / "report/results.json")
    assert sum(not result.error for result in evaluation.results) == 2


def test_pairs_are_made_of_panoramas(tmp_path, capsys):
    write_hdr(tmp_path / "data/sunny.exr", panorama(1, 64))
    write_hdr(tmp_path / "data/other.exr", panorama(2, 64))
    options = ["--data", str(tmp_path / "data"), "--out", str(tmp_path / "pairs"), "--scenes", "sunny", "--views", "2"]
    assert make_pairs([*options, "--size", "32"]) == 0
    assert capsys.readouterr().out.split() == ["sunny_0", "sunny_1"]
    for name in ("sunny_0", "sunny_1"):
        photograph = read_image_pair(pair_of(tmp_path / "pairs", name))
        assert photograph.rgb_srgb8.shape == (24, 32, 3)
        # Where the photograph is well exposed, both show the same light, but for the camera's own curve.
        well_exposed = (photograph.ldr_linear > 0.05) & (photograph.ldr_linear < 0.6)
        ratio = photograph.truth[well_exposed] / photograph.ldr_linear[well_exposed]
        assert 0.5 < np.median(ratio) < 2.0
    assert run(tmp_path / "pairs", tmp_path / "report", "--methods", "ldr") == 0
    assert make_pairs([*options[:4], "--scenes", "moon"]) == 2
    assert "There is no scene moon" in capsys.readouterr().err

"""The work on scenes and methods, with a quick renderer in Cycles' place."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from diffuse_ball import DiffuseBallRenderer
from panorama_files import panorama, write_hdr
from PIL import Image

from lanet_core.colour import linear_to_srgb
from lanet_core.errors import DiskFullError, LanetError
from lanet_core.geometry import sphere
from render_eval import method_work
from render_eval.campaign import Campaign, assemble
from render_eval.dataset import find_pairs
from render_eval.images import difference_image, read_linear
from render_eval.photographs import read_photograph
from render_eval.records import Evaluation
from render_eval.scene_description import from_dict, load_scene_description
from render_eval.scheduler import in_process


def description(**sampling):
    values = load_scene_description("four_balls").to_dict()
    values["image"] |= {"width": 32, "height": 18}
    values["sampling"] |= sampling
    return from_dict(values)


@pytest.fixture
def campaign(tmp_path) -> Campaign:
    for seed in (1, 2):
        write_hdr(tmp_path / f"data/scene_{seed}.exr", panorama(seed))
    DiffuseBallRenderer.seeds.clear()
    return Campaign(
        tmp_path / "data",
        tmp_path / "out",
        description(),
        methods="ldr,oracle-30",
        jod=False,
        open_renderer=DiffuseBallRenderer,
    )


def evaluate(campaign: Campaign) -> Evaluation:
    DiffuseBallRenderer.seeds.clear()
    with in_process() as scheduler:
        tools = scheduler.prepare(campaign)
        pairs = find_pairs(campaign.data)
        finished = list(scheduler.work(campaign, pairs, [method.name for method in tools.methods]))
    return assemble(campaign, tools, finished, {})


def result_of(evaluation: Evaluation, scene: str, method: str):
    (result,) = [each for each in evaluation.results if (each.scene, each.method) == (scene, method)]
    return result


def renders() -> int:
    return len(DiffuseBallRenderer.seeds)


def test_every_scene_and_method_has_its_record_and_its_files(campaign):
    evaluation = evaluate(campaign)
    assert [scene.name for scene in evaluation.scenes] == ["scene_1", "scene_2"]
    assert [(each.scene, each.method) for each in evaluation.results] == [
        (scene, method) for scene in ("scene_1", "scene_2") for method in ("ldr", "oracle-30")
    ]
    records = (*evaluation.scenes, *evaluation.results)
    assert not any(record.error for record in records)
    named = ("ldr_png", "truth_exr", "truth_png", "render_exr", "render_png", "difference_png")
    files = {vars(record)[name] for record in records for name in named if name in vars(record)}
    assert len(files) == 2 * 3 + 4 * 3
    assert {"renders/scene_1/ldr.exr", "renders/scene_2/oracle-30.png"} < files
    assert all((campaign.out / file).is_file() for file in files)
    assert Evaluation.from_dict(json.loads(json.dumps(evaluation.to_dict()))) == evaluation


def test_maps_are_calibrated_before_they_light_and_are_compared(campaign):
    evaluation = evaluate(campaign)
    photograph = read_photograph(find_pairs(campaign.data)[0])
    render = read_linear(campaign.out / "renders/scene_1/oracle-30.exr")
    truth = read_linear(campaign.out / "scenes/scene_1/truth.exr")
    np.testing.assert_array_equal(render, truth)  # an oracle that clips nothing is the truth
    directions = sphere.pixel_directions(32, 64)
    cosines = np.maximum(-directions[..., 1], 0.0) * sphere.pixel_solid_angles_sr(32, 64)[:, None]
    facing = (
        0.5 / np.pi * np.tensordot(cosines, photograph.truth, axes=2)
    )  # a diffuse surface of albedo ½ that looks to -y
    np.testing.assert_allclose(truth[8:10, 15:17].mean(axis=(0, 1)), facing, rtol=0.02)
    perfect = result_of(evaluation, "scene_1", "oracle-30").scores
    ldr = result_of(evaluation, "scene_1", "ldr").scores
    assert perfect["mse"] == 0.0
    expected = np.mean(
        (linear_to_srgb(read_linear(campaign.out / "renders/scene_1/ldr.exr")) - linear_to_srgb(truth)) ** 2
    )
    assert ldr["mse"] == pytest.approx(expected, rel=1e-3)
    assert expected > 1e-3


def test_the_noise_floor_is_the_truth_rendered_with_another_seed(campaign):
    evaluation = evaluate(replace(campaign, seed=5))
    assert DiffuseBallRenderer.seeds[:2] == [5, 6]
    truth, other = (read_linear(campaign.out / f"scenes/scene_1/{name}.exr") for name in ("truth", "truth_other_seed"))
    expected = np.mean((linear_to_srgb(other) - linear_to_srgb(truth)) ** 2)
    assert expected > 0.0
    assert evaluation.scenes[0].noise_floor["mse"] == pytest.approx(expected, rel=1e-3)


def test_what_a_scene_record_shows_of_its_panorama(campaign):
    scene = evaluate(campaign).scenes[0]
    photograph = read_photograph(find_pairs(campaign.data)[0])
    theta = np.pi * (np.arange(32) + 0.5) / 32
    weights = np.broadcast_to(np.sin(theta)[:, None], (32, 64))
    clipped = np.average(photograph.ldr_linear.mean(axis=2) >= 0.83, weights=weights)
    assert scene.clipped_fraction == pytest.approx(clipped, abs=2e-3)
    assert scene.peak_ev == pytest.approx(np.log2(photograph.truth.mean(axis=2).max()), abs=1e-4)
    assert (scene.width, scene.height, scene.ldr_source, scene.hdr_file) == (64, 32, "virtual camera", "scene_1.exr")
    shown = np.asarray(Image.open(campaign.out / scene.ldr_png))
    np.testing.assert_array_equal(shown, photograph.rgb_srgb8)


@pytest.mark.parametrize("factor", [1e-6, 0.37, 1.0, 12345.0])
def test_a_predictions_scale_changes_no_figure(campaign, factor):
    rng = np.random.default_rng(8)
    folder = campaign.out.parent / "mine"
    for seed in (1, 2):
        prediction = panorama(seed) * rng.uniform(0.5, 2.0, (32, 64, 3)).astype(np.float32)
        write_hdr(folder / f"one/scene_{seed}.exr", prediction)
        write_hdr(folder / f"other/scene_{seed}.exr", prediction * np.float32(factor))
    folders = {"one": folder / "one", "other": folder / "other"}
    evaluation = evaluate(replace(campaign, methods="", folders=folders))
    for scene in ("scene_1", "scene_2"):
        one, other = (result_of(evaluation, scene, name).scores for name in folders)
        assert one.keys() == other.keys()
        assert len(one) > 5
        assert {key: pytest.approx(value, rel=1e-4, abs=1e-6) for key, value in one.items()} == other


@pytest.mark.parametrize("factor", [1e-3, 0.37, 4096.0])
def test_the_true_maps_scale_changes_no_figure(campaign, factor):
    """Eq. 1 calibrates it to the LDR in the same folder."""
    image = read_photograph(find_pairs(campaign.data)[0]).rgb_srgb8
    data = campaign.out.parent / "scaled"
    for name, scale in (("as it is", 1.0), ("scaled", factor)):
        write_hdr(data / f"{name}.exr", panorama(1) * np.float32(scale))
        Image.fromarray(image).save(data / f"{name}.png")
    evaluation = evaluate(replace(campaign, data=data))
    for method in ("ldr", "oracle-30"):
        one, other = (result_of(evaluation, scene, method).scores for scene in ("as it is", "scaled"))
        assert len(one) > 5
        assert {key: pytest.approx(value, rel=1e-4, abs=1e-6) for key, value in one.items()} == other
    assert evaluation.scenes[0].peak_ev == pytest.approx(evaluation.scenes[1].peak_ev, abs=1e-4)


class TestFinishedWork:
    def test_nothing_is_made_twice(self, campaign):
        first = evaluate(campaign)
        assert renders() == 2 * (2 + 2)
        again = evaluate(replace(campaign, token="another run"))
        assert renders() == 0
        assert again == first

    def test_force_makes_everything_again(self, campaign):
        evaluate(campaign)
        evaluate(replace(campaign, force=True))
        assert renders() == 8

    def test_a_new_method_leaves_the_others_alone(self, campaign):
        evaluate(campaign)
        evaluate(replace(campaign, methods="ldr,oracle-30,oracle-2"))
        assert renders() == 2

    def test_other_samples_or_another_seed_change_every_render(self, campaign):
        evaluate(campaign)
        evaluate(replace(campaign, description=description(samples=7)))
        assert renders() == 8
        evaluate(replace(campaign, description=description(samples=7), seed=3))
        assert renders() == 8

    def test_a_changed_panorama_changes_its_own_scene(self, campaign):
        before = evaluate(campaign)
        write_hdr(campaign.data / "scene_2.exr", panorama(3))
        after = evaluate(campaign)
        assert renders() == 4
        assert after.scenes[0] == before.scenes[0]
        assert after.scenes[1].hdr_sha256 != before.scenes[1].hdr_sha256

    def test_a_changed_prediction_changes_its_own_render(self, campaign):
        folder = campaign.out.parent / "mine"
        for seed in (1, 2):
            write_hdr(folder / f"scene_{seed}.exr", panorama(seed + 2))
        campaign = replace(campaign, methods="ldr", folders={"mine": folder})
        evaluate(campaign)
        write_hdr(folder / "scene_1.exr", panorama(7))
        evaluate(campaign)
        assert renders() == 1

    def test_a_lost_render_is_made_again(self, campaign):
        evaluate(campaign)
        (campaign.out / "renders/scene_1/ldr.png").unlink()
        evaluate(campaign)
        assert renders() == 1

    def test_a_render_that_was_tampered_with_is_made_again(self, campaign):
        expected = result_of(evaluate(campaign), "scene_1", "ldr").scores
        path = campaign.out / "renders/scene_1/ldr.exr"
        path.write_bytes((campaign.out / "renders/scene_2/ldr.exr").read_bytes())
        assert result_of(evaluate(campaign), "scene_1", "ldr").scores == expected
        assert renders() == 1

    def test_slow_predictions_are_kept_and_light_again(self, campaign, monkeypatch):
        monkeypatch.setattr(method_work, "_KEPT_SECONDS", -1.0)
        first = evaluate(campaign)
        kept = campaign.out / "predictions/scene_1/ldr.exr"
        photograph = read_photograph(find_pairs(campaign.data)[0])
        np.testing.assert_allclose(read_linear(kept), photograph.ldr_linear, rtol=1e-6)
        second = evaluate(replace(campaign, seed=9))
        assert [each.predict_seconds for each in second.results] == [each.predict_seconds for each in first.results]


class TestFailures:
    def test_a_bad_scene_does_not_end_the_run(self, campaign):
        light = panorama(1)
        light[0, 0] = np.nan
        write_hdr(campaign.data / "bad.exr", light)
        (campaign.data / "cut.exr").write_bytes((campaign.data / "scene_1.exr").read_bytes()[:999])
        evaluation = evaluate(campaign)
        errors = {scene.name: scene.error for scene in evaluation.scenes}
        assert "NaN" in errors["bad"]
        assert "cut.exr" in errors["cut"]
        assert errors["scene_1"] == errors["scene_2"] == ""
        assert all(bool(result.error) == (result.scene in ("bad", "cut")) for result in evaluation.results)

    def test_a_listed_file_that_is_missing_does_not_end_the_run(self, campaign):
        rows = ("a,scene_1.exr,val,", "b,lost.exr,val,", "c,scene_2.exr,val,")
        (campaign.data / "scenes.csv").write_text("slug,file,split,category\n" + "\n".join(rows))
        evaluation = evaluate(campaign)
        assert "lost.exr, which does not exist" in evaluation.scenes[1].error
        assert [bool(scene.error) for scene in evaluation.scenes] == [False, True, False]
        assert [bool(result.error) for result in evaluation.results] == [False, False, True, True, False, False]

    def test_a_file_that_goes_during_the_run_is_named(self, campaign):
        pairs = find_pairs(campaign.data)
        pairs[0].hdr_file.unlink()
        with in_process() as scheduler:
            scheduler.prepare(campaign)
            first, *others = scheduler.work(campaign, pairs, ["ldr"])
        assert first.record.error == f"{pairs[0].hdr_file}: The file cannot be read: No such file or directory."
        assert [bool(each.record.error) for each in others] == [True, False, False]

    def test_a_method_without_a_prediction_fails_on_that_scene_alone(self, campaign):
        write_hdr(campaign.out.parent / "mine/scene_1.exr", panorama(1))
        evaluation = evaluate(replace(campaign, folders={"mine": campaign.out.parent / "mine"}))
        assert result_of(evaluation, "scene_1", "mine").error == ""
        assert "no prediction for the scene scene_2" in result_of(evaluation, "scene_2", "mine").error
        assert result_of(evaluation, "scene_2", "ldr").error == ""

    def test_an_error_is_tried_again_in_the_next_run(self, campaign):
        write_hdr(campaign.out.parent / "mine/scene_1.exr", panorama(1))
        campaign = replace(campaign, folders={"mine": campaign.out.parent / "mine"})
        evaluate(campaign)
        write_hdr(campaign.out.parent / "mine/scene_2.exr", panorama(2))
        assert result_of(evaluate(campaign), "scene_2", "mine").error == ""

    def test_a_fault_of_the_renderer_is_reported_with_its_place(self, campaign):
        evaluation = evaluate(replace(campaign, open_renderer=FaultyRenderer))
        assert "ZeroDivisionError" in evaluation.scenes[0].error
        assert "test_campaign.py" in evaluation.scenes[0].error

    def test_a_full_disk_ends_the_run(self, campaign):
        with pytest.raises(DiskFullError):
            evaluate(replace(campaign, open_renderer=DiskFillingRenderer))

    def test_an_unknown_method_is_an_error_before_any_work(self, campaign):
        with in_process() as scheduler, pytest.raises(LanetError, match="no method 'nosuch'"):
            scheduler.prepare(replace(campaign, methods="ldr,nosuch"))
        assert not campaign.out.exists()


class FaultyRenderer(DiffuseBallRenderer):
    """One with a bug."""

    def render(self, panorama, *, seed=0):
        return 1 // 0


class DiskFillingRenderer(DiffuseBallRenderer):
    """One that finds the disk full."""

    def render(self, panorama, *, seed=0):
        raise DiskFullError("The disk is full.")


def test_the_difference_is_red_where_too_bright_and_blue_where_too_dark():
    truth = np.full((1, 4, 3), 0.1)
    image = difference_image(truth * np.array([1.0, 4.0, 0.25, 400.0])[None, :, None], truth).astype(int)
    same, bright, dark, beyond = image[0]
    assert same[0] == same[1] == same[2] > 200
    assert bright[0] > 2 * bright[2]
    assert dark[2] > 2 * dark[0]
    np.testing.assert_array_equal(beyond, bright)  # the colours end at two stops

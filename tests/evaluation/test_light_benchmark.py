"""The light benchmark: a perfect prediction has no error, and the command reports what was measured."""

from __future__ import annotations

import csv
import dataclasses
import json

import numpy as np
import pytest

from lanet_core.cli.main import main
from lanet_core.evaluation.light_benchmark import (
    BOOSTS_EV,
    MeasuredPhotograph,
    best_boost_ev,
    boost_highlights,
    rank_correlation,
    summarise,
    summarise_confidence,
)
from lanet_core.files import write_exr


def photograph(ldr: float, model: float, boosts: dict[float, float]) -> MeasuredPhotograph:
    return MeasuredPhotograph("scene", "", ldr, tuple(boosts.get(ev, 9.0) for ev in BOOSTS_EV), model, 0.1)


def test_boost_reaches_its_stops_at_white_and_spares_the_rest():
    ldr_linear = np.array([0.5, 0.83, 0.915, 1.0], np.float32)[None, :, None].repeat(3, axis=2)
    boosted = boost_highlights(ldr_linear, 2.0)[0, :, 0]
    np.testing.assert_allclose(boosted, [0.5, 0.83, 0.915 * 2.0, 4.0], rtol=1e-4)


def test_the_best_boost_has_the_smallest_mean_error():
    measured = [photograph(1.0, 0.4, {1.0: 0.2, 2.0: 0.5}), photograph(2.0, 0.6, {1.0: 1.0, 2.0: 0.3})]
    assert best_boost_ev(measured) == 2.0
    summary = summarise(measured, 2.0)
    assert summary["ldr"] == {"mean": 1.5, "median": 1.5}
    assert summary["boost"]["mean"] == pytest.approx(0.4)
    assert summary["model"]["mean"] == pytest.approx(0.5)


def test_rank_correlation_by_hand():
    assert rank_correlation([1.0, 2.0, 3.0], [0.1, 5.0, 70.0]) == pytest.approx(1.0)
    assert rank_correlation([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]) == pytest.approx(-1.0)
    # Ranks 1, 2, 3, 4 and 2, 1, 3.5, 3.5: their deviations' products add up to 3.5, their squares to 5 and 4.5.
    assert rank_correlation([1.0, 2.0, 3.0, 4.0], [0.2, 0.1, 0.9, 0.9]) == pytest.approx(3.5 / np.sqrt(5.0 * 4.5))
    assert np.isnan(rank_correlation([1.0, 2.0], [3.0, 3.0]))


def test_confidence_by_hand():
    measured = [
        dataclasses.replace(photograph(1.0, model, {}), expected_stops=expected)
        for model, expected in ((0.2, 0.1), (0.4, 0.4), (0.9, 0.3))
    ]
    summary = summarise_confidence(measured)
    assert summary["expected"] == pytest.approx(0.8 / 3.0)
    assert summary["scale"] == pytest.approx((2.0 + 1.0 + 3.0) / 3.0)
    assert summary["rank_correlation"] == pytest.approx(0.5)
    assert summarise_confidence([*measured, photograph(1.0, 0.5, {})]) is None


def write_scenes(data, splits: dict[str, str]):
    """Write a panorama with a lamp for each name, each lamp brighter than the one before, and their splits."""
    data.mkdir()
    lines = ["slug,file,split,category\n"]
    for number, (name, split) in enumerate(splits.items()):
        hdr = np.random.default_rng(0).lognormal(0.0, 0.3, (64, 128, 3)).astype(np.float32)
        hdr[10:14, 20:26] = 40.0 * 10.0**number
        write_exr(data / f"{name}.exr", hdr, model_name="none", model_sha256="")
        lines.append(f"{name},{name}.exr,{split},indoor\n")
    (data / "scenes.csv").write_text("".join(lines), encoding="utf-8")
    return data


def test_the_command_measures_a_folder(make_model, tmp_path, capsys):
    data = write_scenes(tmp_path / "data", {"room": "val"})
    table = tmp_path / "figures.csv"
    arguments = ["evaluate", str(data), "--model", str(make_model()), "--draws", "2", "-o", str(table)]
    assert main([*arguments, "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["scene"] for row in rows] == ["room", "room"]
    for name in ("ldr", "boost", "model"):
        mean = np.mean([float(row[f"{name}_stops"]) for row in rows])
        assert summary["splits"]["val"][name]["mean"] == pytest.approx(mean, abs=1e-4)
    assert summary["splits"]["val"]["boost"]["mean"] < summary["splits"]["val"]["ldr"]["mean"]
    assert summary["splits"]["val"]["confidence"] is None
    assert "expected_stops" not in rows[0]
    assert main(arguments) == 0
    assert "| val | mean |" in capsys.readouterr().out
    confident = str(make_model("confident.onnx", expected_stops=0.25))
    assert main(["evaluate", str(data), "--model", confident, "--draws", "2", "-o", str(table)]) == 0
    assert "Predicted uncertainty on val: 0.250 stops" in capsys.readouterr().out
    with table.open(newline="", encoding="utf-8") as file:
        assert {row["expected_stops"] for row in csv.DictReader(file)} == {"0.25000"}


def test_several_splits_are_measured_together_too(make_model, tmp_path, capsys):
    data, table = write_scenes(tmp_path / "data", {"room": "val", "hall": "test"}), tmp_path / "errors.csv"
    arguments = ["evaluate", str(data), "--model", str(make_model()), "--split", "val", "--split", "test"]
    assert main([*arguments, "-o", str(table), "--json"]) == 0
    splits = json.loads(capsys.readouterr().out)["splits"]
    assert list(splits) == ["val", "test", "val and test"]
    assert splits["val and test"]["photographs"] == 4
    means = [splits[split]["ldr"]["mean"] for split in splits]
    assert means[0] != means[1]
    assert means[2] == pytest.approx((means[0] + means[1]) / 2)
    with table.open(newline="", encoding="utf-8") as file:
        assert [row["split"] for row in csv.DictReader(file)] == ["val", "val", "test", "test"]


def test_no_folder(make_model, tmp_path, capsys):
    assert main(["evaluate", str(tmp_path / "missing"), "--model", str(make_model())]) == 2
    assert "missing" in capsys.readouterr().err

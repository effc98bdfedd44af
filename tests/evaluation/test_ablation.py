"""The ablation campaign: every row under one budget, nothing of what makes it a row lost."""

import dataclasses

import pytest

from lanet_core.evaluation.ablation import ROWS, Budget, main, under_budget
from lanet_core.training.checkpoints import load_checkpoint
from lanet_core.training.configuration import load_configuration


@pytest.mark.parametrize("row", ROWS)
def test_a_row_keeps_what_it_is_and_shares_the_rest(row):
    paper = load_configuration(row)
    small = under_budget(paper, Budget())
    assert small.loss == paper.loss
    assert dataclasses.replace(small.network, width=paper.network.width) == paper.network
    first = under_budget(load_configuration(ROWS[0]), Budget())
    for shared in ("stages", "optimiser", "augmentation", "seed"):
        assert getattr(small, shared) == getattr(first, shared)


def test_all_rows_are_different():
    unnamed = {repr(dataclasses.replace(load_configuration(row), name="", description="", stages=())) for row in ROWS}
    assert len(unnamed) == len(ROWS)


def test_rows_are_trained_and_left_alone_the_next_time(scene_folder, tmp_path, capsys):
    rows = ["table4_unet_normalised", "table4_panolanet"]
    budget = ["--width", "0.0625", "--crop-steps", "1", "--panorama-steps", "1", "--batch-size", "2"]
    command = ["--data", str(scene_folder), "--output", str(tmp_path), "--rows", *rows, *budget]
    assert main(command) == 0
    for row in rows:
        best = load_checkpoint(tmp_path / row / "best.pt")
        assert (best.configuration.name, best.stage, best.step) == (row, 1, 1)
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.pt")}
    assert main(command) == 0
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.pt")} == written


def test_an_unknown_row_is_reported(scene_folder, tmp_path, capsys):
    assert main(["--data", str(scene_folder), "--output", str(tmp_path), "--rows", "table9"]) == 2
    assert "The training configuration does not exist" in capsys.readouterr().err

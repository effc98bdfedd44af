"""Paths in a report: useful inside the current folder, nothing of the machine outside of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from render_eval.arguments import as_text, parse
from render_eval.provenance import shown_path


@pytest.fixture(autouse=True)
def current_folder(tmp_path, monkeypatch):
    folder = tmp_path / "anna" / "project"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def test_a_path_inside_the_current_folder_is_relative(current_folder):
    assert shown_path(current_folder / "runs/best.pt") == "runs/best.pt"
    assert shown_path(Path("runs/best.pt")) == "runs/best.pt"
    assert shown_path(current_folder) == "."


@pytest.mark.parametrize("path", ["../runs/best.pt", "../../anna/best.pt", "/srv/people/anna/best.pt"])
def test_of_a_path_elsewhere_only_the_name_is_left(path):
    assert shown_path(Path(path)) == ".../best.pt"


def test_a_recorded_command_names_no_folder_of_the_machine(current_folder):
    elsewhere = current_folder.parent / "private"
    command = ["--data", f"{elsewhere}/hdri", "--out", f"{elsewhere}/report", "--method", f"mine={elsewhere}/best.pt"]
    command += ["--model", "models/mine.onnx"]
    text = as_text(parse(command))
    assert "anna" not in text and "private" not in text
    assert "--method mine=.../best.pt" in text
    assert "--model models/mine.onnx" in text

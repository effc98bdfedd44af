"""Paths in a report: useful inside the current folder, nothing of the machine outside of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from render_eval import provenance
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


def test_a_prediction_depends_on_every_module_that_a_conversion_imports():
    script = "import sys, lanet_core.pipeline.panorama_converter, lanet_core.pipeline.image_converter\n"
    script += "print(*(m.__file__ for n, m in list(sys.modules.items()) if n.split('.')[0] == 'lanet_core'), sep='\\n')"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    imported = {Path(line) for line in printed.splitlines()}
    root = Path(provenance.__file__).parents[1]
    matched = {path for pattern in provenance.PREDICTION for path in root.glob(pattern)}
    assert len(imported) > 20
    assert imported <= matched

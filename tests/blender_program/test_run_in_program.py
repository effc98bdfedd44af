"""The evaluation's command in a real Blender program: ``blender -b -P render_eval/run.py -- …``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from panorama_files import panorama, write_hdr

from render_eval.report import read_results

RUN = Path(__file__).resolve().parents[2] / "render_eval" / "run.py"


@pytest.fixture
def data(tmp_path) -> Path:
    folder = tmp_path / "data"
    for seed in (1, 2):
        write_hdr(folder / f"scene_{seed}.exr", panorama(seed))
    return folder


def test_it_evaluates(blender, data, tmp_path):
    out = tmp_path / "report"
    options = ("--data", str(data), "--out", str(out), "--methods", "ldr,panolanet")
    finished = blender(tmp_path, RUN, *options, "--size", "32x18", "--samples", "1", "--no-jod")
    assert finished.returncode == 0, finished.stdout[-2000:] + finished.stderr[-2000:]
    evaluation = read_results(out / "results.json")
    assert [(result.scene, result.method) for result in evaluation.results] == [
        (f"scene_{seed}", method) for seed in (1, 2) for method in ("ldr", "panolanet")
    ]
    assert all(np.isfinite(result.scores["mse"]) for result in evaluation.results)
    assert (out / "index.html").is_file()


def test_a_mistake_is_one_line_and_status_2(blender, data, tmp_path):
    finished = blender(tmp_path, RUN, "--data", str(data), "--out", str(tmp_path / "report"), "--methods", "guess")
    assert finished.returncode == 2
    assert "guess" in finished.stderr
    assert "Traceback" not in finished.stdout + finished.stderr

"""The command as a user runs it, with Cycles itself: tiny renders of one sample."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from panorama_files import panorama, write_hdr

from render_eval.report import read_results
from render_eval.run import own_arguments

ROOT = Path(__file__).resolve().parents[2]
QUICK = ("--size", "32x18", "--samples", "1", "--no-jod")


@pytest.fixture
def data(tmp_path) -> Path:
    for seed in (1, 2):
        write_hdr(tmp_path / f"data/scene_{seed}.exr", panorama(seed))
    return tmp_path / "data"


def command(data: Path, *options: str) -> list[str]:
    out = data.parent / "report"
    return [sys.executable, str(ROOT / "render_eval/run.py"), "--data", str(data), "--out", str(out), *QUICK, *options]


def run(data: Path, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run(command(data, *options), cwd=data.parent, capture_output=True, text=True, timeout=500)


def changed_at(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*.exr")}


def test_a_run_leaves_a_report_and_is_not_done_twice(data):
    pytest.importorskip("bpy")
    first = run(data, "--methods", "ldr,oracle-3")
    assert first.returncode == 0, first.stderr
    assert "6 of 6 steps done" in first.stdout
    out = data.parent / "report"
    evaluation = read_results(out / "results.json")
    assert len(evaluation.results) == 4
    assert all(np.isfinite(result.scores["mse"]) for result in evaluation.results)
    assert evaluation.settings["scene"]["sampling"]["samples"] == 1
    assert {"blender", "denoiser", "numpy", "render_eval_sha256"} <= evaluation.versions.keys()
    assert "scene_1" in (out / "index.html").read_text(encoding="utf-8")
    with (out / "results.csv").open(newline="", encoding="utf-8") as file:
        assert {row["method"] for row in csv.DictReader(file)} == {"ldr", "oracle-3"}

    before = changed_at(out)
    assert len(before) == 2 * 4
    light = panorama(3)
    light[0, 0] = np.nan
    write_hdr(data / "bad.exr", light)
    again = run(data, "--methods", "ldr,oracle-3")
    assert again.returncode == 1
    assert "bad.exr: The picture holds" in again.stderr
    assert "failed: bad" in again.stderr
    assert "Traceback" not in again.stderr
    assert changed_at(out) == before
    assert [bool(scene.error) for scene in read_results(out / "results.json").scenes] == [True, False, False]


def test_a_run_that_was_stopped_goes_on(data):
    pytest.importorskip("bpy")
    out = data.parent / "report"
    started = subprocess.Popen(
        command(data, "--methods", "ldr,oracle-1,oracle-2,oracle-3,oracle-4"), stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 400
    while not (out / "work/renders/scene_1/ldr.json").is_file() and time.monotonic() < deadline:
        time.sleep(0.01)
    started.send_signal(signal.SIGTERM)
    _, errors = started.communicate(timeout=100)
    assert started.returncode == 130, errors
    assert "goes on from here" in errors
    assert not (out / "results.json").exists()
    finished = notes(out)
    assert 0 < len(finished) < 2 * (2 + 5)
    assert not list(out.rglob(".lanet-*"))
    before = changed_at(out)
    resumed = run(data, "--methods", "ldr,oracle-1,oracle-2,oracle-3,oracle-4")
    assert resumed.returncode == 0, resumed.stderr
    after = changed_at(out)
    assert len(after) == 2 * (2 + 5)
    assert all(after[f"{note}.exr"] == before[f"{note}.exr"] for note in finished)


def notes(out: Path) -> dict[str, Path]:
    """Return the notes of finished renders by their place."""
    found = [*out.glob("work/renders/*/*.json"), *out.glob("work/scenes/*/truth*.json")]
    return {path.relative_to(out / "work").with_suffix("").as_posix(): path for path in found}


class TestErrorsBeforeAnyWork:
    """One line on standard error, status 2, and no report."""

    def check(self, finished: subprocess.CompletedProcess, problem: str) -> None:
        assert finished.returncode == 2, finished.stderr
        assert problem in finished.stderr
        assert finished.stderr.count("\n") == 1
        assert finished.stdout == ""

    def test_no_such_data_folder(self, data):
        self.check(run(data.parent / "absent"), "There is no such folder")

    def test_an_unknown_method(self, data):
        self.check(run(data, "--methods", "ldr,nosuch"), "There is no method 'nosuch'")

    def test_an_unknown_scene(self, data):
        self.check(run(data, "--scene", "nosuch"), "There is no such scene")

    def test_a_size_out_of_range(self, data):
        self.check(run(data, "--size", "0x18"), "width")

    def test_an_output_folder_that_cannot_be_made(self, data):
        (data.parent / "report").write_text("a file")
        self.check(run(data), "cannot be made")

    def test_an_output_folder_within_the_data(self, data):
        self.check(run(data, "--out", str(data / "report")), "in the data folder")

    def test_no_blender(self, data):
        program = (
            "import runpy, sys; sys.modules['bpy'] = None; sys.argv[0] = 'run.py'; "
            f"runpy.run_path({str(ROOT / 'render_eval/run.py')!r}, run_name='__main__')"
        )
        finished = subprocess.run(
            [sys.executable, "-c", program, *command(data, "--methods", "ldr")[2:]], capture_output=True, text=True
        )
        self.check(finished, "There is no Blender in this Python")

    def test_a_cluster_without_dask(self, data):
        program = (
            "import runpy, sys; sys.modules['distributed'] = None; sys.argv[0] = 'run.py'; "
            f"runpy.run_path({str(ROOT / 'render_eval/run.py')!r}, run_name='__main__')"
        )
        finished = subprocess.run(
            [sys.executable, "-c", program, *command(data, "--jobs", "2")[2:]], capture_output=True, text=True
        )
        self.check(finished, "need the package distributed")

    @pytest.mark.parametrize(
        "options",
        [("--size", "wide"), ("--jobs", "0"), ("--jobs", "2", "--scheduler", "tcp://a:1"), ("--method", "mine")],
    )
    def test_a_mistake_in_the_command(self, data, options):
        finished = run(data, *options)
        assert finished.returncode == 2
        assert "Traceback" not in finished.stderr


def test_blenders_own_arguments_are_left_to_it():
    assert own_arguments(["blender", "-b", "-P", "run.py", "--", "--data", "a"]) == ["--data", "a"]
    assert own_arguments(["blender", "-b", "--python", "run.py"]) == []
    assert own_arguments(["run.py", "--data", "a"]) == ["--data", "a"]


def test_the_settings_say_how_to_run_it_again(data):
    pytest.importorskip("bpy")
    write_hdr(data.parent / "mine/scene_1.exr", panorama(1))
    write_hdr(data.parent / "mine/scene_2.exr", panorama(2))
    finished = run(data, "--method", f"mine={data.parent / 'mine'}")
    assert finished.returncode == 0, finished.stderr
    settings = json.loads((data.parent / "report/results.json").read_text())["settings"]
    words = settings["command"].split()
    assert words[words.index("--method") + 1] == f"mine={data.parent / 'mine'}"
    assert words[words.index("--size") + 1] == "32x18"
    assert "--no-jod" in words

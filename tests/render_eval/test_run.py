"""The command as a user runs it, with Cycles itself: tiny renders of one sample."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from panorama_files import panorama, write_hdr

from render_eval.report import read_results
from render_eval.run import main, own_arguments

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
    for seed in (1, 2):
        write_hdr(data.parent / f"predicted/scene_{seed}.exr", panorama(seed + 2))
    small = data.parent / "small"
    options = ("--methods", "ldr", "--image-of", "ldr", "--summary", str(small))
    options += ("--method", f"mine={data.parent / 'predicted'}")
    first = run(data, *options)
    assert first.returncode == 0, first.stderr
    assert "6 of 6 steps done" in first.stdout
    out = data.parent / "report"
    evaluation = read_results(out / "results.json")
    assert len(evaluation.results) == 4
    assert all(np.isfinite(result.scores["mse"]) for result in evaluation.results)
    assert evaluation.settings["scene"]["sampling"]["samples"] == 1
    words = evaluation.settings["command"].split()
    assert words[words.index("--method") + 1] == "mine=predicted"
    assert words[words.index("--summary") + 1] == "small"
    assert evaluation.settings["data"] == "data"
    assert str(data.parent) not in (small / "results.json").read_text(encoding="utf-8")
    assert words[words.index("--size") + 1] == "32x18"
    assert "--no-jod" in words
    assert {"blender", "denoiser", "numpy", "render_eval_sha256"} <= evaluation.versions.keys()
    assert read_results(small / "results.json") == evaluation
    assert sorted(path.name for path in small.iterdir()) == ["best_and_worst.png", "results.csv", "results.json"]
    assert "scene_1" in (out / "index.html").read_text(encoding="utf-8")
    with (out / "results.csv").open(newline="", encoding="utf-8") as file:
        assert {row["method"] for row in csv.DictReader(file)} == {"ldr", "mine"}

    before = changed_at(out)
    assert len(before) == 2 * 4
    light = panorama(3)
    light[0, 0] = np.nan
    write_hdr(data / "bad.exr", light)
    again = run(data, *options)
    assert again.returncode == 1
    assert f"failed: bad: {data / 'bad.exr'}: " in again.stderr
    assert again.stderr.count("failed:") == 1
    assert "Traceback" not in again.stderr
    assert changed_at(out) == before
    assert [bool(scene.error) for scene in read_results(out / "results.json").scenes] == [True, False, False]


def test_a_run_that_was_stopped_continues(data):
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
    assert "the same command resumes" in errors
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

    @pytest.fixture
    def check(self, data, capsys):
        def check(problem: str, *options: str, data: Path = data) -> None:
            assert main(command(data, *options)[2:]) == 2
            out, err = capsys.readouterr()
            assert problem in err
            assert err.count("\n") == 1
            assert out == ""
            assert not (data.parent / "report/results.json").exists()

        return check

    def test_no_such_data_folder(self, check, tmp_path):
        check("The folder does not exist", data=tmp_path / "absent")

    def test_an_unknown_method(self, check):
        check("There is no method 'nosuch'", "--methods", "ldr,nosuch")

    def test_an_unknown_scene(self, check):
        check("There is no such scene", "--scene", "nosuch")

    def test_a_size_out_of_range(self, check):
        check("width", "--size", "0x18")

    def test_an_output_folder_that_cannot_be_made(self, check, tmp_path):
        (tmp_path / "file").write_text("a file")
        check("cannot be created", "--out", str(tmp_path / "file/report"))

    def test_an_output_folder_within_the_data(self, check, data):
        check("inside the data folder", "--out", str(data / "report"))

    def test_no_blender(self, check, monkeypatch):
        monkeypatch.setitem(sys.modules, "bpy", None)  # an import raises, as where it is not installed
        check("There is no Blender in this Python", "--methods", "ldr")

    def test_no_colorvideovdp(self, data, monkeypatch, capsys):
        monkeypatch.setitem(sys.modules, "pycvvdp", None)
        words = [word for word in command(data, "--methods", "ldr")[2:] if word != "--no-jod"]
        assert main([*words, "--jod"]) == 2
        assert "--no-jod" in capsys.readouterr().err

    def test_a_image_of_a_method_that_is_not_evaluated(self, check):
        pytest.importorskip("bpy")
        check("The method 'koeo' is not evaluated", "--methods", "ldr", "--image-of", "koeo")

    def test_a_summary_that_cannot_be_written(self, check, tmp_path):
        (tmp_path / "file").write_text("a file")
        check("cannot be created", "--summary", str(tmp_path / "file/summary"))

    def test_several_processes_without_dask(self, check, monkeypatch):
        monkeypatch.setitem(sys.modules, "distributed", None)
        check("need the package distributed", "--jobs", "2")
        check("need the package distributed", "--scheduler", "tcp://127.0.0.1:1")

    @pytest.mark.parametrize(
        "options",
        [("--size", "wide"), ("--jobs", "0"), ("--jobs", "2", "--scheduler", "tcp://a:1"), ("--method", "mine")],
    )
    def test_a_mistake_in_the_command(self, data, options):
        with pytest.raises(SystemExit) as exit_:
            main(command(data, *options)[2:])
        assert exit_.value.code == 2


def test_blenders_own_arguments_are_left_to_it():
    assert own_arguments(["blender", "-b", "-P", "run.py", "--", "--data", "a"]) == ["--data", "a"]
    assert own_arguments(["blender", "-b", "--python", "run.py"]) == []
    assert own_arguments(["run.py", "--data", "a"]) == ["--data", "a"]

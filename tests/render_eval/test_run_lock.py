"""One run at a time in an output folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from panorama_files import panorama, write_hdr

from lanet_core.errors import OutputNotWritableError
from render_eval.run import main
from render_eval.run_lock import locked

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys
from pathlib import Path
from render_eval.run_lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that works in the folder ``out``."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "out")]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_second_run_is_refused_with_the_holder_of_the_folder(holder, tmp_path, capsys):
    write_hdr(tmp_path / "data" / "a.exr", panorama(1))
    before = sorted((tmp_path / "out").rglob("*"))
    assert main(["--data", str(tmp_path / "data"), "--out", str(tmp_path / "out"), "--methods", "ldr", "--no-jod"]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith(f"lanet-eval: error: {tmp_path}/out: Another run works in this folder")
    assert f"process {holder.pid} on " in errors
    assert "--out" in errors and errors.count("\n") == 1
    assert sorted((tmp_path / "out").rglob("*")) == before


def test_another_folder_is_free(holder, tmp_path):
    with locked(tmp_path / "other"):
        pass


def test_the_lock_ends_with_its_process_however_that_ends(holder, tmp_path):
    holder.kill()
    holder.wait()
    with locked(tmp_path / "out"):
        assert f"process {os.getpid()} on" in (tmp_path / "out/work/lock.txt").read_text()
    with locked(tmp_path / "out"):
        pass


def test_it_holds_within_one_process_too(tmp_path):
    with locked(tmp_path), pytest.raises(OutputNotWritableError, match="Another run"), locked(tmp_path):
        pass

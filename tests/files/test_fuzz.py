"""Mutated files of every format: each is read or refused in our own words, and none takes much memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fuzzing import FILES

ROOT = Path(__file__).resolve().parents[2]
SEED = 20261130
#: Of each file; together they take some 20 seconds.
MUTATIONS = 60
PEAK_MB = 600


@pytest.mark.skipif(sys.platform == "win32", reason="no such limits there")
def test_mutated_files_are_read_or_refused(tmp_path):
    search = [str(ROOT), str(ROOT / "tests" / "files")]
    child = subprocess.run(
        [sys.executable, str(ROOT / "tests/files/fuzzing.py"), str(tmp_path), str(SEED), str(MUTATIONS)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(search), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=1200,
    )
    lines = child.stdout.splitlines()
    assert child.returncode == 0, f"{child.returncode} at {lines[-1:]}: {child.stderr[-2000:]}"
    assert [line for line in lines if line.startswith("FAULT")] == []
    assert sum(line[0].islower() for line in lines) == len(FILES) * MUTATIONS
    assert int(lines[-1].removeprefix("PEAK ")) < PEAK_MB

"""Blender processes for tests, separate from the user's settings."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from blender_process import BlenderChecks, module_checks

QUESTIONS = Path(__file__).with_name("inside_blender.py")


@pytest.fixture(scope="session")
def bpy_package() -> Path:
    """The folder of the installed ``bpy`` package, found without importing it."""
    found = importlib.util.find_spec("bpy")
    if found is None:
        pytest.skip("Blender's Python module is not installed: pip install lanet-ibl[evaluation]")
    return Path(found.origin).parent


@pytest.fixture(scope="session")
def blender_checks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlenderChecks]:
    """One process of Blender's Python module that runs the checks of all test files."""
    checks = module_checks(tmp_path_factory.mktemp("blender"))
    yield checks
    checks.close()


@pytest.fixture
def run_in_blender(bpy_package: Path, tmp_path: Path) -> Callable[..., np.ndarray]:
    """Return a function of a question and its values: a function of inside_blender.py, run there, and its array."""

    def run(question: str, **job: object) -> np.ndarray:
        settings = tmp_path / "settings"
        job_file = tmp_path / "job.json"
        result_file = tmp_path / "result.npy"
        settings.mkdir(exist_ok=True)
        job_file.write_text(json.dumps(job), encoding="utf-8")
        finished = subprocess.run(
            [sys.executable, QUESTIONS, question, job_file, result_file],
            env=os.environ | {"BLENDER_USER_RESOURCES": str(settings)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert finished.returncode == 0, finished.stdout[-2000:] + finished.stderr[-2000:]
        return np.load(result_file)

    return run

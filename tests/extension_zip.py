"""The built extension, for the tests of several folders; conftest.py makes the fixtures known."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from builder_scripts import build_extension

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def blender_tool() -> Path:
    try:
        return build_extension.blender_tool()
    except build_extension.BuildError as error:
        pytest.skip(str(error))


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a lock file: other processes of the tests wait (on Windows, the tests run in one process)."""
    with path.open("w") as file:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of temporary files that all processes of pytest-xdist have in common."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def linux_zip(blender_tool, tmp_path_factory) -> Path:
    """The zip for Linux, built by the command; its wheels (70 MB) are fetched on the first run.

    Processes of pytest-xdist share it.
    """
    folder = shared_folder(tmp_path_factory)
    output = folder / "extension_zip"
    with alone(folder / "extension_zip.lock"):
        if not output.exists():
            _build(output)
    version = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))["version"]
    assert [path.name for path in output.iterdir()] == [f"lanet_ibl-{version}-linux_x64.zip"]
    return next(output.iterdir())


def _build(output: Path) -> None:
    command = [sys.executable, ROOT / "tools" / "build_extension.py", "--platform", "linux-x64", "--output", output]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if "server was not reached" in finished.stderr:
        pytest.skip(finished.stderr.strip())
    assert finished.returncode == 0, finished.stderr

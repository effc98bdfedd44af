"""The built zip in a Blender of its own: installed by Blender's operator, used, and uninstalled without a trace."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("installed_extension.py")
EXAMPLE = min((ROOT / "examples").glob("*.jpg"), key=lambda path: path.stat().st_size)


def required(name: str, known: set[str]) -> set[str]:
    """Return the names of an installed distribution and of all that it requires here."""
    try:
        requirements = importlib.metadata.requires(name) or ()
    except importlib.metadata.PackageNotFoundError:  # of another system or Python
        return known
    known.add(name)
    for requirement in requirements:
        other = re.match(r"[\w.-]+", requirement)[0].lower()
        if other not in known and "extra ==" not in requirement:
            required(other, known)
    return known


@pytest.fixture
def bare_python(tmp_path) -> Path:
    """A Python that has Blender's module and what that requires, as the program's own Python has; nothing else."""
    if importlib.util.find_spec("bpy") is None:
        pytest.skip("Blender's Python module is not installed: pip install lanet-ibl[evaluation]")
    python = tmp_path / "bare" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    (packages,) = (tmp_path / "bare" / "lib").glob("python*/site-packages")
    for name in required("bpy", set()):
        distribution = importlib.metadata.distribution(name)
        for entry in {file.parts[0] for file in distribution.files} - {"..", "__pycache__"}:
            (packages / entry).symlink_to(distribution.locate_file(entry))
    return python


@pytest.mark.skipif(sys.platform != "linux", reason="The zip that is built is that for Linux.")
def test_it_is_installed_converts_renders_and_leaves_nothing(linux_zip, bare_python, tmp_path):
    folder = tmp_path / "places"
    for name in ("resources", "home", "temporary", "work"):
        (folder / name).mkdir(parents=True)
    # Of the variables, only what finds programs: libraries are silent by themselves where they find the word CI.
    environment = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    environment |= {
        "BLENDER_USER_RESOURCES": str(folder / "resources"),
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "temporary"),
    }
    finished = subprocess.run(
        [bare_python, SCRIPT, linux_zip, EXAMPLE, folder],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr[-3000:]
    # Blender's own folder of the session stays, empty: the script ends without Blender's exit.
    left = [path for path in (folder / "temporary").rglob("*") if path.parent.name != "temporary" or path.is_file()]
    assert not left

"""What an installation contains: every package, its data files, and commands that exist."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
INSTALLED = ("lanet_core", "render_eval", "scene_generation")


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_package_is_listed(project):
    folders = (path.parent for name in INSTALLED for path in (ROOT / name).rglob("__init__.py"))
    expected = {path.relative_to(ROOT).as_posix().replace("/", ".") for path in folders}
    assert set(project["tool"]["setuptools"]["packages"]) == expected | {"lanet_core.models"}


def test_the_commands_exist(project):
    for target in project["project"]["scripts"].values():
        module, _, function = target.partition(":")
        assert callable(getattr(import_module(module), function))


def test_a_wheel_contains_the_data_files(project, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in (*INSTALLED, "models"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(tmp_path), str(source)], check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    data = [path for name in INSTALLED for path in (ROOT / name).rglob("*") if path.suffix in (".toml", ".css", ".m")]
    data += [ROOT / "render_eval/report/page.js", ROOT / "render_eval/scenes/four_balls.toml"]
    assert {path.relative_to(ROOT).as_posix() for path in data} <= names
    assert {"lanet_core/models/panolanet.onnx", "lanet_core/models/lanet.onnx"} <= names
    assert not any(name.startswith(("tests/", "addon/", "tools/")) for name in names)

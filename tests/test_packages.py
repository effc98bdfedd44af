"""What an installation contains: every package, its data files, and commands that exist."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from importlib import import_module, metadata
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


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel that is built from the source distribution, from the tracked files alone."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    program = f"from setuptools import build_meta; print(build_meta.build_sdist({str(folder)!r}))"
    subprocess.run([sys.executable, "-c", program], cwd=source, check=True, capture_output=True)
    [archive] = folder.glob("*.tar.gz")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(archive)], check=True, capture_output=True)
    [built] = folder.glob("*.whl")
    return built


def test_a_wheel_contains_the_data_files(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    data = [path for name in INSTALLED for path in (ROOT / name).rglob("*") if path.suffix in (".toml", ".css", ".m")]
    data += [ROOT / "render_eval/report/page.js", ROOT / "render_eval/scenes/four_balls.toml"]
    assert {path.relative_to(ROOT).as_posix() for path in data} <= names
    assert {"lanet_core/models/panolanet.onnx", "lanet_core/models/lanet.onnx"} <= names
    assert not any(name.startswith(("tests/", "addon/", "tools/")) for name in names)


def test_a_wheel_installs_and_converts_on_its_own(wheel, tmp_path):
    environment = tmp_path / "environment"
    venv.create(environment)
    folder = "Scripts" if sys.platform == "win32" else "bin"
    pip = [sys.executable, "-m", "pip", "--python", str(environment), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    # Its dependencies are those of this environment, but of this environment's own packages none is found.
    packages = tmp_path / "packages"
    packages.mkdir()
    for name in ("numpy", "onnxruntime", "OpenImageIO", "tqdm"):
        link_distribution(name, packages)
    command = [environment / folder / "lanet", "convert", ROOT / "examples" / "city.jpg", "-o", tmp_path / "city.exr"]
    finished = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(packages)}, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    assert (tmp_path / "city.exr").stat().st_size > 100_000


def link_distribution(name: str, folder: Path) -> None:
    """Link the top-level files of an installed distribution into a folder."""
    distribution = metadata.distribution(name)
    tops = {file.parts[0] for file in distribution.files if file.parts[0] != ".."}
    for top in tops - {"__pycache__"}:
        (folder / top).symlink_to(distribution.locate_file(top))

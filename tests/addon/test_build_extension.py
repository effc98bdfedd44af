"""The extension as it is built: what is in the Linux zip, whether Blender accepts it, and that it converts alone."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pytest
from builder_scripts import build_extension, core_files, fetch_wheels

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = min((ROOT / "examples").glob("*.jpg"), key=lambda path: path.stat().st_size)
#: Folders and files of lanet_core that no conversion needs.
NOT_FOR_INFERENCE = (
    "networks/",
    "training/",
    "cli/",
    "metrics/irradiance.py",
    "metrics/map_quality.py",
    "metrics/pu21.py",
    "metrics/display_quality.py",
    "evaluation/",
    "data/",
)


@pytest.fixture(scope="session")
def names(linux_zip) -> list[str]:
    return zipfile.ZipFile(linux_zip).namelist()


@pytest.fixture(scope="session")
def unpacked(linux_zip, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    zipfile.ZipFile(linux_zip).extractall(folder)
    return folder


def test_the_zip_is_small_enough(linux_zip):
    assert 60e6 < linux_zip.stat().st_size <= 120e6


def test_blender_validates_the_zip_without_a_word_of_warning(linux_zip, blender_tool):
    command = [sys.executable, blender_tool, "validate", linux_zip]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert finished.returncode == 0
    assert finished.stdout.startswith("Success parsing TOML")
    assert len(finished.stdout.splitlines()) == 1
    assert not finished.stderr


def test_the_addon_is_at_the_root(names):
    addon = {path.relative_to(ROOT / "addon").as_posix() for path in (ROOT / "addon").rglob("*.py")}
    others = ("lanet_core/", "models/", "wheels/", "LICENSE", "THIRD_PARTY.md", "blender_manifest.toml")
    assert "__init__.py" in names
    assert {name for name in names if name.endswith(".py") and not name.startswith(others)} == addon
    assert len(names) == len(set(names))
    assert {name for name in names if not name.startswith(others)} >= addon


def test_nothing_that_trains_evaluates_or_tests_is_inside(names):
    assert "lanet_core/pipeline/worker.py" in names
    unwanted = tuple(f"lanet_core/{each}" for each in NOT_FOR_INFERENCE)
    assert all((ROOT / each).exists() for each in unwanted)
    assert not [name for name in names if name.startswith((*unwanted, "tests/", "render_eval/", "tools/"))]
    assert not [name for name in names if "torch" in name or "__pycache__" in name or "/." in f"/{name}"]


def test_no_file_inside_imports_torch(unpacked):
    files = list(unpacked.rglob("*.py"))
    assert len(files) > 20
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [module for module in modules if module.split(".")[0] in {"torch", "onnx", "tests", "tqdm"}]


def test_the_wheels_are_those_of_the_lock(unpacked):
    wanted = fetch_wheels.wanted_wheels(fetch_wheels.read_lock(), "cpu", ["linux-x64"])
    inside = {path.name: fetch_wheels.sha256_of(path) for path in (unpacked / "wheels").iterdir()}
    assert inside == {wheel.file: wheel.sha256 for wheel in wanted}
    generated = tomllib.loads((unpacked / "blender_manifest.toml").read_text(encoding="utf-8"))["build"]["generated"]
    assert generated["platforms"] == ["linux-x64"]
    assert {Path(wheel).name for wheel in generated["wheels"]} == set(inside)


def test_every_wheels_licence_is_named_and_its_text_is_in_it(unpacked):
    listed = (unpacked / "THIRD_PARTY.md").read_text(encoding="utf-8")
    for path in (unpacked / "wheels").iterdir():
        line = next(line for line in listed.splitlines() if line.lower().startswith(f"- {path.name.split('-')[0]} "))
        texts = line.split("`")[1::2]
        assert texts
        assert all(len(zipfile.ZipFile(path).read(text)) > 500 for text in texts)


def test_it_converts_with_its_own_wheels_and_numpy_alone(unpacked, tmp_path):
    """A bare Python, as Blender's is: of this environment it has numpy, and nothing else."""
    tag = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    wheels = list((unpacked / "wheels").glob(f"*-{tag}-*.whl"))
    if not (sys.platform == "linux" and wheels):
        pytest.skip("The Linux zip has no wheels for this Python.")
    packages = tmp_path / "packages"
    for wheel in wheels:
        zipfile.ZipFile(wheel).extractall(packages)
    numpy = Path(np.__file__).parent
    for name in ("numpy", "numpy.libs"):
        (packages / name).symlink_to(numpy.parent / name)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)

    requests = [
        {"id": 1, "do": "describe"},
        {"id": 2, "do": "convert", "source": str(EXAMPLE), "output": str(tmp_path / "out.exr")},
    ]
    replies = _worker_replies(tmp_path / "bare/bin/python", [unpacked, packages], requests)
    assert replies[1]["event"] == "result", replies[1]
    assert replies[1]["model"]["path"] == str(unpacked / "models/panolanet.onnx")
    assert replies[2]["event"] == "result", replies[2]
    assert (tmp_path / "out.exr").stat().st_size > 100_000


def _worker_replies(python: Path, path: list[Path], requests: list[dict]) -> dict[int, dict]:
    """Return the last reply to each request; the worker's input stays open until all have one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LANET"))}
    worker = subprocess.Popen(
        [python, "-P", "-s", "-m", "lanet_core.pipeline.worker", "--provider", "cpu"],
        env=kept | {"PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    worker.stdin.write("".join(json.dumps(request) + "\n" for request in requests))
    worker.stdin.flush()
    replies: dict[int, dict] = {}
    for line in worker.stdout:
        reply = json.loads(line)
        if reply["event"] in ("result", "error"):
            replies[reply["id"]] = reply
            if len(replies) == len(requests):
                break
    _, errors = worker.communicate(timeout=60)
    assert len(replies) == len(requests), errors
    return replies


@pytest.mark.parametrize("form", ["from lanet_core.networks import lanet", "from ..networks.lanet import LANet"])
def test_what_the_worker_comes_to_import_comes_along(tmp_path, form):
    shutil.copytree(ROOT / "lanet_core", tmp_path / "lanet_core", ignore=shutil.ignore_patterns("__pycache__"))
    before = core_files.core_files(tmp_path)
    with (tmp_path / "lanet_core/pipeline/worker.py").open("a", encoding="utf-8") as worker:
        worker.write(f"\n\ndef later():\n    {form}\n")
    added = {path.as_posix() for path in set(core_files.core_files(tmp_path)) - set(before)}
    assert {"lanet_core/networks/lanet.py", "lanet_core/networks/__init__.py"} <= added


@pytest.mark.parametrize(
    ("flavour", "name"), [("cpu", "LANet IBL"), ("cuda", "LANet IBL (CUDA)"), ("directml", "LANet IBL (DirectML)")]
)
def test_the_manifest_is_filled_in_and_else_unchanged(flavour, name):
    source = (ROOT / "blender_manifest.toml").read_text(encoding="utf-8")
    wheels = fetch_wheels.wanted_wheels(fetch_wheels.read_lock(), flavour, ["windows-x64"], ["3.13"])
    filled = tomllib.loads(build_extension.filled_manifest(source, wheels, flavour))
    assert filled.pop("wheels") == sorted(f"./wheels/{wheel.file}" for wheel in wheels)
    expected = tomllib.loads(source)
    blender = {"blender_version_min": "5.1.0"}
    assert filled == expected | blender | {"name": name, "platforms": ["windows-x64"]}
    assert filled["id"] == "lanet_ibl", "Blender keeps one extension of an id, so the flavours replace each other"


def test_where_blender_brings_its_python_a_zip_is_for_the_versions_that_carry_it():
    source = (ROOT / "blender_manifest.toml").read_text(encoding="utf-8")
    ranges = {}
    for platforms, pythons in build_extension.groups("cpu", [], fetch_wheels.PYTHONS):
        wheels = fetch_wheels.wanted_wheels(fetch_wheels.read_lock(), "cpu", platforms, pythons)
        filled = tomllib.loads(build_extension.filled_manifest(source, wheels, "cpu"))
        for platform in filled["platforms"]:
            blenders = filled["blender_version_min"], filled.get("blender_version_max")
            ranges.setdefault(platform, []).append((*blenders, len(filled["wheels"]) // len(platforms)))
    apart = [("4.2.0", "5.1.0", 3), ("5.1.0", None, 3)]
    assert ranges["windows-x64"] == ranges["macos-arm64"] == apart
    assert ranges["linux-x64"] == ranges["linux-arm64"] == [("4.2.0", None, 6)], "distributions have their own Python"
    groups = build_extension.groups("directml", [], ["3.13"])
    assert groups == [(["windows-x64"], ("3.13",))]


def test_a_wheel_without_a_licence_is_not_passed_on(tmp_path):
    path = tmp_path / "lamp-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("lamp-1.0.dist-info/METADATA", "Name: lamp\nVersion: 1.0\nLicense: MIT\n")
    with pytest.raises(build_extension.BuildError, match=path.name):
        build_extension.notices([path])
    with zipfile.ZipFile(path, "a") as wheel:
        wheel.writestr("lamp-1.0.dist-info/licenses/LICENSE", "Do what you like.")
    assert "- lamp 1.0: MIT (`lamp-1.0.dist-info/licenses/LICENSE`)" in build_extension.notices([path])


def test_what_blender_refuses_is_not_built(blender_tool, tmp_path):
    source = (ROOT / "blender_manifest.toml").read_text(encoding="utf-8")
    build_extension.stage(tmp_path / "staged", [], source.replace('HDR world"', 'HDR world."'))
    with pytest.raises(build_extension.BuildError, match="punctuation"):
        build_extension.build(blender_tool, tmp_path / "staged", tmp_path / "lanet_ibl.zip")
    assert not list(tmp_path.glob("*.zip"))


def test_a_zip_that_is_too_large_is_refused(tmp_path):
    path = tmp_path / "large.zip"
    for size in (build_extension.MAX_CPU_ZIP_BYTES, build_extension.MAX_CPU_ZIP_BYTES + 1):
        with path.open("wb") as file:
            file.truncate(size)
        if size <= build_extension.MAX_CPU_ZIP_BYTES:
            build_extension.check_size(path)
    with pytest.raises(build_extension.BuildError, match="120 MB"):
        build_extension.check_size(path)

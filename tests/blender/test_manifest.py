"""The extension's manifest, validated by Blender's own tool and compared with pyproject.toml."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = ROOT / "blender_manifest.toml"


@pytest.fixture
def validate(bpy_package, tmp_path):
    """Return a function that lays out an extension with the given manifest and lets Blender validate it."""
    tool = next(bpy_package.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))
    extension = tmp_path / "extension"
    shutil.copytree(ROOT / "addon", extension, ignore=shutil.ignore_patterns("__pycache__"))

    def run(manifest: str) -> subprocess.CompletedProcess:
        (extension / "blender_manifest.toml").write_text(manifest, encoding="utf-8")
        command = [sys.executable, tool, "validate", extension]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    return run


def test_blender_accepts_the_manifest(validate):
    finished = validate(MANIFEST.read_text(encoding="utf-8"))
    assert finished.returncode == 0, finished.stdout
    assert "Success parsing TOML" in finished.stdout


def test_blender_would_refuse_a_bad_one(validate):
    finished = validate(MANIFEST.read_text(encoding="utf-8").replace('HDR world"', 'HDR world."'))
    assert finished.returncode != 0
    assert "punctuation" in finished.stdout


def test_the_manifest_and_the_package_agree():
    manifest = tomllib.loads(MANIFEST.read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert manifest["id"] == "lanet_ibl"
    assert manifest["blender_version_min"] == "4.2.0"
    assert manifest["version"] == project["version"]
    assert manifest["license"] == [f"SPDX:{project['license']}"]

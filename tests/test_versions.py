"""One version: package, extension, changelog, citation and the shipped model agree; docs/releasing.md."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

from lanet_core.inference.session import Session

ROOT = Path(__file__).resolve().parent.parent


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


VERSION = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]


def newest_release() -> tuple[str, str]:
    """Return the version and the date of the changelog's first release."""
    return re.search(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$", text_of("CHANGELOG.md"), re.MULTILINE).groups()


def test_the_extension_has_the_version_of_the_package():
    assert tomllib.loads(text_of("blender_manifest.toml"))["version"] == VERSION


def test_the_newest_release_of_the_changelog_is_the_version():
    assert newest_release()[0] == VERSION


def test_the_citation_has_version_and_date_of_the_release():
    citation = yaml.safe_load(text_of("CITATION.cff"))
    assert (citation["version"], citation["date-released"].isoformat()) == newest_release()
    assert citation["license"] == tomllib.loads(text_of("pyproject.toml"))["project"]["license"]


def test_the_shipped_model_has_the_version_of_the_package():
    assert Session(ROOT / "models/panolanet.onnx", "cpu").metadata.version == VERSION

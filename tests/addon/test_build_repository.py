"""The extensions repository: index and landing page of Blender's own tool, from small extensions."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from builder_scripts import build_extension, build_repository

ROOT = Path(__file__).resolve().parents[2]


def write_zip(
    folder: Path, platform: str, version: str = "1.0.0", name: str = "", blender: str = "", end: str = ""
) -> Path:
    manifest = (ROOT / "blender_manifest.toml").read_text(encoding="utf-8")
    manifest = build_extension._with_entry(manifest, "platforms", [platform])
    manifest = build_extension._with_entry(manifest, "version", version)
    for key, value in (("blender_version_min", blender), ("blender_version_max", end)):
        manifest = build_extension._with_entry(manifest, key, value) if value else manifest
    path = folder / (name or f"lanet_ibl-{version}-{platform.replace('-', '_')}.zip")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("blender_manifest.toml", manifest)
        archive.writestr("__init__.py", "def register(): pass\ndef unregister(): pass\n")
    return path


def packages(index: Path) -> list[dict]:
    return json.loads(index.read_text(encoding="utf-8"))["data"]


def test_the_index_lists_each_systems_zip_with_its_hash(blender_tool, tmp_path):
    zips = [write_zip(tmp_path, platform) for platform in ("linux-x64", "windows-x64")]
    index = build_repository.build_repository(zips, tmp_path / "site", blender_tool)
    found = packages(index)
    assert sorted(each["archive_url"] for each in found) == [f"./{path.name}" for path in zips]
    assert sorted(each["platforms"] for each in found) == [["linux-x64"], ["windows-x64"]]
    for each in found:
        assert each["archive_hash"].startswith("sha256:")
        assert each["website"].startswith("https://") and each["copyright"] and each["permissions"]["files"]


def test_the_landing_page_links_the_zips_and_explains_the_installation(blender_tool, tmp_path):
    path = write_zip(tmp_path, "linux-x64")
    page = build_repository.build_repository([path], tmp_path / "site", blender_tool).with_name("index.html")
    text = page.read_text(encoding="utf-8")
    assert f"{path.name}?repository=.%2Findex.json" in text  # what Blender needs for drag and drop
    assert "Add Remote" in text and "${" not in text


def test_a_new_version_replaces_the_former_one(blender_tool, tmp_path):
    site = tmp_path / "site"
    build_repository.build_repository([write_zip(tmp_path, "linux-x64", "0.9.0")], site, blender_tool)
    index = build_repository.build_repository([write_zip(tmp_path, "linux-x64", "1.0.0")], site, blender_tool)
    assert [each["version"] for each in packages(index)] == ["1.0.0"]
    assert [path.name for path in site.glob("*.zip")] == ["lanet_ibl-1.0.0-linux_x64.zip"]


def test_zips_of_one_system_for_other_versions_of_blender_are_listed_side_by_side(blender_tool, tmp_path):
    zips = [
        write_zip(tmp_path, "windows-x64", name="lanet_ibl-py311.zip", end="5.1.0"),
        write_zip(tmp_path, "windows-x64", name="lanet_ibl-py313.zip", blender="5.1.0"),
    ]
    found = packages(build_repository.build_repository(zips, tmp_path / "site", blender_tool))
    ranges = sorted((each["blender_version_min"], each.get("blender_version_max")) for each in found)
    assert ranges == [("4.2.0", "5.1.0"), ("5.1.0", None)]


def test_two_zips_for_one_system_are_refused(blender_tool, tmp_path):
    zips = [write_zip(tmp_path, "linux-x64"), write_zip(tmp_path, "linux-x64", name="lanet_ibl_cuda.zip")]
    with pytest.raises(build_extension.BuildError, match="linux-x64"):
        build_repository.build_repository(zips, tmp_path / "site", blender_tool)
    with pytest.raises(build_extension.BuildError, match="make extension"):
        build_repository.build_repository([], tmp_path / "site", blender_tool)

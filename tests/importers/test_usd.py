"""A result as the texture of a USD DomeLight, by Pixar's library: authored, packaged and resolved."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from lanet_core.files import read_hdr, write_exr

pxr = pytest.importorskip("pxr", reason="usd-core is not installed: the extra development")

ROOT = Path(__file__).resolve().parents[2]


def recipe() -> str:
    """Return the Python code for USD of docs/importers.md."""
    page = (ROOT / "docs" / "importers.md").read_text(encoding="utf-8")
    section = page.partition("\n## USD")[2]
    return section.partition("```python\n")[2].partition("```")[0]


@pytest.fixture
def stage(tmp_path, monkeypatch) -> Path:
    rgb = np.random.default_rng(0).random((64, 128, 3)).astype(np.float32) * 20.0
    write_exr(tmp_path / "street.exr", rgb, model_name="tiny", model_sha256="0" * 64, half=True)
    monkeypatch.chdir(tmp_path)
    exec(compile(recipe(), "docs/importers.md", "exec"), {})
    return tmp_path / "street.usda"


def test_the_recipe_makes_a_dome_light_of_the_result(stage):
    from pxr import Usd, UsdLux

    opened = Usd.Stage.Open(str(stage))
    light = UsdLux.DomeLight(opened.GetPrimAtPath("/World/Environment"))
    assert light
    texture = light.GetTextureFileAttr().Get()
    assert Path(texture.resolvedPath).samefile(stage.with_name("street.exr"))
    assert light.GetTextureFormatAttr().Get() == UsdLux.Tokens.latlong
    assert light.GetIntensityAttr().Get() == 1.0
    assert light.GetExposureAttr().Get() == 0.0


def test_the_package_holds_the_result_and_resolves(stage):
    from pxr import UsdUtils

    package = stage.with_suffix(".usdz")
    assert UsdUtils.CreateNewUsdzPackage(str(stage), str(package))
    with zipfile.ZipFile(package) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".exr")]
        unpacked = Path(archive.extract(name, stage.parent / "unpacked"))
    np.testing.assert_array_equal(read_hdr(unpacked), read_hdr(stage.with_name("street.exr")))
    _, assets, unresolved = UsdUtils.ComputeAllDependencies(str(package))
    assert [Path(asset).suffix for asset in assets] == [".exr]"]
    assert unresolved == []

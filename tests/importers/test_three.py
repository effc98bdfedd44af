"""Results read by three.js' own loaders; ``make three`` installs it into build/three, where node is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from lanet_core.files import open_radiance, read_hdr, write_exr

ROOT = Path(__file__).resolve().parents[2]
THREE_ROOT = Path(os.environ.get("THREE_ROOT", ROOT / "build" / "three"))

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (THREE_ROOT / "node_modules" / "three").is_dir(),
    reason="three.js is not installed: make three",
)


def light() -> np.ndarray:
    rng = np.random.default_rng(0)
    rgb = rng.random((64, 128, 3)).astype(np.float32)
    rgb[20, 30] = (4000.0, 3000.0, 2000.0)
    rgb[0] = np.linspace(0.0, 1.0, 128)[:, None] * [1.0, 0.5, 0.25]
    rgb[-1] = 0.25
    return rgb


def loaded(path: Path) -> dict:
    command = ["node", str(Path(__file__).with_name("read_environment.mjs")), str(THREE_ROOT), str(path)]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"half": True},
        {"compression": "piz"},
        {"compression": "piz", "half": True},
        {"compression": "dwab"},
    ],
    ids=["ZIP", "ZIP, half", "PIZ", "PIZ, half", "DWAB"],
)
def test_openexr(tmp_path, options):
    path = tmp_path / "light.exr"
    write_exr(path, light(), model_name="tiny", model_sha256="0" * 64, **options)
    read = loaded(path)
    assert (read["width"], read["height"], read["channels"]) == (128, 64, 4)
    np.testing.assert_allclose(read["sums"], light().sum(axis=(0, 1)), rtol=0.01)
    # Its rows begin at the bottom.
    row = np.reshape(read["data"], (128, 4))[:, :3]
    np.testing.assert_allclose(row, light()[-1], atol=0.02 if "compression" in options else 1e-3)


def test_radiance(tmp_path):
    path = tmp_path / "light.hdr"
    with open_radiance(path, (64, 128)) as writer:
        writer.write(light())
    read = loaded(path)
    assert (read["width"], read["height"]) == (128, 64)
    row = np.reshape(read["data"], (128, 4))[:, :3]
    np.testing.assert_allclose(row, read_hdr(path)[0], atol=1e-2)

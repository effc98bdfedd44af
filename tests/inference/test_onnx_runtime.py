"""A conversion sends no telemetry: in a bare environment, nothing is left outside the output's folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import OpenImageIO
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows' own telemetry leaves no file.")
def test_nothing_is_kept_of_a_conversion_but_its_result(street, make_model, tmp_path):
    model = make_model()
    for name in ("home", "temporary", "out"):
        (tmp_path / name).mkdir()
    image = tmp_path / "street.png"
    output = OpenImageIO.ImageOutput.create(str(image))
    assert output.open(str(image), OpenImageIO.ImageSpec(128, 64, 3, "uint8")) and output.write_image(street)
    output.close()
    # Of the variables, only what finds programs: ONNX Runtime is silent on its own where it finds the word CI.
    environment = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    environment |= {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "temporary"), "PYTHONPATH": str(ROOT)}
    command = [
        sys.executable,
        "-m",
        "lanet_core.cli.main",
        "convert",
        image,
        "-o",
        tmp_path / "out",
        "--model",
        model,
    ]
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    left = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(left) == ["out/street.exr", "street.png", "tiny.onnx"]

"""Light that was never saved, in a real Blender with a window: after quitting, and after a crash."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from tiny_models import write_tiny_model

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("recovery_window.py")


@pytest.fixture(scope="module")
def run_stage(blender_window, lay_out_settings, tmp_path_factory):
    """Return a function that runs a stage of recovery_window.py, and the folder of the saved file."""
    folder = tmp_path_factory.mktemp("recovery")
    for name in ("temporary", "recovered"):
        (folder / name).mkdir()
    shutil.copy2(ROOT / "examples" / "city.jpg", folder)
    settings = lay_out_settings(folder) | {"TMPDIR": str(folder / "temporary")}
    write_tiny_model(folder / "tiny.onnx", gain=2.0)

    def run(stage: str) -> dict:
        (folder / "stage").write_text(stage, encoding="utf-8")
        for leftover in ("shots", "screen", "recovered/textures"):
            shutil.rmtree(folder / leftover, ignore_errors=True)
        finished = blender_window(folder, SCRIPT, **settings)
        facts = folder / f"{stage}.json"
        assert facts.is_file(), finished.stdout[-2000:] + finished.stderr[-2000:]
        return json.loads(facts.read_text(encoding="utf-8"))

    return run, folder / "recovered"


@pytest.mark.skipif(sys.platform != "linux", reason="The zip that is built is that for Linux.")
@pytest.mark.parametrize(("end", "recovery"), [("quit", "session"), ("crash", "autosave")])
def test_the_light_is_there_again_and_is_saved_with_the_file(run_stage, end, recovery):
    run, recovered = run_stage
    before = run(f"convert and {end}")
    assert before["shown"] == "HDR" and not before["blend"]
    assert any("not saved yet" in text for text in before["panel"])
    after = run(f"recover {recovery}")
    assert (after["image"], after["size"], after["shown"]) == (before["image"], [1024, 512], "HDR")
    assert after["exists"]
    assert after["saved"] == "//textures/city_lanet.exr"
    assert (recovered / "textures" / "city_lanet.exr").is_file()

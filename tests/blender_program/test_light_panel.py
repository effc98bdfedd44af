"""The controls of the light in a real Blender with its window, on an X server that draws into a file."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from builder_scripts import extension_images

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("light_panel_window.py")


@pytest.fixture(scope="module")
def folder(blender_window, lay_out_settings, tmp_path_factory) -> Path:
    """The folder of a run of light_panel_window.py."""
    folder = tmp_path_factory.mktemp("light")
    shutil.copy2(ROOT / "examples" / "city.jpg", folder)
    finished = blender_window(folder, SCRIPT, **lay_out_settings(folder))
    assert (folder / "facts.json").is_file(), finished.stdout[-2000:] + finished.stderr[-2000:]
    return folder


@pytest.mark.skipif(sys.platform != "linux", reason="The zip that is built is that for Linux.")
def test_the_light_is_directed_by_the_panel(folder):
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    assert "problem" not in facts, facts["problem"]
    assert facts["expectation"].startswith("Sun, about 14 EV above white"), facts["expectation"]
    assert abs(abs(facts["turned_deg"]) - 90.0) < 1.0 and facts["undone_deg"] == 0.0
    assert (facts["keys"], facts["keys_undone"]) == (1, 0)
    assert facts["dial_again"], "the extension can be disabled while the dial is drawn"
    assert facts["highlights"] > 0.0
    assert "LANet Ground" in facts["objects"] and "LANet Ground" not in facts["objects_undone"]
    assert facts["files"] == ["city_baked_lanet.exr", "city_lanet.exr"]
    shots = {path.stem: extension_images.read_xwd(path) for path in (folder / "shots").iterdir()}
    assert (shots["dial"] != shots["without the dial"]).any(axis=-1).sum() > 300, "the dial is drawn"
    assert (shots["dragged"] != shots["dial from above"]).any(axis=-1).sum() > 300, "the arrow turns"
    assert (shots["directed"] != shots["converted"]).any(axis=-1).mean() > 0.1, "the view shows the ground"

"""Dropped images, the File Browser and the Asset Browser, in a real Blender with its window."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from enlarged_images import write_resized

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("browsers_window.py")
PHOTOGRAPHS = ("city", "interior", "sunrise")
#: Columns and rows of the panoramas: those of a folder must still be converted when it is cancelled after the first.
SIZE = (2048, 1024)


@pytest.fixture(scope="module")
def facts(blender_window, lay_out_settings, tmp_path_factory) -> dict:
    """What browsers_window.py found."""
    folder = tmp_path_factory.mktemp("browsers")
    (folder / "photographs").mkdir()
    write_resized(folder / "city.jpg", ROOT / "examples" / "city.jpg", SIZE)
    for name in PHOTOGRAPHS:
        write_resized(folder / "photographs" / f"{name}.jpg", ROOT / "examples" / f"{name}.jpg", SIZE)
    finished = blender_window(folder, SCRIPT, **lay_out_settings(folder))
    assert (folder / "facts.json").is_file(), finished.stdout[-2000:] + finished.stderr[-2000:]
    found = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    assert "problem" not in found, found["problem"]
    assert "Traceback" not in finished.stderr + finished.stdout, finished.stderr[-3000:]
    return found | {"library": folder / "photographs" / "hdr_library"}


@pytest.mark.skipif(sys.platform != "linux", reason="The zip that is built is that for Linux.")
class TestBrowsers:
    """One run, of which each test looks at a part."""

    def test_a_dropped_panorama_lights_the_scene(self, facts):
        assert facts["is_converting"]
        assert facts["dropped"] == "city_lanet.exr"
        assert facts["is_converting_again"]

    def test_a_folder_is_cancelled_and_resumed(self, facts):
        state, listed = facts["cancelled"]
        assert state == "CANCELLED" and 1 <= listed < len(PHOTOGRAPHS)
        assert any("resume" in text for text in facts["cancelled_text"])
        (summary,) = facts["summary"]
        assert summary.startswith(f"{len(PHOTOGRAPHS) - listed} added, {listed} skipped.")
        assert sorted(path.stem for path in facts["library"].glob("*.blend")) == sorted(PHOTOGRAPHS)

    def test_an_asset_of_the_library_lights_the_scene(self, facts):
        name, kind = facts["asset"]
        assert (name, kind) == ("city", "WORLD")
        assert facts["asset_entry"]
        assert facts["world"] == name
        assert facts["lit_by_asset"] == f"{name}_lanet.exr"

    def test_a_point_is_picked_in_both_editors(self, facts):
        assert facts["picked"][0].startswith("Surface, albedo 0.05: Highlights is"), facts["picked"]
        assert facts["pick_highlights"] != 0.0
        assert facts["picked_in_view"][0].startswith("Surface, albedo 0.05"), facts["picked_in_view"]

    def test_disabled_while_a_point_is_picked_blender_stays_alive(self, facts):
        assert facts["modal"] == ["LANET_OT_pick_surface"]
        assert facts["modal_after_disabling"] == []
        assert facts["pick_again"]

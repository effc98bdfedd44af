"""The built extension in a real Blender with its window, on an X server that draws into a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from enlarged_images import write_resized

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("extension_window.py")
#: Of extension_window.py's turns, which come every 0.05 s where the machine is not busy: half a second.
CANCEL_TURNS = 10
#: Columns and rows of the panorama: its conversion must still run while it is photographed and cancelled, also where
#: the machine is fast.
SIZE = (3072, 1536)


@pytest.fixture(scope="module")
def facts(blender_window, lay_out_settings, tmp_path_factory) -> dict:
    """What extension_window.py found."""
    folder = tmp_path_factory.mktemp("window")
    write_resized(folder / "city.jpg", ROOT / "examples" / "city.jpg", SIZE)
    finished = blender_window(folder, SCRIPT, **lay_out_settings(folder))
    assert (folder / "facts.json").is_file(), finished.stdout[-2000:] + finished.stderr[-2000:]
    found = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    assert "problem" not in found, found["problem"]
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="The zip that is built is that for Linux.")
class TestWindow:
    """One run, of which each test looks at a part."""

    def test_a_cancelled_conversion_ends_at_once_and_changes_nothing(self, facts):
        assert facts["installed"]
        assert facts["cancelled"] == "CANCELLED"
        assert facts["cancelled_after"]["turns"] <= CANCEL_TURNS, facts["cancelled_after"]
        assert facts["unchanged_by_cancelling"]

    def test_a_completed_one_lights_the_world_while_blender_continues(self, facts):
        assert facts["completed"] == "FINISHED"
        assert facts["turns_of_a_conversion"] > 10
        assert facts["after"]["image"] == "//textures/city_lanet.exr"
        assert facts["after"]["shown"] == "HDR"
        assert "ShaderNodeGroup" in facts["after"]["nodes"]

    def test_one_undo_takes_it_back_and_redo_brings_it_again(self, facts):
        assert facts["undone"]["image"].endswith("city.jpg")
        assert "ShaderNodeGroup" not in facts["undone"]["nodes"]
        assert facts["redone"] == facts["after"]

    def test_the_switch_shows_the_photograph(self, facts):
        assert facts["switched"]["image"].endswith("city.jpg") and facts["switched"]["shown"] == "LDR"

    def test_a_failure_is_reported_and_changes_nothing(self, facts):
        ((text, is_error),) = facts["messages"]
        assert is_error and "city.jpg" in text
        assert facts["unchanged_by_failing"]

    def test_disabled_during_a_conversion_it_leaves_no_process_and_no_file(self, facts):
        # One, or two while the worker of the model before is ending.
        assert facts["children_before_disabling"] in (1, 2)
        assert facts["children_after_disabling"] == 0
        assert facts["files"] == ["city_lanet.exr"]

    def test_disabled_and_enabled_during_conversions_blender_continues(self, facts):
        assert facts["modal_operators"] == []
        assert facts["converted_again"]["image"] == "//textures/city_lanet.exr"
        assert facts["converted_again"]["shown"] == "HDR"

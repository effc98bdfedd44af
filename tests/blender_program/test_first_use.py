"""The whole first use in a real Blender: from the repository to renders in Cycles and EEVEE."""

from __future__ import annotations

import sys

import numpy as np
import OpenImageIO
import pytest
from builder_scripts import blender_program, first_use


@pytest.fixture(scope="module")
def used(linux_zip, tmp_path_factory):
    """The folder of first_use.py, and what it found."""
    folder = tmp_path_factory.mktemp("first_use")
    try:
        return folder, first_use.use_for_the_first_time(folder, linux_zip, draft=True)
    except blender_program.NoProgramError as error:
        pytest.skip(str(error))


@pytest.mark.skipif(sys.platform != "linux", reason="The zip that is built is that for Linux.")
class TestFirstUse:
    """One run, of which each test looks at a part."""

    def test_it_is_installed_from_the_repository(self, used):
        assert used[1]["installed"]

    def test_a_dropped_photograph_lights_the_scene(self, used):
        assert used[1]["lit_by"] == "sunrise_lanet.exr"

    def test_the_lamp_takes_the_suns_place_and_turns_with_the_environment(self, used):
        (message, *_) = used[1]["lamp_message"]
        assert message.startswith("LANet Sun 1:")
        height_deg = np.degrees(np.arcsin(used[1]["lamp"][2]))
        assert height_deg == pytest.approx(18.0, abs=1.5)  # the sun of this photograph

    def test_the_saved_file_shows_the_same(self, used):
        assert used[1]["opened"]["same_lamp"]
        assert used[1]["opened"]["image"] == "//textures/sunrise_without_lights_lanet.exr"

    def test_both_engines_render_about_the_same_light(self, used):
        folder = used[0]
        means = [OpenImageIO.ImageBuf(str(folder / f"{name}.png")).get_pixels().mean() for name in ("cycles", "eevee")]
        assert min(means) > 0.05 and max(means) / min(means) < 1.5, means

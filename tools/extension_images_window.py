"""What extension_images.py runs in a Blender with a window: ``-P THIS -- FOLDER SCREEN``.

The four-ball scene is lit by the one ``FOLDER/*.jpg``, and converted by the panel's button. ``FOLDER/shots`` shows the
window before, during and after; in ``FOLDER/facts.json``, ``panel`` is where the panel is in it: from the left, from
the top, width and height, in pixels.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import bpy

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from window_artist import Artist, area_of, environment, place_of_panel, window  # noqa: E402

from render_eval.blender_scene import BlenderScene  # noqa: E402
from render_eval.scene_description import load_scene_description  # noqa: E402

#: Paths a pixel of the 3D View; Debian's Blender has no denoiser.
_SAMPLES = 512
#: How long nothing changes once the 3D View is rendered, seconds.
_STILL_S = 15.0


class Photographer(Artist):
    """Photographs the window before, during and after a conversion."""

    def scenario(self) -> Iterator[Callable[[], bool]]:
        """Yield what to wait for before the next step."""
        bpy.context.preferences.system.use_region_overlap = False  # the panel next to the view, not over it
        self._make_scene()
        yield self.turns_from_now(4)
        yield from self.show_view_alone()
        yield from self.show_sidebar()
        self.look_through_camera()
        self.facts["panel"] = place_of_panel()
        image = environment().image
        yield lambda: self.session.facts.of(image) is not None and not self.session.worker.busy
        yield self.still_for(_STILL_S)
        yield from self.photograph("before")
        self.press_the_button()
        yield lambda: self.session.conversion.share > 0.3
        os.kill(self.session.worker.worker_pid, signal.SIGSTOP)  # until it is drawn
        yield from self.photograph("during")
        os.kill(self.session.worker.worker_pid, signal.SIGCONT)
        yield lambda: self.session.conversion is None
        yield self.still_for(_STILL_S)
        yield from self.photograph("after")
        self._show_the_dial()
        yield self.still_for(_STILL_S)
        yield from self.photograph("dial")

    def _make_scene(self) -> None:
        self._built = BlenderScene(load_scene_description("four_balls"))
        self._built.environment.image = bpy.data.images.load(str(next(self.folder.glob("*.jpg"))))
        self._built.scene.cycles.preview_samples = _SAMPLES
        self._built.scene.camera.data.show_passepartout = False
        window().scene = self._built.scene
        with bpy.context.temp_override(window=window()):
            bpy.ops.wm.save_as_mainfile(filepath=str(self.folder / "four_balls.blend"))

    def _show_the_dial(self) -> None:
        engines = self._built.scene.render.bl_rna.properties["engine"].enum_items.keys()
        self._built.scene.render.engine = next(name for name in engines if "EEVEE" in name)  # without noise
        space = area_of("VIEW_3D").spaces.active
        space.show_gizmo, space.show_gizmo_navigate = True, False
        window().scene.lanet.dial = True


if __name__ == "__main__":
    Photographer(*map(Path, sys.argv[-2:])).begin()

"""What first_use.py runs in a Blender with a window: ``--enable-event-simulate -P THIS -- FOLDER SCREEN``.

The whole first use: install from the repository whose address is in ``FOLDER/job.json``, drop ``FOLDER/*.jpg`` on the
3D Viewport, add a sun lamp, turn the environment, save, open the file again, render in Cycles and in EEVEE. The panel
is also shown in German and Japanese. ``FOLDER/shots`` gets the window after each step, ``FOLDER`` the two renders.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import bpy

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from window_artist import Artist, area_of, environment, place_of_panel, region_of, window  # noqa: E402

from render_eval.blender_scene import BlenderScene  # noqa: E402
from render_eval.scene_description import load_scene_description  # noqa: E402

_REPOSITORY = "lanet"
_PACKAGE = "lanet_ibl"
_TURN_RAD = 0.9


@dataclass(frozen=True)
class Quality:
    """How images are made; Debian's Blender has no denoiser.

    Attributes:
        view_samples: of the 3D Viewport.
        cycles_samples: of the render in Cycles.
        eevee_samples: of the render in EEVEE.
        still_s: how long nothing changes once the 3D View is rendered, seconds.
        size: columns and rows of the renders.
    """

    view_samples: int = 48
    cycles_samples: int = 64
    eevee_samples: int = 16
    still_s: float = 6.0
    size: tuple[int, int] = (640, 360)


_DRAFT = Quality(view_samples=1, cycles_samples=16, eevee_samples=4, still_s=1.0, size=(320, 180))


class Newcomer(Artist):
    """Uses the extension for the first time."""

    module = f"bl_ext.{_REPOSITORY}.{_PACKAGE}"

    def __init__(self, folder: Path, screen: Path) -> None:
        super().__init__(folder, screen)
        self._job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
        self._quality = _DRAFT if self._job["draft"] else Quality()

    def scenario(self) -> Iterator[Callable[[], bool]]:
        """Yield what to wait for before the next step."""
        bpy.context.preferences.system.use_region_overlap = False  # the panel next to the view, not over it
        yield from self._install()
        yield from self._prepare()
        yield from self._drop()
        yield from self._add_lamp_and_turn()
        yield from self._show_languages()
        yield from self._save_and_open()
        yield from self._render()

    def _install(self) -> Iterator[Callable[[], bool]]:
        preferences = bpy.context.preferences
        preferences.system.use_online_access = True
        repositories = preferences.extensions.repos
        repositories.new(name="LANet IBL", module=_REPOSITORY, remote_url=self._job["address"])
        index = [each.module for each in repositories].index(_REPOSITORY)
        area = area_of("VIEW_3D")
        area.ui_type = "PREFERENCES"
        preferences.active_section = "EXTENSIONS"
        yield self.turns_from_now(10)
        with bpy.context.temp_override(window=window()):
            bpy.ops.extensions.repo_sync(repo_index=index)
            bpy.context.window_manager.extension_search = "LANet"
        yield self.turns_from_now(10)
        yield from self.photograph("listed")
        with bpy.context.temp_override(window=window()):
            bpy.ops.extensions.package_install(repo_index=index, pkg_id=_PACKAGE, enable_on_install=True)
        yield self.turns_from_now(10)
        self.facts["installed"] = self.module in preferences.addons
        yield from self.photograph("installed")
        area.ui_type = "VIEW_3D"
        yield self.turns_from_now(4)

    def _prepare(self) -> Iterator[Callable[[], bool]]:
        """Open the scene of four balls, and the panel next to it."""
        built = BlenderScene(load_scene_description("four_balls"))
        built.scene.world = bpy.data.worlds.new("World")  # as a new file has it
        built.scene.eevee.use_shadows = True  # as the scene of a new file has it
        built.scene.cycles.preview_samples = self._quality.view_samples
        built.scene.camera.data.show_passepartout = False
        # EEVEE's shadow maps cover this range.
        built.scene.camera.data.clip_start, built.scene.camera.data.clip_end = 0.1, 100.0
        built.scene.render.resolution_x, built.scene.render.resolution_y = self._quality.size
        window().scene = built.scene
        with bpy.context.temp_override(window=window()):
            bpy.ops.wm.save_as_mainfile(filepath=str(self.folder / "first_use.blend"))
        yield from self.show_view_alone()
        yield from self.show_sidebar()
        self.look_through_camera()
        self.facts["panel"] = place_of_panel()
        yield self.turns_from_now(4)

    def _drop(self) -> Iterator[Callable[[], bool]]:
        view = area_of("VIEW_3D")
        image = next(self.folder.glob("*.jpg"))
        x, y = view.x + view.width // 3, view.y + view.height // 2
        window().event_simulate(type="MOUSEMOVE", value="NOTHING", x=x, y=y)
        yield self.turns_from_now(4)
        with bpy.context.temp_override(window=window(), area=view, region=region_of(view, "WINDOW")):
            bpy.ops.wm.drop_import_file("INVOKE_DEFAULT", directory=f"{self.folder}/", files=[{"name": image.name}])
        yield self.turns_from_now(8)
        self._shoot("dropped")
        began_s = time.monotonic()
        for value in ("PRESS", "RELEASE"):
            window().event_simulate(type="L", value=value, x=x, y=y)
        yield lambda: self.session.conversion is not None or bool(self.session.messages)
        yield lambda: self.session.conversion is None
        self.facts["seconds_to_light"] = time.monotonic() - began_s
        self.facts["lit_by"] = environment().image.name
        yield self.still_for(self._quality.still_s)
        yield from self.photograph("converted")

    def _add_lamp_and_turn(self) -> Iterator[Callable[[], bool]]:
        with bpy.context.temp_override(window=window()):
            bpy.ops.lanet.add_sun_lamp("INVOKE_DEFAULT", index=0)
        yield lambda: self.session.conversion is None
        self.facts["lamp_message"] = [message.text for message in self.session.messages]
        mapping = next(node for node in window().scene.world.node_tree.nodes if node.type == "MAPPING")
        mapping.inputs["Rotation"].default_value[2] += _TURN_RAD
        yield self.still_for(self._quality.still_s)
        self.facts["lamp"] = self._lamp()
        yield from self.photograph("lamp turned")

    def _show_languages(self) -> Iterator[Callable[[], bool]]:
        view = bpy.context.preferences.view
        self.session.show_text()  # the message is in the language that it was made in
        for language in ("de_DE", "ja_JP"):
            view.language = language
            view.use_translate_interface = True
            yield self.turns_from_now(20)
            yield from self.photograph(language)
        view.language = "en_US"
        yield self.turns_from_now(8)

    def _save_and_open(self) -> Iterator[Callable[[], bool]]:
        before = self._lamp()
        with bpy.context.temp_override(window=window()):
            bpy.ops.wm.save_mainfile()
            bpy.ops.wm.open_mainfile(filepath=str(self.folder / "first_use.blend"))
        yield self.turns_from_now(20)
        self.facts["opened"] = {"image": environment().image.filepath, "same_lamp": self._lamp() == before}
        yield self.still_for(self._quality.still_s)
        yield from self.photograph("opened")

    def _render(self) -> Iterator[Callable[[], bool]]:
        area_of("VIEW_3D").spaces.active.shading.type = "SOLID"
        yield self.turns_from_now(8)
        scene = window().scene
        scene.cycles.samples = self._quality.cycles_samples
        scene.eevee.taa_render_samples = self._quality.eevee_samples
        engines = {item.identifier for item in scene.render.bl_rna.properties["engine"].enum_items}
        eevee = next((name for name in ("BLENDER_EEVEE_NEXT", "BLENDER_EEVEE") if name in engines), "")
        self.facts["engines"] = sorted(engines)
        scene.render.image_settings.file_format = "PNG"
        for name, engine in (("cycles", "CYCLES"), ("eevee", eevee)):
            scene.render.engine = engine
            scene.render.filepath = str(self.folder / f"{name}.png")
            began_s = time.monotonic()
            with bpy.context.temp_override(window=window()):
                bpy.ops.render.render(write_still=True)
            self.facts[f"{name}_seconds"] = time.monotonic() - began_s
            yield self.turns_from_now(8)

    @staticmethod
    def _lamp() -> list[float]:
        """Return the direction that the sun lamp shines from."""
        lamp = next(each for each in window().scene.objects if each.type == "LIGHT")
        turned = lamp.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world
        return [round(value, 4) for value in turned.col[2][:3]]


if __name__ == "__main__":
    Newcomer(*map(Path, sys.argv[-2:])).begin()

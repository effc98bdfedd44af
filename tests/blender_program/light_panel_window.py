"""What the light panel's test runs in a Blender with a window: ``blender -P THIS -- FOLDER SCREEN``.

The installed extension shows what a conversion of ``FOLDER/city.jpg`` will change and converts it; then the dial
turns the light, and the backplate, a ground and the steps of the strength are used. ``FOLDER/shots`` shows the sidebar,
``FOLDER/facts.json`` what was found.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from window_artist import MODULE, Artist, area_of, environment, region_of, window


class Lighter(Artist):
    """Directs the light by the panel."""

    def scenario(self) -> Iterator[Callable[[], bool]]:
        """Yield what to wait for before the next step."""
        bpy.context.preferences.system.use_region_overlap = False
        self._make_scene()
        yield self.turns_from_now(4)
        with self._view():
            bpy.ops.screen.screen_full_area()
        yield self.turns_from_now(4)
        yield from self.show_sidebar()
        image = environment().image
        yield lambda: bool(self._facts_of(image)) and bool(self._facts_of(image).expectation)
        self.facts["expectation"] = self._facts_of(image).expectation
        yield from self.photograph("before")
        self.press_the_button()
        yield lambda: self.session.conversion is None
        world = sys.modules[f"{MODULE}.world.graph"]
        pair = world.remembered_pair(window().scene.world)
        yield lambda: self.session.balls.of(pair) > 0 and not self.session.worker.busy
        yield from self.photograph("converted")
        yield from self._turn_by_the_dial()
        scene = window().scene
        scene.lanet.backplate = "BLURRED"
        with self._view():
            bpy.ops.lanet.try_strength(end="HIGH")
            bpy.ops.lanet.add_ground("INVOKE_DEFAULT", shape="DOME")
        yield lambda: self.session.conversion is None
        self.facts["highlights"] = world.light_node(scene).inputs["Highlights"].default_value
        self.facts["objects"] = sorted(scene.objects.keys())
        scene.eevee.taa_samples, scene.world.probe_resolution = 2, "128"  # EEVEE renders on the processor here
        shading = area_of("VIEW_3D").spaces.active.shading
        shading.type = "RENDERED"
        yield self.still_for(2.0)
        yield from self.photograph("directed")
        shading.type = "SOLID"
        with self._view():
            bpy.ops.lanet.bake_light("INVOKE_DEFAULT")
        yield lambda: self.session.conversion is None
        self.facts["files"] = sorted(path.name for path in (self.folder / "textures").iterdir())
        self.press_key("Z", ctrl=True)
        yield self.turns_from_now(10)
        self.facts["objects_undone"] = sorted(window().scene.objects.keys())
        yield from self.photograph("undone")
        window().scene.lanet.dial = True
        yield self.turns_from_now(6)
        for operator in (bpy.ops.preferences.addon_disable, bpy.ops.preferences.addon_enable):  # while it is drawn
            with bpy.context.temp_override(window=window()):
                operator(module=MODULE)
            yield self.turns_from_now(6)
        self.facts["dial_again"] = window().scene.lanet.dial

    def _turn_by_the_dial(self) -> Iterator[Callable[[], bool]]:
        """Drag the dial by a quarter of a circle, seen from above, with Auto Keying, and undo it."""
        view = area_of("VIEW_3D")
        region, settings = region_of(view, "WINDOW"), bpy.context.preferences
        eye = view.spaces.active.region_3d
        before = eye.view_rotation.copy(), eye.view_perspective
        window().scene.tool_settings.use_keyframe_insert_auto = True
        with self._view():
            bpy.ops.lanet.add_rotation()
            bpy.ops.ed.undo_push(message="Add Rotation")
        yield self.still_for(1.0)
        yield from self.photograph("without the dial")
        window().scene.lanet.dial = True
        yield self.still_for(1.0)
        yield from self.photograph("dial")
        with self._view():
            bpy.ops.view3d.view_axis(type="TOP")
        yield self.still_for(1.0)
        yield from self.photograph("dial from above")
        centre = location_3d_to_region_2d(region, eye, window().scene.cursor.location)
        radius = (
            sys.modules[f"{MODULE}.panels.light_dial"]._RADIUS * settings.view.gizmo_size * settings.system.ui_scale
        )
        angles = [math.radians(degrees) for degrees in range(20, 111, 10)]
        points = [
            (region.x + centre.x + radius * math.cos(angle), region.y + centre.y + radius * math.sin(angle))
            for angle in angles
        ]
        yield from self.drag(points, "dragged")
        self.facts["turned_deg"] = math.degrees(self._rotation())
        self.facts["keys"] = self._keys()
        self.press_key("Z", ctrl=True)
        yield self.turns_from_now(10)
        self.facts["undone_deg"] = math.degrees(self._rotation())
        self.facts["keys_undone"] = self._keys()
        window().scene.tool_settings.use_keyframe_insert_auto = False
        window().scene.lanet.dial = False
        eye.view_rotation, eye.view_perspective = before

    @staticmethod
    def _rotation() -> float:
        nodes = window().scene.world.node_tree.nodes
        return next(node for node in nodes if node.type == "MAPPING").inputs["Rotation"].default_value[2]

    @staticmethod
    def _keys() -> int:
        animation = window().scene.world.node_tree.animation_data
        curves = sys.modules[f"{MODULE}.world.light_group"].curves_of(animation) if animation else []
        return sum(len(curve.keyframe_points) for curve in curves)

    def _facts_of(self, image: bpy.types.Image):
        return self.session.facts.of(image)

    def _view(self):
        view = area_of("VIEW_3D")
        return bpy.context.temp_override(window=window(), area=view, region=region_of(view, "WINDOW"))

    def _make_scene(self) -> None:
        scene = window().scene
        world = scene.world
        world.use_nodes = True
        texture = world.node_tree.nodes.new("ShaderNodeTexEnvironment")
        texture.image = bpy.data.images.load(str(self.folder / "city.jpg"))
        world.node_tree.links.new(texture.outputs["Color"], world.node_tree.nodes["Background"].inputs["Color"])
        with bpy.context.temp_override(window=window()):
            bpy.ops.wm.save_as_mainfile(filepath=str(self.folder / "scene.blend"))
            bpy.ops.ed.undo_push(message="Light the scene")


if __name__ == "__main__":
    Lighter(*map(Path, sys.argv[-2:])).begin()

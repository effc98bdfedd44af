"""A dial in the 3D Viewport that turns the light, at the 3D cursor; its arrow points to the strongest light."""

from __future__ import annotations

import math
from typing import ClassVar

from bpy.types import Context, GizmoGroup
from mathutils import Matrix, Vector

from .. import session
from ..world.graph import find_environment_texture, remembered_pair
from ..world.map_rotation import mapping_of, turned
from ..world.rendered_world import rendered_world

_COLOUR, _COLOUR_HIGHLIGHT = (1.0, 0.7, 0.2), (1.0, 0.9, 0.5)
#: In Blender's unit for the size of gizmos.
_RADIUS = 1.4


class LightDial(GizmoGroup):
    """The dial; it shows where a world was converted and the scene's ``lanet.dial`` is on."""

    bl_idname = "LANET_GGT_light_dial"
    bl_label = "Light Dial"
    bl_space_type = "VIEW_3D"
    bl_region_type = "WINDOW"
    bl_options: ClassVar[set[str]] = {"3D", "PERSISTENT"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Return whether the dial is shown; called with every redraw."""
        scene = context.scene
        return scene is not None and scene.lanet.dial and remembered_pair(rendered_world(scene)) is not None

    def setup(self, context: Context) -> None:
        """Add the ring, which starts *Turn Light*, and the arrow, which cannot be clicked."""
        self._ring = self.gizmos.new("GIZMO_GT_dial_3d")
        self._ring.target_set_operator("lanet.turn_light").by_dial = True
        self._ring.use_draw_modal = True
        self._arrow = self.gizmos.new("GIZMO_GT_arrow_3d")
        self._arrow.hide_select = self._arrow.use_draw_modal = True
        self._arrow.length = 1.0
        for gizmo in (self._ring, self._arrow):
            gizmo.color, gizmo.color_highlight = _COLOUR, _COLOUR_HIGHLIGHT
            gizmo.alpha, gizmo.alpha_highlight = 0.8, 1.0
            gizmo.line_width = 3.0
            gizmo.scale_basis = _RADIUS

    def draw_prepare(self, context: Context) -> None:
        """Move it to the 3D cursor, and turn the arrow as the light."""
        place = Matrix.Translation(context.scene.cursor.location)
        self._ring.matrix_basis = place
        direction = _light_direction(context)
        azimuth = math.atan2(direction.y, direction.x)
        # The arrow of the gizmo points along Z.
        self._arrow.matrix_basis = place @ Matrix.Rotation(azimuth, 4, "Z") @ Matrix.Rotation(math.pi / 2.0, 4, "Y")


def _light_direction(context: Context) -> Vector:
    """Return the direction of the strongest light in world space; that of the panorama's middle while none is known."""
    scene = context.scene
    pair = remembered_pair(rendered_world(scene))
    lights = session.current().lights.of(pair.hdr) if pair is not None else None
    direction = Vector(lights[0]["direction"]) if lights else Vector((1.0, 0.0, 0.0))
    texture = find_environment_texture(scene)
    mapping = mapping_of(texture.node) if texture is not None else None
    return turned(direction, mapping) if mapping is not None else direction

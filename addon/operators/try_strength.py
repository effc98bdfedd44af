"""The steps next to the predicted range of the strength."""

from __future__ import annotations

from typing import ClassVar

from bpy.props import EnumProperty
from bpy.types import Context, Operator

from ..translation import tr
from ..world.graph import remembered_pair
from ..world.highlights import set_highlights
from ..world.rendered_world import rendered_world
from ..world.strength_range import range_of


class TryStrength(Operator):
    """Set Highlights to an end of the predicted range, or back to the prediction itself.

    Lamps of this world change by the same factor. Animated sliders and lamps are left alone.
    """

    bl_idname = "lanet.try_strength"
    bl_label = "Try Strength"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    end: EnumProperty(
        name="Strength",
        items=(
            ("LOW", "Low", "Set Highlights to the low end of the likely range"),
            ("PREDICTED", "Predicted", "Set Highlights to 0, the strength that the model predicted"),
            ("HIGH", "High", "Set Highlights to the high end of the likely range"),
        ),
        options={"HIDDEN", "SKIP_SAVE"},
    )

    @classmethod
    def description(cls, context: Context, properties: TryStrength) -> str:
        """Return the tooltip of a step."""
        items = properties.bl_rna.properties["end"].enum_items
        return items[properties.end].description

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Return whether the world was converted by a model that predicts a range."""
        pair = remembered_pair(rendered_world(context.scene)) if context.scene is not None else None
        if pair is None or range_of(pair.hdr) is None:
            cls.poll_message_set(tr("The world has no predicted range"))
            return False
        return True

    def execute(self, context: Context) -> set[str]:
        """Set the sliders."""
        scene = context.scene
        pair = remembered_pair(rendered_world(scene))
        limits = range_of(pair.hdr) if pair is not None else None
        if limits is None:  # poll() prevents it
            return {"CANCELLED"}
        low, high = limits
        ev = {"LOW": low, "PREDICTED": 0.0, "HIGH": high}[self.end]
        if not set_highlights(scene, ev):
            self.report({"WARNING"}, "Highlights is animated. It was left as it is.")
            return {"CANCELLED"}
        return {"FINISHED"}

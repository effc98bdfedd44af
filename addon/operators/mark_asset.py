"""The button that makes the world an asset."""

from __future__ import annotations

from typing import ClassVar

from bpy.types import Context, Event, Operator

from .. import session
from ..errors import AddonError
from ..settings import worker_settings
from ..translation import tr
from ..world.asset import mark_as_asset
from ..world.graph import remembered_pair
from ..world.rendered_world import rendered_world


class MarkWorldAsAsset(Operator):
    """Mark this scene's converted world as an asset, with a preview of its HDR image.

    From Python, ``bpy.ops.lanet.mark_world_as_asset()`` returns when the preview is there.
    """

    bl_idname = "lanet.mark_world_as_asset"
    bl_label = "Mark World as Asset"
    bl_description = "List this world in the Asset Browser, with a preview that shows its HDR image"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Return whether the world was converted."""
        if context.scene is None or remembered_pair(rendered_world(context.scene)) is None:
            cls.poll_message_set(tr("The world has no converted environment"))
            return False
        return True

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Mark it; the preview arrives a moment later."""
        return self._mark(context)

    def execute(self, context: Context) -> set[str]:
        """Mark it and return when the preview is there."""
        result = self._mark(context)
        session.current().worker.wait()
        return result

    def _mark(self, context: Context) -> set[str]:
        current, world = session.current(), rendered_world(context.scene)
        try:
            mark_as_asset(world, current.worker, worker_settings())
        except AddonError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        current.look_after()
        self.report({"INFO"}, tr("{name} is an asset now.", name=world.name if world is not None else ""))
        return {"FINISHED"}

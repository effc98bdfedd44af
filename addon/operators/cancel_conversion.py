"""The button next to the progress bar."""

from __future__ import annotations

from bpy.types import Context, Operator

from .. import session


class CancelConversion(Operator):
    """Stop the conversion; nothing is changed."""

    bl_idname = "lanet.cancel_conversion"
    bl_label = "Cancel Conversion"
    bl_description = "Stop the conversion; nothing is changed (Esc)"

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Return whether a conversion is running."""
        return session.current().conversion is not None

    def execute(self, context: Context) -> set[str]:
        """Cancel; the timer that advances the conversion ends it with its next tick."""
        conversion = session.current().conversion
        if conversion is not None:
            conversion.cancel()
        return {"FINISHED"}

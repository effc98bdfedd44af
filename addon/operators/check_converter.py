"""The button in the preferences."""

from __future__ import annotations

from bpy.types import Context, Operator

from .. import session


class CheckConverter(Operator):
    """Find out what runs the network with these preferences, and why a GPU does not."""

    bl_idname = "lanet.check_converter"
    bl_label = "Check What Runs"
    bl_description = "Find out what runs the network with these preferences, and why a GPU does not"

    def execute(self, context: Context) -> set[str]:
        """Send the request; the reply appears below the button."""
        session.current().provider.ask()
        return {"FINISHED"}

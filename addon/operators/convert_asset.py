"""The entry in the menu of the Asset Browser: light the scene by a world or an image, and convert it."""

from __future__ import annotations

from typing import ClassVar

import bpy
from bpy.types import ID, AssetRepresentation, Context, Event, Operator

from .. import session

#: The collections of a .blend file whose assets can be converted, by the type of the asset.
_COLLECTIONS = {"WORLD": "worlds", "IMAGE": "images"}


class ConvertAsset(Operator):
    """Light the scene by the world or the image of the Asset Browser, and convert it."""

    bl_idname = "lanet.convert_asset"
    bl_label = "Light Scene as HDR"
    bl_description = "Light the scene by this asset, and reconstruct the light that is clipped in its image"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Return whether the asset is a world or an image, and no conversion is running."""
        asset = getattr(context, "asset", None)
        return session.current().conversion is None and asset is not None and asset.id_type in _COLLECTIONS

    def execute(self, context: Context) -> set[str]:
        """Light and convert, and return when it is done."""
        return self._convert(context, "EXEC_DEFAULT")

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Light, and convert while Blender stays usable."""
        return self._convert(context, "EXEC_DEFAULT" if bpy.app.background else "INVOKE_DEFAULT")

    def _convert(self, context: Context, how: str) -> set[str]:
        datablock = _local(context.asset)
        if datablock is None:
            self.report({"ERROR"}, f"{context.asset.name}: The asset cannot be loaded. Refresh the library.")
            return {"CANCELLED"}
        if isinstance(datablock, bpy.types.World):
            context.scene.world = datablock
        else:
            context.scene.lanet.image = datablock
        bpy.ops.lanet.convert_environment(how)
        return {"FINISHED"}


def _local(asset: AssetRepresentation) -> ID | None:
    """Return the datablock of an asset in this .blend file; one of a library is appended."""
    if asset.local_id is not None:
        return asset.local_id
    collection = _COLLECTIONS[asset.id_type]
    try:
        with bpy.data.libraries.load(asset.full_library_path, link=False) as (source, target):
            if asset.name not in getattr(source, collection):
                return None
            setattr(target, collection, [asset.name])
    except OSError:
        return None
    return getattr(target, collection)[0]

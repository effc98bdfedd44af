"""The error that the extension raises on purpose."""


class AddonError(Exception):
    """Something that the artist can act on; its text is shown as it is.

    The extension does not import ``lanet_core`` into Blender, it only runs it: the converter's own errors arrive from
    the worker as text.
    """

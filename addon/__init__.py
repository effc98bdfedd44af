"""The Blender extension, described by ``blender_manifest.toml``.

It may import ``bpy`` but never ``torch``: conversion runs in a process of its own through ``lanet_core``. Blender's
modules are imported by :func:`register` alone, so that what needs no Blender can be imported without it.
"""


def register() -> None:
    """Enable the extension; called by Blender."""
    from . import registration

    registration.register()


def unregister() -> None:
    """Disable it; called by Blender."""
    from . import registration

    registration.unregister()

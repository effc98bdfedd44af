"""The room of the Blender extension, described by ``blender_manifest.toml``. Nothing is in it yet.

It will hold operators, panels and the world's node graph, and may import ``bpy`` but never ``torch``:
conversion runs in a process of its own through ``lanet_core``.
"""

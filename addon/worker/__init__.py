"""The converter's process, seen from Blender."""

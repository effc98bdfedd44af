"""Conversions of a scene, an image or files; result paths."""

"""Conversion from file to file; the worker process for Blender."""

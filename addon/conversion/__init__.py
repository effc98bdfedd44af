"""Conversions: of a scene, of an image, of several files; where results are stored."""

"""Geometry of panoramas and plain images: pixels, directions, solid angles, resampling."""

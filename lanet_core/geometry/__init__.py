"""Pixels, directions, solid angles, resampling, projections."""

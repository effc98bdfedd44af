"""Measures of how close an image comes to the truth."""

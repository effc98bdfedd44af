"""Measures of how close a panorama comes to the truth."""

"""Measurements of models over data sets."""

"""The methods that are compared: one baseline a file, LDR panorama in, linear HDR panorama out.

To add a baseline, write a file with a class that has a ``record`` and a ``predict`` (see :class:`Method`) and enter its
name in :mod:`render_eval.methods.parsing`.
"""

from render_eval.methods.method import Method, MethodError, Photograph, PredictionError, checked_prediction
from render_eval.methods.parsing import KNOWN_METHODS, MethodOptions, parse_methods

__all__ = [
    "KNOWN_METHODS",
    "Method",
    "MethodError",
    "MethodOptions",
    "Photograph",
    "PredictionError",
    "checked_prediction",
    "parse_methods",
]

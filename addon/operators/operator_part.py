"""Base class of what operators have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a type checker sees the methods of the operator that the part belongs to
    import bpy

    OperatorPart = bpy.types.Operator
else:
    OperatorPart = object

__all__ = ["OperatorPart"]

"""One JSON object per converted file, as ``--json`` prints it; docs/json.md describes the fields."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def conversion_record(source: Path, output: Path, status: str, facts: Mapping[str, Any] | None = None) -> dict:
    """Return what is reported of a file.

    Args:
        source: the input file.
        output: the result's file.
        status: ``converted``, ``skipped`` or ``failed``.
        facts: of the conversion, see :meth:`lanet_core.pipeline.result.Conversion.facts`.
    """
    return {"input": os.fspath(source), "output": os.fspath(output), "status": status, **(facts or {})}


def error_facts(kind: str, message: str) -> dict[str, Any]:
    """Return what is reported of a failure: the error's class and its whole message."""
    return {"error": {"kind": kind, "message": message}}


def line_of(record: Mapping[str, Any]) -> str:
    """Return a record as one line of ASCII, without NaN.

    Bytes of a name that are not UTF-8 are escaped as surrogates (PEP 383), which Python's ``os.fsencode`` undoes.
    """
    return json.dumps(record, allow_nan=False)

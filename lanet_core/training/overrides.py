"""Overrides of a training configuration on the command line: ``loss.glossy=0.5``, ``stages.0.steps=200``.

The type of the field decides how its value is read, so a misspelt name or a value of another type is an error before
the first step. The result is a configuration like any other: a checkpoint holds it, and its hash covers the overrides.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from lanet_core.errors import DataError
from lanet_core.files.replacing import replacing
from lanet_core.training.configuration import Configuration, from_dict

#: The file of a run's folder that records its configuration and what was overridden.
RECORD = "configuration.json"

_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def override(configuration: Configuration, assignments: Sequence[str]) -> Configuration:
    """Return a configuration with some of its values replaced, all at once.

    Args:
        configuration: what to start from.
        assignments: ``PATH=VALUE`` each. A path is names and indices separated by dots, such as ``stages.0.steps``.
            A value is read by its field's type; elements of a tuple are separated by commas.

    Raises:
        DataError: there is no such field, the value is not of its type, or the result is not valid.
    """
    if not assignments:
        return configuration
    values = configuration.to_dict()
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not (path and equals):
            raise DataError(f"--set {assignment} is not PATH=VALUE.", remedy="Write, for example, loss.glossy=0.5.")
        try:
            _assign(values, type(configuration), path.strip().split("."), text.strip())
        except ValueError as error:
            raise DataError(f"--set {assignment} is not valid: {error}.") from error
    return from_dict(values)


def write_record(folder: Path, configuration: Configuration, assignments: Sequence[str]) -> None:
    """Write ``configuration.json`` into a run's folder: the values in use, their hash and the overrides.

    Args:
        folder: an existing folder.
        configuration: what the run trains.
        assignments: as given to :func:`override`.

    Raises:
        OutputError: the file cannot be written.
    """
    record = {
        "configuration": configuration.to_dict(),
        "sha256": configuration.sha256,
        "overrides": list(assignments),
    }
    with replacing(folder / RECORD) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _assign(values: Any, kind: Any, path: list[str], text: str) -> None:
    """Replace the part of plain values at ``path`` by what ``text`` means there.

    Args:
        values: a dict or list of the configuration, changed in place.
        kind: the dataclass or tuple that it stands for.
        path: names and indices.
        text: the value as written.

    Raises:
        ValueError: there is no such part, or the text is not of its type.
    """
    name, *rest = path
    if dataclasses.is_dataclass(kind):
        kinds = typing.get_type_hints(kind)
        if name not in kinds:
            raise ValueError(f"there is no {name!r}; known are {', '.join(kinds)}")
        key, part_kind = name, kinds[name]
    elif typing.get_origin(kind) is tuple:
        if not name.isdecimal() or int(name) >= len(values):
            raise ValueError(f"{name!r} is not one of the indices 0 to {len(values) - 1}")
        key, part_kind = int(name), _element_kind(kind, int(name))
    else:
        raise ValueError(f"there is no {name!r} in a single value")
    if rest:
        _assign(values[key], part_kind, rest, text)
    else:
        values[key] = _read(part_kind, text)


def _element_kind(kind: Any, index: int) -> Any:
    kinds = typing.get_args(kind)
    return kinds[0] if len(kinds) == 2 and kinds[1] is Ellipsis else kinds[index]


def _read(kind: Any, text: str) -> Any:
    """Return the value of a type that a text stands for."""
    origin = typing.get_origin(kind)
    if origin is Literal:
        allowed = {str(each): each for each in typing.get_args(kind)}
        if text not in allowed:
            raise ValueError(f"{text!r} is not one of {', '.join(allowed)}")
        return allowed[text]
    if origin in (typing.Union, types.UnionType):
        kinds = typing.get_args(kind)
        if text.lower() == "none" and type(None) in kinds:
            return None
        return _read(next(each for each in kinds if each is not type(None)), text)
    if origin is tuple:
        texts = [each.strip() for each in text.strip("[]()").split(",")]
        kinds = typing.get_args(kind)
        if kinds[-1] is not Ellipsis and len(texts) != len(kinds):
            raise ValueError(f"{len(texts)} values instead of {len(kinds)}")
        return [_read(_element_kind(kind, index), each) for index, each in enumerate(texts)]
    if kind is bool:
        if text.lower() not in _WORDS:
            raise ValueError(f"{text!r} is neither true nor false")
        return _WORDS[text.lower()]
    if kind in (int, float, str):
        return kind(text)
    raise ValueError("it is a section; set one of its values")

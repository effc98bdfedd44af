"""Reading a TOML table key by key: every bad value is an error that names the file and the key."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from lanet_core.errors import DataError


class SceneDescriptionError(DataError):
    """A scene's description is missing, not TOML, or has a key that is missing, unknown or out of range."""


class Table:
    """One table of a file, whose keys are taken one after another.

    Args:
        values: the table as plain values.
        path: the file, for messages.
        name: the table's own key, for messages; empty for the whole file.

    Every method raises :class:`SceneDescriptionError` for a value that is missing, of another type or out of range.
    """

    def __init__(self, values: Any, path: Path | None, name: str = "") -> None:
        self._path = path
        self._name = name
        if not isinstance(values, dict):
            raise SceneDescriptionError(f"{name or 'The scene'} is not a table.", path=path)
        self._values = values
        self._taken: set[str] = set()

    def number(self, key: str, low: float, high: float, default: float | None = None) -> float:
        """Take a finite number in [low, high]."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.wrong(key, f"a number from {low:g} to {high:g}")
        return float(value)

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """Take a whole number in [low, high]."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.wrong(key, f"a whole number from {low} to {high}")
        return value

    def flag(self, key: str, default: bool | None = None) -> bool:
        """Take true or false."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """Take a text that is not empty."""
        value = self._take(key, default)
        if not isinstance(value, str) or not value:
            raise self.wrong(key, "a text")
        return value

    def triple(self, key: str, low: float = -math.inf, high: float = math.inf) -> tuple[float, float, float]:
        """Take three finite numbers in [low, high]."""
        value = self._take(key, None)
        limits = f" from {low:g} to {high:g}" if math.isfinite(low) else ""
        if not isinstance(value, list | tuple) or len(value) != 3 or not all(_is_within(x, low, high) for x in value):
            raise self.wrong(key, f"a list of three numbers{limits}")
        first, second, third = (float(each) for each in value)
        return first, second, third

    def table(self, key: str) -> Table:
        """Take a table within the table."""
        return Table(self._take(key, None), self._path, self._full(key))

    def tables(self, key: str) -> list[Table]:
        """Take a list of tables, empty where the key is missing."""
        values = self._take(key, [])
        if not isinstance(values, list | tuple):
            raise self.wrong(key, f"a list of tables, [[{self._full(key)}]]")
        return [Table(each, self._path, f"{self._full(key)}[{index}]") for index, each in enumerate(values)]

    def named_tables(self) -> dict[str, Table]:
        """Take every key as the name of a table."""
        return {key: self.table(key) for key in self._values}

    def has(self, key: str) -> bool:
        """Return whether the key is there."""
        return key in self._values

    def finish(self) -> None:
        """Raise an error for keys that were not read: they are misspelt."""
        unknown = sorted(str(key) for key in self._values.keys() - self._taken)
        if unknown:
            raise SceneDescriptionError(
                f"{self._full(unknown[0])} is unknown.",
                path=self._path,
                remedy=f"The keys here are: {', '.join(sorted(self._taken))}.",
            )

    def wrong(self, key: str, wanted: str) -> SceneDescriptionError:
        """Return the error for a value that is not what was wanted."""
        return SceneDescriptionError(f"{self._full(key)} is {self._values[key]!r}, not {wanted}.", path=self._path)

    def _take(self, key: str, default: Any) -> Any:
        self._taken.add(key)
        if key in self._values:
            return self._values[key]
        if default is None:
            raise SceneDescriptionError(f"{self._full(key)} is missing.", path=self._path)
        return default

    def _full(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key


def _is_within(value: Any, low: float, high: float) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and low <= value <= high

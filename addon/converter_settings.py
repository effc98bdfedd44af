"""Settings of the converter: how its worker runs, and how images are converted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .files.result_files import PATTERN


@dataclass(frozen=True)
class WorkerSettings:
    """How the worker runs; see :class:`addon.worker.client.WorkerClient`."""

    model: str | None = None
    provider: str = "auto"
    threads: int | None = None
    idle_s: float = 300.0


@dataclass(frozen=True)
class ConversionSettings:
    """Preferences for a conversion.

    Attributes:
        worker: how the worker runs.
        folder: where results go, see :func:`addon.conversion.output_paths.output_place`.
        pattern: pattern of their names, see the same function.
        precision: ``HALF`` and ``FLOAT`` write 16-bit and 32-bit floats; ``AUTO`` writes 16-bit floats if they can hold
            the brightest value.
        reading: how images are to be understood, besides what is chosen for each, see
            :mod:`addon.source.reading_choice`.
        lights: find the concentrated lights of the result.
        pack: pack the result into the .blend, see :mod:`addon.world.packing`.
    """

    worker: WorkerSettings = field(default_factory=WorkerSettings)
    folder: str = ""
    pattern: str = PATTERN
    precision: str = "AUTO"
    pack: bool = False
    lights: bool = False
    reading: Mapping[str, object] = field(default_factory=dict)

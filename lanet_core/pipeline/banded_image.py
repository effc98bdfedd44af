"""An image that is converted band by band: its light, its reconstruction, and what the network has made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lanet_core.inference.session import Prediction
from lanet_core.reconstruction.measured_light import CompletedLight, MeasuredLight
from lanet_core.reconstruction.painted_areas import PaintedAreas
from lanet_core.reconstruction.surface_calibration import SurfaceFactor
from lanet_core.reconstruction.white_level import WhiteLevel


class LdrSource(Protocol):
    """An image whose light is made band by band."""

    @property
    def height(self) -> int:
        """Rows."""
        ...

    @property
    def width(self) -> int:
        """Columns."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """Remarks for the user on how the image was read, one sentence each."""
        ...

    @property
    def measured(self) -> MeasuredLight | None:
        """Light above white that was measured, None where there is none."""
        ...

    def linear_rows(self, first: int, end: int, /) -> np.ndarray:
        """Return the light of some rows: (n, W, 3) float32, linear Rec.709, [0, 1]; called from several threads."""
        ...

    def bands(self) -> list[tuple[int, int]]:
        """Return where each of the bands begins and ends in which the image is best worked on."""
        ...


class BandReconstruction(Protocol):
    """Makes HDR bands of LDR bands, once it has observed them all and the network's prediction is known."""

    @property
    def overexposed_fraction(self) -> float:
        """The share of the image's area that is over-exposed, [0, 1], once every band has been observed."""
        ...

    def observe(self, ldr_linear_band: np.ndarray, first_row: int, /) -> None:
        """Measure a band of the image; every row is to be observed once."""

    def band(self, ldr_linear_band: np.ndarray, first_row: int, /) -> np.ndarray:
        """Return the HDR band for a band of the image."""
        ...


#: Returns the (n, W) expected error in stops for a band of the image and its first row.
UncertaintyOfBand = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class Solved:
    """An image for which the network has run.

    Attributes:
        reconstruction: ready to make the result.
        prediction: the network's.
        white: the image's white level.
        network_seconds: how long the network took.
        painted: areas of the image that emit no light.
        completed: gives the result where light above white was measured; None where it was not.
        calibration: the factor of the added radiance that a surface has given; None if none was requested.
    """

    reconstruction: BandReconstruction
    prediction: Prediction
    white: WhiteLevel
    network_seconds: float
    painted: PaintedAreas
    completed: CompletedLight | None = None
    calibration: SurfaceFactor | None = None

    @property
    def added_factor(self) -> float:
        """Factor of the added radiance."""
        return self.calibration.factor if self.calibration is not None and self.calibration.factor else 1.0

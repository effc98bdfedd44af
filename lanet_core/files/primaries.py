"""RGB primaries: from chromaticities to matrices, adapted to the white point by Bradford.

Sources: SMPTE RP 177-1993 (RGB to XYZ from chromaticities); ICC.1:2022, Annex E (the Bradford matrix, the
profile connection space's D50 white).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lanet_core.colour import REC709_CHROMATICITIES

#: XYZ of the ICC profile connection space's white point (ICC.1:2022, 7.2.16).
D50_XYZ = np.array([0.9642, 1.0, 0.8249])

_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def rgb_to_xyz(chromaticities: Sequence[float]) -> np.ndarray:
    """Return the matrix from linear RGB to CIE XYZ, white at Y = 1.

    Args:
        chromaticities: CIE xy of red, green, blue and white: eight numbers.

    Returns:
        (3, 3) float64.

    Raises:
        numpy.linalg.LinAlgError: the primaries are on one line.
    """
    primaries = np.array([_xyz(*chromaticities[i : i + 2]) for i in (0, 2, 4)]).T
    return primaries * np.linalg.solve(primaries, _xyz(*chromaticities[6:8]))


def _xyz(x: float, y: float) -> np.ndarray:
    return np.array([x / y, 1.0, (1.0 - x - y) / y])


def adaptation(white_xyz: np.ndarray, new_white_xyz: np.ndarray) -> np.ndarray:
    """Return the Bradford matrix that takes colours under one white to another: (3, 3) float64."""
    gain = (_BRADFORD @ new_white_xyz) / (_BRADFORD @ white_xyz)
    return np.linalg.solve(_BRADFORD, gain[:, None] * _BRADFORD)


def d50_xyz_to_rec709() -> np.ndarray:
    """Return the matrix from XYZ under D50 to linear Rec.709: (3, 3) float64."""
    rec709 = rgb_to_xyz(REC709_CHROMATICITIES)
    return np.linalg.inv(adaptation(rec709.sum(axis=1), D50_XYZ) @ rec709)


def to_rec709(chromaticities: Sequence[float]) -> np.ndarray:
    """Return the matrix from linear RGB of any primaries and white to linear Rec.709.

    Args:
        chromaticities: CIE xy of red, green, blue and white: eight numbers.

    Returns:
        (3, 3) float64; white goes to white.

    Raises:
        numpy.linalg.LinAlgError: the primaries are on one line, or the numbers define no matrix.
    """
    source = rgb_to_xyz(chromaticities)
    rec709 = rgb_to_xyz(REC709_CHROMATICITIES)
    matrix = np.linalg.solve(rec709, adaptation(source.sum(axis=1), rec709.sum(axis=1)) @ source)
    if not np.isfinite(matrix).all():
        raise np.linalg.LinAlgError("the chromaticities define no matrix")
    return matrix

"""Cube maps: crosses and rows of six faces, resampled to an equirectangular panorama.

Faces are seen from inside. In a horizontal cross the row in the middle is left, front, right, back, with up above and
down below front. In a vertical cross back is upside down below down. A row or column is right, left, up, down, front,
back: the order +X, −X, +Y, −Y, +Z, −Z of OpenGL and DDS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lanet_core.geometry import sphere
from lanet_core.geometry.image_light import ImageLight, resampled

FACES = ("front", "back", "left", "right", "up", "down")


@dataclass(frozen=True)
class CubeLayout:
    """Where the faces are in an image.

    Attributes:
        rows: of faces.
        columns: of faces.
        cells: row and column of each face.
        turned: faces that are turned by half a turn.
        name: for messages.
    """

    rows: int
    columns: int
    cells: Mapping[str, tuple[int, int]]
    turned: frozenset[str] = frozenset()
    name: str = "cube map"

    def empty_cells(self) -> list[tuple[int, int]]:
        """Return the cells without a face."""
        cells = [(row, column) for row in range(self.rows) for column in range(self.columns)]
        return [cell for cell in cells if cell not in self.cells.values()]


_MIDDLE = {"left": (1, 0), "front": (1, 1), "right": (1, 2)}
_ROW = ("right", "left", "up", "down", "front", "back")
LAYOUTS = (
    CubeLayout(3, 4, _MIDDLE | {"back": (1, 3), "up": (0, 1), "down": (2, 1)}, name="a cube map in a horizontal cross"),
    CubeLayout(
        4,
        3,
        _MIDDLE | {"up": (0, 1), "down": (2, 1), "back": (3, 1)},
        turned=frozenset({"back"}),
        name="a cube map in a vertical cross",
    ),
    CubeLayout(1, 6, {face: (0, n) for n, face in enumerate(_ROW)}, name="a cube map of six faces in a row"),
    CubeLayout(6, 1, {face: (n, 0) for n, face in enumerate(_ROW)}, name="a cube map of six faces in a column"),
)


def cube_to_sphere(light: ImageLight, layout: CubeLayout) -> ImageLight:
    """Return the equirectangular panorama of a cube map, four faces wide.

    Args:
        light: the image with the faces.
        layout: where they are.

    Returns:
        (2 s, 4 s) for faces of s pixels, the front in its middle; bilinear within each face.
    """
    side = light.height // layout.rows
    size = (2 * side, 4 * side)
    theta, phi = sphere.zenith_angles_rad(size[0]), sphere.azimuths_rad(size[1])

    def pixels(row: np.ndarray, column: np.ndarray) -> np.ndarray:
        x = np.sin(theta[row]) * np.cos(phi[column])
        y = np.sin(theta[row]) * np.sin(phi[column])
        face, u, v = _on_faces(x, y, np.cos(theta[row]))
        result = np.empty((*row.shape, 3), dtype=np.float32)
        for number, name in enumerate(FACES):
            here = face == number
            if here.any():
                result[here] = _sampled(light, layout, name, side, u[here], v[here])
        return result

    return resampled(*size, pixels)


def _on_faces(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the face that each direction meets, and where on it: right and down from its middle, [-1, 1]."""
    size = np.stack([np.abs(x), np.abs(y), np.abs(z)])
    axis = size.argmax(axis=0)
    face = np.choose(axis, [np.where(x > 0, 0, 1), np.where(y > 0, 2, 3), np.where(z > 0, 4, 5)])
    longest = size.max(axis=0)
    u = np.choose(face, [-y, y, x, -x, -y, -y]) / longest
    v = np.choose(face, [-z, -z, -z, -z, x, -x]) / longest
    return face, u, v


def _sampled(light: ImageLight, layout: CubeLayout, face: str, side: int, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    if face in layout.turned:
        u, v = -u, -v
    column = np.clip((u + 1.0) / 2.0 * side - 0.5, 0.0, side - 1.0)
    row = np.clip((v + 1.0) / 2.0 * side - 0.5, 0.0, side - 1.0)
    top, left = row.astype(np.intp), column.astype(np.intp)
    bottom, right = np.minimum(top + 1, side - 1), np.minimum(left + 1, side - 1)
    down, across = ((row - top)[:, None].astype(np.float32), (column - left)[:, None].astype(np.float32))
    row_at, column_at = (side * cell for cell in layout.cells[face])

    def at(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return light.pixels(rows + row_at, columns + column_at)

    upper = (1.0 - across) * at(top, left) + across * at(top, right)
    lower = (1.0 - across) * at(bottom, left) + across * at(bottom, right)
    return (1.0 - down) * upper + down * lower

"""Look-up tables of ICC profiles: from device values to the profile connection space.

Source: ICC.1:2022, 10.10 (lut16Type), 10.11 (lut8Type), 10.12 (lutAToBType), 6.3.4 (encodings of the profile connection
space); CIE 15:2018, 8.2.1 (CIELAB).
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable, Sequence

import numpy as np

from lanet_core.files.primaries import D50_XYZ, d50_xyz_to_rec709
from lanet_core.files.tone_curve import ToneCurve, parse_tone_curve

#: From (..., n) float values in [0, 1] to (..., m).
Stage = Callable[[np.ndarray], np.ndarray]

#: What 1.0 of an XYZ that is encoded with 16 bits means: 0xFFFF is 1 + 32767/32768.
_XYZ_SCALE = 1.0 + 32767.0 / 32768.0
_LARGEST_TABLE = 1 << 24


def parse_table(tag: bytes, connection_space: bytes) -> Callable[[np.ndarray], np.ndarray]:
    """Return the transform of an ``A2B0`` or ``A2B1`` tag.

    Args:
        tag: the tag's data, type signature included.
        connection_space: ``b"XYZ "`` or ``b"Lab "``.

    Returns:
        A function from (..., n) device values in [0, 1], n the profile's channels, to (..., 3) linear Rec.709,
        white at 1, unclipped.

    Raises:
        ValueError: the table is of an unknown type, cut short or too large. The message is a clause.
    """
    try:
        kind = tag[:4]
        if kind in (b"mft1", b"mft2"):
            stages, legacy = _stages_of_lut(tag), kind == b"mft2"
        elif kind == b"mAB ":
            stages, legacy = _stages_of_a_to_b(tag), False
        else:
            raise ValueError("its look-up tables are of an unknown type")
    except (struct.error, IndexError) as error:
        raise ValueError("its look-up tables are cut short") from error
    to_xyz = _xyz_of_lab(legacy) if connection_space == b"Lab " else lambda values: values * _XYZ_SCALE
    matrix = d50_xyz_to_rec709().T

    def transform(device: np.ndarray) -> np.ndarray:
        values = np.asarray(device, dtype=np.float64)
        for stage in stages:
            values = stage(values)
        return to_xyz(values) @ matrix

    return transform


def _stages_of_lut(tag: bytes) -> list[Stage]:
    inputs, outputs, grid = tag[8], tag[9], tag[10]
    if tag[:4] == b"mft1":
        in_entries, out_entries, start, kind = 256, 256, 48, "u1"
    else:
        in_entries, out_entries = struct.unpack_from(">HH", tag, 48)
        start, kind = 52, ">u2"
    sizes = (inputs * in_entries, grid**inputs * outputs, outputs * out_entries)
    if outputs != 3 or grid < 2 or min(in_entries, out_entries) < 2 or sizes[1] > _LARGEST_TABLE:
        raise ValueError("its look-up tables are not usable")
    values = _numbers(tag, start, sum(sizes), kind)
    first, cube, last = np.split(values, np.cumsum(sizes)[:-1])
    return [
        _curves([_sampled_curve(curve) for curve in first.reshape(inputs, in_entries)]),
        _cube(cube.reshape(*(grid,) * inputs, outputs)),
        _curves([_sampled_curve(curve) for curve in last.reshape(outputs, out_entries)]),
    ]


def _stages_of_a_to_b(tag: bytes) -> list[Stage]:
    inputs, outputs = tag[8], tag[9]
    b_at, matrix_at, m_at, cube_at, a_at = struct.unpack_from(">5I", tag, 12)
    if outputs != 3 or not b_at or not (cube_at or inputs == outputs):
        raise ValueError("its look-up tables are not usable")
    stages: list[Stage] = []
    if a_at and cube_at:
        stages.append(_curves(_curve_sequence(tag, a_at, inputs)))
    if cube_at:
        shape = tuple(tag[cube_at : cube_at + inputs])
        count = int(np.prod(shape, dtype=np.int64)) * outputs
        if min(shape) < 2 or count > _LARGEST_TABLE:
            raise ValueError("its look-up tables are not usable")
        values = _numbers(tag, cube_at + 20, count, "u1" if tag[cube_at + 16] == 1 else ">u2")
        stages.append(_cube(values.reshape(*shape, outputs)))
    if m_at and matrix_at:
        numbers = np.array(struct.unpack_from(">12i", tag, matrix_at)) / 65536.0
        matrix, offset = numbers[:9].reshape(3, 3).T, numbers[9:]
        stages.append(_curves(_curve_sequence(tag, m_at, outputs)))
        stages.append(lambda values: values @ matrix + offset)
    stages.append(_curves(_curve_sequence(tag, b_at, outputs)))
    return stages


def _numbers(tag: bytes, start: int, count: int, kind: str) -> np.ndarray:
    if start + count * np.dtype(kind).itemsize > len(tag):
        raise ValueError("its look-up tables are cut short")
    return np.frombuffer(tag, kind, count, start) / float(np.iinfo(kind).max)


def _curve_sequence(tag: bytes, start: int, count: int) -> list[ToneCurve]:
    curves = []
    for _ in range(count):
        curves.append(parse_tone_curve(tag[start:]))
        if tag[start : start + 4] == b"curv":
            size = 12 + 2 * struct.unpack_from(">I", tag, start + 8)[0]
        else:
            size = 12 + 4 * (1, 3, 4, 5, 7)[struct.unpack_from(">H", tag, start + 8)[0]]
        start += size + -size % 4
    return curves


def _sampled_curve(samples: np.ndarray) -> ToneCurve:
    positions = np.linspace(0.0, 1.0, len(samples))
    return lambda values: np.interp(values, positions, samples)


def _curves(curves: Sequence[ToneCurve]) -> Stage:
    def apply(values: np.ndarray) -> np.ndarray:
        values = np.clip(values, 0.0, 1.0)
        return np.stack([curve(values[..., channel]) for channel, curve in enumerate(curves)], axis=-1)

    return apply


def _cube(table: np.ndarray) -> Stage:
    """Return multilinear interpolation in an n-dimensional table whose last axis is the output."""
    grid = np.array(table.shape[:-1])

    def apply(values: np.ndarray) -> np.ndarray:
        at = np.clip(values, 0.0, 1.0) * (grid - 1)
        low = np.minimum(at.astype(np.intp), grid - 2)
        share = at - low
        result = np.zeros((*values.shape[:-1], table.shape[-1]))
        for corner in itertools.product((0, 1), repeat=len(grid)):
            weight = np.prod(np.where(corner, share, 1.0 - share), axis=-1, keepdims=True)
            result += weight * table[tuple(np.moveaxis(low + np.array(corner), -1, 0))]
        return result

    return apply


def _xyz_of_lab(legacy: bool) -> Stage:
    """Return the decoding of CIELAB in [0, 1] to XYZ; the legacy encoding has white at 0xFF00."""
    scale = 65535.0 / 65280.0 if legacy else 1.0

    def apply(values: np.ndarray) -> np.ndarray:
        lightness, a, b = np.moveaxis(values * scale, -1, 0)
        y = (100.0 * lightness + 16.0) / 116.0
        f = np.stack([y + (255.0 * a - 128.0) / 500.0, y, y - (255.0 * b - 128.0) / 200.0], axis=-1)
        delta = 6.0 / 29.0
        return D50_XYZ * np.where(f > delta, f**3, 3.0 * delta * delta * (f - 4.0 / 29.0))

    return apply

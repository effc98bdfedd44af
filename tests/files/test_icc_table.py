"""Profiles made of look-up tables, against LittleCMS."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from image_files import (
    DISPLAY_P3_COLORANTS,
    SRGB_COLORANTS,
    SRGB_CURVE,
    colour_cube8,
    icc_profile,
    matrix_profile,
    parametric_curve,
    s15_fixed16,
    sampled_curve,
)
from littlecms import as_littlecms_sees_it
from PIL import Image

from lanet_core import colour, errors
from lanet_core.files import read_ldr
from lanet_core.files.icc import parse_profile, profile_code_points

GRID = 17
D50 = np.array([0.9642, 1.0, 0.8249])
LINEAR = sampled_curve()


def srgb_curve(encoded):
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def lab(xyz: np.ndarray) -> np.ndarray:
    """CIE 15:2018, 8.2.1."""
    ratio = xyz / D50
    f = np.where(ratio > (24 / 116) ** 3, np.cbrt(ratio), 841 / 108 * ratio + 16 / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def cube(is_linear: bool) -> np.ndarray:
    """Return the XYZ of Display P3 at each point of the table; linear device values where curves come first."""
    axis = np.linspace(0.0, 1.0, GRID)
    device = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
    return (device if is_linear else srgb_curve(device)) @ np.transpose(DISPLAY_P3_COLORANTS)


def codes16(values: np.ndarray, white: int = 65535) -> bytes:
    return np.clip(np.rint(values * white), 0, 65535).astype(">u2").tobytes()


IDENTITY = s15_fixed16(1, 0, 0, 0, 1, 0, 0, 0, 1)


def lut8() -> bytes:
    values = lab(cube(False)) / [100, 255, 255] + [0, 128 / 255, 128 / 255]
    ramp = bytes(range(256)) * 3
    return b"mft1" + bytes(4) + bytes([3, 3, GRID, 0]) + IDENTITY + ramp + (codes16(values)[::2]) + ramp


def lut16(space: str) -> bytes:
    curve = codes16(srgb_curve(np.linspace(0, 1, 1024)) if space == "XYZ" else np.array([0.0, 1.0]))
    entries = 1024 if space == "XYZ" else 2
    if space == "XYZ":
        table = codes16(cube(True), 32768)
    else:
        table = codes16((lab(cube(False)) / [100, 255, 255] + [0, 128 / 255, 128 / 255]), 65280)
    head = b"mft2" + bytes(4) + bytes([3, 3, GRID, 0]) + IDENTITY + struct.pack(">HH", entries, 2)
    return head + curve * 3 + table + codes16(np.array([0.0, 1.0])) * 3


def a_to_b(space: str) -> bytes:
    """Return lutAToBType: A curves, table, M curves, matrix, B curves for XYZ; table and B curves alone for Lab."""
    parts: dict[str, bytes] = {}
    if space == "XYZ":
        axis = np.linspace(0.0, 1.0, GRID)
        device = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
        scale = 32768 / 65535
        parts["b"] = LINEAR_PADDED * 3
        parts["matrix"] = s15_fixed16(*(np.array(DISPLAY_P3_COLORANTS) * scale).ravel(), 0, 0, 0)
        parts["m"] = SRGB_CURVE * 3
        table = codes16(device)
    else:
        parts["b"] = LINEAR_PADDED * 3
        table = codes16(lab(cube(False)) / [100, 255, 255] + [0, 128 / 255, 128 / 255])
    parts["table"] = bytes([GRID] * 3).ljust(16, b"\0") + bytes([2, 0, 0, 0]) + table
    parts["a"] = parametric_curve(0, 1.0) * 3
    offsets, body = {}, b""
    for name, part in parts.items():
        offsets[name] = 32 + len(body)
        body += part + bytes(-len(part) % 4)
    order = ("b", "matrix", "m", "table", "a")
    return b"mAB " + bytes(4) + bytes([3, 3, 0, 0]) + struct.pack(">5I", *(offsets.get(n, 0) for n in order)) + body


LINEAR_PADDED = LINEAR + bytes(-len(LINEAR) % 4)


def table_profile(tag: bytes, space: str, name: bytes = b"A2B0", version: int = 4) -> bytes:
    profile = bytearray(icc_profile({name: tag}, version=version))
    profile[20:24] = {"XYZ": b"XYZ ", "Lab": b"Lab "}[space]
    return bytes(profile)


PROFILES = {
    "lut8, Lab": table_profile(lut8(), "Lab", version=2),
    "lut16, XYZ": table_profile(lut16("XYZ"), "XYZ", version=2),
    "lut16, Lab": table_profile(lut16("Lab"), "Lab", version=2),
    "lutAToB, XYZ": table_profile(a_to_b("XYZ"), "XYZ"),
    "lutAToB, Lab": table_profile(a_to_b("Lab"), "Lab"),
    "colorimetric": table_profile(a_to_b("Lab"), "Lab", name=b"A2B1"),
}


@pytest.mark.parametrize("name", PROFILES)
def test_tables_as_littlecms_applies_them(tmp_path, name):
    rgb8 = colour_cube8(GRID)
    path = tmp_path / "image.tif"
    Image.fromarray(rgb8).save(path, icc_profile=PROFILES[name])
    image = read_ldr(path)
    assert image.warnings == ()
    ours = colour.quantise_srgb8(image.rgb_linear).astype(int)
    difference = np.abs(ours - as_littlecms_sees_it(rgb8, PROFILES[name]).astype(int))
    assert difference.max() <= 2
    assert difference.mean() < 0.2
    assert np.abs(ours - rgb8.astype(int)).max() > 10  # the profile does matter here


@pytest.mark.parametrize("name", PROFILES)
def test_tables_are_the_matrix_profile_that_they_were_made_of(name):
    device = np.random.default_rng(0).random((16, 16, 3)) * 0.8 + 0.1
    rgb = parse_profile(PROFILES[name]).table(device)
    encoding = parse_profile(matrix_profile(DISPLAY_P3_COLORANTS, SRGB_CURVE))
    expected = srgb_curve(device) @ encoding.to_rec709.T
    # A table of 17 points without curves is interpolated between its points.
    np.testing.assert_allclose(rgb, expected, atol=1e-3 if "XYZ" in name else 0.03)


def test_a_table_precedes_a_matrix():
    matrix = matrix_profile(SRGB_COLORANTS, SRGB_CURVE)
    both = icc_profile({b"A2B0": a_to_b("XYZ")} | tags_of(matrix))
    assert parse_profile(both).table is not None


def test_a_matrix_takes_the_place_of_a_damaged_table():
    matrix = matrix_profile(DISPLAY_P3_COLORANTS, SRGB_CURVE)
    both = icc_profile({b"A2B0": b"mft2" + bytes(60)} | tags_of(matrix))
    encoding = parse_profile(both)
    assert encoding.table is None
    np.testing.assert_allclose(encoding.to_rec709, parse_profile(matrix).to_rec709)


@pytest.mark.parametrize("tag", [lut8(), lut16("XYZ"), a_to_b("XYZ"), a_to_b("Lab")])
def test_a_table_that_is_cut_short_is_reported(tag):
    for size in (9, 20, 30, 47, 52, 100, len(tag) // 2):
        with pytest.raises(ValueError, match=r"look-up table|tone curve"):
            parse_profile(table_profile(tag[:size], "Lab"))


def test_grey_with_a_table_of_rgb(tmp_path):
    path = tmp_path / "image.tif"
    codes = np.tile(np.arange(256, dtype=np.uint8), (32, 1))
    Image.fromarray(codes).save(path, icc_profile=PROFILES["lut16, XYZ"])
    rgb = read_ldr(path).rgb_linear
    np.testing.assert_allclose(rgb, np.repeat(srgb_curve(codes / 255.0)[..., None], 3, axis=2), atol=2e-3)


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_code_points_of_a_profile_are_named(tmp_path, transfer, name):
    cicp = b"cicp" + bytes(4) + bytes([9, transfer, 0, 1])
    profile = icc_profile({b"cicp": cicp} | tags_of(matrix_profile(DISPLAY_P3_COLORANTS, SRGB_CURVE)))
    assert profile_code_points(profile).hdr_transfer == name
    path = tmp_path / "image.jpg"
    Image.fromarray(colour_cube8()).save(path, icc_profile=profile)
    with pytest.raises(errors.AlreadyHdrError, match=name):
        read_ldr(path)


def test_ldr_code_points_of_a_profile_leave_it_as_it_is():
    cicp = b"cicp" + bytes(4) + bytes([12, 13, 0, 1])
    matrix = matrix_profile(DISPLAY_P3_COLORANTS, SRGB_CURVE)
    encoding = parse_profile(icc_profile({b"cicp": cicp} | tags_of(matrix)))
    np.testing.assert_allclose(encoding.to_rec709, parse_profile(matrix).to_rec709)


def tags_of(profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", profile, 128)
    entries = [struct.unpack_from(">4sII", profile, 132 + 12 * n) for n in range(count)]
    return {name: profile[at : at + size] for name, at, size in entries}

"""Colour that a PNG's own chunks declare, against the matrices of CSS and the formulas of the standards."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from image_files import png_chunk, random_rgb8, with_png_chunk
from PIL import Image

from lanet_core import errors
from lanet_core.files import read_ldr
from lanet_core.files.colour_encoding import SRGB

#: CSS Color 4, section 17: lin_P3_to_XYZ then XYZ_to_lin_sRGB, and the same of lin_2020 and lin_a98rgb; all under D65.
P3 = [[1.2249402, -0.2249402, 0.0], [-0.0420570, 1.0420570, 0.0], [-0.0196376, -0.0786361, 1.0982736]]
BT2020 = [[1.6604910, -0.5876411, -0.0728499], [-0.1245505, 1.1328999, -0.0083494], [-0.0181508, -0.1005789, 1.1187297]]
ADOBE = [[1.3983557, -0.3983557, 0.0], [0.0, 1.0, 0.0], [0.0, -0.0429290, 1.0429290]]
ADOBE_CHROMATICITIES = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)


def srgb_curve(encoded):
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def saved(tmp_path, pixels: np.ndarray, *chunks: tuple[bytes, bytes]):
    path = tmp_path / "image.png"
    Image.fromarray(pixels).save(path)
    for name, content in chunks:
        path.write_bytes(with_png_chunk(path.read_bytes(), name, content))
    return path


def cicp(primaries: int, transfer: int, full_range: int = 1) -> tuple[bytes, bytes]:
    return b"cICP", bytes([primaries, transfer, 0, full_range])


def assert_reads(path, expected: np.ndarray, atol: float = 2e-4) -> None:
    image = read_ldr(path)
    assert image.warnings == ()
    np.testing.assert_allclose(image.rgb_linear, np.clip(expected, 0, 1), rtol=0, atol=atol)


@pytest.mark.parametrize(("primaries", "matrix"), [(1, np.eye(3)), (12, P3), (9, BT2020)])
def test_cicp_primaries(tmp_path, primaries, matrix):
    rgb = random_rgb8()
    path = saved(tmp_path, rgb, cicp(primaries, 13))
    assert_reads(path, srgb_curve(rgb / 255.0) @ np.transpose(matrix))


@pytest.mark.parametrize(
    ("transfer", "decoded"),
    [
        (1, lambda e: np.where(e < 0.081, e / 4.5, ((e + 0.099) / 1.099) ** (1 / 0.45))),
        (4, lambda e: e**2.2),
        (8, lambda e: e),
        (2, srgb_curve),
    ],
)
def test_cicp_transfer_functions(tmp_path, transfer, decoded):
    rgb = random_rgb8()
    assert_reads(saved(tmp_path, rgb, cicp(1, transfer)), decoded(rgb / 255.0))


def test_cicp_of_rec709_and_srgb_is_srgb(tmp_path):
    assert read_ldr(saved(tmp_path, random_rgb8(), cicp(1, 13))).encoding is SRGB


def test_narrow_range(tmp_path):
    rgb = random_rgb8()
    expected = srgb_curve(np.clip((rgb.astype(float) - 16) / 219, 0, 1))
    assert_reads(saved(tmp_path, rgb, cicp(1, 13, full_range=0)), expected)


def test_narrow_range_of_sixteen_bits(tmp_path):
    codes = np.random.default_rng(0).integers(0, 65536, (32, 64), dtype=np.uint16)
    expected = srgb_curve(np.clip((codes.astype(float) / 256 - 16) / 219, 0, 1))
    assert_reads(saved(tmp_path, codes, cicp(1, 13, full_range=0)), np.repeat(expected[..., None], 3, axis=2), 1e-6)


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_transfer_functions_are_named(tmp_path, transfer, name):
    path = saved(tmp_path, random_rgb8(), cicp(9, transfer))
    with pytest.raises(errors.AlreadyHdrError, match=f"HDR already: it is encoded with {name}") as caught:
        read_ldr(path)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(("points", "named"), [((200, 13), "primaries 200"), ((1, 200), "characteristics 200")])
def test_unknown_code_points_are_named_and_ignored(tmp_path, points, named):
    rgb = random_rgb8()
    image = read_ldr(saved(tmp_path, rgb, cicp(*points)))
    assert named in image.warnings[0]
    assert "read as sRGB" in image.warnings[0]
    np.testing.assert_allclose(image.rgb_linear, srgb_curve(rgb / 255.0), atol=1e-6)


def test_gamma_and_chromaticities(tmp_path):
    rgb = random_rgb8()
    gama = (b"gAMA", struct.pack(">I", 45470))
    chrm = (b"cHRM", struct.pack(">8I", *(round(100000 * value) for value in ADOBE_CHROMATICITIES)))
    path = saved(tmp_path, rgb, chrm, gama)
    assert_reads(path, (rgb / 255.0) ** (1 / 0.4547) @ np.transpose(ADOBE), 5e-4)


def test_chromaticities_of_rec709_change_nothing(tmp_path):
    chrm = (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))
    path = saved(tmp_path, random_rgb8(), chrm, (b"gAMA", struct.pack(">I", 45455)))
    assert read_ldr(path).encoding is SRGB


def test_the_srgb_chunk_precedes_gamma(tmp_path):
    path = saved(tmp_path, random_rgb8(), (b"gAMA", struct.pack(">I", 100000)), (b"sRGB", b"\0"))
    assert read_ldr(path).encoding is SRGB


def test_cicp_precedes_all(tmp_path):
    rgb = random_rgb8()
    path = saved(tmp_path, rgb, (b"gAMA", struct.pack(">I", 100000)), cicp(12, 13))
    assert_reads(path, srgb_curve(rgb / 255.0) @ np.transpose(P3))


def test_chromaticities_on_a_line_are_ignored_with_a_warning(tmp_path):
    chrm = (b"cHRM", struct.pack(">8I", 31270, 32900, *(30000, 30000) * 3))
    image = read_ldr(saved(tmp_path, random_rgb8(), chrm))
    assert image.warnings == ("The PNG's cHRM cannot be used: it contains no primaries. The image was read as sRGB.",)


@pytest.mark.parametrize("value", [0, 15, 4_000_000_000])
def test_an_absurd_gamma_is_ignored_with_a_warning(tmp_path, value):
    rgb = random_rgb8()
    image = read_ldr(saved(tmp_path, rgb, (b"gAMA", struct.pack(">I", value))))
    np.testing.assert_allclose(image.rgb_linear, srgb_curve(rgb / 255.0), atol=1e-6)
    assert image.warnings == (f"The PNG's gAMA cannot be used: it is {value / 100000:g}. The image was read as sRGB.",)


def test_a_chunk_after_the_image_data_does_not_count(tmp_path):
    path = saved(tmp_path, random_rgb8())
    png = path.read_bytes()
    path.write_bytes(png[:-12] + png_chunk(*cicp(9, 16)) + png[-12:])
    assert read_ldr(path).encoding is SRGB

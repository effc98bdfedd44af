"""Float images: LDR by their values, regardless of the container; HDR; and HDR that was cut off at a plateau."""

from __future__ import annotations

import numpy as np
import OpenImageIO
import pytest

from lanet_core import errors
from lanet_core.files import image_from_array, read_ldr

CONTAINERS = [("exr", "half"), ("exr", "float"), ("hdr", "float"), ("tif", "float")]


def write(path, rgb_linear: np.ndarray, kind: str = "float", **attributes) -> None:
    height, width, channels = rgb_linear.shape
    spec = OpenImageIO.ImageSpec(width, height, channels, kind)
    for name, value in attributes.items():
        spec.attribute(name, *value)
    output = OpenImageIO.ImageOutput.create(str(path))
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(np.ascontiguousarray(rgb_linear, dtype=np.float32)), output.geterror()
    output.close()


def ldr(seed: int = 0) -> np.ndarray:
    """Return an LDR image with a clipped region; its values are exact in half floats and in Radiance."""
    rgb = np.random.default_rng(seed).integers(128, 256, (32, 64, 3)) / 256.0
    rgb[4:8, 10:20] = 1.0
    return rgb.astype(np.float32)


def hdr(peak: float = 800.0) -> np.ndarray:
    """Return an image with a sun that falls off smoothly."""
    y, x = np.mgrid[0:32, 0:64]
    sun = peak * np.exp(-((x - 30.0) ** 2 + (y - 8.0) ** 2) / 3.0)
    return (ldr() * 0.4 + sun[..., None]).astype(np.float32)


@pytest.mark.parametrize(("suffix", "kind"), CONTAINERS)
def test_an_ldr_image_is_read_from_any_container(tmp_path, suffix, kind):
    path = tmp_path / f"image.{suffix}"
    write(path, ldr(), kind)
    image = read_ldr(path)
    np.testing.assert_allclose(image.rgb_linear, ldr(), atol=0.5 / 256)
    assert image.rgb_linear.max() == 1.0
    assert image.measured is None


@pytest.mark.parametrize("overshoot", [1.001, 1.05])
@pytest.mark.parametrize("source", ["exr", "tif", "array"])
def test_a_little_overshoot_is_clipped(tmp_path, source, overshoot):
    values = ldr()
    values[5, 12, 1] = overshoot
    if source == "array":
        image = image_from_array(values)
        assert values.max() > 1.0  # the caller's array stays as it is
    else:
        write(tmp_path / f"image.{source}", values)
        image = read_ldr(tmp_path / f"image.{source}")
    np.testing.assert_array_equal(image.rgb_linear, np.minimum(values, 1.0))


@pytest.mark.parametrize(("suffix", "kind"), CONTAINERS)
def test_a_true_hdr_is_refused_for_its_values(tmp_path, suffix, kind):
    path = tmp_path / f"image.{suffix}"
    write(path, hdr(), kind)
    with pytest.raises(errors.AlreadyHdrError, match=r"HDR already: its values reach 80\d(\.\d)? times white"):
        read_ldr(path)


@pytest.mark.parametrize(("suffix", "kind"), CONTAINERS)
def test_a_plateau_is_named_and_extended_on_request(tmp_path, suffix, kind):
    path = tmp_path / f"image.{suffix}"
    write(path, np.minimum(hdr(), 12.0), kind)
    with pytest.raises(errors.AlreadyHdrError, match="clipped at 12 times white") as caught:
        read_ldr(path)
    assert "--extend" in caught.value.remedy
    image = read_ldr(path, extend=True)
    assert image.measured.ceiling == pytest.approx(12.0, rel=0.01)
    np.testing.assert_allclose(image.measured_rows(0, 32), np.minimum(hdr(), 12.0), rtol=0.01, atol=1 / 256)
    exposed = image.rgb_linear
    assert exposed.max() == 1.0
    assert 0.1 < exposed.mean() < 0.3  # a well-exposed photograph


def test_an_hdr_without_a_plateau_is_not_extended():
    with pytest.raises(errors.AlreadyHdrError, match="no plateau"):
        image_from_array(hdr(), extend=True)


def test_extend_changes_nothing_for_an_ldr_image():
    assert image_from_array(ldr(), extend=True).measured is None


def test_primaries_of_an_ldr_exr_are_converted(tmp_path):
    path = tmp_path / "image.exr"
    acescg = (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767)
    write(path, np.full((32, 64, 3), [0.5, 0.25, 0.25]), chromaticities=("float[8]", acescg))
    # ACEScg (AP1, white D60) to Rec.709, as OpenColorIO's ACES configuration has it (Bradford).
    expected = np.array(
        [[1.70505, -0.62179, -0.08326], [-0.13026, 1.14080, -0.01055], [-0.02400, -0.12897, 1.15297]]
    ) @ [0.5, 0.25, 0.25]
    np.testing.assert_allclose(read_ldr(path).rgb_linear[0, 0], expected, atol=1e-4)


def test_transparent_pixels_of_an_exr_are_not_captured(tmp_path):
    path = tmp_path / "image.exr"
    alpha = np.ones((32, 64, 1), np.float32)
    alpha[20:] = 0.0
    write(path, np.dstack([ldr(), alpha]))
    image = read_ldr(path)
    np.testing.assert_array_equal(image.transparent, alpha[..., 0] == 0.0)


def ldr_exr(path, names: tuple[str, ...] = ("B", "G", "R"), chromaticities: tuple[float, ...] | None = None):
    """An LDR in OpenEXR, its channels in the order of the file."""
    spec = OpenImageIO.ImageSpec(128, 64, len(names), "half")
    spec.channelnames = names
    if chromaticities is not None:
        spec.attribute("chromaticities", "float[8]", chromaticities)
    output = OpenImageIO.ImageOutput.create(str(path))
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(np.full((64, 128, len(names)), 0.5, np.float32))
    output.close()
    return path


@pytest.mark.parametrize(
    "chromaticities",
    [(0.0,) * 8, (0.3, 0.3) * 4, (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3, 0.0), (np.nan,) * 8, (1e30,) * 8],
    ids=["zero", "one point", "white without luminance", "nan", "huge"],
)
def test_degenerate_chromaticities_are_no_traceback(tmp_path, chromaticities):
    path = ldr_exr(tmp_path / "street.exr", chromaticities=chromaticities)
    try:
        image = read_ldr(path)
    except errors.InputError as error:
        assert str(error).startswith(str(path)) and "chromaticities" in str(error)
    else:
        assert np.isfinite(image.rgb_linear).all()


def test_a_channel_name_that_is_not_utf8_is_an_error_of_the_file(tmp_path):
    path = ldr_exr(tmp_path / "street.exr", names=("B", "G", "R", "zcafe"))
    data = path.read_bytes()
    assert data.count(b"zcafe") == 1
    path.write_bytes(data.replace(b"zcafe", b"zcaf\xe9"))
    with pytest.raises(errors.DamagedImageError, match=r"street\.exr"):
        read_ldr(path)


@pytest.mark.parametrize("suffix", ["exr", "hdr"])
def test_a_plateau_of_two_white_pixels_is_one(tmp_path, suffix):
    sky = np.random.default_rng(1).uniform(0.1, 3.0, (64, 128, 3)).astype(np.float32)
    sky[20, 30] = sky[20, 31] = 9.0
    write(tmp_path / f"white.{suffix}", sky)
    with pytest.raises(errors.AlreadyHdrError, match="9"):
        read_ldr(tmp_path / f"white.{suffix}")
    assert read_ldr(tmp_path / f"white.{suffix}", extend=True).measured.ceiling == pytest.approx(9.0)
    sky[20, 31] = (9.0, 7.0, 5.0)
    write(tmp_path / f"sun.{suffix}", sky)
    with pytest.raises(errors.AlreadyHdrError):
        read_ldr(tmp_path / f"sun.{suffix}", extend=True)

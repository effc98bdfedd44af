"""Bad files: each gives its own error, with a message that names the file, and nothing else."""

from __future__ import annotations

import os
import struct
import time
import tracemalloc
import zlib

import numpy as np
import OpenImageIO
import pytest
from image_files import icc_profile, png_chunk, png_header, random_rgb8, smooth_rgb8, with_png_chunk
from PIL import Image

from lanet_core import errors
from lanet_core.files import read_ldr
from lanet_core.files.file_kind import MAX_PIXELS, check_size


def assert_refused(path, kind: type[errors.LanetError], *words: str):
    with pytest.raises(errors.LanetError) as caught:
        read_ldr(path)
    assert type(caught.value) is kind
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert caught.value.remedy
    for word in words:
        assert word in message


def test_a_missing_file(tmp_path):
    assert_refused(tmp_path / "none.jpg", errors.InputNotFoundError)


def test_a_path_below_a_file(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    assert_refused(tmp_path / "file" / "none.jpg", errors.InputNotFoundError)


def test_a_path_too_long(tmp_path):
    assert_refused(tmp_path / ("n" * 300), errors.InputError)


def test_a_folder(tmp_path):
    assert_refused(tmp_path, errors.InputIsDirectoryError)


def test_an_empty_file(tmp_path):
    path = tmp_path / "empty.jpg"
    path.touch()
    assert_refused(path, errors.EmptyFileError)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path):
    path = tmp_path / "pipe.jpg"
    os.mkfifo(path)
    assert_refused(path, errors.UnsupportedFormatError)


@pytest.mark.parametrize("content", [b"a text, not an image\n", b"\xff\xd8", b"GIF89a" + bytes(20), bytes(64)])
def test_contents_of_another_kind(tmp_path, content):
    path = tmp_path / "image.jpg"
    path.write_bytes(content)
    assert_refused(path, errors.UnsupportedFormatError)


def test_a_name_that_openimageio_takes_for_another_format(tmp_path):
    path = tmp_path / "image.null"  # its test format, black regardless of the file holds
    Image.fromarray(random_rgb8()).save(path, format="png")
    assert_refused(path, errors.UnsupportedFormatError, "extension")


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.999])
@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("jpg", {}),
        ("jpg", {"progressive": True}),
        ("png", {}),
        ("tif", {}),
        ("tif", {"compression": "tiff_lzw"}),
        ("webp", {}),
        ("webp", {"lossless": True}),
    ],
)
def test_a_truncated_file(tmp_path, suffix, options, share):
    path = tmp_path / f"image.{suffix}"
    Image.fromarray(random_rgb8(64, 128)).save(path, **options)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert_refused(path, errors.DamagedImageError)


def test_a_jpeg_whose_end_marker_alone_is_missing(tmp_path):
    path = tmp_path / "image.jpg"
    Image.fromarray(smooth_rgb8()).save(path)
    path.write_bytes(path.read_bytes()[:-2])
    assert_refused(path, errors.DamagedImageError)


def test_a_jpeg_cut_and_closed_again(tmp_path):
    path = tmp_path / "image.jpg"
    Image.fromarray(smooth_rgb8()).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + b"\xff\xd9")
    assert_refused(path, errors.DamagedImageError)


def test_a_png_with_a_flipped_byte(tmp_path):
    path = tmp_path / "image.png"
    Image.fromarray(random_rgb8()).save(path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    assert_refused(path, errors.DamagedImageError)


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_cmyk(tmp_path, suffix):
    path = tmp_path / f"image.{suffix}"
    Image.fromarray(random_rgb8()).convert("CMYK").save(path)
    assert_refused(path, errors.UnsupportedColourModelError, "CMYK")


def test_ycck_jpeg(tmp_path):
    path = tmp_path / "image.jpg"
    Image.fromarray(random_rgb8()).convert("CMYK").save(path)
    data = path.read_bytes()
    marker = data.index(b"Adobe\0")  # its last byte is the transform: 0 CMYK, 2 YCCK (ITU-T T.872, 6.5.3)
    path.write_bytes(data[: marker + 11] + b"\x02" + data[marker + 12 :])
    assert_refused(path, errors.UnsupportedColourModelError)


def test_lab_tiff(tmp_path):
    path = tmp_path / "image.tif"
    Image.fromarray(random_rgb8()).convert("LAB").save(path)
    assert_refused(path, errors.UnsupportedColourModelError, "LAB")


@pytest.mark.parametrize("photometric", [32803, 34892])
def test_a_raw_image_of_a_camera(tmp_path, photometric):
    values = {256: 64, 257: 32, 258: 8, 259: 1, 262: photometric, 273: 200, 277: 1, 278: 32, 279: 2048}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in values.items())
    header = b"II*\0" + struct.pack("<IH", 8, len(values)) + entries + bytes(4)
    (tmp_path / "a.dng").write_bytes(header.ljust(200, b"\0") + bytes(2048))
    assert_refused(tmp_path / "a.dng", errors.UnsupportedColourModelError, "sensor", "raw converter")


@pytest.mark.parametrize(("head", "name"), [(b"qoif", "QOI"), (b"\0\0\1\0\1\0", "icon")])
def test_formats_that_are_named(tmp_path, head, name):
    (tmp_path / "a.png").write_bytes(head + bytes(range(100)))
    assert_refused(tmp_path / "a.png", errors.UnsupportedFormatError, name)


def test_channels_that_are_not_an_image(tmp_path):
    path = tmp_path / "image.tif"
    write_tiff(path, np.zeros((32, 64, 2), dtype=np.uint8), ("depth", "mask"))
    assert_refused(path, errors.UnsupportedFormatError)


def test_signed_samples(tmp_path):
    path = tmp_path / "image.tif"
    write_tiff(path, np.zeros((32, 64, 3), dtype=np.int16), ("R", "G", "B"))
    assert_refused(path, errors.UnsupportedFormatError)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_invalid_floats(tmp_path, value):
    path = tmp_path / "image.tif"
    pixels = np.full((32, 64, 3), 0.5, dtype=np.float32)
    pixels[4, 5, 1] = value
    write_tiff(path, pixels, ("R", "G", "B"))
    assert_refused(path, errors.InvalidPixelsError)


def test_negative_light(tmp_path):
    path = tmp_path / "image.tif"
    pixels = np.full((32, 64, 3), 0.5, dtype=np.float32)
    pixels[:4] = -0.5
    write_tiff(path, pixels, ("R", "G", "B"))
    assert_refused(path, errors.InvalidPixelsError)


@pytest.mark.parametrize("data", [bytes([1, 13, 0, 1]), bytes([9, 16, 0]), bytes([9, 16, 0, 1, 0]), b""])
def test_a_png_of_another_transfer_or_with_a_malformed_chunk_is_read(tmp_path, data):
    path = tmp_path / "image.png"
    Image.fromarray(random_rgb8()).save(path)
    path.write_bytes(with_png_chunk(path.read_bytes(), b"cICP", data))
    np.testing.assert_array_equal(read_ldr(path).samples, random_rgb8())


def absurd_png(width, height):
    return png_header(width, height) + png_chunk(b"IDAT", zlib.compress(bytes(1000))) + png_chunk(b"IEND", b"")


def absurd_jpeg(tmp_path):
    path = tmp_path / "small.jpg"
    Image.fromarray(random_rgb8()).save(path)
    data = path.read_bytes()
    frame = data.index(b"\xff\xc0")
    return data[: frame + 5] + struct.pack(">HH", 30000, 60000) + data[frame + 9 :]


def absurd_tiff():
    entries = [(256, 60000), (257, 30000), (258, 8), (259, 1), (262, 1), (273, 8), (278, 30000), (279, 60000 * 30000)]
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + bytes(4)


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_absurd_dimensions_are_refused_at_once_and_without_memory(tmp_path, suffix):
    contents = {"png": lambda: absurd_png(60000, 30000), "jpg": lambda: absurd_jpeg(tmp_path), "tif": absurd_tiff}
    path = tmp_path / f"image.{suffix}"
    path.write_bytes(contents[suffix]())
    tracemalloc.start()
    refusing_s = processor_time_s(lambda: assert_refused(path, errors.ImageTooLargeError))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 1e7
    # Nor is the image's memory of 5.4 GB filled outside Python.
    assert refusing_s < 50.0 * processor_time_s(lambda: np.ones(5_400_000_000 // 50, np.uint8))


def processor_time_s(function) -> float:
    """Return the processor time that a call takes, which a busy machine does not lengthen."""
    started_s = time.process_time()
    function()
    return time.process_time() - started_s


def test_dimensions_over_the_limit_that_openimageio_would_accept(tmp_path):
    path = tmp_path / "image.png"
    path.write_bytes(absurd_png(12000, 12000) + bytes(4_000_000))
    assert OpenImageIO.ImageInput.open(str(path)) is not None
    assert_refused(path, errors.ImageTooLargeError, "12000x12000")


def test_the_size_limit_is_exact(tmp_path):
    check_size(16384, 8192, tmp_path)
    assert MAX_PIXELS == 16384 * 8192
    with pytest.raises(errors.ImageTooLargeError):
        check_size(16385, 8192, tmp_path)


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        (icc_profile({b"A2B0": b"mft2" + bytes(60)}), "look-up tables"),
        (icc_profile({}, colour_space=b"CMYK"), "CMYK"),
        (bytes(200), "not an ICC profile"),
    ],
)
def test_an_unusable_profile_is_a_warning_and_no_error(tmp_path, profile, reason):
    path = tmp_path / "image.tif"
    Image.fromarray(random_rgb8()).save(path)
    plain = read_ldr(path).rgb_linear
    Image.fromarray(random_rgb8()).save(path, icc_profile=profile)
    image = read_ldr(path)
    np.testing.assert_array_equal(image.rgb_linear, plain)
    assert reason in image.warnings[0]
    assert "read as sRGB" in image.warnings[0]


def write_tiff(path, pixels, names):
    kinds = {"uint8": OpenImageIO.UINT8, "int16": OpenImageIO.INT16, "float32": OpenImageIO.FLOAT}
    height, width, channels = pixels.shape
    spec = OpenImageIO.ImageSpec(width, height, channels, kinds[str(pixels.dtype)])
    spec.channelnames = names
    spec.alpha_channel = -1
    output = OpenImageIO.ImageOutput.create(str(path))
    assert output.open(str(path), spec), OpenImageIO.geterror()
    assert output.write_image(pixels), output.geterror()
    assert output.close()

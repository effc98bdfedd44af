"""Formats by their contents; the table of docs/formats.md, row by row."""

from __future__ import annotations

import io
import re
import struct
from pathlib import Path

import numpy as np
import OpenImageIO
import pytest
from gain_map_files import gain_map_jpeg
from image_files import smooth_rgb8
from PIL import Image

from lanet_core import errors
from lanet_core.files import LdrImage, read_ldr

ROOT = Path(__file__).resolve().parents[2]
RGB = smooth_rgb8(64, 128)


def srgb_curve(encoded: np.ndarray) -> np.ndarray:
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


LINEAR = srgb_curve(RGB / 255.0).astype(np.float32)


def by_pillow(kind: str, **options):
    return lambda path: Image.fromarray(RGB).save(path, kind, **options)


def by_openimageio(suffix: str):
    def write(path: Path) -> None:
        temporary = path.with_name(f"temporary.{suffix}")
        OpenImageIO.ImageBuf(LINEAR).write(str(temporary))
        temporary.rename(path)

    return write


def photoshop(path: Path, mode: int = 3) -> None:
    """Adobe Photoshop File Formats Specification: header, three empty sections, raw planes."""
    header = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 64, 128, 8, mode)
    path.write_bytes(header + bytes(12) + struct.pack(">H", 0) + np.moveaxis(RGB, -1, 0).tobytes())


def contents(data: bytes):
    return lambda path: path.write_bytes(data)


def box_of(brand: bytes, *compatible: bytes) -> bytes:
    """ISO/IEC 14496-12, 4.3: the file type box."""
    body = brand + bytes(4) + b"".join(compatible)
    return struct.pack(">I", 8 + len(body)) + b"ftyp" + body + bytes(64)


def animation(kind: str) -> bytes:
    stream = io.BytesIO()
    frames = [Image.fromarray(RGB), Image.fromarray(RGB // 2)]
    frames[0].save(stream, kind, save_all=True, append_images=frames[1:], lossless=True)
    return stream.getvalue()


#: Row of the table → what writes such a file.
WRITERS = {
    "JPEG": by_pillow("JPEG", quality=98, subsampling=0),
    "JPEG with gain map": lambda path: path.write_bytes(gain_map_jpeg(LINEAR)),
    "PNG": by_pillow("PNG"),
    "TIFF": by_pillow("TIFF", compression="tiff_lzw"),
    "WebP": by_pillow("WEBP", lossless=True),
    "BMP": by_pillow("BMP"),
    "Targa": by_pillow("TGA", compression="tga_rle"),
    "Photoshop": photoshop,
    "DDS": by_pillow("DDS"),
    "OpenEXR": by_openimageio("exr"),
    "Radiance": by_openimageio("hdr"),
    "AVIF": by_pillow("AVIF"),
    "HEIC": contents(box_of(b"heic", b"mif1", b"heic")),
    "JPEG XL": contents(b"\xff\x0a" + bytes(64)),
    "JPEG 2000": by_pillow("JPEG2000"),
    "GIF": contents(animation("GIF")),
    "PDF": contents(b"%PDF-1.7\n" + bytes(64)),
    "video": contents(box_of(b"isom", b"iso2", b"avc1", b"mp41")),
    "web page": contents(b"\n<!DOCTYPE html><html><body>404</body></html>"),
}


def table() -> dict[str, str]:
    """Return whether each format is read, as the first table of the page has it."""
    text = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8").partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+?) \| (yes|no) \|", text, re.MULTILINE)
    return dict(rows)


def test_the_table_has_what_is_tested():
    assert list(table()) == list(WRITERS)


@pytest.mark.parametrize("name", [name for name, read in table().items() if read == "yes"])
@pytest.mark.parametrize("suffix", ["", ".jpg"])
def test_what_is_read_is_read_regardless_of_its_name(tmp_path, name, suffix):
    if name == "Targa" and not suffix:
        suffix = ".tga"
    path = tmp_path / f"image{suffix}"
    WRITERS[name](path)
    image = read_ldr(path)
    lossy = name.startswith("JPEG") or name == "Radiance"
    np.testing.assert_allclose(image.rgb_linear, LINEAR, atol=0.03 if lossy else 1e-6)
    assert not any("ignored" in warning for warning in image.warnings)


@pytest.mark.parametrize("name", [name for name, read in table().items() if read == "no"])
@pytest.mark.parametrize("suffix", ["", ".jpg"])
def test_what_is_not_read_is_named_with_what_to_do(tmp_path, name, suffix):
    path = tmp_path / f"image{suffix}"
    WRITERS[name](path)
    with pytest.raises(errors.UnsupportedFormatError, match=name) as caught:
        read_ldr(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert re.search("save it as PNG|Download the image|as PNG images", caught.value.remedy)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (box_of(b"mif1", b"avif", b"miaf"), "AVIF"),
        (box_of(b"mif1", b"miaf"), "HEIF"),
        (box_of(b"avis"), "AVIF"),
        (b"\x00\x00\x00\x0cJXL \r\n\x87\n" + bytes(64), "JPEG XL"),
        (b"\xff\x4f\xff\x51" + bytes(64), "JPEG 2000"),
        (b"<html><head></head></html>", "web page"),
        (b"<!-- saved from url -->\n<HTML>", "web page"),
        (b"\x1aE\xdf\xa3" + bytes(64), "video"),
        (b"FUJIFILMCCD-RAW 0201" + bytes(64), "raw"),
        (b"PF\n2 1\n-1.0\n" + bytes(24), "PFM"),
        (b"P6\n2 1\n255\n" + bytes(6), "PPM"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "Git LFS pointer"),
        (b"PK\3\4" + bytes(64), "ZIP archive"),
        (b"BLENDER-v405" + bytes(64), "Blender file"),
        (bytes(5000), "begins with zeros"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
    ],
)
def test_other_forms_of_what_is_not_read(tmp_path, data, name):
    path = tmp_path / "image.jpg"
    path.write_bytes(data)
    with pytest.raises(errors.UnsupportedFormatError, match=name):
        read_ldr(path)


def test_a_text_that_begins_like_a_bitmap_is_damaged_and_no_image(tmp_path):
    path = tmp_path / "image.bmp"
    path.write_bytes(b"BM is how this text begins" + bytes(64))
    with pytest.raises(errors.LanetError):
        read_ldr(path)


def test_a_targa_without_footer_needs_its_extension(tmp_path):
    path = tmp_path / "image.tga"
    Image.fromarray(RGB).save(path)
    bare = path.read_bytes().removesuffix(b"TRUEVISION-XFILE.\0")
    path.write_bytes(bare)
    np.testing.assert_allclose(read_ldr(path).rgb_linear, LINEAR, atol=1e-6)
    other = tmp_path / "image.dat"
    other.write_bytes(bare)
    with pytest.raises(errors.UnsupportedFormatError):
        read_ldr(other)


@pytest.mark.parametrize(("mode", "name"), [(4, "CMYK"), (9, "Lab"), (7, "Multichannel")])
def test_a_photoshop_file_of_another_colour_model_is_named(tmp_path, mode, name):
    path = tmp_path / "image.psd"
    photoshop(path, mode)
    with pytest.raises(errors.UnsupportedColourModelError, match=name):
        read_ldr(path)


def test_a_jpeg_of_twelve_bits_is_named(tmp_path):
    path = tmp_path / "image.jpg"
    Image.fromarray(RGB).save(path)
    data = bytearray(path.read_bytes())
    frame = data.index(b"\xff\xc0")
    data[frame + 1], data[frame + 4] = 0xC1, 12
    path.write_bytes(data)
    with pytest.raises(errors.UnsupportedFormatError, match="12 bits") as caught:
        read_ldr(path)
    assert "corrupt" not in str(caught.value)


def test_a_compression_that_is_not_decoded_is_named(tmp_path):
    path = tmp_path / "image.tif"
    Image.fromarray(RGB).save(path, compression="zstd")
    with pytest.raises(errors.UnsupportedFormatError, match="ZSTD"):
        read_ldr(path)


def pages(path: Path, *images: np.ndarray) -> LdrImage:
    """Write the pages of a TIFF, and read it."""
    first, *others = (Image.fromarray(image) for image in images)
    first.save(path, save_all=True, append_images=others)
    return read_ldr(path)


def test_the_first_page_of_a_tiff_that_is_no_thumbnail_is_read(tmp_path):
    image = pages(tmp_path / "image.tif", RGB[:16, :32], RGB, RGB // 2)
    np.testing.assert_allclose(image.rgb_linear, LINEAR, atol=1e-6)
    assert "3 pages" in image.warnings[0] and "page 2" in image.warnings[0]


@pytest.mark.parametrize("factor", [2, 3, 8])
def test_a_preview_in_front_of_a_tiff_image_is_not_read(tmp_path, factor):
    large = np.repeat(np.repeat(RGB, factor, axis=0), factor, axis=1)
    preview = np.asarray(Image.fromarray(large).resize(RGB.shape[1::-1], Image.Resampling.LANCZOS))
    image = pages(tmp_path / "image.tif", preview, large)
    assert (image.height, image.width) == large.shape[:2]
    assert "page 2" in image.warnings[0]


def test_a_smaller_page_that_shows_something_else_is_the_image(tmp_path):
    large = np.repeat(np.repeat(RGB, 2, axis=0), 2, axis=1)
    for other in (large // 2, large[:, ::-1], large[:100]):
        image = pages(tmp_path / "image.tif", RGB, other)
        np.testing.assert_allclose(image.rgb_linear, LINEAR, atol=1e-6)


def test_a_page_that_declares_a_reduced_image_is_not_read(tmp_path):
    path = tmp_path / "image.tif"
    written = OpenImageIO.ImageOutput.create(str(path))
    small, large = (OpenImageIO.ImageSpec(width, width // 2, 3, "uint8") for width in (128, 256))
    small.attribute("tiff:subfiletype", 1)
    written.open(str(path), (small, large))
    written.write_image(np.zeros((64, 128, 3), np.uint8))
    written.open(str(path), large, "AppendSubimage")
    written.write_image(np.full((128, 256, 3), 200, np.uint8))
    written.close()
    assert read_ldr(path).width == 256


@pytest.mark.parametrize(("name", "word"), [("image.png", "animation"), ("image.mpo", "2 images")])
def test_what_else_a_file_contains_is_named(tmp_path, name, word):
    path = tmp_path / name
    options = {"quality": 100, "subsampling": 0} if name.endswith("mpo") else {}
    Image.fromarray(RGB).save(path, save_all=True, append_images=[Image.fromarray(RGB // 2)], **options)
    image = read_ldr(path)
    np.testing.assert_allclose(image.rgb_linear, LINEAR, atol=0.05)
    assert len(image.warnings) == 1 and word in image.warnings[0] and "only" in image.warnings[0]


def test_previews_and_single_images_are_not_named(tmp_path):
    path = tmp_path / "image.mpo"
    Image.fromarray(RGB).save(path, save_all=True, append_images=[Image.fromarray(RGB[::4, ::4])], quality=90)
    assert read_ldr(path).warnings == ()
    Image.fromarray(RGB).save(tmp_path / "one.png", save_all=True)
    assert read_ldr(tmp_path / "one.png").warnings == ()


def test_the_first_frame_of_an_animation_is_read(tmp_path):
    path = tmp_path / "image.webp"
    path.write_bytes(animation("WEBP"))
    image = read_ldr(path)
    np.testing.assert_allclose(image.rgb_linear, LINEAR, atol=1e-6)
    assert "animation" in image.warnings[0]
    assert "first frame" in image.warnings[0]

"""Sizes from headers are those that OpenImageIO reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from addon.files.image_size import image_size

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.jpg", {"quality": 80}),
        ("progressive.jpg", {"progressive": True, "exif": b"Exif\0\0" + bytes(3000)}),
        ("a.png", {}),
        ("lossy.webp", {"quality": 80}),
        ("lossless.webp", {"lossless": True}),
        ("extended.webp", {"exif": b"Exif\0\0" + bytes(30)}),
    ],
)
@pytest.mark.parametrize("size", [(64, 32), (301, 77)])
def test_a_written_size_is_read(tmp_path, name, options, size):
    pixels = np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / name, **options)
    assert image_size(tmp_path / name) == size


def test_the_examples_are_2_to_1():
    for path in EXAMPLES.glob("*.jpg"):
        assert image_size(path) == (1024, 512)


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xe0\xff\xff", b"\x89PNG\r\n\x1a\n\0", b"RIFF1234WEBPVP8X"]
)
def test_other_files_have_no_size(tmp_path, data):
    path = tmp_path / "file"
    path.write_bytes(data)
    assert image_size(path) is None


def test_a_missing_file_raises(tmp_path):
    with pytest.raises(OSError):
        image_size(tmp_path / "missing.jpg")

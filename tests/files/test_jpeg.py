"""JPEG markers: where an image ends, regardless of its data hold."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import random_rgb8
from PIL import Image

from lanet_core.files.jpeg import first_image_end


def jpeg(**options) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(random_rgb8(64, 64)).save(stream, "jpeg", **options)
    return stream.getvalue()


FILES = {
    "baseline": jpeg(),
    "progressive": jpeg(progressive=True),
    "restart intervals": jpeg(restart_marker_blocks=2),
    "an end marker within a comment": jpeg(comment=b"\xff\xd9\xff\xda"),
    "an image within metadata": jpeg(exif=b"Exif\0\0" + jpeg()),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("trailer", [b"", b"\0" * 100, FILES["baseline"], b"\xff\xd9"])
def test_the_end_is_where_the_writer_stopped(name, trailer):
    assert first_image_end(FILES[name] + trailer) == len(FILES[name])


@given(st.sampled_from(sorted(FILES)), st.integers(min_value=1))
@settings(deadline=None)
def test_a_cut_file_has_no_end(name, cut):
    data = FILES[name]
    assert first_image_end(data[: len(data) - 1 - cut % (len(data) - 2)]) is None


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes_give_a_reply(data):
    end = first_image_end(b"\xff\xd8" + data)
    assert end is None or (b"\xff\xd8" + data)[end - 2 : end] == b"\xff\xd9"


def test_fill_bytes_before_a_marker():
    assert first_image_end(b"\xff\xd8\xff\xff\xff\xd9") == 6


def test_markers_without_a_length():
    assert first_image_end(b"\xff\xd8\xff\x01\xff\xd9") == 6


def test_not_a_marker():
    assert first_image_end(b"\xff\xd8" + np.arange(10, dtype=np.uint8).tobytes()) is None

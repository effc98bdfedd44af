"""The hash of the source in a result's header."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from PIL import Image

from addon.files.result_files import is_ours, source_sha256
from lanet_core.errors import InputIsDirectoryError, InputNotFoundError
from lanet_core.files import SOURCE_SHA256_ATTRIBUTE, file_sha256, read_source_sha256, write_exr
from lanet_core.pipeline.panorama_converter import load_converter


def written(path: Path, **attributes) -> Path:
    write_exr(path, np.ones((4, 8, 3), np.float32), model_name="m", model_sha256="0", attributes=attributes)
    return path


def test_a_conversion_records_the_bytes_of_its_source(make_model, street, tmp_path):
    source, result = tmp_path / "été.png", tmp_path / "été.exr"
    Image.fromarray(street).save(source)
    load_converter(make_model()).convert_file(source, result)
    expected = hashlib.sha256(source.read_bytes()).hexdigest()
    assert read_source_sha256(result) == expected == file_sha256(source)
    # The package OpenEXR is not what wrote it.
    assert OpenEXR.File(str(result), separate_channels=True).header()["lanetSourceSha256"] == expected


def test_a_radiance_result_records_it_too(make_model, street, tmp_path):
    source, result = tmp_path / "pano.png", tmp_path / "pano.hdr"
    Image.fromarray(street).save(source)
    load_converter(make_model()).convert_file(source, result)
    assert read_source_sha256(result) == file_sha256(source) == source_sha256(result)
    assert is_ours(result)


def test_sources_of_one_name_differ(make_model, street, tmp_path):
    hashes = set()
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        Image.fromarray(np.roll(street, number, axis=1)).save(folder / "pano.png")
        load_converter(make_model()).convert_file(folder / "pano.png", folder / "pano.exr")
        hashes.add(read_source_sha256(folder / "pano.exr"))
    assert len(hashes) == 2 and None not in hashes


def test_a_file_without_the_hash_has_none(tmp_path, street):
    assert read_source_sha256(tmp_path / "missing.exr") is None
    assert read_source_sha256(tmp_path) is None
    assert read_source_sha256(written(tmp_path / "old.exr")) is None
    assert read_source_sha256(written(tmp_path / "number.exr", **{SOURCE_SHA256_ATTRIBUTE: 7.0})) is None
    Image.fromarray(street).save(tmp_path / "png.exr", format="PNG")
    assert read_source_sha256(tmp_path / "png.exr") is None
    (tmp_path / "cut.exr").write_bytes((tmp_path / "old.exr").read_bytes()[:50])
    assert read_source_sha256(tmp_path / "cut.exr") is None


def test_a_source_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(InputNotFoundError, match=r"missing\.png"):
        file_sha256(tmp_path / "missing.png")
    with pytest.raises(InputIsDirectoryError):
        file_sha256(tmp_path)

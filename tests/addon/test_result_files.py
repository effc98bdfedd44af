"""Names of results, and how a finished result gets its place."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from addon.files.result_files import has_result, is_ours, is_valid_pattern, move_into_place, result_name, source_sha256
from lanet_core.files import SOURCE_SHA256_ATTRIBUTE, read_hdr, write_exr


def write_result(path: Path, value: float, sha256: str | None = "a" * 64, **options) -> Path:
    attributes = {SOURCE_SHA256_ATTRIBUTE: sha256} if sha256 else {}
    pixels = np.full((32, 64, 3), value, np.float32)
    write_exr(path, pixels, model_name="m 1.0", model_sha256="0" * 64, attributes=attributes, **options)
    return path


def value_of(path: Path) -> float:
    return float(read_hdr(path).max())


@pytest.fixture
def new(tmp_path):
    """Return what writes a finished result that has no place yet."""
    (tmp_path / "unfinished").mkdir()

    def write(value: float, sha256: str | None = "a" * 64) -> Path:
        return write_result(tmp_path / "unfinished" / "street_lanet.exr", value, sha256)

    return write


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("été", "été_lanet.exr"),
        ("É", "É_lanet.exr"),
        ("夜景 2", "夜景 2_lanet.exr"),
        ("a/b\\c:d", "a_b_c_d_lanet.exr"),
        (".hidden ", "hidden_lanet.exr"),
        ("...", "world_lanet.exr"),
        ("", "world_lanet.exr"),
    ],
)
def test_a_name_keeps_its_letters(stem, name):
    assert result_name(stem) == name


@pytest.mark.parametrize("stem", ["x" * 400, "夜" * 200, "e\u0301" * 150])
def test_a_long_name_fits_a_file_system_with_a_number(stem, tmp_path):
    name = result_name(stem)
    assert name.endswith("_lanet.exr") and len(name.encode()) <= 249
    (tmp_path / name.replace("_lanet.exr", "_99999_lanet.exr")).touch()


def test_a_name_that_is_not_utf8_keeps_its_bytes():
    assert result_name("caf\udce9") == "caf\udce9_lanet.exr"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("{stem}_lanet", "street_lanet.exr"), ("hdr-{stem}", "hdr-street.exr"), (" .{stem}?v2. ", "street_v2.exr")],
)
def test_a_name_follows_its_pattern(pattern, expected):
    assert is_valid_pattern(pattern) and result_name("street", pattern) == expected


@pytest.mark.parametrize(
    "pattern", ["", "name", "{stem}/a", "..\\{stem}", "{stem}{stem}", "{stem}_{frame}", "{stem}" + 200 * "x"]
)
def test_a_pattern_that_names_no_file_is_refused(pattern):
    assert not is_valid_pattern(pattern)


def test_a_long_name_of_a_pattern_is_cut_at_the_stem():
    name = result_name(300 * "ä", "hdr_{stem}_v2")
    assert name.startswith("hdr_ä") and name.endswith("ä_v2.exr") and len(name.encode()) <= 255


def test_the_header_shows_whose_a_file_is(tmp_path):
    for heading_deg in (None, 123.4):
        path = write_result(tmp_path / "a_lanet.exr", 1.0, "b" * 64, pose_heading_deg=heading_deg)
        assert is_ours(path) and source_sha256(path) == "b" * 64
    assert source_sha256(write_result(tmp_path / "old_lanet.exr", 1.0, None)) is None
    other = tmp_path / "other.exr"
    other.write_bytes(b"\x76\x2f\x31\x01 an EXR of the artist's")
    for path in (other, tmp_path, tmp_path / "missing.exr"):
        assert not is_ours(path) and source_sha256(path) is None


def test_a_result_takes_a_free_name(tmp_path, new):
    place = tmp_path / "street_lanet.exr"
    source = new(2.0)
    assert move_into_place(source, place) == place
    assert value_of(place) == 2.0 and not source.exists()


def test_a_result_of_the_same_image_is_replaced(tmp_path, new):
    place = write_result(tmp_path / "street_lanet.exr", 1.0)
    assert move_into_place(new(2.0), place) == place
    assert value_of(place) == 2.0


@pytest.mark.parametrize("sha256", ["b" * 64, None])
def test_a_result_of_another_image_stays(tmp_path, new, sha256):
    place = write_result(tmp_path / "street_lanet.exr", 1.0, sha256)
    for value in (2.0, 3.0):  # the second replaces the first
        assert move_into_place(new(value), place) == tmp_path / "street_2_lanet.exr"
        assert (value_of(place), value_of(tmp_path / "street_2_lanet.exr")) == (1.0, value)


def test_two_results_of_unknown_images_are_two_files(tmp_path, new):
    place = write_result(tmp_path / "street_lanet.exr", 1.0, None)
    assert move_into_place(new(2.0, None), place) == tmp_path / "street_2_lanet.exr"


def test_files_folders_and_links_of_the_artist_stay(tmp_path, new):
    place = tmp_path / "street_lanet.exr"
    place.write_bytes(b"the artist's")
    (tmp_path / "street_2_lanet.exr").mkdir()
    (tmp_path / "street_3_lanet.exr").symlink_to(write_result(tmp_path / "linked.exr", 1.0))
    (tmp_path / "street_4_lanet.exr").symlink_to(tmp_path / "nowhere.exr")
    assert move_into_place(new(2.0), place) == tmp_path / "street_5_lanet.exr"
    assert place.read_bytes() == b"the artist's" and value_of(tmp_path / "linked.exr") == 1.0
    assert not (tmp_path / "nowhere.exr").exists()


def test_results_of_different_images_at_the_same_time_get_a_name_each(tmp_path):
    place, count = tmp_path / "street_lanet.exr", 8
    sources = []
    for number in range(count):
        (tmp_path / f"unfinished {number}").mkdir()
        sources.append(write_result(tmp_path / f"unfinished {number}" / place.name, number + 1.0, f"{number}" * 64))
    with ThreadPoolExecutor(count) as pool:
        paths = list(pool.map(lambda source: move_into_place(source, place), sources))
    assert len(set(paths)) == count
    assert [value_of(path) for path in paths] == [number + 1.0 for number in range(count)]


def test_what_is_there_already_is_recognised(tmp_path):
    image = tmp_path / "street.jpg"
    image.write_bytes(b"an image")
    place = tmp_path / "street_lanet.exr"
    assert not has_result(image, place)
    write_result(place, 1.0)
    assert not has_result(image, place), "it is of another image"
    write_result(tmp_path / "street_2_lanet.exr", 1.0, hashlib.sha256(b"an image").hexdigest())
    assert has_result(image, place)
    image.write_bytes(b"another image")
    assert not has_result(image, place) and not has_result(tmp_path / "missing.jpg", place)


def test_what_cannot_be_moved_leaves_nothing(tmp_path):
    with pytest.raises(OSError):
        move_into_place(tmp_path / "missing.exr", tmp_path / "street_lanet.exr")
    assert not list(tmp_path.iterdir())

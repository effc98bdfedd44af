"""Where ``lanet convert`` writes results and previews, and what it keeps."""

from __future__ import annotations

import numpy as np
import pytest
from commands import names, pixels
from PIL import Image

pytestmark = pytest.mark.usefixtures("tiny_model")


def test_two_images_of_one_name_are_refused_before_any_work(lanet, library, tmp_path):
    (library / "other").mkdir()
    Image.open(library / "lake.png").save(library / "other" / "lake.jpg")
    status, _, errors = lanet("convert", library / "lake.png", library / "other" / "lake.jpg", "-o", tmp_path / "hdr")
    assert status == 2
    assert "lake.png" in errors
    assert "lake.jpg would be written to this file" in errors
    assert not (tmp_path / "hdr").exists()


def test_in_a_folder_what_is_there_already_is_kept_unless_asked(lanet, library, tmp_path):
    (tmp_path / "hdr").mkdir()
    (tmp_path / "hdr" / "lake.exr").write_bytes(b"a true HDR panorama")
    status, output, _ = lanet("convert", *library.iterdir(), "-o", tmp_path / "hdr")
    assert status == 0
    assert output.endswith("2 converted, 1 skipped\n")
    assert (tmp_path / "hdr" / "lake.exr").read_bytes() == b"a true HDR panorama"
    assert lanet("convert", *library.iterdir(), "-o", tmp_path / "hdr", "--overwrite")[1].endswith("3 converted\n")
    assert pixels(tmp_path / "hdr" / "lake.exr").shape == (64, 128, 3)


@pytest.mark.parametrize("suffix", [".exr", ".hdr"])
def test_the_result_of_another_source_is_never_taken_for_this_ones(lanet, library, tmp_path, street, suffix):
    other = tmp_path / "other"
    other.mkdir()
    Image.fromarray(street[:, ::-1]).save(other / "lake.png")
    hdr, form = tmp_path / "hdr", ("--format", suffix[1:])
    assert lanet("convert", library / "lake.png", "-o", f"{hdr}/", *form)[0] == 0
    first = (hdr / f"lake{suffix}").read_bytes()
    status, output, errors = lanet("convert", other / "lake.png", "-o", f"{hdr}/", *form)
    assert (status, output, errors.count("\n")) == (2, "", 1)
    assert errors.startswith(f"lanet: error: {hdr}/lake{suffix}: This file is the result of another image")
    assert "--overwrite" in errors
    assert (hdr / f"lake{suffix}").read_bytes() == first
    # Its own image is done already, and --overwrite is given.
    assert lanet("convert", library / "lake.png", "-o", f"{hdr}/", *form)[1].endswith(
        "exists, skipped; --overwrite replaces it\n"
    )
    assert "was replaced" not in lanet("convert", library / "lake.png", "-o", f"{hdr}/", "--overwrite", *form)[2]
    status, _, errors = lanet("convert", other / "lake.png", "-o", f"{hdr}/", "--overwrite", *form)
    assert (status, "was replaced" in errors) == (0, True)
    assert (hdr / f"lake{suffix}").read_bytes() != first


def test_a_file_that_is_named_is_replaced(lanet, library, tmp_path):
    (tmp_path / "lake.exr").write_bytes(b"from last time")
    assert lanet("convert", library / "lake.png", "-o", tmp_path / "lake.exr")[0] == 0
    assert pixels(tmp_path / "lake.exr").shape == (64, 128, 3)


def test_a_preview_never_takes_the_place_of_the_image(lanet, library, tmp_path):
    data = (library / "lake.png").read_bytes()
    for target in (library / "lake.png", library / "other" / ".." / "lake.png"):
        (library / "other").mkdir(exist_ok=True)
        status, _, errors = lanet("convert", library / "lake.png", "-o", tmp_path / "lake.exr", "--preview", target)
        assert (status, "never overwritten" in errors) == (2, True)
    assert lanet("convert", library / "lake.png", "-o", f"{library}/", "--preview")[0] == 0
    assert (library / "lake.png").read_bytes() == data
    assert names(library) == ["lake-preview.png", "lake.exr", "lake.png", "other", "street.png", "tower.png"]


def test_previews_next_to_the_results_or_where_they_are_wanted(lanet, library, tmp_path):
    lanet("convert", library / "lake.png", "-o", f"{tmp_path}/hdr/", "--preview")
    assert names(tmp_path / "hdr") == ["lake-preview.png", "lake.exr"]
    lanet("convert", library / "lake.png", "-o", tmp_path / "lake.exr", "--preview", tmp_path / "shown.png")
    with Image.open(tmp_path / "shown.png") as shown, Image.open(tmp_path / "hdr" / "lake-preview.png") as second:
        np.testing.assert_array_equal(np.asarray(shown), np.asarray(second))

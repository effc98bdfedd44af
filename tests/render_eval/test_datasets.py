"""Named data sets, each read from a miniature of its layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from panorama_files import panorama, write_hdr

from lanet_core.colour import quantise_srgb8
from lanet_core.data.scenes import split_by_name
from lanet_core.errors import DataError
from lanet_core.files import write_png
from render_eval.dataset import find_pairs
from render_eval.datasets import DATA_SETS, find_named_pairs
from render_eval.photographs import read_image_pair, read_photograph

ROOT = Path(__file__).resolve().parents[2]


def laval(folder: Path) -> list[str]:
    names = ["9C4A0010-5133111e97", "9C4A0003-e05009bcad", "AG8A0244-others-120"]
    for seed, name in enumerate(names):
        write_hdr(folder / f"exr/{name}.exr", panorama(seed) * np.float32(900.0))  # cd/m²
    return sorted(names)


def sibl_archive(folder: Path) -> list[str]:
    text = '[Header]\nName = "Alley"\n[Background]\nBGfile = "Alley_8k.png"\nBGmap = 1\n'
    text += '[Reflection]\nREFfile = "Alley_3k.hdr.exr"\nREFmap = 1\n'
    (folder / "Alley").mkdir(parents=True)
    (folder / "Alley/Alley.ibl").write_text(text, encoding="utf-8")
    hdr = panorama(1)
    write_hdr(folder / "Alley/Alley_3k.hdr.exr", hdr)
    write_png(folder / "Alley/Alley_8k.png", quantise_srgb8(hdr.repeat(2, axis=0).repeat(2, axis=1)))
    return ["Alley/Alley"]


def hdr_eye(folder: Path) -> list[str]:
    for number in (1, 2):
        hdr = panorama(number)[:, :40] + np.float32(0.05)
        write_hdr(folder / f"HDR/C{number:02d}_HDR.exr", hdr)
        (folder / "LDR").mkdir(exist_ok=True)
        write_png(folder / f"LDR/C{number:02d}_LDR.png", quantise_srgb8(hdr))
    return ["C01", "C02"]


def fetched(folder: Path) -> list[str]:
    write_hdr(folder / "city_1k.exr", panorama(1))
    write_hdr(folder / "hall_1k.exr", panorama(2))
    rows = "slug,file,split,category\nhall,hall_1k.exr,test,indoor\ncity,city_1k.exr,train,outdoor-sun\n"
    (folder / "scenes.csv").write_text(rows, encoding="utf-8")
    return ["city", "hall"]


MINIATURES = {
    "laval-indoor": laval,
    "laval-outdoor": laval,
    "sibl": sibl_archive,
    "hdr-eye": hdr_eye,
    "polyhaven": fetched,
    "ambientcg": fetched,
}


def test_there_is_a_miniature_of_each():
    assert set(MINIATURES) == set(DATA_SETS)


@pytest.mark.parametrize("name", DATA_SETS)
def test_a_miniature_is_read(name, tmp_path):
    expected = MINIATURES[name](tmp_path)
    pairs = find_named_pairs(name, tmp_path, None)
    assert [pair.name for pair in pairs] == expected
    for pair in pairs:
        photograph = read_image_pair(pair) if name == "hdr-eye" else read_photograph(pair)
        assert photograph.rgb_srgb8.shape == photograph.truth.shape
        # regardless of the file's unit, 1 is the photograph's white.
        well_exposed = (photograph.ldr_linear > 0.05) & (photograph.ldr_linear < 0.7)
        assert 0.3 < np.median(photograph.truth[well_exposed] / photograph.ldr_linear[well_exposed]) < 3.0


@pytest.mark.parametrize("name", DATA_SETS)
def test_splits_divide_a_miniature(name, tmp_path):
    everything = MINIATURES[name](tmp_path)
    found = []
    for split in ("train", "val", "test"):
        try:
            found += [pair.name for pair in find_named_pairs(name, tmp_path, split)]
        except DataError:
            continue  # none of this split
    assert sorted(found) == everything


@pytest.mark.parametrize("name", DATA_SETS)
def test_another_layout_is_an_error_that_describes_the_right_one(name, tmp_path):
    (tmp_path / "readme.txt").write_text("nothing", encoding="utf-8")
    with pytest.raises(DataError, match="Expected: ") as caught:
        find_named_pairs(name, tmp_path, None)
    assert DATA_SETS[name].layout in str(caught.value)
    with pytest.raises(DataError, match="folder does not exist"):
        find_named_pairs(name, tmp_path / "missing", None)


def test_lists_of_file_names_divide_lavals_panoramas(tmp_path):
    first, second, third = laval(tmp_path)
    (tmp_path / "train.txt").write_text(f"{first}.exr\n{second}.exr\n", encoding="utf-8")
    (tmp_path / "test.txt").write_text("lost.exr\n", encoding="utf-8")
    assert [pair.name for pair in find_named_pairs("laval-indoor", tmp_path, "train")] == [first, second]
    (lost,) = find_named_pairs("laval-indoor", tmp_path, "test")
    assert lost.problem == "A list names lost.exr, which does not exist."
    assert [pair.name for pair in find_named_pairs("laval-indoor", tmp_path, None)] == [first, second, third, "lost"]


def test_without_lists_the_name_decides(tmp_path):
    for name in laval(tmp_path):
        assert name in [pair.name for pair in find_named_pairs("laval-outdoor", tmp_path, split_by_name(name))]


def test_a_folder_of_ldr_and_one_of_hdr_need_no_name(tmp_path):
    expected = hdr_eye(tmp_path / "eye")
    assert [pair.name for pair in find_pairs(tmp_path / "eye")] == expected
    write_png(tmp_path / "eye/LDR/C09.png", np.zeros((4, 4, 3), np.uint8))
    (alone,) = [pair for pair in find_pairs(tmp_path / "eye") if pair.problem]
    assert alone.problem == "C09.png has no HDR image of its name next to it."


@pytest.mark.parametrize("name", DATA_SETS)
def test_the_page_for_people_has_the_same_table(name):
    text = (ROOT / "docs/comparing.md").read_text(encoding="utf-8")
    (row,) = [line for line in text.splitlines() if line.startswith(f"| `{name}`")]
    data_set = DATA_SETS[name]
    assert all(each in row for each in (data_set.label, data_set.page, data_set.licence))

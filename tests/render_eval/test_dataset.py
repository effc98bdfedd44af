"""Which panoramas a folder holds and how they pair up, and what their photographs are."""

from __future__ import annotations

import numpy as np
import pytest
from panorama_files import panorama, write_hdr
from PIL import Image

from lanet_core.data.photographs import photographs
from lanet_core.errors import (
    CalibrationError,
    DamagedImageError,
    DataError,
    InvalidPixelsError,
    NotEquirectangularError,
)
from render_eval.dataset import Pair, find_pairs
from render_eval.photographs import read_photograph

#: After the example of the format's specification, comment and giant background included.
IBL = """[Header]
ICOfile = "icon.jpg"
Name = "Studio Backlot"

[Background]
BGfile = "HiResLL.JPG"
BGmap = 1
BGu = 0
BGv = 0
BGheight = 1024

[Enviroment]
--Diffuse Blur factor10
EVfile = "Diffuse10.hdr"
EVmap = 1

[Reflection]
REFfile = "Refmap.exr"
REFmap = 1
REFu = 0.000
"""


def codes(seed: int, height: int = 32) -> np.ndarray:
    """An LDR panorama with an over-exposed corner, (height, 2 height, 3) uint8."""
    image = np.random.default_rng(seed).integers(1, 180, (height, 2 * height, 3), dtype=np.uint8)
    image[: height // 8, : height // 8] = 255
    return image


def write_ldr(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)
    return path


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


class TestFolderOfPanoramas:
    def test_partners_have_the_same_name_in_the_same_folder(self, tmp_path):
        touch(tmp_path, "a.exr", "a.jpg", "b.HDR", "in/c.hdr", "in/c.tif", "d.exr")
        pairs = find_pairs(tmp_path)
        assert [(each.name, each.hdr_file, each.ldr_file, each.problem) for each in pairs] == [
            ("a", tmp_path / "a.exr", tmp_path / "a.jpg", ""),
            ("b", tmp_path / "b.HDR", None, ""),
            ("d", tmp_path / "d.exr", None, ""),
            ("in/c", tmp_path / "in/c.hdr", tmp_path / "in/c.tif", ""),
        ]

    def test_an_ldr_without_its_hdr_is_a_problem_of_that_scene_alone(self, tmp_path):
        touch(tmp_path, "street.exr", "Street.jpg", "other.png")
        problems = {each.name: each.problem for each in find_pairs(tmp_path)}
        assert problems["street"] == ""
        assert "Street.jpg has no HDR" in problems["Street"]
        assert "other.png has no HDR" in problems["other"]

    @pytest.mark.parametrize("names", [("a.exr", "a.hdr"), ("a.jpg", "a.png")])
    def test_two_files_of_one_name_are_a_problem(self, tmp_path, names):
        touch(tmp_path, "a.exr", *names)
        (pair,) = find_pairs(tmp_path)
        assert all(name in pair.problem for name in names)

    def test_hidden_files_and_other_files_are_none(self, tmp_path):
        touch(tmp_path, "a.exr", "._a.exr", ".cache/b.exr", "notes.txt")
        assert [each.name for each in find_pairs(tmp_path)] == ["a"]

    @pytest.mark.parametrize("names", [(), ("a.jpg",), ("notes.txt",)])
    def test_a_folder_without_panoramas_is_an_error(self, tmp_path, names):
        touch(tmp_path, *names)
        with pytest.raises(DataError, match="No panorama"):
            find_pairs(tmp_path)

    def test_a_missing_folder_is_an_error(self, tmp_path):
        with pytest.raises(DataError, match="folder does not exist"):
            find_pairs(tmp_path / "absent")


class TestList:
    def write(self, folder, *rows):
        (folder / "scenes.csv").write_text("slug,file,split,category\n" + "".join(f"{row}\n" for row in rows))

    def test_the_list_names_scenes_their_split_and_category(self, tmp_path):
        touch(tmp_path, "1.exr", "1.jpg", "2.exr", "unlisted.exr")
        self.write(tmp_path, "yard,1.exr,val,outdoor-sun", "hall,2.exr,train,indoor")
        assert [each.name for each in find_pairs(tmp_path)] == ["hall", "yard"]
        assert find_pairs(tmp_path, "val") == [Pair("yard", tmp_path / "1.exr", tmp_path / "1.jpg", "outdoor-sun")]

    @pytest.mark.parametrize("file", ["absent.exr", "no/such/folder.exr", ""])
    def test_a_file_that_is_not_there_is_a_problem_of_its_scene_alone(self, tmp_path, file):
        touch(tmp_path, "1.exr")
        self.write(tmp_path, "yard,1.exr,val,", f"gone,{file},val,night")
        gone, yard = find_pairs(tmp_path, "val")
        assert (gone.name, gone.hdr_file, gone.category, yard.problem) == ("gone", None, "night", "")
        with pytest.raises(DataError, match=f"lists {tmp_path / file}, which does not exist"):
            read_photograph(gone)

    def test_a_split_needs_a_list(self, tmp_path):
        touch(tmp_path, "a.exr")
        with pytest.raises(DataError, match=r"scenes\.csv"):
            find_pairs(tmp_path, "val")

    @pytest.mark.parametrize("slug", ["../a", "/a", "a//b", "a/.b", "a:b", "a\\b", ""])
    def test_a_name_that_leads_out_of_the_output_folder_is_a_problem(self, tmp_path, slug):
        touch(tmp_path, "1.exr")
        self.write(tmp_path, f"{slug},1.exr,val,")
        (pair,) = find_pairs(tmp_path)
        assert "cannot be a file's name" in pair.problem

    def test_names_that_differ_in_capitals_alone_are_a_problem(self, tmp_path):
        touch(tmp_path, "1.exr", "2.exr")
        self.write(tmp_path, "Yard,1.exr,val,", "yard,2.exr,val,")
        assert all("same name" in each.problem for each in find_pairs(tmp_path))


class TestSibl:
    def test_the_sharp_hdr_and_the_background_are_taken_and_the_rest_is_left(self, tmp_path):
        touch(tmp_path, "set/icon.jpg", "set/hiresll.jpg", "set/Diffuse10.hdr", "set/Refmap.exr", "single.exr")
        (tmp_path / "set/Backlot.ibl").write_text(IBL)
        backlot, single = find_pairs(tmp_path)
        assert (backlot.name, backlot.problem) == ("set/Backlot", "")
        assert backlot.hdr_file == tmp_path / "set/Refmap.exr"
        assert backlot.ldr_file == tmp_path / "set/hiresll.jpg"
        assert single.name == "single"

    def test_the_environment_serves_where_there_is_no_reflection(self, tmp_path):
        touch(tmp_path, "hiresll.jpg", "Diffuse10.hdr")
        (tmp_path / "Backlot.ibl").write_text(IBL.partition("[Reflection]")[0])
        (pair,) = find_pairs(tmp_path)
        assert pair.hdr_file == tmp_path / "Diffuse10.hdr"

    @pytest.mark.parametrize(
        ("old", "new", "problem"),
        [
            ("REFu = 0.000", "REFu = 0.25", "shifted by 0.25"),
            ("REFmap = 1", "REFmap = 2", "not that of a panorama"),
            ("REFmap = 1", "REFmap = one", "not a number"),
            ("Refmap.exr", "absent.exr", "absent.exr, which does not exist"),
            ("file = ", "name = ", "names no HDR"),
        ],
    )
    def test_a_set_that_cannot_be_used_has_a_reason(self, tmp_path, old, new, problem):
        touch(tmp_path, "hiresll.jpg", "Diffuse10.hdr", "Refmap.exr")
        (tmp_path / "Backlot.ibl").write_text(IBL.replace(old, new))
        (pair,) = find_pairs(tmp_path)
        assert problem in pair.problem
        with pytest.raises(DataError, match=problem):
            read_photograph(pair)

    def test_its_background_may_be_larger_by_any_factor(self, tmp_path):
        write_hdr(tmp_path / "Refmap.exr", panorama(1, 24))
        write_ldr(tmp_path / "HiResLL.JPG", codes(1, 64))
        (tmp_path / "Backlot.ibl").write_text(IBL.replace("EVfile", "--EVfile"))
        (pair,) = find_pairs(tmp_path)
        assert read_photograph(pair).rgb_srgb8.shape == (24, 48, 3)


class TestPhotograph:
    def test_the_virtual_camera_takes_it_where_there_is_no_ldr(self, tmp_path):
        hdr = panorama(1)
        photograph = read_photograph(Pair("street", write_hdr(tmp_path / "a.exr", hdr)))
        rgb_srgb8, truth = next(photographs(hdr, "street", 1))
        np.testing.assert_array_equal(photograph.rgb_srgb8, rgb_srgb8)
        np.testing.assert_array_equal(photograph.truth, truth)

    def test_an_ldr_keeps_its_codes_and_calibrates_the_truth(self, tmp_path):
        image = codes(2)
        pair = Pair("a", write_hdr(tmp_path / "a.exr", panorama(2)), write_ldr(tmp_path / "a.png", image))
        photograph = read_photograph(pair)
        np.testing.assert_array_equal(photograph.rgb_srgb8, image)
        encoded = image / 255.0
        linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
        np.testing.assert_allclose(photograph.ldr_linear, linear, rtol=1e-6)
        exposed = linear.mean(axis=-1) < 0.83
        assert 0 < exposed.mean() < 1
        np.testing.assert_allclose(photograph.truth[exposed].sum(), linear[exposed].sum(), rtol=1e-5)  # Eq. 1

    @pytest.mark.parametrize(("hdr_height", "ldr_height"), [(32, 96), (96, 32), (32, 32)])
    def test_the_larger_of_the_two_is_reduced(self, tmp_path, hdr_height, ldr_height):
        blocks, light = codes(3), panorama(3)
        repeated = blocks.repeat(ldr_height // 32, axis=0).repeat(ldr_height // 32, axis=1)
        hdr = light.repeat(hdr_height // 32, axis=0).repeat(hdr_height // 32, axis=1)
        pair = Pair("a", write_hdr(tmp_path / "a.exr", hdr), write_ldr(tmp_path / "a.png", repeated))
        photograph = read_photograph(pair)
        np.testing.assert_array_equal(photograph.rgb_srgb8, blocks)
        ratio = photograph.truth / light
        np.testing.assert_allclose(ratio, ratio[0, 0, 0], rtol=1e-5)

    def test_sizes_that_do_not_divide_are_an_error(self, tmp_path):
        pair = Pair("a", write_hdr(tmp_path / "a.exr", panorama(1, 24)), write_ldr(tmp_path / "a.png", codes(1)))
        with pytest.raises(DataError, match=r"32 rows and its HDR 24"):
            read_photograph(pair)

    def test_images_that_are_not_2_to_1_are_an_error(self, tmp_path):
        whole = write_hdr(tmp_path / "a.exr", panorama(1))
        cut = write_hdr(tmp_path / "b.exr", panorama(1)[:, :-2])
        with pytest.raises(NotEquirectangularError, match="62x32"):
            read_photograph(Pair("b", cut))
        with pytest.raises(NotEquirectangularError, match="64x30"):
            read_photograph(Pair("a", whole, write_ldr(tmp_path / "a.png", codes(1)[2:])))

    def test_bad_pixels_and_files_are_errors(self, tmp_path):
        light = panorama(1)
        light[3, 4, 1] = np.nan
        with pytest.raises(InvalidPixelsError):
            read_photograph(Pair("nan", write_hdr(tmp_path / "nan.exr", light)))
        whole = write_hdr(tmp_path / "cut.exr", panorama(1)).read_bytes()
        (tmp_path / "cut.exr").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(DamagedImageError):
            read_photograph(Pair("cut", tmp_path / "cut.exr"))
        with pytest.raises(CalibrationError):
            read_photograph(Pair("black", write_hdr(tmp_path / "black.exr", 0.0 * panorama(1))))

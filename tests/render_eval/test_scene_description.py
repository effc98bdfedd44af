"""Scenes as data: what ships, what is hashed, and the error of every bad value."""

from __future__ import annotations

import copy
import pickle
import tomllib
from pathlib import Path

import numpy as np
import pytest
from rendered_geometry import camera_axes, pixel_of

import render_eval
from render_eval.scene_description import from_dict, load_scene_description, shipped_scenes
from render_eval.table_reader import SceneDescriptionError

SCENES = Path(render_eval.__file__).with_name("scenes")


@pytest.fixture
def values():
    """The four balls as plain values, free to be spoilt."""
    return copy.deepcopy(load_scene_description("four_balls").to_dict())


def kinds_from_left_to_right(scene):
    right = camera_axes(scene.to_dict()["camera"])[0]
    balls = sorted(scene.balls, key=lambda ball: np.dot(right, ball.centre))
    return [scene.materials[ball.material].kind for ball in balls]


def test_the_papers_scene_is_four_balls_from_glass_to_mixed_above_a_diffuse_plane():
    scene = load_scene_description("four_balls")
    assert (scene.image.width, scene.image.height) == (480, 270)
    assert kinds_from_left_to_right(scene) == ["glass", "glossy", "diffuse", "mixed"]
    assert scene.materials[scene.plane.material].kind == "diffuse"
    assert all(ball.centre[2] - ball.radius >= 0.0 for ball in scene.balls)


def test_the_benchmark_of_the_literature_is_mirror_matte_silver_and_diffuse():
    scene = load_scene_description("three_spheres")
    assert kinds_from_left_to_right(scene) == ["glossy", "glossy", "diffuse"]
    assert [getattr(scene.materials[ball.material], "roughness", None) for ball in scene.balls] == [0.0, 0.5, None]
    assert scene.plane is None
    assert not scene.image.background


@pytest.mark.parametrize("name", shipped_scenes())
def test_the_balls_of_a_shipped_scene_are_whole_in_its_image(name):
    values = load_scene_description(name).to_dict()
    axes = camera_axes(values["camera"])
    for ball in values["balls"]:
        for across, up in [(1, 0), (-1, 0), (0, 1), (0, -1)]:
            point = ball["centre"] + ball["radius"] * (across * axes[0] + up * axes[1])
            row, column = pixel_of(values, point)
            assert 0 < row < values["image"]["height"] - 1
            assert 0 < column < values["image"]["width"] - 1


def test_two_scenes_ship():
    assert shipped_scenes() == ["four_balls", "three_spheres"]


@pytest.mark.parametrize("name", shipped_scenes())
def test_plain_values_give_the_same_scene_again(name):
    scene = load_scene_description(name)
    assert from_dict(scene.to_dict()) == scene
    assert pickle.loads(pickle.dumps(scene)) == scene


def test_the_hash_is_of_the_values_not_of_the_layout(values, tmp_path):
    text = (SCENES / "four_balls.toml").read_text(encoding="utf-8")
    rearranged = tmp_path / "mine.toml"
    rearranged.write_text(text.replace("seed = 0", "").replace("6.2", "6.20"), encoding="utf-8")
    shipped = load_scene_description("four_balls")
    assert load_scene_description(rearranged).sha256 == shipped.sha256
    values["balls"][1]["radius"] = 1.0000001
    assert from_dict(values).sha256 != shipped.sha256


def test_a_scene_of_ones_own_is_a_file(values, tmp_path):
    path = tmp_path / "one.toml"
    path.write_text(
        """
        name = "one"
        description = "One ball"
        image = { width = 8, height = 4 }
        sampling = { samples = 1, bounces = 2 }
        camera = { position = [-3, 0, 0], target = [0, 0, 0], vertical_angle_deg = 40 }
        balls = [{ centre = [0, 0, 0], radius = 1, material = "chalk" }]
        materials = { chalk = { kind = "diffuse", albedo = [1, 1, 1] } }
        """,
        encoding="utf-8",
    )
    scene = load_scene_description(path)
    assert scene.image.background
    assert scene.plane is None
    assert scene.materials["chalk"].albedo == (1.0, 1.0, 1.0)


#: Where in the plain values, what is put there, and what the message contains.
BAD_VALUES = [
    (("image", "width"), 0, "image.width is 0"),
    (("image", "width"), 480.0, "image.width is 480.0"),
    (("image", "height"), True, "image.height is True"),
    (("image", "hieght"), 270, "image.hieght is unknown"),
    (("image", "background"), "yes", "image.background is 'yes'"),
    (("sampling", "samples"), -1, "sampling.samples is -1"),
    (("sampling", "bounces"), 1e3, "sampling.bounces is 1000.0"),
    (("sampling", "seed"), -1, "sampling.seed is -1"),
    (("sampling", "importance_map"), 2, "sampling.importance_map is 2"),
    (("sampling", "denoise"), 1, "sampling.denoise is 1"),
    (("sampling", "path_limit"), -1.0, "sampling.path_limit is -1.0"),
    (("camera", "position"), [0.0, 1.0], "camera.position is [0.0, 1.0]"),
    (("camera", "position"), [0.0, 1.0, float("nan")], "camera.position is"),
    (("camera", "target"), [-14.0, 0.0, 6.2], "camera.target is"),
    (("camera", "target"), "ball", "camera.target is 'ball'"),
    (("camera", "vertical_angle_deg"), 180.0, "camera.vertical_angle_deg is 180.0"),
    (("camera", "vertical_angle_deg"), float("nan"), "camera.vertical_angle_deg is nan"),
    (("plane", "size"), -1.0, "plane.size is -1.0"),
    (("plane", "material"), "grass", "plane.material is 'grass'"),
    (("plane",), 3, "plane is not a table"),
    (("balls", 2, "centre"), [0.0, float("inf"), 0.0], "balls[2].centre is"),
    (("balls", 0, "radius"), 0.0, "balls[0].radius is 0.0"),
    (("balls", 3, "material"), "wood", "balls[3].material is 'wood'"),
    (("balls", 3, "colour"), "red", "balls[3].colour is unknown"),
    (("balls", 1), "ball", "balls[1] is not a table"),
    (("balls",), {}, "balls is {}"),
    (("materials", "glass", "kind"), "water", "materials.glass.kind is 'water'"),
    (("materials", "glass", "refractive_index"), 0.5, "materials.glass.refractive_index is 0.5"),
    (("materials", "glossy", "roughness"), 1.5, "materials.glossy.roughness is 1.5"),
    (("materials", "mixed", "glossy_share"), "half", "materials.mixed.glossy_share is 'half'"),
    (("materials", "diffuse", "albedo"), [0.5, 0.5, 1.5], "materials.diffuse.albedo is [0.5, 0.5, 1.5]"),
    (("materials", "diffuse", "albedo"), 0.5, "materials.diffuse.albedo is 0.5"),
    (("materials", "diffuse", "roughness"), 0.5, "materials.diffuse.roughness is unknown"),
    (("materials",), [], "materials is not a table"),
    (("name",), "", "name is ''"),
    (("light",), {}, "light is unknown"),
]


@pytest.mark.parametrize(("place", "value", "message"), BAD_VALUES, ids=[message for _, _, message in BAD_VALUES])
def test_a_bad_value_is_named_with_its_file(values, place, value, message):
    part = values
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    with pytest.raises(SceneDescriptionError) as caught:
        from_dict(values, path=Path("mine.toml"))
    assert str(caught.value).startswith(f"mine.toml: {message}")


#: Every key of the shipped file that has no default.
NEEDED = [
    ("name",),
    ("description",),
    ("image",),
    ("image", "width"),
    ("sampling",),
    ("sampling", "samples"),
    ("camera",),
    ("camera", "target"),
    ("materials",),
    ("materials", "glass", "tint"),
    ("balls", 0, "centre"),
    ("plane", "material"),
]


@pytest.mark.parametrize("place", NEEDED, ids=str)
def test_a_missing_key_is_named(values, place):
    part = values
    for key in place[:-1]:
        part = part[key]
    del part[place[-1]]
    name = ".".join(str(key) for key in place).replace("balls.0", "balls[0]")
    with pytest.raises(SceneDescriptionError, match="is missing") as caught:
        from_dict(values, path=Path("mine.toml"))
    assert str(caught.value) == f"mine.toml: {name} is missing."


def test_a_scene_of_nothing_is_refused(values):
    del values["balls"], values["plane"]
    with pytest.raises(SceneDescriptionError, match="neither balls nor a plane"):
        from_dict(values)


def test_an_unknown_name_shows_which_there_are():
    with pytest.raises(SceneDescriptionError, match="four_balls, three_spheres"):
        load_scene_description("five_balls")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SceneDescriptionError, match="no such scene") as caught:
        load_scene_description(tmp_path / "mine.toml")
    assert caught.value.path == tmp_path / "mine.toml"


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe", b"\x89PNG\r\n\x1a\n"], ids=["cut", "not UTF-8", "PNG"])
def test_a_file_that_is_not_toml_is_named(tmp_path, content):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(SceneDescriptionError, match="not valid TOML") as caught:
        load_scene_description(path)
    assert caught.value.path == path


def test_the_shipped_files_have_no_key_that_is_left_out_of_the_hash():
    # The file and the description have the same values, key for key.
    for name in shipped_scenes():
        raw = tomllib.loads((SCENES / f"{name}.toml").read_text(encoding="utf-8"))
        assert load_scene_description(name).to_dict() == raw

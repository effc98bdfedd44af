"""Checks inside Blender: sources and output paths. Images are read back as the worker reads them."""

from __future__ import annotations

import time
from pathlib import Path

import bpy
import numpy as np

from addon.conversion.output_paths import output_place
from addon.errors import AddonError
from addon.source.sources import prepare_source
from lanet_core.colour import srgb_to_linear
from lanet_core.files import read_ldr, write_exr

SIZE = (96, 48)


def codes() -> np.ndarray:
    """Return (48, 96, 3) uint8 in which every code occurs, the top row first."""
    return np.random.default_rng(5).permutation(np.arange(48 * 96 * 3) % 256).reshape(48, 96, 3).astype(np.uint8)


def paint(image: bpy.types.Image, rgb: np.ndarray) -> None:
    pixels = np.ones((*rgb.shape[:2], 4), np.float32)
    pixels[..., :3] = rgb[::-1]
    image.pixels.foreach_set(pixels.ravel())


def painted(float_buffer: bool = False) -> bpy.types.Image:
    image = bpy.data.images.new("painted", *SIZE, float_buffer=float_buffer)
    paint(image, codes() / 255.0)
    return image


def image_file(folder: Path, name: str = "street.png", file_format: str = "PNG") -> Path:
    image = painted()
    image.file_format = file_format
    image.save(filepath=str(folder / name))
    bpy.data.images.remove(image)
    return folder / name


def load(path: Path | str) -> bpy.types.Image:
    return bpy.data.images.load(str(path))


def written(source) -> Path:
    end_s = time.monotonic() + 20.0
    while not source.ready():
        assert time.monotonic() < end_s
        time.sleep(0.005)
    return source.path


def assert_is(path: Path, rgb_srgb8: np.ndarray) -> None:
    np.testing.assert_allclose(read_ldr(path).rgb_linear, srgb_to_linear(rgb_srgb8 / np.float32(255.0)), atol=1e-6)


def refusal(image: bpy.types.Image) -> str:
    try:
        prepare_source(image).wait()
    except AddonError as error:
        assert str(error).startswith(f"{image.name}: ")
        return str(error)
    raise AssertionError("it was not refused")


def check_a_file_is_given_as_it_is(folder):
    path = image_file(folder)
    source = prepare_source(load(path))
    assert source.ready() and source.path == path and not source.is_temporary
    source.discard()
    assert path.exists()


def check_a_relative_path_is_that_of_the_blend(folder):
    (folder / "scene").mkdir()
    path = image_file(folder)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene" / "scene.blend"))
    image = load(path)
    image.filepath = "//../street.png"
    assert prepare_source(image).path.samefile(path)


def check_a_linked_image_is_relative_to_its_own_blend(folder):
    (folder / "library").mkdir()
    path = image_file(folder / "library")
    image = load(path)
    image.use_fake_user = True
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "library" / "library.blend"))
    image.filepath = "//street.png"
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    with bpy.data.libraries.load(str(folder / "library" / "library.blend"), link=True) as (_, linked):
        linked.images = ["street.png"]
    image = bpy.data.images["street.png"]
    assert image.library is not None and image.filepath == "//street.png"
    assert prepare_source(image).path.samefile(path)


def check_packed_bytes_are_given_as_they_are(folder):
    for name, file_format in (("street.png", "PNG"), ("street.jpg", "JPEG"), ("street.tif", "TIFF")):
        path = image_file(folder, name, file_format)
        data = path.read_bytes()
        image = load(path)
        image.pack()
        path.unlink()
        source = prepare_source(image, folder)
        assert written(source).read_bytes() == data
        assert source.path.parent == folder and source.path.suffix == path.suffix and source.is_temporary
        read_ldr(source.path)
        source.discard()
        assert not source.path.exists()


def check_temporary_files_are_blenders(folder):
    source = prepare_source(painted())
    assert written(source).parent == Path(bpy.app.tempdir)
    source.discard()


def check_generated_and_painted_pixels_arrive_exactly(folder):
    assert_is(written(prepare_source(painted(), folder)), codes())
    image = load(image_file(folder))
    paint(image, codes()[:, ::-1] / 255.0)
    assert image.is_dirty
    assert_is(written(prepare_source(image, folder)), codes()[:, ::-1])
    image.pack()
    paint(image, codes()[::-1] / 255.0)
    assert image.is_dirty and image.packed_file is not None
    assert_is(written(prepare_source(image, folder)), codes()[::-1])


def check_a_generated_grid_arrives(folder):
    image = bpy.data.images.new("grid", *SIZE)
    image.generated_type = "COLOR_GRID"
    pixels = np.empty(48 * 96 * 4, np.float32)
    image.pixels.foreach_get(pixels)
    expected = np.rint(pixels.reshape(48, 96, 4)[::-1, :, :3] * 255.0).astype(np.uint8)
    assert_is(written(prepare_source(image, folder)), expected)


def check_float_pixels_are_linear(folder):
    image = painted(float_buffer=True)
    path = written(prepare_source(image, folder))
    np.testing.assert_allclose(read_ldr(path).rgb_linear, codes() / 255.0, atol=0.6 / 65535)


def check_a_format_of_blenders_own_arrives(folder):
    for name, file_format in (("street.bmp", "BMP"), ("street.tga", "TARGA")):
        path = image_file(folder, name, file_format)
        assert_is(written(prepare_source(load(path), folder)), codes())


def check_what_is_hdr_already_is_refused(folder):
    write_exr(folder / "sky.exr", np.full((48, 96, 3), 4.0, np.float32), model_name="m", model_sha256="0" * 64)
    image = load(folder / "sky.exr")
    assert "HDR already" in refusal(image)
    image.pack()
    (folder / "sky.exr").unlink()
    assert "HDR already" in refusal(image)
    image = painted(float_buffer=True)
    paint(image, np.full((48, 96, 3), 1.5))
    assert "HDR already" in refusal(image)


def check_what_is_no_single_image_is_refused(folder):
    bpy.ops.wm.read_factory_settings()  # its Image Editor makes a Render Result
    image = load(image_file(folder))
    for source, word in (("TILED", "UDIM"), ("MOVIE", "movie"), ("SEQUENCE", "sequence")):
        image.source = source
        assert word in refusal(image)
    render = bpy.data.images.get("Render Result") or bpy.data.images.new("Render Result", 1, 1)
    render.source = "VIEWER"
    assert "render" in refusal(render)


def check_missing_and_unreadable_files_are_reported(folder):
    path = image_file(folder)
    image = load(path)
    path.unlink()
    assert f"missing: {path}" in refusal(image)
    path.mkdir()
    assert "cannot be read" in refusal(image)
    image.filepath = ""
    assert "no file" in refusal(image)
    path.rmdir()
    path.write_bytes(b"this is no image")
    image.filepath = str(path)
    assert "Blender cannot read it" in refusal(image)


def check_a_full_or_missing_folder_is_reported(folder):
    source = prepare_source(painted(), folder / "missing")
    try:
        written(source)
    except AddonError as error:
        assert "cannot be written" in str(error)
    else:
        raise AssertionError("nothing was said")
    source.discard()


def check_an_image_that_goes_is_copied_before(folder):
    image = painted()
    source = prepare_source(image, folder)
    source.take_from_blender()
    bpy.data.images.remove(image)
    assert_is(written(source), codes())
    image = painted()
    source = prepare_source(image, folder)
    bpy.data.images.remove(image)
    try:
        written(source)
    except AddonError as error:
        assert "removed" in str(error)
    else:
        raise AssertionError("nothing was said")
    source.discard()


def check_the_output_is_in_the_blends_folder(folder):
    path = image_file(folder, "Straße 1.jpg", "JPEG")
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    place = output_place(load(path))
    assert place.path == folder / "textures" / "Straße 1_lanet.exr" and not place.note
    assert output_place(load(path), str(folder / "hdri")).path.parent == folder / "hdri"
    assert output_place(load(path), "//../hdri").path.parent == folder.parent / "hdri"
    assert output_place(painted()).path.name == "painted_lanet.exr"


def check_names_of_any_script_stay_whole(folder):
    for name in ("été", "Ü", "É", "夜景", "Ночь 1", "a.b"):
        path = image_file(folder, f"{name}.jpg", "JPEG")
        assert output_place(load(path), str(folder)).path.name == f"{name}_lanet.exr"
    image = painted()
    for name, expected in (("a/b:c?.png", "a_b_c"), ("..", "world"), ("夜" * 20, "夜" * 20)):
        image.name = name
        assert output_place(image, str(folder)).path.name == f"{expected}_lanet.exr", name


def check_a_folder_relative_to_nothing_is_refused(folder):
    try:
        output_place(painted(), "textures")
    except AddonError as error:
        assert "absolute" in str(error)
    else:
        raise AssertionError("a folder relative to nothing was taken")

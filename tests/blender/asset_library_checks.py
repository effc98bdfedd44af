"""Checks inside Blender: a folder as an asset library."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from enabled_extension import enable, file_scene, part, state_of, wait_until, write_image

from lanet_core.files import read_hdr
from lanet_core.pipeline.scene_kind import scene_kind
from lanet_core.pipeline.thumbnail import thumbnail

OTHERS = "VERSION 1\n\n11111111-1111-4111-8111-111111111111:Mine:Mine\n"


def make_folder(folder: Path, *names: str) -> Path:
    """Write unlike panoramas."""
    place = folder / "photographs"
    place.mkdir()
    for scale, name in enumerate(names, 1):
        write_image(place / name, scale)
    return place


def convert_folder(place: Path, **options) -> list[str]:
    assert bpy.ops.lanet.convert_folder(directory=f"{place}/", **options) == {"CANCELLED"}  # no undo step
    return [message.text for message in part("session").current().messages]


def refused(place: Path, **options) -> str:
    try:
        bpy.ops.lanet.convert_folder(directory=f"{place}/", **options)
    except RuntimeError as error:
        return str(error)
    raise AssertionError("it was not refused")


def files_of(library: Path) -> dict[str, int]:
    """Return when each file was written."""
    return {path.name: path.stat().st_mtime_ns for path in library.iterdir()}


def check_each_image_becomes_a_world_of_the_library(folder):
    scene = file_scene(folder)
    before = state_of(scene)
    place = make_folder(folder, "a.png", "b.png")
    (text,) = convert_folder(place)
    library = place / "hdr_library"
    assert text == f"2 added. Library: {library}"
    assert sorted(files_of(library)) == ["a.blend", "a_lanet.exr", "b.blend", "b_lanet.exr", "blender_assets.cats.txt"]
    assert state_of(scene) == before and list(bpy.data.worlds) == [scene.world]
    (listed,) = bpy.context.preferences.filepaths.asset_libraries[-1:]
    assert Path(listed.path) == library

    catalogs = part("world.asset_library")
    for name in "ab":
        hdr = read_hdr(library / f"{name}_lanet.exr")
        kind = scene_kind(hdr)
        bpy.ops.wm.open_mainfile(filepath=str(library / f"{name}.blend"))
        (world,) = bpy.data.worlds
        data = world.asset_data
        assert world.name == name and data.description.startswith(f"HDR environment, reconstructed from {name}.png")
        assert "% clipped" in data.description
        assert {tag.name for tag in data.tags} == {"HDRI", "LANet IBL", *([kind.capitalize()] if kind else [])}
        assert data.catalog_id == catalogs.catalog_id(kind or "")
        width, height = world.preview.image_size
        pixels = np.array(world.preview.image_pixels_float[:]).reshape(height, width, 4)[::-1, :, :3]
        np.testing.assert_allclose(pixels, thumbnail(hdr, 128) / 255.0, atol=0.5 / 255.0)
        images = {image.name: image.filepath for image in bpy.data.images if image.users}
        assert images[f"{name}_lanet.exr"] == f"//{name}_lanet.exr", images
        assert images[f"{name}.png"] == f"//../{name}.png"
        assert all(image.size[0] for image in bpy.data.images if image.name in images)


def check_what_is_done_is_skipped_and_what_is_missing_is_made(folder):
    enable(folder)
    place = make_folder(folder, "a.png", "b.png", "c.png")
    library = folder / "library"
    convert_folder(place, library=str(library))
    before = files_of(library)
    assert convert_folder(place, library=str(library))[0].startswith("3 skipped. Library:")
    assert files_of(library) == before
    (library / "a.blend").unlink()  # its EXR exists
    write_image(place / "c.png", scale=5)  # another image under this name
    assert convert_folder(place, library=str(library))[0].startswith("2 added, 1 skipped. Library:")
    after = files_of(library)
    assert after["a_lanet.exr"] == before["a_lanet.exr"] and after["b.blend"] == before["b.blend"]
    assert {"a.blend", "c.blend", "c_2.blend", "c_2_lanet.exr"} <= set(after)
    libraries = bpy.context.preferences.filepaths.asset_libraries
    assert sum(Path(each.path) == library for each in libraries if each.path) == 1


def check_a_bad_image_ends_nothing(folder):
    enable(folder)
    place = make_folder(folder, "a.png", "z.png")
    (place / "broken.png").write_bytes((place / "a.png").read_bytes()[:2000])
    total, failure = convert_folder(place)
    assert total.startswith("2 added, 1 failed.") and "broken.png" in failure
    assert not list((place / "hdr_library").glob("broken*"))


def check_a_cancelled_one_is_resumed(folder):
    enable(folder)
    place = make_folder(folder, "a.png", "b.png", "c.png")
    library = place / "hdr_library"
    current = part("session").current()
    library_work = part("conversion.folder_library")
    settings = part("settings").conversion_settings()
    work = library_work.FolderLibrary(current.worker, sorted(place.glob("*.png")), settings, library)
    wait_until(lambda: work.step() is None or bool(work.listed))
    work.cancel()
    wait_until(lambda: work.step().name != "RUNNING", timeout_s=5.0)
    assert work.state.name == "CANCELLED"
    assert "Start again to resume." in library_work.summary(work)[0]
    current.worker.wait()
    done = files_of(library)
    assert "a.blend" in done and "c.blend" not in done
    convert_folder(place)
    after = files_of(library)
    assert {"a.blend", "b.blend", "c.blend"} <= set(after) and after["a.blend"] == done["a.blend"]
    assert not [name for name in after if name.startswith(".")]
    assert not bpy.data.worlds


def check_catalogues_of_others_stay(folder):
    enable(folder)
    place = make_folder(folder, "a.png")
    library = folder / "library"
    library.mkdir()
    catalogs = library / "blender_assets.cats.txt"
    catalogs.write_text(OTHERS, encoding="utf-8")
    convert_folder(place, library=str(library), register_library=False)
    text = catalogs.read_text(encoding="utf-8")
    assert text.startswith(OTHERS) and text.count("VERSION") == 1
    assert [line.split(":")[1] for line in text.splitlines() if "LANet" in line] == [
        "LANet IBL",
        *(f"LANet IBL/{name}" for name in ("Sun", "Overcast", "Night", "Studio", "Other")),
    ]
    convert_folder(place, library=str(library), register_library=False)
    assert catalogs.read_text(encoding="utf-8") == text
    assert not [each for each in bpy.context.preferences.filepaths.asset_libraries if each.path == str(library)]


def check_an_empty_folder_is_refused(folder):
    enable(folder)
    (folder / "photographs").mkdir()
    assert "contains no image" in refused(folder / "photographs")
    make_folder(folder / "photographs", "a.png")
    (folder / "file").write_text("")
    assert "cannot be written to" in refused(folder / "photographs" / "photographs", library=str(folder / "file"))

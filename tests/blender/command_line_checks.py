"""Checks inside Blender: the command `--command lanet`."""

from __future__ import annotations

import contextlib
import io
import json
import os
from pathlib import Path

import bpy
from enabled_extension import enable, lit_scene, part, state_of, write_image


def run(*argv: object) -> tuple[int, str, str]:
    """Run a command as Blender does, and return its exit status and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = part("command_line").run([str(each) for each in argv])
    return status, out.getvalue(), err.getvalue()


def opened_scene(folder: Path) -> bpy.types.Scene:
    enable(folder)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    return lit_scene(bpy.data.images.load(str(write_image(folder / "street.png"))))


def saved_world(folder: Path) -> bpy.types.World:
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    return bpy.context.scene.world


def check_the_world_of_the_opened_scene_is_converted_and_saved(folder):
    opened_scene(folder)
    status, out, err = run("convert", "--save", "--pack", "--asset")
    path = folder / "textures" / "street_lanet.exr"
    assert (status, err) == (0, "")
    assert out.splitlines()[0].startswith(f"{path}: 0.") and "% over-exposed, peak +" in out
    world = saved_world(folder)
    pair = part("world.graph").remembered_pair(world)
    assert part("world.graph").shows_hdr(bpy.context.scene) and pair.hdr.packed_file is not None
    assert world.asset_data is not None and tuple(world.preview.image_size) == (128, 64)


def check_without_save_the_file_stays(folder):
    opened_scene(folder)
    bpy.ops.wm.save_mainfile()
    before = (folder / "scene.blend").read_bytes()
    assert run("convert", "-o", folder / "out", "--half")[0] == 0
    assert (folder / "out" / "street_lanet.exr").is_file() and not (folder / "textures").exists()
    assert (folder / "scene.blend").read_bytes() == before


def check_a_relative_output_folder_is_stored_relative(folder):
    scene = opened_scene(folder)
    (folder / "scenes").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scenes" / "scene.blend"))
    os.chdir(folder / "scenes")
    assert run("convert", "-o", "../hdri", "--save")[0] == 0
    assert (folder / "hdri" / "street_lanet.exr").is_file()
    assert part("world.graph").environment_image(scene).filepath == "//../hdri/street_lanet.exr"
    os.chdir(folder)
    assert run("convert", "-o", "elsewhere", "--save")[0] == 0
    assert part("world.graph").environment_image(scene).filepath == "//../elsewhere/street_lanet.exr"
    assert run("convert", "-o", folder / "absolute", "--save")[0] == 0
    assert part("world.graph").environment_image(scene).filepath == str(folder / "absolute" / "street_lanet.exr")


def check_names_follow_a_pattern_and_a_surface_calibrates(folder):
    opened_scene(folder)
    lines = {}
    for name, options in (("plain", ()), ("calibrated", ("--albedo", "0.05", "--albedo-at", "0.3,0.8"))):
        pattern = "{stem}_" + name
        status, out, err = run(
            "convert", folder / "street.png", "-o", folder / "out", "--name", pattern, "--json", *options
        )
        assert status == 0, err
        lines[name] = json.loads(out)
        assert lines[name]["output"] == str(folder / "out" / f"street_{name}.exr")
    assert lines["plain"]["calibration_factor"] is None
    assert lines["calibrated"]["calibration_factor"] > 0.0 or "left as predicted" in str(
        lines["calibrated"]["warnings"]
    )
    result = part("lanet").convert(
        folder / "street.png", folder=str(folder / "out"), name="py_{stem}", albedo=0.05, at=(0.3, 0.8)
    )
    assert result.output == folder / "out" / "py_street.exr"
    assert result.facts["calibration_factor"] == lines["calibrated"]["calibration_factor"]
    for wrong in (
        ("--name", "x"),
        ("--albedo-at", "0,0"),
        ("--albedo", "2"),
        ("--albedo", "0.2", "--albedo-at", "7,7"),
    ):
        assert run("convert", folder / "street.png", "-o", folder / "no", *wrong)[0] == 2
    assert not (folder / "no").exists()
    status, out, _ = run("--help")
    assert status == 0 and "Exit status: 0 all done" in " ".join(out.split())
    status, out, _ = run("convert", "--help")
    assert status == 0 and "Exit status: 0 all done" in " ".join(out.split())


def check_the_operator_takes_a_folder_and_a_name(folder):
    scene = opened_scene(folder)
    assert bpy.ops.lanet.convert_environment(folder=str(folder / "out"), name_pattern="light_{stem}") == {"FINISHED"}
    assert part("world.graph").environment_image(scene).name == "light_street.exr"
    assert [path.name for path in (folder / "out").iterdir()] == ["light_street.exr"]


def check_all_scenes_are_converted_each_world_once(folder):
    scene = opened_scene(folder)
    second, same, bare = (bpy.data.scenes.new(name) for name in ("Second", "Same", "Bare"))
    second.world = scene.world.copy()
    same.world = scene.world
    texture = next(node for node in second.world.node_tree.nodes if node.type == "TEX_ENVIRONMENT")
    texture.image = bpy.data.images.load(str(write_image(folder / "night.png", scale=2)))
    status, out, err = run("convert", "--all-scenes", "--save")
    assert status == 1 and out.count("over-exposed") == 2, (status, out, err)
    assert err.startswith("lanet: error: Scene “Bare”: ") and "no environment image" in err
    graph = part("world.graph")
    names = [Path(graph.environment_image(each).filepath).name for each in (scene, second, same)]
    assert names == ["street_lanet.exr", "night_lanet.exr", "street_lanet.exr"]
    bpy.data.scenes.remove(bare)
    assert run("convert", "--all-scenes")[0] == 0
    assert run("convert", folder / "night.png", "--all-scenes")[0] == 2


def check_json_prints_one_object_per_result(folder):
    opened_scene(folder)
    image, missing = write_image(folder / "a.png"), folder / "missing.png"
    status, out, err = run("convert", image, missing, "--json")
    records = [json.loads(line) for line in out.splitlines()]
    assert status == 1 and [each["status"] for each in records] == ["converted", "failed"], (out, err)
    converted, failed = records
    assert (converted["input"], converted["output"]) == (str(image), str(folder / "a_lanet.exr"))
    assert {"width", "height", "white_level", "clipped_fraction", "peak_ev", "light", "seconds"} <= set(converted)
    assert failed["input"] == str(missing) and "missing.png" in failed["error"]["message"]
    status, out, _ = run("convert", "--json")
    (world,) = [json.loads(line) for line in out.splitlines()]
    assert (status, world["input"]) == (0, None) and world["output"].endswith("street_lanet.exr")


def check_images_are_converted_and_the_scene_stays(folder):
    scene = opened_scene(folder)
    (folder / "in").mkdir()
    a, b = write_image(folder / "in" / "a.png"), write_image(folder / "b.png")
    before = state_of(scene)
    status, out, err = run("convert", a, b)
    assert (status, err) == (0, "")
    results = [folder / "in" / "a_lanet.exr", folder / "b_lanet.exr"]
    assert [line.partition(": ")[0] for line in out.splitlines()] == [str(path) for path in results]
    assert all(path.is_file() for path in results)
    assert state_of(scene) == before
    missing = folder / "missing.png"
    status, out, err = run("convert", a, missing, "--output", folder / "out")
    assert status == 1 and len(out.splitlines()) == 1 and (folder / "out" / "a_lanet.exr").is_file()
    assert err.startswith("lanet: error:") and str(missing) in err and len(err.splitlines()) == 1
    status, out, err = run("convert", missing)
    assert (status, out) == (2, "") and str(missing) in err


def check_folders_and_patterns_name_images(folder):
    enable(folder)
    (folder / "in").mkdir()
    for number, name in enumerate(("a.png", "b.png", "pano[1].png", "pano1.png")):
        write_image(folder / "in" / name, scale=number + 1)
    (folder / "in" / "text.txt").write_text("no image")

    def sources(*names: str) -> list[str]:
        status, out, err = run("convert", *(folder / "in" / name for name in names), "--dry-run", "--json")
        assert (status, err) == (0, "")
        return [Path(json.loads(line)["input"]).name for line in out.splitlines()]

    assert sources("") == ["a.png", "b.png", "pano1.png", "pano[1].png"]
    assert sources("pano[1].png") == ["pano[1].png"]
    (folder / "in" / "pano[1].png").unlink()
    assert sources("?.png", "a.png") == ["a.png", "b.png"]
    assert sources("x" * 300, "a.png")[1:] == ["a.png"]
    assert not list(folder.rglob("*.exr"))


def check_json_and_skip_existing(folder):
    enable(folder)
    (folder / "in").mkdir()
    a, b = write_image(folder / "in" / "a.png"), write_image(folder / "in" / "b.png", scale=2)
    status, out, _ = run("convert", folder / "in", folder / "missing.png", "--json", "-o", folder / "out")
    first, second, failed = map(json.loads, out.splitlines())
    assert status == 1 and (first["input"], second["input"]) == (str(a), str(b))
    assert first["output"] == str(folder / "out" / "a_lanet.exr") and first["peak_ev"] > 1.0
    assert "missing.png" in failed["error"]["message"]
    written = (folder / "out" / "a_lanet.exr").stat().st_mtime_ns
    write_image(b, scale=3)
    status, out, _ = run("convert", folder / "in", "--json", "-o", folder / "out", "--skip-existing")
    skipped, again = map(json.loads, out.splitlines())
    assert status == 0 and skipped["status"] == "skipped" and skipped["input"] == str(a)
    assert (folder / "out" / "a_lanet.exr").stat().st_mtime_ns == written
    assert again["output"] == str(folder / "out" / "b_2_lanet.exr"), "the image is another now"


def check_a_dry_run_of_a_world_changes_nothing(folder):
    scene = opened_scene(folder)
    bpy.ops.wm.save_mainfile()
    before, saved = state_of(scene), (folder / "scene.blend").read_bytes()
    status, out, _ = run("convert", "--dry-run", "--json", "--save")
    record = json.loads(out.splitlines()[0])
    assert status == 0 and record["output"] == str(folder / "textures" / "street_lanet.exr")
    assert state_of(scene) == before and (folder / "scene.blend").read_bytes() == saved
    assert not (folder / "textures").exists()


def check_a_image_becomes_the_world(folder):
    opened_scene(folder)
    other = write_image(folder / "other.png")
    assert run("convert", other, "--world", "--save")[0] == 0
    assert part("world.graph").remembered_pair(saved_world(folder)).ldr.name == "other.png"


def check_images_become_assets(folder):
    opened_scene(folder)
    images = [write_image(folder / name) for name in ("a.png", "b.png")]
    assert run("convert", *images, "--asset", "--save")[0] == 0
    assert saved_world(folder).name == "World"
    for name in "ab":
        assert tuple(bpy.data.worlds[name].preview.image_size) == (128, 64)


def check_a_mistake_is_one_line_and_status_2(folder):
    enable(folder)
    image = write_image(folder / "a.png")
    for argv, reason in (
        (("convert",), "no environment image"),
        (("convert", image, "--save"), "No .blend file is opened"),
        (("convert", image, image, "--world"), "takes one image"),
        (("convert", image, "--pack"), "--world"),
        (("convert", image, "--model", folder / "no.onnx"), "no.onnx"),
    ):
        status, out, err = run(*argv)
        assert (status, out) == (2, "") and reason in err and len(err.splitlines()) == 1, (argv, out, err)
        assert err.startswith("lanet: error: ")
    for argv in ((), ("dance",), ("convert", "--provider", "abacus")):
        status, out, err = run(*argv)
        assert status == 2 and err.startswith("usage: blender") and "error: " in err, err
    assert not list(folder.glob("*.exr"))


def check_help_is_given(folder):
    enable(folder)
    status, out, err = run("convert", "--help")
    assert (status, err) == (0, "") and "--command lanet convert" in out and "IMAGE" in out and "Exit status: 0" in out

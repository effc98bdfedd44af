"""Checks inside Blender: images of any shape that light the scene, and how they are removed."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import OpenImageIO
from enabled_extension import (
    MODULE,
    convert,
    disable,
    file_scene,
    messages,
    part,
    pixels_of,
    refusal,
    street,
    texture_of,
    wait_until,
    write_image,
    write_model,
)


def check_a_photograph_lights_the_world_at_once_also_after_a_conversion(folder):
    scene = file_scene(folder)
    graph = part("world.graph")
    convert()
    hdr = graph.environment_image(scene)
    other = bpy.data.images.load(str(write_image(folder / "other.png", scale=2)))
    scene.lanet.image = other
    assert graph.environment_image(scene) == other and texture_of(scene).image == other
    assert convert() == {"FINISHED"}
    pair = graph.remembered_pair(scene.world)
    assert pair.ldr == other and pair.hdr != hdr and graph.shows_hdr(scene)
    assert [node.type for node in scene.world.node_tree.nodes].count("TEX_ENVIRONMENT") == 1


def check_a_menus_entry_lights_the_scene_by_an_image(folder):
    scene = file_scene(folder)
    other = bpy.data.images.load(str(write_image(folder / "other.png", scale=2)))
    assert bpy.ops.lanet.convert_image(image=other.name) == {"FINISHED"}
    pair = part("world.graph").remembered_pair(scene.world)
    assert pair.ldr == other and part("world.graph").shows_hdr(scene)
    try:
        bpy.ops.lanet.convert_image(image="missing")
    except RuntimeError as error:
        assert "no such image" in str(error)
    else:
        raise AssertionError("it was not refused")
    menus = [bpy.types.IMAGE_MT_image, bpy.types.NODE_MT_context_menu]
    ours = [[each for each in menu._dyn_ui_initialize() if MODULE in each.__module__] for menu in menus]
    assert [len(each) for each in ours] == [1, 1]
    disable()
    assert not any(MODULE in each.__module__ for menu in menus for each in menu._dyn_ui_initialize())


def check_reset_and_remove_take_back_what_was_added(folder):
    scene = file_scene(folder)
    graph = part("world.graph")
    photograph = graph.environment_image(scene)
    tree = scene.world.node_tree

    def links() -> list[tuple[str, str]]:
        return sorted((each.from_node.name, each.to_node.name) for each in tree.links)

    before = links(), sorted(tree.nodes.keys()), sorted(scene.world.keys())
    convert()
    light = graph.light_node(scene)
    light.inputs["Highlights"].default_value = 2.0
    scene.lanet.shown = "LDR"
    assert bpy.ops.lanet.reset_light() == {"FINISHED"}
    assert light.inputs["Highlights"].default_value == 0.0 and scene.lanet.shown == "HDR"
    assert bpy.ops.lanet.remove_light() == {"FINISHED"}
    assert graph.environment_image(scene) == photograph
    assert (links(), sorted(tree.nodes.keys())) == before[:2]
    assert not {key for key, _ in scene.world.items() if key.startswith("lanet_")} - {"lanet_engines"}
    assert (folder / "textures" / "street_lanet.exr").is_file()
    assert not bpy.ops.lanet.remove_light.poll() and not bpy.ops.lanet.reset_light.poll()


def check_the_rotation_and_the_strength_are_those_of_the_node_tree(folder):
    scene = file_scene(folder)
    convert()
    graph, mapping = part("world.graph"), part("world.map_rotation")
    texture = texture_of(scene)
    nodes = scene.world.node_tree.nodes
    assert mapping.mapping_of(texture) == nodes["Mapping"]
    assert part("world.strength").strength_after(graph.lighting_node(scene)) == nodes["Background"].inputs["Strength"]
    nodes.remove(nodes["Mapping"])
    assert mapping.mapping_of(texture) is None
    assert bpy.ops.lanet.add_rotation() == {"FINISHED"}
    assert mapping.mapping_of(texture).inputs["Vector"].links[0].from_socket.name == "Generated"


def check_the_highlights_of_the_last_image_do_not_stay(folder):
    scene = file_scene(folder)
    convert()
    light = part("world.graph").light_node(scene)
    light.inputs["Highlights"].default_value = 1.5
    convert()
    assert any("Highlights is set to +1.5 EV" in text for text in messages())
    texture_of(scene).image = bpy.data.images.load(str(write_image(folder / "other.png", scale=2)))
    convert()
    assert light.inputs["Highlights"].default_value == 0.0
    assert not any("Highlights" in text for text in messages())


def write_shape(path: Path, height: int, width: int) -> Path:
    """Write an image of any ratio."""
    pixels = np.random.default_rng(5).integers(10, 200, (height, width, 3), dtype=np.uint8)
    pixels[8:12, 10:20] = 255
    part("files.plain_png").write_plain_png(path, pixels, linear=False)
    return path


def check_an_image_that_is_not_2_to_1_is_stretched_or_padded_on_request(folder):
    scene = file_scene(folder)
    graph, facts = part("world.graph"), part("session").current().facts
    for name, size, fit, result in (
        ("wide.png", (60, 180), "PAD", (180, 90)),
        ("narrow.png", (90, 150), "PAD", (180, 90)),
        ("nearly.png", (80, 150), "STRETCH", (160, 80)),
    ):
        image = texture_of(scene).image = bpy.data.images.load(str(write_shape(folder / name, *size)))
        text = refusal()
        assert name in text and "Pad in the panel" in text and "--" not in text, text

        def known(image=image):
            part("session").current()._tick()
            return facts.of(image)

        facts._looked_s.clear()
        wait_until(known)
        assert facts.of(image).is_no_panorama
        image.lanet.fit = fit
        facts._looked_s.clear()
        wait_until(lambda known=known, width=result[0]: known().width == width)
        assert convert() == {"FINISHED"}
        assert tuple(graph.environment_image(scene).size) == result, fit
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    assert bpy.data.images["nearly.png"].lanet.fit == "STRETCH"


def check_a_packed_image_is_called_by_its_name(folder):
    scene = file_scene(folder)
    path = write_shape(folder / "photo.png", 100, 128)
    image = texture_of(scene).image = bpy.data.images.load(str(path))
    image.pack()
    path.unlink()
    text = refusal()
    assert text.removeprefix("Error: ").startswith("photo.png: ") and "lanet-" not in text, text
    facts = part("session").current().facts

    def known():
        part("session").current()._tick()
        return facts.of(image)

    wait_until(known)
    assert facts.of(image).problem.startswith("photo.png: ") and "lanet-" not in facts.of(image).problem


def check_results_are_half_floats_where_the_range_allows(folder):
    scene = file_scene(folder)
    convert()
    path = folder / "textures" / "street_lanet.exr"

    def kind() -> str:
        image = OpenImageIO.ImageInput.open(str(path))
        name = str(image.spec().format)
        image.close()
        return name

    assert kind() == "half"
    preferences = bpy.context.preferences.addons[MODULE].preferences
    preferences.precision = "FLOAT"
    convert()
    assert kind() == "float"
    preferences.precision = "AUTO"
    write_model(folder / "bright.onnx", gain=14.0)
    preferences.model = str(folder / "bright.onnx")
    convert()
    assert kind() == "float" and part("world.graph").shows_hdr(scene)
    assert Path(bpy.path.abspath(part("world.graph").environment_image(scene).filepath)) == path
    preferences.precision = "HALF"
    assert "65504" in refusal()


def check_the_alpha_mode_of_the_image_counts(folder):
    scene = file_scene(folder)
    rgba = np.dstack([street(), np.full((64, 128), 255, np.uint8)])
    rgba[20:40, 60:90, 3] = 0
    output = OpenImageIO.ImageOutput.create(str(folder / "holes.png"))
    specification = OpenImageIO.ImageSpec(128, 64, 4, "uint8")
    specification.attribute("oiio:UnassociatedAlpha", 1)
    assert output.open(str(folder / "holes.png"), specification) and output.write_image(rgba) and output.close()
    srgb = rgba[20:40, 60:90, :3] / 255.0
    photographed = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    for mode, has_its_colour in (("STRAIGHT", False), ("NONE", True), ("CHANNEL_PACKED", True)):
        image = bpy.data.images.load(str(folder / "holes.png"))
        image.alpha_mode = mode
        scene.lanet.image = image
        assert convert() == {"FINISHED"}
        pair = part("world.graph").remembered_pair(scene.world)
        difference = np.abs(pixels_of(pair.hdr)[20:40, 60:90] - photographed).max()
        assert (difference < 1e-3) == has_its_colour, (mode, difference)

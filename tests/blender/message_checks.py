"""What test_extension.py runs inside Blender: a message belongs to a state."""

from __future__ import annotations

import os
import time
from pathlib import Path

import bpy
import numpy as np
import OpenImageIO
from enabled_extension import (
    MODULE,
    convert,
    disable,
    enable,
    file_scene,
    painted,
    part,
    refusal,
    wait_until,
    write_image,
    write_model,
)


def messages() -> list[str]:
    return [message.text for message in part("session").current().messages]


def errors() -> list[str]:
    return [message.text for message in part("session").current().messages if message.is_error]


def texture_of(scene):
    return next(node for node in scene.world.node_tree.nodes if node.type == "TEX_ENVIRONMENT")


def check_no_image_is_reported_until_one_is_chosen(folder):
    enable(folder)
    scene = bpy.context.scene
    scene.world = None
    assert "no environment image" in refusal() and "no environment image" in errors()[0]
    scene.lanet.image = painted()
    assert messages() == [] and part("world.graph").environment_image(scene) == scene.lanet.image
    scene.world = None
    assert messages() == []
    scene.lanet.image = None
    refusal()
    assert len(errors()) == 1
    scene.world = bpy.data.worlds.new("World")
    assert messages() == []


def check_an_error_is_hidden_when_another_image_is_chosen(folder):
    scene = file_scene(folder)
    damaged = folder / "damaged.png"
    damaged.write_bytes((folder / "street.png").read_bytes()[:3000])
    good, bad = texture_of(scene).image, bpy.data.images.load(str(damaged))
    texture_of(scene).image = bad
    assert "damaged.png" in refusal() and "damaged.png" in errors()[0]
    texture_of(scene).image = good
    assert messages() == []
    convert()
    assert errors() == [] and len(messages()) == 1


def check_an_error_of_the_preferences_is_hidden_when_they_are_changed(folder):
    file_scene(folder)
    preferences = bpy.context.preferences.addons[MODULE].preferences
    model, preferences.model = preferences.model, str(folder / "no.onnx")
    refusal()
    assert len(errors()) == 1
    preferences.model = model
    assert messages() == []


def check_a_result_is_hidden_by_undo_and_shown_by_redo(folder):
    file_scene(folder)
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.lanet.convert_environment("EXEC_DEFAULT", True)
    (text,) = messages()
    assert "brightest light" in text
    bpy.ops.ed.undo()
    assert messages() == []
    bpy.ops.ed.redo()
    assert messages() == [text]
    bpy.context.scene.lanet.shown = "LDR"
    assert messages() == []


def check_another_scene_has_its_own_messages(folder):
    scene = file_scene(folder)
    convert()
    assert len(messages()) == 1
    other = bpy.data.scenes.new("other")
    bpy.context.window.scene = other
    assert messages() == []
    bpy.context.window.scene = scene
    assert len(messages()) == 1


def check_files_that_cannot_be_read_are_named_with_the_reason(folder):
    file_scene(folder)
    assert "no such file" in refusal(filepath=str(folder / "missing.png"))
    (folder / "folder.png").mkdir()
    text = refusal(filepath=str(folder / "folder.png"))
    assert "It is a folder" in text and "no such file" not in text
    (folder / "text.png").write_bytes(b"this is no image")
    text = refusal(filepath=str(folder / "text.png"))
    assert "Blender cannot read it" in text and "no such file" not in text
    text = refusal(filepath=str(folder / ("x" * 300 + ".png")))
    assert "cannot be read" in text and "no such file" not in text
    secret = write_image(folder / "secret.png")
    secret.chmod(0)
    if not os.access(secret, os.R_OK):  # root reads everything
        assert "Permission denied" in refusal(filepath=str(secret))


def check_a_sky_is_not_unlinked_silently(folder):
    enable(folder)
    scene = bpy.context.scene
    scene.world = bpy.data.worlds.new("World")
    scene.world.use_nodes = True
    nodes = scene.world.node_tree.nodes
    sky = nodes.new("ShaderNodeTexSky")
    scene.world.node_tree.links.new(sky.outputs[0], nodes["Background"].inputs["Color"])
    convert(filepath=str(write_image(folder / "street.png")))
    assert any(sky.name in text and "no longer lights" in text for text in messages())
    assert sky.name in nodes
    scene.world = bpy.data.worlds.new("Second")
    scene.world.use_nodes = True
    nodes = scene.world.node_tree.nodes
    sky = nodes.new("ShaderNodeTexSky")
    scene.world.node_tree.links.new(sky.outputs[0], nodes["Background"].inputs["Color"])
    assert messages() == []
    scene.lanet.image = painted()
    (text,) = messages()
    assert sky.name in text and "no longer lights" in text
    assert part("world.graph").environment_image(scene) == scene.lanet.image


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
    assert graph.background_of(scene) == nodes["Background"]
    nodes.remove(nodes["Mapping"])
    assert mapping.mapping_of(texture) is None
    assert bpy.ops.lanet.add_rotation() == {"FINISHED"}
    assert mapping.mapping_of(texture).inputs["Vector"].links[0].from_socket.name == "Generated"


def check_what_was_not_converted_and_what_clamps_is_reported(folder):
    scene = file_scene(folder)
    tree = scene.world.node_tree
    texture, background = texture_of(scene), tree.nodes["Background"]
    texture.image.colorspace_settings.name = "Filmic sRGB"
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    tree.links.new(texture.outputs["Color"], ramp.inputs["Fac"])
    tree.links.new(ramp.outputs["Color"], background.inputs["Color"])
    second, other = tree.nodes.new("ShaderNodeBackground"), tree.nodes.new("ShaderNodeTexEnvironment")
    other.image = bpy.data.images.new("night", 8, 4)
    mix = tree.nodes.new("ShaderNodeMixShader")
    tree.links.new(other.outputs["Color"], second.inputs["Color"])
    tree.links.new(background.outputs[0], mix.inputs[1])
    tree.links.new(second.outputs[0], mix.inputs[2])
    tree.links.new(mix.outputs[0], tree.nodes["World Output"].inputs["Surface"])
    convert()
    found = messages()
    for words in (("Filmic sRGB", "not used"), (ramp.name, "limits the light"), (other.name, "night")):
        assert any(all(word in text for word in words) for text in found), (words, found)


class _Context:
    """What a button's context has."""

    workspace = None


def driven(scene, **options):
    """Begin a conversion as the button does, and return the session; its timer is called by hand, without a window."""
    current = part("session").current()
    work = part("conversion.scene").WorldConversion(
        current.worker, scene, part("settings").conversion_settings(), **options
    )
    operators = part("operators.convert_environment")
    current.go_on(
        work, lambda each: operators.ending(each, scene_uid=scene.session_uid, asset=False), "Convert", _Context
    )
    return current


def check_a_timer_does_the_work_and_no_operator_is_left(folder):
    scene = file_scene(folder)
    current = driven(scene)
    assert bpy.app.timers.is_registered(current._timer)
    assert not list(getattr(bpy.context.window, "modal_operators", ()))

    def turn() -> bool:
        current._tick()
        return current.conversion is None

    wait_until(turn)
    assert part("world.graph").shows_hdr(scene) and "brightest" in messages()[0]
    current = driven(scene)
    current._tick()
    disable()
    assert current.conversion is None and not bpy.app.timers.is_registered(current._timer)
    assert bpy.ops.preferences.addon_enable(module=MODULE) == {"FINISHED"}
    bpy.context.preferences.addons[MODULE].preferences.model = str(folder / "tiny.onnx")
    assert convert() == {"FINISHED"}


def check_an_unexpected_error_ends_the_work_and_not_the_timer(folder):
    scene = file_scene(folder)
    current = driven(scene)

    def fall():
        raise ValueError("out of the blue")

    current.conversion.step = fall
    assert current._tick() is not None
    assert current.conversion is None and "out of the blue" in errors()[0]
    current = driven(scene)
    until_s = time.monotonic() + 30.0
    while current.conversion is not None and time.monotonic() < until_s:
        current._tick()
        time.sleep(0.01)
    assert part("world.graph").shows_hdr(scene)


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

"""Checks inside Blender: a message belongs to a state."""

from __future__ import annotations

import os

import bpy
from enabled_extension import (
    MODULE,
    convert,
    enable,
    errors,
    file_scene,
    messages,
    painted,
    part,
    refusal,
    state_of,
    texture_of,
    write_image,
)


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


def check_a_world_that_does_not_use_its_nodes_is_named(folder):
    """Every button gives the cause and the remedy, before a conversion and after it, and nothing changes."""
    scene = file_scene(folder)
    scene.world.use_nodes = False
    if scene.world.use_nodes:  # Blender 5 always uses them
        return
    obstacle = part("world.obstacles").obstacle
    assert "Use Nodes is off" in refusal() and "Use Nodes is off" in obstacle(scene)
    scene.world.use_nodes = True
    assert convert() == {"FINISHED"} and obstacle(scene) == ""
    scene.world.use_nodes = False
    before = state_of(scene)
    for name in ("add_sun_lamp", "add_ground", "bake_light", "calibrate_surface", "turn_light", "add_rotation"):
        assert "Use Nodes is off" in refusal_of(getattr(bpy.ops.lanet, name)), name
    for name in ("reset_light", "remove_light", "convert_environment"):
        assert "Use Nodes is off" in refusal_of(getattr(bpy.ops.lanet, name)), name
    scene.lanet.shown = "LDR"
    assert any("Use Nodes is off" in text for text in errors())
    assert state_of(scene) == before
    scene.world = bpy.data.worlds.new("plain")
    assert obstacle(scene) == "" and "no environment image" in refusal()


def refusal_of(operator) -> str:
    """Return the message of an operator that fails."""
    try:
        operator()
    except RuntimeError as error:
        return str(error)
    raise AssertionError("it was not refused")


def check_a_linked_scene_is_named_and_stays(folder):
    scene = file_scene(folder)
    assert convert() == {"FINISHED"}
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(folder / "scene.blend"), link=True) as (_, chosen):
        chosen.scenes = ["Scene"]
    scene = bpy.context.window.scene = chosen.scenes[0]
    before = state_of(scene)
    for name in ("convert_environment", "add_sun_lamp", "add_ground", "turn_light", "reset_light", "remove_light"):
        assert "linked from scene.blend" in refusal_of(getattr(bpy.ops.lanet, name)), name
    assert "linked from scene.blend" in refusal(filepath=str(folder / "street.png"))
    scene.lanet.shown, scene.lanet.backplate = "LDR", "PHOTOGRAPH"
    assert any("linked from scene.blend" in text for text in errors())
    assert state_of(scene) == before

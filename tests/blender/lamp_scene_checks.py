"""Checks inside Blender: lamps of worlds that are copied, shared or shown in other scenes."""

from __future__ import annotations

import math

import bpy
from enabled_extension import part
from hdr_scenes import SUN, hdr_scene, lamps
from mathutils import Euler, Vector


def another_scene(world) -> bpy.types.Scene:
    """Return a new scene with a world, after an update of Blender's."""
    scene = bpy.data.scenes.new("another")
    scene.world = world
    update(scene)
    return scene


def update(scene) -> None:
    """Update a scene twice: handlers are not called for the first time that a scene is evaluated."""
    for _ in range(2):
        scene.world.update_tag()
        scene.view_layers[0].update()


def turned_suns(scene, angle: float) -> list:
    """Turn a scene's world and return its lamps, whose light comes from there."""
    scene.world.node_tree.nodes["Mapping"].inputs["Rotation"].default_value[2] = angle
    scene.view_layers[0].update()
    expected = Euler((0.0, 0.0, -angle)).to_matrix() @ SUN
    for lamp in lamps(scene):
        matrix = lamp.evaluated_get(scene.view_layers[0].depsgraph).matrix_world.to_3x3()
        assert math.degrees((matrix @ Vector((0.0, 0.0, 1.0))).angle(expected)) < 0.3
    return lamps(scene)


def check_a_world_shown_by_another_scene_brings_its_lamps(folder):
    scene = hdr_scene(folder)
    bpy.context.view_layer.update()
    shared = another_scene(scene.world)
    bpy.ops.lanet.add_sun_lamp()
    (lamp,) = lamps(scene)
    assert lamps(shared) == [lamp], "the same world has the same lamps"
    lamp.data.color = (0.25, 0.5, 0.75)
    copied = another_scene(scene.world.copy())
    (copy,) = turned_suns(copied, 1.1)
    assert copy != lamp and copy.data != lamp.data and copy.data.color == lamp.data.color
    assert turned_suns(scene, -0.4) == [lamp] and turned_suns(copied, 0.3) == [copy]
    shared.world = scene.world.copy()
    update(shared)
    (third,) = turned_suns(shared, 2.0)
    assert third not in (lamp, copy) and turned_suns(scene, 0.9) == [lamp]
    bpy.ops.lanet.remove_lamps()
    assert lamps(scene) == [] and lamps(copied) == [copy] and lamps(shared) == [third]
    assert part("world.graph").environment_image(copied) == part("world.graph").remembered_pair(copied.world).rest


def check_a_world_whose_lamps_are_nowhere_shows_the_whole_map(folder):
    hdr_scene(folder)
    bpy.context.view_layer.update()
    bpy.ops.lanet.add_sun_lamp()
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.context.view_layer.update()
    with bpy.data.libraries.load(str(folder / "scene.blend")) as (_, chosen):
        chosen.worlds = ["World"]
    pair = part("world.graph").remembered_pair(chosen.worlds[0])
    assert pair.rest is not None
    other = another_scene(chosen.worlds[0])
    assert part("world.graph").environment_image(other) == pair.hdr
    assert part("world.graph").remembered_pair(other.world).rest is None


def check_lamps_deleted_by_hand_are_no_trap(folder):
    scene = hdr_scene(folder)
    graph = part("world.graph")
    hdr = graph.remembered_pair(scene.world).hdr
    for take_back in (bpy.ops.lanet.remove_lamps, bpy.ops.lanet.reset_light, bpy.ops.lanet.convert_environment):
        bpy.ops.lanet.add_sun_lamp()
        for lamp in lamps(scene):
            bpy.data.objects.remove(lamp)
        bpy.context.view_layer.update()
        assert graph.environment_image(scene) != hdr, "it is not restored behind the artist's back"
        take_back()
        assert graph.remembered_pair(scene.world).rest is None
        hdr = graph.environment_image(scene)
        assert hdr == graph.remembered_pair(scene.world).hdr


def check_undo_and_redo_keep_the_lamps_of_a_copy(folder):
    scene = hdr_scene(folder)
    bpy.context.view_layer.update()
    bpy.ops.lanet.add_sun_lamp()
    bpy.ops.ed.undo_push(message="before")
    another_scene(scene.world.copy())
    bpy.ops.ed.undo_push(message="another scene")
    bpy.ops.ed.undo()
    bpy.context.view_layer.update()
    assert len(bpy.data.lights) == 1
    bpy.ops.ed.redo()
    update(bpy.data.scenes["another"])
    assert all(len(lamps(each)) == 1 for each in bpy.data.scenes)


def check_a_linked_world_with_lamps_becomes_local(folder):
    """Each button works in a scene that shows the world of a library, and none of them changes the library's."""
    hdr_scene(folder)
    bpy.ops.lanet.add_sun_lamp()
    bpy.ops.wm.save_mainfile()
    graph = part("world.graph")
    for operator in ("add_sun_lamp", "add_ground", "reset_light", "remove_light"):
        bpy.ops.wm.read_homefile(use_empty=True)
        with bpy.data.libraries.load(str(folder / "scene.blend"), link=True) as (_, chosen):
            chosen.worlds = ["World"]
        linked, scene = chosen.worlds[0], bpy.context.scene
        scene.world = linked
        assert getattr(bpy.ops.lanet, operator)() == {"FINISHED"}, operator
        assert scene.world.library is None and graph.remembered_pair(linked).rest is not None
        if operator == "remove_light":
            assert graph.remembered_pair(scene.world) is None
            assert graph.environment_image(scene) == graph.remembered_pair(linked).ldr
        else:
            assert graph.shows_hdr(scene) and len(lamps(scene)) == (operator == "add_sun_lamp")
        if operator == "add_ground":
            tree = part("world.ground").ground_of(scene).active_material.node_tree
            targets = [curve.driver.variables[0].targets[0].id for curve in tree.animation_data.drivers]
            assert set(targets) == {scene.world}


def check_reset_is_refused_where_the_world_shows_another_image(folder):
    scene = hdr_scene(folder)
    bpy.ops.lanet.add_sun_lamp()
    part("world.graph").lighting_node(scene).image = bpy.data.images.new("another", 64, 32)
    try:
        bpy.ops.lanet.reset_light()
    except RuntimeError as error:
        assert "no converted environment" in str(error) and "Traceback" not in str(error)
    else:
        raise AssertionError("it was not refused")
    assert len(lamps(scene)) == 1

"""What test_extension.py runs inside Blender: lamps in place of lights of the map."""

from __future__ import annotations

import math
import time
from pathlib import Path

import bpy
import numpy as np
from enabled_extension import MODULE, enable, lit_scene, painted, part, pixels_of, state_of, write_model
from mathutils import Euler, Vector
from world_graph_scenes import rendered_pixels

from lanet_core.files import read_hdr, write_exr
from lanet_core.geometry import sphere

SUN = Vector((math.cos(0.6), 0.0, math.sin(0.6)))  # 34° high, in the middle of the map
LAMP = Vector((0.0, math.cos(0.3), math.sin(0.3)))


def panorama(height: int = 256) -> np.ndarray:
    """Return a sky with a sun of 2° and a weaker lamp of 4°."""
    directions = sphere.pixel_directions(height, 2 * height)
    sky = 0.3 + 0.2 * directions[..., 2:] * np.array([0.5, 0.8, 1.0])
    for direction, radius_deg, radiance in ((SUN, 2.0, (900.0, 700.0, 500.0)), (LAMP, 4.0, (30.0, 30.0, 60.0))):
        angle = np.arccos(np.clip(directions @ np.array(direction), -1.0, 1.0))
        share = np.clip((math.radians(radius_deg) - angle) / (np.pi / height) + 0.5, 0.0, 1.0)[..., None]
        sky = sky * (1.0 - share) + np.array(radiance) * share
    return sky.astype(np.float32)


def hdr_scene(folder: Path) -> bpy.types.Scene:
    """Return a saved scene that is lit by a result, through a Mapping that is not turned."""
    enable(folder)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    (folder / "textures").mkdir(exist_ok=True)
    path = folder / "textures" / "street_lanet.exr"
    write_exr(path, panorama(), model_name="m", model_sha256="0" * 64)
    scene = lit_scene(painted())
    nodes = scene.world.node_tree.nodes
    nodes["Mapping"].inputs["Rotation"].default_value = (0.0, 0.0, 0.0)
    nodes["Background"].inputs["Strength"].default_value = 1.0
    graph = part("world.graph")
    graph.apply_hdr(scene, graph.environment_image(scene), path)
    assert graph.shows_hdr(scene)
    return scene


def lamps(scene):
    return part("world.lamps").lamps_of(scene)


def beam(lamp) -> Vector:
    """Return the direction that a lamp's light comes from."""
    bpy.context.view_layer.update()
    return (lamp.matrix_world.to_3x3() @ Vector((0.0, 0.0, 1.0))).normalized()


def refusal(**options) -> str:
    try:
        bpy.ops.lanet.add_sun_lamp(**options)
    except RuntimeError as error:
        return str(error)
    raise AssertionError("it was not refused")


def check_a_lamp_has_the_light_that_the_map_loses(folder):
    scene = hdr_scene(folder)
    assert bpy.ops.lanet.add_sun_lamp() == {"FINISHED"}
    (lamp,) = lamps(scene)
    assert lamp.data.type == "SUN" and math.degrees(beam(lamp).angle(SUN)) < 0.2
    assert abs(math.degrees(lamp.data.angle) - 4.0) < 0.4
    graph = part("world.graph")
    rest = graph.environment_image(scene)
    assert rest.filepath == "//textures/street_without_lights_lanet.exr" and graph.shows_hdr(scene)
    weights = sphere.pixel_solid_angles_sr(rest.size[1], rest.size[0])[:, None, None]
    lost = ((panorama() - pixels_of(rest)) * weights).sum(axis=(0, 1))
    np.testing.assert_allclose(lost, np.array(lamp.data.color) * lamp.data.energy, rtol=0.01)
    assert pixels_of(rest).max() > 20.0, "the second light stays"
    assert bpy.ops.lanet.add_sun_lamp(index=1) == {"FINISHED"}
    assert len(lamps(scene)) == 2 and math.degrees(beam(lamps(scene)[1]).angle(LAMP)) < 0.3
    assert pixels_of(graph.environment_image(scene)).max() < 2.0
    assert "has a lamp" in refusal(index=1)


def check_an_area_lamp_gives_the_origin_the_same_light(folder):
    scene = hdr_scene(folder)
    bpy.ops.lanet.add_sun_lamp(index=1)
    (sun,) = lamps(scene)
    irradiance = np.array(sun.data.color) * sun.data.energy
    angle = sun.data.angle
    bpy.ops.lanet.remove_lamps()
    assert bpy.ops.lanet.add_sun_lamp(index=1, kind="AREA") == {"FINISHED"}
    (lamp,) = lamps(scene)
    assert lamp.data.type == "AREA" and math.degrees(beam(lamp).angle(LAMP)) < 0.3
    distance, radius = lamp.matrix_world.translation.length, lamp.data.size / 2.0
    assert abs(2.0 * math.atan(radius / distance) - angle) < 1e-4
    # The power of a Lambertian disc, π A L, and the irradiance on its axis.
    radiance = np.array(lamp.data.color) * lamp.data.energy / (math.pi * math.pi * radius**2)
    np.testing.assert_allclose(radiance * math.pi * radius**2 / (distance**2 + radius**2), irradiance, rtol=1e-4)
    pixel = facing_square(scene, folder, lamp)
    np.testing.assert_allclose(pixel * math.pi, irradiance, rtol=0.02)


def facing_square(scene, folder: Path, lamp) -> np.ndarray:
    """Return the radiance of a white diffuse square at the origin that faces a lamp, which alone lights it."""
    scene.world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.0
    direction = beam(lamp)
    bpy.ops.mesh.primitive_plane_add(size=0.1)
    square = bpy.context.object
    square.rotation_mode = "QUATERNION"
    square.rotation_quaternion = direction.to_track_quat("Z", "Y")
    material = bpy.data.materials.new("matt")
    material.use_nodes = True
    nodes = material.node_tree.nodes
    nodes.clear()
    diffuse, output = nodes.new("ShaderNodeBsdfDiffuse"), nodes.new("ShaderNodeOutputMaterial")
    diffuse.inputs["Color"].default_value = (1.0, 1.0, 1.0, 1.0)
    material.node_tree.links.new(diffuse.outputs[0], output.inputs[0])
    square.data.materials.append(material)
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.type, camera.data.ortho_scale = "ORTHO", 0.02
    camera.location = direction
    camera.rotation_mode = "QUATERNION"
    camera.rotation_quaternion = direction.to_track_quat("Z", "Y")
    scene.collection.objects.link(camera)
    scene.camera = camera
    return render(scene, folder, samples=64, size=(8, 8)).mean(axis=(0, 1))


def check_the_sun_follows_the_map(folder):
    scene = hdr_scene(folder)
    bpy.ops.lanet.add_sun_lamp()
    (lamp,) = lamps(scene)
    mapping = scene.world.node_tree.nodes["Mapping"]
    for kind in ("POINT", "TEXTURE"):
        if kind != mapping.vector_type:
            bpy.ops.lanet.remove_lamps()
            mapping.vector_type = kind
            bpy.ops.lanet.add_sun_lamp()
            (lamp,) = lamps(scene)
        for turn in ((0.0, 0.0, 1.2), (0.0, 0.0, -2.5), (0.3, -0.4, 0.7)):
            mapping.inputs["Rotation"].default_value = turn
            rotation = Euler(turn).to_matrix()
            expected = (rotation.inverted() if kind == "POINT" else rotation) @ SUN
            assert math.degrees(beam(lamp).angle(expected)) < 0.3, (kind, turn)
        mapping.inputs["Rotation"].default_value = (0.0, 0.0, 0.0)


def check_a_mapping_is_made_where_there_is_none(folder):
    scene = hdr_scene(folder)
    nodes = scene.world.node_tree.nodes
    nodes.remove(nodes["Mapping"])
    bpy.ops.lanet.add_sun_lamp()
    mapping = next(node for node in nodes if node.type == "MAPPING")
    mapping.inputs["Rotation"].default_value[2] = 0.5
    expected = Euler((0.0, 0.0, -0.5)).to_matrix() @ SUN
    assert math.degrees(beam(lamps(scene)[0]).angle(expected)) < 0.3


def check_one_button_takes_everything_back(folder):
    scene = hdr_scene(folder)
    before, objects = state_of(scene)[:3], set(bpy.data.objects)
    bpy.ops.lanet.add_sun_lamp()
    bpy.ops.lanet.add_sun_lamp(index=1)
    assert set(bpy.data.objects) > objects
    assert bpy.ops.lanet.remove_lamps() == {"FINISHED"}
    assert state_of(scene)[:3] == before and set(bpy.data.objects) == objects and not bpy.data.lights
    assert not bpy.ops.lanet.remove_lamps.poll()


def check_the_switch_and_the_file_contain_the_lamps(folder):
    scene = hdr_scene(folder)
    bpy.ops.lanet.add_sun_lamp()
    scene.lanet.shown = "LDR"
    assert all(lamp.hide_render and lamp.hide_viewport for lamp in lamps(scene))
    assert part("world.graph").environment_image(scene).name == "painted"
    assert "shows no HDR" in refusal(index=1)
    scene.lanet.shown = "HDR"
    assert not any(lamp.hide_render for lamp in lamps(scene))
    lamp = lamps(scene)[0]
    lamp.data.keyframe_insert("energy", frame=1)
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    scene = bpy.context.scene
    assert len(lamps(scene)) == 1 and scene.lanet.shown == "HDR"
    scene.world.node_tree.nodes["Mapping"].inputs["Rotation"].default_value[2] = 0.8
    expected = Euler((0.0, 0.0, -0.8)).to_matrix() @ SUN
    assert math.degrees(beam(lamps(scene)[0]).angle(expected)) < 0.3


def check_the_panel_is_given_the_lights(folder):
    scene = hdr_scene(folder)
    current = part("session").current()
    hdr = part("world.graph").remembered_pair(scene.world).hdr
    until_s = time.monotonic() + 30.0
    while not current.lights.of(hdr) and time.monotonic() < until_s:
        current._tick()
        time.sleep(0.01)
    first, second = map(part("conversion.found_lights").describe, current.lights.of(hdr))
    assert "34° high" in first and "17° high" in second and " %, " in first


def fitted(scene, *changes, **values):
    """Fit the world's engines to a sun of 2° and return what was set."""
    for name, value in values.items():
        setattr(scene.world, name, value)
    part("world.engine_settings").fit_engines(scene.world, changes)
    world = scene.world
    return (
        world.cycles.sampling_method,
        world.cycles.sample_map_resolution,
        round(world.sun_threshold, 3),
        round(math.degrees(world.sun_angle), 2),
    )


def check_the_engines_are_fitted_to_the_main_light(folder):
    scene = hdr_scene(folder)
    sun = {"radius_rad": math.radians(1.0), "share": 0.5, "surroundings": [0.8, 1.2, 1.5]}
    small = {"radius_rad": math.radians(0.2), "share": 0.01, "surroundings": [0.1, 0.1, 0.1]}
    before = fitted(scene)
    assert before == ("AUTOMATIC", 1024, 10.0, 0.53), "without lights, nothing changes"
    assert fitted(scene, sun) == ("MANUAL", 512, 3.0, 2.0)
    assert fitted(scene, sun, small) == ("MANUAL", 2048, 3.0, 2.0), "what was set here is set again"
    scene.world = bpy.data.worlds.new("another")
    rival = sun | {"share": 0.4}
    assert fitted(scene, sun, rival)[2:] == (10.0, 0.53), "no single light casts the shadow"
    scene.world = bpy.data.worlds.new("artist's")
    scene.world.cycles.sampling_method, scene.world.cycles.sample_map_resolution = "MANUAL", 256
    assert fitted(scene, sun, sun_threshold=5.0, sun_angle=0.1) == ("MANUAL", 256, 5.0, round(math.degrees(0.1), 2))


def check_a_conversion_fits_the_engines(folder):
    enable(folder)
    picture = np.full((128, 256, 3), 60, np.uint8)
    picture[30:33, 100:103] = 255
    part("files.plain_png").write_plain_png(folder / "sun.png", picture, linear=False)
    preferences = bpy.context.preferences.addons[MODULE].preferences
    write_model(folder / "bright.onnx", gain=14.0)
    preferences.model = str(folder / "bright.onnx")
    scene = lit_scene(bpy.data.images.load(str(folder / "sun.png")))
    assert bpy.ops.lanet.convert_environment() == {"FINISHED"}
    assert scene.world.cycles.sampling_method == "MANUAL"
    assert scene.world.sun_threshold == 1.0 and math.degrees(scene.world.sun_angle) > 0.53


def balls(scene: bpy.types.Scene) -> None:
    """Add four balls on a plane and a camera."""
    bpy.ops.mesh.primitive_plane_add(size=12.0)
    kinds = {"matt": (0.0, 1.0), "satin": (1.0, 0.5), "mirror": (1.0, 0.05), "plastic": (0.0, 0.3)}
    for number, (name, (metallic, roughness)) in enumerate(kinds.items()):
        bpy.ops.mesh.primitive_uv_sphere_add(
            radius=0.7, location=(0.0, 1.6 * number - 2.4, 0.7), segments=48, ring_count=24
        )
        ball = bpy.context.object
        bpy.ops.object.shade_smooth()
        material = bpy.data.materials.new(name)
        material.use_nodes = True
        shader = material.node_tree.nodes["Principled BSDF"]
        shader.inputs["Metallic"].default_value, shader.inputs["Roughness"].default_value = metallic, roughness
        ball.data.materials.append(material)
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.location, camera.rotation_euler = (9.0, 0.0, 3.0), (math.radians(75.0), 0.0, math.radians(90.0))
    scene.collection.objects.link(camera)
    scene.camera = camera


def render(scene: bpy.types.Scene, folder: Path, samples: int = 64, size=(96, 48)) -> np.ndarray:
    scene.render.engine = "CYCLES"
    scene.cycles.device, scene.cycles.samples, scene.cycles.seed = "CPU", samples, 1
    scene.cycles.use_denoising = scene.cycles.use_adaptive_sampling = False
    scene.cycles.sample_clamp_indirect = scene.cycles.sample_clamp_direct = 0.0
    scene.world.cycles.sampling_method, scene.world.cycles.sample_map_resolution = "MANUAL", 1024
    scene.render.resolution_x, scene.render.resolution_y = size
    return rendered_pixels(scene, folder)


def check_map_and_lamps_light_four_balls_as_the_map_alone(folder):
    scene = hdr_scene(folder)
    balls(scene)
    alone = render(scene, folder)
    bpy.ops.lanet.add_sun_lamp()
    bpy.ops.lanet.add_sun_lamp(index=1)
    together = render(scene, folder)
    for lamp in lamps(scene):
        lamp.hide_render = True
    rest = render(scene, folder)
    assert rest.mean() < 0.6 * alone.mean(), "the lamps give much of the light"
    ratio = together.mean(axis=(0, 1)) / alone.mean(axis=(0, 1))
    print("together / alone", ratio)
    np.testing.assert_allclose(ratio, 1.0, atol=0.02)
    ground = (slice(36, 48), slice(0, 96))
    np.testing.assert_allclose(together[ground].mean() / alone[ground].mean(), 1.0, atol=0.02)


def check_lamps_of_another_conversion_are_removed(folder):
    scene = hdr_scene(folder)
    bpy.ops.lanet.add_sun_lamp()
    assert bpy.ops.lanet.convert_environment() == {"FINISHED"}
    assert lamps(scene) == [] and part("world.graph").remembered_pair(scene.world).rest is None
    assert any("lamps" in message.text for message in part("session").current().messages)
    assert read_hdr(folder / "textures" / "street_without_lights_lanet.exr").max() < 100.0


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
    lamp.data.energy = 7.0
    copied = another_scene(scene.world.copy())
    (copy,) = turned_suns(copied, 1.1)
    assert copy != lamp and copy.data != lamp.data and copy.data.energy == 7.0
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

"""A scene's description built in Blender: meshes, materials, camera, world and the settings of Cycles.

Everything in which Blender's versions differ is here and marked so; :mod:`render_eval.renderer` imports this file
where there is a Blender, and nothing else does.
"""

from __future__ import annotations

import math

import bmesh
import bpy
import mathutils

from render_eval.materials import Diffuse, Glass, Glossy, Material, Mixed
from render_eval.scene_description import Ball, Plane, RenderSize, Sampling, SceneCamera, SceneDescription

#: A subdivided icosahedron of 20,480 triangles is within 3e-4 radii of its sphere.
_SUBDIVISIONS = 6

DENOISER = "OpenImageDenoise"


class BlenderScene:
    """A separate scene that leaves others in Blender alone, taken away again by :meth:`remove`.

    Args:
        description: what to build.
        threads: CPU threads, 0 for all.

    Attributes:
        scene: Blender's scene, ready to be rendered.
        environment: the node that gives the world its panorama.
        denoiser: what denoises the image, or why nothing does.

    Raises:
        TypeError: this Blender has no Cycles.
    """

    def __init__(self, description: SceneDescription, threads: int = 0) -> None:
        self._blocks: list[bpy.types.ID] = []
        self.scene = self._keep(bpy.data.scenes.new(description.name))
        try:
            self._build(description)
        except BaseException:
            self.remove()
            raise
        self.denoiser = _set_cycles(self.scene, description.sampling)
        _set_image(self.scene, description.image)
        _set_threads(self.scene, threads)

    def remove(self) -> None:
        """Take everything that was built out of Blender."""
        bpy.data.batch_remove(self._blocks)
        self._blocks = []

    def _build(self, description: SceneDescription) -> None:
        self.scene.render.engine = "CYCLES"
        materials = {name: self._material(name, each) for name, each in description.materials.items()}
        for ball in description.balls:
            self._ball(ball, materials[ball.material])
        if description.plane is not None:
            self._plane(description.plane, materials[description.plane.material])
        self._camera(description.camera)
        self.environment = self._world(description)

    def _keep(self, block: bpy.types.ID) -> bpy.types.ID:
        self._blocks.append(block)
        return block

    def _object(self, name: str, data: bpy.types.ID) -> bpy.types.Object:
        placed = self._keep(bpy.data.objects.new(name, self._keep(data)))
        self.scene.collection.objects.link(placed)
        return placed

    def _ball(self, ball: Ball, material: bpy.types.Material) -> None:
        shape = bmesh.new()
        bmesh.ops.create_icosphere(shape, subdivisions=_SUBDIVISIONS, radius=ball.radius)
        mesh = _mesh("ball", shape, material)
        mesh.shade_smooth()
        self._object("ball", mesh).location = ball.centre

    def _plane(self, plane: Plane, material: bpy.types.Material) -> None:
        shape = bmesh.new()
        bmesh.ops.create_grid(shape, x_segments=1, y_segments=1, size=plane.size / 2.0)
        self._object("plane", _mesh("plane", shape, material))

    def _camera(self, camera: SceneCamera) -> None:
        lens = bpy.data.cameras.new("camera")
        lens.sensor_fit = "VERTICAL"
        lens.angle = math.radians(camera.vertical_angle_deg)
        lens.clip_start, lens.clip_end = 1e-3, 1e6
        placed = self._object("camera", lens)
        forward = mathutils.Vector(camera.target) - mathutils.Vector(camera.position)
        placed.location = camera.position
        placed.rotation_euler = forward.to_track_quat("-Z", "Y").to_euler()
        self.scene.camera = placed

    def _world(self, description: SceneDescription) -> bpy.types.ShaderNodeTexEnvironment:
        world = self._keep(bpy.data.worlds.new("panorama"))
        nodes = _empty_nodes(world)
        environment = nodes.nodes.new("ShaderNodeTexEnvironment")
        background = nodes.nodes.new("ShaderNodeBackground")
        output = nodes.nodes.new("ShaderNodeOutputWorld")
        nodes.links.new(environment.outputs["Color"], background.inputs["Color"])
        nodes.links.new(background.outputs["Background"], output.inputs["Surface"])
        world.cycles.sampling_method = "MANUAL"
        world.cycles.sample_map_resolution = description.sampling.importance_map
        world.cycles_visibility.camera = description.image.background
        self.scene.world = world
        return environment

    def _material(self, name: str, material: Material) -> bpy.types.Material:
        block = self._keep(bpy.data.materials.new(name))
        nodes = _empty_nodes(block)
        output = nodes.nodes.new("ShaderNodeOutputMaterial")
        nodes.links.new(_surface(nodes, material), output.inputs["Surface"])
        return block


def _mesh(name: str, shape: bmesh.types.BMesh, material: bpy.types.Material) -> bpy.types.Mesh:
    mesh = bpy.data.meshes.new(name)
    shape.to_mesh(mesh)
    shape.free()
    mesh.materials.append(material)
    return mesh


def _surface(nodes: bpy.types.NodeTree, material: Material) -> bpy.types.NodeSocket:
    """Add a material's nodes and return the socket that is its surface."""
    match material:
        case Diffuse(albedo):
            return _shader(nodes, "ShaderNodeBsdfDiffuse", Color=(*albedo, 1.0), Roughness=0.0)
        case Glossy(reflectance, roughness):
            # GGX with multiple scattering: a rough metal loses no light.
            return _shader(nodes, "ShaderNodeBsdfAnisotropic", Color=(*reflectance, 1.0), Roughness=roughness)
        case Glass(tint, index, roughness):
            return _shader(nodes, "ShaderNodeBsdfGlass", Color=(*tint, 1.0), IOR=index, Roughness=roughness)
        case Mixed(albedo, reflectance, roughness, share):
            mix = nodes.nodes.new("ShaderNodeMixShader")
            mix.inputs[0].default_value = share
            nodes.links.new(_surface(nodes, Diffuse(albedo)), mix.inputs[1])
            nodes.links.new(_surface(nodes, Glossy(reflectance, roughness)), mix.inputs[2])
            return mix.outputs[0]
    raise TypeError(f"no such material: {material!r}")


def _shader(nodes: bpy.types.NodeTree, kind: str, **inputs: object) -> bpy.types.NodeSocket:
    node = nodes.nodes.new(kind)
    if hasattr(node, "distribution"):
        node.distribution = "MULTI_GGX"
    for name, value in inputs.items():
        node.inputs[name].default_value = value
    return node.outputs["BSDF"]


def _empty_nodes(owner: bpy.types.Material | bpy.types.World) -> bpy.types.NodeTree:
    """Return an owner's node tree with nothing in it."""
    tree = owner.node_tree
    if tree is None:  # before 5.0; since then every owner has one, and use_nodes is deprecated
        owner.use_nodes = True
        tree = owner.node_tree
    tree.nodes.clear()
    return tree


def _set_cycles(scene: bpy.types.Scene, sampling: Sampling) -> str:
    """Set how light is gathered and return what denoises."""
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.samples = sampling.samples
    cycles.use_adaptive_sampling = False
    cycles.use_light_tree = False  # there is one light, the world
    cycles.light_sampling_threshold = 0.0  # else faint worlds would be sampled otherwise than bright ones
    cycles.sample_clamp_direct = cycles.sample_clamp_indirect = sampling.path_limit  # Cycles, too, takes 0 for none
    cycles.max_bounces = cycles.diffuse_bounces = cycles.glossy_bounces = sampling.bounces
    cycles.transmission_bounces = cycles.transparent_max_bounces = sampling.bounces
    # Caustics stay, softened: without them a ball would swallow the light that it should pass on.
    cycles.caustics_reflective = cycles.caustics_refractive = True
    cycles.blur_glossy = 1.0
    scene.render.use_persistent_data = False  # it renders the world before
    if not sampling.denoise:
        cycles.use_denoising = False
        return "none: switched off"
    return _set_denoiser(cycles)


def _set_denoiser(cycles: bpy.types.PropertyGroup) -> str:
    try:
        cycles.denoiser = "OPENIMAGEDENOISE"
    except TypeError:  # a build without it, such as Debian's
        cycles.use_denoising = False
        return f"none: this Blender was built without {DENOISER}"
    cycles.use_denoising = True
    cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"
    cycles.denoising_prefilter = "ACCURATE"
    cycles.denoising_quality = "BALANCED"  # a fifth less time for the whole render than HIGH, and 0.7 dB more noise
    return DENOISER


def _set_image(scene: bpy.types.Scene, size: RenderSize) -> None:
    render = scene.render
    render.resolution_x, render.resolution_y = size.width, size.height
    render.resolution_percentage = 100
    render.pixel_aspect_x = render.pixel_aspect_y = 1.0
    render.film_transparent = False
    render.use_compositing = render.use_sequencer = False
    if hasattr(render.image_settings, "media_type"):  # since 5.0
        render.image_settings.media_type = "IMAGE"
    render.image_settings.file_format = "OPEN_EXR"
    render.image_settings.color_mode = "RGB"
    render.image_settings.color_depth = "32"
    render.image_settings.exr_codec = "ZIP"


def _set_threads(scene: bpy.types.Scene, threads: int) -> None:
    scene.render.threads_mode = "FIXED" if threads else "AUTO"
    if threads:
        scene.render.threads = threads

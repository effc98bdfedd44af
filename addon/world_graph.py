"""What the extension changes in a world: the image of its Environment Texture, and one node after it.

The pair of images is remembered in custom properties of the world, which are saved with the file and need no extension.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.types import Image, Scene, ShaderNodeTexEnvironment, World

from .colour_space import tag_linear_rec709
from .environment_texture import EnvironmentTexture, active_output, find_environment_textures
from .errors import AddonError
from .light_group import insert_light_node, light_node_after
from .packing import take_out

LDR_PROPERTY = "lanet_ldr"
HDR_PROPERTY = "lanet_hdr"
#: On an HDR image: the LDR image that it was made of.
SOURCE_PROPERTY = "lanet_source"


@dataclass(frozen=True)
class ImagePair:
    """The two images between which a world can be switched."""

    ldr: Image
    hdr: Image


def find_environment_texture(scene: Scene) -> EnvironmentTexture | None:
    """Return the texture that lights a scene: the one with a remembered image, or else the likeliest.

    Args:
        scene: of any world, also none.
    """
    textures = find_environment_textures(scene.world, scene.render.engine)
    pair = remembered_pair(scene.world)
    if pair is not None:
        textures.sort(key=lambda texture: texture.node.image not in (pair.ldr, pair.hdr))
    return textures[0] if textures else None


def environment_image(scene: Scene) -> Image | None:
    """Return the image that lights a scene now, None if there is none."""
    texture = find_environment_texture(scene)
    return texture.node.image if texture else None


def light_node(scene: Scene) -> bpy.types.ShaderNodeGroup | None:
    """Return the node whose inputs are the sliders Highlights and Peak Limit, None before a conversion."""
    texture = find_environment_texture(scene)
    return light_node_after(texture.node) if texture else None


def remembered_pair(world: World | None) -> ImagePair | None:
    """Return the images that a conversion has left with a world, None if one of them is gone."""
    images = [world.get(name) if world else None for name in (LDR_PROPERTY, HDR_PROPERTY)]
    return ImagePair(*images) if all(isinstance(image, Image) for image in images) else None


def shows_hdr(scene: Scene) -> bool:
    """Return whether a scene is lit by the remembered HDR image."""
    pair = remembered_pair(scene.world)
    return pair is not None and environment_image(scene) == pair.hdr


def show(scene: Scene, *, hdr: bool) -> None:
    """Light a scene by the remembered HDR image, or by the LDR image that it was made of.

    Raises:
        AddonError: nothing is remembered, or the texture is gone.
    """
    pair = remembered_pair(scene.world)
    texture = find_environment_texture(scene)
    if pair is None or texture is None:
        raise AddonError("This world has no converted environment. Convert one first.")
    _editable(scene, texture).node.image = pair.hdr if hdr else pair.ldr


def apply_hdr(scene: Scene, ldr: Image, hdr_path: Path) -> Image:
    """Light a scene by a converted file, and remember both images.

    Only the image of the texture changes that shows the LDR image, or else of the one that lights the scene; 'LANet
    Light' comes after it. A plain graph is made where there is no texture. Linked worlds and groups become local
    copies.

    Args:
        scene: its world is made if there is none.
        ldr: the image that was converted.
        hdr_path: the OpenEXR file.

    Returns:
        The HDR image.

    Raises:
        AddonError: the file cannot be loaded, or the texture is for mirror balls.
    """
    texture = texture_for(scene, ldr)
    hdr = _load(hdr_path)
    if texture is not None:
        node = _editable(scene, texture).node
    else:
        node = _make_plain_graph(_local_world(scene), scene.render.engine)
    node.image = hdr
    insert_light_node(node)
    hdr[SOURCE_PROPERTY] = ldr
    scene.world[LDR_PROPERTY], scene.world[HDR_PROPERTY] = ldr, hdr
    return hdr


def texture_for(scene: Scene, ldr: Image | None) -> EnvironmentTexture | None:
    """Return the texture that will show an image's HDR: the one that shows the image, or else that lights the scene.

    Raises:
        AddonError: it is for mirror balls.
    """
    textures = find_environment_textures(scene.world, scene.render.engine)
    showing = [each for each in textures if ldr is not None and each.node.image == ldr]
    texture = showing[0] if showing else find_environment_texture(scene)
    if texture is not None and texture.node.projection != "EQUIRECTANGULAR":
        raise AddonError(f"{texture.node.name}: It is set to Mirror Ball. Set it to Equirectangular.")
    return texture


def _load(path: Path) -> Image:
    try:
        image = bpy.data.images.load(str(path), check_existing=True)
    except RuntimeError as error:
        raise AddonError(f"{path}: Blender cannot load the result: {error}") from error
    take_out(image)
    image.reload()  # its file may have been written anew
    tag_linear_rec709(image)
    blend = Path(bpy.data.filepath)
    if bpy.data.filepath and path.is_relative_to(blend.parent):
        image.filepath = bpy.path.relpath(str(path))
    return image


def _editable(scene: Scene, texture: EnvironmentTexture) -> EnvironmentTexture:
    """Return the same texture where a change of it changes this world only, in copies where need be."""
    names = [node.name for node in (*texture.groups, texture.node)]
    tree = _local_world(scene).node_tree
    groups = []
    for name in names[:-1]:
        group = tree.nodes[name]
        if group.node_tree.library is not None or group.node_tree.users > 1:
            group.node_tree = group.node_tree.copy()
        groups.append(group)
        tree = group.node_tree
    return EnvironmentTexture(tree.nodes[names[-1]], tuple(groups))


def _local_world(scene: Scene) -> World:
    if scene.world is None:
        scene.world = bpy.data.worlds.new("World")
    elif scene.world.library is not None or scene.world.override_library is not None:
        scene.world = scene.world.copy()
    return scene.world


def _make_plain_graph(world: World, engine: str) -> ShaderNodeTexEnvironment:
    """Make the graph from a Texture Coordinate to the World Output; other nodes stay, without their links to it."""
    if not world.use_nodes:
        world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    output = active_output(world, engine) or nodes.new("ShaderNodeOutputWorld")
    background = _bare_background(output) or nodes.new("ShaderNodeBackground")
    coordinate, mapping = nodes.new("ShaderNodeTexCoord"), nodes.new("ShaderNodeMapping")
    texture = nodes.new("ShaderNodeTexEnvironment")
    links.new(coordinate.outputs["Generated"], mapping.inputs["Vector"])
    links.new(mapping.outputs["Vector"], texture.inputs["Vector"])
    links.new(texture.outputs["Color"], background.inputs["Color"])
    links.new(background.outputs["Background"], output.inputs["Surface"])
    place = output.location
    columns = {background: 200.0, texture: 740.0, mapping: 940.0, coordinate: 1140.0}
    for node, distance in columns.items():
        node.location = (place.x - distance, place.y)
    return texture


def _bare_background(output: bpy.types.Node) -> bpy.types.ShaderNodeBackground | None:
    """Return the Background that a new world begins with, if nothing has been linked to it."""
    for link in output.inputs["Surface"].links:
        node = link.from_node
        if node.type == "BACKGROUND" and not any(socket.is_linked for socket in node.inputs):
            return node
    return None

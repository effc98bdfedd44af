"""What the extension changes in a world: the image of its Environment Texture, and one node after it.

The pair of images is remembered in custom properties of the world, which are saved with the file and need no extension.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.types import Image, Scene, ShaderNodeTexEnvironment, World

from ..errors import AddonError
from ..source.image_loading import load_image
from .colour_space import tag_linear_rec709
from .environment_texture import EnvironmentTexture, active_output, find_environment_textures, reachable_textures
from .image_texture import flat_texture, put_in_place
from .light_group import insert_light_node, light_node_after, remove_light_node, reset
from .obstacles import check_no_obstacle
from .packing import take_out
from .rendered_world import rendered_world, set_rendered_world

LDR_PROPERTY = "lanet_ldr"
HDR_PROPERTY = "lanet_hdr"
#: The HDR image without the lights that lamps stand for, see :mod:`addon.world.lamps`.
REST_PROPERTY = "lanet_rest"
#: On an HDR image: the LDR image that it was made of.
SOURCE_PROPERTY = "lanet_source"


@dataclass(frozen=True)
class ImagePair:
    """The two images between which a world can be switched.

    Attributes:
        ldr: the photograph.
        hdr: the result.
        rest: the result without the lights that lamps stand for, None without lamps.
    """

    ldr: Image
    hdr: Image
    rest: Image | None = None

    @property
    def images(self) -> tuple[Image, ...]:
        """All of them."""
        return (self.ldr, self.hdr) if self.rest is None else (self.ldr, self.hdr, self.rest)


def find_environment_texture(scene: Scene) -> EnvironmentTexture | None:
    """Return the texture that lights a scene: the one with a remembered image, or else the likeliest.

    Args:
        scene: of any world, also none.
    """
    world = rendered_world(scene)
    textures = find_environment_textures(world, scene.render.engine)
    pair = remembered_pair(world)
    if pair is not None:
        textures.sort(key=lambda texture: texture.node.image not in pair.images)
    return textures[0] if textures else None


def lighting_texture(scene: Scene) -> EnvironmentTexture:
    """Return the texture that lights a converted scene."""
    texture = find_environment_texture(scene)
    assert texture is not None, "the scene is converted"
    return texture


def lighting_node(scene: Scene) -> ShaderNodeTexEnvironment:
    """Return the node of the texture that lights a converted scene."""
    return lighting_texture(scene).node


def environment_image(scene: Scene) -> Image | None:
    """Return the image that lights a scene now, None if there is none."""
    texture = find_environment_texture(scene)
    return texture.node.image if texture else None


def textures_showing(scene: Scene, *images: Image) -> list[EnvironmentTexture]:
    """Return the textures of a scene's world that show one of some images, for any engine."""
    return [each for each in reachable_textures(rendered_world(scene)) if each.node.image in images]


def light_node(scene: Scene) -> bpy.types.ShaderNodeGroup | None:
    """Return the node whose inputs are the sliders Highlights and Peak Limit, None before a conversion."""
    texture = find_environment_texture(scene)
    return light_node_after(texture.node) if texture else None


def light_nodes(scene: Scene) -> list[bpy.types.ShaderNodeGroup]:
    """Return the node with the sliders of each texture that shows one of the remembered images."""
    pair = remembered_pair(rendered_world(scene))
    textures = textures_showing(scene, *pair.images) if pair is not None else []
    return [node for node in (light_node_after(each.node) for each in textures) if node is not None]


def remembered_pair(world: World | None) -> ImagePair | None:
    """Return the images that a conversion has left with a world, None if one of them is gone."""
    if world is None:
        return None
    ldr, hdr, rest = (world.get(name) for name in (LDR_PROPERTY, HDR_PROPERTY, REST_PROPERTY))
    if not isinstance(ldr, Image) or not isinstance(hdr, Image):
        return None
    return ImagePair(ldr, hdr, rest if isinstance(rest, Image) else None)


def shows_hdr(scene: Scene) -> bool:
    """Return whether a scene is lit by the remembered HDR image."""
    pair = remembered_pair(rendered_world(scene))
    return pair is not None and environment_image(scene) in pair.images[1:]


def shown_pair(scene: Scene) -> ImagePair:
    """Return the images of a scene that is lit by its result.

    Raises:
        AddonError: it is not.
    """
    check_no_obstacle(scene)
    pair = remembered_pair(rendered_world(scene))
    if pair is None or not shows_hdr(scene):
        raise AddonError("This world shows no HDR. Convert its environment first, or switch it to HDR.")
    return pair


def show(scene: Scene, *, hdr: bool) -> None:
    """Light a scene by the remembered HDR image, or by the LDR image that it was made of.

    Raises:
        AddonError: nothing is remembered, or the texture is gone; see :func:`addon.world.obstacles.obstacle`.
    """
    check_no_obstacle(scene)
    pair = remembered_pair(rendered_world(scene))
    textures = textures_showing(scene, *pair.images) if pair is not None else []
    if pair is None or not textures:
        raise AddonError("This world has no converted environment. Convert one first.")
    for texture in textures:
        _editable(scene, texture).node.image = (pair.rest or pair.hdr) if hdr else pair.ldr


def editable_textures(scene: Scene) -> list[ShaderNodeTexEnvironment]:
    """Return the textures that show one of the remembered images, where a change of them changes this world only."""
    pair = remembered_pair(rendered_world(scene))
    textures = textures_showing(scene, *pair.images) if pair is not None else []
    return [_editable(scene, texture).node for texture in textures]


def show_photograph(scene: Scene, image: Image) -> None:
    """Light a scene by another image, in the textures that light it now; one is made if there are none.

    Args:
        scene: its world is made if there is none.
        image: any image.

    Raises:
        AddonError: a texture is for mirror balls.
    """
    nodes = [_editable(scene, texture).node for texture in textures_for(scene, image)]
    for node in nodes or [_new_texture(scene)]:
        node.image = image


def forget_pair(scene: Scene) -> None:
    """Light a scene by the photograph again, without 'LANet Light' and without the memory of the result.

    Other textures that show a result show their photographs, too.
    """
    if rendered_world(scene) is None:
        return
    world = local_world(scene)
    pair = remembered_pair(world)
    for texture in reachable_textures(world):
        image = texture.node.image
        source = image.get(SOURCE_PROPERTY) if image is not None else None
        if pair is not None and image in pair.images:
            source = pair.ldr
        if isinstance(source, Image):
            node = _editable(scene, texture).node
            light = light_node_after(node)
            if light is not None:
                remove_light_node(light)
            node.image = source
    for name in (LDR_PROPERTY, HDR_PROPERTY, REST_PROPERTY):
        world.pop(name, None)


def apply_hdr(scene: Scene, ldr: Image, hdr_path: Path, *, is_relative: bool = False) -> Image:
    """Light a scene by a converted file, and remember both images.

    The image of every texture changes that shows the LDR image, or else of the one that lights the scene; 'LANet
    Light' comes after each. Where there is no texture, one takes the place of an Image Texture, or a plain graph is
    made. Linked worlds and groups, and library overrides, become local copies. The sliders of another image are reset,
    unless they are animated.

    Args:
        scene: its world is made if there is none.
        ldr: the image that was converted.
        hdr_path: the OpenEXR file.
        is_relative: refer to the file relative to the .blend; that is also done if it is in the .blend's folder.

    Returns:
        The HDR image.

    Raises:
        AddonError: the file cannot be loaded, or a texture is for mirror balls.
    """
    textures = textures_for(scene, ldr)
    former = remembered_pair(rendered_world(scene))
    hdr = load_result(hdr_path, is_relative=is_relative)
    nodes = [_editable(scene, texture).node for texture in textures]
    world = local_world(scene)
    for node in nodes or [_new_texture(scene)]:
        node.image = hdr
        light = insert_light_node(node)
        if former is None or former.ldr != ldr:
            reset(light)
    hdr[SOURCE_PROPERTY] = ldr
    world[LDR_PROPERTY], world[HDR_PROPERTY] = ldr, hdr
    world.pop(REST_PROPERTY, None)
    return hdr


def textures_for(scene: Scene, ldr: Image | None) -> list[EnvironmentTexture]:
    """Return the textures that will show an image's HDR: all that show the image or its former HDR.

    Where none does, those that show the image that lights the scene.

    Raises:
        AddonError: one is for mirror balls.
    """
    pair = remembered_pair(rendered_world(scene))
    images = pair.images if pair is not None and pair.ldr == ldr else [ldr]
    textures = textures_showing(scene, *images) if ldr is not None else []
    lighting = find_environment_texture(scene)
    if not textures and lighting is not None:
        textures = [lighting]
        if lighting.node.image is not None:
            textures = textures_showing(scene, lighting.node.image)
    for texture in textures:
        if texture.node.projection != "EQUIRECTANGULAR":
            raise AddonError(f"{texture.node.name}: It is set to Mirror Ball. Set it to Equirectangular.")
    return textures


def load_result(path: Path, *, is_relative: bool) -> Image:
    """Return the image of a written file, anew if it was loaded before; see :func:`apply_hdr`."""
    image, _ = load_image(path)
    take_out(image)
    image.reload()  # its file may have been written anew
    tag_linear_rec709(image)
    if bpy.data.filepath:
        with suppress(ValueError):  # another drive of Windows
            relative = bpy.path.relpath(str(path))
            if is_relative or path.is_relative_to(Path(bpy.data.filepath).parent):
                image.filepath = relative
    return image


def _editable(scene: Scene, texture: EnvironmentTexture) -> EnvironmentTexture:
    """Return the same texture where a change of it changes this world only, in copies where need be."""
    names = [node.name for node in (*texture.groups, texture.node)]
    tree = local_world(scene).node_tree
    groups = []
    for name in names[:-1]:
        group = tree.nodes[name]
        if not is_own(group.node_tree) or group.node_tree.users > 1:
            group.node_tree = _own_copy(group.node_tree)
        groups.append(group)
        tree = group.node_tree
    return EnvironmentTexture(tree.nodes[names[-1]], tuple(groups))


def local_world(scene: Scene) -> World:
    """Return the world that a scene renders, where a change of it changes this .blend only; made if there is none."""
    world = rendered_world(scene)
    if world is None:
        set_rendered_world(scene, bpy.data.worlds.new("World"))
    elif not is_own(world):
        set_rendered_world(scene, _own_copy(world))
    return rendered_world(scene)


def is_own(datablock: bpy.types.ID) -> bool:
    """Return whether changes of a datablock are saved with this .blend."""
    return datablock.library is None and datablock.override_library is None


def _own_copy(datablock: bpy.types.ID) -> bpy.types.ID:
    """Return a local copy; the copy of a library override would be an override again."""
    copy = datablock.copy()
    return copy.make_local() if copy.override_library is not None else copy


def _new_texture(scene: Scene) -> ShaderNodeTexEnvironment:
    """Return an Environment Texture for a scene without one: in place of an Image Texture, or of a plain graph."""
    flat = flat_texture(scene)
    if flat is not None:
        return put_in_place(_editable(scene, flat))
    return _make_plain_graph(local_world(scene), scene.render.engine)


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

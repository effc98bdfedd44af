"""Image Textures that light a world: they show their image flat, so an Environment Texture takes the place of one."""

from __future__ import annotations

from bpy.types import NodeSocket, Scene, ShaderNodeTexEnvironment, ShaderNodeTexImage

from .environment_texture import EnvironmentTexture, find_image_textures
from .map_rotation import unusual_direction
from .rendered_world import rendered_world


def flat_texture(scene: Scene) -> EnvironmentTexture | None:
    """Return the Image Texture that lights a scene, None if there is none.

    Args:
        scene: without an Environment Texture that lights it.
    """
    found = find_image_textures(rendered_world(scene), scene.render.engine)
    return next((each for each in found if each.node.image is not None), None)


def put_in_place(flat: EnvironmentTexture) -> ShaderNodeTexEnvironment:
    """Link a new Environment Texture with the same image instead of an Image Texture, which stays without a link.

    It is turned by the same Mapping node if that turns directions, and not the coordinates of a flat image.

    Args:
        flat: where a change of it changes this world only.
    """
    node: ShaderNodeTexImage = flat.node
    tree = node.id_data
    texture = tree.nodes.new("ShaderNodeTexEnvironment")
    texture.image, texture.interpolation = node.image, node.interpolation
    texture.parent, texture.location = node.parent, node.location
    node.location.y -= 300.0
    vector = node.inputs["Vector"]
    if vector.is_linked and unusual_direction(flat) is None:
        tree.links.new(vector.links[0].from_socket, texture.inputs["Vector"])
    for link in list(node.outputs["Color"].links):
        _relink(link, texture.outputs["Color"])
    return texture


def _relink(link, source: NodeSocket) -> None:
    target, muted = link.to_socket, link.is_muted
    source.id_data.links.new(source, target).is_muted = muted

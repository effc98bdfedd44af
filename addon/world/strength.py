"""What the light of a texture is multiplied by on its way to the world's output."""

from __future__ import annotations

from bpy.types import Node, NodeSocket, ShaderNodeTexEnvironment


def strength_after(texture: ShaderNodeTexEnvironment) -> NodeSocket | None:
    """Return what a texture's light is multiplied by: Strength of its Background, or a Value node before it.

    None if there is no Background, or another node calculates its Strength.
    """
    node: Node = texture
    for _ in range(32):  # along the first link from the texture
        links = [link for socket in node.outputs for link in socket.links]
        if not links:
            return None
        node = links[0].to_node
        if node.type == "BACKGROUND":
            return _value_of(node.inputs["Strength"])
    return None


def _value_of(socket: NodeSocket) -> NodeSocket | None:
    """Return the socket whose number an input has, None if it is calculated."""
    while socket.is_linked:
        source = socket.links[0].from_socket
        if source.node.type == "VALUE":
            return source
        if source.node.type != "REROUTE":
            return None
        socket = source.node.inputs[0]
    return socket

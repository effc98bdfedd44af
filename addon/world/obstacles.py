"""What keeps the light of a scene from being changed, and the remedy."""

from __future__ import annotations

import bpy
from bpy.types import Scene, World

from ..errors import AddonError
from ..translation import tr
from .rendered_world import rendered_world


def obstacle(scene: Scene) -> str:
    """Return what is in the way, a sentence with the remedy; empty for nothing."""
    if scene.library is not None:
        return tr(
            "{scene}: The scene is linked from {file}. Open that file, or link the scene's collections and its world.",
            scene=scene.name,
            file=bpy.path.basename(scene.library.filepath),
        )
    return _unused_nodes(rendered_world(scene))


def check_no_obstacle(scene: Scene) -> None:
    """Check that the light of a scene can be changed.

    Raises:
        AddonError: it cannot, see :func:`obstacle`.
    """
    problem = obstacle(scene)
    if problem:
        raise AddonError(problem)


def _unused_nodes(world: World | None) -> str:
    if world is None or world.use_nodes or world.node_tree is None:
        return ""
    if not any(node.type in ("TEX_ENVIRONMENT", "TEX_IMAGE", "GROUP") for node in world.node_tree.nodes):
        return ""
    return tr(
        "{world}: Use Nodes is off, and its textures light nothing. Turn it on in World properties.",
        world=world.name,
    )

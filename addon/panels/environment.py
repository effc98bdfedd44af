"""The panel's contents, the same in each of its places. Drawing reads what is known and finds nothing out."""

from __future__ import annotations

from bpy.types import Context, Image, UILayout

from .. import session
from ..conversion.image import STAGES
from ..conversion.unsaved_results import NOTE, is_unsaved
from ..source.image_facts import Facts
from ..source.reading_choice import choices_of
from ..translation import tr
from ..world.environment_texture import EnvironmentTexture
from ..world.graph import ImagePair, find_environment_texture, remembered_pair
from ..world.image_texture import flat_texture
from ..world.light_notes import added, altered, replaced
from ..world.map_rotation import mapping_of
from ..world.obstacles import obstacle
from ..world.packing import will_be_packed
from ..world.rendered_world import rendered_world
from ..world.strength import strength_after
from .backplate import draw_backplate
from .balls import draw_balls
from .ground import draw_ground
from .lights import draw_lights
from .sliders import draw_sliders
from .surface import draw_surface
from .text import draw_text, is_wide

CATEGORY = "LANet IBL"
BUTTON = "Convert LDR Environment to HDR"
#: For a panel where that does not fit.
NARROW_BUTTON = "Convert to HDR"


def draw_environment(layout: UILayout, context: Context) -> None:
    """Draw the panel."""
    scene = context.scene
    problem = obstacle(scene)
    if problem:
        draw_text(layout, context, problem, icon="ERROR", alert=True)
    texture = find_environment_texture(scene)
    image = texture.node.image if texture else None
    pair = remembered_pair(rendered_world(scene))
    if pair is not None and image not in pair.images:  # another image was chosen since
        pair = None
    _draw_image(layout, context, texture, pair)
    _draw_button(layout, context)
    messages = session.current().messages
    for message in messages:
        icon = "ERROR" if message.is_error else "INFO"
        draw_text(layout, context, message.text, icon=icon, alert=message.is_error)
    _draw_warnings(layout, context, pair, {message.text for message in messages})
    draw_sliders(layout, context, texture, pair)
    if texture is not None and pair is not None:
        _draw_environment(layout, context, texture)
        draw_surface(layout, context)
        draw_backplate(layout, context)
        draw_ground(layout, context)
        draw_lights(layout, context, pair)
        draw_balls(layout, pair)
        _draw_result(layout, context, pair)


def _draw_image(layout: UILayout, context: Context, texture: EnvironmentTexture | None, pair: ImagePair | None) -> None:
    column = layout.column()
    flat = flat_texture(context.scene) if texture is None and pair is None else None
    if texture is not None and pair is None:
        column.template_ID(texture.node, "image", open="image.open")
    elif pair is not None:
        column.label(text=pair.ldr.name, icon="IMAGE_DATA", translate=False)
        column.template_ID(context.scene.lanet, "image", open="image.open", text="Another")
    elif flat is not None:
        text = tr(
            "“{node}” is an Image Texture, which does not surround the scene. "
            "The conversion puts an Environment Texture in its place.",
            node=flat.node.label or flat.node.name,
        )
        draw_text(column, context, text, icon="INFO")
        column.template_ID(flat.node, "image", open="image.open")
    else:
        others = replaced(context.scene)
        text = "The world has no environment image. Choose one:"
        if others:
            text = tr("The world is lit by {names}. Choose an image to replace it:", names=", ".join(others))
        if not obstacle(context.scene):  # it is named above
            draw_text(column, context, text)
        column.template_ID(context.scene.lanet, "image", open="image.open")
    image = pair.ldr if pair else texture.node.image if texture else flat.node.image if flat else None
    image = image or context.scene.lanet.image
    if image is not None:
        _draw_facts(column, context, image, is_converted=pair is not None)


def _draw_warnings(layout: UILayout, context: Context, pair: ImagePair | None, shown: set[str]) -> None:
    """Draw what is wrong with the light for as long as it is, without what a message contains already."""
    warnings = [*altered(context.scene), *added(context.scene)] if pair is not None else []
    if pair is not None and is_unsaved(pair.hdr):
        warnings.append(NOTE)
    for warning in warnings:
        if warning not in shown:
            draw_text(layout, context, warning, icon="ERROR")


def _draw_facts(layout: UILayout, context: Context, image: Image, *, is_converted: bool) -> None:
    facts = session.current().facts.of(image)
    if facts is None:
        layout.label(text="…")
    elif facts.problem:
        draw_text(layout, context, facts.problem, icon="INFO")
    else:
        layout.label(text=describe(facts), translate=False)
        if facts.expectation and not is_converted:
            draw_text(layout, context, facts.expectation, icon="LIGHT")
    if (facts is not None and facts.is_no_panorama) or choices_of(image):
        column = layout.column()
        column.use_property_split = True
        column.prop(image.lanet, "fit")
        column.prop(image.lanet, "eye")
        column.prop(image.lanet, "force")


def describe(facts: Facts) -> str:
    """Return the facts in one line: ``4096 × 2048, 1.2 % clipped``."""
    size = f"{facts.width} × {facts.height}"
    if facts.clipped_fraction is None:
        return size
    return tr("{size}, {share} % clipped", size=size, share=f"{100.0 * facts.clipped_fraction:.2g}")


def _draw_button(layout: UILayout, context: Context) -> None:
    conversion = session.current().conversion
    if conversion is None:
        row = layout.row()
        row.scale_y = 1.6
        label = BUTTON if is_wide(context) else NARROW_BUTTON
        row.operator("lanet.convert_environment", text=label, icon="LIGHT_SUN")
        row = layout.row(align=True)
        row.operator("lanet.convert_files", text="Convert Files…", icon="FILE_FOLDER")
        row.operator("lanet.convert_folder", text="Folder…", icon="ASSET_MANAGER")
        return
    row = layout.row()
    row.progress(factor=conversion.share, text=f"{tr(STAGES.get(conversion.stage, conversion.stage))} …")
    row.operator("lanet.cancel_conversion", text="", icon="X")


def _draw_environment(layout: UILayout, context: Context, texture: EnvironmentTexture) -> None:
    """Draw the rotation and the strength of the whole environment, which are the node tree's own."""
    mapping, strength = mapping_of(texture.node), strength_after(texture.node)
    column = layout.column(align=True)
    column.use_property_split = is_wide(context)
    if mapping is not None:
        row = column.row(align=True)
        row.prop(mapping.inputs["Rotation"], "default_value", index=2, text="Rotation")
        row.operator("lanet.turn_light", text="", icon="MOUSE_MOVE")
        row.prop(context.scene.lanet, "dial", text="", icon="GIZMO")
    else:
        column.operator("lanet.add_rotation", icon="FILE_REFRESH")
    if strength is not None:
        column.prop(strength, "default_value", text="Strength")


def _draw_result(layout: UILayout, context: Context, pair: ImagePair) -> None:
    layout.label(text=tr(_place_of(pair.hdr)), icon="FILE_IMAGE", translate=False)
    world = rendered_world(context.scene)
    if world is not None and world.asset_data is None:
        layout.operator("lanet.mark_world_as_asset", icon="ASSET_MANAGER")
    layout.operator("lanet.bake_light", icon="RENDER_STILL")
    row = layout.row(align=True)
    row.operator("lanet.reset_light", icon="LOOP_BACK")
    row.operator("lanet.remove_light", icon="TRASH")


def _place_of(hdr: Image) -> str:
    if hdr.packed_file is not None:
        return "Packed into the .blend"
    if will_be_packed(hdr):
        return "Packed when the .blend is saved"
    return "Moved when the .blend is saved" if is_unsaved(hdr) else hdr.filepath

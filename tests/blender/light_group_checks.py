"""Checks inside Blender: the node that changes the light above white."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from world_graph_scenes import LINEAR, Graph, make_exr, plain_scene, render, write_exr

from addon.world import graph as world_graph
from addon.world.light_group import HIGHLIGHTS, PEAK_LIMIT, SATURATION, WARMTH
from addon.world.light_tint import tinted, warmth_gains
from addon.world.tint_nodes import LUMINANCE
from lanet_core.pipeline.light_baking import LightChange, changed


def gradient_exr(folder: Path) -> Path:
    """A panorama of three colours whose brightness goes from 0.01 to 1e4 all over the view of a camera."""
    rng = np.random.default_rng(3)
    brightness = rng.permutation(np.geomspace(0.01, 1e4, 32 * 64)).reshape(32, 64, 1)
    return write_exr(folder / "gradient_lanet.exr", brightness * [1.0, 0.5, 0.25])


def scene_with_and_without_the_group(folder):
    scene, _, texture = plain_scene()
    texture.interpolation = "Closest"
    texture.image = bpy.data.images.load(str(gradient_exr(folder)))
    texture.image.colorspace_settings.name = LINEAR
    before = render(scene, folder)
    assert before.max() > 100.0 > 1.0 > before.min() > 0.0
    world_graph.apply_hdr(scene, texture.image, gradient_exr(folder))
    return scene, before


def check_a_render_is_the_same_at_highlights_0_and_no_peak_limit(folder):
    scene, before = scene_with_and_without_the_group(folder)
    np.testing.assert_allclose(render(scene, folder), before, rtol=1e-6)


def check_one_ev_doubles_what_is_above_white(folder):
    scene, before = scene_with_and_without_the_group(folder)
    brightest = before.max(axis=-1, keepdims=True)
    excess = np.maximum(brightest - 1.0, 0.0)
    for ev, factor in ((1.0, 2.0), (-2.0, 0.25)):
        world_graph.light_node(scene).inputs[HIGHLIGHTS].default_value = ev
        after = render(scene, folder)
        np.testing.assert_allclose(after, before / brightest * (brightest + (factor - 1.0) * excess), rtol=1e-5)
        np.testing.assert_array_equal(after[brightest[..., 0] <= 1.0], before[brightest[..., 0] <= 1.0])


def check_the_peak_limit_keeps_the_colour(folder):
    scene, before = scene_with_and_without_the_group(folder)
    inputs = world_graph.light_node(scene).inputs
    inputs[PEAK_LIMIT].default_value = 50.0
    brightest = before.max(axis=-1, keepdims=True)
    expected = before * np.minimum(1.0, 50.0 / brightest)
    np.testing.assert_allclose(render(scene, folder), expected, rtol=1e-5)
    inputs[HIGHLIGHTS].default_value = 3.0
    assert abs(render(scene, folder).max() - 50.0) < 1e-3, "the limit holds after Highlights"


def check_warmth_and_saturation_change_the_light_above_white_alone(folder):
    scene, before = scene_with_and_without_the_group(folder)
    inputs = world_graph.light_node(scene).inputs
    below = before.max(axis=-1) <= 1.0
    weights = np.array(LUMINANCE)
    for warmth, saturation in ((1.0, 1.0), (-0.5, 1.0), (0.0, 0.0), (0.0, 2.0), (0.7, 0.3)):
        inputs[WARMTH].default_value, inputs[SATURATION].default_value = warmth, saturation
        inputs[HIGHLIGHTS].default_value = 1.0
        after = render(scene, folder)
        np.testing.assert_array_equal(after[below], before[below])
        share = np.maximum(before.max(axis=-1) - 1.0, 0.0)[..., None] / before.max(axis=-1, keepdims=True)
        colours = np.array([tinted(rgb, warmth, saturation) for rgb in before.reshape(-1, 3)]).reshape(before.shape)
        np.testing.assert_allclose(after, before * (1.0 - share) + 2.0 * share * colours, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(after @ weights, (before * (1.0 + share)) @ weights, rtol=1e-3)
    grey = np.array(tinted((1.0, 0.5, 0.25), 0.0, 0.0))
    np.testing.assert_allclose(grey, grey[0])


def check_the_tint_comes_after_the_peak_limit(folder):
    """As in a baked EXR, in all combinations."""
    scene, before = scene_with_and_without_the_group(folder)
    inputs = world_graph.light_node(scene).inputs
    for ev, limit, warmth, saturation in ((1.0, 50.0, 1.5, 1.0), (-2.0, 3.0, -2.0, 4.0), (0.0, 0.5, 1.0, 0.2)):
        for name, value in ((HIGHLIGHTS, ev), (PEAK_LIMIT, limit), (WARMTH, warmth), (SATURATION, saturation)):
            inputs[name].default_value = value
        change = LightChange(ev, warmth_gains(warmth), saturation, limit)
        seen = render(scene, folder)
        np.testing.assert_allclose(seen, changed(before, change), rtol=2e-3, atol=1e-5)


def planckian_rgb(kelvin: float) -> np.ndarray:
    """Return linear Rec.709 of a black body: Planck's law times Gaussian fits of the CIE 1931 observer."""
    nm = np.arange(380.0, 781.0)

    def lobe(mean: float, low: float, high: float) -> np.ndarray:
        return np.exp(-0.5 * ((nm - mean) / np.where(nm < mean, low, high)) ** 2)

    # C. Wyman, P.-P. Sloan, P. Shirley, "Simple Analytic Approximations to the CIE XYZ Color Matching Functions", 2013.
    x = 1.056 * lobe(599.8, 37.9, 31.0) + 0.362 * lobe(442.0, 16.0, 26.7) - 0.065 * lobe(501.1, 20.4, 26.2)
    y = 0.821 * lobe(568.8, 46.9, 40.5) + 0.286 * lobe(530.9, 16.3, 31.1)
    z = 1.217 * lobe(437.0, 11.8, 36.0) + 0.681 * lobe(459.0, 26.0, 13.8)
    power = nm**-5.0 / (np.exp(1.4388e7 / (nm * kelvin)) - 1.0)
    to_rgb = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
    return to_rgb @ [(power * each).sum() for each in (x, y, z)]


def check_warmth_1_is_as_from_6500_k_to_4000_k(folder):
    change = planckian_rgb(4000.0) / planckian_rgb(6500.0)
    gains = np.array(warmth_gains(1.0))
    np.testing.assert_allclose(gains / gains[1], change / change[1], rtol=0.01)


def check_a_group_of_the_first_version_gets_the_new_sliders(folder):
    scene, _, texture = plain_scene()
    old = bpy.data.node_groups.new("LANet Light", "ShaderNodeTree")
    old["lanet_light"] = 1
    for name, kind, direction in (
        ("Color", "Color", "OUTPUT"),
        ("Color", "Color", "INPUT"),
        ("Highlights", "Float", "INPUT"),
        ("Peak Limit", "Float", "INPUT"),
    ):
        old.interface.new_socket(name, in_out=direction, socket_type=f"NodeSocket{kind}")
    inside = old.nodes.new("NodeGroupInput"), old.nodes.new("NodeGroupOutput")
    old.links.new(inside[0].outputs["Color"], inside[1].inputs["Color"])
    graph = Graph(scene.world.node_tree)
    node = graph.add("ShaderNodeGroup", node_tree=old)
    graph.link(texture.outputs["Color"], node.inputs["Color"])
    graph.link(node.outputs["Color"], graph.background.inputs["Color"])
    node.inputs["Highlights"].default_value, node.inputs["Peak Limit"].default_value = 1.5, 40.0
    world_graph.light_node(scene).inputs["Highlights"].keyframe_insert("default_value", frame=1)
    world_graph.apply_hdr(scene, texture.image, make_exr(folder))
    node = world_graph.light_node(scene)
    assert node.node_tree != old and node.inputs["Color"].is_linked and node.outputs["Color"].is_linked
    assert node.inputs["Highlights"].default_value == 1.5, "animated sliders stay"
    assert node.inputs["Warmth"].default_value == 0.0 and node.inputs["Saturation"].default_value == 1.0


def check_black_stays_black(folder):
    scene, _, texture = plain_scene()
    world_graph.apply_hdr(scene, texture.image, make_exr(folder, value=0.0))
    inputs = world_graph.light_node(scene).inputs
    for ev, limit in ((0.0, 0.0), (4.0, 10.0), (-4.0, 0.5)):
        inputs[HIGHLIGHTS].default_value, inputs[PEAK_LIMIT].default_value = ev, limit
        np.testing.assert_array_equal(render(scene, folder), 0.0)


def configured_check(folder):
    """Under $OCIO, a linear Rec.709 red becomes the working space's values of it: of AP1, by ACES' own matrix."""
    scene, _, texture = plain_scene()
    path = write_exr(folder / "red_lanet.exr", np.tile([4.0, 0.0, 0.0], (32, 64, 1)))
    hdr = world_graph.apply_hdr(scene, texture.image, path)
    assert hdr.colorspace_settings.name == "Linear Rec.709 (sRGB)", hdr.colorspace_settings.name
    # Rec.709 to AP1 with Bradford's adaptation, first column (ACES, "sRGB to ACEScg").
    np.testing.assert_allclose(render(scene, folder)[8, 8] / 4.0, [0.61310, 0.07019, 0.02062], atol=2e-4)

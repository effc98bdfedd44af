"""Checks inside Blender: the expectation before and the balls after a conversion."""

from __future__ import annotations

import os
import signal
import threading

import bpy
import numpy as np
from enabled_extension import convert, file_scene, part, wait_until

SUN = {
    "gain_ev": 1.2,
    "peak_ev": 14.3,
    "light": {"azimuth_deg": 40.0, "elevation_deg": 39.6, "stands_out": True},
    "kind": "sun",
    "heading_deg": None,
}


def step(condition) -> None:
    """Let the session do its work until something is known."""
    current = part("session").current()

    def is_met():
        current._tick()
        return condition()

    wait_until(is_met)


def check_the_words_of_an_expectation(folder):
    file_scene(folder)
    words = part("source.expectation").describe_expectation
    assert words(SUN) == "Sun, about 14 EV above white, 40° right of the middle, 40° high"
    assert words(SUN | {"heading_deg": 185.0}) == "Sun, about 14 EV above white, south-west, 40° high"
    assert words(SUN | {"heading_deg": 310.0}).split(", ")[2] == "north"
    light = {"azimuth_deg": -178.0, "elevation_deg": -3.0, "stands_out": True}
    below = words(SUN | {"kind": None, "light": light})
    assert below == "Main light, about 14 EV above white, behind, 3° below the horizon"
    several = words(SUN | {"light": light | {"stands_out": False}, "peak_ev": 6.4})
    assert several == "No single light, up to 6 EV above white: expect 1.2 EV more light"
    assert words(SUN | {"gain_ev": 0.05}) == "Little is clipped: expect little change"
    assert words(SUN | {"peak_ev": None, "light": None}) == "Little is clipped: expect little change"


def check_an_image_has_an_expectation_before_it_is_converted(folder):
    file_scene(folder)
    current = part("session").current()
    image = bpy.data.images["street.png"]
    step(lambda: current.facts.of(image) is not None and current.facts.of(image).expectation)
    facts = current.facts.of(image)
    assert facts.width == 128 and facts.expectation.count("EV") <= 2
    assert not current.worker.busy and not current.facts.waiting


def check_a_conversion_stops_the_expectation(folder):
    scene = file_scene(folder, scale=16)
    current = part("session").current()
    image = bpy.data.images["street.png"]
    step(lambda: current.facts.of(image) and current.facts._expecting is not None)
    step(lambda: current.worker.worker_pid is not None)
    pid = current.worker.worker_pid
    os.kill(pid, signal.SIGSTOP)  # it notices nothing for longer than a cancelled request is waited for
    threading.Timer(0.6, os.kill, (pid, signal.SIGCONT)).start()
    bpy.ops.lanet.convert_environment("INVOKE_DEFAULT")
    if current.conversion is not None:  # a Blender without a window converts at once
        step(lambda: current.conversion is None)
    assert part("world.graph").shows_hdr(scene)
    assert current.worker.worker_pid == pid, "the worker was started again"
    step(lambda: not current.worker.busy)
    assert current.facts.of(image) is not None


def check_balls_show_the_light_before_and_after(folder):
    scene = file_scene(folder)
    convert()
    current, pair = part("session").current(), part("world.graph").remembered_pair(scene.world)
    step(lambda: current.balls.of(pair) or len(current.balls._previews))  # without a window, icons have no number
    (preview,) = current.balls._previews.values()
    width, height = preview.image_size
    pixels = np.array(preview.image_pixels_float[:], np.float32).reshape(height, width, 4)[::-1]
    size = part("conversion.ball_images").BALL_SIZE
    assert pixels.shape == (2 * size, 2 * size, 4)
    assert pixels[size // 2, size // 2, 3] == 1.0 and pixels[0, 0, 3] == 0.0
    before, after = pixels[:size], pixels[size:]
    difference = np.abs(before - after)[..., :3]
    assert difference[:, size:].mean() > 0.01, "the mirror ball shows another light"
    bright = after[:, size:, :3].mean(axis=-1)
    assert bright.max() > bright[size // 2, size // 2], "the light is in the mirror ball"
    current.forget()
    assert not current.balls._previews
    step(lambda: current.balls.of(pair) or len(current.balls._previews))

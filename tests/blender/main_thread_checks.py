"""Checks inside Blender: how long a conversion holds the main thread."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import OpenImageIO
from enabled_extension import enable, lit_scene, part, street, write_image

#: Most of a turn's time, as a share of what Blender takes to decode a panorama of the size that is converted.
LONGEST_HOLD = 0.25
ATTEMPTS = 8


def write_jpeg(path: Path, image: np.ndarray | None = None) -> Path:
    """Write a panorama of 4096x2048 as a JPEG."""
    image = street(scale=32) if image is None else image
    height, width, channels = image.shape
    output = OpenImageIO.ImageOutput.create(str(path))
    assert output.open(str(path), OpenImageIO.ImageSpec(width, height, channels, "uint8"))
    assert output.write_image(image) and output.close()
    return path


def begin(scene: bpy.types.Scene):
    current = part("session").current()
    return part("conversion.scene").WorldConversion(current.worker, scene, part("settings").conversion_settings())


def noise() -> np.ndarray:
    """Return a panorama whose EXR file cannot be made small: (2048, 4096, 3) uint8."""
    image = np.random.default_rng(7).integers(0, 180, (2048, 4096, 3), dtype=np.uint8)
    image[300:440, 960:1280] = 255
    return image


class Holds:
    """What each turn of Blender's main thread takes: the processor's time, which a busy machine does not lengthen."""

    def __init__(self) -> None:
        self.all_s: list[float] = []

    def timed(self, function, *arguments):
        # Of all threads: Blender may decode in others while this one waits for them.
        start_s = time.process_time()
        result = function(*arguments)
        self.all_s.append(time.process_time() - start_s)
        return result


def check_no_turn_of_a_conversion_holds_the_main_thread(folder):
    enable(folder)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    path = write_jpeg(folder / "street.jpg")

    def longest_hold_s() -> float:
        image = bpy.data.images.load(str(path))  # without its pixels
        holds, conversion = converted(image)
        assert tuple(conversion.facts[name] for name in ("width", "height")) == (4096, 2048)
        assert not conversion.hdr.has_data  # Blender reads it when it draws, not we
        bpy.data.images.remove(image)
        return max(holds.all_s)

    assert_brief(longest_hold_s, path)


def check_no_turn_holds_it_where_the_result_is_packed(folder):
    preferences = enable(folder)
    preferences.pack, preferences.precision = True, "FLOAT"
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    path = write_jpeg(folder / "street.jpg", noise())
    image = bpy.data.images.load(str(path))

    def longest_hold_s() -> float:
        holds, conversion = converted(image)
        assert conversion.output.stat().st_size > 50_000_000
        assert conversion.hdr.packed_file is None
        bpy.ops.wm.save_mainfile()
        assert conversion.hdr.packed_file.size == conversion.output.stat().st_size
        return max(holds.all_s)

    longest_hold_s()
    assert_brief(longest_hold_s, path)  # it takes the place of what is packed


def check_no_turn_holds_it_for_a_painted_image(folder):
    enable(folder)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    path = write_jpeg(folder / "street.jpg")
    rgba = np.ones((2048, 4096, 4), np.float32)
    rgba[..., :3] = street(scale=32)[::-1] / 255.0
    for is_float in (False, True):
        image = bpy.data.images.new("painted", 4096, 2048, float_buffer=is_float)
        image.pixels.foreach_set(rgba.ravel())
        assert_brief(lambda image=image: max(converted(image)[0].all_s), path)


def converted(image: bpy.types.Image) -> tuple[Holds, object]:
    """Convert a scene that is lit by an image; return the turns' times and the conversion."""
    holds = Holds()
    conversion = holds.timed(begin, lit_scene(image))
    while holds.timed(conversion.step).name == "RUNNING":
        time.sleep(0.01)
    assert conversion.state.name == "FINISHED", conversion.message
    return holds, conversion


def decoding_s(path: Path) -> float:
    """Return what Blender takes to decode an image of a file."""
    holds, image = Holds(), bpy.data.images.load(str(path))
    holds.timed(lambda: image.pixels[0])
    bpy.data.images.remove(image)
    return holds.all_s[0]


def assert_brief(longest_hold_s: Callable[[], float], path: Path) -> None:
    """Fail if every one of some conversions holds the main thread for too long, compared with decoding an image.

    What the system adds to a turn, such as the cleaning of new memory, differs from one time to the next and grows with
    what else the machine does. The decoding next to it has the same share of that.
    """
    shares = []
    while not shares or (shares[-1] > LONGEST_HOLD and len(shares) < ATTEMPTS):
        shares.append(longest_hold_s() / decoding_s(path))
    print("longest hold / decoding", *(f"{each:.2f}" for each in shares))
    assert shares[-1] <= LONGEST_HOLD, shares


def check_the_measure_sees_an_image_that_is_written_in_a_turn(folder):
    enable(folder)
    path, pixels, write = write_jpeg(folder / "street.jpg"), street(scale=32), part("files.plain_png").write_plain_png
    shares = []
    for _ in range(2):
        holds = Holds()
        holds.timed(lambda: write(folder / "street.png", pixels, linear=False))
        shares.append(holds.all_s[0] / decoding_s(path))
    assert min(shares) > LONGEST_HOLD, shares


def check_a_worker_that_stands_still_blocks_nothing(folder):
    """Waiting takes no processor's time, so it is not measured but tried: each turn ends though the worker does not."""
    enable(folder)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    scene = lit_scene(bpy.data.images.load(str(write_image(folder / "street.png", scale=4))))
    worker = part("session").current().worker
    conversion = begin(scene)
    stages = []
    while conversion.step().name == "RUNNING":
        if worker.worker_pid and conversion.stage not in stages:
            stages.append(conversion.stage)
            os.kill(worker.worker_pid, signal.SIGSTOP)
            for _ in range(100):
                conversion.step()
            os.kill(worker.worker_pid, signal.SIGCONT)
        time.sleep(0.001)
    assert conversion.state.name == "FINISHED" and len(stages) >= 2, stages

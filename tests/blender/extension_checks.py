"""What test_extension.py runs inside Blender, with the extension enabled: one check a process."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
import numpy as np
from blender_process import main
from enabled_extension import (
    convert,
    disable,
    enable,
    lit_scene,
    part,
    write_picture,
)


def check_a_file_is_converted(folder):
    enable(folder)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    image = bpy.data.images.load(str(write_picture(folder / "street.png")))
    scene = lit_scene(image)
    assert convert() == {"FINISHED"}
    graph = part("world_graph")
    pair = graph.remembered_pair(scene.world)
    assert pair.ldr == image and graph.environment_image(scene) == pair.hdr
    assert pair.hdr.filepath == "//textures/street_lanet.exr"
    assert (folder / "textures" / "street_lanet.exr").is_file()
    pixels = np.empty(64 * 128 * 4, np.float32)
    pair.hdr.pixels.foreach_get(pixels)
    assert pixels.max() > 1.5
    disable()


if __name__ == "__main__":
    main({name: each for name, each in vars(sys.modules[__name__]).items() if name.startswith("check_")})

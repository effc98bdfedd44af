"""The shipped model on a made-up time-lapse: with --sequence its light does not flicker."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import OpenImageIO
import pytest
from PIL import Image

from lanet_core.cli.main import main
from lanet_core.colour import quantise_srgb8
from lanet_core.files import read_hdr
from lanet_core.geometry import sphere
from lanet_core.metrics.irradiance import diffuse_irradiance

pytest.importorskip("bpy")

FRAMES = 10


@pytest.fixture(scope="module")
def exposures_ev() -> np.ndarray:
    """A camera that corrects its exposure slowly, and a little in each frame."""
    rng = np.random.default_rng(2)
    return 0.4 * np.sin(np.linspace(0.0, np.pi, FRAMES)) + rng.normal(0.0, 0.02, FRAMES)


@pytest.fixture(scope="module")
def frames(exposures_ev, tmp_path_factory) -> list[Path]:
    """JPEG frames of a world of Blender's, with noise, from a camera that turns."""
    [world] = Path(find_spec("bpy").origin).parent.glob("*/datafiles/studiolights/world/sunrise.exr")
    hdr = OpenImageIO.ImageBuf(str(world)).get_pixels(OpenImageIO.FLOAT)[..., :3]
    hdr = sphere.downsample(np.ascontiguousarray(hdr), 256, 512)
    hdr *= 0.2 / np.median(hdr.mean(axis=-1))
    folder, rng, paths = tmp_path_factory.mktemp("frames"), np.random.default_rng(3), []
    for number, ev in enumerate(exposures_ev):
        light = np.roll(hdr, number, axis=1) * np.exp2(ev)
        light = light * (1.0 + rng.normal(0.0, 0.01, light.shape)) + rng.normal(0.0, 0.002, light.shape)
        paths.append(folder / f"{number:03}.jpg")
        Image.fromarray(quantise_srgb8(np.clip(light, 0.0, 1.0))).save(paths[-1], quality=90)
    return paths


def test_the_light_flickers_less_and_is_as_strong(frames, exposures_ev, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("LANET_MODEL", raising=False)
    light = {}
    for name, options in (("apart", []), ("sequence", ["--sequence"])):
        command = ["convert", *map(str, frames), "-o", f"{tmp_path}/{name}/", "--json", "--threads", "1", *options]
        assert main(command) == 0
        records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        irradiance = [diffuse_irradiance(read_hdr(record["output"])).mean() for record in records]
        light[name] = np.log2(irradiance) - exposures_ev
        assert name == "apart" or len({record["white_level"] for record in records}) == 1
    steps = {name: np.abs(np.diff(values)) for name, values in light.items()}
    assert steps["sequence"].mean() < 0.6 * steps["apart"].mean()
    assert steps["sequence"].max() < min(0.05, steps["apart"].max())
    assert light["sequence"].mean() == pytest.approx(light["apart"].mean(), abs=0.05)

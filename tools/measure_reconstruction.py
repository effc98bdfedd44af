"""Measure what enlarging the network's answer does to the light: energy, edges and shape, at several sizes.

Run ``python tools/measure_reconstruction.py``; it prints a Markdown table, and with ``--crops DIR`` it writes pictures
of the lights beside the truth. The scenes are written as formulas, so their HDR is known at any size. Each is
photographed by clipping and 8-bit sRGB, and reconstructed

* from an ideal network, which is the true HDR reduced to the network's size: what is wrong then is the enlargement;
* from the shipped network, with ``--model``: what is wrong then is mostly the network;

and by plain bilinear enlargement of the gain, HDR over LDR at the network's size.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lanet_core import sphere
from lanet_core.calibration import overexposure_ramp
from lanet_core.colour import linear_to_srgb, quantise_srgb8
from lanet_core.converter import load_converter
from lanet_core.heading import columns_to_light
from lanet_core.images.png import write_png
from lanet_core.metrics.irradiance import diffuse_irradiance
from lanet_core.reconstruction import reconstruct

NETWORK_HEIGHT = 256
_STRIP_ROWS = 64
_ONE_SAMPLE_HEIGHT = 4096

#: Unit directions (..., 3) → radiance (..., 3) or distance from a light in radians (...), negative inside of it.
Field = Callable[[np.ndarray], np.ndarray]


def direction(azimuth_deg: float, elevation_deg: float) -> np.ndarray:
    """Return a unit vector."""
    azimuth, elevation = np.radians([azimuth_deg, elevation_deg])
    return np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])


def ball(azimuth_deg: float, elevation_deg: float, diameter_deg: float) -> Field:
    """Return the distance from a disc."""
    middle, radius = direction(azimuth_deg, elevation_deg), np.radians(diameter_deg / 2.0)
    return lambda d: 2.0 * np.arcsin(np.clip(np.linalg.norm(d - middle, axis=-1) / 2.0, 0.0, 1.0)) - radius


def window(azimuth_deg: float, elevation_deg: float, width_deg: float, height_deg: float) -> Field:
    """Return the distance from a rectangle in azimuth and elevation."""
    middle, half = np.radians([azimuth_deg, elevation_deg]), np.radians([width_deg, height_deg]) / 2.0

    def distance(d: np.ndarray) -> np.ndarray:
        elevation = np.arcsin(np.clip(d[..., 2], -1.0, 1.0))
        turn = np.angle(np.exp(1j * (np.arctan2(d[..., 1], d[..., 0]) - middle[0])))
        return np.maximum(np.abs(turn) - half[0], np.abs(elevation - middle[1]) - half[1])

    return distance


@dataclass(frozen=True)
class Light:
    """A light of one radiance over what surrounds it."""

    name: str
    distance: Field
    radiance: tuple[float, float, float]


@dataclass(frozen=True)
class Scene:
    """Lights and all else, linear Rec.709, 1 = white in the photograph."""

    name: str
    background: Field
    lights: tuple[Light, ...]

    def radiance(self, directions: np.ndarray) -> np.ndarray:
        """Return the scene's radiance, (..., 3) float32."""
        result = self.background(directions)
        for light in self.lights:
            result = np.where(light.distance(directions)[..., None] < 0.0, light.radiance, result)
        return result.astype(np.float32)

    def panorama(self, height: int) -> np.ndarray:
        """Return the scene, (height, 2 height, 3) float32, with four samples a pixel, or one of 0.044°."""
        samples = 2 if height < _ONE_SAMPLE_HEIGHT else 1
        result = np.empty((height, 2 * height, 3), dtype=np.float32)
        theta, phi = sphere.zenith_angles_rad(samples * height), sphere.azimuths_rad(samples * 2 * height)
        for first in range(0, height, _STRIP_ROWS):
            rows = theta[samples * first : samples * (first + _STRIP_ROWS), None]
            up = np.broadcast_to(np.cos(rows), (len(rows), len(phi)))
            values = self.radiance(np.stack([np.sin(rows) * np.cos(phi), np.sin(rows) * np.sin(phi), up], axis=-1))
            pixels = values.reshape(-1, samples, 2 * height, samples, 3).mean(axis=(1, 3))
            result[first : first + len(pixels)] = pixels
        return result


def _sky(d: np.ndarray) -> np.ndarray:
    """A clear sky, brighter towards the horizon and around the sun, over grass."""
    from_sun = np.degrees(ball(30.0, 40.0, 0.0)(d))[..., None]
    up = d[..., 2:]
    blue = np.array([0.25, 0.4, 0.8]) + np.array([0.5, 0.45, 0.2]) * np.exp(-6.0 * np.maximum(up, 0.0))
    aureole = 0.5 * np.exp(-from_sun / 12.0) + 6.0 * np.exp(-from_sun / 3.0) + 60.0 * np.exp(-from_sun / 0.7)
    return np.where(up > 0.0, blue + aureole, np.array([0.12, 0.15, 0.06]))


def _walls(d: np.ndarray) -> np.ndarray:
    """A dim room with a texture."""
    texture = 0.12 + 0.05 * np.sin(40.0 * d[..., :1]) * np.sin(31.0 * d[..., 1:2]) * np.sin(37.0 * d[..., 2:])
    return texture * np.array([1.0, 0.85, 0.7])


SCENES = (
    Scene("sun", _sky, (Light("sun", ball(30.0, 40.0, 0.533), (26000.0, 24000.0, 20000.0)),)),
    Scene(
        "room",
        _walls,
        (
            Light("window", window(0.0, 10.0, 34.0, 22.0), (9.0, 11.0, 14.0)),
            Light("window at the seam", window(180.0, 5.0, 3.3, 17.0), (20.0, 22.0, 25.0)),
            Light("ball lamp", ball(75.0, 35.0, 4.0), (90.0, 70.0, 40.0)),
            Light("lamp overhead", ball(0.0, 89.0, 2.5), (160.0, 130.0, 90.0)),
            Light("small lamp", ball(-80.0, 20.0, 0.3), (2500.0, 1900.0, 1100.0)),
            Light("weak lamp", ball(-120.0, 30.0, 2.0), (2.2, 2.0, 1.6)),
        ),
    ),
)


def bilinear_gain(ldr_linear: np.ndarray, log_hdr: np.ndarray) -> np.ndarray:
    """Return a picture times the network's gain, enlarged bilinearly: what is to be beaten."""
    height, width = ldr_linear.shape[:2]
    small = sphere.downsample(ldr_linear, *log_hdr.shape[:2])
    return ldr_linear * sphere.upsample_bilinear(np.exp(log_hdr) / np.maximum(small, np.float32(1e-4)), height, width)


def network_of(model: Path | None) -> Callable[[np.ndarray], np.ndarray]:
    """Return the shipped network: a picture of any size to log HDR."""
    session = load_converter(model, "cpu").session
    size = session.metadata.input_height, session.metadata.input_width

    def answer(ldr_linear: np.ndarray) -> np.ndarray:
        seen = sphere.downsample(ldr_linear, *size)
        turn = columns_to_light(seen)
        return np.roll(session.run(np.roll(seen, turn, axis=1)).log_hdr, -turn, axis=1)

    return answer


def distances(light: Light, height: int) -> np.ndarray:
    """Return each pixel's distance from a light's edge in radians, (height, 2 height) float32."""
    return light.distance(sphere.pixel_directions(height, 2 * height)).astype(np.float32)


def light_integral(hdr: np.ndarray, light: Light) -> float:
    """Return a light's radiance, mean of the channels, over it and two network pixels around it."""
    # The difference to the truth matters, so both are summed over the same coarse pixels.
    near = distances(light, NETWORK_HEIGHT) < 2.0 * np.pi / NETWORK_HEIGHT
    coarse = sphere.downsample(hdr, NETWORK_HEIGHT, 2 * NETWORK_HEIGHT).mean(axis=-1)
    return float((coarse * near * sphere.pixel_solid_angles_sr(*coarse.shape)[:, None]).sum())


def stops(prediction: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean over the sphere of |log2| of the ratio of two maps."""
    return float(sphere.sphere_mean(np.abs(np.log2(prediction / truth))).mean())


def edge_stops(hdr: np.ndarray, truth: np.ndarray, ldr_linear: np.ndarray, beside: np.ndarray) -> tuple[float, float]:
    """Return the mean |log2| of the ratio to the truth beside lights' edges: in the lights, and outside of them."""
    error = np.abs(np.log2(np.maximum(hdr[beside], 1e-4) / np.maximum(truth[beside], 1e-4))).mean(axis=-1)
    exposed = overexposure_ramp(ldr_linear[beside]) == 0.0
    return tuple(float(error[part].mean()) if part.any() else 0.0 for part in (~exposed, exposed))


def measure(scene: Scene, heights: list[int], model: Path | None, crops: Path | None) -> Iterator[str]:
    """Yield the table's rows of one scene."""
    full = scene.panorama(max(heights))
    networks = {"ideal": None} | ({"shipped": network_of(model)} if model is not None else {})
    irradiance: dict[tuple[str, str], np.ndarray] = {}
    for height in sorted(heights, reverse=True):
        truth = full if height == len(full) else sphere.downsample(full, height, 2 * height)
        ldr_linear = _photograph(truth)
        nearest = np.min([distances(light, height) for light in scene.lights], axis=0)
        beside = np.abs(nearest) < 2.0 * np.pi / NETWORK_HEIGHT
        for network_name, network in networks.items():
            if network is None:
                log_hdr = np.log(sphere.downsample(full, NETWORK_HEIGHT, 2 * NETWORK_HEIGHT))
            else:
                log_hdr = network(ldr_linear)
            for name, method in (("ours", reconstruct), ("bilinear gain", bilinear_gain)):
                hdr = method(ldr_linear, log_hdr)
                light = diffuse_irradiance(hdr)
                agreement = stops(light, irradiance.setdefault((network_name, name), light))
                integrals = " ".join(
                    f"{light_integral(hdr, each) / light_integral(full, each):.3f}" for each in scene.lights
                )
                inside, outside = edge_stops(hdr, truth, ldr_linear, beside)
                yield (
                    f"| {scene.name} | {2 * height}x{height} | {network_name} | {name} | {agreement:.4f} "
                    f"| {stops(light, diffuse_irradiance(full)):.4f} | {integrals} | {inside:.2f} | {outside:.3f} |"
                )
                if crops is not None:
                    _write_crops(crops, f"{scene.name}_{2 * height}_{network_name}_{name.split()[0]}", hdr, scene)
        if crops is not None:
            _write_crops(crops, f"{scene.name}_{2 * height}_truth", truth, scene)


def _photograph(hdr: np.ndarray) -> np.ndarray:
    codes = np.linspace(0.0, 1.0, 256)
    to_linear = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4).astype(np.float32)
    result = np.empty_like(hdr)
    for first in range(0, len(hdr), _STRIP_ROWS):
        rows = slice(first, first + _STRIP_ROWS)
        result[rows] = to_linear[quantise_srgb8(hdr[rows])]
    return result


def _write_crops(folder: Path, name: str, hdr: np.ndarray, scene: Scene) -> None:
    """Write 8° around each light at three exposures, each fitted to the light."""
    folder.mkdir(parents=True, exist_ok=True)
    height, width = hdr.shape[:2]
    offsets = np.tan(np.radians(np.linspace(-4.0, 4.0, 192)))
    for light in scene.lights:
        grid = distances(light, 128)
        middle = sphere.pixel_directions(128, 256)[grid == grid.min()].mean(axis=0)
        middle /= np.linalg.norm(middle)
        right = np.cross(middle, (0.0, 0.0, 1.0) if abs(middle[2]) < 0.9 else (-1.0, 0.0, 0.0))
        right /= np.linalg.norm(right)
        directions = middle + offsets[:, None] * right + offsets[:, None, None] * np.cross(middle, right)
        rows, columns = sphere.directions_to_pixels(directions, height, width)
        crop = hdr[np.rint(rows).astype(int).clip(0, height - 1), np.rint(columns).astype(int) % width]
        shown = [linear_to_srgb(crop * np.float32(gain / max(light.radiance))) for gain in (64.0, 8.0, 0.9)]
        path = folder / f"{light.name.replace(' ', '_')}_{name}.png"
        write_png(path, np.rint(np.concatenate(shown, axis=1) * 255.0).astype(np.uint8))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--heights", type=int, nargs="+", default=[512, 2048, 4096], metavar="ROWS")
    parser.add_argument("--scene", choices=[scene.name for scene in SCENES], help="only this scene")
    parser.add_argument("--model", type=Path, help="a network's ONNX file, measured beside the ideal one")
    parser.add_argument("--crops", type=Path, metavar="DIR", help="write pictures of the lights")
    arguments = parser.parse_args()
    print("| scene | size | network | method | irradiance: stops from the largest size | … from the truth", end="")
    print(" | each light's integral over the true one | edge error in lights, stops | … outside |")
    print("|---" * 9 + "|")
    for scene in SCENES:
        if arguments.scene in (None, scene.name):
            for row in measure(scene, arguments.heights, arguments.model, arguments.crops):
                print(row, flush=True)


if __name__ == "__main__":
    main()

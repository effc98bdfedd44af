"""Measure what upsampling the network's prediction does to the light: energy, edges and shape, at several sizes.

Run ``python tools/measure_reconstruction.py FILE.exr …`` on panoramas that ``lanet-scenes`` has rendered, or
without a file on scenes that are formulas. It prints a Markdown table, and with ``--crops DIR`` it writes images of
the lights with the truth. Smaller sizes are means of the largest, which is the truth. Each size is photographed by
clipping and 8-bit sRGB; with ``--reduced`` only the largest is, and its photograph reduced. It is reconstructed from

* an ideal network's prediction, the true HDR reduced to the network's size: what is wrong then is the enlargement;
* one prediction of a network, with ``--model``: that to the largest photograph, given to every size;
* the network's own prediction for each photograph: what differs then between sizes is mostly the photograph.

Ours is compared with plain bilinear enlargement of the gain, HDR over LDR at the network's size.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from reconstruction_scenes import FORMULAS, Scene, rendered_scene

from lanet_core.calibration import overexposure_ramp
from lanet_core.colour import linear_to_srgb, quantise_srgb8
from lanet_core.files.png import write_png
from lanet_core.geometry import sphere
from lanet_core.geometry.azimuth_alignment import columns_to_light
from lanet_core.metrics.irradiance import diffuse_irradiance
from lanet_core.pipeline.panorama_converter import load_converter
from lanet_core.reconstruction.clipped_areas import label_areas
from lanet_core.reconstruction.panorama import reconstruct

NETWORK_SIZE = (256, 512)
#: A light's surroundings that belong to it, and what counts as near its edge, in the network's pixels.
REACH = 2
#: Lights that give less than this share of what all give are not distinguished.
LEAST_SHARE = 0.002
#: Edges are looked for in pixels of at most so many rows.
_EDGE_HEIGHT = 1024
_BAND_ROWS = 64
_CROP_DEG = 8.0
_CROP_PIXELS = 192

Network = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Photograph:
    """A scene at one size: (H, W, 3) float32 each, linear Rec.709, 1 = white; LDR through 8 bits."""

    truth: np.ndarray
    ldr_linear: np.ndarray

    @property
    def height(self) -> int:
        """Rows."""
        return len(self.truth)


@dataclass(frozen=True)
class Lights:
    """Where each light of a scene is, strongest first: (h, w) bool of the network's size, REACH pixels around it."""

    parts: list[np.ndarray]

    def integrals(self, hdr: np.ndarray) -> np.ndarray:
        """Return each light's radiance over its part, summed over the channels, (n,)."""
        light = sphere.downsample(hdr, *NETWORK_SIZE).sum(axis=-1) * _solid_angles_sr(NETWORK_SIZE)
        return np.array([light[part].sum(dtype=np.float64) for part in self.parts])


def photograph(hdr: np.ndarray) -> Photograph:
    """Return a panorama with what a camera makes of it."""
    codes = np.linspace(0.0, 1.0, 256)
    to_linear = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4).astype(np.float32)
    ldr_linear = np.empty_like(hdr)
    for first in range(0, len(hdr), _BAND_ROWS):
        rows = slice(first, first + _BAND_ROWS)
        ldr_linear[rows] = to_linear[quantise_srgb8(hdr[rows])]
    return Photograph(hdr, ldr_linear)


def photographed_anew(photographed: Photograph, height: int) -> Photograph:
    """Return a photograph of the scene as a camera of fewer rows takes it."""
    return photograph(sphere.downsample(photographed.truth, height, 2 * height))


def reduced(photographed: Photograph, height: int) -> Photograph:
    """Return a photograph of fewer rows as an artist makes it of a large one: linear means, in 8 bits again."""
    truth, ldr_linear = (
        sphere.downsample(each, height, 2 * height) for each in (photographed.truth, photographed.ldr_linear)
    )
    return Photograph(truth, photograph(ldr_linear).ldr_linear)


def find_lights(photographed: Photograph) -> Lights:
    """Return what hangs together where a photograph is over-exposed, unless it is next to nothing."""
    share = sphere.downsample(_overexposed(photographed.ldr_linear), *NETWORK_SIZE)
    labels = label_areas(_grown(share > 0.0, REACH))
    light = sphere.downsample(photographed.truth, *NETWORK_SIZE).sum(axis=-1) * (share > 0.0)
    energies = np.bincount(labels.ravel(), (light * _solid_angles_sr(NETWORK_SIZE)).ravel())
    energies[0] = 0.0
    strongest = np.argsort(energies)[::-1]
    return Lights([labels == label for label in strongest if energies[label] > LEAST_SHARE * energies.sum()])


def claimed_hdr(photographed: Photograph, log_hdr: np.ndarray) -> np.ndarray:
    """Return a network's prediction at its own size: its radiance wherever the image is over-exposed, else the image.

    No pixel is darker than the image.
    """
    image = sphere.downsample(photographed.ldr_linear, *NETWORK_SIZE)
    shining = sphere.downsample(_overexposed(photographed.ldr_linear), *NETWORK_SIZE)[..., None] > 0.0
    return np.where(shining, np.maximum(np.exp(log_hdr), image), image)


def bilinear_gain(ldr_linear: np.ndarray, log_hdr: np.ndarray) -> np.ndarray:
    """Return an image times the network's gain, enlarged bilinearly: what is to be beaten."""
    height, width = ldr_linear.shape[:2]
    small = sphere.downsample(ldr_linear, *log_hdr.shape[:2])
    gain = np.exp(log_hdr) / np.maximum(small, np.float32(1e-4))
    result = np.empty_like(ldr_linear)
    for first in range(0, height, _BAND_ROWS):
        end = min(first + _BAND_ROWS, height)
        result[first:end] = ldr_linear[first:end] * sphere.upsampled_rows(gain, height, width, first, end)
    return result


METHODS = {"ours": reconstruct, "bilinear gain": bilinear_gain}


def network_of(model: Path) -> Network:
    """Return a network of the network's size: an image of any size to log HDR, turned as the product turns it."""
    session = load_converter(model, "cpu").session
    size = session.metadata.input_height, session.metadata.input_width

    def prediction(ldr_linear: np.ndarray) -> np.ndarray:
        seen = sphere.downsample(ldr_linear, *size)
        turn = columns_to_light(seen)
        return np.roll(session.run(np.roll(seen, turn, axis=1)).log_hdr, -turn, axis=1)

    return prediction


def log2_ratio(prediction: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the |log2| of the ratio of two maps, both at least 1e-4."""
    return np.abs(np.log2(np.maximum(prediction, 1e-4) / np.maximum(truth, 1e-4)))


def near_edges(ldr_linear: np.ndarray) -> np.ndarray:
    """Return which pixels are within REACH network pixels of an over-exposed part's edge, (H, W) bool."""
    height, width = ldr_linear.shape[:2]
    size = (min(height, _EDGE_HEIGHT), min(width, 2 * _EDGE_HEIGHT))
    share = sphere.downsample(_overexposed(ldr_linear), *size)
    edge = (_grown(share > 0.0, 1) & _grown(share < 1.0, 1)) | ((share > 0.0) & (share < 1.0))
    near = _grown(edge, REACH * size[0] // NETWORK_SIZE[0])
    rows, columns = (np.arange(new) * old // new for old, new in zip(size, (height, width), strict=True))
    return near[rows[:, None], columns]


def edge_stops(hdr: np.ndarray, photographed: Photograph, near: np.ndarray) -> tuple[float, float]:
    """Return the mean error in stops near lights' edges: in over-exposed pixels, and in well-exposed ones."""
    error = log2_ratio(hdr[near], photographed.truth[near]).mean(axis=-1)
    exposed = overexposure_ramp(photographed.ldr_linear[near]) == 0.0
    return tuple(float(error[part].mean()) if part.any() else 0.0 for part in (~exposed, exposed))


def measure(scene: Scene, heights: list[int], model: Path | None, crops: Path | None, *, reduce: bool) -> Iterator[str]:
    """Yield the table's rows of one scene."""
    largest = photograph(scene.panorama(max(heights)))
    lights = find_lights(largest)
    ideal = np.log(np.maximum(sphere.downsample(largest.truth, *NETWORK_SIZE), 1e-8))
    networks: dict[str, Network] = {"ideal": lambda ldr_linear: ideal}
    if model is not None:
        network = network_of(model)
        one = network(largest.ldr_linear)
        networks |= {"one answer": lambda ldr_linear: one, "its own answers": network}
    true_irradiance = diffuse_irradiance(largest.truth)
    first: dict[tuple[str, str], tuple[np.ndarray, np.ndarray]] = {}
    for height in sorted(heights, reverse=True):
        at_height = largest
        if height < largest.height:
            at_height = reduced(largest, height) if reduce else photographed_anew(largest, height)
        near = near_edges(at_height.ldr_linear)
        for network_name, network in networks.items():
            log_hdr = network(at_height.ldr_linear)
            claimed = lights.integrals(claimed_hdr(at_height, log_hdr))
            results = {name: method(at_height.ldr_linear, log_hdr) for name, method in METHODS.items()}
            for name, hdr in results.items():
                irradiance, integrals = diffuse_irradiance(hdr), lights.integrals(hdr)
                before, lights_before = first.setdefault((network_name, name), (irradiance, integrals))
                inside, outside = edge_stops(hdr, at_height, near)
                yield (
                    f"| {scene.name} | {2 * height}x{height} | {network_name} | {name} "
                    f"| {log2_ratio(irradiance, before).max():.4f} | {_extremes(integrals / lights_before)} "
                    f"| {_extremes(integrals / claimed)} | {_mean(log2_ratio(irradiance, true_irradiance)):.3f} "
                    f"| {inside:.2f} | {outside:.3f} |"
                )
            if crops is not None:
                crops.mkdir(parents=True, exist_ok=True)
                for number, part in enumerate(lights.parts[:4]):
                    path = crops / f"{scene.name}_{number}_{2 * height}_{network_name}.png".replace(" ", "_")
                    write_crop(path, [at_height.truth, *results.values()], part)


def write_crop(path: Path, panoramas: list[np.ndarray], part: np.ndarray) -> None:
    """Write what is around the brightest place of a light, a row for each panorama, the first the truth.

    Args:
        path: a PNG file.
        panoramas: (H, W, 3) float32 each.
        part: (h, w) bool, of the network's size: where the light is.
    """
    truth, size = panoramas[0], panoramas[0].shape[:2]
    bright = sphere.downsample(truth, *part.shape).mean(axis=-1) * part
    middle = sphere.pixel_directions(*part.shape)[np.unravel_index(bright.argmax(), part.shape)]
    right = np.cross(middle, (0.0, 0.0, 1.0) if abs(middle[2]) < 0.9 else (-1.0, 0.0, 0.0))
    right /= np.linalg.norm(right)
    offsets = np.tan(np.radians(np.linspace(-_CROP_DEG / 2.0, _CROP_DEG / 2.0, _CROP_PIXELS)))
    directions = middle + offsets[:, None] * right + offsets[:, None, None] * np.cross(middle, right)
    rows, columns = sphere.directions_to_pixels(directions, *size)
    rows, columns = np.rint(rows).astype(int).clip(0, size[0] - 1), np.rint(columns).astype(int) % size[1]
    crops = [panorama[rows, columns] for panorama in panoramas]
    brightest = crops[0].max()
    shown = [[linear_to_srgb(crop * (gain / brightest)) for gain in _gains(brightest)] for crop in crops]
    image = np.concatenate([np.concatenate(row, axis=1) for row in shown], axis=0)
    write_png(path, np.rint(image * 255.0).astype(np.uint8))


def _gains(brightest: float) -> np.ndarray:
    """Return three exposures from that of the photograph to one that shows the brightest pixel, as shares of it."""
    return np.geomspace(max(brightest, 1.0), 0.9, 3).astype(np.float32)


def _extremes(ratios: np.ndarray) -> str:
    return f"{ratios.min():.3f} – {ratios.max():.3f}"


def _mean(stops: np.ndarray) -> float:
    return float(sphere.sphere_mean(stops).mean())


def _overexposed(ldr_linear: np.ndarray) -> np.ndarray:
    return (overexposure_ramp(ldr_linear) > 0.0).astype(np.float32)


def _solid_angles_sr(size: tuple[int, int]) -> np.ndarray:
    return sphere.pixel_solid_angles_sr(*size)[:, None]


def _grown(mask: np.ndarray, pixels: int) -> np.ndarray:
    """Return a mask that has spread by so many pixels in every direction, round the meridian and over the poles."""
    for _ in range(pixels):
        mask = sphere.neighbourhood(mask).any(axis=0)
    return mask


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("rendered", type=Path, nargs="*", metavar="FILE", help="HDR panoramas; formulas without any")
    parser.add_argument("--heights", type=int, nargs="+", default=[512, 2048, 4096], metavar="ROWS")
    parser.add_argument("--model", type=Path, help="a network's ONNX file, measured beside the ideal one")
    parser.add_argument("--crops", type=Path, metavar="DIR", help="write images of the lights")
    parser.add_argument(
        "--reduced",
        action="store_true",
        help="smaller photographs are the largest one reduced, instead of the scene photographed anew",
    )
    arguments = parser.parse_args()
    print("| scene | size | network | method | irradiance: most stops from the largest size", end="")
    print(" | lights: over those of it", end="")
    print(" | lights: over what the network said | irradiance: mean stops from the truth", end="")
    print(" | edges, stops: over-exposed | well-exposed |")
    print("|---" * 10 + "|")
    for scene in [rendered_scene(path) for path in arguments.rendered] or FORMULAS:
        for row in measure(scene, arguments.heights, arguments.model, arguments.crops, reduce=arguments.reduced):
            print(row, flush=True)


if __name__ == "__main__":
    main()

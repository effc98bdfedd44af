"""Suns, lamps and windows followed through the frames of a sequence.

In single frames a light may not be recognised, or recognised elsewhere in its glare. So the lights of neighbouring
frames are linked by their directions. In each frame, a light whose track covers at least 30 % of the surrounding
frames, by Gaussian weight, is placed: its direction is a local line through the directions of the track, and its energy
the geometric mean relative to the midtones of the frames. A light of less support keeps the shape of its glare. Of a
lamp or window that fills its clipped area, energy and solid angle are followed in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lanet_core.pipeline.sequence import SMOOTHING_FRAMES, FrameLight
from lanet_core.reconstruction.point_lights import PlacedLight

#: A light is the same one within this angle of the last frame that shows it, and for so many frames without it.
_LINK_RAD = np.radians(8.0)
_LONGEST_GAP = 6
_LEAST_SUPPORT = 0.3
#: Fewer directions have a mean instead of a line.
_LINE_FRAMES = 3


@dataclass(eq=False)
class _Track:
    """One light: the frames that show it, its directions and its energies relative to the midtones of the frames."""

    is_area: bool = False
    frames: list[int] = field(default_factory=list)
    directions: list[np.ndarray] = field(default_factory=list)
    energies: list[np.ndarray] = field(default_factory=list)
    areas_sr: list[float] = field(default_factory=list)

    def add(self, frame: int, light: PlacedLight, midtones: float) -> None:
        self.frames.append(frame)
        self.directions.append(light.direction)
        self.energies.append(light.energy / midtones)
        self.areas_sr.append(light.area_sr or 1.0)

    def at(self, frame: int, weights: np.ndarray, midtones: float) -> PlacedLight:
        """Return the light in a frame, from the (n,) weights of the track's frames."""
        weights = weights / weights.sum()
        directions = np.stack(self.directions)
        direction = weights @ directions
        if len(self.frames) >= _LINE_FRAMES:
            distance = np.array(self.frames, dtype=float) - frame
            centre = weights @ distance
            spread = weights @ (distance - centre) ** 2
            slope = (weights * (distance - centre)) @ directions / max(spread, 1e-9)
            direction = direction - slope * centre
        energy = np.exp(weights @ np.log(np.maximum(self.energies, 1e-12)))
        area_sr = float(np.exp(weights @ np.log(self.areas_sr))) if self.is_area else None
        return PlacedLight(direction / np.linalg.norm(direction), energy * midtones, area_sr)


def followed_lights(frames: Sequence[FrameLight | None]) -> list[tuple[PlacedLight, ...]]:
    """Return the lights to place in each frame of a sequence.

    Args:
        frames: in their order; None where a frame could not be read.
    """
    tracks = _tracks(frames)
    readable = np.array([number for number, frame in enumerate(frames) if frame is not None])
    return [
        () if frame is None else tuple(_lights_at(number, frame.midtones, tracks, readable))
        for number, frame in enumerate(frames)
    ]


def _tracks(frames: Sequence[FrameLight | None]) -> list[_Track]:
    tracks: list[_Track] = []
    for number, frame in enumerate(frames):
        if frame is None:
            continue
        open_tracks = [track for track in tracks if number - track.frames[-1] <= _LONGEST_GAP + 1]
        for light in sorted(frame.lights, key=lambda light: -light.energy.mean()):
            is_area = light.area_sr is not None
            alike = [track for track in open_tracks if track.is_area == is_area]
            nearest = max(alike, key=lambda track: track.directions[-1] @ light.direction, default=None)
            if nearest is None or nearest.directions[-1] @ light.direction < np.cos(_LINK_RAD):
                nearest = _Track(is_area)
                tracks.append(nearest)
            else:
                open_tracks.remove(nearest)
            nearest.add(number, light, frame.midtones)
    return tracks


def _lights_at(number: int, midtones: float, tracks: list[_Track], readable: np.ndarray) -> list[PlacedLight]:
    around = _weights(readable - number).sum()
    lights = []
    for track in tracks:
        weights = _weights(np.array(track.frames) - number)
        if weights.sum() >= _LEAST_SUPPORT * around:
            lights.append(track.at(number, weights, midtones))
    return lights


def _weights(distance: np.ndarray) -> np.ndarray:
    return np.exp(-0.5 * (distance / SMOOTHING_FRAMES) ** 2)

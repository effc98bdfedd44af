"""Frames of one video or time-lapse: a shared white level, and strengths of the light that do not flicker.

The network sees each frame alone, so its prediction varies from frame to frame more than the scene. The energy of the
light that it adds, relative to the midtones of the frame, and the concentrated share of that energy are smoothed over
time. So the light follows the exposure of each frame. Diffuse light stays where it is predicted;
:mod:`.sequence_lights` follows suns and lamps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lanet_core.colour import luminance
from lanet_core.geometry import sphere
from lanet_core.reconstruction.point_lights import PlacedLight
from lanet_core.reconstruction.white_level import WhiteLevel

#: Standard deviation of the smoothing, in frames.
SMOOTHING_FRAMES = 3.0
#: Levels of luminance that are distinguished, down to the lowest in stops below white; ranks from the brightest on.
_LEVELS, _LOWEST_EV = 1024, -16.0
_MIDDLE_RANKS = (0.35, 0.75)


@dataclass(frozen=True)
class FrameLight:
    """What the network adds to a frame.

    Attributes:
        diffuse: energy of the diffuse radiance, ≥ 0, mean of the channels over the sphere.
        concentrated: the same of concentrated light.
        midtones: see :class:`Midtones`.
        lights: the discs of the frame.
    """

    diffuse: float
    concentrated: float
    midtones: float = 1.0
    lights: tuple[PlacedLight, ...] = ()


class Midtones:
    """The level of a frame's midtones, a measure of its exposure: filled band by band.

    It is the geometric mean of the luminances of the middle ranks, by solid angle: those are exposed in almost any
    photograph, and steps between 8-bit codes hardly change their mean.
    """

    def __init__(self) -> None:
        self._weights = np.zeros(_LEVELS)
        self._logs = np.zeros(_LEVELS)

    def add(self, rgb_linear: np.ndarray, row_weights: np.ndarray) -> None:
        """Count a band: (n, W, 3) float32, linear Rec.709, [0, 1], and (n,) weights of a pixel of each row."""
        logs = np.log2(np.maximum(luminance(rgb_linear), np.float32(2.0**_LOWEST_EV)))
        levels = np.minimum((logs * (_LEVELS / _LOWEST_EV)).astype(np.intp), _LEVELS - 1).ravel()
        weights = np.repeat(row_weights, rgb_linear.shape[1])
        self._weights += np.bincount(levels, weights, _LEVELS)
        self._logs += np.bincount(levels, weights * logs.ravel(), _LEVELS)

    def level(self) -> float:
        """Return the level, > 0, linear."""
        ends = np.cumsum(self._weights) / self._weights.sum()
        starts = np.concatenate([[0.0], ends[:-1]])
        low, high = _MIDDLE_RANKS
        shares = np.clip(np.minimum(ends, high) - np.maximum(starts, low), 0.0, None)
        means = np.divide(self._logs, self._weights, out=np.zeros(_LEVELS), where=self._weights > 0.0)
        return float(np.exp2(shares @ means / shares.sum()))


def frame_light(diffuse: np.ndarray, concentrated: np.ndarray, added: float, midtones: float = 1.0) -> FrameLight:
    """Return the energy that was added to a frame, divided as the prediction is.

    Args:
        diffuse: (g, 2 g, 3) float32, the predicted diffuse radiance.
        concentrated: the same of concentrated light.
        added: mean over the sphere and the channels of what the result has more than the image.
        midtones: see :class:`Midtones`.
    """
    energies = np.array([float(sphere.sphere_mean(grid).mean()) for grid in (diffuse, concentrated)])
    if not energies.sum() > 0.0 or not added > 0.0:
        return FrameLight(0.0, 0.0, midtones)
    diffuse_energy, concentrated_energy = (energies * (added / energies.sum())).tolist()
    return FrameLight(diffuse_energy, concentrated_energy, midtones)


def shared_white(levels: Sequence[WhiteLevel]) -> WhiteLevel:
    """Return the white level of a sequence: the median of the frames that show one.

    Args:
        levels: of some frames, at least one.
    """
    shown = [level for level in levels if level.shoulder != "none"]
    if not shown:
        return levels[0]
    rgb = np.median([level.rgb for level in shown], axis=0)
    shoulder = Counter(level.shoulder for level in shown).most_common(1)[0][0]
    return WhiteLevel(
        rgb=tuple(rgb.tolist()),
        black=float(np.median([level.black for level in shown])),
        shoulder=shoulder,
        reliability=float(np.median([level.reliability for level in shown])),
    )


def smoothed_gains(frames: Sequence[FrameLight | None]) -> list[tuple[float, float]]:
    """Return the factors of each frame's diffuse and concentrated radiance that smooth the sequence.

    Args:
        frames: in their order; None where a frame could not be read.

    Returns:
        Two factors a frame, 1 where there is nothing to smooth.
    """
    lights = [FrameLight(0.0, 0.0) if frame is None else frame for frame in frames]
    total = np.array([light.diffuse + light.concentrated for light in lights])
    lit = total > 0.0
    energy = np.where(lit, total, 1.0)
    share = np.array([light.concentrated for light in lights]) / energy
    distance = np.subtract.outer(np.arange(len(frames)), np.arange(len(frames)))
    weights = np.exp(-0.5 * (distance / SMOOTHING_FRAMES) ** 2) * lit
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    exposure = np.array([1.0 if frame is None else frame.midtones for frame in frames])
    smooth_energy, smooth_share = exposure * np.exp(weights @ np.log(energy / exposure)), weights @ share
    gains = []
    for number, light in enumerate(lights):
        if not lit[number]:
            gains.append((1.0, 1.0))
            continue
        # A frame of only one kind of light keeps all of its energy in that kind.
        wanted_share = smooth_share[number] if 0.0 < share[number] < 1.0 else share[number]
        wanted = smooth_energy[number] * np.array([1.0 - wanted_share, wanted_share])
        given = np.array([light.diffuse, light.concentrated])
        gains.append(tuple(np.divide(wanted, given, out=np.ones(2), where=given > 0.0).tolist()))
    return gains

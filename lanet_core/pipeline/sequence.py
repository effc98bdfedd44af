"""Frames of one video or time-lapse: a shared white level, and strengths of the light that do not flicker.

The network sees each frame alone, so its prediction varies from frame to frame more than the scene. The energy of the
light that it adds, and the concentrated share of that energy, are smoothed over time; where the light is stays as
predicted, so that a moving camera or sun is followed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lanet_core.geometry import sphere
from lanet_core.reconstruction.white_level import WhiteLevel

#: Standard deviation of the smoothing, in frames.
SMOOTHING_FRAMES = 3.0


@dataclass(frozen=True)
class FrameLight:
    """What the network adds to a frame.

    Attributes:
        diffuse: energy of the diffuse radiance, ≥ 0, mean of the channels over the sphere.
        concentrated: the same of concentrated light.
    """

    diffuse: float
    concentrated: float


def frame_light(diffuse: np.ndarray, concentrated: np.ndarray, added: float) -> FrameLight:
    """Return the energy that was added to a frame, divided as the prediction is.

    Args:
        diffuse: (g, 2 g, 3) float32, the predicted diffuse radiance.
        concentrated: the same of concentrated light.
        added: mean over the sphere and the channels of what the result has more than the image.
    """
    energies = np.array([float(sphere.sphere_mean(grid).mean()) for grid in (diffuse, concentrated)])
    if not energies.sum() > 0.0 or not added > 0.0:
        return FrameLight(0.0, 0.0)
    return FrameLight(*(energies * (added / energies.sum())).tolist())


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
    smooth_energy, smooth_share = np.exp(weights @ np.log(energy)), weights @ share
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

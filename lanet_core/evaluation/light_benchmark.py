"""The light benchmark: how close diffuse irradiance comes to the true HDR's, in stops, scene by scene.

Every scene is photographed by the virtual camera; the photograph lights the world as it is, with the best constant
highlight boost, and converted by a model. The truth is the HDR panorama, calibrated to the photograph by Eq. 1. The
same photographs can be edited first, as people edit theirs, see :mod:`lanet_core.data.edits`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lanet_core.calibration import overexposure_ramp
from lanet_core.data.folds import Fold
from lanet_core.data.photographs import photographs
from lanet_core.data.scenes import Scene, find_scenes
from lanet_core.data.virtual_camera import SRGB8_TO_LINEAR
from lanet_core.files import read_hdr
from lanet_core.geometry import sphere
from lanet_core.metrics.brightest_light import find_brightest_light
from lanet_core.metrics.irradiance import irradiance_error_stops
from lanet_core.pipeline.panorama_converter import Converter
from lanet_core.pipeline.result import Conversion

#: Candidates for the constant highlight boost, in stops.
BOOSTS_EV = tuple(np.arange(0.0, 6.01, 0.25).tolist())

#: Light within this angle of the brightest belongs to it; with at least this share of all light it is concentrated.
_BEAM_RAD = np.radians(3.0)
_CONCENTRATED_SHARE = 0.1


@dataclass(frozen=True)
class MeasuredPhotograph:
    """The errors of one photograph.

    Attributes:
        scene: the scene's name.
        category: the scene's category.
        ldr_stops: error of the LDR as it is.
        boost_stops: error of each of :data:`BOOSTS_EV`.
        model_stops: error of the model's conversion.
        clipped_fraction: over-exposed share of the sphere.
        expected_stops: the error that the model predicts for itself; None where it does not.
        light_deg: angle between the brightest lights of the conversion and of the truth, where the truth has one that
            gives at least a tenth of all light; else None.
        beam_stops: error of the light within 3° of the truth's brightest, in stops; None for the same reason.
    """

    scene: str
    category: str
    ldr_stops: float
    boost_stops: tuple[float, ...]
    model_stops: float
    clipped_fraction: float
    expected_stops: float | None = None
    light_deg: float | None = None
    beam_stops: float | None = None


def boost_highlights(ldr_linear: np.ndarray, boost_ev: float) -> np.ndarray:
    """Return the LDR with its over-exposed pixels brightened by a constant, over the ramp of Eq. 8.

    Args:
        ldr_linear: (H, W, 3) float32, linear Rec.709, [0, 1].
        boost_ev: stops at a white pixel.

    Returns:
        (H, W, 3) float32, linear Rec.709.
    """
    return ldr_linear * np.exp2(np.float32(boost_ev) * overexposure_ramp(ldr_linear))[..., None]


def run_light_benchmark(
    data: Path,
    split: str,
    converter: Converter,
    *,
    draws: int = 2,
    edited: bool = False,
    fold: Fold | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[MeasuredPhotograph]:
    """Measure every scene of a split.

    Args:
        data: a folder of HDR panoramas, see :func:`lanet_core.data.scenes.find_scenes`.
        split: ``train``, ``val`` or ``test``.
        converter: the model.
        draws: photographs of each scene.
        edited: edit the photographs first; needs torch.
        fold: measure the scenes of the train split that this fold holds out; ``split`` is ``train``.
        progress: called with the scenes done and their number.

    Raises:
        DataError: the folder is not usable.
        InputError: a panorama cannot be read.
    """
    scenes = find_scenes(data, split)
    if fold is not None:
        _, scenes = fold.split(scenes)
    results = []
    for done, scene in enumerate(scenes, start=1):
        results += measure_photographs(scene, converter, draws, edited)
        if progress is not None:
            progress(done, len(scenes))
    return results


def measure_photographs(
    scene: Scene, converter: Converter, draws: int, edited: bool = False
) -> list[MeasuredPhotograph]:
    """Measure ``draws`` photographs of one scene.

    Raises:
        InputError: the panorama cannot be read.
    """
    results = []
    for ldr_linear, hdr, conversion in converted_photographs(scene, converter, draws, edited):
        assert conversion.hdr is not None, "an array is converted to an array"
        light_deg, beam_stops = _concentrated_light_errors(conversion.hdr, hdr)
        boosts = [irradiance_error_stops(boost_highlights(ldr_linear, ev), hdr) for ev in BOOSTS_EV]
        results.append(
            MeasuredPhotograph(
                scene=scene.name,
                category=scene.category,
                ldr_stops=boosts[0],
                boost_stops=tuple(boosts),
                model_stops=irradiance_error_stops(conversion.hdr, hdr),
                clipped_fraction=conversion.clipped_fraction,
                expected_stops=conversion.expected_error_stops,
                light_deg=light_deg,
                beam_stops=beam_stops,
            )
        )
    return results


def _concentrated_light_errors(panorama: np.ndarray, truth: np.ndarray) -> tuple[float | None, float | None]:
    """Return the errors of the brightest light in degrees and stops, None where the truth has no concentrated light."""
    true = find_brightest_light(truth)
    height, width = truth.shape[:2]
    solid_angles = np.broadcast_to(sphere.pixel_solid_angles_sr(height, width)[:, None], (height, width))
    is_near = sphere.pixel_directions(height, width) @ true.direction > np.cos(_BEAM_RAD)
    beam, true_beam = (float(each.mean(axis=-1)[is_near] @ solid_angles[is_near]) for each in (panorama, truth))
    if true_beam < _CONCENTRATED_SHARE * float((truth.mean(axis=-1) * solid_angles).sum()):
        return None, None
    cosine = float(np.clip(find_brightest_light(panorama).direction @ true.direction, -1.0, 1.0))
    return float(np.degrees(np.arccos(cosine))), abs(float(np.log2(beam / true_beam)))


def converted_photographs(
    scene: Scene, converter: Converter, draws: int, edited: bool = False
) -> Iterator[tuple[np.ndarray, np.ndarray, Conversion]]:
    """Yield ``draws`` photographs of one scene: the LDR, the truth calibrated to it, and the model's conversion.

    LDR and truth are (H, W, 3) float32, linear Rec.709, 1 = the LDR's white.

    Raises:
        InputError: the panorama cannot be read.
    """
    for rgb_srgb8, hdr in _photographer(edited)(read_hdr(scene.path), scene.name, draws):
        yield SRGB8_TO_LINEAR[rgb_srgb8], hdr, converter.convert(rgb_srgb8)


def _photographer(edited: bool) -> Callable[[np.ndarray, str, int], Iterator[tuple[np.ndarray, np.ndarray]]]:
    if not edited:
        return photographs
    from lanet_core.data.edited_photographs import edited_photographs

    return edited_photographs


def best_boost_ev(measured: Sequence[MeasuredPhotograph]) -> float:
    """Return the constant boost with the smallest mean error over some photographs, in stops."""
    return BOOSTS_EV[int(np.mean([each.boost_stops for each in measured], axis=0).argmin())]


def summarise(measured: Sequence[MeasuredPhotograph], boost_ev: float) -> Mapping[str, Mapping[str, float]]:
    """Return mean and median error in stops of the LDR as it is, of a constant boost and of the model."""
    boost = BOOSTS_EV.index(boost_ev)
    columns = {
        "ldr": [each.ldr_stops for each in measured],
        "boost": [each.boost_stops[boost] for each in measured],
        "model": [each.model_stops for each in measured],
    }
    return {
        name: {"mean": float(np.mean(values)), "median": float(np.median(values))} for name, values in columns.items()
    }


def summarise_confidence(measured: Sequence[MeasuredPhotograph]) -> Mapping[str, float] | None:
    """Return how well a model foretold its errors; None where it has no confidence.

    Returns:
        ``expected``: the mean expected error, in stops. ``scale``: the mean of true over expected error, the factor
        that makes the foretelling best, 1 if it is right already. ``rank_correlation``: Spearman's, of expected and
        true errors.
    """
    if not measured or any(each.expected_stops is None for each in measured):
        return None
    expected = np.array([each.expected_stops for each in measured])
    true = np.array([each.model_stops for each in measured])
    return {
        "expected": float(expected.mean()),
        "scale": float((true / expected).mean()),
        "rank_correlation": rank_correlation(expected, true),
    }


def summarise_concentrated_light(measured: Sequence[MeasuredPhotograph]) -> Mapping[str, float] | None:
    """Return medians over the photographs whose truth has a concentrated light; None where there are none.

    Returns:
        ``photographs``: how many; ``degrees`` and ``stops``: median errors of its direction and of its light.
    """
    found = [each for each in measured if each.light_deg is not None]
    if not found:
        return None
    return {
        "photographs": len(found),
        "degrees": float(np.median(np.array([each.light_deg for each in found], dtype=np.float64))),
        "stops": float(np.median(np.array([each.beam_stops for each in found], dtype=np.float64))),
    }


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return Spearman's rank correlation of two series; equal values share the mean of their ranks.

    NaN where a series is constant, or shorter than 2.
    """
    ranks = [_ranks(np.asarray(each, dtype=np.float64)) for each in (a, b)]
    deviations = [each - each.mean() for each in ranks]
    scale = np.sqrt(np.prod([np.square(each).sum() for each in deviations]))
    return float((deviations[0] * deviations[1]).sum() / scale) if scale > 0.0 else float("nan")


def _ranks(values: np.ndarray) -> np.ndarray:
    ordered = np.sort(values)
    return 0.5 * (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right"))

"""Single images with their true HDR, without renders: a scene's record, and a method's prediction and its scores."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import numpy as np

from lanet_core.calibration import calibrate, well_exposed_mask
from lanet_core.colour import quantise_srgb8
from lanet_core.files import write_png
from render_eval import provenance
from render_eval.campaign import FinishedWork, skipped
from render_eval.dataset import Pair
from render_eval.images import difference_image
from render_eval.methods import checked_prediction
from render_eval.records import ResultRecord, SceneRecord
from render_eval.scores import score_image
from render_eval.store import file_sha256
from render_eval.workbench import Workbench

#: Exposures at which an image is shown, one above the other: as the LDR is, and with its lights brought into view.
_SHOWN_EV = (0.0, -4.0)


def evaluate_image(bench: Workbench, pair: Pair) -> FinishedWork[SceneRecord]:
    """Return an image's record, with the files it names made; an error is in the record.

    Raises:
        OutputError: nothing more can be written.
    """
    return bench.record(lambda: _scene(bench, pair), lambda error: SceneRecord(pair.name, pair.category, error=error))


def evaluate_image_method(bench: Workbench, pair: Pair, scene: SceneRecord, method: str) -> FinishedWork[ResultRecord]:
    """Return what a method made of an image, with the files that the record names; an error is in the record.

    Raises:
        OutputError: nothing more can be written.
    """
    if scene.error:
        return skipped(pair, method)
    return bench.record(
        lambda: _result(bench, pair, scene, method), lambda error: ResultRecord(pair.name, method, error=error)
    )


def _scene(bench: Workbench, pair: Pair) -> SceneRecord:
    ldr_file = pair.ldr_file
    if pair.problem or ldr_file is None:
        bench.photograph(pair)  # raises it
    assert ldr_file is not None
    inputs = {
        "name": pair.name,
        "hdr": file_sha256(pair.true_hdr),
        "ldr": file_sha256(ldr_file),
        "program": provenance.sources_sha256(provenance.PHOTOGRAPHY),
    }
    place = f"scenes/{pair.name}/pair"
    values = bench.store.recall(place, inputs)
    if values is None:
        photograph = bench.photograph(pair)
        files = {"ldr_png": f"scenes/{pair.name}/ldr.png", "truth_png": f"scenes/{pair.name}/truth.png"}
        write_png(bench.store.file(files["ldr_png"]), photograph.rgb_srgb8)
        write_png(bench.store.file(files["truth_png"]), shown(photograph.truth))
        height, width = photograph.rgb_srgb8.shape[:2]
        values = files | {
            "hdr_file": bench.relative(pair.true_hdr),
            "hdr_sha256": inputs["hdr"],
            "ldr_source": bench.relative(ldr_file),
            "ldr_sha256": provenance.array_sha256(photograph.rgb_srgb8),
            "width": width,
            "height": height,
            "clipped_fraction": float((~well_exposed_mask(photograph.ldr_linear)).mean()),
            "peak_ev": float(np.log2(photograph.truth.mean(axis=-1).max())),
        }
        bench.store.keep(place, inputs, values, files.values())
    return SceneRecord(pair.name, pair.category, **values)


def _result(bench: Workbench, pair: Pair, scene: SceneRecord, name: str) -> ResultRecord:
    method = bench.methods[name]
    inputs = {
        "method": asdict(method.record),
        "hdr": scene.hdr_sha256,
        "ldr": scene.ldr_sha256,
        "program": provenance.sources_sha256(provenance.PREDICTION),
        "metrics": bench.metric_inputs(),
    }
    place = f"images/{pair.name}/{name}"
    values = bench.store.recall(place, inputs) or _predicted(bench, pair, name, place, inputs)
    return ResultRecord(
        pair.name,
        name,
        scores=values["scores"],
        render_png=values["png"],
        difference_png=values["difference"],
        predict_seconds=values["seconds"],
    )


def _predicted(bench: Workbench, pair: Pair, name: str, place: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Predict, score, write the images, and return the note of it."""
    photograph = bench.photograph(pair)
    start = time.perf_counter()
    prediction = checked_prediction(bench.methods[name], photograph)
    seconds = time.perf_counter() - start
    image = calibrate(photograph.ldr_linear, prediction)
    scores = score_image(image, photograph.truth, jod=bench.jod, hdrvdp=bench.campaign.hdrvdp)
    files = {"png": f"{place}.png", "difference": f"{place} difference.png"}
    write_png(bench.store.file(files["png"]), shown(image))
    write_png(bench.store.file(files["difference"]), difference_image(image, photograph.truth))
    values = files | {"scores": scores, "seconds": seconds}
    bench.store.keep(place, inputs, values, files.values())
    return values


def shown(rgb_linear: np.ndarray) -> np.ndarray:
    """Return an HDR image, (H, W, 3) float32, at two exposures, one above the other, (2H, W, 3) uint8, sRGB."""
    return np.concatenate([quantise_srgb8(rgb_linear * np.float32(2.0**exposure)) for exposure in _SHOWN_EV])

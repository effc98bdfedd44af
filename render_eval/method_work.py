"""One method on one scene: predict, calibrate by Eq. 1, render, compare. Each step is done once for the same inputs."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import numpy as np

from lanet_core.calibration import calibrate
from lanet_core.files import write_png
from render_eval import provenance
from render_eval.campaign import FinishedWork, skipped
from render_eval.dataset import Pair
from render_eval.images import difference_image, read_linear, write_linear
from render_eval.methods import checked_prediction
from render_eval.records import ResultRecord, SceneRecord
from render_eval.scores import score_map, score_render
from render_eval.store import file_sha256
from render_eval.workbench import Workbench

#: A prediction is kept as a file if it takes longer than this, in seconds, and has no more pixels than that.
_KEPT_SECONDS = 1.0
_KEPT_PIXELS = 2048 * 1024


def evaluate_method(bench: Workbench, pair: Pair, scene: SceneRecord, method: str) -> FinishedWork[ResultRecord]:
    """Return what a method made of a scene, with the files that the record names; an error is in the record.

    Args:
        bench: open tools.
        pair: the scene's files.
        scene: what :func:`render_eval.scene_work.evaluate_scene` left.
        method: the method's name.

    Raises:
        OutputError: nothing more can be written.
    """
    if scene.error:
        return skipped(pair, method)
    return bench.record(
        _Trial(bench, pair, scene, method).run, lambda error: ResultRecord(pair.name, method, error=error)
    )


class _Trial:
    """The steps of one method on one scene, each of which runs the one before only for what is missing."""

    def __init__(self, bench: Workbench, pair: Pair, scene: SceneRecord, method: str) -> None:
        self._bench = bench
        self._store = bench.store
        self._pair = pair
        self._scene = scene
        self._method = bench.methods[method]
        self._name = f"{pair.name}/{method}"
        self._panorama: np.ndarray | None = None
        self._prediction_inputs = {
            "method": asdict(self._method.record),
            "hdr": scene.hdr_sha256,
            "ldr": scene.ldr_sha256,
            "program": provenance.sources_sha256(provenance.PREDICTION),
        }

    def run(self) -> ResultRecord:
        prediction = self._store.recall(f"predictions/{self._name}", self._prediction_inputs)
        self._prediction = prediction or self._predict()
        render = self._rendered()
        comparison = self._compared(render)
        return ResultRecord(
            self._pair.name,
            self._method.record.name,
            scores=comparison["scores"],
            render_exr=render["exr"],
            render_png=render["png"],
            difference_png=comparison["png"],
            predict_seconds=self._prediction["seconds"],
            render_seconds=render["seconds"],
        )

    def _predict(self) -> dict[str, Any]:
        """Predict, calibrate, and return the note of it."""
        photograph = self._bench.photograph(self._pair)
        start = time.perf_counter()
        prediction = checked_prediction(self._method, photograph)
        seconds = time.perf_counter() - start
        self._panorama = calibrate(photograph.ldr_linear, prediction)
        files = []
        if seconds > _KEPT_SECONDS and self._panorama[..., 0].size <= _KEPT_PIXELS:
            files = [f"predictions/{self._name}.exr"]
            write_linear(self._store.file(files[0]), self._panorama)
        values = {"sha256": provenance.array_sha256(self._panorama), "seconds": seconds, "files": files}
        self._store.keep(f"predictions/{self._name}", self._prediction_inputs, values, files)
        return values

    def _calibrated(self) -> np.ndarray:
        """Return the calibrated prediction: from memory, from its file, or predicted again."""
        if self._panorama is None and self._prediction["files"]:
            self._panorama = read_linear(self._store.folder / self._prediction["files"][0])
        if self._panorama is None:
            self._prediction = self._predict()
        assert self._panorama is not None, "the prediction is kept"
        return self._panorama

    def _rendered(self) -> dict[str, Any]:
        place, seed = f"renders/{self._name}", self._bench.campaign.seed
        inputs = self._bench.render_inputs(self._prediction["sha256"], seed)
        return self._store.recall(place, inputs) or self._bench.render(place, self._calibrated(), seed)

    def _compared(self, render: dict[str, Any]) -> dict[str, Any]:
        place = f"differences/{self._name}"
        truth_file = self._store.folder / self._scene.truth_exr
        inputs = self._bench.comparison_inputs(render["sha256"], file_sha256(truth_file)) | {
            "map": self._prediction["sha256"],
            "true_map": [self._scene.hdr_sha256, self._scene.ldr_sha256],
        }
        values = self._store.recall(place, inputs)
        if values is None:
            panorama = self._calibrated()
            inputs["map"] = self._prediction["sha256"]
            image, truth = read_linear(self._store.folder / render["exr"]), read_linear(truth_file)
            scores = score_render(image, truth, jod=self._bench.jod, hdrvdp=self._bench.campaign.hdrvdp)
            scores |= score_map(panorama, self._bench.photograph(self._pair).truth)
            values = {"scores": scores, "png": f"{place}.png"}
            write_png(self._store.file(values["png"]), difference_image(image, truth))
            self._store.keep(place, inputs, values, [values["png"]])
        return values

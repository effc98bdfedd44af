"""One scene's own work: its photograph, the render under the true light, and the noise in that render."""

from __future__ import annotations

from typing import Any

import numpy as np

from lanet_core.calibration import well_exposed_mask
from lanet_core.geometry import sphere
from render_eval import provenance
from render_eval.campaign import FinishedWork
from render_eval.dataset import Pair
from render_eval.images import read_linear, write_ldr_panorama
from render_eval.records import SceneRecord
from render_eval.scores import score_render
from render_eval.store import file_sha256
from render_eval.workbench import Workbench


def evaluate_scene(bench: Workbench, pair: Pair) -> FinishedWork[SceneRecord]:
    """Return a scene's record, with the files it names made; an error is in the record.

    Raises:
        OutputError: nothing more can be written.
    """
    return bench.record(
        lambda: _evaluate(bench, pair), lambda error: SceneRecord(pair.name, pair.category, error=error)
    )


def _evaluate(bench: Workbench, pair: Pair) -> SceneRecord:
    shot = _photograph(bench, pair)
    seed = bench.campaign.seed
    truth = _render(bench, pair, shot["truth_sha256"], "truth", seed)
    other = _render(bench, pair, shot["truth_sha256"], "truth_other_seed", seed + 1)
    floor = _noise_floor(bench, pair, other, truth)
    facts = ("hdr_file", "hdr_sha256", "ldr_source", "ldr_sha256", "width", "height", "clipped_fraction", "peak_ev")
    return SceneRecord(
        pair.name,
        pair.category,
        **{name: shot[name] for name in (*facts, "ldr_png")},
        truth_exr=truth["exr"],
        truth_png=truth["png"],
        noise_floor=floor,
    )


def _place(pair: Pair, name: str) -> str:
    return f"scenes/{pair.name}/{name}"


def _photograph(bench: Workbench, pair: Pair) -> dict[str, Any]:
    """Return what is known of a scene's photograph, from its note if the files are the same."""
    if pair.problem:
        bench.photograph(pair)  # raises it
    inputs = {
        "name": pair.name,
        "files": [bench.relative(each) if each else "" for each in (pair.hdr_file, pair.ldr_file)],
        "hdr": file_sha256(pair.true_hdr),
        "ldr": file_sha256(pair.ldr_file) if pair.ldr_file else "",
        "program": provenance.sources_sha256(provenance.PHOTOGRAPHY),
    }
    values = bench.store.recall(_place(pair, "ldr"), inputs)
    if values is None:
        photograph = bench.photograph(pair)
        png = f"{_place(pair, 'ldr')}.png"
        write_ldr_panorama(bench.store.file(png), photograph.ldr_linear)
        height, width = photograph.rgb_srgb8.shape[:2]
        values = {
            "hdr_file": bench.relative(pair.true_hdr),
            "hdr_sha256": inputs["hdr"],
            "ldr_source": bench.relative(pair.ldr_file) if pair.ldr_file else "virtual camera",
            "ldr_sha256": provenance.array_sha256(photograph.rgb_srgb8),
            "truth_sha256": provenance.array_sha256(photograph.truth),
            "width": width,
            "height": height,
            "clipped_fraction": float(sphere.sphere_mean(~well_exposed_mask(photograph.ldr_linear))),
            "peak_ev": float(np.log2(photograph.truth.mean(axis=-1).max())),
            "ldr_png": png,
        }
        bench.store.keep(_place(pair, "ldr"), inputs, values, [png])
    return values


def _render(bench: Workbench, pair: Pair, truth_sha256: str, name: str, seed: int) -> dict[str, Any]:
    values = bench.store.recall(_place(pair, name), bench.render_inputs(truth_sha256, seed))
    return values or bench.render(_place(pair, name), bench.photograph(pair).truth, seed)


def _noise_floor(bench: Workbench, pair: Pair, other: dict[str, Any], truth: dict[str, Any]) -> dict[str, float]:
    place, inputs = _place(pair, "noise_floor"), bench.comparison_inputs(other["sha256"], truth["sha256"])
    scores = bench.store.recall(place, inputs)
    if scores is None:
        images = [read_linear(bench.store.folder / each["exr"]) for each in (other, truth)]
        scores = score_render(*images, jod=bench.jod, hdrvdp=bench.campaign.hdrvdp)
        bench.store.keep(place, inputs, scores)
    return scores

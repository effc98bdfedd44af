"""Which work an evaluation consists of: renders lit by panoramas, or single images as they are."""

from __future__ import annotations

from render_eval.campaign import FinishedWork
from render_eval.dataset import Pair
from render_eval.image_work import evaluate_image, evaluate_image_method
from render_eval.method_work import evaluate_method
from render_eval.records import ResultRecord, SceneRecord
from render_eval.scene_work import evaluate_scene
from render_eval.workbench import Workbench


def work_on_scene(bench: Workbench, pair: Pair) -> FinishedWork[SceneRecord]:
    """Return a scene's own record.

    Raises:
        OutputError: nothing more can be written.
    """
    return evaluate_image(bench, pair) if bench.campaign.metrics == "maps" else evaluate_scene(bench, pair)


def work_on_method(bench: Workbench, pair: Pair, scene: SceneRecord, method: str) -> FinishedWork[ResultRecord]:
    """Return what a method made of a scene.

    Raises:
        OutputError: nothing more can be written.
    """
    work = evaluate_image_method if bench.campaign.metrics == "maps" else evaluate_method
    return work(bench, pair, scene, method)

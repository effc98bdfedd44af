"""A whole evaluation as plain values, which every process that works on it is given."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar

import numpy as np

from render_eval.dataset import Pair
from render_eval.hdrvdp import HdrVdpProgram
from render_eval.methods import Method, MethodOptions, parse_methods
from render_eval.provenance import shown_path
from render_eval.records import Evaluation, MethodRecord, ResultRecord, SceneRecord
from render_eval.renderer import Renderer, Rendering
from render_eval.scene_description import SceneDescription


class AnyRenderer(Protocol):
    """What renders: :class:`render_eval.renderer.Renderer`, or another of the same shape."""

    @property
    def versions(self) -> dict[str, str]:
        """What its images depend on."""
        ...

    @property
    def denoiser(self) -> str:
        """What denoises them, or ``none`` and why."""
        ...

    def render(self, panorama: np.ndarray, *, seed: int = 0) -> Rendering:
        """Render the scene under a panorama, (H, W, 3) float32, linear Rec.709."""
        ...


@dataclass(frozen=True)
class Campaign:
    """What is to be evaluated, and how.

    Attributes:
        data: the folder of panoramas.
        out: the output folder, shared by all processes.
        description: the rendered scene.
        methods: names, separated by commas, see :func:`render_eval.methods.parse_methods`.
        folders: methods given as a folder or a file, by name.
        options: what methods take.
        seed: of the renders; the noise floor is taken with the next one.
        metrics: ``renders`` of balls lit by panoramas, or ``maps``: single images as they are.
        jod: whether ColorVideoVDP compares the images, too.
        hdrvdp: HDR-VDP, if it compares them, too.
        force: whether finished work is made again.
        threads: CPU threads of each renderer, 0 for all.
        open_renderer: makes the renderer; a function or class of a module, since it is sent to other processes.
        token: distinguishes this run from another.
    """

    data: Path
    out: Path
    description: SceneDescription
    methods: str
    folders: dict[str, Path] = field(default_factory=dict)
    options: MethodOptions = field(default_factory=MethodOptions)
    seed: int = 0
    metrics: Literal["renders", "maps"] = "renders"
    jod: bool = True
    hdrvdp: HdrVdpProgram | None = None
    force: bool = False
    threads: int = 0
    open_renderer: Callable[..., AbstractContextManager[AnyRenderer]] = Renderer
    token: str = field(default_factory=lambda: secrets.token_hex(8))

    def load_methods(self) -> list[Method]:
        """Return the methods, ready to predict.

        Raises:
            LanetError: a method is unknown or cannot be set up.
        """
        return parse_methods(self.methods, self.folders, self.options)

    @property
    def settings(self) -> dict[str, Any]:
        """What decides the figures, as plain values; see :func:`shown_path` for paths."""
        scene = {"scene": self.description.to_dict(), "scene_sha256": self.description.sha256, "seed": self.seed}
        return {
            "data": shown_path(self.data),
            "metrics": self.metrics,
            "methods": self.methods,
            "method_paths": {name: shown_path(path) for name, path in self.folders.items()},
            "options": {name: _plain(value) for name, value in vars(self.options).items()},
            **(scene if self.metrics == "renders" else {}),
            "jod": self.jod,
            "hdrvdp": shown_path(self.hdrvdp.release) if self.hdrvdp is not None else "",
        }


@dataclass(frozen=True)
class Tools:
    """What does the work.

    Attributes:
        methods: in the order requested.
        versions: of the programs and packages that figures depend on.
    """

    methods: tuple[MethodRecord, ...]
    versions: dict[str, str]


Record = TypeVar("Record", bound=SceneRecord | ResultRecord)


@dataclass(frozen=True)
class FinishedWork(Generic[Record]):
    """One piece of work that is done.

    Attributes:
        record: what it left.
        reused: whether it was found finished.
        skipped: whether it was not tried, because the scene had failed.
    """

    record: Record
    reused: bool = False
    skipped: bool = False


def assemble(
    campaign: Campaign, tools: Tools, finished: Iterable[FinishedWork], settings: dict[str, Any]
) -> Evaluation:
    """Return the evaluation of finished work, put into order.

    Args:
        campaign: what was evaluated.
        tools: what did the work.
        finished: in any order.
        settings: more settings than the campaign's own.
    """
    order = {method.name: place for place, method in enumerate(tools.methods)}
    records = [each.record for each in finished]
    scenes = [record for record in records if isinstance(record, SceneRecord)]
    results = [record for record in records if isinstance(record, ResultRecord)]
    return Evaluation(
        scenes=tuple(sorted(scenes, key=lambda scene: scene.name)),
        methods=tools.methods,
        results=tuple(sorted(results, key=lambda result: (result.scene, order[result.method]))),
        settings=campaign.settings | settings,
        versions=tools.versions,
    )


def skipped(pair: Pair, method: str) -> FinishedWork[ResultRecord]:
    """Return the result of a method on a scene that could not be evaluated."""
    return FinishedWork(ResultRecord(pair.name, method, error="The scene could not be evaluated."), skipped=True)


def _plain(value: Any) -> Any:
    return shown_path(value) if isinstance(value, Path) else value

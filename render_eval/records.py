"""What an evaluation leaves: plain records, the same in memory, in results.json and between processes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class SceneRecord:
    """One panorama that methods are judged on.

    Attributes:
        name: unique in the evaluation.
        category: free text such as ``indoor``; empty if unknown.
        hdr_file: the true HDR, relative to the data folder.
        hdr_sha256: hash of that file.
        ldr_source: ``virtual camera``, or the LDR partner's file, relative to the data folder.
        ldr_sha256: hash of the LDR's 8-bit codes.
        width: columns of the panorama.
        height: rows of the panorama.
        clipped_fraction: over-exposed share of the sphere, in [0, 1].
        peak_ev: the largest channel mean of the calibrated HDR, in stops above the LDR's white.
        ldr_png: the LDR's image, relative to the output folder; empty if there is none.
        truth_exr: the render under the true HDR, in the output folder.
        truth_png: the same for the display.
        noise_floor: scores of the true HDR's render with another seed against ``truth_exr``, by metric.
        error: why the scene could not be evaluated; empty if it was.
    """

    name: str
    category: str = ""
    hdr_file: str = ""
    hdr_sha256: str = ""
    ldr_source: str = ""
    ldr_sha256: str = ""
    width: int = 0
    height: int = 0
    clipped_fraction: float = 0.0
    peak_ev: float = 0.0
    ldr_png: str = ""
    truth_exr: str = ""
    truth_png: str = ""
    noise_floor: dict[str, float] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class MethodRecord:
    """One method.

    Attributes:
        name: unique in the evaluation, as given on the command line.
        label: for people.
        source: paper, folder or model's hash.
    """

    name: str
    label: str
    source: str = ""


@dataclass(frozen=True)
class ResultRecord:
    """What one method made of one scene.

    Attributes:
        scene: name of the scene.
        method: name of the method.
        scores: by metric, see :data:`render_eval.scores.METRICS`.
        render_exr: the render, relative to the output folder; empty after an error.
        render_png: the same for the display.
        difference_png: how it differs from the truth's.
        predict_seconds: what the method took.
        render_seconds: what the render took.
        error: why there is no result; empty if there is one.
    """

    scene: str
    method: str
    scores: dict[str, float] = field(default_factory=dict)
    render_exr: str = ""
    render_png: str = ""
    difference_png: str = ""
    predict_seconds: float = 0.0
    render_seconds: float = 0.0
    error: str = ""


@dataclass(frozen=True)
class Evaluation:
    """A whole evaluation.

    Attributes:
        scenes: sorted by name.
        methods: in the order requested.
        results: one for each scene and method; sorted by scene, then in the order of the methods.
        settings: the command line's values, the rendered scene's description and its hash.
        versions: of this project, Blender, numpy and so on, and the machine's kind.
    """

    scenes: tuple[SceneRecord, ...]
    methods: tuple[MethodRecord, ...]
    results: tuple[ResultRecord, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain dicts, lists, strings and numbers."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Evaluation:
        """Read what :meth:`to_dict` gave.

        Raises:
            KeyError, TypeError: a key is missing or unknown.
        """
        return cls(
            scenes=tuple(SceneRecord(**each) for each in values["scenes"]),
            methods=tuple(MethodRecord(**each) for each in values["methods"]),
            results=tuple(ResultRecord(**each) for each in values["results"]),
            settings=values["settings"],
            versions=values["versions"],
        )

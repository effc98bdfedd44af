"""What one process works with: an open renderer, the methods, the metrics' models, and the notes of finished work."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

import lanet_core
from lanet_core.colour import quantise_srgb8
from lanet_core.files import write_png
from render_eval import provenance
from render_eval.campaign import Campaign, FinishedWork, Record, Tools
from render_eval.dataset import Pair
from render_eval.failures import failure_of
from render_eval.images import write_linear
from render_eval.jod import Jod, load_cvvdp
from render_eval.photographs import Photograph, read_image_pair, read_photograph
from render_eval.store import Store, file_sha256


class Workbench:
    """Open tools. A context manager.

    Args:
        campaign: what is to be evaluated.

    Attributes:
        campaign: as given.
        store: the notes of finished work.
        methods: by name.
        renderer: ready to render; None where images are compared as they are.

    Raises:
        LanetError: a method cannot be set up, or nothing can be rendered here.
    """

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.store = Store(campaign.out, force=campaign.force)
        self.methods = {method.record.name: method for method in campaign.load_methods()}
        if campaign.jod:
            load_cvvdp()  # or every comparison would fail, each after its render
        self.hdrvdp_version = campaign.hdrvdp.check() if campaign.hdrvdp is not None else ""
        self._open = ExitStack()
        self.renderer = None
        if campaign.metrics == "renders":
            opened = campaign.open_renderer(campaign.description, threads=campaign.threads)
            self.renderer = self._open.enter_context(opened)
        self._photograph: Photograph | None = None

    @cached_property
    def jod(self) -> Jod | None:
        """ColorVideoVDP, if it is requested; set up when it is needed."""
        if not self.campaign.jod:
            return None
        return Jod()

    @property
    def jod_version(self) -> str:
        """ColorVideoVDP's version, empty if it is not requested."""
        return provenance.package_version("cvvdp") if self.campaign.jod else ""

    @property
    def tools(self) -> Tools:
        """What works here, as plain values."""
        return Tools(
            methods=tuple(method.record for method in self.methods.values()),
            versions=provenance.versions() | self._renderer_versions | self._hdrvdp_versions,
        )

    @property
    def _renderer_versions(self) -> dict[str, str]:
        return {} if self.renderer is None else {**self.renderer.versions, "denoiser": self.renderer.denoiser}

    @property
    def _hdrvdp_versions(self) -> dict[str, str]:
        return {"hdrvdp": self.hdrvdp_version} if self.hdrvdp_version else {}

    def relative(self, path: Path) -> str:
        """Return a file's path relative to the data folder."""
        return Path(os.path.relpath(path, self.campaign.data)).as_posix()  # a list may name files elsewhere

    def record(self, work: Callable[[], Record], failed: Callable[[str], Record]) -> FinishedWork[Record]:
        """Do one piece of work; return its record, after an error the one that ``failed`` makes of its text.

        Raises:
            OutputError: nothing more can be written.
        """
        kept = self.store.kept
        try:
            record = work()
        except Exception as error:  # the other pieces continue
            record = failed(failure_of(error))
        return FinishedWork(record, reused=self.store.kept == kept and not record.error)

    def photograph(self, pair: Pair) -> Photograph:
        """Return a scene in memory; the last one is kept.

        Raises:
            LanetError: see :mod:`render_eval.photographs`.
        """
        if self._photograph is None or self._photograph.name != pair.name:
            self._photograph = None  # two of them may be too large
            read = read_image_pair if self.campaign.metrics == "maps" else read_photograph
            self._photograph = read(pair)
        return self._photograph

    def render_inputs(self, panorama_sha256: str, seed: int) -> dict[str, Any]:
        """Return all that a render depends on."""
        return {
            "panorama": panorama_sha256,
            "scene": self.campaign.description.sha256,
            "seed": seed,
            "versions": self._renderer_versions,
            "project": lanet_core.__version__,
            "program": provenance.sources_sha256(provenance.RENDERING),
        }

    def render(self, place: str, panorama: np.ndarray, seed: int) -> dict[str, Any]:
        """Render the scene under a panorama into ``PLACE.exr`` and ``PLACE.png``, and keep a note of it.

        Args:
            place: below the output folder.
            panorama: (H, W, 3) float32, linear Rec.709, calibrated.
            seed: of the renderer.

        Returns:
            The note: ``exr``, ``png``, the EXR's ``sha256`` and the ``seconds`` that it took.

        Raises:
            LanetError: it cannot be rendered or written.
        """
        assert self.renderer is not None, "maps are not rendered"
        rendering = self.renderer.render(panorama, seed=seed)
        files = (f"{place}.exr", f"{place}.png")
        write_linear(self.store.file(files[0]), rendering.image)
        write_png(self.store.file(files[1]), quantise_srgb8(rendering.image))
        values = {
            "exr": files[0],
            "png": files[1],
            "sha256": file_sha256(self.store.folder / files[0]),
            "seconds": rendering.seconds,
        }
        self.store.keep(place, self.render_inputs(provenance.array_sha256(panorama), seed), values, files)
        return values

    def comparison_inputs(self, image_sha256: str, truth_sha256: str) -> dict[str, Any]:
        """Return all that the scores of a render depend on."""
        return {"render": image_sha256, "truth": truth_sha256, **self.metric_inputs()}

    def metric_inputs(self) -> dict[str, Any]:
        """Return all that scores depend on in addition to the images."""
        return {
            "jod": self.jod_version,
            "hdrvdp": self.hdrvdp_version,
            "program": provenance.sources_sha256(provenance.COMPARISON),
        }

    def close(self) -> None:
        """Close the renderer."""
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

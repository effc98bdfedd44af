"""A folder of predictions: any method at all, run elsewhere. The recipe is docs/external_predictions.md."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from lanet_core.data.scenes import HDR_SUFFIXES
from lanet_core.files import read_hdr
from render_eval.methods.method import MethodError, Photograph, PredictionError, file_sha256
from render_eval.records import MethodRecord


class PredictionFolder:
    """Predictions by scene name: ``<scene>.exr`` or ``<scene>.hdr``.

    Args:
        name: the method's name.
        folder: of the predictions. The record's source holds one hash of all of them.

    Raises:
        MethodError: there is no such folder, or no prediction in it.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self._folder = Path(folder)
        if not self._folder.is_dir():
            raise MethodError(
                f"There is no such folder of predictions for the method {name}.",
                path=folder,
                remedy="Use a folder, a checkpoint (.pt) or a model (.onnx).",
            )
        files = sorted(path for path in self._folder.rglob("*") if path.suffix in HDR_SUFFIXES and path.is_file())
        if not files:
            raise MethodError(
                f"There is no prediction of the method {name}.",
                path=folder,
                remedy="Put <scene>.exr or <scene>.hdr there, one for each scene.",
            )
        self.record = MethodRecord(
            name, name, f"{len(files)} predictions of the folder {self._folder.name}, SHA-256 {self._sha256(files)}"
        )

    def predict(self, photograph: Photograph) -> np.ndarray:
        """Return (H, W, 3) float32, linear Rec.709, at the file's scale.

        Raises:
            PredictionError: the scene has no prediction or two, or it is of another size than the LDR.
            InputError: the file cannot be read, or contains NaN, infinite or negative values.
        """
        path = self._file(photograph.name)
        prediction = read_hdr(path)
        height, width = photograph.rgb_srgb8.shape[:2]
        if prediction.shape[:2] != (height, width):
            raise PredictionError(
                f"The prediction is {prediction.shape[1]}x{prediction.shape[0]} and the LDR {width}x{height}.",
                path=path,
                remedy="Predict at the LDR's size; resizing light is up to the method.",
            )
        return prediction

    def _file(self, scene: str) -> Path:
        # Not with_suffix: a scene's name may hold a dot.
        places = [self._folder / f"{scene}{suffix}" for suffix in HDR_SUFFIXES]
        found = [place for place in places if place.is_file()]
        if not found:
            raise PredictionError(
                f"The method {self.record.name} has no prediction for the scene {scene}.",
                path=places[0],
                remedy=f"Put it there, or as {places[1].name}.",
            )
        if len(found) > 1:
            raise PredictionError(
                f"The method {self.record.name} has two predictions for the scene {scene}: "
                f"{found[0].name} and {found[1].name}.",
                path=self._folder,
                remedy="Remove one of them.",
            )
        return found[0]

    def _sha256(self, files: list[Path]) -> str:
        lines = [f"{file_sha256(path)}  {path.relative_to(self._folder).as_posix()}\n" for path in files]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

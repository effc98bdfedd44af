"""What a training run leaves to look at: a CSV, TensorBoard scalars and images."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from torch.utils.tensorboard import SummaryWriter

from lanet_core.colour import quantise_srgb8
from lanet_core.files import write_png
from lanet_core.files.replacing import replacing

#: Exposures at which images are shown: as the LDR is, and with its lights brought down into view.
IMAGE_EXPOSURES_EV = (0.0, -4.0)


class TrainingLog:
    """Appends to ``log.csv`` and ``tensorboard/`` in a run's folder, resuming where an earlier run stopped.

    Args:
        folder: the run's.
        last_step: the step of the checkpoint to continue from. What an earlier run logged after it is dropped: those
            steps are done again.
    """

    def __init__(self, folder: Path, last_step: int = 0) -> None:
        self.folder = folder
        self._drop_rows_after(last_step)
        self._writer = SummaryWriter(str(folder / "tensorboard"), purge_step=last_step + 1)

    def _drop_rows_after(self, last_step: int) -> None:
        path = self.folder / "log.csv"
        if not path.exists():
            return
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *(row for row in rows if int(row[0]) <= last_step)])

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Log named values of one step, one row a value."""
        path = self.folder / "log.csv"
        is_new = not path.exists()
        with path.open("a", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            if is_new:
                rows.writerow(["step", "name", "value"])
            rows.writerows([step, name, f"{value:.6g}"] for name, value in values.items())
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def write_images(self, step: int, name: str, rows: Sequence[Sequence[np.ndarray]]) -> None:
        """Log a sheet of linear images (H, W, 3), each row at every exposure, also as ``images/NAME.png``."""
        sheet = contact_sheet(rows)
        self._writer.add_image(name, sheet, step, dataformats="HWC")
        folder = self.folder / "images"
        folder.mkdir(exist_ok=True)
        write_png(folder / f"{name}_{step:06d}.png", sheet)

    def close(self) -> None:
        """Flush what is not written yet."""
        self._writer.close()


def contact_sheet(rows: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
    """Return images side by side, one row of them under another, at each of the exposures.

    Args:
        rows: linear Rec.709 images, (H, W, 3) float32, all of one size.

    Returns:
        (rows H, columns exposures W, 3) uint8, sRGB.
    """
    lines = [
        np.concatenate([image * np.float32(2.0**ev) for image in row for ev in IMAGE_EXPOSURES_EV], axis=1)
        for row in rows
    ]
    return quantise_srgb8(np.concatenate(lines, axis=0))

"""ColorVideoVDP: how much worse than the truth a render looks to the eye, in JOD, by the ``cvvdp`` package.

The linear render is shown on an HDR display, not its sRGB version on a common one: highlights up to the display's
peak count as what they are. Radiance 1 is shown at 255 cd/m², as for the paper's PU metrics.

Source: Mantiuk, Hanji, Ashraf, Asano and Chapiro, "ColorVideoVDP: A visual difference predictor for image, video
and display distortions", ACM Transactions on Graphics 43(4), 2024.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np

from lanet_core.errors import LanetError
from lanet_core.metrics.comparison import checked_pair
from lanet_core.metrics.pu21 import WHITE_CD_M2
from render_eval.provenance import package_version

#: Of the package's display_models.json: 30 inches, 3840×2160, 1500 cd/m², linear Rec.709, in 10 lux, from 0.75 m.
DISPLAY = "standard_hdr_linear"


class MissingPackageError(LanetError):
    """A metric was requested whose package is missing or cannot be loaded."""


def load_cvvdp() -> ModuleType:
    """Return the package ``cvvdp``, loaded; it takes seconds.

    Raises:
        MissingPackageError: ``cvvdp``, or a package that it needs, is missing or cannot be loaded.
    """
    try:
        import pycvvdp  # pyright: ignore[reportMissingImports] - of the extra jod, not in the lock
    # A torchvision that was built with another torch than the one installed fails with a RuntimeError.
    except (ImportError, OSError, RuntimeError) as error:
        raise MissingPackageError(
            f"ColorVideoVDP cannot be loaded: {error}.",
            remedy=f'Install it with "{_how_to_install()}", or pass --no-jod.',
        ) from error
    return pycvvdp


def _how_to_install() -> str:
    """Return the command that leaves torch alone.

    A torchvision names the one torch that it fits, so that pip finds it once torch's version is given. A build of torch
    for one kind of device has its name after a plus sign, and its torchvision has the same source.
    """
    command = "pip install cvvdp torchvision"
    torch = package_version("torch")
    if not torch:
        return command
    build = torch.partition("+")[2]
    index = f" --extra-index-url https://download.pytorch.org/whl/{build}" if build else ""
    return f"{command} torch=={torch}{index}"


class Jod:
    """The metric, loaded once for many images; on the CPU, so that every machine gives the same figure.

    Attributes:
        settings: the package's version and the display, in the words that the package requires.

    Raises:
        MissingPackageError: see :func:`load_cvvdp`.
    """

    def __init__(self) -> None:
        pycvvdp = load_cvvdp()
        import torch

        self._metric = pycvvdp.cvvdp(display_name=DISPLAY, device=torch.device("cpu"), quiet=True)
        self.settings: str = self._metric.get_info_string()

    def __call__(self, image: np.ndarray, truth: np.ndarray) -> float:
        """Compare two renders.

        Args:
            image: (h, w, 3) float, linear Rec.709, ≥ 0; 1 is shown at 255 cd/m².
            truth: the same shape.

        Returns:
            Just-objectionable differences: 10 for no visible difference, 1 less for each step that 75 % of
            observers would see as worse.

        Raises:
            SizeMismatchError, InvalidPixelsError: see :func:`lanet_core.metrics.comparison.checked_pair`.
        """
        shown = [(each * WHITE_CD_M2).astype(np.float32) for each in checked_pair(image, truth)]
        jod, _ = self._metric.predict(*shown, dim_order="HWC")
        return float(jod)

"""HDR-VDP's quality correlate Q, by the authors' own program in Octave.

The program is no part of this project: the user gives Octave and the unpacked release, HDR-VDP-3 or HDR-VDP-2.
Radiance 1 is shown at 255 cd/m². Octave runs the script ``compare_by_hdrvdp.m``, which describes how the images are
passed.

Source: Mantiuk, Kim, Rempel and Heidrich 2011, "HDR-VDP-2", ACM Transactions on Graphics 30(4); Mantiuk, Hammou and
Hanji 2023, "HDR-VDP-3", arXiv:2304.13625; releases: hdrvdp.sourceforge.net.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lanet_core.errors import LanetError
from lanet_core.metrics.comparison import checked_pair
from lanet_core.metrics.pu21 import WHITE_CD_M2
from render_eval.store import file_sha256

#: A 24-inch display of 1920×1080 pixels, seen from half a metre.
PIXELS_PER_DEGREE = 30.0
#: Octave's program, on the search path.
OCTAVE = "octave-cli"
#: Why a report has no Q where it was not requested.
NOT_ASKED = "HDR-VDP was not requested: pass --hdrvdp DIR with the unpacked release of hdrvdp.sourceforge.net."

_SCRIPT = Path(__file__).with_name("compare_by_hdrvdp.m")
_FUNCTIONS = {"hdrvdp3.m": "HDR-VDP-3", "hdrvdp.m": "HDR-VDP-2"}
_Q = re.compile(r"^Q = (\S+)\s*\Z", re.MULTILINE)
_TIMEOUT_S = 1800.0


class HdrVdpError(LanetError):
    """HDR-VDP was requested and cannot be run, or it fails on an image."""


@dataclass(frozen=True)
class HdrVdpProgram:
    """Which HDR-VDP is run by which Octave.

    Attributes:
        release: the folder of the unpacked release.
        octave: Octave's program, a name or a path.
    """

    release: Path
    octave: str = OCTAVE

    def check(self) -> str:
        """Return the version and the hash of its main function, for the record.

        Raises:
            HdrVdpError: Octave or the release is missing.
        """
        if shutil.which(self.octave) is None:
            raise HdrVdpError(
                f"HDR-VDP needs the program {self.octave}, which is not installed.",
                remedy="Install GNU Octave and its package image, or pass --octave PROGRAM.",
            )
        for name, version in _FUNCTIONS.items():
            for path in sorted(self.release.rglob(name)):
                return f"{version}, {name} SHA-256 {file_sha256(path)}, {PIXELS_PER_DEGREE:g} pixels per degree"
        raise HdrVdpError(
            "There is no release of HDR-VDP.",
            path=self.release,
            remedy="Unpack HDR-VDP-3 or HDR-VDP-2 of hdrvdp.sourceforge.net there.",
        )

    def __call__(self, image: np.ndarray, truth: np.ndarray) -> float:
        """Compare two images.

        Args:
            image: (h, w, 3) float, linear Rec.709, ≥ 0; 1 is shown at 255 cd/m².
            truth: the same shape.

        Returns:
            Q: 10 in HDR-VDP-3 and 100 in HDR-VDP-2 for equal images, less for visible differences.

        Raises:
            HdrVdpError: Octave fails, or prints no Q.
            SizeMismatchError, InvalidPixelsError: see :func:`lanet_core.metrics.comparison.checked_pair`.
        """
        pair = checked_pair(image, truth)
        height, width = pair[0].shape[:2]
        with tempfile.TemporaryDirectory(prefix="lanet_hdrvdp_") as folder:
            files = [Path(folder, name) for name in ("test.bin", "reference.bin")]
            for path, pixels in zip(files, pair, strict=True):
                path.write_bytes((pixels * WHITE_CD_M2).astype("<f4").tobytes(order="F"))
            command = [self.octave, "--quiet", "--norc", _SCRIPT, self.release.resolve(), *files]
            command += [str(height), str(width), f"{PIXELS_PER_DEGREE:g}"]
            try:
                finished = subprocess.run(
                    [str(word) for word in command],
                    cwd=folder,
                    capture_output=True,
                    text=True,
                    errors="replace",
                    timeout=_TIMEOUT_S,
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                raise HdrVdpError(f"{self.octave} cannot be run: {error}.") from error
        found = _Q.search(finished.stdout)
        if finished.returncode or found is None:
            output = (finished.stderr.strip() or finished.stdout.strip()).splitlines() or ["it printed nothing"]
            raise HdrVdpError(f"HDR-VDP failed in {self.octave}: {output[-1]}.", path=self.release)
        return float(found.group(1))

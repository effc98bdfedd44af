"""The file of a result: OpenEXR or Radiance by its name, with the model and the source in its header."""

from __future__ import annotations

import os
from pathlib import Path

from lanet_core.errors import OutputError, OutputNotWritableError
from lanet_core.files import SOURCE_SHA256_ATTRIBUTE, LdrImage, open_exr, open_radiance
from lanet_core.inference.session import Session
from lanet_core.reconstruction.white_level import WhiteLevel

#: The EXR attribute with the estimated white level, such as ``0.86 0.83 0.71, soft shoulder``.
WHITE_LEVEL_ATTRIBUTE = "lanetWhiteLevel"
#: The EXR channel with the predicted uncertainty. A name without a dot: see :func:`lanet_core.files.open_exr`.
UNCERTAINTY_CHANNEL = "uncertainty"


def open_result(
    output: Path,
    size: tuple[int, int],
    session: Session,
    image: LdrImage,
    source_sha256: str,
    white: WhiteLevel,
    *,
    half: bool,
    compression: str,
    is_panorama: bool,
    confidence: bool,
    threads: int | None,
):
    """Open a result to write band by band; a context manager that gives the writer.

    Args:
        output: the file; OpenEXR or, if its name ends in ``.hdr``, Radiance.
        size: rows and columns.
        session: the model.
        image: the LDR image.
        source_sha256: of its file, hexadecimal.
        white: its white level.
        half: see :func:`lanet_core.files.open_exr`, also of the next two.
        compression: of OpenEXR.
        is_panorama: whether it is an environment map.
        confidence: whether it also has the channel ``uncertainty``.
        threads: CPU threads; all cores by default.

    Raises:
        OutputError: the file cannot be written.
    """
    facts = {SOURCE_SHA256_ATTRIBUTE: source_sha256, WHITE_LEVEL_ATTRIBUTE: str(white)}
    if is_radiance(output):
        model = {"lanetModel": session.model_name, "lanetModelSha256": session.sha256}
        return open_radiance(output, size, {"SOFTWARE": "lanet", **model, **facts})
    return open_exr(
        output,
        size,
        model_name=session.model_name,
        model_sha256=session.sha256,
        half=half,
        compression=compression,
        is_panorama=is_panorama,
        further_channels=(UNCERTAINTY_CHANNEL,) if confidence else (),
        pose_heading_deg=image.gpano.pose_heading_deg if image.gpano is not None else None,
        attributes=facts,
        threads=threads,
    )


def is_radiance(output: Path) -> bool:
    """Return whether a result's name is that of a Radiance file."""
    return output.suffix.lower() == ".hdr"


def check_has_channels(output: Path) -> None:
    """Refuse a Radiance file for a result with uncertainty.

    Raises:
        OutputError: it is one.
    """
    if is_radiance(output):
        raise OutputError("A Radiance file cannot contain the uncertainty.", path=output, remedy="Name an .exr file.")


def check_not_the_same_file(source: Path, output: Path) -> None:
    """Refuse to overwrite the input image.

    Raises:
        OutputNotWritableError: the paths are of one file.
    """
    # Not Path.exists, which raises of a name that is too long.
    if os.path.exists(source) and os.path.exists(output) and source.samefile(output):  # noqa: PTH110
        raise OutputNotWritableError(
            "This is the input image, which is never overwritten.", path=output, remedy="Name another file."
        )

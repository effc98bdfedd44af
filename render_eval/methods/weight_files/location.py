"""Where published weights are found: a folder that the user fills from the projects' pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from render_eval.methods.method import MethodError, file_sha256


@dataclass(frozen=True)
class Publication:
    """A method's published weights.

    Attributes:
        method: the method's name on the command line, and the name of the folder that may hold its files.
        label: the method's name for people.
        paper: authors, year and title.
        page: where the authors publish the weights.
        files: name patterns of one file, the published name first; the first that matches is taken.
        sha256: hashes of the published files, where they are known; hexadecimal.
    """

    method: str
    label: str
    paper: str
    page: str
    files: tuple[str, ...]
    sha256: frozenset[str] = frozenset()


def find_weights(publication: Publication, folder: Path | None, files: Sequence[str] = ()) -> Path:
    """Return a published file of a folder: in the subfolder with the method's name, or in the folder itself.

    Args:
        publication: whose weights.
        folder: the folder of weights; None if none was given.
        files: other patterns than the publication's, for a method of several files.

    Raises:
        MethodError: there is no folder or no such file; the message names the project's page.
    """
    patterns = tuple(files) or publication.files
    where = f"It is published at {publication.page}."
    if folder is None:
        raise MethodError(
            f"The weights of {publication.label} were not given.",
            remedy=f"Pass --weights DIR with {publication.method}/{patterns[0]}. {where}",
        )
    for place in (folder / publication.method, folder):
        for pattern in patterns:
            found = sorted(path for path in place.glob(pattern) if path.is_file())
            if found:
                return found[0]
    raise MethodError(
        f"There are no weights of {publication.label}.",
        path=folder,
        remedy=f"Put {publication.method}/{patterns[0]} there. {where}",
    )


def source_of(publication: Publication, files: Sequence[Path]) -> str:
    """Return the paper and the files, for the record of a method."""
    parts = [publication.paper]
    for path in files:
        sha256 = file_sha256(path)
        which = ""
        if publication.sha256:
            which = "the published weights, " if sha256 in publication.sha256 else "not the published weights, "
        parts.append(f"{path.name}, {which}SHA-256 {sha256}")
    return "; ".join(parts)


def not_the_weights(publication: Publication, path: Path, problem: str) -> MethodError:
    """Return the error of a file that is damaged or holds other weights."""
    return MethodError(
        f"These are not the weights of {publication.label}, or the file is damaged: {problem}.",
        path=path,
        remedy=f"Download them again from {publication.page}.",
    )

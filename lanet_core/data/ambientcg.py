"""ambientCG's public API: which HDR panoramas there are, and their files.

All assets are CC0. A panorama comes as an EXR, or as a ZIP archive that holds one. The API announces sizes and no
checksums. The size and the archive's own checksums are verified, and the list of scenes keeps the MD5 of each file.

Source: https://docs.ambientcg.com/api/v3/assets/; https://docs.ambientcg.com/license/.
"""

from __future__ import annotations

import re
import shutil
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lanet_core.data.web_client import Asset, DownloadError, RemoteFile, WebClient, entry, file_md5
from lanet_core.files.replacing import replacing

API_URL = "https://ambientcg.com"
CREDIT = "From ambientCG (ambientcg.com), CC0"

_PAGE_ASSETS = 250
#: An identifier becomes a file's name, so that nothing but a plain name is taken for one.
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-]*")
#: Beginnings of identifiers, and the kind of light that they stand for.
_CATEGORIES = {
    "studio": "studio",
    "indoor": "indoor",
    "night": "night",
    "evening": "sunset",
    "morning": "sunset",
    "sunset": "sunset",
}


class AmbientCg:
    """The API's client. Its methods may be called from several threads.

    Args:
        url: where the site is.
        sleep: waits between two tries, seconds.
    """

    credit = CREDIT

    def __init__(self, url: str = API_URL, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = WebClient(url, "ambientCG", sleep)
        self._downloads: dict[str, list[dict[str, Any]]] = {}

    def assets(self) -> list[Asset]:
        """Return all panoramas, sorted by slug.

        Raises:
            DownloadError: the API cannot be reached or returns something else.
        """
        found: list[Asset] = []
        offset = 0
        while True:
            path = f"/api/v3/assets?type=hdri&include=type,tags,downloads&limit={_PAGE_ASSETS}&offset={offset}"
            reply = self._client.json(path)
            listed, total = entry(reply, "assets"), entry(reply, "totalResults")
            if not isinstance(listed, list) or not isinstance(total, int):
                raise self._client.unexpected(path)
            for facts in listed:
                slug = entry(facts, "id")
                if isinstance(slug, str) and _SLUG.fullmatch(slug):
                    self._downloads[slug] = [each for each in facts.get("downloads") or [] if isinstance(each, dict)]
                    found.append(Asset(slug, category_of(slug, facts.get("tags") or [])))
            offset += len(listed)
            if not listed or offset >= total:
                return sorted(found, key=lambda asset: asset.slug)

    def page(self, slug: str) -> str:
        """Return the address of a panorama's page."""
        return f"https://ambientcg.com/a/{slug}"

    def obtain(self, slug: str, resolution: str, suffix: str, path: Path, listed_md5: str) -> tuple[bool, str]:
        """See :class:`lanet_core.data.web_client.PanoramaSource`; :meth:`assets` was called before.

        A file that is still the one that was written is not fetched again.
        """
        if listed_md5 and path.is_file() and file_md5(path) == listed_md5:
            return True, listed_md5
        remote, is_archive = self.file(slug, resolution, suffix)
        if is_archive:
            archive = path.with_suffix(".zip")
            try:
                self._client.fetch(remote, archive)
                _unpack(archive, suffix, path, slug)
            finally:
                archive.unlink(missing_ok=True)
        else:
            self._client.fetch(remote, path)
        return False, file_md5(path)

    def file(self, slug: str, resolution: str, suffix: str) -> tuple[RemoteFile, bool]:
        """Return the file that is or holds a panorama, and whether it is a ZIP archive.

        Raises:
            DownloadError: there is no such file, or the API described it otherwise than it does.
        """
        downloads = self._downloads.get(slug, [])
        sizes = sorted({str(each.get("attributes", "")).upper() for each in downloads})
        for extension in (suffix, "zip"):
            for facts in downloads:
                attributes = str(facts.get("attributes", "")).upper()
                if facts.get("extension") != extension or "TONEMAPPED" in attributes:
                    continue
                if attributes.partition("-")[0] == resolution.upper():
                    url, size = facts.get("url"), facts.get("size")
                    if not (isinstance(url, str) and isinstance(size, int)):
                        raise self._client.unexpected(f"/api/v3/assets?id={slug}")
                    return RemoteFile(url, size), extension == "zip"
        raise DownloadError(
            f"{slug} is not available as {suffix.upper()} of {resolution}.",
            remedy=f"Available are {', '.join(sizes)}." if sizes else "",
        )


def category_of(slug: str, tags: list[Any]) -> str:
    """Return the kind of light of a panorama, by the beginning of its identifier and its tags."""
    words = {str(tag).lower() for tag in tags}
    for beginning, category in _CATEGORIES.items():
        if slug.lower().startswith(beginning) or (beginning == "studio" and "studio" in words):
            return category
    return "outdoor-overcast" if words & {"overcast", "cloudy"} else "outdoor-sun"


def _unpack(archive: Path, suffix: str, path: Path, slug: str) -> None:
    """Write the one panorama of an archive to a path, whole or not at all."""
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [
                each for each in opened.infolist() if each.filename.lower().endswith(f".{suffix}") and not each.is_dir()
            ]
            if len(members) != 1:
                raise DownloadError(f"The archive of {slug} contains {len(members)} files of type {suffix.upper()}.")
            with opened.open(members[0]) as source, replacing(path) as temporary, temporary.open("wb") as target:
                shutil.copyfileobj(source, target)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise DownloadError(f"The archive of {slug} is damaged: {error}.", remedy="Try again later.") from error

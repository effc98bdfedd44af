"""Poly Haven's public API: which HDR panoramas there are, and their files, verified.

All panoramas are CC0. The terms of the API require a user agent that names the program and for the words 'Powered by
Poly Haven' where its contents are shown.

Source: https://api.polyhaven.com (OpenAPI description in github.com/Poly-Haven/Public-API, swagger.yml; ToS.md).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lanet_core.data.web_client import Asset, DownloadError, RemoteFile, WebClient, entry

API_URL = "https://api.polyhaven.com"
CREDIT = "Powered by Poly Haven (polyhaven.com), CC0"

#: A slug becomes a file's name, so that nothing but a plain name is taken for one.
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-]*")
_MD5 = re.compile(r"[0-9a-f]{32}")


class PolyHaven:
    """The API's client. Its methods may be called from several threads.

    Args:
        url: where the API is.
        sleep: waits between two tries, seconds.
    """

    credit = CREDIT

    def __init__(self, url: str = API_URL, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = WebClient(url, "Poly Haven", sleep)

    def assets(self) -> list[Asset]:
        """Return all panoramas, sorted by slug.

        Raises:
            DownloadError: the API cannot be reached or returns something else.
        """
        listed = self._client.json("/assets?type=hdris")
        if not isinstance(listed, dict):
            raise self._client.unexpected("/assets")
        return [Asset(slug, category_of(facts)) for slug, facts in sorted(listed.items()) if _SLUG.fullmatch(slug)]

    def page(self, slug: str) -> str:
        """Return the address of a panorama's page."""
        return f"https://polyhaven.com/a/{slug}"

    def obtain(self, slug: str, resolution: str, suffix: str, path: Path, listed_md5: str) -> tuple[bool, str]:
        """See :class:`lanet_core.data.web_client.PanoramaSource`; the API announces the MD5."""
        remote = self.file(slug, resolution, suffix)
        was_there = remote.is_at(path)
        if not was_there:
            self.fetch(remote, path)
        return was_there, remote.md5

    def file(self, slug: str, resolution: str, suffix: str) -> RemoteFile:
        """Return a panorama's file.

        Args:
            slug: the panorama.
            resolution: ``1k``, ``2k``, ``4k`` and so on: thousands of columns.
            suffix: ``exr`` or ``hdr``.

        Raises:
            DownloadError: there is no such file, or the API cannot be reached or returns something else.
        """
        sizes = entry(self._client.json(f"/files/{slug}"), "hdri")
        facts = entry(entry(sizes, resolution), suffix)
        if facts is None:
            raise DownloadError(
                f"{slug} is not available as {suffix.upper()} of {resolution}.",
                remedy=f"Available are {', '.join(sizes)}." if isinstance(sizes, dict) and sizes else "",
            )
        url, size, md5 = (entry(facts, key) for key in ("url", "size", "md5"))
        if not (isinstance(url, str) and isinstance(size, int) and isinstance(md5, str) and _MD5.fullmatch(md5)):
            raise self._client.unexpected(f"/files/{slug}")
        return RemoteFile(url, size, md5)

    def fetch(self, remote: RemoteFile, path: Path) -> None:
        """Fetch a file; it appears whole and verified, or not at all.

        Raises:
            DownloadError: the server cannot be reached, or what comes is not what was announced.
            OutputError: the file cannot be written.
        """
        self._client.fetch(remote, path)


def category_of(facts: dict[str, Any]) -> str:
    """Return the kind of light of a panorama, by the API's ``categories`` (older) or ``attributes`` (newer).

    Args:
        facts: the API's entry of an HDRI.
    """
    categories = {str(each).lower() for each in facts.get("categories") or ()}
    attributes = facts.get("attributes") or {}
    words = categories | {str(value).lower() for value in attributes.values() if isinstance(value, str)}
    words |= set(str(facts.get("category") or "").lower().split("/"))
    if words & {"studio", "studios"}:
        return "studio"
    if "indoor" in words:
        return "indoor"
    if "night" in words:
        return "night"
    if words & {"sunrise-sunset", "sunrise", "sunset", "dusk", "dawn"}:
        return "sunset"
    return "outdoor-overcast" if "overcast" in words else "outdoor-sun"

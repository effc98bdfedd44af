"""Poly Haven's public API: which HDR panoramas there are, and their files, verified.

All panoramas are CC0. The terms of the API ask for a user agent that names the program and for the words 'Powered by
Poly Haven' where its contents are shown.

Source: https://api.polyhaven.com (OpenAPI description in github.com/Poly-Haven/Public-API, swagger.yml; ToS.md).
"""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lanet_core import __version__
from lanet_core.errors import LanetError
from lanet_core.images.replacing import replacing

API_URL = "https://api.polyhaven.com"
CREDIT = "Powered by Poly Haven (polyhaven.com), CC0"

_USER_AGENT = f"lanet-ibl/{__version__}"
_TIMEOUT_S = 60.0
_TRIES = 4
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 120.0
_CHUNK_BYTES = 1 << 20
#: What a server answers when the same request may succeed later (RFC 9110 and RFC 6585).
_PASSING = {408, 429, 500, 502, 503, 504}
#: A slug becomes a file's name, so that nothing but a plain name is taken for one.
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-]*")
_MD5 = re.compile(r"[0-9a-f]{32}")


class DownloadError(LanetError):
    """Something cannot be fetched, or is not what was announced."""


@dataclass(frozen=True)
class Asset:
    """A panorama as the API lists it.

    Attributes:
        slug: its name, unique; letters, digits, ``_`` and ``-``.
        category: ``outdoor-sun``, ``outdoor-overcast``, ``sunset``, ``night``, ``indoor`` or ``studio``.
    """

    slug: str
    category: str


@dataclass(frozen=True)
class RemoteFile:
    """A file to fetch: its address, its size in bytes and its MD5, hexadecimal."""

    url: str
    size: int
    md5: str

    def is_at(self, path: Path) -> bool:
        """Return whether a file on disk is this one."""
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest() == self.md5


class PolyHaven:
    """The API's client. Its methods may be called from several threads.

    Args:
        url: where the API is.
        sleep: waits between two tries, seconds.
    """

    def __init__(self, url: str = API_URL, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url = url.rstrip("/")
        self._sleep = sleep

    def assets(self) -> list[Asset]:
        """Return all panoramas, sorted by slug.

        Raises:
            DownloadError: the API cannot be reached or answers something else.
        """
        listed = self._json("/assets?type=hdris")
        if not isinstance(listed, dict):
            raise self._strange("/assets")
        return [Asset(slug, category_of(facts)) for slug, facts in sorted(listed.items()) if _SLUG.fullmatch(slug)]

    def file(self, slug: str, resolution: str, suffix: str) -> RemoteFile:
        """Return a panorama's file.

        Args:
            slug: the panorama.
            resolution: ``1k``, ``2k``, ``4k`` and so on: thousands of columns.
            suffix: ``exr`` or ``hdr``.

        Raises:
            DownloadError: there is no such file, or the API cannot be reached or answers something else.
        """
        sizes = _entry(self._json(f"/files/{slug}"), "hdri")
        facts = _entry(_entry(sizes, resolution), suffix)
        if facts is None:
            raise DownloadError(
                f"{slug} is not there as {suffix.upper()} of {resolution}.",
                remedy=f"There are {', '.join(sizes)}." if isinstance(sizes, dict) and sizes else "",
            )
        url, size, md5 = (_entry(facts, key) for key in ("url", "size", "md5"))
        if not (isinstance(url, str) and isinstance(size, int) and isinstance(md5, str) and _MD5.fullmatch(md5)):
            raise self._strange(f"/files/{slug}")
        return RemoteFile(url, size, md5)

    def fetch(self, remote: RemoteFile, path: Path) -> None:
        """Fetch a file; it appears whole and verified, or not at all.

        Raises:
            DownloadError: the server cannot be reached, or what comes is not what was announced.
            OutputError: the file cannot be written.
        """

        def receive(response: http.client.HTTPResponse) -> None:
            with replacing(path) as temporary:
                with temporary.open("wb") as file:
                    while chunk := response.read(_CHUNK_BYTES):
                        file.write(chunk)
                if not remote.is_at(temporary):
                    raise _MismatchError(f"{remote.url}: what came has another size or MD5 than was announced.")

        self._request(remote.url, receive)

    def _json(self, path: str) -> Any:
        try:
            return self._request(self._url + path, lambda response: json.loads(response.read()))
        except ValueError as error:
            raise self._strange(path) from error

    def _request(self, url: str, receive: Callable[[http.client.HTTPResponse], Any]) -> Any:
        """Return what ``receive`` makes of an answer, after several tries if need be."""
        if not url.startswith(("https://", "http://")):
            raise DownloadError(f"{url} is no address on the web.")
        request = urllib.request.Request(url, headers={"User-Agent": _USER_AGENT})
        pause_s = _FIRST_PAUSE_S
        for remaining in reversed(range(_TRIES)):
            try:
                with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
                    return receive(response)
            except urllib.error.HTTPError as error:
                if error.code not in _PASSING or not remaining:
                    raise DownloadError(f"{url}: the server answers {error.code} {error.reason}.") from error
                wished = error.headers.get("Retry-After", "")
                pause_s = min(float(wished), _LONGEST_PAUSE_S) if wished.isdigit() else pause_s
            except _MismatchError as error:
                if not remaining:
                    raise DownloadError(str(error), remedy="Try again later.") from error
            except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as error:
                if not remaining:
                    reason = getattr(error, "reason", error)
                    raise DownloadError(f"{url} cannot be reached: {reason}.", remedy="Is there a network?") from error
            self._sleep(pause_s)
            pause_s *= 2.0
        raise AssertionError("unreachable")

    def _strange(self, path: str) -> DownloadError:
        return DownloadError(f"{self._url}{path} does not answer as Poly Haven's API does.")


class _MismatchError(LanetError):
    """What came is not what was announced; another try may do better."""


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


def _entry(facts: Any, key: str) -> Any:
    return facts.get(key) if isinstance(facts, dict) else None

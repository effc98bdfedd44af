"""Files and JSON from the web: several tries, whole and verified files, errors that name the address."""

from __future__ import annotations

import hashlib
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from lanet_core import __version__
from lanet_core.errors import LanetError
from lanet_core.files.replacing import replacing

_USER_AGENT = f"lanet-ibl/{__version__}"
_TIMEOUT_S = 60.0
_TRIES = 4
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 120.0
_CHUNK_BYTES = 1 << 20
#: Status codes of requests that may succeed later (RFC 9110 and RFC 6585).
_PASSING = {408, 429, 500, 502, 503, 504}


class DownloadError(LanetError):
    """Something cannot be fetched, or is not what was announced."""


@dataclass(frozen=True)
class Asset:
    """A panorama as a source lists it.

    Attributes:
        slug: its name, unique; letters, digits, ``_`` and ``-``.
        category: ``outdoor-sun``, ``outdoor-overcast``, ``sunset``, ``night``, ``indoor`` or ``studio``.
    """

    slug: str
    category: str


@dataclass(frozen=True)
class RemoteFile:
    """A file to fetch.

    Attributes:
        url: its address.
        size: bytes.
        md5: hexadecimal; empty where the server announces none.
    """

    url: str
    size: int
    md5: str = ""

    def is_at(self, path: Path) -> bool:
        """Return whether a file on disk is this one."""
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        return not self.md5 or file_md5(path) == self.md5


class PanoramaSource(Protocol):
    """A site that lists HDR panoramas and gives their files.

    Attributes:
        credit: the site's credit line for uses of its contents, and the licence.
    """

    credit: str

    def assets(self) -> list[Asset]:
        """Return all panoramas, sorted by slug.

        Raises:
            DownloadError: the site cannot be reached or returns something else.
        """
        ...

    def page(self, slug: str) -> str:
        """Return the address of a panorama's page."""
        ...

    def obtain(self, slug: str, resolution: str, suffix: str, path: Path, listed_md5: str) -> tuple[bool, str]:
        """Make sure that a panorama's file is at a path, whole.

        Args:
            slug: the panorama.
            resolution: ``1k``, ``2k``, ``4k`` and so on: thousands of columns.
            suffix: ``exr`` or ``hdr``.
            path: where the file belongs.
            listed_md5: of the file that an earlier call left there; empty if there was none.

        Returns:
            Whether it existed before, and its MD5, hexadecimal.

        Raises:
            DownloadError: there is no such file, or it cannot be fetched.
            OutputError: it cannot be written.
        """
        ...


class WebClient:
    """A client of one site. Its methods may be called from several threads.

    Args:
        url: where the site's API is.
        site: the site's name, for errors.
        sleep: waits between two tries, seconds.
    """

    def __init__(self, url: str, site: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self.url = url.rstrip("/")
        self._site = site
        self._sleep = sleep

    def json(self, path: str) -> Any:
        """Return the reply of a path of the API.

        Raises:
            DownloadError: the API cannot be reached, or returns no JSON.
        """
        try:
            return self._request(self.url + path, lambda response: json.loads(response.read()))
        except ValueError as error:
            raise self.unexpected(path) from error

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
                    raise _MismatchError(f"{remote.url}: the downloaded file has another size or MD5 than announced.")

        self._request(remote.url, receive)

    def unexpected(self, path: str) -> DownloadError:
        """Return the error of a reply that this API does not give."""
        return DownloadError(f"{self.url}{path} does not respond like the API of {self._site}.")

    def _request(self, url: str, receive: Callable[[http.client.HTTPResponse], Any]) -> Any:
        """Return what ``receive`` makes of a reply, after several tries if need be."""
        if not url.startswith(("https://", "http://")):
            raise DownloadError(f"{url} is not a web address.")
        request = urllib.request.Request(url, headers={"User-Agent": _USER_AGENT})
        pause_s = _FIRST_PAUSE_S
        for remaining in reversed(range(_TRIES)):
            try:
                with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
                    return receive(response)
            except urllib.error.HTTPError as error:
                if error.code not in _PASSING or not remaining:
                    raise DownloadError(f"{url}: the server responds {error.code} {error.reason}.") from error
                wished = error.headers.get("Retry-After", "")
                pause_s = min(float(wished), _LONGEST_PAUSE_S) if wished.isdigit() else pause_s
            except _MismatchError as error:
                if not remaining:
                    raise DownloadError(str(error), remedy="Try again later.") from error
            except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as error:
                if not remaining:
                    reason = getattr(error, "reason", error)
                    raise DownloadError(
                        f"{url} cannot be reached: {reason}.", remedy="Check the network connection."
                    ) from error
            self._sleep(pause_s)
            pause_s *= 2.0
        raise AssertionError("unreachable")


class _MismatchError(LanetError):
    """What came is not what was announced; another try may do better."""


def file_md5(path: Path) -> str:
    """Return a file's MD5, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def entry(facts: Any, key: str) -> Any:
    """Return a value of an object of JSON, None where there is neither."""
    return facts.get(key) if isinstance(facts, dict) else None

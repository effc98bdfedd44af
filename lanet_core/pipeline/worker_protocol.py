"""The protocol of :mod:`lanet_core.pipeline.worker`: lines of JSON in both directions, and errors as data."""

from __future__ import annotations

import json
import os
import select
from collections.abc import Iterator, Mapping
from typing import Any

from lanet_core.errors import LanetError, unexpected

PROTOCOL = 1
#: The longest line that is read, in bytes; paths are far shorter.
MAX_LINE_BYTES = 1 << 20
_MAX_ID_LENGTH = 256


class RequestError(LanetError):
    """A line of the parent is not a request.

    Attributes:
        number: the request's id, None where it has no valid one.
    """

    number: int | str | None = None


def read_lines(requests: int, replies: int) -> Iterator[bytes]:
    """Yield the parent's lines until it closes either stream.

    Args:
        requests: file descriptor of the parent's lines.
        replies: file descriptor of the replies; only its end is watched, where the system can.

    Yields:
        A line without its line feed; of a line longer than :data:`MAX_LINE_BYTES`, one byte more than that.
    """
    rest = b""
    while _wait_for(requests, replies) and (data := os.read(requests, 1 << 16)):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            yield line[: MAX_LINE_BYTES + 1]
        rest = rest[: MAX_LINE_BYTES + 1]
    if rest:
        yield rest


def _wait_for(requests: int, replies: int) -> bool:
    """Wait until there is something to read; return False when the parent no longer reads the replies."""
    if not hasattr(select, "poll"):  # Windows: the next reply fails
        return True
    poll = select.poll()
    poll.register(requests, select.POLLIN)
    poll.register(replies, 0)  # its errors are reported all the same
    return all(number != replies for number, _ in poll.poll())


def parse_request(line: bytes) -> dict[str, Any]:
    """Read one line of the parent.

    Returns:
        The request: ``id`` is an integer or a string, ``do`` a string.

    Raises:
        RequestError: it is anything else.
    """
    if len(line) > MAX_LINE_BYTES:
        raise RequestError(f"The line is longer than {MAX_LINE_BYTES} bytes.")
    try:
        request = json.loads(line.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"The line is not JSON ({error}).") from error
    if not isinstance(request, dict):
        raise RequestError("The line is not a JSON object.")
    number = request.get("id")
    if not _is_id(number):
        raise RequestError("The request has no valid id.", remedy="Use an integer of 64 bits or a short string.")
    if not isinstance(request.get("do"), str):
        error = RequestError("The request has no task.", remedy='Name it as a string under "do".')
        error.number = number
        raise error
    return request


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON number")


def _is_id(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= _MAX_ID_LENGTH
    return type(value) is int and -(2**63) <= value < 2**63


def error_reply(number: int | str | None, error: Exception, path: str | None = None) -> dict[str, Any]:
    """Return the reply that reports an error: its kind, problem, path and remedy, and the whole as one message.

    Args:
        number: the request's id.
        error: what was raised.
        path: the file that was worked on, for an exception that does not name one.
    """
    known = unexpected(error, path)
    return {
        "id": number,
        "event": "error",
        "kind": type(known).__name__,
        "problem": known.problem,
        "path": None if known.path is None else str(known.path),
        "remedy": known.remedy,
        "message": str(known),
    }


def write_line(replies: int, message: Mapping[str, Any]) -> None:
    """Write one reply as a line of ASCII.

    Args:
        replies: file descriptor.
        message: what JSON can express; numbers are finite.

    Raises:
        ValueError: a number is not finite.
        OSError: the parent no longer reads the replies.
    """
    line = memoryview(json.dumps(message, allow_nan=False).encode("ascii") + b"\n")
    while line:
        line = line[os.write(replies, line) :]

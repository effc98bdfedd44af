"""Standard output and error that never end a batch: closed, full or unable to encode a file's name."""

from __future__ import annotations

import contextlib
import io
import os
import sys

from tqdm import tqdm

from lanet_core.errors import OutputError
from lanet_core.standard_streams import open_closed_streams

_failures: list[OSError] = []


def prepare_streams() -> None:
    """Open what the parent closed, and print what the locale cannot encode as escapes."""
    _failures.clear()
    open_closed_streams()
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115 - open until the process ends
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def print_result(text: str) -> None:
    """Print a line to standard output without breaking a progress bar.

    Where the device fails, such as a full disk, the rest of the output is dropped and :func:`finish_output` reports it.

    Raises:
        BrokenPipeError: the reader is gone.
    """
    try:
        tqdm.write(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        _failures.append(error)
        discard_output()


def print_message(text: str) -> None:
    """Print a line to standard error without breaking a progress bar; a failure is ignored."""
    with contextlib.suppress(OSError):
        tqdm.write(text, file=sys.stderr)


def finish_output() -> None:
    """Write what is still in standard output's buffer.

    Raises:
        BrokenPipeError: the reader is gone.
        OutputError: something that was printed could not be written.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _failures.append(error)
        discard_output()
    if _failures:
        raise OutputError(
            f"Standard output cannot be written: {_failures[0].strerror}.",
            remedy="The files are complete; send the output elsewhere.",
        )


def discard_output() -> None:
    """Drop what is still in standard output's buffer, which would fail again when the process ends."""
    with contextlib.suppress(OSError, ValueError):  # ValueError: a stream without a file, as in tests
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)

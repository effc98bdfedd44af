"""Standard input, output and error that the parent closed."""

from __future__ import annotations

import os


def is_open(number: int) -> bool:
    """Return whether a file descriptor is open."""
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def open_closed_streams() -> None:
    """Open the null device in place of a closed standard stream.

    Without this, the first file that is opened takes the number of a closed stream, and gets what libraries print.
    """
    for number in (0, 1, 2):
        if not is_open(number):
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free

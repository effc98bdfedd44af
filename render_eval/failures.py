"""What became of a failure: a sentence for the record, or the end of the run."""

from __future__ import annotations

from lanet_core.errors import LanetError, OutputError


def failure_of(error: Exception) -> str:
    """Return the entry of a record for an error.

    Raises:
        OutputError: the error is one. Where one file cannot be written, no other can.
    """
    if isinstance(error, OutputError):
        raise error
    if isinstance(error, LanetError):
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:  # what went since the folder was looked through
        return f"{error.filename}: The file cannot be read: {error.strerror}."
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" ({trace.tb_frame.f_code.co_filename}, line {trace.tb_lineno})" if trace else ""
    return f"{type(error).__name__}: {error}{where}"

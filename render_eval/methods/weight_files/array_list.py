"""A NumPy archive that holds a list of arrays, as TensorLayer's ``save_npz`` writes it.

The list is an object array, which NumPy stores as a pickle. A pickle can run any program, so that this one is read by
an unpickler that makes NumPy arrays and nothing else.

Source: TensorLayer 1.x, ``tl.files.save_npz``: ``numpy.savez(name, params=list)``; NumPy's ``.npy`` format.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

#: What a pickled array of arrays consists of; NumPy 2 renamed the module.
_ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}


def read_array_list(path: Path) -> list[np.ndarray]:
    """Return the arrays of a list in their order.

    Args:
        path: an ``.npz`` file.

    Raises:
        ValueError: the file is no such archive, or holds something else than arrays.
        OSError: it cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            data = io.BytesIO(archive.read("params.npy"))
    except (zipfile.BadZipFile, KeyError) as error:
        raise ValueError("it is no .npz archive with 'params'") from error
    version = np.lib.format.read_magic(data)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    _, _, dtype = read_header(data)
    if not dtype.hasobject:
        data.seek(0)
        return list(np.lib.format.read_array(data, allow_pickle=False))
    try:
        arrays = list(_ArrayUnpickler(data, encoding="latin1").load())
    except (pickle.UnpicklingError, EOFError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"its list cannot be read: {error}") from error
    if not all(isinstance(each, np.ndarray) and not each.dtype.hasobject for each in arrays):
        raise ValueError("its list contains other values than arrays")
    return arrays


class _ArrayUnpickler(pickle.Unpickler):
    """Makes arrays; any other class or function is refused."""

    def find_class(self, module: str, name: str) -> Any:
        """Return a class of NumPy's that an array is made by."""
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of an array")
        return super().find_class(module, name)

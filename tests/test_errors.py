"""Errors: the words a person reads, the classes a script catches, and their way through processes."""

from __future__ import annotations

import copy
import inspect
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from lanet_core import errors

CLASSES = [item for _, item in inspect.getmembers(errors, inspect.isclass) if issubclass(item, errors.LanetError)]


def _fail(path: str) -> None:
    raise errors.DamagedImageError("The JPEG ends early.", path=path, remedy="Copy it again.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "It is broken."),
        ({"path": "a/b.jpg"}, f"{Path('a/b.jpg')}: It is broken."),
        ({"remedy": "Mend it."}, "It is broken. Mend it."),
        ({"path": Path("b.jpg"), "remedy": "Mend it."}, "b.jpg: It is broken. Mend it."),
    ],
)
def test_the_message_names_file_problem_and_remedy(arguments, message):
    assert str(errors.InputError("It is broken.", **arguments)) == message


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_survives_pickling_and_copying(kind):
    error = kind("It is broken.", path="b.jpg", remedy="Mend it.")
    for other in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert type(other) is kind
        assert (other.problem, other.path, other.remedy) == ("It is broken.", Path("b.jpg"), "Mend it.")
        assert str(other) == str(error)


def test_an_error_crosses_a_process_boundary():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        failure = pool.submit(_fail, "b.jpg").exception(timeout=60)
    assert type(failure) is errors.DamagedImageError
    assert str(failure) == "b.jpg: The JPEG ends early. Copy it again."


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_shows_what_it_means(kind):
    assert kind.__doc__.endswith((".", ".\n    "))
    with pytest.raises(errors.LanetError):
        raise kind("It is broken.")


@pytest.mark.parametrize(
    ("family", "members"),
    [
        (errors.InputError, {errors.InputNotFoundError, errors.AlreadyHdrError, errors.InvalidPixelsError}),
        (errors.OutputError, {errors.OutputNotWritableError, errors.DiskFullError}),
        (errors.ModelError, {errors.ModelNotFoundError, errors.DamagedModelError, errors.WrongModelError}),
    ],
)
def test_families_can_be_caught_together(family, members):
    assert all(issubclass(member, family) for member in members)
    others = {errors.CalibrationError, errors.ProviderError, errors.ConversionCancelled, errors.DataError}
    assert not any(issubclass(other, family) for other in others)

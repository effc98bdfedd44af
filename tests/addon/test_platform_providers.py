"""The preferences list what the system and the installed flavour have."""

from __future__ import annotations

import pytest

from addon.platform_providers import providers_here
from lanet_core.inference.providers import PROVIDER_CHOICES

CPU = ["./wheels/onnxruntime-1.32.0-cp311-cp311-win_amd64.whl"]
CUDA = ["./wheels/onnxruntime_gpu-1.31.1-cp311-cp311-win_amd64.whl"]


def names(platform: str, wheels: list[str]) -> list[str]:
    return [name for name, *_ in providers_here(platform, wheels)]


@pytest.mark.parametrize(
    ("platform", "wheels", "expected"),
    [
        ("linux", CPU, ["auto", "cpu"]),
        ("linux", CUDA, ["auto", "cpu", "cuda"]),
        ("win32", CPU, ["auto", "cpu"]),
        ("win32", CUDA, ["auto", "cpu", "cuda"]),
        ("darwin", CPU, ["auto", "cpu", "coreml"]),
        ("win32", [], ["auto", "cpu", "cuda", "directml"]),
    ],
)
def test_a_system_lists_its_own(platform, wheels, expected):
    assert names(platform, wheels) == expected


def test_the_stored_number_of_a_provider_is_the_same_on_every_system():
    numbers = {
        (name, number) for platform in ("linux", "win32", "darwin") for name, *_, number in providers_here(platform, [])
    }
    assert sorted(numbers, key=lambda each: each[1]) == [
        ("auto", 0), ("cpu", 1), ("cuda", 2), ("directml", 3), ("coreml", 4)
    ]  # fmt: skip
    assert {name for name, _ in numbers} == set(PROVIDER_CHOICES)

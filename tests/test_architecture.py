"""The import contracts of pyproject.toml, and what they cannot express."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import grimp
import pytest
from kinds import BLENDER, FAST, SLOW, TRAINING

ROOT = Path(__file__).resolve().parent.parent
#: What pip installs for a user who only converts.
INFERENCE_PACKAGES = {"numpy", "onnxruntime", "OpenImageIO", "tqdm"}
#: The entry points of a conversion: the library, the command and the worker.
ENTRY_POINTS = (
    "lanet_core.pipeline.panorama_converter",
    "lanet_core.pipeline.image_converter",
    "lanet_core.pipeline.worker",
    "lanet_core.cli.main",
    "lanet_core.cli.convert",
)


def test_every_import_contract_is_kept():
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout[-3000:]


@pytest.mark.parametrize("entry_point", ENTRY_POINTS)
def test_a_conversion_needs_no_more_than_pip_installs_for_it(entry_point):
    # Imports inside the functions of cli.main count: it imports a command's module when the command runs.
    graph = grimp.build_graph("lanet_core", include_external_packages=True)
    needed = {entry_point, *graph.find_upstream_modules(entry_point)}
    packages = {name.partition(".")[0] for name in needed}
    assert packages - set(sys.stdlib_module_names) <= INFERENCE_PACKAGES | {"lanet_core"}


def test_a_conversion_runs_where_torch_and_blender_are_absent():
    # None in sys.modules makes an import raise, as it does where the package is not installed.
    program = f"""
import importlib, sys
sys.modules.update(dict.fromkeys(("torch", "bpy", "onnx"), None))
for name in {ENTRY_POINTS}:
    importlib.import_module(name)
training = [name for name in sys.modules if name.startswith(("lanet_core.networks", "lanet_core.training"))]
assert not training, training
"""
    finished = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr


def test_the_diagram_of_the_packages_is_up_to_date():
    finished = subprocess.run([sys.executable, ROOT / "tools" / "package_diagram.py", "--check"], cwd=ROOT)
    assert finished.returncode == 0, "Run python tools/package_diagram.py"


@pytest.mark.parametrize(("kind", "package"), [(BLENDER, "bpy"), (TRAINING, "torch")])
def test_files_that_import_a_large_package_are_marked(kind, package):
    tests = ROOT / "tests"
    importing = re.compile(rf"^(?:import|from) {package}\b", re.MULTILINE)
    files = [path for path in tests.rglob("test_*.py") if importing.search(path.read_text(encoding="utf-8"))]
    names = [path.relative_to(tests).as_posix() for path in files]
    assert [name for name in names if not name.startswith(kind)] == []


def test_every_kind_lists_files_that_exist():
    names = [name for kind in (BLENDER, FAST, TRAINING) for name in kind]
    assert [name for name in names if not (ROOT / "tests" / name).exists()] == []
    assert [each for each in SLOW if not list((ROOT / "tests").glob(f"{each}*"))] == []
    assert not [name for name in FAST if name.startswith(BLENDER + TRAINING)]

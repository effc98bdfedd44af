"""The walls of docs/architecture.md: who may import whom, read from the files and tried in a bare process."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("lanet_core", "addon", "render_eval", "scene_generation")
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
FILE_SET = frozenset(FILES)
CORE_FILES = [path for path in FILES if path.is_relative_to(ROOT / "lanet_core")]

#: What of lanet_core may import torch, and what pip installs for the user who only converts.
TORCH_ROOMS = (
    "lanet_core/networks/",
    "lanet_core/training/",
    "lanet_core/cli/train.py",
    "lanet_core/cli/export.py",
    "render_eval/jod.py",
    "render_eval/methods/checkpoint.py",
    "render_eval/methods/drtmo.py",
    "render_eval/methods/expandnet.py",
    "render_eval/methods/liu.py",
    "render_eval/methods/networks/",
    "render_eval/methods/santos.py",
)
#: What beside the add-on may import Blender.
BLENDER_ROOMS = ("render_eval/blender_scene.py", "render_eval/renderer.py", "scene_generation/blender/")
INFERENCE_PACKAGES = {"numpy", "onnxruntime", "OpenEXR", "OpenImageIO", "tqdm"}

#: The modules that a conversion goes through, from the command down.
INFERENCE_PATH = (
    "lanet_core",
    "lanet_core.pipeline.panorama_converter",
    "lanet_core.cli.main",
    "lanet_core.cli.convert",
)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def imported_names(path: Path) -> set[str]:
    """Return every dotted name that a file imports, at its top or inside its functions."""
    names: set[str] = set()
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join([*above, *filter(None, [node.module])])
            names.update(f"{origin}.{alias.name}" for alias in node.names)
    return names


def imported_packages(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported_names(path)}


@cache
def imported_files(path: Path) -> set[Path]:
    """Return the files of this repository that a file imports: a name's module, or else its package."""
    files = set()
    for name in imported_names(path):
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            module = ROOT.joinpath(*parts[:length])
            found = [each for each in (module.with_suffix(".py"), module / "__init__.py") if each in FILE_SET]
            if found:
                files.add(found[0])
                break
    return files - {path}


@cache
def floors() -> dict[str, int]:
    """Return {file or folder: floor} as the picture in docs/architecture.md has them; the ground is 0."""
    picture = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rows: dict[str, int] = {}
    floor = None
    for line in picture.splitlines():
        row = re.match(r" {4}(ground|floor \d| {6}) +((?:lanet_core|addon|render_eval|scene_generation)/\S*)", line)
        if row is None:
            continue
        label, place = row.groups()
        if label.strip():
            floor = 0 if label == "ground" else int(label[-1])
        before, braces, after = re.fullmatch(r"([^{]*)(?:\{(.*)\})?(.*)", place).groups()
        rows |= {f"{before}{name}{after}": floor for name in (braces or "").split(",")}
    return rows


def floor_of(path: Path) -> int:
    name = relative(path)
    places = [place for place in floors() if name == place or (place.endswith("/") and name.startswith(place))]
    assert len(places) == 1, f"docs/architecture.md has {places or 'no place'} for {name}"
    return floors()[places[0]]


def test_the_picture_of_the_floors_names_what_exists():
    missing = [place for place in floors() if not (ROOT / place).exists()]
    assert not missing
    assert set(floors().values()) == {0, 1, 2, 3, 4}


def test_no_file_imports_upwards():
    upwards = [
        f"{relative(path)} imports {relative(other)}"
        for path in FILES
        for other in imported_files(path)
        if floor_of(other) > floor_of(path)
    ]
    assert not upwards


def test_no_files_import_each_other_in_a_circle():
    # A package's own file is left out: it is run before each of its modules whatever they import.
    modules = [path for path in FILES if path.name != "__init__.py"]
    TopologicalSorter({path: imported_files(path) & set(modules) for path in modules}).prepare()


def importers(paths: list[Path], packages: set[str], *, except_in: tuple[str, ...] = ()) -> list[str]:
    """Return the files that import one of the packages, without those in the folders that may."""
    paths = [path for path in paths if not relative(path).startswith(except_in)]
    return [relative(path) for path in paths if imported_packages(path) & packages]


def test_the_core_never_imports_blender():
    assert not importers(CORE_FILES, {"bpy", "mathutils", "addon", "render_eval", "scene_generation"})


def test_only_the_addon_and_the_renderer_import_blender():
    assert not importers(FILES, {"bpy", "mathutils", "bmesh"}, except_in=("addon/", *BLENDER_ROOMS))


def test_only_networks_and_what_trains_import_torch():
    assert not importers(FILES, {"torch"}, except_in=TORCH_ROOMS)


def test_the_inference_path_needs_no_more_than_pip_installs_for_it():
    allowed = INFERENCE_PACKAGES | set(sys.stdlib_module_names) | {"lanet_core"}
    paths = [path for path in CORE_FILES if not relative(path).startswith(TORCH_ROOMS)]
    foreign = {relative(path): sorted(imported_packages(path) - allowed) for path in paths}
    assert not {name: packages for name, packages in foreign.items() if packages}


def test_the_inference_path_runs_where_torch_and_blender_are_absent():
    # None in sys.modules makes an import raise, as it does where the package is not installed.
    program = f"""
import importlib, sys
sys.modules.update(dict.fromkeys(("torch", "bpy", "onnx"), None))
for name in {INFERENCE_PATH}:
    importlib.import_module(name)
training = [name for name in sys.modules if name.startswith(("lanet_core.networks", "lanet_core.training"))]
assert not training, training
"""
    finished = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr

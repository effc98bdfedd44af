"""Build the Blender extension, one zip a platform, with Blender's own tool, and let it validate each.

    python tools/build_extension.py                         dist/lanet_ibl-<version>-linux_x64.zip, linux_arm64,
                                                            dist/lanet_ibl-<version>-py311-windows_x64.zip, py313, …
    python tools/build_extension.py --flavour cuda          dist/lanet_ibl_cuda-<version>-py311-<platform>.zip, py313
    python tools/build_extension.py --platform linux-x64    one of them

A zip holds `addon/` at its root, of `lanet_core` what a conversion needs, the model, the licence, the wheels and the
manifest with their list. All flavours have the same id, so that installing one replaces the other and keeps its
preferences: two ONNX Runtimes never are side by side. CUDA 13 and cuDNN 9 are the user's.

A Blender for Windows or macOS carries its own Python, so that each Python has a zip of its own there, for the versions
of Blender that carry it. Linux distributions build Blender with their own Python: there one zip has the wheels of all
Pythons, except with CUDA, whose wheels weigh 250 MB.
"""

from __future__ import annotations

import argparse
import email
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from core_files import core_files
from fetch_wheels import (
    FLAVOUR_PLATFORMS,
    FLAVOURS,
    PLATFORM_TAGS,
    PYTHONS,
    ROOT,
    Wheel,
    WheelError,
    fetch,
    read_lock,
    wanted_wheels,
)

MODEL = Path("models", "panolanet.onnx")
#: Bytes; more would keep artists from downloading it.
MAX_CPU_ZIP_BYTES = 120_000_000
FLAVOUR_NAMES = {"cuda": "CUDA", "directml": "DirectML"}
#: Lists what the wheels are licensed under.
NOTICES = "THIRD_PARTY.md"
#: The first version of Blender that carries a Python, and the first that carries it no more.
BLENDERS = {"3.11": ("4.2.0", "5.1.0"), "3.13": ("5.1.0", None)}

_LICENCE_TEXT = re.compile(r"/[^/]*(licen[cs]e|notices?|third-?party)[^/.]*(\.txt|\.md)?$", re.IGNORECASE)
_NOTICES_HEADER = """\
# Other people's work in this extension

Each lies unmodified in `wheels/`, with the texts of its licence and of what it contains.

"""


class BuildError(Exception):
    """The extension cannot be built: what is wrong, and what to do."""


def blender_tool() -> Path:
    """Return Blender's script that builds and validates extensions; it runs without Blender.

    Raises:
        BuildError: Blender's Python module is not installed.
    """
    found = importlib.util.find_spec("bpy")
    if found is None or found.origin is None:
        raise BuildError("Blender's tool is missing: pip install bpy, or give --tool PATH/bl_pkg/cli/blender_ext.py.")
    return next(Path(found.origin).parent.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))


def stage(folder: Path, wheels: Iterable[Path], manifest: str) -> None:
    """Lay out the extension's files.

    Args:
        folder: where; it is empty or missing.
        wheels: the wheels' files.
        manifest: the manifest's text, which lists them.

    Raises:
        BuildError: the model is missing.
    """
    if not (ROOT / MODEL).is_file():
        raise BuildError(f"The model is missing: {ROOT / MODEL}.")
    shutil.copytree(ROOT / "addon", folder, ignore=shutil.ignore_patterns("__pycache__", ".*"), dirs_exist_ok=True)
    for file in [*core_files(ROOT), MODEL, Path("LICENSE")]:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / file, folder / file)
    (folder / "wheels").mkdir()
    for wheel in wheels:
        shutil.copy2(wheel, folder / "wheels" / wheel.name)
    (folder / NOTICES).write_text(notices((folder / "wheels").iterdir()), encoding="utf-8")
    (folder / "blender_manifest.toml").write_text(manifest, encoding="utf-8")


def groups(flavour: str, platforms: Sequence[str], pythons: Sequence[str]) -> list[tuple[list[str], tuple[str, ...]]]:
    """Return the platforms and the Pythons whose wheels go into one zip each.

    Args:
        flavour: a key of ``FLAVOURS``.
        platforms: some of the flavour's platforms; none means all of them.
        pythons: some of ``PYTHONS``.
    """
    platforms = platforms or FLAVOUR_PLATFORMS[flavour]
    linux = [each for each in platforms if each.startswith("linux")]
    others = [each for each in platforms if each not in linux]
    single = [(python,) for python in pythons]
    parts = [(linux, each) for each in ([tuple(pythons)] if flavour == "cpu" else single)]
    return [(names, each) for names, each in (*parts, *((others, each) for each in single)) if names]


def filled_manifest(source: str, wheels: Iterable[Wheel], flavour: str, version: str = "") -> str:
    """Return the manifest with the list of wheels, their platforms and the flavour's name.

    Args:
        source: text of the manifest in the repository.
        wheels: what the extension carries.
        flavour: a key of ``FLAVOURS``.
        version: in place of that of the source, for tests of updates.
    """
    wheels = list(wheels)
    text = _with_entry(source, "wheels", sorted({f"./wheels/{wheel.file}" for wheel in wheels}))
    text = _with_entry(text, "platforms", list(dict.fromkeys(wheel.platform for wheel in wheels)))
    if flavour != "cpu":
        name = tomllib.loads(source)["name"]
        text = _with_entry(text, "name", f"{name} ({FLAVOUR_NAMES[flavour]})")
    pythons = {wheel.python for wheel in wheels}
    if len(pythons) == 1 and not any(wheel.platform.startswith("linux") for wheel in wheels):
        first, end = BLENDERS[pythons.pop()]
        text = _with_entry(text, "blender_version_min", first)
        text = _with_entry(text, "blender_version_max", end) if end else text
    return _with_entry(text, "version", version) if version else text


def _with_entry(toml: str, key: str, value: str | list[str]) -> str:
    """Return TOML text in which a key of the top table has another value, or has come to be."""
    line = f"{key} = {json.dumps(value, ensure_ascii=False)}\n"
    changed, count = re.subn(rf"(?m)^{key} = .*\n", lambda _: line, toml, count=1)
    if count:
        return changed
    top, table, rest = toml.partition("\n[")
    return f"{top}{line}{table}{rest}"


def notices(wheels: Iterable[Path]) -> str:
    """Return the list of what the wheels are licensed under, with the paths of the texts.

    Raises:
        BuildError: a wheel names no licence and carries no text of one.
    """
    lines = {_notice(path) for path in wheels}
    return _NOTICES_HEADER + "".join(sorted(lines, key=str.lower))


def _notice(path: Path) -> str:
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
        about = email.message_from_bytes(wheel.read(metadata))
    texts = sorted(name for name in names if _LICENCE_TEXT.search(name))
    if not texts:
        raise BuildError(f"{path.name} carries no text of a licence: it must not be passed on without one.")
    declared = about["License-Expression"] or about["License"] or "the licence in its text"
    return f"- {about['Name']} {about['Version']}: {declared.strip()} ({', '.join(f'`{name}`' for name in texts)})\n"


def build(tool: Path, folder: Path, output: Path) -> list[Path]:
    """Let Blender's tool make one zip a platform of a staged folder, and validate each.

    Args:
        tool: see :func:`blender_tool`.
        folder: see :func:`stage`.
        output: path of the zips; the platform is added to the name.

    Raises:
        BuildError: the tool refuses the extension, or warns.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    place = ["--source-dir", str(folder), "--output-filepath", str(output)]
    _run_tool(tool, "build", *place, "--split-platforms")
    platforms = tomllib.loads((folder / "blender_manifest.toml").read_text(encoding="utf-8"))["platforms"]
    zips = [output.with_name(f"{output.stem}-{platform.replace('-', '_')}.zip") for platform in platforms]
    for path in zips:
        _run_tool(tool, "validate", str(path))
    return zips


def _run_tool(tool: Path, *arguments: str) -> None:
    finished = subprocess.run([sys.executable, str(tool), *arguments], capture_output=True, text=True, encoding="utf-8")
    output = finished.stdout + finished.stderr
    if finished.returncode or finished.stderr or re.search("^(WARN|ERROR|FATAL_ERROR):", output, re.MULTILINE):
        raise BuildError(f"Blender's tool does not {arguments[0]} the extension without a complaint:\n{output.strip()}")


def check_size(path: Path) -> None:
    """Hold a zip of the CPU flavour to its limit.

    Raises:
        BuildError: it is larger.
    """
    size = path.stat().st_size
    if size > MAX_CPU_ZIP_BYTES:
        raise BuildError(f"{path} has {size / 1e6:.0f} MB, more than the {MAX_CPU_ZIP_BYTES / 1e6:.0f} MB allowed.")


def build_flavour(
    flavour: str,
    platforms: Sequence[str],
    pythons: Sequence[str],
    tool: Path,
    wheel_folder: Path,
    output: Path,
    version: str = "",
) -> list[Path]:
    """Fetch, stage, build and validate one flavour for some Pythons; return its zips.

    Args:
        flavour: a key of ``FLAVOURS``.
        platforms: Blender's names; none means all of the flavour's.
        pythons: the versions of Python whose wheels go into each zip.
        tool: see :func:`blender_tool`.
        wheel_folder: where wheels are kept between builds.
        output: folder of the zips.
        version: in place of that of the manifest, for tests of updates.

    Raises:
        BuildError: see :func:`stage`, :func:`build` and :func:`check_size`.
        WheelError: a wheel cannot be had.
    """
    source = (ROOT / "blender_manifest.toml").read_text(encoding="utf-8")
    manifest = tomllib.loads(source)
    wheels = wanted_wheels(read_lock(), flavour, platforms, pythons)
    files = [fetch(wheel, wheel_folder) for wheel in wheels]
    suffix = "" if tuple(pythons) == PYTHONS else "-" + "-".join(f"py{each.replace('.', '')}" for each in pythons)
    name = manifest["id"] if flavour == "cpu" else f"{manifest['id']}_{flavour}"
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="extension-", dir=ROOT / "build") as folder:
        stage(Path(folder), files, filled_manifest(source, wheels, flavour, version))
        zips = build(tool, Path(folder), output / f"{name}-{version or manifest['version']}{suffix}.zip")
    if flavour == "cpu":
        for path in zips:
            check_size(path)
    return zips


def main() -> None:
    """Build what the command line requests."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--flavour", choices=FLAVOURS, default="cpu")
    parser.add_argument("--platform", action="append", choices=PLATFORM_TAGS, default=[])
    parser.add_argument("--python", action="append", choices=PYTHONS, default=[])
    parser.add_argument("--wheels", type=Path, default=ROOT / "build" / "wheels", help="where wheels are kept")
    parser.add_argument("--output", type=Path, default=ROOT / "dist", help="folder of the zips")
    parser.add_argument("--version", default="", help="in place of the manifest's, for tests of updates")
    parser.add_argument("--tool", type=Path, help="Blender's blender_ext.py; by default that of the module bpy")
    arguments = parser.parse_args()
    pythons = tuple(python for python in PYTHONS if python in arguments.python) or PYTHONS
    try:
        for platforms, together in groups(arguments.flavour, arguments.platform, pythons):
            zips = build_flavour(arguments.flavour, platforms, together, arguments.tool or blender_tool(),
                                 arguments.wheels, arguments.output, arguments.version)  # fmt: skip
            for path in zips:
                print(f"built and validated {path} ({path.stat().st_size / 1e6:.0f} MB)")
    except (BuildError, WheelError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()

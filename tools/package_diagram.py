"""Write the diagram of the packages in docs/architecture.md from the import contracts in pyproject.toml.

python tools/package_diagram.py            rewrites the block between the two markers
python tools/package_diagram.py --check    exit status 1 if the block is out of date
"""

from __future__ import annotations

import argparse
import ast
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- packages: begin -->\n", "<!-- packages: end -->\n"
_NAME_WIDTH = 33


def diagram(root: Path = ROOT) -> str:
    """Return the packages as an indented block, each layer below those that import it.

    Args:
        root: folder that contains ``pyproject.toml`` and the packages.
    """
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    lines = []
    for contract in settings["tool"]["importlinter"]["contracts"]:
        for container in contract.get("containers", ()):
            lines += ["", f"    {container}: {summary(root / container)}"]
            for layer in contract["layers"]:
                for name in layer.split(" | "):
                    path = root / container / name
                    shown = f"{container}/{name}/" if path.is_dir() else f"{container}/{name}.py"
                    lines.append(f"    {shown:{_NAME_WIDTH}}{summary(path)}")
    return "\n".join(lines[1:]) + "\n"


def summary(path: Path) -> str:
    """Return the first line of a package's or a module's docstring, without the full stop."""
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0].rstrip(".").replace("`", "")


def updated(page: str, block: str) -> str:
    """Return a page with another block between its markers.

    Raises:
        ValueError: a marker is missing.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{PAGE.name} has no block {BEGIN.strip()} … {END.strip()}.")
    return f"{before}{begin}\n{block}\n{end}{after}"


def main() -> int:
    """Rewrite the page, or check it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit status 1 if the page is out of date")
    arguments = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    new = updated(page, diagram())
    if arguments.check:
        return int(new != page)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Check the project's text: line length and links of Markdown, private words, paths of one machine.

    python tools/check_text.py

Markdown is checked as a whole. Of Python files, the strings are checked that a user may see: all string literals but
docstrings. `tools/private_words.toml` lists the words and their replacements.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORD_LIST = Path(__file__).with_name("private_words.toml")
LINE_LENGTH = 100
README_LINES = 80

#: Folders whose string literals a user sees.
_CODE = ("lanet_core/", "render_eval/", "scene_generation/")
#: Folders of people and of build machines, absolute or reached from the current folder.
_MACHINE_PATH = re.compile(r"(?:(?<![\w.:/])|(?<=\.\.))/(?:work|root|home|Users|mnt)/\w|[A-Z]:\\Users\\\w")
_TEXT_SUFFIXES = {".py", ".md", ".toml", ".json", ".csv", ".yml", ".yaml", ".sh", ".cff", ".svg", ".m", ".lock", ""}
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE_SPAN = re.compile(r"`[^`]*`")


def main() -> int:
    """Print every finding of the tracked files and return the exit status."""
    words = private_words()
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    findings = []
    for name in filter(None, listed.decode().split("\0")):
        path = ROOT / name
        if path.suffix not in _TEXT_SUFFIXES or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        if not name.startswith("tests/"):
            findings += [f"{name}:{finding}" for finding in machine_paths(text)]
        if path.suffix == ".md":
            findings += [f"{name}:{finding}" for finding in check_markdown(path, text, words)]
        elif path.suffix == ".py" and name.startswith(_CODE):
            findings += [f"{name}:{finding}" for finding in check_strings(text, words)]
    print("\n".join(findings) or "The text is in order.")
    return 1 if findings else 0


def private_words(path: Path = WORD_LIST) -> list[tuple[re.Pattern[str], str]]:
    """Return (pattern, replacement) of each private word."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))["words"]
    return [(re.compile(rf"\b(?:{word})\b", re.IGNORECASE), standard) for word, standard in table.items()]


def machine_paths(text: str) -> Iterator[str]:
    """Yield the lines that contain a path of one machine."""
    for number, line in enumerate(text.splitlines(), 1):
        if match := _MACHINE_PATH.search(line):
            yield f"{number}: the path of one machine, {match[0]}…"


def check_markdown(path: Path, text: str, words: list[tuple[re.Pattern[str], str]]) -> Iterator[str]:
    """Yield long lines, links to missing files and private words; code is left out, and the length of tables."""
    lines = text.splitlines()
    if path.name == "README.md" and path.parent == ROOT and len(lines) > README_LINES:
        yield f"{len(lines)}: the README has more than {README_LINES} lines"
    in_code = False
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("```"):
            in_code = not in_code
        if in_code or line.startswith("    "):  # commands and their output
            continue
        if len(line) > LINE_LENGTH and not line.lstrip().startswith("|"):
            yield f"{number}: {len(line)} characters, more than {LINE_LENGTH}"
        for target in _LINK.findall(line):
            file = target.partition("#")[0]
            if file and "://" not in target and not (path.parent / file).exists():
                yield f"{number}: there is no {file}"
        yield from _private(number, _CODE_SPAN.sub("", line), words)


def check_strings(source: str, words: list[tuple[re.Pattern[str], str]]) -> Iterator[str]:
    """Yield private words in the string literals of a Python file, without docstrings and single words."""
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    parts = {id(value) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for value in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(value.value if isinstance(value, ast.Constant) else "…" for value in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings | parts:
            text = node.value
        else:
            continue
        if " " in text.strip():
            yield from _private(node.lineno, text, words)


def _private(number: int, text: str, words: list[tuple[re.Pattern[str], str]]) -> Iterator[str]:
    for pattern, standard in words:
        if match := pattern.search(text):
            yield f"{number}: {match[0]!r}; write {standard}"


if __name__ == "__main__":
    sys.exit(main())

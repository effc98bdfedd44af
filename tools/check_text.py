"""Check the project's text: line length and links of Markdown, private words, paths of one machine.

    python tools/check_text.py

Markdown is checked as a whole. Of Python files, docstrings, comments, names, and the strings that a user may see: all
string literals but those of tests and tools. `tools/private_words.toml` lists the words and their replacements.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORD_LIST = Path(__file__).with_name("private_words.toml")
LINE_LENGTH = 100
README_LINES = 80

Words = list[tuple[re.Pattern[str], str]]

#: Folders whose string literals a user sees.
_FOR_USERS = ("addon/", "lanet_core/", "render_eval/", "scene_generation/")
#: Folders of people and of build machines, absolute or reached from the current folder.
_MACHINE_PATH = re.compile(r"(?:(?<![\w.:/])|(?<=\.\.))/(?:work|root|home|Users|mnt)/\w|[A-Z]:\\Users\\\w")
_TEXT_SUFFIXES = {".py", ".md", ".toml", ".json", ".csv", ".yml", ".yaml", ".sh", ".cff", ".svg", ".m", ".lock", ""}
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE_SPAN = re.compile(r"`[^`]*`")
_WORD_OF_NAME = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


def main() -> int:
    """Print every finding of the tracked files and return the exit status."""
    words, names = private_words("words"), private_words("names")
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
        elif path.suffix == ".py":
            findings += [f"{name}:{finding}" for finding in check_python(name, text, words, names)]
    print("\n".join(findings) or "The text is in order.")
    return 1 if findings else 0


def private_words(table: str = "words", path: Path = WORD_LIST) -> Words:
    """Return (pattern, replacement) of each private word of a table."""
    words = tomllib.loads(path.read_text(encoding="utf-8"))[table]
    return [(re.compile(rf"\b(?:{word})\b", re.IGNORECASE), standard) for word, standard in words.items()]


def allowed_words(name: str, path: Path = WORD_LIST) -> Words:
    """Return the patterns of the words that a file may use, in the form of :func:`private_words`."""
    allowed = tomllib.loads(path.read_text(encoding="utf-8"))["allowed"]
    return [(re.compile(word, re.IGNORECASE), "") for word, files in allowed.items() if name.startswith(tuple(files))]


def machine_paths(text: str) -> Iterator[str]:
    """Yield the lines that contain a path of one machine."""
    for number, line in enumerate(text.splitlines(), 1):
        if match := _MACHINE_PATH.search(line):
            yield f"{number}: the path of one machine, {match[0]}…"


def check_markdown(path: Path, text: str, words: Words) -> Iterator[str]:
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


def check_python(name: str, source: str, words: Words, names: Words) -> Iterator[str]:
    """Yield private words of a Python file, but for those that it may use."""
    found = [*check_remarks(source, words), *check_names(name, source, names)]
    if name.startswith(_FOR_USERS):
        found += check_strings(source, words)
    allowed = [pattern for pattern, _ in allowed_words(name)]
    for finding in found:
        word = finding.split("'")[1]
        if not any(pattern.fullmatch(word) for pattern in allowed):
            yield finding


def check_remarks(source: str, words: Words) -> Iterator[str]:
    """Yield private words in the docstrings and comments of a Python file; code in backquotes is left out."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield from _private(token.start[0], _CODE_SPAN.sub("", token.string), words)
    for node in _docstrings(ast.parse(source)):
        for number, line in enumerate(node.value.splitlines(), node.lineno):
            yield from _private(number, _CODE_SPAN.sub("", line), words)


def check_names(name: str, source: str, names: Words) -> Iterator[str]:
    """Yield private words in a file's name and in the names that it defines."""
    defined = [(1, Path(name).stem)]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            defined.append((node.lineno, node.name))
        elif isinstance(node, ast.arg):
            defined.append((node.lineno, node.arg))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            defined.append((node.lineno, node.id))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            defined.append((node.lineno, node.attr))
    for number, each in defined:
        yield from _private(number, " ".join(_WORD_OF_NAME.findall(each)), names)


def _docstrings(tree: ast.AST) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            match node.body[0]:
                case ast.Expr(ast.Constant(str()) as docstring):
                    yield docstring


def check_strings(source: str, words: Words) -> Iterator[str]:
    """Yield private words in the string literals of a Python file, without docstrings and single words."""
    tree = ast.parse(source)
    docstrings = {id(node) for node in _docstrings(tree)}
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


def _private(number: int, text: str, words: Words) -> Iterator[str]:
    for pattern, standard in words:
        if match := pattern.search(text):
            yield f"{number}: {match[0]!r}; write {standard}"


if __name__ == "__main__":
    sys.exit(main())

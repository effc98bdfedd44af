"""The English texts of the extension that Blender shows, read from its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ADDON = Path(__file__).resolve().parents[1] / "addon"
#: What only scripts and the command line see.
_NOT_SHOWN = (
    "command_line.py",
    "command_arguments.py",
    "lanet.py",
    "worker/client.py",
    "worker/environment.py",
    "worker/process.py",
    "worker/wording.py",
)
_TEXT_ATTRIBUTES = {"bl_label", "bl_description"}
_TEXT_ARGUMENTS = {"name", "description", "text", "heading"}
#: Functions whose first text is shown; and what takes items of an enumeration.
_TEXT_FUNCTIONS = {"tr", "show_text", "AddonError", "draw_text", "Message", "_fail", "_left_alone", "append", "_error"}
#: Where the text is, if it is not the first argument.
_POSITIONS = {"draw_text": 2, "_error": 1}
_PROPERTIES = {"BoolProperty", "EnumProperty", "FloatProperty", "IntProperty", "PointerProperty", "StringProperty"}
_LAYOUT = {"label", "operator", "prop", "template_ID", "column", "row", "menu", "draw_text", "progress"}
#: Constants with such texts: tables of items, of stages and of names.
_TABLES = {"STAGES", "FITS", "EYES", "PRECISIONS", "SURFACES", "_PROVIDERS", "_NAMES", "_SOURCES", "_REFUSED_SOURCES"}
#: Constants that are such texts.
_NAMED = {
    "BLUR",
    "BUTTON",
    "EXPOSURE",
    "HIGHLIGHTS",
    "NARROW_BUTTON",
    "NOTE",
    "PEAK_LIMIT",
    "SATURATION",
    "WARMTH",
    "_HINT",
    "_CLAMPS",
    "_BENDS",
}
#: Proper names and signs.
_UNTRANSLATED = {"LANet IBL", "LDR", "HDR", "DirectML", "Core ML", "CUDA", "CPU", "0", "U", "V", "…"}


def interface_texts() -> dict[str, str]:
    """Return the texts, each with the file that shows it."""
    found: dict[str, str] = {}
    for path in sorted(ADDON.rglob("*.py")):
        name = path.relative_to(ADDON).as_posix()
        if name.startswith(_NOT_SHOWN):
            continue
        for text in texts_of(ast.parse(path.read_text(encoding="utf-8"))):
            if text not in _UNTRANSLATED and any(letter.isalpha() for letter in text):
                found.setdefault(text, name)
    return found


def texts_of(tree: ast.AST) -> Iterator[str]:
    """Yield the texts of a module."""
    constants = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from _of_class(node, constants)
        elif isinstance(node, ast.Assign):
            yield from _of_assignment(node)
        elif isinstance(node, ast.Call):
            yield from _of_call(node, constants)
        elif isinstance(node, ast.FunctionDef) and node.name in ("_place_of", "stage"):
            returned = (part for part in ast.walk(node) if isinstance(part, ast.Return))
            yield from (each for part in returned for each in _strings(part) if each[:1].isupper())
        elif isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple):
            yield from (
                each for item in node.iter.elts if isinstance(item, ast.Tuple) for each in _strings(item.elts[-1])
            )


def _of_class(node: ast.ClassDef, constants: dict[str, ast.expr]) -> Iterator[str]:
    for part in node.body:
        if isinstance(part, ast.Assign) and part.targets[0].id in _TEXT_ATTRIBUTES:
            yield from _resolved(part.value, constants)


def _of_assignment(node: ast.Assign) -> Iterator[str]:
    for target in node.targets:
        targets = target.elts if isinstance(target, ast.Tuple) else [target]
        names = [each.id if isinstance(each, ast.Name) else getattr(each, "attr", "") for each in targets]
        if names[0] in _TABLES or names[0] in _NAMED:
            yield from _table(node.value)
        if names[0] == "text":
            yield from _resolved(node.value, {})
        if names[-1] == "stage":
            yield from (each for each in _strings(node.value) if each[:1].isupper())


def _of_call(node: ast.Call, constants: dict[str, ast.expr]) -> Iterator[str]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if name in _TEXT_FUNCTIONS and node.args:
        position = _POSITIONS.get(name, 0)
        yield from _resolved(node.args[position], constants) if position < len(node.args) else ()
    hidden = any(each.arg == "options" and "HIDDEN" in _strings(each.value) for each in node.keywords)
    if name in _PROPERTIES and not hidden:
        for each in node.keywords:
            if each.arg in _TEXT_ARGUMENTS:
                yield from _resolved(each.value, constants)
            elif each.arg == "items" and isinstance(each.value, ast.Tuple):
                yield from _table(each.value)
    if name in _LAYOUT:
        yield from (
            text
            for each in node.keywords
            if each.arg in ("text", "heading")
            for text in _resolved(each.value, constants)
        )


def _resolved(node: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    """Yield the text of a constant, of a name of one, and of both sides of a condition."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Name) and node.id in constants:
        yield from _resolved(constants[node.id], {})
    elif isinstance(node, ast.IfExp):
        yield from _resolved(node.body, constants)
        yield from _resolved(node.orelse, constants)


def _table(node: ast.expr) -> Iterator[str]:
    """Yield labels and tooltips of items, or the values of a dictionary."""
    if isinstance(node, ast.Dict):
        for value in node.values:
            yield from _resolved(value, {})
    elif isinstance(node, ast.Tuple | ast.List):
        for item in node.elts:
            if isinstance(item, ast.Tuple):
                yield from (text for each in item.elts[1:3] for text in _resolved(each, {}))
    else:
        yield from _resolved(node, {})


def _strings(node: ast.AST) -> list[str]:
    return [each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)]

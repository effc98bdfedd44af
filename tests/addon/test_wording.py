"""Messages of the command line are reworded for Blender."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from core_files import core_files

from addon.worker.wording import for_artist

ROOT = Path(__file__).resolve().parents[2]


def texts_of_messages() -> list[str]:
    """Return every text in a raised error or a remedy, of all that the worker runs, that names an option."""
    texts = []
    for path in core_files(ROOT):
        if path.name == "worker.py":  # its own options are the client's affair
            continue
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "--" in node.value:
                texts.append(node.value)
    return [text for text in texts if "\n" not in text]


def test_no_option_of_the_command_line_reaches_the_artist():
    texts = texts_of_messages()
    assert len(texts) >= 4
    for text in texts:
        assert not re.search("--[a-z]", for_artist(text)), text


def test_other_words_stay():
    assert for_artist("Install what is missing, or use --provider auto or cpu.") == (
        "Install what is missing, or choose Automatic or CPU in the extension's preferences."
    )
    assert for_artist("sky--2.jpg: The file is cut short.") == "sky--2.jpg: The file is cut short."

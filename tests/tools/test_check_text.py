"""What tools/check_text.py finds in text, and what it leaves alone."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def check_text():
    spec = importlib.util.spec_from_file_location("check_text", ROOT / "tools/check_text.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def findings(check_text, tmp_path):
    """Return a function that checks a page and returns its findings."""
    (tmp_path / "there.md").write_text("")

    def of(text: str) -> list[str]:
        return list(check_text.check_markdown(tmp_path / "page.md", text, check_text.private_words()))

    return of


def test_a_page_in_order_has_no_findings(findings):
    assert not findings("# Title\n\nSee [another page](there.md#part) and [a site](https://example.com).\n")


def test_a_long_line_is_found_but_not_in_a_table(findings):
    assert findings("word " * 20) == []
    assert findings("é" * 101) == ["1: 101 characters, more than 100"]
    assert findings("| " + "cell " * 40 + "|") == []
    assert findings("    " + "output " * 40) == []


def test_a_link_to_a_missing_file_is_found(findings):
    assert findings("[a](there.md) [b](missing.md#part)") == ["1: there is no missing.md"]


@pytest.mark.parametrize("text", ["The file says so.", "A Picture.", "It lies beside it.", "The matte ball"])
def test_private_words_are_found_in_prose(findings, text):
    assert findings(text)


@pytest.mark.parametrize("text", ["`picture.py` and `says`", "```\npicture says\n```", "    picture says", "essays"])
def test_code_and_longer_words_are_left_alone(findings, text):
    assert not findings(text)


def test_private_words_are_found_in_strings_without_docstrings_and_names(check_text):
    words = check_text.private_words()
    source = '"""A picture says it."""\ndef f(picture):\n    """A picture."""\n    return {}\n'
    assert not list(check_text.check_strings(source.format('"picture"'), words))
    (finding,) = check_text.check_strings(source.format('f"Not a {picture} picture."'), words)
    assert finding.startswith("4: 'picture'; write image")


def test_private_words_are_found_in_docstrings_and_comments(check_text):
    source = '"""A module.\n\nIt knows `says`."""\nx = "it says"  # as told\n'
    found = check_text.check_remarks(source, check_text.private_words())
    assert sorted(each.partition(";")[0] for each in found) == ["3: 'knows'", "4: 'told'"]


@pytest.mark.parametrize(
    ("name", "source", "found"),
    [
        ("lanet_core/told.py", "", ["1: 'told'"]),
        ("a.py", "def answer(): pass", ["1: 'answer'"]),
        ("a.py", "class StripReader: pass", ["1: 'Strip'"]),
        ("a.py", "def read(strip_rows): pass", ["1: 'strip'"]),
        ("a.py", "\nself.twin = _NOBODY = 1", ["2: 'NOBODY'", "2: 'twin'"]),
        ("a.py", 'text.strip()\nstripped = says()\nx = "told"', []),
    ],
)
def test_private_words_are_found_in_names_where_they_are_defined(check_text, name, source, found):
    findings = check_text.check_names(name, source, check_text.private_words("names"))
    assert sorted(each.partition(";")[0] for each in findings) == found


def test_a_file_may_use_the_words_of_its_format(check_text):
    words = check_text.private_words(), check_text.private_words("names")
    source = '"""Strips of a file."""\nstrip = 1  # a twin\n'
    assert len(list(check_text.check_python("lanet_core/files/decoder.py", source, *words))) == 1
    assert len(list(check_text.check_python("lanet_core/files/exr.py", source, *words))) == 3


@pytest.mark.parametrize("text", ["/home/anna/data", "see /root/runs", "C:\\Users\\anna", "../../root/runs/best.pt"])
def test_paths_of_a_machine_are_found(check_text, text):
    assert len(list(check_text.machine_paths(f"first\n{text}\n"))) == 1


@pytest.mark.parametrize("text", ["/usr/bin/time", "../shared/data", "https://example.com/home/page", "a/work/b"])
def test_other_paths_are_left_alone(check_text, text):
    assert not list(check_text.machine_paths(text))


def test_a_word_list_names_a_replacement_for_each_word(check_text):
    for words in (check_text.private_words(), check_text.private_words("names")):
        assert len(words) > 10
        assert all(standard for _, standard in words)

"""The catalogues of translated texts: every text that Blender shows is in all of them, with the same values."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from interface_texts import interface_texts

from addon.message_catalogue import read_catalogue

FOLDER = Path(__file__).resolve().parents[2] / "addon" / "languages"
LANGUAGES = ("de", "es", "fr", "ja", "zh_HANS")
TEXTS = interface_texts()
#: The same word in some of the languages.
_SAME = {
    "Albedo",
    "Angle",
    "Highlights",
    "Name",
    "Transparent",
    "Documentation",
    "Rotation",
    "Surface",
    "Saturation",
    "CPU",
}


def catalogue(language: str) -> dict[str, str]:
    return read_catalogue((FOLDER / f"{language}.po").read_text(encoding="utf-8"))


def values(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_texts_of_every_kind_are_found_in_the_source():
    for text in (
        "Convert LDR Environment to HDR",
        "Lights Found",
        "Low",
        "The camera sees a colour",
        "{name}: {share} % was clipped.",
        "Reconstructing the light",
        "limits the light to white",
        "The lamps of the former light were removed.",
        "A conversion is running",
    ):
        assert text in TEXTS


def test_there_is_a_catalogue_of_each_language():
    assert sorted(path.stem for path in FOLDER.glob("*.po")) == sorted(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language):
    translated = catalogue(language)
    missing = [f"{text} ({TEXTS[text]})" for text in TEXTS if text not in translated]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("language", LANGUAGES)
def test_values_and_signs_are_kept(language):
    for text, translation in catalogue(language).items():
        assert values(translation) == values(text), translation
        assert translation == translation.strip(), translation
        for sign in ("…", "// ", "`lanet export`", "'hdr_library'", "{stem}"):
            assert (sign in translation) == (sign in text), translation
        assert text[-1] not in ".:" or translation[-1] in ".:。：", translation


@pytest.mark.parametrize("language", LANGUAGES)
def test_few_texts_are_left_in_english(language):
    same = {text for text, translation in catalogue(language).items() if text == translation}
    assert same <= _SAME | {text for text in TEXTS if text.startswith("Albedo 0.")} | {"CPU Threads"}, same


def test_a_catalogue_is_read_as_gettext_reads_it():
    lines = ('msgid ""', 'msgstr ""', r'"Language: x\n"', "", "# a comment", r'msgid "a \"b\""', 'msgstr ""', '"c "',
             r'"d\\"', 'msgid "e"', 'msgstr ""')  # fmt: skip
    text = "\n".join(lines)
    assert read_catalogue(text) == {'a "b"': "c d\\"}

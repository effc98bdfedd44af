"""Checks inside Blender: the panel in other languages."""

from __future__ import annotations

import bpy
from enabled_extension import convert, disable, file_scene, part

#: Blender's name of each language; it depends on the version.
LANGUAGES = {
    "de": ("de_DE", "de"),
    "fr": ("fr_FR", "fr"),
    "es": ("es", "es_ES"),
    "ja": ("ja_JP", "ja"),
    "zh_HANS": ("zh_HANS", "zh_CN"),
}


def use(language: str) -> None:
    view = bpy.context.preferences.view
    known = bpy.app.translations.locales
    view.language = next(name for name in LANGUAGES[language] if name in known)
    view.use_translate_interface = view.use_translate_tooltips = True


def check_texts_and_messages_are_in_the_language_of_the_interface(folder):
    file_scene(folder)
    translations = bpy.app.translations
    if not translations.locales:
        return  # this Blender was built without languages
    catalogues = part("message_catalogue")
    for language in LANGUAGES:
        use(language)
        file = part("translation")._FOLDER / f"{language}.po"
        catalogue = catalogues.read_catalogue(file.read_text(encoding="utf-8"))
        for text in ("Lights Found", "Calibrate by a Surface", "{name} is an asset now."):
            assert translations.pgettext_iface(text) == catalogue[text] != text, (language, text)
        label = bpy.ops.lanet.convert_files.get_rna_type().name
        assert translations.pgettext_iface(label, "Operator") == catalogue["Convert Files to HDR"]
        convert()
        (first, *_) = part("session").current().messages
        start = catalogue["{name}: {share} % was clipped; the brightest light is now {peak} EV above white."]
        assert first.text.startswith(start.partition("{share}")[0].format(name="street.png")), first.text
    disable()
    assert translations.pgettext_iface("Lights Found") == "Lights Found"


def check_lines_are_broken_in_every_script(folder):
    file_scene(folder)
    wrapped, width = part("panels.text").wrapped, part("panels.text")._width
    for text in (
        "The .blend is not saved yet, so the HDR is kept with the extension's data.",
        "まだ保存されていないため、HDR は拡張機能のデータと共に保管されています。",
        "将 1.7:1 至 2.3:1 的图像拉伸为 2:1，作为整个球面",
        "/a/very/long/path/without/any/space/that/is/longer/than/a/line.exr: It is missing.",
    ):
        lines = wrapped(text, 24)
        assert len(lines) > 1 and all(0 < width(line) <= 25 for line in lines), lines
        assert "".join("".join(lines).split()) == "".join(text.split())
        assert not any(line[0] in "、。，" for line in lines)
    assert wrapped("short", 24) == ["short"] and wrapped("", 24) == []

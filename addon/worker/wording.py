"""The converter's remedies name options of the command line; here they become what the artist has in their place."""

from __future__ import annotations

_IN_BLENDER = {
    "pass --model": "choose one in the extension's preferences",
    "omit --model": "leave the model in the extension's preferences empty",
    "use --provider auto or cpu": "choose Automatic or CPU in the extension's preferences",
    "use --provider auto": "choose Automatic in the extension's preferences",
    "pass --eye left or --eye right": "set Eye to Left or Right in the panel",
    "pass --eye top or --eye bottom": "set Eye to Top or Bottom in the panel",
    "omit --eye": "set Eye to Automatic in the panel",
    "pass --stretch if": "choose Stretch in the panel if",
    "crop or pad it to 2:1": "choose Pad in the panel",
    "pass --force to": "turn on Convert Anyway in the panel to",
    "pass --image to convert a photograph": "use a panorama instead",
    "pass --extend to": "use the command lanet to",
    "omit --confidence, or use": "use",
    "run `lanet` with --debug and report what it prints": "report it with what Blender's console shows",
}


def for_artist(message: str) -> str:
    """Return a message of the converter's in the terms of Blender."""
    for option, place in _IN_BLENDER.items():
        message = message.replace(option, place).replace(_capital(option), _capital(place))
    return message


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]

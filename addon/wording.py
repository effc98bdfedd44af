"""The converter's remedies name options of the command line; here they become what the artist has in their place."""

from __future__ import annotations

_IN_BLENDER = {
    "give --model": "choose one in the extension's preferences",
    "leave --model out": "leave the model in the extension's preferences empty",
    "use --provider auto or cpu": "choose Automatic or CPU in the extension's preferences",
    "use --provider auto": "choose Automatic in the extension's preferences",
}


def for_artist(message: str) -> str:
    """Return a message of the converter's in the terms of Blender."""
    for option, place in _IN_BLENDER.items():
        message = message.replace(option, place).replace(_capital(option), _capital(place))
    return message


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]

"""What was said, made comparable: the text helpers that all grammars of this package share."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MAX_SAID = 120
"""A longer text is no date, number or currency."""

_SAME = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "½": " 1/2",
        "¼": " 1/4",
        "¾": " 3/4",
    }
)
_FULL_STOP = re.compile(r"(?<=[a-z]{2})\.$")
_AROUND = re.compile(r"^[\s\"'(]+|[\s\"'),;:!?]+$")


class Unclear(ValueError):
    """A text that does not say one thing: the reason becomes a violation."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Ambiguous(Unclear):
    """A text that says such a thing, and could mean two."""


class Impossible(Unclear):
    """A text of the right form that says something that does not exist, such as the 30th of February."""


@lru_cache(maxsize=2048)
def fold(text: str) -> str:
    """`text` in lower case with plain quotes, dashes, digits and single spaces, outer punctuation gone.

    Raises:
        Unclear: the text is empty or longer than `MAX_SAID`.
    """
    if len(text) > MAX_SAID:
        raise Unclear("the text is too long for this")
    plain = unicodedata.normalize("NFC", text).translate(_SAME)
    plain = "".join(_digit(character) for character in plain).casefold()
    plain = _FULL_STOP.sub("", " ".join(_AROUND.sub("", plain).split()))
    if not plain:
        raise Unclear("nothing was said")
    return plain


def ascii_fold(text: str) -> str:
    """`text` without accents."""
    parts = unicodedata.normalize("NFKD", text.replace("ł", "l").replace("đ", "d"))
    return "".join(character for character in parts if not unicodedata.combining(character))


def singular(word: str) -> str:
    """`word` without an English plural ending; a comparison form, not always a word."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith("ss") else word


def _digit(character: str) -> str:
    if character < "\u0080" or not character.isdecimal():
        return character
    return str(unicodedata.decimal(character))

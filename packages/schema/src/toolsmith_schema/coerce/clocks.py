"""Times of day as people say them: ``3pm``, ``15h30``, ``half past seven``, ``8 tonight``, ``noon``.

Choices, where English leaves one:

- an hour from 1 to 6 without am or pm is in the afternoon (``at five`` is 17:00), from 7 to 11 in the
  morning, and 12 is noon; two digits (``03:30``) or a 24-hour value (``15:30``) are taken as they are;
- parts of the day: morning 9:00, afternoon 14:00, evening 18:00, night and tonight 20:00; meals: breakfast
  8:00, brunch 11:00, lunch 12:00, dinner 19:00, an hour later for after breakfast, lunch or dinner; the end
  of the day 17:00, after work 18:00;
- ``half seven`` is 7:30, as in Britain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import Final, Literal

from toolsmith_schema.coerce.amounts import number
from toolsmith_schema.coerce.said import Impossible, Unclear, fold

Part = Literal["morning", "afternoon", "evening", "night"]
"""A part of the day, which settles the half of the day that an hour is in."""

PARTS: Final[dict[str, Part]] = {
    "morning": "morning",
    "mornin": "morning",
    "afternoon": "afternoon",
    "evening": "evening",
    "night": "night",
    "nite": "night",
    "tonight": "night",
    "tonite": "night",
    "2nite": "night",
}
"""Word → part of the day."""

DEFAULTS: Final[dict[Part, time]] = {
    "morning": time(9),
    "afternoon": time(14),
    "evening": time(18),
    "night": time(20),
}
"""The time that a part of the day alone stands for."""

_NAMED = {
    "noon": time(12),
    "midday": time(12),
    "12 noon": time(12),
    "breakfast": time(8),
    "after breakfast": time(9),
    "brunch": time(11),
    "lunch": time(12),
    "lunchtime": time(12),
    "lunch time": time(12),
    "after lunch": time(13),
    "after work": time(18),
    "dinner": time(19),
    "dinnertime": time(19),
    "supper": time(19),
    "after dinner": time(20),
    "midnight": time(0),
    "12 midnight": time(0),
    "first thing": time(9),
    "end of day": time(17),
    "eod": time(17),
    "close of business": time(17),
    "cob": time(17),
}
_LEAD = re.compile(r"^(at|by|around|about|from|starting at|starting|start at|@|exactly|sharp)\s+(?=\S)|^@")
_TAIL = re.compile(r"[ -](sharp|exactly|on dot|local time)$|(?<=[0-9m])[ -]?ish$|(?<=[0-9]{4}) (hours|hrs)$")
_HALF = re.compile(r"(?P<rest>.*?[0-9a-z'])\s?(?P<half>[ap])(?:\.\s?m\.?|m)\.?")
_IN_THE = re.compile(
    r"(?P<rest>.+?) (?:in |at |this |of )?(?P<part>morning|afternoon|evening|night|tonight|tonite)"
)
_PART_FIRST = re.compile(
    r"(?:in |this |at )?(?P<part>morning|afternoon|evening|night|tonight|tonite|2nite)"
    r"(?:,? (?:at |around |by )?(?P<rest>.+))?"
)
_WRITTEN = re.compile(r"(?P<h>[0-9]{1,2})(?:[:.](?P<m>[0-9]{2})(?::(?P<s>[0-9]{2}))?)?")
_FRENCH = re.compile(r"(?P<h>[0-9]{1,2})\s?h(?:\s?(?P<m>[0-9]{2}))?")
_MILITARY = re.compile(r"(?P<h>[01][0-9]|2[0-3])(?P<m>[0-5][0-9])")
_PAST = re.compile(
    r"(?P<n>.+?)(?: minutes?| mins?)? (?P<way>past|after|to|before|till|until|of) (?P<hour>[a-z0-9]+)"
)
_HALF_HOUR = re.compile(r"half (?P<hour>[a-z0-9]+)")
_OCLOCK = re.compile(r" ?o['\"]? ?clock$")
_SHARES = {"quarter": 15, "a quarter": 15, "half": 30}
_MINUTES = {5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55}


@dataclass(frozen=True, kw_only=True)
class Clock:
    """A time of day and how certain its half of the day is."""

    time: time
    """The time under this module's choices."""
    half_known: bool = True
    """False when the half of the day was chosen by this module and not said."""
    named: bool = False
    """True for a part of the day alone (``morning``), which stands for its default time."""
    part: Part | None = None
    """The part of the day that was said, if any."""
    midnight: bool = False
    """True for the word midnight, which ends the day that it is said of."""


def clock(text: str, hint: Part | None = None) -> Clock:
    """The time of day that `text` says; `hint` is a part of the day that was said elsewhere.

    Raises:
        Unclear: it says none, an impossible one, or could mean two.
    """
    said = re.sub(r"\bthe ", "", fold(text))
    while (shorter := _TAIL.sub("", _LEAD.sub("", said))) != said:
        said = shorter
    return _clock(said, hint)


def _clock(said: str, hint: Part | None) -> Clock:
    if said in _NAMED:
        return Clock(time=_NAMED[said], midnight="midnight" in said)
    if match := _PART_FIRST.fullmatch(said):
        part = PARTS[match["part"]]
        if match["rest"] is None:
            return Clock(time=DEFAULTS[part], named=True, part=part)
        return _clock(match["rest"], part)
    if match := _HALF.fullmatch(said):
        return _with_half(_OCLOCK.sub("", match["rest"]), match["half"] + "m")
    if match := _IN_THE.fullmatch(said):
        return _clock(match["rest"], PARTS[match["part"]])
    hour, minute, second, certain = _face(_OCLOCK.sub("", said))
    if certain or hour == 0 or hour > 12:
        return _contradiction_checked(_make(hour, minute, second), hint)
    if hint:
        return Clock(
            time=_in_part(hour, minute, second, hint), part=hint, midnight=hint == "night" and hour == 12
        )
    return Clock(time=_make(hour + 12 if hour < 7 else hour, minute, second), half_known=False)


def _with_half(said: str, half: str) -> Clock:
    said = re.sub(r"(?<![0-9])([0-9]{1,2})([0-9]{2})$", r"\1:\2", said.strip()) if said.isdigit() else said
    hour, minute, second, _ = _face(said)
    if half == "pm" and 12 < hour < 24:
        return Clock(time=_make(hour, minute, second))
    if not 1 <= hour <= 12 and (hour, half) != (0, "am"):
        raise Impossible(f"hour {hour} does not go with {half}")
    return Clock(time=_make(hour % 12 + (12 if half == "pm" else 0), minute, second))


def _in_part(hour: int, minute: int, second: int, part: Part) -> time:
    """An hour from 1 to 12 in a part of the day."""
    if part == "morning":
        return _make(hour % 12 if hour < 12 else 12, minute, second)
    if part == "night" and (hour == 12 or hour < 5):
        return _make(hour % 12, minute, second)
    return _make(hour % 12 + 12, minute, second)


def _contradiction_checked(value: time, hint: Part | None) -> Clock:
    """A 24-hour time, refused where the part of the day said beside it is another half."""
    if (hint == "morning" and value.hour >= 12) or (hint in ("afternoon", "evening") and value.hour < 12):
        raise Impossible(f"{value:%H:%M} is not in the {hint}")
    return Clock(time=value, part=hint)


def _face(said: str) -> tuple[int, int, int, bool]:
    """Hour, minute, second and whether the hour is on the 24-hour clock for certain."""
    if match := _FRENCH.fullmatch(said):
        return int(match["h"]), int(match["m"] or 0), 0, True
    if match := _MILITARY.fullmatch(said):
        return int(match["h"]), int(match["m"]), 0, True
    if match := _WRITTEN.fullmatch(said):
        certain = bool(match["m"]) and len(match["h"]) == 2 and match["h"].startswith("0")
        return int(match["h"]), int(match["m"] or 0), int(match["s"] or 0), certain
    if match := _HALF_HOUR.fullmatch(said):
        return _hour(match["hour"]), 30, 0, False
    if match := _PAST.fullmatch(said):
        minutes, hour = _minutes(match["n"]), _hour(match["hour"])
        if match["way"] in ("past", "after"):
            return hour, minutes, 0, False
        return (hour - 1) or 12, 60 - minutes, 0, False
    return _spoken(said)


def _spoken(said: str) -> tuple[int, int, int, bool]:
    """``seven``, ``seven thirty``, ``seven oh five``, ``twelve forty-five``, ``eighteen``, ``twenty two``."""
    if re.fullmatch(r"[a-z]+([ -][a-z]+)?", said) and (whole := _number_or_none(said)) in range(13, 24):
        return whole, 0, 0, True
    head, _, tail = said.replace("-", " ").partition(" ")
    hour = _hour(head)
    if not tail:
        return hour, 0, 0, False
    minute = int(number(tail.removeprefix("oh ").removeprefix("o ")))
    spelled_small = minute < 10 and not tail.startswith(("oh ", "o "))
    if spelled_small or not 0 < minute < 60 or tail.split()[-1].isdigit():
        raise Unclear("this is no time of day")
    return hour, minute, 0, False


def _hour(word: str) -> int:
    value = _number_or_none(word) if re.fullmatch(r"[0-9]{1,2}|[a-z]+", word) else -1
    if value not in range(1, 13):
        raise Unclear("this is no time of day")
    return value


def _number_or_none(words: str) -> int:
    """The whole number that `words` say, or -1."""
    try:
        value = number(words)
    except Unclear:
        return -1
    return int(value) if value.denominator == 1 else -1


def _minutes(words: str) -> int:
    if words in _SHARES:
        return _SHARES[words]
    value = _number_or_none(words)
    if value not in _MINUTES:
        raise Unclear("this is no time of day")
    return value


def _make(hour: int, minute: int, second: int) -> time:
    try:
        return time(hour, minute, second)
    except ValueError:
        raise Impossible(f"there is no time {hour}:{minute:02}") from None

"""One said value → what one scalar schema asks for. Each function returns the value or raises `Unclear`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from toolsmith_schema.check import CURRENCY_PATTERN
from toolsmith_schema.coerce.amounts import number, whole_or_decimal
from toolsmith_schema.coerce.clocks import PARTS, Part, clock
from toolsmith_schema.coerce.durations import UNITS, duration
from toolsmith_schema.coerce.moments import day_and_part, moment
from toolsmith_schema.coerce.money import without_currency
from toolsmith_schema.coerce.said import Unclear, fold, singular

_TRUE = {"yes", "y", "true", "on", "yep", "yeah", "sure", "enable", "enabled"}
_FALSE = {"no", "n", "false", "off", "nope", "disable", "disabled"}
_ENUM_LEAD = re.compile(r"^(in|on|via|by|over|with|through|using|the|only|all|as|degrees?)\s+(?=\S)")
_UNIT_WORD = re.compile(r"\b(seconds|secs|minutes|mins|hours|hrs|days|weeks)\b")
_UNIT_NAME = {"second", "minute", "hour", "day", "week"}
_SHORT_UNITS = {"sec": "second", "min": "minute", "hr": "hour"}
_CURRENCY_WORDS = re.compile(r"currenc|iso[ -]?4217", re.IGNORECASE)


def as_day(text: str, now: datetime) -> str:
    """An ISO date; a part of the day beside the day (``tomorrow morning``) is allowed."""
    return day_and_part(text, now.date())[0].isoformat()


def as_time(text: str, hint: Part | None = None) -> str:
    """``HH:MM``, with seconds where some were said."""
    value = clock(text, hint).time
    return value.isoformat("seconds" if value.second else "minutes")


def as_moment(text: str, now: datetime) -> str:
    """``YYYY-MM-DDTHH:MM`` in local time, with seconds where there are some."""
    value = moment(text, now)
    return value.isoformat(timespec="seconds" if value.second else "minutes")


def as_duration(text: str) -> str:
    """An ISO 8601 duration in hours, minutes and seconds."""
    minutes, seconds = divmod(int(duration(text).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if count]
    return "PT" + ("".join(parts) or "0S")


def as_email(text: str) -> str:
    """An address without ``mailto:`` and outer punctuation; ``ana at example dot com`` is written out."""
    plain = text.strip(" \t\n<>\"'.,;:").removeprefix("mailto:")
    if "@" not in plain:
        plain = re.sub(r"\s+(?:at)\s+", "@", plain, count=1, flags=re.IGNORECASE)
        plain = re.sub(r"\s+(?:dot)\s+", ".", plain, flags=re.IGNORECASE)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", plain):
        raise Unclear("this is no e-mail address")
    return plain


def as_number(text: str, *, unit: str | None, nouns: frozenset[str]) -> int | float:
    """A number; `unit` is the unit of time that the argument counts, `nouns` the words that may follow it."""
    if unit:
        try:
            return whole_or_decimal(Fraction(str(duration(text).total_seconds())) / UNITS[unit])
        except Unclear:
            if not _says_number(text):
                raise
    return whole_or_decimal(_plain_number(text, nouns))


def as_boolean(text: str) -> bool:
    """True or false from a word."""
    said = fold(text)
    if said in _TRUE or said in _FALSE:
        return said in _TRUE
    raise Unclear("this is neither yes nor no")


def as_member(text: str, members: Iterable[Any]) -> Any:
    """The one member of an enumeration that `text` names: case, spaces and plurals aside."""
    strings = [member for member in members if isinstance(member, str)]
    said = fold(text)
    for form in (said, _ENUM_LEAD.sub("", said)):
        for same in (str.casefold, _loose):
            found = [member for member in strings if same(member) == same(form)]
            if len(found) == 1:
                return str(found[0])
            if found:
                raise Unclear(f"this could be {' or '.join(found)}")
    numbers = [
        member for member in members if isinstance(member, int | float) and not isinstance(member, bool)
    ]
    if numbers and (value := whole_or_decimal(number(text))) in numbers:
        return value
    raise Unclear("this is none of the choices")


def counted_unit(name: str, schema: Mapping[str, Any]) -> str | None:
    """The unit of time that an argument counts, from its name or else its description."""
    words = re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    named = {_SHORT_UNITS.get(word.rstrip("s"), singular(word)) for word in words if word.endswith("s")}
    named |= {word for word in words if word == "minute"}
    if len(named & _UNIT_NAME) == 1:
        return (named & _UNIT_NAME).pop()
    found = set(_UNIT_WORD.findall(str(schema.get("description", "")).lower()))
    units = {_SHORT_UNITS.get(word[:-1], word[:-1]) for word in found}
    return units.pop() if len(units) == 1 else None


def wants_currency(name: str, schema: Mapping[str, Any]) -> bool:
    """Whether a string argument is an ISO 4217 code: by its pattern, and its name or description."""
    spoken = f"{name} {schema.get('description', '')} {schema.get('title', '')}"
    return schema.get("pattern") == CURRENCY_PATTERN and bool(_CURRENCY_WORDS.search(spoken))


def part_of_day(values: Iterable[Any]) -> Part | None:
    """The part of the day that other arguments mention (``Friday evening``), to settle an hour."""
    for value in values:
        words = re.findall(r"[a-z0-9]+", value.lower()) if isinstance(value, str) and len(value) < 80 else []
        for word in words:
            if word in PARTS:
                return PARTS[word]
    return None


def _plain_number(text: str, nouns: frozenset[str]) -> Fraction:
    try:
        return number(text)
    except Unclear:
        head, _, noun = fold(text).rpartition(" ")
        if head and singular(noun) in nouns:
            return number(head)
        rest = without_currency(text)
        if rest is None:
            raise
        return number(rest)


def _says_number(text: str) -> bool:
    try:
        number(text)
    except Unclear:
        return False
    return True


def _loose(text: str) -> str:
    return "".join(singular(word) for word in re.split(r"[\s_-]+", text.casefold()))

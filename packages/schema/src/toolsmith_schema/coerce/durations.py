"""Lengths of time: ``45 minutes``, ``1h30``, ``an hour and a half``, ``three quarters of an hour``.

A month and a year have no fixed length and are no durations here; ``all day`` is no number of minutes.
"""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction

from toolsmith_schema.coerce.amounts import digits, number
from toolsmith_schema.coerce.said import Unclear, fold

UNITS = {
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86400,
    "week": 604800,
    "fortnight": 1209600,
}
"""Seconds of each unit."""

SHORT = {
    "s": "second",
    "sec": "second",
    "m": "minute",
    "min": "minute",
    "mn": "minute",
    "'": "minute",
    "h": "hour",
    "hr": "hour",
    "d": "day",
    "wk": "week",
}
_LEAD = re.compile(
    r"^(for|lasting|about|around|roughly|approximately|exactly|just|only|some|a full|the next)\s+"
)
_PARTS = re.compile(r"\s*,?\s*(?:and )?([0-9]+(?:[.,][0-9]+)?)\s*-?\s*([a-z']+?)s?\.?(?![a-z])")
_COMPACT = re.compile(r"([0-9]{1,3})\s?h(?:r|rs|ours?)?\s?([0-5]?[0-9])")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-5][0-9])\s?(?:h|hrs?|hours?)")
_OF_A_UNIT = re.compile(
    r"(?:a |one |(?P<n>two|three|3) )?(?P<share>half|quarter|third)s?[ -]?(?:of )?(?:an? )?(?P<unit>[a-z]+)"
)
_SHARES = {"half": Fraction(1, 2), "quarter": Fraction(1, 4), "third": Fraction(1, 3)}
_AND_A_SHARE = re.compile(
    r"(?P<head>.+?),? and (?:a (?P<share>half|quarter)|(?P<n>three|two) (?P<many>quarters|thirds))"
)
_MAX_SECONDS = 86400 * 366 * 20


def duration(text: str) -> timedelta:
    """The length of time that `text` says.

    Raises:
        Unclear: it says none, or no fixed one.
    """
    said = _LEAD.sub("", fold(text))
    said = re.sub(r"^(?=hour and )", "an ", re.sub(r" (long|or so|in total)$", "", said))
    if said in ("all day", "all-day", "the whole day", "the entire day", "whole day"):
        raise Unclear("all day is not a length of time")
    seconds = _seconds(said)
    if not 0 <= seconds <= _MAX_SECONDS:
        raise Unclear("the length of time is out of range")
    return timedelta(seconds=float(seconds))


def unit(word: str) -> str:
    """The unit that `word` names, ``minute`` for ``mins``.

    Raises:
        Unclear: it names none.
    """
    word = word.rstrip(".")
    for form in (word, word.removesuffix("s")):
        if form in UNITS:
            return form
        if form in SHORT:
            return SHORT[form]
    raise Unclear(f"{word!r} is not a unit of time")


def _seconds(said: str) -> Fraction:
    if match := _COMPACT.fullmatch(said):
        return Fraction(match[1]) * 3600 + Fraction(match[2]) * 60
    if match := _CLOCK.fullmatch(said):
        return Fraction(match[1]) * 3600 + Fraction(match[2]) * 60
    if (match := _OF_A_UNIT.fullmatch(said)) and (match["unit"] != "past"):
        many = number(match["n"]) if match["n"] else 1
        return many * _SHARES[match["share"]] * UNITS[unit(match["unit"])]
    if match := _AND_A_SHARE.fullmatch(said):
        share = match["share"] or match["many"][:-1]
        many = number(match["n"]) if match["n"] else 1
        count, name = _counted(match["head"])
        return (count + many * _SHARES[share]) * UNITS[name]
    return _written(said) if said[0].isdigit() else _spoken(said)


def _written(said: str) -> Fraction:
    """``1h30m``, ``1.5 hours``, ``2 hours and 15 minutes``, each unit smaller than the one before it."""
    position, total, last = 0, Fraction(0), 10**9
    while position < len(said):
        match = _PARTS.match(said, position)
        if not match:
            return _spoken(said)
        try:
            size = UNITS[unit(match[2])]
        except Unclear:
            return _spoken(said)
        if size >= last:
            raise Unclear("the units of time are out of order")
        total, last, position = total + digits(match[1]) * size, size, match.end()
    return total


def _spoken(said: str) -> Fraction:
    """``two hours and fifteen minutes``, ``an hour``, ``two and a half hours``, ``2 hours 15``."""
    total, last = Fraction(0), 10**9
    rest = said.replace("-", " ")
    while rest:
        head, tail = _first_part(rest)
        if head is None:
            if total and last == 3600 and 0 < (left := number(rest)) < 60:
                return total + left * 60
            raise Unclear("this is not a length of time")
        count, name = head
        if UNITS[name] >= last:
            raise Unclear("the units of time are out of order")
        total, last = total + count * UNITS[name], UNITS[name]
        rest = re.sub(r"^(,? and |, )", "", tail) if re.match(r",? and |, ", tail) else tail.strip()
    return total


def _first_part(rest: str) -> tuple[tuple[Fraction, str] | None, str]:
    """The count and unit that `rest` begins with, and what follows them."""
    words = rest.split(" ")
    for i, word in enumerate(words):
        try:
            name = unit(word.rstrip(","))
        except Unclear:
            continue
        if i:
            return (_count(" ".join(words[:i])), name), " " + " ".join(words[i + 1 :]) if words[
                i + 1 :
            ] else ""
    return None, rest


def _counted(said: str) -> tuple[Fraction, str]:
    head, tail = _first_part(said.replace("-", " "))
    if head is None or tail:
        raise Unclear("this is not a length of time")
    return head


def _count(said: str) -> Fraction:
    return Fraction(1) if said in ("a", "an", "one") else number(said)

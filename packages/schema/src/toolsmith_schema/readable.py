"""Which words of a request can be read as a date, a time, a number, a currency.

A router copies the words of an argument from the request. For an argument with a format or a number's type,
only runs of words come into question that `coerce` can make something of; this module finds them, so that a
grammar can allow those and no others. Words that name something that does not exist, or that could mean two
things ("30 February", "pesos"), are runs too: the user did say a date, and should be told what is wrong with
it.

Conversion is asked last: most runs are dropped because one of their words occurs in no date or number at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from toolsmith_schema.coerce import almanac, amounts, clocks, durations, scalars
from toolsmith_schema.coerce.clocks import clock
from toolsmith_schema.coerce.moments import day_and_part, moment
from toolsmith_schema.coerce.money import currency, may_end_a_currency
from toolsmith_schema.coerce.said import Ambiguous, Impossible, Unclear

MOST_RUNS = 400
"""A request with more runs to be tried is not searched: its typed arguments may be any words."""

_LONGEST = 16  # pieces of a run, spaces not counted
_LONGEST_CURRENCY = 5
_BEFORE_CURRENCY = frozenset("to in into from as the for".split())
_ANY_DAY = datetime(2026, 1, 1, 9)  # whether words name a day does not depend on which day it is

_FOREIGN_MONTHS = """
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
janvier février fevrier mars avril mai juin juillet août aout septembre octobre novembre décembre decembre
januar februar märz maerz april juni juli august oktober dezember
gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre
janeiro fevereiro março marco maio junho julho setembro outubro novembro dezembro
januari februari maart mei augustus
"""
_TELLING = """
today todays tomorrow tomorow tommorow tommorrow tomorrows tmrw tmr tmrrw overmorrow yesterday now
weekend week month year day fortnight eom eoy eow eod cob nye noon midday midnight
breakfast brunch lunch lunchtime dinner dinnertime supper work christmas xmas easter thanksgiving halloween
valentine valentines patrick patricks fools independence boxing eve
half quarter quarters third thirds couple pair dozen hundred
"""
_JOINING = """
a an the this that next coming upcoming last past first top of on in at by for from to till until before after
and or so s o p am pm clock sharp exactly around about approximately roughly ish local time just only up most
total lasting full some long starting start due during over come right end beginning close business thing
following ago minus negative point st saint new good black cyber fool all de h m d
"""


def _words_of(*tables: Mapping[str, Any]) -> set[str]:
    return {word for table in tables for name in table for word in re.findall(r"[^\W\d_]+", name)}


_UNITS = {form for unit in _words_of(durations.UNITS, durations.SHORT) for form in (unit, f"{unit}s")}
_NUMBERS = _words_of(amounts.SMALL, amounts.TENS, amounts.SCALES, amounts.PLURALS)
_DAYS = _words_of(almanac.WEEKDAYS, almanac.MONTHS, almanac.ORDINALS, clocks.PARTS)
_TELLS = frozenset(
    {*_TELLING.split(), *_FOREIGN_MONTHS.split(), *_UNITS, *_NUMBERS, *_DAYS, "months", "years", "days"}
) - {"m", "s", "d", "b", "k"}
_KNOWN = _TELLS | frozenset({*_JOINING.split(), "k", "b"})
_PUNCTUATION = frozenset(",.:/-'’–@&+\"")
_NUMBER_TELLS = _NUMBERS | {"half", "third", "thirds", "quarter", "quarters", "couple", "pair", "hundred"}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What an argument's words are to be read as."""

    kind: str
    """A JSON Schema format, ``number`` or ``currency``."""
    unit: str | None = None
    """The unit of time that a number counts."""


def reading(name: str, schema: Mapping[str, Any]) -> Reading | None:
    """How the words of the argument `name` are read; None where any words will do."""
    kind = schema.get("type", "string")
    if kind in ("integer", "number"):
        return Reading(kind="number", unit=scalars.counted_unit(name, schema))
    if kind != "string":
        return None
    if scalars.wants_currency(name, schema):
        return Reading(kind="currency")
    form = schema.get("format")
    return Reading(kind=form) if form in ("date", "time", "date-time") else None


def readable(reading: Reading, pieces: Sequence[str]) -> list[tuple[int, int]] | None:
    """The runs of `pieces` that can be read so, as ``(first, last + 1)``; None if there are too many to try.

    Args:
        reading: what the runs should be.
        pieces: a request cut at word and punctuation boundaries (`grammar.chunks`).
    """
    found = _currency_runs(pieces) if reading.kind == "currency" else _runs(reading, pieces)
    runs = []
    for count, (first, end) in enumerate(found):
        if count >= MOST_RUNS:
            return None
        if _says(reading, "".join(pieces[first:end])):
            runs.append((first, end))
    return runs


def _runs(reading: Reading, pieces: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Runs of pieces that occur in dates and numbers, with one at least that tells something."""
    tells = _NUMBER_TELLS | _UNITS if reading.kind == "number" else _TELLS
    folded = [piece.casefold() for piece in pieces]
    telling = [word in tells or any(map(str.isdecimal, word)) for word in folded]
    known = [
        t or w in _KNOWN or w in _PUNCTUATION or w.isspace() for t, w in zip(telling, folded, strict=True)
    ]
    for first, piece in enumerate(pieces):
        if not known[first] or not (piece[0].isalnum() or piece in ("-", ".")):
            continue
        if piece in ("-", ".") and not (first + 1 < len(pieces) and pieces[first + 1][0].isdecimal()):
            continue
        tells_something = False
        length = 0
        for last in range(first, len(pieces)):
            if not known[last] or length > _LONGEST:
                break
            length += not pieces[last].isspace()
            tells_something = tells_something or telling[last]
            whole = pieces[last][0].isalnum() or (pieces[last] == "." and folded[last - 1] == "m")
            if tells_something and whole:
                yield first, last + 1


def _currency_runs(pieces: Sequence[str]) -> Iterator[tuple[int, int]]:
    for last, piece in enumerate(pieces):
        if piece.isspace() or not may_end_a_currency(piece):
            continue
        length = 0
        for first in range(last, -1, -1):
            if any(map(str.isdecimal, pieces[first])) or length > _LONGEST_CURRENCY:
                break
            length += not pieces[first].isspace()
            begins = pieces[first][0].isalpha() or not (pieces[first].isascii() and piece.isalpha())
            if begins and not pieces[first].isspace() and pieces[first].casefold() not in _BEFORE_CURRENCY:
                yield first, last + 1


@lru_cache(maxsize=4096)
def _says(reading: Reading, text: str) -> bool:
    """Whether `text` says such a thing, a possible one or not."""
    try:
        _read(reading, text)
    except (Impossible, Ambiguous):
        return True
    except (Unclear, OverflowError, ValueError):
        return False
    return True


def _read(reading: Reading, text: str) -> object:
    if reading.kind == "date":
        return day_and_part(text, _ANY_DAY.date())
    if reading.kind == "time":
        return clock(text, None)
    if reading.kind == "date-time":
        return moment(text, _ANY_DAY)
    if reading.kind == "currency":
        return currency(text)
    return scalars.as_number(text, unit=reading.unit, nouns=frozenset())

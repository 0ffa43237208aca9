"""Dates by number and month: ``5 May``, ``May 5th, 2027``, ``the fifth``, ``05/12/2026``, ``Fri 4 Dec``.

Dates in other languages (``5 de mayo``) are read by dateparser, and only when its answer uses every number
that was said and nothing else.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time

from toolsmith_schema.coerce.almanac import MONTHS, ORDINALS, WEEKDAYS
from toolsmith_schema.coerce.amounts import number
from toolsmith_schema.coerce.said import Impossible, Unclear

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_ORDINAL = "|".join(sorted(ORDINALS, key=len, reverse=True))
_DAY = rf"(?:(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?|(?P<word>{_ORDINAL}))"
_YEAR = r"(?:,? ?(?:of )?(?P<year>[0-9]{4}|'[0-9]{2}|next year|this year))?"
_DAY_MONTH = re.compile(rf"{_DAY}(?: of)?[ -]?(?P<month>{_MONTH})\.?-?{_YEAR}")
_MONTH_DAY = re.compile(rf"(?P<month>{_MONTH})\.? ?{_DAY}{_YEAR}")
_ONLY_DAY = re.compile(
    rf"(?:(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)|(?P<word>{_ORDINAL}))"
    r"(?P<of> of (?:(?P<this>this|current) month|month|(?P<next>next) month))?"
)
_ISO = re.compile(r"(?P<year>[0-9]{4})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})(?:t00:00(?::00)?)?")
_SLASHED = re.compile(
    r"(?P<a>[0-9]{1,2})(?P<sep>[/-])(?P<b>[0-9]{1,2})(?:(?P=sep)(?P<year>[0-9]{4}|[0-9]{2}))?"
)
_DOTTED = re.compile(r"(?P<day>[0-9]{1,2})\. ?(?P<month>[0-9]{1,2})\.(?: ?(?P<year>[0-9]{4}|[0-9]{2}))?")
_MONTH_CARDINAL = re.compile(rf"(?P<month>{_MONTH}) (?P<number>[a-z]+(?: [a-z]+)?)")
_WEEKDAY_LAST = re.compile(
    rf"(?P<rest>.+?),? (?P<weekday>{'|'.join(sorted(WEEKDAYS, key=len, reverse=True))})"
)
_WEEKDAY = re.compile(rf"(?P<weekday>{'|'.join(sorted(WEEKDAYS, key=len, reverse=True))})\.?,? (?P<rest>.+)")
_NAMES = tuple(name.capitalize() for name in list(WEEKDAYS)[:7])
_OTHER_MONTHS = re.compile(
    "ene|fe[bv]|fév|ma[ariygj]|mär|mei|a[bpv]r|ju[ilnñ]|giu|lug|ag[os]|ao[uû]|aug|se[pt]|o[ckt]t|out|nov|d[ieé][cz]"
)
_OTHER_LANGUAGES = ["es", "fr", "de", "it", "pt", "nl"]


def absolute(said: str, today: date) -> date:
    """The day that the folded text `said` names by number and month.

    Raises:
        Unclear: it names none, or one that does not exist.
    """
    match = _WEEKDAY.fullmatch(said) or _WEEKDAY_LAST.fullmatch(said)
    if match and (found := _named(_join(match["rest"]), today)):
        wanted = WEEKDAYS[match["weekday"]]
        if found.weekday() != wanted:
            raise Impossible(f"{found.isoformat()} is a {_NAMES[found.weekday()]}, not a {_NAMES[wanted]}")
        return found
    found = _named(_join(said), today) or _foreign(said, today)
    if not found:
        raise Unclear("this names no day")
    return found


def _join(said: str) -> str:
    """Ordinals in words as one word."""
    return re.sub(r"\b(twenty|thirty) (?=[a-z]+(st|nd|rd|th)\b)", r"\1-", said)


def _named(said: str, today: date) -> date | None:
    if match := _ISO.fullmatch(said):
        return _make(int(match["year"]), int(match["month"]), int(match["day"]))
    if match := _DAY_MONTH.fullmatch(said) or _MONTH_DAY.fullmatch(said):
        return _with_year(match["year"], MONTHS[match["month"]], _ordinal(match), today)
    if match := _ONLY_DAY.fullmatch(said):
        return _day_of_month(
            _ordinal(match), today, next_month=bool(match["next"]), this_month=bool(match["this"])
        )
    if match := _MONTH_CARDINAL.fullmatch(said):
        return _with_year(None, MONTHS[match["month"]], _cardinal(match["number"]), today)
    if match := _DOTTED.fullmatch(said):
        return _with_year(match["year"], int(match["month"]), int(match["day"]), today)
    if match := _SLASHED.fullmatch(said):
        first, second = int(match["a"]), int(match["b"])
        month, day = (second, first) if first > 12 >= second else (first, second)
        if match["sep"] == "-" and not match["year"]:
            return None
        return _with_year(match["year"], month, day, today)
    return None


def _ordinal(match: re.Match[str]) -> int:
    return int(match["day"]) if match["day"] else ORDINALS[match["word"]]


def _cardinal(words: str) -> int:
    value = number(words)
    if value not in range(1, 32):
        raise Unclear("this names no day")
    return int(value)


def _with_year(year: str | None, month: int, day: int, today: date) -> date:
    if year in ("next year", "this year"):
        return _make(today.year + (year == "next year"), month, day)
    if year:
        value = int(year.strip("'"))
        return _make(value if value > 99 else 2000 + value, month, day)
    for later in range(9):
        if not _exists(today.year + later, month, day):
            continue
        found = date(today.year + later, month, day)
        if found >= today:
            return found
    raise Impossible(_no_such_day(month, day))


def _day_of_month(day: int, today: date, *, next_month: bool, this_month: bool) -> date:
    for later in range(1 if next_month else 0, 1 if this_month else 2 if next_month else 4):
        year, month = divmod(today.year * 12 + today.month - 1 + later, 12)
        if _exists(year, month + 1, day) and (this_month or date(year, month + 1, day) >= today):
            return date(year, month + 1, day)
    raise Impossible(f"there is no day {day} in that month")


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _make(year: int, month: int, day: int) -> date:
    if not _exists(year, month, day):
        raise Impossible(_no_such_day(month, day) + (f" in {year}" if (month, day) == (2, 29) else ""))
    return date(year, month, day)


def _no_such_day(month: int, day: int) -> str:
    if not 1 <= month <= 12:
        return f"there is no month {month}"
    return f"{list(MONTHS)[month - 1].capitalize()} has no day {day}"


def _foreign(said: str, today: date) -> date | None:
    """A date with a day in figures and a month's name in another language."""
    numbers = sorted(int(digits) for digits in re.findall(r"[0-9]+", said))
    words = re.findall(r"[^\W\d_]{3,}", said)
    if not 1 <= len(numbers) <= 2 or len(words) != 1 or len(said) > 40:
        return None
    if not _OTHER_MONTHS.match(words[0]):
        return None  # before dateparser is loaded, which takes a while
    import dateparser

    found = dateparser.parse(
        said,
        languages=_OTHER_LANGUAGES,
        settings={
            "RELATIVE_BASE": datetime.combine(today, time()),
            "PREFER_DATES_FROM": "future",
            "REQUIRE_PARTS": ["day", "month"],
            "PARSERS": ["absolute-time"],
        },
    )
    if not found or found.time() != time():
        return None
    used = [found.day] if len(numbers) == 1 else sorted([found.day, found.year])
    return found.date() if used == numbers and found.date() >= today.replace(month=1, day=1) else None

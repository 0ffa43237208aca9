"""The string formats of JSON Schema that this package checks itself, each a function of the value.

JSON Schema applies a format to strings only, so every other value is accepted here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Final

_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?(Z|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])?"
_TIME = re.compile(_CLOCK)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DURATION = re.compile(
    r"P(?=.)([0-9]+W|([0-9]+Y)?([0-9]+M)?([0-9]+D)?(T(?=.)([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)?)"
)
_EMAIL = re.compile(r"[^@\s<>\"(),:;]{1,64}@[^@\s<>\"(),:;]{1,253}")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_HOST = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)


def is_date(value: object) -> bool:
    """``YYYY-MM-DD``, a day that exists."""
    if not isinstance(value, str):
        return True
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_time(value: object) -> bool:
    """``HH:MM[:SS]``, local or with an offset."""
    return not isinstance(value, str) or _TIME.fullmatch(value) is not None


def is_date_time(value: object) -> bool:
    """A date, ``T`` and a time, local or with an offset."""
    if not isinstance(value, str):
        return True
    day, separator, clock = value.partition("T")
    return separator == "T" and is_date(day) and is_time(clock)


def _matches(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or pattern.fullmatch(value) is not None


FORMATS: Final[dict[str, Callable[[object], bool]]] = {
    "date": is_date,
    "time": is_time,
    "date-time": is_date_time,
    "duration": _matches(_DURATION),
    "email": _matches(_EMAIL),
    "idn-email": _matches(_EMAIL),
    "uri": _matches(_URI),
    "hostname": _matches(_HOST),
}
"""Format name → whether a value is in it."""

"""Words of the calendar: weekdays, months, ordinals and the holidays that have a day."""

from __future__ import annotations

from datetime import date, timedelta

_SEVEN = "monday tuesday wednesday thursday friday saturday sunday"
_DAYS = _SEVEN.split()
WEEKDAYS = {name: i for i, name in enumerate(_DAYS)} | {
    "mon": 0,
    "tue": 1,
    "tues": 1,
    "wed": 2,
    "weds": 2,
    "wensday": 2,
    "wendsday": 2,
    "wednsday": 2,
    "thu": 3,
    "thur": 3,
    "thurs": 3,
    "thrusday": 3,
    "fri": 4,
    "sat": 5,
    "sun": 6,
}
"""Name or abbreviation → 0 for Monday."""

_TWELVE = "january february march april may june july august september october november december"
_MONTHS = _TWELVE.split()
MONTHS = (
    {name: i for i, name in enumerate(_MONTHS, 1)}
    | {name[:3]: i for i, name in enumerate(_MONTHS, 1)}
    | {"sept": 9, "febuary": 2}
)
"""Name or abbreviation → 1 for January."""

_TWENTY = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_FIRST = _TWENTY.split()
ORDINALS = (
    {name: i for i, name in enumerate(_FIRST, 1)}
    | {f"twenty-{name}": 20 + i for i, name in enumerate(_FIRST[:9], 1)}
    | {"thirtieth": 30, "thirty-first": 31}
)
"""Ordinal in words, tens joined by a hyphen → day of the month."""

_FIXED = {
    "new year's day": (1, 1),
    "new year's": (1, 1),
    "new year": (1, 1),
    "the new year": (1, 1),
    "valentine's day": (2, 14),
    "valentine's": (2, 14),
    "st patrick's day": (3, 17),
    "saint patrick's day": (3, 17),
    "april fools day": (4, 1),
    "april fools": (4, 1),
    "independence day": (7, 4),
    "halloween": (10, 31),
    "christmas eve": (12, 24),
    "xmas eve": (12, 24),
    "christmas": (12, 25),
    "christmas day": (12, 25),
    "xmas": (12, 25),
    "xmas day": (12, 25),
    "boxing day": (12, 26),
    "new year's eve": (12, 31),
    "nye": (12, 31),
}
_FROM_EASTER = {"good friday": -2, "easter": 0, "easter sunday": 0, "easter monday": 1}
_FROM_THANKSGIVING = {"thanksgiving": 0, "thanksgiving day": 0, "black friday": 1, "cyber monday": 4}


def holiday(name: str, today: date) -> date | None:
    """The next day of that name, `today` included, or None. Thanksgiving is that of the United States."""
    plain = name.replace(".", "").replace("april fool's", "april fools")
    plain = (
        plain.replace("years ", "year's ")
        .replace("valentines", "valentine's")
        .replace("patricks", "patrick's")
    )
    for form in (plain, plain.replace("fools'", "fools")):
        for year in (today.year, today.year + 1):
            day = _holiday(form, year)
            if day and day >= today:
                return day
    return None


def easter(year: int) -> date:
    """Western Easter Sunday (the Gregorian computation of Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _holiday(name: str, year: int) -> date | None:
    if name in _FIXED:
        return date(year, *_FIXED[name])
    if name in _FROM_EASTER:
        return easter(year) + timedelta(days=_FROM_EASTER[name])
    if name in _FROM_THANKSGIVING:
        first = date(year, 11, 1)
        thursday = 1 + (3 - first.weekday()) % 7 + 21
        return date(year, 11, thursday) + timedelta(days=_FROM_THANKSGIVING[name])
    return None

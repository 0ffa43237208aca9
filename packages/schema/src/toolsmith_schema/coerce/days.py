"""Days as people say them: ``tomorrow``, ``next Friday``, ``the 5th``, ``May 5``, ``in 3 days``.

Choices, where English leaves one:

- weeks begin on Monday. ``Friday`` is the next one after today, ``this Friday`` the same but today counts,
  ``next Friday`` the Friday of next week, ``last Friday`` the one before today;
- ``this weekend`` is its Saturday (on a Sunday: today), ``next week`` its Monday, ``next month`` its first;
- the ``end of the week`` is Friday, the end of a month or a year its last day;
- a date without a year is the next one, today included;
- ``05/12/2026`` is month/day/year, as in the United States, unless only day/month fits (``25/12``);
  with points (``5.12.2026``) it is day.month.year;
- a weekday beside a date has to agree with it.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

from toolsmith_schema.coerce.absolute import absolute
from toolsmith_schema.coerce.almanac import WEEKDAYS, holiday
from toolsmith_schema.coerce.amounts import number
from toolsmith_schema.coerce.durations import unit
from toolsmith_schema.coerce.said import Unclear, fold

_LEAD = re.compile(r"^(on|for|by|from|starting|due|until|at|over|during|come)\s+(?=\S)")
_TODAY = {"today", "now", "right now", "this day", "todays", "today's", "2day"}
_TOMORROW = {"tomorrow", "tomorow", "tommorow", "tommorrow", "tomorrows", "tmrw", "tmr", "tmrrw", "2morrow"}
_FIXED_OFFSET = {
    **dict.fromkeys(_TODAY, 0),
    **dict.fromkeys(_TOMORROW, 1),
    "yesterday": -1,
    "day after tomorrow": 2,
    "overmorrow": 2,
    "day before yesterday": -2,
}
_WEEKDAY = "|".join(sorted(WEEKDAYS, key=len, reverse=True))
_RELATIVE_WEEKDAY = re.compile(
    rf"(?:(?P<which>this coming|this|next|coming|upcoming|last|past) )?(?P<day>{_WEEKDAY})"
    r"(?: (?P<after>next week|week|this week|after next))?"
)
_WEEK_FIRST = re.compile(rf"(?P<week>next week|this week)(?:'s)?(?: on)? (?P<day>{_WEEKDAY})")
_OF_WEEK = re.compile(rf"(?P<day>{_WEEKDAY}) (?:of )?(?P<week>next week|this week)")
_IN = re.compile(r"in (?P<count>.+?) (?P<unit>[a-z]+)('s? time)?")
_FROM = re.compile(r"(?P<count>.+?) (?P<unit>[a-z]+) (?P<way>from|after|before|ago|on)(?: (?P<base>.+))?")
_BESIDE = re.compile(rf"(?P<day>day|{_WEEKDAY}) (?P<way>after|before|following) (?P<base>.+)")
_EDGE = re.compile(r"(?P<edge>end|last day|beginning|start|first day) of (?P<rest>.+)")


def day(text: str, today: date) -> date:
    """The day that `text` says, seen from `today`.

    Raises:
        Unclear: it says none, an impossible one, or could mean two.
    """
    said = re.sub(r"\bthe\b ?", "", fold(text)).strip() or fold(text)
    try:
        return _day(_LEAD.sub("", said), today)
    except (OverflowError, ValueError) as error:
        if isinstance(error, Unclear):
            raise
        raise Unclear("there is no such day") from None


def _day(said: str, today: date) -> date:
    said = said.replace("week-end", "weekend")
    if said in _FIXED_OFFSET:
        return today + timedelta(days=_FIXED_OFFSET[said])
    for read in (_weekday, _week_or_month, _counted, _beside):
        if (found := read(said, today)) is not None:
            return found
    if found := holiday(re.sub(r"^(this|next|coming) (?!year$)", "", said), today):
        return found
    if said.endswith("'s"):
        return _day(said[:-2], today)
    return absolute(said, today)


def _weekday(said: str, today: date) -> date | None:
    match = _OF_WEEK.fullmatch(said) or _WEEK_FIRST.fullmatch(said)
    if match:
        week = 7 if match["week"] == "next week" else 0
        return _monday(today) + timedelta(days=week + WEEKDAYS[match["day"]])
    match = _RELATIVE_WEEKDAY.fullmatch(said)
    if not match:
        return None
    number_of_day, which, after = WEEKDAYS[match["day"]], match["which"] or "", match["after"] or ""
    if which in ("last", "past"):
        return today - timedelta(days=(today.weekday() - number_of_day - 1) % 7 + 1)
    if which == "next":
        found = _monday(today) + timedelta(days=7 + number_of_day)
    elif which == "this":
        found = today + timedelta(days=(number_of_day - today.weekday()) % 7)
    else:
        found = today + timedelta(days=(number_of_day - today.weekday() - 1) % 7 + 1)
    if after == "after next":
        return _monday(today) + timedelta(days=14 + number_of_day)
    return found + timedelta(days=7) if after == "week" else found


def _week_or_month(said: str, today: date) -> date | None:
    saturday = _monday(today) + timedelta(days=5)
    if said in ("this weekend", "weekend", "coming weekend", "this coming weekend"):
        return max(saturday, today)
    if said in ("next weekend", "weekend after next"):
        return saturday + timedelta(days=7 if said == "next weekend" else 14)
    if said in ("next week", "week after next"):
        return _monday(today) + timedelta(days=7 if said == "next week" else 14)
    if said == "next month":
        return _add_months(today.replace(day=1), 1)
    if said == "next year":
        return date(today.year + 1, 1, 1)
    if said in ("eom", "month end", "month's end", "eoy", "eow"):
        return _edge("end", {"eoy": "year", "eow": "week"}.get(said, "month"), today)
    match = _EDGE.fullmatch(said)
    return _edge(match["edge"], match["rest"], today) if match else None


def _edge(edge: str, rest: str, today: date) -> date:
    at_end = edge in ("end", "last day")
    which, _, span = rest.rpartition(" ")
    later = {"": 0, "this": 0, "next": 1}.get(which)
    if span == "week" and later is not None:
        return _monday(today) + timedelta(days=7 * later + (4 if at_end else 0))
    if span == "year" and later is not None:
        return date(today.year + later, 12, 31) if at_end else date(today.year + later, 1, 1)
    if span == "month" and later is not None:
        first = _add_months(today.replace(day=1), later)
    elif span == "day":
        raise Unclear("this is a time, not a day")
    else:
        first = absolute(f"1 {rest}", today.replace(day=1))
    return first.replace(day=monthrange(first.year, first.month)[1]) if at_end else first


def _counted(said: str, today: date) -> date | None:
    """``in 3 days``, ``2 weeks from Friday``, ``3 days before Christmas``, ``a week ago``."""
    if match := _IN.fullmatch(said):
        return _shift(today, match["count"], match["unit"], 1)
    match = _FROM.fullmatch(said)
    if not match:
        return None
    way, base = match["way"], match["base"]
    if way == "ago" and not base:
        return _shift(today, match["count"], match["unit"], -1)
    if way == "ago" or not base:
        return None
    start = today if base == "now" else _day(base, today)
    return _shift(start, match["count"], match["unit"], -1 if way == "before" else 1)


def _beside(said: str, today: date) -> date | None:
    match = _BESIDE.fullmatch(said)
    if not match:
        return None
    base, sign = _day(match["base"], today), -1 if match["way"] == "before" else 1
    wanted = WEEKDAYS.get(match["day"], (base.weekday() + sign) % 7)
    return base + timedelta(days=sign * ((sign * (wanted - base.weekday()) - 1) % 7 + 1))


def _shift(start: date, count: str, name: str, sign: int) -> date:
    amount = 1 if count in ("a", "an", "one") else number(count)
    months = {"month": 1, "months": 1, "year": 12, "years": 12}.get(name)
    if months:
        total = amount * months
    else:
        total = amount * {"day": 1, "week": 7, "fortnight": 14}.get(unit(name), 0)
        if unit(name) in ("hour", "minute", "second"):
            raise Unclear("this is a moment, not a day")
    if total != int(total) or not 0 <= total < 10**5:
        raise Unclear("this is not a whole number of days")
    return _add_months(start, sign * int(total)) if months else start + timedelta(days=sign * int(total))


def _monday(today: date) -> date:
    return today - timedelta(days=today.weekday())


def _add_months(start: date, months: int) -> date:
    """The same day of the month, or the month's last where it has none."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))

"""Moments of a reminder: after a length of time, on a day, at a time, or both."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from toolsmith_dataset.values.days import WEEKDAYS, any_day
from toolsmith_dataset.values.fill import Context, Fill
from toolsmith_dataset.values.numbers import spelled
from toolsmith_dataset.values.times import clock_time, length

_PARTS = {"morning": 9, "afternoon": 14, "evening": 18}

Moment = tuple[str, str, datetime]
"""Preposition (may be empty), what was said, and the moment meant."""


def when(context: Context) -> Fill:
    """``{when}``: a moment as an adverb; a preposition before it is not part of the value."""
    kinds = (
        (20, _after),
        (24, _day_and_time),
        (6, _time_and_day),
        (12, _day_and_part),
        (12, _time_only),
        (12, _day_only),
    )
    before, said, meant = context.draw.weighted(kinds)(context)
    return Fill.of("when", said, before=before, keys=(meant.isoformat(timespec="minutes"),), meant=meant)


def _after(context: Context) -> Moment:
    """After a length of time (``in half an hour``)."""
    draw = context.draw
    if draw.chance(0.7):
        said, minutes = length(draw, typed=context.typed)
        while _like_a_clock(said):
            said, minutes = length(draw, typed=context.typed)
        meant = context.now + timedelta(minutes=minutes)
    else:
        count, unit = draw.pick(
            ((2, "day"), (3, "day"), (5, "day"), (1, "week"), (2, "week"), (10, "day"), (4, "day"))
        )
        number = "a" if count == 1 else spelled(count) if draw.chance(0.5) else str(count)
        said = f"{number} {unit}{'s' if count > 1 else ''}"
        meant = context.now + timedelta(days=count * (7 if unit == "week" else 1))
        return "in", said, meant
    if said != "half hour" and draw.chance(0.2):
        return "", f"{said} from now", meant
    return "in", "half an hour" if said == "half hour" else said, meant


def _day_and_time(context: Context) -> Moment:
    """A day, then a time (``on Friday at 5pm``)."""
    before, day, meant = _future_day(context)
    if meant == context.now.date() + timedelta(days=1) and context.draw.chance(0.08):
        return "", f"first thing {day}", datetime.combine(meant, time(9))
    if context.now.hour < 17 and context.draw.chance(0.07):
        hour = context.draw.between(7, 10)
        said = context.draw.pick((f"tonight at {hour}", f"{hour} tonight", f"tonight at {hour}pm"))
        return "at" if said[0].isdigit() else "", said, datetime.combine(context.now.date(), time(hour + 12))
    said, clock = clock_time(context.draw, typed=context.typed)
    joint = " " if context.typed and context.draw.chance(0.5) and _carries_half(said) else " at "
    return before, f"{day}{joint}{said}", datetime.combine(meant, clock)


def _time_and_day(context: Context) -> Moment:
    """A time, then a day (``at 5pm on Friday``)."""
    before, day, meant = _future_day(context)
    said, clock = clock_time(context.draw, typed=context.typed)
    return "at", f"{said} {before} {day}" if before else f"{said} {day}", datetime.combine(meant, clock)


def _day_and_part(context: Context) -> Moment:
    """A day and a part of it (``tomorrow morning``, ``this evening``)."""
    draw, today = context.draw, context.now.date()
    part = draw.pick(tuple(_PARTS))
    kind = draw.below(4)
    if kind == 0:
        if context.now.hour < 13:
            return "", "this afternoon", datetime.combine(today, time(14))
        if context.now.hour < 18:
            said, hour = draw.pick((("this evening", 18), ("tonight", 20)))
            return "", said, datetime.combine(today, time(hour))
    if kind < 2:
        return "", f"tomorrow {part}", _at(today + timedelta(days=1), part)
    meant = today + timedelta(days=draw.between(1, 6))
    name = WEEKDAYS[meant.weekday()]
    if kind == 2:
        return "on", f"{name} {part}", _at(meant, part)
    monday = today - timedelta(days=today.weekday())
    return "", f"next {name} {part}", _at(monday + timedelta(days=7 + meant.weekday()), part)


def _time_only(context: Context) -> Moment:
    """A time alone (``at noon``), the next such time."""
    draw, today = context.draw, context.now.date()
    if draw.chance(0.08):
        return "at", "midnight", datetime.combine(today + timedelta(days=1), time(0))
    while True:
        said, clock = clock_time(draw, typed=context.typed)
        if _like_a_clock(said):
            continue
        if _carries_half(said) or (clock > context.now.time() and _settled(clock, context.now)):
            break
    ahead = clock > context.now.time()
    return "at", said, datetime.combine(today if ahead else today + timedelta(days=1), clock)


def _day_only(context: Context) -> Moment:
    """A day alone, which means its morning."""
    before, day, meant = _future_day(context)
    return before, day, datetime.combine(meant, time(9))


def _future_day(context: Context) -> tuple[str, str, date]:
    while True:
        found = any_day(context)
        if found[2] > context.now.date():
            return found


def _carries_half(said: str) -> bool:
    """Whether the words settle the half of the day."""
    return said.endswith(("m", "M", "m.", "noon", "midday", "morning", "afternoon", "evening")) or (
        said[:2].isdigit() and (":" in said or "h" in said) and (int(said[:2]) > 12 or said[0] == "0")
    )


def _like_a_clock(said: str) -> bool:
    """Whether `said` (``4h``, ``17h15``) could be a time as well as a length of time."""
    return re.fullmatch(r"\d+h\d*", said) is not None


def _settled(clock: time, now: datetime) -> bool:
    """Whether a time without am or pm that lies ahead today is the first such time from now on."""
    other = clock.replace(hour=(clock.hour + 12) % 24)
    return not (other > now.time() and other < clock and other.hour >= 6)


def _at(day: date, part: str) -> datetime:
    return datetime.combine(day, time(_PARTS[part]))

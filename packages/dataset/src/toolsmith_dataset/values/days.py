"""Days as people write them, each with the date that is meant and the preposition that goes before it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from toolsmith_dataset.draw import Draw
from toolsmith_dataset.values.fill import Context, Fill

MONTHS: Final = (
    "January February March April May June July August September October November December".split()
)
WEEKDAYS: Final = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third "
    "twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first"
).split()
_HOLIDAYS = (
    ("Christmas Day", 12, 25),
    ("Christmas", 12, 25),
    ("Boxing Day", 12, 26),
    ("New Year's Day", 1, 1),
    ("Halloween", 10, 31),
    ("Valentine's Day", 2, 14),
    ("St Patrick's Day", 3, 17),
)

Day = tuple[str, str, date]
"""Preposition (may be empty), what was said, and the day meant."""


def ordinal(number: int) -> str:
    """``1st``, ``22nd``, ``13th``."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def bare_date(context: Context) -> Fill:
    """``{date}``: a day without preposition."""
    _, said, meant = _day(context, bare=True)
    return Fill.of("date", said, keys=(meant.isoformat(),), meant=meant)


def on_date(context: Context) -> Fill:
    """``{on_date}``: a day as an adverb; the preposition is not part of the value."""
    before, said, meant = _day(context, bare=False)
    return Fill.of("date", said, before=before, keys=(meant.isoformat(),), meant=meant)


def any_day(context: Context) -> Day:
    """A day for a moment: relative, a weekday or a date."""
    kinds = ((4, _near), (9, _weekday), (7, _written), (1, _numbers), (1, _holiday))
    return context.draw.weighted(kinds)(context)


def _day(context: Context, *, bare: bool) -> Day:
    weather = context.tool == "get_weather"
    kinds = [
        (5, _near),
        (10, _weekday),
        (9 if not weather else 6, _written),
        (2.5, _numbers),
        (1, _holiday),
        (2 if weather else 0.15, _weekend),
        (2 if weather else 0, _part),
        (0.7, _edge),
        (0 if bare else 1.5, _counted),
    ]
    return context.draw.weighted(kinds)(context)


def _near(context: Context) -> Day:
    today, draw = context.now.date(), context.draw
    if context.register == "noisy" and draw.chance(0.4):
        return "", draw.pick(("tmrw", "tmr", "2morrow", "tomorow", "tommorow")), today + timedelta(days=1)
    said = draw.weighted(((6, "tomorrow"), (3, "today"), (2, "the day after tomorrow")))
    days = {"tomorrow": 1, "today": 0}.get(said, 2)
    return "", said, today + timedelta(days=days)


def _weekday(context: Context) -> Day:
    """A weekday other than today's, alone or with this, next and the like."""
    today, draw = context.now.date(), context.draw
    ahead = draw.between(1, 6)
    meant = today + timedelta(days=ahead)
    name = WEEKDAYS[meant.weekday()]
    monday = today - timedelta(days=today.weekday())
    if context.register == "noisy":
        name = name.lower()
    if context.typed and draw.chance(0.45):
        name = (
            name[:3]
            if draw.chance(0.7) or name[:4].lower() not in ("thur", "tues")
            else name[: 5 if name[1] == "h" else 4]
        )
    kind = draw.weighted(
        ((10, "plain"), (2, "this"), (4, "next"), (1, "coming"), (1, "week"), (1, "next week"))
    )
    if kind == "plain":
        return ("" if draw.chance(0.25 if context.typed else 0.12) else "on"), name, meant
    if kind == "next":
        return "", f"next {name}", monday + timedelta(days=7 + meant.weekday())
    if kind == "next week":
        return (
            ("on" if draw.chance(0.6) else ""),
            f"{name} next week",
            monday + timedelta(days=7 + meant.weekday()),
        )
    if kind == "week":
        return "", f"a week from {name}", meant + timedelta(days=7)
    return "", f"{'this coming' if kind == 'coming' else 'this'} {name}", meant


def _written(context: Context) -> Day:
    """A date by month and day, some with weekday or year."""
    draw, far = context.draw, 12 if context.tool == "get_weather" else 200
    meant = _later(draw, context.now.date(), far)
    day, month = meant.day, MONTHS[meant.month - 1]
    if context.typed and draw.chance(0.5):
        month = month[:3]
    if context.register == "noisy":
        month = month.lower()
    weekday = WEEKDAYS[meant.weekday()]
    forms = [
        (5, f"{day} {month}"),
        (5, f"{month} {day}"),
        (4, f"{month} {ordinal(day)}"),
        (3, f"{ordinal(day)} {month}"),
        (3, f"the {ordinal(day)} of {month}"),
        (1, f"{month} the {ordinal(day)}"),
        (1, f"the {_ORDINALS[day - 1]} of {month}"),
        (1, f"{day} {month} {meant.year}"),
        (1, f"{month} {day}, {meant.year}"),
        (1, f"{weekday} {day} {month}"),
        (1, f"{weekday}, {month} {ordinal(day)}"),
        (1, f"{weekday} the {ordinal(day)}"),
    ]
    if _within_a_month(context.now.date(), meant):
        forms.append((5, f"the {ordinal(day)}"))
    else:
        forms.pop()
    said = draw.weighted(forms)
    return ("" if context.typed and draw.chance(0.4) else "on"), said, meant


def _numbers(context: Context) -> Day:
    """A date in figures that can be read in one way only."""
    draw = context.draw
    meant = _later(draw, context.now.date(), 12 if context.tool == "get_weather" else 250)
    forms = [(4, meant.isoformat())]
    if meant.day > 12:
        forms += [(2, f"{meant.month}/{meant.day}"), (2, f"{meant.day}/{meant.month}")]
        forms += [
            (1, f"{meant.day}/{meant.month:02}/{meant.year}"),
            (1, f"{meant.day}.{meant.month}.{meant.year}"),
        ]
        forms += [(1, f"{meant.month}/{meant.day}/{meant.year}")]
    return ("" if context.typed and draw.chance(0.5) else "on"), draw.weighted(forms), meant


def _holiday(context: Context) -> Day:
    draw, today = context.draw, context.now.date()
    name, month, day = draw.pick(_HOLIDAYS)
    meant = date(today.year, month, day)
    return (
        "at" if name == "Christmas" else "on",
        name,
        meant if meant >= today else meant.replace(year=today.year + 1),
    )


def _weekend(context: Context) -> Day:
    today, draw = context.now.date(), context.draw
    saturday = today + timedelta(days=5 - today.weekday())
    if draw.chance(0.25):
        return "", "next weekend", saturday + timedelta(days=7)
    before = draw.pick(("at", "over"))
    said = draw.weighted(((5, "this weekend"), (1, "the weekend")))
    return before if said == "the weekend" else "", said, max(saturday, today)


def _part(context: Context) -> Day:
    """A part of a day (``tonight``, ``Friday evening``)."""
    today, draw = context.now.date(), context.draw
    if draw.chance(0.3):
        return "", "tonight" if context.now.hour > 14 or draw.chance(0.5) else "this afternoon", today
    part = draw.pick(("morning", "afternoon", "evening"))
    if draw.chance(0.5):
        return "", f"tomorrow {part}", today + timedelta(days=1)
    meant = today + timedelta(days=draw.between(1, 6))
    return "on", f"{WEEKDAYS[meant.weekday()]} {part}", meant


def _edge(context: Context) -> Day:
    """The last or the first day of a month."""
    today, draw = context.now.date(), context.draw
    first = date(today.year + today.month // 12, today.month % 12 + 1, 1)
    if draw.chance(0.5):
        return "on", f"the first of {MONTHS[first.month - 1]}", first
    return "on", "the last day of the month", first - timedelta(days=1)


def _counted(context: Context) -> Day:
    """A day counted from today (``three days from now``)."""
    today, draw = context.now.date(), context.draw
    count, unit = draw.pick(
        (
            (2, "days"),
            (3, "days"),
            (4, "days"),
            (5, "days"),
            (10, "days"),
            (1, "week"),
            (2, "weeks"),
            (3, "weeks"),
        )
    )
    names = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 10: "ten"}
    said = "a" if count == 1 else str(count) if draw.chance(0.4) else names[count]
    start = draw.pick(("now", "today", "tomorrow")) if unit != "days" else draw.pick(("now", "now", "today"))
    meant = today + timedelta(days=count * (7 if unit != "days" else 1) + (start == "tomorrow"))
    return "", f"{said} {unit} from {start}", meant


def _later(draw: Draw, today: date, far: int) -> date:
    """A day from two days to `far` days ahead, most of them soon."""
    return today + timedelta(days=2 + int((far - 2) * draw.below(1000) * draw.below(1000) / 10**6))


def _within_a_month(today: date, meant: date) -> bool:
    """Whether "the 14th" said today means `meant`."""
    return (meant - today).days < 28

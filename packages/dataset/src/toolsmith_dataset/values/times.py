"""Times of day and lengths of time as people write them, each with the value that is meant."""

from __future__ import annotations

from datetime import time

from toolsmith_dataset.draw import Draw
from toolsmith_dataset.values.fill import Context, Fill
from toolsmith_dataset.values.numbers import spelled

Said = tuple[str, time]
"""What was said and the time meant."""


def bare_time(context: Context) -> Fill:
    """``{time}``: a time without preposition."""
    said, meant = clock_time(context.draw, typed=context.typed)
    return Fill.of("time", said, keys=(meant.isoformat("minutes"),), meant=meant)


def at_time(context: Context) -> Fill:
    """``{at_time}``: a time as an adverb; the preposition is not part of the value."""
    said, meant = clock_time(context.draw, typed=context.typed)
    before = (
        "@"
        if context.typed and context.draw.chance(0.15)
        else "around"
        if context.draw.chance(0.05)
        else "at"
    )
    return Fill.of("time", said, before=before, keys=(meant.isoformat("minutes"),), meant=meant)


def duration(context: Context) -> Fill:
    """``{duration}``: a length of time in minutes."""
    said, minutes = length(context.draw, typed=context.typed)
    return Fill.of("duration_minutes", said, keys=(str(minutes),), meant=minutes)


def clock_time(draw: Draw, *, typed: bool = False) -> Said:
    """A time between 7:00 and 22:00."""
    hour, minute = (
        draw.between(7, 21),
        draw.weighted(((8, 0), (3, 30), (1, 15), (1, 45), (1, 5 * draw.between(1, 11)))),
    )
    meant, twelve, half = time(hour, minute), (hour - 1) % 12 + 1, "am" if hour < 12 else "pm"
    short = f"{twelve}:{minute:02}" if minute else f"{twelve}"
    forms: list[tuple[float, str]] = [
        (8, f"{short}{half}"),
        (4, f"{short} {half}"),
        (1.5, f"{short} {half.upper()}"),
        (1, f"{short} {half[0]}.m."),
        (5, f"{hour:02}:{minute:02}"),
        (1 if typed else 0.3, f"{hour}h{minute:02}" if minute else f"{hour}h"),
        (1 if minute and typed else 0, f"{twelve}.{minute:02}{half}"),
        (1.5, f"{short} in the {'morning' if hour < 12 else 'afternoon' if hour < 18 else 'evening'}"),
    ]
    if (hour, minute) == (12, 0):
        forms += [(25, draw.pick(("noon", "noon", "midday", "12 noon")))]
    return draw.weighted(forms + _without_half(meant, twelve)), meant


def _without_half(meant: time, twelve: int) -> list[tuple[float, str]]:
    """Forms without am or pm, where custom settles it: 7 to 12, and 1 to half past 6 in the afternoon."""
    if meant.hour > 18 or (meant.hour == 18 and meant.minute > 30):
        return []
    here, after = spelled(twelve), spelled(twelve % 12 + 1)
    forms = {
        0: [(2.0, f"{twelve}"), (1.5, f"{here} o'clock"), (1.0, here), (1.0, f"{twelve} o'clock")],
        15: [(2.0, f"quarter past {here}"), (1.0, f"a quarter past {twelve}")],
        30: [(3.0, f"half past {here}"), (1.0, f"{here} thirty"), (1.0, f"half past {twelve}")],
        45: [(2.0, f"quarter to {after}")] if meant.hour != 12 else [],
    }
    return forms.get(meant.minute, [])


def length(draw: Draw, *, typed: bool = False) -> tuple[str, int]:
    """A length of time from five minutes to a working day, and its minutes."""
    minutes = draw.pick(
        (10, 15, 15, 20, 25, 30, 30, 30, 40, 45, 45, 50, 60, 60, 60, 75, 90, 90, 120, 120, 150, 180, 240, 300)
    )
    hours, rest = divmod(minutes, 60)
    forms: list[tuple[float, str]] = []
    if minutes <= 150 and minutes != 60:
        forms += [
            (4, f"{minutes} minutes"),
            (2, f"{minutes} mins" if typed else f"{minutes} min"),
            (1 if typed else 0, f"{minutes}min"),
        ]
        forms += [(2, f"{spelled(minutes)} minutes")] if minutes <= 90 else []
    if minutes == 60:
        forms += [
            (5, "an hour"),
            (2, "one hour"),
            (2, "1 hour"),
            (1, "60 minutes"),
            (2 if typed else 0.3, "1h"),
            (1 if typed else 0, "1 hr"),
        ]
    if hours > 1 and not rest:
        forms += [
            (4, f"{spelled(hours)} hours"),
            (3, f"{hours} hours"),
            (2 if typed else 0.4, f"{hours}h"),
            (2 if typed else 0, f"{hours} hrs"),
        ]
    if hours == 2 and not rest:
        forms += [(1, "a couple of hours")]
    if hours and rest:
        forms += _mixed(hours, rest, typed=typed)
    if minutes in (15, 30, 45):
        name = {15: "a quarter of an hour", 30: "half an hour", 45: "three quarters of an hour"}[minutes]
        forms += [(7 if minutes == 30 else 1.5, name), (1 if minutes == 30 else 0, "half hour")]
    return draw.weighted(forms), minutes


def _mixed(hours: int, rest: int, *, typed: bool) -> list[tuple[float, str]]:
    count = "an hour" if hours == 1 else f"{spelled(hours)} hours"
    name = "hour" if hours == 1 else "hours"
    forms = [
        (2, f"{hours} {name} {rest} minutes"),
        (1, f"{hours} {name} and {rest} minutes"),
        (1.5 if typed else 0.6, f"{hours}h{rest}"),
        (1.5 if typed else 0.4, f"{hours}h {rest}m"),
        (1 if typed else 0, f"{hours}h{rest}m"),
    ]
    if rest == 30:
        forms += [(4, "an hour and a half" if hours == 1 else f"{spelled(hours)} and a half hours")]
        forms += [(2, f"{hours}.5 hours"), (2 if typed else 0.5, f"{hours}.5h")]
    if rest == 15:
        forms += [(1, f"{count} and a quarter")]
    return forms

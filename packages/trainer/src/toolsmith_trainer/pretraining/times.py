"""Days, times of day, moments and durations in the forms that people write."""

from __future__ import annotations

import random

from toolsmith_trainer.pretraining.numbers import ONES, spelled

_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_MONTHS = "January February March April May June July August September October November December".split()


def date(rng: random.Random) -> str:
    """A day without a preposition."""
    return _bare_day(rng)[0]


def on_date(rng: random.Random) -> str:
    """A day as it stands in a sentence: ``on Friday``, ``tomorrow``."""
    phrase, takes_on = _bare_day(rng)
    return f"on {phrase}" if takes_on else phrase


def _bare_day(rng: random.Random) -> tuple[str, bool]:
    """A day phrase and whether it takes "on"."""
    day, month = rng.randint(1, 28), rng.choice(_MONTHS)
    if rng.random() < 0.4:
        month = month[:3]
    return rng.choice(
        (
            ("tomorrow", False),
            ("today", False),
            ("tonight", False),
            ("tmrw", False),
            ("day after tomorrow", False),
            (f"next {rng.choice(_WEEKDAYS)}", False),
            (f"this {rng.choice(_WEEKDAYS)}", False),
            ("next week", False),
            ("this weekend", False),
            (rng.choice(_WEEKDAYS), True),
            (rng.choice(_WEEKDAYS).lower(), True),
            (rng.choice(_WEEKDAYS)[:3], True),
            (f"{month} {day}", True),
            (f"{day} {month}", True),
            (f"{month} {_ordinal(day)}", True),
            (f"the {_ordinal(day)}", True),
            (f"the {_ordinal(day)} of {month}", True),
            (f"{rng.randint(1, 12)}/{day}", True),
            (f"2026-{rng.randint(1, 12):02d}-{day:02d}", True),
            (f"{month} {day}, 20{rng.randint(26, 28)}", True),
        )
    )


def _ordinal(n: int) -> str:
    return f"{n}{'th' if 10 < n % 100 < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


def time(rng: random.Random) -> str:
    """A time of day without a preposition."""
    hour, minute = rng.randint(1, 12), rng.choice((0, 0, 0, 15, 30, 30, 45, rng.randint(1, 59)))
    half = rng.choice(("am", "pm", "AM", "PM", " am", " pm", " p.m.", ""))
    clock = f"{hour}:{minute:02d}" if minute or rng.random() < 0.2 else str(hour)
    return rng.choice(
        (
            clock + (half or "pm"),
            clock + (half or "am"),
            f"{rng.randint(0, 23):02d}:{minute:02d}",
            "noon",
            "midnight",
            f"{ONES[hour - 1]} o'clock",
            f"half past {ONES[hour - 1]}",
            f"quarter to {ONES[hour - 1]}",
            f"{ONES[hour - 1]} thirty",
            f"{hour} in the {rng.choice(('morning', 'evening', 'afternoon'))}",
        )
    )


def at_time(rng: random.Random) -> str:
    """A time of day as it stands in a sentence."""
    return rng.choice(("at ", "at ", "around ", "by ")) + time(rng)


def duration(rng: random.Random) -> str:
    """A length of time."""
    n = rng.randint(2, 90)
    return rng.choice(
        (
            f"{n} minutes",
            f"{n} min",
            f"{rng.randint(1, 9)} hours",
            "an hour",
            "half an hour",
            "an hour and a half",
            f"{spelled(n)} minutes",
            f"{rng.randint(1, 5)}.5 hours",
            f"{rng.randint(1, 6)}h",
            "two hours",
            "forty-five minutes",
        )
    )


def moment(rng: random.Random) -> str:
    """A day and a time of day, or one of them, or a time from now."""
    part = rng.choice(("morning", "evening", "afternoon", "night"))
    return rng.choice(
        (
            f"{on_date(rng)} at {time(rng)}",
            f"at {time(rng)} {on_date(rng)}",
            f"in {duration(rng)}",
            f"at {time(rng)}",
            f"{on_date(rng)}",
            f"tomorrow {part}",
            f"on {rng.choice(_WEEKDAYS)} {part}",
            f"in {rng.randint(2, 9)} days",
            f"by {time(rng)}",
        )
    )
